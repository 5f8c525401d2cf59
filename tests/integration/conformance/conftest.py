# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running checks on the local clouds."""
from __future__ import annotations

import pytest
from conformance import alibaba, aws, local, runner
from conformance.undo import Signals
from helpers import dumps
from helpers.alibaba.dumps import dump as alibaba_dump
from helpers.aws.dumps import dump as aws_dump

CLOUDS = {"aws": (aws, local.aws_in, aws_dump), "alibaba": (alibaba, local.alibaba_in, alibaba_dump)}
CHECKS = {f"{name}-{check.name}": check for name, (package, _connect, _dump) in CLOUDS.items() for check in package.CHECKS}


def lasting(found):
    """The settings of a dump, without keys whose deletion is scheduled: KMS deletes a key after 7 days."""
    return {
        name: value for name, value in dumps.settings(found).items()
        if not (" kms " in name and isinstance(value, dict) and value.get("key_state") == "PendingDeletion")
    }


@pytest.fixture(name="run")
def fixture_run(request):
    """Run a check on its local cloud, by its name in CHECKS; returns what it observed. Nothing may be left.

    ``on_call`` gets each call, ``broken`` the cloud and the account before the check runs.
    """

    def run(name, on_call=lambda call: None, broken=lambda cloud, account: None):
        check = CHECKS[name]
        package, connect, dump = CLOUDS[name.partition("-")[0]]
        cloud = request.getfixturevalue(name.partition("-")[0])
        cloud.reset()
        door = cloud.door(on_call)
        door.start()
        lines = []
        with Signals() as signals:
            account = connect(cloud, [check], signals, lines.append, door.url)
            broken(cloud, account)
            before = lasting(dump(cloud))
            found, interruption = runner.run(account, package, [check], lines.append, is_local=True)
        door.stop()
        assert dumps.text(lasting(dump(cloud))) == dumps.text(before)
        assert found["retained"] == [] and found["interrupted"] == (interruption is not None)
        return found["observations"]

    return run
