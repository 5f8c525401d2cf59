# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both signatures of the local Alibaba Cloud's RPC style: what is not exactly what was signed is refused."""
from __future__ import annotations

import uuid
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from alibaba_clients import Clients
from alibaba_requests import FORM, Raw, now, send, signed_in_headers, signed_in_query
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_sts20150401.models import AssumeRoleRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STS = ("GetCallerIdentity", "2015-04-01")
MEMBER = "2000000000000002"
ROLE = f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole"
SIGNERS = {"headers": signed_in_headers, "query": signed_in_query}


@pytest.fixture
def host(alibaba):
    return urlsplit(alibaba.url).netloc


@pytest.fixture(params=SIGNERS)
def ask(request, alibaba, host):
    """Ask who one is, signed in each of the two ways; gives the reply."""

    def call(credential=None, **options):
        raw = SIGNERS[request.param](credential or alibaba.credential(), host, *STS, **options)
        return send(alibaba.url, raw.bytes())

    return call


# The signers of these tests

def test_signed_in_headers_as_the_documents_example():
    example = SimpleNamespace(access_key_id="YourAccessKeyId", secret="YourAccessKeySecret", token=None)
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    raw = signed_in_headers(example, "ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26", query,
                            date="2023-10-26T10:22:32Z", nonce="3156853299f313e23d1673dc12e1703d")
    assert raw.headers["authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_signed_in_query_as_the_documents_example():
    example = SimpleNamespace(access_key_id="testid", secret="testsecret", token=None)
    raw = signed_in_query(example, "ram.aliyuncs.com", "CreateUser", "2015-05-01", {"UserName": "test"}, method="GET",
                          date="2015-08-18T03:15:45Z", nonce="6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2")
    assert dict(parse_qsl(raw.target.partition("?")[2]))["Signature"] == "kRA2cnpJVacIhDMzXnoNZG9tDCI="


# What is good

def test_a_good_signature_is_believed(ask):
    assert ask().json["IdentityType"] == "RAMUser"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_both_methods_are_good(ask, method):
    assert ask(method=method).status == 200


def test_a_session_is_believed_with_its_token(ask, alibaba):
    assert ask(alibaba.credential(MEMBER)).json["AccountId"] == MEMBER


def test_the_request_id_is_in_the_header_too(ask):
    reply = ask()
    assert reply.headers["x-acs-request-id"] == reply.json["RequestId"]


@pytest.mark.parametrize("signer", SIGNERS.values())
def test_real_names_are_reached_through_the_proxy(alibaba, signer):
    raw = signer(alibaba.credential(), "sts.aliyuncs.com", *STS)
    assert send(alibaba.url, replace(raw, target=f"http://sts.aliyuncs.com{raw.target}").bytes()).status == 200


def test_the_sdk_of_today_through_the_proxy(clients):
    assert clients.sts.get_caller_identity().body.identity_type == "RAMUser"


def test_the_sdk_of_today_by_address(clients, host):
    client = Sts(clients.config(host, http_proxy=None))
    assert client.get_caller_identity().body.identity_type == "RAMUser"


def test_the_sdk_of_today_with_a_session(alibaba):
    assert Clients(alibaba, alibaba.credential(MEMBER)).sts.get_caller_identity().body.account_id == MEMBER


def test_the_older_sdk(clients):
    assert clients.old(GetCallerIdentityRequest)["IdentityType"] == "RAMUser"


def test_the_older_sdk_with_post(clients):
    assert clients.old(GetCallerIdentityRequest, method="POST")["IdentityType"] == "RAMUser"


def test_the_older_sdk_with_a_session(alibaba):
    assert Clients(alibaba, alibaba.credential(MEMBER)).old(GetCallerIdentityRequest)["AccountId"] == MEMBER


# One bit

NAMES = st.text("abcdefghijklmnopqrstuvwxyz.@_-", min_size=2, max_size=12)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(SIGNERS)), in_form=st.booleans(), session=NAMES, external=NAMES,
       where=st.integers(0, 9999), bit=st.integers(0, 7))
