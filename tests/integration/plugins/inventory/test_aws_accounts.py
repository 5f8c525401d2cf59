# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of the local organization as an inventory."""
from __future__ import annotations

import json
import subprocess
from collections import Counter

import pytest
import yaml
from clouds.aws import mends
from clouds.aws.accounts import organizations
from helpers.aws.deployments import ARCHIVE, MANAGEMENT, MEMBERS
from helpers.aws.faults import refuse
from helpers.aws.organizations import Organization, add_accounts, rename, set_state
from helpers.inventories import Plugin, PluginFailed
from helpers.playbooks import Playbooks, environment_of

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import PROBLEMS

NAME = "crossaccount.audit_logs.aws_accounts"
A, B, C = MEMBERS.values()
LIST, WALK = "ListAccounts", "ListAccountsForParent"
ALWAYS = {"GetCallerIdentity": 1, "DescribeOrganization": 1}


@pytest.fixture(name="plugin")
def fixture_plugin(aws, tmp_path):
    """The plugin, with the credentials of the management account in the environment."""
    plugin = Plugin(NAME, tmp_path / "org.aws_accounts.yml")
    plugin.environment.update(aws.environment)
    return plugin


@pytest.fixture(name="organization")
def fixture_organization(aws):
    """The organization, with nobody in it but the management account."""
    return Organization(aws)


@pytest.fixture(name="four")
def fixture_four(organization):
    """An archive and three members, two of them in units; ids of units by path."""
    add_accounts({ARCHIVE: "log-archive", A: "Team A", B: "team-b", C: "team-c"})
    workloads = organization.child("Workloads", accounts=[A])
    prod = organization.child("Prod", workloads, accounts=[B])
    organization.tag(A, team="web", stage="test")
    organization.tag(B, team="web")
    return {"/Workloads": workloads, "/Workloads/Prod": prod}


@pytest.fixture(name="called")
def fixture_called(aws):
    """How often each operation was called since the last look."""
    def called():
        found = Counter(call.action for call in aws.calls)
        aws.calls.clear()
        return found

    return called


def numbered(count):
    """Names of accounts by id."""
    return {f"2{number:011}": f"account {number}" for number in range(count)}


def failure(plugin, **options):
    """What the plugin says when it fails; it has no hosts then, and tells the playbooks."""
    with pytest.raises(PluginFailed) as caught:
        plugin.run(**options)
    assert caught.value.kind == "AccountsError"
    assert caught.value.parsed.hosts == {}
    assert caught.value.parsed.group_variables["all"][PROBLEMS] == [str(caught.value)]
    return str(caught.value)


# Hosts and their variables

def test_accounts_are_hosts(plugin, four):
    found = plugin.run(archive="log-archive")
    assert found.groups["aws_members"] == ["master", "log-archive", "Team-A", "team-b", "team-c"]
    assert found.groups["aws_archive"] == ["log-archive"]
    joined = found.hosts["Team-A"]["account_joined"]
    assert len(joined) == 10 and found.hosts["Team-A"] == {
        "account_id": A, "account_name": "Team A", "account_status": "ACTIVE", "account_joined": joined,
        "audit_logs_aws_role": f"arn:aws:iam::{A}:role/OrganizationAccountAccessRole",
    }
    assert found.hosts["master"]["account_id"] == MANAGEMENT and "audit_logs_aws_role" not in found.hosts["master"]
    of_organization = {
        "aws_trail_bucket_organization_id": organizations().org.id, "audit_logs_aws_management_account_id": MANAGEMENT}
    assert found.group_variables["aws_archive"] == of_organization
    assert found.group_variables["aws_members"] == {**of_organization, "skipped_accounts": []}


def test_paths_tags_and_emails(plugin, four):
    found = plugin.run(paths=True, tags=True, emails=True, hostnames="account_id")
    assert {host: variables["account_path"] for host, variables in found.hosts.items()} == {
        MANAGEMENT: "/", ARCHIVE: "/", A: "/Workloads", B: "/Workloads/Prod", C: "/"}
    assert found.hosts[A]["account_tags"] == {"team": "web", "stage": "test"} and found.hosts[C]["account_tags"] == {}
    assert found.hosts[A]["account_email"] == f"{A}@example.com"
    assert "aws_archive" not in found.groups


