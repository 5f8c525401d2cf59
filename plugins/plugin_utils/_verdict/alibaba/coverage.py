# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the logs of the archive account itself are collected. Private."""
from __future__ import annotations

from ..result import Findings


class Coverage(Findings):
    """The archive account, if its own logs are not collected.

    :param account: of the deployment: the archive account.
    """

    def __init__(self, account: dict):
        super().__init__()
        if not account["route"]["is_source"]:
            self.unlisted_archive(account, "alibaba_members", "its own audit logs are not collected here")
