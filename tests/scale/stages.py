# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local clouds, as the benchmark sees them: what they hold, and what was called."""
from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Self

from botocore.exceptions import ClientError
from helpers.aws import deployments
from helpers.alibaba.clients import Clients
from clouds.alibaba import Fault, LocalAlibaba, state
from clouds.aws import LocalAws
from clouds.calls import Call

from . import jobs

# Longer than any run: deliveries are work of the cloud, and a log group without logs goes when it is to be deleted.
_NEVER = 1e9
_SOON = 2.0  # seconds from an event to its delivery
_SESSION = ("AssumeRole",)
# What differs from run to run: times, and ids that the service makes.
_PASSING = {"attached", "created", "events", "id", "modified", "started", "updated"}


class _Stage:
    """A local cloud with deployments; a context manager.

    :param count: of members.
    :param latency: seconds that each call takes longer.
    """

    name: str
    title: str

    def __init__(self, count: int, latency: float) -> None:
        self.deployments = getattr(jobs, self.name)(count)
        self.members = {member for deployment in self.deployments for member in deployment.members}
        self.latency = latency
        self.calls: list[Call] = []
        self._server = self._make()

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._server.__exit__(*error)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point clients here."""
        return self._server.environment

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._server.url

    @property
    def accounts(self) -> list[str]:
        """Ids of all accounts of the deployments."""
        return [account for deployment in self.deployments for account in (deployment.archive, *deployment.members)]

    def reset(self) -> None:
        """Empty all accounts."""
        self._server.reset()
        self._be_slow(self.latency)
        self.calls.clear()

    def holdings(self) -> dict[str, Any]:
        """What each account has, without what differs from run to run. Is no call that counts."""
        self._be_slow(0.0)
        found = {account: self._look_into(account) for account in self.accounts}
        self._be_slow(self.latency)
        self.calls.clear()
        return found

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each account was asked what since the last look; see the record of calls."""
        found = Counter(self._described(call) for call in self.calls)
        self.calls.clear()
        return found

    def writes(self) -> list[str]:
        """The calls since the last look that change something."""
        return [str(call) for call in self.calls if not call.read_only and call.action not in _SESSION]

    @contextlib.contextmanager
    def delivering(self) -> Iterator[None]:
        """Let the cloud deliver audit events, and forget them in the end."""
        yield

    def _described(self, call: Call) -> tuple[str, str]:
        account = call.account
        if call.action in _SESSION:
            account = next(iter(re.findall(r"\b(?:\d{12}|\d{16})\b", call.subject)), account)
        text = f"{call.service}:{call.action} {call.subject}".replace(account, "ACCOUNT")
        return account, re.sub(r"\s+", " ", text).strip()

    def _make(self) -> Any:
        raise NotImplementedError

    def _be_slow(self, seconds: float) -> None:
        raise NotImplementedError

    def _look_into(self, account: str) -> Any:
        raise NotImplementedError


class Aws(_Stage):
    """The local AWS."""

    name = "aws"
    title = "AWS"

    def session(self, account: str) -> Any:
        """A boto3 session in an account, as an administrator."""
        return self._server.session(account)

    @contextlib.contextmanager
    def delivering(self) -> Iterator[None]:
        self._server.delivery_interval = _SOON
        try:
            yield
        finally:
            self._server.delivery_interval = _NEVER
            self._server.clock.advance(_SOON)  # with the next call, what is under way arrives
            count = len(self.calls)
            for member in self.members:
                logs = self.session(member).client("logs")
                for group in logs.describe_log_groups()["logGroups"]:
                    for stream in logs.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
                        logs.delete_log_stream(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])
            del self.calls[count:]

    def _make(self) -> LocalAws:
        return LocalAws(0, self.calls.append, _NEVER)

    def _be_slow(self, seconds: float) -> None:
        self._server.latency = seconds

    def _look_into(self, account: str) -> Any:
        return AwsAccount(self._server, account).everything()


