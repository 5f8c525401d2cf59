# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a bucket that is to be deleted: log files of which accounts, and whether anything else. Private.

CloudTrail writes C([prefix/]AWSLogs/[organization/]account/CloudTrail.../region/year/month/day/file), see "Finding your
CloudTrail log files" (CloudTrail User Guide). Other services write into other folders of an account, such as
C(vpcflowlogs).
"""
from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field

MOST_CALLS = 2000  # of ListObjectVersions, a minute or two
_PAGES = 10  # of 1,000 versions, for the amount
_OLD_ENOUGH = datetime.timedelta(days=1)  # CloudTrail delivers digest files every hour, also if nothing happens
_ACCOUNT = re.compile(r"\d{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


@dataclass
class Survey:
    """What is in a bucket.

    :ivar folders: for each folder of an account, such as C(prefix/AWSLogs/222222222222/), the account; in the folder of
        an organization, the organization.
    :ivar foreign: the first key or folder that is not CloudTrail's.
    :ivar is_complete: whether all folders were listed.
    :ivar versions: how many versions of objects were counted.
    :ivar is_truncated: whether there are more.
    :ivar days: the first and the last day with log files, of some accounts.
    """

    folders: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    is_complete: bool = True
    versions: int = 0
    is_truncated: bool = False
    days: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Amount, age and accounts, in one line."""
        amount = f"{'at least ' if self.is_truncated else ''}{self.versions:,} version{'' if self.versions == 1 else 's'} of objects"
        owners = sorted(set(self.folders.values()))
        ages = f" from {min(self.days)} to {max(self.days)}" if self.days else ""
        some = f" of {', '.join(owners[:3])}{f' and {len(owners) - 3} more' if len(owners) > 3 else ''}" if owners else ""
        return f"{amount}{ages}{some}"


class _Lister:
    """Lists folders of a bucket, with a limit."""

    def __init__(self, client, bucket, most=None):
        self.client = client
        self.bucket = bucket
        self.most = MOST_CALLS if most is None else most
        self.calls = 0

    def list(self, prefix):
        """Folders in a folder, and keys of the objects in it, older versions and delete markers too."""
        folders, keys, marker = [], [], {}
        while self.calls < self.most:
            self.calls += 1
            answer = self.client.list_object_versions(
                Bucket=self.bucket, Prefix=prefix, Delimiter="/", aws_retry=True, **marker
            )
            folders += [found["Prefix"] for found in answer.get("CommonPrefixes", [])]
            keys += [found["Key"] for kind in ("Versions", "DeleteMarkers") for found in answer.get(kind, [])]
            if not answer.get("IsTruncated"):
                return folders, [key for key in keys if not key.endswith("/")]  # the console makes a folder an object
            marker = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer.get("NextVersionIdMarker", "")}
            marker = {name: value for name, value in marker.items() if value}
        raise _TooManyError


class _TooManyError(Exception):
    pass


def survey(client, bucket: str, region: str, accounts: int = 0) -> Survey:
    """Look through the folders of a bucket.

    Calls: ListObjectVersions, about ten for each account, MOST_CALLS and five for each account at the most, and ten for the
    amount.

    :param region: whose log files say how old they are, if there are any of it.
    :param accounts: how many accounts are expected to have folders.
    """
    found, lister = Survey(), _Lister(client, bucket, MOST_CALLS + 5 * accounts)
    try:
        _walk(lister, "", found)
    except _TooManyError:
        found.is_complete = False
    if found.is_complete and not found.foreign:
        try:
            for folder in found.folders:
                found.days += _days(lister, f"{folder}CloudTrail/", region)
        except _TooManyError:
            pass  # the ages of the others are not known
    _count(client, bucket, found)
    return found


def recent(client, bucket: str, folder: str) -> str | None:
    """The key of an object that CloudTrail delivered into an account's folder within the last day; None if it did not.

    Calls: ListObjectsV2, one for each region and kind of files, besides ListObjectVersions for their folders.
    """
    since = datetime.datetime.now(datetime.timezone.utc) - _OLD_ENOUGH
    lister = _Lister(client, bucket)
    for kind in lister.list(folder)[0]:
        for region in lister.list(kind)[0]:
            # The folders of days after the one in which the last day began, and then that one, page by page.
            options = [{"StartAfter": f"{region}{since:%Y/%m/%d}/~"}, {"StartAfter": f"{region}{since:%Y/%m/%d}/"}]
            while options:
                answer = client.list_objects_v2(Bucket=bucket, Prefix=region, aws_retry=True, **options[0])
                for one in answer.get("Contents", []):
                    if one["LastModified"] > since:
                        return one["Key"]
                options = options[1:] if not answer["IsTruncated"] else [
                    {"ContinuationToken": answer["NextContinuationToken"]}, *options[1:]]
    return None


def _walk(lister, prefix, found):
    """Find the folders of accounts, and what is foreign; ends with the first folder that has something foreign."""
    folders, keys = lister.list(prefix)
    found.foreign += keys[:1]
    is_of_logs = prefix.endswith("AWSLogs/") or bool(_ORGANIZATION.fullmatch(_name(prefix)))
    for folder in folders:
        if found.foreign:
            return
        name = _name(folder)
        if is_of_logs and _ACCOUNT.fullmatch(name):
            organization = _name(prefix)
            found.folders[folder] = organization if _ORGANIZATION.fullmatch(organization) else name
            kinds, files = lister.list(folder)
            found.foreign += [kind for kind in kinds if not _name(kind).startswith("CloudTrail")][:1] or files[:1]
        elif prefix.endswith("AWSLogs/") and not _ORGANIZATION.fullmatch(name):
            found.foreign.append(folder)
        else:
            _walk(lister, folder, found)


def _name(folder):
    return folder.rstrip("/").rpartition("/")[2]


def _days(lister, folder, region):
    """The first and the last day with log files of a region, as C(2026-01-31); none if there are no log files."""
    regions = lister.list(folder)[0]
    if not regions:
        return []
    first = last = next((one for one in regions if _name(one) == region), regions[0])
    for _part in ("year", "month", "day"):
        ends = [lister.list(folder)[0] for folder in dict.fromkeys([first, last])]
        if not all(ends):
            return []
        first, last = ends[0][0], ends[-1][-1]
    return ["-".join(one.rstrip("/").split("/")[-3:]) for one in (first, last)]


def _count(client, bucket, found):
    """Count versions of objects, of ten pages at the most."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"MaxItems": _PAGES * 1000})
    for page in pages:
        found.versions += sum(len(page.get(kind, [])) for kind in ("Versions", "DeleteMarkers"))
        found.is_truncated = page.get("IsTruncated", False)
