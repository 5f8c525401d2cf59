# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session in an account: by a role or without one, and never in another account."""
from __future__ import annotations

import datetime
import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.endpoint import Endpoint
from botocore.exceptions import EndpointConnectionError
from clouds.aws import Windows
from clouds.aws.accounts import iam as iam_roles
from helpers.aws.modules import ACCOUNT, OTHER, REGION, Account, throttle

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import retry

ROLE_ARN = f"arn:aws:iam::{OTHER}:role/collector"
SESSION_ARN = f"arn:aws:sts::{OTHER}:assumed-role/collector/crossaccount.audit_logs"
IN_ROLE = {"account_id": OTHER, "role": "collector"}
HERE = {"account_id": ACCOUNT}


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with whose credentials a role of another can be assumed, by an external id."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "audit-7f3a"}},
            }
        ],
    }
    iam = Account(aws, OTHER).client("iam")
    iam.create_role(RoleName="collector", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=7200)
    aws.calls.clear()
    return Account(aws)


@pytest.fixture(name="throttled")
def fixture_throttled(monkeypatch):
    """See module_runs.throttle."""
    return throttle(monkeypatch)


def in_role(account, **options):
    """Run the module for the role."""
    return account.run("aws_session", **{**IN_ROLE, "external_id": "audit-7f3a", **options})


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("role", ["collector", ROLE_ARN])
def test_role(account, role, check):
    found = in_role(account, role=role, check=check)
    assert found["calls"] == ["sts:AssumeRole"]
    assert found["changed"] is False and found["arn"] == SESSION_ARN
    connection = found["connection"]
    assert set(connection) == {"region", "endpoint_url", "profile", "access_key", "secret_key", "session_token"}
    assert connection["profile"] == ""  # so that a module does not take one from the environment besides
    assert connection["region"] == REGION and connection["endpoint_url"] == account.aws.url
    inside = account.run("aws_session", account_id=OTHER, **connection)
    assert inside["arn"] == SESSION_ARN


def test_another_session_is_another(account):
    keys = {in_role(account)["connection"]["access_key"] for _time in range(2)}
    assert len(keys) == 2 and account.credentials.access_key not in keys


@pytest.mark.parametrize("check", [False, True])
def test_without_a_role(account, check):
    found = account.run("aws_session", check=check, **HERE)
    assert found["calls"] == ["sts:GetCallerIdentity"]
    assert found["changed"] is False and found["arn"].split(":")[4] == ACCOUNT
    assert found["connection"] == {"region": REGION, "endpoint_url": account.aws.url}


def test_profile(account, monkeypatch, tmp_path):
    """A profile remains one for other modules, unless a role was assumed with it."""
    keys = account.credentials
    lines = ["[ours]", f"aws_access_key_id = {keys.access_key}", f"aws_secret_access_key = {keys.secret_key}"]
    lines += [f"aws_session_token = {keys.token}"] if keys.token else []
    (tmp_path / "credentials").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    options = {"profile": "ours", **dict.fromkeys(("access_key", "secret_key", "session_token"))}
    connection = account.run("aws_session", **HERE, **options)["connection"]
    assert connection["profile"] == "ours"
    assert [connection[name] for name in ("access_key", "secret_key", "session_token")] == ["", "", ""]
    assert in_role(account, **options)["connection"]["profile"] == ""


def test_length(account):
    in_role(account, duration_seconds=7200)
    failed = in_role(account, duration_seconds=7201)
    assert failed["failed"] and failed["error"]["code"] == "ValidationError"
    assert failed["msg"].startswith(f"Failed to assume the role {ROLE_ARN} with the credentials of the options: ")


