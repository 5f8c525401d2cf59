# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mode organization_trail: one account has a trail that records all accounts of the resource directory."""
from __future__ import annotations

import pytest
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from helpers import guides
from helpers.alibaba import directories
from helpers.alibaba.breaks import stop
from helpers.alibaba.clients import Clients
from helpers.alibaba.deployments import (
    ARCHIVE, MANAGEMENT, MEMBERS, ORGANIZATION_TRAIL, PROJECT, TRAIL, WRITE_ROLE, forget, inventory_of, writes,
)
from helpers.alibaba.verifications import AlibabaDeployment

ACCOUNTS = {"management": MANAGEMENT, "shop": MEMBERS["shop"], "blog": MEMBERS["blog"]}
LEFTOVERS = ("-e", "audit_logs_only_leftovers=true", "-e", "audit_logs_probe_deadline=2")


def organization_of(trail_account=MANAGEMENT, accounts=None, **variables):
    return inventory_of(
        "organization_trail", accounts=accounts or ACCOUNTS, audit_logs_alibaba_trail_account_id=trail_account, **variables)


@pytest.fixture(name="deployment")
def fixture_deployment(alibaba, alibaba_playbooks):
    return AlibabaDeployment(alibaba, alibaba_playbooks, organization_of())


def states(deployment, *arguments):
    return {name: found["state"] for name, found in deployment.verify_accounts(*arguments).items() if name != "root"}


def test_each_account_is_proven(deployment):
    found = deployment.verify_accounts()
    assert {name: found[name]["probe"]["state"] for name in ACCOUNTS} == dict.fromkeys(ACCOUNTS, "arrived"), found
    assert deployment.accounts["root"].trusted(WRITE_ROLE) == {f"{MANAGEMENT}@actiontrail.aliyuncs.com"}
    assert [deployment.accounts[name].holdings() for name in ("shop", "blog")] == [{}, {}]


def test_a_delegated_administrator(alibaba, alibaba_playbooks):
    alibaba.cloud.account(MEMBERS["shop"])
    Clients(alibaba).directory.register_delegated_administrator(directory.RegisterDelegatedAdministratorRequest(
        account_id=MEMBERS["shop"], service_principal="actiontrail.aliyuncs.com"))
    [variables] = guides.run_by(__file__, "docs/alibaba.md")
    deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of(accounts=ACCOUNTS, **variables.data))
    assert deployment.accounts["shop"].holdings() == {"trails": [ORGANIZATION_TRAIL]}
    assert set(states(deployment).values()) <= {"ok", "warning"}
    forget(alibaba)
    assert set(deployment.setup().changed.values()) == {0} and writes(alibaba) == []
    deployment.destroy()
    assert deployment.accounts["shop"].holdings() == {}


def test_a_member_that_has_left(alibaba, deployment):
    directories.remove_member(alibaba, MEMBERS["shop"])
    found = deployment.verify_accounts()
    assert {name for name in found if found[name]["state"] == "failed"} == {"shop"}
    assert ": check whether the account is in the resource directory of the trail" in found["shop"]["reason"]
    assert f"account {MEMBERS['shop']} (shop) is not in resource directory rd-" in str(found["root"]["findings"])


@pytest.mark.sample(1)
@pytest.mark.parametrize("limit, sentence", [
    ("management", "records all members, but this run does not include"),
    ("management,root", "add alibaba_members to --limit"),
    ("root,management,shop", "add alibaba_members to --limit"),
])
def test_destroy_of_some(deployment, limit, sentence):
    """It would end the logs of all."""
    run = deployment.playbooks.run("destroy", "--limit", limit, inventory=deployment.inventory)
    assert run.status != 0 and sentence in " ".join(run.output.split()), run.lines
    assert deployment.accounts["management"].holdings() == {"trails": [ORGANIZATION_TRAIL]}


class TestCoverage:
    """Accounts of the resource directory that the inventory does not have."""

    BANK = MEMBERS["bank"]
    UNLISTED = "an active account of resource directory rd-"

    @pytest.fixture(autouse=True)
    def fixture_with_another(self, alibaba, deployment):
        self.deployment = deployment
        directories.add_member(alibaba, self.BANK, "bank")

    def archive(self, *arguments):
        return self.deployment.verify_accounts(*arguments)["root"]

    def test_an_account_that_the_inventory_does_not_have(self):
        found = self.archive()
        assert found["state"] == "failed" and found["reason"].startswith(self.UNLISTED), found
        assert f"verify cannot prove that their logs arrive: {self.BANK} (bank)" in found["reason"]

    def test_one_that_is_named(self):
        found = self.archive("-e", f"audit_logs_removed_accounts={self.BANK},{ARCHIVE}")
        assert found["state"] == "ok" and not found["findings"], found

    def test_the_archive_account(self):
        texts = [one["text"] for one in self.archive("-e", f"audit_logs_removed_accounts={self.BANK}")["findings"] if one["kind"] == "coverage"]
        assert texts == [
            "the archive account is not in alibaba_members, so verify cannot prove that its own audit logs arrive. Add it to"
            f" alibaba_members too. If you left it out on purpose, add {ARCHIVE} to audit_logs_removed_accounts"]

    def test_destroy(self):
        """It would end the logs of the account."""
        run = self.deployment.playbooks.run("destroy", inventory=self.deployment.inventory)
        assert run.status != 0 and f"records active accounts that are not in the inventory, such as {self.BANK}" in run.lines["management"]
        assert self.deployment.accounts["management"].holdings() == {"trails": [ORGANIZATION_TRAIL]}
        self.deployment.destroy("-e", f"audit_logs_removed_accounts={self.BANK}")
        assert self.deployment.accounts["management"].holdings() == {}


