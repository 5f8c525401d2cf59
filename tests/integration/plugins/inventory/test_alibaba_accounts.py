# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of the local resource directory as an inventory."""
from __future__ import annotations

import json
import subprocess
from collections import Counter

import pytest
from helpers.alibaba import directories
from helpers.alibaba.clients import Clients
from helpers.alibaba.deployments import ARCHIVE, MANAGEMENT, MEMBERS
from helpers.alibaba.identities import allow, make_user
from helpers.inventories import Plugin, PluginFailed
from helpers.playbooks import environment_of
from alibabacloud_resourcedirectorymaster20220419 import models

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import PROBLEMS
from clouds.alibaba import Fault

NAME = "crossaccount.audit_logs.alibaba_accounts"
SHOP, BLOG, BANK = MEMBERS.values()
LISTED, WALKED = "ListAccounts", "ListFoldersForParent"
# Of each run: whose credentials these are, and which directory that is.
ALWAYS = {"GetCallerIdentity": 1, "GetResourceDirectory": 1}


def key_of(credential):
    """The options for a credential."""
    options = {"access_key_id": credential.access_key_id, "access_key_secret": credential.secret, "security_token": credential.token}
    return {name: value for name, value in options.items() if value}


@pytest.fixture(name="plugin")
def fixture_plugin(alibaba, tmp_path):
    """The plugin, with credentials of the management account and nothing else."""
    return Plugin(NAME, tmp_path / "org.alibaba_accounts.yml", protocol="http", http_proxy=alibaba.url, **key_of(alibaba.credential()))


@pytest.fixture(name="four")
def fixture_four(alibaba):
    """An archive, and three members of which two are in folders; ids of folders by path."""
    workloads = directories.add_folder(alibaba, "Workloads")
    prod = directories.add_folder(alibaba, "Prod", workloads)
    directories.add_member(alibaba, ARCHIVE, "log-archive")
    directories.add_member(alibaba, SHOP, "shop", workloads, tags={"team": "web", "stage": "test"})
    directories.add_member(alibaba, BLOG, "blog", prod, tags={"team": "web"})
    directories.add_member(alibaba, BANK, "bank")
    return {"/Workloads": workloads, "/Workloads/Prod": prod}


@pytest.fixture(name="called")
def fixture_called(alibaba):
    """How often each operation was called since the last look."""
    def called():
        found = Counter(call.action for call in alibaba.calls)
        alibaba.cloud.calls.clear()
        return found

    return called


# Hosts and their variables

def test_members_and_management_account_are_hosts(plugin, four):
    found = plugin.run(archive="log-archive")
    management = f"management-{MANAGEMENT}"
    assert found.groups["alibaba_members"] == [management, "log-archive", "shop", "blog", "bank"]
    assert found.groups["alibaba_archive"] == ["log-archive"]
    joined = found.hosts["shop"]["account_joined"]
    assert len(joined) == 10 and found.hosts["shop"] == {
        "account_id": SHOP, "account_name": "shop", "account_status": "CreateSuccess", "account_joined": joined,
        "audit_logs_alibaba_role": f"acs:ram::{SHOP}:role/resourcedirectoryaccountaccessrole",
    }
    assert found.hosts[management]["account_id"] == MANAGEMENT
    assert "audit_logs_alibaba_role" not in found.hosts[management]
    of_both = {"audit_logs_alibaba_management_account_id": MANAGEMENT}
    assert found.group_variables["alibaba_archive"] == of_both
    assert found.group_variables["alibaba_members"] == {"skipped_accounts": [], **of_both}


def test_archive_is_optional(plugin, four):
    assert "alibaba_archive" not in plugin.run().groups


def test_folders_and_tags_are_variables(plugin, four):
    found, management = plugin.run(paths=True, tags=True), f"management-{MANAGEMENT}"
    assert {host: variables["account_path"] for host, variables in found.hosts.items() if host != management} == {
        "log-archive": "/", "shop": "/Workloads", "blog": "/Workloads/Prod", "bank": "/",
    }
    assert found.hosts["shop"]["account_tags"] == {"team": "web", "stage": "test"}
    assert found.hosts[management]["account_path"] == "/" and found.hosts[management]["account_tags"] == {}


