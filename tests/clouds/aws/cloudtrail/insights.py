# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Insights selectors of a trail."""
from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..mends import instead
from ..request import ApiRequest
from .lookup import find, find_own

_TYPES = ("ApiCallRateInsight", "ApiErrorRateInsight")
_CATEGORIES = ("Management", "Data")


@instead("cloudtrail", "PutInsightSelectors")
def put_insight_selectors(request: ApiRequest) -> dict[str, Any]:
    """moto adds to what is there, and takes every type.

    API_PutInsightSelectors: the valid types are ApiCallRateInsight and ApiErrorRateInsight, the valid categories
    Management (the default) and Data; an empty list turns Insights off.

    See assumption aws-cloudtrail-insights.
    """
    trail = find_own(request, _trail_name(request))
    selectors = request.parameters["InsightSelectors"]
    for selector in selectors:
        if selector.get("InsightType") not in _TYPES:
            _refuse(f"Invalid InsightType: {selector.get('InsightType')}")
        for category in selector.get("EventCategories") or ():
            if category not in _CATEGORIES:
                _refuse(f"Invalid event category: {category}")
    kinds = [selector["InsightType"] for selector in selectors]
    if len(kinds) != len(set(kinds)):
        _refuse("Each InsightType can be there once.")
    trail.insight_selectors = selectors
    return {"TrailARN": trail.arn, "InsightSelectors": selectors}


@instead("cloudtrail", "GetInsightSelectors")
def get_insight_selectors(request: ApiRequest) -> dict[str, Any]:
    """moto answers with nothing.

    API_GetInsightSelectors: on a trail without Insights, the exception InsightNotEnabledException is thrown.

    See assumption aws-cloudtrail-insights.
    """
    trail = find(request, _trail_name(request))
    if not trail.insight_selectors:
        raise AwsError("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.")
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}


def _trail_name(request: ApiRequest) -> str:
    if request.parameters.get("EventDataStore") or request.parameters.get("InsightsDestination"):
        raise NotImplementedError("event data stores")
    if not request.parameters.get("TrailName"):
        raise AwsError("InvalidParameterCombinationException", "Specify the name of a trail.")
    return request.parameters["TrailName"]


def _refuse(message: str) -> None:
    raise AwsError("InvalidInsightSelectorsException", message)
