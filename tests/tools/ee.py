# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the definition of an execution environment that takes the collection from a tarball and not from Galaxy.

    python -m tools.ee FOLDER

FOLDER has package/*.tar.gz, and gets execution-environment.yml.
"""
from __future__ import annotations

import sys
from pathlib import Path

import yaml
from helpers import ROOT


def main(folder: Path) -> Path:
    """Run the program; returns the path of the definition."""
    tarball = next((folder / "package").glob("*.tar.gz"))
    definition = yaml.safe_load((ROOT / "execution-environment.yml").read_text(encoding="utf-8"))
    definition["dependencies"]["galaxy"]["collections"] = [{"name": f"/build/{tarball.name}", "type": "file"}]
    files = definition["additional_build_files"]
    for file in files:
        file["src"] = str(ROOT / file["src"])
    files.append({"src": str(tarball), "dest": "."})
    path = folder / "execution-environment.yml"
    path.write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
    return path


if __name__ == "__main__":
    main(Path(sys.argv[1]))
