# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that hang, or are broken otherwise: each is given up with phase and reason, and all others are done.

ISOLATION_ACCOUNTS and ISOLATION_BROKEN make it larger: of a thousand accounts, 37 are broken.
"""
from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shlex
import socket
import socketserver
import threading
import time
import urllib.parse

from helpers.alibaba import deployments as alibaba_deployments
from helpers.alibaba import identities as alibaba_identities
from helpers.aws import deployments
from tools import inventory
import pytest
import yaml
from clouds.alibaba import Fault
from helpers.playbooks import CONNECTION, Playbooks

ACCOUNTS = int(os.environ.get("ISOLATION_ACCOUNTS", "9"))
BROKEN = int(os.environ.get("ISOLATION_BROKEN", "6"))


class Late(socketserver.BaseRequestHandler):
    """Somebody who passes on to the cloud what asks for a session, and answers nothing else."""

    def handle(self):
        """Take a connection."""
        request = self.request.recv(1 << 16)
        # AWS's signature names the service, and what goes through a proxy the host.
        if b"/sts/" not in request and b"//sts." not in request:
            self.server.ended.wait()
            return
        with socket.create_connection(self.server.cloud) as cloud:
            cloud.sendall(request)
            back = threading.Thread(target=self._pass, args=(cloud, self.request), daemon=True)
            back.start()
            self._pass(self.request, cloud)
            back.join()

    @staticmethod
    def _pass(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def late(url):
    """The address of somebody who is in front of a cloud, and falls silent when there is a session."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Late) as server:
        server.daemon_threads, server.ended = True, threading.Event()
        server.cloud = urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.ended.set()
            server.shutdown()


@pytest.fixture(name="late")
def fixture_late(aws, alibaba):
    """Addresses of those who are silent in each cloud as soon as there is a session."""
    urls = aws.environment["AWS_ENDPOINT_URL"], alibaba.environment["ALIBABA_LOCAL_URL"]
    with late(urls[0]) as of_aws, late(urls[1]) as of_alibaba:
        yield {"aws": of_aws, "alibaba": of_alibaba}


@pytest.fixture(name="silence")
def fixture_silence():
    """The address of somebody who takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(name="both")
def fixture_both(aws, alibaba, tmp_path):
    """Playbooks that run against both clouds."""
    playbooks = Playbooks(tmp_path, {**aws.environment, **alibaba.environment}, clouds=[aws, alibaba])
    playbooks.is_warm = False
    return playbooks


def make_inventory(hosts) -> dict:
    """An archive and three members on each cloud; C(hosts) adds variables to hosts by name."""
    aws = deployments.inventory_of(3, hosts)["all"]
    alibaba = alibaba_deployments.inventory_of(members=3, hosts=hosts)["all"]
    return {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}


def nothing_left(playbooks):
    """Whether all processes of a run have ended; Ansible's own connection leaves a module that hangs."""
    return CONNECTION == "local" or not playbooks.processes()


def test_hanging(both, silence, late):
    """In the first phase and in a later one; each host has a deadline of its own."""
    hanging = {
        "team-a": {"audit_logs_aws_endpoint_url": silence, "audit_logs_timeout": 1},
        "team-b": {"audit_logs_aws_endpoint_url": late["aws"], "audit_logs_timeout": "5"},
        "shop": {"audit_logs_alibaba_http_proxy": silence, "audit_logs_timeout": "{{ 3 - 2 }}"},
        "blog": {"audit_logs_alibaba_http_proxy": late["alibaba"], "audit_logs_timeout": 5},
    }
    broken = make_inventory(hanging)

    def run(playbook, later):
        started = time.monotonic()
        done = both.run(playbook, "-e", "audit_logs_probe=false", inventory=broken)
        assert time.monotonic() - started < 200 and done.status != 0  # botocore itself gives up after 300 s
        assert "--limit log-archive,root,team-a,team-b,blog,shop" in done.output
        said = (
            "Timed out after {} seconds: the account or the provider of its credentials does not respond, or audit_logs_timeout is too short"
        )
        for host, phase, seconds in (("team-a", "credentials", 1), ("team-b", later, 5), ("shop", "credentials", 1),
                                     ("blog", later, 5)):
            assert done.lines[host] == f"FAILED: {phase}: {said.format(seconds)}"
        assert nothing_left(both)
        return done.lines

    found = run("setup", "member")
    assert found["team-c"] == "changed: trail audit-logs: create"
    assert found["bank"].startswith("changed: monitor policy: create")
    found = run("verify", "posture")
    assert found["team-c"].startswith("ok: ") and found["bank"].startswith("ok: ")
    found = run("destroy", "member")
    assert found["team-c"] == "changed: trail audit-logs: delete"


class Throttling(http.server.BaseHTTPRequestHandler):
    """Somebody who is always too busy."""

    def do_POST(self):  # pylint: disable=invalid-name
        """Refuse a call as AWS's query protocol does."""
        error = b"<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
        body = b"<ErrorResponse>" + error + b"</ErrorResponse>"
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


