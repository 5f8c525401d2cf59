# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody outside of a deployment may enter it: looked at after each call that changes something."""
from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from clouds.alibaba import LocalAlibaba, state
from clouds.aws.policy import Decision, Principal, Request, as_list, evaluate, parse
from clouds.calls import Call
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

_OUTSIDER = "999999999999"
_PARTITION = "aws"
_SERVICE = Principal(service="cloudtrail.amazonaws.com")
_ROOT = Principal(account=_OUTSIDER, arns=(f"arn:aws:iam::{_OUTSIDER}:root", f"arn:aws:iam::{_OUTSIDER}:role/outsider"))
_NOBODY = Principal()
_FROM_OUTSIDE = {
    "aws:SourceArn": f"arn:aws:cloudtrail:eu-west-1:{_OUTSIDER}:trail/audit-logs", "aws:SourceAccount": _OUTSIDER,
    "aws:SecureTransport": "true", "s3:x-amz-acl": "bucket-owner-full-control",
}
# Calls that can change who may do what.
_CHANGES = re.compile("Polic|^Create(Bucket|Key|Role)$|PublicAccessBlock|AssumeRole|UpdateRole|Grant|Acl$")


class Doors:
    """Doors that were open after a call.

    :param accounts: ids of all accounts of the deployment, and of those who may enter them.
    """

    def __init__(self, alibaba: LocalAlibaba, accounts: Collection[str]) -> None:
        self._alibaba, self._accounts = alibaba, accounts
        self.found: dict[str, list[str]] = {}  # by account

    def look(self, call: Call) -> None:
        """Look after a call; for the observer of a cloud."""
        if call.read_only or not _CHANGES.search(call.action) or call.account not in self._accounts:
            return
        doors = _on_aws(call.account) if len(call.account) == 12 else self._on_alibaba(call.account)
        for door in doors:
            self.found.setdefault(call.account, []).append(f"{door} after {call.action}")

    def _on_alibaba(self, account: str) -> Iterator[str]:
        with self._alibaba.cloud.lock:
            roles = state.dump(self._alibaba.cloud, account)["ram"]["roles"].values()
        for role in roles:
            statements = json.loads(role["trust"])["Statement"]
            principals = [name for one in statements for names in one.get("Principal", {}).values() for name in as_list(names)]
            for principal in principals:
                other = re.search(r"\d{15,20}", principal)
                if not role["service_linked"] and (principal == "*" or other and other[0] not in self._accounts):
                    yield f"role {role['name']} trusts {principal}"


def _on_aws(account: str) -> Iterator[str]:
    """The doors of an account that let somebody in who has no business there."""
    for bucket in list(s3_backends[account][_PARTITION].buckets.values()):
        if bucket.policy:
            document = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
            arn = f"arn:aws:s3:::{bucket.name}"
            yield from _open(f"bucket {bucket.name}", document, [
                ("s3:PutObject", f"{arn}/AWSLogs/{_OUTSIDER}/x"), ("s3:GetObject", f"{arn}/x"), ("s3:ListBucket", arn)])
    for region in ("eu-west-1",):
        for key in list(kms_backends[account][region].keys.values()):
            yield from _open(f"key {key.id}", key.policy, [("kms:GenerateDataKey", key.arn), ("kms:Decrypt", key.arn)])
    for role in list(iam_backends[account][_PARTITION].roles.values()):
        yield from _open(f"role {role.name}", role.assume_role_policy_document, [("sts:AssumeRole", None)], services=False)


def _open(what: str, document: str | dict, actions: list[tuple[str, str | None]], services: bool = True) -> Iterator[str]:
    policy = parse(document if isinstance(document, str) else json.dumps(document))
    for action, resource in actions:
        for who, principal in (("everybody", _NOBODY), ("another account", _ROOT), ("a trail of another account", _SERVICE)):
            if principal is not _SERVICE or services:
                if evaluate([policy], Request(action, resource, principal, _FROM_OUTSIDE)) is Decision.ALLOW:
                    yield f"{what} lets in {who} ({action})"
