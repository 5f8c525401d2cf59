# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller on which something is missing or too old: one sentence, and nothing that looks like a fault of a program."""
from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from helpers import ROOT
from helpers.alibaba import deployments as alibaba
from helpers.aws import deployments as aws
from helpers.playbooks import Playbooks

PIP = f"{sys.executable} -m pip install --upgrade"
# As it is where packages of these names were never installed.
HIDE = """
import os, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["HIDDEN"].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
COLLECTIONS = ("crossaccount.audit_logs needs the collections amazon.aws and community.aws, of which one is missing (No module named "
               "'ansible_collections.amazon'): install them with ansible-galaxy collection install amazon.aws community.aws")
SETUP = ROOT / "playbooks/setup.yml"
ROLES = {
    "aws_trail": {"aws_trail_name": "audit-logs", "aws_trail_s3_bucket_name": "example", "aws_trail_region": aws.REGION},
    "alibaba_log_audit_member": {"alibaba_log_audit_member_archive_account_id": alibaba.ARCHIVE},
}


def run(folder, what, hidden="", **environment):
    """Run setup for both clouds, or a role."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(HIDE, encoding="utf-8")
    playbooks = Playbooks(folder, {"PYTHONPATH": str(folder / "site"), "HIDDEN": hidden})
    playbooks.is_warm = False
    inventory = aws.inventory_of()
    inventory["all"]["children"].update(alibaba.inventory_of()["all"]["children"])
    inventory["all"]["vars"].update(alibaba.inventory_of()["all"]["vars"])
    path = SETUP
    if what in ROLES:
        path = folder / "role.yml"
        path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": [
            {"ansible.builtin.include_role": {"name": f"crossaccount.audit_logs.{what}"}, "vars": ROLES[what]}]}]), encoding="utf-8")
    return playbooks.run(path, inventory=inventory, **environment)


def is_said(done, sentence):
    """It is all that is said of the failure."""
    text = " ".join(done.output.split())
    assert done.status != 0 and sentence in text, done.output
    assert "Traceback" not in text and "probably a bug" not in text and "Module failed: No module" not in text


@pytest.mark.parametrize("what, hidden, sentence", [
    ("setup", "boto3 botocore alibabacloud_sts20150401",
     f"Python packages are missing or too old in {sys.executable}: boto3 (missing), botocore (missing), alibabacloud-sts20150401"
     f" (missing): install them with {PIP} boto3 botocore alibabacloud-sts20150401"),
    ("aws_trail", "boto3 botocore",
     f"crossaccount.audit_logs needs the Python package botocore, which is missing or broken in {sys.executable} (No module named"),
    ("alibaba_log_audit_member", "Tea",
     f"The Python package alibabacloud-credentials is missing or too old in {sys.executable} (No module named 'Tea'): install it with {PIP}"
     " alibabacloud-credentials, or let"),
])
def test_packages(tmp_path, what, hidden, sentence):
    is_said(run(tmp_path, what, hidden), sentence)


@pytest.mark.parametrize("what", ["setup", *ROLES])
def test_collections(tmp_path, what):
    is_said(run(tmp_path, what, ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false", ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".venv/collections")),
            COLLECTIONS)


@pytest.fixture(name="old", scope="module")
def fixture_old():
    """The programs of the newest Ansible that is too old."""
    folder = ROOT / "build/ansible-core-2.18"
    if not (folder / "bin/ansible-playbook").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "ansible-core==2.18.*"], check=True)
    return folder / "bin"


@pytest.mark.full
@pytest.mark.parametrize("what", ["setup", *ROLES])
def test_an_old_ansible(tmp_path, old, what):
    done = run(tmp_path, what, PATH=f"{old}:/usr/bin:/bin")
    is_said(done, "crossaccount.audit_logs needs ansible-core 2.19 or newer, and this is 2.18.")
    assert f"install it with {old}/python -m pip install --upgrade 'ansible-core>=2.19'" in " ".join(done.output.split())
