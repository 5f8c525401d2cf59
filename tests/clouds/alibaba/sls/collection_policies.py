# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collection policies: the rules of the new Log Audit Service, which logs of which accounts go where.

Sources: the help pages "UpsertCollectionPolicy" and "Authorize RAM users to use the new version of Log Audit Service",
and aliyun/terraform-provider-alicloud (alicloud_sls_collection_policy). The codes of the refusals, but PolicyNotExist:
assumption alibaba-collection-policy-error-codes.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..directory import LOG_AUDIT
from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Items, Mapped, Number, Structure, Text
from ..request import ApiRequest
from .provision import ensure_logstore
from .state import FOREVER

ENDPOINT_REGIONS = ("cn-shanghai", "ap-southeast-1", "cn-heyuan-acdr-1")
_INTERNAL = "internal_cloudlens_"  # names of policies that the service makes
_PAGE = 50
_LONGEST_PAGE = 100
_CODE = Text(required=True, length=(1, 64), where="body")
_FILTER = {"productCode": Text(), "dataCode": Text()}
_NAME = Text(required=True, where="path")
# What can't be changed; dataConfig only once it is there.
_FIXED = ("productCode", "dataCode", "dataConfig")


@dataclass(frozen=True)
class CollectionPolicy:
    """A collection policy.

    :param settings: by their names in requests.
    :param internal: the service created it.
    """

    name: str
    uid: str
    settings: Mapping[str, Any]
    internal: bool = False

    @property
    def members(self) -> tuple[str, ...] | None:
        """Ids of the members of the resource directory whose logs it collects; None: all; empty: only the account's."""
        directory = self.settings.get("resourceDirectory")
        if not directory:
            return ()
        return None if directory["accountGroupType"] == "all" else tuple(directory["members"])

    @property
    def destination(self) -> Mapping[str, Any] | None:
        """Where the logs of all accounts go; None: nowhere."""
        wanted = self.settings["enabled"] and self.settings.get("centralizeEnabled")
        return self.settings["centralizeConfig"] if wanted else None


def _resource(request: ApiRequest) -> str:
    name = request.get("policyName", "*") if request.operation.name != "ListCollectionPolicies" else "*"
    return f"acs:log::{request.caller.account_id}:collectionpolicy/{name}"


@rest(
    "UpsertCollectionPolicy", "POST", "/collectionpolicy", action="log:UpsertCollectionPolicy", read_only=False,
    resources=_resource, in_project=False,
    policyName=Text(required=True, pattern="[a-z][a-z0-9_-]{2,62}", where="body"),
    productCode=_CODE, dataCode=_CODE, enabled=Flag(required=True, where="body"),
    policyConfig=Structure(required=True, where="body", fields={
        "resourceMode": Text(required=True, choices=("all", "instanceMode", "attributeMode")),
        "instanceIds": Items(), "regions": Items(), "resourceTags": Mapped(),
    }),
    centralizeEnabled=Flag(where="body"),
    centralizeConfig=Structure(where="body", fields={
        "destRegion": Text(), "destProject": Text(), "destLogstore": Text(),
        "destTTL": Number(minimum=1, maximum=FOREVER),
    }),
    dataConfig=Structure(where="body", fields={"dataRegion": Text()}),
    resourceDirectory=Structure(where="body", fields={
        "accountGroupType": Text(required=True, choices=("all", "custom")),
        "members": Items(item=Text(pattern="[0-9]{15,20}")),
    }),
)
def upsert_collection_policy(request: ApiRequest) -> None:
    """Make a policy, or replace one."""
    _check_endpoint(request)
    policies, name = request.account.collection_policies, request["policyName"]
    if name.startswith(_INTERNAL):
        raise _invalid(f"policies named {_INTERNAL}* are created by the service")
    before = policies.get(name)
    settings = {key: value for key, value in request.input.items() if key != "policyName"}
    settings.setdefault("centralizeEnabled", False)
    if before:
        _check_fixed(before, settings)
    mode = settings["policyConfig"]
    if (mode["resourceMode"] == "instanceMode") and not mode.get("instanceIds"):
        raise _invalid("instanceMode needs instanceIds")
    _check_directory(request, settings.get("resourceDirectory"))
    if settings["centralizeEnabled"]:
        _make_destination(request, settings.get("centralizeConfig") or {})
    policies.put(name, CollectionPolicy(name, before.uid if before else f"cp-{request.id.lower()}", settings))


@rest(
    "GetCollectionPolicy", "GET", "/collectionpolicy/{policyName}", action="log:GetCollectionPolicy", read_only=True,
    resources=_resource, in_project=False, policyName=_NAME, **_FILTER,
)
def get_collection_policy(request: ApiRequest) -> dict[str, Any]:
    """Describe a policy."""
    _check_endpoint(request)
    policy = _found(request, request.account.collection_policies.seen(request["policyName"]))
    return {"collectionPolicy": _describe(policy)}


