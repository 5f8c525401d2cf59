# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release consists of: the tarball of the collection, the list of its components (CycloneDX), and their digests.

    python -m tools.package FOLDER

Two builds of one commit have the same digests. `ansible-galaxy collection build` writes the time of the build and of each file
into the tarball: here, all times are that of the commit, or SOURCE_DATE_EPOCH.
"""
from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from helpers import ROOT

MADE_BY_GALAXY = {"MANIFEST.json", "FILES.json"}


def build(source: Path, folder: Path) -> list[Path]:
    """Write the tarball, the list of components and SHA256SUMS; returns the paths of the first two.

    :param source: a checkout.
    :raises SystemExit: the tarball would contain a file that git does not track.
    """
    time = epoch(source)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            ["ansible-galaxy", "collection", "build", "--output-path", scratch], cwd=source, check=True, stdout=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"},
        )
        built = next(Path(scratch).glob("*.tar.gz"))
        _check_files(built, source)
        tarball = folder / built.name
        folder.mkdir(parents=True, exist_ok=True)
        tarball.write_bytes(reproducible(built, time))
    components = tarball.with_name(tarball.name.replace(".tar.gz", ".cdx.json"))
    components.write_text(list_of_components(source, tarball, time), encoding="utf-8")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in (tarball, components))
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return [tarball, components]


def epoch(source: Path) -> int:
    """Seconds since 1970: SOURCE_DATE_EPOCH, or the time of the last commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=source, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout)


def _check_files(tarball: Path, source: Path) -> None:
    """The list in galaxy.yml has patterns, which can match a file that was never committed."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=source, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    with tarfile.open(tarball) as archive:
        found = {member.name for member in archive.getmembers() if not member.isdir()} - MADE_BY_GALAXY
    if untracked := sorted(found - set(tracked)):
        raise SystemExit(f"{source}: git does not track {', '.join(untracked)}. Before you build the package, add these files with `git add`, or remove them.")


def reproducible(tarball: Path, time: int) -> bytes:
    """The same tarball with one time for everything.

    :param time: in seconds since 1970.
    """
    packed = io.BytesIO()
    with tarfile.open(tarball) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in old.getmembers():  # in the order of FILES.json, which is sorted
            member.mtime = time
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
    return gzip.compress(packed.getvalue(), mtime=time)


def list_of_components(source: Path, tarball: Path, time: int) -> str:
    """The packages of the lock file and the collections of galaxy.yml, as CycloneDX in JSON."""
    galaxy = yaml.safe_load((source / "galaxy.yml").read_text(encoding="utf-8"))
    name = f"{galaxy['namespace']}.{galaxy['name']}"
    found = json.loads(subprocess.run(
        ["cyclonedx-py", "requirements", "--output-reproducible", "requirements-locked.txt"], cwd=source, check=True,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
    ).stdout)
    for component in found["components"]:
        component.pop("description", None)  # the line of the lock file with all hashes, which are listed below it anyway
    collections = [
        {"type": "library", "bom-ref": collection, "name": collection, "description": f"Ansible collection, supported versions {versions}"}
        for collection, versions in galaxy["dependencies"].items()
    ]
    found["components"] += collections
    found["metadata"]["component"] = {
        "type": "library", "bom-ref": name, "name": name, "version": galaxy["version"],
        "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(tarball.read_bytes()).hexdigest()}],
    }
    found["dependencies"] += [{"ref": component["name"]} for component in collections]
    found["dependencies"].append({"ref": name, "dependsOn": sorted(component["bom-ref"] for component in found["components"])})
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"The list of components is not CycloneDX 1.6: {error}")
    return text


if __name__ == "__main__":
    build(ROOT, Path(sys.argv[1]).resolve())