def break_aws(aws, members, silence, late, throttling) -> dict[str, tuple[dict, str]]:
    """Broken accounts: variables of the host, and what its line says then. C(members) are hosts and ids."""
    principal = {"AWS": f"arn:aws:iam::{deployments.MANAGEMENT}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    found = {}
    for number, (host, account) in enumerate(members.items()):
        kind = number % 6
        if kind == 0:
            found[host] = {"audit_logs_aws_role": "NoSuchRole"}, "credentials: .*AccessDenied"
        elif kind == 1:
            other = f"arn:aws:iam::{deployments.ARCHIVE}:role/OrganizationAccountAccessRole"
            found[host] = {"audit_logs_aws_role": other}, "credentials: These credentials belong to account 1{12}, but"
        elif kind == 2:
            found[host] = {"audit_logs_aws_endpoint_url": silence}, "credentials: Timed out after"
        elif kind == 3:
            found[host] = {"audit_logs_aws_endpoint_url": late}, "member: Timed out after"
        elif kind == 4:
            found[host] = {"audit_logs_aws_endpoint_url": throttling}, "credentials: (Timed out after|.*Rate exceeded)"
        else:
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            iam = deployments.Account(aws, account).client("iam")
            iam.create_role(RoleName="Powerless", AssumeRolePolicyDocument=document)
            found[host] = {"audit_logs_aws_role": "Powerless"}, "member: .*AccessDenied"
    return found


def break_alibaba(alibaba, members, silence, late) -> dict[str, tuple[dict, str]]:
    """As break_aws; calls to throttle are switched on in the cloud."""
    found, faults = {}, []
    for number, (host, account) in enumerate(members.items()):
        kind = number % 6
        if kind == 0:
            found[host] = {"audit_logs_alibaba_role": "no-such-role"}, "credentials: "
        elif kind == 1:
            other = f"acs:ram::{alibaba_deployments.ARCHIVE}:role/{alibaba_deployments.ACCESS_ROLE.lower()}"
            said = f"credentials: These credentials belong to account {alibaba_deployments.ARCHIVE}"
            found[host] = {"audit_logs_alibaba_role": other}, said
        elif kind == 2:
            found[host] = {"audit_logs_alibaba_http_proxy": silence}, "credentials: Timed out after"
        elif kind == 3:
            found[host] = {"audit_logs_alibaba_http_proxy": late}, "member: Timed out after"
        elif kind == 4:
            faults.append(Fault(account=account, throttled=1))
            found[host] = {}, "member: (Timed out after|.*Throttling)"
        else:
            account = alibaba_deployments.Account(alibaba, account)
            trust = alibaba_identities.trust(f"acs:ram::{alibaba_deployments.MANAGEMENT}:root")
            alibaba_identities.make_role(account.clients, "powerless", trust)
            found[host] = {"audit_logs_alibaba_role": "powerless"}, "member: .*NoPermission"
    alibaba.bad_days(*faults)
    return found


def chosen(hosts) -> dict[str, str]:
    """Names and account ids of those that are to be broken, anywhere among the others."""
    names = list(hosts)[:: max(1, len(hosts) // BROKEN)][:BROKEN]
    return {name: hosts[name]["account_id"] for name in names}


def test_the_others_are_done(both, aws, alibaba, silence, late, throttling):
    """A run on many accounts of which some are broken, each differently; and the command that it prints for them."""
    deployment = yaml.safe_load(inventory.inventory(ACCOUNTS))["all"]
    for name in ("aws_trail_bucket_encryption", "audit_logs_aws_cloudwatch"):
        del deployment["vars"][name]
    # The archive account, which is also a member, has its variables in the other group.
    members = {cloud: {name: host for name, host in deployment["children"][f"{cloud}_members"]["hosts"].items() if host}
               for cloud in ("aws", "alibaba")}
    broken = break_aws(aws, chosen(members["aws"]), silence, late["aws"], throttling)
    broken |= break_alibaba(alibaba, chosen(members["alibaba"]), silence, late["alibaba"])
    whole = {"all": json.loads(json.dumps(deployment))}
    deadline = 20 if CONNECTION == "local" else 6  # seconds; 50 Pythons that start at once take some
    for hosts in members.values():
        for name in broken.keys() & hosts.keys():
            hosts[name] |= {**broken[name][0], "audit_logs_timeout": deadline}

    started = time.monotonic()
    run = both.run("setup", "--forks", "50", inventory={"all": deployment})
    print(f"{time.monotonic() - started:.0f} s")
    assert run.status != 0 and nothing_left(both)
    assert {name for name, line in run.lines.items() if line.startswith("FAILED")} == set(broken)
    for name, (_variables, said) in broken.items():
        assert re.match(f"FAILED: {said}", run.lines[name]), f"{name} {run.lines[name]}"
    for name in (members["aws"].keys() | members["alibaba"].keys()) - broken.keys():
        assert run.lines[name].startswith("changed: "), f"{name} {run.lines[name]}"

    def missing():
        """Ids of the accounts whose logs do not come."""
        ids = {host["account_id"] for host in members["aws"].values()}
        with_trail = {number for number in ids if deployments.Account(aws, number).trails()}
        listed = alibaba_deployments.Account(alibaba, alibaba_deployments.ARCHIVE).collected()
        return ids - with_trail | {host["account_id"] for host in members["alibaba"].values()} - listed

    everybody = members["aws"] | members["alibaba"]
    assert missing() == {everybody[name]["account_id"] for name in broken}
    alibaba.bad_days()
    limit = re.search(r'"msg": "(--limit \S+)"', run.output)[1]
    run = both.run("setup", "--forks", "50", *shlex.split(limit), inventory=whole)
    assert run.status == 0, run.output
    assert missing() == set()
