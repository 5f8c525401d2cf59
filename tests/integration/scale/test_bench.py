# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark: that it compares what is alike, and measures what it says."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from alibabacloud_ram20150501 import models as ram
from clouds.calls import subject_of
from helpers.aws.deployments import LOG_GROUP, REGION, ROLE, TRAIL
from helpers import ROOT
from scale import jobs, results
from scale.bench import PHASES, SDK, TITLES, Bench, Measured, Outcome, methods
from scale.measure import Failed, Usage, run
from scale.stages import Alibaba, Aws, differences

MEMBER, ALIBABA_MEMBER = "200000000001", "2000000000000001"


@pytest.mark.full
def test_all_methods_end_alike(tmp_path):
    measured, table = tmp_path / "bench.json", tmp_path / "bench.md"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "scale"), "--accounts", "2", "--empty-hosts", "8",
         "--json", str(measured), "--markdown", str(table)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    text = table.read_text(encoding="utf-8")
    assert text == done.stdout
    rows = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in text.splitlines() if line.startswith("|")]
    wanted = [(TITLES[method], phase) for method in methods() for phase in PHASES]
    assert [row for row in rows if row[1] in PHASES] == wanted * 2
    assert text.count("All methods left the same") == 2
    empty = json.loads(measured.read_text(encoding="utf-8"))["empty_tasks"]
    assert list(empty) == [method for method in methods() if method != SDK]
    assert all(0.001 < kinds["task"] < kinds["module"] for kinds in empty.values())

    for cloud, second in zip(json.loads(measured.read_text(encoding="utf-8"))["clouds"], (8, 6)):
        assert cloud["accounts"] == 2 and cloud["problems"] == []
        phases = {
            (method["method"], phase["phase"]): phase for method in cloud["methods"] for phase in method["phases"]
        }
        for phase in phases.values():
            assert phase["cpu"] > 0 and phase["wall"] > 0 and phase["memory"] > 10_000_000
        for method in methods():
            calls = phases[method, "second run"]["calls"]
            assert len(calls) == second and set(calls.values()) == {1}, "each question once"
            assert phases[method, "create"]["calls_per_account"] > second
        # Playbooks and script ask the same.
        assert len({tuple(phases[method, "second run"]["calls"]) for method in methods()}) == 1


@pytest.fixture(name="aws_stage", scope="module")
def fixture_aws_stage(tmp_path_factory):
    """A local AWS with a member that the script has set up; what it held then."""
    with Aws(1, 0.0) as stage:
        stage.reset()
        Bench(tmp_path_factory.mktemp("aws"), 1, print).set_up(stage, SDK)
        yield stage, stage.holdings()


@pytest.mark.parametrize("change, path", [
    (lambda client: client("logs").put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30),
     f"{MEMBER}/log groups/{LOG_GROUP}/retentionInDays"),
    (lambda client: client("iam").update_role(RoleName=ROLE, Description="other"),
     f"{MEMBER}/roles/{ROLE}/Description"),
    (lambda client: client("cloudtrail").stop_logging(Name=TRAIL), f"{MEMBER}/trails/{TRAIL}/logging"),
    (lambda client: client("cloudtrail").update_trail(Name=TRAIL, EnableLogFileValidation=False),
     f"{MEMBER}/trails/{TRAIL}/LogFileValidationEnabled"),
    (lambda client: client("iam").delete_role_policy(RoleName=ROLE, PolicyName="cloudtrail-to-cloudwatch-logs"),
     f"{MEMBER}/roles/{ROLE}/policies/cloudtrail-to-cloudwatch-logs"),
])
def test_difference_on_aws_is_seen_and_mended(aws_stage, tmp_path, change, path):
    stage, before = aws_stage
    session = stage.session(MEMBER)
    change(lambda service: session.client(service, region_name=REGION))
    assert [line.split(":")[0] for line in differences(before, stage.holdings())] == [f"/{path}"]
    Bench(tmp_path, 1, print).set_up(stage, SDK)
    assert not list(differences(before, stage.holdings())), "the script mends what differs"


