# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for settings of trails, and of buckets have in common: errors, throttling, secrets."""
from __future__ import annotations

import json

import pytest
from helpers.aws.modules import ACCESS_LOGS, ACCOUNT, BUCKET, TRAIL, Account, throttle

CASES = {
    "event selectors": ("cloudtrail_selectors", {"name": TRAIL, "event_selectors": [{"read_write_type": "WriteOnly"}]}),
    "insight selectors": ("cloudtrail_selectors", {"name": TRAIL, "insight_types": ["ApiCallRateInsight"]}),
    "selectors": ("cloudtrail_selectors_info", {"name": TRAIL}),
    "access logging": ("s3_bucket_logging", {"name": BUCKET, "target_bucket": "access-logs"}),
}


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a bucket and a trail, which may deliver without its prefix as well."""
    account = Account(aws)
    account.make_bucket(trails=[{"account_id": ACCOUNT}, {"account_id": ACCOUNT, "prefix": ""}])
    account.make_bucket("access-logs", policy=ACCESS_LOGS)
    account.make_trail()
    return account


@pytest.fixture(name="powerless")
def fixture_powerless(account):
    """The same account, by way of a role that may do nothing."""
    iam = account.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    answer = account.client("sts").assume_role(RoleArn=role, RoleSessionName="powerless")
    return account.with_credentials(answer["Credentials"])


@pytest.fixture(name="throttled")
def fixture_throttled(monkeypatch):
    """See module_runs.throttle."""
    return throttle(monkeypatch)


@pytest.mark.parametrize("case", [name for name in CASES if name != "access logging"])
def test_a_missing_trail(account, case):
    module, options = CASES[case]
    failed = account.run(module, **{**options, "name": "missing"})
    assert failed["failed"] and failed["writes"] == []
    assert failed["msg"].startswith("trail missing does not exist in eu-west-1")
    assert failed["error"]["code"] == "TrailNotFoundException"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("check", [False, True])
def test_access_denied(powerless, case, check):
    module, options = CASES[case]
    failed = powerless.run(module, check=check, **options)
    assert failed["failed"] and failed["writes"] == []
    assert failed["error"]["code"] in ("AccessDenied", "AccessDeniedException")
    assert failed["msg"].startswith("Failed to ") and f" the {case} of " in failed["msg"]
    assert "exception" not in failed["msg"].splitlines()[0].lower().replace("accessdeniedexception", "")


@pytest.mark.parametrize("case", CASES)
def test_throttling_is_waited_out(account, throttled, case):
    operations = ["GetEventSelectors", "GetInsightSelectors", "GetBucketLogging"]
    operations += ["PutEventSelectors", "PutInsightSelectors", "PutBucketLogging"]
    throttled.left.update(dict.fromkeys(operations, 4))  # botocore itself gives up after three
    module, options = CASES[case]
    done = account.run(module, **options)
    assert "failed" not in done, done["msg"]
    assert throttled.tried[:5] == [throttled.tried[0]] * 5
    assert done["changed"] is (module != "cloudtrail_selectors_info")


def test_throttling_without_end(account, throttled):
    throttled.left["GetEventSelectors"] = 1000
    failed = account.run("cloudtrail_selectors_info", name=TRAIL)
    assert failed["error"]["code"] == "ThrottlingException"
    assert failed["msg"].startswith("Failed to get the selectors of trail audit-logs: ")
    assert 20 < len(throttled.tried) <= 50  # ten of ours times five of botocore's


@pytest.mark.parametrize("module, options", CASES.values(), ids=CASES)
def test_secrets_stay_out_of_the_result(account, module, options):
    for given in (options, {**options, "name": "missing"}):
        text = json.dumps(account.run(module, **given))
        assert account.credentials.secret_key not in text
        assert account.credentials.token not in text
