# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails that begin and end to log: what their events and digests need of it."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..mends import after, before
from ..request import ApiRequest
from .deliveries import deliveries_of
from .lookup import find, find_own


@before("cloudtrail", "DeleteTrail", "StopLogging")
def let_the_last_event_through(request: ApiRequest) -> None:
    """"Digest file chaining" (User Guide): the last log files have the events up to and including StopLogging.

    See assumption aws-cloudtrail-digest-chains.
    """
    trail = find_own(request, request.parameters["Name"])
    if trail.status.is_logging:
        request.ended = trail


@before("cloudtrail", "DeleteTrail")
def end_digests(request: ApiRequest) -> None:
    """"Digest file chaining" (User Guide): if the trail is deleted, CloudTrail delivers a final digest file.

    See assumption aws-cloudtrail-digest-chains.
    """
    deliveries_of(find_own(request, request.parameters["Name"]), request.recorder.agenda).end()


@after("cloudtrail", "StartLogging", "StopLogging")
def note_the_time(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto takes the machine's time, which CloudTrail's clock may have left behind.

    See assumption aws-cloudtrail-status.
    """
    status = find(request, request.parameters["Name"]).status
    now = datetime.fromtimestamp(request.recorder.clock.now(), timezone.utc)
    if request.action == "StartLogging":
        status.started = now
    else:
        status.stopped = now


@after("cloudtrail", "StartLogging", "StopLogging", "UpdateTrail")
def update_digests(request: ApiRequest, output: dict[str, Any]) -> None:
    """"Starting digest file" (User Guide): one is created when validation or logging begins or begins again.

    See assumption aws-cloudtrail-digest-chains.
    """
    trail = find(request, request.parameters["Name"])
    deliveries_of(trail, request.recorder.agenda).update_digests(request.recorder.clock.now())
