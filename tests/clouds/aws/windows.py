# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consistency windows: for how long a change that was accepted is not in effect yet.

Each account has a time of its own, which passes by calls and not with the machine's time: so no test waits, and the same calls
have the same answers on every machine. A call takes 0.1 s. A call that is refused because of a window takes 5 s more, because
whoever made it waits before the next try.

What is not in effect yet is seen by calls as it was before. Deliveries of CloudTrail see what is there.
"""
from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from moto.iam.models import Role, User
from moto.kms.models import Key, kms_backends
from moto.logs.models import logs_backends
from moto.s3.models import FakeBucket, s3_backends

from ..clock import Clock
from .accounts import CLOUDTRAIL, MANAGEMENT_ACCOUNT, Principal, delegated_administrators, iam
from .calls import is_read_only
from .partition import partition
from .request import ApiRequest

OBSERVER = "local-aws-observer"  # in the user agent of callers that see no windows, see LocalAws.session
_CALL, _PAUSE = 0.1, 5.0  # seconds


@dataclass(frozen=True)
class Windows:
    """Seconds from a call to its effect; how long they are is estimated: assumption aws-window-lengths.

    :param cloudtrail: of its delegated administrators that CloudTrail registers: assumption aws-cloudtrail-administrator-visible.
    :param iam: of users, roles and their policies, for STS, authorization, principals in policies, and CloudTrail:
        assumption aws-iam-consistency.
    :param kms: of keys and key policies, for KMS itself, authorization and CloudTrail: assumption aws-kms-consistency.
    :param logs: of log groups, for CloudTrail: assumption aws-cloudtrail-dependencies-visible.
    :param s3: of buckets and bucket policies, for authorization and CloudTrail: assumption aws-s3-consistency.
    :param trail: after a change of a trail, for which it takes no other: assumption aws-cloudtrail-conflict.
    :param new_trail: for which a new trail is not found: assumption aws-cloudtrail-new-trail-visible.
    """

    cloudtrail: float = 0.0
    iam: float = 0.0
    kms: float = 0.0
    logs: float = 0.0
    s3: float = 0.0
    trail: float = 0.0
    new_trail: float = 0.0


NONE = Windows()
USUAL = Windows(cloudtrail=6.0, iam=4.0, kms=2.0, logs=2.0, s3=5.0, trail=3.0, new_trail=1.0)


@dataclass(frozen=True)
class Identity:
    """A user or role: its identity policies and, of a role, its trust policy."""

    policies: tuple[str, ...]
    trust: str = ""


def _identities(account: str) -> dict[str, Identity]:
    here = iam(account)
    return {owner.arn: _identity(account, owner) for owner in (*here.roles.values(), *here.users.values())}


def _identity(account: str, owner: User | Role) -> Identity:
    policies = tuple(Principal(account, owner.arn, owner.id, owner).policies())
    return Identity(policies, getattr(owner, "assume_role_policy_document", ""))


def _keys(account: str) -> dict[str, str]:
    return {key.arn: key.policy for backend in kms_backends[account].values() for key in backend.keys.values()}


def _groups(account: str) -> dict[str, None]:
    return dict.fromkeys(group.arn for backend in logs_backends[account].values() for group in backend.groups.values())


def _buckets(account: str) -> dict[str, str | bytes | None]:
    return {name: bucket.policy for name, bucket in s3_backends[account][partition()].buckets.items()}


def _administrators(_account: str) -> dict[str, None]:
    return dict.fromkeys(delegated_administrators(CLOUDTRAIL))


# By service: what others see of an account.
_READ: dict[str, Callable[[str], dict[str, Any]]] = {
    "cloudtrail": _administrators, "iam": _identities, "kms": _keys, "logs": _groups, "s3": _buckets,
}
# Operations that change that; of IAM, all that write.
_CHANGES = {
    "cloudtrail": {"DeregisterOrganizationDelegatedAdmin", "RegisterOrganizationDelegatedAdmin"},
    "kms": {"CreateKey", "PutKeyPolicy"},
    "logs": {"CreateLogGroup", "DeleteLogGroup"},
    "s3": {"CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy"},
}
CHANGES_OF_A_TRAIL = frozenset({
    "AddTags", "CreateTrail", "DeleteTrail", "PutEventSelectors", "PutInsightSelectors", "RemoveTags", "StartLogging",
    "StopLogging", "UpdateTrail",
})


class Consistency:
    """The windows that are open. Who uses it holds the cloud's lock.

    :param clock: of the cloud; to advance it ends windows.
    :param windows: how long changes are not in effect; can be replaced at any time, for later changes.
    """

    def __init__(self, clock: Clock, windows: Windows) -> None:
        self.windows = windows
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """No window is open."""
        self._spent: dict[str, float] = defaultdict(float)
        # Per service and account, what was there before each recent change: (time from which it is in effect, before).
        self._before: dict[tuple[str, str], deque[tuple[float, Mapping[str, Any]]]] = defaultdict(deque)
        self._busy: dict[str, float] = {}  # by the ARN of a trail, until when it takes no change
        self._hidden: dict[str, float] = {}  # until when it is not found
        self._consulted: set[str] = set()  # accounts whose open windows the call has met
        self._is_refused = False
        self._change: tuple[str, str, Mapping[str, Any]] | None = None

    def enter(self, request: ApiRequest) -> None:
        """A call begins."""
        if self.windows == NONE:
            return
        if is_observer(request):
            self.reset()
            return
        _ENTERED.set(self)
        self._consulted.clear()
        self._is_refused = False
        self._spent[request.account] += _CALL
        self._change = None
        changes = not is_read_only(request.action) if request.service == "iam" else request.action in _CHANGES.get(request.service, ())
        if changes:
            owner = _owner(request)
            self._change = request.service, owner, _READ[request.service](owner)

    def allow(self) -> None:
        """The call is authorized: the windows that it has met so far were no reason to refuse it."""
        self._consulted.clear()

    def refuse(self) -> None:
        """The call is refused by what was checked before moto does it."""
        self._is_refused = True

    def leave(self, request: ApiRequest, status: int) -> None:
        """The call is answered."""
        if _ENTERED.get() is not self:
            return
        _ENTERED.set(None)
        if status < 400:
            self._open(request)
        if self._consulted and (self._is_refused or request.action in ("DescribeTrails", "ListTrails")):
            for account in {request.account, *self._consulted}:
                self._spent[account] += _PAUSE

    def _open(self, request: ApiRequest) -> None:
        if self._change:
            service, owner, before = self._change
            self._before[service, owner].append((self._now(owner) + getattr(self.windows, service), before))
        if request.service == "cloudtrail" and request.action in CHANGES_OF_A_TRAIL:
            arn = trail_arn(request)
            self._busy[arn] = self._now(request.account) + self.windows.trail
            if request.action == "CreateTrail":
                self._hidden[arn] = self._now(request.account) + self.windows.new_trail

    def _now(self, account: str) -> float:
        return self._clock.moved + self._spent[account]

    def before(self, service: str, account: str) -> Mapping[str, Any] | None:
        """What is in effect in an account; None if it is what is there."""
        changes = self._before[service, account]
        while changes and changes[0][0] <= self._now(account):
            changes.popleft()
        if not changes:
            return None
        self._consulted.add(account)
        return changes[0][1]

    def is_open(self, until: Mapping[str, float], arn: str) -> bool:
        """Whether the window of a trail is open."""
        if arn not in until or until[arn] <= self._now(arn.split(":")[4]):
            return False
        self._consulted.add(arn.split(":")[4])
        return True

    def is_busy(self, arn: str) -> bool:
        """Whether a trail takes no change yet."""
        return self.is_open(self._busy, arn)

    def is_hidden(self, arn: str) -> bool:
        """Whether a trail is not found yet."""
        return self.is_open(self._hidden, arn)


# The windows of the cloud whose call this thread is answering; None if it is nobody's, or that of an observer.
_ENTERED: ContextVar[Consistency | None] = ContextVar("_ENTERED", default=None)


def _owner(request: ApiRequest) -> str:
    """The account whose resource a call changes."""
    if request.service == "s3":
        _bucket, account = s3_backends.bucket_accounts.get(request.parameters["Bucket"], (None, request.account))
        return account
    if request.service == "kms" and request.parameters.get("KeyId", "").startswith("arn:"):
        return request.parameters["KeyId"].split(":")[4]
    return request.account


def trail_arn(request: ApiRequest) -> str:
    """ARN of the trail that a call names."""
    name = next((request.parameters[key] for key in ("Name", "TrailName", "ResourceId") if key in request.parameters), "")
    if name.startswith("arn:"):
        return name
    return f"arn:{partition()}:cloudtrail:{request.region}:{request.owner}:trail/{name}"


# What is in effect, for who answers a call

def _before(service: str, account: str) -> Mapping[str, Any] | None:
    entered = _ENTERED.get()
    return entered.before(service, account) if entered else None


def identity(account: str, owner: User | Role) -> Identity | None:
    """A user or role, or None if it is not seen."""
    before = _before("iam", account)
    return _identity(account, owner) if before is None else before.get(owner.arn)


def is_observer(request: ApiRequest) -> bool:
    """Whether the caller looks at the cloud from outside, see LocalAws.session."""
    return OBSERVER in request.headers.get("user-agent", "")


def identity_policies(caller: Principal) -> Iterable[str]:
    """The identity policies of a caller."""
    before = _before("iam", caller.account)
    if before is None:
        return caller.policies()
    return before[caller.owner_arn].policies if caller.owner_arn in before else ()


def sees_administrator(account: str) -> bool:
    """Whether an account that is a delegated administrator is seen as one; always true for other accounts."""
    before = _before("cloudtrail", MANAGEMENT_ACCOUNT)
    return before is None or account in before or account not in delegated_administrators(CLOUDTRAIL)


def key_policy(key: Key) -> str | None:
    """The policy of a key, or None if the key is not seen."""
    before = _before("kms", key.account_id)
    return key.policy if before is None else before.get(key.arn)


def sees_bucket(name: str, owner: str) -> bool:
    """Whether a bucket is seen, which is there."""
    before = _before("s3", owner)
    return before is None or name in before


def bucket_policy(bucket: FakeBucket, owner: str) -> str | bytes | None:
    """The policy of a bucket."""
    before = _before("s3", owner)
    return bucket.policy if before is None else before.get(bucket.name)


def sees_group(arn: str) -> bool:
    """Whether a log group is seen, which is there."""
    before = _before("logs", arn.split(":")[4])
    return before is None or arn in before


def is_busy(arn: str) -> bool:
    """Whether a trail takes no change yet."""
    entered = _ENTERED.get()
    return bool(entered and entered.is_busy(arn))


def is_hidden(arn: str) -> bool:
    """Whether a trail is not found yet."""
    entered = _ENTERED.get()
    return bool(entered and entered.is_hidden(arn))
