# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as the services answer them."""
from __future__ import annotations

from collections.abc import Mapping


class CloudError(Exception):
    """A refusal.

    :param status: HTTP status.
    :param code: the service's own code, such as ``EntityNotExist.Role``.
    :param message: a sentence.
    :param access_denied: what was not allowed to whom, as the body has it in AccessDeniedDetail.
    """

    def __init__(
        self, status: int, code: str, message: str, access_denied: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.access_denied = access_denied
