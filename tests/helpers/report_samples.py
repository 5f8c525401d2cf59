# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of accounts as a verification makes them, for the tests of the report."""
from __future__ import annotations

import json
import random
from pathlib import Path

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import page as pages
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports

ARCHIVES = {"aws": ("log-archive", "111111111111"), "alibaba": ("root", "1234567890123456")}
REGIONS = {"aws": "eu-west-1", "alibaba": "cn-hangzhou"}
CAUSES = {
    "aws": "the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com s3:PutObject"
           " on example-audit-logs/{id}/AWSLogs/{id}/* for arn:aws:cloudtrail:eu-west-1:{id}:trail/audit-logs",
    "alibaba": "the role audit-logs-write of account 1234567890123456 does not trust {id}@actiontrail.aliyuncs.com",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs"}},
    }],
}


def result(name: str = "team-a", account_id: str = "222222222222", cloud: str = "aws", **more) -> dict:
    """The result of a member whose probe arrived."""
    kind, destination = ("s3", f"example-audit-logs/{account_id}") if cloud == "aws" else ("sls", "example-audit/actiontrail")
    folder = f"{account_id}/AWSLogs/{account_id}/CloudTrail/eu-west-1/2026/11/21"
    found_in = f"{folder}/{account_id}_CloudTrail_eu-west-1_20261121T0635Z_WFoHMS5hDRQXJZVj.json.gz"
    return {
        "name": name,
        "account_id": account_id,
        "cloud": cloud,
        "roles": ["member"],
        "region": REGIONS[cloud],
        "state": "ok",
        "phase": None,
        "reason": None,
        "delivers_to": [{"kind": kind, "account_id": ARCHIVES[cloud][1], "name": destination}],
        "checked": [
            "trail audit-logs", "event selectors of trail audit-logs", "status of trail audit-logs",
            "log group /aws/cloudtrail/audit-logs", "role audit-logs-cloudtrail-to-cloudwatch",
        ],
        "findings": [],
        "probe": {
            "state": "arrived",
            "mark": "probe-0123456789abcdef0123456789",
            "created": "2026-11-21T06:34:10Z",
            "destinations": [{
                "kind": kind, "name": destination, "state": "arrived", "seconds": 312.4,
                "found_in": found_in if cloud == "aws" else "actiontrail",
            }],
            "causes": [],
        },
        "digests": None,
        "digest_chains": None,
        **more,
    }


def finding(level: str = "failed", kind: str = "drift", **more) -> dict:
    """A finding about a trail."""
    return {
        "level": level,
        "kind": kind,
        "resource": "trail audit-logs",
        "setting": "enable_log_file_validation",
        "text": "trail audit-logs: enable_log_file_validation is false, and should be true",
        "before": False,
        "after": True,
        "controls": ["CIS AWS 3.2"],
        **more,
    }


def missing(account: dict, cause: str | None = None) -> dict:
    """The same account, from which nothing arrived."""
    cause = cause or CAUSES[account["cloud"]].format(id=account["account_id"])
    unseen = {"state": "missing", "seconds": None, "found_in": None}
    destinations = [{**one, **unseen} for one in account["probe"]["destinations"]]
    refused = finding(
        kind="delivery", resource="status of trail audit-logs", setting=None, before=None, after=None, controls=[],
        text="trail audit-logs: the latest delivery failed with AccessDenied",
    )
    return {
        **account,
        "state": "failed",
        "phase": "probe",
        "reason": cause,
        "findings": [refused],
        "probe": {**account["probe"], "state": "missing", "destinations": destinations, "causes": [cause]},
    }


def with_findings(account: dict, *findings: dict) -> dict:
    """The same account, with findings about what it has."""
    failed = any(found["level"] == "failed" for found in findings)
    return {
        **account,
        "state": "failed" if failed else "warning",
        "phase": "posture" if failed else None,
        "reason": findings[0]["text"],
        "findings": list(findings),
    }


