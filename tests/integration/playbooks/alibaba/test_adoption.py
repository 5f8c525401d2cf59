# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that the Terraform template "Cross Account ActionTrail Logs" and a console have set up are taken over."""
from __future__ import annotations

import contextlib
import json
import re
import threading

from helpers import guides
import pytest
from helpers.alibaba.clients import REGION
from helpers.alibaba.deployments import (
    ACCESS_ROLE, ARCHIVE, CENTRAL_PROJECT, DISPATCH, DISPATCH_POLICY, LOG_AUDIT_TAG, MEMBERS, MONITOR, MONITOR_POLICY, Account,
    forget, writes,
)
from alibabacloud_ram20150501 import models as ram

LOGSTORE = "actiontrail_log"
SHOP, BLOG, BANK = MEMBERS.values()
GONE = "9234567890123456"
_INVENTORY, _COMMANDS = guides.run_by(__file__, "docs/adoption.md")
INVENTORY = _INVENTORY.data
(SETUP, PLAN), (_, RUN) = _COMMANDS.playbooks
SLSAUDIT = "acs:log:*:*:project/slsaudit-*"
MONITOR_DESCRIPTION = "Role to enable SLS cross-account monitoring"
# What the template's text has not, and the newest one has.
NEW_ACTIONS = ["kvstore:ModifyAuditLogConfig", "config:PutConfigurationRecorder", "ram:CreateServiceLinkedRole"]


def services_of(accounts) -> list[str]:
    """Log Service, for itself and as it acts for accounts."""
    return [*(f"{account}@log.aliyuncs.com" for account in accounts), "log.aliyuncs.com"]


class Template:
    """What the template makes in the accounts, as its provider calls the API, and what one then types into the console."""

    MONITOR_DOCUMENT = {
        "Version": "1",
        "Statement": [
            {"Action": "log:*", "Resource": [SLSAUDIT, "acs:log:*:*:app/audit"], "Effect": "Allow"},
            {
                "Action": ["rds:ModifySQLCollectorPolicy", "vpc:*FlowLog*", "drds:*SqlAudit*"],
                "Resource": "*",
                "Effect": "Allow",
            },
        ],
    }
    DISPATCH_DOCUMENT = {
        "Version": "1",
        "Statement": [{"Action": ["log:*"], "Resource": [SLSAUDIT], "Effect": "Allow"}],
    }

    def __init__(self, alibaba):
        self.alibaba = alibaba

    def central(self, members):
        """The module of the central account."""
        description = "Policy to allow root account to dispatch services"
        self._policy(ARCHIVE, DISPATCH_POLICY, self.DISPATCH_DOCUMENT, description)
        self._role(ARCHIVE, DISPATCH, services_of(members), "Role to enable SLS cross-account audit service")
        self.attach(ARCHIVE, DISPATCH, DISPATCH_POLICY)
        self._monitor(ARCHIVE, services_of([]), MONITOR_DESCRIPTION)

    def member(self, member):
        """The module of another account."""
        self._monitor(member, services_of([ARCHIVE]), "Role to enable SLS cross-account audit service")

    def console(self, members, **more):
        """Log Audit Service, as somebody has set it up by hand."""
        variables = {
            "region": REGION,
            "aliuid": ARCHIVE,
            "project": CENTRAL_PROJECT,
            "logstore": "slsaudit",
            "multi_account": json.dumps([{"uid": int(member)} for member in members]),
            "actiontrail_enabled": "true",
            **more,
        }
        Account(self.alibaba, ARCHIVE).clients.call(
            "AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com",
            body={"AppType": "audit", "DisplayName": "log audit", "VariableMap": json.dumps(variables)},
        )

    def _monitor(self, account_id, services, description):
        self._policy(account_id, MONITOR_POLICY, self.MONITOR_DOCUMENT, "Policy to allow root account access")
        self._role(account_id, MONITOR, services, description)
        self.attach(account_id, MONITOR, MONITOR_POLICY)
        self.attach(account_id, MONITOR, "ReadOnlyAccess", "System")

    def _ram(self, account_id):
        return Account(self.alibaba, account_id).clients.ram

    def _policy(self, account_id, name, document, description):
        self._ram(account_id).create_policy(ram.CreatePolicyRequest(
            policy_name=name, policy_document=json.dumps(document, indent=2), description=description,
        ))

    def _role(self, account_id, name, services, description):
        self._ram(account_id).create_role(ram.CreateRoleRequest(
            role_name=name, assume_role_policy_document=self._trust(services), description=description,
        ))

    def trust(self, account_id, name, services):
        """Whom a role trusts, later."""
        self._ram(account_id).update_role(ram.UpdateRoleRequest(
            role_name=name, new_assume_role_policy_document=self._trust(services),
        ))

    @staticmethod
    def _trust(services):
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}}
        return json.dumps({"Statement": [statement], "Version": "1"}, indent=2)

    def attach(self, account_id, role, policy, kind="Custom"):
        self._ram(account_id).attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=role, policy_name=policy, policy_type=kind,
        ))


