# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify.yml on deployments of Alibaba Cloud: every probe arrives; what breaks the chain is found where it is.

Links of a chain that works are taken away. Verification fails for exactly the accounts whose events don't arrive, and
names the cause of each. Then the set-up is run again, and all is well.

Members are broken all at once, each one differently, in one deployment per mode: LOG_AUDIT and TRAILS say how. What
is about the archive concerns all members, so there one thing after another is broken: SEQUENCES says what. Playbooks run
once for each deployment, and the tests read what was verified.
"""
from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from helpers.alibaba.breaks import (
    LINKED_ROLE, attach, close, collection, destroy, detach, index_of, not_listed, policy, project_abroad,
    register, retention, revoke, services_of, setup, start, stop, switched_off, tag, trail, trail_abroad,
    trail_elsewhere, trail_with_other_role, trust, untag, without_index, without_linked_role, without_logstore,
    without_project, without_project_abroad, without_role, without_trail, without_trail_abroad,
)
from helpers.alibaba.deployments import (
    ARCHIVE, CENTRAL_PROJECT, DISPATCH, DISPATCH_POLICY, MANAGEMENT, MEMBERS, MONITOR, MONITOR_POLICY, ORGANIZATION_TRAIL, PROJECT,
    TRAIL, WRITE_ROLE, delegate, inventory_of, organization,
)
from helpers.alibaba.verifications import AlibabaDeployment, assert_arrived, assert_broken, on_a_cloud_of_its_own

LOG = "log.aliyuncs.com"
STRANGER = "9999999999999999"
SHOP, BLOG, BANK = MEMBERS.values()
EVERYBODY = ("root", "shop")
ALL_THREE = ("root", "shop", "blog")
DENY = {"Effect": "Deny", "Action": "log:*", "Resource": "*"}
COLLECTION = [{"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]
OTHER_PRODUCT = [{"name": "buckets", "product_code": "oss", "data_code": "access_log"}]
NO_EVENTS_CREATED = ("-e", "audit_logs_probe=false")


# Members, each broken differently

@dataclass(frozen=True)
class Member:
    """A member of a deployment all of whose members are broken at once.

    :param cut: makes the step that breaks the member, from the member's name.
    :param words: of a sentence that is a cause of the missing probe; several words if there are several sentences.
        None if the probe arrives. {account} is the member's id, {logstore} where its events arrive, {trail} its trail.
    :param of_archive: words of the findings of the archive because of this member.
    :param mend: makes the step that mends what setup does not, from the member's name.
    :param options: host variables.
    """

    cut: Callable | None = None
    words: str | list | None = None
    of_archive: str | list | None = None
    mend: Callable | None = None
    options: dict = field(default_factory=dict)


CONTROL = Member()
LACKS, DENIES = f"of role {MONITOR} has no statement that allows", f"of role {MONITOR} denies"
LACK = f"the policies of role {MONITOR} have no statement that allows"
DENY_LOOKUP = {"Effect": "Deny", "Action": "actiontrail:LookupEvents", "Resource": "*"}
ALLOW_LOOKUP = {**DENY_LOOKUP, "Effect": "Allow"}
ON_A_CONDITION = {"Condition": {"Bool": {"acs:SecureTransport": "true"}}}


def changed(change):
    return lambda name: policy(name, MONITOR_POLICY, change)


def without(resource):
    return changed(lambda found: found[0]["Resource"].remove(resource))


def other_policy(policy_name, *statements):
    return lambda name: attach(name, MONITOR, policy_name, {"Version": "1", "Statement": list(statements)})


LOG_AUDIT = {
    "not-listed": Member(
        lambda name: not_listed(account_of(LOG_AUDIT, name)),
        "does not collect from account {account}, because the account is not on its list: run setup"),
    "trust-of-service": Member(
        lambda name: trust(name, MONITOR, LOG), f"the trust policy {LACKS} {ARCHIVE}@{LOG}"),
    "trust-of-stranger": Member(
        lambda name: trust(name, MONITOR, f"{STRANGER}@{LOG}", LOG), f"the trust policy {LACKS} {ARCHIVE}@{LOG}"),
    "no-read-policy": Member(
        lambda name: detach(name, MONITOR, "ReadOnlyAccess", "System"),
        f"the policy {LACKS} actiontrail:LookupEvents"),
    "no-monitor-policy": Member(
        lambda name: detach(name, MONITOR, MONITOR_POLICY), f"the policy {LACKS} log:CreateApp on"),
    "policy-denies": Member(
        changed(lambda found: found.append(DENY)), f"{DENIES} log:CreateApp and log:CreateProject"),
    "policy-without-statement": Member(
        changed(lambda found: found.pop(0)), [f"{LACK} log:CreateApp on", f"{LACK} log:CreateProject on"]),
    "policy-without-projects": Member(
        without("acs:log:*:*:project/slsaudit-*"), f"{LACK} log:CreateProject on"),
    "policy-without-application": Member(without("acs:log:*:*:app/audit"), f"{LACK} log:CreateApp on"),
    "no-role": Member(
        lambda name: without_role(name, MONITOR), f"monitor role {MONITOR} does not exist: run setup"),
    # Policies of somebody else: each is read; what cannot be evaluated is a warning.
    "other-policy-denies": Member(
        other_policy("lockdown", ALLOW_LOOKUP, DENY_LOOKUP),
        f"statement 2 of policy lockdown of role {MONITOR} denies actiontrail:LookupEvents on *",
        mend=lambda name: detach(name, MONITOR, "lockdown")),
    "other-policy-may-deny": Member(
        other_policy("somewhere", {**DENY_LOOKUP, **ON_A_CONDITION}),
        f"this collection does not manage the custom policy somewhere of role {MONITOR}: check whether the policy denies",
        mend=lambda name: detach(name, MONITOR, "somewhere")),
    "other-policy-allows": Member(other_policy("harmless", ALLOW_LOOKUP)),
    # A part of the policy that is for other products: it is drift. A tag that was taken off: it is not ours.
    "policy-without-products": Member(changed(lambda found: found.pop(1))),
    "untagged": Member(lambda name: untag(name, MONITOR), mend=lambda name: tag(name, MONITOR)),
    "control-1": CONTROL,
    "control-2": CONTROL,
}

OURS, STRANGE = f"acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}", f"acs:ram::{ARCHIVE}:role/other"
LOGSTORE = "logstore {logstore} of project " + PROJECT
UPDATE_INDEX = f"in Cloud Shell, run actiontrail-update-index {PROJECT} {{logstore}} cn-hangzhou"
NO_INDEX = [f"{LOGSTORE} has no index, so verify cannot find events in it", UPDATE_INDEX]
OTHER_INDEX = [f"the index of {LOGSTORE} contains neither the whole text nor the field event", UPDATE_INDEX]
NO_LOGSTORE = (f"{LOGSTORE} does not exist: run setup. If setup finds nothing to do, run destroy and then setup, because"
               " ActionTrail creates the logstore with the trail")


def mistrusted(name):
    others = [account_of(TRAILS, other) for other in TRAILS if other != name]
    return trust("root", WRITE_ROLE, *services_of("actiontrail.aliyuncs.com", *others))


def locked(name):
    """A policy denies on a condition, of which nobody here knows whether it is met; the trail's status shows it."""
    resource = f"acs:log:*:*:project/{PROJECT}/logstore/actiontrail_{name}"
    return attach("root", WRITE_ROLE, "locked", {"Version": "1", "Statement": [
        {**DENY, "Resource": resource, **ON_A_CONDITION}]})


