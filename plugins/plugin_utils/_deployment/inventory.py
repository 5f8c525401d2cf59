# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of an inventory, and what is wrong with it. Private."""
from __future__ import annotations

import re

from .alibaba import Alibaba
from .aws import Aws

CLOUDS = (Aws(), Alibaba())
# What no pattern of hosts, as in --limit and in a play's hosts, takes for more or less than one name.
_PLAIN = re.compile(r"\w[\w.@+=-]*")


def problems(hostvars, groups, regions) -> list[str]:
    """A sentence for each problem, in the order of the clouds and of their hosts."""
    used = [cloud for cloud in CLOUDS if groups.get(cloud.archive_group) or groups.get(cloud.members_group)]
    if not used:
        both = " or ".join(f"{cloud.archive_group} and {cloud.members_group}" for cloud in CLOUDS)
        return [f"the inventory has no accounts: put hosts into the groups {both}"]
    shared = set(_hosts(CLOUDS[0], groups)) & set(_hosts(CLOUDS[1], groups))
    if shared:
        return [f"{min(shared)} is in groups of two clouds: every account is one host, in the groups of its cloud"]
    return [
        f"{name!r} can't be the name of an account here, because --limit and plays would take it for {what}: name the host"
        " with letters, digits and . _ - only"
        for cloud in used for name in dict.fromkeys(_hosts(cloud, groups))
        if (what := "a group" if name in groups else "a pattern" if not _PLAIN.fullmatch(name) else "")
    ] or [
        problem for cloud, region in zip(CLOUDS, regions) if cloud in used
        for problem in cloud.problems(hostvars, groups, region)
    ]


def with_archives(names, groups) -> list[str]:
    """Hosts, and before them the archives of the clouds that they are of."""
    archives = [name for cloud in CLOUDS if set(_hosts(cloud, groups)) & set(names)
                for name in groups.get(cloud.archive_group, [])]
    return list(dict.fromkeys([*archives, *names]))


def _hosts(cloud, groups):
    return [*groups.get(cloud.archive_group, []), *groups.get(cloud.members_group, [])]
