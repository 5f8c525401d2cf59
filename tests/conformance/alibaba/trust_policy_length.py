# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the trust policy of a role may be."""
from __future__ import annotations

from ..check import Check, Observation
from .account import Alibaba, document

ASSUMED = 2048
LONGEST = 8192  # no longer one is tried


def run(alibaba: Alibaba) -> Observation:
    """Change the trust policy of a role to shorter and longer ones, until the limit is found."""
    role = alibaba.role(_trust(alibaba.account, 512))
    codes = {}

    def is_accepted(length: int) -> bool:
        codes[length] = alibaba.code("ram", "UpdateRole", RoleName=role, NewAssumeRolePolicyDocument=_trust(alibaba.account, length))
        return not codes[length]

    accepted, refused = 512, LONGEST + 1
    for length in (ASSUMED, ASSUMED + 1):
        if is_accepted(length):
            accepted = length
        else:
            refused = length
            break
    while refused - accepted > 1:
        length = (accepted + refused) // 2
        if is_accepted(length):
            accepted = length
        else:
            refused = length
    return Observation.of(accepted == ASSUMED, longest_accepted=accepted, code=codes.get(refused, ""))


def _trust(account: str, length: int) -> str:
    """A trust policy of so many characters, for the account itself."""
    def with_ids(*ids: str) -> str:
        return document({
            "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{account}:root"]},
            "Condition": {"StringEquals": {"sts:ExternalId": ids}},
        })

    ids = ["x" * 40] * ((length - len(with_ids("x"))) // 43)
    return with_ids("x" * (1 + length - len(with_ids("x", *ids))), *ids)


CHECK = Check(
    entry="alibaba-trust-policy-length",
    question="How many characters may a trust policy have?",
    creates=("RAM role",),
    permissions=("ram:CreateRole", "ram:DeleteRole", "ram:UpdateRole"),
    seconds=30,
    cents=0,
    run=run,
)
