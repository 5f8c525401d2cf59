# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of an account of Alibaba Cloud. Private."""
from __future__ import annotations

from .. import result as results
from . import roles
from .archive import Archive
from .findings import DIRECTORY
from .logstores import Logstores
from .member import Member


class Probe:
    """The probe of an account.

    :param host: variables of the account.
    :param archive_host: variables of the archive account.
    :param member: checks of the account.
    :param archive: checks of the archive account.
    :param recorder: variables of the account that has the trail of the organization; those of the account itself without one.
    """

    def __init__(self, host: dict, archive_host: dict, member: Member, archive: Archive, recorder: dict):
        self.host, self.archive_host, self.member, self.archive, self.recorder = host, archive_host, member, archive, recorder
        self.route = member.route
        self.created = (host.get("audit_logs_alibaba_probe") or {}).get("probe")
        self._seen = ((archive_host.get("audit_logs_alibaba_arrived") or {}).get("probes") or {}).get(member.account)
        self._is_of_archive = member.account == self.route.archive_id
        self._checks = [archive, member] if self._is_of_archive else [member, archive]

    def to_find(self, _destination: str) -> dict | None:
        """The probe as M(crossaccount.audit_logs.actiontrail_probe_info) takes it; None if it is not searched for."""
        if not self.created or self.route.skipped:
            return None
        return {
            **{key: self.created[key] for key in ("mark", "event_name", "created")}, "account_id": self.member.account,
            "logstores": self.route.logstores, "wait": not self._stopped_by(),
        }

    def destinations(self) -> list[dict]:
        """Where the events of the account are meant to arrive."""
        if not self.route.is_source or self.route.skipped:
            return []
        return [{"kind": "sls", "account_id": self.route.archive_id, "name": f"{self.route.project}/{logstore}"}
                for logstore in self.route.logstores]

    def failure(self) -> dict | None:
        """Phase and reason of the failure, if the account could not be verified."""
        return results.failure(self.host, self.archive_host, is_decided=bool(self._seen),
                               is_expected=bool(self.created and not self.route.skipped))

    def result(self) -> dict | None:
        """What became of the probe; None if none was created."""
        if not self.created:
            return None
        if not self._seen:
            return results.probe(self.created, [], list)
        name = f"{self.route.project}/{self._seen['found_in'] or self.route.logstores[0]}"
        return results.probe(self.created, [results.destination("sls", name, self._seen)], self._causes)

    def _stopped_by(self):
        """Sentences about what is sure to keep the probe from arriving."""
        return [
            found["text"] for check in self._checks for found in check.findings if found["kind"] == "delivery"
            # The archive's own events are collected without the directory.
            and not (found["resource"] == DIRECTORY and self._is_of_archive)
        ]

    def _causes(self):
        titles = {f"logstore {name}" for name in self.route.logstores}
        unfit = [found["text"] for found in Logstores(self.archive_host, self.route).findings
                 if found["kind"] == "delivery" and found["resource"] in titles]
        causes = self._stopped_by() + (unfit or ([self._seen["problem"]] if self._seen.get("problem") else []))
        for trail in (self.recorder.get("audit_logs_alibaba_status") or {}).get("trails", []):
            error = (trail["delivery"] or {}).get("latest_delivery_log_service_error")
            if error:
                causes.append(f"ActionTrail could not deliver events of trail {trail['name']}: {error}")
        causes += [text for check in self._checks for text in check.suspects]
        if self.created.get("denied"):
            causes.append("RAM denied the call that is the probe, and ActionTrail may not record a denied call: grant"
                          f" actiontrail:{self.created['event_name']} to the session, and run verify again")
        return list(dict.fromkeys(causes or [
            f"this collection does not manage the {one['type']} policy {one['name']} of role {one['role']}: check whether the policy"
            " denies what the service does"
            for host in (self.host, self.archive_host) for one in roles.foreign_policies(host)]))
