# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in the accounts is byte for byte the same after each run, whether it ends well or is refused."""
from __future__ import annotations

import pytest
from helpers.aws import foreign
from helpers.aws.deployments import ARCHIVE, BUCKET, LOG_GROUP, MEMBERS, ROLE, TRAIL, Account, inventory_of
from helpers.aws.dumps import dump
from helpers.aws.modules import Account as Modules
from helpers.dumps import part, text
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
ACCOUNTS = {"log-archive": ARCHIVE, "team-a": MEMBERS["team-a"], "team-b": MEMBERS["team-b"]}
# With it, a run makes all kinds of resources that there are.
EVERYTHING = {
    "aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True,
    "aws_trail_validation_principals": ["arn:aws:iam::123456789012:root"],
}
RUNS = {
    "setup": ("setup",), "again": ("setup",), "verify": ("verify", *SOON), "destroy": ("destroy",),
    "destroy with logs": ("destroy", *DELETE),
}


def test_nothing_changes(aws, playbooks):
    for account in ACCOUNTS.values():
        foreign.place(aws, account)
    before = dump(aws, *ACCOUNTS.values())
    for name, command in RUNS.items():
        run = playbooks.run(*command, inventory=inventory_of(members=2, **EVERYTHING))
        assert run.status == 0, run.output
        assert text(part(dump(aws), before)) == text(before), name
    assert BUCKET not in Account(aws, ARCHIVE).buckets()
    for account in ACCOUNTS.values():
        foreign.write_data(aws, account)
        place = f"{account} s3 aws buckets {foreign.other_bucket(account)} contents"
        assert len(dump(aws)[place]) == len(before[place]) + 2  # the object, and the log file about it


def bucket(aws):
    client = Account(aws, ARCHIVE).client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket=BUCKET, Key="backup", Body=b"1")


def key(aws):
    Modules(aws, ARCHIVE).make_key(tags={"managed-by": "terraform"})


def trail(aws):
    account = Modules(aws, MEMBERS["team-a"])
    account.make_bucket("trail-of-team-a")
    account.make_trail(bucket="trail-of-team-a", tags={"managed-by": "terraform"})
    account.client("cloudtrail").stop_logging(Name=TRAIL)  # or else its bucket has another log file after each call


def log_group(aws):
    account = Modules(aws, MEMBERS["team-a"])
    account.make_log_group(LOG_GROUP, tags={"managed-by": "terraform"})
    account.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName="application")


def role(aws):
    Modules(aws, MEMBERS["team-a"]).make_role(ROLE, tags={"managed-by": "terraform"})


@pytest.mark.full
@pytest.mark.parametrize("make", [bucket, key, trail, log_group, role])
def test_a_name_that_is_taken(aws, playbooks, make):
    """Setup refuses for the account that has the resource, and destroy leaves the resource alone."""
    make(aws)
    before = dump(aws, *ACCOUNTS.values())
    refused = "team-a" if make in (trail, log_group, role) else "log-archive"
    for playbook, *arguments in (("setup",), ("verify", *SOON), ("destroy",), ("destroy", *DELETE)):
        run = playbooks.run(playbook, *arguments, inventory=inventory_of(members=2, **EVERYTHING))
        assert (run.status != 0) is (playbook != "destroy") and "Traceback" not in run.output, run.output
        assert playbook != "setup" or run.lines[refused].startswith("FAILED"), run.output
        assert text(part(dump(aws), before)) == text(before), playbook
