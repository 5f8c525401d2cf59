# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host speaks which style."""
from __future__ import annotations

import ipaddress
import re

from ..errors import CloudError
from .http import HttpRequest
from .rpc import RpcStyle
from .sls import SlsStyle

_LOG_AUDIT = "2019-10-23"
# Where the hosts of SLS speak the RPC style; aliyun/terraform-provider-alicloud calls Log Audit Service there.
_OPEN_API = "/open-api"
# Product of an RPC host, with the version of its API.
_RPC_HOSTS = (
    (re.compile(r"ram(-intl)?\.aliyuncs\.com"), "2015-05-01"),
    (re.compile(r"sts(-vpc)?(\.(?P<region>[a-z0-9-]+))?\.aliyuncs\.com"), "2015-04-01"),
    (re.compile(r"actiontrail(\.(?P<region>[a-z0-9-]+))?\.aliyuncs\.com"), "2020-07-06"),
    (re.compile(r"resourcedirectory(-intl)?(\.(?P<region>[a-z0-9-]+))?\.aliyuncs\.com"), "2022-04-19"),
    (re.compile(r"sls(\.(?P<region>[a-z0-9-]+))?\.aliyuncs\.com"), _LOG_AUDIT),
)
_LOG_HOST = re.compile(
    r"(?:(?P<project>[^.]+)\.)?(?P<region>[a-z]{2}-[a-z0-9-]+?)(-intranet|-share)?\.log\.aliyuncs\.com"
)
_LOG_SIGNATURES = ("LOG ", "SLS4-HMAC-SHA256 ")


def style_of(http: HttpRequest) -> RpcStyle | SlsStyle:
    """How to read a request.

    :raises CloudError: nothing answers under this host.
    """
    open_api = http.path.rstrip("/") == _OPEN_API
    if _is_address(http.host):
        # Reached directly: what is spoken says what is meant.
        is_log = "x-log-apiversion" in http.headers or http.headers.get("authorization", "").startswith(_LOG_SIGNATURES)
        return SlsStyle(http, None, None) if is_log else RpcStyle(http, None, path=_OPEN_API if open_api else "")
    project, _dot, rest = http.host.partition(".")
    if _is_address(rest):
        # Clients of SLS put the project in front of the address, in the Host header.
        return SlsStyle(http, None, project)
    log = _LOG_HOST.fullmatch(http.host)
    if log and not log["project"] and open_api:
        return RpcStyle(http, frozenset({_LOG_AUDIT}), log["region"], path=_OPEN_API)
    if log:
        return SlsStyle(http, log["region"], log["project"])
    for pattern, version in _RPC_HOSTS:
        match = pattern.fullmatch(http.host)
        if match:
            return RpcStyle(http, frozenset({version}), match.groupdict().get("region"))
    raise CloudError(404, "InvalidProduct.NotFound", "Cannot find product according to your specified domain: no "
                                                     f"service of the local Alibaba Cloud has the host {http.host!r}.")


def _is_address(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
