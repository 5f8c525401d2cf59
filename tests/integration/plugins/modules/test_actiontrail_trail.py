# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails of ActionTrail: what the modules say, what they do, what they call."""
from __future__ import annotations

import time
from dataclasses import replace

import pytest
from helpers.alibaba.modules import Account, without_waiting
from helpers.alibaba.trails import of_account
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba import Fault

MANAGEMENT, MEMBER, ARCHIVE, ALONE = (
    "1000000000000001", "2000000000000002", "3000000000000003", "4000000000000004",
)
REGION = "cn-hangzhou"
NAME = "audit-logs"
PROJECT = f"acs:log:{REGION}:{ARCHIVE}:project/archive-logs"
ROLE = f"acs:ram::{ARCHIVE}:role/delivery"
TRAIL = {"name": NAME, "sls_project_arn": PROJECT, "sls_write_role_arn": ROLE}
LOOK = ["Actiontrail:DescribeTrails"]
NEW = [*LOOK, "Actiontrail:CreateTrail", "Actiontrail:StartLogging"]
BAD_DAYS = (Fault(behind=3), Fault(throttled=0.3), Fault(failed=0.05))
NOTHING = {
    "oss_bucket_name": "", "oss_key_prefix": "", "oss_write_role_arn": "", "max_compute_project_arn": "",
    "max_compute_write_role_arn": "",
}
SETTINGS = {
    "event_rw": "All", "trail_region": ["All"], "is_organization_trail": False, "logging": True,
    "sls_project_arn": PROJECT, "sls_write_role_arn": ROLE, **NOTHING,
}


def make_project(account, name):
    account.clients.sls.create_project(sls.CreateProjectRequest(project_name=name, description="for logs"))


def make_role(account, *sources):
    """The role by which ActionTrail writes into an account, for these accounts."""
    created = account.run(
        "ram_role", name="delivery", trusted_services=[f"{source}@actiontrail.aliyuncs.com" for source in sources],
        policies=[{"name": "AliyunActionTrailDeliveryPolicy", "type": "system"}],
    )
    assert created["changed"], created


@pytest.fixture(name="archive")
def fixture_archive(alibaba):
    """The account where the events are to be."""
    archive = Account(alibaba, alibaba.credential(ARCHIVE))
    make_project(archive, "archive-logs")
    make_role(archive, MANAGEMENT, MEMBER, ALONE)
    return archive


@pytest.fixture(name="account")
def fixture_account(alibaba, archive):
    """A member of the directory."""
    return Account(alibaba, alibaba.credential(MEMBER))


@pytest.fixture(name="manager")
def fixture_manager(alibaba, archive):
    """The management account."""
    return Account(alibaba)


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


def said(result):
    """What a module says, without how it found out."""
    return {name: value for name, value in result.items() if name not in ("calls", "writes")}


def three_times(account, **options):
    """Run the module in check mode, for real, and again: the result of the real run.

    In check mode it says what it does for real, and again it finds nothing to do, with one call.
    """
    plan = account.run("actiontrail_trail", check=True, **options)
    assert plan["changed"] and plan["writes"] == []
    done = account.run("actiontrail_trail", **options)
    assert said(done) == said(plan)
    assert done["writes"]
    again = account.run("actiontrail_trail", **options)
    assert not again["changed"] and again["calls"] == LOOK
    assert again["diff"]["before"] == again["diff"]["after"]
    assert again["trail"] == done["trail"]
    return done


def refusal(account, **options):
    """What the module says when it fails; nothing is changed."""
    before = account.alibaba.cloud.account(account.account_id).trails.all()
    done = account.run("actiontrail_trail", **options)
    assert done["failed"], done
    assert account.alibaba.cloud.account(account.account_id).trails.all() == before
    assert "Traceback" not in str(done)
    return done


def described(account, name=NAME):
    return of_account(account.alibaba, account.account_id, REGION).call("DescribeTrails", NameList=name)["TrailList"][0]


