# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sentence for all that is missing or too old on the controller."""
from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys

import pytest
import yaml
from ansible.errors import AnsibleError
from helpers import ROOT

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _packages
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

PIP = f"{sys.executable} -m pip install --upgrade"


def least(path, pattern):
    return dict(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.M))


def test_what_is_needed_is_what_the_files_say():
    packages = least("requirements.txt", r"^(\S+) >=([\d.]+)")
    del packages["distlib"]  # for ansible-galaxy, and not in a run
    packages.pop("ansible")
    assert {**_requirements.PACKAGES["aws"], **_requirements.PACKAGES["alibaba"]} == packages
    named = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    assert {name: f">={version}.0.0,<12.0.0" for name, version in _requirements.COLLECTIONS["aws"].items()} == named
    assert least("meta/runtime.yml", r"^(requires_ansible): \">=([\d.]+)\.0\"") == {"requires_ansible": _requirements.CORE}


@pytest.mark.parametrize("version", ["2.17.14", "2.18.0rc1", "2.9.27"])
def test_an_old_ansible(version):
    with pytest.raises(AnsibleError) as raised:
        _requirements.check_core(version)
    assert str(raised.value) == (
        f"crossaccount.audit_logs needs ansible-core 2.19 or newer, and this is {version}: install it with {PIP} 'ansible-core>=2.19'")


@pytest.mark.parametrize("version", ["2.19.0", "2.19.0b1", "2.21.5", "3.0.0"])
def test_ansible(version):
    _requirements.check_core(version)


def test_nothing_is_missing():
    assert _requirements.problems(["aws", "alibaba"]) == []


@pytest.fixture(name="hidden")
def fixture_hidden(monkeypatch):
    """Names of packages that are not found."""
    hidden, find = [], importlib.util.find_spec

    def find_spec(name, package=None):
        if name.startswith("ansible_collections.community") and name in hidden:
            raise ModuleNotFoundError(name)
        return None if name in hidden else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    return hidden


def test_packages_that_are_missing(hidden):
    hidden += ["botocore", "alibabacloud_sls20201230"]
    assert _requirements.problems(["aws"]) == [
        f"Python packages are missing or too old in {sys.executable}: botocore (missing): install them with {PIP} botocore"]
    assert _requirements.problems(["aws", "alibaba"])[0].endswith(f"{PIP} botocore alibabacloud-sls20201230")
    assert _requirements.problems(["alibaba"])[0].endswith(f"{PIP} alibabacloud-sls20201230")


@pytest.mark.parametrize("names", [["ansible_collections.amazon.aws"], ["ansible_collections.community.aws"]])
def test_collections_that_are_missing(hidden, names):
    hidden += names
    name = names[0].removeprefix("ansible_collections.")
    assert _requirements.problems(["aws"]) == [
        f"collections are missing or too old: {name} (missing): install them with ansible-galaxy collection install --upgrade {name}"]
    assert _requirements.problems(["alibaba"]) == []


def test_packages_that_are_too_old(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.34.162")
    assert _requirements.problems(["aws"])[-1] == (
        f"Python packages are missing or too old in {sys.executable}: boto3 (1.34.162, and 1.35 or newer is needed), botocore (1.34.162,"
        f" and 1.35 or newer is needed): install them with {PIP} boto3 botocore")


def test_a_package_that_does_not_say_its_version(monkeypatch):
    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)
    assert _requirements.problems(["aws", "alibaba"]) == []


def test_an_import_that_failed():
    error = ModuleNotFoundError("No module named 'yaml.x'", name="yaml.x")
    assert str(_requirements.missing(error)) == (
        f"crossaccount.audit_logs needs the Python package yaml, which is missing or broken in {sys.executable} (No module named 'yaml.x'):"
        f" install it with {PIP} yaml")


def test_a_package_that_a_module_lacks():
    assert _packages.missing("a-b", reason="x") == (
        f"The Python package a-b is missing or too old in {sys.executable} (x): install it with {PIP} a-b, or let"
        " ansible_python_interpreter name a Python that has it")
