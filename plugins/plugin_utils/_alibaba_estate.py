# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Alibaba Cloud half of an inventory. Private."""
from __future__ import annotations

from ._estate import Estate


class Alibaba(Estate):
    """Accounts whose audit logs are collected, and one that has them."""

    archive_group = "alibaba_archive"
    members_group = "alibaba_members"
    prefixes = ("alibaba_", "audit_logs_alibaba_")
    roles = "alibaba_*"
    enter = "a role to assume (audit_logs_alibaba_role), a profile (audit_logs_alibaba_profile)"
    id_digits = 16

    def host_problems(self, host, region, is_archive, is_member):
        return []

    def group_problems(self, variables, archive, members):
        return []

    def done(self, host):
        return [], []