class TestCreate:
    def test_into_a_project_of_another_account(self, account):
        done = three_times(account, **TRAIL)
        assert done["calls"] == NEW
        assert done["diff"] == {"before": {}, "after": SETTINGS}
        assert done["trail"] == {
            "name": NAME, "home_region": REGION, "logstore": "actiontrail_audit-logs", **SETTINGS,
        }
        found = described(account)
        assert (found["Status"], found["EventRW"], found["TrailRegion"]) == ("Enable", "All", "All")

    def test_with_everything(self, account):
        options = {**TRAIL, "event_rw": "Write", "trail_region": ["cn-hangzhou", "cn-beijing"], "logging": False}
        done = three_times(account, **options)
        assert done["writes"] == ["Actiontrail:CreateTrail"]
        found = described(account)
        assert (found["Status"], found["EventRW"], found["TrailRegion"]) == ("Fresh", "Write", "cn-hangzhou,cn-beijing")
        assert not account.run("actiontrail_trail", **{**options, "trail_region": "cn-beijing,cn-hangzhou"})["changed"]

    def test_with_the_service_linked_role(self, account):
        make_project(account, "own-logs")
        options = {"name": NAME, "sls_project_arn": f"acs:log:{REGION}:{MEMBER}:project/own-logs"}
        plan = account.run("actiontrail_trail", check=True, **options)
        done = account.run("actiontrail_trail", **options)
        assert plan["trail"]["sls_write_role_arn"] == "" and plan["diff"] == done["diff"]
        assert done["trail"]["sls_write_role_arn"] == f"acs:ram::{MEMBER}:role/aliyunserviceroleforactiontrail"
        again = account.run("actiontrail_trail", **options)
        assert not again["changed"] and again["trail"] == done["trail"]

    def test_of_an_organization(self, manager):
        done = three_times(manager, **TRAIL, is_organization_trail=True)
        assert done["calls"] == NEW and done["trail"]["is_organization_trail"] is True
        assert manager.alibaba.cloud.account(MANAGEMENT).trails.get(NAME).organization

    def test_one_that_was_left_off_is_switched_on(self, account):
        account.run("actiontrail_trail", **TRAIL, logging=False)
        done = three_times(account, **TRAIL)
        assert done["writes"] == ["Actiontrail:StartLogging"]

    def test_events_arrive(self, account, archive):
        account.run("actiontrail_trail", **TRAIL)
        account.run("ram_role", name="probe", trusted_accounts=[MEMBER])
        found = archive.clients.sls.get_logs_v2("archive-logs", "actiontrail_audit-logs", sls.GetLogsV2Request(
            from_=0, to=2_000_000_000, query='CreateRole'))
        assert found.body.data


class TestChange:
    @pytest.fixture(autouse=True)
    def trail(self, account):
        account.run("actiontrail_trail", **TRAIL, event_rw="Read", trail_region=["cn-hangzhou"])

    def test_what_is_not_said_stays(self, account):
        done = account.run("actiontrail_trail", name=NAME)
        assert not done["changed"] and done["trail"]["event_rw"] == "Read" and done["calls"] == LOOK
        done = three_times(account, name=NAME, event_rw="All")
        assert done["calls"] == [*LOOK, "Actiontrail:UpdateTrail"]
        assert done["diff"]["before"] == {**done["diff"]["after"], "event_rw": "Read"}
        found = described(account)
        assert (found["EventRW"], found["TrailRegion"], found["SlsWriteRoleArn"]) == ("All", "cn-hangzhou", ROLE)

    def test_regions(self, account):
        three_times(account, name=NAME, trail_region=["All"])
        assert described(account)["TrailRegion"] == "All" and described(account)["EventRW"] == "Read"

    def test_project(self, account, archive):
        make_project(archive, "other-logs")
        other = PROJECT.replace("archive-logs", "other-logs")
        assert three_times(account, name=NAME, sls_project_arn=other)["trail"]["sls_write_role_arn"] == ROLE

    def test_off_and_on(self, account):
        done = three_times(account, name=NAME, logging=False)
        assert done["writes"] == ["Actiontrail:StopLogging"] and described(account)["Status"] == "Disable"
        done = three_times(account, name=NAME)
        assert done["writes"] == ["Actiontrail:StartLogging"] and described(account)["Status"] == "Enable"

    def test_two_things(self, account):
        done = three_times(account, name=NAME, logging=False, event_rw="Write")
        assert done["writes"] == ["Actiontrail:UpdateTrail", "Actiontrail:StopLogging"]

    def test_to_nowhere(self, account):
        done = refusal(account, name=NAME, sls_project_arn="")
        assert done["msg"] == ("sls_project_arn, oss_bucket_name, max_compute_project_arn: the trail audit-logs needs "
                               "one of them as its destination")


