# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who still depends on the archive: no inventory, however short, ends what is collected from an account, or deletes its logs."""
from __future__ import annotations

import copy
import json
import re

import pytest
from helpers.alibaba import directories, foreign
from helpers.alibaba.clients import REGION
from helpers.alibaba.deployments import (
    ARCHIVE, CENTRAL_PROJECT, MEMBERS, ORGANIZATION_TRAIL, PROJECT, TRAIL, WRITE_ROLE, Account, a_day_passes, calls, delegate, inventory_of,
    organization,
)
from helpers.alibaba.modules import Account as Modules
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
RETAINED = "not in the inventory. To remove, use audit_logs_removed_accounts"
OSS = {"name": "oss-access", "product_code": "oss", "data_code": "access_log"}
METERING = {"name": "oss-metering", "product_code": "oss", "data_code": "metering_log"}
COLLECTION = {"alibaba_collection_policies": [OSS, METERING]}


def without(inventory, *hosts):
    """The inventory after some members have disappeared from it."""
    found = copy.deepcopy(inventory)
    for host in hosts:
        del found["all"]["children"]["alibaba_members"]["hosts"][host]
    return found


def removing(*names):
    """The option that names members whose logs may end."""
    return ("-e", json.dumps({"audit_logs_removed_accounts": [MEMBERS[name] for name in names]}))


@pytest.fixture(name="archive")
def fixture_archive(alibaba):
    return Account(alibaba, ARCHIVE)


@pytest.fixture(name="run")
def fixture_run(alibaba_playbooks):
    """Runs a playbook that has to end well; what it says in the line of the archive."""
    def run(playbook, *arguments, inventory):
        found = alibaba_playbooks.run(playbook, *arguments, inventory=inventory)
        assert found.status == 0, found.output
        return found
    return run


def services(*names):
    return {f"{MEMBERS[name]}@actiontrail.aliyuncs.com" for name in names}


def test_slices_of_trails(run, archive, alibaba):
    """Each slice has the archive and another part of the members; the role goes on to trust all of them."""
    inventory = inventory_of("actiontrail", members=3)
    run("setup", inventory=inventory)
    for gone in (("shop", "blog"), ("bank",)):
        found = run("setup", inventory=without(inventory, *gone))
        assert archive.trusted(WRITE_ROLE) == services(*MEMBERS) and found.changed["root"] == 0
        for name in gone:
            assert archive.logs(Account(alibaba, MEMBERS[name]).event(), PROJECT, f"actiontrail_{TRAIL}")
        accounts = ", ".join(sorted(MEMBERS[name] for name in gone))
        assert found.lines["root"] == f"ok: retained in write role: {accounts}, {RETAINED}"
    verified = run("verify", *SOON, inventory=without(inventory, "blog"))
    assert f"also covers account {MEMBERS['blog']}, which is not in the inventory" in verified.output
    run("setup", *removing("blog"), inventory=without(inventory, "blog"))
    assert archive.trusted(WRITE_ROLE) == services("shop", "bank")


def test_logs_of_a_trail_that_the_inventory_has_not(run, archive, alibaba):
    inventory = inventory_of("actiontrail", members=2)
    run("setup", inventory=inventory)
    found = run("destroy", *DELETE, inventory=without(inventory, "blog"))
    assert archive.holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}
    assert f"retained write role: The role {WRITE_ROLE} still trusts {MEMBERS['blog']}@" in found.lines["root"]
    assert archive.logs(Account(alibaba, MEMBERS["blog"]).event(), PROJECT, f"actiontrail_{TRAIL}")
    done = run("destroy", *DELETE, *removing("blog"), inventory=without(inventory, "blog"))
    assert archive.holdings() == {}
    assert re.search(rf"; deleted permanently: project {PROJECT} with \d logs from .* in actiontrail_{TRAIL}$", done.lines["root"])


def test_logs_of_a_trail_of_an_earlier_name(run, archive, alibaba):
    """It still writes into the project, and so project and role stay."""
    run("setup", inventory=inventory_of("actiontrail"))
    renamed = inventory_of("actiontrail", alibaba_trail_name="other-name")
    run("setup", inventory=renamed)
    found = run("destroy", *DELETE, inventory=renamed)
    assert archive.holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}
    assert "retained write role: trails of these accounts may still need it and the project" in found.lines["root"]
    assert archive.logs(Account(alibaba, MEMBERS["shop"]).event(), PROJECT, f"actiontrail_{TRAIL}")


