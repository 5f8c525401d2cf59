# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SLS calls the refusals that all services have: the help page "Error codes" of Simple Log Service.

What the answers to throttled calls have: assumption alibaba-throttling-answers.
"""
from __future__ import annotations

from ..errors import CloudError
from ..operations import Operation

_UNAUTHORIZED = {
    "InvalidAccessKeyId.NotFound": "AccessKeyId not found.",
    "InvalidAccessKeyId.Inactive": "AccessKeyId is disabled.",
    "InvalidSecurityToken.Malformed": "The security token you provided is invalid.",
    "InvalidSecurityToken.MismatchWithAccessKey": "The security token you provided is invalid.",
    "MissingSecurityToken": "The security token you provided is invalid.",
    "InvalidSecurityToken.Expired": "The security token you provided has expired.",
}


def translate(error: CloudError, operation: Operation | None) -> CloudError:
    """An error in the words of SLS.

    :param operation: which was called, if that is known.
    """
    if error.code in _UNAUTHORIZED:
        return CloudError(401, "Unauthorized", _UNAUTHORIZED[error.code])
    if error.code in ("InvalidParameter", "MissingParameter"):
        return CloudError(400, "ParameterInvalid", error.message)
    if error.code == "Throttling.User":
        return CloudError(403, _quota(operation), "The quota of calls is exceeded; try again later.")
    if error.code == "InternalError":
        return CloudError(500, "InternalServerError", error.message)
    if error.code == "ServiceUnavailable":
        return CloudError(503, "ServerBusy", "The server is busy, please try again later.")
    return error


def _quota(operation: Operation | None) -> str:
    """What is exceeded: logs have quotas of their own."""
    if operation is None or operation.recorded:
        return "MetaOperationQpsLimitExceeded"
    return "ReadQuotaExceed" if operation.read_only else "WriteQuotaExceed"
