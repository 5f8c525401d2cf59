# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations: what moto gets wrong. Pages named API_... are of the Organizations API Reference."""
from __future__ import annotations

from typing import Any

from moto.iam.models import iam_backends

from .accounts import create_access_role
from .mends import after
from .request import ApiRequest


@after("organizations", "CreateAccount")
def let_the_management_account_in(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto's role in a new account may do nothing, and is in the partition aws.

    API_CreateAccount, RoleName: the role allows users in the management account to assume it, and has administrator
    permissions in the new account.

    See assumption aws-organization-access-role.
    """
    account, role = output["CreateAccountStatus"]["AccountId"], request.parameters.get("RoleName")
    iam_backends.pop(account, None)
    create_access_role(account, *([role] if role else []))
