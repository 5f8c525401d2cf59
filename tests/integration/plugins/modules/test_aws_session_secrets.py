# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of any kind of credentials on AWS is in a failure of any kind."""
from __future__ import annotations

import hashlib
import json
import stat

import pytest
from botocore.utils import ContainerMetadataFetcher
from helpers import modules
from helpers.aws.modules import ACCOUNT, REGION
from helpers.echo import HOSTILE, Canary, Echo, nowhere

ROLE = f"arn:aws:iam::{ACCOUNT}:role/collector"
PROFILE = "team-a"
START_URL = "https://company.awsapps.com/start"
# How a server, or the command of a profile, fails.
MANNERS = ["refused", "expired", "malformed", "cut", "incomplete", "unreachable"]


class Credentials:
    """Each method lets the environment of this process have credentials of one kind; returns options of the module."""

    def __init__(self, folder, monkeypatch):
        self.canary = Canary()
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.manner = "refused"
        self.url = ""
        self.set(AWS_CONFIG_FILE=folder / "config", AWS_SHARED_CREDENTIALS_FILE=folder / "credentials", AWS_MAX_ATTEMPTS="1",
                 AWS_EC2_METADATA_DISABLED="true")
        monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)

    def set(self, **variables):
        for name, value in variables.items():
            self._monkeypatch.setenv(name, str(value))

    def _config(self, *lines, section=f"profile {PROFILE}"):
        with open(self._folder / "config", "a", encoding="utf-8") as file:
            file.write("\n".join([f"[{section}]", *lines, ""]))

    def _keys(self):
        return [f"aws_access_key_id = {self.canary('key id')}", f"aws_secret_access_key = {self.canary('secret')}",
                f"aws_session_token = {self.canary('token')}"]

    def options(self):
        return {"access_key": self.canary("key id"), "secret_key": self.canary("secret"),
                "session_token": self.canary("token")}

    def options_with_a_line_end(self):
        return {**self.options(), "session_token": self.canary("token") + "\n"}

    def proxy_of_the_environment(self):
        self._monkeypatch.delenv("NO_PROXY", raising=False)
        self._monkeypatch.delenv("no_proxy", raising=False)
        self.set(HTTP_PROXY=self.canary.in_address("password of the proxy", self.url))
        return {**self.options(), "endpoint_url": "http://sts.invalid"}

    def proxy_of_the_environment_for_tls(self):
        self.set(HTTPS_PROXY=self.canary.in_address("password of the proxy", self.url))
        return {**self.options(), "endpoint_url": "https://sts.invalid"}

    def environment(self):
        self.set(AWS_ACCESS_KEY_ID=self.canary("key id"), AWS_SECRET_ACCESS_KEY=self.canary("secret"),
                 AWS_SESSION_TOKEN=self.canary("token"))
        return {}

    def environment_with_a_line_end(self):
        self.environment()
        self.set(AWS_SESSION_TOKEN=self.canary("token") + "\n")
        return {}

    def keys(self):
        self._config(*self._keys())
        return {"profile": PROFILE}

    def role_to_assume(self):
        return {**self.keys(), "role": ROLE, "external_id": self.canary("external id")}

    def source_profile(self):
        self._config(*self._keys(), section="profile base")
        self._config(f"role_arn = {ROLE}", "source_profile = base", f"external_id = {self.canary('external id')}")
        return {"profile": PROFILE}

    def web_identity(self):
        (self._folder / "jwt").write_text(self.canary("jwt"), encoding="utf-8")
        self._config(f"role_arn = {ROLE}", f"web_identity_token_file = {self._folder / 'jwt'}")
        return {"profile": PROFILE}

    def web_identity_of_the_environment(self):
        (self._folder / "jwt").write_text(self.canary("jwt"), encoding="utf-8")
        self.set(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=self._folder / "jwt")
        return {}

    def credential_process(self):
        """A command that gives keys, which a service refuses then."""
        return self._process(self._answer())

    def credential_process_that_fails(self):
        return self._process({
            "refused": f"echo 'Bad token {self.canary('message')}' >&2; exit 1",
            "expired": self._answer(Expiration="2020-01-01T00:00:00Z"),
            "malformed": f"echo '{self.canary('secret')}'",
            "cut": f"{self._answer()} | head -c 190",
            "incomplete": f"echo '{json.dumps({'Version': 1, 'SecretAccessKey': self.canary('secret')})}'",
        }.get(self.manner))

    def _answer(self, **more):
        return "echo '" + json.dumps({
            "Version": 1, "AccessKeyId": self.canary("key id"), "SecretAccessKey": self.canary("secret"),
            "SessionToken": self.canary("token"), **more}) + "'"

    def _process(self, script):
        path = self._folder / "helper"
        if script:  # otherwise it is missing
            path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            path.chmod(stat.S_IRWXU)
        self._config(f"credential_process = {path} --password {self.canary('argument')}")
        return {"profile": PROFILE}

    def container(self):
        self.set(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.url}/{self.canary('path')}?token={self.canary('query')}",
                 AWS_CONTAINER_AUTHORIZATION_TOKEN=self.canary("authorization"))
        return {}

    def container_with_a_line_end(self):
        self.container()
        self.set(AWS_CONTAINER_AUTHORIZATION_TOKEN=self.canary("authorization") + "\n")
        return {}

    def instance(self):
        self.set(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=self.url)
        return {}

    def sso(self):
        """A token that aws sso login has left, for a profile in the older form."""
        return self._sso(START_URL, [f"sso_start_url = {START_URL}", f"sso_region = {REGION}"],
                         accessToken=self.canary("access token"), expiresAt="2099-01-01T00:00:00Z")

    def sso_session(self):
        """A token that has expired, and what renews it."""
        self._config(f"sso_start_url = {START_URL}", f"sso_region = {REGION}", section="sso-session company")
        return self._sso("company", ["sso_session = company"], accessToken=self.canary("access token"),
                         refreshToken=self.canary("refresh token"), clientId=self.canary("client id"),
                         clientSecret=self.canary("client secret"), registrationExpiresAt="2099-01-01T00:00:00Z",
                         expiresAt="2020-01-01T00:00:00Z")

    def _sso(self, name, lines, **token):
        folder = self._folder / ".aws/sso/cache"
        folder.mkdir(parents=True)
        text = json.dumps({"startUrl": START_URL, "region": REGION, **token})
        (folder / f"{hashlib.sha1(name.encode()).hexdigest()}.json").write_text(text, encoding="utf-8")
        self.set(HOME=self._folder, AWS_ENDPOINT_URL=self.url)
        self._monkeypatch.setattr("botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR", str(folder))
        self._monkeypatch.setattr("botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR", str(folder))
        self._config(*lines, f"sso_account_id = {ACCOUNT}", "sso_role_name = Audit")
        return {"profile": PROFILE}