def test_role_has_its_name_in_lower_case(plugin, four):
    assert plugin.run(role_name="AuditLogs").hosts["bank"]["audit_logs_alibaba_role"] == f"acs:ram::{BANK}:role/auditlogs"


def test_groups_and_variables_are_composed(plugin, four):
    found = plugin.run(
        tags=True, keyed_groups=[{"prefix": "team", "key": "account_tags.team | default('none')"}],
        groups={"testing": "account_tags.stage | default('') == 'test'"}, compose={"audit_logs_alibaba_role": "''"},
    )
    assert (found.groups["team_web"], found.groups["testing"]) == (["shop", "blog"], ["shop"])
    assert found.hosts["bank"]["audit_logs_alibaba_role"] == ""


def test_hosts_can_have_ids_as_names(plugin, four):
    assert list(plugin.run(hostnames="account_id").hosts) == [MANAGEMENT, ARCHIVE, SHOP, BLOG, BANK]


def test_names_and_tags_are_never_templates(alibaba, plugin, four):
    hostile = "{{ lookup('ansible.builtin.env', 'HOME') }}"
    directories.change_member(alibaba, SHOP, display_name=hostile, tags={"team": hostile})
    found = plugin.run(tags=True, compose={"copied": "account_name ~ account_tags.team"})
    [host] = [host for host in found.hosts if "lookup" in host]
    variables = found.hosts[host]
    assert (variables["account_name"], variables["account_tags"], variables["copied"]) == (hostile, {"team": hostile}, hostile * 2)
    assert found.trusted == []


# Selection

@pytest.mark.parametrize("options, hosts", [
    ({"include": [{"folder": "/Workloads"}]}, ["shop", "blog"]),
    ({"include": [{"folder": "/Workloads/Prod/"}]}, ["blog"]),
    ({"include": [{"folder": "/Workloads"}], "exclude": [{"folder": "/Workloads/Prod"}]}, ["shop"]),
    ({"include": [{"tag": {"team": "web"}}, {"account": "bank"}]}, ["shop", "blog", "bank"]),
    ({"include": [{"tag": {"team": "web", "stage": "test"}}]}, ["shop"]),
    ({"include": [{"account": SHOP}, {"account": "blog"}]}, ["shop", "blog"]),
    ({"exclude": [{"account": MANAGEMENT}, {"account": ARCHIVE}]}, ["shop", "blog", "bank"]),
])
def test_accounts_are_selected(plugin, four, options, hosts):
    assert plugin.run(**options).groups["alibaba_members"] == hosts


def test_folder_is_selected_by_its_id(plugin, four):
    assert plugin.run(include=[{"folder": four["/Workloads/Prod"]}]).groups["alibaba_members"] == ["blog"]


@pytest.mark.parametrize("options, words", [
    ({"include": [{"folder": "/Workload"}]}, "include: organization rd-"),
    ({"exclude": [{"account": "shopp"}]}, "no account with the id or name 'shopp'"),
    ({"exclude": [{"tag": {"team": "wbe"}}]}, "no account has the tag team=wbe"),
    ({"archive": "logs"}, "archive: organization rd-"),
    ({"include": [{"ou": "/Workloads"}]}, "{folder: id or path}"),
    ({"exlude": [{"account": "shop"}]}, "exlude"),
    ({"role_name": "a role"}, "role_name: 'a role' is not the name of a role"),
    ({"protocol": "ftp"}, "protocol"),
    ({"assume_role": {"role_arn": "admin"}}, "assume_role: role_arn: 'admin' is not the ARN of a role"),
    ({"access_key_secret": None}, "access_key_id and access_key_secret belong together"),
])
def test_wrong_options_are_an_error(plugin, four, options, words):
    with pytest.raises(PluginFailed) as error:
        plugin.run(**options)
    assert words in str(error.value) and error.value.kind == "AccountsError" and not error.value.parsed.hosts
    assert error.value.parsed.group_variables["all"][PROBLEMS] == [str(error.value)]


