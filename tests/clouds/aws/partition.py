# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partition of AWS that the accounts are in.

moto keeps the accounts in the process, so the process has one partition at a time. Regions, and where the endpoints of the global
services are: the endpoints of botocore. That events of these services are in the same region: assumption aws-global-event-regions.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import botocore.session


@dataclass(frozen=True)
class Partition:
    """A partition.

    :param region: the one that clients get if they name none.
    :param global_regions: region of the events of each global service.
    """

    name: str
    region: str
    global_regions: dict[str, str]


PARTITIONS = {one.name: one for one in (
    Partition("aws", "eu-west-1", {"iam": "us-east-1", "organizations": "us-east-1"}),
    Partition("aws-cn", "cn-north-1", {"iam": "cn-north-1", "organizations": "cn-northwest-1"}),
    Partition("aws-us-gov", "us-gov-west-1", {"iam": "us-gov-west-1", "organizations": "us-gov-west-1"}),
)}
_entered = [PARTITIONS["aws"]]


def enter(chosen: Partition) -> None:
    """Let the accounts be in a partition from now on. Those of another must be gone."""
    _entered[:] = [chosen]


def entered() -> Partition:
    """The partition that the accounts are in."""
    return _entered[0]


def partition() -> str:
    """Its name, as ARNs have it."""
    return entered().name


@cache
def regions(name: str) -> frozenset[str]:
    """The regions of a partition."""
    return frozenset(botocore.session.get_session().get_available_regions("ec2", partition_name=name))