class AwsAccount(deployments.Account):
    """An account, and every setting of what our playbooks make."""

    def everything(self) -> dict[str, Any]:
        """What there is of their kinds, with its settings."""
        found = {
            "trails": {name: self._trail(trail) for name, trail in self.trails().items()},
            "log groups": {name: self._log_group(group) for name, group in self.log_groups().items()},
            "roles": {name: self._role(name) for name in self.roles()},
            "buckets": {name: self._bucket(name) for name in self.buckets()},
            "keys": {settings["alias"]: settings for settings in self._keys()},
        }
        # Keys have other ids each time; there is just one in a deployment.
        return json.loads(re.sub(r"\bkey/[0-9a-f-]{36}", "key/ID", json.dumps(found)))

    def _trail(self, trail: dict[str, Any]) -> dict[str, Any]:
        client, arn = self.client("cloudtrail"), trail["TrailARN"]
        return {
            **trail, "logging": client.get_trail_status(Name=arn)["IsLogging"],
            "selectors": client.get_event_selectors(TrailName=arn).get("EventSelectors"),
            "tags": client.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"],
        }

    def _log_group(self, group: dict[str, Any]) -> dict[str, Any]:
        name = group["logGroupName"]
        return {
            **{key: value for key, value in group.items() if key != "creationTime"},
            "tags": self.client("logs").list_tags_log_group(logGroupName=name)["tags"],
        }

    def _role(self, name: str) -> dict[str, Any]:
        iam = self.client("iam")
        role = iam.get_role(RoleName=name)["Role"]
        return {
            **{key: value for key, value in role.items() if key not in ("CreateDate", "RoleId", "RoleLastUsed")},
            "policies": {
                policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
            },
            "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
        }

    def _bucket(self, name: str) -> dict[str, Any]:
        s3 = self.client("s3")

        def read(operation, key, default=None):
            try:
                return getattr(s3, operation)(Bucket=name).get(key, default)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                return default

        return {
            "policy": json.loads(read("get_bucket_policy", "Policy", "null")),
            "encryption": read("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
            "versioning": read("get_bucket_versioning", "Status"),
            "public access": read("get_public_access_block", "PublicAccessBlockConfiguration"),
            "ownership": read("get_bucket_ownership_controls", "OwnershipControls"),
            "lifecycle": read("get_bucket_lifecycle_configuration", "Rules"),
            "tags": sorted(read("get_bucket_tagging", "TagSet", []), key=lambda tag: tag["Key"]),
        }

    def _keys(self) -> Iterable[dict[str, Any]]:
        kms = self.client("kms")
        aliases = {alias.get("TargetKeyId"): alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
        for key in self.live_keys():
            described = kms.describe_key(KeyId=key)["KeyMetadata"]
            tags = kms.list_resource_tags(KeyId=key)["Tags"]
            yield {
                "alias": aliases.get(key, ""),
                "description": described["Description"],
                "state": described["KeyState"],
                "policy": json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
                "rotation": kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
                "tags": sorted(tags, key=lambda tag: tag["TagKey"]),
            }


class Alibaba(_Stage):
    """The local Alibaba Cloud."""

    name = "alibaba"
    title = "Alibaba Cloud"

    def clients(self, account: str) -> Clients:
        """Clients in an account, as an administrator."""
        return Clients(self._server, self._server.credential(account))

    def _make(self) -> LocalAlibaba:
        return LocalAlibaba(on_call=self.calls.append)

    def _be_slow(self, seconds: float) -> None:
        self._server.bad_days(*([Fault(latency=seconds)] if seconds else []))

    def _look_into(self, account: str) -> Any:
        with self._server.cloud.lock:
            return lasting(state.dump(self._server.cloud, account))


def lasting(value: Any) -> Any:
    """A value without what differs from run to run; JSON in text is read, so that its form does not matter."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in _PASSING}
    if isinstance(value, list):
        return [lasting(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def differences(one: Any, other: Any, path: str = "") -> Iterable[str]:
    """Where two trees differ, a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{path}/{key}")
    elif one != other:
        yield f"{path}: {json.dumps(one)} / {json.dumps(other)}"
