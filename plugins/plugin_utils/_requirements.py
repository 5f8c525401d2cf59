# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run needs besides this collection, and one sentence if that is missing or too old. Private.

Plugins import this file before all that could be missing, so it imports nothing of that.
"""
from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.release import __version__

CORE = "2.19"
COLLECTIONS = {"aws": {"amazon.aws": "10", "community.aws": "10"}, "alibaba": {}}
PACKAGES = {
    "aws": {"boto3": "1.35", "botocore": "1.35"},
    "alibaba": {
        "alibabacloud-actiontrail20200706": "2.6",
        "alibabacloud-credentials": "1.0.12",
        "alibabacloud-ram20150501": "1.3",
        "alibabacloud-resourcedirectorymaster20220419": "2.3",
        "alibabacloud-sls20201230": "5.15",
        "alibabacloud-sts20150401": "1.2",
        "alibabacloud-tea-openapi": "0.4.6",
    },
}
_PIP = f"{sys.executable} -m pip install"
_WE = "crossaccount.audit_logs"


def check_core(version: str = __version__) -> None:
    """Refuse to be imported by an Ansible that is too old.

    :raises AnsibleError: it is.
    """
    if _numbers(version) < _numbers(CORE):
        raise AnsibleError(f"{_WE} needs ansible-core {CORE} or newer, and this is {version}: install it with {_PIP}"
                           f" --upgrade 'ansible-core>={CORE}'")


def missing(error: ImportError) -> AnsibleError:
    """What to raise for an import that failed, C(from None): what is missing, and how to install it."""
    name = error.name or str(error)
    if name.startswith("ansible_collections."):
        return AnsibleError(f"{_WE} needs the collections {' and '.join(COLLECTIONS['aws'])}, of which one is missing ({error}): install"
                            f" them with ansible-galaxy collection install {' '.join(COLLECTIONS['aws'])}")
    return AnsibleError(f"{_WE} needs the Python package {name.partition('.')[0]}, which is missing or broken in {sys.executable}"
                        f" ({error}): install it with {_PIP} --upgrade {name.partition('.')[0]}")


def problems(clouds: list[str]) -> list[str]:
    """A sentence for the collections, and one for the Python packages, that accounts on these clouds lack on the controller."""
    found = []
    collections = _unmet((name, least, _version_of_collection) for cloud in clouds for name, least in COLLECTIONS[cloud].items())
    if collections:
        found.append(f"collections are missing or too old: {_said(collections)}: install them with ansible-galaxy collection install"
                     f" --upgrade {' '.join(collections)}")
    packages = _unmet((name, least, _version_of_package) for cloud in clouds for name, least in PACKAGES[cloud].items())
    if packages:
        found.append(f"Python packages are missing or too old in {sys.executable}: {_said(packages)}: install them with {_PIP} --upgrade"
                     f" {' '.join(packages)}")
    return found


def _unmet(needed):
    """Version that is installed, or None, and version that is needed, of each that is missing or too old."""
    found = {}
    for name, least, version_of in needed:
        version = version_of(name)
        if version is None or version and _numbers(version) < _numbers(least):
            found[name] = version, least
    return found


def _said(unmet):
    return ", ".join(f"{name} (missing)" if version is None else f"{name} ({version}, and {least} or newer is needed)"
                     for name, (version, least) in unmet.items())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def _version_of_package(name: str) -> str | None:
    """None if it is missing; empty if it does not say."""
    if not _is_there(name.replace("-", "_")):
        return None
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _version_of_collection(name: str) -> str | None:
    folder = _is_there(f"ansible_collections.{name}")
    if not folder:
        return None
    try:
        return json.loads((Path(folder) / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"]
    except (OSError, ValueError, KeyError):  # a checkout
        return ""


def _is_there(name: str) -> str | None:
    """Folder of a package."""
    try:
        found = importlib.util.find_spec(name)
    except ImportError:  # that of the package that it is in
        return None
    return next(iter(found.submodule_search_locations or [""]), "") if found else None
