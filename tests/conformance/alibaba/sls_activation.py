# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Simple Log Service answers in an account in which it was never activated. The check activates nothing."""
from __future__ import annotations

from ..check import UNDECIDED, Check, Observation
from .account import Alibaba, Refused

NEVER = "NotExist"  # status
INACTIVE = " is inactive"


def run(alibaba: Alibaba) -> Observation:
    """Ask whether the service is activated. If it never was, ask for projects, of which there can be none."""
    # The activation is served in two regions.
    endpoint = "cn-shanghai" if alibaba.region.startswith("cn-") else "ap-southeast-1"
    try:
        service = alibaba.call("sls", "GetSlsService", region=endpoint)
    except Refused as error:
        return Observation.of(False, code_of_get_sls_service=error.code)
    status = service.get("status")
    if service.get("enabled") or status != NEVER:
        return Observation.undecided("the account is not one in which Simple Log Service was never activated", status=status)
    refusals = {operation: _refusal(alibaba, operation, *path) for operation, path in (("GetProject", (alibaba.name(),)), ("ListProject", ()))}
    return Observation.of(
        all(refusal and INACTIVE in refusal.sentence for refusal in refusals.values()), status=status,
        codes={operation: refusal.code if refusal else "" for operation, refusal in refusals.items()},
        inactive={operation: bool(refusal) and INACTIVE in refusal.sentence for operation, refusal in refusals.items()})


def _refusal(alibaba: Alibaba, operation: str, *path: str) -> Refused | None:
    try:
        alibaba.call("sls", operation, *path)
    except Refused as error:
        return error
    return None


CHECK = Check(
    entry="alibaba-sls-activation",
    question="What does Simple Log Service answer in an account in which it was never activated?",
    creates=(),
    permissions=("log:GetProject", "log:GetSlsService", "log:ListProject"),
    seconds=10,
    cents=0,
    run=run,
    local_answer=UNDECIDED,
)