def other_index(field_name):
    def of_member(name):
        logstore = f"actiontrail_{name}"

        def step(deployment):
            without_index(logstore)(deployment)
            index_of(logstore, field_name)(deployment)

        return step

    return of_member


def own_trail(name):
    """A trail, and with it a logstore, that no other member has."""
    return {"alibaba_trail_name": name}


TRAILS = {
    "stopped": Member(stop, f"trail {TRAIL} is stopped: start it, or run setup"),
    "no-trail": Member(without_trail, f"trail {TRAIL} does not exist: run setup"),
    "not-trusted": Member(
        mistrusted, f"the trust policy of role {WRITE_ROLE} has no statement that allows {{account}}@action"),
    "write-events-only": Member(
        lambda name: trail(name, event_rw="Write"), f"trail {TRAIL} delivers only Write events, but should deliver All"),
    "one-region-only": Member(
        lambda name: trail(name, trail_region="cn-shanghai"),
        f"trail {TRAIL} delivers only the events of cn-shanghai, but should deliver those of All: run setup"),
    "elsewhere": Member(
        trail_elsewhere, f"trail {TRAIL} writes into acs:log:cn-hangzhou:{{account}}:project/elsewhere, but should"
                         f" write into {OURS}: run setup with audit_logs_adopt: true",
        options={"audit_logs_adopt": True}),
    "other-role": Member(
        trail_with_other_role, f"trail {TRAIL} writes with {STRANGE}, but should write with"
                               f" acs:ram::{ARCHIVE}:role/{WRITE_ROLE}: run setup"),
    "abroad": Member(
        trail_abroad, f"region: the home region of trail {TRAIL} is cn-shanghai", mend=without_trail_abroad),
    "no-index": Member(
        lambda name: without_index(f"actiontrail_{name}"), NO_INDEX, NO_INDEX, options=own_trail("no-index"),
        mend=lambda name: index_of(f"actiontrail_{name}", "event")),
    "index-of-other": Member(
        other_index("other"), OTHER_INDEX, OTHER_INDEX, options=own_trail("index-of-other"), mend=other_index("event")),
    "no-logstore": Member(
        lambda name: without_logstore(f"actiontrail_{name}"), NO_LOGSTORE, NO_LOGSTORE,
        options=own_trail("no-logstore"), mend=lambda name: lambda deployment: deployment.destroy("--limit", name)),
    "locked": Member(
        locked, ["ActionTrail could not deliver events of trail {trail}: the role ",
                 "does not allow log:PostLogStoreLogs"],
        f"write role {WRITE_ROLE}: policies", options=own_trail("locked")),
    "index-of-event": Member(other_index("event"), options=own_trail("index-of-event")),
    "asked-for-write-events": Member(options={"alibaba_trail_event_rw": "Write"}),
    "asked-for-one-region": Member(
        options={"alibaba_trail_trail_region": ["cn-shanghai"], "alibaba_trail_name": "other-name"}),
    "asked-for-off": Member(options={"alibaba_trail_logging": False}),
    "control-1": CONTROL,
    "control-2": CONTROL,
}


