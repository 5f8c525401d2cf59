# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of any kind of credentials on Alibaba Cloud is in a failure of any kind."""
from __future__ import annotations

import json
import re
import stat
import time
from types import SimpleNamespace

import pytest
from alibabacloud_credentials.utils import auth_constant, auth_util
from helpers import modules
from helpers.alibaba.clients import MISLEADING, REGION
from helpers.echo import HOSTILE, Canary, Echo, nowhere
from Tea.core import TeaCore

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry

ARN = "acs:ram::2000000000000002:role/collector"
PROFILE = "shop"
# How a server, or the command of a profile, fails.
MANNERS = ["refused", "expired", "malformed", "cut", "incomplete", "unreachable"]


class Credentials:
    """Each method lets this process have credentials of one kind; returns options of the module."""

    def __init__(self, folder, monkeypatch):
        self.canary = Canary()
        self.manner = "refused"
        self.url = ""
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._profiles = []
        # The SDK reads these when it is imported.
        monkeypatch.setattr(auth_constant, "HOME", str(folder))
        for name in vars(auth_util):
            if name.startswith("environment_"):
                self.set(**{name: "true" if name == "environment_ecs_metadata_disabled" else ""})
        self.set(client_type="default", enable_oidc_credential=False)
        monkeypatch.setattr(TeaCore, "compose_url", self._reach(TeaCore.compose_url))
        monkeypatch.setattr(retry, "time", SimpleNamespace(sleep=lambda seconds: None, monotonic=time.monotonic))

    def set(self, **variables):
        for name, value in variables.items():
            self._monkeypatch.setattr(auth_util, name, value)

    def _reach(self, compose):
        """Every service of a provider is where ours is."""
        return lambda request: re.sub(r"^https?://[^/]+", self.url, compose(request))

    def _profile(self, mode, name=PROFILE, **values):
        self._profiles.append({"name": name, "mode": mode, **values})
        path = self._folder / ".aliyun" / "config.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"current": PROFILE, "profiles": self._profiles}), encoding="utf-8")
        return {"profile": name}

    def _sdk_profile(self, **values):
        path = self._folder / ".alibabacloud" / "credentials.ini"
        path.parent.mkdir()
        path.write_text("\n".join([f"[{PROFILE}]", *(f"{name} = {value}" for name, value in values.items())]), encoding="utf-8")
        return {"profile": PROFILE}

    def _keys(self):
        return {"access_key_id": self.canary("key id"), "access_key_secret": self.canary("secret")}

    def options(self):
        return {**self._keys(), "security_token": self.canary("token")}

    def options_with_a_line_end(self):
        return {**self.options(), "security_token": self.canary("token") + "\n"}

    def proxy_of_the_environment(self):
        self._monkeypatch.setenv("HTTP_PROXY", self.canary.in_address("password of the proxy", self.url))
        return {**self.options(), "http_proxy": ""}

    def proxy_of_the_environment_for_tls(self):
        self._monkeypatch.setenv("HTTPS_PROXY", self.canary.in_address("password of the proxy", self.url))
        return {**self.options(), "http_proxy": "", "protocol": "https"}

    def environment(self):
        for name, what in {"ACCESS_KEY": "key id", "SECRET_KEY": "secret", "SECURITY_TOKEN": "token"}.items():
            self._monkeypatch.setenv(f"ALICLOUD_{name}", self.canary(what))
        return {}

    def environment_of_the_sdk(self):
        self.set(environment_access_key_id=self.canary("key id"), environment_access_key_secret=self.canary("secret"),
                 environment_security_token=self.canary("token"))
        return {}

    def access_key(self):
        return self._profile("AK", **self._keys())

    def token(self, name=PROFILE):
        return self._profile("StsToken", name, **self._keys(), sts_token=self.canary("token"))

    def role_to_assume(self):
        return {**self.token(), "assume_role": {"role_arn": ARN, "external_id": self.canary("external id")}}

    def role(self):
        return self._profile("RamRoleArn", **self._keys(), ram_role_arn=ARN, ram_session_name="audit",
                             external_id=self.canary("external id"))

    def chain(self):
        self.token("base")
        self._profile("ChainableRamRoleArn", "middle", ram_role_arn=ARN, ram_session_name="audit", source_profile="base",
                      external_id=self.canary("external id"))
        return self._profile("ChainableRamRoleArn", ram_role_arn=ARN, ram_session_name="audit", source_profile="middle")

    def chain_as_the_current_profile(self):
        self.chain()
        return {}

    def command(self):
        """A command that gives a key, which a service refuses then."""
        return self._command(self._answer())

    def command_that_fails(self):
        return self._command({
            "refused": f"echo 'Bad token {self.canary('message')}' >&2; exit 1",
            "expired": self._answer(expiration="2020-01-01T00:00:00Z"),
            "malformed": f"echo '{self.canary('secret')}'",
            "cut": f"{self._answer()} | head -c 190",
            "incomplete": f"echo '{json.dumps({'mode': 'AK', 'access_key_secret': self.canary('secret')})}'",
        }.get(self.manner))

    def _answer(self, **more):
        answer = {"mode": "StsToken", **self._keys(), "sts_token": self.canary("token"), **more}
        return f"echo '{json.dumps(answer)}'"

    def _command(self, script):
        path = self._folder / "helper"
        if script:  # otherwise it is missing
            path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            path.chmod(stat.S_IRWXU)
        return self._profile("External", process_command=f"{path} --password {self.canary('argument')}")

    def address(self):
        self.set(environment_credentials_uri=f"http://user:{self.canary('password')}@127.0.0.1/{self.canary('path')}?token="
                                             f"{self.canary('query')}")
        return {}

    def instance(self):
        self.set(environment_ecs_metadata_disabled="")
        return self._profile("EcsRamRole", ram_role_name="collector")

    def token_of_an_identity_provider(self):
        (self._folder / "jwt").write_text(self.canary("jwt"), encoding="utf-8")
        return self._profile("OIDC", ram_role_arn=ARN, oidc_provider_arn=f"{ARN}-provider", oidc_token_file=str(self._folder / "jwt"),
                             role_session_name="audit")

    def sign_in(self):
        return self._profile(
            "CloudSSO", cloud_sso_sign_in_url="https://signin.invalid/start", cloud_sso_account_id="2000000000000002",
            cloud_sso_access_config="audit", access_token=self.canary("access token"),
            cloud_sso_access_token_expire=int(time.time()) + 3600)

    def oauth(self):
        return self._profile("OAuth", oauth_access_token=self.canary("access token"), oauth_access_token_expire=1,
                             oauth_refresh_token=self.canary("refresh token"), **self._keys(), sts_token=self.canary("token"),
                             sts_expiration=1)

    def role_of_the_sdk(self):
        return self._sdk_profile(type="ram_role_arn", **self._keys(), role_arn=ARN, role_session_name="audit")

    def key_pair_of_the_sdk(self):
        (self._folder / "key").write_text(f"-----BEGIN\n{self.canary('private key')}\n-----END", encoding="utf-8")
        return self._sdk_profile(type="rsa_key_pair", public_key_id=self.canary("key id"), private_key_file=self._folder / "key")


