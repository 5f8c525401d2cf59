# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write tests/helpers/awx_modules.json: the options of the modules of awx.awx that extensions/awx uses.

    python -m tools.awx_modules FOLDER

FOLDER has ansible_collections/awx/awx, which the package ansible contained up to version 11.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from helpers import ROOT

FACTS = ROOT / "tests/helpers/awx_modules.json"
_KEPT = ("type", "elements", "choices", "required", "aliases")
_OF_CONTROLLER = re.compile("controller_|validate_certs|request_timeout")


def main(folder: str) -> None:
    """Run the program."""
    used = re.findall(r"^ +(awx\.awx\.\w+):$", (ROOT / "extensions/awx/setup.yml").read_text(encoding="utf-8"), re.M)
    done = subprocess.run(
        ["ansible-doc", "--json", *sorted(set(used))], check=True, stdout=subprocess.PIPE, env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": folder},
    )
    manifest = json.loads((Path(folder) / "ansible_collections/awx/awx/MANIFEST.json").read_text(encoding="utf-8"))
    modules = {
        name.rpartition(".")[2]: {
            option: {key: value for key, value in facts.items() if key in _KEPT and value not in (False, [])}
            for option, facts in found["doc"]["options"].items() if not _OF_CONTROLLER.match(option)
        }
        for name, found in json.loads(done.stdout).items()
    }
    blocks = ",\n".join(
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"   {json.dumps(option)}: {json.dumps(facts, sort_keys=True)}" for option, facts in sorted(options.items())) + "}"
        for name, options in sorted(modules.items())
    )
    version = json.dumps(manifest["collection_info"]["version"])
    FACTS.write_text(f'{{"version": {version},\n "modules": {{\n{blocks}}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
