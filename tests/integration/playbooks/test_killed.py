# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ends at a random moment, by kill -9, SIGTERM or Ctrl-C: none of its processes and no secret is left, and the next run completes.

`make test` tries a moment of setup, verify and destroy each, in one mode with 6 accounts. `make test-all` tries six moments in all modes,
with 20 accounts.
"""
from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest
import yaml
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from helpers.playbooks import CONNECTION, Playbooks
from helpers.verifications import SOON
from tools import inventory

GRACE = 10  # seconds for what the killed one has started; a worker of Ansible looks for it once a second
ENDINGS = ("kill", "kill all", "terminate", "interrupt")
# The archive account on Alibaba Cloud is no member, and a trail of the organization also delivers its logs.
DESTROY = ("-e", "audit_logs_delete_logs=true", "-e", f"audit_logs_removed_accounts={alibaba_deployments.ARCHIVE}")
ARGUMENTS = {"setup": (), "verify": SOON, "destroy": DESTROY}

pytestmark = pytest.mark.skipif(
    CONNECTION == "local", reason="with local, modules outlive an ansible-playbook that is killed"
)


class Deployment:
    """Half of the accounts on each cloud, and a trap for the runs that set them up, verify them and destroy them.

    :ivar whole: what a deployment is after a setup that was not killed; None before it.
    :ivar lengths: how many calls a run makes that is not killed, by playbook.
    """

    def __init__(self, folder, accounts, mode):
        self.inventory = yaml.safe_load(inventory.inventory(accounts // 2))
        groups = self.inventory["all"]["children"]
        for cloud, management in (("aws", deployments.MANAGEMENT), ("alibaba", alibaba_deployments.MANAGEMENT)):
            if mode == "organization_trail":
                groups[f"{cloud}_members"]["hosts"][f"management-{cloud}"] = {
                    "account_id": management, f"audit_logs_{cloud}_role": "", f"audit_logs_{cloud}_profile": ""}
        self.ids = {
            cloud: [
                host["account_id"]
                for kind in ("archive", "members") for host in groups[f"{cloud}_{kind}"]["hosts"].values() if host
            ]
            for cloud in ("aws", "alibaba")
        }
        self.aws, self.alibaba = LocalAws(on_call=self.called), LocalAlibaba(on_call=self.called)
        self.mode, self.folder = mode, folder
        self.lock = threading.Lock()
        self.calls = 0
        self.trap = lambda call: None
        self.whole, self.lengths, self.organization = None, {}, ""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(self.aws)
        self.stack.enter_context(self.alibaba)
        for name in ("run", "tmp", "home"):
            (self.folder / name).mkdir()
        self.playbooks = Playbooks(self.folder / "run", {
            **self.aws.environment, **self.alibaba.environment, "TMPDIR": str(self.folder / "tmp"), "HOME": str(self.folder / "home")},
            clouds=[self.aws, self.alibaba])
        self.playbooks.has_own_group = True
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def called(self, call):
        """A call was carried out, and is not answered yet."""
        with self.lock:
            self.calls += 1
            self.trap(call)

    def reset(self):
        """Empty all accounts, and let the organizations be as the mode needs them."""
        self.aws.reset()
        self.alibaba.reset()
        organizations = self.aws.session().client("organizations")
        self.organization = organizations.describe_organization()["Organization"]["Id"]
        variables = {"audit_logs_alibaba_mode": self.mode, "audit_logs_alibaba_project": alibaba_deployments.PROJECT}
        if self.mode == "organization_trail":
            for number in self.ids["aws"]:
                self.aws.session(number)
            organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
            variables |= {
                "audit_logs_aws_mode": self.mode, "audit_logs_aws_management_account_id": deployments.MANAGEMENT,
                "aws_trail_bucket_organization_id": self.organization,
                "audit_logs_alibaba_trail_account_id": alibaba_deployments.MANAGEMENT,
            }
            for number in self.ids["alibaba"]:
                self.alibaba.cloud.account(number)
        self.inventory["all"]["vars"] |= variables

    def run(self, playbook):
        """A run to its end; the calls that changed something."""
        found = []
        self.calls, self.trap = 0, lambda call: call.read_only or call.action == "AssumeRole" or found.append(str(call))
        run = self.playbooks.run(playbook, *ARGUMENTS[playbook], inventory=self.inventory)
        assert run.status == 0, run.output
        self.lengths.setdefault(playbook, self.calls)
        return found

    def ended(self, playbook, dice):
        """A run that ends at a random moment, mostly just as a call is carried out; what is left of it."""
        moment, ending, delay = dice.randrange(1, self.lengths[playbook] + 1), dice.choice(ENDINGS), dice.choice([0, 0, dice.random()])
        reached = threading.Event()
        self.calls, self.trap = 0, lambda call: self.calls >= moment and not reached.is_set() and (
            delay or self.end(run, ending), print(f"{call}, call {moment}, {ending}, {delay:.1f} s later"), reached.set())
        run = self.playbooks.start(playbook, *ARGUMENTS[playbook], inventory=self.inventory)
        if delay:
            reached.wait(300)
            time.sleep(delay)
            self.end(run, ending)
        output = self.output(run, ending, reached)
        if playbook == "verify" and not reached.is_set():  # with a report of an earlier run, or with probes that come sooner, it makes fewer calls
            self.lengths[playbook] = self.calls
            return self.ended(playbook, dice)
        assert reached.is_set(), output
        assert delay or run.returncode != 0, output
        deadline = time.monotonic() + GRACE
        while self.playbooks.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not self.playbooks.processes(), output
        self.check_files(output)
        return output

    def output(self, run, ending, reached):
        """The output of a run, after its end.

        If Ctrl-C ends a worker of Ansible while it hands over a result, Ansible waits forever. So it comes once more, as from a person.
        """
        deadline = time.monotonic() + 300
        again = None  # when it comes once more
        while True:
            try:
                return run.communicate(timeout=1)[0]
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if now > deadline:
                    self.end(run, "kill all")
                    raise
                if again is None and ending == "interrupt" and reached.is_set():
                    again = now + GRACE
                if again is not None and now > again:
                    print("Ctrl-C once more")
                    self.end(run, ending)
                    again = deadline

    def end(self, run, ending):
        """End a run, as somebody at a terminal or an operating system does."""
        with contextlib.suppress(ProcessLookupError):
            if ending == "interrupt":
                os.killpg(run.pid, signal.SIGINT)
            elif ending == "terminate":
                os.kill(run.pid, signal.SIGTERM)
            else:
                for process in [run.pid, *(self.playbooks.processes() if ending == "kill all" else [])]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)

    def check_files(self, output):
        """No file and no output has a secret, and each report is whole."""
        secrets = [*self.aws.issued_secrets, *self.alibaba.issued_secrets, *(
            value for name, value in self.playbooks.environment.items() if "SECRET" in name)]
        secrets = [secret for secret in secrets if secret]
        assert len(secrets) > 2
        texts = {str(path): path.read_text(encoding="latin-1") for path in self.folder.rglob("*") if path.is_file()}
        assert not [name for name, text in {**texts, "output": output}.items() if any(secret in text for secret in secrets)]
        for path in (self.folder / "run").rglob("*.json"):
            reports.read(path, reports.schema() if path.name == "report.json" else reports.schema()["$defs"]["account"])

    def contents(self):
        """What there is in every account, without what is another in every cloud."""
        found = {}
        new = [*deployments.Account(self.aws, self.ids["aws"][0]).live_keys(), self.organization]
        for number in self.ids["aws"]:
            account = deployments.Account(self.aws, number)
            retention = {name: group["retentionInDays"] for name, group in account.log_groups().items()}
            text = json.dumps([account.holdings(), account.trails(), account.documents(), retention])
            for name in new:
                text = text.replace(name, "NEW")
            found[number] = json.loads(text)
        for number in self.ids["alibaba"]:
            account = alibaba_deployments.Account(self.alibaba, number)
            state = account.state()
            ram = state["ram"]
            found[number] = [
                account.holdings(), sorted(account.collected()),
                {name: (trail["project_arn"], trail["status"]) for name, trail in state["trails"].items()},
                {name: role["trust"] for name, role in ram["roles"].items()},
                {name: len(policy["versions"]) for name, policy in ram["policies"].items()},
                {name: sorted(one["policy_name"] for one in ones) for name, ones in ram["attachments"].items()},
            ]
        return found

    def holdings(self):
        """What accounts hold, without accounts that hold nothing."""
        found = {number: deployments.Account(self.aws, number).holdings() for number in self.ids["aws"]}
        found |= {number: alibaba_deployments.Account(self.alibaba, number).holdings() for number in self.ids["alibaba"]}
        return {number: held for number, held in found.items() if held}


@pytest.fixture(name="deployment", scope="module", params=["log_audit", "actiontrail", "organization_trail"])
def fixture_deployment(request, tmp_path_factory):
    """A deployment, and what there is in it if nothing is killed."""
    with Deployment(tmp_path_factory.mktemp("killed"), 20 if request.config.option.full else 6, request.param) as deployment:
        deployment.reset()
        deployment.run("setup")
        deployment.whole = deployment.contents()
        yield deployment


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(6 if metafunc.config.option.full else 1))


@pytest.fixture(name="dice")
def fixture_dice(request, seed, number):
    """What decides about a moment."""
    return random.Random(f"{seed} {number} {request.node.name}")


@pytest.mark.sample(1, by="deployment")
def test_setup(deployment, dice):
    deployment.reset()
    deployment.ended("setup", dice)
    deployment.run("setup")
    assert deployment.contents() == deployment.whole
    assert deployment.run("setup") == []


@pytest.mark.sample(1, by="deployment")
def test_verify(deployment, dice):
    """What verify creates are events alone."""
    if deployment.contents() != deployment.whole:
        deployment.run("setup")
    if "verify" not in deployment.lengths:
        deployment.run("verify")
    deployment.ended("verify", dice)
    assert deployment.contents() == deployment.whole
    deployment.run("verify")
    assert deployment.contents() == deployment.whole
    deployment.check_files("")


@pytest.mark.full
def test_destroy(deployment, dice):
    if "destroy" not in deployment.lengths:
        deployment.run("setup")
        deployment.run("destroy")
    deployment.run("setup")
    deployment.ended("destroy", dice)
    deployment.run("destroy")
    assert deployment.holdings() == {}
