# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call to AWS raises. Private to this collection."""
from __future__ import annotations

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:  # AnsibleAWSModule says so
    AWS_ERRORS: tuple = ()
else:
    AWS_ERRORS = (BotoCoreError, ClientError)
