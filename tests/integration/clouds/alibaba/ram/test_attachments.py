# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which roles have which policies in the local RAM, by today's SDK and by the older one."""
from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.alibaba.identities import allow
from helpers.alibaba.ram import MANAGEMENT, attach, detach, make_policy, make_role, policies_of, refused


def test_attached_policies_are_listed(ram):
    make_role(ram)
    make_policy(ram, "Custom", allow("log:*"))
    attach(ram, "Custom")
    attach(ram, "ReadOnlyAccess", "System")
    assert policies_of(ram) == [("Custom", "Custom"), ("System", "ReadOnlyAccess")]


def test_a_detached_policy_is_not(ram):
    make_role(ram)
    attach(ram, "ReadOnlyAccess", "System")
    attach(ram, "AliyunLogFullAccess", "System")
    detach(ram, "ReadOnlyAccess", "System")
    assert policies_of(ram) == [("System", "AliyunLogFullAccess")]


def test_a_policy_is_attached_once(ram):
    make_role(ram)
    attach(ram, "ReadOnlyAccess", "System")
    with refused(409, "EntityAlreadyExists.Role.Policy"):
        attach(ram, "ReadOnlyAccess", "System", "COLLECTOR")


def test_policies_of_one_name_differ_in_type(ram):
    make_role(ram)
    make_policy(ram, "ReadOnlyAccess", allow("log:*"))
    attach(ram, "ReadOnlyAccess", "System")
    attach(ram, "ReadOnlyAccess")
    detach(ram, "ReadOnlyAccess", "System")
    assert policies_of(ram) == [("Custom", "ReadOnlyAccess")]


def test_what_is_not_attached_is_not_detached(ram):
    make_role(ram)
    with refused(404, "EntityNotExist.Role.Policy"):
        detach(ram, "ReadOnlyAccess", "System")


@pytest.mark.parametrize("change", [attach, detach])
@pytest.mark.parametrize("kind", ["Custom", "System"])
def test_a_policy_that_is_not_there(ram, change, kind):
    make_role(ram)
    with refused(404, "EntityNotExist.Policy"):
        change(ram, "nothing", kind)


def test_types_of_policies(ram):
    make_role(ram)
    with refused(400, "InvalidParameter.PolicyType"):
        attach(ram, "ReadOnlyAccess", "Other")


@pytest.mark.parametrize("kind, most", [("Custom", 10), ("System", 20)])
def test_a_role_has_only_so_many_policies(alibaba, current_ram, kind, most):
    make_role(current_ram)
    state = alibaba.cloud.account(MANAGEMENT).ram
    attach(current_ram, "ReadOnlyAccess", "System")
    model, = state.attached("Role", "Collector")
    detach(current_ram, "ReadOnlyAccess", "System")
    for number in range(most - 1):
        state.attach("Role", "Collector", replace(model, policy_type=kind, policy_name=f"p{number}"))
    for name in ("Last", "Next"):
        make_policy(current_ram, name, allow("log:*"))
    last, following = ("Last", "Next") if kind == "Custom" else ("ReadOnlyAccess", "AliyunLogFullAccess")
    attach(current_ram, last, kind)
    with refused(409, "LimitExceeded.Role.Policy"):
        attach(current_ram, following, kind)


def test_each_type_is_counted_by_itself(alibaba, current_ram):
    make_role(current_ram)
    attach(current_ram, "ReadOnlyAccess", "System")
    state = alibaba.cloud.account(MANAGEMENT).ram
    model, = state.attached("Role", "Collector")
    for number in range(19):
        state.attach("Role", "Collector", replace(model, policy_name=f"p{number}"))
    make_policy(current_ram, "Custom", allow("log:*"))
    attach(current_ram, "Custom")
    assert ("Custom", "Custom") in policies_of(current_ram)


def test_resource_groups_are_not_covered(current_ram):
    make_role(current_ram)
    with refused(501, "NotImplemented"):
        current_ram.call("AttachPolicyToRole", RoleName="Collector", PolicyName="ReadOnlyAccess", PolicyType="System",
                         ResourceGroupId="rg-1")
