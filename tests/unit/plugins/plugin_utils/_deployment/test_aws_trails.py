# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trail records an account, by the mode of the deployment."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import read

ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/landing-zone"
ORGANIZATION = {
    "audit_logs_aws_mode": "organization_trail", "audit_logs_aws_region": "eu-west-1", "aws_trail_bucket_organization_id": "o-a1b2c3d4e5",
    "audit_logs_aws_management_account_id": "222222222222",
}
REGISTER = "audit_logs_aws_register_delegated_administrator"
EXISTING = {"audit_logs_aws_mode": "existing_trail", "audit_logs_aws_trail_arn": ARN}


def deployment(everywhere, archive=True, **of_team_a):
    """Problems and accounts of an inventory of two members, with or without an archive."""
    ids = {"log-archive": "111111111111", "team-a": "222222222222", "team-b": "333333333333"}
    hosts = {name: {"account_id": number, "aws_trail_bucket_name": "logs-of-all", **everywhere} for name, number in ids.items()}
    hosts["team-a"].update(of_team_a)
    groups = {"aws_members": ["team-a", "team-b"], **({"aws_archive": ["log-archive"]} if archive else {})}
    return read(hosts, groups, {"aws": ""})


@pytest.mark.parametrize("archive", [True, False])
def test_the_trail_of_somebody_else(archive):
    problems, accounts = deployment({**EXISTING, "aws_trail_bucket_organization_id": "o-a1b2c3d4e5"}, archive)
    assert problems == []
    found = accounts["team-a"]
    assert found["is_covered"] and found["mode"] == "existing_trail"
    assert (found["region"], found["session"]["region"], found["trail_arn"]) == ("us-east-1", "us-east-1", ARN)
    assert found["trail"] == {
        "account_id": "222222222222", "region": "us-east-1", "name": "landing-zone", "prefix": "", "organization_id": "o-a1b2c3d4e5"}
    assert found["digest_chains"]["trail"] == ARN


def test_a_prefix():
    accounts = deployment({**EXISTING, "aws_trail_s3_key_prefix": "all"})[1]
    assert accounts["team-b"]["trail"]["prefix"] == "all"


@pytest.mark.parametrize(("administrator", "covered"), [("team-a", ["333333333333"]), ("team-b", ["222222222222", "333333333333"])])
def test_the_trail_of_the_organization(administrator, covered):
    ids = {"team-a": "222222222222", "team-b": "333333333333"}
    problems, accounts = deployment({**ORGANIZATION, "audit_logs_aws_trail_account_id": ids[administrator]})
    assert problems == []
    arn = "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs-organization"
    assert {accounts[name]["trail_arn"] for name in ids} == {arn}
    assert {name: accounts[name]["is_covered"] for name in ids} == {name: name != administrator for name in ids}
    assert {name: accounts[name]["trail"] for name in ids} == {name: {
        "account_id": account, "region": "eu-west-1", "name": "audit-logs-organization", "prefix": "222222222222",
        "organization_id": "o-a1b2c3d4e5",
    } for name, account in ids.items()}
    archive = accounts["log-archive"]
    assert [trail["account_id"] for trail in archive["trails"]] == ["222222222222"]
    # As the policies see it, a delegated administrator has no trail either.
    assert archive["covered_accounts"] == covered == accounts[administrator]["covered_accounts"]
    assert archive["sources"] == dict.fromkeys(ids, "222222222222")


@pytest.mark.parametrize("register", [True, False])
def test_the_account_that_registers_the_administrator(register):
    problems, accounts = deployment({**ORGANIZATION, "audit_logs_aws_trail_account_id": "333333333333", REGISTER: register})
    assert problems == []
    assert {name: account["registers"] for name, account in accounts.items() if "registers" in account} == (
        {"team-a": "333333333333"} if register else {})
    assert accounts["team-b"].get("registered_by") == ("team-a" if register else None)


