# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at a random moment: no process of the run is left, and the next run completes the work and does no more.

`make test` tries two moments in runs on 6 accounts, `make test-all` ten moments in runs on 50 accounts.
"""
from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time

from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from tools import inventory
import pytest
import yaml
from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from helpers.playbooks import CONNECTION, Playbooks

GRACE = 10  # seconds for what the killed one has started; a worker of Ansible looks for it once a second

pytestmark = pytest.mark.skipif(
    CONNECTION == "local", reason="with local, modules outlive an ansible-playbook that is killed"
)


class Deployment:
    """Half of the accounts on each cloud, and a trap for the run that sets them up."""

    def __init__(self, folder, accounts):
        self.inventory = yaml.safe_load(inventory.inventory(accounts // 2))
        groups = self.inventory["all"]["children"]
        self.ids = {
            cloud: [
                host["account_id"]
                for kind in ("archive", "members") for host in groups[f"{cloud}_{kind}"]["hosts"].values() if host
            ]
            for cloud in ("aws", "alibaba")
        }
        self.aws, self.alibaba = LocalAws(on_call=self.called), LocalAlibaba(on_call=self.called)
        self.folder = folder
        self.lock = threading.Lock()
        self.calls = 0
        self.trap = lambda call: None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(self.aws)
        self.stack.enter_context(self.alibaba)
        self.playbooks = Playbooks(self.folder, {**self.aws.environment, **self.alibaba.environment})
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def called(self, call):
        """A call was carried out, and is not answered yet."""
        with self.lock:
            self.calls += 1
            self.trap(call)

    def reset(self):
        self.aws.reset()
        self.alibaba.reset()

    def setup(self):
        """A run to its end; the calls that changed something."""
        found = []
        self.calls, self.trap = 0, lambda call: call.read_only or call.action == "AssumeRole" or found.append(str(call))
        run = self.playbooks.run("setup", inventory=self.inventory)
        assert run.status == 0, run.output
        return found

    def setup_killed(self, moment, everything):
        """A run that is killed as a call is carried out: its main process, or all of them at once. Returns the call."""
        hit = []

        def trap(call):
            if self.calls == moment:
                hit.append(str(call))
                for process in [run.pid, *(self.playbooks.processes() if everything else [])]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)

        self.calls, self.trap = 0, trap
        run = self.playbooks.start("setup", inventory=self.inventory)
        run.communicate()
        assert run.returncode == -signal.SIGKILL
        deadline = time.monotonic() + GRACE
        while self.playbooks.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not self.playbooks.processes()
        return hit[0]

    def contents(self):
        """What there is in every account, without what is another in every cloud."""
        found = {}
        keys = deployments.Account(self.aws, self.ids["aws"][0]).live_keys()
        for number in self.ids["aws"]:
            account = deployments.Account(self.aws, number)
            retention = {name: group["retentionInDays"] for name, group in account.log_groups().items()}
            text = json.dumps([account.holdings(), account.trails(), account.documents(), retention])
            for key in keys:
                text = text.replace(key, "KEY")
            found[number] = json.loads(text)
        for number in self.ids["alibaba"]:
            account = alibaba_deployments.Account(self.alibaba, number)
            ram = account.state()["ram"]
            found[number] = [
                account.holdings(), sorted(account.collected()),
                {name: role["trust"] for name, role in ram["roles"].items()},
                {name: len(policy["versions"]) for name, policy in ram["policies"].items()},
                {name: sorted(one["policy_name"] for one in ones) for name, ones in ram["attachments"].items()},
            ]
        return found


@pytest.fixture(name="deployment", scope="module")
def fixture_deployment(request, tmp_path_factory):
    """A deployment, and what there is in it if nothing is killed."""
    with Deployment(tmp_path_factory.mktemp("killed"), 50 if request.config.option.full else 6) as deployment:
        deployment.setup()
        deployment.whole = deployment.calls, deployment.contents()
        yield deployment


@pytest.mark.sample(2)
@pytest.mark.parametrize("number", range(10))
def test_killed(deployment, seed, number):
    dice = random.Random(f"{seed} {number}")
    calls, contents = deployment.whole
    moment, everything = dice.randrange(1, calls + 1), dice.random() < 0.5
    print(f"moment {moment} of {calls}, {'all processes' if everything else 'the main process'}")
    deployment.reset()
    print(deployment.setup_killed(moment, everything))
    deployment.setup()
    assert deployment.contents() == contents
    assert deployment.setup() == []