def test_one_flipped_bit_is_refused(alibaba_server, kind, in_form, session, external, where, bit):
    """In method, target, signed headers and body. Then the untouched request is accepted: it was good, and unspent.

    The case of a header's name and that of the digits of a percent escape mean nothing and are left alone.
    """
    host = urlsplit(alibaba_server.url).netloc
    parameters = {"RoleArn": ROLE, "RoleSessionName": session, "ExternalId": external}
    placed = {"form" if in_form else "query": parameters}
    raw = SIGNERS[kind](alibaba_server.credential(), host, "AssumeRole", "2015-04-01", **placed)
    whole, signed = raw.bytes(), signed_bytes(raw)
    position = signed[where * len(signed) // 10_000]
    spoiled = whole[:position] + bytes([whole[position] ^ 1 << bit]) + whole[position + 1:]
    if means_the_same(raw, whole, spoiled):
        return

    reply = send(alibaba_server.url, spoiled)
    assert b"AssumedRoleUser" not in reply.raw
    assert reply.status is None or 400 <= reply.status < 500, reply.raw
    assert send(alibaba_server.url, whole).status == 200


def signed_bytes(raw: Raw) -> list[int]:
    """Positions of the method, the target, the headers that are signed, and the body."""
    head, start = raw.head, len(raw.method) + 1 + len(raw.target)
    positions = [*range(len(raw.method)), *range(len(raw.method) + 1, start)]
    for name, value in raw.headers.items():
        line = f"{name}: {value}\r\n".encode()
        at = head.index(b"\r\n" + line) + 2
        positions += [*range(at, at + len(name)), *range(at + len(name) + 2, at + len(line) - 2)]
    return positions + [*range(len(head), len(head) + len(raw.body))]


def means_the_same(raw: Raw, whole: bytes, spoiled: bytes) -> bool:
    """Whether only the case of a header's name or of a percent escape changed, where that case is not signed."""
    if whole.lower() != spoiled.lower():
        return False
    position = next(index for index, (one, other) in enumerate(zip(whole, spoiled)) if one != other)
    if position >= len(raw.head):
        # A body is signed by its hash in one kind, and by what it means in the other.
        return not raw.headers and parse_qsl(raw.body.decode()) == parse_qsl(spoiled[len(raw.head):].decode())
    before = whole[:position]
    line = whole[before.rfind(b"\r\n") + 2:].partition(b"\r\n")[0] if b"\r\n" in before else b""
    if line:
        return position < before.rfind(b"\r\n") + 2 + line.index(b":")
    return b"%" in whole[position - 2:position]


# Who signed, and when

def test_an_unknown_key(ask, alibaba):
    assert ask(replace(alibaba.credential(), access_key_id="LTAI5tUnknown")).code == "InvalidAccessKeyId.NotFound"


def test_an_unknown_key_is_not_found(ask, alibaba):
    assert ask(replace(alibaba.credential(), access_key_id="LTAI5tUnknown")).status == 404


def test_a_wrong_secret(ask, alibaba):
    assert ask(replace(alibaba.credential(), secret="wrong")).code == "SignatureDoesNotMatch"


def test_a_disabled_key(ask, alibaba):
    key = alibaba.root_key()
    alibaba.cloud.credentials.keep(replace(key, active=False))
    assert ask(key).code == "InvalidAccessKeyId.Inactive"


@pytest.mark.parametrize("offset", [-16 * 60, 16 * 60])
def test_a_date_a_quarter_of_an_hour_away(ask, offset):
    assert ask(date=now(offset)).code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize("offset", [-14 * 60, 14 * 60])
def test_a_date_within_a_quarter_of_an_hour(ask, offset):
    assert ask(date=now(offset)).status == 200


@pytest.mark.parametrize("date", [
    "yesterday", "2026-01-31", "2026-01-31 10:00:00", "2026-01-31T10:00:00", "2026-01-31T10:00:00+00:00",
    "2026-1-31T10:00:00Z", "2026-02-30T10:00:00Z", "2026-01-31T24:00:00Z", "0000-01-31T10:00:00Z", "1769853600",
    "\u0662\u0660\u0662\u0666-01-31T10:00:00Z",
])
def test_a_malformed_date(alibaba, host, date):
    raw = signed_in_query(alibaba.credential(), host, *STS, date=date)
    assert send(alibaba.url, raw.bytes()).code == "InvalidTimeStamp.Format"


def test_a_malformed_date_in_headers(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS, date="Sat, 31 Jan 2026 10:00:00 GMT")
    assert send(alibaba.url, raw.bytes()).code == "InvalidTimeStamp.Format"


@pytest.fixture
def nonce():
    return uuid.uuid4().hex


def test_a_repeated_nonce(ask, nonce):
    assert ask(nonce=nonce).status == 200
    assert ask(nonce=nonce).code == "SignatureNonceUsed"


def test_a_repeated_request(alibaba, host):
    for signer in SIGNERS.values():
        raw = signer(alibaba.credential(), host, *STS).bytes()
        assert send(alibaba.url, raw).status == 200
        assert send(alibaba.url, raw).code == "SignatureNonceUsed"


def test_the_nonce_of_somebody_else_is_free(ask, alibaba, nonce):
    assert ask(nonce=nonce).status == 200
    assert ask(alibaba.credential(MEMBER), nonce=nonce).status == 200


def test_a_refused_request_does_not_spend_its_nonce(ask, alibaba, nonce):
    ask(replace(alibaba.credential(), secret="wrong"), nonce=nonce)
    assert ask(nonce=nonce).status == 200


# Tokens

def test_an_expired_token(ask, alibaba):
    session = alibaba.credential(MEMBER)
    alibaba.cloud.clock.advance(3601)
    assert ask(session).code == "InvalidSecurityToken.Expired"


def test_the_token_of_another_session(ask, alibaba):
    one, other = alibaba.credential(MEMBER), alibaba.credential(MEMBER)
    assert ask(replace(one, token=other.token)).code == "InvalidSecurityToken.MismatchWithAccessKey"


def test_an_invented_token(ask, alibaba):
    assert ask(replace(alibaba.credential(MEMBER), token="CAISinvented")).code == "InvalidSecurityToken.Malformed"


def test_a_missing_token(ask, alibaba):
    assert ask(replace(alibaba.credential(MEMBER), token=None)).code == "MissingSecurityToken"


def test_a_token_for_a_lasting_key(ask, alibaba):
    mixed = replace(alibaba.credential(), token=alibaba.credential(MEMBER).token)
    assert ask(mixed).code == "InvalidSecurityToken.MismatchWithAccessKey"


def test_a_session_ends_with_its_role(ask, alibaba):
    session = alibaba.credential(MEMBER)
    alibaba.cloud.account(MEMBER).ram.roles.delete("ResourceDirectoryAccountAccessRole".lower())
    assert ask(session).code == "InvalidSecurityToken.Expired"


def test_a_token_in_an_unsigned_header_is_none(alibaba, host):
    session = alibaba.credential(MEMBER)
    raw = signed_in_query(replace(session, token=None), host, *STS)
    raw.unsigned["x-acs-security-token"] = session.token
    assert send(alibaba.url, raw.bytes()).code == "MissingSecurityToken"


def test_a_token_in_the_query_is_none_for_signed_headers(alibaba, host):
    session = alibaba.credential(MEMBER)
    raw = signed_in_headers(replace(session, token=None), host, *STS, query={"SecurityToken": session.token})
    assert send(alibaba.url, raw.bytes()).code == "MissingSecurityToken"


# What is not there, or of another kind

@pytest.mark.parametrize(("header", "code"), [
    ("x-acs-action", "MissingAction"), ("x-acs-version", "MissingVersion"), ("x-acs-date", "MissingDate"),
    ("x-acs-signature-nonce", "MissingSignatureNonce"), ("x-acs-content-sha256", "MissingContentSha256"),
])
def test_a_missing_header(alibaba, host, header, code):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    del raw.headers[header]
    assert send(alibaba.url, raw.bytes()).code == code


@pytest.mark.parametrize("name", [
    "AccessKeyId", "Action", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp", "Version",
])
def test_a_missing_parameter(alibaba, host, name):
    raw = signed_in_query(alibaba.credential(), host, *STS, **{name: None})
    assert send(alibaba.url, raw.bytes()).code == f"Missing{name}"


def test_no_signature_at_all(alibaba, host):
    raw = Raw("GET", "/?Action=GetCallerIdentity&Version=2015-04-01", {"host": host})
    assert send(alibaba.url, raw.bytes()).code == "MissingAccessKeyId"


@pytest.mark.parametrize(("name", "value"), [
    ("SignatureMethod", "HMAC-SHA256"), ("SignatureMethod", "none"), ("SignatureVersion", "2.0"),
    ("SignatureType", "BEARERTOKEN"), ("SignatureType", "PRIVATEKEY"),
])
def test_other_ways_to_sign(alibaba, host, name, value):
    raw = signed_in_query(alibaba.credential(), host, *STS, **{name: value})
    assert send(alibaba.url, raw.bytes()).code == f"Invalid{name}"


@pytest.mark.parametrize("authorization", [
    "", "Basic dXNlcjpwYXNz", "ACS3-HMAC-SHA256", "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=" + 64 * "0",
    "acs3-hmac-sha256 Credential=a,SignedHeaders=host,Signature=" + 64 * "0",
    "ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00",
    "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=" + 64 * "0",
    "ACS3-HMAC-SHA256 SignedHeaders=host,Credential=a,Signature=" + 64 * "0",
])
def test_another_authorization(alibaba, host, authorization):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    raw.headers["authorization"] = authorization
    assert send(alibaba.url, raw.bytes()).code == "IncompleteSignature"


# What somebody in between could try

@pytest.mark.parametrize(("header", "value"), [
    ("x-acs-security-token", "CAISx"), ("x-acs-region-id", "cn-beijing"), ("content-type", FORM),
])
def test_a_header_that_matters_has_to_be_signed(alibaba, host, header, value):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    raw.unsigned[header] = value
    assert send(alibaba.url, raw.bytes()).code == "IncompleteSignature"


def test_a_header_left_out_of_the_signed_ones(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    raw.headers["authorization"] = raw.headers["authorization"].replace("host;", "")
    assert send(alibaba.url, raw.bytes()).code == "IncompleteSignature"


def test_a_signed_header_that_is_gone(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS, headers={"x-acs-trace": "a"})
    del raw.headers["x-acs-trace"]
    assert send(alibaba.url, raw.bytes()).code == "IncompleteSignature"


def test_a_second_header_of_a_name(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    raw.unsigned["X-Acs-Action"] = "AssumeRole"
    assert send(alibaba.url, raw.bytes()).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("signer", SIGNERS.values())
def test_another_method(alibaba, host, signer):
    raw = signer(alibaba.credential(), host, *STS)
    assert send(alibaba.url, replace(raw, method="GET").bytes()).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "post", "POSTS"])
def test_methods_that_are_not_there(ask, method):
    assert ask(method=method).code == "UnsupportedHTTPMethod"


def test_another_path(ask):
    assert ask(path="/open").code == "InvalidAction.NotFound"


def test_a_form_beside_a_signed_query(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, *STS)
    raw.body, raw.unsigned["content-length"], raw.unsigned["content-type"] = b"RegionId=x", "10", FORM
    assert send(alibaba.url, raw.bytes()).code == "SignatureDoesNotMatch"


def test_a_form_beside_signed_headers(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS, headers={"content-type": FORM})
    raw.body, raw.unsigned["content-length"] = b"RegionId=x", "10"
    assert send(alibaba.url, raw.bytes()).code == "SignatureDoesNotMatch"


def test_a_parameter_twice(alibaba, host):
    for signer in SIGNERS.values():
        raw = signer(alibaba.credential(), host, *STS, query={"RegionId": "cn-beijing"})
        assert send(alibaba.url, replace(raw, target=f"{raw.target}&RegionId=cn-hangzhou").bytes()).code == (
            "InvalidParameter")


def test_a_parameter_in_query_and_form(ask):
    assert ask(query={"RegionId": "cn-beijing"}, form={"RegionId": "cn-beijing"}).code == "InvalidParameter"


def test_the_action_is_the_signed_one(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, *STS)
    raw.unsigned |= {"x-acs-action": "AssumeRole", "x-acs-version": "2015-04-01"}
    assert send(alibaba.url, raw.bytes()).json["IdentityType"] == "RAMUser"


def test_an_action_in_the_query_of_signed_headers_is_a_parameter(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS, query={"Action": "AssumeRole"})
    assert send(alibaba.url, raw.bytes()).code == "InvalidParameter"


def test_signed_headers_are_for_one_host(alibaba):
    raw = signed_in_headers(alibaba.credential(), "sts.aliyuncs.com", *STS)
    raw.headers["host"] = "sts.cn-beijing.aliyuncs.com"
    assert send(alibaba.url, raw.bytes()).code == "SignatureDoesNotMatch"


def test_an_operation_of_another_service_at_a_host(alibaba):
    for signer in SIGNERS.values():
        raw = signer(alibaba.credential(), "ram.aliyuncs.com", *STS)
        assert send(alibaba.url, raw.bytes()).code == "InvalidVersion"


def test_the_line_and_the_header_name_different_hosts(alibaba):
    raw = signed_in_query(alibaba.credential(), "sts.aliyuncs.com", *STS)
    target = f"http://ram.aliyuncs.com{raw.target}"
    assert send(alibaba.url, replace(raw, target=target).bytes()).code == "BadRequest"


def test_a_host_of_nobody(alibaba):
    raw = signed_in_query(alibaba.credential(), "ecs.aliyuncs.com", *STS)
    assert send(alibaba.url, raw.bytes()).code == "InvalidProduct.NotFound"


def test_a_longer_body_than_was_signed_is_not_read(alibaba, host):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    assert send(alibaba.url, raw.bytes() + b"&RegionId=x").status == 200


# Whatever comes, it is not an error of the server

@pytest.mark.parametrize("raw", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: \xff\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET https://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"CONNECT sts.aliyuncs.com:443 HTTP/1.1\r\nHost: sts.aliyuncs.com:443\r\n\r\n",
    b"GET /?Action HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /?%ff=a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /?a=\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /" + b"%" * 1000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ten\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 3\r\n\r\n\xff=a",
])
def test_odd_requests_are_refused(alibaba, raw):
    reply = send(alibaba.url, raw)
    assert 400 <= reply.status < 500, reply.raw


