# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in which the credentials of all accounts fail, each in its own way: no secret is printed, reported or left in a file."""
from __future__ import annotations

import json
import re
import stat

import pytest
from helpers.alibaba.clients import REGION as ALIBABA_REGION
from helpers.aws.deployments import REGION
from helpers.echo import HOSTILE, Canary, Echo, nowhere
from helpers.playbooks import Playbooks

ROLE = "arn:aws:iam::222222222222:role/collector"
ARN = "acs:ram::2234567890123456:role/collector"


class Estate:
    """Profiles with canaries, and an inventory whose accounts use them."""

    def __init__(self, folder, url, dead):
        self.canary = Canary()
        self.folder = folder
        self.home = folder / "home"
        for name in ("home/.aliyun", "tmp", "run"):
            (folder / name).mkdir(parents=True)
        self.playbooks = Playbooks(folder / "run", {
            "HOME": str(self.home), "TMPDIR": str(folder / "tmp"), "ANSIBLE_LOG_PATH": str(folder / "run" / "log"),
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit,ansible.builtin.tree,community.general.log_plays",
            "ANSIBLE_CALLBACK_TREE_DIR": str(folder / "run" / "tree"), "JUNIT_OUTPUT_DIR": str(folder / "run" / "junit"),
            "ANSIBLE_LOG_FOLDER": str(folder / "run" / "plays"), "ANSIBLE_INJECT_INVOCATION": "true",
            "AWS_CONFIG_FILE": str(self.home / "aws"), "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": self.canary("secret of the environment"), "AWS_SESSION_TOKEN": self.canary("token of the environment"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tExample", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.canary("secret of the SDK"),
            "ALIBABA_CLOUD_SECURITY_TOKEN": self.canary("token of the SDK"), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }, other_permissions="in place of the clouds is a server that refuses all calls")
        self._configure_aws()
        self._configure_alibaba()
        aws = {"log-archive": {"audit_logs_aws_role": "collector"}, **{
            name: {"audit_logs_aws_profile": name} for name in ("keys", "chain", "command", "identity")}}
        aws["chain"]["audit_logs_aws_external_id"] = self.canary("external id of the inventory")
        aws["chain"]["audit_logs_aws_role"] = "collector"
        alibaba = {"root": {}, **{
            name: {"audit_logs_alibaba_profile": name} for name in ("token", "chained", "external", "signed-in")}}
        alibaba["token"] |= {"audit_logs_alibaba_role": "collector",
                             "audit_logs_alibaba_external_id": self.canary("external id of the inventory")}
        alibaba["chained"]["audit_logs_alibaba_http_proxy"] = dead

        def group(hosts, first):
            return {"hosts": {name: {"account_id": str(first + number), **own} for number, (name, own) in enumerate(hosts.items())}}

        self.failing = set(aws) | set(alibaba)
        archives = {name: hosts.pop(name) for hosts, name in ((aws, "log-archive"), (alibaba, "root"))}
        self.inventory = {"all": {
            "vars": {
                "audit_logs_aws_region": REGION, "audit_logs_aws_endpoint_url": url, "aws_trail_bucket_name": "example",
                "audit_logs_alibaba_region": ALIBABA_REGION, "audit_logs_alibaba_mode": "log_audit",
                "audit_logs_alibaba_protocol": "http", "audit_logs_alibaba_http_proxy": url,
            },
            "children": {
                "aws_archive": group({"log-archive": archives["log-archive"]}, 111111111111),
                "aws_members": group(aws, 222222222222),
                "alibaba_archive": group({"root": archives["root"]}, 1234567890123456),
                "alibaba_members": group(alibaba, 2234567890123456),
            },
        }}

    def _configure_aws(self):
        keys = (f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {self.canary('secret')}\n"
                f"aws_session_token = {self.canary('token')}\n")
        (self.home / "jwt").write_text(self.canary("jwt"), encoding="utf-8")
        (self.home / "aws").write_text(
            f"[profile keys]\n{keys}[profile chain]\nsource_profile = keys\nrole_arn = {ROLE}\n"
            f"external_id = {self.canary('external id')}\n"
            f"[profile command]\ncredential_process = {self._command()} --password {self.canary('argument')}\n"
            f"[profile identity]\nrole_arn = {ROLE}\nweb_identity_token_file = {self.home / 'jwt'}\n", encoding="utf-8")

    def _configure_alibaba(self):
        keys = {"access_key_id": "LTAI5tExample", "access_key_secret": self.canary("secret of a profile")}
        profiles = [
            {"name": "token", "mode": "StsToken", **keys, "sts_token": self.canary("token of a profile")},
            {"name": "chained", "mode": "ChainableRamRoleArn", "source_profile": "token", "ram_role_arn": ARN, "ram_session_name": "x",
             "external_id": self.canary("external id of a profile")},
            {"name": "external", "mode": "External", "process_command": f"{self._command()} {self.canary('argument of a profile')}"},
            {"name": "signed-in", "mode": "CloudSSO", "cloud_sso_sign_in_url": nowhere(), "cloud_sso_account_id": "1",
             "cloud_sso_access_config": "x", "access_token": self.canary("access token"),
             "cloud_sso_access_token_expire": 4000000000},
        ]
        (self.home / ".aliyun" / "config.json").write_text(json.dumps({"current": "token", "profiles": profiles}), encoding="utf-8")

    def _command(self):
        path = self.home / "helper"
        path.write_text(f"#!/bin/sh\necho 'Bad token {self.canary('message')}' >&2\nexit 1\n", encoding="utf-8")
        path.chmod(stat.S_IRWXU)
        return path

    def found(self, output):
        """Secrets in the output, and in each file that is not one of those above."""
        ours = {self.home / name for name in ("aws", "jwt", "helper", ".aliyun/config.json")} | {self.folder / "run" / "inventory.yml"}
        return self.canary.found_in(output) + self.canary.found_below(self.folder, *ours)


@pytest.fixture(name="folder")
def fixture_folder(tmp_path_factory):
    """A folder with a short name: Ansible makes a socket in TMPDIR, whose path has 107 bytes at most."""
    return tmp_path_factory.mktemp("s")


@pytest.mark.sample(1)
@pytest.mark.parametrize("playbook, arguments, environment", [
    ("verify", ("-vvvv",), {}),
    ("verify", (), {"ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts"}),
    ("setup", ("-vvvv",), {}),
    ("destroy", ("-vvv",), {"ANSIBLE_DISPLAY_TRACEBACK": "always"}),
    ("verify", ("-vvv", "-e", "ansible_connection=local"), {}),
])
def test_no_secret(folder, playbook, arguments, environment):
    with Echo("refused", sentence=HOSTILE) as echo:
        estate = Estate(folder, echo.url, nowhere())
        estate.playbooks.is_warm = False
        run = estate.playbooks.run(playbook, *arguments, inventory=estate.inventory, **environment)
    assert run.status != 0 and estate.found(run.output) == []
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in (folder / "run").rglob("*") if path.is_file()]
    assert Canary.unseen_in(run.output, *texts) == set() and "\\u202e" in run.output
    if "ANSIBLE_DISPLAY_TRACEBACK" not in environment:  # a traceback has the lines of the message
        assert not re.search(r"^\W*ok +1 +team-b", "\n".join([run.output, *texts]), re.M)
    # The callback accounts prints the lines as they are, and Ansible's own as JSON.
    lines = dict(re.findall(r'^[ "]*FAILED +\d+  (\S+)  credentials: ((?:.|\n {9})*)', run.output, re.M))
    assert set(lines) == estate.failing, run.output
    for name in ("command", "external"):
        assert "it printed is not shown" in " ".join(lines[name].split())
    if playbook == "verify":
        assert report_of(folder)["summary"]["failed"] == len(estate.failing)


def report_of(folder):
    return json.loads((folder / "run/audit-logs-report/report.json").read_text(encoding="utf-8"))


@pytest.mark.full
@pytest.mark.parametrize("manner", ["expired", "malformed", "cut", "incomplete", "hanging"])
def test_no_secret_otherwise(folder, manner):
    with Echo(manner) as echo:
        estate = Estate(folder, echo.url, nowhere())
        estate.playbooks.is_warm = False
        estate.inventory["all"]["vars"]["audit_logs_timeout"] = 15
        run = estate.playbooks.run("verify", "-vvv", inventory=estate.inventory)
    assert run.status != 0 and estate.found(run.output) == []
    assert {name for name, line in run.lines.items() if line.startswith("FAILED: credentials: ")} == estate.failing, run.output
    assert report_of(folder)["summary"]["failed"] == len(estate.failing)
    if manner == "hanging":
        assert run.lines["keys"].startswith("FAILED: credentials: Timed out after 15 seconds: the account or the provider of its ")
