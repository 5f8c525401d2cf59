# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests `make check` runs for a change."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import ROOT
from tools import affected


@pytest.mark.parametrize("path, expected", [
    ("plugins/modules/ram_role.py", "tests/integration/plugins/modules/test_ram.py"),
    ("plugins/modules/sls_project.py", "tests/integration/plugins/modules/test_sls.py"),
    ("plugins/modules/aws_plan.py", "tests/integration/plugins/modules/test_aws_plan_verified.py"),
    ("plugins/module_utils/_aws/policies.py", "tests/unit/plugins/module_utils/_aws/test_policies.py"),
    ("plugins/plugin_utils/_verdict/aws/archive.py", "tests/integration/playbooks/aws/test_verify.py"),
    ("roles/aws_trail/tasks/present.yml", "tests/integration/roles/test_aws.py"),
    ("roles/alibaba_trail/meta/argument_specs.yml", "tests/unit/roles/test_options.py"),
    ("playbooks/setup_alibaba.yml", "tests/integration/playbooks/alibaba/test_setup.py"),
    ("tests/clouds/alibaba/ram/roles.py", "tests/integration/clouds/alibaba/ram/test_roles.py"),
    ("tests/unit/meta/test_action_groups.py", "tests/unit/meta/test_action_groups.py"),
    ("README.md", "tests/integration/test_install.py"),
    ("docs/scale.md", "tests/integration/playbooks/test_slices.py"),
])
def test_path_of_a_file(path, expected):
    assert expected in affected.with_path_of(path)


@pytest.mark.parametrize("path, expected", [
    # through helpers/alibaba/modules.py, which imports by name
    ("plugins/module_utils/_alibaba/ram.py", "tests/integration/plugins/modules/test_ram.py"),
    ("plugins/modules/ram_policy_info.py", "tests/integration/plugins/modules/test_ram.py"),
    # by a relative import
    ("tests/clouds/aws/cloudtrail/trails.py", "tests/integration/clouds/aws/test_cloudtrail.py"),
    # by a fixture
    ("tests/integration/conftest.py", "tests/integration/roles/test_aws.py"),
])
def test_imports(monkeypatch, path, expected):
    monkeypatch.setattr(affected, "BUDGET", 10**6)
    chosen, left = affected.choose([path])
    assert expected in chosen and not left
    assert "tests/unit/plugins/plugin_utils/_callback/test_progress.py" not in chosen


def test_no_time_for_all(monkeypatch):
    monkeypatch.setattr(affected, "BUDGET", 10)
    chosen, left = affected.choose(["plugins/module_utils/_aws/policies.py"])
    assert "tests/unit/plugins/module_utils/_aws/test_policies.py" in chosen
    assert left and not set(chosen) & set(left)


def test_every_file_of_a_rule_is_there():
    """A rule without a file that it is for, or without a test, would be one that nobody misses."""
    paths = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if ".venv" not in path.parts]
    for pattern, starts in affected.OTHERS.items():
        assert any(re.match(pattern, path) for path in paths), pattern
        for start in starts:
            for cloud in ("aws", "alibaba"):
                assert any(test.startswith(f"tests/{start.format(cloud=cloud)}") for test in affected.tests()), start


def test_every_file_of_tests_has_the_path_of_something():
    """The rule of tests/README.md."""
    for test in map(Path, affected.tests()):
        kind, *folder = test.parent.parts[1:]
        if kind in ("unit", "integration"):
            folders = [ROOT.joinpath(*folder), ROOT.joinpath("tests", *folder)]
            assert any(candidate.is_dir() for candidate in folders) or folder[:1] == ["playbooks"], test
