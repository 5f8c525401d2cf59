# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions in an account of Alibaba Cloud, and what happens to their secrets."""
from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from helpers import ROOT
from helpers.alibaba.clients import REGION
from helpers.alibaba.modules import Account, without_waiting
from helpers.echo import Echo, nowhere
from clouds.alibaba import Fault

MEMBER = "2000000000000002"
ARN = f"acs:ram::{MEMBER}:role/resourcedirectoryaccountaccessrole"
WHO = "alibaba_session"
# In a process of its own, because the SDKs read the environment when they are imported.
SCRIPT = """
import importlib, json, sys
from ansible.module_utils.testing import patch_module_args
name, arguments = sys.argv[1:]
with patch_module_args(json.loads(arguments)):
    importlib.import_module(f"ansible_collections.crossaccount.audit_logs.plugins.modules.{name}").main()
"""


class Elsewhere:
    """Modules in a process with an environment and a home of its own."""

    def __init__(self, alibaba, home):
        self.alibaba = alibaba
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path),
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }

    def run(self, module=WHO, environment=None, **options):
        arguments = {"protocol": "http", "http_proxy": self.alibaba.url, **options}
        done = subprocess.run([sys.executable, "-c", SCRIPT, module, json.dumps(arguments)], check=False, text=True,
                              env={**self.environment, **(environment or {})}, capture_output=True, timeout=60)
        assert not done.stderr, done.stderr
        assert not [secret for secret in self.alibaba.issued_secrets if secret in done.stdout]
        return json.loads(done.stdout)

    def write_profiles(self, **profiles):
        """Profiles of the command line; the first is the one that counts if nobody says another."""
        path = self.home / ".aliyun" / "config.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({
            "current": next(iter(profiles)), "profiles": [{"name": name, **one} for name, one in profiles.items()],
        }), encoding="utf-8")