@pytest.fixture(name="credentials")
def fixture_credentials(tmp_path, monkeypatch):
    for name in MISLEADING:
        monkeypatch.delenv(name)
    return Credentials(tmp_path, monkeypatch)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", [name for name in vars(Credentials) if not name.startswith("_") and name != "set"])
def test_no_secret_in_a_failure(credentials, capfd, kind, manner):
    credentials.manner = manner
    with Echo(manner, credentials.canary("answer") + HOSTILE, HOSTILE) as echo:
        credentials.url = nowhere() if manner == "unreachable" else echo.url
        options = {"region": REGION, "protocol": "http", "http_proxy": credentials.url, **getattr(credentials, kind)()}
        printed = modules.run("alibaba_session", options, check=False)
    result = json.loads(printed)
    assert result["failed"] and "Traceback" not in printed
    result.pop("invocation", None)  # shown to nobody, see the action account_session
    assert credentials.canary.found_in(json.dumps(result), *capfd.readouterr()) == [], result["msg"]
    assert Canary.unseen_in(*map(str, result.values())) == set()
    assert "\n" not in result["msg"] and 30 < len(result["msg"]) < 1000, result["msg"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "https://127.0.0.1/path?x=1", "://127.0.0.1"])
@pytest.mark.parametrize("option, advice", [("http_proxy", ", and set HTTPS_PROXY in the environment instead"), ("endpoints", "")])
def test_address_with_a_password(credentials, capfd, address, option, advice):
    url = credentials.canary.in_address("password", address)
    options = {"region": REGION, "access_key_id": "LTAI5tExample", "access_key_secret": credentials.canary("secret")}
    options[option] = {"sts": url} if option == "endpoints" else url
    printed = modules.run("alibaba_session", {**options, "_ansible_inject_invocation": True}, check=False)
    result = json.loads(printed)
    where = "endpoints: sts" if option == "endpoints" else option
    assert result["msg"] == (f"{where}: the address contains a user name or a password (the part before @), which Ansible would show:"
                             f" remove that part{advice}")
    assert result["invocation"]["module_args"] and credentials.canary.found_in(printed, *capfd.readouterr()) == []