class TestDelete:
    def test_delete(self, account, archive):
        account.run("actiontrail_trail", **TRAIL)
        done = three_times(account, name=NAME, state="absent")
        assert done["calls"] == [*LOOK, "Actiontrail:DeleteTrail"]
        assert done["trail"] is None and done["diff"] == {"before": SETTINGS, "after": {}}
        assert archive.alibaba.cloud.sls.projects.get("archive-logs")

    def test_of_an_organization(self, manager):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        three_times(manager, name=NAME, is_organization_trail=True, state="absent")

    def test_there_was_none(self, account):
        for check in (True, False):
            done = account.run("actiontrail_trail", check=check, name=NAME, state="absent")
            assert not done["changed"] and done["calls"] == LOOK and done["trail"] is None


class TestOwnership:
    """Trails have no tags: the project says which deployment manages one."""

    OURS = {"deployment": "prod@archive-logs", "previous_deployments": ["earlier-logs"]}
    THEIRS = {**TRAIL, "sls_project_arn": PROJECT.replace("archive-logs", "their-logs")}

    @pytest.fixture(autouse=True)
    def fixture_projects(self, archive):
        for name in ("their-logs", "earlier-logs"):
            make_project(archive, name)

    def test_one_of_another_deployment(self, account):
        account.run("actiontrail_trail", **self.THEIRS)
        reason = f"writes into {self.THEIRS['sls_project_arn']}, not into the project of the deployment prod@archive-logs"
        done = refusal(account, **TRAIL, **self.OURS)
        assert done["msg"].startswith(f"The trail {NAME} exists, and {reason}: choose another name, or adopt it: set adopt: true in a task")
        kept = account.run("actiontrail_trail", **TRAIL, **self.OURS, state="absent", adopt=True)
        assert kept["retained"] == f"The trail {NAME} {reason}." and kept["writes"] == []
        assert account.run("actiontrail_trail", **TRAIL, **self.OURS, adopt=True)["writes"] == ["Actiontrail:UpdateTrail"]

    @pytest.mark.parametrize("theirs", [PROJECT.replace("cn-hangzhou", "cn-beijing"), PROJECT.replace(ARCHIVE, ALONE), ""])
    def test_a_project_of_the_same_name(self, account, alibaba, theirs):
        """In another region or account it is another one. An empty earlier name does not stand for a trail without a project."""
        account.run("actiontrail_trail", **TRAIL)
        trails = alibaba.cloud.account(MEMBER).trails
        trails.put(NAME, replace(trails.get(NAME), project_arn=theirs))
        owner = {"deployment": "archive-logs", "previous_deployments": ["", " "]}
        assert "not into the project of the deployment archive-logs" in refusal(account, **TRAIL, **owner)["msg"]
        assert account.run("actiontrail_trail", **TRAIL, **owner, state="absent")["writes"] == []

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_one_of_an_earlier_project(self, account, state):
        account.run("actiontrail_trail", **{**TRAIL, "sls_project_arn": PROJECT.replace("archive-logs", "earlier-logs")})
        done = account.run("actiontrail_trail", **TRAIL, **self.OURS, state=state)
        assert done["writes"] == ["Actiontrail:UpdateTrail" if state == "present" else "Actiontrail:DeleteTrail"]

    def test_leftovers(self, account, manager):
        """Neither a foreign trail nor that of the organization is one."""
        manager.run("actiontrail_trail", **{**TRAIL, "name": "of-organization"}, is_organization_trail=True)
        account.run("actiontrail_trail", **{**TRAIL, "name": "old-trail"})
        account.run("actiontrail_trail", **{**TRAIL, "name": "far-trail"}, region="cn-beijing")
        account.run("actiontrail_trail", **{**self.THEIRS, "name": "their-trail"})
        for options in ({}, {"state": "absent"}):
            done = account.run("actiontrail_trail", **TRAIL, **self.OURS, **options)
            assert done["leftovers"] == [
                {"name": "far-trail", "home_region": "cn-beijing", "is_organization_trail": False},
                {"name": "old-trail", "home_region": REGION, "is_organization_trail": False}] and done["calls"].count(*LOOK) == 1
        assert account.run("actiontrail_trail", **TRAIL)["leftovers"] == []