# Statuses

@pytest.mark.parametrize("changes", [{"upgrade": "PromoteVerifying"}, {"deletion": "Checking"}, {"deletion": "DeleteFailed"},
                                     {"upgrade": "SomethingNew"}])
def test_accounts_that_go_on_are_hosts(alibaba, plugin, four, changes):
    directories.change_member(alibaba, SHOP, **changes)
    assert "shop" in plugin.run().hosts


@pytest.mark.parametrize("changes, status", [({"deletion": "Deleting"}, "Deleting"), ({"upgrade": "CreateFailed"}, "CreateFailed")])
def test_accounts_that_end_are_skipped(alibaba, plugin, four, changes, status):
    directories.change_member(alibaba, SHOP, **changes)
    found = plugin.run()
    assert "shop" not in found.hosts
    assert found.group_variables["alibaba_members"]["skipped_accounts"] == [
        {"id": SHOP, "name": "shop", "reason": f"its status is {status}"},
    ]


def test_archive_that_ends_is_an_error(alibaba, plugin, four):
    directories.change_member(alibaba, ARCHIVE, deletion="Deleting")
    with pytest.raises(PluginFailed, match="archive: account \\d+ has the status"):
        plugin.run(archive=ARCHIVE)


# Who reads

def test_delegated_administrator_needs_no_role(alibaba, plugin, four):
    Clients(alibaba).directory.register_delegated_administrator(models.RegisterDelegatedAdministratorRequest(
        account_id=ARCHIVE, service_principal="audit.log.aliyuncs.com"))
    found = plugin.run(**key_of(alibaba.credential(ARCHIVE)))
    without = [host for host, variables in found.hosts.items() if "audit_logs_alibaba_role" not in variables]
    assert without == ["log-archive"] and len(found.hosts) == 5


def test_role_that_only_reads_does_not_decide_who_needs_none(alibaba, plugin, four, called):
    Clients(alibaba).directory.register_delegated_administrator(models.RegisterDelegatedAdministratorRequest(
        account_id=ARCHIVE, service_principal="audit.log.aliyuncs.com"))
    called()
    found = plugin.run(assume_role={"role_arn": f"acs:ram::{ARCHIVE}:role/resourcedirectoryaccountaccessrole"})
    without = [host for host, variables in found.hosts.items() if "audit_logs_alibaba_role" not in variables]
    assert without == [f"management-{MANAGEMENT}"]
    assert called() == {**ALWAYS, "AssumeRole": 1, LISTED: 1}


def test_credentials_come_from_the_environment(alibaba, tmp_path, four):
    plugin = Plugin(NAME, tmp_path / "alibaba_accounts.yaml", protocol="http")
    plugin.environment = alibaba.environment
    assert len(plugin.run(http_proxy="{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}").hosts) == 5


def test_profile_of_the_command_line(alibaba, tmp_path, four):
    credential = alibaba.credential()
    settings = tmp_path / ".aliyun/config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"current": "other", "profiles": [{
        "name": "audit", "mode": "AK", "access_key_id": credential.access_key_id, "access_key_secret": credential.secret,
    }]}), encoding="utf-8")
    plugin = Plugin(NAME, tmp_path / "alibaba_accounts.yml", protocol="http", http_proxy=alibaba.url)
    plugin.environment = {"HOME": str(tmp_path)}
    assert len(plugin.run(profile="audit").hosts) == 5


def test_member_that_administers_nothing_is_told_who_may_read(alibaba, plugin, four):
    with pytest.raises(PluginFailed, match="use credentials of the management account or of a delegated administrator") as error:
        plugin.run(**key_of(alibaba.credential(SHOP)))
    assert not error.value.parsed.hosts


