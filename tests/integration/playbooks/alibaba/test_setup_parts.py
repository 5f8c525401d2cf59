# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a part of a deployment of Alibaba Cloud accounts: --limit, accounts that fail, and foreign resources."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.deployments import (
    ACCESS_ROLE, ARCHIVE, CENTRAL_PROJECT, DISPATCH, MEMBERS, MONITOR, MONITOR_POLICY, PROJECT, TAG, TRAIL, WRITE_ROLE,
    Account, forget, inventory_of, writes,
)
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls

ALL = set(MEMBERS.values())
OLDER = {"alibaba_log_audit_archive_central_roles": "custom"}
NOBODY = {"Version": "1", "Statement": [
    {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}},
]}
ANYTHING = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}]}
STRANGER = "9999999999999999"


@pytest.fixture(name="members")
def fixture_members(alibaba):
    return {name: Account(alibaba, number) for name, number in MEMBERS.items()}


@pytest.fixture(name="archive")
def fixture_archive(alibaba):
    return Account(alibaba, ARCHIVE)


def of_log(accounts):
    return {"log.aliyuncs.com", *(f"{account}@log.aliyuncs.com" for account in accounts)}


def of_actiontrail(accounts):
    return {f"{account}@actiontrail.aliyuncs.com" for account in accounts}


def arrivals(archive, members, project, logstore):
    """Whether a new event of each member is found in the archive."""
    return [bool(archive.logs(member.event(), project, logstore)) for member in members.values()]


def close(account):
    """Prevent new sessions in an account."""
    account.clients.ram.update_role(ram.UpdateRoleRequest(
        role_name=ACCESS_ROLE, new_assume_role_policy_document=json.dumps(NOBODY),
    ))


class TestLimit:
    def test_log_audit(self, alibaba, alibaba_playbooks, archive, members):
        """No account is removed from the list or the trust; destroy removes those in which it has a session."""
        inventory = inventory_of(members=3, **OLDER)
        setup = alibaba_playbooks.run("setup", inventory=inventory)
        assert setup.status == 0, setup.output
        forget(alibaba)
        for limit in ("shop", "root", "blog:root"):
            run = alibaba_playbooks.run("setup", "--limit", limit, inventory=inventory)
            assert run.status == 0, run.output
            assert set(run.changed.values()) == {0} and writes(alibaba) == []
        assert archive.collected() == ALL and archive.trusted(DISPATCH) == of_log(ALL)

        run = alibaba_playbooks.run("destroy", "--limit", "shop:root", inventory=inventory)
        assert run.status == 0, run.output
        assert archive.collected() == ALL - {MEMBERS["shop"]}
        assert [name for name, member in members.items() if member.holdings()] == ["blog", "bank"]
        assert arrivals(archive, members, CENTRAL_PROJECT, "actiontrail_log") == [False, True, True]

    def test_actiontrail(self, alibaba, alibaba_playbooks, archive, members):
        inventory = inventory_of("actiontrail", members=3)
        setup = alibaba_playbooks.run("setup", inventory=inventory)
        assert setup.status == 0, setup.output
        forget(alibaba)
        for limit in ("shop", "root:blog"):
            run = alibaba_playbooks.run("setup", "--limit", limit, inventory=inventory)
            assert run.status == 0, run.output
            assert set(run.changed.values()) == {0} and writes(alibaba) == []
        assert archive.trusted(WRITE_ROLE) == of_actiontrail(ALL)

        # Trails of the others still write: with delete_logs as well, all stays that they need.
        run = alibaba_playbooks.run(
            "destroy", "--limit", "shop:root", "-e", "audit_logs_delete_logs=true", inventory=inventory)
        assert run.status == 0, run.output
        assert archive.holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}
        assert arrivals(archive, members, PROJECT, f"actiontrail_{TRAIL}") == [False, True, True]
        assert run.lines["root"] == (
            "ok: retained write role: trails of these accounts may still need it and the project, because this run did not delete them:"
            f" {MEMBERS['bank']}, {MEMBERS['blog']}"
        )


