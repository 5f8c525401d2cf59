# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts in the inventory of an estate whose settings for servers must not reach them."""
from __future__ import annotations

import pytest
import yaml
from ansible import constants
from ansible.parsing.vault import VaultLib, VaultSecret
from helpers import ROOT, guides, preflight
from helpers.alibaba.deployments import delegate, inventory_of as alibaba_inventory_of
from helpers.aws.deployments import ARCHIVE, MEMBERS, REGION, Account, inventory_of

NOWHERE = "{{ variable_of_no_host }}"
# Everything that changes how Ansible connects and becomes; a template that can't be resolved shows each use.
CONNECTION_VARIABLES = {
    **{name: NOWHERE for names in constants.MAGIC_VARIABLE_MAPPING.values() for name in names},
    "ansible_connection": "ansible.builtin.ssh", "ansible_become": True, "ansible_shell_type": "powershell",
    "ansible_python_interpreter": "/nowhere/python", "ansible_remote_tmp": "/nowhere", "ansible_pipelining": False,
    "ansible_async_dir": "/nowhere",
}
SERVERS = {
    "web1": {"ansible_user": NOWHERE},
    "web2": {"ansible_connection": "nobody.nowhere.missing"},
    "web3": {"ansible_connection": "community.aws.aws_ssm", "ansible_aws_ssm_bucket_name": "sessions"},
}
CONFIGURATION = {
    "ANSIBLE_ANY_ERRORS_FATAL": "true",
    "ANSIBLE_BECOME": "true",
    "ANSIBLE_CACHE_PLUGIN": "jsonfile",
    "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts",
    "ANSIBLE_GATHERING": "smart",
    "ANSIBLE_HASH_BEHAVIOUR": "merge",
    "ANSIBLE_INJECT_FACT_VARS": "false",
    "ANSIBLE_PIPELINING": "false",
    "ANSIBLE_PYTHON_INTERPRETER": "/nowhere/python",
    "ANSIBLE_REMOTE_USER": "deploy",
    "ANSIBLE_STRATEGY": "free",
    "ANSIBLE_TRANSPORT": "ssh",
}


def hostile(**options):
    """The inventory of an estate with accounts and servers."""
    found = inventory_of(**options)
    found["all"]["vars"].update(CONNECTION_VARIABLES)
    found["all"]["children"]["web"] = {"hosts": SERVERS}
    return found


@pytest.mark.parametrize("environment", [{}, CONFIGURATION], ids=["inventory", "configuration"])
def test_settings_for_servers(aws, playbooks, environment):
    """Setup, a second run, verify and destroy do what they do in a tidy inventory."""
    playbooks.is_warm = False
    for playbook, line in (("setup", "changed: trail audit-logs: create"), ("setup", "ok: nothing to do"), ("destroy", "changed: ")):
        run = playbooks.run(playbook, inventory=hostile(), **environment)
        assert run.status == 0, run.output
        assert run.lines["team-a"].startswith(line)
        assert "Could not match supplied host pattern" not in run.output
        assert "web1" not in run.output and "web2" not in run.output and "web3" not in run.output
    assert Account(aws, MEMBERS["team-a"]).holdings() == {}
    assert list(Account(aws, ARCHIVE).holdings()) == ["buckets"]


def test_one_account_that_fails(aws, playbooks):
    """With any_errors_fatal for the servers, the other accounts go on."""
    playbooks.is_warm = False
    hosts = {"team-a": {"audit_logs_aws_role": "NoSuchRole"}}
    run = playbooks.run("setup", inventory=hostile(members=2, hosts=hosts), **CONFIGURATION)
    assert run.status != 0
    assert run.lines["team-a"].startswith("FAILED: credentials: ")
    assert run.lines["team-b"] == "changed: trail audit-logs: create"


@pytest.mark.parametrize("choice, where", [("stop", None), ("continue", "import"), ("continue", "inventory")])
def test_plays_after_an_account_that_failed(aws, playbooks, choice, where):
    """Whoever imports a playbook decides. The exit status is that of a failure in any case."""
    imported, _listed = guides.run_by(__file__, "docs/estate.md")
    site = [
        *(imported.data if where == "import" else [{"import_playbook": str(ROOT / "playbooks/setup.yml")}]),
        {"hosts": "web1:team-a:team-b", "gather_facts": False, "tasks": [
            {"ansible.builtin.debug": {"msg": "play of the estate on {{ inventory_hostname }}"}}]},
    ]
    path = playbooks.folder / "site.yml"
    path.write_text(yaml.safe_dump(site), encoding="utf-8")
    inventory = inventory_of(members=2, hosts={"team-a": {"audit_logs_aws_role": "NoSuchRole"}})
    inventory["all"]["children"]["web"] = {"hosts": {"web1": {"ansible_connection": "local"}}}
    if where == "inventory":
        inventory["all"]["vars"]["audit_logs_on_failure"] = choice
    run = playbooks.run(path, inventory=inventory)
    assert run.status != 0
    assert run.lines["team-a"].startswith("FAILED") and run.lines["team-b"].startswith("changed")
    reached = {host for host in ("web1", "team-a", "team-b") if f"play of the estate on {host}" in run.output}
    assert reached == ({"web1", "team-b"} if choice == "continue" else set())
    assert ("The run ends here, before the plays that follow." in run.output) == (choice == "stop")


