# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a member account on Alibaba Cloud; also of the archive account, whose own events are collected. Private."""
from __future__ import annotations

from ..._deployment.alibaba_results import RESOURCES, items, leftover_trails, registered
from ..._deployment.alibaba_route import Route
from ..result import WARNING
from . import roles
from .archive import COLLECTION_POLICIES, LOG_AUDIT, delivery_without_policy, new_members
from .findings import CENTRAL, EXPORTED, Delivery, Findings, title_of

_TRAIL = "alibaba_trail_trail"
_CONTROLS = {"": [EXPORTED], "event_rw": [EXPORTED], "trail_region": [EXPORTED], "logging": [EXPORTED]}


class Member(Findings):
    """What is wrong in an account that events come from, and what is wrong in the archive for this account alone.

    :param host: variables of the account.
    :param archive: variables of the archive account.
    :param route: of the events of the account.
    :param recorder: variables of the account that has the trail of the organization; those of the account itself without one.
    """

    def __init__(self, host: dict, archive: dict, route: Route, recorder: dict):
        super().__init__()
        self.account, self.route = str(host["account_id"]), route
        # For the archive's own events, either the older pair of roles or the service-linked role is enough.
        without_role = Delivery.MAYBE_STOPPED if self.account == route.archive_id else Delivery.STOPPED
        for label, item in registered(host, roles.MONITOR):
            if "diff" in item:
                is_role = label == RESOURCES[roles.MONITOR]
                self.compare(title_of(label, item), item, without_role if is_role else Delivery.MAYBE_STOPPED, {}, {})
        self._check_trail(host, recorder)
        for problem in roles.monitor_problems(host, route):
            self.missing(RESOURCES[roles.MONITOR], problem, without_role, controls=[CENTRAL])
        self._check_collection(archive)
        if route.has_trail:
            # No document says what becomes of a trail whose account is no longer an administrator.
            self.check_directory(host, Delivery.MAYBE_STOPPED)
        if route.is_source:
            self._check_trust(archive)
        if route.has_trail:
            for item in items(host, _TRAIL):
                self._check_coverage(item["diff"]["after"])

    def _check_trail(self, host, recorder):
        """Check the trail that records the account, and whether the account has others."""
        for item in items(host, _TRAIL):
            title = title_of(RESOURCES[_TRAIL], item)
            if self.route.has_trail:
                self.compare(title, item, Delivery.STOPPED, _CONTROLS, self._texts_of_trail(title, item["diff"]))
            elif item["trail"] is None:
                self._check_unseen()
            elif self.route.mode == "existing_trail":
                self._check_existing(item["trail"])
            for text in leftover_trails(item):
                self.add("drift", title, f"There is also {text}", level=WARNING)
            for arn in item.get("also_recorded_by", ()):
                self.add("cost", title, f"trail {arn} also records the events of the account. They are stored and charged for twice:"
                         " delete one of the trails", level=WARNING)
        if self.route.manages_trails and self.route.is_source and not self.route.has_trail:
            # What stops the trail of the organization, stops the events of this account.
            for item in items(recorder, _TRAIL):
                title = f"{title_of(RESOURCES[_TRAIL], item)} of account {self.route.trail_account_id}"
                texts = self._texts_of_trail(title, item["diff"])
                self.compare(title, item, Delivery.STOPPED, {}, texts, ignored=set(item["diff"]["after"]) - set(texts))

    def _check_unseen(self):
        """Note that the account does not list the trail that records it: assumption alibaba-actiontrail-organization-trail-in-members."""
        title = f"trail {self.route.trail} of account {self.route.trail_account_id}"
        if self.account == self.route.trail_account_id:
            self.missing(title, f"{title} does not exist: correct audit_logs_alibaba_trail_arn", controls=[EXPORTED])
        else:
            self.suspects.append(f"the account does not list {title}: check whether the account is in the resource directory of the trail")

    def _check_existing(self, trail):
        """Check the trail of somebody else, as far as the account itself may read it."""
        title = f"trail {self.route.trail} of account {self.route.trail_account_id}"
        self.checked.append(title)
        if not trail["logging"]:
            self.missing(title, f"{title} is stopped: start it, or ask its owner", controls=[EXPORTED])
        else:
            project = f"acs:log:{self.route.archive_region}:{self.route.archive_id}:project/{self.route.project}"
            if trail["sls_project_arn"] != project:
                self.missing(title, f"{title} writes into {trail['sls_project_arn'] or 'no project'}, not into {project}: correct"
                             " audit_logs_alibaba_project or audit_logs_alibaba_region, or ask the owner of the trail")
            self._check_coverage(trail)

    def _texts_of_trail(self, title, diff):
        before, after = diff["before"], diff["after"]
        if not before or not after["logging"]:
            return {}
        texts = {
            "logging": f"{title} is stopped: start it, or run setup",
            "sls_project_arn": f"{title} writes into {before['sls_project_arn'] or 'no project'}, but should write into"
                               f" {after['sls_project_arn']}: run setup with audit_logs_adopt: true",
            "sls_write_role_arn": f"{title} writes with {before['sls_write_role_arn'] or 'no role'}, but should write with"
                                  f" {after['sls_write_role_arn']}: run setup",
        }
        if before["event_rw"] not in ("All", self.route.kind.capitalize()):
            texts["event_rw"] = (f"{title} delivers only {before['event_rw']} events, but should deliver {after['event_rw']}: run setup")
        if not {"All", self.route.probe_region} & set(before["trail_region"]):
            is_, should_be = (", ".join(settings["trail_region"]) for settings in (before, after))
            texts["trail_region"] = f"{title} delivers only the events of {is_}, but should deliver those of {should_be}: run setup"
        return texts

    def _check_collection(self, archive):
        """Check whether the archive account collects from this account."""
        for item in (item for variable in LOG_AUDIT for item in items(archive, variable)):
            before, after = item["diff"]["before"], item["diff"]["after"]
            is_listed = before and before["mode"] == after["mode"] and before["directory_accounts"] != "all"
            if is_listed and self.account in set(after["accounts"]) - set(before["accounts"]):
                title = RESOURCES[LOG_AUDIT[0]]
                self.missing(title, f"{title} of account {self.route.archive_id} does not collect from account {self.account}, because"
                             " the account is not on its list: run setup", controls=[CENTRAL])
        for item in items(archive, COLLECTION_POLICIES):
            if self.account in new_members(item):
                title = title_of(RESOURCES[COLLECTION_POLICIES], item)
                self.missing(title, f"{title} of account {self.route.archive_id} does not collect from account {self.account}, because"
                             " the account is not one of its members: run setup",
                             delivery_without_policy(item, self.route), controls=[CENTRAL])

    def _check_trust(self, archive):
        """Check whether roles of the archive account trust the services in this account."""
        for problem in roles.write_problems(archive, self.route.trail_account_id, self.route)[0]:
            self.missing(RESOURCES[roles.WRITE], f"{problem}: run setup", controls=[CENTRAL])
        for problem in roles.dispatch_problems(archive, self.account, self.route)[0]:
            self.missing(RESOURCES[roles.DISPATCH], f"{problem}: run setup", Delivery.MAYBE_STOPPED, controls=[CENTRAL])

    def _check_coverage(self, asked):
        """Warn of a trail that is to deliver only a part of the events."""
        title = f"trail {self.route.trail}"
        if asked.get("event_rw") != "All":
            self.weak(title, f"{title} delivers {asked.get('event_rw')} events only", "event_rw", [EXPORTED])
        if asked.get("trail_region") != ["All"]:
            regions = ", ".join(asked.get("trail_region") or [])
            self.weak(title, f"{title} delivers the events of {regions} only", "trail_region", [EXPORTED])
