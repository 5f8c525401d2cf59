# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that hang, or are broken otherwise: each is given up with phase and reason, and all others are done.

ISOLATION_ACCOUNTS and ISOLATION_BROKEN make it larger: of a thousand accounts, 37 are broken.
"""
from __future__ import annotations

import http.server
import json
import os
import re
import shlex
import socket
import threading
import time

import alibaba_estates
import alibaba_identities
import estates
import inventory
import pytest
import yaml
from clouds.alibaba import Fault
from playbook_runs import Playbooks
from reports import SOON

ACCOUNTS = int(os.environ.get("ISOLATION_ACCOUNTS", "15"))
BROKEN = int(os.environ.get("ISOLATION_BROKEN", "6"))

# Where a host is reached: where the cloud is for its session, and after that where nobody answers.
LATE = "{{ silence if audit_logs_%s_session is defined else lookup('ansible.builtin.env', '%s') }}"


@pytest.fixture(name="silence")
def fixture_silence():
    """The address of somebody who takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(name="both")
def fixture_both(aws, alibaba, tmp_path):
    """Playbooks that run against both clouds."""
    return Playbooks(tmp_path, {**aws.environment, **alibaba.environment})


def make_inventory(hosts) -> dict:
    """An archive and three members on each cloud; C(hosts) adds variables to hosts by name."""
    aws, alibaba = estates.estate(3, hosts, audit_logs_timeout=3)["all"], alibaba_estates.estate(members=3, hosts=hosts)["all"]
    return {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}


def test_hanging(both, silence):
    """In the first phase and in a later one; each host has a deadline of its own."""
    hanging = {
        "team-a": {"audit_logs_aws_endpoint_url": silence, "audit_logs_timeout": 1},
        "team-b": {"audit_logs_aws_endpoint_url": LATE % ("aws", "AWS_ENDPOINT_URL"), "silence": silence},
        "shop": {"audit_logs_alibaba_http_proxy": silence, "audit_logs_timeout": "{{ 3 - 2 }}"},
        "blog": {"audit_logs_alibaba_http_proxy": LATE % ("alibaba", "ALIBABA_LOCAL_URL"), "silence": silence},
    }
    whole, broken = make_inventory({}), make_inventory(hanging)

    def run(playbook, later):
        started = time.monotonic()
        done = both.run(playbook, *SOON, inventory=broken)
        assert time.monotonic() - started < 60 and done.status != 0
        assert "--limit log-archive,root,team-a,team-b,blog,shop" in done.output
        late = "Timed out after {} seconds: the account does not answer, or audit_logs_timeout is too short"
        for host, phase, seconds in (("team-a", "credentials", 1), ("team-b", later, 3), ("shop", "credentials", 1),
                                     ("blog", later, 3)):
            assert done.lines[host] == f"FAILED: {phase}: {late.format(seconds)}"
        assert not both.processes()
        return done.lines

    found = run("setup", "member")
    assert found["team-c"] == "changed: trail audit-logs: create"
    assert found["bank"].startswith("changed: monitor policy: create")
    found = run("verify", "posture")
    assert found["team-c"].startswith("ok: ") and found["bank"].startswith("ok: ")
    found = run("destroy", "member")
    assert found["team-c"] == "changed: trail audit-logs: delete"
    mended = both.run("setup", "--limit", "log-archive,root,team-a,team-b,blog,shop", inventory=whole)
    assert mended.status == 0


class Throttling(http.server.BaseHTTPRequestHandler):
    """Somebody who is always too busy."""

    def do_POST(self):  # pylint: disable=invalid-name
        """Refuse a call as AWS's query protocol does."""
        body = b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        self.send_response(400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):  # pylint: disable=signature-differs
        """Say nothing."""


