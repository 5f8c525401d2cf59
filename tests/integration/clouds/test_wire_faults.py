# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of single calls, as a client of HTTP sees them, and what they leave behind in the cloud."""
from __future__ import annotations

import contextlib

import boto3
import pytest
from alibabacloud_ram20150501 import models as ram
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError
from clouds.alibaba.cloud import MANAGEMENT_ACCOUNT as ALIBABA
from clouds.aws.accounts import MANAGEMENT_ACCOUNT as AWS
from clouds.wire_faults import Fault, Kind
from helpers.alibaba.identities import trust

DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}]}')


class OnAws:
    """CreateRole on the local AWS, whose client tries nothing twice."""

    account, service = AWS, "iam"

    def __init__(self, aws):
        self.cloud = aws
        config = BotoConfig(retries={"total_max_attempts": 1}, read_timeout=5)
        names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
                 "AWS_ENDPOINT_URL": "endpoint_url", "AWS_DEFAULT_REGION": "region_name"}
        self._client = boto3.client("iam", config=config, **{names[name]: value for name, value in aws.environment.items()})

    def fault(self, kind, **options):
        self.cloud.faults.set(Fault(kind, self.account, self.service, "CreateRole", **options))

    def create(self, name):
        self._client.create_role(RoleName=name, AssumeRolePolicyDocument=DOCUMENT)

    def is_there(self, name):
        return name in [role["RoleName"] for role in self.cloud.session().client("iam").list_roles()["Roles"]]


class OnAlibaba:
    """The same on the local Alibaba Cloud."""

    account, service = ALIBABA, "Ram"

    def __init__(self, alibaba):
        self.cloud = alibaba
        from alibabacloud_ram20150501.client import Client

        key = alibaba.credential()
        self._client = Client(Config(
            access_key_id=key.access_key_id, access_key_secret=key.secret, endpoint="ram.aliyuncs.com", protocol="HTTP",
            http_proxy=alibaba.url, read_timeout=5000))

    def fault(self, kind, **options):
        self.cloud.faults.set(Fault(kind, self.account, self.service, "CreateRole", **options))

    def create(self, name):
        self._client.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=trust(f"acs:ram::{ALIBABA}:root")))

    def is_there(self, name):
        return name.lower() in self.cloud.cloud.accounts[ALIBABA].ram.roles


@pytest.fixture(name="on", params=["aws", "alibaba"])
def fixture_on(request):
    return (OnAws if request.param == "aws" else OnAlibaba)(request.getfixturevalue(request.param))


@pytest.mark.parametrize("kind", Kind)
def test_once(on, kind):
    """The first call fails, and has been carried out or not; the next one is answered."""
    on.fault(kind)
    with pytest.raises(Exception) as raised:
        on.create("first")
    assert not isinstance(raised.value, AssertionError)
    assert on.is_there("first") == (not kind.is_before), raised.value
    on.create("second")
    assert on.is_there("second") and len(on.cloud.faults.taken) == 1


def test_two_calls_of_an_action(on):
    """A call that is tried again is the same call."""
    first, third = (Fault(Kind.THROTTLING, on.account, on.service, "CreateRole", occurrence=number) for number in (1, 3))
    on.cloud.faults.set(first, third)
    for name, is_good in (("first", False), ("first", True), ("second", True), ("third", False), ("third", True)):
        with contextlib.nullcontext() if is_good else pytest.raises(Exception):
            on.create(name)
    assert on.cloud.faults.taken == [first, third]


def test_the_second_and_all_after_it(on):
    on.fault(Kind.RESET, occurrence=2, is_lasting=True)
    on.create("first")
    for name in ("second", "third"):
        with pytest.raises(Exception):
            on.create(name)
        assert not on.is_there(name)
    on.cloud.faults.set()
    on.create("third")


def test_codes_of_throttling(aws, alibaba):
    on = OnAws(aws)
    on.fault(Kind.THROTTLING)
    with pytest.raises(ClientError) as raised:
        on.create("first")
    assert raised.value.response["Error"]["Code"] == "Throttling"
    on = OnAlibaba(alibaba)
    on.fault(Kind.THROTTLING)
    with pytest.raises(AlibabaCloudException) as raised:
        on.create("first")
    assert raised.value.code == "Throttling.User"


def test_the_account_of_a_role(aws):
    """AssumeRole is a call for the account of the role, whoever calls."""
    aws.faults.set(Fault(Kind.ERROR, "222222222222", "sts", "AssumeRole", is_lasting=True))
    aws.session("111111111111")
    with pytest.raises(ClientError, match="InternalFailure"):
        aws.session("222222222222")