def test_the_management_account_is_known_in_any_mode():
    """An inventory plugin gives its id."""
    assert deployment({"audit_logs_aws_region": "eu-west-1", "audit_logs_aws_management_account_id": "222222222222"})[0] == []


def test_its_name_is_that_of_the_deployment():
    accounts = deployment({**ORGANIZATION, "audit_logs_deployment": "prod"})[1]
    assert accounts["team-b"]["trail"]["name"] == "audit-logs-prod-organization"


@pytest.mark.parametrize(("everywhere", "of_team_a", "sentence"), [
    ({"audit_logs_aws_mode": "existing_trail"}, {}, "team-a, team-b: audit_logs_aws_trail_arn is missing: in the mode existing_trail"),
    (EXISTING, {"audit_logs_aws_trail_arn": ""}, "team-a: audit_logs_aws_trail_arn is missing"),
    (EXISTING, {"audit_logs_aws_trail_arn": "landing-zone"}, "team-a: audit_logs_aws_trail_arn: 'landing-zone' is not the ARN of a trail"),
    (EXISTING, {"audit_logs_aws_trail_arn": ARN.replace("landing-zone", "x")}, "is not the ARN of a trail"),
    (EXISTING, {"audit_logs_aws_mode": "account_trails"}, "audit_logs_aws_mode differs between hosts (account_trails, existing_trail)"),
    ({"audit_logs_aws_region": "eu-west-1", "audit_logs_aws_trail_arn": ARN}, {}, "is only for the mode existing_trail"),
    (ORGANIZATION, {"audit_logs_aws_region": "us-east-1"}, "audit_logs_aws_region differs between members (us-east-1, eu-west-1)"),
    (ORGANIZATION, {"aws_trail_name": "mine"}, "aws_trail_name differs between members (mine, audit-logs-organization)"),
    (ORGANIZATION, {"audit_logs_aws_trail_arn": ARN}, "audit_logs_aws_trail_arn is only for the mode existing_trail"),
    ({**ORGANIZATION, "audit_logs_aws_management_account_id": ""}, {}, "audit_logs_aws_management_account_id is missing"),
    ({**ORGANIZATION, "audit_logs_aws_management_account_id": "1"}, {}, "account id '1' is not a string of 12 digits"),
    ({**ORGANIZATION, "aws_trail_bucket_organization_id": ""}, {}, "aws_trail_bucket_organization_id is missing"),
    ({**ORGANIZATION, "audit_logs_aws_trail_account_id": "999999999999"}, {}, "no host of aws_members has the account id 999999999999"),
    ({**ORGANIZATION, "aws_trail_is_organization_trail": True}, {}, "aws_trail_is_organization_trail cannot be set in an inventory"),
    ({"audit_logs_aws_region": "eu-west-1", "audit_logs_aws_trail_account_id": "222222222222"}, {}, "is only for the mode organization"),
    ({"audit_logs_aws_region": "eu-west-1", REGISTER: True}, {}, f"{REGISTER} is only for the mode organization_trail"),
    ({**ORGANIZATION, "audit_logs_aws_trail_account_id": "333333333333"}, {REGISTER: True}, f"{REGISTER} differs between members"),
    ({**ORGANIZATION, REGISTER: True}, {}, f"{REGISTER}: the management account 222222222222 has the trail and needs no registration"),
    ({**ORGANIZATION, REGISTER: True, "audit_logs_aws_management_account_id": "999999999999",
      "audit_logs_aws_trail_account_id": "333333333333"}, {}, f"{REGISTER}: only the management account 999999999999 can"),
    ({"audit_logs_aws_mode": "existing"}, {}, "audit_logs_aws_mode: 'existing' is not one of account_trails, organization_trail, existing_trail"),
    ({**EXISTING, "aws_trail_owner_account_id": "123456789012"}, {}, "aws_trail_owner_account_id cannot be set in an inventory"),
])
def test_bad_variables(everywhere, of_team_a, sentence):
    problems = "\n".join(deployment(everywhere, **of_team_a)[0])
    assert sentence in problems, problems
