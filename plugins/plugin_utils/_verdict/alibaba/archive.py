# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the archive account on Alibaba Cloud. Private."""
from __future__ import annotations

from ..._deployment.alibaba_results import (
    MEMBER_RESOURCES, RESOURCES, SETUP_RESOURCES, items, leftover_destinations, leftover_policies, registered, retained_accounts,
)
from ..._deployment.alibaba_route import Route
from ..result import WARNING
from . import logstores, roles
from .findings import CENTRAL, EXPORTED, Delivery, Findings, title_of

COLLECTION_POLICIES = "alibaba_collection_policies_result"
LOG_AUDIT = ("alibaba_log_audit_archive_log_audit", "alibaba_log_audit_directory_log_audit")
_CONTROLS = {"": [CENTRAL], "accounts": [CENTRAL], "products": [EXPORTED, CENTRAL]}


class Archive(Findings):
    """What is wrong in the archive account, except what concerns a single member.

    :param host: variables of the archive account.
    :param route: of the events of an account.
    """

    def __init__(self, host: dict, route: Route):
        super().__init__()
        self._account, self._route = str(host["account_id"]), route
        for variable in (name for name in RESOURCES if name not in (*MEMBER_RESOURCES, *SETUP_RESOURCES)):
            for label, item in registered(host, variable):
                if "diff" in item:
                    self._compare(host, variable, label, item)
        # Problems with the policies of a role concern all members, problems with its trust policy a single member.
        for problem in roles.write_problems(host, self._account, route)[1]:
            self.missing(RESOURCES[roles.WRITE], problem)
        for problem in roles.dispatch_problems(host, self._account, route)[1]:
            self.missing(RESOURCES[roles.DISPATCH], problem, Delivery.MAYBE_STOPPED)
        for title, text in leftover_destinations(host).items():
            self.add("drift", title, f"There is also {text}", level=WARNING)
        for name in leftover_policies(host):
            text = f"collection policy {name} delivers to project {route.project}, but is not in the inventory"
            self.add("drift", f"collection policy {name}", f"{text}: add it to the inventory, or delete it", level=WARNING)
        if not route.manages_trails:
            self.check_directory(host, Delivery.STOPPED)
        projects = (host.get("audit_logs_alibaba_projects") or {}).get("projects")
        if projects == [] and not any(items(host, name) for name in RESOURCES if name.endswith("_project")):
            self.missing(f"project {route.project}", logstores.no_project(route))

    def _compare(self, host, variable, label, item):
        title, before, after = title_of(label, item), item["diff"]["before"], item["diff"]["after"]
        for account in retained_accounts(host, item):
            text = f"{title} also covers account {account}, which is not in the inventory"
            self.add("drift", title, f"{text}: if its logs may end, add {account} to audit_logs_removed_accounts", level=WARNING)
        ignored, texts = (), {}
        if before and variable in LOG_AUDIT:
            ignored, texts = ["accounts"], _texts_of_log_audit(title, before, after)
        elif before and variable == COLLECTION_POLICIES:
            ignored = ["resource_directory"] if new_members(item) else ()
            texts = {
                "enabled": f"{title} is switched off: run setup",
                "centralize_enabled": f"{title} does not copy logs to a central destination: run setup",
                "centralize_config": f"{title} copies logs to another destination than the inventory says: run setup",
            }
        elif before and _only_members_missing(before.get("trust_policy"), after.get("trust_policy")):
            ignored = ["trust_policy"]
        controls = _CONTROLS if variable in (COLLECTION_POLICIES, *LOG_AUDIT) else {}
        absent = logstores.no_project(self._route) if label == "project" else None
        self.compare(title, item, self._delivery_without(variable, label, item), controls, texts, ignored, absent)

    def _delivery_without(self, variable, label, item):
        if variable == COLLECTION_POLICIES:
            return delivery_without_policy(item, self._route)
        # Collection policies may do without the service-linked role: assumption alibaba-collection-policy-role. For the archive's
        # own events, either that role or the older pair of roles is enough. The findings about a role say what its policies lack.
        is_needed = variable not in (roles.DISPATCH, "alibaba_collection_service_linked_role")
        return Delivery.STOPPED if is_needed and label == RESOURCES[variable] else Delivery.MAYBE_STOPPED


def delivery_without_policy(item: dict, route: Route) -> Delivery:
    """What happens to events if a collection policy is not as it should be. Of several, each may be enough."""
    if item["policy"]["name"] not in route.policies:
        return Delivery.UNAFFECTED
    return Delivery.STOPPED if len(route.policies) == 1 else Delivery.MAYBE_STOPPED


def new_members(item: dict) -> set[str]:
    """Accounts that a collection policy does not collect from, and should."""
    before, after = (item["diff"][when].get("resource_directory") or {} for when in ("before", "after"))
    if "all" in (before.get("account_group_type"), after.get("account_group_type")):
        return set()
    return set(after.get("members") or ()) - set(before.get("members") or ()) if item["diff"]["before"] else set()


def _texts_of_log_audit(title, before, after):
    texts = {
        "central_region": f"{title} has its project in {before['central_region']}, but should have it in {after['central_region']}: run"
                          " setup",
        "mode": f"{title} is in {before['mode']} mode, but should be in {after['mode']} mode: run setup",
    }
    if _collects(after) and not _collects(before):
        texts["products"] = f"{title} does not collect the events of ActionTrail: run setup to switch them on"
    return texts


def _collects(settings):
    return bool(settings["products"].get("actiontrail", {}).get("enabled"))


def _only_members_missing(is_, should_be):
    """Whether a trust policy only lacks services in accounts of members, such as C(id@actiontrail.aliyuncs.com)."""
    trusted, expected = _services(is_), _services(should_be)
    if trusted is None or expected is None or not trusted < expected:
        return False
    return all("@" in service for service in expected - trusted)


def _services(trust):
    """The services that a trust policy with one statement allows; None if it is another policy."""
    statements = trust.get("Statement") if isinstance(trust, dict) else None
    if not isinstance(statements, list) or len(statements) != 1 or statements[0].get("Effect") != "Allow":
        return None
    principal = statements[0].get("Principal")
    services = principal.get("Service") if isinstance(principal, dict) and len(principal) == 1 else None
    return {services} if isinstance(services, str) else set(services) if isinstance(services, list) else None
