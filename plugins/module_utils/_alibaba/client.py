# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of one account: how it is entered, where the services are, what a call looks like. Private.

An operation is called by its own name with its own parameters: C(cloud.call("ram", "GetRole", RoleName="x")). What is
imported is what is called, because an SDK takes longer to import than a call takes.
"""
from __future__ import annotations

import importlib
import logging
import re
import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from . import retry
from .errors import CloudError, from_exception

# Product: package of its SDK, and host of its endpoint.
PRODUCTS = {
    "ram": ("alibabacloud_ram20150501", "ram.aliyuncs.com"),
    "sts": ("alibabacloud_sts20150401", "sts.aliyuncs.com"),
    "sls": ("alibabacloud_sls20201230", "{region}.log.aliyuncs.com"),
    "actiontrail": ("alibabacloud_actiontrail20200706", "actiontrail.{region}.aliyuncs.com"),
    "resourcedirectory": ("alibabacloud_resourcedirectorymaster20220419", "resourcedirectory.aliyuncs.com"),
    # No SDK has Log Audit's operations.
    "log_audit": (None, "sls.aliyuncs.com"),
}
LOG_AUDIT_VERSION = "2019-10-23"
_TIMEOUTS = {"connect_timeout": 10_000, "read_timeout": 60_000}  # milliseconds


def _option(kind: str, *environment: str, **more: Any) -> dict[str, Any]:
    return dict(type=kind, fallback=(env_fallback, list(environment)), **more)


def argument_spec() -> dict[str, Any]:
    """Options of all modules; see the documentation fragment C(alibaba)."""
    return dict(
        access_key_id=_option("str", "ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID",
                              aliases=["alicloud_access_key", "alicloud_access_key_id", "access_key"], no_log=False),
        access_key_secret=_option("str", "ALICLOUD_SECRET_KEY", "ALICLOUD_ACCESS_KEY_SECRET", no_log=True,
                                  aliases=["alicloud_secret_key", "alicloud_access_key_secret", "secret_key"]),
        security_token=_option("str", "ALICLOUD_SECURITY_TOKEN", no_log=True, aliases=["alicloud_security_token"]),
        profile=_option("str", "ALICLOUD_PROFILE", aliases=["alicloud_profile"]),
        assume_role=dict(type="dict", aliases=["alicloud_assume_role"], options=assume_role_options()),
        region=_option("str", "ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALICLOUD_REGION_ID",
                       aliases=["alicloud_region", "region_id"]),
        endpoints=dict(type="dict", default={}, options={product: dict(type="str") for product in PRODUCTS}),
        protocol=dict(type="str", choices=["https", "http"], default="https"),
        http_proxy=dict(type="str"),
    )


def assume_role_options() -> dict[str, Any]:
    """What there is to say about a role to assume."""
    return dict(
        role_arn=dict(type="str", required=True),
        session_name=dict(type="str", default="crossaccount.audit_logs", aliases=["role_session_name"]),
        duration_seconds=dict(type="int", default=3600, aliases=["session_expiration"]),
        external_id=dict(type="str"),
        policy=dict(type="json"),
    )


class AlibabaModule(AnsibleModule):
    """A module for a resource of Alibaba Cloud. C(cloud) calls the services."""

    def __init__(self, argument_spec: dict[str, Any], **options: Any) -> None:
        common = globals()["argument_spec"]()
        super().__init__(argument_spec={**common, **argument_spec}, **options)
        if bool(self.params["access_key_id"]) != bool(self.params["access_key_secret"]):
            self.fail_json(msg="access_key_id and access_key_secret belong together: give both, or neither")
        self.cloud = Cloud(self)

    def fail_for(self, error: CloudError, what: str) -> None:
        """Leave with the service's refusal.

        :param what: that was tried, such as "make role x".
        """
        self.fail_json(msg=f"Could not {what}: {error}", error={
            "code": error.code, "message": error.sentence, "request_id": error.request_id, "action": error.action,
        })


class Cloud:
    """Calls the services of one account."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._clients: dict[str, Any] = {}
        self._credential: Any = None

    @property
    def region(self) -> str:
        """The region that the module was given."""
        if not self._module.params["region"]:
            self._module.fail_json(msg="No region is given: set region, or ALIBABA_CLOUD_REGION_ID in the environment")
        return self._module.params["region"]

    def call(self, product: str, operation: str, *path: str, landed: tuple[str, ...] = (), **parameters: Any) -> dict:
        """Make a call, again where that is right, and return the answer's body.

        :param path: what is in the path of an SLS operation, such as the project.
        :param landed: see retry.persistently.
        :param parameters: by the names that the API has.
        :raises CloudError: the service refused, or did not answer.
        """
        client = self._client(product)
        if PRODUCTS[product][0] is None:
            return retry.persistently(lambda: self._call_by_name(client, operation, parameters), landed) or {}
        return retry.persistently(lambda: self._call_sdk(client, product, operation, path, parameters), landed) or {}

    def _call_sdk(self, client: Any, product: str, operation: str, path: tuple[str, ...], parameters: dict) -> dict:
        models = _import(self._module, f"{PRODUCTS[product][0]}.models")
        model = getattr(models, f"{operation}Request", None)
        arguments = [*path, model().from_map(parameters)] if model else [*path]
        body = _attempt(operation, lambda: getattr(client, _snake(operation))(*arguments)).body
        return body.to_map() if hasattr(body, "to_map") else {"body": body}

    def _call_by_name(self, client: Any, operation: str, parameters: dict) -> dict:
        models = _import(self._module, "alibabacloud_tea_openapi.utils_models")
        how = models.Params(action=operation, version=LOG_AUDIT_VERSION, style="RPC", method="POST", auth_type="AK",
                            pathname="/", protocol="HTTPS", req_body_type="formData", body_type="json")
        runtime = _import(self._module, "darabonba.runtime").RuntimeOptions()
        request = models.OpenApiRequest(body=parameters)
        return _attempt(operation, lambda: client.call_api(how, request, runtime))["body"]

    def _client(self, product: str) -> Any:
        if product not in self._clients:
            package = PRODUCTS[product][0] or "alibabacloud_tea_openapi"
            client = _import(self._module, f"{package}.client").Client
            self._clients[product] = client(self._config(product, self._credentials()))
        return self._clients[product]

    def _config(self, product: str, credential: Any) -> Any:
        params = self._module.params
        endpoint = params["endpoints"].get(product) or PRODUCTS[product][1]
        if "{region}" in endpoint:
            endpoint = endpoint.format(region=self.region)
        return _import(self._module, "alibabacloud_tea_openapi.utils_models").Config(
            credential=credential, endpoint=endpoint, region_id=params["region"], protocol=params["protocol"].upper(),
            http_proxy=params["http_proxy"], https_proxy=params["http_proxy"], user_agent="crossaccount.audit_logs",
            **_TIMEOUTS,
        )

    def _credentials(self) -> Any:
        if self._credential is None:
            params = self._module.params
            self._credential = self._own_credentials()
            if params["assume_role"]:
                session = self.assume_role(params["assume_role"])
                # Whatever was built with the caller's own credentials is not for the account that is entered.
                self._clients.clear()
                self._credential = self._static(
                    session["AccessKeyId"], session["AccessKeySecret"], session["SecurityToken"]
                )
        return self._credential

    def assume_role(self, role: dict[str, Any]) -> dict[str, Any]:
        """The credentials of a session.

        :param role: see assume_role_options.
        """
        asked = {"RoleArn": role["role_arn"], "RoleSessionName": role["session_name"],
                 "DurationSeconds": role["duration_seconds"], "ExternalId": role["external_id"],
                 "Policy": role["policy"]}
        asked = {name: value for name, value in asked.items() if value is not None}
        return self.call("sts", "AssumeRole", **asked)["Credentials"]

    def _own_credentials(self) -> Any:
        params = self._module.params
        if params["access_key_id"]:
            return self._static(params["access_key_id"], params["access_key_secret"], params["security_token"])
        providers = _import(self._module, "alibabacloud_credentials.provider")
        if params["profile"]:
            named = {"profile_name": params["profile"]}
            chain = [providers.CLIProfileCredentialsProvider(**named), providers.ProfileCredentialsProvider(**named)]
        else:
            chain = [providers.DefaultCredentialsProvider()]
        reasons = []
        for provider in chain:
            try:
                found = provider.get_credentials()
                return self._static(found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token())
            except Exception as error:  # each provider raises what it likes when it finds nothing
                reasons.append(str(error))
        where = f"the profile {params['profile']}" if params["profile"] else "the options and the environment"
        self._module.fail_json(msg=f"No credentials of Alibaba Cloud were found in {where}: {'; '.join(reasons)}")
        raise AssertionError("not reached")

    def _static(self, access_key_id: str, secret: str, token: str | None) -> Any:
        client = _import(self._module, "alibabacloud_credentials.client").Client
        config = _import(self._module, "alibabacloud_credentials.models").Config
        return client(config(type="sts" if token else "access_key", access_key_id=access_key_id,
                             access_key_secret=secret, security_token=token))


def _attempt(operation: str, call: Any) -> Any:
    try:
        return call()
    except Exception as error:  # the SDKs raise classes of four packages
        if isinstance(error, OSError) or hasattr(error, "code"):
            raise from_exception(operation, error) from None
        raise


def _import(module: AnsibleModule, name: str) -> Any:
    try:
        imported = importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0].replace("_", "-")
        module.fail_json(msg=missing_required_lib(package), exception=traceback.format_exc())
        raise
    # It logs to standard error at level DEBUG as soon as it is imported.
    logging.getLogger("darabonba-core").handlers.clear()
    return imported


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
