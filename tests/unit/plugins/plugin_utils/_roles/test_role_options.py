# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a role, read from the variables of a host without a template for each of them."""
from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleValueOmittedError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles import (
    aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation)
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import Options, OptionsError

HOST = {"account_id": "111111111111", "audit_logs_aws_region": "eu-west-1", "aws_trail_bucket_name": "logs"}


def resolve(value):
    """As Ansible's templar: of its expressions, these two."""
    if value == "{{ omit }}":
        raise AnsibleValueOmittedError()
    if value == "{{ nowhere }}":
        raise AnsibleError("'nowhere' is undefined")
    return value


def options(role="aws_trail", **variables):
    return Options(role, {**HOST, **variables}, resolve)


def trail(**variables):
    return aws_trail.plan(options(**variables))["trail"]


@pytest.mark.parametrize("text, value", [("n", False), (0.0, False), (0, False), ("yes", True), (True, True)])
def test_a_boolean_has_one_meaning(text, value):
    assert options(aws_trail_enable_logging=text)["enable_logging"] is value


def test_numbers_from_an_ini_inventory():
    variables = {"aws_trail_bucket_expiration_days": "0", "aws_trail_bucket_transition_days": "90"}
    bucket = aws_trail_bucket.plan(options("aws_trail_bucket", **variables))["s3_bucket"]
    assert bucket["lifecycle"] == {"transition_days": 90, "storage_class": "GLACIER", "minimum_object_size": 1}


@pytest.mark.parametrize("storage_class, size", [("DEEP_ARCHIVE", 1), ("INTELLIGENT_TIERING", None), ("STANDARD_IA", None)])
def test_small_log_files_only_change_to_classes_that_have_no_least_size(storage_class, size):
    variables = {"aws_trail_bucket_transition_days": 90, "aws_trail_bucket_transition_storage_class": storage_class}
    bucket = aws_trail_bucket.plan(options("aws_trail_bucket", **variables))["s3_bucket"]
    assert bucket["lifecycle"].get("minimum_object_size") == size


@pytest.mark.parametrize("variables", [{}, {"aws_trail_is_multi_region_trail": "{{ omit }}"}, {"aws_trail_is_multi_region_trail": None}])
def test_what_is_not_given_has_its_default(variables):
    assert options(**variables)["is_multi_region_trail"] is True


@pytest.mark.parametrize("variables, name", [
    ({}, "audit-logs"), ({"aws_trail_name": "{{ omit }}"}, "audit-logs"), ({"aws_trail_name": "", "audit_logs_deployment": ""}, "audit-logs"),
    ({"audit_logs_deployment": "prod"}, "audit-logs-prod"), ({"audit_logs_deployment": "prod", "aws_trail_name": "a"}, "a"),
])
def test_the_name_of_a_trail(variables, name):
    assert aws_trail.plan(options(**variables))["trail"]["name"] == name
    of_group = aws_trail_cloudwatch.plan(options("aws_trail_cloudwatch", **variables))
    assert of_group["log_group"]["name"] == f"{name}-cloudtrail-log-group"


class TestDeployment:
    """Whose the resources of a role are."""

    ROLES = {"aws_trail": aws_trail, "aws_trail_bucket": aws_trail_bucket, "aws_trail_cloudwatch": aws_trail_cloudwatch,
             "aws_trail_validation": aws_trail_validation}

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("variables, name, earlier", [
        ({}, "logs", []),
        ({"audit_logs_deployment": "", "audit_logs_previous_deployments": ""}, "logs", []),
        ({"audit_logs_deployment": "prod", "audit_logs_previous_deployments": ["logs"]}, "prod@logs", ["logs"]),
    ])
    def test_by_default_the_bucket_says(self, role, variables, name, earlier):
        for state in ("present", "absent"):
            found = self.ROLES[role].plan(options(role, **variables, **{f"{role}_state": state}))
            assert (found["deployment"], found["previous_deployments"]) == (name, earlier)

    @pytest.mark.parametrize("role", ROLES)
    def test_an_option_says(self, role):
        given = {f"{role}_deployment": "mine", f"{role}_previous_deployments": "old,older"}
        found = self.ROLES[role].plan(options(role, **given))
        assert (found["deployment"], found["previous_deployments"]) == ("mine", ["old", "older"])

    @pytest.mark.parametrize("role", ["aws_trail", "aws_trail_cloudwatch"])
    def test_nothing_says(self, role):
        with pytest.raises(OptionsError, match=f"{role}_deployment is missing: give it, or aws_trail_bucket_name for all roles"):
            self.ROLES[role].plan(options(role, **{"aws_trail_bucket_name": "", f"{role}_state": "absent"}))


@pytest.mark.parametrize("length", [3, 42, 43, 63])
def test_the_name_of_the_role_for_validation(length):
    """IAM takes 64 characters."""
    found = aws_trail_validation.plan(options("aws_trail_validation", aws_trail_bucket_name="b" * length))["iam_role"]["name"]
    assert found == "b" * min(length, 42) + "-cloudtrail-validation" and checks.role_name(found) is None


