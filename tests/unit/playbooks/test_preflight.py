# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook that works with accounts checks the inventory first."""
from __future__ import annotations

import pytest
import yaml
from helpers import ROOT


@pytest.mark.parametrize("playbook", ["setup", "verify", "destroy"])
def test_preflight_is_first(playbook):
    first = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))[0]
    assert first["ansible.builtin.import_playbook"] == "parts/preflight.yml"