@pytest.fixture(name="template")
def fixture_template(alibaba):
    """Two members that the template and the console have set up; the console has more switched on than ActionTrail."""
    template = Template(alibaba)
    template.central([SHOP, BLOG])
    template.member(SHOP)
    template.member(BLOG)
    template.console(
        [SHOP, BLOG], actiontrail_ttl="365", waf_enabled="true", waf_ttl="30", oss_access_enabled="true",
        oss_access_ttl="14",
    )
    return template


@pytest.fixture(name="accounts")
def fixture_accounts(alibaba, template):  # pylint: disable=unused-argument
    """The accounts by the names that they have in the inventory, each with an old log."""
    found = {name: Account(alibaba, number) for name, number in {"root": ARCHIVE, "shop": SHOP, "blog": BLOG}.items()}
    old = [account.event() for account in found.values()]
    assert [event for event in old if not arrived(found, event)] == []
    forget(alibaba)
    yield found
    assert [event for event in old if not arrived(found, event)] == []


@pytest.fixture(name="setup")
def fixture_setup(alibaba, alibaba_playbooks):
    """Runs the playbook on the page's inventory, with the arguments of one of its commands."""
    local = ("-e", "audit_logs_alibaba_protocol=http", "-e", f"audit_logs_alibaba_http_proxy={alibaba.url}")

    def run(arguments, inventory=INVENTORY, playbook=SETUP):
        return alibaba_playbooks.run(playbook, *local, *arguments, inventory=inventory)

    return run


def arrived(accounts, event) -> bool:
    """Whether the archive has an event once."""
    return len(accounts["root"].logs(event, CENTRAL_PROJECT, LOGSTORE)) == 1


@contextlib.contextmanager
def watching(accounts):
    """All the while, each account makes one event after the other; all of them have to arrive."""
    created, end = [], threading.Event()

    def make():
        while not end.wait(0.2):
            created.extend(account.event() for account in accounts.values())

    thread = threading.Thread(target=make)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
    assert len(created) > 3 and [event for event in created if not arrived(accounts, event)] == []


def lasting(accounts) -> dict[tuple, object]:
    """What must be the same after as before: who is who, since when, and where the logs are."""
    found = {}
    for name, account in accounts.items():
        state = account.state()
        for role in state["ram"]["roles"].values():
            if role["name"] != ACCESS_ROLE and not role["service_linked"]:
                found[name, "role", role["name"]] = (role["id"], role["created"], role["description"])
        for policy in state["ram"]["policies"].values():
            found[name, "policy", policy["name"]] = (policy["created"], policy["description"])
        for kind in ("projects", "logstores"):
            found.update({(name, kind, key): thing["created"] for key, thing in state["sls"][kind].items()})
    return found


def variables(accounts) -> dict[str, str]:
    """The map of Log Audit Service."""
    return accounts["root"].state()["log_audit"]["audit"]["variables"]


def without_accounts(found) -> dict[str, str]:
    return {name: value for name, value in found.items() if name != "multi_account"}


def tags(accounts) -> list[dict]:
    """The tags of all roles and policies that the template has created, those of the archive first."""
    found = []
    for account in accounts.values():
        state = account.state()["ram"]
        roles = [state["roles"][name] for name in (DISPATCH, MONITOR) if name in state["roles"]]
        found += [thing["tags"] for thing in [*roles, *state["policies"].values()]]
    return found


