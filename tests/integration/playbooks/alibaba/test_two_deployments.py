# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two deployments in one company, which collect from the same account; and one deployment that gets another name."""
from __future__ import annotations

import copy
import time
from collections import Counter

import pytest
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls
from helpers.alibaba.deployments import ARCHIVE, MEMBERS, PROJECT, TRAIL, WRITE_ROLE, Account, a_day_passes, calls, delegate, inventory_of
from helpers.alibaba.dumps import dump
from helpers.dumps import Unchanged
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
LEFTOVERS = ("-e", "audit_logs_only_leftovers=true")
OTHER = "other-audit-logs"


def other(inventory, archive=ARCHIVE, **variables):
    """The inventory of a second deployment, with another project, of one member."""
    found = copy.deepcopy(inventory)
    found["all"]["vars"].update(audit_logs_alibaba_project=OTHER, **variables)
    [host] = found["all"]["children"]["alibaba_archive"]["hosts"].values()
    host["account_id"] = archive
    members = found["all"]["children"]["alibaba_members"]["hosts"]
    for name in list(members)[1:]:
        del members[name]
    return found


def test_leftover_projects(alibaba, alibaba_playbooks):
    """They go when all members deliver to the new project, a day after the last one delivered to the earlier project."""
    run, archive, member = alibaba_playbooks.run, Account(alibaba, ARCHIVE), Account(alibaba, MEMBERS["shop"])
    inventory = inventory_of("actiontrail", members=2)
    moved = copy.deepcopy(inventory)
    moved["all"]["vars"]["audit_logs_alibaba_project"] = OTHER
    previous = ("-e", f"audit_logs_previous_deployments={PROJECT}")
    both = {"projects": [PROJECT, OTHER], "roles": [WRITE_ROLE, f"{OTHER}-actiontrail"],
            "policies": [WRITE_ROLE, f"{OTHER}-actiontrail"]}
    assert run("setup", inventory=inventory).status == 0
    member.event()
    assert run("setup", *previous, "--limit", "root,shop", inventory=moved).status == 0
    done = run("destroy", *LEFTOVERS, *DELETE, *previous, inventory=moved)
    assert done.status != 0 and f"trail {TRAIL} does not deliver to {OTHER}" in done.lines["blog"] and archive.holdings() == both, done.output
    assert run("setup", *previous, inventory=moved).status == 0
    for arguments in ((), ("--check",)):
        done = run("destroy", *LEFTOVERS, *DELETE, *previous, *arguments, inventory=moved)
        assert f"ok: retained project: The project {PROJECT} has logs of account " in done.lines["root"], done.output
        assert done.status == 0 and archive.holdings() == both
    a_day_passes(alibaba)
    for account in MEMBERS["shop"], MEMBERS["blog"]:
        Account(alibaba, account).event()
    of_new = Unchanged(lambda: dump(alibaba), [name for name in dump(alibaba) if PROJECT in name])
    done = run("destroy", *LEFTOVERS, *DELETE, *previous, "--limit", "root", inventory=moved)
    assert done.status == 0 and "may still need it" in done.lines["root"] and archive.holdings() == both, done.output
    done = run("destroy", *LEFTOVERS, *previous, inventory=moved)
    assert done.status == 0 and "retained project: it holds logs and audit_logs_delete_logs is not true" in done.lines["root"], done.output
    assert archive.holdings() == both
    done = run("destroy", *LEFTOVERS, *DELETE, *previous, inventory=moved)
    assert done.status == 0 and done.lines["root"].startswith("changed: project: delete; write policy: delete; write role: delete"), done.output
    assert archive.holdings() == {"projects": [OTHER], "roles": [f"{OTHER}-actiontrail"], "policies": [f"{OTHER}-actiontrail"]}
    of_new.check()
    assert run("verify", *SOON, inventory=moved).status == 0