@pytest.mark.parametrize("region, partition", [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_a_name_is_that_of_a_role_in_the_partition(account, region, partition):
    failed = in_role(account, region=region)
    assert failed["msg"].startswith(f"Failed to assume the role arn:{partition}:iam::{OTHER}:role/collector with the credentials of the options: ")


@pytest.mark.parametrize("region, host", [
    ("eu-west-1", "sts.eu-west-1.amazonaws.com"), ("us-east-1", "sts.us-east-1.amazonaws.com"),
    ("af-south-1", "sts.af-south-1.amazonaws.com"), ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
])
@pytest.mark.parametrize("in_profile", [False, True])
def test_the_endpoint_is_regional(account, monkeypatch, tmp_path, region, host, in_profile):
    """Opt-in regions reject the tokens of the global endpoint, also those that a profile gets."""
    asked = []

    def send(endpoint, request):
        asked.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)

    monkeypatch.setattr(Endpoint, "_send", send)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    options = {"region": region, "endpoint_url": None}
    if in_profile:
        profile = f"[profile ours]\nrole_arn = {ROLE_ARN}\nsource_profile = base\nregion = {region}\n"
        (tmp_path / "config").write_text(f"{profile}sts_regional_endpoints = legacy\n", encoding="utf-8")
        (tmp_path / "credentials").write_text("[base]\naws_access_key_id = a\naws_secret_access_key = b\n", encoding="utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        options |= {"profile": "ours", **dict.fromkeys(("access_key", "secret_key", "session_token"))}
    assert in_role(account, **options)["failed"]
    assert set(asked) == {f"https://{host}/"}


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken"])
def test_a_rejected_token(account, monkeypatch, code):
    """The services have several names for that, and none of them says why."""
    error = {"Error": {"Code": code, "Message": "The security token included in the request is invalid."},
             "ResponseMetadata": {"HTTPStatusCode": 403}}
    answer = SimpleNamespace(status_code=403, headers={}), error
    monkeypatch.setattr(Endpoint, "_get_response", lambda *_arguments: (answer, None))
    failed = account.run("cloudtrail_selectors_info", name="audit-logs")
    assert failed["error"]["code"] == code
    assert failed["msg"].endswith(
        " is invalid. Check that the access key exists and is active. If the keys are valid and not expired, this region is not enabled in the"
        " account, or the session token comes"
        " from the global endpoint of STS, whose tokens opt-in regions reject: enable the region, or get the credentials from a"
        " regional endpoint (AWS_STS_REGIONAL_ENDPOINTS=regional)"
    )


@pytest.mark.parametrize("options", [{"account_id": OTHER}, {**IN_ROLE, "account_id": ACCOUNT, "role": ROLE_ARN}])
def test_another_account(account, options):
    failed = account.run("aws_session", external_id="audit-7f3a", **options)
    named = options["account_id"]
    belongs = OTHER if named == ACCOUNT else ACCOUNT
    assert failed["failed"] and "connection" not in failed
    assert failed["msg"] == (
        f"These credentials belong to account {belongs}, but the inventory says {named}: correct account_id, or give a role, a"
        f" profile or credentials of account {named}"
    )


def test_access_denied(account):
    failed = in_role(account, external_id="wrong")
    assert failed["failed"] and failed["error"]["code"] == "AccessDenied"
    assert failed["msg"].startswith(f"Failed to assume the role {ROLE_ARN} with the credentials of the options: An error occurred (AccessDenied)")


@pytest.fixture(name="new_role")
def fixture_new_role(aws, monkeypatch):
    """An account with a role that IAM accepted a moment ago and STS does not see for 14 seconds, in the time of the local AWS."""
    monkeypatch.setattr(aws, "windows", Windows(iam=14))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    account = Account(aws)
    keys = account.credentials
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    # Not with the account's own clients: these are observers, whose changes are seen at once.
    iam = boto3.client(
        "iam", endpoint_url=aws.url, region_name=REGION, aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token)
    iam.create_role(RoleName="new", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}))
    return account


def test_a_new_role_is_waited_for_on_request(new_role):
    denied = new_role.run("aws_session", role="new", **HERE)
    assert denied["error"]["code"] == "AccessDenied" and denied["calls"] == ["sts:AssumeRole"]
    done = new_role.run("aws_session", role="new", wait_for_new_role=True, **HERE)
    assert "failed" not in done, done
    assert done["calls"] == ["sts:AssumeRole", "iam:GetRole", *["sts:AssumeRole"] * (len(done["calls"]) - 2)] and len(done["calls"]) > 2


@pytest.mark.parametrize("age, tries", [(60, "several"), (130, "one")])
def test_a_role_that_stays_denied(aws, monkeypatch, age, tries):
    """The wait ends when the role is two minutes old."""
    slept = []
    monkeypatch.setattr(retry, "time", SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept)))
    account = Account(aws)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account.client("iam").create_role(
        RoleName="closed", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}))
    [role] = [role for role in iam_roles(ACCOUNT).roles.values() if role.name == "closed"]
    role.create_date -= datetime.timedelta(seconds=age)
    denied = account.run("aws_session", role="closed", wait_for_new_role=True, **HERE)
    assert denied["error"]["code"] == "AccessDenied"
    assert bool(slept) == (tries == "several") and (not slept or 20 <= sum(slept) <= 66)  # a slow machine takes its time as well


def test_a_role_of_another_account_is_not_waited_for(account):
    denied = in_role(account, external_id="wrong", wait_for_new_role=True)
    assert denied["error"]["code"] == "AccessDenied" and denied["calls"] == ["sts:AssumeRole", "iam:GetRole"]


def test_credentials_that_there_are_not(account):
    failed = account.run("aws_session", **HERE, access_key="AKIAIOSFODNN7EXAMPLE")
    assert failed["failed"] and failed["error"]["code"] == "InvalidClientTokenId"
    assert failed["msg"].startswith("Failed to ask who the caller is with the credentials of the options: ")


def test_the_account_of_the_credentials(account):
    done = account.run("aws_session")
    assert done["account_id"] == done["arn"].split(":")[4] and done["calls"] == ["sts:GetCallerIdentity"]


def test_bad_arguments(account):
    without = account.run("aws_session", role="Audit")
    short, long = in_role(account, account_id="1"), in_role(account, duration_seconds="1h")
    assert without["msg"].startswith("account id null is not a string of 12 digits")
    assert short["msg"].startswith("account id '1' is not a string of 12 digits: ")
    assert "argument 'duration_seconds' is of type " in long["msg"]
    assert without["calls"] == short["calls"] == long["calls"] == []


@pytest.mark.parametrize("options, operation", [(IN_ROLE, "AssumeRole"), (HERE, "GetCallerIdentity")])
def test_throttling_is_waited_out(account, throttled, options, operation):
    throttled.left[operation] = 4  # botocore itself gives up after three
    done = account.run("aws_session", external_id="audit-7f3a", **options)
    assert "failed" not in done, done["msg"]
    assert throttled.tried == [operation] * 5


@pytest.mark.parametrize("options", [HERE, {"account_id": OTHER}, {**IN_ROLE, "external_id": "wrong"}, IN_ROLE])
def test_secrets_stay_out_of_the_result(account, options):
    """Ours always, and those of the session where there is none to return."""
    found = account.run("aws_session", **{"external_id": "audit-7f3a", **options})
    text = json.dumps(found)
    assert account.credentials.secret_key not in text
    assert not account.credentials.token or account.credentials.token not in text
    assert ("secret_key" in text) == (found.get("arn") == SESSION_ARN)