@pytest.fixture(name="elsewhere")
def fixture_elsewhere(alibaba, tmp_path):
    return Elsewhere(alibaba, tmp_path)


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account, as its administrator."""
    return Account(alibaba)


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


@pytest.fixture(name="member")
def fixture_member(alibaba):
    """The credentials of a session in a member account."""
    return alibaba.credential(MEMBER)


def variables(prefix, credential):
    """Environment variables with a credential."""
    names = {"ALICLOUD": ("ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN"),
             "ALIBABA_CLOUD": ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")}[prefix]
    values = (credential.access_key_id, credential.secret, credential.token)
    return {f"{prefix}_{name}": value for name, value in zip(names, values) if value}


def profile(credential):
    """A profile of the command line with a credential."""
    return {"mode": "StsToken" if credential.token else "AK", "access_key_id": credential.access_key_id,
            "access_key_secret": credential.secret, "sts_token": credential.token or ""}


class TestOrigins:
    @pytest.mark.parametrize("key, secret, token", [
        ("access_key_id", "access_key_secret", "security_token"),
        ("alicloud_access_key", "alicloud_secret_key", "alicloud_security_token"),
        ("access_key", "secret_key", "security_token"),
    ])
    def test_options(self, account, member, key, secret, token):
        options = {"access_key_id": None, "access_key_secret": None, "security_token": None,
                   key: member.access_key_id, secret: member.secret, token: member.token}
        assert account.run(WHO, **options)["account_id"] == MEMBER

    @pytest.mark.parametrize("prefix", ["ALICLOUD", "ALIBABA_CLOUD"])
    def test_environment(self, alibaba, elsewhere, member, prefix):
        found = elsewhere.run(environment=variables(prefix, member))
        assert (found["account_id"], found["identity_type"]) == (MEMBER, "AssumedRoleUser")
        assert elsewhere.run(environment=variables(prefix, alibaba.credential()))["identity_type"] == "RAMUser"

    def test_profiles(self, alibaba, elsewhere, member):
        elsewhere.write_profiles(default=profile(alibaba.credential()), shop=profile(member))
        assert elsewhere.run()["account_id"] != MEMBER
        assert elsewhere.run(profile="shop")["account_id"] == MEMBER
        for name in ("ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"):
            assert elsewhere.run(environment={name: "shop"})["account_id"] == MEMBER

    def test_a_profile_of_the_sdks(self, elsewhere, alibaba):
        folder = elsewhere.home / ".alibabacloud"
        folder.mkdir()
        credential = alibaba.root_key(MEMBER)
        (folder / "credentials.ini").write_text(
            f"[shop]\ntype = access_key\naccess_key_id = {credential.access_key_id}\n"
            f"access_key_secret = {credential.secret}\n", encoding="utf-8")
        assert elsewhere.run(profile="shop")["account_id"] == MEMBER

    def test_what_a_task_says_comes_first(self, alibaba, elsewhere, member):
        administrator = alibaba.credential()
        environment = variables("ALICLOUD", member)
        elsewhere.write_profiles(ours=profile(administrator))
        assert elsewhere.run(environment=environment, profile="ours")["account_id"] == administrator.caller.account_id
        # The token in the environment is not one of these keys.
        found = elsewhere.run(environment=environment, access_key_id=administrator.access_key_id,
                              access_key_secret=administrator.secret)
        assert found["account_id"] == administrator.caller.account_id

    def test_none(self, elsewhere):
        done = elsewhere.run()
        assert done["msg"].startswith("Found no credentials of Alibaba Cloud in options, environment and profiles: ")
        done = elsewhere.run(profile="shop")
        assert done["msg"].startswith("Found no credentials of Alibaba Cloud in the profile shop: ")

    @pytest.mark.parametrize("options", [{"access_key_id": "x"}, {"access_key_secret": "x"}, {"security_token": "x"}])
    def test_half(self, elsewhere, options):
        assert "The options access_key_id and access_key_secret belong together" in elsewhere.run(**options)["msg"]

    def test_half_an_environment(self, elsewhere):
        done = elsewhere.run(environment={"ALICLOUD_ACCESS_KEY": "x"})
        assert "ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY in the environment belong together" in done["msg"]

    def test_region(self, elsewhere, member):
        regional = {"endpoints": {"sts": "sts.{region}.aliyuncs.com"}}
        environment = variables("ALICLOUD", member)
        for name in ("ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALICLOUD_REGION_ID"):
            assert elsewhere.run(environment={**environment, name: REGION}, **regional)["account_id"] == MEMBER
        done = elsewhere.run(environment=environment, **regional)
        assert done["msg"] == "No region is given: set region, or ALIBABA_CLOUD_REGION_ID in the environment"

    @pytest.mark.parametrize("mode", ["RamRoleArn", "ChainableRamRoleArn", "External"])
    def test_the_proxy_is_also_that_of_a_profile(self, elsewhere, member, mode):
        """The profile itself assumes a role; its command gets the address of the proxy. Services on the machine have none."""
        environment = {"NO_PROXY": "*", "https_proxy": nowhere(), "HTTPS_PROXY": nowhere()}
        with Echo("refused") as proxy:
            command = elsewhere.home / "command"
            command.write_text(f'#!/bin/sh\n[ "$HTTPS_PROXY" = {proxy.url} ] && exit 7\n', encoding="utf-8")
            command.chmod(0o700)
            elsewhere.write_profiles(base=profile(member), shop={
                **profile(member), "mode": mode, "source_profile": "base", "ram_role_arn": ARN, "ram_session_name": "setup",
                "process_command": str(command)})
            done = elsewhere.run(profile="shop", http_proxy=proxy.url, environment=environment)
        assert proxy.requests == ([] if mode == "External" else ["CONNECT sts.aliyuncs.com:443 HTTP/1.1"])
        assert ("exit status 7" if mode == "External" else "Tunnel connection failed: 403") in done["msg"]


class TestRoles:
    def test_the_module_acts_in_the_other_account(self, account):
        done = account.run("ram_role", name="created", trusted_services=["log.aliyuncs.com"],
                           assume_role={"role_arn": ARN, "session_name": "setup"})
        assert done["calls"] == ["Sts:AssumeRole", "Ram:GetRole", "Ram:CreateRole"]
        assert done["role"]["arn"] == f"acs:ram::{MEMBER}:role/created"
        assert account.run("ram_role_info", name="created")["roles"] == []

    def test_a_client_from_before_is_not_used_after(self, account):
        done = account.run("log_audit", check=True, central_region=REGION, assume_role={"role_arn": ARN})
        assert done["calls"][0] == "Sts:AssumeRole" and "Sts:GetCallerIdentity" in done["calls"]
        assert done["log_audit"]["project"] == f"slsaudit-center-{MEMBER}-{REGION}"

    def test_refused(self, account):
        arn = f"acs:ram::{MEMBER}:role/missing"
        done = account.run(WHO, assume_role={"role_arn": arn})
        assert done["msg"].startswith(f"Could not assume the role {arn} with the credentials of the options: AssumeRole: ")
        assert done["error"]["code"] == "EntityNotExist.Role" and done["error"]["request_id"]


class TestAnswers:
    @pytest.mark.parametrize("fault, code", [
        ({"throttled": 1}, "Throttling.User"), ({"failed": 1}, None), ({"dropped": 1}, None),
    ])
    def test_bad_days_end(self, account, waiting, fault, code):
        account.alibaba.bad_days(Fault(**fault))
        done = account.run(WHO)
        assert len(done["calls"]) == (4 if "dropped" in fault else 10)
        assert done["msg"].startswith("Could not get the account of the credentials of the options: GetCallerIdentity: ")
        assert code in (None, done["error"]["code"])

    def test_they_pass(self, account, waiting):
        account.alibaba.bad_days(Fault(throttled=0.5), Fault(failed=0.2), Fault(dropped=0.1))
        for _number in range(10):
            assert account.run(WHO)["account_id"] == account.account_id

    @pytest.mark.parametrize("options, sentence", [
        ({"http_proxy": "http://127.0.0.1:1"}, "no answer from sts.aliyuncs.com: ConnectionRefusedError: "),
        ({"http_proxy": None, "endpoints": {"sts": "sts.invalid"}}, "no answer from sts.invalid: gaierror: "),
        ({"access_key_secret": "0123456789" * 3}, "SignatureDoesNotMatch: Specified signature is not matched with our "
                                                  "calculation. (request id "),
        ({"access_key_id": "LTAI5tNobody"}, "InvalidAccessKeyId.NotFound: Specified access key is not found. (request id "),
    ])
    def test_one_sentence(self, account, waiting, options, sentence):
        done = account.run(WHO, **options)
        assert done["msg"].startswith(f"Could not get the account of the credentials of the options: GetCallerIdentity: {sentence}")
        assert "\n" not in done["msg"]

    def test_something_that_is_no_cloud(self, account, waiting):
        class Html(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.send_error(502, "Bad Gateway")

            def log_message(self, *args):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Html) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            done = account.run(WHO, http_proxy=f"http://127.0.0.1:{server.server_port}")
            server.shutdown()
            thread.join()
        assert "GetCallerIdentity: the response does not come from sts.aliyuncs.com" in done["msg"] and "\n" not in done["msg"]


@pytest.mark.parametrize("failing", [False, True])
def test_no_secret_in_the_output(alibaba, tmp_path, failing):
    """At the highest verbosity, through ansible-playbook: keys of all origins, also of a session that a task opens."""
    session = {name: f"{{{{ session.connection.{name} }}}}"
               for name in ("access_key_id", "access_key_secret", "security_token")}
    tasks = [
        {"crossaccount.audit_logs.alibaba_session": {"assume_role": {"role_arn": ARN}}, "register": "session"},
        {"crossaccount.audit_logs.alibaba_session": session, "register": "caller"},
        {"crossaccount.audit_logs.ram_role_info": {"assume_role": {"role_arn": ARN}}},
        {"crossaccount.audit_logs.ram_role": {**session, "name": "created", "trusted_services": ["log.aliyuncs.com"]}},
        {"ansible.builtin.assert": {"that": [f"caller.account_id == '{MEMBER}'", f"session.account_id == '{MEMBER}'"]}},
    ]
    if failing:
        tasks.append({"crossaccount.audit_logs.ram_policy_info": {**session, "name": "a_b"}})
    play = {
        "hosts": "localhost", "gather_facts": False, "tasks": tasks,
        "module_defaults": {"group/crossaccount.audit_logs.alibaba": {
            "access_key_id": alibaba.credential().access_key_id, "access_key_secret": alibaba.credential().secret,
            "protocol": "http", "http_proxy": alibaba.url, "region": REGION,
        }},
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", "-vvvv", "--diff", "-i", "localhost,", "-c", "local", str(playbook)],
        env={**{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
             "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
             "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"), "ANSIBLE_HOME": str(tmp_path / "home"),
             "ANSIBLE_LOG_PATH": str(tmp_path / "log"), "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
    )
    assert bool(done.returncode) == failing, done.stdout + done.stderr
    if failing:
        assert "is not the name of a policy. Use 1 to 128 letters, digits and hyphens" in done.stdout
    texts = [done.stdout, done.stderr, (tmp_path / "log").read_text(encoding="utf-8")]
    assert alibaba.issued_secrets
    assert not [secret for secret in alibaba.issued_secrets for text in texts if secret in text]
    assert "the output has been hidden" in done.stdout and '"role_id"' in done.stdout
