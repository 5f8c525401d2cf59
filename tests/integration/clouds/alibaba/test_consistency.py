# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consistency windows: what callers see of a write that was a moment ago."""
from __future__ import annotations

import pytest
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models
from helpers.alibaba.clients import Clients, code_of
from helpers.alibaba.identities import assume, make_role, trust
from helpers.alibaba.ram import MANAGEMENT, TRUST
from helpers.alibaba.sls import get_project, make_logstore, make_project
from clouds.alibaba import USUAL, LocalAlibaba, Windows

PATIENCE = 12  # calls, each of which takes 0.1 s, and a second more if it is behind


@pytest.fixture(scope="module", name="late")
def fixture_late():
    """A local Alibaba Cloud with the usual windows."""
    with LocalAlibaba(windows=USUAL) as server:
        yield server


@pytest.fixture(name="callers")
def fixture_callers(late):
    """Clients of the address at which there are windows."""
    late.reset()
    clients = Clients(late)
    clients.url = late.url
    return clients


def get_role(clients):
    return clients.ram.get_role(ram.GetRoleRequest(role_name="example"))


def code(call):
    """The code with which a call is refused; None if it is not."""
    try:
        call()
    except Exception as error:
        if code_of(error) is None:
            raise
        return code_of(error)
    return None


def calls_until_seen(call, refusal):
    """How often a call is refused with a code before it is answered."""
    codes = refusals(call)
    assert set(codes) <= {refusal}
    return len(codes)


def refusals(call):
    """The codes with which a call is refused before it is answered."""
    codes = []
    while (found := code(call)) is not None:
        codes.append(found)
        assert len(codes) < PATIENCE, codes
    return codes


def test_a_new_role_is_seen_after_a_while(callers):
    make_role(callers, "example", TRUST)
    assert 1 < calls_until_seen(lambda: get_role(callers), "EntityNotExist.Role")


def test_a_deleted_role_is_seen_for_a_while(callers, late):
    make_role(callers, "example", TRUST)
    late.settle()
    callers.ram.delete_role(ram.DeleteRoleRequest(role_name="example"))
    get_role(callers)
    late.settle()
    assert code(lambda: get_role(callers)) == "EntityNotExist.Role"


def test_a_name_is_taken_at_once(callers):
    make_role(callers, "example", TRUST)
    assert code(lambda: make_role(callers, "example", TRUST)) == "EntityAlreadyExists.Role"


def test_a_new_project_is_seen_after_a_while_and_then_forbidden_for_a_while(callers):
    make_project(callers.sls, "example")
    codes = refusals(lambda: get_project(callers.sls, "example"))
    assert codes == sorted(codes, reverse=True) and set(codes) == {"ProjectForbidden", "ProjectNotExist"}


@pytest.mark.parametrize("call", [
    lambda sls: make_logstore(sls, "logs", "example"),
    lambda sls: sls.delete_project("example", models.DeleteProjectRequest()),
    lambda sls: sls.list_log_stores("example", models.ListLogStoresRequest()),
    lambda sls: sls.update_project("example", models.UpdateProjectRequest(description="new")),
])
def test_a_new_project_is_forbidden_to_each_call(call):
    with LocalAlibaba(windows=Windows(new_project=2)) as server:
        clients = Clients(server)
        clients.url = server.url
        make_project(clients.sls, "example")
        # Lists of an account have the project, and its name is taken.
        assert [project.project_name for project in clients.sls.list_project(models.ListProjectRequest()).body.projects] == ["example"]
        assert code(lambda: make_project(clients.sls, "example")) == "ProjectAlreadyExist"
        assert refusals(lambda: call(clients.sls)) == ["ProjectForbidden"] * 2


def test_a_trust_policy_takes_effect_after_a_while(callers, late):
    """The role lets nobody of another account in until its new trust policy is seen."""
    other = "2000000000000002"
    make_role(callers, "example", TRUST)
    visitors = Clients(late, late.credential(other))
    visitors.url = late.url
    late.settle()
    callers.ram.update_role(ram.UpdateRoleRequest(
        role_name="example", new_assume_role_policy_document=trust(f"acs:ram::{other}:root"),
    ))
    assert 1 < calls_until_seen(lambda: assume(visitors, f"acs:ram::{MANAGEMENT}:role/example"), "NoPermission")


def test_observers_see_every_write_at_once(callers, late):
    make_role(callers, "example", TRUST)
    get_role(Clients(late))
    get_role(callers)  # an observer lets all windows end


def test_writes_of_observers_are_seen_at_once(callers, late):
    make_role(Clients(late), "example", TRUST)
    get_role(callers)


def test_without_windows_everything_is_seen_at_once():
    with LocalAlibaba() as server:
        clients = Clients(server)
        clients.url = server.url
        make_role(clients, "example", TRUST)
        get_role(clients)


def test_windows_end_with_the_time_of_the_cloud():
    with LocalAlibaba(windows=Windows(ram=3600)) as server:
        clients = Clients(server)
        clients.url = server.url
        make_role(clients, "example", TRUST)
        assert code(lambda: get_role(clients)) == "EntityNotExist.Role"
        with server.cloud.lock:
            server.cloud.clock.advance(3600)
        get_role(clients)
