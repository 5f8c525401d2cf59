# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the README, as they stand there."""
from __future__ import annotations

import re

import pytest
from helpers.aws.deployments import ARCHIVE, MEMBERS, Account
from helpers.parliament import findings
from helpers import ROOT

PRODUCT = MEMBERS["team-a"]


@pytest.fixture(name="example")
def fixture_example(playbooks, tmp_path):
    """Runs an example by its name, with the profiles that it speaks of."""
    playbooks.use_profiles({"archive": ARCHIVE, "product": PRODUCT})
    blocks = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    examples = dict(blocks)

    def run(name, *arguments):
        path = tmp_path / name
        path.write_text(examples[name], encoding="utf-8")
        return playbooks.run(path, *arguments)

    return run


def test_into_somebody_elses_bucket(aws, example):
    run = example("export.yml")
    assert run.status == 0, run.output
    trail = Account(aws, PRODUCT).trails()["audit-logs"]
    assert (trail["S3BucketName"], trail["S3KeyPrefix"]) == ("example-audit-logs", PRODUCT)
    assert Account(aws, ARCHIVE).buckets() == ["example-audit-logs"] and not Account(aws, PRODUCT).buckets()
    assert example("export.yml").changed == {"localhost": 0}


def test_own_bucket_with_log_group(aws, example):
    plan = example("own.yml", "--check")
    assert plan.status == 0, plan.output
    assert not [call for call in aws.calls if not call.read_only]
    run = example("own.yml")
    assert run.status == 0, run.output
    account = Account(aws, PRODUCT)
    group = account.log_groups()["audit-logs-cloudtrail-log-group"]
    assert group["retentionInDays"] == 731
    trail = account.trails()["audit-logs"]
    assert trail["CloudWatchLogsLogGroupArn"] == group["arn"]
    assert account.buckets() == ["example-own-logs"]
    assert example("own.yml").changed == {"localhost": 0}

    documents = account.documents()
    assert len(documents) == 5  # bucket policy; trust policy and role policy of two roles
    assert {name: findings(document) for name, document in documents.items()} == dict.fromkeys(documents, [])
