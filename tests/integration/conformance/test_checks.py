# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check on its local cloud: its answer, with its permissions and no others, and that nothing is left, also after an interruption."""
from __future__ import annotations

import os
import signal
from functools import partial

import pytest
from conformance import alibaba, aws, local
from conformance.undo import Signals

CHECKS = {f"{name}-{check.name}": check for name, package in (("aws", aws), ("alibaba", alibaba)) for check in package.CHECKS}
SLOW = [name for name, check in CHECKS.items() if check.slow]


@pytest.mark.parametrize("name", CHECKS)
def test_answer(run, name):
    [observation] = run(name)
    assert (observation["answer"], observation["error"]) == (CHECKS[name].local_answer, None)


def test_no_power_over_keys_of_others(aws):
    """Not even over a key whose policy leaves permissions to IAM, with a description and tags as those of a check."""
    description = "audit-logs-conformance-1"
    kms = aws.session(local.AWS_ACCOUNT).client("kms")
    key = kms.create_key(Description=description, Tags=[{"TagKey": description, "TagValue": ""}])["KeyMetadata"]["KeyId"]
    account = local.aws_in(aws, [check for name, check in CHECKS.items() if name.startswith("aws-")], Signals(), print)
    caller = account.client("kms")
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    assert caller.describe_key(KeyId=key)["KeyMetadata"]["Description"] == description
    for call, parameters in (
        (caller.schedule_key_deletion, {}), (caller.put_key_policy, {"PolicyName": "default", "Policy": policy}), (caller.disable_key, {}),
        (caller.tag_resource, {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ):
        assert account.attempt(call, KeyId=key, **parameters) == "AccessDeniedException"


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", [name for name in CHECKS if name not in SLOW])
def test_interruption(run, name):
    interrupt_everywhere(run, name)


@pytest.mark.full
@pytest.mark.parametrize("name", SLOW)
def test_interruption_of_slow_checks(run, name):
    interrupt_everywhere(run, name)


def interrupt_everywhere(run, name):
    """Interrupt the check at each call that changes something, as soon as the cloud has carried the call out."""
    writes = []
    run(name, lambda call: writes.append(call) if not call.read_only else None)
    for number in range(1, len(writes) + 1):
        seen = []
        observations = run(name, partial(interrupt, number, seen))
        assert len(seen) >= number and len(observations) <= 1


def interrupt(number, seen, call):
    if not call.read_only:
        seen.append(call)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGINT)
