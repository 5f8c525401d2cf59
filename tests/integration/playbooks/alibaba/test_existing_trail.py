# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mode existing_trail: a trail of the organization, which somebody else manages, records the members."""
from __future__ import annotations

import json

import pytest
from alibabacloud_actiontrail20200706 import models as trails
from clouds.alibaba import USUAL, LocalAlibaba
from helpers import guides, permissions
from helpers.alibaba.breaks import start, stop
from helpers.alibaba.deployments import ARCHIVE, MANAGEMENT, MEMBERS, forget, inventory_of, writes
from helpers.alibaba.dumps import dump
from helpers.alibaba.modules import Account as Modules
from helpers.alibaba.verifications import AlibabaDeployment
from helpers.dumps import Unchanged
from helpers.playbooks import Playbooks

pytestmark = pytest.mark.usefixtures("restricted")

[_VARIABLES] = guides.run_by(__file__, "docs/alibaba.md")
ARN, PROJECT = (_VARIABLES.data[f"audit_logs_alibaba_{name}"] for name in ("trail_arn", "project"))
TRAIL = ARN.partition("/")[2]
WRITE_ROLE = f"{PROJECT}-actiontrail"
ACCOUNTS = {"management": MANAGEMENT, "shop": MEMBERS["shop"], "blog": MEMBERS["blog"]}
AUDITOR = "auditor"
STATED = f"trail {TRAIL} of account {MANAGEMENT}"


@pytest.fixture(scope="module", name="zone")
def fixture_zone(tmp_path_factory):
    """Accounts that the trail of a landing zone records, and an inventory of them."""
    with LocalAlibaba(windows=USUAL) as alibaba:
        playbooks = Playbooks(tmp_path_factory.mktemp("zone"), alibaba.environment, clouds=[alibaba])
        AlibabaDeployment(alibaba, playbooks, inventory_of(
            "organization_trail", accounts=ACCOUNTS, audit_logs_alibaba_trail_account_id=MANAGEMENT, alibaba_trail_name=TRAIL,
            audit_logs_deployment="somebody-else", audit_logs_alibaba_project=PROJECT))
        may_read(alibaba, ARCHIVE, "archive")
        for account in MEMBERS.values():
            may_read(alibaba, account, "member")
        # For the probe that writes, as docs/alibaba.md says of this mode.
        probe = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["actiontrail:StopLogging"], "Resource": ["*"]}]}
        playbooks.besides.update(dict.fromkeys(ACCOUNTS.values(), [json.dumps(probe)]))
        roles = {name: {"audit_logs_alibaba_role": AUDITOR} for name in ("root", "shop", "blog")}
        yield AlibabaDeployment(alibaba, playbooks, inventory_of(
            hosts=roles, accounts=ACCOUNTS, **_VARIABLES.data), is_set_up=False)


def may_read(alibaba, account, kind):
    """Create a role that the management account assumes, and that may do what docs/permissions.md says of verify, in all projects.

    A member may also make the probe that writes. Without that permission, the probe is a call that is denied.
    """
    document = permissions.policy("alibaba", kind, "verify", ARCHIVE_ACCOUNT_ID=ARCHIVE, PROJECT="*", WRITE_ROLE=WRITE_ROLE)
    if kind == "member":
        document["Statement"].append({"Effect": "Allow", "Action": ["actiontrail:StopLogging"], "Resource": ["*"]})
    created = Modules(alibaba, alibaba.credential(account)).run(
        "ram_role", name=AUDITOR, trusted_accounts=[MANAGEMENT], policies=[{"name": AUDITOR, "document": document}])
    assert created["changed"], created


def reasons(zone, *arguments):
    return {name: found["reason"] for name, found in zone.verify_accounts(*arguments).items() if found["state"] == "failed"}


def test_each_account_is_proven(zone):
    found = zone.verify_accounts()
    assert {name: found[name]["probe"]["state"] for name in ACCOUNTS} == dict.fromkeys(ACCOUNTS, "arrived"), found
    assert {found[name]["state"] for name in ACCOUNTS} == {"ok"}, found
    assert writes(zone.alibaba) == []  # the probe reads