def test_independent_account_is_told_that_it_is_in_no_directory(alibaba, plugin):
    alibaba.add_account("9000000000000001", member=False)
    with pytest.raises(PluginFailed, match="is in no resource directory"):
        plugin.run(**key_of(alibaba.credential("9000000000000001")))


@pytest.mark.parametrize("missing", ["GetResourceDirectory", LISTED, WALKED])
def test_missing_permission_is_named(alibaba, plugin, four, missing):
    allowed = [f"resourcemanager:{name}" for name in ("GetResourceDirectory", LISTED, WALKED) if name != missing]
    user = make_user(alibaba, Clients(alibaba), "reader", allow(allowed))
    with pytest.raises(PluginFailed) as error:
        plugin.run(paths=True, **key_of(user.credential))
    assert str(error.value).endswith(f"and allow resourcemanager:{missing}") and not error.value.parsed.hosts
    assert user.credential.secret not in str(error.value)


def test_permissions_that_the_documentation_names_are_enough(alibaba, plugin, four):
    allowed = [f"resourcemanager:{name}" for name in ("GetResourceDirectory", LISTED, WALKED)]
    user = make_user(alibaba, Clients(alibaba), "reader", allow(allowed))
    assert len(plugin.run(paths=True, tags=True, **key_of(user.credential)).hosts) == 5


def test_wrong_secret_is_an_error_that_does_not_repeat_it(plugin, four):
    with pytest.raises(PluginFailed, match="give valid credentials") as error:
        plugin.run(access_key_secret="not-the-secret-of-this-key")
    assert "not-the-secret-of-this-key" not in str(error.value)


# Calls

