# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trail delivers, if it may at that moment: log files and digests into its bucket, events to its log group.

"Getting and viewing your CloudTrail log files" (User Guide): if the bucket can't be reached, CloudTrail tries again for 30
days, unless the trail is deleted. How often: assumption aws-cloudtrail-delivery-retry. After a stop or deletion: assumption
aws-cloudtrail-stopped-trail-delivers.
"""
from __future__ import annotations

import gzip
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial

from moto.cloudtrail.models import Trail
from moto.s3.models import s3_backends

from .. import needs
from ..partition import partition
from .agenda import Agenda
from .digests import Chain
from .events import Event
from .target import Target, find_group, find_key, lets_deliver, lets_encrypt, role_refusal

_RETRY = 300  # seconds
_TRIED = 30 * 24 * 3600  # seconds


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
        """Note an attempt; one that goes well clears the error: assumption aws-cloudtrail-delivery-error-clears."""
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
    _for_bucket: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    _for_group: list[Event] = field(default_factory=list)
    _due: float | None = None
    _chains: dict[tuple[str, str], Chain] = field(default_factory=dict)
    _is_deleted: bool = False

    def add(self, event: Event, now: float, interval: float) -> None:
        """Take an event that is to be delivered.

        :param interval: seconds until then.
        """
        self._for_bucket.setdefault((event.account, event.region), []).append(event)
        self._for_group.append(event)
        if interval:
            self._schedule(now + interval)
        else:
            self._deliver(now)

    def update_digests(self, now: float) -> None:
        """Begin or end the digests, after the trail was created, changed, started, stopped or deleted."""
        if self._is_validated:
            self._chain(self.trail.account_id, self.trail.region_name, now)
        else:
            for chain in self._chains.values():
                chain.ends = True

    def end(self) -> None:
        """The trail is deleted: deliver only what it already has."""
        self._is_deleted, self.trail.status.is_logging = True, False
        for chain in self._chains.values():
            chain.ends = True

    # Events

    def _schedule(self, moment: float) -> None:
        if self._due is None or moment < self._due:
            self._due = moment
            self.agenda.add(moment, self._deliver_when_due)

    def _deliver_when_due(self, moment: float) -> None:
        if moment == self._due:
            self._deliver(moment)

    def _deliver(self, now: float) -> None:
        self._due = None
        target = Target.of(self.trail)
        for source, events in list(self._for_bucket.items()):
            fresh = [event for event in events if event.seconds >= now - _TRIED]
            if fresh and self._deliver_log_file(target, *source, fresh, now):
                self._for_bucket[source] = fresh
            else:
                del self._for_bucket[source]
        if self._is_deleted:
            self._for_bucket.clear()
        elif self._for_bucket:
            self._schedule(now + _RETRY)
        events, self._for_group = self._for_group, []
        if target.group and events:
            self.log_events.note(now, _put_log_events(target, events))

    def _deliver_log_file(self, target: Target, account: str, region: str, events: list[Event], now: float) -> str:
        """Returns S3's error."""
        moment = datetime.fromtimestamp(now, timezone.utc)
        path = (f"{target.folder(account, 'CloudTrail', region)}/{moment:%Y/%m/%d}/{account}_CloudTrail_{region}_"
                f"{moment:%Y%m%dT%H%MZ}_{_random()}.json.gz")
        content = f'{{"Records":[{",".join(event.text for event in events)}]}}'.encode()
        error = _put(target, path, content, now)
        self.log_files.note(now, error)
        chain = None if error else self._chain_of(account, region, now)
        if chain:
            chain.add(target.bucket, path, content, events[0].seconds, events[-1].seconds, now)
        return error

    # Digests

    @property
    def _is_validated(self) -> bool:
        return bool(self.trail.status.is_logging and self.trail.log_validation)

    def _chain_of(self, account: str, region: str, now: float) -> Chain | None:
        """The digests that a log file goes into, if any."""
        if self._is_validated:
            return self._chain(account, region, now)
        # What the trail still has to deliver after it was stopped.
        return self._chains.get((account, region)) if self.trail.log_validation else None

    def _chain(self, account: str, region: str, now: float) -> Chain:
        """The digests of an account and region, begun if they are not there or come to their end."""
        chain = self._chains.get((account, region))
        if chain is None or chain.ends:
            # Two digests never end at the same time. When the hours begin: assumption aws-cloudtrail-digest-hours.
            start = max(int(now), chain.start + 1) if chain else int(now)
            chain = self._chains[account, region] = Chain(account, region, start)
            self.agenda.add(chain.end, partial(self._deliver_digest, chain))
        return chain

    def _deliver_digest(self, chain: Chain, moment: float) -> None:
        target = Target.of(self.trail)
        digest = chain.digest(target)
        error = _put(target, digest.path, digest.content, moment, metadata=digest.metadata)
        self.digests.note(moment, error)
        again = partial(self._deliver_digest, chain)
        if not error and not chain.ends:
            chain.go_on(digest)
            self.agenda.add(chain.end, again)
        elif error and moment < chain.end + _TRIED and not self._is_deleted:
            self.agenda.add(moment + _RETRY, again)
        elif self._chains.get((chain.account, chain.region)) is chain:
            del self._chains[chain.account, chain.region]