class TestRecorded:
    """An account that the trail of another account records."""

    OURS = {"deployment": "archive-logs"}
    RECORDED = {**TRAIL, "state": "recorded", "is_organization_trail": True}

    @pytest.fixture(autouse=True)
    def fixture_trail(self, manager):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)

    def run(self, account, **options):
        done = [account.run("actiontrail_trail", **{**self.RECORDED, **self.OURS, **options}, check=check) for check in (True, False)]
        assert done[0] == done[1] and not done[0]["changed"] and done[0]["calls"] == LOOK, done
        return done[0]

    def test_the_trail(self, account):
        done = self.run(account)
        assert done["trail"] == {
            "name": NAME, "home_region": REGION, **SETTINGS, "is_organization_trail": True, "logstore": f"actiontrail_{NAME}"}
        assert done["leftovers"] == done["delivering"] == []

    def test_its_own_trails(self, account, archive):
        """One of the same name among them."""
        make_project(archive, "other-logs")
        account.run("actiontrail_trail", **TRAIL)
        account.run("actiontrail_trail", **{**TRAIL, "name": "old-trail"})
        account.run("actiontrail_trail", **{**TRAIL, "name": "for-another", "sls_project_arn": PROJECT.replace("archive-logs", "other-logs")})
        done = self.run(account)
        assert done["trail"]["is_organization_trail"] and done["delivering"] == [NAME, "for-another", "old-trail"]  # which needs the role
        assert [one["name"] for one in done["leftovers"]] == [NAME, "old-trail"]
        assert self.run(account, deployment=None)["leftovers"] == []

    def test_a_trail_of_the_account_itself(self, account):
        """In the mode existing_trail, it may be one."""
        account.run("actiontrail_trail", **{**TRAIL, "name": "landing-zone", "event_rw": "Write"})
        done = self.run(account, name="landing-zone", is_organization_trail=False)
        assert (done["trail"]["event_rw"], done["trail"]["is_organization_trail"]) == ("Write", False)

    def test_no_trail(self, alibaba):
        alone = Account(alibaba, alibaba.credential(ALONE))
        alibaba.cloud.directory.members.delete(ALONE)
        assert self.run(alone)["trail"] is None

    def test_refusal(self, account):
        account.run("ram_role", name="powerless", trusted_accounts=[MEMBER])
        session = account.run("alibaba_session", gives_secrets=True, assume_role={"role_arn": f"acs:ram::{MEMBER}:role/powerless"})["connection"]
        done = account.run("actiontrail_trail", **self.RECORDED, **session)
        assert done["msg"].startswith("Could not read trail audit-logs: DescribeTrails: NoPermission")


