# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM's SDKs, today's and the older one, behind one face: names and shapes as they go over the wire."""
from __future__ import annotations

import contextlib
import importlib

import pytest
from helpers.alibaba.clients import code_of
from helpers.alibaba.identities import trust
from alibabacloud_ram20150501 import models

MANAGEMENT = "1000000000000001"
SERVICE = "audit.log.aliyuncs.com"
LINKED = "AliyunServiceRoleForSLSAudit"
TRUST = trust(f"acs:ram::{MANAGEMENT}:root")


class Current:
    """alibabacloud_ram20150501.

    :param clients: of the caller.
    """

    def __init__(self, clients):
        self._client = clients.ram

    def call(self, name, **parameters):
        """The body of the answer to an operation."""
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
        request = getattr(models, f"{name}Request")
        return getattr(self._client, method)(request().from_map(parameters)).body.to_map()


class Older:
    """aliyun-python-sdk-ram, which knows no service-linked roles.

    :param clients: of the caller.
    """

    def __init__(self, clients):
        self._clients = clients

    def call(self, name, **parameters):
        """The body of the answer to an operation."""
        module = importlib.import_module(f"aliyunsdkram.request.v20150501.{name}Request")
        return self._clients.old(getattr(module, f"{name}Request"), **parameters)


@contextlib.contextmanager
def refused(status, code):
    """Expect that RAM answers with this HTTP status and code, whatever the client."""
    try:
        yield
    except Exception as error:
        found = error.get_http_status() if hasattr(error, "get_http_status") else getattr(error, "status_code", None)
        if (found, code_of(error)) != (status, code):
            raise
    else:
        pytest.fail(f"not refused with {code}")


def pages(ram, name, **parameters):
    """The bodies of all answers to an operation that answers by pages."""
    answers = [ram.call(name, **parameters)]
    while answers[-1]["IsTruncated"]:
        answers.append(ram.call(name, Marker=answers[-1]["Marker"], **parameters))
    return answers


def make_policy(ram, name, document):
    """Make a custom policy."""
    return ram.call("CreatePolicy", PolicyName=name, PolicyDocument=document)["Policy"]


def make_role(ram, name="Collector", document=TRUST, **parameters):
    """Make a role."""
    return ram.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=document, **parameters)["Role"]


def get_role(ram, name="Collector"):
    """Look at a role."""
    return ram.call("GetRole", RoleName=name)["Role"]


def attach(ram, name, kind="Custom", role="Collector"):
    """Give a role a policy."""
    ram.call("AttachPolicyToRole", RoleName=role, PolicyName=name, PolicyType=kind)


def detach(ram, name, kind="Custom", role="Collector"):
    """Take a policy from a role."""
    ram.call("DetachPolicyFromRole", RoleName=role, PolicyName=name, PolicyType=kind)


def policies_of(ram, name="Collector"):
    """Type and name of each policy that a role has."""
    found = ram.call("ListPoliciesForRole", RoleName=name)["Policies"]["Policy"]
    return [(item["PolicyType"], item["PolicyName"]) for item in found]
