# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: what moto gets wrong. Pages named API_... are of the CloudWatch Logs API Reference."""
from __future__ import annotations

from moto.logs.models import logs_backends

from . import authorization
from .errors import AwsError
from .mends import before
from .policy import Decision, Principal, Request, evaluate, parse
from .request import ApiRequest

RETENTION_IN_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                     3653)


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


@before("logs", "PutMetricFilter")
def refuse_filter_of_nothing(request: ApiRequest) -> None:
    """moto makes a filter for a log group that is not there.

    API_PutMetricFilter: ResourceNotFoundException, if the specified resource does not exist.

    See assumption aws-missing-resources.
    """
    if request.parameters["logGroupName"] not in logs_backends[request.account][request.region].groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")


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
    key = authorization.find_key(arn) if arn.count(":") == 5 and ":key/" in arn else None
    group = f"arn:aws:logs:{request.region}:{request.account}:log-group:{request.parameters.get('logGroupName')}"
    asked = Request("kms:GenerateDataKey", arn, Principal(service=f"logs.{request.region}.amazonaws.com"), {
        "kms:EncryptionContext:aws:logs:arn": group, "aws:SourceAccount": request.account, "aws:SourceArn": group,
    })
    if key is None or not key.enabled or evaluate([parse(key.policy)], asked) is not Decision.ALLOW:
        raise AwsError("InvalidParameterException", f"The specified KMS key does not exist or is not allowed to be "
                       f"used with LogGroup '{group}'")
