# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of an inventory, and what is wrong with it. Private."""
from __future__ import annotations

import re
from collections.abc import Mapping

from .alibaba import Alibaba
from .aws import Aws

CLOUDS = (Aws(), Alibaba())
# What no pattern of hosts, as in --limit and in a play's hosts, takes for more or less than one name.
_PLAIN = re.compile(r"\w[\w.@+=-]*")


def read(hostvars, groups, regions: dict[str, str]) -> tuple[list[str], dict[str, dict]]:
    """Compute the deployment from an inventory.

    :param hostvars: variables by host.
    :param groups: names of hosts by group.
    :param regions: by cloud, the region of accounts that have no region of their own.
    :returns: a sentence for each problem, in the order of the clouds and of their hosts; and without problems, the
        accounts by host.
    """
    problems, accounts = _group_problems(groups), {}
    if not problems:
        for cloud in _used(groups):
            found, own = cloud.read(hostvars, groups, regions.get(cloud.name))
            problems += found
            accounts.update(own)
    return (problems, {}) if problems else ([], accounts)


def accounts(groups) -> list[str]:
    """Names of all hosts that are accounts."""
    return list(dict.fromkeys(host for cloud in CLOUDS for host in _hosts(cloud, groups)))


def options() -> set[str]:
    """Names of all variables that the inventory may contain."""
    return {name for cloud in CLOUDS for name in cloud.options}


def warnings(accounts: dict[str, dict]) -> list[str]:
    """What may be wrong with the accounts that read() returns: a sentence for each doubt."""
    return [
        sentence for cloud in CLOUDS
        for sentence in cloud.warnings({host: account for host, account in accounts.items() if account["cloud"] == cloud.name})
    ]


def part_problem(groups, in_this_run: set[str], job: Mapping, needs_all: bool) -> str | None:
    """Why a run that sees a part of the inventory cannot do what it is to do; None if it can, or sees the whole inventory.

    Policies of an archive name all members.

    :param in_this_run: names of hosts.
    :param job: variables, among them those that AWX and Automation Platform give to a job.
    :param needs_all: whether it needs all accounts, as verify and report do.
    """
    # The job slices of a template are run by a workflow that has the name of the template.
    slices = [job[f"{name}_job_template_name"] for name in ("awx", "tower")
              if job.get(f"{name}_job_template_name", "") == job.get(f"{name}_workflow_job_name")]
    lacking = [cloud.archive_group for cloud in _used(groups) if cloud.lacks_archive(groups)]
    if not slices and not lacking:
        return None
    why = f"this is a job slice of the template {slices[0]}" if slices else f"the group {lacking[0]} is empty"
    archives = [host for cloud in _used(groups) for host in groups.get(cloud.archive_group, []) if host in in_this_run]
    if archives or needs_all:
        what = f"it can't set up or remove the archive {archives[0]}" if archives else "it can't verify or report"
        return (
            f"{why}, so this run sees only a part of the inventory, and {what}. Run it with the whole inventory and --limit, in a"
            " template without slices. Job slices can only set up and remove members on AWS, with --limit 'aws_members:!aws_archive'. If"
            " this run is no job slice, remove the empty group or rename the workflow"
        )
    return None


def clouds(groups) -> list[str]:
    """Names of the clouds that have accounts."""
    return [cloud.name for cloud in _used(groups)]


def _used(groups):
    return [cloud for cloud in CLOUDS if _hosts(cloud, groups)]


def _group_problems(groups) -> list[str]:
    if not _used(groups):
        both = " or ".join(f"{cloud.archive_group} and {cloud.members_group}" for cloud in CLOUDS)
        return [f"the inventory has no accounts: put hosts into the groups {both}"]
    shared = set(_hosts(CLOUDS[0], groups)) & set(_hosts(CLOUDS[1], groups))
    if shared:
        return [f"{min(shared)} is in the groups of two clouds. Put each host only into the groups of its own cloud"]
    return [
        f"{name!r} cannot be the name of a host, because --limit and plays would read it as {what}. Use only letters, digits and . _ - in"
        " the name"
        for cloud in _used(groups) for name in dict.fromkeys(_hosts(cloud, groups))
        if (what := "a group" if name in groups else "a pattern" if not _PLAIN.fullmatch(name) else "")
    ]


def with_archives(names, groups) -> list[str]:
    """Hosts, and before them the archives of the clouds that they are of."""
    archives = [name for cloud in CLOUDS if set(_hosts(cloud, groups)) & set(names)
                for name in groups.get(cloud.archive_group, [])]
    return list(dict.fromkeys([*archives, *names]))


def _hosts(cloud, groups):
    return [*groups.get(cloud.archive_group, []), *groups.get(cloud.members_group, [])]
