# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ActionTrail's SDKs, today's and the older one, behind one face: names and shapes as they go over the wire."""
from __future__ import annotations

import importlib

from helpers.alibaba.clients import Clients
from alibabacloud_actiontrail20200706 import models

MANAGEMENT, REGION = "1000000000000001", "cn-hangzhou"
PROJECT = f"acs:log:{REGION}:{MANAGEMENT}:project/audit-logs"


class Current:
    """alibabacloud_actiontrail20200706, with the names and shapes that go over the wire."""

    def __init__(self, clients):
        self._client = clients.actiontrail

    def call(self, name, **parameters):
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
        request = getattr(models, f"{name}Request", None)
        arguments = [request().from_map(parameters)] if request else []
        return getattr(self._client, method)(*arguments).body.to_map()


class Older:
    """aliyun-python-sdk-actiontrail; it has no request for all operations."""

    def __init__(self, clients):
        self._clients = clients

    def call(self, name, **parameters):
        module = importlib.import_module(f"aliyunsdkactiontrail.request.v20200706.{name}Request")
        if "LookupAttribute" in parameters:
            parameters["LookupAttributes"] = parameters.pop("LookupAttribute")
        return self._clients.old(getattr(module, f"{name}Request"), **parameters)


def of_account(alibaba, account_id, region):
    """Today's SDK, in an account and a region."""
    return Current(Clients(alibaba, alibaba.credential(account_id), region))
