# SPDX-License-Identifier: GPL-3.0-or-later
"""What Log Audit Service and ActionTrail do with their roles, and why these don't let them. Private to this collection.

Log Audit Service needs here, for the events of ActionTrail, what its documents say to grant for them: assumption
alibaba-log-audit-calls. A condition is never a problem here: assumption alibaba-service-request-context.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from .._policy import explain
from .._policy.evaluate import Policy, read
from .._policy.request import Request

Document = Union[Mapping[str, Any], Policy, None]
_REGION = "cn-hangzhou"  # any: what is granted for one is granted for all
LOG, ACTIONTRAIL = "log.aliyuncs.com", "actiontrail.aliyuncs.com"

# Policies of the system, of what they have only what counts here.
SYSTEM_POLICIES: dict[str, dict[str, Any]] = {
    # https://www.alibabacloud.com/help/en/ram/developer-reference/readonlyaccess
    "ReadOnlyAccess": {"Version": "1", "Statement": [{
        "Effect": "Allow",
        "Action": ["*:Describe*", "*:Get*", "*:List*", "*:Query*", "actiontrail:LookupEvents"],
        "Resource": "*",
    }]},
    # https://www.alibabacloud.com/help/en/actiontrail/user-guide/manage-the-permission-policy-for-event-delivery
    "AliyunActionTrailDeliveryPolicy": {"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "log:GetProject", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [
                "log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:CreateIndex", "log:UpdateIndex",
                "log:GetIndex", "log:GetLogStoreLogs",
            ],
            "Resource": ["acs:log:*:*:project/*/logstore/actiontrail_*", "acs:log:*:*:project/*/logstore/insights_*"],
        },
    ]},
}


def monitor_role_problems(
    trust: Document, policies: list[Document], role: str, archive_account_id: str, member_account_id: str
) -> list[str]:
    """Why Log Audit Service of an archive can't collect from a member with the member's role.

    :param role: its name.
    :param policies: those that are attached.
    """
    own = f"acs:log:{_REGION}:{member_account_id}"
    needs = [
        explain.Need(Request("actiontrail:LookupEvents", "*"), "*"),
        _anywhere("log:CreateApp", f"{own}:app/audit"),
        _anywhere("log:CreateProject", f"{own}:project/slsaudit-region-{member_account_id}-{_REGION}"),
    ]
    services = _names(LOG, archive_account_id, member_account_id)
    return _trust_problems(trust, role, [services]) + _role_problems(policies, role, needs, member_account_id)


def dispatch_role_problems(
    trust: Document, policies: list[Document], role: str, member_account_ids: list[str], archive_account_id: str
) -> list[str]:
    """Why Log Audit Service can't write into its central project with the archive's older role.

    :param member_account_ids: of the accounts from which it collects.
    """
    project = f"acs:log:{_REGION}:{archive_account_id}:project/slsaudit-center-{archive_account_id}-{_REGION}"
    services = [_names(LOG, member, archive_account_id) for member in member_account_ids]
    needs = [_anywhere("log:PostLogStoreLogs", project)]
    return _trust_problems(trust, role, services) + _role_problems(policies, role, needs, archive_account_id)


def write_role_problems(
    trust: Document, policies: list[Document], role: str, member_account_id: str, project_arn: str,
    trail_name: str = "audit-logs",
) -> list[str]:
    """Why ActionTrail can't write a member's trail into a project with the archive's role.

    "Deliver events across Alibaba Cloud accounts" and "Manage the permission policy for event delivery" (ActionTrail).

    :param project_arn: such as C(acs:log:cn-hangzhou:1234567890123456:project/example-audit-logs).
    """
    archive = project_arn.split(":")[3]
    logstore = f"{project_arn}/logstore/actiontrail_{trail_name}"
    actions = ["log:CreateLogStore", "log:PostLogStoreLogs"]
    needs = [explain.Need(Request(action, logstore), logstore) for action in actions]
    services = _names(ACTIONTRAIL, member_account_id, archive)
    return _trust_problems(trust, role, [services]) + _role_problems(policies, role, needs, archive)


def _names(service: str, acting_for: str, role_account: str) -> tuple[str, ...]:
    """By which a service is known that acts for an account; in that account itself also without its id."""
    return (f"{acting_for}@{service}", *([service] if acting_for == role_account else []))


def _trust_problems(trust: Document, role: str, callers: list[tuple[str, ...]]) -> list[str]:
    trust = read(trust)
    return [
        problem
        for services in callers
        for problem in explain.problems(
            [trust],
            [explain.Need(Request("sts:AssumeRole", None, services))],
            explain.Words(f"role {role}", services[-1], kind="trust policy"),
        )
    ]


def _role_problems(policies: list[Document], role: str, needs: list[explain.Need], account_id: str) -> list[str]:
    return explain.problems(map(read, policies), needs, explain.Words(f"role {role}", about=(account_id,)))


def _anywhere(action: str, resource: str) -> explain.Need:
    return explain.Need(Request(action, resource), resource.replace(_REGION, "*"))
