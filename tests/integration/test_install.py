# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands under "Install" in the README, word by word, for a user who has nothing yet."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from helpers import ROOT, guides
from helpers.checkouts import copy_checkout

INSTALL, OF_THE_PAGE = (guides.run_by(__file__, page)[0].text for page in ("README.md", "docs/installation.md"))
PIP_LINE = re.compile(r"^pip install -r requirements-locked\.txt .*\n", re.M)
[INVENTORY] = (block.text for block in guides.blocks("README.md") if block.file == "accounts.yml")
SETUP = "ansible-playbook crossaccount.audit_logs.setup -i accounts.yml"

# In place of PIP_LINE: the venv finds the packages of .venv, and has commands that start its own Python.
PACKAGES_OF_CHECKOUT = f"""\
site_packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo '{sysconfig.get_path("purelib")}' > "$site_packages/packages.pth"
for command in ansible-galaxy ansible-playbook; do
    sed "1s|.*|#!$VIRTUAL_ENV/bin/python|" '{Path(sys.executable).parent}'/$command > "$VIRTUAL_ENV/bin/$command"
    chmod +x "$VIRTUAL_ENV/bin/$command"
done
"""

# What `make` and the README's commands leave in a checkout. None of it belongs into the installed collection.
LEFTOVERS = [".venv/.installed", "accounts.yml", "audit-logs-report/report.json", "build/demo-report/report.json"]


class User:
    """A user with a checkout, an inventory in another folder, and no configuration except that of pip."""

    def __init__(self, folder: Path) -> None:
        self.home, self.elsewhere, self.checkout = (folder / name for name in ("home", "elsewhere", "checkout"))
        self.home.mkdir()
        self.elsewhere.mkdir()
        self.inventory = self.elsewhere / "accounts.yml"
        self.inventory.write_text(INVENTORY, encoding="utf-8")
        self.installed = self.home / ".ansible/collections/ansible_collections/crossaccount/audit_logs"
        self.files = copy_checkout(self.checkout)

        used = re.compile("PIP_.*|SSL_CERT_FILE|(https?|no)_proxy", re.I)
        self.environment = {
            **{name: value for name, value in os.environ.items() if used.fullmatch(name)},
            "HOME": str(self.home),
            "PATH": f"{sys.base_prefix}/bin:/usr/bin:/bin",
        }
        pip_configuration = Path.home() / ".config/pip/pip.conf"
        if pip_configuration.exists():
            self.environment.setdefault("PIP_CONFIG_FILE", str(pip_configuration))

    def make_demo(self) -> None:
        """Put into the checkout what `make demo` and later commands leave there."""
        shutil.copytree(ROOT / ".venv/collections", self.checkout / ".venv/collections", symlinks=True)
        for name in LEFTOVERS:
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (self.checkout / name).touch()

    def run(self, commands: str, folder: Path) -> str:
        """Run commands in a new shell; returns what they print."""
        done = subprocess.run(
            ["sh", "-ec", commands], cwd=folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def found_from(self, folder: Path) -> Path:
        """The collection that Ansible uses when the README's command for setup runs in a folder."""
        command = SETUP.replace("accounts.yml", str(self.inventory))
        output = self.run(f". {self.checkout}/venv/bin/activate\n{command} --syntax-check", folder)
        assert "WARNING" not in output, output
        return Path(re.search(r"^playbook: (.*)/playbooks/setup\.yml$", output, re.M)[1]).resolve()


@pytest.fixture(name="user")
def fixture_user(tmp_path):
    """A user who has just cloned the repository."""
    return User(tmp_path)


def test_the_page_says_the_same():
    def without_comments(text):
        return [line.partition("  #")[0].rstrip() for line in text.splitlines()]

    assert without_comments(OF_THE_PAGE) == without_comments(INSTALL)


@pytest.mark.full
def test_with_packages_from_the_index(user):
    user.run(INSTALL, user.checkout)
    assert user.found_from(user.elsewhere) == user.installed


@pytest.mark.parametrize("before", ["nothing", "make demo"])
def test_with_packages_of_the_checkout(user, before):
    if before == "make demo":
        user.make_demo()
    commands, count = PIP_LINE.subn(lambda _line: PACKAGES_OF_CHECKOUT, INSTALL)
    assert count == 1, INSTALL
    user.run(commands, user.checkout)
    assert user.found_from(user.elsewhere) == user.installed
    assert user.found_from(user.checkout) == (user.checkout if before == "make demo" else user.installed)

    installed = {path.name for path in user.installed.iterdir()}
    assert installed - {"FILES.json", "MANIFEST.json"} <= {name.partition("/")[0] for name in user.files}

    # "To upgrade, update the checkout and run the last two commands again", here without a new version.
    changed = user.checkout / "playbooks/setup.yml"
    changed.write_text(changed.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    user.run(f". venv/bin/activate\n{INSTALL.splitlines()[-1]}", user.checkout)
    assert (user.installed / "playbooks/setup.yml").read_text(encoding="utf-8").endswith("# new\n")
