# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many digits account ids have."""
from __future__ import annotations

from collections import Counter

from ..check import Check, Observation
from .account import Alibaba, Refused


def run(alibaba: Alibaba) -> Observation:
    """Count the digits of the own id, and of those of the members of the resource directory."""
    ids, code = {alibaba.account}, ""
    try:
        page, number = {"Accounts": {"Account": [None]}}, 0
        while page["Accounts"]["Account"]:
            number += 1
            page = alibaba.call("resourcedirectory", "ListAccounts", PageNumber=number, PageSize=100)
            ids |= {account["AccountId"] for account in page["Accounts"]["Account"]}
    except Refused as error:
        code = error.code
    digits = {str(length): count for length, count in sorted(Counter(map(len, ids)).items())}
    return Observation.of(set(digits) == {"16"}, accounts_by_digits=digits, code_of_list_accounts=code)


CHECK = Check(
    entry="alibaba-account-id-digits",
    question="How many digits do the ids of this account and of the members of its resource directory have?",
    creates=(),
    permissions=("resourcemanager:ListAccounts",),
    seconds=10,
    cents=0,
    run=run,
)
