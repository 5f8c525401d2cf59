# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command of a profile that gives credentials does not end: its account fails, and the command and all that it started end."""
from __future__ import annotations

import json
import time

import pytest
from helpers.alibaba.clients import REGION as ALIBABA_REGION
from helpers.aws.deployments import inventory_of
from helpers.playbooks import CONNECTION

pytestmark = pytest.mark.skipif(CONNECTION == "local", reason="with local, what a module has started outlives a timeout")

SECONDS = 2


def test_a_command_that_does_not_end(aws, playbooks):
    """On both clouds; other accounts go on."""
    playbooks.is_warm = False
    command = playbooks.folder / "vault-helper"
    command.write_text("#!/bin/sh\nsleep 300 &\nsleep 300\necho {}\n", encoding="utf-8")
    command.chmod(0o700)
    secret = "sVq2Lx8RzT4kWc7Y"
    (playbooks.folder / "aws").write_text(
        f"[profile team-a]\ncredential_process = {command} --password {secret}\n", encoding="utf-8")
    (playbooks.folder / ".aliyun").mkdir()
    (playbooks.folder / ".aliyun" / "config.json").write_text(json.dumps({"current": "shop", "profiles": [
        {"name": "shop", "mode": "External", "process_command": f"{command} --password {secret}"}]}), encoding="utf-8")
    inventory = inventory_of(members=2, hosts={"team-a": {
        "audit_logs_aws_profile": "team-a", "audit_logs_aws_role": "", "audit_logs_timeout": SECONDS}})
    inventory["all"]["children"]["alibaba_archive"] = {"hosts": {"root": {
        "account_id": "1234567890123456", "audit_logs_alibaba_profile": "shop", "audit_logs_alibaba_region": ALIBABA_REGION,
        "audit_logs_timeout": SECONDS}}}
    started = time.monotonic()
    run = playbooks.run("setup", inventory=inventory, HOME=str(playbooks.folder), AWS_CONFIG_FILE=str(playbooks.folder / "aws"))
    assert run.status != 0 and time.monotonic() - started < 60
    for host, profile in (("team-a", "team-a"), ("root", "shop")):
        assert run.lines[host] == (
            f"FAILED: credentials: Timed out after {SECONDS} seconds: the command vault-helper, which gives the credentials of the"
            f" profile {profile}, did not end, so it was stopped. Run the command in a shell to see what it waits for, or increase"
            " audit_logs_timeout"
        )
    assert run.lines["team-b"] == "changed: trail audit-logs: create"
    assert secret not in run.output
    assert playbooks.processes() == []
