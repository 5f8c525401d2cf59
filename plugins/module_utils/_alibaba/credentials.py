# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials are used: those of the options, of a profile, of the environment. Private to this collection."""
from __future__ import annotations

import contextlib
import functools
import json
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule

from .._secrets import known, of_address
from . import sdk


_SECRETS = re.compile(r"(ALICLOUD|ALIBABA_CLOUD)_\w*(SECRET|TOKEN)\w*")


class Credentials(NamedTuple):
    """An access key; with a token, those of a session."""

    access_key_id: str
    access_key_secret: str
    security_token: str | None = None


def options() -> dict[str, Any]:
    """Options that say which; see the documentation fragment C(alibaba).

    They have no fallback to the environment: a key there and a profile in a task would be taken for one wish.
    """
    return dict(
        access_key_id=dict(type="str", no_log=False,
                           aliases=["alicloud_access_key", "alicloud_access_key_id", "access_key"]),
        access_key_secret=dict(type="str", no_log=True,
                               aliases=["alicloud_secret_key", "alicloud_access_key_secret", "secret_key"]),
        security_token=dict(type="str", no_log=True, aliases=["alicloud_security_token"]),
        profile=dict(type="str", aliases=["alicloud_profile"]),
    )


def find(module: AnsibleModule) -> Credentials:
    """The credentials to begin with; without any the module ends."""
    with _proxy(module.params["http_proxy"]):
        found = _find(module)
    hide(module, found)
    return found


def whose(module: AnsibleModule) -> str:
    """Where the credentials to begin with come from, for people."""
    if module.params["access_key_id"]:
        return "the options"
    profile = module.params["profile"] or _environment("ALICLOUD_PROFILE")
    return f"the profile {profile}" if profile else "the environment"


def hide(module: AnsibleModule, credentials: Credentials) -> None:
    """Keep secrets out of all that the module returns, wherever they came from."""
    module.no_log_values.update(text for text in credentials[1:] if text)


def hide_given(module: AnsibleModule) -> None:
    """Keep secrets of the options and of the environment out of a failure."""
    role = module.params.get("assume_role") or {}
    given = [module.params.get("access_key_secret"), module.params.get("security_token"), role.get("external_id")]
    module.no_log_values.update(known([*given, *(value for name, value in os.environ.items() if _SECRETS.fullmatch(name))]))
    for option in ("http_proxy", "endpoints"):
        module.no_log_values.update(of_address(module.params.get(option)))


@contextlib.contextmanager
def _proxy(address: str | None) -> Iterator[None]:
    """Let the calls that a profile makes itself, such as AssumeRole, go through a proxy: a profile takes it from here alone.

    Those calls use https. Metadata services and addresses on the machine use http, and no proxy.
    """
    before = os.environ.get("HTTPS_PROXY")
    if address:
        os.environ["HTTPS_PROXY"] = address
    try:
        yield
    finally:
        if before is not None:
            os.environ["HTTPS_PROXY"] = before
        elif address:
            del os.environ["HTTPS_PROXY"]


def _find(module: AnsibleModule) -> Credentials:
    params = module.params
    given = Credentials(params["access_key_id"], params["access_key_secret"], params["security_token"])
    if any(given):
        return _whole(module, given, "The options access_key_id and access_key_secret")
    if params["profile"]:
        return _profile(module, params["profile"])
    given = Credentials(
        _environment("ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"),
        _environment("ALICLOUD_SECRET_KEY", "ALICLOUD_ACCESS_KEY_SECRET"),
        _environment("ALICLOUD_SECURITY_TOKEN"),
    )
    if any(given):
        return _whole(module, given, "ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY in the environment")
    if _environment("ALICLOUD_PROFILE"):
        return _profile(module, _environment("ALICLOUD_PROFILE"))
    provider = sdk.load(module, "alibabacloud_credentials.provider").DefaultCredentialsProvider
    return _first(module, [provider], "options, environment and profiles")


def _environment(*names: str) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _whole(module: AnsibleModule, given: Credentials, which: str) -> Credentials:
    if not (given.access_key_id and given.access_key_secret):
        module.fail_json(msg=f"{which} belong together: give both, or neither and no security token")
    return given


def _profile(module: AnsibleModule, name: str) -> Credentials:
    providers = sdk.load(module, "alibabacloud_credentials.provider")
    both = [providers.CLIProfileCredentialsProvider, providers.ProfileCredentialsProvider]
    return _first(module, [functools.partial(provider, profile_name=name) for provider in both], f"the profile {name}")


def _first(module: AnsibleModule, providers: list, where: str) -> Credentials:
    reasons = []
    for provider in providers:
        try:
            found = provider().get_credentials()
        except json.JSONDecodeError as error:
            reasons.append(f"the provider of the credentials returned something that is not valid JSON ({error})")
            continue
        except Exception as error:  # each provider raises what it likes when it finds nothing
            reasons.append(str(error))
            continue
        return Credentials(found.get_access_key_id(), found.get_access_key_secret(), found.get_security_token() or None)
    module.fail_json(msg=f"Found no credentials of Alibaba Cloud in {where}: {'; '.join(reasons)}")
    raise AssertionError("not reached")
