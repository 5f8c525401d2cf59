# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of Alibaba Cloud accounts for tests, and what these accounts hold."""
from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter, deque

from helpers.alibaba.clients import REGION, Clients
from alibabacloud_actiontrail20200706 import models as actiontrail
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba import state
from clouds.alibaba.cloud import MANAGEMENT_ACCOUNT as MANAGEMENT

ARCHIVE = "1234567890123456"
MEMBERS = {"shop": "2234567890123456", "blog": "3234567890123456", "bank": "4234567890123456"}
ACCESS_ROLE = "ResourceDirectoryAccountAccessRole"
PROJECT = "example-audit-logs"
CENTRAL_PROJECT = f"slsaudit-center-{ARCHIVE}-{REGION}"
TRAIL = "audit-logs"
ORGANIZATION_TRAIL = "audit-logs-organization"
MONITOR, MONITOR_POLICY = "sls-audit-service-monitor", "AliyunLogAuditServiceMonitorAccess"
DISPATCH, DISPATCH_POLICY = "sls-audit-service-dispatch", "AliyunLogAuditServiceDispatchPolicy"
WRITE_ROLE = f"{PROJECT}-actiontrail"
# Of what a deployment manages, by its mode
TAG = {"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": PROJECT}
LOG_AUDIT_TAG = {**TAG, "audit-logs-deployment": ARCHIVE}
_DAY = 24 * 3600


def inventory_of(mode="log_audit", members=1, hosts=None, accounts=None, **variables) -> dict:
    """An inventory with one archive and some members.

    :param hosts: variables of hosts by name.
    :param accounts: members by name, in place of the first of MEMBERS.
    """
    hosts = hosts or {}
    if accounts is None:
        accounts = dict(list(MEMBERS.items())[:members])

    def group(found):
        return {"hosts": {name: {**_host(number), **hosts.get(name, {})} for name, number in found.items()}}

    return {
        "all": {
            "vars": {
                "audit_logs_alibaba_region": REGION,
                "audit_logs_alibaba_mode": mode,
                "audit_logs_alibaba_project": PROJECT,
                "audit_logs_alibaba_protocol": "http",
                "audit_logs_alibaba_http_proxy": "{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}",
                **variables,
            },
            "children": {
                "alibaba_archive": group({"root": ARCHIVE}), **({"alibaba_members": group(accounts)} if accounts else {}),
            },
        }
    }


def _host(number):
    role = {} if number == MANAGEMENT else {"audit_logs_alibaba_role": ACCESS_ROLE}
    return {"account_id": number, **role}


def organization() -> dict:
    """An inventory for a trail of the organization: the management account has it, and it records a member."""
    return inventory_of(
        "organization_trail", accounts={"management": MANAGEMENT, "shop": MEMBERS["shop"]}, audit_logs_alibaba_trail_account_id=MANAGEMENT)


def delegate(alibaba) -> None:
    """Let the archive administer Log Audit Service for the resource directory, with all accounts as its members."""
    for account_id in (ARCHIVE, *MEMBERS.values()):
        alibaba.cloud.account(account_id)
    Clients(alibaba).directory.register_delegated_administrator(
        directory.RegisterDelegatedAdministratorRequest(
            account_id=ARCHIVE, service_principal="audit.log.aliyuncs.com",
        )
    )


def a_day_passes(alibaba) -> None:
    """Let all logs become a day older."""
    with alibaba.cloud.lock:
        for data in alibaba.cloud.sls.logs.values():
            data.batches = deque(
                dataclasses.replace(batch, received=batch.received - _DAY, times=tuple(time - _DAY for time in batch.times))
                for batch in data.batches)


class Account:
    """An account, as somebody with a session in it sees it."""

    def __init__(self, alibaba, account_id: str) -> None:
        self.alibaba = alibaba
        self.account_id = account_id
        self.clients = Clients(alibaba, alibaba.credential(account_id))

    def event(self) -> str:
        """Make an event; its request id."""
        return self.clients.sts.get_caller_identity().body.request_id

    def delete_trail(self, name: str) -> None:
        self.clients.actiontrail.delete_trail(actiontrail.DeleteTrailRequest(name=name))

    def logs(self, request_id: str, project: str, logstore: str) -> list[dict]:
        """The logs of an event in a logstore of this account."""
        now = int(time.time())
        return self.clients.sls.get_logs_v2(project, logstore, sls.GetLogsV2Request(
            from_=now - _DAY, to=now + _DAY, query=f'event.requestId: "{request_id}"', line=100,
        )).body.data

    def state(self) -> dict:
        """What there is in it, as it is, and not as a reader who is behind sees it."""
        with self.alibaba.cloud.lock:
            return state.dump(self.alibaba.cloud, self.account_id)

    def role(self, name: str) -> dict:
        return self.state()["ram"]["roles"][name.lower()]

    def trusted(self, name: str) -> set[str]:
        """The services that a role trusts."""
        return set(json.loads(self.role(name)["trust"])["Statement"][0]["Principal"]["Service"])

    def collected(self) -> set[str]:
        """Ids of the accounts that Log Audit Service has on its list."""
        apps = self.state()["log_audit"]
        variables = apps["audit"]["variables"] if apps else {}
        listed = json.loads(variables.get("multi_account", "[]"))
        chosen = json.loads(variables.get("resource_directory", "{}")).get("multi_account", [])
        assert len(listed) == len({item["uid"] for item in listed}) and len(chosen) == len(set(chosen))
        return {*(item["uid"] for item in listed), *chosen}

    def holdings(self) -> dict[str, list[str]]:
        """Everything of the kinds that this collection makes, whoever created it, but service-linked roles."""
        found = self.state()
        roles = [role["name"] for role in found["ram"]["roles"].values() if not role["service_linked"]]
        kinds = {
            "roles": set(roles) - {ACCESS_ROLE, "audit-logs-setup"},
            "policies": found["ram"]["policies"],
            "trails": found["trails"],
            "projects": found["sls"]["projects"],
            "collection policies": found["collection_policies"],
        }
        return {kind: sorted(names) for kind, names in kinds.items() if names}


def calls(alibaba) -> dict[str, Counter]:
    """How often each operation was called since the last look, by account; those that open sessions left out."""
    found: dict[str, Counter] = {}
    for call in alibaba.calls:
        if call.action not in ("AssumeRole", "GetCallerIdentity"):
            found.setdefault(call.account, Counter())[f"{call.service}:{call.action}"] += 1
    forget(alibaba)
    return found


def writes(alibaba) -> list[str]:
    """The writing calls since the last look; those that open sessions left out."""
    found = [
        f"{call.account} {call.service}:{call.action}"
        for call in alibaba.calls if not call.read_only and call.action != "AssumeRole"
    ]
    forget(alibaba)
    return found


def forget(alibaba) -> None:
    """Let what was called until now be as if it were not."""
    with alibaba.cloud.lock:
        alibaba.cloud.calls.clear()
