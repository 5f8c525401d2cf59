# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a deployment, what delivered goes on to deliver unless it is ended by name, and no log is lost."""
from __future__ import annotations

import datetime
import json
import time

import pytest
from clouds.aws.cloudtrail.target import Target
from helpers.aws import foreign
from helpers.aws.deployments import ARCHIVE, BUCKET, MANAGEMENT, MEMBERS, REGION, inventory_of
from helpers.aws.dumps import dump
from helpers.dumps import CONTENTS
from helpers.histories import THEIRS, Asked, Delivery, History, Seen, some, tell
from helpers.verifications import SOON
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from moto.cloudtrail.models import cloudtrail_backends
from moto.s3.models import s3_backends

STRANGER = "555555555555"
WRONG_ORGANIZATION = "o-zzzzzzzzzz"
HOSTS = {"log-archive": ARCHIVE, **MEMBERS}
# What an inventory may say, by variable.
VARIABLES = {
    "aws_trail_name": ["audit-logs", "new-trail"],
    "aws_trail_bucket_name": [BUCKET, "new-bucket"],
    "aws_trail_s3_key_prefix": ["", "logs", "none"],
    "aws_trail_bucket_policy_form": ["accounts", "source_arns", "source_accounts", "organization"],
    "aws_trail_bucket_organization_id": ["RIGHT", WRONG_ORGANIZATION],
    "aws_trail_bucket_encryption": ["AES256", "aws:kms"],
    "aws_trail_bucket_kms_alias": ["", "alias/new-key"],
    "aws_trail_bucket_expiration_days": [0, 400, 90],
    "audit_logs_aws_cloudwatch": [False, True],
    "aws_trail_cloudwatch_retention_days": [731, 30],
}
# Changes of the inventory between two runs: members, or a variable.
CHANGES = st.one_of(
    *[st.tuples(st.just("members"), st.sets(st.sampled_from(sorted(MEMBERS))))] * 4,
    st.tuples(st.just("abroad"), st.sampled_from([None, *MEMBERS])),
    *(st.tuples(st.just(name), st.sampled_from(values)) for name, values in VARIABLES.items()),
)
# Of the histories in `make test`, always the same ones.
SEED = 1
SELDOM = st.sampled_from([False] * 9 + [True])
REMOVED = some([*MEMBERS.values(), WRONG_ORGANIZATION])
LIMITS = st.one_of(st.none(), st.sets(st.sampled_from(sorted(HOSTS)), min_size=1))


