# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as botocore understands them, without a network."""
from __future__ import annotations

import io

import botocore.handlers
import botocore.session
import pytest
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import answers
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

PAGE = b"<html><head><title>Sign in</title></head><body><p>Sign in</p></body></html>"
AWS = {"x-amzn-RequestId": "1234"}
S3 = {"x-amz-request-id": "1234"}
# Service, operation with its parameters, headers and body of a good answer.
CALLS = {
    "JSON": ("cloudtrail", "describe_trails", {}, AWS, b'{"trailList": []}'),
    "JSON without output": ("kms", "enable_key_rotation", {"KeyId": "k"}, AWS, b""),
    "query": ("iam", "list_roles", {}, AWS, b"<ListRolesResponse><ListRolesResult><Roles/></ListRolesResult></ListRolesResponse>"),
    "query without output": ("iam", "attach_role_policy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/P"}, AWS,
                             b"<AttachRolePolicyResponse><ResponseMetadata/></AttachRolePolicyResponse>"),
    "XML": ("s3", "list_buckets", {}, S3, b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
    "XML without output": ("s3", "put_bucket_policy", {"Bucket": "bucket", "Policy": "{}"}, S3, b""),
    "XML with headers alone": ("s3", "head_bucket", {"Bucket": "bucket"}, S3, b""),
    "a policy": ("s3", "get_bucket_policy", {"Bucket": "bucket"}, S3, b'{"Statement": []}'),
}
HAVE_BODY = [name for name, (*_call, body) in CALLS.items() if body]


class Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, *_arguments, **_options):
        yield self.read()


@pytest.fixture(name="call")
def fixture_call(monkeypatch):
    """Makes a call that gets these answers, one after the other; returns its result and how many of them it took."""
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS])
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    answers.install()
    answers.install()

    def call(name, *given):
        service, operation, parameters, *_good = CALLS[name]
        client = botocore.session.Session().create_client(
            service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        left, taken = list(given), []

        def send(request, **_kwargs):
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            taken.append(status)
            return AWSResponse(request.url, status, headers, Raw(body))

        client.meta.events.register("before-send", send)
        return getattr(client, operation)(**parameters), len(taken)

    return call


def good(name):
    """The answer of AWS."""
    return 200, CALLS[name][3], CALLS[name][4]


@pytest.mark.parametrize("name", CALLS)
def test_a_good_answer(call, name):
    assert call(name, good(name))[1] == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_page_of_somebody_else(call, name):
    """Once it is tried again; if it stays, the call fails as with a gateway that fails."""
    assert call(name, (200, {}, PAGE), good(name))[1] == 2
    with pytest.raises(ClientError, match="502.*Bad Gateway"):
        call(name, (200, {}, PAGE))


@pytest.mark.parametrize("name", HAVE_BODY)
@pytest.mark.parametrize("part, before", [(0, b""), (0.5, b""), (1, b"\x1f\x8b")], ids=["empty", "half", "no text"])
def test_an_answer_that_is_not_whole(call, name, part, before):
    _status, headers, body = good(name)
    assert call(name, (200, headers, before + body[:int(part * len(body))]), good(name))[1] == 2


@pytest.mark.parametrize("name", ["JSON", "query", "XML"])
def test_an_error_that_is_a_page(call, name):
    with pytest.raises(ClientError, match="502.*Bad Gateway"):
        call(name, (407, {}, b"<p>Authentication of the proxy"))


@pytest.mark.parametrize("name, body, code", [
    ("JSON", b'{"__type": "TrailNotFoundException", "message": "no"}', "TrailNotFoundException"),
    ("query", b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>", "NoSuchEntity"),
    ("XML with headers alone", b"", "404"),
])
def test_an_error_of_aws(call, name, body, code):
    with pytest.raises(ClientError) as raised:
        call(name, (404, CALLS[name][3], body))
    assert raised.value.response["Error"]["Code"] == code
