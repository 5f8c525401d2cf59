# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes down what was called, and sees to it that trails deliver it in time.

Nothing runs by itself: whatever is due is done before the next call is answered, and clients see no difference.
"""
from __future__ import annotations

from collections import defaultdict

from moto.cloudtrail.models import Trail
from werkzeug.wrappers import Response

from ...clock import Clock
from ..request import ApiRequest
from .agenda import Agenda
from .deliveries import Deliveries, deliveries_of
from .events import events_of
from .history import History
from .matching import trails_for


class Recorder:
    """The part of CloudTrail that callers don't see.

    :param clock: its time: of events, deliveries and digests.
    :param interval: seconds from an event to its delivery, with all others since; 0 for at once, each in its own file.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        self.clock = clock
        self.agenda = Agenda()
        self.interval = interval
        self._history: dict[tuple[str, str], History] = defaultdict(History)

    def reset(self) -> None:
        """Forget all events, and be back at the machine's time."""
        self.clock.reset()
        self.agenda.clear()
        self._history.clear()

    def catch_up(self) -> None:
        """Do what is due."""
        self.agenda.run(self.clock.now())

    def record(self, request: ApiRequest, response: Response, code: str | None) -> None:
        """Write a call down that was answered, and deliver it.

        :param code: of the error that was answered.
        """
        now = self.clock.now()
        for event in events_of(request, response, code, now):
            if event.is_management:
                self._history[event.account, event.region].add(event)
            for trail in trails_for(event, request.ended):
                self._deliveries(trail).add(event, now, self.interval)

    def history(self, account: str, region: str) -> History:
        """The management events of an account in a region."""
        return self._history[account, region]

    def _deliveries(self, trail: Trail) -> Deliveries:
        return deliveries_of(trail, self.agenda)
