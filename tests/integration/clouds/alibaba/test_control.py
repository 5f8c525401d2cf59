# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address: looking at the state, bad days, the clock; and that clouds' clients can't reach it."""
from __future__ import annotations

import json
import re
import time

import pytest
import requests
from helpers.alibaba.clients import Clients
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba import Fault

ACCOUNT, OTHER = "1000000000000001", "2000000000000002"
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["log.aliyuncs.com"]}},
]})
GOOD = {"seed": 0, "faults": []}


@pytest.fixture
def control(alibaba):
    """Sends a request to the control address."""

    def send(method, path, **options):
        return requests.request(method, alibaba.control_url + path, timeout=10, **options)

    return send


def create_role(clients, name="r"):
    clients.ram.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=TRUST))


def test_listens_on_loopback_only(alibaba):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", alibaba.control_url)


# What an account has

def test_accounts(alibaba, control):
    alibaba.root_key(OTHER)
    assert control("GET", "/accounts").json() == [ACCOUNT, OTHER]


def test_an_account_shows_what_it_has(alibaba, clients, control):
    create_role(Clients(alibaba, alibaba.root_key(OTHER)))
    found = control("GET", f"/accounts/{OTHER}").json()
    assert (found["id"], found["ram"]["roles"]["r"]["trust"]) == (OTHER, TRUST)
    assert "r" not in control("GET", f"/accounts/{ACCOUNT}").json()["ram"]["roles"]


def test_a_project_is_shown_with_its_owner(alibaba, clients, control):
    clients.sls.create_project(sls.CreateProjectRequest(project_name="of-management", description="d"))
    clients.sls.create_log_store("of-management", sls.CreateLogStoreRequest(logstore_name="logs", ttl=7, shard_count=1))
    alibaba.root_key(OTHER)
    found = control("GET", f"/accounts/{ACCOUNT}").json()["sls"]
    assert list(found["projects"]) == ["of-management"]
    assert found["logstores"]["of-management/logs"]["ttl"] == 7
    assert control("GET", f"/accounts/{OTHER}").json()["sls"]["projects"] == {}


def test_the_directory_is_shown_with_its_manager(alibaba, control):
    alibaba.root_key(OTHER)
    assert OTHER in control("GET", f"/accounts/{ACCOUNT}").json()["directory"]["members"]
    assert "directory" not in control("GET", f"/accounts/{OTHER}").json()


def test_events_are_counted(alibaba, clients, control):
    before = control("GET", f"/accounts/{ACCOUNT}").json()["events"]
    clients.sts.get_caller_identity()
    assert control("GET", f"/accounts/{ACCOUNT}").json()["events"] == before + 1


def test_state_is_shown_as_it_is_when_readers_are_behind(alibaba, clients, control):
    alibaba.bad_days(Fault(behind=1000))
    create_role(clients)
    assert "r" in control("GET", f"/accounts/{ACCOUNT}").json()["ram"]["roles"]


def test_an_account_that_nobody_spoke_of(alibaba, control):
    assert control("GET", f"/accounts/{OTHER}").status_code == 404
    assert OTHER not in control("GET", "/accounts").json()


def test_looking_at_an_account_changes_nothing(alibaba, clients, control):
    create_role(clients)
    assert control("GET", f"/accounts/{ACCOUNT}").json() == control("GET", f"/accounts/{ACCOUNT}").json()
    assert control("DELETE", f"/accounts/{ACCOUNT}").status_code == 405
    assert control("POST", "/accounts").status_code == 405


def test_no_secret_is_shown(alibaba, clients, control):
    clients.ram.create_user(ram.CreateUserRequest(user_name="u"))
    key = clients.ram.create_access_key(ram.CreateAccessKeyRequest(user_name="u")).body.access_key
    session = alibaba.credential(OTHER)
    assert {key.access_key_secret, session.secret, session.token} <= set(alibaba.issued_secrets)
    shown = "".join(control("GET", path).text for path in (
        "/accounts", f"/accounts/{ACCOUNT}", f"/accounts/{OTHER}", "/calls", "/faults"))
    assert key.access_key_id in shown
    assert [secret for secret in alibaba.issued_secrets if secret in shown] == []


# Calls

def test_calls(alibaba, clients, control, refused_alibaba):
    create_role(clients)
    with refused_alibaba("EntityAlreadyExists.Role"):
        create_role(clients)
    call = {"account": ACCOUNT, "service": "Ram", "action": "CreateRole", "read_only": False, "subject": "RoleName=r"}
    assert control("GET", "/calls").json() == [
        {**call, "status": 200, "error": None}, {**call, "status": 409, "error": "EntityAlreadyExists.Role"}]


def test_calls_of_an_account(alibaba, clients, control):
    other = Clients(alibaba, alibaba.root_key(OTHER))
    for each in (clients, other, clients):
        each.sts.get_caller_identity()
    assert [call["account"] for call in control("GET", f"/calls?account={OTHER}").json()] == [OTHER]