def test_constructed(plugin, four):
    found = plugin.run(
        tags=True, role_name="Audit", strict=True, groups={"tested": "account_tags.stage is defined"},
        keyed_groups=[{"prefix": "team", "key": "account_tags.team | default('none')"}],
        compose={"audit_logs_aws_role": f"'' if account_id == '{A}' else audit_logs_aws_role | default('')"})
    assert found.hosts["Team-A"]["audit_logs_aws_role"] == ""
    assert found.hosts["team-b"]["audit_logs_aws_role"] == f"arn:aws:iam::{B}:role/Audit"
    assert found.groups["tested"] == ["Team-A"] and found.groups["team_web"] == ["Team-A", "team-b"]


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION", "SOMETHING_NEW"])
def test_other_states_are_no_hosts(plugin, four, state):
    if state == "PENDING_CLOSURE":
        organizations().get_account_by_id(C).closed_at = float("inf")
    set_state(C, state)
    found = plugin.run()
    assert "team-c" not in found.hosts and len(found.hosts) == 4
    assert found.group_variables["aws_members"]["skipped_accounts"] == [
        {"id": C, "name": "team-c", "reason": f"its status is {state}"}]
    assert f"archive: account {C} has the status {state}" in failure(plugin, archive=C)


def test_hostile_names_and_tags_are_no_templates(plugin, four, organization):
    hostile = "{{ lookup('pipe', 'touch /tmp/owned') }}"
    rename(A, hostile)
    organization.tag(A, hostile=hostile)
    found = plugin.run(tags=True, hostnames="account_id", compose={"copy": "account_name"}, keyed_groups=[{"key": "account_name"}])
    assert found.hosts[A]["account_name"] == found.hosts[A]["copy"] == found.hosts[A]["account_tags"]["hostile"] == hostile
    assert found.trusted == []


def test_tags_make_nobody_an_archive(plugin, four, organization):
    organization.tag(A, team="aws_archive")
    with pytest.raises(PluginFailed, match="would add Team-A to the group aws_archive"):
        plugin.run(archive=ARCHIVE, tags=True, keyed_groups=[{"key": "account_tags.team | default('x')", "separator": ""}])


# Which accounts

@pytest.mark.parametrize("options, hosts", [
    ({"include": [{"account": "log-archive"}, {"account": B}]}, {ARCHIVE, B}),
    ({"include": [{"ou": "/Workloads"}]}, {A, B}),
    ({"include": [{"ou": "/Workloads/Prod/"}]}, {B}),
    ({"include": [{"tag": {"team": "web"}}], "exclude": [{"tag": {"stage": "test"}}]}, {B}),
    ({"include": [{"tag": {"team": "web", "stage": "test"}}]}, {A}),
    ({"exclude": [{"ou": "/Workloads"}]}, {MANAGEMENT, ARCHIVE, C}),
])
def test_include_and_exclude(plugin, four, options, hosts):
    assert plugin.run(hostnames="account_id", **options).hosts.keys() == hosts


def test_unit_by_id(plugin, four):
    assert plugin.run(hostnames="account_id", include=[{"ou": four["/Workloads/Prod"]}]).hosts.keys() == {B}


def test_excluded_archive_is_no_member(plugin, four):
    found = plugin.run(archive=ARCHIVE, exclude=[{"account": "log-archive"}])
    assert found.groups["aws_archive"] == ["log-archive"] and "log-archive" not in found.groups["aws_members"]


@pytest.mark.parametrize("options, said", [
    ({"archive": "log-archiv"}, "archive: organization o-.* has no account with the id or name 'log-archiv': correct it"),
    ({"exclude": [{"account": "team-x"}]}, "exclude: organization o-.* has no account"),
    ({"include": [{"ou": "/Workload"}]}, "include: organization o-.* has no ou '/Workload': give its id, or its path"),
    ({"exclude": [{"tag": {"team": "wep"}}]}, "exclude: no account has the tag team=wep: correct it"),
    ({"exclude": [{"acount": "team-b"}]}, "exclude: {'acount': 'team-b'} is not valid"),
    ({"exclude": [{"account": 222222222222}]}, "with ids and values in quotes"),
    ({"include": [{"account": "team-b"}], "exclude": [{"ou": "/Workloads"}]}, "select no account of organization"),
    ({"exlude": [{"account": "team-b"}]}, "exlude: this plugin has no such option"),
])
def test_typos(plugin, four, options, said):
    with pytest.raises(PluginFailed, match=said):
        plugin.run(**options)