def account_of(members, name):
    return str(2_000_000_000_000_001 + list(members).index(name))


def broken(members):
    """The members whose probe does not arrive."""
    return [name for name, member in members.items() if member.words]


@dataclass(frozen=True)
class Story:
    """What was verified while all members were broken, and after they were mended: results by host.

    :ivar mending: the run of setup.yml in between.
    """

    members: dict
    broken: dict
    mended: dict
    mending: object

    @classmethod
    def run(cls, mode, members, alibaba, playbooks):
        """Break and mend."""
        deployment = AlibabaDeployment(alibaba, playbooks, inventory_of(
            mode, accounts={name: account_of(members, name) for name in members},
            hosts={name: member.options for name, member in members.items()}))
        for name, member in members.items():
            if member.cut:
                member.cut(name)(deployment)
        found = deployment.verify_accounts()
        for name, member in members.items():
            if member.mend:
                member.mend(name)(deployment)
        mending = playbooks.run("setup", inventory=deployment.inventory)
        return cls(members, found, deployment.verify_accounts(), mending)

    def words(self, name, words):
        """Words about a member."""
        trail_name = self.members[name].options.get("alibaba_trail_name", TRAIL)
        return [some.format(account=account_of(self.members, name), trail=trail_name,
                            logstore=f"actiontrail_{trail_name}")
                for some in ([words] if isinstance(words, str) else words)]

    def expect_broken(self, name):
        """A member is found to be broken as it is."""
        assert_broken(name, self.broken[name], self.words(name, self.members[name].words))

    def expect_mended(self, name):
        """It no longer is."""
        result = self.mended[name]
        assert result["state"] in ("ok", "warning"), (name, result, self.mending.output)
        assert_arrived(name, result)

    def expect_all_mended(self):
        """Nobody fails, and setup was content."""
        assert self.mending.status == 0 and "FAILED" not in self.mending.output, self.mending.output
        assert set(self.mended) == {"root", *self.members}
        assert [name for name, result in self.mended.items() if result["state"] == "failed"] == []

    def failed(self):
        """Who failed while the members were broken."""
        return {name for name, result in self.broken.items() if result["state"] == "failed"}


