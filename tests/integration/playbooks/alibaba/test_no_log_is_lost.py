# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a deployment, what delivered goes on to deliver unless it is ended by name, and no log is lost."""
from __future__ import annotations

import json

import pytest
from alibabacloud_ram20150501 import models as ram
from clouds.alibaba.log_audit_map import LOGS
from helpers.alibaba import foreign
from helpers.alibaba.deployments import (
    ACCESS_ROLE, ARCHIVE, CENTRAL_PROJECT, MEMBERS, PROJECT, WRITE_ROLE, Account, a_day_passes, delegate, inventory_of,
)
from helpers.alibaba.dumps import dump
from helpers.alibaba.identities import make_role, policy
from helpers.dumps import CONTENTS, part
from helpers.histories import THEIRS, Asked, Delivery, History, Seen, some, tell
from helpers.verifications import SOON
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

HOSTS = {"root": ARCHIVE, **MEMBERS}
EVENTS = {"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}
OSS = {"name": "oss-access", "product_code": "oss", "data_code": "access_log"}
MODES = ["actiontrail", "collection_policies", "log_audit", "resource_directory"]
_TRAIL, _RETAINED, _TTL = {"enabled": True}, {"enabled": True, "ttl": 400}, {"enabled": True, "ttl": 30}
# What an inventory may say, by variable.
VARIABLES = {
    "audit_logs_alibaba_project": [PROJECT, "new-audit-logs"],
    "alibaba_trail_name": ["audit-logs", "new-trail"],
    "alibaba_collection_policies": [[EVENTS, OSS], [EVENTS], [OSS]],
    "products": [{"actiontrail": _TRAIL}, {"actiontrail": _RETAINED}, {"actiontrail": _TTL}, {"nas": _TRAIL},
                 {"actiontrail": _TRAIL, "nas": _TRAIL}],
    "alibaba_log_audit_archive_central_roles": ["service_linked", "custom"],
}
# Names of the deployment, whatever the inventory says.
NAMES = [*VARIABLES["audit_logs_alibaba_project"], ARCHIVE]
# Changes of the inventory between two runs: members, None for a group that is missing; the mode; or a variable.
CHANGES = st.one_of(
    *[st.tuples(st.just("members"), st.sets(st.sampled_from(sorted(MEMBERS))))] * 4,
    st.tuples(st.just("members"), st.none()),
    st.tuples(st.just("mode"), st.sampled_from(MODES)),
    *(st.tuples(st.just(name), st.sampled_from(values)) for name, values in VARIABLES.items()),
)
# Of the histories in `make test`, always the same ones.
SEED = 3
SELDOM = st.sampled_from([False] * 9 + [True])
REMOVED = some(MEMBERS.values())
LIMITS = st.one_of(st.none(), st.sets(st.sampled_from(sorted(HOSTS)), min_size=1))


class AlibabaHistory(History):
    """A history of a deployment on the local Alibaba Cloud."""

    @initialize(mode=st.sampled_from(MODES), members=st.sets(st.sampled_from(sorted(MEMBERS)), min_size=2),
                is_used=st.booleans(), changes=st.lists(CHANGES, max_size=2))
    def begin(self, mode, members, is_used, changes):
        """An archive and members, in accounts that are not empty.

        :param is_used: whether somebody else uses Log Audit Service, if the deployment does not.
        """
        self.cloud.reset()
        delegate(self.cloud)
        for account in HOSTS.values():
            foreign.place(self.cloud, account)
        foreign.collect(self.cloud, ARCHIVE, log_audit=is_used and mode in ("actiontrail", "collection_policies"))
        self.foreign = dump(self.cloud, *HOSTS.values())
        self.accounts = {account: Account(self.cloud, account) for account in HOSTS.values()}
        self.variables = {name: values[0] for name, values in VARIABLES.items()}
        self.mode, self.members, self.broken = mode, set(members), None
        self.set_up([change for change in changes if change[0] not in ("mode", "members")], None, [], False, {})

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=3), limit=LIMITS, removed=REMOVED, is_check=SELDOM, options=st.fixed_dictionaries({
        "audit_logs_no_members": st.booleans(), "audit_logs_shorten_retention": SELDOM,
        "audit_logs_previous_deployments": st.sampled_from([[], NAMES]),
    }))
    def set_up(self, changes, limit, removed, is_check, options):
        """With an inventory that changed."""
        for name, value in changes:
            if name in self.variables:
                self.variables[name] = value
            else:
                setattr(self, name, value)
        removed = self.named(removed)
        asked = Asked(ended=removed, removed=removed, changes_nothing=is_check)
        before = self.retentions()
        run, seen = self.run(asked, "setup", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(),
                             audit_logs_removed_accounts=removed, **options)
        for logstore, days in self.retentions().items():
            assert options.get("audit_logs_shorten_retention") or days >= before.get(logstore, 0), run.output
        if run.status == 0 and not is_check:
            self.assert_set_up(limit, run, seen)

    @rule(members=st.sets(st.sampled_from(sorted(MEMBERS)), min_size=1))
    def set_up_slice(self, members):
        """With a part of the members, as a job of AWX does."""
        self.set_up([("members", members)], None, [], False, {})

    def verify(self, _argument):
        """Which looks, and changes nothing."""
        self.run(Asked(changes_nothing=True), "verify", *SOON, inventory=self.inventory())

    @rule(limit=LIMITS, removed=REMOVED, delete_logs=st.booleans(), is_check=SELDOM)
    def destroy(self, limit, removed, delete_logs, is_check):
        """All of the deployment, or the hosts of a limit."""
        hosts = self.hosts(limit) - {self.broken}
        members = set(self.members or ())
        if self.mode in ("actiontrail", "log_audit"):
            members &= hosts
        elif self.members is None and "root" in hosts:  # all of the directory
            members = set(MEMBERS)
        elif not {"root", *members} <= self.hosts(limit):
            members = set()
        destroyed = {HOSTS[host] for host in members | (hosts & {"root"})}
        project, removed = self.project, self.named(removed)
        run, seen = self.run(
            Asked(ended={*destroyed, *removed}, removed=removed, changes_nothing=is_check, may_go=lambda name: (
                delete_logs and not is_check and name.startswith(f"{ARCHIVE} logstores {project}/") and THEIRS not in name)),
            "destroy", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(),
            audit_logs_delete_logs=delete_logs, audit_logs_removed_accounts=removed,
        )
        if run.status == 0 and not is_check and self.mode == "actiontrail":
            source = f"trail {self.variables['alibaba_trail_name']}"
            left = [one for one in _configured(seen.dump) if one.account in destroyed and one.source == source
                    and one.place.startswith(f"{ARCHIVE} logstores {project}/")]
            assert not left, run.output

    @rule(limit=LIMITS, removed=REMOVED, earlier=st.booleans(), delete_logs=st.booleans(), days=st.integers(0, 1), is_check=SELDOM)
    def destroy_leftovers(self, limit, removed, earlier, delete_logs, days, is_check):
        """Only trails besides those of the inventory, and projects that nobody delivers to: events of all accounts go on to arrive."""
        removed, here = self.named(removed), {HOSTS[host] for host in self.hosts(limit) & set(self.members or ())}
        for _day in range(days):
            a_day_passes(self.cloud)
            self.foreign = part(dump(self.cloud, *HOSTS.values()), self.foreign)
        projects = [name for name in VARIABLES["audit_logs_alibaba_project"] if name != self.project]
        run, seen = self.run(
            # All trails of a member that write into a project of the deployment belong to the deployment.
            Asked(ended=removed, removed={*removed, *here}, changes_nothing=is_check, may_go=lambda name: (
                earlier and delete_logs and not is_check and self.mode == "actiontrail" and THEIRS not in name
                and any(name.startswith(f"{ARCHIVE} logstores {project}/") for project in projects))),
            "destroy", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(), audit_logs_only_leftovers=True,
            audit_logs_delete_logs=delete_logs, audit_logs_removed_accounts=removed, audit_logs_previous_deployments=NAMES if earlier else [])
        others = {f"trail {name}" for name in VARIABLES["alibaba_trail_name"]} - {f"trail {self.variables['alibaba_trail_name']}"}
        left = [one for one in _configured(seen.dump) if one.account in here and one.source in others
                and one.place.startswith(f"{ARCHIVE} logstores {self.project}/")]
        assert run.status != 0 or is_check or self.mode != "actiontrail" or not left, run.output

    @rule(what=st.one_of(
        st.tuples(st.just("credentials_break"), st.sampled_from([None, *HOSTS])),
        st.tuples(st.just("verify"), st.none()),
        st.tuples(st.just("a_logstore_comes"), st.sampled_from([f"{THEIRS}-logs", f"actiontrail_{THEIRS}-logs"])),
        st.tuples(st.just("a_policy_comes"), st.sampled_from([f"{THEIRS}-logs", f"actiontrail_{THEIRS}-logs"])),
        *[st.tuples(st.just("a_trail_comes"), st.tuples(st.sampled_from(list(HOSTS.values())), st.booleans()))] * 2,
    ))
    def also(self, what):
        """A verification, or something that no run of ours does."""
        getattr(self, what[0])(what[1])

    def credentials_break(self, host):
        """Those of one account, or nobody's."""
        self.broken = host

    def a_logstore_comes(self, name):
        """Somebody has a logstore in our project."""
        if self.project_is_there() and f"{ARCHIVE} logstores {self.project}/{name}" not in dump(self.cloud, ARCHIVE):
            foreign.create(self.cloud, ARCHIVE, "sls_logstore", project=self.project, name=name, ttl=30)

    def a_policy_comes(self, logstore):
        """A collection policy of somebody delivers to our project."""
        if self.project_is_there() and f"{ARCHIVE} collection_policies {THEIRS}-policy" not in dump(self.cloud, ARCHIVE):
            self.a_logstore_comes(logstore)
            foreign.create_collection_policy(self.cloud, ARCHIVE, f"{THEIRS}-policy", self.project, logstore)

    def a_trail_comes(self, what):
        """A trail of somebody writes into our project, with our role or with one of theirs."""
        account, ours = what
        found = dump(self.cloud, *HOSTS.values())
        role, name = WRITE_ROLE if ours else f"{THEIRS}-{account}", f"{THEIRS}-trail-{account[:2]}"
        service = f"{account}@actiontrail.aliyuncs.com"
        if not self.project_is_there() or f"{account} trails {name}" in found or ours and f"{ARCHIVE} roles {role}" not in found:
            return
        if not ours and f"{ARCHIVE} roles {role}" not in found:
            clients = self.accounts[ARCHIVE].clients
            make_role(clients, role, policy({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}))
            clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
                role_name=role, policy_name="AliyunActionTrailDeliveryPolicy", policy_type="System"))
        if not ours or service in found[f"{ARCHIVE} roles {role}"]["trust"]:
            foreign.create(
                self.cloud, account, "actiontrail_trail", name=name, event_rw="All",
                sls_project_arn=f"acs:log:cn-hangzhou:{ARCHIVE}:project/{self.project}",
                sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/{role}",
            )

    # What there is

    def see(self):
        events = {account: self.accounts[account].event() for account in HOSTS.values()}
        found = dump(self.cloud, *HOSTS.values())
        return Seen(found, {
            one for one in _configured(found)
            if (self.has(one.place, events[one.account]) if one.what == "actiontrail" else one.place.removesuffix(f" {CONTENTS}") in found)
        })

    def has(self, place, request_id):
        """Whether an event is among the last logs of a logstore."""
        with self.cloud.cloud.lock:
            logs = self.cloud.cloud.sls.logs.get(tuple(place.split()[2].split("/")))
            batches = list(logs.batches)[-100:] if logs else []
            return any(request_id in entry.contents.get("event", "") for batch in batches for entry in batch.entries())

    def is_there(self, delivery, seen):
        return delivery in _configured(seen.dump)

    @property
    def project(self):
        """The project in which the logs of the deployment arrive."""
        return CENTRAL_PROJECT if self.mode in ("log_audit", "resource_directory") else self.variables["audit_logs_alibaba_project"]

    def project_is_there(self):
        return f"{ARCHIVE} projects {self.project}" in dump(self.cloud, ARCHIVE)

    def retentions(self):
        """Days for which logs are kept, by logstore."""
        found = dump(self.cloud, ARCHIVE)
        return {name: value["ttl"] for name, value in found.items() if " logstores " in name and not name.endswith(CONTENTS)}

    # What is asked for

    def hosts(self, limit):
        """The hosts of a run."""
        hosts = {"root", *(self.members or ())}
        return hosts if limit is None else hosts & limit

    def named(self, removed):
        """The accounts that are named to leave: preflight refuses those that the inventory has."""
        return sorted(set(removed) - {MEMBERS[host] for host in self.members or ()})

    def inventory(self):
        said = dict(self.variables)
        products = said.pop("products")
        said |= {"alibaba_log_audit_archive_products": products, "alibaba_log_audit_directory_products": products}
        inventory = inventory_of(self.mode, accounts={host: MEMBERS[host] for host in sorted(self.members or ())}, **said)
        if self.members is not None:
            inventory["all"]["children"].setdefault("alibaba_members", {"hosts": {}})
        for group in inventory["all"]["children"].values():
            if self.broken in group["hosts"]:
                group["hosts"][self.broken]["audit_logs_alibaba_role"] = f"No-{ACCESS_ROLE}"
        return inventory

    def assert_set_up(self, limit, run, seen):
        """A run that ended well did what the inventory says."""
        hosts = self.hosts(limit)
        members = set(MEMBERS if self.members is None else self.members)
        wanted = set()
        if self.mode == "actiontrail":
            name = self.variables["alibaba_trail_name"]
            place = f"{ARCHIVE} logstores {self.project}/actiontrail_{name} {CONTENTS}"
            wanted = {Delivery(HOSTS[host], "actiontrail", f"trail {name}", place) for host in members & hosts}
        elif "root" in hosts:
            if self.mode == "log_audit":
                members &= hosts
            if self.mode == "collection_policies":
                places = {(one["product_code"], f"policy {one['name']}"): f"{self.project}/{one['name']}"
                          for one in self.variables["alibaba_collection_policies"]}
            else:
                places = {(name, "log audit"): f"{CENTRAL_PROJECT}/{LOGS[name].logstore}" for name in self.variables["products"]}
            wanted = {Delivery(HOSTS[host], what, source, f"{ARCHIVE} logstores {place} {CONTENTS}")
                      for (what, source), place in places.items() for host in members}
        assert wanted <= seen.deliveries, f"{wanted - seen.deliveries}\n{run.output}"


