# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: sessions that exist, expire and belong to somebody."""
from __future__ import annotations

import re

from .accounts import Accounts, Credentials, Principal, iam
from .errors import AwsError, access_denied

_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]{1,64})")


def caller_identity(principal: Principal) -> dict[str, str]:
    """moto answers with an invented user for keys that it has not made."""
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


def assume_role(accounts: Accounts, caller: Credentials, parameters: dict) -> dict:
    """moto lets everybody assume every role, also one that does not exist.

    :raises AwsError: AccessDenied, ValidationError
    """
    arn = parameters["RoleArn"]
    match = _ROLE_ARN.fullmatch(arn)
    if not match:
        raise AwsError("ValidationError", f"{arn} is invalid", 400)
    account = match[1]
    accounts.ensure(account)
    role = next((role for role in iam(account).roles.values() if role.arn == arn), None)
    if role is None:
        raise access_denied("sts", f"User: {caller.principal.arn} is not authorized to perform: sts:AssumeRole on "
                            f"resource: {arn}")
    session = accounts.open_session(role, parameters["RoleSessionName"], parameters.get("DurationSeconds", 3600),
                                    parameters.get("Policy"))
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.principal.user_id, "Arn": session.principal.arn},
    }
