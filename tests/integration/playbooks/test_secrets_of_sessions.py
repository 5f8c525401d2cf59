# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that end well: neither the keys of a session nor a secret of the inventory is shown, left in a file or given to a process."""
from __future__ import annotations

import contextlib
import json
import signal
import stat
import threading
import time
from pathlib import Path

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from helpers.echo import Canary
from helpers.playbooks import Playbooks

STDOUT = [
    "ansible.builtin.default", "ansible.builtin.minimal", "ansible.builtin.oneline", "ansible.posix.debug", "ansible.posix.json",
    "ansible.posix.jsonl", "community.general.unixy", "community.general.dense", "community.general.diy", "community.general.selective",
    "community.general.default_without_diff", "crossaccount.audit_logs.accounts",
]
OTHERS = ["ansible.builtin.tree", "ansible.builtin.junit", "community.general.log_plays", "community.general.print_task",
          "ansible.posix.profile_tasks"]


class Vault(str):
    """A text that is encrypted in the inventory."""


class Estate:
    """A deployment on both clouds that is entered with all kinds of secrets, and all that writes down what a run does."""

    def __init__(self, folder, aws, alibaba):
        self.aws, self.alibaba, self.folder = aws, alibaba, folder
        self.canary = Canary()
        self.home = folder / "home"
        for name in ("home/.aliyun", "tmp", "run"):
            (folder / name).mkdir(parents=True)
        self.password = self.home / "vault"
        self.password.write_text(self.canary("password of the vault"), encoding="utf-8")
        keys = aws.environment
        helper = self.home / "helper"
        answer = {"Version": 1, "AccessKeyId": keys["AWS_ACCESS_KEY_ID"], "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"]}
        helper.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n", encoding="utf-8")
        helper.chmod(stat.S_IRWXU)
        (self.home / "aws").write_text(f"[profile command]\ncredential_process = {helper}\n", encoding="utf-8")
        (self.home / ".aliyun" / "config.json").write_text(json.dumps({"current": "key", "profiles": [{
            "name": "key", "mode": "AK", "access_key_id": alibaba.environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            "access_key_secret": alibaba.environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]}]}), encoding="utf-8")
        self.own = {path for path in self.home.rglob("*") if path.is_file()}
        self.inventory = self._inventory()
        self.playbooks = Playbooks(folder / "run", {
            **aws.environment, **alibaba.environment, "HOME": str(self.home), "TMPDIR": str(folder / "tmp"),
            "AWS_CONFIG_FILE": str(self.home / "aws"), "AWS_EC2_METADATA_DISABLED": "true", "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.password), "ANSIBLE_LOG_PATH": str(folder / "run" / "log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "run" / "facts"),
            "ANSIBLE_CALLBACKS_ENABLED": ",".join(OTHERS), "ANSIBLE_CALLBACK_TREE_DIR": str(folder / "run" / "tree"),
            "JUNIT_OUTPUT_DIR": str(folder / "run" / "junit"), "ANSIBLE_LOG_FOLDER": str(folder / "run" / "plays"),
            "ANSIBLE_INJECT_INVOCATION": "true",
        }, clouds=[aws, alibaba])
        self.playbooks.accounts = self.inventory
        self.playbooks.is_warm = False

    def _inventory(self):
        external = self.canary("external id")
        role = self.aws.session(deployments.MEMBERS["team-a"]).client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{deployments.MANAGEMENT}:root"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external}}}]}
        role.create_role(RoleName="collector", AssumeRolePolicyDocument=json.dumps(trust))
        role.attach_role_policy(RoleName="collector", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        found = deployments.inventory_of(2, {
            "team-a": {"audit_logs_aws_role": "collector", "audit_logs_aws_external_id": Vault(external),
                       "database_password": Vault(self.canary("vaulted variable of an estate"))},
            "team-b": {"audit_logs_aws_profile": "command"},
        }, audit_logs_probe_deadline=60, audit_logs_probe_interval=1)
        other = alibaba_deployments.inventory_of("actiontrail", 2, {"blog": {"audit_logs_alibaba_profile": "key"}})
        found["all"]["vars"] |= other["all"]["vars"]
        found["all"]["children"] |= other["all"]["children"]
        return found

    def write_inventory(self):
        """The inventory as a file with encrypted values, which Playbooks does not write."""
        class Dumper(yaml.SafeDumper):
            pass

        vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(self.password.read_bytes()))])
        Dumper.add_representer(Vault, lambda dumper, text: dumper.represent_scalar(
            "!vault", vault.encrypt(str(text)).decode(), style="|"))
        path = self.folder / "run" / "hosts.yml"
        path.write_text(yaml.dump(self.inventory, Dumper=Dumper), encoding="utf-8")
        return str(path)

    def secrets(self):
        """All secrets by name: those of the clouds, and those that the test has made up."""
        found = dict(self.canary.made)
        found |= {f"{number}. of AWS": secret for number, secret in enumerate(self.aws.issued_secrets)}
        found |= {f"{number}. of Alibaba Cloud": secret for number, secret in enumerate(self.alibaba.issued_secrets)}
        found["key of AWS"] = self.aws.environment["AWS_SECRET_ACCESS_KEY"]
        return found

    def found(self, output):
        """Secrets in the output, and in files that the test has not written itself."""
        secrets = self.secrets()
        texts = {"output": output, **{
            str(path): path.read_text(encoding="latin-1") for path in self.folder.rglob("*") if path.is_file() and path not in self.own}}
        return [f"{name} in {where}" for where, text in texts.items() for name, secret in secrets.items() if secret in text]


