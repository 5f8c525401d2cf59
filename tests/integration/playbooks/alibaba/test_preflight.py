# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and wrong credentials on Alibaba Cloud: one clear sentence each, before anything is changed."""
from __future__ import annotations

import json
import re

import pytest
from helpers import preflight
from helpers.alibaba.deployments import (
    ACCESS_ROLE, ARCHIVE, MANAGEMENT, MEMBERS, Account, delegate, forget, inventory_of, writes,
)
from helpers.alibaba.identities import policy, statement
from helpers.playbooks import Playbooks
from alibabacloud_ram20150501 import models as ram

SECRET = "T9bXo2mC4vQ8rL1sW6yE3uK7jH5gF0"
MANY = {f"member-{number}": str(2000000000000002 + number) for number in range(101)}


def without(inventory, *names):
    """An inventory without some groups or variables."""
    for name in names:
        inventory["all"]["children"].pop(name, None)
        inventory["all"]["vars"].pop(name, None)
    return inventory


CASES = {
    "id with something else than digits": (
        inventory_of(hosts={"shop": {"account_id": "2.23456789012345e15"}}),
        r"shop: account id '2.23456789012345e15' is not a string of digits: write it in quotes, with all its digits",
    ),
    "id that is a number of 15 digits": (
        inventory_of(hosts={"shop": {"account_id": 223456789012345}}),
        r"shop: account id 223456789012345 is not a string of digits: write it in quotes, with all its digits; in an INI",
    ),
    "id that is a number of 17 digits": (
        inventory_of(hosts={"shop": {"account_id": 22345678901234567}}),
        r"shop: account id 22345678901234567 is not a string of digits: write it in quotes, with all its digits; in an INI",
    ),
    "id that is a number with a fraction": (
        inventory_of(hosts={"shop": {"account_id": 2.234567890123456e15}}),
        r"shop: account id 2234567890123456.0 is not a string of digits: write it in quotes, with all its digits; in an INI",
    ),
    "id that is missing": (
        inventory_of(hosts={"shop": {"account_id": None}}),
        r"shop: account_id has no value|shop: account id None is not a string of digits",
    ),
    "two hosts with one id": (
        inventory_of(members=2, hosts={"blog": {"account_id": MEMBERS["shop"]}}),
        r"the hosts blog and shop have the same account id '2234567890123456'. Use one host per account, and put it into",
    ),
    "region without Log Audit": (
        inventory_of(audit_logs_alibaba_region="us-west-1"),
        r"root: audit_logs_alibaba_region: Log Audit Service has no central project in us-west-1: choose one of ap-nor",
    ),
    "region that is none": (
        inventory_of(audit_logs_alibaba_region="Hangzhou"),
        r"root, shop: audit_logs_alibaba_region: 'Hangzhou' is not the id of a region, such as cn-hangzhou",
    ),
    "modes that differ": (
        inventory_of(hosts={"shop": {"audit_logs_alibaba_mode": "actiontrail"}}),
        r"audit_logs_alibaba_mode differs between hosts: log_audit \(root\), actiontrail \(shop\)\. Give all of them the same mod",
    ),
    "mode that does not exist": (
        inventory_of("logaudit"),
        r"root, shop: audit_logs_alibaba_mode: 'logaudit' is not one of log_audit, ",
    ),
    "101 members": (
        inventory_of(accounts=MANY),
        r"the group alibaba_members has 101 accounts, but Log Audit Service accepts at most 100 in custom mode\. Choose another",
    ),
    "more members than a trust policy has room for": (
        inventory_of("actiontrail", accounts=MANY),
        r"root: a role in this account would trust actiontrail\.aliyuncs\.com for each of 101 members\. Its trust policy",
    ),
    "option that there is not": (
        inventory_of(alibaba_trail_nam="audit-logs"),
        r"root, shop: there is no option alibaba_trail_nam; did you mean alibaba_trail_name\?",
    ),
    "variable that there is not": (
        inventory_of(audit_logs_alibaba_rol="x"),
        r"root, shop: there is no option audit_logs_alibaba_rol; did you mean audit_logs_alibaba_role\?",
    ),
    "option that the playbooks give": (
        inventory_of(alibaba_log_audit_archive_accounts=["2234567890123456"]),
        r"root, shop: alibaba_log_audit_archive_accounts cannot be set in an inventory: the playbooks compute it from the",
    ),
    "name of a project": (
        inventory_of("actiontrail", audit_logs_alibaba_project="Example_Logs"),
        r"root, shop: audit_logs_alibaba_project: .* is not the name of a project\. Use 3 to 63 lower-case letters",
    ),
    "no name for the project": (
        without(inventory_of("actiontrail"), "audit_logs_alibaba_project"),
        r"root, shop: audit_logs_alibaba_project is missing: give all hosts the name of the project in the archive account",
    ),
    "name of a trail": (
        inventory_of("actiontrail", alibaba_trail_name="logs"),
        r"root, shop: alibaba_trail_name: trail name 'logs': ActionTrail takes 6 to 36 lower-case letters, digits, hyp",
    ),
    "role that is none": (
        inventory_of(hosts={"shop": {"audit_logs_alibaba_role": "acs:ram::2234567890123456:user/x"}}),
        r"shop: audit_logs_alibaba_role: 'acs:ram::2234567890123456:user/x' is neither the name nor the ARN",
    ),
    "settings of the console that are none": (
        inventory_of(alibaba_log_audit_archive_drop_console_settings=["actiontrail_ttl"]),
        r"root, shop: alibaba_log_audit_archive_drop_console_settings: actiontrail_ttl is not a setting of the console\. Give only",
    ),
    "products that there are not": (
        inventory_of(alibaba_log_audit_archive_products={"Action Trail": {"enabled": True}}),
        r"root, shop: alibaba_log_audit_archive_products: 'Action Trail' is not the name of a product: use lower-case",
    ),
    "retention that there is not": (
        inventory_of("resource_directory", alibaba_log_audit_directory_products={"actiontrail": {"ttl": 4000}}),
        r"root, shop: alibaba_log_audit_directory_products: actiontrail\.ttl: 4.* is not a number of days from 1 to 3650",
    ),
    "document that is none": (
        inventory_of(alibaba_log_audit_member_policy_document={"Version": "1", "Statement": "log:*"}),
        r"root, shop: alibaba_log_audit_member_policy_document: it has no list of statements under Statement",
    ),
    "name that RAM does not take": (
        inventory_of("actiontrail", alibaba_trail_archive_role_name="audit_logs"),
        r"root, shop: alibaba_trail_archive_role_name: .* is not the name of a role\. Use 1 to 64 letters, digits, periods and",
    ),
    "tag that is reserved": (
        inventory_of(alibaba_log_audit_member_tags={"acs:owner": "me"}),
        r"root, shop: alibaba_log_audit_member_tags: 'acs:owner': a key must not begin with aliyun or acs:,",
    ),
    "collection policies without policies": (
        inventory_of("collection_policies"),
        r"root: alibaba_collection_policies is missing: list the logs to collect",
    ),
    "missing archive": (
        without(inventory_of(), "alibaba_archive"),
        r"the group alibaba_archive is missing\. Put the archive account into it, even if the run only changes members",
    ),
    "template of nothing": (
        inventory_of(alibaba_trail_name="{{ nope }}"),
        r"root, shop: alibaba_trail_name: 'nope' is undefined",
    ),
    "a key in the inventory": (
        inventory_of(hosts={"shop": {"audit_logs_alibaba_access_key_secret": SECRET}}),
        r"shop: audit_logs_alibaba_access_key_secret looks like a secret. Remove it from the inventory, and give a role to assume",
    ),
    "a key under the name that others have": (
        inventory_of(hosts={"shop": {"alibaba_trail_secret_key": SECRET}}),
        r"shop: alibaba_trail_secret_key looks like a secret. Remove it from the inventory, and give a role to assume",
    ),
}