def _configured(found):
    """All that is set up to deliver to the archive, whether its destination is there or not."""
    deliveries = set()
    for name, value in found.items():
        account, kind, *_rest = name.split()
        if kind == "trails" and value["status"] == "Enable" and value["name"] != foreign.OTHER_TRAIL:
            _acs, _log, _region, owner, project = value["project_arn"].split(":")
            place = f"{owner} logstores {project.removeprefix('project/')}/actiontrail_{value['name']} {CONTENTS}"
            deliveries.add(Delivery(account, "actiontrail", f"trail {value['name']}", place))
        elif kind == "log_audit":
            variables = value["variables"]
            directory = json.loads(variables.get("resource_directory") or "{}")
            members = {str(item["uid"]) for item in json.loads(variables.get("multi_account") or "[]")}
            members |= set(MEMBERS.values()) if directory.get("type") == "all" else set(directory.get("multi_account", []))
            for logs, settings in LOGS.items():
                if variables.get(f"{logs}_enabled") == "true" and settings.logstore:
                    place = f"{account} logstores {variables['project']}/{settings.logstore} {CONTENTS}"
                    deliveries |= {Delivery(member, logs, "log audit", place) for member in {account, *members} & set(HOSTS.values())}
        elif kind == "collection_policies" and value["settings"]["enabled"] and value["settings"].get("centralizeEnabled"):
            if value["name"] == foreign.OTHER_POLICY:
                continue
            settings, directory = value["settings"], value["settings"].get("resourceDirectory") or {}
            members = MEMBERS.values() if directory.get("accountGroupType") == "all" else directory.get("members", [])
            destination = settings["centralizeConfig"]
            place = f"{account} logstores {destination['destProject']}/{destination['destLogstore']} {CONTENTS}"
            deliveries |= {Delivery(member, settings["productCode"], f"policy {value['name']}", place) for member in {account, *members}}
    return deliveries


def test_no_log_is_lost(alibaba_server, tmp_path):
    tell(AlibabaHistory, alibaba_server, tmp_path, count=2, steps=3, seed=SEED)


@pytest.mark.full
@pytest.mark.parametrize("number", range(12))
def test_no_log_is_lost_in_many_histories(alibaba_server, tmp_path, seed, number):
    tell(AlibabaHistory, alibaba_server, tmp_path, count=9, steps=6, seed=seed * 100 + number, shrinks=True)