@pytest.mark.parametrize("value", ["\xff", "", "a" * 60000, "=,;", "\t"])
@pytest.mark.parametrize("header", [
    "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
    "x-acs-security-token", "content-type", "host",
])
def test_odd_headers_are_refused(alibaba, host, header, value):
    raw = signed_in_headers(alibaba.credential(), host, *STS)
    raw.headers[header] = value
    assert 400 <= send(alibaba.url, raw.bytes()).status < 500


@pytest.mark.parametrize("name", [
    ".", "..", ".1", "Tag.0.Key", "Tag.2.Key", "Tag.1", "RoleArn.1", "a" + ".a" * 5000, "Tag.\u0661.Key", "\u00e9",
])
def test_odd_parameters_are_refused(ask, name):
    assert ask(form={name: "x"}).code == "InvalidParameter"


# Formats

def test_xml(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, *STS, Format="XML")
    reply = send(alibaba.url, raw.bytes())
    root = ElementTree.fromstring(reply.body)
    assert (root.tag, root.findtext("IdentityType")) == ("GetCallerIdentityResponse", "RAMUser")
    assert reply.headers["content-type"] == "text/xml;charset=utf-8"


def test_errors_in_xml(alibaba, host):
    raw = signed_in_query(replace(alibaba.credential(), secret="wrong"), host, *STS, Format="xml")
    root = ElementTree.fromstring(send(alibaba.url, raw.bytes()).body)
    assert (root.tag, root.findtext("Code")) == ("Error", "SignatureDoesNotMatch")
    assert {"RequestId", "HostId", "Message", "Recommend"} < {element.tag for element in root}