class Watch:
    """Looks at the command lines and environments of the processes of a run, until its end."""

    def __init__(self, playbooks):
        self.seen = set()
        self._playbooks, self._over = playbooks, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join()

    def _watch(self):
        mine = {f"{name}={value}" for name, value in self._playbooks.environment.items()}
        while not self._over.wait(0.2):
            for pid in self._playbooks.processes():
                with contextlib.suppress(OSError):  # it has ended
                    self.seen.add(Path(f"/proc/{pid}/cmdline").read_text(encoding="latin-1"))
                    variables = Path(f"/proc/{pid}/environ").read_text(encoding="latin-1").split("\0")
                    self.seen.add("\0".join(one for one in variables if one not in mine))


@pytest.fixture(name="estate", scope="module")
def fixture_estate(tmp_path_factory):
    """Ansible makes a socket in TMPDIR, whose path has 107 bytes at most: hence a short name."""
    with LocalAws() as aws, LocalAlibaba() as alibaba:
        yield Estate(tmp_path_factory.mktemp("s"), aws, alibaba)


def check(estate, playbook, *arguments, status=0, **environment):
    """A run does what it is for, and shows and leaves nothing."""
    with Watch(estate.playbooks) as watch:
        done = estate.playbooks.run(playbook, "-i", estate.write_inventory(), *arguments, **environment)
    assert done.status == status, done.output
    assert any("ansible-playbook" in text for text in watch.seen)
    assert [name for name, secret in estate.secrets().items() if any(secret in text for text in watch.seen)] == []
    assert estate.found(done.output) == []
    return done


def test_setup(estate):
    check(estate, "setup", "-vvvv")


@pytest.mark.sample(1)
@pytest.mark.parametrize("callback, connection", [
    *((callback, "crossaccount.audit_logs.local_fork") for callback in STDOUT), ("ansible.builtin.default", "local"),
])
def test_verify(estate, callback, connection):
    check(estate, "verify", "-vvvv", "-e", f"ansible_connection={connection}", ANSIBLE_STDOUT_CALLBACK=callback)


@pytest.mark.full
def test_result_in_yaml(estate):
    check(estate, "setup", "-vvv", ANSIBLE_CALLBACK_RESULT_FORMAT="yaml")


@pytest.mark.full
def test_killed(estate):
    """kill -9 when all sessions are open: nothing of them is left in a file."""
    with Watch(estate.playbooks):
        estate.aws.calls.clear()
        process = estate.playbooks.start("verify", "-i", estate.write_inventory(), "-vvv")
        deadline = time.monotonic() + 120
        while not any(call.action == "DescribeTrails" for call in list(estate.aws.calls)) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
        output = process.communicate()[0]
    assert process.returncode == -signal.SIGKILL and estate.found(output) == []


@pytest.mark.parametrize("connection, environment, reason", [
    ("crossaccount.audit_logs.local_fork", {"ANSIBLE_KEEP_REMOTE_FILES": "1"}, "Ansible would write the keys of the session into files: "),
    ("local", {"ANSIBLE_KEEP_REMOTE_FILES": "1"}, "Ansible would write the keys of the session into files: "),
    ("local", {"pipelining": "false"}, "Ansible would write the keys of the session into files: "),
    ("local", {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}, "Ansible would show the keys of the sessions: "),
])
def test_settings_that_would_show_keys(estate, connection, environment, reason):
    variables = {"ansible_connection": connection, "ansible_remote_tmp": str(estate.folder / "run" / "remote")}
    if "pipelining" in environment:
        variables["ansible_pipelining"] = environment.pop("pipelining")
    arguments = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    done = check(estate, "verify", *arguments, status=2, **environment)
    assert reason in done.output


@pytest.mark.full
def test_destroy(estate):
    check(estate, "destroy", "-vvvv")
