# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails that were created or changed a moment ago; see windows."""
from __future__ import annotations

from .. import windows
from ..errors import AwsError
from ..mends import before
from ..request import ApiRequest


@before("cloudtrail", *windows.CHANGES_OF_A_TRAIL)
def refuse_while_not_ready(request: ApiRequest) -> None:
    """moto is always ready.

    API_CreateTrail and the others, ConflictException: the trail is not ready, or another operation is changing it.

    See assumption aws-cloudtrail-conflict.
    """
    arn = windows.trail_arn(request)
    if windows.is_busy(arn):
        raise AwsError("ConflictException", f"The trail is not ready, or another operation is changing it: {arn}")


@before("cloudtrail", "GetEventSelectors", "GetInsightSelectors", "GetTrail", "GetTrailStatus")
def hide_new_trail(request: ApiRequest) -> None:
    """A new trail is not found at first: assumption aws-cloudtrail-new-trail-visible."""
    arn = windows.trail_arn(request)
    if windows.is_hidden(arn):
        raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {request.account}")


@before("cloudtrail", "ListTags")
def hide_tags_of_new_trail(request: ApiRequest) -> None:
    """See ``hide_new_trail``.

    See assumption aws-cloudtrail-new-trail-visible.
    """
    for arn in request.parameters["ResourceIdList"]:
        if windows.is_hidden(arn):
            raise AwsError("ResourceNotFoundException", f"There is no {arn}.")
