# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settle entries of the register of assumptions: ``python -m conformance``, see docs/conformance.md; `make conformance`."""
from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
from alibabacloud_credentials.client import Client as Credentials
from botocore.exceptions import BotoCoreError, ClientError
from helpers import ROOT

from . import alibaba, aws, local, result, runner
from .account import NotPossible
from .alibaba.account import Alibaba, Refused
from .aws.account import Aws
from .check import Check
from .clock import RealClock
from .undo import Interrupted, Signals, Undo

OUTPUT = ROOT / "build/conformance.json"
PACKAGES = {"alibaba": alibaba, "aws": aws}


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit status."""
    options = _parse(arguments)
    results, hidden, problems = [], set(), []
    with Signals() as signals:
        try:
            for name in _packages(options):
                cloud, checks = PACKAGES[name], chosen(options, name)
                if not checks:
                    continue
                with _account(name, options, checks, signals) as account:
                    runner.announce(account, cloud, checks, _tell)
                    if not (options.yes or options.cloud == "local" or _is_confirmed()):
                        return 2
                    found, interruption = runner.run(account, cloud, checks, _tell, is_local=options.cloud == "local")
                results.append(found)
                problems += runner.problems(found, checks)
                hidden |= set() if options.show_account_ids else set(found["accounts"])
                if interruption:
                    raise interruption
        except Interrupted as interruption:
            return _write(options.output, results, hidden) or 128 + interruption.number
    _write(options.output, results, hidden)
    for problem in problems:
        _tell(f"Problem: {problem}.")
    return 1 if problems else 0


def _write(path: Path, results: list[dict[str, Any]], hidden: set[str]) -> None:
    if results:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(result.text(results, hidden), encoding="utf-8")
        _tell(f"Wrote {path}.")


def _tell(line: str) -> None:
    print(line, flush=True)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance", description="Compare a cloud with the register of assumptions.")
    parser.add_argument("--cloud", choices=("local", *PACKAGES), default="local", help="default: the local clouds")
    parser.add_argument("--account", help="id of the account that the credentials must belong to; required for a real cloud")
    parser.add_argument("--member", help="id of a second account, for checks on Alibaba Cloud that need one; without, they do not run")
    parser.add_argument("--member-role", default="ResourceDirectoryAccountAccessRole", help="role to assume there (default: %(default)s)")
    parser.add_argument("--region", help="default: that of the environment or the profile")
    parser.add_argument("--only", action="append", metavar="CHECK", help="run this check; can be repeated (default: all)")
    parser.add_argument("--slow", action="store_true", help="run checks that need hours, too")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--show-account-ids", action="store_true", help="write whole account ids to the file")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.cloud != "local" and not options.account:
        parser.error(f"give the id of the account in which to run: --account, with make ACCOUNT=... (cloud {options.cloud})")
    known = {check.name for name in _packages(options) for check in PACKAGES[name].CHECKS}
    for name in options.only or []:
        if name not in known:
            parser.error(f"there is no check {name}; choose from {', '.join(sorted(known))}")
    found = {check.name for name in _packages(options) for check in chosen(options, name)}
    for name in options.only or []:
        if name not in found:
            parser.error(f"check {name} needs a second account: give its id with --member, with make ARGS='--member ID'")
    if not found:
        parser.error(f"no check is chosen: without --slow or --member, no check of the cloud {options.cloud} runs")
    return options


def _packages(options: argparse.Namespace) -> list[str]:
    return list(PACKAGES) if options.cloud == "local" else [options.cloud]


def chosen(options: argparse.Namespace, name: str) -> list[Check]:
    """The checks on a cloud that are asked for. A slow check that is named is asked for."""
    return [
        check for check in PACKAGES[name].CHECKS
        if (check.name in options.only if options.only else options.slow or not check.slow)
        and (options.cloud == "local" or options.member or not check.member_permissions)
    ]


@contextlib.contextmanager
def _account(name: str, options: argparse.Namespace, checks: Sequence[Check], signals: Signals) -> Iterator[Any]:
    if options.cloud == "local":
        with getattr(local, name)(checks, signals, _tell) as account:
            yield account
        return
    clock = RealClock()
    try:
        account = CONNECT[name](options, clock, Undo(signals, clock, _tell))
    except (BotoCoreError, ClientError, NotPossible, Refused) as error:
        sys.exit(f"No access to account {options.account}: {error}. Check the credentials in the environment or the profile. Nothing was created.")
    if account.account != options.account:
        sys.exit(f"The credentials are for account {account.account}, and not for {options.account}. Nothing was created.")
    yield account


def _aws(options: argparse.Namespace, clock: RealClock, undo: Undo) -> Aws:
    session = boto3.Session(region_name=options.region)
    if not session.region_name:
        sys.exit("No region is given. Give --region, with make REGION=..., or set AWS_DEFAULT_REGION. Nothing was created.")
    return Aws(session, clock, undo)


def _alibaba(options: argparse.Namespace, clock: RealClock, undo: Undo) -> Alibaba:
    region = options.region or os.environ.get("ALIBABA_CLOUD_REGION_ID")
    if not region:
        sys.exit("No region is given. Give --region, with make REGION=..., or set ALIBABA_CLOUD_REGION_ID. Nothing was created.")
    chain = Credentials()
    account = Alibaba(lambda: {"credential": chain}, region, clock, undo)
    if options.member:
        role = f"acs:ram::{options.member}:role/{options.member_role}"
        account.member = account.other(lambda: account.assume(role))
    return account


CONNECT = {"alibaba": _alibaba, "aws": _aws}


def _is_confirmed() -> bool:
    try:
        confirmed = input("Continue? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        confirmed = False
    if not confirmed:
        _tell("Nothing was created. Answer y, or give --yes.")
    return confirmed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
