# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an AWS account. Private."""
from __future__ import annotations

from .. import result as results
from ..coverage import Coverage
from .archive import Archive
from .member import Member
from .probe import Probe


def result(account: dict, hostvars) -> dict:
    """The result of an account of the deployment."""
    found = probe(account, hostvars)
    subjects = [found.archive, _coverage(account, hostvars[account["name"]])] if "archive" in account["roles"] else []
    destinations = found.destinations() if "member" in account["roles"] else []
    return results.result(account, [*subjects, found.member], found.result(), found.failure(), destinations,
                          found.member.digests, found.member.digest_chains)


def _coverage(account, host):
    found = Coverage(account, "aws_members", "organization_id" in account["trail"])
    found.check_archive(account["mode"] != "account_trails")
    organization = host.get("audit_logs_aws_organization") or {}
    if organization.get("accounts"):
        found.check_organization(f"organization {organization['id']}", organization["accounts"])
    return found


def probe(account: dict, hostvars) -> Probe:
    """The probe of an account of the deployment."""
    host, archive = hostvars[account["name"]], hostvars[account["archive"]] if account["archive"] else {}
    return Probe(host, archive, Member(host, archive, account), Archive(archive))
