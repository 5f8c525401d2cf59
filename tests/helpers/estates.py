# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository of a company in tests/estate, runs in it, and what its accounts hold afterwards."""
from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from clouds.alibaba import state
from helpers import ROOT
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments as aws_deployments
from helpers.playbooks import PYTHON, Playbooks, Run
from helpers.verifications import SOON
from scale.stages import AwsAccount, lasting

ESTATE = ROOT / "tests/estate"
# One estate in three forms of inventory.
INVENTORIES = {"yaml": "inventories/yaml/hosts.yml", "ini": "inventories/ini/hosts.ini", "directory": "inventories/directory"}
AWS_ACCOUNTS = {"log-archive": aws_deployments.ARCHIVE, "team-a": aws_deployments.MEMBERS["team-a"], "team-zero": "012345678901"}
ALIBABA_ACCOUNTS = {"root": alibaba_deployments.ARCHIVE, "shop": alibaba_deployments.MEMBERS["shop"]}
ACCOUNTS = {**AWS_ACCOUNTS, **ALIBABA_ACCOUNTS}


def tidy_inventory() -> dict:
    """The same accounts without the rest of the estate."""
    members = {name: number for name, number in AWS_ACCOUNTS.items() if name != "log-archive"}
    aws = aws_deployments.inventory_of(members)["all"]
    alibaba = alibaba_deployments.inventory_of("actiontrail")["all"]
    return {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}


def holdings(aws, alibaba) -> dict:
    """What each account holds on both local clouds, without what differs from run to run."""
    found = {name: AwsAccount(aws, number).everything() for name, number in AWS_ACCOUNTS.items()}
    with alibaba.cloud.lock:
        found |= {name: lasting(state.dump(alibaba.cloud, number)) for name, number in ALIBABA_ACCOUNTS.items()}
    return found


class Estate(Playbooks):
    """A copy of the company's repository, in which its people run ansible-playbook."""

    def __init__(self, folder: Path, clouds: Collection[Any], environment: dict[str, str] | None = None, python: Path = PYTHON) -> None:
        found = {name: value for cloud in clouds for name, value in cloud.environment.items()}
        super().__init__(folder / "repository", found | (environment or {}), python=python, clouds=clouds)
        self.accounts = tidy_inventory()
        shutil.copytree(ESTATE, self.folder)
        self.environment["ANSIBLE_CONFIG"] = str(self.folder / "ansible.cfg")

    def site(self, form: str, *arguments: str, **environment: str) -> Run:
        """Run site.yml with an inventory in one of the forms."""
        return self.run(self.folder / "site.yml", "-i", INVENTORIES[form], *SOON, *arguments, **environment)
