# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local AWS over HTTPS, with a certificate authority that nobody knows unless AWS_CA_BUNDLE names it."""
from __future__ import annotations

import http.client
import json
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError
from clouds.aws import LocalAws

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def server():
    with LocalAws(tls=True) as aws:
        yield aws


def test_a_client_that_trusts_the_authority(server, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    assert server.url.startswith("https://127.0.0.1:")
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
    assert server.session("111111111111").client("sts").get_caller_identity()["Account"] == "111111111111"
    door = server.door(lambda call: None)
    door.start()
    try:
        assert boto3.Session().client("sts", endpoint_url=door.url.replace("127.0.0.1", "localhost")).get_caller_identity()
    finally:
        door.stop()


def test_a_client_that_does_not(server, monkeypatch):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_CA_BUNDLE")
    server.calls.clear()
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        boto3.Session().client("sts", config=ONCE).get_caller_identity()
    assert server.calls == []


def test_the_certificate_is_valid_for_strict_clients(server):
    """Clients in Go and newer versions of Python reject what RFC 5280 does not allow."""
    context = ssl.create_default_context(cafile=server.environment["AWS_CA_BUNDLE"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection(urlsplit(server.url).netloc, context=context, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 403
    connection.close()


def test_no_plain_http(server):
    with pytest.raises((http.client.BadStatusLine, ConnectionError)):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", "/")
        connection.getresponse()


def test_a_client_that_says_nothing_keeps_nobody_waiting(server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)):
        assert server.session().client("sts", config=ONCE).get_caller_identity()["Account"] == "123456789012"


def test_a_deny_without_tls_is_none_over_tls(server):
    s3 = server.session("111111111111").client("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_policy(Bucket="archive", Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::archive/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }]}))
    s3.put_object(Bucket="archive", Key="key", Body=b"text")
    assert s3.get_object(Bucket="archive", Key="key")["Body"].read() == b"text"


def test_files_end_with_the_server():
    with LocalAws(tls=True) as aws:
        bundle = Path(aws.environment["AWS_CA_BUNDLE"])
        assert bundle.read_text(encoding="ascii").count("BEGIN CERTIFICATE") == 1
        assert [path.name for path in bundle.parent.iterdir()] == [bundle.name]  # and no key
    assert not bundle.parent.exists()
