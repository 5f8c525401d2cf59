# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that users give, of any option: how a sentence shows them, and what no option takes. Private to this collection."""
from __future__ import annotations

import datetime
import json
import math
import re
import unicodedata
import urllib.parse
from typing import Any

from ._secrets import address_problem
from ._texts import visible

KNOWN_LATER = "(known when it is created)"  # in a plan, for what only the cloud decides
LONGEST = 120  # characters of a value in a sentence
LONGEST_MESSAGE = 2000  # characters of a message; a service may list what it takes
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def shown(value: Any, longest: int = LONGEST) -> str:
    """A value as a sentence shows it: as YAML or Python writes it, in one line, and shortened in the middle."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4,300 digits, and no list in 1,000 lists
        return f"a {type(value).__name__} that is too large to be shown"
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[:longest - end]}...{text[-end:]} ({len(text):,} characters)"


def printable(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """A message of somebody else, which can repeat a value: without characters that a terminal would act on, and not too long."""
    text = visible(text)
    end = longest // 4
    return text if len(text) <= longest else f"{text[:longest - end]}...{text[-end:]}"


def is_text(value: Any) -> bool:
    """Whether all texts in a value can be written in UTF-8."""
    if isinstance(value, dict):
        return all(is_text(name) and is_text(item) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(is_text, value))
    return not isinstance(value, str) or not any("\ud800" <= character <= "\udfff" for character in value)


def text_problem(value: str) -> str | None:
    """What is wrong with text that no option takes: characters that are not printed, and those that UTF-8 does not have."""
    for position, character in enumerate(value):
        if unicodedata.category(character) in ("Cc", "Cs"):
            return f"{shown(value)} has the control character {character!r} at position {position + 1}: remove it"
    return None


def url_problem(value: Any) -> str | None:
    """What is wrong with the URL of an endpoint or a proxy. The sentence does not repeat it, because it can have a password in it."""
    advice = "give one such as https://example.com:8443"
    problem = address_problem(value)
    if problem:
        return problem
    if not isinstance(value, str) or not value.isascii() or re.search(r"[\s\\<>\"'{}|^`\x00-\x20\x7f]", value):
        return f"it is not a URL, or has characters that a URL may not have: {advice}"
    try:
        found = urllib.parse.urlsplit(value)
        port = found.port
    except ValueError:
        return f"it has no valid host and port: {advice}"
    if found.scheme not in ("http", "https") or port == 0:
        return f"it does not begin with http:// or https://, or has no valid port: {advice}"
    host = found.hostname or ""
    if ":" not in host and not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
        return f"it has no valid host: {advice}"
    return None


def host_problem(value: Any) -> str | None:
    """What is wrong with the host of an endpoint, which may have a port and a path."""
    problem = address_problem(value)
    if problem:
        return problem
    if isinstance(value, str) and "://" not in value and not url_problem(f"https://{value}"):
        return None
    return f"{shown(value)} is not a host, such as sts.cn-hangzhou.aliyuncs.com: give it without https://"


def read_json(text: str | bytes) -> Any:
    """A value from JSON that a user gives.

    :raises ValueError: with the end of a sentence that says what is wrong with it.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"is not JSON: {error}") from error


def _without_repetition(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has {shown(twice)} twice in one object, and JSON keeps only the last: remove one")
    return found


def _refuse_constant(name):
    raise ValueError(f"is not JSON: {name} is not a value of JSON")


def json_problem(value: Any) -> str | None:
    """What is in a value that JSON can't have, as the end of a sentence: YAML makes a date of text that looks like one."""
    if isinstance(value, (dict, list, tuple)):
        wrong = next((name for name in value if not isinstance(name, str)), None) if isinstance(value, dict) else None
        if wrong is not None:
            return f"has the name {shown(wrong)}, which is not text: write it in quotes"
        try:
            return next(filter(None, map(json_problem, [*value, *value.values()] if isinstance(value, dict) else value)), None)
        except RecursionError:
            return "is nested too deeply"
    if isinstance(value, (datetime.date, datetime.time)):
        return f"has {value}, which YAML reads as a date: write it in quotes"
    if isinstance(value, float) and not math.isfinite(value):
        return f"has the number {value}, which JSON does not have"
    if isinstance(value, str) and not is_text(value):
        return f"has {shown(value)}, which is not valid Unicode"
    if not isinstance(value, (str, int, float, type(None))):
        return f"has a {type(value).__name__}, which JSON does not have"
    return None