@pytest.fixture(scope="module", name="log_audit")
def fixture_log_audit(alibaba_server, tmp_path_factory):
    return on_a_cloud_of_its_own(
        alibaba_server, tmp_path_factory.mktemp("log-audit"), lambda *world: Story.run("log_audit", LOG_AUDIT, *world))


@pytest.fixture(scope="module", name="trails")
def fixture_trails(alibaba_server, tmp_path_factory):
    return on_a_cloud_of_its_own(
        alibaba_server, tmp_path_factory.mktemp("trails"), lambda *world: Story.run("actiontrail", TRAILS, *world))


class TestLogAudit:
    @pytest.mark.parametrize("name", broken(LOG_AUDIT))
    def test_member(self, log_audit, name):
        log_audit.expect_broken(name)

    @pytest.mark.parametrize("name", LOG_AUDIT)
    def test_mended_member(self, log_audit, name):
        log_audit.expect_mended(name)

    def test_nobody_else(self, log_audit):
        """Nobody fails because of another member, and setup mends everything."""
        assert log_audit.failed() == {*broken(LOG_AUDIT), "policy-without-products"}
        for name in {"root", *LOG_AUDIT} - set(broken(LOG_AUDIT)):
            assert_arrived(name, log_audit.broken[name])
        log_audit.expect_all_mended()

    def test_policies_of_somebody_else(self, log_audit):
        """One that allows is harmless, and setup has nothing to do with any."""
        assert log_audit.broken["other-policy-allows"]["state"] == "ok"
        for name in ("other-policy-denies", "other-policy-may-deny", "other-policy-allows"):
            assert log_audit.mending.lines[name] == "ok: nothing to do"

    def test_what_stops_nothing(self, log_audit):
        found = log_audit.broken["policy-without-products"]
        assert found["reason"] == f"monitor policy {MONITOR_POLICY}: document differs from the inventory"
        assert found["phase"] == "posture" and found["probe"]["state"] == "arrived"
        [finding] = log_audit.broken["untagged"]["findings"]
        assert (finding["kind"], finding["level"]) == ("foreign", "warning")
        assert log_audit.broken["untagged"]["state"] == "warning"
        assert finding["text"] == (
            f"monitor role {MONITOR} is not managed by this deployment: it does not carry the tag managed-by: crossaccount.audit_logs")
        for results in (log_audit.broken, log_audit.mended):
            [finding] = results["root"]["findings"]
            assert (finding["kind"], finding["controls"]) == ("weak", ["CIS Alibaba Cloud 2.23"])