@rest(
    "DeleteCollectionPolicy", "DELETE", "/collectionpolicy/{policyName}", action="log:DeleteCollectionPolicy",
    read_only=False, resources=_resource, in_project=False, policyName=_NAME, **_FILTER,
)
def delete_collection_policy(request: ApiRequest) -> None:
    """End a collection. What was collected stays."""
    _check_endpoint(request)
    policy = _found(request, request.account.collection_policies.get(request["policyName"]))
    if policy.internal:
        raise _invalid("the service created this policy")
    request.account.collection_policies.delete(policy.name)


@rest(
    "ListCollectionPolicies", "GET", "/collectionpolicy", action="log:ListCollectionPolicies", read_only=True,
    resources=_resource, in_project=False, policyName=Text(), instanceId=Text(), centralProject=Text(), **_FILTER,
    offset=Number(minimum=0), size=Number(minimum=1, maximum=_LONGEST_PAGE),
)
def list_collection_policies(request: ApiRequest) -> dict[str, Any]:
    """Policies by their names, and which there are of each product."""
    _check_endpoint(request)
    if "instanceId" in request and not ("productCode" in request and "dataCode" in request):
        raise _invalid("instanceId needs productCode and dataCode")
    found = sorted((policy for policy in request.account.collection_policies.all_seen() if _matches(request, policy)),
                   key=lambda policy: policy.name)
    offset = request.get("offset", 0)
    shown = found[offset:offset + request.get("size", _PAGE)]
    products: dict[str, list[dict[str, str]]] = {}
    for policy in found:
        products.setdefault(policy.settings["productCode"], []).append(
            {"policyName": policy.name, "policyUid": policy.uid}
        )
    return {
        "currentCount": len(shown), "totalCount": len(found), "data": [_describe(policy) for policy in shown],
        "statistics": [{"productCode": code, "policySourceList": sources} for code, sources in products.items()],
    }


def _check_endpoint(request: ApiRequest) -> None:
    if request.region not in ENDPOINT_REGIONS:
        raise CloudError(400, "ParameterInvalid", f"Collection policies are served in {', '.join(ENDPOINT_REGIONS)} "
                                                  f"only, wherever the logs are; not in {request.region}.")


def _check_fixed(before: CollectionPolicy, settings: dict[str, Any]) -> None:
    for name in _FIXED:
        old = before.settings.get(name)
        if name in settings and old is not None and settings[name] != old:
            raise _invalid(f"{name} can't be changed")
        if old is not None:
            settings[name] = old


def _check_directory(request: ApiRequest, wanted: Mapping[str, Any] | None) -> None:
    if not wanted:
        return
    directory, account_id = request.cloud.directory, request.account.id
    if account_id != directory.manager and not directory.is_delegated(account_id, LOG_AUDIT):
        raise CloudError(403, "Unauthorized", f"Account {account_id} is neither the management account of a resource "
                                              f"directory nor a delegated administrator of {LOG_AUDIT} there.")
    members = wanted.get("members") or []
    if (wanted["accountGroupType"] == "custom") != bool(members):
        raise _invalid("accountGroupType is all, without members, or custom, with some")
    for member in members:
        if not directory.is_member(member):
            raise _invalid(f"account {member} is no member of the resource directory")


def _make_destination(request: ApiRequest, config: Mapping[str, Any]) -> None:
    """Make the logstore that logs go to, if it is not there: assumption alibaba-collection-policy-destination."""
    missing = [name for name in ("destRegion", "destProject", "destLogstore") if not config.get(name)]
    if missing:
        raise _invalid(f"centralizeConfig lacks {missing[0]}")
    project = request.cloud.sls.projects.get(config["destProject"])
    if not project or (project.account_id, project.region) != (request.account.id, config["destRegion"]):
        raise CloudError(404, "ProjectNotExist", f"The Project does not exist : {config['destProject']}")
    if (project.name, config["destLogstore"]) not in request.cloud.sls.logstores:
        if "destTTL" not in config:
            raise _invalid("a logstore that is not there yet needs destTTL")
        ensure_logstore(request.cloud, project.name, config["destLogstore"], config["destTTL"])


def _found(request: ApiRequest, policy: CollectionPolicy | None) -> CollectionPolicy:
    if not policy or not _matches_codes(request, policy):
        raise CloudError(404, "PolicyNotExist", f"policy {request['policyName']} does not exist")
    return policy


def _matches(request: ApiRequest, policy: CollectionPolicy) -> bool:
    config = policy.settings["policyConfig"]
    central = (policy.settings.get("centralizeConfig") or {}).get("destProject")
    return (
        _matches_codes(request, policy) and request.get("policyName", policy.name) == policy.name
        and request.get("centralProject", central) == central
        and ("instanceId" not in request or config["resourceMode"] == "all"
             or request["instanceId"] in (config.get("instanceIds") or ()))
    )


def _matches_codes(request: ApiRequest, policy: CollectionPolicy) -> bool:
    return all(request.get(name, policy.settings[name]) == policy.settings[name] for name in _FILTER)


def _describe(policy: CollectionPolicy) -> dict[str, Any]:
    return {"policyName": policy.name, "policyUid": policy.uid, "internalPolicy": policy.internal, **policy.settings}


def _invalid(why: str) -> CloudError:
    return CloudError(400, "ParameterInvalid", f"Invalid collection policy: {why}")
