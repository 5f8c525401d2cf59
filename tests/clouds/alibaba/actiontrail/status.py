# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switching trails on and off, and how they fare."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..operations import rpc
from ..parameters import Flag
from .common import NAME, PRODUCT, VERSION, found
from .reach import organization_trails
from .state import DISABLED, ENABLED, Delivery

if TYPE_CHECKING:
    from ..request import ApiRequest


@rpc(
    PRODUCT, VERSION, "StartLogging", action="actiontrail:StartLogging", read_only=False,
    Name=NAME,
)
def start_logging(request: ApiRequest) -> None:
    """Switch a trail on."""
    trails = request.account.trails
    trail = found(request, trails.get(request["Name"]))
    if trail.status != ENABLED:
        trails.put(trail.name, replace(trail, status=ENABLED, started=request.now))


@rpc(
    PRODUCT, VERSION, "StopLogging", action="actiontrail:StopLogging", read_only=False,
    Name=NAME,
)
def stop_logging(request: ApiRequest) -> None:
    """Switch a trail off."""
    trails = request.account.trails
    trail = found(request, trails.get(request["Name"]))
    if trail.status != DISABLED:
        trails.put(trail.name, replace(trail, status=DISABLED, stopped=request.now))


@rpc(
    PRODUCT, VERSION, "GetTrailStatus", action="actiontrail:GetTrailStatus", read_only=True,
    Name=NAME, IsOrganizationTrail=Flag(),
)
def get_trail_status(request: ApiRequest) -> dict[str, Any]:
    """Whether a trail is on, and whether its events arrive; members may ask about multi-account trails, too.

    The last error stays: assumption alibaba-actiontrail-delivery-error-stays.
    """
    if request.get("IsOrganizationTrail"):
        candidates = organization_trails(request.cloud, request.account.id)
    else:
        candidates = [trail for trail in request.account.trails.all_seen() if not trail.organization]
    trail = found(request, next((trail for trail in candidates if trail.name == request["Name"]), None))
    fared = request.cloud.account(trail.account_id).deliveries.get(trail.name, Delivery())
    status = {
        "IsLogging": trail.status == ENABLED, "LatestDeliveryTime": fared.delivered, "LatestDeliveryError": fared.error,
        "LatestDeliveryLogServiceTime": fared.delivered, "LatestDeliveryLogServiceError": fared.error,
        "OssBucketStatus": False,
        "SlsLogStoreStatus": request.cloud.sls.logstores.seen((trail.project, trail.logstore)) is not None,
    }
    if trail.started is not None:
        status["StartLoggingTime"] = iso(trail.started)
    if trail.stopped is not None:
        status["StopLoggingTime"] = iso(trail.stopped)
    return status
