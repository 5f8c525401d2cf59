# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST style of SLS on the wire: signatures, dates, tokens, hosts, and the answers."""
from __future__ import annotations

import dataclasses
import datetime
import hashlib
import http.client
import json
import re
import socket
from urllib.parse import urlencode, urlsplit

import pytest
from helpers.alibaba.clients import Clients
from alibabacloud_gateway_sls.client import Client as Gateway
from alibabacloud_sls20201230 import models
from aliyun.log.auth import AuthV1, AuthV4
from aliyun.log.credentials import StaticCredentialsProvider
from clouds.alibaba import Fault
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

OWNER, STRANGER = "1000000000000010", "1000000000000011"
PROJECT, REGION = "some-project", "cn-hangzhou"
HOST = f"{PROJECT}.{REGION}.log.aliyuncs.com"
KINDS = ("LOG hmac-sha1", "LOG hmac-sha256", "SLS4")
GMT = "%a, %d %b %Y %H:%M:%S GMT"
QUERY = {"logstoreName": "a b/é", "size": "5"}
QUERY_TEXT = "logstoreName=a+b%2F%C3%A9&size=5"
CHANGE = json.dumps({"description": "changed"}).encode()


@pytest.fixture
def owner(alibaba):
    """Clients of an account with a project."""
    clients = Clients(alibaba, alibaba.root_key(OWNER))
    clients.sls.create_project(models.CreateProjectRequest(project_name=PROJECT, description="new"))
    return clients


