# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""setup.yml, its plan, and destroy.yml, on deployments of Alibaba Cloud accounts, in each mode."""
from __future__ import annotations

from dataclasses import dataclass, field

from helpers.aws import deployments
import pytest
from helpers.alibaba.deployments import (
    ARCHIVE, CENTRAL_PROJECT, DISPATCH, DISPATCH_POLICY, MANAGEMENT, MEMBERS, MONITOR, MONITOR_POLICY, ORGANIZATION_TRAIL, PROJECT,
    TRAIL, WRITE_ROLE, Account, a_day_passes, calls, delegate, forget, inventory_of, organization, writes,
)

pytestmark = pytest.mark.usefixtures("restricted")

LOG_AUDIT_LOGSTORE = "actiontrail_log"
TRAIL_LOGSTORE = f"actiontrail_{TRAIL}"
CREATED_IN_MEMBER = {"roles": [MONITOR], "policies": [MONITOR_POLICY]}
# The fewest calls that see whether a role and its policy are what they should be.
LOOK_AT_ROLE = {"Ram:GetRole": 1, "Ram:ListPoliciesForRole": 1, "Ram:ListTagResources": 1}
LOOK_AT_ROLE_AND_POLICY = {**LOOK_AT_ROLE, "Ram:GetPolicy": 1, "Ram:ListTagResources": 2}
LOOK_AT_LOG_AUDIT = {"Ram:GetRole": 1, "Sls:DescribeApp": 1, "Sls:GetSlsService": 1, "Sls:ListTagResources": 1}
LOOK_AT_DIRECTORY = {"ResourceDirectoryMaster:GetResourceDirectory": 1, "ResourceDirectoryMaster:ListTrustedServiceStatus": 1}
LOOK_AT_TRAIL_ARCHIVE = {**LOOK_AT_ROLE_AND_POLICY, "Sls:GetProject": 1, "Sls:GetSlsService": 1, "Sls:ListTagResources": 1}
MEMBER_ACCOUNTS = [MEMBERS["shop"], MEMBERS["blog"]]


@dataclass(frozen=True)
class Case:
    """A deployment in one mode, and what its playbooks must do.

    :param created: changes that the plan announces, by host.
    :param held: what accounts hold after setup.yml, by their ids; others nothing.
    :param looks: calls of a second run, by account.
    :param removed: changes that the plan of destroy.yml announces, by host.
    """

    inventory: dict
    logstore: str
    created: dict
    held: dict
    looks: dict
    removed: dict
    project: str = CENTRAL_PROJECT
    sessions: int = 3
    delegated: bool = False
    accounts: list = field(default_factory=lambda: [ARCHIVE, *MEMBER_ACCOUNTS])


