# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify.yml on estates of Alibaba Cloud accounts: every probe arrives; what breaks the chain is found where it is.

Links of a chain that works are taken away. Verification fails for exactly the accounts whose events don't arrive, and
names the cause of each. Members are broken one at a time, and mended by the set-up before the next one is; where it is
about the archive, one thing after another is broken. Then the set-up is run again, and all is well.
"""
from __future__ import annotations

import copy
import json

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.deployments import (
    ARCHIVE, CENTRAL_PROJECT, DISPATCH, DISPATCH_POLICY, ENTRY_ROLE, MANAGEMENT, MEMBERS, MONITOR, MONITOR_POLICY,
    PROJECT, TAG, TRAIL, WRITE_ROLE, Account, delegate, estate, forget, organization,
)
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls

LOG = "log.aliyuncs.com"
STRANGER = "9999999999999999"
LINKED_ROLE = "AliyunServiceRoleForSLSAudit"
DELIVERY = "AliyunActionTrailDeliveryPolicy"
SHOP, BLOG = MEMBERS["shop"], MEMBERS["blog"]
EVERYBODY = ("root", "shop")
DENY = {"Effect": "Deny", "Action": "log:*", "Resource": "*"}
COLLECTION = [{"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]


class Estate:
    """An estate that was set up, and is verified.

    :ivar results: of the last verification, by host.
    """

    def __init__(self, alibaba, playbooks, inventory):
        self.alibaba, self.playbooks, self.inventory = alibaba, playbooks, inventory
        ids = {"root": ARCHIVE, "management": MANAGEMENT, **MEMBERS}
        self.accounts = {name: Account(alibaba, number) for name, number in ids.items()}
        self.results = {}
        self.setup()

    def setup(self, *arguments):
        done = self.playbooks.run("setup", *arguments, inventory=self.inventory)
        assert done.status == 0, done.output
        assert "FAILED" not in done.output

    def verify(self, *arguments):
        """Verify: the reasons of the accounts that failed, by host."""
        reports = self.playbooks.folder / "audit-logs-report"
        for path in reports.glob("accounts/*.json"):
            path.unlink()
        forget(self.alibaba)
        done = self.playbooks.run(
            "verify", "-e", "audit_logs_probe_deadline=2", "-e", "audit_logs_probe_interval=1", *arguments,
            inventory=self.inventory)
        found = [json.loads(path.read_text()) for path in reports.glob("accounts/*.json")]
        assert found, done.output
        self.results = {result["name"]: result for result in found}
        # A probe may be a call that would write, if there were what it speaks of.
        calls = [call for call in self.alibaba.calls if not call.read_only and call.action != "AssumeRole"]
        assert {(call.action, call.error) for call in calls} <= {("StopLogging", "TrailNotFoundException")}
        failed = {name: result["reason"] for name, result in self.results.items() if result["state"] == "failed"}
        assert (done.status != 0) == bool(failed), done.output
        return failed

    def passes(self):
        assert self.verify() == {}
        for name, result in self.results.items():
            assert (result["probe"] or {"state": "arrived"})["state"] == "arrived", (name, result)

    def breaks(self, steps, expected):
        """Break something, on top of what is broken already: who fails for it, and a sentence that each has as a cause.

        :param expected: words of the sentence by host; a list of words where there is more than one.
        """
        for step in steps:
            step(self)
        failed = self.verify()
        assert set(failed) == set(expected), (failed, expected)
        for name, words in expected.items():
            result = self.results[name]
            said = [one["text"] for one in result["findings"]] or [result["reason"]]
            causes = result["probe"]["causes"] if result["probe"] else said
            for some in [words] if isinstance(words, str) else words:
                assert some in " / ".join(causes), (name, some, causes)
            assert causes[0] in failed[name]
            if result["probe"]:
                assert result["probe"]["state"] == "missing" and result["phase"] == "probe", (name, result)
        for name in set(self.results) - set(expected):
            assert (self.results[name]["probe"] or {"state": "arrived"})["state"] == "arrived", name

    def breaks_one_by_one(self, breaks, *arguments):
        """Break a member, mend it by the set-up, and break the next; all is well in the end.

        :param breaks: a function that makes a step for a member, and words as in breaks().
        :param arguments: of the set-up.
        """
        for number, (cut, words) in enumerate(breaks):
            name = ("shop", "blog")[number % 2]
            words = [some.format(account=MEMBERS[name]) for some in ([words] if isinstance(words, str) else words)]
            self.breaks([cut(name)], {name: words})
            self.setup(*arguments)
        self.passes()

    def mends(self, *arguments):
        """Set up again: all is well."""
        self.setup(*arguments)
        self.passes()

    def mends_after_destroy(self):
        """Likewise, after everything but the logs was removed."""
        done = self.playbooks.run("destroy", inventory=self.inventory)
        assert done.status == 0, done.output
        self.mends()

    def client(self, name, service):
        return getattr(self.accounts[name].clients, service)

    def settings(self, change):
        """Change the map of Log Audit Service."""
        variables = json.loads(json.dumps(dict(self.accounts["root"].state()["log_audit"]["audit"]["variables"])))
        change(variables)
        self.accounts["root"].clients.call("AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com", body={
            "AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps(variables),
        })


# Steps that break something; each is called with an estate.

def trust(name, role, *services):
    document = json.dumps({"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}},
    ]})
    return lambda estate: estate.client(name, "ram").update_role(ram.UpdateRoleRequest(
        role_name=role, new_assume_role_policy_document=document))


def detach(name, role, policy, kind="Custom"):
    return lambda estate: estate.client(name, "ram").detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
        role_name=role, policy_type=kind, policy_name=policy))


def attach(name, role, policy, document):
    def step(estate):
        client = estate.client(name, "ram")
        client.create_policy(ram.CreatePolicyRequest(policy_name=policy, policy_document=json.dumps(document)))
        client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=role, policy_type="Custom", policy_name=policy))

    return step


def policy(name, policy_name, change):
    """Change the document of a policy."""
    def step(estate):
        client = estate.client(name, "ram")
        found = client.get_policy(ram.GetPolicyRequest(policy_name=policy_name, policy_type="Custom")).body
        document = json.loads(found.default_policy_version.policy_document)
        change(document["Statement"])
        client.create_policy_version(ram.CreatePolicyVersionRequest(
            policy_name=policy_name, policy_document=json.dumps(document), set_as_default=True,
            rotate_strategy="DeleteOldestNonDefaultVersionWhenLimitExceeded"))

    return step


def without_role(name, role):
    def step(estate):
        client = estate.client(name, "ram")
        listed = client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=role)).body.policies.policy
        for one in listed:
            detach(name, role, one.policy_name, one.policy_type)(estate)
        client.delete_role(ram.DeleteRoleRequest(role_name=role))

    return step


def without_linked_role(estate):
    estate.client("root", "ram").delete_service_linked_role(ram.DeleteServiceLinkedRoleRequest(role_name=LINKED_ROLE))


def without_project(name):
    return lambda estate: estate.client("root", "sls").delete_project(name, sls.DeleteProjectRequest())


def project_abroad(estate):
    """The project in another region."""
    without_project(PROJECT)(estate)
    abroad_sls(estate).create_project(sls.CreateProjectRequest(project_name=PROJECT, description=""))


def abroad_sls(estate):
    return Clients(estate.alibaba, estate.accounts["root"].clients.credential, region="cn-shanghai").sls


def without_logstore(name):
    return lambda estate: estate.client("root", "sls").delete_log_store(PROJECT, name)


def retention(name, days):
    return lambda estate: estate.client("root", "sls").update_log_store(
        PROJECT, name, sls.UpdateLogStoreRequest(logstore_name=name, ttl=days, shard_count=2))


def without_index(name):
    return lambda estate: estate.client("root", "sls").delete_index(PROJECT, name)


def index_of(name, field):
    key = sls.IndexKey(type="text", token=list(", \":{}"))
    return lambda estate: estate.client("root", "sls").create_index(
        PROJECT, name, sls.CreateIndexRequest(body=sls.Index(keys={field: key})))


def not_listed(account):
    """Take an account off the list of Log Audit Service, in either mode."""
    def change(variables):
        if "multi_account" in variables:
            listed = json.loads(variables["multi_account"])
            variables["multi_account"] = json.dumps([one for one in listed if one["uid"] != account])
        else:
            listed = json.loads(variables["resource_directory"])
            listed["multi_account"].remove(account)
            variables["resource_directory"] = json.dumps(listed)

    return lambda estate: estate.settings(change)


def switched_off(estate):
    estate.settings(lambda variables: variables.update(actiontrail_enabled="false"))


def stop(name):
    return lambda estate: estate.client(name, "actiontrail").stop_logging(trails.StopLoggingRequest(name=TRAIL))


def without_trail(name):
    return lambda estate: estate.client(name, "actiontrail").delete_trail(trails.DeleteTrailRequest(name=TRAIL))


def trail(name, **changes):
    request = trails.UpdateTrailRequest(name=TRAIL, **{"event_rw": "All", "trail_region": "All", **changes})
    return lambda estate: estate.client(name, "actiontrail").update_trail(request)


def trail_elsewhere(name):
    """A trail of an account into a project of its own."""
    def step(estate):
        estate.client(name, "sls").create_project(sls.CreateProjectRequest(project_name="elsewhere", description=""))
        arn = f"acs:log:cn-hangzhou:{estate.accounts[name].account_id}:project/elsewhere"
        without_trail(name)(estate)
        client = estate.client(name, "actiontrail")
        client.create_trail(trails.CreateTrailRequest(name=TRAIL, event_rw="All", sls_project_arn=arn))
        client.start_logging(trails.StartLoggingRequest(name=TRAIL))

    return step


def trail_with_other_role(name):
    """Another role of the archive that trusts ActionTrail as it acts for the account, and may no longer write."""
    def step(estate):
        client = estate.client("root", "ram")
        client.create_role(ram.CreateRoleRequest(role_name="other", assume_role_policy_document=json.dumps({
            "Version": "1", "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {
                "Service": services_of("actiontrail.aliyuncs.com", estate.accounts[name].account_id)}}]})))
        client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name="other", policy_type="System", policy_name=DELIVERY))
        trail(name, sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/other")(estate)
        detach("root", "other", DELIVERY, "System")(estate)

    return step


def abroad(estate, name):
    return Clients(estate.alibaba, estate.accounts[name].clients.credential, region="cn-shanghai").actiontrail


def trail_abroad(name):
    """A trail of the same name with its home in another region, which is off; it can be changed from there alone."""
    def step(estate):
        without_trail(name)(estate)
        abroad(estate, name).create_trail(trails.CreateTrailRequest(
            name=TRAIL, event_rw="All", sls_project_arn=f"acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}",
            sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/{WRITE_ROLE}"))

    return step


def collection(**changes):
    """Change the collection policy."""
    def step(estate):
        client = Clients(estate.alibaba, estate.accounts["root"].clients.credential, region="cn-shanghai").sls
        found = client.get_collection_policy("events", sls.GetCollectionPolicyRequest()).body.collection_policy.to_map()
        settings = {name: found[name] for name in (
            "policyName", "productCode", "dataCode", "enabled", "policyConfig", "centralizeEnabled", "centralizeConfig",
            "resourceDirectory")}
        client.upsert_collection_policy(sls.UpsertCollectionPolicyRequest().from_map({**settings, **changes}))

    return step


def revoke(estate):
    Clients(estate.alibaba).directory.deregister_delegated_administrator(
        directory.DeregisterDelegatedAdministratorRequest(
            account_id=ARCHIVE, service_principal="audit.log.aliyuncs.com"))


def of_all(words, names=EVERYBODY):
    return dict.fromkeys(names, words)


def services_of(service, *accounts):
    return [f"{account}@{service}" for account in accounts]


class TestLogAudit:
    def test_members(self, alibaba, alibaba_playbooks):
        """One after the other, each in a way of its own."""
        world = Estate(alibaba, alibaba_playbooks, estate(members=2))
        lacks, denies = f"of role {MONITOR} has no statement that allows", f"of role {MONITOR} denies"
        lack = f"the policies of role {MONITOR} have no statement that allows"

        def changed(change):
            return lambda name: policy(name, MONITOR_POLICY, change)

        def without(resource):
            return changed(lambda found: found[0]["Resource"].remove(resource))

        world.breaks_one_by_one([
            (lambda name: not_listed(MEMBERS[name]),
             "does not collect from account {account}, which is not on its list: run setup"),
            (lambda name: trust(name, MONITOR, LOG), f"the trust policy {lacks} {ARCHIVE}@{LOG}"),
            (lambda name: trust(name, MONITOR, f"{STRANGER}@{LOG}", LOG), f"the trust policy {lacks} {ARCHIVE}@{LOG}"),
            (lambda name: detach(name, MONITOR, "ReadOnlyAccess", "System"),
             f"the policy {lacks} actiontrail:LookupEvents"),
            (lambda name: detach(name, MONITOR, MONITOR_POLICY), f"the policy {lacks} log:CreateApp on"),
            (changed(lambda found: found.append(DENY)), f"{denies} log:CreateApp and log:CreateProject"),
            (changed(lambda found: found.pop(0)), [f"{lack} log:CreateApp on", f"{lack} log:CreateProject on"]),
            (without("acs:log:*:*:project/slsaudit-*"), f"{lack} log:CreateProject on"),
            (without("acs:log:*:*:app/audit"), f"{lack} log:CreateApp on"),
            (lambda name: without_role(name, MONITOR), f"monitor role {MONITOR} does not exist: run setup"),
        ])

    def test_archive(self, alibaba, alibaba_playbooks):
        world = Estate(alibaba, alibaba_playbooks, estate())
        world.breaks([switched_off], of_all("Log Audit Service does not collect the events of ActionTrail: run setup"))
        world.mends()
        world.breaks([without_linked_role], of_all(f"service-linked role {LINKED_ROLE} does not exist: run setup"))
        world.breaks([without_project(CENTRAL_PROJECT)], of_all(
            f"project {CENTRAL_PROJECT} does not exist: run destroy and then setup, because Log Audit Service makes it"
            " when it is switched on"))
        world.mends_after_destroy()

    def test_older_roles(self, alibaba, alibaba_playbooks):
        """In the archive they are for its own events as well."""
        world = Estate(alibaba, alibaba_playbooks, estate(
            members=3, alibaba_log_audit_archive_central_roles="custom"))
        others = services_of(LOG, BLOG, MEMBERS["bank"])
        lacks, no_write = "has no statement that allows", "have no statement that allows log:PostLogStoreLogs on"
        world.breaks([trust("root", DISPATCH, LOG, *others), trust("blog", MONITOR, LOG)], {
            "shop": f"the trust policy of role {DISPATCH} {lacks} {SHOP}@{LOG}",
            "blog": f"the trust policy of role {MONITOR} {lacks} {ARCHIVE}@{LOG}",
        })
        world.mends()
        world.breaks([
            trust("root", DISPATCH, *services_of(LOG, SHOP), *others), trust("root", MONITOR, f"{STRANGER}@{LOG}"),
            detach("root", MONITOR, "ReadOnlyAccess", "System"), detach("root", MONITOR, MONITOR_POLICY),
        ], {"root": [
            f"the trust policy of role {DISPATCH} {lacks} {LOG}", f"the trust policy of role {MONITOR} {lacks} {LOG}",
            f"the policies of role {MONITOR} have no statement that allows actiontrail:LookupEvents",
            f"the policies of role {MONITOR} have no statement that allows log:CreateApp on",
        ]})
        names = ("root", *MEMBERS)
        world.breaks([policy("root", DISPATCH_POLICY, lambda found: found[0].update(
            Resource="acs:log:*:*:project/something-else"))],
            of_all(f"the policy of role {DISPATCH} {lacks} log:PostLogStoreLogs on", names))
        world.breaks([detach("root", DISPATCH, DISPATCH_POLICY)],
                     of_all(f"the policies of role {DISPATCH} {no_write}", names))
        world.breaks([without_role("root", DISPATCH)],
                     of_all(f"dispatch role {DISPATCH} does not exist: run setup", names))
        world.mends()

    def test_policies_of_somebody_else(self, alibaba, alibaba_playbooks):
        """Each is read; what nobody can tell is said."""
        world = Estate(alibaba, alibaba_playbooks, estate(members=3))
        deny = {"Effect": "Deny", "Action": "actiontrail:LookupEvents", "Resource": "*"}
        allow = {**deny, "Effect": "Allow"}
        somewhere = {**deny, "Condition": {"Bool": {"acs:SecureTransport": "true"}}}
        world.breaks([
            attach("shop", MONITOR, "harmless", {"Version": "1", "Statement": [allow]}),
            attach("shop", MONITOR, "lockdown", {"Version": "1", "Statement": [allow, deny]}),
            attach("blog", MONITOR, "somewhere", {"Version": "1", "Statement": [somewhere]}),
            attach("bank", MONITOR, "harmless", {"Version": "1", "Statement": [allow]}),
        ], {
            "shop": f"statement 2 of policy lockdown of role {MONITOR} denies actiontrail:LookupEvents on *",
            "blog": f"custom policy somewhere of role {MONITOR} is not made by this collection: look whether it denies",
        })
        assert world.results["bank"]["state"] == "ok"
        detach("shop", MONITOR, "lockdown")(world)
        detach("blog", MONITOR, "somewhere")(world)
        world.passes()

    def test_what_stops_nothing(self, alibaba, alibaba_playbooks):
        """A part of the policy that is for other products: it is drift. A tag that was taken off: it is not ours."""
        world = Estate(alibaba, alibaba_playbooks, estate(members=2))
        policy("shop", MONITOR_POLICY, lambda found: found.pop(1))(world)
        world.client("blog", "ram").untag_resources(ram.UntagResourcesRequest(
            resource_type="role", resource_names=[MONITOR], tag_keys=list(TAG)))
        assert world.verify() == {
            "shop": f"monitor policy {MONITOR_POLICY}: document differs from what the inventory asks for"}
        assert world.results["shop"]["phase"] == "posture" and world.results["shop"]["probe"]["state"] == "arrived"
        [found] = world.results["blog"]["findings"]
        assert (found["kind"], found["level"]) == ("foreign", "warning") and world.results["blog"]["state"] == "warning"
        assert found["text"] == f"monitor role {MONITOR} is not made by this collection: it lacks the tag managed-by"
        [found] = world.results["root"]["findings"]
        assert (found["kind"], found["controls"]) == ("weak", ["CIS Alibaba Cloud 2.23"])


class TestResourceDirectory:
    def test_it(self, alibaba, alibaba_playbooks):
        delegate(alibaba)
        world = Estate(alibaba, alibaba_playbooks, estate("resource_directory", members=2))
        world.breaks([not_listed(SHOP)], {"shop": f"does not collect from account {SHOP}, which is not on its list"})
        revoke(world)
        failed = world.verify()
        # Its own events are collected without the directory; that it may not collect from others is wrong all the same.
        assert set(failed) == {"root", "shop", "blog"} and world.results["root"]["probe"]["state"] == "arrived"
        assert world.results["blog"]["probe"]["causes"] == [
            f"account {ARCHIVE} is neither the management account of a resource directory nor a delegated administrator"
            " of audit.log.aliyuncs.com there: let the management account register it"]
        delegate(alibaba)
        names = ("root", "shop", "blog")
        world.breaks([switched_off],
                     of_all("Log Audit Service does not collect the events of ActionTrail: run setup", names))
        world.breaks([without_linked_role],
                     of_all(f"service-linked role {LINKED_ROLE} does not exist: run setup", names))
        world.mends()


class TestCollectionPolicies:
    def test_it(self, alibaba, alibaba_playbooks):
        delegate(alibaba)
        world = Estate(alibaba, alibaba_playbooks, estate(
            "collection_policies", members=2, alibaba_collection_policies=COLLECTION))
        others = {"accountGroupType": "custom", "members": [BLOG]}
        world.breaks([collection(resourceDirectory=others)], {
            "shop": f"collection policy events of account {ARCHIVE} does not collect from account {SHOP}"})
        names = ("root", "shop", "blog")
        world.breaks([revoke], of_all("nor a delegated administrator of audit.log.aliyuncs.com", names))
        delegate(alibaba)
        world.breaks([collection(enabled=False)], of_all("collection policy events is switched off: run setup", names))
        world.breaks([collection(enabled=True, centralizeEnabled=False)],
                     of_all("collection policy events does not bring logs together: run setup", names))
        world.breaks([without_linked_role],
                     of_all(f"service-linked role {LINKED_ROLE} does not exist: run setup", names))
        world.mends()

    def test_logstore(self, alibaba, alibaba_playbooks):
        """One that keeps logs for less time than was asked for, and one that is gone."""
        delegate(alibaba)
        world = Estate(alibaba, alibaba_playbooks, estate(
            "collection_policies", alibaba_collection_policies=COLLECTION))
        world.breaks([retention("events", 1)], {
            "root": "logstore events keeps logs for 1 day, and should for 180 days: set ttl with"})
        [found] = world.results["root"]["findings"]
        assert (found["kind"], found["setting"], found["before"], found["after"]) == ("drift", "ttl", 1, 180)
        world.breaks([without_logstore("events")], of_all(
            f"logstore events of project {PROJECT} does not exist: run setup, and if it finds nothing to do, destroy before"
            " it, because the logstore is made with the collection policy"))
        world.mends_after_destroy()

    def test_other_products(self, alibaba, alibaba_playbooks):
        """There is nothing that an event could prove: posture alone, and it is said."""
        delegate(alibaba)
        policies = [{"name": "buckets", "product_code": "oss", "data_code": "access_log"}]
        world = Estate(alibaba, alibaba_playbooks, estate(
            "collection_policies", members=2, alibaba_collection_policies=policies))
        assert world.verify() == {}
        for name in ("shop", "blog"):
            result = world.results[name]
            assert result["probe"]["state"] == "skipped" and result["state"] == "warning"
            assert result["reason"] == "ActionTrail's events are not among what the inventory has collected"


class TestTrails:
    def test_members(self, alibaba, alibaba_playbooks):
        """One after the other, each in a way of its own."""
        world = Estate(alibaba, alibaba_playbooks, estate("actiontrail", members=2))
        ours, strange = f"acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}", f"acs:ram::{ARCHIVE}:role/other"

        def mistrusted(name):
            [other] = {SHOP, BLOG} - {MEMBERS[name]}
            return trust("root", WRITE_ROLE, *services_of("actiontrail.aliyuncs.com", other))

        world.breaks_one_by_one([
            (stop, f"trail {TRAIL} is stopped: start it, or run setup"),
            (without_trail, f"trail {TRAIL} does not exist: run setup"),
            (mistrusted, f"the trust policy of role {WRITE_ROLE} has no statement that allows {{account}}@action"),
            (lambda name: trail(name, event_rw="Write"), f"trail {TRAIL} delivers Write events only, and should All"),
            (lambda name: trail(name, trail_region="cn-shanghai"),
             f"trail {TRAIL} delivers the events of cn-shanghai only, and should of All: run setup"),
            (trail_elsewhere, f"trail {TRAIL} writes into acs:log:cn-hangzhou:{{account}}:project/elsewhere, and should"
                              f" into {ours}: run setup with audit_logs_adopt: true"),
            (trail_with_other_role, f"trail {TRAIL} writes with {strange}, and should with"
                                    f" acs:ram::{ARCHIVE}:role/{WRITE_ROLE}: run setup"),
        ], "-e", "audit_logs_adopt=true")
        world.breaks([trail_abroad("shop")], {"shop": f"region: there is a trail {TRAIL} with its home in cn-shanghai"})
        abroad(world, "shop").delete_trail(trails.DeleteTrailRequest(name=TRAIL))
        world.mends()

    def test_archive(self, alibaba, alibaba_playbooks):
        world = Estate(alibaba, alibaba_playbooks, estate("actiontrail"))
        world.breaks([detach("root", WRITE_ROLE, DELIVERY, "System")],
                     of_all(f"the policies of role {WRITE_ROLE} have no statement that allows log:CreateLogStore on"))
        world.breaks([without_role("root", WRITE_ROLE)], of_all(f"write role {WRITE_ROLE} does not exist: run setup"))
        world.breaks([project_abroad], of_all(
            f"project {PROJECT} does not exist in cn-hangzhou: run setup, and destroy before it if logs have gone into"
            " it, because ActionTrail makes the logstore with the trail; if it is in another region, set"
            " audit_logs_alibaba_region to that"))
        abroad_sls(world).delete_project(PROJECT, sls.DeleteProjectRequest())
        world.mends_after_destroy()

    def test_logstore(self, alibaba, alibaba_playbooks):
        """Without its index, with one for something else, and without the logstore, which nobody makes again."""
        world = Estate(alibaba, alibaba_playbooks, estate("actiontrail"))
        logstore = f"actiontrail_{TRAIL}"
        whole = f"logstore {logstore} of project {PROJECT}"
        command = f"in Cloud Shell, run actiontrail-update-index {PROJECT} {logstore} cn-hangzhou"
        world.breaks([without_index(logstore)], of_all([f"{whole} has no index, so that nothing can be", command]))
        world.breaks([index_of(logstore, "other")], of_all(
            [f"the index of {whole} has neither the whole text nor the field event", command]))
        world.breaks([without_index(logstore), index_of(logstore, "event")], {})
        world.breaks([without_logstore(logstore)], of_all(
            f"{whole} does not exist: run setup, and if it finds nothing to do, destroy before it, because ActionTrail"
            " makes the logstore with the trail"))
        world.mends_after_destroy()

    def test_what_only_the_service_knows(self, alibaba, alibaba_playbooks):
        """A policy denies on a condition, of which nobody here knows whether it is met; the trail's status tells."""
        world = Estate(alibaba, alibaba_playbooks, estate("actiontrail"))
        world.breaks([attach("root", WRITE_ROLE, "locked", {"Version": "1", "Statement": [
            {**DENY, "Condition": {"Bool": {"acs:SecureTransport": "true"}}}]})], {
            "shop": [f"ActionTrail could not deliver events of trail {TRAIL}: the role ",
                     "does not allow log:PostLogStoreLogs"],
            "root": f"write role {WRITE_ROLE}: policies",
        })
        world.mends()

    def test_organization(self, alibaba, alibaba_playbooks):
        world = Estate(alibaba, alibaba_playbooks, organization())
        world.breaks([stop("management")], {"management": f"trail {TRAIL} is stopped: start it, or run setup"})
        world.breaks([trust("root", WRITE_ROLE, f"{STRANGER}@actiontrail.aliyuncs.com")], {
            "management": f"the trust policy of role {WRITE_ROLE} has no statement that allows {MANAGEMENT}@action",
            "root": f"write role {WRITE_ROLE}: trust_policy",
        })
        world.mends()

    def test_what_the_inventory_asks_for(self, alibaba, alibaba_playbooks):
        """Less than a benchmark wants is no failure, and the probe is one that such a trail delivers."""
        world = Estate(alibaba, alibaba_playbooks, estate("actiontrail", members=3, hosts={
            "shop": {"alibaba_trail_event_rw": "Write"},
            "blog": {"alibaba_trail_trail_region": ["cn-shanghai"], "alibaba_trail_name": "other-name"},
            "bank": {"alibaba_trail_logging": False},
        }))
        assert world.verify() == {}
        assert {name: [one["text"] for one in result["findings"]] for name, result in world.results.items()} == {
            "root": [], "shop": [f"trail {TRAIL} delivers Write events only"],
            "blog": ["trail other-name delivers the events of cn-shanghai only"],
            "bank": [f"trail {TRAIL} is off, as the inventory asks for"],
        }
        assert {name: (result["probe"] or {}).get("state") for name, result in world.results.items()} == {
            "root": None, "shop": "arrived", "blog": "arrived", "bank": "skipped"}
        assert world.results["shop"]["findings"][0]["controls"] == ["CIS Alibaba Cloud 2.1"]
        assert world.results["blog"]["probe"]["places"][0]["name"] == f"{PROJECT}/actiontrail_other-name"


