# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days on request: what clients of others see of them."""
from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest
from helpers.alibaba.clients import Clients, code_of
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls
from alibabacloud_tea_openapi.exceptions import ServerException
from aliyunsdkcore.acs_exception.exceptions import ClientException
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from clouds.alibaba import Fault
from darabonba.exceptions import UnretryableException
from darabonba.policy.retry import RetryCondition, RetryOptions

ACCOUNT, OTHER = "1000000000000001", "2000000000000002"
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{ACCOUNT}:root"]}},
]})
MANY = 40


def create(clients, name):
    clients.ram.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=TRUST))


def is_seen(clients, name):
    try:
        clients.ram.get_role(ram.GetRoleRequest(role_name=name))
    except Exception as error:
        if code_of(error) != "EntityNotExist.Role":
            raise
        return False
    return True


def outcome(call, *arguments):
    """The code of the error; None: it went well; "dropped": no answer."""
    try:
        call(*arguments)
    except UnretryableException as error:
        return "dropped" if error.code is None else error.code
    except Exception as error:
        return code_of(error)
    return None


def outcomes(clients):
    return [outcome(clients.sts.get_caller_identity) for _number in range(MANY)]


def test_good_days_by_default(alibaba, clients):
    assert alibaba.cloud.faults.faults == []
    assert set(outcomes(clients)) == {None}


def test_a_reset_ends_bad_days(alibaba):
    alibaba.bad_days(Fault(throttled=1))
    alibaba.reset()
    assert set(outcomes(Clients(alibaba))) == {None}


# Latency

def test_latency(alibaba, clients):
    alibaba.bad_days(Fault(latency=0.2), Fault(latency=0.1, action="GetCallerIdentity"))
    start = time.monotonic()
    clients.sts.get_caller_identity()
    assert time.monotonic() - start >= 0.3


def test_latency_of_one_does_not_delay_another(alibaba, clients):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    alibaba.bad_days(Fault(latency=2, account=ACCOUNT))
    slow = threading.Thread(target=clients.sts.get_caller_identity)
    slow.start()
    try:
        other.sts.get_caller_identity()
        assert slow.is_alive()
    finally:
        slow.join()


# Throttling

def test_throttling_by_share(alibaba, clients):
    alibaba.bad_days(Fault(throttled=0.5))
    seen = outcomes(clients)
    assert set(seen) == {None, "Throttling.User"}
    assert MANY / 4 < seen.count(None) < 3 * MANY / 4


def test_a_throttled_call_does_nothing(alibaba, clients, refused_alibaba):
    alibaba.bad_days(Fault(throttled=1))
    with refused_alibaba("Throttling.User"):
        create(clients, "r")
    alibaba.bad_days()
    assert not is_seen(clients, "r")


def test_throttling_by_rate(alibaba, clients):
    alibaba.bad_days(Fault(calls_per_second=3), Fault(calls_per_second=5))
    call = clients.sts.get_caller_identity
    assert [outcome(call) for _number in range(5)] == [None] * 3 + ["Throttling.User"] * 2
    alibaba.cloud.clock.advance(1)
    assert outcome(call) is None


def test_a_rate_is_per_account_and_action(alibaba, clients):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    alibaba.bad_days(Fault(calls_per_second=1))
    assert outcome(clients.sts.get_caller_identity) is None
    assert outcome(other.sts.get_caller_identity) is None
    assert outcome(create, clients, "r") is None
    assert outcome(clients.sts.get_caller_identity) == "Throttling.User"


def test_a_client_that_retries_gets_through(alibaba, clients):
    options = RetryOptions({"retryable": True, "retryCondition": [RetryCondition(
        max_attempts=20, error_code=["Throttling.User"], exception=[])]})
    patient = type(clients.sts)(clients.config("sts.aliyuncs.com", retry_options=options))
    alibaba.bad_days(Fault(throttled=0.7))
    for _number in range(3):
        patient.get_caller_identity()
    assert {call.error for call in alibaba.calls} == {None, "Throttling.User"}


