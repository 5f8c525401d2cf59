# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both signatures of the local Alibaba Cloud's RPC style: what is not exactly what was signed is refused."""
from __future__ import annotations

import uuid
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.requests import SIGNERS, Raw, now, send, signed_in_headers, signed_in_query
from alibabacloud_sts20150401.client import Client as Sts
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STS = ("GetCallerIdentity", "2015-04-01")
MEMBER = "2000000000000002"
ROLE = f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole"


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
    sent = {"form" if in_form else "query": parameters}
    raw = SIGNERS[kind](alibaba_server.credential(), host, "AssumeRole", "2015-04-01", **sent)
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
