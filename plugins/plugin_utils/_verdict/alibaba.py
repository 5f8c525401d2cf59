# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account of Alibaba Cloud. Private.

It is told from what the roles would change, and from what became of the probe.

The numbers of controls are those of the CIS Alibaba Cloud Foundation Benchmark 2.0.0, which are the same in 1.0.0.
"""
from __future__ import annotations

import functools

from .._deployment.alibaba_results import MEMBER_RESOURCES, RESOURCES, items, registered
from .._deployment.alibaba_route import Route
from . import alibaba_logstores, alibaba_roles
from . import result as results
from .alibaba_logstores import EXPORTED
from .result import WARNING, finding

CENTRAL = "CIS Alibaba Cloud 2.3"
SERVICE = "audit.log.aliyuncs.com"
_OWNER = "managed-by"
_DIRECTORY = "resource directory"

# Controls of settings, by the variable of the resource.
_COLLECTED = {"": [CENTRAL], "accounts": [CENTRAL], "products": [EXPORTED, CENTRAL]}
_CONTROLS = {
    "alibaba_collection_made": _COLLECTED,
    "alibaba_log_audit_archive_log_audit": _COLLECTED,
    "alibaba_log_audit_directory_log_audit": _COLLECTED,
    "alibaba_trail_trail": {"": [EXPORTED], "event_rw": [EXPORTED], "trail_region": [EXPORTED], "logging": [EXPORTED]},
}
_APPS = ("alibaba_log_audit_archive_log_audit", "alibaba_log_audit_directory_log_audit")
# Sentences about these are about what events may arrive in spite of.
_UNSURE = {"mode", "sls_write_role_arn"}
# Settings that stop events or don't, depending on what they say.
_MAY_STOP = {
    "directory_accounts", "document", "is_organization_trail", "policies", "policy_config", "resource_directory",
    "trust_policy",
}


class Verdict:
    """One account; C(archive) are the variables of the archive."""

    def __init__(self, name, host, archive, roles, route):
        self.name, self.host, self.archive, self.roles = name, host, archive, roles
        self.account = host["account_id"]
        self.route = route
        self.findings = []
        self.suspects = []
        self.checked = []

    def result(self) -> dict:
        """The result of the account."""
        if "archive" in self.roles:
            self._archive()
            self._logstores()
        self._source()
        seen = self._probe()
        if seen and self.route.skipped:
            self._weak("events of the account", self.route.skipped, None, [EXPORTED])
        return results.result(
            {"name": self.name, "account_id": self.account, "cloud": "alibaba", "roles": self.roles,
             "region": self.route.region},
            self.findings, seen, self._failure(),
            delivers_to=self._delivers_to(), checked=self.checked,
        )

    def waits(self) -> bool:
        """Whether the probe may arrive, as far as the configuration tells."""
        self._source()
        return not self._stopped_by()

    def _stopped_by(self):
        """Sentences about what is sure to keep the probe from arriving."""
        return [
            found["text"] for found in self.findings + self._in_archive.findings if found["kind"] == "delivery"
            # The archive has those of the logstores of all accounts; _causes() adds what is about the account's own.
            and not found["resource"].startswith("logstore ")
            # Its own events are collected without the directory.
            and not (found["resource"] == _DIRECTORY and self.account == self.route.archive_id)
        ]

    # The archive, in what concerns all members

    def _archive(self):
        for variable in RESOURCES:
            if variable not in MEMBER_RESOURCES:
                self._resources(variable)
        self._roles_for_all()
        self._directory()
        projects = (self.host.get("audit_logs_alibaba_place") or {}).get("projects")
        if projects == [] and not any(items(self.host, name) for name in RESOURCES if name.endswith("_project")):
            self._lacks(f"project {self.route.project}", alibaba_logstores.no_project(self.route))

    def _roles_for_all(self):
        """What the policies of the archive's roles lack, whoever it is for."""
        for problem in alibaba_roles.write_problems(self.host, self.account, self.route)[1]:
            self._lacks("write role", problem)
        for problem in alibaba_roles.dispatch_problems(self.host, self.account, self.route)[1]:
            self._lacks("dispatch role", problem, stops=None)

    def _directory(self):
        found = self.host.get("audit_logs_alibaba_directory") or {}
        if "trusted_services" not in found:
            return
        self.checked.append(_DIRECTORY)
        if SERVICE not in found["trusted_services"] and found["management_account_id"] != self.account:
            text = (f"account {self.account} is neither the management account of a resource directory nor a delegated"
                    f" administrator of {SERVICE} there: let the management account register it")
            self._lacks(_DIRECTORY, text, controls=[CENTRAL])

    def _logstores(self):
        looked = (self.host.get("audit_logs_alibaba_retention") or {}).get("results", [])
        self.checked += [f"logstore {one['logstore']['name']}" for one in looked if one.get("logstore")]
        self.findings += alibaba_logstores.findings(self.host, self.route)

    # The account that the events come from

    def _source(self):
        for variable in MEMBER_RESOURCES:
            self._resources(variable)
        for problem in alibaba_roles.monitor_problems(self.host, self.route):
            self._lacks("monitor role", problem, stops=self._needs(alibaba_roles.MONITOR), controls=[CENTRAL])
        for resource, problem, stops in self._left_out():
            self._lacks(resource, problem, stops=stops, controls=[CENTRAL])
        for item in items(self.host, "alibaba_trail_trail"):
            self._weak_trail(f"trail {self.route.trail}", item["diff"]["after"])

    def _weak_trail(self, title, asked):
        if asked.get("event_rw") != "All":
            self._weak(title, f"{title} delivers {asked.get('event_rw')} events only", "event_rw", [EXPORTED])
        if asked.get("trail_region") != ["All"]:
            regions = ", ".join(asked.get("trail_region") or [])
            self._weak(title, f"{title} delivers the events of {regions} only", "trail_region", [EXPORTED])

    def _left_out(self):
        """What in the archive is about this account alone."""
        archive, account = self.archive, self.account
        for item in (item for variable in _APPS for item in items(archive, variable)):
            before, after = item["diff"]["before"], item["diff"]["after"]
            is_listed = before and before["mode"] == after["mode"] and before["directory_accounts"] != "all"
            if is_listed and account in set(after["accounts"]) - set(before["accounts"]):
                yield "Log Audit Service", (
                    f"Log Audit Service of account {self.route.archive_id} does not collect from account {account},"
                    " which is not on its list: run setup"), True
        for item in items(archive, "alibaba_collection_made"):
            if account in _new_members(item):
                name = item["policy"]["name"]
                yield f"collection policy {name}", (
                    f"collection policy {name} of account {self.route.archive_id} does not collect from account"
                    f" {account}, which is not among its members: run setup"), self._needs_policy(name)
        if self.route.is_source:
            for problem in alibaba_roles.write_problems(archive, account, self.route)[0]:
                yield "write role", f"{problem}: run setup", True
            for problem in alibaba_roles.dispatch_problems(archive, account, self.route)[0]:
                yield "dispatch role", f"{problem}: run setup", None

    # Both

    def _resources(self, variable):
        for title, item in registered(self.host, variable):
            if "diff" in item:
                self._resource(variable, title, item, _CONTROLS.get(variable, {}))

    def _resource(self, variable, label, item, controls):
        """What differs from the inventory."""
        before, after = item["diff"]["before"], item["diff"]["after"]
        name = next((item[key]["name"] for key in ("policy", "project", "role", "trail")
                     if (item.get(key) or {}).get("name")), None)
        title = f"{label} {name}" if name else label
        self.checked.append(title)
        if not before:
            is_project = label == "project"
            text = alibaba_logstores.no_project(self.route) if is_project else f"{title} does not exist: run setup"
            self._lacks(title, text, stops=self._needs(variable, label, name), controls=controls.get("", ()))
            return
        changed = [setting for setting in after if before.get(setting) != after[setting]]
        said = self._why_not(variable, title, before, after)
        for setting in changed:
            is_, should_be = before.get(setting), after[setting]
            if setting in said:
                stops = None if setting in _UNSURE else self._needs(variable, label, name)
                self._lacks(title, said[setting], setting, is_, should_be, controls.get(setting, ()), stops=stops)
            elif setting == "tags" and _is_foreign(before, after):
                text = f"{title} is not made by this collection: it lacks the tag {_OWNER}"
                self.findings.append(finding("foreign", title, text, WARNING, setting, before["tags"], after["tags"]))
            elif not self._is_of_members(variable, setting, item):
                [found] = results.drift(title, {setting: is_}, {setting: should_be}, controls)
                self.findings.append(found)
                if setting in _MAY_STOP and self._needs(variable, label, name) is not False:
                    self.suspects.append(found["text"])

    def _needs(self, variable, label="", name=""):
        """Whether no event arrives without a resource as the inventory has it; None if that is not known."""
        if variable == "alibaba_collection_made":
            return self._needs_policy(name)
        # That collection policies do without the service's role is not documented, nor that they don't. For the
        # archive's own events either that role does or the older pair.
        is_older = variable == alibaba_roles.MONITOR and self.account == self.route.archive_id
        if is_older or variable in (alibaba_roles.DISPATCH, "alibaba_collection_service_linked_role"):
            return None
        # Of a policy that is there for a role alone, the role tells.
        return True if label in ("", RESOURCES[variable]) else None

    def _needs_policy(self, name):
        """Likewise a collection policy: those for other products, none. If there are several, each may be enough."""
        names = self.route.policies
        return False if name not in names else True if len(names) == 1 else None

    def _why_not(self, variable, title, before, after):
        """Sentences for those settings with which nothing of the probe can arrive, or is not sure to."""
        if variable == "alibaba_trail_trail":
            return self._why_trail_not(title, before, after)
        if variable == "alibaba_collection_made":
            return {
                "enabled": f"{title} is switched off: run setup",
                "centralize_enabled": f"{title} does not bring logs together: run setup",
                "centralize_config": f"{title} brings logs to another place: run setup",
            }
        if variable not in _APPS:
            return {}
        said = {
            "central_region": f"{title} has its project in {before['central_region']}, and should in"
                              f" {after['central_region']}: run setup",
            "mode": f"{title} is in {before['mode']} mode, and should be in {after['mode']} mode: run setup",
        }
        if _collects(after) and not _collects(before):
            said["products"] = f"{title} does not collect the events of ActionTrail: run setup to switch them on"
        return said

    def _why_trail_not(self, title, before, after):
        said = {
            "logging": f"{title} is stopped: start it, or run setup",
            "sls_project_arn": f"{title} writes into {before['sls_project_arn'] or 'no project'}, and should into"
                               f" {after['sls_project_arn']}: run setup with audit_logs_adopt: true",
            "sls_write_role_arn": f"{title} writes with {before['sls_write_role_arn'] or 'no role'}, and should with"
                                  f" {after['sls_write_role_arn']}: run setup",
        }
        if before["event_rw"] not in ("All", self.route.kind.capitalize()):
            said["event_rw"] = (f"{title} delivers {before['event_rw']} events only, and should {after['event_rw']}:"
                                " run setup")
        if not {"All", self.route.probe_region} & set(before["trail_region"]):
            is_, should_be = (", ".join(settings["trail_region"]) for settings in (before, after))
            said["trail_region"] = f"{title} delivers the events of {is_} only, and should of {should_be}: run setup"
        return {} if not after["logging"] else said

    @staticmethod
    def _is_of_members(variable, setting, item):
        """Whether what differs is told as findings of the members that it is about."""
        before, after = item["diff"]["before"], item["diff"]["after"]
        if variable in _APPS:
            return setting == "accounts"
        if variable == "alibaba_collection_made":
            return setting == "resource_directory" and bool(_new_members(item))
        if setting == "trust_policy" and variable not in MEMBER_RESOURCES:
            is_, should_be = _services(before["trust_policy"]), _services(after["trust_policy"])
            return is_ is not None and is_ < should_be and all("@" in service for service in should_be - is_)
        return False

    def _lacks(self, title, text, setting=None, before=None, after=None, controls=(), *, stops=True):
        """Something lacks.

        :param stops: whether no event arrives because of it; None if that is not known.
        """
        self.findings.append(finding("delivery" if stops else "drift", title, text, setting=setting, before=before,
                                     after=after, controls=controls))
        if stops is None:
            self.suspects.append(text)

    def _weak(self, title, text, setting, controls):
        self.findings.append(finding("weak", title, text, WARNING, setting, controls=controls))

    @functools.cached_property
    def _in_archive(self):
        """What is wrong in the archive for all of its members."""
        of_archive = Verdict("", self.archive, self.archive, ["archive"], self.route)
        of_archive._archive()  # pylint: disable=protected-access
        return of_archive

    # The probe

    def _made(self):
        return (self.host.get("audit_logs_alibaba_probe") or {}).get("probe")

    def _seen(self):
        """What became of it; None if nobody has looked for it."""
        return ((self.archive.get("audit_logs_alibaba_arrived") or {}).get("probes") or {}).get(self.account)

    def _failure(self):
        failure = self.host.get("audit_logs_failure")
        of_archive = self.archive.get("audit_logs_failure")
        if failure or self._seen():
            return failure
        if of_archive:
            return {"phase": "archive", "reason": f"not proven, because the archive failed: {of_archive['reason']}"}
        if self._made() and not self.route.skipped:
            reason = "not proven, because the archive is not in this run: name it in --limit"
            return {"phase": "probe", "reason": reason}
        return None

    def _probe(self):
        made = self._made()
        if not made:
            return None
        seen = self._seen()
        if not seen:
            return results.probe(made, [], list)
        place = {"kind": "sls", "name": f"{self.route.project}/{seen['found_in'] or self.route.logstores[0]}",
                 **{key: seen[key] for key in ("state", "seconds", "found_in")}}
        return results.probe(made, [place], lambda: self._causes(seen))

    def _causes(self, seen):
        titles = {f"logstore {name}" for name in self.route.logstores}
        unfit = [found["text"] for found in alibaba_logstores.findings(self.archive, self.route)
                 if found["kind"] == "delivery" and found["resource"] in titles]
        causes = self._stopped_by() + (unfit or ([seen["problem"]] if seen.get("problem") else []))
        for trail in (self.host.get("audit_logs_alibaba_status") or {}).get("trails", []):
            error = (trail["delivery"] or {}).get("latest_delivery_log_service_error")
            if error:
                causes.append(f"ActionTrail could not deliver events of trail {trail['name']}: {error}")
        causes += self.suspects + self._in_archive.suspects
        return list(dict.fromkeys(causes or [
            f"{one['type']} policy {one['name']} of role {one['role']} is not made by this collection: look whether it"
            " denies the service what it does"
            for host in (self.host, self.archive) for one in alibaba_roles.other_policies(host)]))

    def _delivers_to(self):
        if not self.route.is_source or self.route.skipped:
            return []
        return [{"kind": "sls", "account_id": self.route.archive_id, "name": f"{self.route.project}/{logstore}"}
                for logstore in self.route.logstores]