def test_life(alibaba, accounts, setup):
    """Refused, planned, taken over, again, destroyed; events arrive until the last."""
    before, configured = lasting(accounts), variables(accounts)
    assert len(before) == 4 + 2 * 2 + 1 + 2  # roles and policies of the archive and the members, project, logstores

    refused = setup([])
    assert refused.status != 0 and writes(alibaba) == []
    reason = (
        f"The role {MONITOR} exists, and does not carry the tag managed-by: crossaccount.audit_logs: choose another name,"
        " or adopt it: set adopt: true in a task, or"
        " audit_logs_adopt: true in the playbooks of this collection"
    )
    assert refused.lines == {
        "root": f"FAILED: archive: {reason}", "shop": f"FAILED: member: {reason}", "blog": f"FAILED: member: {reason}",
    }

    plan = setup(PLAN)
    assert plan.status == 0 and writes(alibaba) == [], plan.output
    taken = "monitor policy: document, tags; monitor role: tags"
    assert plan.lines == {
        "root": f"to do: dispatch policy: tags; dispatch role: tags; Log Audit Service: tags; {taken}",
        "shop": f"to do: {taken}",
        "blog": f"to do: {taken}",
    }
    for action in NEW_ACTIONS:
        assert len(re.findall(rf'^\+ +("Action": )?"{action}"', plan.output, re.M)) == 3
    assert plan.output.count('+        "managed-by": "crossaccount.audit_logs"') == 9

    with watching(accounts):
        run = setup(RUN)
    assert run.status == 0, run.output
    assert {call.split(":")[1] for call in writes(alibaba)} == {"CreatePolicyVersion", "TagResources"}
    assert lasting(accounts) == before and variables(accounts) == configured
    assert tags(accounts) == [LOG_AUDIT_TAG] * 8

    with watching(accounts):
        again = setup([])
    assert set(again.changed.values()) == {0} and writes(alibaba) == [], again.output

    destroyed = setup([], playbook="destroy")
    assert destroyed.status == 0, destroyed.output
    left = {"projects": [CENTRAL_PROJECT], "roles": [DISPATCH, MONITOR], "policies": [DISPATCH_POLICY, MONITOR_POLICY]}
    # The archive's roles still serve what was switched on in the console.
    assert [account.holdings() for account in accounts.values()] == [left, {}, {}]
    assert without_accounts(variables(accounts)) == {**without_accounts(configured), "actiontrail_enabled": "false"}
    assert not arrived(accounts, accounts["shop"].event())


def test_another_member_and_one_that_only_the_console_knows(alibaba, accounts, template, setup):
    """Who is listed stays listed and trusted, whom only the trust policy knows no longer is, products stay on."""
    ram_of_archive = accounts["root"].clients.ram
    template.member(BANK)
    template.console([SHOP, BANK], waf_enabled="true", waf_ttl="30")
    ram_of_archive.create_policy(ram.CreatePolicyRequest(
        policy_name="AliyunLogAuditServiceK8sAccess", policy_document=json.dumps(Template.DISPATCH_DOCUMENT),
    ))
    template.attach(ARCHIVE, MONITOR, "AliyunLogAuditServiceK8sAccess")
    template.trust(ARCHIVE, DISPATCH, services_of([SHOP, BLOG, BANK, GONE]))
    bank = {**accounts, "bank": Account(alibaba, BANK)}
    before, configured = lasting(bank), variables(bank)
    forget(alibaba)

    plan = setup(PLAN)
    assert "dispatch role: trust_policy, tags; Log Audit Service: accounts, tags;" in plan.lines["root"], plan.lines
    assert f'-                        "{GONE}@log.aliyuncs.com"' in plan.output

    with watching({name: account for name, account in bank.items() if name != "blog"}):
        run = setup(RUN)
    assert run.status == 0, run.output
    assert lasting(bank) == before
    assert accounts["root"].trusted(DISPATCH) == set(services_of([SHOP, BLOG, BANK]))
    assert accounts["root"].collected() == {SHOP, BLOG, BANK}
    assert without_accounts(variables(bank)) == without_accounts(configured)
    attached = ram_of_archive.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=MONITOR)).body.policies
    assert sorted(policy.policy_name for policy in attached.policy) == [
        "AliyunLogAuditServiceK8sAccess", MONITOR_POLICY, "ReadOnlyAccess",
    ]
    assert all(arrived(bank, account.event()) for account in bank.values())
    assert set(setup([]).changed.values()) == {0}


def test_the_role_of_the_service_instead_of_the_older_pair(alibaba, accounts, setup):
    """The default mode adopts the members alone; the archive's pair may go then, and events go on arriving."""
    inventory = json.loads(json.dumps(INVENTORY))
    del inventory["all"]["vars"]["alibaba_log_audit_archive_central_roles"]
    before = lasting(accounts)

    plan = setup(PLAN, inventory)
    assert plan.lines["root"] == "to do: Log Audit Service: tags; service-linked role: create", plan.output
    with watching(accounts):
        run = setup(RUN, inventory)
    assert run.status == 0, run.output
    assert [call for call in writes(alibaba) if call.startswith(ARCHIVE)] == [
        f"{ARCHIVE} Ram:CreateServiceLinkedRole", f"{ARCHIVE} Sls:TagResources",
    ]
    assert lasting(accounts) == before and tags(accounts) == [{}] * 4 + [LOG_AUDIT_TAG] * 4

    with watching(accounts):
        assert set(setup([], inventory).changed.values()) == {0} and writes(alibaba) == []
        # As Terraform does it, with force
        clients = accounts["root"].clients
        for role, policies in {DISPATCH: [(DISPATCH_POLICY, "Custom")],
                               MONITOR: [(MONITOR_POLICY, "Custom"), ("ReadOnlyAccess", "System")]}.items():
            for policy, kind in policies:
                clients.ram.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
                    role_name=role, policy_name=policy, policy_type=kind,
                ))
            clients.ram.delete_role(ram.DeleteRoleRequest(role_name=role))
