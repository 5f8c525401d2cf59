# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a call costs, in time of the processor and in memory; measured without that of the client."""
from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections import deque

import pytest
from helpers.alibaba.requests import now, send, signed_in_headers
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba.wire import freshness

pytestmark = pytest.mark.alone

ACCOUNT = "1000000000000001"
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{ACCOUNT}:root"]}},
]})
POLICY = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": "*"}]})
CALLS_PER_SECOND = 200
DAY = 24 * 3600
ROUND = 25


def spent_by_server(work):
    """Seconds of the processor that the server takes while this thread works."""
    gc.collect()
    whole, own = time.process_time(), time.thread_time()
    work()
    return (time.process_time() - whole) - (time.thread_time() - own)


@pytest.mark.parametrize("action", [
    "GetRole", "GetPolicy", "GetPolicyVersion", "ListPoliciesForRole", "ListPolicyVersions", "ListRoles"])
def test_reads_of_ram(alibaba, clients, action):
    for number in range(20):
        name = f"p{number}"
        clients.ram.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=TRUST))
        clients.ram.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=POLICY))
        clients.ram.attach_policy_to_role(
            ram.AttachPolicyToRoleRequest(role_name=name, policy_name=name, policy_type="Custom"))
    policy = {"PolicyName": "p7", "PolicyType": "Custom"}
    query = {
        "GetRole": {"RoleName": "p7"}, "ListPoliciesForRole": {"RoleName": "p7"}, "GetPolicy": policy,
        "ListPolicyVersions": policy, "GetPolicyVersion": {**policy, "VersionId": "v1"}, "ListRoles": {"MaxItems": "10"},
    }[action]
    requests = [
        signed_in_headers(clients.credential, "ram.aliyuncs.com", action, "2015-05-01", query).bytes()
        for _number in range(CALLS_PER_SECOND)
    ]
    replies = []

    def work():
        for request in requests:
            replies.append(send(alibaba.url, request))

    spent = spent_by_server(work)
    assert {reply.status for reply in replies} == {200}
    assert spent < 1, f"{len(requests)} calls of {action} took {spent:.2f} s of one core"


def test_memory(alibaba, clients, monkeypatch):
    """Calls that read, write, fail and open sessions: what they leave behind goes with the retention of events."""
    machine, hours = {"offset": 0}, {"passed": 0}
    alibaba.cloud.calls = deque(maxlen=10)  # as if it were full
    monkeypatch.setattr(freshness, "time", type("Time", (), {"time": lambda: time.time() + machine["offset"]}))
    clients.sls.create_project(sls.CreateProjectRequest(project_name="for-memory", description="d"))
    clients.sls.create_log_store("for-memory", sls.CreateLogStoreRequest(logstore_name="logs", ttl=30, shard_count=1))
    role = {"RoleName": "r"}
    session = {"RoleArn": f"acs:ram::{ACCOUNT}:role/r", "RoleSessionName": "session"}
    calls = [
        ("ram", "CreateRole", {**role, "AssumeRolePolicyDocument": TRUST}), ("ram", "GetRole", role),
        ("sts", "AssumeRole", session), ("ram", "DeleteRole", role), ("ram", "GetRole", {"RoleName": "nobody"}),
    ]
    versions = {"ram": "2015-05-01", "sts": "2015-04-01"}

    def call(service, action, query):
        raw = signed_in_headers(clients.credential, f"{service}.aliyuncs.com", action, versions[service], query,
                                date=now(machine["offset"]))
        return send(alibaba.url, raw.bytes()).status

    def let_time_pass():
        alibaba.cloud.clock.advance(91 * DAY)
        # Nonces go by the machine's time, and go when the next comes.
        hours["passed"] += 1
        machine["offset"] = hours["passed"] * 3600
        assert call("sts", "GetCallerIdentity", {}) == 200
        machine["offset"] = 0

    def work():
        for _number in range(ROUND):
            for service, action, query in calls:
                assert call(service, action, query) == (404 if query.get("RoleName") == "nobody" else 200)
            clients.sls.put_logs("for-memory", "logs", sls.PutLogsRequest(body=sls.LogGroup(topic="t", log_items=[
                sls.LogItem(time=int(alibaba.cloud.clock.now()), contents=[sls.LogContent(key="k", value="v")])])))

    def used():
        gc.collect()
        ours = tracemalloc.Filter(True, "*/clouds/*", all_frames=True)
        return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([ours]).traces)

    tracemalloc.start(15)
    try:
        work()
        sizes = []
        for _round in range(5):
            let_time_pass()
            work()
            sizes.append(used())
        work()
        growth = used() - sizes[-1]
    finally:
        tracemalloc.stop()
    assert growth > 50 * ROUND * (len(calls) + 1), "the memory that calls leave behind is not seen"
    # Less than a round of one of the actions leaves, of the four rounds. Sizes differ by a tenth from one measurement to the next.
    assert sizes[-1] - sizes[0] < growth / (len(calls) + 1)