# Bad days

def test_good_days_by_default(alibaba, control):
    assert control("GET", "/faults").json() == GOOD


def test_bad_days(alibaba, clients, control, refused_alibaba):
    answer = control("PUT", "/faults", json={"seed": 3, "faults": [{"throttled": 1, "action": "CreateRole"}]})
    assert answer.status_code == 200
    assert answer.json() == control("GET", "/faults").json() == {"seed": 3, "faults": [{
        "account": None, "action": "CreateRole", "latency": 0.0, "throttled": 1, "calls_per_second": None,
        "failed": 0.0, "dropped": 0.0, "behind": 0.0}]}
    with refused_alibaba("Throttling.User"):
        create_role(clients)
    clients.sts.get_caller_identity()


def test_what_was_read_can_be_put_back(alibaba, control):
    alibaba.bad_days(Fault(latency=0.1, account=OTHER, calls_per_second=5), seed=7)
    found = control("GET", "/faults").json()
    alibaba.bad_days()
    assert control("PUT", "/faults", json=found).json() == found
    assert alibaba.cloud.faults.faults == [Fault(latency=0.1, account=OTHER, calls_per_second=5)]


@pytest.mark.parametrize("fault", [
    {"throttled": 1.5}, {"failed": -0.1}, {"dropped": "0.5"}, {"latency": -1}, {"latency": float("nan")},
    {"latency": 1e300}, {"behind": float("inf")}, {"calls_per_second": 0}, {"calls_per_second": float("nan")},
    {"throttled": True}, {"account": 5}, {"account": "x"}, {"action": ["CreateRole"]}, {"action": "NoSuchAction"},
    {"throttle": 0.5}, "throttled", None,
])
def test_a_bad_fault_is_refused(alibaba, control, fault):
    alibaba.bad_days(Fault(latency=0.1))
    text = json.dumps({"faults": [fault]})
    answer = control("PUT", "/faults", data=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.text.strip()
    assert alibaba.cloud.faults.faults == [Fault(latency=0.1)]


@pytest.mark.parametrize("body", [
    "", "{", "[]", "{}", '{"faults": {}}', '{"faults": [], "seed": "x"}', '{"faults": [], "more": 1}',
])
def test_a_bad_body_is_refused(alibaba, control, body):
    assert control("PUT", "/faults", data=body).status_code == 400


# The clock

def test_the_clock_moves_on(alibaba, control):
    before = control("GET", "/clock").json()["now"]
    assert abs(before - time.time()) < 60
    moved = control("POST", "/clock", json={"advance": 86400}).json()["now"]
    assert 86400 <= moved - before < 86460
    assert abs(control("GET", "/clock").json()["now"] - moved) < 60


def test_credentials_stay_good_when_the_clock_moves_on(alibaba, clients, control):
    control("POST", "/clock", json={"advance": 100 * 86400})
    clients.sts.get_caller_identity()


@pytest.mark.parametrize("advance", [-1, "1", True, None, float("nan"), 1e30])
def test_the_clock_does_not_move_otherwise(alibaba, control, advance):
    answer = control("POST", "/clock", data=json.dumps({"advance": advance}))
    assert answer.status_code == 400
    assert abs(alibaba.cloud.clock.now() - time.time()) < 60


# Who can reach it

@pytest.mark.parametrize("path", ["/accounts", "/calls", "/faults", "/clock", f"/accounts/{ACCOUNT}"])
@pytest.mark.parametrize("how", ["directly", "as a proxy"])
def test_the_cloud_has_no_such_address(alibaba, path, how):
    if how == "directly":
        answer = requests.get(alibaba.url + path, timeout=10)
    else:
        answer = requests.get(alibaba.control_url + path, proxies={"http": alibaba.url}, timeout=10)
    assert answer.status_code >= 400
    assert json.dumps(ACCOUNT) not in answer.text and "faults" not in answer.text


def test_the_cloud_takes_no_faults(alibaba):
    bad = {"seed": 1, "faults": [{"throttled": 1}]}
    for url, proxies in ((alibaba.url, {}), (alibaba.control_url, {"http": alibaba.url})):
        assert requests.put(f"{url}/faults", json=bad, proxies=proxies, timeout=10).status_code >= 400
    assert alibaba.cloud.faults.faults == []


def test_the_control_address_is_no_proxy(alibaba):
    for host in ("ram.aliyuncs.com", "example.com"):
        answer = requests.get(f"http://{host}/accounts", proxies={"http": alibaba.control_url}, timeout=10)
        assert answer.status_code == 404 and ACCOUNT not in answer.text


def test_the_control_address_knows_no_operations(alibaba, clients):
    sts = type(clients.sts)(clients.config(alibaba.control_url.removeprefix("http://"), http_proxy=None))
    with pytest.raises(Exception) as caught:
        sts.get_caller_identity()
    assert getattr(caught.value, "code", None) is None
    assert alibaba.calls == []
