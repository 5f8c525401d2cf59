# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudTrail writes down of a call.

Sources: "CloudTrail record contents", "CloudTrail userIdentity element" and "Understanding CloudTrail events" (User
Guide), and the pages of the services on logging their calls with CloudTrail.
"""
from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from xml.sax.saxutils import unescape

from botocore.model import ListShape, MapShape, Shape, StructureShape
from werkzeug.wrappers import Response

from ...clock import iso
from .. import needs
from ..calls import is_read_only
from ..partition import entered, partition
from ..request import ApiRequest

_VERSION = "1.11"
_SOURCES = {"cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}
# Operations of S3 whose event has another name.
_S3_EVENTS = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# Operations on what is in a resource: data events, which trails have only if they ask for them. Of S3, all operations
# on objects, and these.
_S3_DATA = frozenset({"DeleteObjects", "HeadBucket", "ListMultipartUploads", "ListObjectVersions", "ListObjects",
                      "ListObjectsV2"})
_DATA = {
    "cloudwatch": ("AWS::CloudWatch::Metric", frozenset({
        "GetMetricData", "GetMetricStatistics", "GetMetricWidgetImage", "ListMetrics", "PutMetricData"})),
    "sns": ("AWS::SNS::Topic", frozenset({"Publish", "PublishBatch"})),
    "sqs": ("AWS::SQS::Queue", frozenset({
        "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
        "ReceiveMessage", "SendMessage", "SendMessageBatch"})),
}
# "Logging CloudWatch Logs API calls" (CloudWatch Logs User Guide) leaves these out.
_UNRECORDED = frozenset({"FilterLogEvents", "GetLogEvents", "PutLogEvents"})
# "CloudTrail record contents": characters of names and messages; what is longer is cut.
_MAXIMUM_TEXT = 1024
# Members of input and output that are never written down.
_SECRET = frozenset({
    "body", "ciphertextblob", "messageattributes", "messagebody", "password", "plaintext", "privatekeyplaintext",
    "secretaccesskey", "sessiontoken",
})
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_MESSAGE = re.compile(rb'<[Mm]essage>([^<]*)</[Mm]essage>')


@dataclass(frozen=True)
class Event:
    """One call, as one account sees it.

    :param seconds: since 1970.
    :param fields: of the record.
    """

    account: str
    region: str
    seconds: float
    fields: dict[str, Any] = field(repr=False)

    @property
    def is_management(self) -> bool:
        return bool(self.fields["managementEvent"])

    @property
    def is_global(self) -> bool:
        """Whether it is an event of those services that a trail may leave out as global ones.

        API_CreateTrail, IncludeGlobalServiceEvents: global services such as IAM. "Enabling and disabling global service
        event logging" (User Guide): IAM, STS and CloudFront, in us-east-1 since November 2021.
        """
        is_global = self.fields["eventSource"] in ("iam.amazonaws.com", "sts.amazonaws.com")
        return is_global and self.region == entered().global_regions["iam"]

    @cached_property
    def text(self) -> str:
        """The record as JSON."""
        return json.dumps(self.fields, ensure_ascii=False, separators=(",", ":"), default=_plain)


def events_of(request: ApiRequest, response: Response, code: str | None, now: float) -> Iterator[Event]:
    """The events of a call that was answered: of the caller's account, and of the account that it reached into.

    "sharedEventID" (User Guide): the account that uses another's resource and the one that owns it receive separate
    events of the same action. What can't be understood is no event. A call that was refused: assumption
    aws-cloudtrail-refused-call-events.

    :param code: of the error that was answered.
    :param now: seconds since 1970.
    """
    if request.caller is None or not request.is_understood or request.action in _UNRECORDED:
        return
    fields = dict(_fields(request, response, code, now))
    owner = None if code else _owner(request)
    if owner in (None, request.account):
        yield Event(request.account, fields["awsRegion"], now, fields)
        return
    fields["sharedEventID"] = str(uuid.uuid4())
    yield Event(request.account, fields["awsRegion"], now, fields)
    stranger = {"type": "AWSAccount", "principalId": request.caller.user_id, "accountId": request.account}
    yield Event(owner, fields["awsRegion"], now, {
        **fields, "userIdentity": stranger, "eventID": str(uuid.uuid4()), "recipientAccountId": owner,
    })


def _fields(request: ApiRequest, response: Response, code: str | None, now: float) -> Iterator[tuple[str, Any]]:
    service, action = request.service, request.action
    read_only = is_read_only(action)
    resources = _resources(request)
    data = _data_type(request)
    yield "eventVersion", _VERSION
    yield "userIdentity", _identity(request)
    yield "eventTime", iso(now)
    yield "eventSource", f"{_SOURCES.get(service, service)}.amazonaws.com"
    yield "eventName", _S3_EVENTS.get(action, action) if service == "s3" else action
    yield "awsRegion", _region(request)
    yield "sourceIPAddress", request.environ.get("REMOTE_ADDR", "127.0.0.1")
    yield "userAgent", request.headers.get("user-agent", "")[:_MAXIMUM_TEXT]
    if code:
        yield "errorCode", code
        yield "errorMessage", _error_message(request, response)[:_MAXIMUM_TEXT]
    yield "requestParameters", _parameters(request)
    yield "responseElements", None if code else _elements(request, response, read_only)
    yield "requestID", response.headers.get("x-amzn-RequestId")
    yield "eventID", str(uuid.uuid4())
    yield "readOnly", read_only
    if resources:
        yield "resources", resources
    yield "eventType", "AwsApiCall"
    yield "managementEvent", data is None
    yield "recipientAccountId", request.account
    yield "eventCategory", "Management" if data is None else "Data"


def _identity(request: ApiRequest) -> dict[str, Any]:
    caller, credentials = request.caller, request.credentials
    identity = {
        "type": "AssumedRole" if caller.is_role_session else "IAMUser",
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": credentials.access_key_id,
    }
    if not caller.is_role_session:
        return {**identity, "userName": caller.owner.name}
    return {**identity, "sessionContext": {
        "sessionIssuer": {
            "type": "Role", "principalId": caller.owner.id, "arn": caller.owner_arn, "accountId": caller.account,
            "userName": caller.owner.name,
        },
        "attributes": {"creationDate": iso(credentials.issued.timestamp()), "mfaAuthenticated": "false"},
    }}


def _region(request: ApiRequest) -> str:
    """Region of an event: assumption aws-cloudtrail-s3-event-region, assumption aws-sts-event-region."""
    if request.service in entered().global_regions:  # whichever the caller names
        return entered().global_regions[request.service]
    if request.service == "s3":
        found = needs.find_bucket(request.parameters.get("Bucket") or "")
        if found:
            return str(found[0].region_name)
    return request.region


def _owner(request: ApiRequest) -> str | None:
    """Account of the resource that a call is about, where the call may cross accounts."""
    parameters = request.parameters
    arn = {"kms": "KeyId", "sts": "RoleArn", "sns": "TopicArn"}.get(request.service)
    if arn and str(parameters.get(arn) or "").startswith("arn:"):
        return parameters[arn].split(":")[4]
    if request.service == "s3":
        found = needs.find_bucket(parameters.get("Bucket") or "")
        return found[1] if found else None
    return None


def _data_type(request: ApiRequest) -> str | None:
    """The type of resource of a data event; None for a management event."""
    if request.service == "s3":
        of_object = request.parameters.get("Key") or request.action in _S3_DATA
        return "AWS::S3::Object" if of_object else None
    kind, actions = _DATA.get(request.service, ("", ()))
    return kind if request.action in actions else None


def _resources(request: ApiRequest) -> list[dict[str, str]]:
    """The resources element, of those services that write one."""
    parameters = request.parameters
    if request.service == "s3" and parameters.get("Bucket"):
        found = needs.find_bucket(parameters["Bucket"])
        bucket = {"type": "AWS::S3::Bucket", "ARN": f"arn:{partition()}:s3:::{parameters['Bucket']}",
                  **({"accountId": found[1]} if found else {})}
        if not _data_type(request):
            return [bucket]
        key = parameters.get("Key")
        thing = {"ARN": f"{bucket['ARN']}/{key}"} if key else {"ARNPrefix": f"{bucket['ARN']}/"}
        return [{"type": "AWS::S3::Object", **thing}, bucket]
    if request.service == "sts" and parameters.get("RoleArn"):
        arn = parameters["RoleArn"]
        return [{"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}] if arn.count(":") >= 5 else []
    if request.service == "kms" and ":key/" in str(parameters.get("KeyId")):
        arn = parameters["KeyId"]
        return [{"accountId": arn.split(":")[4], "type": "AWS::KMS::Key", "ARN": arn}] if arn.count(":") >= 5 else []
    return []


def _parameters(request: ApiRequest) -> dict[str, Any] | None:
    shown = _shown(request.parameters, request.operation.input_shape)
    if request.service != "s3":
        return shown or None
    for name, shorter in (("bucket", "bucketName"), ("policy", "bucketPolicy")):
        if name in shown:
            shown[shorter] = shown.pop(name)
    if request.action == "PutBucketPolicy":
        shown["bucketPolicy"] = _json(request.body)
    # "Amazon S3 CloudTrail events" (S3 User Guide): the keys of DeleteObjects are not recorded.
    shown.pop("delete", None)
    return {**shown, "Host": request.headers.get("host", "")}


def _elements(request: ApiRequest, response: Response, read_only: bool) -> dict[str, Any] | None:
    """What a call that changed something answered; of those services whose answers are JSON, and of STS."""
    output = request.output
    if output is None and not read_only and request.protocol == "json":
        output = _json(response.get_data())
    if request.action != "AssumeRole" and read_only:
        return None
    return _shown(output, request.operation.output_shape) or None if isinstance(output, dict) else None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(value: Any, shape: Shape | None) -> Any:
    """Members with a small first letter, and no secrets."""
    if isinstance(value, dict) and isinstance(shape, MapShape):
        return {name: _shown(item, shape.value) for name, item in value.items()}
    if isinstance(value, dict):
        members = shape.members if isinstance(shape, StructureShape) else {}
        return {
            name[:1].lower() + name[1:]: _HIDDEN if name.lower() in _SECRET else _shown(item, members.get(name))
            for name, item in value.items() if item is not None
        }
    if isinstance(value, list | tuple):
        return [_shown(item, shape.member if isinstance(shape, ListShape) else None) for item in value]
    return _HIDDEN if isinstance(value, bytes) or hasattr(value, "read") else value


def _plain(value: Any) -> str:
    return iso(value.timestamp()) if isinstance(value, datetime) else str(value)


def _error_message(request: ApiRequest, response: Response) -> str:
    body = response.get_data()
    if request.protocol == "json":
        content = _json(body)
        return (content.get("message") or content.get("Message") or "") if isinstance(content, dict) else ""
    match = _MESSAGE.search(body)
    return unescape(match[1].decode(), {"&quot;": '"', "&apos;": "'", "&#x27;": "'"}) if match else ""
