# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-builder makes of the collection. `make ee` builds an image: that takes a container engine and a base image."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest
import yaml
from packaging.requirements import Requirement
from helpers import ROOT
from tools import ee

DEFINITION = ROOT / "execution-environment.yml"


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
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {Requirement(line).name for line in asked if line and not line.startswith("#")}
    # An execution environment has Ansible and collections of its own.
    assert found == wanted - {"ansible"} and len(found) > 5


@pytest.fixture(scope="module", name="context")
def fixture_context(tmp_path_factory):
    """The build context that ansible-builder creates from our definition."""
    folder = tmp_path_factory.mktemp("context")
    builder("create", "--file", DEFINITION, "--context", folder, "--output-filename", "Containerfile")
    return folder


def test_definition_is_accepted(context):
    galaxy = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert [one["name"] for one in galaxy["collections"]] == ["crossaccount.audit_logs"]


def test_pip_accepts_the_commands_of_the_image(context):
    lines = (context / "Containerfile").read_text(encoding="utf-8").splitlines()
    arguments = dict(shlex.split(line)[1].split("=", 1) for line in lines if re.match("ARG .*=", line))
    commands = [line.removeprefix("RUN ") for line in lines if re.match("RUN .* pip install ", line)]
    locked = context / "_build/requirements-ee.txt"
    assert "PIP_CONSTRAINT=/opt/builder/requirements-ee.txt" in " ".join(lines)
    environment = {**os.environ, **arguments, "PYCMD": sys.executable, "PIP_CONSTRAINT": str(locked)}
    installed = {}
    for command in commands:
        # As in an image in which nothing is installed yet. Their dependencies are not what can go wrong here.
        trial = command.replace("pip install", "pip install --dry-run --ignore-installed --no-deps")
        done = subprocess.run(
            ["sh", "-c", trial], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        names = re.search("^Would install (.*)$", done.stdout, re.M)[1].split()
        installed.update(name.rsplit("-", 1) for name in names)
    # Each of them is one of the lock file; of pip's own commands too.
    assert installed.keys() >= {"ansible", "ansible-runner", "bindep", "dumb-init"}
    assert installed.items() <= versions(locked).items()


def versions(path) -> dict[str, str]:
    """The versions of a file of exact requirements that count for this Python, by normalised name as pip shows it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line.partition(" \\")[0]) for line in lines if re.match("[a-zA-Z0-9]", line)]
    counting = [one for one in asked if one.marker is None or one.marker.evaluate()]
    return {_shown(one.name): str(one.specifier).removeprefix("==") for one in counting}


def _shown(name):
    return {"pyyaml": "PyYAML", "dumb-init": "dumb-init"}.get(name, name)


def test_lock_file_of_the_image_has_the_tested_versions():
    """`make lock` writes both of one resolution."""
    image, tested = versions(ROOT / "requirements-ee.txt"), versions(ROOT / "requirements-dev.txt")
    assert {name: version for name, version in image.items() if tested.get(name) != version} == {"dumb-init": "1.2.5"}


def test_image_has_a_tested_ansible():
    definition = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    package = Requirement(definition["dependencies"]["ansible_core"]["package_pip"])
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    ansible = next(Requirement(line).specifier for line in asked if line.startswith("ansible "))
    # amazon.aws and community.aws are in this package, and not in ansible-core.
    assert package.name == "ansible" and package.specifier.contains(versions(ROOT / "requirements-ee.txt")["ansible"])
    for number in range(9, 20):
        assert not package.specifier.contains(f"{number}.1") or ansible.contains(f"{number}.1"), number


def test_definition_of_a_closed_network(tmp_path):
    """`make ee` builds this one."""
    tarball = tmp_path / "package/crossaccount-audit_logs-1.0.0.tar.gz"
    tarball.parent.mkdir()
    tarball.touch()
    context = tmp_path / "context"
    builder("create", "--file", ee.main(tmp_path), "--context", context, "--output-filename", "Containerfile")
    galaxy = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))
    assert galaxy["collections"] == [{"name": f"/build/{tarball.name}", "type": "file"}]
    assert (context / "_build" / tarball.name).exists()