class TestSecondCopy:
    """Other trails that record what a trail records."""

    FOREIGN = {**TRAIL, "sls_project_arn": PROJECT.replace("archive-logs", "other-logs")}

    @pytest.fixture(autouse=True)
    def fixture_other_project(self, archive):
        make_project(archive, "other-logs")

    @pytest.mark.parametrize("settings, is_copy", [
        ({}, True), ({"event_rw": "Write"}, False), ({"trail_region": ["cn-beijing"]}, False), ({"logging": False}, False),
    ])
    def test_another_trail_of_the_account(self, account, settings, is_copy):
        account.run("actiontrail_trail", **{**self.FOREIGN, "name": "landing-zone", **settings})
        arns = [f"acs:actiontrail:{REGION}:{MEMBER}:trail/landing-zone"] if is_copy else []
        for check in (True, False):
            done = account.run("actiontrail_trail", **TRAIL, deployment="archive-logs", check=check)
            assert done["also_recorded_by"] == arns
            assert ("already records the events of this account" in str(done.get("warnings"))) == is_copy
        again = account.run("actiontrail_trail", **TRAIL, deployment="archive-logs")
        assert again["also_recorded_by"] == arns and not again.get("warnings")
        assert account.run("actiontrail_trail", **TRAIL, deployment="archive-logs", state="absent")["also_recorded_by"] == []

    def test_the_trail_of_the_organization(self, account, manager):
        manager.run("actiontrail_trail", **{**self.FOREIGN, "name": "landing-zone"}, is_organization_trail=True)
        done = account.run("actiontrail_trail", **TRAIL, deployment="archive-logs")
        assert done["also_recorded_by"] == [f"acs:actiontrail:{REGION}:{MANAGEMENT}:trail/landing-zone"]

    def test_part_of_the_events(self, account):
        """A trail of writing events makes another one of writing events superfluous."""
        account.run("actiontrail_trail", **{**self.FOREIGN, "name": "landing-zone", "event_rw": "Write"})
        assert account.run("actiontrail_trail", **TRAIL, event_rw="Write")["also_recorded_by"]

    def test_a_managed_one(self, account):
        account.run("actiontrail_trail", **{**TRAIL, "name": "old-trail"})
        done = account.run("actiontrail_trail", **TRAIL, deployment="archive-logs")
        assert done["also_recorded_by"] == [] and [one["name"] for one in done["leftovers"]] == ["old-trail"]

    def test_of_an_account_that_another_trail_records(self, account, manager):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        account.run("actiontrail_trail", **{**self.FOREIGN, "name": "landing-zone"})
        done = account.run("actiontrail_trail", **TRAIL, deployment="archive-logs", state="recorded", is_organization_trail=True)
        assert done["also_recorded_by"] == [f"acs:actiontrail:{REGION}:{MEMBER}:trail/landing-zone"]


class TestNamesakes:
    def test_in_another_region(self, account):
        account.run("actiontrail_trail", **TRAIL, region="cn-beijing")
        for state in ("present", "absent"):
            done = refusal(account, **TRAIL, state=state)
            assert done["msg"].startswith("region: the home region of trail audit-logs is cn-beijing, and a trail")
            assert done["calls"] == LOOK

    def test_in_another_region_out_of_sight(self, account, waiting):
        account.run("actiontrail_trail", **TRAIL, region="cn-beijing", trail_region=["cn-beijing"])
        done = refusal(account, **TRAIL)
        assert "If the name is taken, a multi-account trail or a trail with another home region has it" in done["msg"]
        assert 55 < waiting.waited() < 65

    def test_of_an_organization(self, manager, waiting):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        done = refusal(manager, **TRAIL)
        assert "If the name is taken, a multi-account trail" in done["msg"]
        done = manager.run("actiontrail_trail", name=NAME, state="absent")
        assert not done["changed"] and manager.alibaba.cloud.account(MANAGEMENT).trails.get(NAME)

    def test_of_one_account(self, manager):
        manager.run("actiontrail_trail", **TRAIL)
        done = refusal(manager, **TRAIL, is_organization_trail=True)
        assert done["msg"].startswith("is_organization_trail: trail audit-logs exists for this account alone, ")
        assert done["calls"] == LOOK

    def test_a_member_has_its_own(self, manager, account):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        three_times(account, **TRAIL)
        three_times(account, name=NAME, state="absent")
        assert manager.alibaba.cloud.account(MANAGEMENT).trails.get(NAME)


