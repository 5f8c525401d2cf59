# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module of the kind that reads its arguments from a file. WANT_JSON"""
from __future__ import annotations

import json
import sys

with open(sys.argv[1], encoding="utf-8") as arguments:
    print(json.dumps({"a": json.load(arguments)["a"]}))