def test_the_role_of_a_trail_that_writes_elsewhere(run, alibaba_playbooks, archive, alibaba):
    """A trail that writes into the project of an earlier inventory, with the same role, is refused, and goes on to write."""
    run("setup", inventory=inventory_of("actiontrail"))
    same_role = {"alibaba_trail_archive_role_name": WRITE_ROLE}
    renamed = inventory_of("actiontrail", audit_logs_alibaba_project="new-audit-logs", **same_role)
    refused = alibaba_playbooks.run("setup", inventory=renamed)
    assert refused.status != 0 and f"The role {WRITE_ROLE} exists, and belongs to the deployment {PROJECT} " in refused.lines["root"]
    found = run("destroy", *DELETE, inventory=renamed)
    assert archive.holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT, "new-audit-logs"]}
    assert "retained write role: trails of these accounts may still need it and the project" in found.lines["root"]
    assert archive.logs(Account(alibaba, MEMBERS["shop"]).event(), PROJECT, f"actiontrail_{TRAIL}")


@pytest.mark.parametrize("name", ["their-trail", TRAIL])
def test_logs_of_a_trail_of_somebody_else(run, archive, alibaba, name):
    """It records the archive account, writes into the project with a role of its own, and so the project stays."""
    foreign.place(alibaba, ARCHIVE)
    inventory = inventory_of("actiontrail")
    run("setup", inventory=inventory)
    foreign.create(
        alibaba, ARCHIVE, "actiontrail_trail", name=name, event_rw="All",
        sls_project_arn=f"acs:log:{REGION}:{ARCHIVE}:project/{PROJECT}", sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/{WRITE_ROLE}-2",
    )
    found = run("destroy", *DELETE, inventory=inventory)
    assert f"retained project: trails of this account deliver to it: {name}" in found.lines["root"]
    assert archive.logs(archive.event(), PROJECT, f"actiontrail_{name}")


def test_logs_of_an_account_that_goes_on(run, archive, alibaba):
    """Its trail has the name of ours, and writes with a role of its own: the project stays while it delivers, and a day longer."""
    inventory = inventory_of("actiontrail")
    run("setup", inventory=inventory)
    foreign.create_trail(alibaba, MEMBERS["blog"], TRAIL, PROJECT, f"{WRITE_ROLE}-2")
    blog = Account(alibaba, MEMBERS["blog"])
    assert archive.logs(blog.event(), PROJECT, f"actiontrail_{TRAIL}")
    for arguments in (("--check",), ()):
        calls(alibaba)
        found = run("destroy", *DELETE, *arguments, inventory=inventory)
        assert f"retained project: The project {PROJECT} has logs of account {MEMBERS['blog']} of " in found.lines["root"]
        assert calls(alibaba)[ARCHIVE]["Sls:GetLogsV2"] == 1
        assert archive.logs(blog.event(), PROJECT, f"actiontrail_{TRAIL}")
    blog.delete_trail(TRAIL)
    assert "retained project" in run("destroy", *DELETE, inventory=inventory).lines["root"]
    a_day_passes(alibaba)
    run("destroy", *DELETE, inventory=inventory)
    assert "projects" not in archive.holdings()


def test_an_account_that_leaves_beside_the_archive_as_a_member(run, archive, alibaba):
    """The steps of the README: the archive account is in --limit for its project, and its own logs go on."""
    inventory = inventory_of("actiontrail", accounts={"root": ARCHIVE, "shop": MEMBERS["shop"], "blog": MEMBERS["blog"]})
    run("setup", inventory=inventory)
    for arguments in (("--check",), ()):
        found = run("destroy", "--limit", "root,shop", *arguments, inventory=inventory)
        assert "retained trail: it records the archive account, and this run does not include all members" in found.lines["root"]
    assert archive.holdings()["trails"] == [TRAIL] and not Account(alibaba, MEMBERS["shop"]).holdings()
    inventory = inventory_of("actiontrail", accounts={"root": ARCHIVE, "blog": MEMBERS["blog"]})
    run("setup", *removing("shop"), inventory=inventory)
    assert archive.trusted(WRITE_ROLE) == {f"{ARCHIVE}@actiontrail.aliyuncs.com", *services("blog")}
    run("destroy", inventory=inventory)
    assert archive.holdings() == {"projects": [PROJECT]}


def test_logs_of_an_account_that_is_named(run, archive, alibaba):
    inventory = inventory_of("actiontrail")
    run("setup", inventory=inventory)
    foreign.create_trail(alibaba, MEMBERS["blog"], TRAIL, PROJECT, f"{WRITE_ROLE}-2")
    Account(alibaba, MEMBERS["blog"]).event()
    run("destroy", *DELETE, *removing("blog"), inventory=inventory)
    assert "projects" not in archive.holdings()