# Cases whose sentences one inventory gets all together.
TOGETHER = (
    "id with something else than digits", "region that is none", "option that there is not", "variable that there is not",
    "option that the playbooks give", "role that is none", "products that there are not", "document that is none",
    "tag that is reserved", "template of nothing", "a key in the inventory", "a key under the name that others have",
    "name of a project", "name that RAM does not take",
)


@pytest.fixture(scope="module", name="messages")
def fixture_messages(alibaba_server, tmp_path_factory):
    """The messages with which setup rejects the cases, by case."""
    alibaba_server.reset()
    alibaba_server.cloud.calls.clear()
    playbooks = Playbooks(tmp_path_factory.mktemp("cases"), alibaba_server.environment, clouds=[alibaba_server])
    found = preflight.messages(playbooks, "setup", {case: inventory for case, (inventory, _said) in CASES.items()})
    assert alibaba_server.calls == []
    return found


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_before_anything(messages, case):
    message = messages[case]
    assert re.search(CASES[case][1], preflight.one_line(message)), message
    assert "Traceback" not in message and SECRET not in message


def test_every_sentence_before_anything(alibaba, alibaba_playbooks):
    """The playbook prints what was evaluated above, ends, has called no cloud, and has loaded no SDK to do so."""
    inventory = preflight.together(inventory_of(), [CASES[case][0] for case in TOGETHER])
    alibaba_playbooks.is_warm = False
    run = alibaba_playbooks.run("setup", inventory=inventory, **preflight.LIST_IMPORTS)
    assert run.status != 0
    said = preflight.one_line(run.output)
    assert [case for case in TOGETHER if not re.search(CASES[case][1], said)] == [], run.output
    assert "Traceback" not in run.output and SECRET not in run.output
    assert alibaba.calls == []
    assert preflight.plays_that_load(run.output) == []