def test_sls_has_words_of_its_own_for_throttling(alibaba, clients):
    alibaba.bad_days(Fault(throttled=1))
    assert outcome(clients.log().list_project) == "MetaOperationQpsLimitExceeded"
    assert outcome(clients.sls.list_project, sls.ListProjectRequest()) == "MetaOperationQpsLimitExceeded"
    assert outcome(clients.log().get_log, "example", "logs", 1, 2) == "ReadQuotaExceed"
    assert outcome(clients.sls.put_logs, "example", "logs", sls.PutLogsRequest(body=sls.LogGroup())) == (
        "WriteQuotaExceed")


# Failures

def test_failures_have_a_status_and_a_code_of_the_service(alibaba, clients):
    alibaba.bad_days(Fault(failed=1))
    seen = set()
    for _number in range(MANY):
        with pytest.raises(ServerException) as caught:
            clients.sts.get_caller_identity()
        seen.add((caught.value.status_code, caught.value.code))
    assert seen == {(500, "InternalError"), (503, "ServiceUnavailable")}


@pytest.mark.parametrize("fault", ["failed", "dropped"])
def test_half_of_them_come_after_the_work(alibaba, clients, fault):
    names = [f"r{number}" for number in range(MANY)]
    alibaba.bad_days(Fault(**{fault: 1}))
    assert None not in [outcome(create, clients, name) for name in names]
    alibaba.bad_days()
    assert MANY / 4 < sum(is_seen(clients, name) for name in names) < 3 * MANY / 4


def test_a_share_of_failures(alibaba, clients):
    alibaba.bad_days(Fault(failed=0.3))
    assert MANY / 2 < outcomes(clients).count(None) < MANY


def test_failures_of_sls_have_words_of_its_own(alibaba, clients):
    alibaba.bad_days(Fault(failed=1))
    seen = {outcome(clients.sls.list_project, sls.ListProjectRequest()) for _number in range(MANY)}
    assert seen == {"InternalServerError", "ServerBusy"}


