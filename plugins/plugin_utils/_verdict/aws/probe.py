# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of a member account on AWS. Private."""
from __future__ import annotations

from .. import result as results
from .archive import Archive
from .member import Member

_MAY_STOP = {"kms_key_id": "s3", "cloudwatch_logs_role_arn": "cloudwatch_logs"}  # settings of a trail


class Probe:
    """The probe of a member account.

    :param host: variables of the member.
    :param archive_host: variables of the archive account; empty if the inventory has none.
    :param member: checks of the member.
    :param archive: checks of the archive account.
    """

    def __init__(self, host: dict, archive_host: dict, member: Member, archive: Archive):
        self.host, self.archive_host, self.member, self.archive = host, archive_host, member, archive
        self._archive_id = str(archive_host["account_id"]) if archive_host else None
        self._checks = [archive, member] if member.account == self._archive_id else [member, archive]
        self.created = (host.get("aws_trail_plan") or {}).get("probe")
        self._status = (host.get("audit_logs_aws_status") or {}).get("status") or {}
        self._bucket = archive_host.get("aws_trail_bucket_name") or host.get("aws_trail_bucket_name")
        self._found = self._of_archive("audit_logs_aws_arrived", "probes").get(member.account)

    def to_find(self, destination: str) -> dict | None:
        """The probe as M(crossaccount.audit_logs.cloudtrail_probe_info) takes it; None if it is not searched for."""
        if not self.created or self.member.skipped:
            return None
        options = self.member.options
        return {
            "account_id": options["account_id"], "prefix": options["prefix"],
            "organization_id": options.get("organization_id"), "wait": not self._blocked(destination), **self.created,
        }

    def destinations(self) -> list[dict]:
        """Where the trail of the member delivers to."""
        prefix = self.member.options["prefix"]
        found = [{"kind": "s3", "account_id": self._archive_id,
                  "name": f"{self._bucket}/{prefix}" if prefix else self._bucket}]
        if self.member.log_group:
            found.append({"kind": "cloudwatch_logs", "account_id": self.member.account, "name": self.member.log_group})
        return found

    def failure(self) -> dict | None:
        """Phase and reason of the failure, if the account could not be verified."""
        is_in_run = not self.archive_host or bool({"aws_trail_bucket_plan", "audit_logs_aws_arrived"} & self.archive_host.keys())
        return results.failure(self.host, self.archive_host, is_decided=bool(self.member.skipped or self._found),
                               is_expected=bool(self.created and not is_in_run))

    def result(self) -> dict | None:
        """What became of the probe; None if none was created."""
        if not self.created:
            return None
        searched = [("s3", self._bucket, self._in_bucket()),
                    ("cloudwatch_logs", self.member.log_group, self._of_member("audit_logs_aws_in_log_group")),
                    ("event_history", self.member.account, self._of_member("audit_logs_aws_in_history"))]
        found = [] if self.member.skipped else [(kind, name, seen) for kind, name, seen in searched if seen]
        destinations = [results.destination(kind, name, seen) for kind, name, seen in found]
        problems = [seen["problem"] for _kind, _name, seen in found if seen.get("problem")]
        missing = [one["kind"] for one in destinations if one["state"] == "missing"]
        return results.probe(self.created, destinations, lambda: self._causes(missing, problems))

    def _of_member(self, variable):
        """What a search in the account of the member found."""
        return ((self.host.get(variable) or {}).get("probes") or {}).get(self.member.account)

    def _in_bucket(self):
        if not self._of_archive("aws_trail_bucket_plan", "s3_bucket").get("exists", True):
            return {"state": "missing", "seconds": None, "found_in": None}
        if self.archive_host or not self._status:
            return self._found
        # Without an archive account, GetTrailStatus says when the trail delivered, but not where.
        delivered = (self._status.get("latest_delivery_time") or "") > self.created["created"]
        is_there = delivered and not self.member.blocked["s3"]
        return {"state": "arrived" if is_there else "missing", "seconds": None, "found_in": "GetTrailStatus"}

    def _causes(self, missing, problems):
        """Why the probe did not arrive in some destinations, the most likely reason first."""
        causes = [text for destination in missing for text in self._blocked(destination)]
        causes += [found["text"] for found in self.member.findings
                   if found["kind"] == "drift" and found["resource"] == self.member.title
                   and _MAY_STOP.get(found["setting"]) in missing]
        if self._status.get("latest_delivery_error"):
            causes.append(f"CloudTrail can't deliver to the bucket: {self._status['latest_delivery_error']}")
        error = self._status.get("latest_cloudwatch_logs_delivery_error")
        # An error can be older than the last delivery.
        if error and (self._status.get("latest_cloudwatch_logs_delivery_time") or "") <= self.created["created"]:
            causes.append(f"CloudTrail can't write to the log group: {error}")
        causes += problems
        for plan in (self.archive_host.get("aws_trail_bucket_plan"), self.host.get("aws_trail_plan")):
            causes += ((plan or {}).get("undecided") or {}).get(self.member.owner, [])
        if causes == ["CloudTrail can't deliver to the bucket: AccessDenied"]:  # assumption aws-control-policies-cloudtrail
            causes.append("A resource control policy (RCP) of the organization may deny CloudTrail access to the bucket or its KMS key")
        return list(dict.fromkeys(causes))

    def _blocked(self, destination):
        return [text for check in self._checks for text in check.blocked[destination]]

    def _of_archive(self, variable, key):
        return (self.archive_host.get(variable) or {}).get(key) or {}
