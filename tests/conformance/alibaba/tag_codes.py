# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which codes RAM refuses wrong tags."""
from __future__ import annotations

from ..check import Check, Observation
from .account import Alibaba

EXPECTED = {
    "a reserved name": "InvalidParameter.TagKey", "a long value": "InvalidParameter.TagValue", "too many tags": "LimitExceeded.Tag",
}


def run(alibaba: Alibaba) -> Observation:
    """Give wrong tags to a role."""
    role = alibaba.role(alibaba.trusting_itself())
    sent = {
        "a reserved name": [{"Key": "acs:conformance", "Value": "x"}],
        "a long value": [{"Key": "conformance", "Value": "x" * 300}],
        "too many tags": [{"Key": f"conformance-{number}", "Value": "x"} for number in range(21)],
    }
    codes = {
        what: alibaba.code("ram", "TagResources", ResourceType="role", ResourceNames=[role], Tag=tags) for what, tags in sent.items()
    }
    return Observation.of(codes == EXPECTED, codes=codes)


CHECK = Check(
    entry="alibaba-tag-error-codes",
    question="With which codes does RAM refuse wrong tags?",
    creates=("RAM role",),
    permissions=("ram:CreateRole", "ram:DeleteRole", "ram:TagResources"),
    seconds=10,
    cents=0,
    run=run,
)
