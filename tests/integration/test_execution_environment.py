# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-builder makes of the collection. It builds no image: that takes a container engine and a base image."""
from __future__ import annotations

import subprocess
import sys

import yaml
from packaging.requirements import Requirement
from helpers import ROOT


def builder(*arguments) -> str:
    """Run ansible-builder; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible_builder", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_what_the_collection_needs(tmp_path):
    folder = tmp_path / "ansible_collections" / "crossaccount" / "audit_logs"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(ROOT)
    lines = yaml.safe_load(builder("introspect", tmp_path))["python"]
    found = {Requirement(line.partition("#")[0]).name for line in lines}
    asked = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    wanted = {Requirement(line).name for line in asked if line and not line.startswith("#")}
    # An execution environment has Ansible and collections of its own.
    assert found == wanted - {"ansible"} and len(found) > 5


def test_definition_is_accepted(tmp_path):
    builder(
        "create", "--file", ROOT / "execution-environment.yml",
        "--context", tmp_path, "--output-filename", "Containerfile",
    )
    assert "ansible-core >=2.19 ansible-runner" in (tmp_path / "Containerfile").read_text(encoding="utf-8")
    galaxy = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert [one["name"] for one in galaxy["collections"]] == ["crossaccount.audit_logs"]
