# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account of Alibaba Cloud. Private.

It is told from what the roles would change, and from what became of the probe.

The numbers of controls are those of the CIS Alibaba Cloud Foundation Benchmark 2.0.0, which are the same in 1.0.0.
"""
from __future__ import annotations

import functools
import re

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import delivery, documents, log_audit

from . import _verdict
from ._verdict import WARNING, finding

EXPORTED, CENTRAL, KEPT = (f"CIS Alibaba Cloud {number}" for number in ("2.1", "2.3", "2.23"))
YEAR = 365  # days
SERVICE = "audit.log.aliyuncs.com"
_OWNER = "managed-by"
_ANYTHING = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_LOGSTORE = "actiontrail_log"  # of Log Audit Service
_ACTIONTRAIL = re.compile("actiontrail", re.I)  # product of a collection policy

# What the tasks of the roles registered: variable, what it is called, and controls by settings.
_SINGLE = {"": [EXPORTED], "event_rw": [EXPORTED], "trail_region": [EXPORTED], "logging": [EXPORTED]}
_COLLECTED = {"": [CENTRAL], "accounts": [CENTRAL], "products": [EXPORTED, CENTRAL]}
_OF_ARCHIVE = {
    "alibaba_collection_service_linked_role": ("service-linked role", {}),
    "alibaba_collection_project": ("project", {}),
    "alibaba_collection_made": ("collection policy", _COLLECTED),
    "alibaba_log_audit_archive_service_linked_role": ("service-linked role", {}),
    "alibaba_log_audit_archive_dispatch_role_made": ("dispatch role", {}),
    "alibaba_log_audit_archive_log_audit": ("Log Audit Service", _COLLECTED),
    "alibaba_log_audit_directory_service_linked_role": ("service-linked role", {}),
    "alibaba_log_audit_directory_log_audit": ("Log Audit Service", _COLLECTED),
    "alibaba_trail_archive_project": ("project", {}),
    "alibaba_trail_archive_role": ("write role", {}),
}
_OF_SOURCE = {
    "alibaba_log_audit_member_role": ("monitor role", {}),
    "alibaba_trail_trail": ("trail", _SINGLE),
}
_APPS = ("alibaba_log_audit_archive_log_audit", "alibaba_log_audit_directory_log_audit")


class Route:
    """The way of an account's events into the archive, as the inventory has it.

    :param region: of hosts that have none of their own.
    """

    def __init__(self, host, archive, roles, region):
        self.host, self.archive, self.roles = host, archive, roles
        self.way = host.get("audit_logs_alibaba_way") or "log_audit"
        self.region = host.get("audit_logs_alibaba_region") or region
        self.archive_id = archive["account_id"]
        self.archive_region = archive.get("audit_logs_alibaba_region") or region

    @property
    def project(self) -> str:
        """Where the events arrive."""
        if self.way in ("log_audit", "resource_directory"):
            return log_audit.project(self.archive_id, self.archive_region)
        return self.archive.get("audit_logs_alibaba_project")

    @property
    def logstores(self) -> list[str]:
        """In one of them, the events arrive."""
        if self.way == "actiontrail":
            return [f"actiontrail_{self.trail}"]
        if self.way == "collection_policies":
            return [policy.get("logstore") or policy["name"] for policy in self.policies]
        return [_LOGSTORE]

    @property
    def trail(self) -> str:
        """Name of the trail."""
        return self.host.get("alibaba_trail_name") or "audit-logs"

    @property
    def policies(self) -> list[dict]:
        """The collection policies for ActionTrail's events."""
        return [policy for policy in self.archive.get("alibaba_collection_policies") or []
                if _ACTIONTRAIL.fullmatch(str(policy.get("product_code")))]

    @property
    def kind(self) -> str:
        """Of the probe: what a trail records."""
        is_narrow = self.way == "actiontrail" and self.host.get("alibaba_trail_event_rw") == "Write"
        return "write" if is_narrow else "read"

    @property
    def probe_region(self) -> str:
        """Where the probe is made: in a region that a trail covers."""
        listed = self.host.get("alibaba_trail_trail_region") or ["All"]
        if self.way != "actiontrail" or "All" in listed or self.region in listed:
            return self.region
        return listed[0]

    @property
    def is_source(self) -> bool:
        """Whether the account's own events are to arrive; Log Audit Service has those of its own account anyway."""
        return "member" in self.roles or self.way in ("log_audit", "resource_directory")

    @property
    def skipped(self) -> str | None:
        """Why no event can be expected, because that is what the inventory asks for."""
        if self.way == "actiontrail":
            is_off = str(self.host.get("alibaba_trail_logging", True)).lower() in ("false", "no", "off", "0")
            return f"trail {self.trail} is off, as the inventory asks for" if is_off else None
        if self.way == "collection_policies":
            collected = self.policies
        else:
            part = "archive" if self.way == "log_audit" else "directory"
            products = self.archive.get(f"alibaba_log_audit_{part}_products", {"actiontrail": {"enabled": True}})
            collected = log_audit.asked_products(products).get("actiontrail", {}).get("enabled")
        return None if collected else "ActionTrail's events are not among what the inventory has collected"