MEMBER_CREATED = "monitor policy: create; monitor role: create"
MEMBER_REMOVED = "monitor policy: delete; monitor role: delete"
CLEARED = "Log Audit Service: accounts, products"
CASES = {
    "log_audit": Case(
        inventory_of(members=2), LOG_AUDIT_LOGSTORE,
        created={
            "root": "Log Audit Service: create; service-linked role: create",
            "shop": MEMBER_CREATED, "blog": MEMBER_CREATED,
        },
        held={ARCHIVE: {"projects": [CENTRAL_PROJECT]}, **dict.fromkeys(MEMBER_ACCOUNTS, CREATED_IN_MEMBER)},
        looks={ARCHIVE: LOOK_AT_LOG_AUDIT, **dict.fromkeys(MEMBER_ACCOUNTS, LOOK_AT_ROLE_AND_POLICY)},
        removed={"root": CLEARED, "shop": MEMBER_REMOVED, "blog": MEMBER_REMOVED},
    ),
    "log_audit with the older roles": Case(
        inventory_of(members=2, alibaba_log_audit_archive_central_roles="custom"), LOG_AUDIT_LOGSTORE,
        created={
            "root": f"dispatch policy: create; dispatch role: create; Log Audit Service: create; {MEMBER_CREATED}",
            "shop": MEMBER_CREATED, "blog": MEMBER_CREATED,
        },
        held={
            ARCHIVE: {
                "roles": [DISPATCH, MONITOR], "policies": [DISPATCH_POLICY, MONITOR_POLICY],
                "projects": [CENTRAL_PROJECT],
            },
            **dict.fromkeys(MEMBER_ACCOUNTS, CREATED_IN_MEMBER),
        },
        looks={
            ARCHIVE: {
                "Ram:GetRole": 2, "Ram:GetPolicy": 2, "Ram:ListTagResources": 4, "Ram:ListPoliciesForRole": 2,
                "Sls:DescribeApp": 2, "Sls:GetSlsService": 1, "Sls:ListTagResources": 1,
            },
            **dict.fromkeys(MEMBER_ACCOUNTS, LOOK_AT_ROLE_AND_POLICY),
        },
        removed={
            "root": f"dispatch policy: delete; dispatch role: delete; {CLEARED}; {MEMBER_REMOVED}",
            "shop": MEMBER_REMOVED, "blog": MEMBER_REMOVED,
        },
    ),
    "resource_directory": Case(
        inventory_of("resource_directory", members=2), LOG_AUDIT_LOGSTORE, delegated=True,
        created={"root": "Log Audit Service: create; service-linked role: create"},
        held={ARCHIVE: {"projects": [CENTRAL_PROJECT]}},
        looks={ARCHIVE: {**LOOK_AT_LOG_AUDIT, **LOOK_AT_DIRECTORY}},
        removed={"root": "Log Audit Service: mode, directory_accounts, accounts, products"},
    ),
    "collection_policies": Case(
        inventory_of("collection_policies", members=2, alibaba_collection_policies=[
            {"name": "events", "product_code": "actiontrail", "data_code": "audit_event"},
        ]),
        "events", project=PROJECT, delegated=True,
        created={"root": "collection policy: create; project: create; service-linked role: create"},
        held={ARCHIVE: {"collection policies": ["events"], "projects": [PROJECT]}},
        looks={ARCHIVE: {"Sls:ListCollectionPolicies": 1, "Sls:GetProject": 1, "Sls:ListTagResources": 1,
                         "Sls:GetCollectionPolicy": 1, "Sls:GetSlsService": 1, "Ram:GetRole": 1, **LOOK_AT_DIRECTORY}},
        removed={"root": "collection policy: delete"},
    ),
    "actiontrail": Case(
        inventory_of("actiontrail", members=2), TRAIL_LOGSTORE, project=PROJECT,
        created={"root": "project: create; write policy: create; write role: create", "shop": "trail: create", "blog": "trail: create"},
        held={
            ARCHIVE: {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]},
            **dict.fromkeys(MEMBER_ACCOUNTS, {"trails": [TRAIL]}),
        },
        looks={ARCHIVE: LOOK_AT_TRAIL_ARCHIVE, **dict.fromkeys(MEMBER_ACCOUNTS, {"Actiontrail:DescribeTrails": 1})},
        removed={"root": "write policy: delete; write role: delete", "shop": "trail: delete", "blog": "trail: delete"},
    ),
    "organization": Case(
        organization(), f"actiontrail_{ORGANIZATION_TRAIL}", project=PROJECT, sessions=2, accounts=[ARCHIVE, MANAGEMENT, MEMBERS["shop"]],
        created={"root": "project: create; write policy: create; write role: create", "management": "trail: create"},
        held={ARCHIVE: {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}, MANAGEMENT: {"trails": [ORGANIZATION_TRAIL]}},
        looks={ARCHIVE: LOOK_AT_TRAIL_ARCHIVE, MANAGEMENT: {"Actiontrail:DescribeTrails": 1, **LOOK_AT_DIRECTORY},
               MEMBERS["shop"]: {"Actiontrail:DescribeTrails": 1}},
        removed={"root": "write policy: delete; write role: delete", "management": "trail: delete"},
    ),
}


def hosts(case):
    return {name for group in case.inventory["all"]["children"].values() for name in group["hosts"]}


def expected(case, state, changes):
    """The lines of a summary in which these hosts have something to do, and the others nothing."""
    return {host: f"{state}: {changes[host]}" if host in changes else "ok: nothing to do" for host in hosts(case)}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", CASES)
