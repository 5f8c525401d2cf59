# SPDX-License-Identifier: GPL-3.0-or-later
"""The trail that records an account, in the modes (audit_logs_alibaba_mode) in which trails deliver the events. Private.

actiontrail: each member has a trail of its own.
organization_trail: one member has a trail that records all accounts of the resource directory.
existing_trail: somebody else manages a trail that records the members, and the playbooks only verify it.
"""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import actiontrail

from .._roles.options import default_trail_name
from .cloud import differing, given, some

MANAGED = ("actiontrail", "organization_trail")
MODES = (*MANAGED, "existing_trail")
_ORGANIZATION = "organization"  # at the end of the default name: an account cannot have two trails of the same name


def existing(host: dict) -> dict[str, str]:
    """Region, account_id and name in the ARN that the variables of a host give; empty if they give none."""
    found = actiontrail.ARN.fullmatch(given(host, "audit_logs_alibaba_trail_arn", ""))
    return found.groupdict() if found else {}


def name(host: dict, mode: str) -> str:
    """The name of the trail that this collection manages."""
    default = default_trail_name(given(host, "audit_logs_deployment"))
    return given(host, "alibaba_trail_name") or (f"{default}-{_ORGANIZATION}" if mode == "organization_trail" else default)


def leader(members: dict[str, dict]) -> str | None:
    """The member that has the trail of the organization; None in other modes.

    :param members: variables by host.
    """
    return next((host for host, own in members.items() if own.get("account_id") == _administrator(own)), None)


def _regions(host):
    """The regions that the trail records, in any order; an unresolved value as it is."""
    regions = given(host, "alibaba_trail_trail_region") or ["All"]
    return sorted(regions) if isinstance(regions, list) else regions


def _administrator(host):
    """Id of the account that has the trail of the organization: the management account or a delegated administrator."""
    if given(host, "audit_logs_alibaba_mode") != "organization_trail":
        return None
    return given(host, "audit_logs_alibaba_trail_account_id") or given(host, "audit_logs_alibaba_management_account_id")


def problems(mode: str, variables: dict[str, dict], members: list[str], region: str | None) -> list[str]:
    """What is wrong with the variables that belong to a mode.

    :param variables: by host.
    :param region: of hosts that have none of their own.
    """
    for option, of_mode in (("audit_logs_alibaba_trail_account_id", "organization_trail"), ("audit_logs_alibaba_trail_arn", "existing_trail")):
        having = [host for host, own in variables.items() if given(own, option)]
        if having and mode != of_mode:
            return [f"{some(having)}: {option} is only for the mode {of_mode}. Set audit_logs_alibaba_mode: {of_mode}, or remove {option}"]
    hosts = {host: variables[host] for host in members}
    of_mode = {"organization_trail": _problems_of_organization_trail, "existing_trail": _problems_of_existing_trail}
    return of_mode[mode](hosts, region) if mode in of_mode and hosts else []


def _problems_of_existing_trail(hosts, _region):
    without = [host for host, own in hosts.items() if not given(own, "audit_logs_alibaba_trail_arn")]
    return [
        f"{some(without)}: audit_logs_alibaba_trail_arn is missing: in the mode existing_trail, give the ARN of the trail that records the"
        " account"
    ] if without else []


def _problems_of_organization_trail(hosts, region):
    """All accounts must agree on the trail, and the account that has it must be among them."""
    without = [host for host, own in hosts.items() if not _administrator(own)]
    if without:
        return [
            f"{some(without)}: audit_logs_alibaba_management_account_id is missing. In the mode organization_trail, give all hosts the id"
            " of the management account, or in audit_logs_alibaba_trail_account_id the id of a delegated administrator of ActionTrail"
        ]
    different = differing(hosts, (
        ("audit_logs_alibaba_trail_account_id", _administrator),
        ("audit_logs_alibaba_region", lambda own: given(own, "audit_logs_alibaba_region", region)),
        ("alibaba_trail_name", lambda own: name(own, "organization_trail")),
        ("alibaba_trail_event_rw", lambda own: given(own, "alibaba_trail_event_rw", "All")),
        ("alibaba_trail_trail_region", _regions),
        ("alibaba_trail_logging", lambda own: given(own, "alibaba_trail_logging", True)),
    ))
    if different:
        return [f"{different}: in the mode organization_trail, one trail records all accounts, so give all of them the same value"]
    first = leader(hosts)
    if not first:
        return [
            f"no host of alibaba_members has the account id {_administrator(next(iter(hosts.values())))}, and this account is to have the"
            " trail of the organization. Add it to alibaba_members, or give another account id in audit_logs_alibaba_trail_account_id"
        ]
    problem = actiontrail.name_problem(name(hosts[first], "organization_trail"))
    return [f"{first}: {problem}: give another name in alibaba_trail_name"] if problem else []
