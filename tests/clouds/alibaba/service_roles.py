# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that assume a role: would the role let them do their work at this moment?"""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..clock import iso
from . import policy

if TYPE_CHECKING:
    from .cloud import Cloud


def names(service: str, acting_for: str, role_account: str) -> list[str]:
    """The names under which a trust policy may know a service.

    :param service: such as ``log.aliyuncs.com``.
    :param acting_for: id of the account for which it acts.
    :param role_account: id of the account of the role: at home the service also has its bare name.
    """
    return [f"{acting_for}@{service}", *([service] if acting_for == role_account else [])]


def why_not(
    cloud: Cloud, account_id: str, role_name: str, service_names: list[str], needs: Iterable[tuple[str, str]]
) -> str:
    """Why a service can't do its work through a role; empty: it can.

    :param account_id: of the role.
    :param service_names: see names().
    :param needs: actions, each with the resource for which the role must allow it.
    """
    arn = f"acs:ram::{account_id}:role/{role_name}"
    account = cloud.accounts.get(account_id)
    role = account.ram.roles.seen(role_name) if account else None
    if not role:
        return f"the role {arn} does not exist"
    context = {"acs:CurrentTime": iso(cloud.clock.now()), "acs:SecureTransport": "true"}
    if not policy.trusts(role.trust, "Service", service_names, context):
        return f"the role {arn} does not trust {service_names[0]}"
    policies = account.ram.policies_of_role(role.name)
    for action, resource in needs:
        if policy.evaluate(policies, policy.Request(action, resource, context)) is not policy.Decision.ALLOW:
            return f"the role {arn} does not allow {action} on {resource}"
    return ""