def archive(cloud: str) -> dict:
    """The result of the account that has the logs."""
    name, account_id = ARCHIVES[cloud]
    digests = {
        "state": "valid", "digests": 24, "log_files": 1311, "problems": [], "compared_with": None, "unvalidated": None,
        "regions": [{"region": "eu-west-1", "from": "2026-11-20T06:00:00Z", "last": "2026-11-20T13:00:00Z", "began": None}],
        "from": "2026-11-20T06:00:00Z", "to": "2026-11-21T06:00:00Z",
    }
    checked = ["bucket example-audit-logs", "policy of bucket example-audit-logs"]
    more = {"roles": ["archive"], "delivers_to": [], "probe": None, "checked": checked, "digests": digests}
    return result(name, account_id, cloud, **more)


def few() -> list[dict]:
    """Results of an archive and three members of AWS: one is good, one fails in several ways, one has a warning."""
    drifted = missing(result("team-b", "333333333333"))
    drifted["findings"] += [
        finding(),
        finding(
            resource="role audit-logs-cloudtrail-to-cloudwatch", setting="assume_role_policy_document",
            text="role audit-logs-cloudtrail-to-cloudwatch: assume_role_policy_document differs from the inventory",
            before={**TRUST, "Statement": [{**TRUST["Statement"][0], "Condition": {}}]}, after=TRUST,
            controls=["CIS AWS 3.3", "CIS AWS 4.5"],
        ),
    ]
    weak = finding(
        "warning", "weak", setting="is_multi_region_trail", before=False, after=True, controls=["CIS AWS 3.1"],
        text="trail audit-logs records only one region",
    )
    log_group = {"kind": "cloudwatch_logs", "account_id": "222222222222", "name": "/aws/cloudtrail/audit-logs"}
    good = result()
    good["delivers_to"].append(log_group)
    good["probe"]["destinations"].append({
        "kind": "cloudwatch_logs", "name": log_group["name"], "state": "arrived", "seconds": 201.9,
        "found_in": "222222222222_CloudTrail_eu-west-1",
    })
    return [archive("aws"), good, drifted, with_findings(result("team-c", "444444444444"), weak)]


def many(count: int, seed: int = 1) -> list[dict]:
    """Results of so many accounts, half on either cloud; of every hundred, three fail and five have warnings."""
    dice = random.Random(seed)
    accounts = [archive("aws"), archive("alibaba")]
    for number in range(count - 2):
        cloud = ("aws", "alibaba")[number % 2]
        account_id = str(200000000000 + number if cloud == "aws" else 2000000000000000 + number)
        account = result(f"{dice.choice(('shop', 'billing', 'data', 'web', 'sandbox'))}-{number:04}", account_id, cloud)
        account["probe"]["mark"] = f"probe-{dice.getrandbits(104):026x}"
        account["probe"]["destinations"][0]["seconds"] = round(dice.uniform(180, 860), 1)
        if number % 100 in (7, 62):
            account = missing(account)
        elif number % 200 in (33, 134):
            reason = f"AccessDenied: not authorized to perform sts:AssumeRole on the role audit of {account_id}"
            account.update(state="failed", phase="credentials", reason=reason, probe=None, checked=[], delivers_to=[])
        elif number % 20 in (4, 15) and number % 40 < 20:
            account = with_findings(account, finding("warning", "weak", text="trail audit-logs has no KMS key"))
        accounts.append(account)
    return accounts


def write(directory: Path, results: list[dict]) -> tuple[Path, dict]:
    """Make a report as the plugins do.

    :returns: path of the page, and what report.json says.
    """
    for each in results:
        account = reports.account(each)
        reports.write(reports.account_path(directory, account["account_id"]), reports.as_json(account))
    report = reports.report(directory, None)
    reports.write(directory / "report.json", reports.as_json(report))
    reports.write(directory / "report.html", pages.page(report))
    return directory / "report.html", json.loads((directory / "report.json").read_text(encoding="utf-8"))
