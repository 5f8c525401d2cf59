# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May Log Audit Service and ActionTrail do their work? What roles do not allow, said in a sentence."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import delivery, documents

ROLES = Path(delivery.__file__).parents[3] / "roles"
ARCHIVE, MEMBER, OTHER = "1234567890123456", "2234567890123456", "3234567890123456"
PROJECT = f"acs:log:cn-hangzhou:{ARCHIVE}:project/example-audit-logs"
READ_ONLY = delivery.SYSTEM_POLICIES["ReadOnlyAccess"]
DELIVERY = delivery.SYSTEM_POLICIES["AliyunActionTrailDeliveryPolicy"]


def of_role(role, variable):
    """A document of a role's variables."""
    return yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text(encoding="utf-8"))[f"{role}_{variable}"]


MONITOR = of_role("alibaba_log_audit_member", "newest_document")
DISPATCH = of_role("alibaba_log_audit_archive", "dispatch_document")


def trust(*services):
    return documents.trust_policy(list(services), [])


def monitor(trusted=(f"{ARCHIVE}@log.aliyuncs.com",), policies=(MONITOR, READ_ONLY), member=MEMBER):
    return delivery.monitor_role_problems(trust(*trusted), list(policies), "sls-audit-service-monitor", ARCHIVE, member)


def test_what_the_roles_make_is_enough():
    assert monitor() == []
    assert monitor(("log.aliyuncs.com",), member=ARCHIVE) == []
    dispatch = trust("log.aliyuncs.com", f"{MEMBER}@log.aliyuncs.com")
    assert delivery.dispatch_role_problems(dispatch, [DISPATCH], "dispatch", [MEMBER, ARCHIVE], ARCHIVE) == []
    writer = trust(f"{MEMBER}@actiontrail.aliyuncs.com", f"{ARCHIVE}@actiontrail.aliyuncs.com")
    for account in (MEMBER, ARCHIVE):
        assert delivery.write_role_problems(writer, [DELIVERY], "writer", account, PROJECT) == []