def deliveries_of(trail: Trail, agenda: Agenda) -> Deliveries:
    """The deliveries of a trail, which are kept with it."""
    if not hasattr(trail, "deliveries"):
        trail.deliveries = Deliveries(trail, agenda)
    return trail.deliveries


def _put(target: Target, path: str, content: bytes, now: float, *, metadata: dict[str, str] | None = None) -> str:
    """Put a file into a trail's bucket, packed; returns S3's error, empty if there is none.

    "Error responses" (S3 API Reference): NoSuchBucket, AccessDenied. For keys, the errors of KMS behind ``KMS.``: assumption
    aws-cloudtrail-delivery-error-texts.
    """
    found = needs.find_bucket(target.bucket)
    if found is None:
        return "NoSuchBucket"
    bucket, owner = found
    key = find_key(target) if target.key else None
    if not lets_deliver(target, bucket, owner, path):
        return "AccessDenied"
    if target.key:
        if key is None:
            return "KMS.NotFoundException"
        if key.key_state != "Enabled":
            return "KMS.DisabledException" if key.key_state == "Disabled" else "KMS.KMSInvalidStateException"
        if not lets_encrypt(target, key, bucket):
            return "AccessDenied"
    locked = bucket.has_default_lock
    stored = s3_backends[owner][partition()].put_object(
        target.bucket, path, gzip.compress(content, 6, mtime=0),
        encryption="aws:kms" if key else "AES256", kms_key_id=key.arn if key else None,
        lock_mode=bucket.default_lock_mode if locked else None, lock_until=bucket.default_retention() if locked else None,
        disable_notification=True,
    )
    stored.last_modified = datetime.fromtimestamp(now, timezone.utc).replace(tzinfo=None)  # moto takes the machine's time
    stored.set_metadata({"content-type": "application/json", "content-encoding": "gzip", **(metadata or {})})
    return ""


def _put_log_events(target: Target, events: Iterable[Event]) -> str:
    """Put events into a trail's log group; returns the error, empty if there is none."""
    group = find_group(target)
    if group is None:
        return f"The log group does not exist: {target.group}"
    by_stream: dict[str, list[Event]] = {}
    for event in events:
        by_stream.setdefault(target.stream(event.account), []).append(event)
    refusal = role_refusal(target, by_stream)
    if refusal:
        return refusal
    for stream, of_stream in by_stream.items():
        if stream not in group.streams:
            group.create_log_stream(stream)
        # Of the group, because the backend refuses events of a clock that was moved.
        group.put_log_events(stream, [
            {"timestamp": int(event.seconds * 1000), "message": event.text} for event in of_stream
        ])
    return ""


def _random() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _number in range(16))
