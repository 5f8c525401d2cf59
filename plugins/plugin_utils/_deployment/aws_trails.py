# SPDX-License-Identifier: GPL-3.0-or-later
"""The trail that records an account, by the mode of the deployment (audit_logs_aws_mode). Private.

account_trails: each member has a trail of its own.
organization_trail: one account has a trail that records all accounts of the organization.
existing_trail: somebody else manages a trail that records the members, and the playbooks only verify it.
"""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, policies

from .._roles.options import REMOVED, default_trail_name
from .cloud import differing, given, some

MODES = ("account_trails", "organization_trail", "existing_trail")
_REGISTER = "audit_logs_aws_register_delegated_administrator"
_ORGANIZATION = "organization"  # at the end of the default name: in one account, two trails cannot have the same name


def mode(host: dict) -> str:
    """The mode of the deployment, from the variables of a host."""
    return given(host, "audit_logs_aws_mode", MODES[0])


def home(host: dict, region: str | None) -> str | None:
    """The home region of the trail that records an account, which is also the region of its session."""
    arn = given(host, "audit_logs_aws_trail_arn")
    if mode(host) == "existing_trail" and arn and not checks.trail_arn(arn):
        return arn.split(":")[3]
    return given(host, "audit_logs_aws_region", region)


def name(host: dict) -> str:
    """The name of the trail."""
    default = default_trail_name(given(host, "audit_logs_deployment"))
    return given(host, "aws_trail_name") or (f"{default}-{_ORGANIZATION}" if mode(host) == "organization_trail" else default)


def problems(variables: dict[str, dict], members: list[str], region: str | None) -> list[str]:
    """What is wrong with the mode, and with the variables that belong to it.

    :param variables: by host.
    """
    given_modes = [mode(host) for host in variables.values()]
    if not all(one in MODES for one in given_modes):
        return []  # each host has a sentence about its value
    modes = sorted(set(given_modes))
    if len(modes) > 1:
        return [f"audit_logs_aws_mode differs between hosts ({', '.join(modes)}): give all of them the same mode"]
    hosts = {member: variables[member] for member in members}
    found = {
        "account_trails": lambda _hosts, _region: [],
        "organization_trail": _problems_of_organization_trail,
        "existing_trail": _problems_of_existing_trail,
    }[modes[0]](hosts, region)
    return found or [
        f"{some(having)}: {option} is only for the mode {of_mode}. Set audit_logs_aws_mode: {of_mode}, or remove {option}"
        for option, of_mode in (
            ("audit_logs_aws_trail_arn", "existing_trail"), ("audit_logs_aws_trail_account_id", "organization_trail"),
            (_REGISTER, "organization_trail"))
        if of_mode != modes[0] and (having := [host for host, own in variables.items() if given(own, option)])
    ]


def _problems_of_existing_trail(hosts, _region):
    without = [host for host, own in hosts.items() if not given(own, "audit_logs_aws_trail_arn")]
    return [
        f"{some(without)}: audit_logs_aws_trail_arn is missing: in the mode existing_trail, give the ARN of the trail that records the"
        " account"
    ] if without else []


def _problems_of_organization_trail(hosts, region):
    """All accounts must agree on the trail, and the account that has it must be among them."""
    for option, what in (
        ("audit_logs_aws_management_account_id", "the id of the management account, which owns the trail"),
        ("aws_trail_bucket_organization_id", "the id of the organization, such as o-a1b2c3d4e5"),
    ):
        without = [host for host, own in hosts.items() if not given(own, option)]
        if without:
            return [f"{some(without)}: {option} is missing. In the mode organization_trail, give all hosts {what}"]
    different = differing(hosts, (
        ("audit_logs_aws_management_account_id", lambda own: given(own, "audit_logs_aws_management_account_id")),
        ("audit_logs_aws_trail_account_id", _administrator),
        (_REGISTER, _registers),
        ("audit_logs_aws_region", lambda own: home(own, region)),
        ("aws_trail_bucket_organization_id", lambda own: given(own, "aws_trail_bucket_organization_id")),
        ("aws_trail_name", name),
        ("aws_trail_s3_key_prefix", _prefix),
    ))
    if different:
        return [f"{different}: in the mode organization_trail, one trail records all accounts, so give all of them the same value"]
    if hosts and not _leader(hosts):
        wanted = _administrator(next(iter(hosts.values())))
        return [
            f"no host of aws_members has the account id {wanted}, and this account is to have the trail of the organization. Add it to"
            " aws_members, or give another account id in audit_logs_aws_trail_account_id"
        ]
    return _problems_of_registration(hosts)


