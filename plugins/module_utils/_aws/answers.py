# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not those of AWS, or not whole. Private to this collection.

A proxy that answers with a page of its own, or a connection that spoils the body, can give an answer with HTTP status 200.
botocore takes such an answer for one without content, or ends with an exception of a parser. After a call that changes something
and has no content, it takes the answer for success. Here such an answer becomes HTTP status 502 (Bad Gateway), which botocore
tries again, as it does with a connection that is closed.
"""
from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

# Their answers have the id of the request in a header: assumption aws-request-id-header.
_SERVICES = {"account", "cloudtrail", "iam", "kms", "logs", "organizations", "s3", "sts"}
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id")
_IN_HEADERS = {"header", "headers", "statusCode"}
BAD_GATEWAY = 502


def install() -> None:
    """Let all sessions of botocore that this process creates from now on check the answers."""
    from botocore import handlers  # here, because a module says what to do if botocore is missing

    # Ansible and its modules import this file under the same name, but each for itself.
    if not any(getattr(spec[1], "__module__", None) == __name__ for spec in handlers.BUILTIN_HANDLERS):
        # The longer the name of an event, the earlier its handlers: this one before that of a client, which decides.
        handlers.BUILTIN_HANDLERS += [
            ("before-parse", _check, handlers.REGISTER_FIRST), ("needs-retry.*.*", _adopt_status, handlers.REGISTER_FIRST)]


def _check(operation_model: Any, response_dict: dict[str, Any], **_kwargs: Any) -> None:
    """Make an answer that is not usable a Bad Gateway."""
    if operation_model.service_model.service_name in _SERVICES and not _is_usable(operation_model, response_dict):
        response_dict.update(status_code=BAD_GATEWAY, body=b"")


def _adopt_status(response: tuple[Any, dict] | None, **_kwargs: Any) -> None:
    """Tell what decides about another attempt, which looks at the response as it came."""
    if response and response[1].get("ResponseMetadata", {}).get("HTTPStatusCode") == BAD_GATEWAY:
        response[0].status_code = BAD_GATEWAY


def _is_usable(operation: Any, answer: dict[str, Any]) -> bool:
    status, body = answer["status_code"], answer["body"]
    if status >= 500:
        return True  # tried again in any case
    protocol = operation.service_model.metadata["protocol"]
    read = _read_json if "json" in protocol else ElementTree.fromstring
    if status >= 300:
        return not body or _can(read, body)
    if not any(name in answer["headers"] for name in _REQUEST_IDS):
        return False
    output = operation.output_shape
    if protocol == "query":
        return _can(read, body)
    if output is None or operation.has_streaming_output:
        return True
    if protocol != "rest-xml":
        return _can(read, body)
    payload = output.serialization.get("payload")
    if payload and output.members[payload].type_name in ("string", "blob"):
        return _can(_read_json, body)  # a bucket policy
    needs_body = any(member.serialization.get("location") not in _IN_HEADERS for member in output.members.values())
    return _can(ElementTree.fromstring, body) if body else not needs_body


def _read_json(body: bytes) -> None:
    if not isinstance(json.loads(body), dict):
        raise ValueError("no object")


def _can(read: Any, body: bytes) -> bool:
    try:
        read(body)
    except (ValueError, ElementTree.ParseError):
        return False
    return True