def test_lists_in_xml(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, "ListPolicies", "2015-05-01", {"PolicyType": "System"},
                          Format="XML")
    root = ElementTree.fromstring(send(alibaba.url, raw.bytes()).body)
    assert "AdministratorAccess" in [policy.findtext("PolicyName") for policy in root.iterfind("Policies/Policy")]


def test_json_without_a_format(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, *STS, Format=None)
    assert send(alibaba.url, raw.bytes()).json["IdentityType"] == "RAMUser"


def test_other_formats(alibaba, host):
    raw = signed_in_query(alibaba.credential(), host, *STS, Format="YAML")
    assert send(alibaba.url, raw.bytes()).code == "InvalidParameter.Format"


def test_errors_have_what_clients_look_for(ask, alibaba):
    reply = ask(replace(alibaba.credential(), secret="wrong"))
    assert reply.json.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert reply.status == 400


def test_an_unknown_action(alibaba, host):
    for signer in SIGNERS.values():
        raw = signer(alibaba.credential(), host, "GetSessionAccessKey", "2015-04-01")
        reply = send(alibaba.url, raw.bytes())
        assert (reply.status, reply.code) == (404, "InvalidAction.NotFound")


def test_an_unknown_parameter(clients, refused_alibaba):
    with refused_alibaba("InvalidParameter"):
        clients.call(*STS, "sts.aliyuncs.com", query={"Colour": "red"})


def test_the_sdk_sees_the_code(alibaba, refused_alibaba):
    wrong = Clients(alibaba, replace(alibaba.credential(), secret="wrong"))
    with refused_alibaba("SignatureDoesNotMatch"):
        wrong.sts.assume_role(AssumeRoleRequest(role_arn=ROLE, role_session_name="test"))


def test_the_older_sdk_sees_the_code(alibaba, refused_alibaba):
    wrong = Clients(alibaba, replace(alibaba.credential(), access_key_id="LTAI5tUnknown"))
    with refused_alibaba("InvalidAccessKeyId.NotFound"):
        wrong.old(GetCallerIdentityRequest)