class Verdict:
    """One account; C(archive) are the variables of the archive."""

    def __init__(self, name, host, archive, roles, region):
        self.name, self.host, self.archive, self.roles = name, host, archive, roles
        self.account = host["account_id"]
        self.route = Route(host, archive, roles, region)
        self.findings = []
        self.checked = []

    def result(self) -> dict:
        """The result of the account."""
        if "archive" in self.roles:
            self._archive()
            self._retention()
        self._source()
        seen = self._probe()
        if seen and self.route.skipped:
            self._weak("events of the account", self.route.skipped, None, [EXPORTED])
        return _verdict.result(
            {"name": self.name, "account_id": self.account, "cloud": "alibaba", "roles": self.roles,
             "region": self.route.region},
            self.findings, seen, self._failure(),
            delivers_to=self._delivers_to(), checked=self.checked,
        )

    def waits(self) -> bool:
        """Whether the probe may arrive, as far as the configuration tells."""
        self._source()
        return not self.texts("delivery") and not self._in_archive.texts("delivery")

    def texts(self, kind: str) -> list[str]:
        """Sentences of the findings of a kind."""
        return [found["text"] for found in self.findings if found["kind"] == kind]

    # The archive, in what concerns all members

    def _archive(self):
        for variable, (label, controls) in _OF_ARCHIVE.items():
            for title, item in results(self.host, variable, label):
                if "diff" in item:
                    self._resource(variable, title, item, controls)
        self._roles_for_all()
        self._directory()
        projects = (self.host.get("audit_logs_alibaba_place") or {}).get("projects")
        if projects == [] and not any(_items(self.host, name) for name in _OF_ARCHIVE if name.endswith("_project")):
            again = "destroy and then setup, because Log Audit Service makes it when it is switched on"
            self._delivery(f"project {self.route.project}", f"project {self.route.project} does not exist: run {again}")

    def _roles_for_all(self):
        """What the policies of the archive's roles lack, whoever it is for."""
        for problem in self._write_role(self.account)[1] + self._dispatch_role(self.account)[1]:
            self._delivery("write role" if self.route.way == "actiontrail" else "dispatch role", problem)

    def _directory(self):
        found = self.host.get("audit_logs_alibaba_directory") or {}
        if "trusted_services" not in found:
            return
        self.checked.append("resource directory")
        if SERVICE not in found["trusted_services"] and found["management_account_id"] != self.account:
            text = (f"account {self.account} is neither the management account of a resource directory nor a delegated"
                    f" administrator of {SERVICE} there: let the management account register it")
            self._delivery("resource directory", text, controls=[CENTRAL])

    def _retention(self):
        for item in (self.host.get("audit_logs_alibaba_retention") or {}).get("results", []):
            found = item.get("logstore")
            if found and found["ttl"] < YEAR:
                title = f"logstore {found['name']}"
                self.checked.append(title)
                self._weak(title, f"{title} keeps logs for {found['ttl']} days, less than {YEAR}", "ttl", [KEPT])

    # The account that the events come from

    def _source(self):
        for variable, (label, controls) in _OF_SOURCE.items():
            for title, item in results(self.host, variable, label):
                if "diff" in item:
                    self._resource(variable, title, item, controls)
        for problem in self._monitor_role():
            self._delivery("monitor role", problem, controls=[CENTRAL])
        for resource, problem in self._left_out():
            self._delivery(resource, problem, controls=[CENTRAL])
        for item in _items(self.host, "alibaba_trail_trail"):
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
        for item in (item for variable in _APPS for item in _items(archive, variable)):
            before, after = item["diff"]["before"], item["diff"]["after"]
            if before and account in set(after["accounts"]) - set(before["accounts"]):
                yield "Log Audit Service", (
                    f"Log Audit Service of account {self.route.archive_id} does not collect from account {account},"
                    " which is not on its list: run setup")
        for item in _items(archive, "alibaba_collection_made"):
            if account in _new_members(item):
                name = item["policy"]["name"]
                yield f"collection policy {name}", (
                    f"collection policy {name} of account {self.route.archive_id} does not collect from account"
                    f" {account}, which is not among its members: run setup")
        if self.route.is_source:
            for problem in self._write_role(account)[0]:
                yield "write role", f"{problem}: run setup"
            for problem in self._dispatch_role(account)[0]:
                yield "dispatch role", f"{problem}: run setup"

    # Roles

    def _monitor_role(self):
        role = _role(self.host, "alibaba_log_audit_member_role")
        if not role:
            return []
        return delivery.monitor_role_problems(*role, self.route.archive_id, self.account)

    def _dispatch_role(self, account):
        """Problems with its trust in the service for an account, and with its policies."""
        role = _role(self.archive, "alibaba_log_audit_archive_dispatch_role_made")
        return _apart(role, delivery.LOG, account, lambda *role: delivery.dispatch_role_problems(
            *role, [account], self.route.archive_id))

    def _write_role(self, account):
        """Likewise."""
        role = _role(self.archive, "alibaba_trail_archive_role")
        project = f"acs:log:{self.route.archive_region}:{self.route.archive_id}:project/{self.route.project}"
        return _apart(role, delivery.ACTIONTRAIL, account, lambda *role: delivery.write_role_problems(
            *role, account, project, self.route.trail))

    # Both

    def _resource(self, variable, label, item, controls):
        """What differs from the inventory."""
        before, after = item["diff"]["before"], item["diff"]["after"]
        name = next((item[key]["name"] for key in ("policy", "project", "role", "trail")
                     if (item.get(key) or {}).get("name")), None)
        title = f"{label} {name}" if name else label
        self.checked.append(title)
        if not before:
            self._delivery(title, f"{title} does not exist: run setup", controls=controls.get("", ()))
            return
        changed = [setting for setting in after if before.get(setting) != after[setting]]
        said = self._why_not(variable, title, before, after)
        for setting in changed:
            is_, should_be = before.get(setting), after[setting]
            if setting in said:
                self._delivery(title, said[setting], setting, is_, should_be, controls.get(setting, ()))
            elif setting == "tags" and _is_foreign(before, after):
                text = f"{title} is not made by this collection: it lacks the tag {_OWNER}"
                self.findings.append(finding("foreign", title, text, WARNING, setting, before["tags"], after["tags"]))
            elif not self._is_of_members(variable, setting, item):
                self.findings += _verdict.drift(title, {setting: is_}, {setting: should_be}, controls)

    def _why_not(self, variable, title, before, after):
        """Sentences for those settings with which nothing of the probe can arrive."""
        if variable == "alibaba_trail_trail":
            return self._why_trail_not(title, before, after)
        if variable == "alibaba_collection_made":
            if title.removeprefix("collection policy ") not in {policy["name"] for policy in self.route.policies}:
                return {}
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
        if setting == "trust_policy" and variable in _OF_ARCHIVE:
            is_, should_be = _services(before["trust_policy"]), _services(after["trust_policy"])
            return is_ is not None and is_ < should_be and all("@" in service for service in should_be - is_)
        return False

    def _delivery(self, title, text, setting=None, before=None, after=None, controls=()):
        self.findings.append(finding("delivery", title, text, setting=setting, before=before, after=after,
                                     controls=controls))

    def _weak(self, title, text, setting, controls):
        self.findings.append(finding("weak", title, text, WARNING, setting, controls=controls))

    @functools.cached_property
    def _in_archive(self):
        """What is wrong in the archive for all of its members."""
        of_archive = Verdict("", self.archive, self.archive, ["archive"], self.route.archive_region)
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
            return _verdict.probe(made, [], list)
        place = {"kind": "sls", "name": f"{self.route.project}/{seen['found_in'] or self.route.logstores[0]}",
                 **{key: seen[key] for key in ("state", "seconds", "found_in")}}
        return _verdict.probe(made, [place], lambda: self._causes(seen))

    def _causes(self, seen):
        causes = self.texts("delivery") + self._in_archive.texts("delivery")
        for trail in (self.host.get("audit_logs_alibaba_status") or {}).get("trails", []):
            error = (trail["delivery"] or {}).get("latest_delivery_log_service_error")
            if error:
                causes.append(f"ActionTrail could not deliver events of trail {trail['name']}: {error}")
        causes += [seen["problem"]] if seen.get("problem") else []
        return list(dict.fromkeys(causes + self.texts("drift") + self._in_archive.texts("drift")))

    def _delivers_to(self):
        if not self.route.is_source or self.route.skipped:
            return []
        return [{"kind": "sls", "account_id": self.route.archive_id, "name": f"{self.route.project}/{logstore}"}
                for logstore in self.route.logstores]


