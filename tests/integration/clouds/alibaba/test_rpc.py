# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPC style of the local Alibaba Cloud: requests that are not what they should be are refused, never answered."""
from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.requests import FORM, SIGNERS, Raw, send, signed_in_headers, signed_in_query
from alibabacloud_sts20150401.models import AssumeRoleRequest
from aliyunsdkcore.http import protocol_type
from aliyunsdkram.request.v20150501.ListUsersRequest import ListUsersRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from clouds.alibaba.operations import RPC
from hypothesis import given, settings
from hypothesis import strategies as st

STS = ("GetCallerIdentity", "2015-04-01")
ROLE = "acs:ram::2000000000000002:role/ResourceDirectoryAccountAccessRole"


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
def test_other_signature_methods(alibaba, host, name, value):
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


@pytest.mark.parametrize("host, region", [
    ("actiontrail.cn-hangzou.aliyuncs.com", None), ("actiontrail.aliyuncs.com", "cn-hangzou"),
    ("127.0.0.1", "cn-hangzhou:1:trail/x"), ("ram.aliyuncs.com", "*"),
])
@pytest.mark.parametrize("signer", SIGNERS.values())
def test_a_region_that_is_not_there(alibaba, signer, host, region):
    query = {"RegionId": region} if region else {}
    raw = signer(alibaba.credential(), host, "DescribeTrails", "2020-07-06", query)
    assert send(alibaba.url, raw.bytes()).code == "InvalidRegionId"


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


ODD = st.sampled_from([
    "", "a", "%", "\u00e9", "0", "-1", "9" * 50, "{", "[]", "{}", "null", "[1]", '{"a":1}', '[{"Key":"a"}]',
    '["\\ud800"]', "[" * 3000, "acs:ram::1:role/x", "x" * 7000, "\x00", "\n", " ", "Custom", "System", "v1",
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"\\ud800"}]}',
    '{"Version":' + "9" * 5000 + "}",
])
SUFFIX = st.sampled_from(["", "", "", ".1", ".x", ".1.Key"])


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_odd_values_of_any_operation_are_no_error_of_the_server(alibaba_server, data):
    version, name = data.draw(st.sampled_from(sorted(RPC)))
    names = st.sampled_from([*RPC[version, name].parameters, "Unknown"])
    parameters = data.draw(st.dictionaries(st.builds(str.__add__, names, SUFFIX), ODD))
    raw = signed_in_query(alibaba_server.credential(), urlsplit(alibaba_server.url).netloc, name, version, parameters)
    reply = send(alibaba_server.url, raw.bytes())
    assert reply.status < 500 or reply.code == "NotImplemented", reply.raw


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


def test_the_parameter_that_footmark_adds(clients):
    """Its requests are those of the older SDKs, with the name of the operation once more."""
    request = ListUsersRequest()
    request.set_protocol_type(protocol_type.HTTP)
    request.set_accept_format("json")
    request.add_query_param("on", "ListUsers")
    users = json.loads(clients.acs.do_action_with_exception(request))["Users"]["User"]
    assert [user["UserName"] for user in users] == ["administrator"]


def test_the_sdk_sees_the_code(alibaba, refused_alibaba):
    wrong = Clients(alibaba, replace(alibaba.credential(), secret="wrong"))
    with refused_alibaba("SignatureDoesNotMatch"):
        wrong.sts.assume_role(AssumeRoleRequest(role_arn=ROLE, role_session_name="test"))


def test_the_older_sdk_sees_the_code(alibaba, refused_alibaba):
    wrong = Clients(alibaba, replace(alibaba.credential(), access_key_id="LTAI5tUnknown"))
    with refused_alibaba("InvalidAccessKeyId.NotFound"):
        wrong.old(GetCallerIdentityRequest)
