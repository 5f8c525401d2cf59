# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations: what moto gets wrong. Pages named API_... are of the Organizations API Reference."""
from __future__ import annotations

from typing import Any

from .accounts import make_administrator
from .mends import after
from .request import ApiRequest


@after("organizations", "CreateAccount")
def let_the_management_account_in(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto's role in a new account may do nothing.

    API_CreateAccount, RoleName: the role allows users in the management account to assume it, and has administrator
    permissions in the new account.

    See assumption aws-organization-access-role.
    """
    role = request.parameters.get("RoleName")
    make_administrator(output["CreateAccountStatus"]["AccountId"], *([role] if role else []))