class TestWaysIn:
    def test_credentials_of_another_account(self, alibaba, alibaba_playbooks):
        """The environment's credentials are those of the management account, not of the accounts that are named."""
        inventory = inventory_of()
        for group in inventory["all"]["children"].values():
            for host in group["hosts"].values():
                del host["audit_logs_alibaba_role"]
        run = alibaba_playbooks.run("setup", inventory=inventory)
        assert run.status != 0
        assert run.lines["shop"].startswith(
            f"FAILED: credentials: These credentials belong to account {MANAGEMENT}, but the inventory says"
            f" {MEMBERS['shop']}: correct account_id, or give a role,")
        assert writes(alibaba) == []

    def test_the_key_of_a_root_user(self, alibaba, alibaba_playbooks):
        key = alibaba.root_key()
        alibaba_playbooks.environment.update(
            ALIBABA_CLOUD_ACCESS_KEY_ID=key.access_key_id, ALIBABA_CLOUD_ACCESS_KEY_SECRET=key.secret)
        run = alibaba_playbooks.run("setup", inventory=inventory_of())
        assert run.status != 0
        for line in run.lines.values():
            assert re.match(
                r"FAILED: (credentials: Could not assume the role acs:ram::\d{16}:role/resourcedirectoryaccountaccessrole"
                r" with the credentials of the environment: AssumeRole: NoPermission: Roles may not be assumed by root accounts\."
                r" \(request id [-0-9A-F]+\); check that the role exists, .*|member: not tried)", line), line
        assert writes(alibaba) == []

    def test_no_credentials(self, alibaba, alibaba_playbooks):
        for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
            del alibaba_playbooks.environment[name]
        run = alibaba_playbooks.run("setup", inventory=inventory_of(), HOME=str(alibaba_playbooks.folder),
                                    ALIBABA_CLOUD_ECS_METADATA_DISABLED="true")
        assert run.status != 0
        assert "FAILED: credentials: Found no credentials of Alibaba Cloud in options, environment" in (
            run.lines["shop"])

    def test_profiles(self, alibaba, alibaba_playbooks):
        """Named profiles of the command line, one for each account."""
        inventory = inventory_of(hosts={"root": {"audit_logs_alibaba_profile": "archive"},
                                        "shop": {"audit_logs_alibaba_profile": "shop"}})
        for group in inventory["all"]["children"].values():
            for host in group["hosts"].values():
                del host["audit_logs_alibaba_role"]
        profiles = []
        for name, number in {"archive": ARCHIVE, "shop": MEMBERS["shop"]}.items():
            alibaba.cloud.account(number)
            key = alibaba.credential(number)
            profiles.append({"name": name, "mode": "StsToken", "access_key_id": key.access_key_id,
                             "access_key_secret": key.secret, "sts_token": key.token})
        path = alibaba_playbooks.folder / ".aliyun" / "config.json"
        path.parent.mkdir()
        path.write_text(json.dumps({"current": "archive", "profiles": profiles}), encoding="utf-8")
        run = alibaba_playbooks.run("setup", inventory=inventory, HOME=str(alibaba_playbooks.folder))
        assert run.status == 0, run.output
        assert Account(alibaba, ARCHIVE).collected() == {MEMBERS["shop"]}

    def test_a_permission_that_is_missing(self, alibaba, alibaba_playbooks):
        """The role through which we come may make policies but no roles: said, and the policy is taken back."""
        member = Account(alibaba, MEMBERS["shop"])
        document = policy(statement("ram:CreateRole", effect="Deny"))
        member.clients.ram.create_policy(ram.CreatePolicyRequest(policy_name="ours", policy_document=document))
        member.clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=ACCESS_ROLE, policy_type="Custom", policy_name="ours"))
        forget(alibaba)
        run = alibaba_playbooks.run("setup", inventory=inventory_of(members=2))
        assert run.status != 0
        assert re.match(
            r"FAILED: member: Could not create role sls-audit-service-monitor: CreateRole: NoPermission: .*"
            r"\(request id [-0-9A-F]+\); ", run.lines["shop"]), run.lines["shop"]
        assert run.lines["blog"].startswith("changed: ") and run.lines["root"].startswith("changed: ")
        assert member.holdings() == {"policies": ["ours"]}
        assert Account(alibaba, ARCHIVE).collected() == {MEMBERS["blog"]}