class AwsHistory(History):
    """A history of a deployment on the local AWS."""

    @initialize(members=st.sets(st.sampled_from(sorted(MEMBERS)), min_size=2), changes=st.lists(CHANGES, max_size=2))
    def begin(self, members, changes):
        """An archive and members, in accounts that are not empty."""
        self.cloud.reset()
        self.sessions = {}
        for account in HOSTS.values():
            foreign.place(self.cloud, account)
        self.foreign = dump(self.cloud, *HOSTS.values())
        self.variables = {name: values[0] for name, values in VARIABLES.items()}
        self.members, self.abroad, self.broken = set(members), None, None
        self.organization = self.client(MANAGEMENT, "organizations").describe_organization()["Organization"]["Id"]
        self.set_up([change for change in changes if change[0] != "members"], None, [], False, {})

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=3), limit=LIMITS, removed=REMOVED, is_check=SELDOM, options=st.fixed_dictionaries({
        "audit_logs_no_members": st.booleans(), "audit_logs_shorten_retention": SELDOM,
        "audit_logs_previous_deployments": st.sampled_from([[], VARIABLES["aws_trail_bucket_name"]]),
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
        before = self.expirations()
        run, seen = self.run(asked, "setup", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(),
                             audit_logs_removed_accounts=removed, **options)
        for bucket, days in self.expirations().items():
            shorter = bucket in before and 0 < days < (before[bucket] or days + 1)
            assert not shorter or options.get("audit_logs_shorten_retention"), run.output
        if run.status == 0 and not is_check:
            self.assert_set_up(limit, run, seen)

    @rule(members=st.sets(st.sampled_from(sorted(MEMBERS)), min_size=1))
    def set_up_slice(self, members):
        """With a part of the members, as a job of AWX does."""
        self.set_up([("members", members)], None, [], False, {})

    def verify(self, change):
        """With an inventory that differs in a variable, too, which is not what the next run has."""
        self.run(Asked(changes_nothing=True), "verify", *SOON, inventory=self.inventory(self.variables | dict([change])))

    @rule(limit=LIMITS, removed=REMOVED, delete_logs=st.booleans(), is_check=SELDOM)
    def destroy(self, limit, removed, delete_logs, is_check):
        """All of the deployment, or the hosts of a limit."""
        hosts = self.hosts(limit) - {self.broken}
        destroyed = [MEMBERS[host] for host in hosts & self.members]
        bucket, group = self.variables["aws_trail_bucket_name"], f"{self.variables['aws_trail_name']}-cloudtrail-log-group"
        may_go = (f"{ARCHIVE} s3 aws buckets {bucket} {CONTENTS} ",
                  *(f"{account} logs {self.region(account)} groups {group} {CONTENTS} " for account in destroyed))
        removed = self.named(removed)
        run, _seen = self.run(
            Asked(ended={*destroyed, *removed}, removed=removed, changes_nothing=is_check,
                  may_go=lambda name: delete_logs and not is_check and name.startswith(may_go) and THEIRS not in name),
            "destroy", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(),
            audit_logs_delete_logs=delete_logs, audit_logs_removed_accounts=removed,
        )
        there = [account for account in destroyed if _manages(bucket, account, self.variables["aws_trail_name"])]
        assert run.status != 0 or is_check or not there, run.output

    @rule(limit=LIMITS, earlier=st.booleans(), days=st.booleans(), delete_logs=st.booleans(), is_check=SELDOM)
    def destroy_leftovers(self, limit, earlier, days, delete_logs, is_check):
        """Only trails besides those of the inventory, and the bucket of an earlier name: log files of all accounts go on to arrive."""
        if days:
            self.days_pass()
        bucket, before = self.variables["aws_trail_bucket_name"], self.see()
        names = VARIABLES["aws_trail_bucket_name"] if earlier else []
        others = [name for name in VARIABLES["aws_trail_name"] if name != self.variables["aws_trail_name"]]
        may_go = (*(f"{ARCHIVE} s3 aws buckets {name} {CONTENTS} " for name in names if name != bucket),
                  *(f"{MEMBERS[host]} logs {self.region(MEMBERS[host])} groups {name}-cloudtrail-log-group {CONTENTS} "
                    for host in self.members for name in others))
        run, seen = self.run(
            Asked(ended=self.members and {MEMBERS[host] for host in self.members}, changes_nothing=is_check,
                  may_go=lambda name: delete_logs and not is_check and name.startswith(may_go) and THEIRS not in name),
            "destroy", *self.limited(limit), *(["--check"] if is_check else []), inventory=self.inventory(), audit_logs_only_leftovers=True,
            audit_logs_previous_deployments=names, audit_logs_delete_logs=delete_logs)
        assert {one.kind for one in before.deliveries if one.what == "log files"} <= {one.kind for one in seen.deliveries}, run.output
        left = [host for host in self.hosts(limit) & self.members for name in others if _manages(bucket, MEMBERS[host], name)]
        assert run.status != 0 or is_check or not left, run.output

    @rule(what=st.one_of(
        st.tuples(st.just("credentials_break"), st.sampled_from([None, *HOSTS])),
        st.tuples(st.just("verify"), st.one_of([
            st.tuples(st.just(name), st.sampled_from(values)) for name, values in VARIABLES.items()
        ])),
        st.tuples(st.just("an_object_comes"), st.sampled_from([f"AWSLogs/{ARCHIVE}/vpcflowlogs/{THEIRS}-log", f"{THEIRS}-backup"])),
        *[st.tuples(st.just("a_trail_comes"), st.sampled_from([STRANGER, *MEMBERS.values()]))] * 2,
        st.tuples(st.just("a_log_stream_comes"), st.sampled_from(sorted(MEMBERS))),
    ))
    def also(self, what):
        """A verification, or something that no run of ours does."""
        getattr(self, what[0])(what[1])

    @staticmethod
    def days_pass():
        """What is in our buckets becomes older. Trails that are on deliver again before the next run."""
        buckets = s3_backends[ARCHIVE]["aws"].buckets
        for name in VARIABLES["aws_trail_bucket_name"]:
            for _key, versions in buckets[name].keys.lists() if name in buckets else ():
                for one in versions:
                    one.last_modified -= datetime.timedelta(days=2)

    def credentials_break(self, host):
        """Those of one account, or nobody's."""
        self.broken = host

    def an_object_comes(self, key):
        """Another service writes into our bucket."""
        if self.bucket_is_there():
            self.client(ARCHIVE, "s3").put_object(Bucket=self.variables["aws_trail_bucket_name"], Key=key, Body=b"1")

    def a_trail_comes(self, account):
        """Somebody lets a trail of theirs deliver to our bucket."""
        bucket, name = self.variables["aws_trail_bucket_name"], f"{THEIRS}-trail"
        arn = f"arn:aws:cloudtrail:{REGION}:{account}:trail/{name}"
        if not self.bucket_is_there() or _has_trail(account, name):
            return
        statement = {
            "Sid": f"Their{account}", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Condition": {"StringEquals": {"aws:SourceArn": arn}},
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{THEIRS}/AWSLogs/{account}/*"],
        }
        s3, cloudtrail = self.client(ARCHIVE, "s3"), self.client(account, "cloudtrail")
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"].append(statement)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        cloudtrail.create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=THEIRS, IsMultiRegionTrail=True)
        cloudtrail.start_logging(Name=name)

    def a_log_stream_comes(self, host):
        """An application writes into the log group of a trail."""
        logs, group = self.client(MEMBERS[host], "logs"), f"{self.variables['aws_trail_name']}-cloudtrail-log-group"
        if f"{MEMBERS[host]} logs {REGION} groups {group}" not in dump(self.cloud, MEMBERS[host]):
            return
        if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=THEIRS)["logStreams"]:
            logs.create_log_stream(logGroupName=group, logStreamName=THEIRS)
        logs.put_log_events(logGroupName=group, logStreamName=THEIRS, logEvents=[
            {"timestamp": int(time.time() * 1000), "message": "application"},
        ])

    # What there is

    def see(self):
        deliveries = set()
        for account in (*HOSTS.values(), STRANGER):
            self.client(account, "sts").get_caller_identity()
            for region in cloudtrail_backends[account].values():
                deliveries |= {one for trail in region.trails.values() for one in _deliveries(account, trail)}
        return Seen(dump(self.cloud, *HOSTS.values(), STRANGER), deliveries)

    def is_there(self, delivery, seen):
        return _has_trail(delivery.account, delivery.source)

    def client(self, account, service):
        if account not in self.sessions:
            self.sessions[account] = self.cloud.session(account)
        key = account, service
        if key not in self.sessions:
            self.sessions[key] = self.sessions[account].client(service, region_name=REGION)
        return self.sessions[key]

    def bucket_is_there(self):
        return f"{ARCHIVE} s3 aws buckets {self.variables['aws_trail_bucket_name']}" in dump(self.cloud, ARCHIVE)

    def expirations(self):
        """Days after which log files expire, by bucket; 0 for never."""
        found = {}
        for name, bucket in dump(self.cloud, ARCHIVE).items():
            if " s3 aws buckets " in name and not name.endswith(CONTENTS):
                days = [int(rule["expiration_days"]) for rule in bucket["rules"] if rule.get("expiration_days")]
                found[name] = min(days, default=0)
        return found

    # What is asked for

    def region(self, account):
        return "us-east-1" if self.abroad and MEMBERS[self.abroad] == account else REGION

    def hosts(self, limit):
        """The hosts of a run."""
        hosts = {"log-archive", *self.members}
        return hosts if limit is None else hosts & limit

    def named(self, removed):
        """The accounts that are named to leave: preflight refuses those that the inventory has."""
        return sorted(set(removed) - {MEMBERS[host] for host in self.members})

    def inventory(self, variables=None):
        variables = variables or self.variables
        said = dict(variables)
        if said["aws_trail_bucket_policy_form"] != "organization":
            del said["aws_trail_bucket_organization_id"]
        elif said["aws_trail_bucket_organization_id"] == "RIGHT":
            said["aws_trail_bucket_organization_id"] = self.organization
        hosts = {}
        if self.abroad:
            hosts.setdefault(self.abroad, {})["audit_logs_aws_region"] = "us-east-1"
        if self.broken:
            hosts.setdefault(self.broken, {})["audit_logs_aws_role"] = "role-that-is-not-there"
        inventory = inventory_of({host: MEMBERS[host] for host in sorted(self.members)}, hosts, **said)
        inventory["all"]["children"].setdefault("aws_members", {"hosts": {}})
        inventory["all"]["children"]["aws_archive"]["hosts"]["log-archive"].update(hosts.get("log-archive", {}))
        return inventory

    def assert_set_up(self, limit, run, seen):
        """A run that ended well did what the inventory says."""
        hosts = self.hosts(limit)
        bucket, name = self.variables["aws_trail_bucket_name"], self.variables["aws_trail_name"]
        for host in hosts & self.members:
            account = MEMBERS[host]
            wanted = {Delivery(account, "log files", name, f"{ARCHIVE} s3 aws buckets {bucket} {CONTENTS}")}
            if self.variables["audit_logs_aws_cloudwatch"]:
                group = f"{account} logs {self.region(account)} groups {name}-cloudtrail-log-group {CONTENTS}"
                wanted.add(Delivery(account, "log events", name, group))
            assert wanted <= seen.deliveries, f"{wanted}\n{run.output}"
        if "log-archive" in hosts:
            days = self.variables["aws_trail_bucket_expiration_days"]
            assert not days or self.expirations()[f"{ARCHIVE} s3 aws buckets {bucket}"] == days, run.output


def _has_trail(account, name):
    return any(name in region.trails for region in cloudtrail_backends[account].values())


def _manages(bucket, account, name):
    """Whether a trail has the tag of the deployment of a bucket."""
    for region in cloudtrail_backends[account].values():
        if name in region.trails:
            tags = region.tagging_service.list_tags_for_resource(region.trails[name].arn)["TagsList"]
            return {"Key": "audit-logs-deployment", "Value": bucket} in tags
    return False


def _deliveries(account, trail):
    """Where the last event arrived that a trail recorded, as the local AWS noted it."""
    target, noted = Target.of(trail), getattr(trail, "deliveries", None)
    if not trail.status.is_logging or noted is None or trail.trail_name == foreign.OTHER_TRAIL:
        return
    if noted.log_files.attempted and not noted.log_files.error:
        yield Delivery(account, "log files", trail.trail_name, f"{ARCHIVE} s3 aws buckets {target.bucket} {CONTENTS}")
    if target.group and noted.log_events.attempted and not noted.log_events.error:
        region, group = target.group.split(":")[3], target.group.split(":")[6]
        yield Delivery(account, "log events", trail.trail_name, f"{account} logs {region} groups {group} {CONTENTS}")


def test_no_log_is_lost(aws_server, tmp_path):
    tell(AwsHistory, aws_server, tmp_path, count=2, steps=3, seed=SEED)


@pytest.mark.full
@pytest.mark.parametrize("number", range(12))
def test_no_log_is_lost_in_many_histories(aws_server, tmp_path, seed, number):
    tell(AwsHistory, aws_server, tmp_path, count=9, steps=6, seed=seed * 100 + number, shrinks=True)
