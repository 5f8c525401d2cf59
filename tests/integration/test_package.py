# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is released: reproducible, and nothing in it that nobody listed."""
from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from helpers import ROOT
from helpers.checkouts import copy_checkout
from tools import package

SECRETS = [
    "secret.env", "report.json", "accounts.yml", "audit-logs-report/report.json", "plugins/secret.env", "plugins/modules/.env",
    "roles/aws_trail/id_rsa", "docs/notes.txt", "playbooks/report.html", "meta/secret.yml", "changelogs/secret.yml", "LICENSES/notes.txt",
    ".aws/credentials", "venv/pyvenv.cfg",
]


@pytest.fixture(scope="module", name="checkout")
def fixture_checkout(tmp_path_factory):
    """A clone with one commit."""
    folder = tmp_path_factory.mktemp("clone") / "checkout"
    copy_checkout(folder)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "all"]):
        subprocess.run(
            ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", *command],
            cwd=folder, check=True, env={**os.environ, "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"},
        )
    return folder


@pytest.fixture(scope="module", name="built")
def fixture_built(checkout, tmp_path_factory):
    """The tarball and the list of its components."""
    return package.build(checkout, tmp_path_factory.mktemp("built"))


def names(tarball: Path) -> set[str]:
    """The files in a tarball."""
    with tarfile.open(tarball) as archive:
        return {member.name for member in archive.getmembers() if not member.isdir()}


def test_two_builds_have_the_same_digests(checkout, built, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(checkout, copy, symlinks=True, copy_function=shutil.copyfile)  # new times
    for path in copy.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o111 | 0o666)
    for path in checkout.rglob("*.sh"):
        shutil.copymode(path, copy / path.relative_to(checkout))
    again = package.build(copy, tmp_path / "built")
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in again] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in built
    ]


def test_what_galaxy_builds_depends_on_the_time(checkout, built, tmp_path):
    # The reason for a step of our own. If ansible-galaxy becomes reproducible, the step can go.
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", tmp_path], cwd=checkout, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / built[0].name).read_bytes() != built[0].read_bytes()
    assert names(tmp_path / built[0].name) == names(built[0])


def test_files_that_nobody_listed_stay_out(checkout, built, tmp_path):
    for name in SECRETS:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("secret", encoding="utf-8")
    try:
        # A user's `ansible-galaxy collection build` and `install .` read the same list.
        subprocess.run(
            ["ansible-galaxy", "collection", "build", "--output-path", tmp_path], cwd=checkout, check=True, stdout=subprocess.DEVNULL,
        )
        assert names(tmp_path / built[0].name) == names(built[0])
    finally:
        for name in SECRETS:
            (checkout / name).unlink()


def test_a_file_that_a_pattern_matches_and_git_does_not_know_is_refused(checkout, tmp_path):
    draft = checkout / "docs/draft.md"
    draft.write_text("draft", encoding="utf-8")
    try:
        with pytest.raises(SystemExit, match=r"git does not track docs/draft\.md"):
            package.build(checkout, tmp_path)
    finally:
        draft.unlink()
    assert not list(tmp_path.iterdir())


def test_everything_that_a_run_needs_is_in_the_package(built):
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "meta", "playbooks", "plugins", "roles"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.split()
    assert {name for name in tracked if (ROOT / name).exists()} <= names(built[0])


def test_packages_with_hashes_are_not_in_the_package(built):
    with tarfile.open(built[0]) as archive:
        texts = {member.name: archive.extractfile(member).read() for member in archive.getmembers() if member.isreg()}
    assert [name for name, text in texts.items() if b"--hash=sha256:" in text] == []
    ranges = texts["requirements.txt"].decode()
    assert "boto3 >=" in ranges


def test_components(built):
    found = json.loads(built[1].read_text(encoding="utf-8"))
    main = found["metadata"]["component"]
    assert main["name"] == "crossaccount.audit_logs"
    assert main["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(built[0].read_bytes()).hexdigest()}]
    locked = re.findall(r"^([a-z0-9._-]+)==([^ ]+)", (ROOT / "requirements-locked.txt").read_text(encoding="utf-8"), re.M)
    listed = [(component["name"], component.get("version")) for component in found["components"]]
    assert sorted(listed, key=str) == sorted([*locked, ("amazon.aws", None), ("community.aws", None)], key=str)
    assert all(component["externalReferences"][0]["hashes"] for component in found["components"] if "purl" in component)
    everything = next(one for one in found["dependencies"] if one["ref"] == main["bom-ref"])["dependsOn"]
    assert len(everything) == len(found["components"])
