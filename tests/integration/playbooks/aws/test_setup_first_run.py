# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run of setup.yml in accounts as they are: changes take effect with a delay, and others were there before."""
from __future__ import annotations

import pytest
from clouds.aws import USUAL, LocalAws, Windows
from helpers.aws import landing_zone
from helpers.aws.deployments import ARCHIVE, MEMBERS, TRAIL, Account, inventory_of, writes
from helpers.playbooks import Playbooks

SETTINGS = {
    "aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True,
    "aws_trail_event_selectors": [{"read_write_type": "WriteOnly"}], "aws_trail_insight_types": ["ApiCallRateInsight"],
}
# So long that the trail waits for each of them in turn.
LONG = Windows(iam=14, kms=4, logs=8, s3=6, trail=8, new_trail=6)


@pytest.fixture(name="slow")
def fixture_slow(request):
    """A local AWS that is eventually consistent, with deliveries every five minutes."""
    with LocalAws(delivery_interval=300, windows=request.param) as aws:
        yield aws


def assert_first_run(slow, folder, members, **variables):
    """No account fails, all trails record, and the next run changes nothing. Returns the codes with which CloudTrail refused."""
    landing_zone.place(slow, ARCHIVE, members.values())
    inventory = inventory_of(members=members, **SETTINGS, **variables)
    playbooks = Playbooks(folder, slow.environment, clouds=[slow])
    slow.calls.clear()
    first = playbooks.run("setup", inventory=inventory)
    assert first.status == 0, first.output
    assert len(first.lines) == len(members) + 1 and all(line.startswith("changed: ") for line in first.lines.values()), first.lines
    refused = {call.error for call in slow.calls if call.service == "cloudtrail" and call.error}
    writes(slow)
    again = playbooks.run("setup", inventory=inventory)
    assert again.status == 0 and set(again.changed.values()) == {0}, again.output
    assert writes(slow) == []
    for account in members.values():
        trails = Account(slow, account).client("cloudtrail")
        assert trails.get_trail_status(Name=TRAIL)["IsLogging"]
        assert len(trails.describe_trails()["trailList"]) == 5
    return refused


@pytest.mark.parametrize("slow", [LONG], ids=["long"], indirect=True)
def test_first_run(slow, tmp_path):
    assert assert_first_run(slow, tmp_path, MEMBERS) >= {
        "ConflictException", "InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException",
        "S3BucketDoesNotExistException",
    }


@pytest.mark.full
@pytest.mark.parametrize("slow", [USUAL], ids=["usual"], indirect=True)
def test_first_run_of_many(slow, tmp_path):
    members = {f"member-{number}": str(200_000_000_000 + number) for number in range(50)}
    assert_first_run(slow, tmp_path, members, aws_trail_bucket_policy_form="source_accounts")
