# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, as tables and as data."""
from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .bench import LOCAL, PHASES, SDK, TITLES, Outcome

_MEGABYTE = 1_000_000
NOTE = (
    "Machines are shared and noisy: compare ratios within one run. CPU is user and system time of the client with all"
    " that it started, not of the local clouds, which share the cores with it; what an empty playbook takes, or the"
    " script without accounts, is subtracted, once for each run. Memory is the most at any look (proportional set size"
    " of the whole process tree). Calls are those of a member, one AssumeRole among them."
)


def machine() -> dict[str, Any]:
    """Where it was measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {
        "cpu": cpu, "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0],
        "python": platform.python_version(), **{name: version(name) for name in ("ansible-core", "boto3")},
    }


def data(
    outcomes: Sequence[Outcome], empty: dict[str, dict[str, float]], settings: dict[str, Any], members: set[str],
) -> dict[str, Any]:
    """Everything, for a file in JSON.

    :param empty: CPU seconds of tasks that do nothing, by method and kind.
    :param settings: what was asked for.
    :param members: ids of the accounts whose calls count.
    """
    return {
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **settings,
        "machine": machine(),
        "empty_tasks": empty,
        "clouds": [
            {
                "cloud": outcome.title, "accounts": outcome.members, "runs": outcome.runs, "problems": outcome.problems,
                "methods": [
                    {
                        "method": method, "start_up_cpu": outcome.start_up[method].cpu,
                        "phases": [_phase(outcome, method, phase, members) for phase in PHASES],
                    }
                    for method in outcome.measured
                ],
            }
            for outcome in outcomes
        ],
    }


def _phase(outcome: Outcome, method: str, phase: str, members: set[str]) -> dict[str, Any]:
    measured = outcome.measured[method][phase]
    calls = outcome.calls(method, phase, members)
    return {
        "phase": phase, "cpu": measured.usage.cpu, "cpu_per_account": outcome.cpu(method, phase),
        "wall": measured.usage.wall, "memory": measured.usage.memory, "processes": measured.usage.processes,
        "clouds_cpu": measured.clouds, "calls_per_account": sum(calls.values()), "calls": dict(sorted(calls.items())),
        "calls_in_archive": sum(number for called, number in measured.calls.items() if called[0] not in members),
    }


def markdown(found: dict[str, Any]) -> str:
    """The tables, from data()."""
    at = found["machine"]
    lines = [
        f"{found['accounts']} accounts in each cloud, {found['forks']} at a time, {found['latency_ms']:g} ms more for"
        f" each API call. {found['created']}, {at['cores']} x {at['cpu']}, load {at['load']:.1f}, Python {at['python']},"
        f" ansible-core {at['ansible-core']}, boto3 {at['boto3']}.",
        "", NOTE,
    ]
    if found["empty_tasks"]:
        lines += ["", "## Ansible itself", "", "CPU milliseconds of a task that does nothing:", "",
                  *_table(["method", "without a module", "with a module"], [
                      [TITLES[method], *(f"{1000 * cpu:.0f}" for cpu in kinds.values())]
                      for method, kinds in found["empty_tasks"].items()
                  ])]
    for cloud in found["clouds"]:
        lines += ["", f"## {cloud['cloud']}", "", _what(cloud), "", *_costs(cloud), "",
                  "Calls of a second run, per member:", "", *_calls(cloud), "", *_judgement(cloud)]
    return "\n".join(lines) + "\n"


def _what(cloud: dict[str, Any]) -> str:
    if cloud["cloud"] == "AWS":
        return (f"{cloud['accounts']} members with a trail, a log group and its role each; an archive with a bucket and"
                " its KMS key.")
    runs = f"{cloud['runs']} runs of a playbook, in turn" if cloud["runs"] > 1 else "one run of a playbook"
    return (f"{cloud['accounts']} members with the role and policy for Log Audit Service each; an archive for every 100"
            f" of them, because the service takes no more: {runs}.")


def _costs(cloud: dict[str, Any]) -> list[str]:
    cpu = {
        (method["method"], phase["phase"]): phase["cpu_per_account"]
        for method in cloud["methods"] for phase in method["phases"]
    }
    rows = []
    for method in cloud["methods"]:
        for phase in method["phases"]:
            mine = cpu[method["method"], phase["phase"]]
            rows.append([
                TITLES[method["method"]], phase["phase"], f"{mine:.3f}", _ratio(mine, cpu.get((SDK, phase["phase"]))),
                _ratio(cpu.get((LOCAL, phase["phase"])), mine), f"{phase['wall']:.1f}",
                f"{phase['memory'] / _MEGABYTE:.0f}", str(phase["processes"]), f"{phase['calls_per_account']:.1f}",
                str(phase["calls_in_archive"]), f"{method['start_up_cpu']:.2f}", f"{phase['clouds_cpu']:.1f}",
            ])
    return _table([
        "method", "phase", "CPU s/account", "times SDK", "local is times", "wall s", "peak MB", "processes",
        "calls/account", "calls in archive", "start-up CPU s", "local cloud CPU s",
    ], rows)


def _calls(cloud: dict[str, Any]) -> list[str]:
    found = {
        method["method"]: Counter(phase["calls"]) for method in cloud["methods"] for phase in method["phases"]
        if phase["phase"] == "second run"
    }
    rows = [
        [f"`{call}`", *(f"{calls[call]:g}" if calls[call] else "" for calls in found.values())]
        for call in sorted(set().union(*found.values()))
    ]
    return _table(["call", *(TITLES[method] for method in found)], rows)


def _judgement(cloud: dict[str, Any]) -> list[str]:
    if cloud["problems"]:
        return [f"NOT RIGHT: {problem}" for problem in cloud["problems"]]
    return ["All methods left the same in every account, second runs changed nothing and asked nothing twice."]


def _ratio(one: float | None, other: float | None) -> str:
    return f"{one / other:.1f}" if one and other and other > 0 else ""


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A table in Markdown, with columns wide enough to be read as text; all but the first are numbers."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    texts = [column < 1 or not any(_is_number(row[column]) for row in rows) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(
            cell.ljust(width) if text else cell.rjust(width) for cell, width, text in zip(cells, widths, texts)
        ) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if text else ":") for width, text in zip(widths, texts)) + "|"
    return [line(head), rule, *(line(row) for row in rows)]


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").isdecimal()
