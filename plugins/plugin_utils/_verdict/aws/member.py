# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a member account on AWS: the trail, its log group, and its digest files. Private."""
from __future__ import annotations

import datetime

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.trail import leftover
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import moment

from ..result import WARNING
from .findings import CONTROLS, Findings

_HOUR = datetime.timedelta(hours=1)
_LATE = datetime.timedelta(minutes=30)  # estimated, within which all regions have delivered the digest files of an hour
_ALL = ("s3", "cloudwatch_logs")
_SELECTORS = ("event_selectors", "advanced_event_selectors")
# Settings with which a trail delivers nothing, or delivers to another destination: the destinations that miss events.
_DESTINATIONS = {
    "cloudwatch_logs_log_group_arn": ["cloudwatch_logs"],
    "enable_logging": _ALL,
    "s3_bucket_name": ["s3"],
    "s3_key_prefix": ["s3"],
}


class Member(Findings):
    """What is wrong in a member account, and what is wrong in the archive account for this member alone.

    :param host: variables of the member.
    :param archive: variables of the archive account; empty if the inventory has none.
    :param options: options of the trail, as the deployment has them.
    :ivar digests: how the log files were validated; None if they were not.
    """

    def __init__(self, host: dict, archive: dict, options: dict):
        super().__init__()
        self.account, self.archive, self.options = str(host["account_id"]), archive, options
        self.title = f"trail {options['name']}"
        self._plan = host.get("aws_trail_plan") or {}
        self._trail = self._plan.get("trail") or {}
        for text in self._of_archive("aws_trail_bucket_plan", "undeliverable"):
            self._delivers_not(text, ["s3"])
        self._check_log_group()
        if self._trail.get("exists"):
            self._check_trail(self._trail)
        elif self._trail:
            self._no_trail(self._trail)
        for arn in self._trail.get("leftovers", ()):
            self.add("drift", self.title, leftover(arn, self.options["region"]), level=WARNING)
        self.digests = dict(self._of_archive("audit_logs_aws_digests", "trails")) or None
        if self.digests:
            self._check_digests(self.digests)

    @property
    def log_group(self) -> str | None:
        """Name of the log group of the trail; None if the trail has none."""
        return (self._plan.get("log_group") or {}).get("name")

    @property
    def skipped(self) -> str | None:
        """Why no event is expected, because the inventory asks for that; None if events are expected."""
        trail = self._trail
        if not trail.get("exists"):
            return None
        if _as_asked(trail, "enable_logging") and not trail["current"]["enable_logging"]:
            return _asked_for(f"{trail['title']} is stopped")
        return _asked_for(_lost(trail)) if not trail["records"] and _as_asked(trail, *_SELECTORS) else None

    def _check_log_group(self):
        for resource in ("log_group", "iam_role"):
            plan = self._plan.get(resource)
            if not plan:
                continue
            self.checked.append(plan["title"])
            if plan["exists"]:
                self._compare(resource, plan)
            else:
                self.undeliverable(["cloudwatch_logs"], plan["title"], f"{plan['title']} does not exist: run setup")
        for text in self._plan.get("undeliverable_events", {}).get(self.account, []):
            self.undeliverable(["cloudwatch_logs"], self._plan["iam_role"]["title"], text)
        for text in self._plan.get("undeliverable", {}).get(self.account, []):
            self._delivers_not(text, ["s3"])

    def _no_trail(self, trail):
        self.checked.append(self.title)
        there = ", ".join(sorted({arn.split(":")[3] for arn in trail["elsewhere"]}))
        text = f"{self.title} does not exist in {self.options['region']}"
        self._delivers_not(f"{text}, only in {there}: run setup" if there else f"{text}: run setup")

    def _check_trail(self, trail):
        self.checked.append(self.title)
        if trail["current"]["enable_log_file_validation"]:
            self._check_delivery_of_digests(trail["current"]["status"]["latest_digest_delivery_error"])
        is_, should_be = trail["before"], trail["after"]
        bucket, prefix = ((is_.get(name), should_be.get(name)) for name in ("s3_bucket_name", "s3_key_prefix"))
        stops = {setting for setting in _DESTINATIONS if setting in trail["changes"]}
        if is_.get("enable_logging"):
            stops.discard("enable_logging")  # the inventory asks for a stopped trail, and the trail records
        texts = {
            "cloudwatch_logs_log_group_arn": "does not write to its log group: run setup",
            "enable_logging": "is stopped: start it, or run setup",
            "s3_bucket_name": f"delivers to the bucket {bucket[0]}, not to {bucket[1]}",
            "s3_key_prefix": f"delivers below {prefix[0]!r}, not below {prefix[1]!r}",
        }
        for setting in sorted(stops):
            self._delivers_not(f"{self.title} {texts[setting]}", _DESTINATIONS[setting], setting, is_[setting],
                               should_be[setting])
        self._compare("trail", {**trail, "changes": [name for name in trail["changes"] if name not in stops]})
        self._check_selectors(trail)
        current = trail["current"]
        weaknesses = {
            "is_multi_region_trail": (not current["is_multi_region_trail"], "records one region alone"),
            "enable_log_file_validation": (not current["enable_log_file_validation"], "has no log file validation"),
            "enable_logging": (not current["enable_logging"], _asked_for("is stopped")),
        }
        if not self.archive:
            weaknesses["kms_key_id"] = (not current["kms_key_id"], "does not encrypt with a KMS key")
        self.weaknesses("trail", trail, weaknesses)

    def _check_selectors(self, trail):
        """Management events that are not recorded. Only an inventory that names the selectors can ask for that."""
        if not trail["unrecorded"]:
            return
        controls = CONTROLS["trail"]["event_selectors"]
        text = f"{_lost(trail)}: correct its event selectors"
        if _as_asked(trail, *_SELECTORS):
            self.weak(self.title, _asked_for(_lost(trail)), "event_selectors", controls)
        elif trail["records"]:
            self.add("weak", self.title, text, setting="event_selectors", controls=controls)
        else:
            self._delivers_not(text, setting="event_selectors")

    def _check_delivery_of_digests(self, error):
        for text in self._of_archive("aws_trail_bucket_plan", "undeliverable_digests"):
            self._digest(text)
        if error:
            self._digest(f"CloudTrail could not deliver the last digest file of {self.title}: {error}")

    def _check_digests(self, digests):
        for problem in digests.get("problems", []):
            self._digest(problem)
        delivered = self._trail.get("exists") and self._trail["current"]["status"]["latest_digest_delivery_time"]
        if not delivered:
            return
        home, bucket = self.options["region"], self.archive["aws_trail_bucket_name"]
        begin = f"CloudTrail delivered a digest file of {self.title} at {delivered}, and bucket {bucket} has none of"
        # A digest file is delivered after the hour that it covers, and its name has the end of that hour.
        regions = {one["region"]: one["last"] for one in digests["regions"]}
        if home not in regions and moment(delivered) >= moment(digests["from"]) + _HOUR:
            self._digest(f"{begin} {home} since {digests['from']}: they were deleted, or the trail delivered elsewhere until then")
        for region, last in regions.items():
            # The home region delivers a digest file every hour. Other regions may be a little later.
            due = moment(last) + _HOUR
            is_late = region == home or moment(digests["to"]) >= due + _LATE
            if moment(delivered) >= due and is_late:
                self._digest(f"{begin} {region} after {last}: those from {last} to {delivered} were deleted, or not delivered")

    def _compare(self, resource, plan):
        for setting in plan["changes"]:
            self.difference(resource, plan, setting)

    def _delivers_not(self, text, destinations=_ALL, setting=None, before=None, after=None):
        """Add the reason why the trail delivers nothing to some destinations."""
        self.undeliverable(destinations, self.title, text, setting=setting, before=before, after=after,
                           controls=CONTROLS["trail"].get(setting or "", ()))

    def _digest(self, text):
        self.add("digest", self.title, text, controls=["CIS AWS 3.2"])

    def _of_archive(self, variable, key):
        """What a task in the archive account returned for this member."""
        return ((self.archive.get(variable) or {}).get(key) or {}).get(self.account) or []


def _as_asked(trail, *settings):
    """Whether the inventory asks for settings of a trail, and the trail has them."""
    return set(settings) <= set(trail["asked"]) - set(trail["changes"])


def _lost(trail):
    return f"{trail['title']} records no {' and no '.join(trail['unrecorded'])}"


def _asked_for(text):
    return f"{text}, as the inventory asks for"