def _problems_of_registration(hosts):
    """The session of the management account is needed to register another account as a delegated administrator."""
    if not any(map(_registers, hosts.values())):
        return []
    management = given(next(iter(hosts.values())), "audit_logs_aws_management_account_id")
    if hosts[_leader(hosts)]["account_id"] == management:
        return [
            f"{_REGISTER}: the management account {management} has the trail and needs no registration. Remove the variable, or give the"
            " id of another account in audit_logs_aws_trail_account_id"
        ]
    if not _having(hosts, management):
        return [
            f"{_REGISTER}: only the management account {management} can register a delegated administrator, but no host of aws_members"
            " has this account id. Add it to aws_members, or register the administrator yourself and remove the variable"
        ]
    return []


def _administrator(host):
    """Id of the account that has the trail of the organization: the management account or a delegated administrator."""
    return given(host, "audit_logs_aws_trail_account_id") or given(host, "audit_logs_aws_management_account_id")


def _leader(hosts):
    return next((host for host, own in hosts.items() if own.get("account_id") == _administrator(own)), None)


def _registers(host):
    """Whether setup registers the account that has the trail as a delegated administrator."""
    return bool(given(host, "audit_logs_aws_register_delegated_administrator"))


def _having(hosts, account_id):
    return next((host for host, own in hosts.items() if own.get("account_id") == account_id), None)


def _prefix(host):
    """The prefix of the keys, empty if there is to be none; None if the inventory does not say."""
    prefix = host.get("aws_trail_s3_key_prefix")
    return "" if prefix == REMOVED else prefix


def records(variables: dict[str, dict], members: list[str], region: str) -> dict[str, dict]:
    """What the deployment knows of the trail of each account, by host.

    mode: the mode.
    is_covered: whether a trail records the account that this account does not have.
    trail: where the logs of the account are, as C(module_utils._aws.policies) takes it.
    trail_arn: of the trail.
    source: the trail as the policies of the archive know it; None if the account has no trail.
    source_id: id of the account that owns the trail.
    registers: id of the account that the session of this account registers as a delegated administrator; only if there is one.
    registered_by: the host with C(registers), in the record of the account that it registers.
    recorded_by: the host that has the trail of the organization, in the records of the other accounts that it records.

    :param variables: by host; C(problems) has found nothing.
    """
    hosts = {member: variables[member] for member in members}
    leader = _leader(hosts)
    found = {host: _record(own, host == leader, region) for host, own in variables.items()}
    for host in hosts:
        if leader and host != leader and found[host]["mode"] == "organization_trail":
            found[host]["recorded_by"] = leader
    if leader and _registers(variables[leader]):
        management = _having(hosts, given(variables[leader], "audit_logs_aws_management_account_id"))
        found[management]["registers"], found[leader]["registered_by"] = variables[leader]["account_id"], management
    return found


def organization_reader(found: dict[str, dict], archive: str) -> str:
    """The host in whose session the accounts of the organization are listed: one that should be allowed to.

    :param found: what C(records) returned.
    :param archive: the host of the archive, which is asked if nothing is known of the others.
    """
    of_organization = {host: record for host, record in found.items() if "organization_id" in record["trail"]}
    having = [host for host, record in of_organization.items() if not record["is_covered"]]
    owning = [host for host, record in of_organization.items() if record["trail"]["account_id"] == record["source_id"]]
    return next(iter([*having, *owning]), archive)


def _record(own, leads, region):
    own_mode, prefix = mode(own), _prefix(own)
    trail = {"account_id": own["account_id"], "region": home(own, region), "name": name(own), "prefix": prefix}
    owner = own["account_id"]
    organization_id = given(own, "aws_trail_bucket_organization_id")
    if own_mode == "organization_trail":
        owner = given(own, "audit_logs_aws_management_account_id") or owner
        trail.update(prefix=owner if prefix is None else prefix, organization_id=organization_id)
    elif own_mode == "existing_trail" and given(own, "audit_logs_aws_trail_arn"):
        *_arn, owner, path = own["audit_logs_aws_trail_arn"].split(":")
        trail.update(name=path.partition("/")[2], prefix=prefix or "", organization_id=organization_id)
    trail = policies.with_defaults({key: value for key, value in trail.items() if value is not None}, region)
    source = {**trail, "account_id": owner}
    is_covered = own_mode == "existing_trail" or own_mode == "organization_trail" and not leads
    return {
        "mode": own_mode, "is_covered": is_covered, "trail": trail, "trail_arn": policies.trail_arn(source),
        "source": None if is_covered else source, "source_id": owner,
    }
