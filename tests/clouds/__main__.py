# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the local clouds: ``python tests/clouds [options] [-- COMMAND ...]``.

Without a command, prints the environment variables that point clients here, for a shell, and serves until it is
interrupted or terminated. With a command, runs it with these variables, and ends when it does, with its exit status.
"""
from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

if not __package__:  # started by the path of the folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import clouds.alibaba
import clouds.aws
from clouds import processes

# What would turn a client away from the account that it is given, and fail our own use of botocore.
_MISLEADING = (
    "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_REGION",
    "ALIBABA_CLOUD_PROFILE", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_REGION", "ALICLOUD_ACCESS_KEY",
    "ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET", "ALICLOUD_PROFILE", "ALICLOUD_REGION",
    "ALICLOUD_REGION_ID", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN",
)
# Names of accounts of the organization and of the resource directory.
_ACCOUNTS = {
    "aws": {"123456789012": "management", "111111111111": "log-archive", "222222222222": "team-a", "333333333333": "team-b"},
    "alibaba": {"1234567890123456": "logs", "2234567890123456": "shop", "3234567890123456": "blog"},
}
_PORTS = {
    "aws": "the local AWS",
    "alibaba": "the local Alibaba Cloud",
    "alibaba-control": "the control address of the local Alibaba Cloud",
}


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit status."""
    options, command = _parse(list(arguments))
    for name in _MISLEADING:
        os.environ.pop(name, None)
    _on_interruption(_interrupt)
    log = _log if options.verbose else None
    try:
        with contextlib.ExitStack() as started:
            variables: dict[str, str] = {}
            if options.only != "alibaba":
                aws = clouds.aws.LocalAws(
                    options.aws_port, log, windows=clouds.aws.USUAL if options.windows else clouds.aws.NONE,
                    partition=options.partition, tls=options.tls,
                )
                variables |= started.enter_context(aws).environment
                for account, name in _ACCOUNTS["aws"].items() if options.accounts else ():
                    aws.add_account(account, name)
            if options.only != "aws":
                alibaba = clouds.alibaba.LocalAlibaba(
                    options.alibaba_port, options.alibaba_control_port, log,
                    clouds.alibaba.USUAL if options.windows else clouds.alibaba.NONE,
                )
                variables |= started.enter_context(alibaba).environment
                for account, name in _ACCOUNTS["alibaba"].items() if options.accounts else ():
                    alibaba.add_account(account, name=name)
            if command:
                return _run(command, variables)
            if options.only != "aws":
                print("# Clients of Alibaba Cloud keep its host names, and take ALIBABA_LOCAL_URL as their HTTP proxy.")
            for name, value in variables.items():
                print(f"export {name}={shlex.quote(value)}")
            sys.stdout.flush()
            while True:
                signal.pause()
    except _Interrupted as interruption:
        return 128 + interruption.number if command else 0
    except OSError as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    command: list[str] = []
    if "--" in arguments:
        position = arguments.index("--")
        arguments, command = arguments[:position], arguments[position + 1:]
    parser = argparse.ArgumentParser(prog="clouds", usage="%(prog)s [options] [-- COMMAND ...]",
                                     description="Start the local clouds on loopback.")
    for name, what in _PORTS.items():
        variable = f"{name.replace('-', '_').upper()}_PORT"
        parser.add_argument(f"--{name}-port", type=int, default=os.environ.get(variable, "0"), metavar="PORT",
                            help=f"TCP port of {what} (default: ${variable}, or a free one)")
    parser.add_argument("--only", choices=("aws", "alibaba"), help="start one local cloud (default: both)")
    parser.add_argument("--partition", choices=clouds.aws.PARTITIONS, default="aws", help="of the local AWS (default: aws)")
    parser.add_argument("--tls", action="store_true", help="serve the local AWS over HTTPS, with a certificate authority of its own")
    parser.add_argument("--windows", action="store_true", help="let changes take effect with a delay")
    parser.add_argument("--accounts", action="store_true", help="let organization and resource directory have members from the start")
    parser.add_argument("--verbose", action="store_true", help="log each call to standard error")
    options = parser.parse_args(arguments)
    if options.tls and options.only == "alibaba":
        parser.error("--tls is about the local AWS, which --only alibaba does not start")
    return options, command


def _run(command: list[str], variables: dict[str, str]) -> int:
    # An interruption while the command is being started has to wait until there is something to end.
    held: list[int] = []
    _on_interruption(lambda number, _frame: held.append(number))
    process = processes.start(command, {**os.environ, **variables})
    try:
        _on_interruption(_interrupt)
        if held:
            raise _Interrupted(held[0])
        status = process.wait()
    finally:
        processes.stop(process)
    return status if status >= 0 else 128 - status


def _log(call: object) -> None:
    print(call, file=sys.stderr, flush=True)


class _Interrupted(BaseException):
    """A signal that asks to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _interrupt(number: int, frame: object) -> NoReturn:
    # Once is enough: what follows is the ending, and that must not be interrupted.
    _on_interruption(signal.SIG_IGN)
    raise _Interrupted(number)


def _on_interruption(handler: Callable[[int, object], object] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
