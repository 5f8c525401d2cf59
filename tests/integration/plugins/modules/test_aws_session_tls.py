# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session over HTTPS: the certificates that the environment or an option names."""
from __future__ import annotations

import pytest
from clouds.aws import LocalAws
from helpers.aws.modules import ACCOUNT, Account

HERE = {"account_id": ACCOUNT}
ADVICE = "If a proxy of your network inspects TLS, set the environment variable AWS_CA_BUNDLE to the path of a file with"


@pytest.fixture(scope="module", name="aws_server")
def fixture_aws_server():
    with LocalAws(tls=True) as aws:
        yield aws


@pytest.fixture(name="account")
def fixture_account(aws, monkeypatch):
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the attempts of botocore
    return Account(aws)


def test_environment(account, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", account.aws.environment["AWS_CA_BUNDLE"])
    assert account.run("aws_session", **HERE)["account_id"] == ACCOUNT


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("option", ["aws_ca_bundle", "validate_certs"])
def test_options_of_amazon_aws(account, option):
    value = {"aws_ca_bundle": account.aws.environment["AWS_CA_BUNDLE"], "validate_certs": False}[option]
    assert account.run("aws_session", **HERE, **{option: value})["account_id"] == ACCOUNT


@pytest.mark.parametrize("bundle", [None, "/nowhere/authority.pem"])
def test_no_certificate_of_the_authority(account, monkeypatch, bundle):
    if bundle:
        monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    failed = account.run("aws_session", **HERE)
    assert failed["msg"].startswith("Failed to ask who the caller is with the credentials of the options: SSL validation failed for https://127.0.0.1:")
    assert ADVICE in failed["msg"] and failed["calls"] == []
