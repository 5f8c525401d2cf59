# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account of Alibaba Cloud. Private."""
from __future__ import annotations

from ..._deployment.alibaba_route import Route
from .. import result as results
from ..coverage import Coverage
from .archive import Archive
from .findings import EXPORTED
from .logstores import Logstores
from .member import Member
from .probe import Probe


def result(account: dict, hostvars) -> dict:
    """The result of an account of the deployment."""
    found = probe(account, hostvars)
    if found.created and found.route.skipped:
        found.member.weak("events of the account", found.route.skipped, controls=[EXPORTED])
    subjects = [found.archive, Logstores(found.host, found.route), _coverage(account, found.host)] if "archive" in account["roles"] else []
    return results.result(account, [*subjects, found.member], found.result(), found.failure(), found.destinations())


def _coverage(account, host):
    # A trail of another account records a member only if it is that of the directory.
    records_all = account["route"]["mode"] in ("organization_trail", "existing_trail") and any(
        account["accounts"][member] != source for member, source in account["sources"].items())
    found = Coverage(account, "alibaba_members", records_all)
    if not account["route"]["is_source"]:
        found.check_archive(account["route"]["mode"] in ("organization_trail", "existing_trail"))
    directory = host.get("audit_logs_alibaba_accounts") or {}
    # Other errors say that the account may not list them, which the summary notes if it is a permission that is missing.
    if (directory.get("error") or {}).get("is_transient"):
        found.add("coverage", "resource directory", "the inventory was not compared with the accounts of the resource directory:"
                  f" {directory['msg']}. Run verify again", level=results.WARNING)
    if directory.get("accounts"):
        found.check_organization(f"resource directory {directory['id']}", directory["accounts"])
    return found


def probe(account: dict, hostvars) -> Probe:
    """The probe of an account of the deployment."""
    host, archive, route = hostvars[account["name"]], hostvars[account["archive"]], Route(**account["route"])
    recorder = hostvars[account["recorder"]]
    return Probe(host, archive, Member(host, archive, route, recorder), Archive(archive, route), recorder)