def test_a_leftover_project_with_the_role_of_the_new_one(alibaba, alibaba_playbooks):
    """The role stays, and with it what it may be needed for."""
    run, archive = alibaba_playbooks.run, Account(alibaba, ARCHIVE)
    previous = ("-e", f"audit_logs_previous_deployments={PROJECT}")
    assert run("setup", inventory=inventory_of("actiontrail")).status == 0
    moved = inventory_of("actiontrail", audit_logs_alibaba_project=OTHER, alibaba_trail_archive_role_name=WRITE_ROLE)
    assert run("setup", *previous, inventory=moved).status == 0
    a_day_passes(alibaba)
    for more in ((), ("-e", f"alibaba_trail_archive_role_name={WRITE_ROLE}")):
        done = run("destroy", *LEFTOVERS, *DELETE, *previous, *more, inventory=moved)
        assert done.status == 0 and archive.holdings() == {"projects": [PROJECT, OTHER], "roles": [WRITE_ROLE], "policies": [WRITE_ROLE]}, done.output
        assert "may still need it" in done.lines["root"]


def report(playbooks):
    return (playbooks.folder / "audit-logs-report/report.json").read_text(encoding="utf-8")


@pytest.mark.sample(1)
@pytest.mark.parametrize("archive", [ARCHIVE, MEMBERS["bank"]])
@pytest.mark.parametrize("name", ["", "prod"])
def test_two_deployments(alibaba, alibaba_playbooks, archive, name):
    """With trails; with the same archive account or another, with no name or both with the same one."""
    run = alibaba_playbooks.run
    for account in (ARCHIVE, *MEMBERS.values()):
        alibaba.cloud.account(account)
    nothing = dump(alibaba)
    first = inventory_of("actiontrail", members=2, audit_logs_deployment=name)
    second = other(first, archive)
    assert run("setup", inventory=first).status == 0
    of_first = Unchanged(lambda: dump(alibaba), nothing)
    trail = f"{TRAIL}-{name}" if name else TRAIL
    owner = f"trail {trail} exists, and writes into acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}, not into"

    for arguments in ((), ("--check",)):
        done = run("setup", *arguments, inventory=second)
        assert done.status != 0 and owner in done.lines["shop"], done.output
        of_first.check()
    assert run("verify", *SOON, inventory=second).status != 0
    for arguments in ((), DELETE):
        done = run("destroy", *arguments, inventory=second)
        assert done.status == 0 and "retained trail: The trail" in done.lines["shop"], done.output
        of_first.check()

    before = dump(alibaba)
    second["all"]["vars"]["audit_logs_deployment"] = "second"
    earlier = ("-e", f"audit_logs_previous_deployments={name and f'{name}@'}{OTHER}")
    done = run("setup", *earlier, inventory=second)
    assert done.status == 0, done.output
    of_second = Unchanged(lambda: dump(alibaba), before)
    of_first.check()
    for inventory in (first, second):
        again = run("setup", inventory=inventory)
        assert set(again.lines.values()) == {"ok: nothing to do"}, again.output
        verified = run("verify", *SOON, inventory=inventory)
        assert verified.status == 0, verified.output
    done = run("destroy", *DELETE, inventory=first)
    assert done.status == 0 and PROJECT not in Account(alibaba, ARCHIVE).holdings().get("projects", []), done.output
    of_second.check()
    assert run("verify", *SOON, inventory=second).status == 0
    done = run("destroy", *DELETE, inventory=second)
    assert done.status == 0 and Account(alibaba, archive).holdings() == Account(alibaba, MEMBERS["shop"]).holdings() == {}, done.output


def test_a_copied_inventory(alibaba, alibaba_playbooks):
    """With another name, but the same project and trails, which have no tags: it ends nothing of the first deployment."""
    run = alibaba_playbooks.run
    nothing = dump(alibaba)
    first = inventory_of("actiontrail", members=2)
    copied = inventory_of("actiontrail", members=2, audit_logs_deployment="copy", alibaba_trail_name=TRAIL)
    assert run("destroy", *DELETE, inventory=copied).status == 0  # there is no project
    assert run("setup", inventory=first).status == 0
    of_first = Unchanged(lambda: dump(alibaba), nothing)
    for arguments in ((), DELETE, (*LEFTOVERS, *DELETE), ("--check",)):
        calls(alibaba)
        done = run("destroy", *arguments, inventory=copied)
        assert done.status != 0 and f"The project {PROJECT} exists, and belongs to the deployment {PROJECT} (tag" in done.lines["root"], done.output
        assert "not tried, because the archive account failed: " in done.lines["shop"] and done.changed["root"] == 0
        assert calls(alibaba) == {ARCHIVE: Counter({"Sls:GetProject": 1, "Sls:ListTagResources": 1})}
        of_first.check()
    done = run("destroy", "-e", f"audit_logs_previous_deployments={PROJECT}", inventory=copied)
    assert done.status == 0 and done.lines["shop"].startswith("changed: trail: delete"), done.output


