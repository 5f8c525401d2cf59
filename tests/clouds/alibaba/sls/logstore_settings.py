# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of a logstore go together.

Sources: the help pages of CreateLogStore and UpdateLogStore, and what the test suite of aliyun-log-java-sdk observes of
the service.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import CloudError
from ..request import ApiRequest

DEFAULTS: Mapping[str, Any] = {
    "autoSplit": False, "maxSplitShard": 64, "enable_tracking": False, "appendMeta": False, "hot_ttl": -1,
    "infrequentAccessTTL": -1, "mode": "standard", "telemetryType": "", "enableModify": False, "resourceGroupId": "",
}
_TIERS = ("hot_ttl", "infrequentAccessTTL")
_NOT_SERVED = ("processorId", "shardingPolicy")
_ENCRYPTION_TYPES = (
    "default", "m4", "sm4", "sm4_ecb", "sm4_cbc", "sm4_gcm", "aes_ecb", "aes_cbc", "aes_cfb", "aes_ofb", "aes_gcm",
)
_MOST_SPLIT_SHARDS = 256
# assumption alibaba-sls-storage-tiers
_LEAST_HOT = 7  # days, as are those below
_LEAST_INFREQUENT = 30
_LEAST_ARCHIVE = 60


def invalid(why: str) -> CloudError:
    """The error for settings that a logstore can't have."""
    return CloudError(400, "LogStoreInfoInvalid", why)


def stored(request: ApiRequest) -> dict[str, Any]:
    """The settings of a request that are stored; a tier of -1 says nothing.

    :raises CloudError: a setting would have a meaning that is not served here.
    """
    for name in _NOT_SERVED:
        if name in request:
            raise CloudError(501, "NotImplemented", f"The local Alibaba Cloud does not serve {name}.")
    if request.get("telemetryType") == "Metrics":
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has no metric stores.")
    names = [name for name in (*DEFAULTS, "encrypt_conf") if name in request]
    return {name: request[name] for name in names if not (name in _TIERS and request[name] == -1)}


def check(ttl: int, settings: Mapping[str, Any]) -> None:
    """Check settings that depend on each other.

    :param ttl: days.
    :raises CloudError: they don't go together.
    """
    if settings["autoSplit"] and not 1 <= settings["maxSplitShard"] <= _MOST_SPLIT_SHARDS:
        raise invalid(f"maxSplitShard must be within range [1, {_MOST_SPLIT_SHARDS}]")
    encryption = settings.get("encrypt_conf")
    if encryption and encryption["enable"] and encryption.get("encrypt_type") not in _ENCRYPTION_TYPES:
        raise invalid("The encrypt_conf is invalid, [encrypt_type] key is missing or not supported")
    hot, infrequent = (settings[name] for name in _TIERS)
    if hot != -1 and not _LEAST_HOT <= hot <= ttl:
        raise invalid(f"hot_ttl must be within range [{_LEAST_HOT}, ttl]")
    if infrequent == -1:
        return
    if hot == -1:
        raise invalid("infrequentAccessTTL needs hot_ttl")
    if 0 < infrequent < _LEAST_INFREQUENT:
        raise invalid(f"infrequentAccessTTL must large than {_LEAST_INFREQUENT}")
    if ttl - hot - infrequent < _LEAST_ARCHIVE:
        raise invalid(f"archiveTTL must large than {_LEAST_ARCHIVE}")
