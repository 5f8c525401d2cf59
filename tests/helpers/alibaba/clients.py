# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote, pointed at the local Alibaba Cloud: today's SDKs, the older ones, and the command line."""
from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from alibabacloud_actiontrail20200706.client import Client as ActionTrail
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_resourcedirectorymaster20220419.client import Client as ResourceDirectory
from alibabacloud_sls20201230.client import Client as Sls
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from aliyun.log import LogClient
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http import protocol_type
from darabonba.runtime import RuntimeOptions

REGION = "cn-hangzhou"
# What would turn a client away from the local cloud: it wins over the options of the client.
MISLEADING = tuple(
    name for name in os.environ
    if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "security_token", "debug")
    or name.startswith(("ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_", "ALIYUN_"))
)

# Their imports attach handlers that print to stderr.
for _name in ("darabonba-core", "alibabacloud-tea", "aliyunsdkcore", "aliyunsdkcore.http.http_response"):
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class CliError(Exception):
    """The command line of SLS ended with an error.

    :param code: the service's.
    """

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Clients:
    """Clients of one account. They keep the real host names, with the local cloud as their proxy.

    :param alibaba: a LocalAlibaba.
    :param credential: access key, with its token if it has one; None for the management account's administrator.
    :param region: of the endpoints that have one.
    """

    def __init__(self, alibaba, credential=None, region=REGION):
        self.url = alibaba.observer_url
        self.credential = credential or alibaba.credential()
        self.region = region

    def config(self, endpoint, **options):
        """The configuration of a current SDK; C(endpoint="127.0.0.1:PORT", http_proxy=None) reaches it by address."""
        return Config(**{
            "access_key_id": self.credential.access_key_id, "access_key_secret": self.credential.secret,
            "security_token": self.credential.token, "region_id": self.region, "protocol": "HTTP",
            "endpoint": endpoint, "http_proxy": self.url, **options,
        })

    # Today's SDKs

    @cached_property
    def ram(self):
        return Ram(self.config("ram.aliyuncs.com"))

    @cached_property
    def sts(self):
        return Sts(self.config(f"sts.{self.region}.aliyuncs.com"))

    @cached_property
    def actiontrail(self):
        return ActionTrail(self.config(f"actiontrail.{self.region}.aliyuncs.com"))

    @cached_property
    def directory(self):
        return ResourceDirectory(self.config("resourcedirectory.aliyuncs.com"))

    @cached_property
    def sls(self):
        """Signs with C(LOG) and HMAC-SHA256."""
        return Sls(self.config(f"{self.region}.log.aliyuncs.com"))

    @cached_property
    def sls4(self):
        """Signs with C(SLS4-HMAC-SHA256)."""
        return Sls(self.config(f"{self.region}.log.aliyuncs.com", signature_version="v4"))

    def call(self, action, version, endpoint, query=None, body=None):
        """The body of the answer to any operation of the RPC style, parameters in query or form."""
        client = OpenApi(self.config(endpoint))
        params = Params(action=action, version=version, style="RPC", method="POST", protocol="HTTP", auth_type="AK",
                        pathname="/", req_body_type="formData", body_type="json")
        return client.call_api(params, OpenApiRequest(query=query, body=body), RuntimeOptions())["body"]

    # The older SDKs

    @cached_property
    def acs(self):
        key = self.credential
        credential = (StsTokenCredential(key.access_key_id, key.secret, key.token) if key.token
                      else AccessKeyCredential(key.access_key_id, key.secret))
        return AcsClient(region_id=self.region, credential=credential, auto_retry=False, proxy={"http": self.url})

    def old(self, request, **parameters):
        """The body of the answer to a request of an older SDK.

        :param request: its class.
        :param parameters: for its C(set_...) methods.
        """
        asked = request()
        asked.set_protocol_type(protocol_type.HTTP)
        for name, value in parameters.items():
            getattr(asked, f"set_{name}")(value)
        return json.loads(self.acs.do_action_with_exception(asked))

    def log(self, auth_version="v1", endpoint=None):
        """A client of aliyun-log-python-sdk.

        :param auth_version: C(v1) signs with C(LOG) and HMAC-SHA1, C(v4) with C(SLS4-HMAC-SHA256).
        """
        key = self.credential
        client = LogClient(endpoint or f"{self.region}.log.aliyuncs.com", key.access_key_id, key.secret, key.token,
                           source="192.0.2.1", auth_version=auth_version, region=self.region)
        if endpoint is None:
            client._session.proxies = {"http": self.url}  # pylint: disable=protected-access
        return client

    def cli(self, home, subcommand, sign_version="v1", **options):
        """What C(aliyunlog log SUBCOMMAND --NAME=VALUE ...) prints, read as JSON; None for nothing.

        :param home: a folder in which it finds no settings of somebody.
        :raises CliError: the service refused.
        """
        environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
        environment.update({
            "HOME": str(home), "http_proxy": self.url,
            "ALIYUN_LOG_CLI_ENDPOINT": f"{self.region}.log.aliyuncs.com",
            "ALIYUN_LOG_CLI_ACCESSID": self.credential.access_key_id,
            "ALIYUN_LOG_CLI_ACCESSKEY": self.credential.secret,
            "ALIYUN_LOG_CLI_STS_TOKEN": self.credential.token or "",
            "ALIYUN_LOG_CLI_SIGN_VERSION": sign_version, "ALIYUN_LOG_CLI_REGION_ID": self.region,
        })
        command = [sys.executable, str(Path(sys.executable).with_name("aliyunlog")), "log", subcommand,
                   *(f"--{name}={value}" for name, value in options.items())]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 3:
            error = json.loads(done.stdout)
            raise CliError(error["errorCode"], error["errorMessage"])
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


def code_of(error):
    """The service's code in the error of any client; None if the service sent none."""
    if hasattr(error, "get_error_code"):
        return error.get_error_code()
    return getattr(error, "code", None)