@pytest.fixture(name="throttling")
def fixture_throttling():
    """The address of somebody who refuses every call as one too many."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Throttling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def break_aws(aws, members, silence, throttling) -> dict[str, tuple[dict, str]]:
    """Ways to break an account: variables of the host, and what its line says then. C(members) are hosts and ids."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{estates.MANAGEMENT}:root"}}
    found = {}
    for number, (host, account) in enumerate(members.items()):
        kind = number % 6
        if kind == 0:
            found[host] = {"audit_logs_aws_role": "NoSuchRole"}, "credentials: .*AccessDenied"
        elif kind == 1:
            other = f"arn:aws:iam::{estates.ARCHIVE}:role/OrganizationAccountAccessRole"
            found[host] = {"audit_logs_aws_role": other}, "credentials: These credentials belong to account 1{12}, but"
        elif kind == 2:
            found[host] = {"audit_logs_aws_endpoint_url": silence}, "credentials: Timed out after"
        elif kind == 3:
            late = {"audit_logs_aws_endpoint_url": LATE % ("aws", "AWS_ENDPOINT_URL"), "silence": silence}
            found[host] = late, "member: Timed out after"
        elif kind == 4:
            found[host] = {"audit_logs_aws_endpoint_url": throttling}, "credentials: (Timed out after|.*Rate exceeded)"
        else:
            estates.Account(aws, account).client("iam").create_role(
                RoleName="Powerless", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
            found[host] = {"audit_logs_aws_role": "Powerless"}, "member: .*AccessDenied"
    return found


def break_alibaba(alibaba, members, silence) -> dict[str, tuple[dict, str]]:
    """As break_aws; calls to throttle are switched on in the cloud."""
    found, faults = {}, []
    for number, (host, account) in enumerate(members.items()):
        kind = number % 6
        if kind == 0:
            found[host] = {"audit_logs_alibaba_role": "no-such-role"}, "credentials: "
        elif kind == 1:
            other = f"acs:ram::{alibaba_estates.ARCHIVE}:role/{alibaba_estates.ENTRY_ROLE.lower()}"
            found[host] = {"audit_logs_alibaba_role": other}, "credentials: These credentials belong to account 1234567890123456"
        elif kind == 2:
            found[host] = {"audit_logs_alibaba_http_proxy": silence}, "credentials: Timed out after"
        elif kind == 3:
            late = {"audit_logs_alibaba_http_proxy": LATE % ("alibaba", "ALIBABA_LOCAL_URL"), "silence": silence}
            found[host] = late, "member: Timed out after"
        elif kind == 4:
            faults.append(Fault(account=account, throttled=1))
            found[host] = {}, "member: (Timed out after|.*Throttling)"
        else:
            account = alibaba_estates.Account(alibaba, account)
            trust = alibaba_identities.trust(f"acs:ram::{alibaba_estates.MANAGEMENT}:root")
            alibaba_identities.make_role(account.clients, "powerless", trust)
            found[host] = {"audit_logs_alibaba_role": "powerless"}, "member: .*NoPermission"
    alibaba.bad_days(*faults)
    return found


def chosen(hosts) -> dict[str, str]:
    """Names and account ids of those that are to be broken, anywhere among the others."""
    names = list(hosts)[:: max(1, len(hosts) // BROKEN)][:BROKEN]
    return {name: hosts[name]["account_id"] for name in names}


def test_the_others_are_done(both, aws, alibaba, silence, throttling):
    """A run on many accounts of which some are broken, each in another way; and the command that it prints for them."""
    estate = yaml.safe_load(inventory.inventory(ACCOUNTS))["all"]
    for name in ("aws_trail_bucket_encryption", "audit_logs_aws_cloudwatch"):
        del estate["vars"][name]
    members = {cloud: estate["children"][f"{cloud}_members"]["hosts"] for cloud in ("aws", "alibaba")}
    broken = break_aws(aws, chosen(members["aws"]), silence, throttling)
    broken |= break_alibaba(alibaba, chosen(members["alibaba"]), silence)
    whole = {"all": json.loads(json.dumps(estate))}
    for hosts in members.values():
        for name in broken.keys() & hosts.keys():
            hosts[name] |= {**broken[name][0], "audit_logs_timeout": 6}

    started = time.monotonic()
    run = both.run("setup", "--forks", "50", inventory={"all": estate})
    print(f"{time.monotonic() - started:.0f} s")
    assert run.status != 0 and not both.processes()
    assert {name for name, line in run.lines.items() if line.startswith("FAILED")} == set(broken)
    for name, (_variables, said) in broken.items():
        assert re.match(f"FAILED: {said}", run.lines[name]), f"{name} {run.lines[name]}"
    for name in {*members["aws"], *members["alibaba"]} - set(broken):
        assert run.lines[name].startswith("changed: "), f"{name} {run.lines[name]}"

    def missing():
        """Ids of the accounts whose logs do not come."""
        ids = {host["account_id"] for host in members["aws"].values()}
        with_trail = {number for number in ids if estates.Account(aws, number).trails()}
        listed = alibaba_estates.Account(alibaba, alibaba_estates.ARCHIVE).collected()
        return ids - with_trail | {host["account_id"] for host in members["alibaba"].values()} - listed

    assert missing() == {hosts[name]["account_id"] for hosts in members.values() for name in broken.keys() & hosts.keys()}
    alibaba.bad_days()
    limit = re.search(r'"msg": "(--limit \S+)"', run.output)[1]
    run = both.run("setup", "--forks", "50", *shlex.split(limit), inventory=whole)
    assert run.status == 0, run.output
    assert missing() == set()
