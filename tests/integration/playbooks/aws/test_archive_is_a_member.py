# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive account is a member too, as in the example inventory: its own trail writes into its own bucket."""
from __future__ import annotations

import copy

import pytest
import yaml
from clouds.aws import USUAL, LocalAws
from helpers import ROOT
from helpers.aws.deployments import ARCHIVE, BUCKET, LOG_GROUP, MEMBERS, QUICK_TRIES, TRAIL, Account
from helpers.aws.verifications import AwsDeployment


def example():
    """The AWS half of the example inventory, with a member beside the archive."""
    found = yaml.safe_load((ROOT / "playbooks/inventory/example.yml").read_text(encoding="utf-8"))["all"]
    groups = {name: group for name, group in found["children"].items() if name.startswith("aws_")}
    groups["aws_members"]["hosts"] = {name: groups["aws_members"]["hosts"][name] for name in ("log-archive", "team-a")}
    return {"all": {"vars": {**found["vars"], **QUICK_TRIES}, "children": groups}}


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(tmp_path_factory):
    """A deployment that is set up, in a local AWS of its own."""
    with LocalAws(windows=USUAL) as aws:
        deployment = AwsDeployment(aws, tmp_path_factory.mktemp("verify"), example())
        deployment.setup()
        yield deployment


def test_a_second_run_changes_nothing(deployment):
    assert set(deployment.setup().changed.values()) == {0}


def test_its_own_logs_are_proven(deployment):
    found = {one["name"]: one for one in deployment.verify()["accounts"]}
    archive = found["log-archive"]
    assert archive["roles"] == ["archive", "member"]
    assert [(one["kind"], one["state"]) for one in archive["probe"]["destinations"]] == [("s3", "arrived"), ("cloudwatch_logs", "arrived")]
    assert archive["digests"]["state"] == found["team-a"]["digests"]["state"]
    assert "coverage" not in [one["kind"] for one in archive["findings"]], archive


def test_the_archive_is_not_a_member(deployment):
    inventory = copy.deepcopy(deployment.inventory)
    del inventory["all"]["children"]["aws_members"]["hosts"]["log-archive"]
    found = next(one for one in deployment.verify(inventory=inventory)["accounts"] if one["name"] == "log-archive")
    assert found["state"] == "warning"
    texts = [one["text"] for one in found["findings"] if one["kind"] == "coverage"]
    assert texts == ["the archive account is not in aws_members, so its own audit logs are not collected here. Add it to aws_members too."
                     f" If you left it out on purpose, add {ARCHIVE} to audit_logs_removed_accounts"]
    meant = deployment.verify("-e", f"audit_logs_removed_accounts={ARCHIVE}", inventory=inventory)["accounts"]
    assert "coverage" not in [one["kind"] for account in meant for one in account["findings"]]


def test_destroy_alone_and_with_its_logs(deployment):
    """The trail of the archive goes before its bucket, whose newest log files are those of the archive itself."""
    archive = Account(deployment.aws, ARCHIVE)
    deployment.destroy()
    assert archive.buckets() == [BUCKET] and TRAIL not in archive.trails() and LOG_GROUP in archive.log_groups()
    deployment.setup()
    assert TRAIL in archive.trails()
    deployment.destroy("-e", "audit_logs_delete_logs=true")
    assert archive.holdings() == Account(deployment.aws, MEMBERS["team-a"]).holdings() == {}
