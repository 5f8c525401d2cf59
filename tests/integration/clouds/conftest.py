# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests of the local clouds themselves.

A test that is marked ``mends("the fault of moto")`` runs twice: on the local AWS, where it passes, and on moto as it
is, where its assertions must fail. So each mend is proven to be one, and a moto that no longer needs it says so.
"""
from __future__ import annotations

import contextlib
import json
import logging
from urllib.parse import urlsplit

from helpers.alibaba import trails as alibaba_trails
import pytest
from helpers.alibaba.answers import Answers
from helpers.alibaba.clients import MISLEADING, Clients, code_of
from helpers.alibaba.requests import SIGNERS, send
from helpers.alibaba.sls import OWNER, STRANGER, make_project
from helpers.alibaba.ram import Current, Older
from botocore.exceptions import ClientError
from clouds.alibaba import LocalAlibaba, state
from clouds.alibaba.sls.provision import ensure_project
from clouds.aws import LocalAws
from clouds.session import Session
from moto.core.base_backend import BackendDict
from moto.moto_server.threaded_moto_server import ThreadedMotoServer


def pytest_configure(config):
    config.addinivalue_line("markers", "mends(fault): the test proves the mend of a fault of moto")


def pytest_generate_tests(metafunc):
    marker = metafunc.definition.get_closest_marker("mends")
    if marker:
        faulty = pytest.param("moto", marks=pytest.mark.xfail(
            strict=True, raises=(AssertionError, pytest.fail.Exception), reason=marker.args[0],
        ))
        metafunc.parametrize("aws", ["local", faulty], indirect=True)


class PlainMoto:
    """moto as it is, with the part of LocalAws that these tests need."""

    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)

    def __enter__(self):
        self._server.start()
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())
        return self

    def __exit__(self, *error):
        self._server.stop()

    def reset(self):
        BackendDict.reset()
        self.session().client("organizations").create_organization(FeatureSet="ALL")

    def session(self, account_id=None):
        session = Session(self.url, aws_access_key_id="AKIAMANAGEMENT", aws_secret_access_key="is-not-checked",
                          region_name="eu-west-1")
        if account_id in (None, "123456789012"):
            return session
        credentials = session.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole", RoleSessionName="test",
        )["Credentials"]
        return Session(self.url, aws_access_key_id=credentials["AccessKeyId"],
                       aws_secret_access_key=credentials["SecretAccessKey"],
                       aws_session_token=credentials["SessionToken"], region_name="eu-west-1")


@pytest.fixture(scope="module")
def servers():
    """Servers of this module by their kind; each is started when it is first asked for."""
    with contextlib.ExitStack() as stack:
        started = {}

        def get(kind):
            if kind not in started:
                started[kind] = stack.enter_context(LocalAws() if kind == "local" else PlainMoto())
            return started[kind]

        yield get


@pytest.fixture
def aws(request, servers):
    """An empty AWS: the local one, or moto as it is."""
    server = servers(getattr(request, "param", "local"))
    server.reset()
    if isinstance(server, LocalAws):
        server.calls.clear()
    return server


@pytest.fixture
def refused():
    """``with refused("Code"):`` expects that AWS answers with this error."""

    @contextlib.contextmanager
    def expect(code):
        with pytest.raises(ClientError) as caught:
            yield caught
        assert caught.value.response["Error"]["Code"] == code

    return expect


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.sample(1))


def pytest_collection_modifyitems(items):
    """What looks back at all tests runs last."""
    items.sort(key=lambda item: item.name == "test_every_field_is_sent")


@pytest.fixture(scope="session")
def answers():
    """What the local Alibaba Cloud answered."""
    with Answers() as watched:
        yield watched


@pytest.fixture(scope="module")
def alibaba_server(answers):
    """A local Alibaba Cloud for the tests of a file."""
    with LocalAlibaba() as server:
        yield server


@pytest.fixture
def alibaba(alibaba_server, answers, monkeypatch):
    """A local Alibaba Cloud with nothing in it.

    Its answers have the names and shapes that the SDKs' models have, and what it shows of its state has no secrets.
    """
    for name in MISLEADING:
        monkeypatch.delenv(name)
    alibaba_server.reset()
    alibaba_server.cloud.calls.clear()
    answers.problems.clear()
    yield alibaba_server
    assert answers.problems == []
    cloud = alibaba_server.cloud
    with cloud.lock:
        shown = json.dumps([state.dump(cloud, account_id) for account_id in cloud.accounts])
    assert not [secret for secret in alibaba_server.issued_secrets if secret in shown]


@pytest.fixture
def clients(alibaba):
    """Clients of the management account's administrator."""
    return Clients(alibaba)


@pytest.fixture(params=[Current, Older], ids=["current", "older"])
def ram(request, clients):
    """RAM of the management account, with each of the SDKs."""
    return request.param(clients)


@pytest.fixture
def current_ram(clients):
    """The same with today's SDK only."""
    return Current(clients)


@pytest.fixture
def refused_alibaba():
    """``with refused_alibaba("Code"):`` expects that Alibaba Cloud answers with this error, whatever the client."""

    @contextlib.contextmanager
    def expect(code):
        try:
            yield
        except Exception as error:
            if code_of(error) != code:
                raise
        else:
            pytest.fail(f"not refused with {code}")

    return expect


# The RPC style

@pytest.fixture
def host(alibaba):
    return urlsplit(alibaba.url).netloc


@pytest.fixture(params=SIGNERS)
def ask(request, alibaba, host):
    """Ask who one is, signed with each of the two methods; gives the reply."""

    def call(credential=None, **options):
        raw = SIGNERS[request.param](credential or alibaba.credential(), host, "GetCallerIdentity", "2015-04-01", **options)
        return send(alibaba.url, raw.bytes())

    return call


# SLS

@pytest.fixture
def owner(alibaba):
    return Clients(alibaba, alibaba.root_key(OWNER))


@pytest.fixture
def stranger(alibaba):
    return Clients(alibaba, alibaba.root_key(STRANGER))


@pytest.fixture(params=["sls", "sls4"])
def sdk(owner, request):
    """The current SDK, with each of its signatures."""
    return getattr(owner, request.param)


@pytest.fixture(params=["v1", "v4"])
def log(owner, request):
    """aliyun-log-python-sdk, with each of its signatures."""
    return owner.log(request.param)


@pytest.fixture(params=["v1", "v4"])
def cli(owner, request, tmp_path):
    """The command line of aliyun-log-cli, with each of its signatures."""
    return lambda subcommand, **options: owner.cli(tmp_path, subcommand, sign_version=request.param, **options)


@pytest.fixture
def sls(owner):
    """The current SDK, with a project."""
    make_project(owner.sls)
    return owner.sls


# ActionTrail

@pytest.fixture
def current(alibaba, clients):
    """ActionTrail in the management account, which has a project."""
    with alibaba.cloud.lock:
        ensure_project(alibaba.cloud, alibaba_trails.MANAGEMENT, "audit-logs", alibaba_trails.REGION)
    return alibaba_trails.Current(clients)


@pytest.fixture(params=[alibaba_trails.Current, alibaba_trails.Older], ids=["current", "older"])
def trails(request, current, clients):
    """The same with each of the clients."""
    return request.param(clients)