def test_name_of_several_accounts(plugin, four):
    rename(C, "team-b")
    assert failure(plugin, archive="team-b").startswith("archive: 2 accounts have the name 'team-b'")
    found = plugin.run(archive=C)
    assert found.groups["aws_archive"] == [f"team-b-{C}"] and f"team-b-{B}" in found.hosts


# Calls

@pytest.mark.parametrize("count", [2, 19, 20, 299])
def test_calls(plugin, organization, called, count):
    add_accounts(numbered(count))
    called()
    assert len(plugin.run().hosts) == count + 1
    assert called() == {**ALWAYS, LIST: (count + 1 + 19) // 20}


def test_calls_for_units_and_tags(plugin, four, called):
    called()
    plugin.run(paths=True, tags=True)
    assert called() == {**ALWAYS, LIST: 1, "ListRoots": 1, "ListOrganizationalUnitsForParent": 3, WALK: 3, "ListTagsForResource": 5}


def test_ten_thousand_accounts(plugin, organization, called):
    """The time that each account costs does not grow with their number."""
    add_accounts(numbered(999))
    few = plugin.run().cpu
    add_accounts({f"3{number:011}": f"more {number}" for number in range(9000)})
    called()
    found = plugin.run()
    assert len(found.hosts) == 10_000 and called()[LIST] == 500
    assert found.cpu < 15 * few


# Incomplete lists

def break_page(monkeypatch, action, number, answer):
    """Let one call of an operation, counted from 0, be answered otherwise.

    :param answer: gets the usual answer.
    """
    whole, calls = mends.INSTEAD["organizations", action], []

    def answered(request):
        calls.append(request)
        found = whole(request)
        return answer(found) if len(calls) == number + 1 else found

    monkeypatch.setitem(mends.INSTEAD, ("organizations", action), answered)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("action", [LIST, WALK])
def test_each_page_that_is_denied(plugin, organization, monkeypatch, action, number):
    add_accounts(numbered(50))
    refuse(monkeypatch, action, [*[None] * number, "AccessDeniedException"], "organizations")
    said = failure(plugin, paths=True)
    assert f"arn:aws:iam::{MANAGEMENT}:user/administrator may not call organizations:{action}. Allow the action" in said


@pytest.mark.parametrize("action, options", [
    ("DescribeOrganization", {}), (LIST, {}), ("ListRoots", {"paths": True}), ("ListOrganizationalUnitsForParent", {"paths": True}),
    (WALK, {"paths": True}), ("ListTagsForResource", {"tags": True}),
])
@pytest.mark.parametrize("code, said", [
    ("AccessDeniedException", "may not call organizations:"),
    ("TooManyRequestsException", "AWS still throttled organizations:.*Run the command again later"),
    ("ServiceException", "organizations:.* failed: .*ServiceException"),
    ("InvalidInputException", "organizations:.* failed: .*InvalidInputException"),
])
def test_calls_that_fail(plugin, four, monkeypatch, action, options, code, said):
    refuse(monkeypatch, action, [code] * 1000, "organizations")
    with pytest.raises(PluginFailed, match=said) as caught:
        plugin.run(**options)
    assert action in str(caught.value) and "\n" not in str(caught.value) and caught.value.parsed.hosts == {}
    assert (caught.value.parsed.waited > 30) == (code in ("TooManyRequestsException", "ServiceException"))


def test_throttling_that_ends(plugin, four, monkeypatch):
    refuse(monkeypatch, LIST, ["TooManyRequestsException"] * 12, "organizations")
    found = plugin.run()
    assert len(found.hosts) == 5 and found.waited > 1


def test_empty_page_in_the_middle(plugin, organization, monkeypatch):
    add_accounts(numbered(50))
    whole, empty = mends.INSTEAD["organizations", LIST], []

    def answer(request):
        if request.parameters.get("NextToken") and not empty:
            empty.append(True)
            return {"Accounts": [], "NextToken": "after the empty page"}
        if request.parameters.get("NextToken") == "after the empty page":
            request.parameters["NextToken"] = first["NextToken"]
        found = whole(request)
        first.update({} if first else found)
        return found

    first = {}
    monkeypatch.setitem(mends.INSTEAD, ("organizations", LIST), answer)
    assert len(plugin.run().hosts) == 51


@pytest.mark.parametrize("action, said", [(LIST, "is listed twice|same page token twice"), (WALK, "found twice|same page token twice")])
def test_repeated_token(plugin, organization, monkeypatch, action, said):
    add_accounts(numbered(80))
    tokens = []

    def repeat(found):
        return {**found, "NextToken": tokens[0]}

    break_page(monkeypatch, action, 0, lambda found: tokens.append(found["NextToken"]) or found)
    break_page(monkeypatch, action, 2, repeat)
    with pytest.raises(PluginFailed, match=said):
        plugin.run(paths=True)


def test_page_that_is_lost(plugin, organization, monkeypatch):
    """The walk finds accounts that the list does not have. Without a walk, the management account shows the loss of its page."""
    add_accounts(numbered(50))
    break_page(monkeypatch, LIST, 1, lambda found: {"Accounts": found["Accounts"]})
    with pytest.raises(PluginFailed, match="is in a unit, but not in the list of all accounts"):
        plugin.run(paths=True)
    break_page(monkeypatch, LIST, 0, lambda found: {**found, "Accounts": found["Accounts"][1:]})
    with pytest.raises(PluginFailed, match=f"account {MANAGEMENT} is missing"):
        plugin.run()


@pytest.mark.parametrize("how", ["twice", "not at all"])
def test_account_that_moves_during_the_walk(plugin, four, organization, monkeypatch, how):
    """It moves when the second of the units in which it is or will be is asked for its accounts."""
    visited, whole = [], mends.INSTEAD["organizations", WALK]

    def answer(request):
        unit = request.parameters["ParentId"]
        account = organizations().get_account_by_id(B)
        if visited and not account.parent_id == visited[0] and how == "not at all":
            account.parent_id = visited[0]
        found = whole(request)
        visited.append(unit)
        if how == "twice" and any(one["Id"] == B for one in found["Accounts"]):
            account.parent_id = next((one for one in four.values() if one not in visited), unit)
        return found

    if how == "twice":
        organizations().get_account_by_id(B).parent_id = organization.root
    monkeypatch.setitem(mends.INSTEAD, ("organizations", WALK), answer)
    said = failure(plugin, paths=True)
    assert f"account {B} was found {how}. It was probably moved meanwhile" in said


def test_unit_that_is_deleted_during_the_walk(plugin, four, monkeypatch):
    refuse(monkeypatch, WALK, [None, "ParentNotFoundException"], "organizations")
    assert "an organizational unit was deleted meanwhile. No inventory was created" in failure(plugin, paths=True)


def test_accounts_without_a_state(plugin, four, monkeypatch):
    def without(found):
        return {**found, "Accounts": [{**account, "State": None} for account in found["Accounts"]]}

    break_page(monkeypatch, LIST, 0, without)
    assert "Install boto3 1.41 or later" in failure(plugin)


# Credentials

def test_member_account(aws, plugin, four):
    """A member may describe the organization, and not list its accounts."""
    aws.session("555555555555")
    said = failure(plugin, assume_role_arn="arn:aws:iam::555555555555:role/OrganizationAccountAccessRole")
    assert "may not call organizations:ListAccounts" in said and "delegated administrator" in said


def test_delegated_administrator(aws, plugin, four, organization):
    aws.session("555555555555")
    organization.client.register_delegated_administrator(AccountId="555555555555", ServicePrincipal="cloudtrail.amazonaws.com")
    credentials = aws.session("555555555555").get_credentials()
    plugin.environment.update(AWS_ACCESS_KEY_ID=credentials.access_key, AWS_SECRET_ACCESS_KEY=credentials.secret_key,
                              AWS_SESSION_TOKEN=credentials.token)
    found = plugin.run(hostnames="account_id")
    assert "audit_logs_aws_role" not in found.hosts["555555555555"]
    assert found.hosts[MANAGEMENT]["audit_logs_aws_role"] == f"arn:aws:iam::{MANAGEMENT}:role/OrganizationAccountAccessRole"


def test_assumed_role(aws, plugin, four, organization):
    """The playbooks have the credentials from before, so the account of these is the one that needs no role."""
    aws.session("555555555555")
    organization.client.register_delegated_administrator(AccountId="555555555555", ServicePrincipal="cloudtrail.amazonaws.com")
    found = plugin.run(hostnames="account_id", assume_role_arn="arn:aws:iam::555555555555:role/OrganizationAccountAccessRole")
    assert "audit_logs_aws_role" not in found.hosts[MANAGEMENT] and found.hosts["555555555555"]["audit_logs_aws_role"]


def test_role_that_cannot_be_assumed(plugin, four):
    said = failure(plugin, assume_role_arn=f"arn:aws:iam::{MANAGEMENT}:role/Missing")
    assert said.startswith("assume_role_arn: Unable to assume role arn:aws:iam::") and "Check that the role exists" in said


def test_bad_credentials(plugin):
    plugin.environment["AWS_SECRET_ACCESS_KEY"] = "this-is-not-the-secret"
    said = failure(plugin)
    assert said.startswith("AWS does not accept the credentials: ") and "this-is-not" not in said


def test_options_for_the_connection(aws, plugin, four):
    endpoint = plugin.environment.pop("AWS_ENDPOINT_URL")
    assert len(plugin.run(endpoint_url=endpoint).hosts) == 5


# Cache

@pytest.fixture(name="cached")
def fixture_cached(plugin, tmp_path):
    plugin.options.update(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(tmp_path / "cache"))
    return plugin


def test_cache(cached, four, called):
    first = cached.run(archive=ARCHIVE)
    called()
    assert cached.run(archive=ARCHIVE).hosts == first.hosts
    assert called() == ALWAYS
    assert cached.run(archive=B, exclude=[{"account": A}]).groups["aws_archive"] == ["team-b"] and called() == ALWAYS
    cached.run(False)
    assert called()[LIST] == 1


def test_cache_without_what_is_needed(cached, four, called):
    cached.run()
    called()
    assert cached.run(include=[{"ou": "/Workloads"}], tags=True).hosts["Team-A"]["account_tags"]
    assert called()[LIST] == 1
    assert cached.run(include=[{"ou": "/Workloads"}]).hosts.keys() == {"Team-A", "team-b"} and called() == ALWAYS


def test_cache_of_another_organization(aws, cached, four, called):
    cached.run()
    aws.reset()
    add_accounts({A: "another"})
    cached.environment.update(aws.environment)
    assert cached.run().hosts.keys() == {"master", "another"}


# As users run it

@pytest.fixture(name="command")
def fixture_command(aws, tmp_path):
    """Runs ansible-inventory."""
    environment = environment_of(tmp_path, aws.environment)

    def run(path, *arguments, **variables):
        return subprocess.run(["ansible-inventory", "-i", str(path), *arguments], env={**environment, **variables}, cwd=tmp_path,
                              capture_output=True, text=True, check=False)

    return run


def test_ansible_inventory(plugin, four, command):
    path = plugin.write(archive="log-archive")
    graph = command(path, "--graph", "-v")
    assert graph.returncode == 0 and "|--@aws_archive:\n  |  |--log-archive\n" in graph.stdout, graph.stderr
    listed = json.loads(command(path, "--list").stdout)
    assert set(listed["aws_members"]["hosts"]) == {"master", "log-archive", "Team-A", "team-b", "team-c"}


def test_ansible_inventory_names_skipped_accounts(plugin, four, command):
    set_state(C, "SUSPENDED")
    assert f"Account {C} (team-c) is not a host: its status is SUSPENDED" in command(plugin.write(), "--graph", "-v").stdout


def test_ansible_inventory_fails(plugin, four, command):
    path = plugin.write(archive="nobody")
    run = command(path, "--list", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="true")
    assert run.returncode and "has no account with the id or name 'nobody': correct it" in run.stderr
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize("name, is_read", [("aws_accounts.yml", True), ("x.aws_accounts.yaml", True), ("aws.yml", False), ("accounts.yml", False)])
def test_names_of_files(plugin, four, called, tmp_path, name, is_read):
    plugin.path = tmp_path / name
    called()
    if is_read:
        assert len(plugin.run().hosts) == 5
    else:
        with pytest.raises(PluginFailed):
            plugin.run()
        assert not called()


@pytest.mark.parametrize("playbook", ["setup", "verify", "destroy"])
def test_playbooks_stop(aws, plugin, four, tmp_path, playbook):
    """Also if another source of the inventory has hosts."""
    static = tmp_path / "static.yml"
    static.write_text(yaml.safe_dump({"aws_members": {"hosts": {"team-a": {"account_id": A}}}}), encoding="utf-8")
    aws.calls.clear()
    playbooks = Playbooks(tmp_path, aws.environment, other_permissions="the inventory plugin stops the run")
    run = playbooks.run(playbook, "-i", str(plugin.write(archive="nobody")), "-i", str(static))
    assert run.status == 2 and "has no account with the id or name 'nobody': correct it" in run.output
    assert not [call for call in aws.calls if not call.read_only]
