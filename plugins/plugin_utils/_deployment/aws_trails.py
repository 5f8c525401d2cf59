# SPDX-License-Identifier: GPL-3.0-or-later
"""The trail that records an account, by the mode of the deployment (audit_logs_aws_mode). Private.

In the mode account_trails, each member has a trail of its own, which the role aws_trail manages. In the mode existing_trail,
somebody else manages the trail, and the playbooks only verify that it records the members.
"""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, policies

from .._roles.options import REMOVED, default_trail_name
from .cloud import given, some

MODES = ("account_trails", "existing_trail")


def mode(host: dict) -> str:
    """The mode of the deployment, from the variables of a host."""
    return given(host, "audit_logs_aws_mode", MODES[0])


def home(host: dict, region: str | None) -> str | None:
    """The home region of the trail that records an account, which is also the region of its session."""
    arn = given(host, "audit_logs_aws_trail_arn")
    if mode(host) == "existing_trail" and arn and not checks.trail_arn(arn):
        return arn.split(":")[3]
    return given(host, "audit_logs_aws_region", region)


def problems(variables: dict[str, dict], members: list[str]) -> list[str]:
    """What is wrong with the mode, and with the variables that belong to it.

    :param variables: by host.
    """
    modes = sorted({mode(host) for host in variables.values()})
    if len(modes) > 1:
        return [f"audit_logs_aws_mode differs between hosts ({', '.join(modes)}): give all of them the same mode"]
    is_existing = modes == ["existing_trail"]
    without = [host for host in members if is_existing and not given(variables[host], "audit_logs_aws_trail_arn")]
    if without:
        return [
            f"{some(without)}: audit_logs_aws_trail_arn is missing: in the mode existing_trail, give the ARN of the trail that records the account"]
    having = [host for host in variables if not is_existing and given(variables[host], "audit_logs_aws_trail_arn")]
    if having:
        return [
            f"{some(having)}: audit_logs_aws_trail_arn is for the mode existing_trail: give audit_logs_aws_mode: existing_trail, or remove the ARN"]
    return []


def name(host: dict) -> str:
    """The name of the trail of a member that has one of its own."""
    return given(host, "aws_trail_name") or default_trail_name(given(host, "audit_logs_deployment"))


def trail_arn(host: dict, trail: dict) -> str:
    """The ARN of the trail that records a member.

    :param trail: what C(trail) returned.
    """
    return given(host, "audit_logs_aws_trail_arn") or policies.trail_arn(trail)


def trail(host: dict, region: str) -> dict:
    """The trail that records a member, and where it delivers the logs of the member, as module_utils._aws.policies takes it."""
    prefix = "" if host.get("aws_trail_s3_key_prefix") == REMOVED else host.get("aws_trail_s3_key_prefix")
    found = {"account_id": host["account_id"], "region": home(host, region)}
    arn = given(host, "audit_logs_aws_trail_arn")
    if arn:
        # By default, a trail has no prefix. That the account's id is one is a habit of this collection.
        found.update(name=arn.rpartition("/")[2], prefix=prefix or "")
        is_of_organization = given(host, "aws_trail_bucket_organization_id")
    else:
        found.update(name=name(host), prefix=prefix)
        is_of_organization = host.get("aws_trail_is_organization_trail")
    found = {key: value for key, value in found.items() if value is not None}
    if is_of_organization:
        found["organization_id"] = host.get("aws_trail_bucket_organization_id")
    return policies.with_defaults(found, region)
