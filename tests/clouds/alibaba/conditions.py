# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators of a policy's conditions.

Rules: the RAM help pages "Policy elements" and "Conditional operators". One of the policy's values is enough; an
operator that negates holds where none of them matches. A key that a request does not have makes the one kind false and
the other true: assumption alibaba-condition-keys.
"""
from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ..wildcards import expression

Test = Callable[[list[str]], bool]  # of the values that the request has
Compare = Callable[[Any, Any], bool]  # the request's value with the policy's


def _date(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,300}(\.[0-9]{1,300})?", text):
        raise ValueError(text)
    return float(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _wildcards(text: str) -> re.Pattern[str]:
    return re.compile(expression(text), re.DOTALL)


def _operator(
    compare: Compare, read_policy: Callable[[str], Any] = str, read_request: Callable[[str], Any] = str, *,
    negates: bool = False,
) -> Callable[[list[str]], Test]:
    """Make an operator: from the policy's values to the test of the request's.

    :param read_policy: raises ValueError for a value that is not of its type.
    """

    def prepare(texts: list[str]) -> Test:
        wanted = [read_policy(text) for text in texts]

        def matches(text: str) -> bool:
            try:
                value = read_request(text)
            except ValueError:
                return False
            return any(compare(value, each) for each in wanted)

        return lambda values: any(map(matches, values)) != negates

    return prepare


def _pair(name: str, opposite: str, *arguments: Any) -> dict[str, Callable[[list[str]], Test]]:
    return {name: _operator(*arguments), opposite: _operator(*arguments, negates=True)}


def _ordered(kind: str, read: Callable[[str], Any]) -> dict[str, Callable[[list[str]], Test]]:
    return {
        **_pair(f"{kind}Equals", f"{kind}NotEquals", operator.eq, read, read),
        f"{kind}LessThan": _operator(operator.lt, read, read),
        f"{kind}LessThanEquals": _operator(operator.le, read, read),
        f"{kind}GreaterThan": _operator(operator.gt, read, read),
        f"{kind}GreaterThanEquals": _operator(operator.ge, read, read),
    }


OPERATORS: Mapping[str, Callable[[list[str]], Test]] = {
    **_pair("StringEquals", "StringNotEquals", operator.eq),
    **_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", operator.eq, str.lower, str.lower),
    **_pair("StringLike", "StringNotLike", lambda text, pattern: pattern.fullmatch(text) is not None, _wildcards),
    **_ordered("Numeric", _number),
    **_ordered("Date", _date),
    "Bool": _operator(operator.eq, _flag, _flag),
    **_pair("IpAddress", "NotIpAddress", lambda address, network: address in network, _network, ipaddress.ip_address),
}