def test_a_client_of_sls_that_retries_gets_through(alibaba, clients, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    alibaba.bad_days(Fault(failed=0.5))
    for _number in range(5):
        clients.log().list_project()
    assert {call.status for call in alibaba.calls} == {200, 500, 503}


# Dropped connections

def test_dropped_connections_are_transport_errors(alibaba, clients, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # aliyun-log-python-sdk tries ten times
    alibaba.bad_days(Fault(dropped=1))
    for _number in range(4):
        assert outcome(clients.sts.get_caller_identity) == "dropped"
        assert outcome(clients.sls.list_project, sls.ListProjectRequest()) == "dropped"
        assert outcome(clients.log().list_project) == "LogRequestError"
        with pytest.raises(ClientException, match="RemoteDisconnected|reset by peer"):
            clients.old(GetCallerIdentityRequest)


def test_the_server_outlives_dropped_connections(alibaba, clients):
    alibaba.bad_days(Fault(dropped=0.5))
    assert set(outcomes(clients)) == {None, "dropped"}
    alibaba.bad_days()
    assert set(outcomes(clients)) == {None}


# Readers that are behind

def test_a_role_just_created_is_seen_by_nobody_then_by_some_then_by_all(alibaba, clients):
    alibaba.bad_days(Fault(behind=1000))
    create(clients, "r")
    assert not any(is_seen(clients, "r") for _number in range(MANY))
    alibaba.cloud.clock.advance(500)
    assert MANY / 4 < sum(is_seen(clients, "r") for _number in range(MANY)) < 3 * MANY / 4
    alibaba.cloud.clock.advance(500)
    assert all(is_seen(clients, "r") for _number in range(MANY))


def test_a_list_agrees_with_itself(alibaba, clients):
    alibaba.bad_days(Fault(behind=1000))
    for number in range(5):
        create(clients, f"r{number}")
        alibaba.cloud.clock.advance(200)
    lists = set()
    for _number in range(MANY):
        found = clients.ram.list_roles(ram.ListRolesRequest()).body.roles.role
        lists.add(tuple(role.role_name for role in found))
    names = ("r0", "r1", "r2", "r3", "r4")
    assert len(lists) > 2 and lists <= {names[:number] for number in range(6)}


def test_what_is_gone_is_still_seen(alibaba, clients):
    create(clients, "r")
    alibaba.bad_days(Fault(behind=1000))
    clients.ram.delete_role(ram.DeleteRoleRequest(role_name="r"))
    assert is_seen(clients, "r")
    alibaba.cloud.clock.advance(1000)
    assert not is_seen(clients, "r")


def test_a_project_just_created_is_behind_for_writers_too(alibaba, clients):
    alibaba.bad_days(Fault(behind=1000))
    clients.sls.create_project(sls.CreateProjectRequest(project_name="just-created", description="d"))
    logs = sls.CreateLogStoreRequest(logstore_name="logs", ttl=7, shard_count=1)
    assert outcome(clients.sls.create_log_store, "just-created", logs) == "ProjectNotExist"
    alibaba.cloud.clock.advance(1000)
    assert outcome(clients.sls.create_log_store, "just-created", logs) is None


def test_who_writes_is_not_behind(alibaba, clients, refused_alibaba):
    alibaba.bad_days(Fault(behind=1000))
    create(clients, "r")
    with refused_alibaba("EntityAlreadyExists.Role"):
        create(clients, "r")


def test_readers_of_one_account_are_behind(alibaba, clients):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    alibaba.bad_days(Fault(behind=1000, account=OTHER))
    for each in (clients, other):
        create(each, "r")
    assert is_seen(clients, "r") and not is_seen(other, "r")


def test_one_action_is_behind(alibaba, clients):
    alibaba.bad_days(Fault(behind=1000, action="GetRole"))
    create(clients, "r")
    assert not is_seen(clients, "r")
    alibaba.bad_days(Fault(behind=1000, action="CreateRole"))
    assert is_seen(clients, "r")


# For whom

def test_an_account_of_its_own(alibaba, clients):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    alibaba.bad_days(Fault(throttled=1, account=OTHER))
    assert (outcome(clients.sts.get_caller_identity), outcome(other.sts.get_caller_identity)) == (
        None, "Throttling.User")


def test_an_action_of_its_own(alibaba, clients):
    alibaba.bad_days(Fault(failed=1, action="CreateRole"))
    assert outcome(clients.sts.get_caller_identity) is None
    assert outcome(create, clients, "r") in ("InternalError", "ServiceUnavailable")


# Once more, the same

DAY = Fault(throttled=0.2, failed=0.2, dropped=0.2)


def test_the_same_seed_gives_the_same_day(alibaba, clients):
    days = []
    for seed in (1, 1, 2):
        alibaba.bad_days(DAY, seed=seed)
        days.append(outcomes(clients))
    assert set(days[0]) == {None, "Throttling.User", "InternalError", "ServiceUnavailable", "dropped"}
    assert days[0] == days[1] != days[2]


def test_others_do_not_change_the_day(alibaba, clients):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    alibaba.bad_days(DAY, seed=1)
    alone = outcomes(clients)
    alibaba.bad_days(DAY, seed=1)
    together = []
    for number in range(MANY):
        outcome(other.sts.get_caller_identity)
        outcome(create, clients, f"r{number}")
        together.append(outcome(clients.sts.get_caller_identity))
    assert together == alone


def test_a_rate_does_not_change_the_rest_of_the_day(alibaba, clients):
    days = []
    for rate in (1000, 5):
        alibaba.bad_days(replace(DAY, calls_per_second=rate), seed=1)
        days.append(outcomes(clients))
    unlimited, limited = days
    assert limited != unlimited
    assert all(code in (expected, "Throttling.User") for expected, code in zip(unlimited, limited))