@pytest.mark.parametrize("count", [3, 300, 10_000])
def test_calls_of_many_accounts(alibaba, plugin, called, count):
    folder = directories.add_folder(alibaba, "Workloads")
    directories.add_members(alibaba, count, folder)
    found = plugin.run(paths=True, tags=True)
    assert len(found.hosts) == len(found.groups["alibaba_members"]) == count + 1
    assert called() == {**ALWAYS, LISTED: -(-count // 100), WALKED: 2}


def test_folders_are_read_only_if_they_are_needed(plugin, four, called):
    plugin.run(tags=True)
    assert called() == {**ALWAYS, LISTED: 1}
    plugin.run(exclude=[{"folder": "/Workloads"}])
    assert called() == {**ALWAYS, LISTED: 1, WALKED: 3}


@pytest.mark.parametrize("action, number", [*((LISTED, number) for number in range(1, 5)), *((WALKED, number) for number in range(1, 5))])
def test_each_page_that_fails_is_an_error(alibaba, plugin, monkeypatch, action, number):
    directories.add_members(alibaba, 350)
    for name in ("a", "b", "c"):
        directories.add_folder(alibaba, name)
    directories.refuse(monkeypatch, alibaba, action, {number})
    with pytest.raises(PluginFailed, match=f"{action}: NoPermission") as error:
        plugin.run(paths=True)
    assert not error.value.parsed.hosts and "alibaba_members" not in error.value.parsed.groups


def test_throttling_is_waited_for(alibaba, plugin):
    directories.add_members(alibaba, 350)
    alibaba.bad_days(Fault(throttled=0.6), seed=1)
    found = plugin.run(paths=True)
    assert len(found.hosts) == 351 and found.waited > 0


def test_throttling_that_does_not_end_is_an_error(alibaba, plugin, monkeypatch, called):
    directories.add_members(alibaba, 350)
    directories.refuse(monkeypatch, alibaba, LISTED, range(3, 1000), code="Throttling.User")
    with pytest.raises(PluginFailed, match="still throttled the call") as error:
        plugin.run()
    assert not error.value.parsed.hosts and called()[LISTED] == 2 + 10


@pytest.mark.parametrize("number", [1, 2, 3])
def test_member_that_leaves_between_pages_is_an_error(alibaba, plugin, monkeypatch, number):
    ids = directories.add_members(alibaba, 350)
    directories.after(monkeypatch, alibaba, LISTED, number, lambda: directories.remove_member(alibaba, ids[0]))
    with pytest.raises(PluginFailed, match="The list of accounts may be incomplete: the service counted 350") as error:
        plugin.run()
    assert not error.value.parsed.hosts


def test_member_that_moves_after_the_list_is_in_one_folder(alibaba, plugin, four, monkeypatch):
    directories.after(monkeypatch, alibaba, WALKED, 1, lambda: directories.change_member(
        alibaba, BLOG, folder=alibaba.cloud.directory.root.id))
    assert plugin.run(paths=True).hosts["blog"]["account_path"] == "/Workloads/Prod"


def test_folder_that_is_deleted_meanwhile_is_an_error(alibaba, plugin, four, monkeypatch):
    def delete():
        directories.change_member(alibaba, BLOG, folder=alibaba.cloud.directory.root.id)
        with alibaba.cloud.lock:
            alibaba.cloud.directory.folders.delete(four["/Workloads/Prod"])

    directories.after(monkeypatch, alibaba, WALKED, 1, delete)
    with pytest.raises(PluginFailed, match="The list of folders may be incomplete") as error:
        plugin.run(paths=True)
    assert not error.value.parsed.hosts


# Cache

@pytest.fixture(name="cached")
def fixture_cached(plugin, tmp_path):
    """The plugin with a cache in files."""
    plugin.options |= {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    return plugin


def test_cache_saves_the_lists(cached, four, called):
    first = cached.run(paths=True, tags=True)
    called()
    again = cached.run(paths=True, tags=True)
    assert called() == ALWAYS
    assert again.hosts == first.hosts


def test_flushed_cache_is_not_used(alibaba, cached, four):
    cached.run()
    directories.add_member(alibaba, "5234567890123456", "new")
    assert "new" not in cached.run().hosts and "new" in cached.run(cache=False).hosts


@pytest.mark.parametrize("more", [{"paths": True}, {"tags": True}, {"include": [{"folder": "/Workloads"}]}, {"exclude": [{"tag": {"team": "web"}}]}])
def test_cache_without_what_is_needed_is_not_used(cached, four, called, more):
    cached.run()
    called()
    cached.run(**more)
    assert called()[LISTED] == 1


def test_cache_of_another_directory_is_not_used(alibaba, cached, four):
    cached.run()
    alibaba.reset()  # another id
    directories.add_member(alibaba, SHOP, "other")
    assert list(cached.run().hosts) == [f"management-{MANAGEMENT}", "other"]


# Ansible

def ansible_inventory(alibaba, folder, *arguments):
    """Run ansible-inventory: status, standard output, standard error."""
    environment = environment_of(folder, alibaba.environment)
    done = subprocess.run(["ansible-inventory", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_ansible_inventory(alibaba, plugin, four, tmp_path):
    path = plugin.write(archive="log-archive", tags=True)
    status, graph, _errors = ansible_inventory(alibaba, tmp_path, "-i", str(path), "--graph")
    assert status == 0 and "|--@alibaba_archive:\n  |  |--log-archive\n" in graph, graph
    status, listed, _errors = ansible_inventory(alibaba, tmp_path, "-i", str(path), "--list")
    # So marked is what is not a template.
    assert json.loads(listed)["_meta"]["hostvars"]["shop"]["account_tags"]["team"] == {"__ansible_unsafe": "web"}


def test_file_of_another_name_is_ignored(alibaba, plugin, four, tmp_path):
    other = plugin.write().rename(tmp_path / "accounts.yml")
    _status, graph, errors = ansible_inventory(alibaba, tmp_path, "-i", str(other), "--graph")
    assert "shop" not in graph and "could not be verified by inventory plugin" in errors


def test_failure_is_one_sentence_without_a_traceback(alibaba, plugin, four, tmp_path):
    path = plugin.write(archive="nobody")
    _status, _graph, errors = ansible_inventory(alibaba, tmp_path, "-i", str(path), "--graph")
    assert "has no account with the id or name 'nobody': correct it" in " ".join(errors.split()) and "Traceback" not in errors