def probes(hostvars, names, archive, region) -> list[dict]:
    """The probes of hosts as M(crossaccount.audit_logs.actiontrail_probe_info) takes them, of those that made one.

    :param archive: name of the host that has the project.
    """
    found = []
    for name in names:
        host = hostvars[name]
        made = (host.get("audit_logs_alibaba_probe") or {}).get("probe")
        roles = ["archive"] if name == archive else ["member"]
        verdict = Verdict(name, host, hostvars[archive], roles, region)
        if made and not verdict.route.skipped:
            found.append({
                **{key: made[key] for key in ("mark", "event_name", "made")}, "account_id": verdict.account,
                "logstores": verdict.route.logstores, "wait": verdict.waits(),
            })
    return found


def results(host, variable, label):
    """What a task registered, as often as it was run, with what it is called: before a role the policies of its own."""
    found = host.get(variable) or {}
    for item in found.get("results", [found]):
        if "managed_policies" in item:
            for policy in item["managed_policies"]:
                yield label.replace("role", "policy"), policy
            diff = item["diff"][-1]
            item = {**item, "diff": diff, "changed": diff["before"] != diff["after"]}
        yield label, item


def _items(host, variable):
    """Likewise, without the policies."""
    return [item for label, item in results(host, variable, "role") if label == "role" and "diff" in item]


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


def _role(host, variable):
    """Trust, documents and name of a role; None if it is not there. What is not known is taken to allow all."""
    items = _items(host, variable)
    before = items[0]["diff"]["before"] if items else None
    if not before:
        return None
    own = {policy["policy"]["name"]: policy["diff"]["before"].get("document")
           for policy in items[0].get("managed_policies", [])}
    found = [delivery.SYSTEM_POLICIES.get(one["name"]) if one["type"] == "system" else own.get(one["name"])
             for one in before["policies"]]
    return before["trust_policy"], found if all(found) else [_ANYTHING], items[0]["role"]["name"]


def _apart(role, service, account, problems_of):
    """Problems with the trust that a role has in a service for an account, and problems with its policies."""
    if not role:
        return [], []
    trust, policies, name = role
    trusting = documents.trust_policy([f"{account}@{service}", service], [])
    return problems_of(trust, [_ANYTHING], name), problems_of(trusting, policies, name)
