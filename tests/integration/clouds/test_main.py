# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that starts the local clouds, and ministack beside it."""
from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
from helpers import ROOT
import pytest
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.utils_models import Config
from clouds.ministack import Ministack

CLOUDS = ROOT / "tests/clouds"
TIMEOUT = 30
# Where each server says that it is, by the name of its option.
ADDRESSES = {
    "aws": "AWS_ENDPOINT_URL", "alibaba": "ALIBABA_LOCAL_URL", "alibaba-control": "ALIBABA_LOCAL_CONTROL_URL",
}
WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
# As a client of Alibaba Cloud finds its credentials, with the local cloud as its proxy.
WHO_ALIBABA = """
import os
from alibabacloud_credentials.client import Client
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.utils_models import Config
config = Config(credential=Client(), endpoint="sts.aliyuncs.com", protocol="HTTP",
                http_proxy=os.environ["ALIBABA_LOCAL_URL"])
print(Sts(config).get_caller_identity().body.account_id)
"""
# Starts a child that outlives it, prints the child's process id, and waits.
PARENT = "sleep 1000 & echo $!; wait"


def start(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ALIBABA_", "ALICLOUD_"))}
    return subprocess.Popen([sys.executable, str(CLOUDS), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={**clean, **environment})


def exports(process):
    """The variables that the program prints."""
    assert process.stdout.readline().startswith("# ")
    found = {}
    while len(found) < 9:
        name, value = re.fullmatch(r"export (\w+)=(\S+)\n", process.stdout.readline()).groups()
        found[name] = value
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid):
    deadline = time.monotonic() + TIMEOUT
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still running"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_foreground(number):
    process = start("--verbose")
    try:
        variables = exports(process)
        client = boto3.client(
            "sts", endpoint_url=variables["AWS_ENDPOINT_URL"], region_name=variables["AWS_DEFAULT_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"])
        assert client.get_caller_identity()["Account"] == "123456789012"
        sts = Sts(Config(
            access_key_id=variables["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], endpoint="sts.aliyuncs.com",
            protocol="HTTP", http_proxy=variables["ALIBABA_LOCAL_URL"]))
        assert sts.get_caller_identity().body.account_id == "1000000000000001"
        process.send_signal(number)
        output, errors = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    assert (process.returncode, output) == (0, "")
    assert errors == "123456789012 sts:GetCallerIdentity 200\n1000000000000001 Sts:GetCallerIdentity 200\n"
    for name in ADDRESSES.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(variables[name].rpartition(":")[2])), timeout=1)


@pytest.mark.parametrize("cloud", ADDRESSES)
@pytest.mark.parametrize("how", ["option", "variable"])
def test_port(cloud, how):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    if how == "option":
        process = start(f"--{cloud}-port", port)
    else:
        process = start(**{f"{cloud.upper().replace('-', '_')}_PORT": port})
    try:
        assert exports(process)[ADDRESSES[cloud]] == f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


@pytest.mark.parametrize("cloud, prefix", [("aws", "AWS_"), ("alibaba", "ALIBABA_")])
def test_one_cloud(cloud, prefix):
    process = start("--only", cloud, "--", "env")
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")
    names = {line.partition("=")[0] for line in output.splitlines() if line.startswith(("AWS_", "ALIBABA_"))}
    assert len(names) >= 4 and all(name.startswith(prefix) for name in names)


@pytest.mark.parametrize("cloud", ADDRESSES)
def test_port_that_is_taken(cloud):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = start(f"--{cloud}-port", str(listener.getsockname()[1]))
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output) == (1, "")
    assert "in use" in errors and "Traceback" not in errors


def test_command():
    process = start("--", sys.executable, "-c", WHO + "; raise SystemExit(7)", AWS_PROFILE="nobody",
                    AWS_SESSION_TOKEN="foreign")
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, errors, process.returncode) == ("123456789012\n", "", 7)


def test_command_of_alibaba():
    process = start("--", sys.executable, "-c", WHO_ALIBABA, ALIBABA_CLOUD_PROFILE="nobody",
                    ALIBABA_CLOUD_SECURITY_TOKEN="foreign")
    output, _logged = process.communicate(timeout=TIMEOUT)
    assert (output, process.returncode) == ("1000000000000001\n", 0)


def test_command_that_a_signal_ends():
    process = start("--", "sh", "-c", "kill -9 $$")
    process.communicate(timeout=TIMEOUT)
    assert process.returncode == 128 + signal.SIGKILL


def test_command_that_is_not_there():
    process = start("--", "no-such-program")
    _output, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert "no-such-program" in errors and "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interruption_ends_the_command_and_its_children(number):
    process = start("--", "sh", "-c", PARENT)
    try:
        child = int(process.stdout.readline())
        process.send_signal(number)
        process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    wait_until_gone(child)


def test_command_does_not_outlive_a_kill():
    process = start("--", "sh", "-c", "echo $$; exec sleep 1000")
    child = int(process.stdout.readline())
    process.kill()
    process.communicate(timeout=TIMEOUT)
    wait_until_gone(child)


def test_ministack():
    with Ministack() as ministack:
        assert ministack.session().client("sts").get_caller_identity()["Account"] == "123456789012"
        assert ministack.session("111111111111").client("sts").get_caller_identity()["Account"] == "111111111111"
        port = int(ministack.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_partition():
    show = WHO.replace("Account", "Arn")
    process = start("--partition", "aws-cn", "--only", "aws", "--", sys.executable, "-c", show)
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, errors, process.returncode) == ("arn:aws-cn:iam::123456789012:user/administrator\n", "", 0)


def test_tls():
    process = start("--tls", "--only", "aws", "--", sys.executable, "-c", WHO)
    output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, errors, process.returncode) == ("123456789012\n", "", 0)


def test_tls_of_no_cloud():
    process = start("--tls", "--only", "alibaba")
    errors = process.communicate(timeout=TIMEOUT)[1]
    assert process.returncode == 2 and "--tls is about the local AWS" in errors
