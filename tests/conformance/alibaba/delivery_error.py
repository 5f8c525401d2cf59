# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the error of a delivery goes away."""
from __future__ import annotations

from ..check import Check, Observation
from .account import DELIVERED, PROJECT, ROLE, TRAIL, Alibaba


def run(alibaba: Alibaba) -> Observation:
    """Let a trail deliver, take the permission away until there is an error, and give it back."""
    project = alibaba.project()
    role = alibaba.role(alibaba.trusting_service())
    policy = alibaba.policy({"Effect": "Allow", "Action": "log:*", "Resource": "*"})
    read_only = alibaba.policy({"Effect": "Allow", "Action": "log:GetProject", "Resource": "*"})
    alibaba.attach(read_only, role)
    alibaba.attach(policy, role)
    trail = alibaba.trail(project, alibaba.arn(role), EventRW="All")
    if not alibaba.until(lambda: _status(alibaba, trail)[0], DELIVERED, every=20)[0]:
        return Observation.undecided("the trail delivers nothing")
    attachment = {"PolicyName": policy, "PolicyType": "Custom", "RoleName": role}
    alibaba.call("ram", "DetachPolicyFromRole", **attachment)
    error, until_error = alibaba.until(lambda: _status(alibaba, trail)[1], DELIVERED, every=20)
    if not error:
        return Observation.undecided("there is no error without the permission", waited_seconds=until_error)
    last = _status(alibaba, trail)[0]
    alibaba.call("ram", "AttachPolicyToRole", **attachment)
    again, until_delivered = alibaba.until(lambda: _status(alibaba, trail)[0] != last, DELIVERED, every=20)
    if not again:
        return Observation.undecided("the trail does not deliver again")
    stays = bool(_status(alibaba, trail)[1])
    return Observation.of(
        stays, seconds_until_error=until_error, seconds_until_delivered_again=until_delivered, error_after_delivery=stays)


def _status(alibaba: Alibaba, trail: str) -> tuple[str, str]:
    """Time and error of the latest delivery, after another event."""
    alibaba.mark()
    status = alibaba.surely("actiontrail", "GetTrailStatus", Name=trail)
    return status.get("LatestDeliveryLogServiceTime") or "", status.get("LatestDeliveryLogServiceError") or ""


CHECK = Check(
    entry="alibaba-actiontrail-delivery-error-stays",
    question="Does the error of a delivery stay after the next delivery?",
    creates=("RAM policy", "RAM role", "project", "trail"),
    permissions=(*PROJECT, *ROLE, *TRAIL, "actiontrail:DescribeTrails", "actiontrail:GetTrailStatus"),
    seconds=600,
    cents=3,
    run=run,
)
