# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST style of SLS: `LOG` (HMAC-SHA1 or HMAC-SHA256) and SLS4-HMAC-SHA256."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import CloudError
from ..operations import Operation
from ..principals import Credential, Credentials
from .freshness import Nonces
from .http import Answer, HttpRequest


class SlsStyle:
    """Reads requests of the REST style, and writes their answers.

    :param region: which the host names, or None.
    :param project: which the host names, or None.
    """

    def __init__(self, http: HttpRequest, region: str | None, project: str | None) -> None:
        self.http = http
        self.region = region
        self.project = project

    def route(self) -> tuple[Operation, dict[str, Any]]:
        """The operation, and the values that were sent for its parameters.

        :raises CloudError: there is no such operation here.
        """
        raise CloudError(404, "InvalidAction", "not yet")

    def identify(self, credentials: Credentials, nonces: Nonces) -> Credential:
        """Who signed it.

        :raises CloudError: nobody, not they, or not now.
        """
        raise CloudError(401, "Unauthorized", "not yet")

    def answer(self, result: Answer | Mapping[str, Any] | None, request_id: str) -> Answer:
        """The answer to a call that went well."""
        raise NotImplementedError

    def refuse(self, error: CloudError, request_id: str) -> Answer:
        """The answer to one that did not."""
        raise NotImplementedError
