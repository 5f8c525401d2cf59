# SPDX-License-Identifier: GPL-3.0-or-later
"""The application of Log Audit Service in an account, for the module that manages it. Private to this collection."""
from __future__ import annotations

import contextlib
import json

from . import log_audit, retry, sls, tags
from .client import Cloud
from .errors import CloudError
from .resource import CONSISTENT, WAIT, Outdated, Resource


class Application(Resource):
    """The application of an account. Its tags are those of the central project: it has none of its own."""

    title = "Log Audit's application"
    missing = log_audit.MISSING

    def __init__(self, module):
        super().__init__(module)
        self.name = log_audit.APP
        self.account_id = self.params["account_id"]
        self.has_project = True
        self.no_project = sls.NO_PROJECT  # codes that say that the central project does not exist, or not yet
        self.announced = []  # logs that the service deletes for good
        self.tags_there = {}  # of the project in another region that becomes the central project

    def problem(self):
        params = self.params
        try:
            self.products = log_audit.asked_products(params["products"] or {})
        except ValueError as error:
            return str(error)
        return (
            log_audit.account_problem("accounts", params["accounts"] or [])
            or log_audit.account_problem("remove_accounts", set(params["remove_accounts"] or []) - {"all"})
            or self.account_id is not None and log_audit.account_problem("account_id", [self.account_id])
            or log_audit.drop_problem(params["drop_console_settings"])
            or tags.problem(params, sls.MOST_TAGS)
            or params["central_region"] is not None
            and log_audit.region_problem("central_region", params["central_region"])
            or self._contradiction()
        )

    def read(self):
        try:
            name, variables = log_audit.describe(self.cloud)
            settings = log_audit.settings_of(name, variables)
        except ValueError as error:
            self.module.fail_json(msg=f"DescribeApp: the module cannot read the response about {self.name}: {error}")
        if self.account_id not in (None, variables["aliuid"]):
            self.module.fail_json(
                msg=f"account_id: these credentials belong to account {variables['aliuid']}, not to {self.account_id}")
        self.account_id = variables["aliuid"]
        if tags.are_asked_for(self.params):
            settings["tags"] = self._tags(settings["central_region"])
        return settings

    def guard(self, current):
        """An application that collects nothing, or has no project any more, is nobody's."""
        return super().guard(current) if log_audit.is_used(current) and self.has_project else None

    def desired(self, current):
        if self.params["state"] == "absent":
            cleared = log_audit.without(log_audit.cleared(current), self.params["drop_console_settings"])
            return {name: value for name, value in cleared.items() if name != "tags"}
        for sentence in log_audit.undocumented(self.products):
            self.module.warn(sentence)
        if self.account_id is None:
            self.account_id = self.cloud.call("sts", "GetCallerIdentity")["AccountId"]
        shorter = log_audit.shorter_retention(current["products"] if current else {}, self.products)
        if shorter and not self.params["shorten_retention"]:
            what = ", ".join(f"products.{product}.ttl: {logs}" for product, logs in shorter.items())
            self.module.fail_json(
                msg=f"{what} would be deleted. Give a longer ttl, or to delete them, set shorten_retention: true, in the playbooks of"
                    " this collection audit_logs_shorten_retention: true")
        self.announced = [f"Log Audit Service: {product}: {logs}" for product, logs in shorter.items()]
        if current and self._region(current) not in (None, current["central_region"]):
            self._move(current["central_region"], self._region(current))
        mode = self.params["mode"] or (current["mode"] if current else log_audit.CUSTOM)
        if mode == log_audit.DIRECTORY:
            members, accounts = self._members(current)
        else:
            members, accounts = self._single_accounts(current)
        products = {} if self.params["only_without_accounts"] and accounts else self.products
        if len(accounts) > log_audit.MOST_ACCOUNTS:
            self.module.fail_json(
                msg=f"accounts: there would be {len(accounts)}, but Log Audit accepts at most {log_audit.MOST_ACCOUNTS}: remove some with"
                    " remove_accounts, or use Resource Directory mode or another archive account")
        return {
            "display_name": self.params["display_name"], "central_region": self._region(current), "mode": mode,
            "directory_accounts": members, "accounts": accounts,
            **log_audit.without(log_audit.with_asked(current, products), self.params["drop_console_settings"]),
            "tags": tags.desired(self.params, current),
        }

    def defaults(self):
        return {"display_name": log_audit.APP}

    def same(self, name, current, desired):
        if name == "accounts":
            return set(current) == set(desired)
        if name == "display_name":
            return current in ("", desired)  # it may come back empty
        return current == desired

    def create(self, desired):
        self._claim({**self.defaults(), **desired}, None, {})

    def update(self, current, desired, changes):
        settings, known = {**current, **desired}, current
        if changes != {"tags"}:
            self._check(current)
        if current["mode"] == log_audit.DIRECTORY and settings["mode"] == log_audit.CUSTOM and settings["accounts"]:
            self._write({**settings, "accounts": []})
            known = None
        is_moved = "central_region" in changes
        if is_moved or changes != {"tags"} and self.params["deployment"] and tags.foreign(self.params, current["tags"]):
            self._claim(settings, known, self.tags_there if is_moved else current["tags"])
            return
        if changes != {"tags"}:
            self._write(settings, known)
        if "tags" in changes:
            self._change_tags(settings["central_region"], current["tags"], desired["tags"])

    def result(self, settings):
        return {
            "announced": self.announced, "log_audit": log_audit.result_of(settings, self.account_id),
            "retained_accounts": self._retained(settings),
        }

    def _absent(self, current):
        if current is None:
            return self._outcome(None, None)
        reason = self.guard(current)
        return self._outcome(current, current, retained=f"it {reason}") if reason else self._present(current)

    def _retained(self, settings):
        """Accounts that are collected from, and that the options do not list."""
        if not settings or self.params["accounts"] is None:
            return []
        if settings["directory_accounts"] == "all":
            return ["all"]
        return [account for account in settings["accounts"] if account not in self.params["accounts"]]

    def _move(self, before, after):
        """Another region becomes that of the central project: its project may be there from earlier, and foreign."""
        if tags.are_asked_for(self.params):
            self.tags_there = self._read_tags(after)
            reason = self.tags_there is not None and tags.foreign(self.params, self.tags_there)
            if reason:
                self.module.fail_json(
                    msg=f"central_region: project {log_audit.project(self.account_id, after)} exists, and {reason}: choose another region,"
                        f" or {self.advice}")
            self.tags_there = self.tags_there or {}
        self.module.warn(
            f"central_region: new logs go into project {log_audit.project(self.account_id, after)}. The logs so far stay in project"
            f" {log_audit.project(self.account_id, before)}, which destroy retains")

    def _tags(self, region):
        found = self._read_tags(region)
        self.has_project = found is not None
        return found or {}

    def _read_tags(self, region):
        """The tags of a central project; None if it does not exist."""
        return retry.unless(self.no_project, lambda: sls.project_tags(*self._project(region)))

    def _claim(self, settings, known, tags_before):
        """Replace the map, and tag the central project at once: without the tags, the next run takes the application for foreign."""
        self.no_project = sls.NOT_VISIBLE  # the service creates it
        self._write(settings, known, lambda wait: self._change_tags(settings["central_region"], tags_before, settings.get("tags"), wait))

    def _change_tags(self, region, before, after, wait=sls.VISIBLE):
        gone, changed = tags.changes(before, after or {})
        cloud, project = self._project(region)
        which = {"resourceType": "project", "resourceId": [project]}
        # The service creates the project after it has answered.
        if gone:
            retry.eventually(lambda: cloud.call("sls", "UntagResources", tags=gone, **which), self.no_project, min(wait, WAIT))
        if changed:
            pairs = [{"key": key, "value": value} for key, value in changed]
            retry.eventually(lambda: cloud.call("sls", "TagResources", tags=pairs, **which), self.no_project, wait)

    def _project(self, region):
        return Cloud(self.module, region), log_audit.project(self.account_id, region)

    def _contradiction(self):
        params = self.params
        accounts, unwanted = params["accounts"], params["remove_accounts"]
        both = sorted({*(accounts or [])} & {*(unwanted or [])})
        if both:
            return f"accounts, remove_accounts: {both[0]} is in both"
        both = sorted(log_audit.asked_keys(self.products) & set(params["drop_console_settings"]))
        if both:
            return f"products, drop_console_settings: {both[0]} is in both"
        if params["mode"] == log_audit.CUSTOM and params["directory_accounts"]:
            return "directory_accounts is only for mode: resource_directory"
        if params["directory_accounts"] == "all" and (accounts or set(unwanted or []) - {"all"}):
            return ("directory_accounts: with all, do not list accounts. To collect only from the accounts that accounts lists, set"
                    " custom")
        if params["display_name"] is not None and not 1 <= len(params["display_name"]) <= 128:
            return "display_name: use 1 to 128 characters"
        return None

    def _region(self, current):
        if self.params["central_region"] or current:
            return self.params["central_region"]
        self.module.refuse(log_audit.region_problem("central_region, region", self.cloud.region))
        return self.cloud.region

    def _members(self, current):
        """Which members of the directory, C(all) or C(custom), and the list for the latter."""
        asked, unwanted = self.params["accounts"], self.params["remove_accounts"]
        before = current and current["directory_accounts"]
        members = self.params["directory_accounts"] or before or ("custom" if asked else "all")
        if before == "all" and members == "custom" and "all" not in (unwanted or []):
            return "all", []
        if members == "all":
            if asked or set(unwanted or []) - {"all"}:
                self.module.fail_json(
                    msg="accounts, remove_accounts: Log Audit collects from all members of the resource directory. To collect only from"
                        " listed accounts, set directory_accounts: custom")
            return members, []
        accounts = self._listed(current)
        if not accounts:
            self.module.fail_json(
                msg="accounts: no member of the resource directory would be left. List some, set directory_accounts: all, or use state:"
                    " absent to stop the collection")
        return members, accounts

    def _single_accounts(self, current):
        if self.params["directory_accounts"]:
            self.module.fail_json(msg="directory_accounts is only for mode: resource_directory; the mode is custom")
        if current and current["mode"] == log_audit.DIRECTORY and not self.params["clear_directory"]:
            self.module.fail_json(
                msg="mode: Log Audit collects from members of the resource directory. It accepts single accounts only after these members"
                    " are removed, which ends the collection from them. To allow that, set clear_directory: true, or first run with"
                    " state: absent")
        return "", self._listed(current)

    def _listed(self, current):
        listed = [] if self.params["purge_accounts"] or not current else current["accounts"]
        unwanted = {*(self.params["remove_accounts"] or []), self.account_id}
        # Each once, in the order in which they came.
        return [account for account in dict.fromkeys([*listed, *(self.params["accounts"] or [])])
                if account not in unwanted]

    def _check(self, *known):
        """Raise Outdated unless the map is one of those that are known: the service replaces it as a whole (assumption alibaba-trust-is-replaced)."""
        now = self.read()
        if all(any(not self.same(name, now[name], one[name]) for name in now.keys() - {"tags"}) for one in known):
            raise Outdated

    def _write(self, settings, current=None, tag=None):
        """Replace the map.

        :param current: the settings from which C(settings) were computed; None if nobody else can have changed them.
        :param tag: sets the tags of the central project, and waits for it so many seconds.
        :raises Outdated: somebody else has changed them.
        """
        try:
            self._put(settings, current and (lambda: self._check(current, settings)))
        except CloudError as error:
            if tag and error.is_uncertain:
                with contextlib.suppress(CloudError):
                    tag(0)
            self._explain(error, settings)
            raise
        if tag:
            try:
                tag(sls.VISIBLE)
            except CloudError:
                with contextlib.suppress(CloudError):
                    self._put(log_audit.cleared(settings))  # what collects nothing is nobody's
                raise
        # Whoever changes the map next has to see it.
        written = settings.keys() - {"display_name", "tags"}
        seen = retry.until(
            self.read, lambda seen: all(self.same(name, seen[name], settings[name]) for name in written),
            self.missing, CONSISTENT,
        )
        if not set(settings["accounts"]) <= set(seen["accounts"]):
            seen = retry.until(self.read, lambda seen: set(settings["accounts"]) <= set(seen["accounts"]), self.missing, WAIT - CONSISTENT)
        if not set(settings["accounts"]) <= set(seen["accounts"]):
            raise Outdated
        sent, there = log_audit.console_settings(settings), log_audit.console_settings(seen)
        lost = {key: value for key, value in sent.items() if key not in there}
        if lost:
            self.module.fail_json(
                msg=f"Log Audit Service accepted its new settings, but does not return these: {json.dumps(lost)}. Set them again in the"
                    " console, and remove them from products if they are there")

    def _put(self, settings, check=None):
        self.cloud.call(
            "log_audit", "AnalyzeAppLog", AppType=log_audit.APP, check=check, DisplayName=settings["display_name"] or log_audit.APP,
            VariableMap=json.dumps(log_audit.map_of(self.account_id, settings)),
        )

    def _explain(self, error, settings):
        """Leave with a refusal of which more can be said than the service says."""
        if error.is_throttling or error.is_uncertain:
            return
        retained = sorted(log_audit.console_settings(settings).keys() - log_audit.asked_keys(self.products))
        # assumption alibaba-log-audit-console-settings. A refusal of the caller, 401 or 403, is not about the map.
        advice = "" if error.status in (401, 403) or not retained else (
            "the previous settings stay. They contain keys that no option sets, and the module sent these keys unchanged. If the service"
            f" rejects them, delete them with drop_console_settings: [{', '.join(retained)}], in the playbooks of this"
            " collection alibaba_log_audit_archive_drop_console_settings, in mode resource_directory"
            " alibaba_log_audit_directory_drop_console_settings. Note their values first, so that you can set them again in the console")
        if settings["mode"] == log_audit.DIRECTORY:
            self.module.fail_for(
                error, "use Resource Directory mode, which needs the management account of a resource directory or a delegated"
                       " administrator of Log Audit, and accounts that are members of the resource directory", advice)
        if advice:
            self.module.fail_for(error, f"change {self.title} {self.name}", advice)