NOBODY = {"management": {"audit_logs_alibaba_role": "role-that-is-not-there"}}


def test_verify_without_the_account_of_the_trail(deployment):
    """The other accounts are proven all the same."""
    found = {one["name"]: one for one in deployment.verify(inventory=organization_of(hosts=NOBODY))["accounts"]}
    assert {name for name, one in found.items() if one["state"] == "failed"} == {"management"}, found
    assert {found[name]["probe"]["state"] for name in ("shop", "blog")} == {"arrived"}


@pytest.mark.parametrize("arguments, hosts, advice", [
    (["--limit", "root,shop,blog"], {}, "Add management, which has the trail, to --limit"),
    ([], NOBODY, "management, which has the trail, failed"),
], ids=["left out", "failed"])
def test_setup_without_the_account_of_the_trail(alibaba_playbooks, arguments, hosts, advice):
    """Nothing records the other accounts then."""
    run = alibaba_playbooks.run("setup", *arguments, inventory=organization_of(hosts=hosts))
    assert run.status != 0
    assert all(run.lines[name].startswith("FAILED: member: no trail records this account") and advice in run.lines[name]
               for name in ("shop", "blog")), run.lines


MOVED = {**ACCOUNTS, "root": ARCHIVE}


class TestMove:
    """From a trail in each account to one of the organization: no account loses its logs, and no second copy stays.

    The archive account is one of them.
    """

    @pytest.fixture(autouse=True)
    def fixture_moved(self, alibaba, alibaba_playbooks):
        self.alibaba = alibaba
        self.deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of("actiontrail", accounts=MOVED))
        self.deployment.inventory = organization_of(accounts=MOVED)
        self.run = self.deployment.setup()

    def trails(self):
        return {name: self.deployment.accounts[name].holdings().get("trails") for name in MOVED}

    def test_it(self):
        both = [TRAIL, ORGANIZATION_TRAIL]
        assert self.trails() == {"management": both, "shop": [TRAIL], "blog": [TRAIL], "root": [TRAIL]}
        assert all(f"trail {TRAIL} in " in self.run.lines[name] and "also belongs" in self.run.lines[name] for name in MOVED), self.run.lines
        assert states(self.deployment) == dict.fromkeys(ACCOUNTS, "warning")
        assert self.deployment.accounts["root"].trusted(WRITE_ROLE) == {f"{number}@actiontrail.aliyuncs.com" for number in MOVED.values()}
        run = self.deployment.playbooks.run("destroy", *LEFTOVERS, inventory=self.deployment.inventory)
        assert run.status == 0, run.output
        assert self.trails() == {"management": [ORGANIZATION_TRAIL], "shop": None, "blog": None, "root": None}
        run = self.deployment.setup()
        assert run.lines == {"root": "changed: write role: trust_policy", **dict.fromkeys(ACCOUNTS, "ok: nothing to do")}
        assert self.deployment.accounts["root"].trusted(WRITE_ROLE) == {f"{MANAGEMENT}@actiontrail.aliyuncs.com"}
        assert set(states(self.deployment).values()) <= {"ok", "warning"}
        assert set(self.deployment.setup().changed.values()) == {0}

    def test_the_new_trail_does_not_deliver(self):
        stop("management", ORGANIZATION_TRAIL)(self.deployment)
        run = self.deployment.playbooks.run("destroy", *LEFTOVERS, inventory=self.deployment.inventory)
        assert run.status != 0
        assert self.trails() == {"management": [TRAIL, ORGANIZATION_TRAIL], "shop": [TRAIL], "blog": [TRAIL], "root": [TRAIL]}
        assert "the trail of the organization did not deliver an event of this account" in run.lines["shop"], run.lines

    def test_destroy(self):
        """Trails of the accounts themselves still need the write role."""
        self.deployment.destroy("-e", "audit_logs_delete_logs=true")
        assert self.trails() == dict.fromkeys(MOVED, [TRAIL])
        assert self.deployment.accounts["root"].holdings() == {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT], "trails": [TRAIL]}