@pytest.mark.parametrize("way", ["log_audit", "actiontrail"])
def test_archive_that_is_a_member(alibaba, alibaba_playbooks, way):
    inventory = copy.deepcopy(estate(way))
    inventory["all"]["children"]["alibaba_members"]["hosts"]["root"] = {}
    world = Estate(alibaba, alibaba_playbooks, inventory)
    if way == "actiontrail":
        world.breaks([stop("root")], {"root": f"trail {TRAIL} is stopped"})
        world.setup()
    world.passes()
    assert world.results["root"]["roles"] == ["archive", "member"]
    assert world.results["root"]["probe"]["state"] == "arrived"


def test_posture_alone(alibaba, alibaba_playbooks):
    """No event is made, and what is wrong is found."""
    world = Estate(alibaba, alibaba_playbooks, estate("actiontrail"))
    stop("shop")(world)
    assert world.verify("-e", "audit_logs_probe=false") == {"shop": f"trail {TRAIL} is stopped: start it, or run setup"}
    assert {name: result["probe"] for name, result in world.results.items()} == {"root": None, "shop": None}
    assert world.results["shop"]["phase"] == "posture"


def test_archive_that_nobody_can_enter(alibaba, alibaba_playbooks):
    """Whether the events of its members arrive is not known, and so not said to be well."""
    world = Estate(alibaba, alibaba_playbooks, estate())
    nobody = {"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}}]}
    world.client("root", "ram").update_role(ram.UpdateRoleRequest(
        role_name=ENTRY_ROLE, new_assume_role_policy_document=json.dumps(nobody)))
    failed = world.verify()
    assert failed["root"].startswith("Could not assume the role ") and world.results["root"]["phase"] == "credentials"
    assert failed["shop"] == f"not proven, because the archive failed: {failed['root']}"
    assert world.results["shop"]["probe"]["state"] == "skipped" and world.results["shop"]["phase"] == "archive"
    assert world.verify("--limit", "shop") == {
        "shop": "not proven, because the archive is not in this run: name it in --limit"}


def test_before_setup(alibaba, alibaba_playbooks):
    """Nothing is there: every account says what, and nothing is made."""
    world = Estate.__new__(Estate)
    world.alibaba, world.playbooks, world.inventory = alibaba, alibaba_playbooks, estate("actiontrail")
    failed = world.verify()
    assert failed["root"].startswith(f"project {PROJECT} does not exist in cn-hangzhou: run setup")
    assert failed["root"].endswith("(and 1 more)")
    assert failed["shop"] == f"trail {TRAIL} does not exist: run setup"