class TestTrails:
    @pytest.mark.parametrize("name", broken(TRAILS))
    def test_member(self, trails, name):
        trails.expect_broken(name)

    @pytest.mark.parametrize("name", [name for name, member in TRAILS.items() if member.of_archive])
    def test_archive_because_of_member(self, trails, name):
        """What is wrong in the archive is said there as well."""
        assert_broken("root", trails.broken["root"], trails.words(name, TRAILS[name].of_archive))

    @pytest.mark.parametrize("name", [name for name in TRAILS if name != "asked-for-off"])
    def test_mended_member(self, trails, name):
        trails.expect_mended(name)

    def test_nobody_else(self, trails):
        """Nobody fails because of another member, and setup mends everything."""
        assert trails.failed() == {"root", *broken(TRAILS)}
        of_archive = [one for one in trails.broken["root"]["findings"] if one["kind"] != "coverage"]
        assert len(of_archive) == len([1 for member in TRAILS.values() if member.of_archive])
        for name in {*TRAILS} - {*broken(TRAILS), "asked-for-off"}:
            assert trails.broken[name]["probe"]["state"] == "arrived", name
        trails.expect_all_mended()

    def test_what_the_inventory_asks_for(self, trails):
        """Less than a benchmark wants is no failure, and the probe is one that such a trail delivers."""
        names = ("asked-for-write-events", "asked-for-one-region", "asked-for-off")
        for results in (trails.broken, trails.mended):
            found = {name: [one["text"] for one in results[name]["findings"]] for name in names}
            assert found == {
                "asked-for-write-events": [f"trail {TRAIL} delivers Write events only"],
                "asked-for-one-region": ["trail other-name delivers the events of cn-shanghai only"],
                "asked-for-off": [f"trail {TRAIL} is stopped, as configured in the inventory"],
            }
            assert [results[name]["probe"]["state"] for name in names] == ["arrived", "arrived", "skipped"]
            assert results["asked-for-write-events"]["findings"][0]["controls"] == ["CIS Alibaba Cloud 2.1"]
            [destination] = results["asked-for-one-region"]["probe"]["destinations"]
            assert destination["name"] == f"{PROJECT}/actiontrail_other-name"
        [archive_is_not_a_member] = trails.mended["root"]["findings"]
        assert archive_is_not_a_member["kind"] == "coverage" and trails.mended["root"]["probe"] is None


# Archives, in which one thing after another is broken

@dataclass(frozen=True)
class Step:
    """Some steps, and what a verification says after them.

    :param steps: each is called with the deployment. What was broken before is still broken, unless they mend it.
    :param expected: words of the sentences that are causes, by those hosts that fail; None if another test checks it.
    :param arguments: of the verification.
    """

    steps: list
    expected: dict | None = field(default_factory=dict)
    arguments: tuple = ()


@dataclass(frozen=True)
class Sequence:
    """A deployment, and what happens to it."""

    inventory: dict
    steps: dict[str, Step]
    is_delegated: bool = False

    def run(self, alibaba, playbooks):
        """Set up, and do it all: the results of the verifications by host, by the names of the steps."""
        if self.is_delegated:
            delegate(alibaba)
        deployment = AlibabaDeployment(alibaba, playbooks, self.inventory)
        results = {}
        for name, step in self.steps.items():
            for do in step.steps:
                do(deployment)
            results[name] = deployment.verify_accounts(*step.arguments)
        return results


def of_all(words, names=EVERYBODY):
    return dict.fromkeys(names, words)


def archive_is_a_member(deployment):
    """From here on, the archive account is one of the members as well."""
    deployment.inventory = copy.deepcopy(deployment.inventory)
    deployment.inventory["all"]["children"]["alibaba_members"]["hosts"]["root"] = {}


NO_LINKED_ROLE = f"service-linked role {LINKED_ROLE} does not exist: run setup"
NOT_COLLECTED = "Log Audit Service does not collect the events of ActionTrail: run setup"
NO_STATEMENT = "has no statement that allows"
NO_STATEMENTS = f"the policies of role {MONITOR} have no statement that allows"
OTHERS = services_of(LOG, BLOG, BANK)
EVENTS_OF_BLOG_ONLY = collection(resourceDirectory={"accountGroupType": "custom", "members": [BLOG]})