class TestFailures:
    def test_an_account_without_a_session(self, alibaba, alibaba_playbooks, archive, members):
        """It is reported, the others are done; on the list of Log Audit Service it is left if, and only if, it was."""
        first = inventory_of(accounts={name: MEMBERS[name] for name in ("shop", "blog")}, **OLDER)
        assert alibaba_playbooks.run("setup", inventory=first).status == 0
        close(members["blog"])
        close(members["bank"])
        accounts = {"new": "5234567890123456", **MEMBERS}
        run = alibaba_playbooks.run("setup", inventory=inventory_of(accounts=accounts, **OLDER))
        assert run.status != 0
        for name in ("blog", "bank"):
            assert run.lines[name].startswith("FAILED: credentials: Could not assume the role ")
            assert "NoPermission" in run.lines[name] and "request id" in run.lines[name]
        assert run.lines["shop"] == "ok: nothing to do"
        assert run.lines["new"].startswith("changed: ") and run.lines["root"].startswith("changed: ")
        expected = {MEMBERS["shop"], MEMBERS["blog"], accounts["new"]}
        assert archive.collected() == expected and archive.trusted(DISPATCH) >= of_log(expected)
        assert archive.logs(members["blog"].event(), CENTRAL_PROJECT, "actiontrail_log")

        run = alibaba_playbooks.run("destroy", inventory=inventory_of(accounts=accounts, **OLDER))
        assert run.status != 0
        assert archive.collected() == {MEMBERS["blog"]}
        assert DISPATCH in archive.holdings()["roles"]
        assert archive.logs(members["blog"].event(), CENTRAL_PROJECT, "actiontrail_log")

    @pytest.mark.parametrize("mode", ["actiontrail", "log_audit"])
    def test_an_archive_without_a_session(self, alibaba, alibaba_playbooks, archive, mode):
        close(archive)
        forget(alibaba)
        run = alibaba_playbooks.run("setup", inventory=inventory_of(mode, members=3))
        assert run.status != 0
        assert run.lines["root"].startswith("FAILED: credentials: Could not assume the role ")
        reason = run.lines["root"].replace("credentials", "member: not tried, because the archive account failed", 1)
        assert [run.lines[name] for name in MEMBERS] == [reason] * len(MEMBERS)
        assert writes(alibaba) == []

    def test_a_project_of_somebody_else(self, alibaba, alibaba_playbooks, archive, members):
        """The name is taken in another account: one sentence, and no trail that leads nowhere."""
        make_project(Account(alibaba, STRANGER), PROJECT)
        forget(alibaba)
        run = alibaba_playbooks.run("setup", inventory=inventory_of("actiontrail"))
        assert run.status != 0
        assert "names of projects are unique in Alibaba Cloud" in run.lines["root"]
        assert run.lines["root"].startswith("FAILED: archive: ") and "request id" in run.lines["root"]
        assert run.lines["shop"].startswith("FAILED: member: not tried, because the archive account failed: ")
        assert archive.holdings() == members["shop"].holdings() == {}


def make_project(account, name):
    account.clients.sls.create_project(sls.CreateProjectRequest(project_name=name, description=""))


def make_role(account, name):
    account.clients.ram.create_role(ram.CreateRoleRequest(
        role_name=name, assume_role_policy_document=json.dumps(NOBODY),
    ))


def make_policy(account, name):
    account.clients.ram.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=json.dumps(ANYTHING)))


def make_trail(account, name, project):
    """A trail of this account into a project of its own."""
    make_project(account, project)
    account.clients.actiontrail.create_trail(trails.CreateTrailRequest(
        name=name, sls_project_arn=f"acs:log:cn-hangzhou:{account.account_id}:project/{project}",
    ))


