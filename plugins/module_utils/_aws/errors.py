# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call to AWS raises. Private to this collection."""
from __future__ import annotations

try:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:  # AwsModule says so
    AWS_ERRORS: tuple = ()
else:
    AWS_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
