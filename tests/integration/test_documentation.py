# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of the pages in docs, as they stand there, on the local clouds."""
from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from helpers.aws.deployments import ARCHIVE, MEMBERS, Account, inventory_of
from helpers.parliament import findings
from helpers import guides
from helpers.verifications import SOON

PRODUCT = MEMBERS["team-a"]


@pytest.fixture(name="example")
def fixture_example(playbooks, tmp_path):
    """Runs an example by its name, with the profiles that it speaks of."""
    playbooks.use_profiles({"archive": ARCHIVE, "product": PRODUCT})
    examples = {block.file: block for block in guides.run_by(__file__, "docs/roles.md")}

    def run(name, *arguments, more=None):
        plays = examples[name].data
        plays[0].update(more or {})
        path = tmp_path / name
        path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        return playbooks.run(path, *arguments)

    run.snippet = examples[""].data

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


def test_with_the_connection_plugin(aws, example):
    """The piece of a play that the page shows for it, in the first play."""
    run = example("export.yml", more=example.snippet)
    assert run.status == 0 and "Load once what the tasks of all accounts need" in example.snippet["pre_tasks"][0]["name"], run.output
    assert Account(aws, PRODUCT).trails()["audit-logs"]["S3BucketName"] == "example-audit-logs"


def test_accounts_in_a_csv_file(tmp_path):
    [block] = guides.run_by(__file__, "docs/inventory.md")
    (tmp_path / "accounts.csv").write_text(
        "name,account_id,group\nlog-archive,111111111111,aws_archive\nlog-archive,111111111111,aws_members\n"
        "team-a,022222222222,aws_members\n", encoding="utf-8")
    done = subprocess.run(block.text, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "team-a" in done.stdout and "log-archive" in done.stdout
    groups = json.loads((tmp_path / "accounts.json").read_text(encoding="utf-8"))["all"]["children"]
    assert groups["aws_archive"]["hosts"] == {"log-archive": {"account_id": "111111111111"}}
    assert groups["aws_members"]["hosts"]["team-a"] == {"account_id": "022222222222"}


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_copy_of_the_report_in_a_bucket(aws, playbooks, tmp_path, is_stopped):
    [block] = guides.run_by(__file__, "docs/report.md")
    path = tmp_path / block.file
    path.write_text(block.text, encoding="utf-8")
    inventory = inventory_of(members=1)
    assert playbooks.run("setup", inventory=inventory).status == 0
    s3 = aws.session().client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="example-audit-reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if is_stopped:
        Account(aws, PRODUCT).client("cloudtrail").stop_logging(Name="audit-logs")
    run = playbooks.run(path, *SOON, inventory=inventory)
    assert bool(run.status) == is_stopped, run.output
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="example-audit-reports")["Contents"]]
    assert [key.rpartition("/")[2] for key in keys] == ["report.html", "report.json"]
    report = json.loads(s3.get_object(Bucket="example-audit-reports", Key=keys[1])["Body"].read())
    assert report["summary"]["failed"] == int(is_stopped)
