# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that nobody should give, for Hypothesis: of any type, in place of right ones and inside of them.

`make test` tries a few, always the same; `make fuzz` tries others for a given time.
"""
from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

# How many times as many examples as in `make test`; more than one also makes them random.
FACTOR = int(os.environ.get("FUZZ", "1"))
# What only a programmer understands.
OF_PYTHON = re.compile(
    r"Traceback|unhashable|has no attribute|NoneType|object at 0x|not subscriptable|unexpected keyword|argument of type '|"
    r"expected str|not iterable|\bKeyError|\bTypeError|\bAttributeError|\bIndexError|ValueError\(|RecursionError|OverflowError|UnicodeEncodeError")
LONGEST = 2500  # characters of a message: the names of all regions, products or options are in some


def examples(count: int) -> Callable:
    """The settings of a test that tries so many examples in `make test`."""
    return settings(
        max_examples=count * FACTOR, derandomize=FACTOR == 1, deadline=None, database=None if FACTOR == 1 else settings.default.database,
        suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.generate],  # a module takes too long to look for the simplest example
    )


TEXTS = st.one_of(
    st.sampled_from([
        "", " ", "none", "null", "{{ x }}", "{{ 1 / 0 }}", "{% raw %}", "a\nb", "a\x00b", "\x1b[2J", "\u202eabc", "\ud800", "ä", "日志", "x" * 300,
        "x" * 70_000, "[" * 5000, '{"a": NaN}', '{"Version": "1"}', "b'text'", "../../etc/passwd", "-1", "1e400", "nan", "0x1f", "9" * 5000,
        "arn:aws:iam::111111111111:role/", "arn:aws:s3:::", "acs:ram::1234567890123456:role/", "arn:", ":::::", "%s%n", "'", '"', "\\", "<script>",
        "2026-02-30T25:61:61Z", "0000-00-00", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00+99:99", "https://[", "http://a:b@c:99999/", "True",
        "*", "%", "a" * 64, "A" * 65, "111111111111", "1234567890123456", "o-a1b2c3d4e5", "eu-west-1", "cn-hangzhou", "All", "all",
    ]),
    st.text(max_size=30),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl"]), max_size=5),
)
NUMBERS = st.one_of(
    st.sampled_from([0, -1, 1, 2**31, 2**63, -2**63, 2**64, 10**30, 0.5, 1e308, float("inf"), float("-inf"), float("nan"), -0.0]),
    st.integers(min_value=-10, max_value=50_000), st.floats(),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6)


def of_option(option: Mapping[str, Any]) -> st.SearchStrategy:
    """Values of an option of an argument specification: such of its type, and hostile ones."""
    kind, inner = option.get("type", "str"), option.get("options")
    found = [VALUES]
    if option.get("choices"):
        choice = st.sampled_from(list(option["choices"]))
        found += [st.lists(choice, max_size=3) if kind == "list" else choice] * 3
    elif inner and kind == "dict":
        found += [arguments(inner)] * 3
    elif inner:
        found += [st.lists(arguments(inner), max_size=2)] * 3
    elif kind == "list":
        found += [st.lists(TEXTS, max_size=4)] * 2
    elif kind in ("dict", "json"):
        found += [st.dictionaries(TEXTS, SCALARS, max_size=3), st.sampled_from(DOCUMENTS)]
    elif kind in ("int", "float"):
        found += [NUMBERS] * 2
    elif kind == "str":
        found += [TEXTS] * 2
    return st.one_of(*found)


def arguments(specification: Mapping[str, Mapping[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Options of an argument specification; any can be missing."""
    return st.fixed_dictionaries({}, optional={name: of_option(option) for name, option in specification.items()})


def changed(right: Mapping[str, Any], specification: Mapping[str, Mapping[str, Any]], most: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Right options, of which a few have other values, are missing or are added."""
    names = sorted(specification)

    @st.composite
    def strategy(draw):
        found = dict(right)
        for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True)):
            value = draw(of_option(specification[name]))
            if value == "" and draw(st.booleans()):
                found.pop(name, None)
            else:
                found[name] = value
        return found

    return strategy()


_ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DOCUMENTS = [
    {}, {"Version": "1", "Statement": []}, {"Version": "2012-10-17", "Statement": [_ALLOW, {**_ALLOW, "Principal": "*"}]},
    {"Version": "1", "Statement": [_ALLOW]}, {"Version": 1, "Statement": _ALLOW}, {"Version": "1", "Statement": [_ALLOW, 7]},
    {"Version": "1", "Statement": [{**_ALLOW, "Condition": {"Bool": [1]}}]}, {"Statement": [{**_ALLOW, "Sid": 5}]},
    {"Version": "1", "Statement": [{**_ALLOW, "Principal": {"Service": [None]}}]},
    {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "x"}}]},
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": {"x": 1}}}]},
]


def sentence_problem(message: Any) -> str | None:
    """Why a message is no sentence for people, or None."""
    if not isinstance(message, str) or not message.strip():
        return f"{message!r} is no sentence"
    if OF_PYTHON.search(message):
        return f"what only a programmer understands: {message[:1500]}"
    if len(message) > LONGEST:
        return f"{len(message)} characters: {message[:500]}"
    wrong = next((character for character in message if character != "\n" and not character.isprintable() and character != "\xa0"), None)
    return f"the character {wrong!r}: {message[:500]!r}" if wrong else None
