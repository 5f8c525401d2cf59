# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call to AWS raises. Private to this collection."""
from __future__ import annotations

# assumption aws-expired-session-codes
NO_SESSION = ["ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidToken", "RequestExpired"]

try:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:  # AwsModule says so
    AWS_ERRORS: tuple = ()
else:
    AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)


def code_of(error: BaseException) -> str:
    """The code of an error of AWS; empty if none came. Of a connection that fails, the response is None."""
    return (getattr(error, "response", None) or {}).get("Error", {}).get("Code", "")
