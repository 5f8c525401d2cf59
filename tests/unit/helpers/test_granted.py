# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the accounts of a local cloud allow while playbooks run."""
from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from helpers import ROOT, permissions
from helpers.alibaba.deployments import inventory_of as alibaba_inventory_of
from helpers.alibaba.permissions import Granted as AlibabaGranted
from helpers.aws.deployments import ARCHIVE, MANAGEMENT, MEMBERS, inventory_of
from helpers.aws.permissions import Granted as AwsGranted
from helpers.granted import runs_in
from helpers.playbooks import Playbooks

TEAM_A = MEMBERS["team-a"]


@pytest.fixture(name="cloud")
def fixture_cloud():
    return SimpleNamespace(restrictions={})


@pytest.mark.parametrize("playbook, runs", [
    ("setup", ["setup"]), ("report", []), (ROOT / "playbooks/verify.yml", ["verify"]), (ROOT / "playbooks/parts/setup/aws.yml", ["setup"]),
    (ROOT / "playbooks/parts/summary.yml", ["setup", "verify", "destroy"]),
])
def test_playbooks_of_ours(playbook, runs):
    assert runs_in(playbook) == runs


def test_a_playbook_that_imports_ours(tmp_path):
    path = tmp_path / "site.yml"
    path.write_text("- import_playbook: crossaccount.audit_logs.setup\n- import_playbook: /x/playbooks/verify.yml\n", encoding="utf-8")
    assert runs_in(path) == ["setup", "verify"]
    path.write_text("- hosts: all\n  roles: [crossaccount.audit_logs.aws_trail]\n", encoding="utf-8")
    assert runs_in(path) == []


def test_policies_of_a_run(cloud):
    granted = AwsGranted(cloud, {ARCHIVE: ["besides"]})
    with granted.during(["setup"], inventory_of(), (), {}):
        assert set(cloud.restrictions) == {MANAGEMENT, ARCHIVE, TEAM_A}
        assert cloud.restrictions[ARCHIVE][0] == "besides"
        [policy] = map(json.loads, cloud.restrictions[TEAM_A])
        assert policy["Statement"] == permissions.policy(
            "aws", "member", "setup", variables={"audit_logs_aws_mode": "account_trails"}, TRAIL="audit-logs")["Statement"]
    assert cloud.restrictions == {}


def test_runs_at_the_same_time(cloud):
    """Also if the first one ends first."""
    first, second = AwsGranted(cloud, {}), AwsGranted(cloud, {})
    of_first, of_second = (one.during([run], inventory_of(), (), {}) for one, run in ((first, "setup"), (second, "destroy")))
    with of_second:
        alone = dict(cloud.restrictions)
        of_first.__enter__()
        assert len(cloud.restrictions[TEAM_A]) == 2
        of_first.__exit__(None, None, None)
        assert cloud.restrictions == alone
    assert cloud.restrictions == {}


def test_an_action_is_removed_from_one_statement(cloud):
    lacking = ("ReadTrails", "cloudtrail:ListTags")
    found = AwsGranted(cloud, {}).policies("setup", inventory_of(), (), {TEAM_A: {lacking}})
    [policy] = map(json.loads, found[TEAM_A])
    [statement] = [one for one in policy["Statement"] if one["Sid"] == lacking[0]]
    assert statement["Action"] == ["cloudtrail:GetTrailStatus"]


def test_extra_variables_decide_which_statements_are_needed(cloud):
    for arguments in (["-e", "audit_logs_delete_logs=true"], ['-e{"audit_logs_delete_logs": true}']):
        found = AlibabaGranted(cloud, {}).policies("destroy", alibaba_inventory_of(), arguments)
        assert "log:DeleteProject" in str(found)
    assert "log:DeleteProject" not in str(AlibabaGranted(cloud, {}).policies("destroy", alibaba_inventory_of()))


def test_a_cloud_without_its_permissions_needs_a_reason(tmp_path):
    with pytest.raises(AssertionError, match="why not"):
        Playbooks(tmp_path, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    Playbooks(tmp_path, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, other_permissions="nobody answers")