class TestDirectory:
    def test_an_archive_that_may_not(self, alibaba, alibaba_playbooks):
        """Neither the management account nor a delegated administrator."""
        run = alibaba_playbooks.run("setup", inventory=inventory_of("resource_directory"))
        assert run.status != 0
        assert run.lines["root"] == (
            f"FAILED: archive: account {ARCHIVE} is neither the management account of a resource directory nor a delegated administrator of"
            " audit.log.aliyuncs.com: let the management account register it as a delegated administrator, or use the"
            " management account instead")
        assert Account(alibaba, ARCHIVE).holdings() == {}

    def test_an_account_that_is_no_member(self, alibaba, alibaba_playbooks):
        alibaba.add_account("9234567890123456", member=False)
        delegate(alibaba)
        hosts = {"stranger": {"audit_logs_alibaba_role": "audit-logs-setup"}}
        accounts = {"shop": MEMBERS["shop"], "stranger": "9234567890123456"}
        inventory = inventory_of("resource_directory", accounts=accounts, hosts=hosts)
        run = alibaba_playbooks.run("setup", inventory=inventory)
        assert run.status != 0
        assert "9234567890123456 is no member of the resource directory" in run.lines["root"]
        assert Account(alibaba, ARCHIVE).holdings() == {}

    def test_not_back_to_single_accounts_without_clearing(self, alibaba, alibaba_playbooks):
        delegate(alibaba)
        assert alibaba_playbooks.run("setup", inventory=inventory_of("resource_directory")).status == 0
        archive = Account(alibaba, ARCHIVE)
        before = archive.state()["log_audit"]
        run = alibaba_playbooks.run("setup", inventory=inventory_of())
        assert run.status != 0
        assert "Log Audit collects from members of the resource directory. It accepts single accounts" in (
            run.lines["root"])
        assert archive.state()["log_audit"] == before


def test_no_secret_anywhere(alibaba, alibaba_playbooks):
    """With -vvvv neither our key nor that of a session appears in output, results, invocations or files.

    A user's configuration may have pipelining off, with which module arguments are written into files (PUT).
    """
    run = alibaba_playbooks.run("setup", "-vvvv", "--diff", inventory=inventory_of(), ANSIBLE_PIPELINING="false",
                                ANSIBLE_INJECT_INVOCATION="true")
    assert run.status == 0, run.output
    assert '"invocation"' in run.output and " PUT " not in run.output
    assumed = [call for call in alibaba.calls if call.action == "AssumeRole"]
    assert len(assumed) == 2
    files = [path for path in alibaba_playbooks.folder.rglob("*") if path.is_file()]
    texts = [run.output] + [path.read_bytes().decode(errors="replace") for path in files]
    secrets = alibaba.issued_secrets
    assert alibaba.environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] in secrets and len(secrets) >= 5
    assert not [secret for secret in secrets if any(secret in text for text in texts)]


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", ["log_audit", "actiontrail"])
def test_ids_of_an_unusual_length(alibaba, alibaba_playbooks, mode):
    """No document says how many digits an id has. One warning for all; the rest is as ever."""
    accounts = {"shop": MEMBERS["shop"], "short": "223456789012345", "long": "22345678901234567"}
    inventory = inventory_of(mode, accounts=accounts)
    run = alibaba_playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    text = preflight.one_line(run.output)
    for host, number in (("short", "223456789012345"), ("long", "22345678901234567")):
        assert text.count(f"{host}: account id '{number}' has {len(number)} digits, and ids usually have 16: compare it with the id") == 1
    assert text.count("ids usually have 16") == 2
    assert all(run.lines[host].startswith("changed: ") for host in accounts)
    if mode == "log_audit":
        assert Account(alibaba, ARCHIVE).collected() == set(accounts.values())
