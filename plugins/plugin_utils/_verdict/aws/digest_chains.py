# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest files of a trail that are missing at an end of their chain, or of a whole region: nothing that is left names them. Private.

Two witnesses know of them: GetTrailStatus says when CloudTrail delivered the last one in the home region of the trail, and the
previous verification saw the newest one of each region.

When the first and the last one come: assumption aws-cloudtrail-digest-hours.
"""
from __future__ import annotations

import datetime

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import moment, text_of

from ..._roles.options import REMOVED

_HOUR = datetime.timedelta(hours=1)
# Within which all regions have delivered the digest files of an hour: assumption aws-cloudtrail-digest-lateness.
_LATE = datetime.timedelta(minutes=30)


class DigestChains:
    """What is missing from the digest files of a trail.

    :param digests: of the trail, as M(crossaccount.audit_logs.cloudtrail_digests_info) returns it.
    :param previous: reported and regions, from the previous verification; None if it knows nothing.
    :param home: region of the trail.
    :param trail: plan of the trail; empty if there is none.
    :param bucket: name of the archive's bucket.
    :ivar problems: a sentence for each time in which digest files are missing.
    :ivar ended: a sentence for each region that the trail no longer records, because the inventory asks for one region.
    :ivar unvalidated: from and to, if log files after the previous verification were not validated; otherwise None.
    :ivar regions: region, last and start, for the next verification: also regions that have no digest files now.
    """

    def __init__(self, digests: dict, previous: dict | None, home: str, trail: dict, bucket: str) -> None:
        self._begin, self._end = moment(digests["from"]), moment(digests["to"])
        self._searched = self._begin.replace(hour=0, minute=0, second=0)  # digest files of the whole first day are listed
        self._home, self._trail, self._bucket = home, trail, bucket
        current = trail["current"] if trail.get("exists") else None
        delivered = current and current["status"]["latest_digest_delivery_time"]
        self._delivered = moment(delivered) if delivered else None
        self._records_home_alone = bool(current) and not current["is_multi_region_trail"]
        self.problems: list[str] = []
        self.ended: list[str] = []
        self.regions: list[dict] = []
        known = {one["region"]: moment(one["last"]) for one in (previous or {}).get("regions", [])}
        found = {one["region"]: one for one in digests["regions"]}
        last = {region: moment(one["last"]) for region, one in found.items()}
        self._from = {region: moment(one["from"]) for region, one in found.items()}
        starts = {one["region"]: one["start"] for one in [*(previous or {}).get("regions", []), *digests["regions"]]}
        for region in sorted({home, *known, *found}):
            self._check_beginning(region, known.get(region), found.get(region, {}).get("began"))
            is_expected = self._check_end(region, known.get(region), last.get(region))
            newest = max((of_all[region] for of_all in (known, last) if region in of_all), default=None)
            if newest and is_expected:
                self.regions.append({"region": region, "last": text_of(newest), "start": starts.get(region)})
        since = min((when for region, when in known.items()
                     if when + _HOUR < self._from.get(region, self._begin) and when < last.get(region, when)), default=None)
        self.unvalidated = {"from": text_of(since), "to": digests["from"]} if since else None

    def _check_beginning(self, region, known, began):
        """See whether a chain began in the time that was checked, though there was one before."""
        since = known and max(known, self._from.get(region, self._begin))
        if since and began and moment(began) > since:
            self.problems.append(
                f"a new chain of digest files of {region} begins at {began}, but the previous report has digest files until"
                f" {text_of(known)}. No digest file covers {text_of(since)} to {began}: log file validation of the trail was off, or"
                " digest files were deleted"
            )

    def _check_end(self, region, known, last):
        """See whether the newest digest files of a region are missing, or all of them; returns whether any are expected."""
        searched = min(self._searched, self._from.get(region, self._searched))
        if known and searched <= known <= self._end and (not last or last < known):
            since = text_of(last or min(self._begin, known - _HOUR))
            self.problems.append(
                f"the previous report has digest files of {region} until {text_of(known)}, but bucket {self._bucket} has none of {region}"
                f" after {since}: digest files from {since} to {text_of(known)} or later were deleted"
            )
        elif self._records_home_alone and region != self._home:
            return bool(last) or self._is_to_record(region, known)
        else:
            self._check_newest(region, known, last)
        return True

    def _check_newest(self, region, known, last):
        # A digest file is delivered after the hour that it covers, and its name has the end of that hour. The home region
        # delivers one every hour. Other regions may be a little later.
        since = last or (max(known, self._searched) if known else self._begin)
        due = since + _HOUR
        if not self._delivered or self._delivered < due or region != self._home and self._end < due + _LATE:
            return
        begin = f"CloudTrail delivered a digest file of {self._trail['title']} at {text_of(self._delivered)}, but bucket {self._bucket} has none of"
        period = f"digest files from {text_of(since)} to {text_of(self._delivered)} were deleted"
        if last:
            self.problems.append(f"{begin} {region} after {text_of(since)}: {period}, or not delivered")
        elif region == self._home:
            self.problems.append(f"{begin} {region} since {text_of(since)}: they were deleted, or the trail delivered to another"
                                 " destination until then")
        else:
            self.problems.append(
                f"{begin} {region} since {text_of(since)}: {period}, or the account disabled {region}. If the account disabled the"
                " region, run verify once with"
                f" audit_logs_previous_report={REMOVED} and --limit for this account and the archive account"
            )

    def _is_to_record(self, region, known):
        """Whether the trail no longer records a region although the inventory asks for it."""
        if "is_multi_region_trail" in self._trail["changes"]:
            return True
        self.ended.append(
            f"{self._trail['title']} records only {self._home}, as configured in the inventory: no digest files of {region} are expected"
            f" after {text_of(known)}"
        )
        return False
