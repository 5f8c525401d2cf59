# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: what moto gets wrong. Pages named API_... are of the CloudWatch Logs API Reference."""
from __future__ import annotations

import time
from collections import Counter
from operator import itemgetter
from typing import Any

from moto.logs.models import logs_backends

from . import needs
from .errors import AwsError
from .mends import after, before, instead
from .partition import partition
from .policy import Decision, Principal, Request, evaluate, parse
from .request import ApiRequest

RETENTION_IN_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                     3653)

_PAGE = 50  # metric filters


@before("logs", "PutRetentionPolicy")
def refuse_other_retention(request: ApiRequest) -> None:
    """moto takes any number of days.

    API_PutRetentionPolicy, retentionInDays: possible values are those of RETENTION_IN_DAYS.

    See assumption aws-log-retention.
    """
    days = request.parameters.get("retentionInDays")
    if days not in RETENTION_IN_DAYS:
        raise AwsError("InvalidParameterException",
                       f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy "
                       f"constraint: Member must satisfy enum value set: [{', '.join(map(str, RETENTION_IN_DAYS))}]")


# Metric filters

def _metric_filters(request: ApiRequest) -> list[dict[str, Any]]:
    """Those of the account and region.

    API_PutMetricFilter, API_DescribeMetricFilters, API_DeleteMetricFilter: ResourceNotFoundException, if the specified resource does
    not exist.
    """
    backend, group = logs_backends[request.account][request.region], request.parameters.get("logGroupName")
    if group is not None and group not in backend.groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return backend.filters.metric_filters


def _metric_filter(request: ApiRequest) -> dict[str, Any] | None:
    wanted = request.parameters["logGroupName"], request.parameters["filterName"]
    return next((one for one in _metric_filters(request) if (one["logGroupName"], one["filterName"]) == wanted), None)


@instead("logs", "PutMetricFilter")
def put_metric_filter(request: ApiRequest) -> dict[str, Any]:
    """moto adds the filter once more, also to a log group that is not there.

    API_PutMetricFilter: creates or updates a metric filter.

    See assumption aws-metric-filters.
    """
    found = _metric_filter(request)
    if found is None:
        found = {"creationTime": int(time.time() * 1000)}
        _metric_filters(request).append(found)
    created = found["creationTime"]
    found.clear()
    found.update(request.parameters, creationTime=created)
    return {}


@instead("logs", "DeleteMetricFilter")
def delete_metric_filter(request: ApiRequest) -> dict[str, Any]:
    """moto says nothing if the filter is not there; see ``_metric_filters``.

    See assumption aws-metric-filters.
    """
    found = _metric_filter(request)
    if found is None:
        raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
    _metric_filters(request).remove(found)
    return {}


@instead("logs", "DescribeMetricFilters")
def describe_metric_filters(request: ApiRequest) -> dict[str, Any]:
    """moto shows all filters at once in the order in which they were put, and refuses namespaces that can be put.

    API_DescribeMetricFilters: sorted by name; up to 50 items; the prefix counts only with logGroupName; metricName and metricNamespace
    belong together.

    See assumption aws-metric-filters.
    """
    parameters = request.parameters
    group, name, namespace = (parameters.get(key) for key in ("logGroupName", "metricName", "metricNamespace"))
    if (name is None) != (namespace is None):
        raise AwsError("InvalidParameterException", "metricName and metricNamespace must be given together.")
    prefix = parameters.get("filterNamePrefix", "") if group else ""
    found = sorted((
        one for one in _metric_filters(request)
        if group in (None, one["logGroupName"]) and one["filterName"].startswith(prefix) and (name is None or any(
            (metric["metricName"], metric["metricNamespace"]) == (name, namespace) for metric in one["metricTransformations"]))
    ), key=itemgetter("filterName", "logGroupName"))
    begin, limit = int(parameters.get("nextToken") or 0), parameters.get("limit", _PAGE)
    more = {"nextToken": str(begin + limit)} if len(found) > begin + limit else {}
    return {"metricFilters": found[begin:begin + limit], **more}


@after("logs", "DescribeLogGroups")
def count_metric_filters(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto counts none.

    API_LogGroup, metricFilterCount: the number of metric filters.

    See assumption aws-metric-filters.
    """
    count = Counter(one["logGroupName"] for one in _metric_filters(request))
    for group in output["logGroups"]:
        group["metricFilterCount"] = count[group["logGroupName"]]


@after("logs", "DeleteLogGroup")
def forget_metric_filters(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto keeps the filters of a log group that is deleted.

    API_PutMetricFilter: a metric filter is associated with the log group that it names.

    See assumption aws-metric-filters.
    """
    filters = logs_backends[request.account][request.region].filters.metric_filters
    filters[:] = [one for one in filters if one["logGroupName"] != request.parameters["logGroupName"]]


@before("logs", "ListTagsForResource", "TagResource", "UntagResource")
def refuse_tags_of_nothing(request: ApiRequest) -> None:
    """moto tags what is not there.

    API_TagResource: ResourceNotFoundException, if the specified resource does not exist.

    See assumption aws-missing-resources.
    """
    arn = request.parameters["resourceArn"].removesuffix(":*")
    groups = logs_backends[request.account][request.region].groups.values()
    if ":log-group:" in arn and not any(group.arn == arn for group in groups):
        raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")


@before("logs", "AssociateKmsKey", "CreateLogGroup")
def refuse_useless_key(request: ApiRequest) -> None:
    """moto takes every key.

    "Encrypt log data in CloudWatch Logs" (User Guide): the key is symmetric and enabled, and its policy lets the
    service of the region use it for the log group; else InvalidParameterException.

    See assumption aws-logs-encryption-key.
    """
    arn = request.parameters.get("kmsKeyId")
    if not arn:
        return
    key = needs.find_key(arn) if arn.count(":") == 5 and ":key/" in arn else None
    group = f"arn:{partition()}:logs:{request.region}:{request.account}:log-group:{request.parameters.get('logGroupName')}"
    asked = Request("kms:GenerateDataKey", arn, Principal(service=f"logs.{request.region}.amazonaws.com"), {
        "kms:EncryptionContext:aws:logs:arn": group, "aws:SourceAccount": request.account, "aws:SourceArn": group,
    })
    if key is None or not key.enabled or evaluate([parse(key.policy)], asked) is not Decision.ALLOW:
        raise AwsError("InvalidParameterException", f"The specified KMS key does not exist or is not allowed to be "
                       f"used with LogGroup '{group}'")
