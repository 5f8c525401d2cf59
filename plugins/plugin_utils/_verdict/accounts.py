# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about each account of an inventory. Private."""
from __future__ import annotations

from .._deployment.inventory import CLOUDS
from . import alibaba, aws

_VERDICTS = {"aws": aws.verdict, "alibaba": alibaba.verdict}


def result(hostvars, name, groups, regions) -> dict:
    """What a verification found out about an account."""
    for cloud, region in zip(CLOUDS, regions):
        archive = next(iter(groups.get(cloud.archive_group, [])), None)
        roles = ["archive"] * (name == archive) + ["member"] * (name in groups.get(cloud.members_group, []))
        if roles:
            return _VERDICTS[cloud.name](name, hostvars, archive, roles, region).result()
    raise ValueError(f"{name} is in none of our groups")
