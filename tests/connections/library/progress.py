# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says how far it has come, and waits until somebody has read it."""
from __future__ import annotations

import os
import sys
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _progress


def main():
    module = AnsibleModule(dict(read=dict(type="path", required=True)))
    _progress.INTERVAL = 0
    sys.stderr.write("something else\n")
    _progress.Progress().tell(lambda: "1 of 2 is done, \x1b[31mx")
    deadline = time.monotonic() + 60
    while not os.path.exists(module.params["read"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    module.exit_json(was_read=os.path.exists(module.params["read"]))


if __name__ == "__main__":
    main()