@pytest.mark.parametrize("variables, sentence", [
    ({"aws_trail_enable_logging": "perhaps"}, "aws_trail_enable_logging: "),
    ({"aws_trail_name": "{{ nowhere }}"}, "aws_trail_name: 'nowhere' is undefined"),
    ({"account_id": ""}, "aws_trail_account_id is missing: give it, or account_id for all roles"),
    ({"audit_logs_aws_region": None}, "aws_trail_region is missing: give it, or audit_logs_aws_region for all roles"),
    ({"aws_trail_bucket_name": ""}, "aws_trail_s3_bucket_name is missing: give it, or aws_trail_bucket_name for all"),
])
def test_what_is_wrong_is_said_with_its_name(variables, sentence, monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OptionsError) as error:
        aws_trail.plan(options(**variables))
    assert str(error.value).startswith(sentence)


def test_a_policy_that_is_too_large():
    trails = [{"account_id": f"{number:012}"} for number in range(100)]
    with pytest.raises(OptionsError, match="^aws_trail_bucket: the policy of bucket logs for 100 trails has"):
        aws_trail_bucket.plan(options("aws_trail_bucket", aws_trail_bucket_trails=trails))


def test_the_region_of_the_environment(monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert options(audit_logs_aws_region="").region() == "eu-north-1"
    assert options().region() == "eu-west-1"


class TestKey:
    """The KMS key of a trail."""

    def test_none(self):
        assert "kms_key_id" not in trail() and "kms_key_id" not in trail(audit_logs_aws_key_arn="")

    @pytest.mark.parametrize("checked", [False, True])
    def test_of_the_bucket(self, checked):
        found = trail(audit_logs_aws_key_arn="of bucket", aws_trail_kms_key_checked=checked)
        assert (found["kms_key_id"], found["kms_key_checked"]) == ("of bucket", checked)

    def test_of_its_own(self):
        """Nobody has checked it yet."""
        found = trail(audit_logs_aws_key_arn="of bucket", aws_trail_kms_key_checked=True, aws_trail_kms_key_id="own")
        assert (found["kms_key_id"], found["kms_key_checked"]) == ("own", False)

    def test_is_taken_off(self):
        assert trail(audit_logs_aws_key_arn="of bucket", aws_trail_kms_key_id="none")["kms_key_id"] == ""
        assert trail(audit_logs_aws_key_arn="of bucket", aws_trail_kms_key_id="")["kms_key_id"] == "of bucket"

    def test_not_known(self):
        with pytest.raises(OptionsError, match="this run does not know the ARN of the key. Add the archive account"):
            trail(audit_logs_aws_key_arn=None)
        assert trail(audit_logs_aws_key_arn=None, aws_trail_kms_key_id="own")["kms_key_id"] == "own"
        assert "kms_key_id" not in trail(audit_logs_aws_key_arn=None, aws_trail_state="verified")


def test_the_log_group_of_a_trail():
    found = aws_trail.plan(options(audit_logs_aws_cloudwatch=True, aws_trail_cloudwatch_retention_days=90))
    assert found["log_group"]["retention"] == 90
    group, role = (found["trail"][f"cloudwatch_logs_{name}_arn"] for name in ("log_group", "role"))
    assert group == "arn:aws:logs:eu-west-1:111111111111:log-group:audit-logs-cloudtrail-log-group:*"
    assert role == "arn:aws:iam::111111111111:role/audit-logs-cloudtrail-cloudwatch"
    assert found["iam_role"]["policy"]["Statement"][0]["Resource"] == group
    for variables in ({"audit_logs_aws_cloudwatch": True}, {}):
        removed = trail(aws_trail_cloudwatch_logs_log_group_arn="none", **variables)
        assert removed["cloudwatch_logs_log_group_arn"] == removed["cloudwatch_logs_role_arn"] == ""


def test_an_owner_of_a_trail_that_is_of_no_organization():
    """CloudTrail would create the trail in the account of the credentials, and the role would look for it in the other one."""
    with pytest.raises(OptionsError, match="aws_trail_owner_account_id: only a trail of an organization can have another owner"):
        trail(aws_trail_owner_account_id="999999999999")
    assert trail(aws_trail_owner_account_id="999999999999", aws_trail_is_organization_trail=True)["owner_id"] == "999999999999"


def test_access_logging():
    def logging(**variables):
        return aws_trail_bucket.plan(options("aws_trail_bucket", **variables))["s3_bucket"]["logging"]

    assert logging() is None and logging(aws_trail_bucket_logging_bucket="") is None  # left alone
    assert logging(aws_trail_bucket_logging_bucket="none") == {}
    assert logging(aws_trail_bucket_logging_bucket="others") == {"target_bucket": "others", "target_prefix": "logs/"}
    assert logging(aws_trail_bucket_logging_bucket="others", aws_trail_bucket_logging_prefix="none")["target_prefix"] == ""


def test_the_role_of_the_log_group_may_be_for_one_trail_only():
    trail_arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit-logs"
    for role, plan in (("aws_trail_cloudwatch", aws_trail_cloudwatch.plan), ("aws_trail", aws_trail.plan)):
        given = {"audit_logs_aws_cloudwatch": True, "aws_trail_name": "audit-logs"}
        statement, = plan(options(role, **given))["iam_role"]["assume_role_policy_document"]["Statement"]
        assert "Condition" not in statement
        given["aws_trail_cloudwatch_trust_only_trail"] = "yes"
        restricted, = plan(options(role, **given))["iam_role"]["assume_role_policy_document"]["Statement"]
        assert restricted == {**statement, "Condition": {"StringEquals": {"aws:SourceArn": trail_arn}}}
