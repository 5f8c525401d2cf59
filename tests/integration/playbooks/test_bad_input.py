# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input (bad_input.yml): one clear sentence for each, before anything is changed, and never a traceback."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from helpers import modules, preflight, roles
from helpers.alibaba import deployments as alibaba_deployments
from helpers.alibaba.modules import Account as AlibabaAccount
from helpers.aws import deployments as aws_deployments
from helpers.aws.modules import Account as AwsAccount
from helpers.playbooks import Playbooks

LONGEST = 900  # characters of a sentence
# What only a programmer understands.
OF_PYTHON = re.compile(
    r"Traceback|unhashable|has no attribute|NoneType|<class|object at 0x|not subscriptable|unexpected keyword|argument of type|"
    r"expected string|not iterable|Error\(|KeyError|TypeError|AttributeError")


def written_out(value):
    """A value of the table, with the texts that are too long to be written there."""
    if isinstance(value, list):
        return [written_out(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"repeat", "times"}:
        return value["repeat"] * value["times"]
    return {name: written_out(item) for name, item in value.items()}


TABLE = written_out(yaml.safe_load((Path(__file__).parent / "bad_input.yml").read_text(encoding="utf-8")))
KEYS = {"says", "on", "with", "alone", "role", "module"}


def ids_of(group):
    """A short name for each case, the variable with a number."""
    names = [next(name for name in case if name not in KEYS) for case in TABLE[group]]
    return [f"{name}-{number}" for number, name in enumerate(names)]


def bad(case):
    """The variable that is bad, and its value."""
    return next((name, value) for name, value in case.items() if name not in KEYS)


def expected(case):
    """What the sentence has to contain."""
    says = case["says"]
    return [bad(case)[0], *([says] if isinstance(says, str) else says)]


def check(message, case, host=None):
    """That a message is one clear sentence about a case."""
    line = preflight.one_line(message)
    found = [part for part in (host, *expected(case)) if part and part.replace('"', "").lower() not in line.lower()]
    if bad(case)[0] == "account_id":
        found = [part for part in found if part != "account_id"]
    assert not found, f"{found} missing in {line[:2000]}"
    assert not OF_PYTHON.search(message), message[:2000]
    assert "\n" not in message and len(message) <= LONGEST, (len(message), message[:2000])


OF_ARCHIVE = ("aws_trail_bucket_", "alibaba_collection_", "alibaba_trail_archive_", "alibaba_log_audit_archive_", "alibaba_log_audit_directory_")
HOSTS = {"aws": ("log-archive", "team-a"), "alibaba": ("root", "shop")}


def host_of(cloud, case):
    archive, member = HOSTS[cloud]
    return case.get("on", archive if bad(case)[0].startswith(OF_ARCHIVE) else member)


def inventory_of(cloud, cases):
    """An inventory in which hosts have the bad variables of cases."""
    module = {"aws": aws_deployments, "alibaba": alibaba_deployments}[cloud]
    found = module.inventory_of()
    for case in cases:
        for group in found["all"]["children"].values():
            own = group["hosts"].get(host_of(cloud, case))
            if own is not None:
                own.update({**case.get("with", {}), bad(case)[0]: bad(case)[1]})
    return found


@pytest.fixture(scope="module", name="messages")
def fixture_messages(aws_server, alibaba_server, tmp_path_factory):
    """The messages with which setup rejects inventories, by cloud and number of the case. No cloud is called."""
    for server in (aws_server, alibaba_server):
        server.reset()
    found = {}
    for cloud, server in (("aws", aws_server), ("alibaba", alibaba_server)):
        before = len(list(server.calls))
        playbooks = Playbooks(tmp_path_factory.mktemp(cloud), server.environment, clouds=[server])
        inventories = {str(number): inventory_of(cloud, [case]) for number, case in enumerate(TABLE[cloud])}
        found[cloud] = preflight.messages(playbooks, "setup", {"good": inventory_of(cloud, []), **inventories})
        assert len(list(server.calls)) == before
    return found


@pytest.mark.parametrize("cloud", ["aws", "alibaba"])
def test_an_inventory_without_a_bad_value_is_accepted(messages, cloud):
    assert messages[cloud]["good"] == ""


@pytest.mark.parametrize("number", range(len(TABLE["aws"])), ids=ids_of("aws"))
def test_variable_of_an_aws_account(messages, number):
    check(messages["aws"][str(number)], TABLE["aws"][number], host_of("aws", TABLE["aws"][number]))


@pytest.mark.parametrize("number", range(len(TABLE["alibaba"])), ids=ids_of("alibaba"))
def test_variable_of_an_alibaba_account(messages, number):
    check(messages["alibaba"][str(number)], TABLE["alibaba"][number], host_of("alibaba", TABLE["alibaba"][number]))


@pytest.mark.parametrize("cloud", ["aws", "alibaba"])
def test_a_run_with_a_bad_value_in_each_account(aws, playbooks, alibaba, alibaba_playbooks, cloud):
    """The playbook names each account with its variable, ends, and has called no cloud."""
    server, runner = {"aws": (aws, playbooks), "alibaba": (alibaba, alibaba_playbooks)}[cloud]
    cases = [case for case in TABLE[cloud] if not {"with", "alone"} & case.keys() and host_of(cloud, case) == HOSTS[cloud][1] and not is_id(case)]
    assert len(cases) > 40
    inventory = inventory_of(cloud, [])
    group = inventory["all"]["children"][f"{cloud}_members"]["hosts"]
    for number, case in enumerate(cases):
        account_id = str(300000000000 + number) if cloud == "aws" else str(3000000000000000 + number)
        group[f"member-{number}"] = {"account_id": account_id, bad(case)[0]: bad(case)[1]}
    run = runner.run("setup", inventory=inventory)
    assert run.status != 0
    assert not OF_PYTHON.search(run.output)
    said = preflight.one_line(run.output)
    assert [number for number, case in enumerate(cases) if not re.search(rf"member-{number}\b", said) and " more: " not in said] == []
    assert list(server.calls) == []


def is_id(case):
    return bad(case)[0] == "account_id"


def test_roles_that_are_used_alone(aws, alibaba, alibaba_playbooks):
    """One run, with a play and a host for each case. Only the region of the environment is read before."""
    cases = TABLE["roles"]
    plays = [{
        "hosts": "localhost", "gather_facts": False,
        "module_defaults": {"group/crossaccount.audit_logs.alibaba": roles.PROXY},
        "vars": {
            "ansible_connection": "crossaccount.audit_logs.local_fork", "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            **(roles.AWS_VARIABLES if case["role"].startswith("aws_") else roles.ALIBABA_VARIABLES), **case.get("with", {}),
            bad(case)[0]: bad(case)[1],
        },
        "tasks": [{
            "block": [{"include_role": {"name": f"crossaccount.audit_logs.{case['role']}"}}],
            "rescue": [{"debug": {"msg": f"case {number} said {{{{ ansible_failed_result.msg }}}} end of case"}}],
        }],
    } for number, case in enumerate(cases)]
    path = alibaba_playbooks.folder / "roles.yml"
    path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    run = alibaba_playbooks.run(path, "-i", "localhost,", **aws.environment)
    assert run.status == 0 and not OF_PYTHON.search(run.output), run.output
    said = dict(re.findall(r"case (\d+) said (.*?) end of case", preflight.one_line(run.output)))
    for number, case in enumerate(cases):
        line = said.get(str(number), "nothing")
        missing = [part for part in expected(case) if part.replace('"', "").lower() not in line.lower()]
        assert not missing, (case["role"], missing, line[:1500])
    # The role aws_trail compares some of its options only in its plan, which follows the proof of the account.
    assert [call.action for call in (*aws.calls, *alibaba.calls) if not call.read_only or call.action != "GetCallerIdentity"] == []


@pytest.mark.parametrize("number", range(len(TABLE["modules"])), ids=ids_of("modules"))
def test_argument_of_a_module(number, aws_server, alibaba_server, module_accounts):
    case = TABLE["modules"][number]
    account = module_accounts["aws" if case["module"] in modules.FOR_AWS else "alibaba"]
    done = account.run(case["module"], **{**case.get("with", {}), bad(case)[0]: bad(case)[1]})
    assert done["failed"] and done["calls"] == [], done
    missing = [part for part in expected(case)[1:] if part.lower() not in done["msg"].lower()]
    assert not missing and not OF_PYTHON.search(done["msg"]) and len(done["msg"]) <= LONGEST, done["msg"]


@pytest.fixture(scope="module", name="module_accounts")
def fixture_module_accounts(aws_server, alibaba_server):
    return {"aws": AwsAccount(aws_server), "alibaba": AlibabaAccount(alibaba_server)}