def test_a_project_of_nobody(alibaba, alibaba_playbooks):
    """Somebody made it by hand, and trails of our name that write into it: destroy ends nothing."""
    run, archive, member = alibaba_playbooks.run, Account(alibaba, ARCHIVE), Account(alibaba, MEMBERS["shop"])
    inventory = inventory_of("actiontrail")
    assert run("setup", inventory=inventory).status == 0
    archive.clients.sls.untag_resources(sls.UntagResourcesRequest(resource_type="project", resource_id=[PROJECT], all=True))
    before = dump(alibaba)
    for arguments in (DELETE, LEFTOVERS):
        done = run("destroy", *arguments, inventory=inventory)
        assert f"The project {PROJECT} exists, and does not carry the tag managed-by" in done.lines["root"], done.output
        assert done.status != 0 and TRAIL in member.state()["trails"]
    assert set(before) == set(dump(alibaba))


def test_two_archives_of_log_audit_service(alibaba, alibaba_playbooks):
    """The role in a member has a fixed name, and trusts one archive: the second deployment is refused there."""
    run = alibaba_playbooks.run
    for account in (ARCHIVE, *MEMBERS.values()):
        alibaba.cloud.account(account)
    nothing = dump(alibaba)
    first = inventory_of(members=2)
    second = other(first, MEMBERS["bank"])
    assert run("setup", inventory=first).status == 0
    of_first = Unchanged(lambda: dump(alibaba), nothing)
    owner = f"belongs to the deployment {ARCHIVE} (tag audit-logs-deployment)"
    for arguments in ((), ("-e", "audit_logs_adopt=true")):
        done = run("setup", *arguments, inventory=second)
        assert done.status != 0 and owner in done.lines["shop"], done.output
        of_first.check()
    done = run("destroy", *DELETE, inventory=second)
    assert done.status == 0 and f"retained monitor role: The role sls-audit-service-monitor {owner}" in done.lines["shop"], done.output
    of_first.check()
    assert run("verify", *SOON, inventory=first).status == 0


def test_another_project(alibaba, alibaba_playbooks):
    """The deployment gets another name with it. The earlier project stays until somebody destroys it by its name."""
    run, archive, member = alibaba_playbooks.run, Account(alibaba, ARCHIVE), Account(alibaba, MEMBERS["shop"])
    inventory = inventory_of("actiontrail")
    moved = other(inventory)
    assert run("setup", inventory=inventory).status == 0
    done = run("setup", inventory=moved)
    assert done.status != 0 and "not into the project of the deployment other-audit-logs" in done.lines["shop"]
    done = run("setup", "-e", f"audit_logs_previous_deployments={PROJECT}", inventory=moved)
    assert done.status == 0 and OTHER in str(member.state()["trails"][TRAIL]), done.output
    leftover = f"project {PROJECT}, which belongs to this deployment under an earlier name"
    assert f"retained {leftover}" in done.lines["root"], done.output
    verified = run("verify", *SOON, "-e", f"audit_logs_previous_deployments={PROJECT},elsewhere,{OTHER}", inventory=moved)
    assert verified.status == 0 and f"There is also {leftover}" in report(alibaba_playbooks), verified.output
    calls(alibaba)
    again = run("setup", inventory=moved)
    assert set(again.lines.values()) == {"ok: nothing to do"}, again.output
    assert calls(alibaba)[ARCHIVE]["Sls:GetProject"] == 1
    of_new = Unchanged(lambda: dump(alibaba), [name for name in dump(alibaba) if PROJECT in name])
    done = run("destroy", *DELETE, "-e", f"audit_logs_alibaba_project={PROJECT}", inventory=moved)
    assert done.status == 0 and archive.holdings() == {
        "projects": [OTHER], "roles": [f"{OTHER}-actiontrail"], "policies": [f"{OTHER}-actiontrail"]}, done.output
    of_new.check()
    assert run("verify", *SOON, inventory=moved).status == 0


