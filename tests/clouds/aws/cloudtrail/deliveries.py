# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trail delivers: log files into its bucket, and events to its log group, if it may at that moment.

"Finding your CloudTrail log files" (User Guide). "If CloudTrail can't deliver to the bucket": it tries again for 30
days; how often, nobody says.
"""
from __future__ import annotations

import gzip
import json
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timezone

from moto.cloudtrail.models import Trail
from moto.s3.models import s3_backends

from .. import authorization
from ..accounts import PARTITION
from .agenda import Agenda
from .events import Event
from .target import Target, find_group, find_key, lets_deliver, lets_encrypt, role_refusal

_RETRY = 300  # seconds
_TRIED = 30 * 24 * 3600  # seconds
_KEY_STATES = {"Disabled": "KMS.DisabledException"}


@dataclass
class Outcome:
    """How deliveries of one kind went.

    :param attempted: seconds since 1970 of the last attempt; None for no attempt.
    :param succeeded: likewise, of the last one that went well.
    :param error: of the last attempt; empty if it went well.
    """

    attempted: float | None = None
    succeeded: float | None = None
    error: str = ""

    def note(self, moment: float, error: str) -> None:
        """Note an attempt."""
        self.attempted, self.error = moment, error
        if not error:
            self.succeeded = moment


@dataclass
class Deliveries:
    """What a trail has delivered and has still to deliver."""

    trail: Trail
    agenda: Agenda
    log_files: Outcome = field(default_factory=Outcome)
    log_events: Outcome = field(default_factory=Outcome)
    digests: Outcome = field(default_factory=Outcome)
    _waiting: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    _due: float | None = None

    def add(self, event: Event, now: float, interval: float) -> None:
        """Take an event that is to be delivered.

        :param interval: seconds until then.
        """
        self._waiting.setdefault((event.account, event.region), []).append(event)
        if interval:
            self._schedule(now + interval)
        else:
            self._deliver(now)

    def _schedule(self, moment: float) -> None:
        if self._due is None or moment < self._due:
            self._due = moment
            self.agenda.add(moment, self._deliver_when_due)

    def _deliver_when_due(self, moment: float) -> None:
        if moment == self._due:
            self._deliver(moment)

    def _deliver(self, now: float) -> None:
        self._due = None
        for (account, region), events in list(self._waiting.items()):
            fresh = [event for event in events if event.seconds >= now - _TRIED]
            if self._deliver_log_file(account, region, fresh, now):
                del self._waiting[account, region]
            else:
                self._waiting[account, region] = fresh
        if self._waiting:
            self._schedule(now + _RETRY)

    def _deliver_log_file(self, account: str, region: str, events: list[Event], now: float) -> bool:
        target = Target.of(self.trail)
        moment = datetime.fromtimestamp(now, timezone.utc)
        folder = target.folder(account, "CloudTrail", region)
        name = f"{account}_CloudTrail_{region}_{moment:%Y%m%dT%H%MZ}_{_random()}.json.gz"
        content = f'{{"Records":[{",".join(event.text for event in events)}]}}'.encode()
        path = f"{folder}/{moment:%Y/%m/%d}/{name}"
        self.log_files.note(now, put(target, path, content))
        return not self.log_files.error


def deliveries_of(trail: Trail, agenda: Agenda) -> Deliveries:
    """The deliveries of a trail, which are kept with it."""
    if not hasattr(trail, "deliveries"):
        trail.deliveries = Deliveries(trail, agenda)
    return trail.deliveries


def put(target: Target, path: str, content: bytes, metadata: dict[str, str] | None = None) -> str:
    """Put a file into a trail's bucket, packed; returns S3's error, empty if there is none.

    "Error responses" (S3 API Reference): NoSuchBucket, AccessDenied, and the errors of KMS behind ``KMS.``.
    """
    found = authorization.find_bucket(target.bucket)
    if found is None:
        return "NoSuchBucket"
    bucket, owner = found
    if not lets_deliver(target, bucket, owner, [path]):
        return "AccessDenied"
    key = None
    if target.key:
        key = find_key(target)
        if key is None:
            return "KMS.NotFoundException"
        if key.key_state != "Enabled":
            return _KEY_STATES.get(key.key_state, "KMS.KMSInvalidStateException")
        if not lets_encrypt(target, key):
            return "AccessDenied"
    lock = (bucket.default_lock_mode, bucket.default_retention()) if bucket.has_default_lock else (None, None)
    stored = s3_backends[owner][PARTITION].put_object(
        target.bucket, path, gzip.compress(content, 6, mtime=0), encryption="aws:kms" if key else "AES256",
        kms_key_id=key.arn if key else None, lock_mode=lock[0], lock_until=lock[1], disable_notification=True,
    )
    stored.set_metadata({"content-type": "application/json", "content-encoding": "gzip", **(metadata or {})})
    return ""


def _random() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _number in range(16))
