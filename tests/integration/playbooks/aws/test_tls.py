# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority of a company, as of a proxy that inspects TLS: AWS_CA_BUNDLE names it for all modules."""
from __future__ import annotations

import pytest
from clouds.aws import LocalAws
from helpers.aws.deployments import MEMBERS, TRAIL, Account, inventory_of

INVENTORY = inventory_of(audit_logs_aws_cloudwatch=True, aws_trail_bucket_encryption="aws:kms")


@pytest.fixture(scope="module", name="aws_server")
def fixture_aws_server():
    with LocalAws(tls=True) as aws:
        yield aws


def test_all_modules_trust_it(aws, playbooks):
    run = playbooks.run("setup", inventory=INVENTORY)
    assert run.status == 0, run.output
    assert list(Account(aws, MEMBERS["team-a"]).trails()) == [TRAIL]
    again = playbooks.run("setup", inventory=INVENTORY)
    assert set(again.changed.values()) == {0}, again.output
    run = playbooks.run("verify", inventory=INVENTORY)
    assert run.status == 0, run.output
    run = playbooks.run("destroy", inventory=INVENTORY)
    assert run.status == 0, run.output
    assert Account(aws, MEMBERS["team-a"]).trails() == {}


def test_nobody_names_it(aws, playbooks):
    del playbooks.environment["AWS_CA_BUNDLE"]
    run = playbooks.run("setup", inventory=INVENTORY)
    assert run.status != 0 and aws.calls == []
    assert "Traceback" not in run.output
    for host in ("log-archive", "team-a"):
        assert run.lines[host].startswith("FAILED: credentials: ") and "AWS_CA_BUNDLE" in run.lines[host], run.output
