# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""boto3 sessions for a local cloud."""
from __future__ import annotations

from typing import Any

import boto3
import botocore.loaders
import botocore.session

# Shared, because a service model takes longer to read than most calls.
_LOADER = botocore.loaders.create_loader()


class Session(boto3.Session):
    """A session whose clients go to one endpoint, whatever the environment says.

    :param url: the endpoint of all services.
    :param agent: what the user agent of its clients ends with.
    :param ca_bundle: path of the certificates that its clients trust; None for those of botocore.
    :param options: those of boto3.Session.
    """

    def __init__(self, url: str, agent: str = "", ca_bundle: str | None = None, **options: Any) -> None:
        session = botocore.session.Session()
        session.register_component("data_loader", _LOADER)
        session.user_agent_extra = agent
        super().__init__(botocore_session=session, **options)
        self._url, self._ca_bundle = url, ca_bundle

    def client(self, *arguments: Any, **options: Any) -> Any:
        """A client of a service; see boto3.Session."""
        options["endpoint_url"] = options.get("endpoint_url") or self._url
        options.setdefault("verify", self._ca_bundle)
        return super().client(*arguments, **options)
