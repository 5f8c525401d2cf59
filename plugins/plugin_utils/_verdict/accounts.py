# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about the accounts of the deployment. Private."""
from __future__ import annotations

from .alibaba import account as alibaba
from .aws import account as aws

_CLOUDS = {"aws": aws, "alibaba": alibaba}


def result(account: dict, hostvars) -> dict:
    """What a verification found out about an account, as docs/report.md describes it."""
    return _CLOUDS[account["cloud"]].result(account, hostvars)


def probes(accounts: list[dict], hostvars, destination: str) -> list[dict]:
    """The probes of accounts, as the module takes them that searches for them in a destination.

    :param destination: C(s3), C(cloudwatch_logs) or C(sls).
    """
    found = (_CLOUDS[account["cloud"]].probe(account, hostvars).to_find(destination) for account in accounts)
    return [probe for probe in found if probe]