@pytest.fixture(name="listed")
def fixture_listed(playbooks):
    """The playbook of docs/estate.md whose accounts are in a list, and a play for a server after it."""
    _imported, listed = guides.run_by(__file__, "docs/estate.md")
    site = listed.data
    site.append({"name": "Servers", "hosts": "web1", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "a server"}}]})
    path = playbooks.folder / "listed.yml"
    path.write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
    playbooks.accounts = inventory_of(members=2)
    return path


def test_accounts_in_a_list(aws, playbooks, listed):
    """All of them, in check mode first; then one, and all failed ones again."""
    run = playbooks.run(listed, "--check", "--diff")
    assert run.status == 0 and run.lines["team-b"] == "to do: trail audit-logs: create", run.output
    run = playbooks.run(listed, "--limit", "localhost,log-archive,team-a")
    assert run.status == 0 and set(run.lines) == {"log-archive", "team-a"}, run.output
    assert Account(aws, MEMBERS["team-a"]).trails() and not Account(aws, MEMBERS["team-b"]).trails()
    run = playbooks.run(listed, "-e", '{"audit_logs_aws_role": "NoSuchRole"}')
    assert run.status != 0 and "--limit localhost,log-archive,team-a,team-b" in run.output


@pytest.mark.parametrize("limit, status, sentence", [
    ("team-a", 4, "--limit team-a selects no account: the inventory has no hosts in the groups aws_archive, aws_members,"
                  " alibaba_archive, alibaba_members. If a play on localhost adds the accounts, add localhost to --limit"),
    ("localhost", 0, "--limit localhost selects none of the accounts (log-archive, team-a, team-b), so this run does nothing for"),
])
def test_a_limit_without_the_accounts_of_a_list(aws, playbooks, listed, limit, status, sentence):
    """It is not a success that does nothing and says nothing."""
    run = playbooks.run(listed, "--limit", limit)
    assert run.status == status and sentence in preflight.one_line(run.output), run.output
    assert not list(aws.calls)


@pytest.mark.parametrize("imported", [False, True])
def test_a_limit_to_servers(aws, playbooks, listed, imported):
    """Started by its name, a playbook has nothing to do. One that imports it may have."""
    inventory = inventory_of()
    inventory["all"]["children"]["web"] = {"hosts": {"web1": {}}}
    site = yaml.safe_load(listed.read_text(encoding="utf-8"))[1:]
    listed.write_text(yaml.safe_dump(site), encoding="utf-8")
    run = playbooks.run(listed if imported else "setup", "--limit", "web1", inventory=inventory)
    sentence = "--limit web1 selects none of the accounts (log-archive, team-a), so this run does nothing for audit logs"
    assert sentence in preflight.one_line(run.output), run.output
    assert (run.status == 0) == imported and ("a server" in run.output) == imported
    assert not list(aws.calls)


