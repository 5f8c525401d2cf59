# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each module gets its connection by the action group of its cloud; outside of it, it would take the environment's."""
from __future__ import annotations

from collections import Counter

from helpers import ROOT
import pytest
import yaml

GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
MEMBERS = {cloud: [name for name in names if isinstance(name, str)] for cloud, names in GROUPS.items()}
CLOUDLESS = {"account_session", "deployment", "report", "report_account", "summary"}
MODULES = sorted({path.stem for path in (ROOT / "plugins/modules").glob("[a-z]*.py")} - CLOUDLESS)


def test_there_is_a_module_for_every_name():
    assert Counter(name for names in MEMBERS.values() for name in names) == Counter(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_in_the_group_that_they_document(module):
    text = (ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8")
    cloud = "alibaba" if "_alibaba" in text else "aws"
    assert module in MEMBERS[cloud]
    assert ("  - crossaccount.audit_logs.alibaba\n" in text) == (cloud == "alibaba")