def test_logs_of_an_account_that_has_left_the_directory(run, archive, alibaba):
    """Nobody has named it: the project stays until a day after the trail has gone."""
    inventory = organization()
    alibaba.cloud.account(MEMBERS["blog"])
    run("setup", inventory=inventory)
    assert archive.logs(Account(alibaba, MEMBERS["blog"]).event(), PROJECT, f"actiontrail_{ORGANIZATION_TRAIL}")
    directories.remove_member(alibaba, MEMBERS["blog"])
    found = run("destroy", *DELETE, inventory=inventory)
    assert f"The project {PROJECT} has logs of account " in found.lines["root"] and archive.holdings() == {"projects": [PROJECT]}
    a_day_passes(alibaba)
    run("destroy", *DELETE, inventory=inventory)
    assert archive.holdings() == {}


def test_no_members_on_purpose(run, archive):
    inventory = without(inventory_of("actiontrail", audit_logs_no_members=True), "shop")
    run("setup", inventory=inventory)
    assert archive.holdings() == {"projects": [PROJECT]}


@pytest.mark.parametrize("mode", ["log_audit", "actiontrail", "resource_directory", "collection_policies"])
def test_an_empty_group(alibaba_playbooks, alibaba, mode):
    inventory = without(inventory_of(mode, **(COLLECTION if mode == "collection_policies" else {})), "shop")
    found = alibaba_playbooks.run("setup", inventory=inventory)
    assert found.status != 0 and "the group alibaba_members is empty" in found.output
    assert not alibaba.calls


def test_the_logstore_of_a_trail_that_has_gone(run, archive):
    """Of an earlier name: it goes with the project if the inventory names it, like others a day after its last logs."""
    run("setup", inventory=inventory_of("actiontrail"))
    renamed = inventory_of("actiontrail", alibaba_trail_name="renamed")
    run("setup", inventory=renamed)
    run("destroy", "-e", "audit_logs_only_leftovers=true", inventory=renamed)
    found = run("destroy", *DELETE, inventory=renamed)
    said = f"The project {PROJECT} has foreign logstores: actiontrail_{TRAIL}. If their logs may be deleted, add them to "
    assert said in found.lines["root"] and "to alibaba_trail_archive_logstores" in found.lines["root"] and archive.holdings() == {"projects": [PROJECT]}
    named = inventory_of("actiontrail", alibaba_trail_name="renamed", alibaba_trail_archive_logstores=[f"actiontrail_{TRAIL}"])
    foreign.create_trail(archive.alibaba, MEMBERS["blog"], TRAIL, PROJECT, f"{WRITE_ROLE}-2")
    Account(archive.alibaba, MEMBERS["blog"]).event()
    found = run("destroy", *DELETE, inventory=named)
    assert f"has logs of account {MEMBERS['blog']} of" in found.lines["root"] and archive.holdings()["projects"] == [PROJECT]
    run("destroy", *DELETE, *removing("blog"), inventory=named)
    assert "projects" not in archive.holdings()


def test_logstores_of_somebody_else(run, archive, alibaba):
    """They keep the project, whatever is said of logs."""
    inventory = inventory_of("actiontrail")
    run("setup", inventory=inventory)
    assert Modules(alibaba, alibaba.credential(ARCHIVE)).run("sls_logstore", project=PROJECT, name="flow-logs", ttl=30)["changed"]
    found = run("destroy", *DELETE, inventory=inventory)
    assert archive.holdings().get("projects") == [PROJECT], found.output
    assert f"The project {PROJECT} has foreign logstores: flow-logs. If" in found.lines["root"]