@pytest.mark.parametrize("arguments", [
    ["setup"], ["destroy"], ["destroy", "-e", "audit_logs_delete_logs=true"], ["destroy", "-e", "audit_logs_only_leftovers=true"],
])
def test_nothing_is_changed(zone, arguments):
    kept = Unchanged(lambda: dump(zone.alibaba))
    forget(zone.alibaba)
    run = zone.playbooks.run(*arguments, inventory=zone.inventory)
    assert run.status == 0, run.output
    assert set(run.lines.values()) == {"ok: nothing to do"}
    assert writes(zone.alibaba) == []
    kept.check()


def test_a_second_copy(zone):
    """Setup of a trail of our own beside that of the landing zone: the plan and verify say so, and nothing of the landing zone changes."""
    kept = Unchanged(lambda: dump(zone.alibaba))
    inventory = inventory_of("actiontrail", audit_logs_alibaba_project="second-logs")
    plan = zone.playbooks.run("setup", "--check", inventory=inventory)
    said = " ".join(plan.output.split())
    assert plan.status == 0 and f"trail {ARN} already records the events of this account" in said, plan.output
    assert zone.playbooks.run("setup", inventory=inventory).status == 0
    found = next(one for one in zone.verify(inventory=inventory)["accounts"] if one["name"] == "shop")
    assert (found["state"], [one["text"] for one in found["findings"] if one["kind"] == "cost"]) == ("warning", [
        f"trail {ARN} also records the events of the account. They are stored and charged for twice: delete one of the"
        " trails"]), found
    assert zone.playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory).status == 0
    kept.check()


def test_a_stopped_trail(zone):
    stop("management", TRAIL)(zone)
    try:
        assert reasons(zone) == dict.fromkeys(ACCOUNTS, f"{STATED} is stopped: start it, or ask its owner")
    finally:
        start("management", TRAIL)(zone)


def test_another_project(zone):
    found = reasons(zone, "-e", "audit_logs_alibaba_project=other-project")
    assert all(f"{STATED} writes into acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}, not into" in found[name] for name in ACCOUNTS), found


def test_a_trail_that_does_not_exist(zone):
    found = reasons(zone, "-e", f"audit_logs_alibaba_trail_arn={ARN}-2")
    assert set(found) == {"root", *ACCOUNTS}
    assert found["management"] == f"trail {TRAIL}-2 of account {MANAGEMENT} does not exist: correct audit_logs_alibaba_trail_arn"
    assert f"logstore actiontrail_landing-zone-2 of project {PROJECT} does not exist: ask the owner" in found["shop"]


def test_a_trail_of_writing_events_only(zone):
    """The probe is then an event that writes."""
    client, settings = zone.client("management", "actiontrail"), {"name": TRAIL, "trail_region": "All"}
    client.update_trail(trails.UpdateTrailRequest(event_rw="Write", **settings))
    try:
        found = zone.verify_accounts()
    finally:
        client.update_trail(trails.UpdateTrailRequest(event_rw="All", **settings))
    assert {name: found[name]["probe"]["state"] for name in ACCOUNTS} == dict.fromkeys(ACCOUNTS, "arrived"), found
    assert {name: found[name]["reason"] for name in ACCOUNTS} == dict.fromkeys(ACCOUNTS, f"trail {TRAIL} delivers Write events only")


def test_an_account_that_it_does_not_record(zone):
    """An account outside of the resource directory."""
    stranger = "9999999999999999"
    zone.alibaba.add_account(stranger, member=False)
    inventory = inventory_of(
        accounts={**ACCOUNTS, "stranger": stranger}, **_VARIABLES.data,
        hosts={"stranger": {"audit_logs_alibaba_role": "audit-logs-setup"}})
    found = {one["name"]: one for one in zone.verify(inventory=inventory)["accounts"]}
    assert {name for name, one in found.items() if one["state"] == "failed"} == {"stranger"}
    assert "the account does not list trail" in found["stranger"]["reason"]