def sign(kind, credential, method, path, query=None, body=b"", region=REGION, host=HOST):
    """The headers of a signed request; the signatures are those that the SDKs make.

    :param query: parameters, decoded.
    """
    headers = {"host": host, "x-log-apiversion": "0.6.0", "x-log-bodyrawsize": str(len(body))}
    if body:
        headers["content-type"] = "application/json"
    # The older SDK finds these two by their usual spelling only.
    titled = {{"content-type": "Content-Type"}.get(name, name): value for name, value in headers.items()}
    provider = StaticCredentialsProvider(credential.access_key_id, credential.secret, credential.token)
    if kind == "SLS4":
        AuthV4(provider, region).sign_request(method, path, query, titled, body)
        return lower(titled)
    if kind == "LOG hmac-sha1":
        AuthV1(provider).sign_request(method, path, query, titled, body)
        return lower(titled)
    headers.update({
        "x-log-signaturemethod": "hmac-sha256", "date": datetime.datetime.now(datetime.timezone.utc).strftime(GMT),
        "content-md5": hashlib.md5(body).hexdigest().upper() if body else "",
    })
    if credential.token:
        headers["x-acs-security-token"] = credential.token
    headers["authorization"] = Gateway().get_authorization(
        path, method, query, headers, credential.access_key_id, credential.secret)
    return headers


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def send(alibaba, method, target, headers, body=b""):
    """Status, code and headers of the answer to a request that is sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(alibaba.url).netloc, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        found = json.loads(text) if text and is_json else {}
        return response.status, found.get("errorCode") if isinstance(found, dict) else None, response.headers
    finally:
        connection.close()


def code(alibaba, *request, **more):
    return send(alibaba, *request, **more)[1]


# Who signed it

@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def test_each_kind_of_signature_opens(alibaba, owner, kind):
    headers = sign(kind, owner.credential, "GET", "/logstores", QUERY)
    assert send(alibaba, "GET", f"/logstores?{QUERY_TEXT}", headers)[0] == 200


def test_each_kind_of_signature_covers_a_body(alibaba, owner, kind):
    headers = sign(kind, owner.credential, "PUT", "/", body=CHANGE)
    assert send(alibaba, "PUT", "/", headers, CHANGE)[0] == 200


def test_deletion_of_a_project_with_a_body(alibaba, owner, kind):
    """As the client @alicloud/log of npm sends it."""
    body = json.dumps({"projectName": PROJECT}).encode()
    headers = sign(kind, owner.credential, "DELETE", "/", body=body)
    assert send(alibaba, "DELETE", "/", headers, body)[0] == 200
    assert PROJECT not in alibaba.cloud.sls.projects


def test_a_parameter_without_a_value(alibaba, owner, kind):
    headers = sign(kind, owner.credential, "GET", "/logstores", {"logstoreName": ""})
    assert send(alibaba, "GET", "/logstores?logstoreName=", headers)[0] == 200


def test_unknown_access_key(alibaba, owner, kind):
    other = dataclasses.replace(owner.credential, access_key_id="LTAI5tNobodyHasThisKey")
    assert send(alibaba, "GET", "/", sign(kind, other, "GET", "/"))[:2] == (401, "Unauthorized")


def test_disabled_access_key(alibaba, owner, kind):
    alibaba.cloud.credentials.keep(dataclasses.replace(owner.credential, active=False))
    assert send(alibaba, "GET", "/", sign(kind, owner.credential, "GET", "/"))[:2] == (401, "Unauthorized")


def test_wrong_secret(alibaba, owner, kind):
    other = dataclasses.replace(owner.credential, secret=owner.credential.secret.swapcase())
    assert send(alibaba, "GET", "/", sign(kind, other, "GET", "/"))[:2] == (401, "SignatureNotMatch")


def test_security_token(alibaba, owner, kind):
    session = alibaba.cloud.credentials.issue(owner.credential.caller, duration=900)
    assert send(alibaba, "GET", "/", sign(kind, session, "GET", "/"))[0] == 200


def test_security_token_is_signed(alibaba, owner, kind):
    session, other = (alibaba.cloud.credentials.issue(owner.credential.caller, duration=900) for _session in "12")
    headers = {**sign(kind, session, "GET", "/"), "x-acs-security-token": other.token}
    assert send(alibaba, "GET", "/", headers)[:2] == (401, "Unauthorized")


@pytest.mark.parametrize("token", [None, "CAISmadeup"])
def test_missing_or_invented_security_token(alibaba, owner, kind, token):
    session = alibaba.cloud.credentials.issue(owner.credential.caller, duration=900)
    headers = sign(kind, dataclasses.replace(session, token=token), "GET", "/")
    assert send(alibaba, "GET", "/", headers)[:2] == (401, "Unauthorized")


def test_somebody_elses_security_token(alibaba, owner, kind):
    first, second = (alibaba.cloud.credentials.issue(owner.credential.caller, duration=900) for _session in "12")
    headers = sign(kind, dataclasses.replace(first, token=second.token), "GET", "/")
    assert send(alibaba, "GET", "/", headers)[:2] == (401, "Unauthorized")


def test_expired_security_token(alibaba, owner, kind):
    session = alibaba.cloud.credentials.issue(owner.credential.caller, duration=900)
    alibaba.cloud.clock.advance(901)
    assert send(alibaba, "GET", "/", sign(kind, session, "GET", "/"))[:2] == (401, "Unauthorized")


def test_a_lasting_key_has_no_security_token(alibaba, owner, kind):
    headers = sign(kind, dataclasses.replace(owner.credential, token="CAISmadeup"), "GET", "/")
    assert send(alibaba, "GET", "/", headers)[:2] == (401, "Unauthorized")


# When

class Elsewhen(datetime.datetime):
    """The clock of a client that is wrong by some seconds."""

    wrong_by = 0

    @classmethod
    def utcnow(cls):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=cls.wrong_by)


@pytest.mark.parametrize("seconds", [-960, 960])
@pytest.mark.parametrize("auth_version", ["v1", "v4"])
def test_stale_date(owner, refused_alibaba, monkeypatch, auth_version, seconds):
    monkeypatch.setattr(Elsewhen, "wrong_by", seconds)
    monkeypatch.setattr("aliyun.log.auth.datetime", Elsewhen)
    with refused_alibaba("RequestTimeExpired"):
        owner.log(auth_version).get_project(PROJECT)


@pytest.mark.parametrize("seconds", [-840, 840])
@pytest.mark.parametrize("auth_version", ["v1", "v4"])
def test_date_that_is_a_little_off(owner, monkeypatch, auth_version, seconds):
    monkeypatch.setattr(Elsewhen, "wrong_by", seconds)
    monkeypatch.setattr("aliyun.log.auth.datetime", Elsewhen)
    assert owner.log(auth_version).get_project(PROJECT).projectName == PROJECT


def test_stale_date_of_the_current_sdk(alibaba, owner):
    headers = sign("LOG hmac-sha256", owner.credential, "GET", "/")
    headers["date"] = "Mon, 01 Jan 2024 00:00:00 GMT"
    headers["authorization"] = Gateway().get_authorization(
        "/", "GET", None, headers, owner.credential.access_key_id, owner.credential.secret)
    assert send(alibaba, "GET", "/", headers)[:2] == (400, "RequestTimeExpired")


def test_unreadable_date(alibaba, owner, kind):
    name = "x-log-date" if kind == "SLS4" else "date"
    headers = {**sign(kind, owner.credential, "GET", "/"), name: "yesterday"}
    assert send(alibaba, "GET", "/", headers)[:2] == (400, "InvalidRequestTime")


def test_a_second_date_has_to_be_the_first_one(alibaba, owner):
    headers = sign("LOG hmac-sha1", owner.credential, "GET", "/")
    headers["x-log-date"] = "Mon, 01 Jan 2024 00:00:00 GMT"
    assert code(alibaba, "GET", "/", headers) == "SignatureNotMatch"


def test_a_request_is_good_more_than_once(alibaba, owner, kind):
    headers = sign(kind, owner.credential, "GET", "/")
    assert [send(alibaba, "GET", "/", headers)[0] for _time in range(2)] == [200, 200]


# What is signed

def test_body_that_nobody_hashed(alibaba, owner, kind):
    headers = {**sign(kind, owner.credential, "PUT", "/"), "content-type": "application/json"}
    assert code(alibaba, "PUT", "/", headers, CHANGE) == "SignatureNotMatch"


@pytest.mark.parametrize("header", ["x-log-apiversion", "x-log-signaturemethod", "authorization"])
def test_missing_header(alibaba, owner, header):
    headers = sign("LOG hmac-sha1", owner.credential, "GET", "/")
    del headers[header]
    assert code(alibaba, "GET", "/", headers) == {
        "x-log-apiversion": "MissingAPIVersion", "x-log-signaturemethod": "MissingSignatureMethod",
        "authorization": "ParameterInvalid",
    }[header]


@pytest.mark.parametrize("header", ["x-log-date", "x-log-content-sha256"])
def test_missing_header_of_the_newest_signature(alibaba, owner, header):
    headers = sign("SLS4", owner.credential, "GET", "/")
    del headers[header]
    assert code(alibaba, "GET", "/", headers) == "ParameterInvalid"


def test_no_date_at_all(alibaba, owner):
    headers = sign("LOG hmac-sha256", owner.credential, "GET", "/")
    del headers["date"]
    assert code(alibaba, "GET", "/", headers) == "MissingDate"


@pytest.mark.parametrize("header, value, expected", [
    ("x-log-apiversion", "0.5.0", "InvalidAPIVersion"),
    ("x-log-signaturemethod", "hmac-md5", "InvalidSignatureMethod"),
    ("authorization", "Basic bm86Ym9keQ==", "ParameterInvalid"),
])
def test_header_with_another_value(alibaba, owner, header, value, expected):
    headers = {**sign("LOG hmac-sha1", owner.credential, "GET", "/"), header: value}
    assert code(alibaba, "GET", "/", headers) == expected


def test_signature_for_another_region(alibaba, owner):
    headers = sign("SLS4", owner.credential, "GET", "/", region="cn-shanghai")
    assert code(alibaba, "GET", "/", headers) == "SignatureNotMatch"


def test_an_unsigned_header_of_sls_is_refused(alibaba, owner, kind):
    headers = {**sign(kind, owner.credential, "GET", "/"), "x-log-meta-color": "blue"}
    assert code(alibaba, "GET", "/", headers) == "SignatureNotMatch"


# One flipped bit

# What a request may be refused with, by the part that was tampered with.
_HEADER_CODES = {
    "InvalidAPIVersion", "InvalidHost", "InvalidProduct.NotFound", "InvalidRequestTime", "InvalidSignatureMethod",
    "MissingAPIVersion", "MissingDate", "MissingSignatureMethod", "ParameterInvalid", "RequestTimeExpired",
    "SignatureNotMatch",
    "InvalidAccessKeyId.NotFound",  # on the wire: Unauthorized
}
_REFUSALS = {
    "method": {"SignatureNotMatch"}, "query": {"SignatureNotMatch"}, "body": {"SignatureNotMatch"},
    "path": {"SignatureNotMatch", "BadRequest"},  # a path without its first slash is none
    "header name": _HEADER_CODES, "header value": _HEADER_CODES,
}
# By the rules of LOG, the host is not signed.
_UNSIGNED = {"LOG hmac-sha1": {"host"}, "LOG hmac-sha256": {"host"}, "SLS4": set()}
# A request means the same without one of these: the older SDK sends its date twice.
_TWICE = {"LOG hmac-sha1": {"date", "x-log-date"}, "LOG hmac-sha256": set(), "SLS4": set()}


def parts_of(kind, method, path, query, headers, body):
    """The bytes of a request, cut into (text, which part it is, or None for what is not signed)."""
    yield method.encode(), "method"
    yield b" ", None
    yield path.encode(), "path"
    if query:
        yield b"?", "query"
        yield query.encode(), "query"
    yield b" HTTP/1.1\r\n", None
    for name, value in headers.items():
        signed = name not in _UNSIGNED[kind]
        # Without its name a header is missing; an empty one says nothing anyway.
        yield f"{name}:".encode(), "header name" if signed and value and name not in _TWICE[kind] else None
        yield f" {value}".encode(), "header value" if signed else None
        yield b"\r\n", None
    yield f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode(), None
    yield body, "body"


def is_the_same(part, whole, index, mask):
    """Whether a flip says the same in other letters: case of a header's name, or of a percent escape's hex digits."""
    is_letter = whole[index:index + 1].isalpha() and mask == 0x20
    escaped = b"%" in whole[max(0, index - 2):index]
    return is_letter and (part == "header name" or (part in ("path", "query") and escaped))


def exchange(alibaba, request):
    """The first line of the answer to raw bytes, and its body."""
    address = urlsplit(alibaba.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _gap, body = answer.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], body


@pytest.mark.parametrize("method, path, query, body", [
    ("GET", "/logstores", QUERY, b""), ("PUT", "/", None, CHANGE),
], ids=["query", "body"])
def test_one_flipped_bit_is_refused(alibaba, owner, kind, method, path, query, body):
    headers = sign(kind, owner.credential, method, path, query, body)
    parts = list(parts_of(kind, method, path, QUERY_TEXT if query else "", headers, body))
    whole = b"".join(text for text, _part in parts)
    where = [part for text, part in parts for _byte in text]
    flips = [
        (index, mask) for index, part in enumerate(where) if part
        for mask in (1 << bit for bit in range(8)) if not is_the_same(part, whole, index, mask)
    ]
    assert exchange(alibaba, whole)[0].startswith(b"HTTP/1.1 200"), "the request is good as it is"
    description = alibaba.cloud.sls.projects.get(PROJECT).description

    @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(flips))
    def refused(flip):
        index, mask = flip
        tampered = bytearray(whole)
        tampered[index] ^= mask
        alibaba.cloud.calls.clear()
        line, answer = exchange(alibaba, bytes(tampered))
        if alibaba.cloud.calls:
            assert alibaba.calls[-1].error in _REFUSALS[where[index]], (where[index], bytes(tampered), line, answer)
        else:
            # It is no HTTP any more, so it did not come in.
            assert re.match(rb"HTTP/1\.[01] (400|505) |<!DOCTYPE|$", line), (where[index], bytes(tampered), line)

    refused()
    assert alibaba.cloud.sls.projects.get(PROJECT).description == description


# Hosts

@pytest.mark.parametrize("auth_version", ["v1", "v4"])
def test_reached_by_address_the_project_is_in_front_of_it(alibaba, owner, auth_version):
    client = owner.log(auth_version, endpoint="127.0.0.1")
    client._setendpoint(alibaba.url)  # pylint: disable=protected-access
    assert client.get_project(PROJECT).projectName == PROJECT


@pytest.mark.parametrize("signature_version", [None, "v4"])
def test_the_current_sdk_reaches_it_by_address_without_a_project(alibaba, owner, signature_version):
    config = owner.config(urlsplit(alibaba.url).netloc, http_proxy=None, signature_version=signature_version)
    client = type(owner.sls)(config)
    assert client.list_project(models.ListProjectRequest()).body.total == 1


@pytest.mark.parametrize("region, found", [(REGION, 1), ("cn-shanghai", 0)])
def test_reached_by_address_the_signature_names_the_region(alibaba, owner, region, found):
    client = Clients(alibaba, owner.credential, region=region).log("v4", endpoint=alibaba.url)
    assert client.list_project().get_total() == found


def test_a_region_that_is_not_there(alibaba, owner):
    headers = sign("SLS4", owner.credential, "GET", "/", region="cn-hangzou", host="127.0.0.1")
    assert send(alibaba, "GET", "/", headers)[0] == 404


def test_another_region_does_not_know_the_project(alibaba, owner, refused_alibaba):
    elsewhere = Clients(alibaba, owner.credential, region="cn-shanghai")
    with refused_alibaba("ProjectNotExist"):
        elsewhere.sls.get_project(PROJECT, models.GetProjectRequest())


def test_intranet_host(alibaba, owner):
    client = type(owner.sls)(owner.config(f"{REGION}-intranet.log.aliyuncs.com"))
    assert client.get_project(PROJECT, models.GetProjectRequest()).body.region == REGION


def test_an_operation_of_a_project_needs_one(alibaba, owner):
    host = f"{REGION}.log.aliyuncs.com"
    headers = sign("SLS4", owner.credential, "GET", "/logstores", host=host)
    assert code(alibaba, "GET", "/logstores", headers) == "InvalidHost"


# What is asked

@pytest.mark.parametrize("method, path", [("GET", "/nothing"), ("PATCH", "/"), ("GET", "/logstores/")])
def test_unknown_operation(alibaba, owner, method, path):
    headers = sign("SLS4", owner.credential, method, path)
    assert send(alibaba, method, path, headers)[:2] == (405, "InvalidMethod")


def test_unknown_parameter_in_the_query(alibaba, owner):
    headers = sign("SLS4", owner.credential, "GET", "/logstores", {"color": "blue"})
    assert send(alibaba, "GET", "/logstores?color=blue", headers)[:2] == (400, "ParameterInvalid")


def test_parameter_of_the_body_in_the_query(alibaba, owner):
    headers = sign("SLS4", owner.credential, "PUT", "/", {"description": "d"})
    assert code(alibaba, "PUT", "/?description=d", headers) == "ParameterInvalid"


def test_parameter_twice(alibaba, owner):
    target = "/logstores?size=1&size=2"
    headers = sign("LOG hmac-sha1", owner.credential, "GET", target)
    assert code(alibaba, "GET", target, headers) == "ParameterInvalid"


@pytest.mark.parametrize("body, expected", [
    (b'{"description": "d", "color": "blue"}', "ParameterInvalid"), (b'{"description": 1}', "ParameterInvalid"),
    (b"[]", "PostBodyInvalid"), (b"{", "PostBodyInvalid"), (b"\xff", "PostBodyInvalid"),
    (b'{"description": ' + 20_000 * b"[", "PostBodyInvalid"), (b'{"description": ' + 5000 * b"9" + b"}", "PostBodyInvalid"),
])
def test_bad_body(alibaba, owner, body, expected):
    headers = sign("SLS4", owner.credential, "PUT", "/", body=body)
    assert send(alibaba, "PUT", "/", headers, body)[:2] == (400, expected)


@pytest.mark.parametrize("changes", [
    {"resourceId": 20_000 * "["}, {"resourceId": 5000 * "9"}, {"nextToken": "x"}, {"nextToken": 5000 * "9"},
], ids=["deep", "long", "text", "far"])
def test_bad_parameters_of_a_list(alibaba, owner, changes):
    query = {"resourceType": "project", "resourceId": json.dumps([PROJECT]), **changes}
    headers = sign("LOG hmac-sha1", owner.credential, "GET", "/tags", query)
    assert code(alibaba, "GET", f"/tags?{urlencode(query)}", headers) == "ParameterInvalid"


def test_a_body_has_at_most_10_megabytes(alibaba, owner):
    body = json.dumps({"description": 10 * 1024 * 1024 * "d"}).encode()
    headers = sign("SLS4", owner.credential, "PUT", "/", body=body)
    assert send(alibaba, "PUT", "/", headers, body)[:2] == (413, "PostBodyTooLarge")


def test_unknown_header_of_sls(alibaba, owner):
    headers = sign("LOG hmac-sha256", owner.credential, "GET", "/")
    headers["x-log-color"] = "blue"
    headers["authorization"] = Gateway().get_authorization(
        "/", "GET", None, headers, owner.credential.access_key_id, owner.credential.secret)
    assert code(alibaba, "GET", "/", headers) == "ParameterInvalid"


# Answers

def test_headers_of_an_answer(alibaba, owner):
    answer = send(alibaba, "GET", "/", sign("SLS4", owner.credential, "GET", "/"))[2]
    assert re.fullmatch("[0-9A-F]{24}", answer["x-log-requestid"])
    assert answer["x-log-time"].isdecimal()
    assert answer["Content-Type"] == "application/json"


def test_an_answer_without_a_body(alibaba, owner):
    answer = send(alibaba, "PUT", "/", sign("SLS4", owner.credential, "PUT", "/", body=CHANGE), CHANGE)[2]
    assert answer["Content-Length"] == "0"


def test_id_of_a_refused_request(owner):
    with pytest.raises(Exception) as caught:
        owner.log().get_project("no-such-project")
    assert re.fullmatch("[0-9A-F]{24}", caught.value.get_request_id())
    assert caught.value.get_resp_status() == 404


@pytest.mark.parametrize("call", [
    lambda log: log.get_project(PROJECT), lambda log: log.update_project(PROJECT, ""),
], ids=["read", "write"])
def test_throttling(alibaba, owner, refused_alibaba, call):
    alibaba.cloud.faults.set([Fault(throttled=1)], 1)
    with refused_alibaba("MetaOperationQpsLimitExceeded"):
        call(owner.log())


def test_failures(alibaba, owner):
    alibaba.cloud.faults.set([Fault(failed=1)], 1)
    answers = {
        send(alibaba, "GET", "/", sign("SLS4", owner.credential, "GET", "/"))[:2] for _time in range(20)
    }
    assert answers == {(500, "InternalServerError"), (503, "ServerBusy")}


def test_a_stranger(alibaba, owner, refused_alibaba):
    with refused_alibaba("Unauthorized"):
        Clients(alibaba, alibaba.root_key(STRANGER)).sls.get_project(PROJECT, models.GetProjectRequest())
