# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules, run in this process against a local Alibaba Cloud."""
from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from helpers import modules
from helpers.alibaba.clients import REGION, Clients

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry

DEPLOYMENT = "example-audit-logs"
OURS = {"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": DEPLOYMENT}


class Account:
    """One account of a local Alibaba Cloud: clients of others, and modules run with the same credentials.

    :param alibaba: a LocalAlibaba.
    :param credential: access key, with its token if it has one; None for the management account's administrator.
    """

    def __init__(self, alibaba, credential=None):
        self.alibaba = alibaba
        self.clients = Clients(alibaba, credential)
        self.credential = self.clients.credential
        self.account_id = self.credential.caller.account_id

    def run(self, module: str, *, check: bool = False, gives_secrets: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module: its result, with the keys C(calls), its API calls, and C(writes), those that write.

        Throttled and failed attempts count as calls. No secret may turn up in what it prints.

        :param gives_secrets: it exists to return some.
        """
        arguments = {
            "access_key_id": self.credential.access_key_id, "access_key_secret": self.credential.secret,
            "security_token": self.credential.token, "region": REGION, "protocol": "http",
            "http_proxy": self.alibaba.observer_url, **options,
        }
        arguments = {name: value for name, value in arguments.items() if value is not None}
        before = len(self.alibaba.calls)
        printed = modules.run(module, arguments, check)
        assert gives_secrets or not [secret for secret in self.alibaba.issued_secrets if secret in printed]
        result = json.loads(printed)
        calls = self.alibaba.calls[before:]
        result["calls"] = [f"{call.service}:{call.action}" for call in calls]
        result["writes"] = [f"{call.service}:{call.action}" for call in calls if not call.read_only]
        result.pop("invocation", None)
        return result


def without_waiting(monkeypatch, alibaba):
    """Let modules wait without taking time: the clock of the cloud moves on instead.

    Returns C(waited()), the seconds so far.
    """
    passed = [0.0]

    def sleep(seconds):
        passed[0] += seconds
        with alibaba.cloud.lock:
            alibaba.cloud.clock.advance(seconds)

    monkeypatch.setattr(retry, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: passed[0]))
    return SimpleNamespace(waited=lambda: passed[0])