@pytest.mark.sample(1)
@pytest.mark.parametrize("earlier, mode", [
    ("log_audit", "actiontrail"), ("log_audit", "collection_policies"), ("actiontrail", "log_audit"), ("actiontrail", "resource_directory"),
])
def test_another_mode(alibaba, alibaba_playbooks, earlier, mode):
    """The project or Log Audit Service of the earlier mode is listed, until it is destroyed by its name."""
    delegate(alibaba)
    policies = [{"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]
    name, thing = (PROJECT, f"project {PROJECT}") if earlier == "actiontrail" else (ARCHIVE, "Log Audit Service")
    earlier, inventory = (inventory_of(one, alibaba_collection_policies=policies) for one in (earlier, mode))
    run = alibaba_playbooks.run
    leftover, previous = f"{thing}, which belongs to this deployment under an earlier name", ("-e", f"audit_logs_previous_deployments={name}")
    assert run("setup", inventory=earlier).status == 0
    done = run("setup", *previous, inventory=inventory)
    assert done.status == 0 and f"retained {leftover}" in done.lines["root"], done.output
    run("verify", *SOON, *previous, inventory=inventory)
    assert f"There is also {leftover}" in report(alibaba_playbooks)
    assert run("destroy", *DELETE, inventory=earlier).status == 0
    done = run("setup", *previous, inventory=inventory)
    assert done.status == 0 and "earlier name" not in done.lines["root"], done.output


def test_another_name_of_the_trail(alibaba, alibaba_playbooks):
    """The earlier trail goes on recording, is listed, and goes by its name alone."""
    run, member = alibaba_playbooks.run, Account(alibaba, MEMBERS["shop"])
    assert run("setup", inventory=inventory_of("actiontrail")).status == 0
    renamed = inventory_of("actiontrail", alibaba_trail_name="renamed")
    leftover = f"trail {TRAIL} in cn-hangzhou, which also belongs to this deployment"
    done = run("setup", inventory=renamed)
    assert done.status == 0 and f"retained {leftover}" in done.lines["shop"], done.output
    verified = run("verify", *SOON, inventory=renamed)
    assert verified.status == 0 and leftover in report(alibaba_playbooks), verified.output
    refused = run("destroy", *LEFTOVERS, inventory=inventory_of("actiontrail", alibaba_trail_name="nowhere"))
    assert "trail nowhere does not deliver to example-audit-logs, so the other trails" in refused.lines["shop"], refused.output
    assert sorted(member.state()["trails"]) == [TRAIL, "renamed"]
    write = {"role_name": WRITE_ROLE, "policy_type": "Custom", "policy_name": WRITE_ROLE}
    archive = Account(alibaba, ARCHIVE).clients.ram
    archive.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(**write))
    alibaba.cloud.account(MEMBERS["shop"]).deliveries["renamed"].succeed(time.time() - 2 * 3600)
    member.event()
    refused = run("destroy", *LEFTOVERS, inventory=renamed)
    assert "trail renamed does not deliver to example-audit-logs, so the other trails" in refused.lines["shop"], refused.output
    assert sorted(member.state()["trails"]) == [TRAIL, "renamed"]
    archive.attach_policy_to_role(ram.AttachPolicyToRoleRequest(**write))
    member.event()
    plan = run("destroy", *LEFTOVERS, *DELETE, "--check", inventory=renamed)
    done = run("destroy", *LEFTOVERS, *DELETE, inventory=renamed)
    assert plan.lines["shop"].startswith("to do: trail: delete") and done.lines["shop"].startswith("changed: trail: delete")
    assert done.status == 0 and list(member.state()["trails"]) == ["renamed"] and done.lines["root"] == "ok: nothing to do", done.output
    nothing = run("destroy", *LEFTOVERS, inventory=renamed)
    assert set(nothing.lines.values()) == {"ok: nothing to do"}, nothing.output
    again = run("setup", inventory=renamed)
    assert set(again.lines.values()) == {"ok: nothing to do"}, again.output
