# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors, as AWS words them."""
from __future__ import annotations

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """An error answer of an AWS service.

    :param code: AWS's error code, such as ``AccessDenied``.
    :param message: the sentence for the caller.
    :param status: HTTP status; without it, the one of the service model, or 400.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status


def access_denied(service: str, message: str) -> AwsError:
    """The refusal of a call that no policy allows. JSON services put ``Exception`` behind the code."""
    code = "AccessDenied" if service in {"iam", "s3", "s3control", "sns", "sts"} else "AccessDeniedException"
    return AwsError(code, message, 403 if code == "AccessDenied" else 400)


def internal_failure(service: str) -> AwsError:
    """The answer of a service that fails."""
    return AwsError("InternalError" if service == "s3" else "InternalFailure", "We encountered an internal error. Please try again.", 500)


def throttling(service: str) -> AwsError:
    """The refusal of a call that is one too many: assumption aws-throttling-codes."""
    code, status = {
        "cloudtrail": ("ThrottlingException", 400), "kms": ("ThrottlingException", 400), "logs": ("ThrottlingException", 400),
        "s3": ("SlowDown", 503), "organizations": ("TooManyRequestsException", 400), "account": ("TooManyRequestsException", 429),
    }.get(service, ("Throttling", 400))
    return AwsError(code, "Please reduce your request rate." if service == "s3" else "Rate exceeded", status)