class TestOfOthers:
    """Foreign resources with our names: refused in one sentence, adopted if that is configured, not deleted."""

    def test_log_audit(self, alibaba, alibaba_playbooks, members):
        """A policy in one member, a role in another; the third is done."""
        make_policy(members["shop"], MONITOR_POLICY)
        make_role(members["blog"], MONITOR)
        before = {name: members[name].state()["ram"] for name in ("shop", "blog")}
        inventory = inventory_of(members=3)

        for arguments in (["--check"], []):
            run = alibaba_playbooks.run("setup", *arguments, inventory=inventory)
            assert run.status != 0
            for name, what in {"shop": f"policy {MONITOR_POLICY}", "blog": f"role {MONITOR}"}.items():
                assert run.lines[name] == (
                    f"FAILED: member: The {what} exists, and does not carry the tag managed-by:"
                    " crossaccount.audit_logs: choose another name, or adopt it: set"
                    " adopt: true in a task, or audit_logs_adopt: true in the playbooks of this collection"
                )
            assert run.lines["bank"].startswith(("to do: ", "changed: "))
            assert {name: members[name].state()["ram"] for name in before} == before

        run = alibaba_playbooks.run("destroy", inventory=inventory)
        assert run.status == 0, run.output
        assert {name: members[name].state()["ram"] for name in before} == before
        assert "retained monitor policy: The policy" in run.lines["shop"]
        assert "retained monitor role: The role" in run.lines["blog"]

        run = alibaba_playbooks.run("setup", "-e", "audit_logs_adopt=true", inventory=inventory)
        assert run.status == 0, run.output
        assert members["blog"].role(MONITOR)["id"] == before["blog"]["roles"][MONITOR]["id"]
        again = alibaba_playbooks.run("setup", inventory=inventory)
        assert again.status == 0 and set(again.changed.values()) == {0}, again.output

    def test_actiontrail(self, alibaba, alibaba_playbooks, archive, members):
        """A project in the archive; then a role there, and a trail of a member that leads elsewhere."""
        make_project(archive, PROJECT)
        archive.clients.sls.create_log_store(
            PROJECT, sls.CreateLogStoreRequest(logstore_name="theirs", ttl=1, shard_count=1))
        inventory = inventory_of("actiontrail", members=2)
        run = alibaba_playbooks.run("setup", inventory=inventory)
        assert run.status != 0
        assert run.lines["root"].startswith(
            f"FAILED: archive: The project {PROJECT} exists, and does not carry the tag managed-by: crossaccount.")
        assert archive.holdings() == {"projects": [PROJECT]} and members["shop"].holdings() == {}

        make_role(archive, WRITE_ROLE)
        make_trail(members["blog"], TRAIL, "elsewhere")
        before = members["blog"].state()["trails"]
        run = alibaba_playbooks.run("setup", "-e", "audit_logs_adopt=true", "--limit", "root:shop", inventory=inventory)
        assert run.status == 0, run.output
        assert archive.trusted(WRITE_ROLE) == of_actiontrail([MEMBERS["shop"], MEMBERS["blog"]])
        run = alibaba_playbooks.run("setup", inventory=inventory)
        assert run.status != 0
        assert run.lines["blog"].startswith(
            f"FAILED: member: The trail {TRAIL} exists, and writes into acs:log:cn-hangzhou:{MEMBERS['blog']}:project/"
            f"elsewhere, not into the project of the deployment {PROJECT}: ")
        assert run.lines["shop"] == "ok: nothing to do"

        run = alibaba_playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
        assert run.status == 0, run.output
        assert members["blog"].state()["trails"] == before and "retained trail: The trail" in run.lines["blog"]
        # Taken over is ours, but for the logs of somebody else.
        assert archive.holdings() == {"projects": [PROJECT]} and members["shop"].holdings() == {}
        assert "has foreign logstores: theirs" in run.lines["root"]

    def test_tags_decide_what_is_deleted(self, alibaba, alibaba_playbooks, archive, members):
        """Somebody takes our tag off the project and the role, and with it takes them over, and the trails that write there."""
        inventory = inventory_of("actiontrail")
        assert alibaba_playbooks.run("setup", inventory=inventory).status == 0
        archive.clients.sls.untag_resources(sls.UntagResourcesRequest(
            resource_type="project", resource_id=[PROJECT], tags=list(TAG)))
        archive.clients.ram.untag_resources(ram.UntagResourcesRequest(
            resource_type="role", resource_names=[WRITE_ROLE], tag_keys=list(TAG)))
        run = alibaba_playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
        assert f"The project {PROJECT} exists, and does not carry the tag managed-by: crossaccount.audit_logs" in run.lines["root"]
        assert run.status != 0 and "not tried, because the archive account failed" in run.lines["shop"]
        assert archive.holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}
        assert TRAIL in members["shop"].state()["trails"]