def verdict(account: dict, hostvars) -> Verdict:
    """The verdict about an account of the deployment."""
    name, archive = account["name"], account["archive"]
    return Verdict(name, hostvars[name], hostvars[archive], account["roles"], Route(**account["route"]))


def probes(hostvars, accounts: list[dict]) -> list[dict]:
    """The probes as M(crossaccount.audit_logs.actiontrail_probe_info) takes them, of accounts whose probe may arrive."""
    found = []
    for account in accounts:
        made = (hostvars[account["name"]].get("audit_logs_alibaba_probe") or {}).get("probe")
        of_account = verdict(account, hostvars)
        if made and not of_account.route.skipped:
            found.append({
                **{key: made[key] for key in ("mark", "event_name", "made")}, "account_id": of_account.account,
                "logstores": of_account.route.logstores, "wait": of_account.waits(),
            })
    return found


def _collects(settings):
    return bool(settings["products"].get("actiontrail", {}).get("enabled"))


def _new_members(item):
    """Accounts that a collection policy should have, and does not."""
    before, after = (item["diff"][when].get("resource_directory") or {} for when in ("before", "after"))
    if "all" in (before.get("account_group_type"), after.get("account_group_type")):
        return set()
    return set(after.get("members") or ()) - set(before.get("members") or ()) if item["diff"]["before"] else set()


def _is_foreign(before, after):
    """Whether it is only our tag that is missing."""
    owner = (after.get("tags") or {}).get(_OWNER)
    return owner and {**(before.get("tags") or {}), _OWNER: owner} == after["tags"]


def _services(trust):
    """The services that a trust policy of one statement such as ours lets in; None if it is another."""
    statements = trust.get("Statement") if isinstance(trust, dict) else None
    if not isinstance(statements, list) or len(statements) != 1 or statements[0].get("Effect") != "Allow":
        return None
    principal = statements[0].get("Principal")
    services = principal.get("Service") if isinstance(principal, dict) and len(principal) == 1 else None
    return {services} if isinstance(services, str) else set(services) if isinstance(services, list) else None