class TestBadArguments:
    @pytest.mark.parametrize(("options", "sentence"), [
        ({"name": "short"}, "name: trail name 'short': ActionTrail takes 6 to 36 lower-case letters"),
        ({"name": "Audit-Logs"}, "name: trail name 'Audit-Logs': ActionTrail takes 6 to 36 lower-case letters"),
        ({"event_rw": "Everything"}, "value of event_rw must be one of: All, Read, Write, got: Everything"),
        ({"trail_region": []}, "trail_region: it is either All, or a list of regions"),
        ({"trail_region": ["atlantis"]}, "trail_region: 'atlantis' is not the id of a region, such as cn-hangzhou"),
        ({"trail_region": ["All", "cn-beijing"]}, "trail_region: it is either All, or a list of regions"),
        ({"sls_project_arn": "archive-logs"}, "sls_project_arn: 'archive-logs' is not the ARN of a project, such as acs:log:"),
        ({"sls_write_role_arn": "delivery"}, "sls_write_role_arn: 'delivery' is not the ARN of a role, such as acs:ram::"),
        ({"sls_write_role_arn": ""}, "sls_write_role_arn: '' is not the ARN of a role"),
        ({"oss_write_role_arn": "delivery"}, "oss_write_role_arn: 'delivery' is not the ARN of a role"),
        ({"max_compute_write_role_arn": "delivery"}, "max_compute_write_role_arn: 'delivery' is not the ARN of a role"),
        ({"sls_write_role_arn": f"acs:ram::{MEMBER}:role/delivery"},
         f"sls_write_role_arn: the role has to be in the account of the project, which is {ARCHIVE}; 'acs:ram:"),
        ({"oss_key_prefix": "logs"}, "oss_key_prefix: 'logs' is not valid. Use 6 to 32 letters"),
        ({"region": None}, "No region is given: set region"),
    ])
    def test_are_refused_before_any_call(self, account, options, sentence):
        done = refusal(account, **{**TRAIL, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    @pytest.mark.parametrize("options", [{}, {"sls_project_arn": ""}, {"oss_key_prefix": "prefix"}])
    def test_a_destination_is_needed(self, account, options):
        done = refusal(account, name=NAME, **options)
        assert "needs one of them" in done["msg"] and done["calls"] == LOOK

    @pytest.mark.parametrize("options", [
        {"oss_bucket_name": "bucket", "oss_key_prefix": "prefix"},
        {"max_compute_project_arn": f"acs:odps:{REGION}:{MEMBER}:projects/actiontrail_logs"},
    ])
    def test_other_destinations_are_asked_for(self, account, waiting, options):
        """The local cloud does not have them."""
        done = refusal(account, name=NAME, **options)
        assert done["error"]["code"] == "NotImplemented"
        done = account.run("actiontrail_trail", check=True, name=NAME, **options)
        assert {name: done["trail"][name] for name in options} == options and done["trail"]["logstore"] is None


class TestRefusals:
    def test_a_project_that_is_not_there(self, account, waiting):
        done = refusal(account, **{**TRAIL, "sls_project_arn": PROJECT.replace("archive", "other")})
        assert done["msg"].startswith(
            "Could not create trail audit-logs: CreateTrail: SlsProjectDoesNotExistException: ")
        assert "(request id " in done["msg"] and done["error"]["request_id"]
        assert 55 < waiting.waited() < 65

    def test_a_role_that_does_not_trust(self, account, archive, waiting):
        archive.run("ram_role", name="delivery", trusted_services=[f"{ALONE}@actiontrail.aliyuncs.com"])
        done = refusal(account, **TRAIL)
        assert done["error"]["code"] == "InsufficientSlsPolicyException"
        assert 55 < waiting.waited() < 65

    def test_a_change_to_a_role_that_is_not_there(self, account, waiting):
        account.run("actiontrail_trail", **TRAIL)
        done = refusal(account, name=NAME, sls_write_role_arn=f"{ROLE}-not")
        assert done["msg"].startswith("Could not change trail audit-logs: UpdateTrail: InsufficientSlsPolicyException")

    def test_of_an_organization_by_a_member(self, account):
        done = refusal(account, **TRAIL, is_organization_trail=True)
        assert done["error"]["code"] == "NotAllowCreateOrganizationTrail"
        assert done["msg"].startswith("Could not create trail audit-logs: CreateTrail: ")

    def test_two_of_an_organization(self, manager):
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        done = refusal(manager, **{**TRAIL, "name": "another"}, is_organization_trail=True)
        assert done["error"]["code"] == "MaximumNumberOfOrganizationTrailExceeded"

    def test_too_many(self, account):
        for number in range(5):
            assert account.run("actiontrail_trail", **{**TRAIL, "name": f"trail-{number}"})["changed"]
        assert refusal(account, **TRAIL)["error"]["code"] == "MaximumNumberOfTrailsExceededException"

    def test_regions_that_do_not_exist(self, account):
        assert refusal(account, **TRAIL, trail_region=["at-lantis"])["error"]["code"] == "InvalidQueryParameter"

    def test_who_may_do_nothing(self, account):
        account.run("ram_role", name="powerless", trusted_accounts=[MANAGEMENT])
        role = {"role_arn": f"acs:ram::{MEMBER}:role/powerless"}
        by_role = {"assume_role": role, "access_key_id": account.alibaba.credential().access_key_id,
                   "access_key_secret": account.alibaba.credential().secret, "security_token": None}
        done = refusal(account, **TRAIL, **by_role)
        assert done["msg"].startswith("Could not read trail audit-logs: DescribeTrails: NoPermission")
        done = account.run("actiontrail_trail_info", **by_role)
        assert done["msg"].startswith("Could not list the trails: DescribeTrails: NoPermission")


class TestReferencesMadeJustNow:
    def test_project_and_role(self, alibaba, waiting):
        archive = Account(alibaba, alibaba.credential(ARCHIVE))
        alibaba.bad_days(Fault(behind=3))
        make_project(archive, "archive-logs")
        make_role(archive, MEMBER)
        done = Account(alibaba, alibaba.credential(MEMBER)).run("actiontrail_trail", **TRAIL)
        assert done["changed"] and waiting.waited() < 10


class TestBadDays:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_it_converges(self, account, alibaba, waiting, seed):
        trails = alibaba.cloud.account(MEMBER).trails
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        for event_rw in ("Write", "All", "All"):
            done = account.run("actiontrail_trail", **TRAIL, event_rw=event_rw)
            assert not done.get("failed"), done
        alibaba.cloud.clock.advance(3)
        account.run("actiontrail_trail", **TRAIL, event_rw="All")
        assert [(trail.name, trail.event_rw, trail.status) for trail in trails.all()] == [(NAME, "All", "Enable")]
        alibaba.cloud.clock.advance(3)
        assert not account.run("actiontrail_trail", **TRAIL, event_rw="All")["changed"]
        account.run("actiontrail_trail", name=NAME, state="absent")
        alibaba.cloud.clock.advance(3)
        assert not account.run("actiontrail_trail", name=NAME, state="absent")["changed"]
        assert trails.all() == []


class TestInfo:
    def test_nothing(self, account):
        assert account.run("actiontrail_trail_info")["trails"] == []
        done = account.run("actiontrail_trail_info", name=NAME)
        assert done["trails"] == [] and done["calls"] == LOOK and not done["changed"]

    def test_a_trail(self, account):
        created = account.run("actiontrail_trail", **TRAIL)["trail"]
        account.run("ram_role", name="probe", trusted_accounts=[MEMBER])
        done = account.run("actiontrail_trail_info", check=True, name=NAME)
        found = done["trails"][0]
        assert done["calls"] == [*LOOK, "Actiontrail:GetTrailStatus"]
        assert created == {name: found[name] for name in created}
        assert found["arn"] == f"acs:actiontrail:{REGION}:{MEMBER}:trail/{NAME}" and found["create_time"]
        assert found["delivery"]["latest_delivery_log_service_time"].endswith("Z")
        assert found["delivery"]["sls_log_store_status"] is True and found["delivery"]["oss_bucket_status"] is False
        assert found["delivery"]["latest_delivery_error"] == "" and found["delivery"]["stop_logging_time"] == ""

    def test_one_that_does_not_deliver(self, account, archive):
        account.run("actiontrail_trail", **TRAIL)
        archive.run("ram_role", name="delivery", trusted_services=[f"{ALONE}@actiontrail.aliyuncs.com"])
        account.run("ram_role", name="probe", trusted_accounts=[MEMBER])
        found = account.run("actiontrail_trail_info")["trails"][0]
        assert "does not trust" in found["delivery"]["latest_delivery_log_service_error"]

    @pytest.mark.parametrize("hours, error, is_delivering", [(1.1, "", True), (0.9, "AccessDenied", True), (1.1, "AccessDenied", False)])
    def test_one_that_delivered(self, account, alibaba, hours, error, is_delivering):
        """The service does not return when an error happened."""
        alibaba.cloud.clock.advance(-2 * 3600)
        account.run("actiontrail_trail", **TRAIL, event_rw="Write")
        account.run("ram_role", name="probe", trusted_accounts=[MEMBER])
        alibaba.cloud.clock.advance(2 * 3600)
        delivery = alibaba.cloud.account(MEMBER).deliveries[NAME]
        delivery.succeed(time.time() - hours * 3600)
        delivery.error = error
        found = account.run("actiontrail_trail_info")["trails"][0]
        assert found["delivery"]["is_delivering"] is is_delivering
        account.run("actiontrail_trail", **TRAIL, trail_region=[REGION])
        delivery.succeed(time.time() - 60)
        changed = account.run("actiontrail_trail_info")["trails"][0]
        assert changed["delivery"]["is_delivering"] is False  # since the change, nothing has arrived

    def test_which(self, account, manager):
        account.run("actiontrail_trail", **{**TRAIL, "name": "at-home"}, logging=False)
        account.run("actiontrail_trail", **{**TRAIL, "name": "elsewhere"}, region="cn-beijing")
        manager.run("actiontrail_trail", **{**TRAIL, "name": "for-all"}, is_organization_trail=True)

        def seen(**options):
            trails = account.run("actiontrail_trail_info", **options)["trails"]
            return {trail["name"]: trail for trail in trails}

        assert seen().keys() == {"at-home"} and seen()["at-home"]["logging"] is False
        shadows = seen(include_shadow_trails=True)
        assert shadows.keys() == {"at-home", "elsewhere"}
        assert shadows["elsewhere"]["delivery"] is None and shadows["elsewhere"]["logging"] is True
        organization = seen(include_organization_trail=True)
        assert organization.keys() == {"at-home", "for-all"}
        assert organization["for-all"]["arn"] == f"acs:actiontrail:{REGION}:{MANAGEMENT}:trail/for-all"
        assert organization["for-all"]["delivery"]["start_logging_time"]

    def test_one_that_was_deleted_a_moment_ago(self, account, manager, alibaba, waiting):
        """It is listed for a while, also to an account that did not delete it."""
        manager.run("actiontrail_trail", **TRAIL, is_organization_trail=True)
        arn = f"acs:actiontrail:{REGION}:{MANAGEMENT}:trail/{NAME}"
        alibaba.bad_days(Fault(action="DescribeTrails", account=MEMBER, behind=20), seed=1)
        manager.run("actiontrail_trail", name=NAME, is_organization_trail=True, state="absent")
        asked = {"include_organization_trail": True}
        assert [trail["name"] for trail in account.run("actiontrail_trail_info", **asked)["trails"]] == [NAME]
        done = account.run("actiontrail_trail_info", deleted=[arn], **asked)
        assert done["trails"] == [] and 0 < waiting.waited() < 60

    def test_one_that_was_created_again(self, account, waiting):
        account.run("actiontrail_trail", **TRAIL)
        done = account.run("actiontrail_trail_info", deleted=[f"acs:actiontrail:{REGION}:{MEMBER}:trail/{NAME}"])
        assert [trail["name"] for trail in done["trails"]] == [NAME] and waiting.waited() >= 60

    def test_nothing_is_waited_for(self, account, waiting):
        account.run("actiontrail_trail", **TRAIL)
        waited = waiting.waited()
        done = account.run("actiontrail_trail_info", deleted=[f"acs:actiontrail:{REGION}:{MEMBER}:trail/other"])
        assert len(done["trails"]) == 1 and waiting.waited() == waited