@pytest.fixture(name="credentials")
def fixture_credentials(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return Credentials(tmp_path, monkeypatch)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", [name for name in vars(Credentials) if not name.startswith("_") and name != "set"])
def test_no_secret_in_a_failure(credentials, capfd, kind, manner):
    credentials.manner = manner
    with Echo(manner, credentials.canary("answer") + HOSTILE, HOSTILE) as echo:
        credentials.url = nowhere() if manner == "unreachable" else echo.url
        options = {"region": REGION, "endpoint_url": credentials.url, "account_id": ACCOUNT, **getattr(credentials, kind)()}
        credentials.set(AWS_ENDPOINT_URL=credentials.url)
        printed = modules.run("aws_session", options, check=False)
    result = json.loads(printed)
    assert result["failed"] and "Traceback" not in printed
    result.pop("invocation", None)  # shown to nobody, see the action account_session
    assert credentials.canary.found_in(json.dumps(result), *capfd.readouterr()) == [], result["msg"]
    assert Canary.unseen_in(*map(str, result.values())) == set()
    assert "\n" not in result["msg"] and 30 < len(result["msg"]) < 700, result["msg"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "https://127.0.0.1/path?x=1", "://127.0.0.1"])
@pytest.mark.parametrize("is_option", [True, False])
def test_address_with_a_password(credentials, capfd, address, is_option):
    url = credentials.canary.in_address("password", address)
    if not is_option:
        credentials.set(AWS_URL=url)
    options = {"region": REGION, **({"endpoint_url": url} if is_option else {})}
    printed = modules.run("aws_session", {**options, "_ansible_inject_invocation": True}, check=False)
    result = json.loads(printed)
    assert result["msg"] == (
        "endpoint_url: the address contains a user name or a password (the part before @), which Ansible would show: remove that part")
    assert result["invocation"]["module_args"] and credentials.canary.found_in(printed, *capfd.readouterr()) == []
