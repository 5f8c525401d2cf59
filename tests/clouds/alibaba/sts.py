# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: who am I, and becoming a role."""
from __future__ import annotations

from typing import Any

from .operations import rpc
from .request import ApiRequest


@rpc("Sts", "2015-04-01", "GetCallerIdentity", action=None, read_only=True)
def get_caller_identity(request: ApiRequest) -> dict[str, Any]:
    """Who calls."""
    caller = request.caller
    kinds = {"root-account": "Account", "ram-user": "RAMUser", "assumed-role": "AssumedRoleUser"}
    return {
        "IdentityType": kinds[caller.kind],
        "AccountId": caller.account_id,
        "PrincipalId": caller.principal_id,
        "UserId": caller.principal_id,
        "Arn": caller.arn,
    }