class TestCollectionPolicies:
    @pytest.fixture(autouse=True)
    def fixture_directory(self, alibaba):
        delegate(alibaba)

    def members(self, archive, name="oss-access"):
        return archive.state()["collection_policies"][name]["settings"]["resourceDirectory"]

    def test_a_shorter_inventory(self, run, archive):
        inventory = inventory_of("collection_policies", members=3, **COLLECTION)
        run("setup", inventory=inventory)
        found = run("setup", inventory=without(inventory, "blog"))
        assert set(self.members(archive)["members"]) == set(MEMBERS.values())
        assert f"retained in collection policy: {MEMBERS['blog']}, {RETAINED}" in found.lines["root"]
        found = run("destroy", *DELETE, inventory=without(inventory, "blog"))
        assert self.members(archive)["members"] == [MEMBERS["blog"]] and archive.holdings()["projects"] == [PROJECT]
        run("destroy", *DELETE, *removing("blog"), inventory=without(inventory, "blog"))
        assert archive.holdings() == {}

    def test_a_group_that_is_missing(self, run, archive):
        """Then the inventory means all accounts, but the policies were for some: they stay."""
        inventory = inventory_of("collection_policies", members=2, **COLLECTION)
        run("setup", inventory=inventory)
        del inventory["all"]["children"]["alibaba_members"]
        run("destroy", *DELETE, inventory=inventory)
        assert set(self.members(archive)["members"]) == set(list(MEMBERS.values())[:2])
        assert archive.holdings()["projects"] == [PROJECT]

    def test_a_policy_that_the_inventory_has_no_longer(self, run, archive):
        """It goes on, and so the project stays."""
        run("setup", inventory=inventory_of("collection_policies", **COLLECTION))
        shorter = inventory_of("collection_policies", alibaba_collection_policies=[OSS])
        found = run("setup", inventory=shorter)
        assert "retained collection policy oss-metering: not in the inventory" in found.lines["root"]
        found = run("destroy", *DELETE, inventory=shorter)
        assert archive.holdings() == {"collection policies": ["oss-metering"], "projects": [PROJECT]}
        assert "retained project: collection policies still deliver to it: oss-metering" in found.lines["root"]


@pytest.mark.parametrize("mode", ["collection_policies", "resource_directory"])
def test_a_limit_that_leaves_out_members(alibaba_playbooks, archive, alibaba, mode):
    """Nothing in these modes can be ended in one account."""
    run = alibaba_playbooks.run
    delegate(alibaba)
    inventory = inventory_of(mode, members=2, **COLLECTION)
    run("setup", inventory=inventory)
    before = archive.holdings()
    for limit in ("root,shop", "root"):
        found = run("destroy", *DELETE, "--limit", limit, inventory=inventory)
        assert f"in mode {mode}, destroy ends the collection from all members of the inventory, but --limit" in found.lines["root"]
        assert archive.holdings() == before and found.status != 0
    run("destroy", *DELETE, "--limit", "alibaba_archive,alibaba_members", inventory=inventory)
    assert archive.holdings() != before


class TestLogAuditOfSomebodyElse:
    """Set up in the console, for all accounts of the directory, with other products."""

    SET_UP = {
        "central_region": "cn-hangzhou", "mode": "resource_directory", "directory_accounts": "all",
        "products": {"actiontrail": {"enabled": True, "ttl": 3650}, "oss_metering": {"enabled": True}},
    }

    @pytest.fixture(autouse=True)
    def fixture_set_up(self, alibaba, archive):
        delegate(alibaba)
        assert Modules(alibaba, alibaba.credential(ARCHIVE)).run("log_audit", **self.SET_UP)["changed"]
        self.before = self.variables(archive)

    @staticmethod
    def variables(archive):
        return archive.state()["log_audit"]["audit"]["variables"]

    @pytest.mark.parametrize("mode", ["resource_directory", "log_audit"])
    def test_it_is_refused(self, alibaba_playbooks, archive, mode):
        for playbook, arguments in (("setup", ()), ("destroy", DELETE)):
            found = alibaba_playbooks.run(playbook, *arguments, inventory=inventory_of(mode))
            assert (found.status == 0) is (playbook == "destroy")
            assert self.variables(archive) == self.before and archive.holdings()["projects"] == [CENTRAL_PROJECT]
            assert "carry the tag managed-by" in found.lines["root"]

    def test_it_is_adopted(self, run, archive):
        """What no option names stays: the scope, the retention, the other product; and its logs in any case."""
        inventory = inventory_of("resource_directory", members=2)
        found = run("setup", "-e", "audit_logs_adopt=true", inventory=inventory)
        assert self.variables(archive) == self.before
        assert found.lines["root"].endswith(f"retained in Log Audit Service: all, {RETAINED}")
        found = run("destroy", *DELETE, inventory=inventory)
        assert self.variables(archive) == self.before and archive.holdings()["projects"] == [CENTRAL_PROJECT]
        run("setup", "-e", "alibaba_log_audit_directory_restrict=true", inventory=inventory)
        assert archive.collected() == set(list(MEMBERS.values())[:2])
        run("destroy", *DELETE, inventory=inventory)
        left = self.variables(archive)
        assert (left["actiontrail_enabled"], left["oss_metering_enabled"]) == ("false", "true")
        assert archive.holdings()["projects"] == [CENTRAL_PROJECT]
