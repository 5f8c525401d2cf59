# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Account Management: the regions that an account has enabled. moto has none of it.

Pages named API_... are of the Account Management API Reference.
"""
from __future__ import annotations

from enum import Enum
from typing import Any

from .errors import AwsError
from .mends import before, instead
from .partition import partition, regions
from .request import ApiRequest

# "Considerations before enabling and disabling Regions" (Account Management Reference Guide); all others of the partition are opt-in.
_BY_DEFAULT = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})
_ACTIVATION = 300  # seconds of the clock until a region is enabled: "a few minutes for most accounts" (API_EnableRegion)
_COPIES = 300  # seconds after that until the copies of trails are there, on AWS up to hours: assumption aws-opt-in-trail-copies
_PAGE = 50


class _State(Enum):
    """What has become of an opt-in region: its status, and whether the copies of trails are there."""

    DISABLED = ("DISABLED", False)
    ENABLING = ("ENABLING", False)
    WITHOUT_TRAILS = ("ENABLED", False)
    ENABLED = ("ENABLED", True)


_states: dict[tuple[str, str], _State] = {}  # of opt-in regions that somebody has enabled, by account and region


def forget() -> None:
    """Let no account have an opt-in region enabled."""
    _states.clear()


def _is_opt_in(region: str) -> bool:
    return partition() == "aws" and region not in _BY_DEFAULT


def _state(account: str, region: str) -> _State:
    return _states.get((account, region), _State.DISABLED) if _is_opt_in(region) else _State.ENABLED


def is_enabled(account: str, region: str) -> bool:
    """Whether an account can use a region."""
    return _state(account, region).value[0] == "ENABLED"


def has_copies(account: str, region: str) -> bool:
    """Whether the copies of trails of other regions and of the organization are in a region of an account."""
    return _state(account, region).value[1]


def check(request: ApiRequest) -> None:
    """Refuse calls in a region that the account of the caller has not enabled: assumption aws-opt-in-regions.

    :raises AwsError: InvalidClientTokenId
    """
    if not is_enabled(request.account, request.region):
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)


def check_sts(region: str, account: str) -> None:
    """API_AssumeRole, RegionDisabledException: STS is not activated in the region for the account that is asked for credentials."""
    if not is_enabled(account, region):
        raise AwsError("RegionDisabledException", f"STS is not activated in this region for account:{account}.", 403)


def _status(account: str, region: str) -> str:
    return _state(account, region).value[0] if _is_opt_in(region) else "ENABLED_BY_DEFAULT"


def _account(request: ApiRequest) -> str:
    """API_ListRegions, AccountId: without it, the account of the caller. With it, see assumption aws-opt-in-regions."""
    if "AccountId" in request.parameters:
        raise NotImplementedError("AccountId")
    return request.account


def _region(request: ApiRequest) -> str:
    region = request.parameters["RegionName"]
    if region not in regions(partition()):
        raise AwsError("ValidationException", f"There is no region {region}.", 400)
    return region


@instead("account", "ListRegions")
def list_regions(request: ApiRequest) -> dict[str, Any]:
    """API_ListRegions: pages of 50 regions at most, with their opt-in status. See assumption aws-opt-in-regions."""
    account, wanted = _account(request), request.parameters.get("RegionOptStatusContains")
    found = [
        {"RegionName": region, "RegionOptStatus": status} for region in sorted(regions(partition()))
        if (status := _status(account, region)) in (wanted or [status])
    ]
    start = int(request.parameters.get("NextToken", 0))
    end = start + request.parameters.get("MaxResults", _PAGE)
    return {"Regions": found[start:end], **({"NextToken": str(end)} if end < len(found) else {})}


@instead("account", "GetRegionOptStatus")
def get_region_opt_status(request: ApiRequest) -> dict[str, Any]:
    """API_GetRegionOptStatus. See assumption aws-opt-in-regions."""
    region = _region(request)
    return {"RegionName": region, "RegionOptStatus": _status(_account(request), region)}


@instead("account", "EnableRegion")
def enable_region(request: ApiRequest) -> dict[str, Any]:
    """API_EnableRegion: the region is ENABLING for some minutes. See assumption aws-opt-in-regions.

    "Creating a trail for an organization" and "Understanding multi-Region trails and opt-in Regions" (CloudTrail User Guide): when the
    region is activated, the copies of trails are made.
    """
    key = account, region = _account(request), _region(request)
    if not _is_opt_in(region):
        raise AwsError("ValidationException", f"The region {region} is enabled by default.", 400)
    if _state(account, region) is _State.DISABLED:
        _states[key] = _State.ENABLING
        agenda, now = request.recorder.agenda, request.recorder.clock.now()
        agenda.add(now + _ACTIVATION, lambda _moment: _states.update({key: _State.WITHOUT_TRAILS}))
        agenda.add(now + _ACTIVATION + _COPIES, lambda _moment: _states.update({key: _State.ENABLED}))
    return {}


@before("account", "AcceptPrimaryEmailUpdate", "DeleteAlternateContact", "DisableRegion", "GetAccountInformation", "GetAlternateContact",
        "GetContactInformation", "GetGovCloudAccountInformation", "GetPrimaryEmail", "GetPrimaryEmailUpdateStatus", "PutAccountName",
        "PutAlternateContact", "PutContactInformation", "SendPhoneNumberVerification", "StartPrimaryEmailUpdate", "VerifyPhoneNumber")
def refuse_others(request: ApiRequest) -> None:
    """The regions are all that is here: assumption aws-opt-in-regions."""
    raise NotImplementedError(request.action)
