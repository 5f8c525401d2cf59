# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmless events with a unique mark, created in an account and searched for in the project of the archive. Private.

The event is a call to ActionTrail itself, which asks for a trail that is named like the mark. ActionTrail records what
is called of itself, also what only reads, in the account of the caller, with the parameters of the call: assumption
alibaba-actiontrail-probe-recorded. So it does of a call that is denied: assumption alibaba-actiontrail-denied-calls.
"""
from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .. import _probes
from . import actiontrail, retry, sls
from .client import Cloud
from .errors import CloudError
from .resource import CONSISTENT

SERVICE = "Actiontrail"
# assumption alibaba-actiontrail-denied-calls
DENIED = ("NoPermission", "Forbidden.RAM")
EVENTS = {"read": "DescribeTrails", "write": "StopLogging"}
# Of Log Audit Service and collection policies, and of trails: assumption alibaba-event-forms.
TOPICS = ("actiontrail_event", "actiontrail_audit_event")
MOST_CONDITIONS = 30  # of one search: assumption alibaba-sls-limits
_PAGE = 100  # logs of one answer
_MOST_PAGES = 10  # of one search; a mark is in a log or two
_NO_INDEX = ("IndexConfigNotExist",)


def create(cloud: Cloud, kind: str, mark: str) -> bool:
    """Create the event; returns whether it is that of a call that was denied.

    :param kind: C(read), or C(write) for trails that record no read events: then a trail is stopped that is not there.
    :raises CloudError: the call failed otherwise.
    """
    try:
        if kind == "read":
            cloud.call("actiontrail", EVENTS[kind], NameList=mark)
        else:
            retry.unless(actiontrail.MISSING, lambda: cloud.call("actiontrail", EVENTS[kind], Name=mark))
    except CloudError as error:
        if not error.is_one_of(DENIED):
            raise
        return True
    return False


def is_probe(log: Mapping[str, Any], event: Mapping[str, Any], probe: Mapping[str, Any]) -> bool:
    """Whether an event is that of a probe: of its account, its call, and with exactly its mark.

    :param log: the log that it is in.
    :param probe: account_id, event_name and mark.
    """
    identity = event.get("userIdentity")
    accounts = {str(account) for account in (log.get("owner_id"), event.get("recipientAccountId")) if account} or {
        str(identity.get("accountId")) if isinstance(identity, dict) else None}
    return (
        log.get("__topic__") in TOPICS
        and accounts == {probe["account_id"]}
        and str(event.get("serviceName")).lower() == SERVICE.lower()
        and event.get("eventName") == probe["event_name"]
        and probe["mark"] in _values(event)
    )


def _values(event: Mapping[str, Any]) -> Iterator[Any]:
    """The parameters of the call that an event is about; they come as an object, as its text, or both."""
    for parameters in (event.get("requestParameters"), event.get("requestParameterJson")):
        yield from _probes.leaves(_read(parameters) if isinstance(parameters, str) else parameters)


def _read(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


class Search:
    """Looks for probes in logstores of a project.

    :ivar looks: how often it looked.
    :ivar problems: what prevented the last search, by logstore.
    """

    def __init__(self, cloud: Cloud, project: str, logstores: list[str]) -> None:
        self.cloud = cloud
        self.project = project
        self.logstores = logstores
        self.looks = 0
        self.problems: dict[str, str] = {}

    def logstores_of(self, probe: Mapping[str, Any]) -> list[str]:
        """The logstores in which a probe may turn up."""
        return probe.get("logstores") or self.logstores

    def look(self, probes: dict[int, dict]) -> dict[int, dict]:
        """Where probes are and how many seconds they took, of those that are there.

        Calls: GetLogsV2 for each logstore and each 30 probes, and for each 100 logs that have one of their marks.

        :param probes: by number; account_id, mark, event_name and created.
        :raises CloudError: among others with one of the codes in C(sls.NO_PROJECT).
        """
        self.looks += 1
        found: dict[int, dict] = {}
        for logstore in dict.fromkeys(name for one in probes.values() for name in self.logstores_of(one)):
            self.problems.pop(logstore, None)
            wanted = [
                number for number, one in probes.items() if number not in found and logstore in self.logstores_of(one)
            ]
            for batch in _batches(wanted, MOST_CONDITIONS):
                found.update(self._look_into(logstore, {number: probes[number] for number in batch}))
        return found

    def _look_into(self, logstore: str, probes: dict[int, dict]) -> dict[int, dict]:
        found: dict[int, dict] = {}
        for log in self._logs(logstore, probes):
            event = _read(log.get("event"))
            for number, probe in probes.items():
                if number not in found and isinstance(event, dict) and is_probe(log, event, probe):
                    found[number] = {"seconds": _seconds(event, probe), "found_in": logstore}
            if len(found) == len(probes):
                break
        return found

    def _logs(self, logstore: str, probes: dict[int, dict]) -> Iterator[dict[str, Any]]:
        """The logs with one of the marks."""
        now = _probes.now()
        first = min(_probes.moment(probe["created"]) for probe in probes.values())
        asked = {
            # In JSON within JSON, the word goes on with the backslash before the quotation mark.
            "query": " or ".join(f"{probe['mark']}*" for probe in probes.values()), "line": _PAGE,
            "from": int((first - _probes.SKEW).timestamp()),
            "to": int((now + _probes.SKEW).timestamp()),
        }
        for page in range(_MOST_PAGES):
            try:
                # assumption alibaba-sls-search-progress
                body = retry.until(
                    lambda offset=page * _PAGE: self.cloud.call(
                        "sls", "GetLogsV2", self.project, logstore, offset=offset, **asked),
                    lambda body: body["meta"]["progress"] == "Complete", sls.NO_PROJECT, CONSISTENT)
            except CloudError as error:
                problem = self._not_yet(error, logstore)
                if not problem:
                    raise
                self.problems[logstore] = problem
                return
            if body["meta"]["progress"] != "Complete":
                self.problems[logstore] = f"the search of logstore {logstore} did not complete"
            logs = body.get("data") or []
            yield from logs
            if len(logs) < _PAGE:
                return

    def _not_yet(self, error: CloudError, logstore: str) -> str | None:
        """What to say about an error that a later look may not meet.

        When the logstore is there: assumption alibaba-actiontrail-logstore-creation.
        """
        if error.is_one_of(_NO_INDEX):
            return f"logstore {logstore} of project {self.project} has no index, so verify cannot find events in it"
        if error.is_one_of(sls.NO_LOGSTORE) and not error.is_one_of(sls.NO_PROJECT):
            return f"logstore {logstore} of project {self.project} does not exist"
        return None


def _seconds(event: Mapping[str, Any], probe: Mapping[str, Any]) -> float:
    """Seconds from the event to now."""
    try:
        when = _probes.moment(event["eventTime"])
    except (KeyError, TypeError, ValueError):
        when = _probes.moment(probe["created"])
    return max(0.0, round((_probes.now() - when).total_seconds(), 1))


def _batches(items: Iterable[int], size: int) -> Iterator[list[int]]:
    rest = iter(items)
    while batch := list(itertools.islice(rest, size)):
        yield batch
