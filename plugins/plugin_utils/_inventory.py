# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of accounts: what is wrong with it, and what became of it. Private."""
from __future__ import annotations

import re

from ._alibaba_estate import Alibaba
from ._aws_estate import Aws

ESTATES = (Aws(), Alibaba())
# What no pattern of hosts, as in --limit and in a play's hosts, takes for more or less than one name.
_PLAIN = re.compile(r"\w[\w.@+=-]*")


def problems(hostvars, groups, regions) -> list[str]:
    """A sentence for each problem, in the order of the clouds and of their hosts."""
    used = [estate for estate in ESTATES if groups.get(estate.archive_group) or groups.get(estate.members_group)]
    if not used:
        both = " or ".join(f"{estate.archive_group} and {estate.members_group}" for estate in ESTATES)
        return [f"the inventory has no accounts: put hosts into the groups {both}"]
    shared = set(_hosts(ESTATES[0], groups)) & set(_hosts(ESTATES[1], groups))
    if shared:
        return [f"{min(shared)} is in groups of two clouds: every account is one host, in the groups of its cloud"]
    return [
        f"{name!r} can't be the name of an account here, because --limit and plays would take it for {what}: name the host"
        " with letters, digits and . _ - only"
        for estate in used for name in dict.fromkeys(_hosts(estate, groups))
        if (what := "a group" if name in groups else "a pattern" if not _PLAIN.fullmatch(name) else "")
    ] or [
        problem for estate, region in zip(ESTATES, regions) if estate in used
        for problem in estate.problems(hostvars, groups, region)
    ]


def with_archives(names, groups) -> list[str]:
    """Hosts, and before them the archives of the clouds that they are of."""
    archives = [name for estate in ESTATES if set(_hosts(estate, groups)) & set(names)
                for name in groups.get(estate.archive_group, [])]
    return list(dict.fromkeys([*archives, *names]))


def _hosts(estate, groups):
    return [*groups.get(estate.archive_group, []), *groups.get(estate.members_group, [])]


def lines(hostvars, accounts, alive, planned) -> list[str]:
    """A line per account, failures first. C(alive) are those that the playbook still works with."""
    width = max([12, *(len(str(hostvars[name].get("account_id", "?"))) for name in accounts)])
    return [
        line for rank, line in sorted(_line(name, hostvars[name], name in alive, planned, width) for name in accounts)
    ]


def _line(name, host, alive, planned, width):
    changes, kept = [], []
    for estate in ESTATES:
        done, left = estate.done(host)
        changes += done
        kept += [f"kept {thing}" for thing in left]
    failure = host.get("audit_logs_failure")
    if not alive and not failure:
        failure = {"phase": "stopped", "reason": "see the task that failed above"}
    if failure:
        rank, state, text = 0, "FAILED", f"{failure['phase']}: {failure['reason']}"
    elif changes:
        rank, state, text = 1, "to do" if planned else "changed", "; ".join(changes + kept)
    else:
        rank, state, text = 2, "ok", "; ".join(kept) or "nothing to do"
    return rank, f"{state:8} {host.get('account_id', '?'):>{width}}  {name}  {text}"


def result(hostvars, name, groups, regions) -> dict:
    """What a verification found out about an account."""
    for estate, region in zip(ESTATES, regions):
        archive = next(iter(groups.get(estate.archive_group, [])), None)
        roles = ["archive"] * (name == archive) + ["member"] * (name in groups.get(estate.members_group, []))
        if roles:
            return estate.verdict(name, hostvars, archive, roles, region)
    raise ValueError(f"{name} is in none of our groups")


def result_lines(results) -> list[str]:
    """A line per result of a verification, failures first."""
    width = max([12, *(len(found["account_id"]) for found in results)])
    return [_result_line(found, width) for found in sorted(results, key=_rank)]


def _rank(found):
    return ("failed", "warning", "ok").index(found["state"]), found["name"]


def _result_line(found, width):
    state = {"failed": "FAILED", "warning": "warning", "ok": "ok"}[found["state"]]
    probe, said = found["probe"], []
    if found["phase"]:
        said.append(f"{found['phase']}: {found['reason']}")
    if probe and probe["state"] == "arrived":
        seconds = [place["seconds"] for place in probe["places"] if place["seconds"] is not None]
        said.append(f"arrived after {max(seconds):.0f} s" if seconds else "the trail has delivered since")
    warnings = sum(one["level"] == "warning" for one in found["findings"])
    if found["state"] == "warning":
        said.append(found["reason"] + (f" (and {warnings - 1} more)" if warnings > 1 else ""))
    return f"{state:8} {found['account_id']:>{width}}  {found['name']}  {'; '.join(said) or 'as it should be'}"
