# SPDX-License-Identifier: GPL-3.0-or-later
"""Opt-in regions that an account has enabled. Private to this collection.

A trail of all regions, also that of an organization, is copied into each region that an account has enabled: assumption
aws-opt-in-organization-trail. DescribeTrails shows a trail only in the regions that it records: assumption aws-opt-in-trail-copies.
"""
from __future__ import annotations

from collections.abc import Callable

from . import trail
from .errors import AWS_ERRORS, code_of
from .policies import partition
from .retry import RETRY

# Account Management has one endpoint for all regions, which a closed network may not let through.
_TIMES = {"connect_timeout": 5, "read_timeout": 20, "retries": {"total_max_attempts": 2}}


def unrecorded(client_of: Callable, region: str, arn: str, warn: Callable[[str], None]) -> list[str]:
    """The opt-in regions that the account has enabled and the trail does not record.

    Calls: ListRegions, and DescribeTrails in each opt-in region that is enabled.

    :param client_of: makes a client of a service, with options.
    :param region: of the account; only its partition counts. Only C(aws) has opt-in regions: assumption aws-opt-in-regions.
    :param arn: of the trail.
    :param warn: is called with what could not be read, in words that are the same for all accounts.
    """
    if partition(region) != "aws":
        return []
    try:
        enabled = _opted_in(client_of)
    except AWS_ERRORS as error:
        warn(f"cannot check for opt-in regions that trails do not record, because account:ListRegions failed ({_reason(error)})")
        return []
    found = []
    for one in enabled:
        try:
            if all(described["TrailARN"] != arn for described in trail.describe(client_of("cloudtrail", region=one))):
                found.append(one)
        except AWS_ERRORS as error:
            warn(f"cannot check whether trails record the opt-in region {one}, because cloudtrail:DescribeTrails failed"
                 f" ({_reason(error)})")
    return found


@RETRY
def _opted_in(client_of):
    from botocore.config import Config  # here, because the module says in its own words if botocore is missing

    pages = client_of("account", config=Config(**_TIMES)).get_paginator("list_regions").paginate(RegionOptStatusContains=["ENABLED"])
    return [one["RegionName"] for one in pages.build_full_result()["Regions"]]


def _reason(error):
    """The code of an error; the messages of AWS name the caller."""
    return code_of(error) or type(error).__name__