COLLECTED = inventory_of("collection_policies", members=2, alibaba_collection_policies=COLLECTION)
SEQUENCES = {
    "log_audit": Sequence(inventory_of(), {
        "switched-off": Step([switched_off], of_all(NOT_COLLECTED)),
        "mended": Step([setup]),
        "no-linked-role": Step([without_linked_role], of_all(NO_LINKED_ROLE)),
        "no-project": Step([without_project(CENTRAL_PROJECT)], of_all(
            f"project {CENTRAL_PROJECT} does not exist: run destroy and then setup, because Log Audit Service creates its"
            " logstores only when it is switched on")),
        "mended-after-destroy": Step([destroy, archive_is_a_member, setup]),
        "archive-closed": Step([close("root")], None),
        "archive-left-out": Step([], None, ("--limit", "shop")),
    }),
    # In the archive they are for its own events as well.
    "older-roles": Sequence(inventory_of(members=3, alibaba_log_audit_archive_central_roles="custom"), {
        "members-not-trusted": Step([trust("root", DISPATCH, LOG, *OTHERS), trust("blog", MONITOR, LOG)], {
            "shop": f"the trust policy of role {DISPATCH} {NO_STATEMENT} {SHOP}@{LOG}",
            "blog": f"the trust policy of role {MONITOR} {NO_STATEMENT} {ARCHIVE}@{LOG}",
        }),
        # That setup mends what was broken before shows in who does not fail.
        "own-roles": Step([
            setup, trust("root", DISPATCH, *services_of(LOG, SHOP), *OTHERS),
            trust("root", MONITOR, f"{STRANGER}@{LOG}"), detach("root", MONITOR, "ReadOnlyAccess", "System"),
            detach("root", MONITOR, MONITOR_POLICY),
        ], {"root": [
            f"the trust policy of role {DISPATCH} {NO_STATEMENT} {LOG}",
            f"the trust policy of role {MONITOR} {NO_STATEMENT} {LOG}",
            f"{NO_STATEMENTS} actiontrail:LookupEvents", f"{NO_STATEMENTS} log:CreateApp on",
        ]}),
        "policy-of-something-else": Step([policy("root", DISPATCH_POLICY, lambda found: found[0].update(
            Resource="acs:log:*:*:project/something-else"))],
            of_all(f"the policy of role {DISPATCH} {NO_STATEMENT} log:PostLogStoreLogs on", ("root", *MEMBERS))),
        "no-policy": Step([detach("root", DISPATCH, DISPATCH_POLICY)], of_all(
            f"the policies of role {DISPATCH} have no statement that allows log:PostLogStoreLogs on",
            ("root", *MEMBERS))),
        "no-role": Step([without_role("root", DISPATCH)],
                        of_all(f"dispatch role {DISPATCH} does not exist: run setup", ("root", *MEMBERS))),
        "mended": Step([setup]),
    }),
    "resource_directory": Sequence(inventory_of("resource_directory", members=2), {
        "not-listed": Step([not_listed(SHOP)], {
            "shop": f"does not collect from account {SHOP}, because the account is not on its list"}),
        "not-delegated": Step([revoke], None),
        "switched-off": Step([register, switched_off], of_all(NOT_COLLECTED, ALL_THREE)),
        "no-linked-role": Step([without_linked_role], of_all(NO_LINKED_ROLE, ALL_THREE)),
        "mended": Step([setup]),
    }, is_delegated=True),
    "collection_policies": Sequence(COLLECTED, {
        # A member that is left out, and a logstore that keeps logs for less time than was asked for.
        "not-a-member-and-short-retention": Step([EVENTS_OF_BLOG_ONLY, retention("events", 1)], {
            "shop": f"collection policy events of account {ARCHIVE} does not collect from account {SHOP}",
            "root": "logstore events keeps logs for 1 day, but should keep them for 180 days: set ttl with",
        }),
        "not-delegated": Step([retention("events", 180), revoke], of_all(
            "nor a delegated administrator of audit.log.aliyuncs.com", ALL_THREE)),
        "switched-off": Step([register, collection(enabled=False)],
                             of_all("collection policy events is switched off: run setup", ALL_THREE)),
        "not-centralized": Step([collection(enabled=True, centralizeEnabled=False)],
                                of_all("collection policy events does not copy logs to a central destination: run setup", ALL_THREE)),
        "no-linked-role": Step([without_linked_role], of_all(NO_LINKED_ROLE, ALL_THREE)),
        "mended": Step([setup]),
        "no-logstore": Step([without_logstore("events")], of_all(
            f"logstore events of project {PROJECT} does not exist: run setup. If setup finds nothing to do, run destroy"
            " and then setup, because Simple Log Service creates the logstore with the collection policy", ALL_THREE)),
        "mended-after-destroy": Step([destroy, setup]),
    }, is_delegated=True),
    # There is nothing that an event could prove: posture alone, and it is said.
    "other-products": Sequence(
        inventory_of("collection_policies", members=2, alibaba_collection_policies=OTHER_PRODUCT),
        {"set-up": Step([], None)}, is_delegated=True),
    "actiontrail": Sequence(inventory_of("actiontrail"), {
        "posture-alone": Step([stop("shop")], None, NO_EVENTS_CREATED),
        "no-delivery-policy": Step([start("shop"), detach("root", WRITE_ROLE, WRITE_ROLE)], of_all(
            f"the policies of role {WRITE_ROLE} have no statement that allows log:CreateLogStore on")),
        "no-write-role": Step([without_role("root", WRITE_ROLE)],
                              of_all(f"write role {WRITE_ROLE} does not exist: run setup")),
        "project-abroad": Step([project_abroad], of_all(
            f"project {PROJECT} does not exist in cn-hangzhou. If it is in another region, set audit_logs_alibaba_region to that"
            " region. Otherwise run setup; if logs were already delivered to the project, run destroy first, because ActionTrail"
            " creates the logstore with the trail")),
        # That the member does not fail shows that what was broken before is mended.
        "archive-is-a-member": Step([without_project_abroad, destroy, archive_is_a_member, setup, stop("root")], {
            "root": f"trail {TRAIL} is stopped"}),
        "mended": Step([setup]),
    }),
    "organization": Sequence(organization(), {
        "stopped": Step([stop("management", ORGANIZATION_TRAIL)], {
            "management": f"trail {ORGANIZATION_TRAIL} is stopped: start it, or run setup",
            "shop": f"trail {ORGANIZATION_TRAIL} of account {MANAGEMENT} is stopped: start it, or run setup",
        }),
        "not-trusted": Step([trust("root", WRITE_ROLE, f"{STRANGER}@actiontrail.aliyuncs.com")], dict.fromkeys(
            ("management", "shop"), f"the trust policy of role {WRITE_ROLE} has no statement that allows {MANAGEMENT}@action")),
        "mended": Step([setup]),
    }),
}