def test_life_of_a_deployment(alibaba, alibaba_playbooks, name):
    """Plan, setup, again, plan, destroy, again, and without logs: each changes what it should and says so."""
    case, playbooks = CASES[name], alibaba_playbooks
    inventory, accounts = case.inventory, {number: Account(alibaba, number) for number in case.accounts}
    archive, member = accounts[ARCHIVE], Account(alibaba, MEMBERS["shop"])
    if case.delegated:
        delegate(alibaba)

    def held():
        return {number: holdings for number, account in accounts.items() if (holdings := account.holdings())}

    def arrived(event):
        return [log["event"] for log in archive.logs(event, case.project, case.logstore)]

    forget(alibaba)
    plan = playbooks.run("setup", "--check", "--diff", inventory=inventory)
    assert plan.status == 0, plan.output
    assert writes(alibaba) == []
    assert plan.lines == expected(case, "to do", case.created)

    setup = playbooks.run("setup", inventory=inventory)
    assert setup.status == 0, setup.output
    assert setup.lines == expected(case, "changed", case.created)
    assert held() == case.held
    first = member.event()
    [log] = arrived(first)
    assert f'"recipientAccountId":"{member.account_id}"' in log

    forget(alibaba)
    again = playbooks.run("setup", inventory=inventory)
    assert again.status == 0, again.output
    assert set(again.changed.values()) == {0}
    assert len([call for call in alibaba.calls if call.action == "AssumeRole"]) == case.sessions
    assert not [call for call in alibaba.calls if not call.read_only and call.action != "AssumeRole"]
    assert calls(alibaba) == case.looks

    plan = playbooks.run("destroy", "--check", inventory=inventory)
    assert plan.status == 0, plan.output
    assert writes(alibaba) == []
    assert plan.lines == expected(case, "to do", case.removed)

    destroyed = playbooks.run("destroy", inventory=inventory)
    assert destroyed.status == 0, destroyed.output
    assert destroyed.lines == expected(case, "changed", case.removed)
    assert held() == {ARCHIVE: {"projects": [case.project]}}
    assert archive.collected() == set()
    assert arrived(member.event()) == []
    assert len(arrived(first)) == 1

    forget(alibaba)
    again = playbooks.run("destroy", inventory=inventory)
    assert again.status == 0, again.output
    assert set(again.changed.values()) == {0} and writes(alibaba) == []

    if MANAGEMENT in case.accounts:
        a_day_passes(alibaba)  # nobody has named the accounts of the directory
    gone = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert gone.status == 0, gone.output
    assert held() == {}


def test_both_clouds_in_one_run(aws, alibaba, alibaba_playbooks):
    alibaba_playbooks.environment.update(aws.environment)
    inventory = inventory_of()
    theirs = deployments.inventory_of()["all"]
    inventory["all"]["vars"].update(theirs["vars"])
    inventory["all"]["children"].update(theirs["children"])

    plan = alibaba_playbooks.run("setup", "--check", "--diff", inventory=inventory)
    assert plan.status == 0, plan.output
    assert set(plan.lines) == {"root", "shop", "log-archive", "team-a"}
    assert {line.split(":")[0] for line in plan.lines.values()} == {"to do"}
    assert writes(alibaba) == deployments.writes(aws) == []

    setup = alibaba_playbooks.run("setup", inventory=inventory)
    assert setup.status == 0, setup.output
    assert Account(alibaba, MEMBERS["shop"]).holdings() == CREATED_IN_MEMBER
    assert list(deployments.Account(aws, deployments.MEMBERS["team-a"]).trails()) == [deployments.TRAIL]
    again = alibaba_playbooks.run("setup", inventory=inventory)
    assert again.status == 0 and set(again.changed.values()) == {0}, again.output

    gone = alibaba_playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert gone.status == 0, gone.output
    assert Account(alibaba, MEMBERS["shop"]).holdings() == Account(alibaba, ARCHIVE).holdings() == {}
    assert deployments.Account(aws, deployments.ARCHIVE).holdings() == {}
