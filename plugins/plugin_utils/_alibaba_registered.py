# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the roles for Alibaba Cloud have registered. Private."""
from __future__ import annotations


def results(host, variable, label):
    """What a task registered, as often as it was run, with what it is called: before a role the policies of its own."""
    found = host.get(variable) or {}
    for item in found.get("results", [found]):
        if "managed_policies" in item:
            for policy in item["managed_policies"]:
                yield label.replace("role", "policy"), policy
            diff = item["diff"][-1]
            item = {**item, "diff": diff, "changed": diff["before"] != diff["after"]}
        yield label, item


def items(host, variable):
    """Likewise, without the policies."""
    return [item for label, item in results(host, variable, "role") if label == "role" and "diff" in item]