@pytest.fixture(scope="module", name="verified")
def fixture_verified(alibaba_server, tmp_path_factory):
    """The results of a sequence by its name; it happens when they are asked for first."""
    results = {}

    def results_of(name):
        if name not in results:
            results[name] = on_a_cloud_of_its_own(alibaba_server, tmp_path_factory.mktemp(name), SEQUENCES[name].run)
        return results[name]

    return results_of


@pytest.mark.sample(4, by="sequence")
class TestArchive:
    @pytest.mark.parametrize("sequence, step", [
        (sequence, step) for sequence, all_steps in SEQUENCES.items() for step in all_steps.steps
        if all_steps.steps[step].expected is not None
    ])
    def test_step(self, verified, sequence, step):
        """Those fail who should, each with its causes, and the probes of all others arrive."""
        results, expected = verified(sequence)[step], SEQUENCES[sequence].steps[step].expected
        assert failed(results) == set(expected), {name: (one['state'], one['reason']) for name, one in results.items()}
        for name, result in results.items():
            if name in expected:
                assert_broken(name, result, expected[name])
            else:
                assert_arrived(name, result)

    @pytest.mark.parametrize("sequence", ["log_audit"])
    def test_archive_without_a_session(self, verified, sequence):
        """Whether the events of its members arrive is not known, and so not said to be well."""
        found = verified(sequence)["archive-closed"]
        assert found["root"]["state"] == "failed" and found["root"]["phase"] == "credentials"
        assert found["root"]["reason"].startswith("Could not assume the role ")
        assert found["shop"]["state"] == "failed"
        assert found["shop"]["reason"] == f"not proven, because the archive account failed: {found['root']['reason']}"
        assert found["shop"]["probe"]["state"] == "skipped" and found["shop"]["phase"] == "archive"
        left_out = verified(sequence)["archive-left-out"]
        assert {name: (result["state"], result["reason"]) for name, result in left_out.items()} == {
            "shop": ("failed", "not proven, because the archive account is not in this run: add it to --limit")}

    @pytest.mark.parametrize("sequence, step", [("log_audit", "mended-after-destroy"), ("actiontrail", "mended")])
    def test_archive_that_is_a_member(self, verified, sequence, step):
        found = verified(sequence)[step]["root"]
        assert found["roles"] == ["archive", "member"]
        assert found["probe"]["state"] == "arrived"

    @pytest.mark.parametrize("sequence", ["resource_directory"])
    def test_directory_without_its_administrator(self, verified, sequence):
        found = verified(sequence)["not-delegated"]
        # Its own events are collected without the directory; that it may not collect from others is wrong all the same.
        assert failed(found) == {"root", "shop", "blog"} and found["root"]["probe"]["state"] == "arrived"
        assert found["blog"]["probe"]["causes"] == [
            f"account {ARCHIVE} is neither the management account of a resource directory nor a delegated administrator"
            " of audit.log.aliyuncs.com: let the management account register it as a delegated administrator, or use the"
            " management account instead"]

    @pytest.mark.parametrize("sequence", ["collection_policies"])
    def test_short_retention(self, verified, sequence):
        """A logstore that keeps logs for less time than was asked for."""
        findings = verified(sequence)["not-a-member-and-short-retention"]["root"]["findings"]
        [found] = [one for one in findings if one["kind"] != "coverage"]  # the archive is not a member
        assert (found["kind"], found["setting"], found["before"], found["after"]) == ("drift", "ttl", 1, 180)

    @pytest.mark.parametrize("sequence", ["other-products"])
    def test_other_products(self, verified, sequence):
        found = verified(sequence)["set-up"]
        assert failed(found) == set()
        for name in ("shop", "blog"):
            assert found[name]["probe"]["state"] == "skipped" and found[name]["state"] == "warning"
            assert found[name]["reason"] == "the inventory does not collect the events of ActionTrail"

    @pytest.mark.parametrize("sequence", ["actiontrail"])
    def test_posture_alone(self, verified, sequence):
        """No event is created, and what is wrong is found."""
        found = verified(sequence)["posture-alone"]
        assert failed(found) == {"shop"}
        assert found["shop"]["reason"] == f"trail {TRAIL} is stopped: start it, or run setup"
        assert {name: result["probe"] for name, result in found.items()} == {"root": None, "shop": None}
        assert found["shop"]["phase"] == "posture"


def failed(results):
    return {name for name, result in results.items() if result["state"] == "failed"}


def test_before_setup(alibaba, alibaba_playbooks):
    """Nothing is there: every account says what, and nothing is created."""
    deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of("actiontrail"), is_set_up=False)
    reasons = {name: result["reason"] for name, result in deployment.verify_accounts().items()}
    assert reasons["root"].startswith(f"project {PROJECT} does not exist in cn-hangzhou. If it is in another region, set audit_logs_alibaba_region")
    assert reasons["root"].endswith("(and 2 more)")  # the write role and its policy
    assert reasons["shop"] == f"trail {TRAIL} does not exist: run setup"
