# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that the playbooks need: writes docs/permissions.md and docs/policies from docs/permissions/*.yml; `make permissions`."""
from __future__ import annotations

import json
import sys
import textwrap
from typing import Any

from helpers import ROOT, permissions
from helpers.permissions import CLOUDS, Statement

PAGE = ROOT / "docs/permissions.md"
POLICIES = ROOT / "docs/policies"
_INTRODUCTION = """\
# Permissions

This page lists the permissions that the playbooks need in each account, and the reason for each permission. The folder [policies](policies)
has a policy file for each kind of account and each playbook. The files for `setup` also allow the plan (`--check`). If one role runs
several playbooks, or if an account is of several kinds, attach several policies.

`make permissions` writes this page and the policy files from the tables in [permissions/](permissions). The tests of the collection run the
playbooks on the local clouds with exactly these policies, and again with each action removed.
"""


def files() -> dict[str, str]:
    """All generated files: their text by their path, relative to the checkout."""
    found = {str(PAGE.relative_to(ROOT)): page()}
    for cloud in CLOUDS:
        for account, run in permissions.files(cloud):
            text = json.dumps(permissions.policy(cloud, account, run), indent=2) + "\n"
            found[f"docs/policies/{cloud}/{account}-{run}.json"] = text
            if permissions.has_boundary(cloud, account, run):
                text = json.dumps(permissions.policy(cloud, account, run, bounded=True), indent=2) + "\n"
                found[f"docs/policies/{cloud}/{account}-{run}-bounded.json"] = text
    return found


def page() -> str:
    """The page, in Markdown."""
    lines = [_INTRODUCTION.rstrip()]
    for name, cloud in CLOUDS.items():
        if not permissions.files(name):
            continue
        lines += ["", f"## {cloud.title}"]
        introduction = permissions.table(name).get("introduction")
        if introduction:
            lines += ["", introduction.strip()]
        for account in permissions.ACCOUNTS:
            if any(account == kind for kind, _run in permissions.files(name)):
                lines += ["", *_section(name, account)]
    return "\n".join(lines) + "\n"


def _section(cloud: str, account: str) -> list[str]:
    runs = [run for kind, run in permissions.files(cloud) if kind == account]
    lines = [f"### {CLOUDS[cloud].title}, {account}", "", "| file | placeholders |", "|---|---|"]
    for run in runs:
        listed = ", ".join(f"`{one}`" for one in permissions.placeholders(cloud, account, run)) or "none"
        lines.append(f"| [{account}-{run}.json](policies/{cloud}/{account}-{run}.json) | {listed} |")
        if permissions.has_boundary(cloud, account, run):
            name = f"{account}-{run}-bounded.json"
            lines.append(f"| [{name}](policies/{cloud}/{name}) | `BOUNDARY`, {listed} |")
    risks = permissions.table(cloud).get("risks", {})
    for run in runs:
        if f"{account}-{run}" in risks:
            lines += ["", *textwrap.wrap(f"**If {account}-{run} is stolen:** {risks[f'{account}-{run}']}", 139, break_on_hyphens=False)]
    lines += ["", "| statement | files | needed if | actions | resources and conditions | why |", "|---|---|---|---|---|---|"]
    chosen = {one.sid: one for run in runs for one in permissions.statements(cloud, account, run)}
    return lines + [_row(one) for one in chosen.values()]


def _row(one: Statement) -> str:
    actions = ", ".join(f"`{action}`" for action in sorted(one.actions))
    limits = [f"`{resource}`" for resource in one.resources]
    limits += [f"{operator} `{key}`: {_values(value)}" for operator, keys in one.conditions.items() for key, value in keys.items()]
    needed = one.needed_if if isinstance(one.needed_if, str) else " and ".join(_needed(*item) for item in one.needed_if.items())
    return f"| {one.sid} | {', '.join(one.runs)} | {needed or 'always'} | {actions} | {'<br>'.join(limits)} | {one.why} |"


def _needed(name: str, value: Any) -> str:
    if value == permissions.GIVEN:
        return f"`{name}` is given"
    return " or ".join(f"`{name}: {str(one).lower() if isinstance(one, bool) else one}`" for one in _listed(value))


def _values(value: Any) -> str:
    return ", ".join(f"`{one}`" for one in _listed(value))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def main() -> int:
    """Run the program; returns its exit status."""
    wanted = files()
    for path, text in wanted.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    for path in POLICIES.rglob("*.json"):
        if str(path.relative_to(ROOT)) not in wanted:
            path.unlink()
    print(f"{len(wanted)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
