# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all playbooks have in common: the order of their parts, and settings that keep out those of an estate."""
from __future__ import annotations

import pytest
import yaml
from ansible import constants
from helpers import ROOT


@pytest.mark.parametrize("playbook", ["setup", "verify", "destroy"])
def test_preflight_is_first(playbook):
    first = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))[0]
    assert first["ansible.builtin.import_playbook"] == "parts/preflight.yml"


def plays():
    for path in sorted([*(ROOT / "playbooks/parts").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")]):
        for play in yaml.safe_load(path.read_text(encoding="utf-8")):
            if isinstance(play, dict) and "hosts" in play:
                yield pytest.param(play, id=f"{path.stem} {play['name']}")


@pytest.mark.parametrize("play", list(plays()))
def test_no_setting_of_an_estate_reaches_a_play(play):
    """What its inventory or ansible.cfg says of servers; tests/integration/playbooks/test_estate.py shows it."""
    assert play["vars_files"] in ("settings.yml", "parts/settings.yml") and play["strategy"] == "ansible.builtin.linear"
    assert play["gather_facts"] is False and "any_errors_fatal" in play and "connection" not in play


def test_all_variables_of_connections_are_set():
    settings = yaml.safe_load((ROOT / "playbooks/parts/settings.yml").read_text(encoding="utf-8"))
    assert {name for names in constants.MAGIC_VARIABLE_MAPPING.values() for name in names} <= set(settings)
