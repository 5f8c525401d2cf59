# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local clouds, with a caller that has the permissions that checks say they need, and no others."""
from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws

from . import alibaba as alibaba_checks
from . import aws as aws_checks
from .alibaba.account import Alibaba
from .aws.account import Aws
from .check import Check
from .clock import LocalClock
from .undo import Signals, Undo

AWS_ACCOUNT = "222222222222"
ALIBABA_MEMBER = "2000000000000002"
_ROLE = "conformance"


@contextlib.contextmanager
def aws(checks: Sequence[Check], signals: Signals, tell: Any) -> Iterator[Aws]:
    """A member account of a new local AWS."""
    with LocalAws() as cloud:
        yield aws_in(cloud, checks, signals, tell)


def aws_in(cloud: LocalAws, checks: Sequence[Check], signals: Signals, tell: Any, url: str | None = None) -> Aws:
    """The same in a local AWS that is there.

    :param url: another address of it.
    """
    administrator = cloud.session(AWS_ACCOUNT)
    iam = administrator.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{AWS_ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}))
    iam.put_role_policy(RoleName=_ROLE, PolicyName=_ROLE, PolicyDocument=json.dumps(aws_checks.policy(checks, "aws")))
    credentials = administrator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{AWS_ACCOUNT}:role/{_ROLE}", RoleSessionName=_ROLE)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"], region_name=administrator.region_name)
    clock = LocalClock(cloud.clock)
    return Aws(session, clock, Undo(signals, clock, tell), url or cloud.url)


@contextlib.contextmanager
def alibaba(checks: Sequence[Check], signals: Signals, tell: Any) -> Iterator[Alibaba]:
    """The management account of a new local Alibaba Cloud."""
    with LocalAlibaba() as cloud:
        yield alibaba_in(cloud, checks, signals, tell)


def alibaba_in(cloud: LocalAlibaba, checks: Sequence[Check], signals: Signals, tell: Any, url: str | None = None) -> Alibaba:
    """The same in a local Alibaba Cloud that is there.

    :param url: another address of it.
    """
    clock = LocalClock(cloud.cloud.clock)
    undo = Undo(signals, clock, tell)
    region, settings = "cn-hangzhou", {"protocol": "HTTP", "http_proxy": cloud.url}

    def caller(account_id: str | None, policy: dict[str, Any]) -> Alibaba:
        administrator = Alibaba(lambda: _keys(cloud.credential(account_id)), region, clock, undo, **settings)
        return Alibaba(_user(administrator, policy), region, clock, undo, **{**settings, "http_proxy": url or cloud.url})

    account = caller(None, alibaba_checks.policy(checks))
    if any(check.member_permissions for check in checks):
        account.member = caller(ALIBABA_MEMBER, alibaba_checks.policy(checks, in_member=True))
    return account


def _user(administrator: Alibaba, policy: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Create a user with a policy; returns what gives its credentials."""
    ram = functools.partial(administrator.call, "ram")
    ram("CreateUser", UserName=_ROLE)
    ram("CreatePolicy", PolicyName=_ROLE, PolicyDocument=json.dumps(policy))
    ram("AttachPolicyToUser", PolicyName=_ROLE, PolicyType="Custom", UserName=_ROLE)
    key = ram("CreateAccessKey", UserName=_ROLE)["AccessKey"]
    return lambda: {"access_key_id": key["AccessKeyId"], "access_key_secret": key["AccessKeySecret"]}


def _keys(credential: Any) -> dict[str, Any]:
    return {"access_key_id": credential.access_key_id, "access_key_secret": credential.secret, "security_token": credential.token}
