# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes results of `make conformance` into the register of assumptions."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml


def take_in(register: str, results: Iterable[dict[str, Any]]) -> tuple[str, list[str], bool]:
    """Set the status of entries that real clouds confirmed.

    :param register: the text of the register.
    :param results: contents of files.
    :returns: the new text, what to tell, and whether a real cloud behaves otherwise.
    """
    observed = list(_observed(results))
    refuted = {item["entry"] for item, _date, _region in observed if item["answer"] == "otherwise"}
    told = []
    for item, date, region in observed:
        entry, facts = item["entry"], json.dumps(item["facts"], sort_keys=True)
        if entry in refuted:
            told.append(
                f"{entry}: {item['answer']} in {region} on {date}, {facts}. The entry is not changed. "
                "Change the entry, the code that names it, and the local cloud.")
        else:
            register, what = _set(register, entry, date, region)
            told.append(f"{entry}: {what}")
    return register, told, bool(refuted)


def _observed(results: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Observations of real clouds that settle something, with their dates and regions."""
    for result in results:
        for run in result["runs"]:
            for item in run["observations"]:
                if not run["local"] and item["answer"] != "undecided" and not item["error"]:
                    yield item, run["finished"].partition("T")[0], run["region"]


def _set(register: str, entry: str, date: str, region: str) -> tuple[str, str]:
    match = re.search(rf"^- id: {re.escape(entry)}\n.*?(?=^- id: |\Z)", register, re.M | re.S)
    if not match:
        return register, "there is no such entry"
    fields = yaml.safe_load(match[0])[0]
    if fields["status"] == "documented":
        return register, "documented, and now also observed; not changed"
    if str(fields.get("date", "")) > date:
        return register, f"observed on {fields['date']} already; not changed"
    lines = [line for line in match[0].splitlines(keepends=True) if not line.startswith(("  date: ", "  region: "))]
    status = next(number for number, line in enumerate(lines) if line.startswith("  status: "))
    lines[status:status + 1] = ["  status: observed\n", f"  date: {date}\n", f"  region: {region}\n"]
    return register[:match.start()] + "".join(lines) + register[match.end():], f"observed on {date} in {region}"