@pytest.mark.parametrize("where, is_read", [("inventory", True), ("other", False)])
def test_variables_next_to_the_importing_playbook(aws, playbooks, where, is_read):
    """Ansible reads them for the plays of that playbook alone, except next to the inventory."""
    site = playbooks.folder / where / "site.yml"
    for path, content in (
        (site, [{"import_playbook": str(ROOT / "playbooks/setup.yml")}]),
        (site.parent / "group_vars/aws_members.yml", {"aws_trail_name": "other", "of_the_estate": 1}),
        (site.parent / "group_vars/web/vars.yml", {"aws_trail_name": "web"}),
        (playbooks.folder / "inventory/hosts.yml", inventory_of()),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    playbooks.accounts = inventory_of()
    run = playbooks.run(site, "--check", "-i", "inventory/hosts.yml")
    assert run.status == 0 and run.lines["team-a"] == f"to do: trail {'other' if is_read else 'audit-logs'}: create"
    said = " ".join(run.output.split())
    assert said.count("aws_trail_name: these variables have no effect on the playbooks") == (0 if is_read else 1)
    assert ("Move them to group_vars next to the inventory" in said) != is_read and "web/vars.yml" not in said


def several(playbooks, *names):
    """A run of several playbooks of this collection, in which the trails get another name; no account ends the run."""
    site = playbooks.folder / "site.yml"
    site.write_text(yaml.safe_dump([
        {"import_playbook": str(ROOT / f"playbooks/{name}.yml"), "vars": {"audit_logs_on_failure": "continue"}} for name in names
    ]), encoding="utf-8")
    return playbooks.run(site, "-e", "aws_trail_name=other", "-e", "audit_logs_probe=false", inventory=inventory_of())


def test_a_change_is_reported_once(aws, playbooks):
    """What a playbook registered is no news in the next one of the same run."""
    assert playbooks.run("setup", inventory=inventory_of()).status == 0
    moved, again, destroyed = several(playbooks, "setup", "setup", "destroy").summaries
    assert moved["log-archive"].startswith("changed: ") and moved["team-a"].startswith("changed: ")
    left = "retained trail audit-logs in eu-west-1, which also belongs to this deployment"
    assert again == {"log-archive": "ok: nothing to do", "team-a": f"ok: {left}"}
    assert destroyed["log-archive"].startswith("ok: retained s3 bucket") and destroyed["team-a"] == f"changed: trail other: delete; {left}"


def test_an_account_that_an_earlier_playbook_of_the_run_dropped(aws, playbooks):
    """Its trail is as before, so the policy of the bucket still allows it."""
    assert playbooks.run("setup", inventory=inventory_of()).status == 0
    run = several(playbooks, "verify", "setup")
    assert run.status != 0 and run.summaries[0]["team-a"].startswith("FAILED: posture: ")
    assert list(Account(aws, MEMBERS["team-a"]).trails()) == ["audit-logs"]
    assert ":trail/audit-logs" in str(Account(aws, ARCHIVE).bucket_policy())


def test_a_report_that_cannot_be_written(aws, playbooks):
    """Before anything is asked of a cloud, and not after all probes."""
    (playbooks.folder / "file").touch()
    inventory = inventory_of(audit_logs_report_directory=str(playbooks.folder / "file" / "report"))
    run = playbooks.run("verify", inventory=inventory)
    assert run.status != 0 and not list(aws.calls)
    assert f"audit_logs_report_directory: {playbooks.folder}/file/report: {playbooks.folder}/file is not a directory" in run.output


@pytest.mark.parametrize("environment", [{}, {"AWS_PROFILE": "team-b"}], ids=["keys", "keys and profile"])
@pytest.mark.parametrize("own", [{}, {"audit_logs_aws_profile": "team-a", "audit_logs_aws_role": ""}], ids=["role", "profile"])
def test_credentials_of_several_kinds(aws, playbooks, environment, own):
    """A profile of the inventory wins over keys in the environment, and these over a profile in the environment."""
    keys = dict(playbooks.environment)
    playbooks.use_profiles({name: MEMBERS[name] for name in ("team-a", "team-b")})
    playbooks.environment.update({name: keys[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")})
    run = playbooks.run("setup", inventory=inventory_of(hosts={"team-a": own}), **environment)
    assert run.status == 0, run.output
    assert list(Account(aws, MEMBERS["team-a"]).holdings()) == ["trails"]


def test_a_profile_that_needs_an_mfa_code(aws, playbooks):
    playbooks.use_profiles({"team-a": MEMBERS["team-a"]})
    config = playbooks.folder / "config"
    config.write_text(f"{config.read_text()}mfa_serial = arn:aws:iam::123456789012:mfa/somebody\n", encoding="utf-8")
    own = {"audit_logs_aws_profile": "team-a", "audit_logs_aws_role": ""}
    run = playbooks.run("setup", "--limit", "team-a", inventory=inventory_of(hosts={"team-a": own}))
    assert run.lines["team-a"].startswith("FAILED: credentials: The profile team-a needs an MFA code (mfa_serial), but a task")


def test_a_vaulted_variable_without_its_password(aws, playbooks):
    password = playbooks.folder / "password"
    password.write_text("vT4pXq8mZ2wL7sKd9cRb3nHy6fJg5aUe", encoding="utf-8")
    text = VaultLib([("default", VaultSecret(password.read_bytes()))]).encrypt("a-value").decode().replace("\n", "\n        ")
    inventory = yaml.safe_dump(inventory_of()).replace(
        f"audit_logs_aws_region: {REGION}", f"audit_logs_aws_region: {REGION}\n    audit_logs_aws_external_id: !vault |\n        {text}")
    path = playbooks.folder / "vaulted.yml"
    path.write_text(inventory, encoding="utf-8")
    playbooks.accounts = inventory_of()
    run = playbooks.run("setup", "-i", str(path))
    assert run.status != 0 and not list(aws.calls)
    assert "log-archive, team-a: audit_logs_aws_external_id: Ansible cannot decrypt it: give the vault password with" in run.output


def test_an_undefined_variable_whose_name_speaks_of_a_vault(aws, playbooks):
    run = playbooks.run("setup", inventory=inventory_of(audit_logs_aws_external_id="{{ vault_external_id }}"))
    assert run.status != 0 and not list(aws.calls)
    assert "log-archive, team-a: audit_logs_aws_external_id: 'vault_external_id' is undefined" in run.output


def test_the_item_of_a_loop_that_failed(alibaba, alibaba_playbooks):
    """An account that is no member of the resource directory."""
    delegate(alibaba)
    stranger = "9234567890123456"
    alibaba.add_account(stranger, member=False)
    policy = {"name": "events", "product_code": "oss", "data_code": "access_log"}
    inventory = alibaba_inventory_of("collection_policies", alibaba_collection_policies=[policy], accounts={"stranger": stranger},
                                     hosts={"stranger": {"audit_logs_alibaba_role": "audit-logs-setup"}})
    run = alibaba_playbooks.run("setup", inventory=inventory)
    assert "One or more items failed" not in run.lines["root"]
    assert run.lines["root"].startswith("FAILED: archive: Could not create collection policy events: UpsertCollectionPolicy")
