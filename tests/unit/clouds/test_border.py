# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local clouds import nothing of the collection or its tests, so that each could become a package of its own."""
from __future__ import annotations

import ast
import sys

from helpers import ROOT
import pytest

CLOUDS = ROOT / "tests" / "clouds"
# Packages from PyPI that each folder may import; the standard library is always allowed.
PACKAGES = {
    "aws": {"botocore", "cryptography", "flask", "moto", "werkzeug"},
    "alibaba": {"google", "lz4", "werkzeug", "zstd"},
    "": {"boto3", "botocore", "werkzeug"},
}
FILES = sorted(path.relative_to(CLOUDS) for path in CLOUDS.rglob("*.py"))


def folder_of(path):
    return path.parts[0] if len(path.parts) > 1 else ""


def imported(path):
    """The full names of the modules that a file imports; those of the local clouds begin with ``clouds``."""
    package = ["clouds", *path.parts[:-1]]
    for node in ast.walk(ast.parse((CLOUDS / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            assert base or not node.level, f"{path}:{node.lineno} imports from outside tests/clouds"
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports(path):
    folder = folder_of(path)
    for name in imported(path):
        first, *rest = name.split(".")
        if first == "clouds":
            other = rest[0] if rest[0] in ("aws", "alibaba") else ""
            assert not folder or other in (folder, ""), f"{path} imports {name}, which is of the other cloud"
        else:
            assert first in PACKAGES[folder] | set(sys.stdlib_module_names), f"{path} imports {name}"


def test_every_file_is_seen():
    assert {folder_of(path) for path in FILES} == {"aws", "alibaba", ""}
