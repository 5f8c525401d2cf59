# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service, where the map has what no option gave or no document names, whether the API accepts it or not."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helpers.alibaba.modules import Account, without_waiting

MANAGEMENT, MEMBER, OTHER = "1000000000000001", "2000000000000002", "3000000000000003"
AUDIT = {"central_region": "cn-hangzhou", "accounts": [MEMBER], "products": {"rds": {"enabled": True}}}
DIRECTORY = {**AUDIT, "mode": "resource_directory"}
FILTERS = [{"condition": "tag.env", "value": "prod"}]
# What a console has stored: of each type that JSON has.
CONSOLE = {"rds_audit_policy_setting": FILTERS, "waf_access_policy_setting": json.dumps(FILTERS), "quantum": 7}
REFUSED = ["rds_audit_policy_setting", "waf_access_policy_setting"]
ADVICE = "drop_console_settings: [quantum, rds_audit_policy_setting, waf_access_policy_setting]"


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account, with Log Audit Service and settings of the console. Members exist."""
    alibaba.cloud.account(MEMBER)
    alibaba.cloud.account(OTHER)
    return Account(alibaba)


@pytest.fixture(name="is_kept")
def fixture_is_kept(alibaba):
    """The API takes what the console sets."""
    alibaba.cloud.log_audit_keys.update({"*_policy_setting": "kept", "quantum*": "kept"})


@pytest.fixture(name="is_dropped")
def fixture_is_dropped(alibaba, monkeypatch):
    """The API takes the filters of the console and loses them."""
    alibaba.cloud.log_audit_keys.update({"*_policy_setting": "dropped", "quantum*": "kept"})
    without_waiting(monkeypatch, alibaba)


def stored(account):
    """The map that the service has."""
    return dict(account.alibaba.cloud.account(MANAGEMENT).log_audit.get("audit").variables)


def set_up(account, options, console=None):
    """Set it up, and let somebody set something in the console."""
    account.run("log_audit", **options)
    apps = account.alibaba.cloud.account(MANAGEMENT).log_audit
    apps.preset("audit", replace(apps.get("audit"), variables={**stored(account), **(CONSOLE if console is None else console)}))


def changed(account, **options):
    """Plan, run, run again; the result of the run."""
    plan = account.run("log_audit", check=True, **options)
    assert plan["changed"] and plan["writes"] == []
    done = account.run("log_audit", **options)
    assert (done.get("msg"), done["changed"], done["diff"]) == (None, True, plan["diff"])
    again = account.run("log_audit", **options)
    assert not again["changed"] and again["writes"] == []
    return done


def refused(account, **options):
    """What the module says when it fails; nothing is changed."""
    before = stored(account)
    done = account.run("log_audit", **options)
    assert done["failed"] and stored(account) == before
    return done["msg"]


# Another account; another mode; the end
CHANGES = [
    (AUDIT, {"accounts": [OTHER]}),
    (AUDIT, {"products": {"rds": {"ttl": 365}}}),
    (DIRECTORY, {"accounts": [MEMBER, OTHER]}),
    (DIRECTORY, {"mode": "custom", "clear_directory": True, "accounts": [OTHER]}),
    (AUDIT, {"state": "absent"}),
    (DIRECTORY, {"state": "absent"}),
]


@pytest.mark.parametrize(("audit", "change"), CHANGES)
class TestSettingsOfTheConsole:
    """They stay when something else changes."""

    @pytest.mark.usefixtures("is_kept")
    def test_the_api_accepts_them(self, account, audit, change):
        set_up(account, audit)
        done = changed(account, **change)
        assert {key: value for key, value in stored(account).items() if key in CONSOLE} == CONSOLE
        assert done["diff"]["before"]["other"] == done["diff"]["after"]["other"] == {"quantum": 7}
        assert done["log_audit"]["products"]["rds"]["policy_setting"] == FILTERS

    def test_the_api_refuses_them(self, account, audit, change):
        set_up(account, audit)
        assert account.run("log_audit", check=True, **change)["changed"]
        said = refused(account, **change)
        assert said.startswith("Could not ") and ": AnalyzeAppLog: InvalidParameter: " in said
        assert "; the previous settings stay. They contain keys that no option sets" in said and ADVICE in said
        done = changed(account, drop_console_settings=list(CONSOLE), **change)
        assert not stored(account).keys() & CONSOLE.keys()
        assert done["diff"]["before"]["products"]["rds"]["policy_setting"] == FILTERS
        assert "policy_setting" not in done["diff"]["after"]["products"]["rds"] and done["diff"]["after"]["other"] == {}

    @pytest.mark.usefixtures("is_dropped")
    def test_the_api_loses_them(self, account, audit, change):
        set_up(account, audit)
        done = account.run("log_audit", **change)
        lost = {key: CONSOLE[key] for key in REFUSED}
        assert done["failed"] and f"does not return these: {json.dumps(lost)}. Set them again in the console" in done["msg"]
        assert stored(account)["quantum"] == 7
        if "state" not in change and "mode" not in change:
            assert not account.run("log_audit", **change)["changed"]


class TestDropping:
    @pytest.mark.usefixtures("is_kept")
    def test_only_what_is_named(self, account):
        set_up(account, AUDIT)
        done = changed(account, drop_console_settings=["waf_access_policy_setting", "gone_policy_setting"])
        assert stored(account).keys() & CONSOLE.keys() == CONSOLE.keys() - {"waf_access_policy_setting"}
        assert "waf" in done["diff"]["before"]["products"] and "waf" not in done["diff"]["after"]["products"]

    def test_nothing_is_there(self, account):
        set_up(account, AUDIT, {})
        assert not account.run("log_audit", drop_console_settings=REFUSED)["changed"]

    def test_a_refusal_for_another_reason(self, account):
        """Nobody is told to drop settings because the caller may not write."""
        set_up(account, AUDIT)
        account.run("ram_role", name="reader", trusted_accounts=[MANAGEMENT], policies=[{"name": "ReadOnlyAccess", "type": "system"}])
        said = refused(account, accounts=[OTHER], assume_role={"role_arn": f"acs:ram::{MANAGEMENT}:role/reader"})
        assert "drop_console_settings" not in said and ": AnalyzeAppLog: " in said

    def test_without_settings_of_the_console(self, account):
        set_up(account, DIRECTORY, {})
        said = refused(account, accounts=[MEMBER, "4000000000000004"])
        assert "drop_console_settings" not in said


@pytest.mark.usefixtures("is_kept")
class TestFiltersOfOptions:
    @pytest.mark.parametrize("console", [{}, CONSOLE])
    def test_set_and_change(self, account, console):
        set_up(account, AUDIT, console)
        for filters in ([{"a": [1, "ü"]}], []):
            done = changed(account, products={"rds": {"policy_setting": filters}})
            assert stored(account)["rds_audit_policy_setting"] == json.dumps(filters)
            assert done["log_audit"]["products"]["rds"]["policy_setting"] == filters
            assert account.run("log_audit_info")["log_audit"]["products"]["rds"]["policy_setting"] == filters

    def test_those_of_the_console(self, account):
        """What the info module returns can be given, and changes nothing."""
        set_up(account, AUDIT)
        found = account.run("log_audit_info")["log_audit"]["products"]
        given = {product: {"policy_setting": found[product]["policy_setting"]} for product in ("rds", "waf")}
        assert not account.run("log_audit", products=given)["changed"]

    def test_the_api_loses_them(self, account, is_dropped):
        set_up(account, AUDIT, {})
        done = account.run("log_audit", products={"rds": {"policy_setting": FILTERS}})
        assert done["failed"] and "remove them from products if they are there" in done["msg"]


class TestUnknownProducts:
    QUANTUM = {"quantum": {"enabled": True, "ttl": 30}}

    @pytest.mark.usefixtures("is_kept")
    def test_are_sent_with_a_warning(self, account):
        set_up(account, AUDIT, {})
        done = changed(account, products=self.QUANTUM)
        assert "does not contain quantum_enabled, quantum_ttl. The module sends the setting as given." in str(done["warnings"])
        assert (stored(account)["quantum_enabled"], stored(account)["quantum_ttl"]) == ("true", "30")
        assert done["log_audit"]["products"]["quantum"] == {"enabled": True, "ttl": 30}
        shorter = refused(account, products={"quantum": {"ttl": 3}})
        assert shorter.startswith("products.quantum.ttl: logs older than 3 days (now 30 days) would be deleted")
        changed(account, products={"quantum": {"enabled": False}})
        assert stored(account)["quantum_enabled"] == "false"

    @pytest.mark.usefixtures("is_kept")
    def test_a_setting_of_another_form(self, account):
        set_up(account, AUDIT, {})
        done = changed(account, products={"quantum": {"mode": [1]}})
        assert stored(account)["quantum_mode"] == "[1]" and done["log_audit"]["other"] == {"quantum_mode": "[1]"}

    def test_are_refused_by_the_service(self, account):
        set_up(account, AUDIT, {})
        said = refused(account, products=self.QUANTUM)
        assert "quantum_enabled" in said and "drop_console_settings" not in said

    @pytest.mark.usefixtures("is_kept")
    def test_one_that_the_console_has_switched_on(self, account):
        set_up(account, AUDIT, {"quantum_enabled": True})
        assert account.run("log_audit_info")["log_audit"]["products"]["quantum"]["enabled"] is True
        changed(account, state="absent")
        assert stored(account)["quantum_enabled"] == "false"
