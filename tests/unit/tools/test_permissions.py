# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about permissions, and the policy files: as the tables say, and small enough for the clouds."""
from __future__ import annotations

import json
import re

import pytest
from helpers import ROOT, parliament, permissions, policy_sentry
from tools import permissions as tool

FILES = [(cloud, *file) for cloud in permissions.CLOUDS for file in permissions.files(cloud)]
AWS_FILES = permissions.files("aws")
# Setup manages the policy and the expiration of the bucket. docs/permissions.md says what follows if its credentials are stolen.
ACCEPTED = {
    ("archive", "setup"): [
        f"Possible resource policy privilege escalation on arn:aws:s3:::example-audit-logs due to s3:{needed} not being allowed, but does"
        f" allow s3:{allowed}" for needed, allowed in [
            ("PutObject", "PutBucketPolicy"), ("GetObject", "PutBucketPolicy"), ("DeleteObject", "PutBucketPolicy"),
            ("DeleteObject", "PutLifecycleConfiguration")]],
    # It ends all deliveries before it deletes the log files; whoever has this file can delete them anyway.
    ("archive", "destroy"): [
        f"Possible resource policy privilege escalation on arn:aws:s3:::example-audit-logs due to s3:{needed} not being allowed, but does"
        " allow s3:PutBucketPolicy" for needed in ("PutObject", "GetObject", "DeleteObject")],
}
TABLES = [cloud for cloud in permissions.CLOUDS if permissions.table(cloud)]


def test_page_and_files_are_current():
    there = {str(path.relative_to(ROOT)) for path in tool.POLICIES.rglob("*") if path.is_file()} | {"docs/permissions.md"}
    found = {path: (ROOT / path).read_text(encoding="utf-8") for path in sorted(there)}
    assert found == tool.files(), "run make permissions"


@pytest.mark.parametrize("cloud, account, run", FILES)
def test_file_fits_the_quota(cloud, account, run):
    # What replaces a placeholder may be long: names of buckets have up to 63 characters.
    values = {name: "x" * (20 if name.endswith("ACCOUNT_ID") else 63) for name in permissions.placeholders(cloud, account, run)}
    policy = permissions.policy(cloud, account, run, **values)
    assert len(json.dumps(policy, separators=(",", ":"))) <= permissions.CLOUDS[cloud].limit


def aws_policy(account, run):
    """A policy as somebody would use it."""
    bucket = "example-audit-logs"
    return permissions.policy("aws", account, run, ARCHIVE_ACCOUNT_ID="111111111111", BUCKET=bucket, TRAIL="audit-logs", DEPLOYMENT=bucket)


@pytest.mark.parametrize("account, run", AWS_FILES)
def test_access_analysis_by_parliament(account, run):
    found = [finding.partition(": ")[2] for finding in parliament.findings(aws_policy(account, run))]
    assert found == ACCEPTED.get((account, run), [])


@pytest.mark.parametrize("account, run", AWS_FILES)
def test_access_analysis_by_policy_sentry(account, run):
    assert policy_sentry.findings(aws_policy(account, run)) == []


@pytest.mark.parametrize("account, run", AWS_FILES)
def test_verify_writes_nothing(account, run):
    """But the probe of a trail without read events, which is a call for a trail that does not exist."""
    allowed = {action for one in permissions.statements("aws", account, run) for action in one.actions}
    levels = {action: policy_sentry.rows(action)[0]["access_level"] for action in allowed}
    writes = {action for action, level in levels.items() if level not in ("List", "Read")}
    if run == "verify":
        assert writes <= {"cloudtrail:RemoveTags", "kms:Decrypt", "sts:AssumeRole"}
    else:
        assert writes or account == "management"


@pytest.mark.parametrize("cloud", TABLES)
def test_table_is_well_formed(cloud):
    rows = permissions.table(cloud)["statements"]
    assert len({(row["sid"], account) for row in rows for account in row["accounts"]}) == sum(len(row["accounts"]) for row in rows)
    for row in rows:
        one = permissions.Statement(**row)  # no key is unknown, none is missing
        assert re.fullmatch(r"([A-Z][a-z0-9]*)+", one.sid), row
        assert set(one.accounts) <= set(permissions.ACCOUNTS) and set(one.runs) <= set(permissions.RUNS), row
        assert one.why.endswith(".") and len(set(one.actions)) == len(one.actions), row
    stolen = permissions.table(cloud).get("risks", {})
    assert set(stolen) == {f"{account}-{run}" for account, run in permissions.files(cloud)}


@pytest.mark.parametrize("cloud, account, run", FILES)
def test_no_action_is_allowed_twice(cloud, account, run):
    found = [(action, resource) for one in permissions.statements(cloud, account, run)
             for action in one.actions for resource in one.resources]
    assert len(set(found)) == len(found)


def test_a_statement_is_needed_with_some_variables():
    one = permissions.Statement("Sid", ["member"], ["setup"], ["a:B"], ["*"], "Why.",
                                needed_if={"mode": ["a", "b"], "switch": True, "name": permissions.GIVEN})
    assert one.is_needed({"mode": "b", "switch": True, "name": "x"})
    for change in ({"mode": "c"}, {"switch": False}, {"name": ""}, {"name": None}):
        assert not one.is_needed({"mode": "b", "switch": True, "name": "x", **change})


def test_placeholders_are_replaced():
    one = {"Resource": ["arn:aws:s3:::BUCKET/*", "arn:aws:kms:*:ARCHIVE_ACCOUNT_ID:key/*"], "Version": "2012-10-17"}
    assert permissions._filled(one, {"BUCKET": "logs"}) == {
        "Resource": ["arn:aws:s3:::logs/*", "arn:aws:kms:*:ARCHIVE_ACCOUNT_ID:key/*"], "Version": "2012-10-17"}