def test_difference_on_alibaba_is_seen_and_mended(tmp_path):
    bench = Bench(tmp_path, 1, print)
    with Alibaba(1, 0.0) as stage:
        stage.reset()
        bench.set_up(stage, SDK)
        before = stage.holdings()
        stage.clients(ALIBABA_MEMBER).ram.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
            policy_name="ReadOnlyAccess", policy_type="System", role_name="sls-audit-service-monitor"
        ))
        assert [line.split(":")[0] for line in differences(before, stage.holdings())] == [
            f"/{ALIBABA_MEMBER}/ram/attachments/Role/sls-audit-service-monitor"
        ]
        bench.set_up(stage, SDK)
        assert not list(differences(before, stage.holdings()))


def test_log_audit_takes_a_hundred_in_an_archive():
    deployments = jobs.alibaba(201)
    assert [len(deployment.members) for deployment in deployments] == [100, 100, 1]
    assert len({deployment.archive for deployment in deployments}) == 3
    assert len({member for deployment in deployments for member in deployment.members}) == 201
    for deployment in deployments:
        groups = deployment.inventory["all"]["children"]
        assert [host["account_id"] for host in groups["alibaba_members"]["hosts"].values()] == deployment.members
        assert [host["account_id"] for host in groups["alibaba_archive"]["hosts"].values()] == [deployment.archive]


# What is measured

_BURN = """
import os, time
held = b"x" * {memory}
child = os.fork()
until = time.process_time() + {seconds}
while time.process_time() < until:
    pass
if not child:
    os._exit(0)
os.wait()
"""


@pytest.mark.alone
def test_usage_is_that_of_the_whole_tree(tmp_path):
    program = _BURN.format(memory=50_000_000, seconds=0.4)
    usage = run([sys.executable, "-c", program], dict(os.environ), tmp_path)
    assert 0.8 <= usage.cpu < 2
    assert usage.wall >= 0.4
    assert usage.processes == 2
    assert 50_000_000 < usage.memory < 90_000_000, "what both share counts once"


def test_client_yields_to_the_clouds(tmp_path):
    run([sys.executable, "-c", "import os; print(os.nice(0), file=open('nice', 'w'))"], dict(os.environ), tmp_path)
    assert int((tmp_path / "nice").read_text(encoding="utf-8")) == min(19, os.nice(0) + 10)


def test_failed_run_says_what_it_said(tmp_path):
    with pytest.raises(Failed, match="(?s)status 3.*no such account"):
        run([sys.executable, "-c", "print('no such account'); raise SystemExit(3)"], dict(os.environ), tmp_path)


def test_start_up_is_subtracted_once_for_each_run():
    outcome = Outcome("AWS", members=10, runs=2)
    outcome.start_up[SDK] = Usage(cpu=1.0)
    calls = Counter({("1", "a"): 5, ("2", "a"): 5, ("0", "a"): 9})
    outcome.measured[SDK] = {"create": Measured(Usage(cpu=7.0), calls, 0.0)}
    assert outcome.cpu(SDK, "create") == 0.5
    assert outcome.calls(SDK, "create", {"1", "2"}) == {"a": 1.0}


def test_what_is_not_right_is_said():
    outcome = Outcome("AWS", members=1, runs=1, problems=["local: the second run asked 1 things twice: x"])
    text = results.markdown(results.data([outcome], {}, {"accounts": 1, "latency_ms": 0, "forks": 1}, set()))
    assert "NOT RIGHT: local: the second run asked" in text
    assert "All methods left the same" not in text


# The local clouds

@pytest.mark.alone
def test_latency_of_calls_overlaps(aws):
    clients = [aws.session().client("sts")] * 5
    clients[0].get_caller_identity()
    aws.latency = 0.5
    try:
        begin = time.monotonic()
        with ThreadPoolExecutor(len(clients)) as threads:
            list(threads.map(lambda client: client.get_caller_identity(), clients))
        passed = time.monotonic() - begin
    finally:
        aws.latency = 0.0
    assert 0.5 <= passed < 2.0


def test_call_says_what_it_is_about(aws):
    iam = aws.session().client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role_policy(RoleName="one", PolicyName="two")
    assert aws.calls[-1].subject == "PolicyName=two RoleName=one"
    aws.session().client("cloudtrail").describe_trails(trailNameList=["x", "y"])
    assert aws.calls[-1].subject == "trailNameList=x,y"


def test_documents_and_numbers_are_no_subject():
    others = {"Policy": "y" * 201, "Trust": "{}", "Days": 3, "Body": b"z", "Empty": ""}
    assert subject_of({"Name": "x", **others}) == "Name=x"
