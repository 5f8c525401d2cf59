# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people who come from Terraform, as it stands: its inventories and commands."""
from __future__ import annotations

import re
import shlex

import yaml
from helpers import ROOT

_PAGE = (ROOT / "docs/adoption.md").read_text(encoding="utf-8")


def inventory(name: str) -> dict:
    """An inventory of the page.

    :param name: of its file, which its first line says.
    """
    blocks = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", _PAGE, re.M | re.S))
    return yaml.safe_load(blocks[name])


def commands(name: str) -> list[tuple[str, list[str]]]:
    """The commands of the page for an inventory: a playbook and its arguments, without the inventory."""
    lines = re.findall(rf"^ansible-playbook crossaccount\.audit_logs\.(\w+) -i {re.escape(name)} (.*)$", _PAGE, re.M)
    return [(playbook, shlex.split(arguments)) for playbook, arguments in lines]
