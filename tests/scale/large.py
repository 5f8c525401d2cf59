# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What slices do not share: the parts of a run that look at the whole inventory, and the merged report.

    PYTHONPATH=tests python -m scale.large [ACCOUNTS ...]

Prints a table for docs/scale.md. The accounts are members on AWS; of the local cloud, only the archive account is asked.
"""
from __future__ import annotations

import datetime
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml
from clouds.aws import LocalAws
from helpers import ROOT, report_samples
from tools.inventory import FIRST_ACCOUNT

from scale import measure

SOURCES = 10
_ARCHIVE = "111111111111"
_MINUTE = datetime.timedelta(minutes=1)


def main(counts: Sequence[int]) -> None:
    """Run the program."""
    with LocalAws() as cloud:
        print("| accounts | step | CPU seconds | MB |\n|---:|---|---:|---:|")
        for count in counts:
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                for step, command in steps(folder, count).items():
                    used = measure.run(command, {**os.environ, **cloud.environment, "ANSIBLE_HOME": f"{folder}/home"}, folder)
                    print(f"| {count:,} | {step} | {used.cpu:.1f} | {used.memory / 1e6:.0f} |", flush=True)


def steps(folder: Path, count: int) -> dict[str, list[str]]:
    """The commands, by what they are; their files are in the folder."""
    names = {f"member-{number:05}": str(FIRST_ACCOUNT + number) for number in range(count)}
    inventory = folder / "inventory"
    inventory.mkdir()
    (inventory / "accounts.yml").write_text(yaml.safe_dump({"all": {
        "vars": {
            "audit_logs_aws_region": "eu-west-1", "audit_logs_aws_role": "OrganizationAccountAccessRole", "aws_trail_bucket_name": "example-audit-logs",
            "aws_trail_bucket_policy_form": "organization", "aws_trail_bucket_organization_id": "o-a1b2c3d4e5",
        },
        "children": {
            "aws_archive": {"hosts": {"log-archive": {"account_id": _ARCHIVE}}},
            "aws_members": {"hosts": {name: {"account_id": number} for name, number in names.items()}},
        },
    }}), encoding="utf-8")
    shutil.copy(ROOT / "extensions/awx/project/inventory/zz_slices.yml", inventory)
    _write_reports(folder, {"log-archive": _ARCHIVE, **names})
    playbook = ["ansible-playbook", "-i", str(inventory)]
    preflight = [*playbook, str(ROOT / "playbooks/parts/preflight.yml"), "--limit"]
    sources = ",".join(str(folder / f"source-{number}") for number in range(SOURCES))
    return {
        "ansible-inventory --list": ["ansible-inventory", "-i", str(inventory), "--list", "--output", str(folder / "list.json")],
        "preflight with --limit aws_archive": [*preflight, "aws_archive"],
        f"merged report and page, of {SOURCES} reports": [
            *playbook, str(ROOT / "playbooks/report.yml"), "-e",
            json.dumps({"audit_logs_report_sources": sources, "audit_logs_report_directory": str(folder / "all")}),
        ],
    }


def _write_reports(folder, names):
    """A report for each slice, as verify writes it."""
    now = (datetime.datetime.now(datetime.UTC) - _MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    results = [{**report_samples.result(name, number), "reported": now} for name, number in names.items()]
    for number in range(SOURCES):
        accounts = results[number::SOURCES]
        summary = {
            "accounts": len(accounts), "failed": 0, "warning": 0, "ok": len(accounts),
            "probes": {"arrived": len(accounts), "missing": 0, "skipped": 0, "none": 0},
        }
        report = {"schema_version": 2, "generated": now, "summary": summary, "accounts": accounts}
        (folder / f"source-{number}").mkdir()
        (folder / f"source-{number}/report.json").write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [1000, 10000])
