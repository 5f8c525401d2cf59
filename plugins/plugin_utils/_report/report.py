# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: results of accounts, one file each, and what they make together. Private.

docs/report.schema.json says what they look like, and is what they are checked against; docs/report.md explains it.
"""
from __future__ import annotations

import contextlib
import datetime
import functools
import json
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._values import printable, read_json

DIRECTORY = "audit-logs-report"  # if the inventory names no other
READERS = {"owner": 0o600, "group": 0o640, "all": 0o644}  # modes of files; a directory can be entered by whoever can read it
READERS_OPTION = {"type": "str", "choices": list(READERS), "default": "owner"}

SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
STATES = ("failed", "warning", "ok")
_SKEW = 5  # minutes by which the clocks of two machines may differ
_LONGEST_VALUE = 60  # characters of a value in a sentence


class ReportError(Exception):
    """What is wrong with the input, or why a file can't be read or written, in one sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))  # it may repeat what is in a file


def now() -> str:
    """The time, as all of the report has it: UTC, ISO 8601."""
    return _probes.text_of(_probes.now())


# The shape

_TYPES = {
    "null": ("null", type(None)),
    "string": ("a text", str),
    "integer": ("a whole number", int),
    "number": ("a number", (int, float)),
    "array": ("a list", list),
    "object": ("a dictionary", dict),
}


def _all(types):
    return [types] if isinstance(types, str) else types


def _is_one_of(value, types):
    return not isinstance(value, bool) and any(isinstance(value, _TYPES[name][1]) for name in _all(types))


def _is_time(text):
    try:
        return bool(_time(text))
    except ValueError:
        return False


# For each word of JSON Schema in the schema: whether a value fits, and what would.
_WORDS = {
    "type": (_is_one_of, lambda types: " or ".join(_TYPES[name][0] for name in _all(types))),
    "const": (lambda value, only: value == only, str),
    "enum": (lambda value, allowed: value in allowed, " or ".join),
    "pattern": (
        lambda value, pattern: not isinstance(value, str) or re.fullmatch(pattern, value),
        lambda pattern: f"a text that matches {pattern}",
    ),
    "format": (lambda value, _name: not isinstance(value, str) or _is_time(value), lambda _name: "a time that exists"),
    "minLength": (
        lambda value, least: not isinstance(value, str) or len(value) >= least,
        lambda least: "a text that is not empty",
    ),
    "minItems": (
        lambda value, least: not isinstance(value, list) or len(value) >= least,
        lambda least: "a list that is not empty",
    ),
    "minimum": (lambda value, least: value is None or value >= least, lambda least: f"{least} or more"),
}


@functools.cache
def schema() -> dict:
    """The JSON Schema of report.json."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def problem(value, shape: dict, where: str) -> str | None:
    """What is wrong with a value of JSON, in one sentence that begins with its path; None if nothing is.

    Knows those words of JSON Schema that our schema uses. The package jsonschema would have to be there, and be loaded
    by the worker process of each account, to say the same less clearly.
    """
    if "$ref" in shape:
        shape = schema()["$defs"][shape["$ref"].rpartition("/")[2]]
    for word, argument in shape.items():
        fits, wanted = _WORDS.get(word, (None, None))
        if fits and not fits(value, argument):
            return f"{where} is {_short(value)}: give {wanted(argument)}"
    if isinstance(value, dict) and "properties" in shape:
        for name in value:
            if name not in shape["properties"]:
                return f"{where} has a field {_short(name)}, which is unknown"
        for name in shape["required"]:
            if name not in value:
                return f"{where} has no field {name}"
        inside = [(value[name], within, f"{where}.{name}") for name, within in shape["properties"].items()]
    elif isinstance(value, list) and "items" in shape:
        inside = [(item, shape["items"], f"{where}[{number}]") for number, item in enumerate(value)]
    else:
        inside = []
    return next(filter(None, (problem(*each) for each in inside)), None)


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _check(value, shape, where):
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ReportError(f"{where} cannot be written as JSON: {error}") from error
    said = problem(value, shape, where)
    if said:
        raise ReportError(said)


# Files

def read(path: Path, shape: dict):
    """What a file of JSON holds, once it has the right shape."""
    try:
        value = read_json(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ReportError(f"{path} {error}") from error
    _check(value, shape, str(path))
    return value


def directory_problem(directory: Path) -> str | None:
    """Why no report can be written into a directory, which need not exist yet; None if nothing is known to prevent it."""
    existing = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    if not existing.is_dir():
        return f"{existing} is not a directory"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"{existing} cannot be written: choose another, or change its permissions"


def write(path: Path, text: str, readers: str = "owner") -> None:
    """Write a file; whoever reads it sees the old one or the new one, and no part of either.

    :param readers: one of READERS. Also of directories that do not exist yet.
    """
    mode = READERS[readers]
    try:
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(mode | mode >> 2 & 0o111)  # whatever the umask is
        number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        try:
            # Names that came from outside may hold halves of characters, which no encoding has.
            os.fchmod(number, mode)
            with open(number, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ReportError(f"{path} can't be written: {error.strerror}") from error


def as_json(value) -> str:
    """A value as the text of a file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


# Accounts

def account(result: dict) -> dict:
    """The result of an account with the time of its report, by which the newer of two is found."""
    found = {**result, "reported": now()}
    _check(found, schema()["$defs"]["account"], "result")
    return found


def account_path(directory: Path, account_id: str) -> Path:
    """The file of an account."""
    return directory / "accounts" / f"{account_id}.json"


def report(directory: Path, account_ids: list[str] | None, complete: bool = True) -> dict:
    """The report on accounts that have files in a directory.

    :param account_ids: whose files count; None for all that are there.
    :param complete: whether an account without a file is an error.
    """
    if account_ids is None:
        paths = sorted((directory / "accounts").glob("*.json"))
    else:
        paths = [_named(directory, account_id) for account_id in dict.fromkeys(account_ids)]
    return _report(_account_of(path) for path in paths if complete or path.exists())


def merged(sources: list[Path], expected: list[dict], max_age: int) -> dict:
    """The report of an inventory, from the reports of runs on parts of it. An account with several results has its newest.

    :param sources: directories with a report. One without a usable report has the results of no account.
    :param expected: name, id, cloud, roles and region of each account of the inventory. Those without a result failed, and results of
        others do not count.
    :param max_age: hours. An older result is none: it may be of an earlier night. Neither is one of the future, which would count
        for many nights.
    """
    newest: dict[str, dict] = {}
    unread = []
    for source in sources:
        try:
            found = read(source / "report.json", schema())["accounts"]
        except ReportError as error:
            unread.append(str(error))
            continue
        for each in found:
            known = newest.setdefault(each["account_id"], each)
            if _time(each["reported"]) > _time(known["reported"]):
                newest[each["account_id"]] = each
    time = _time(now())
    oldest, latest = time - datetime.timedelta(hours=max_age), time + datetime.timedelta(minutes=_SKEW)
    accounts = []
    for account in expected:
        result = newest.get(account["account_id"])
        if result is None:
            accounts.append(_without_result(account, "no report has a result of this account", unread))
        elif _time(result["reported"]) < oldest:
            accounts.append(_without_result(
                account, f"the newest result of this account is of {result['reported']}, more than {max_age} hours ago", unread))
        elif _time(result["reported"]) > latest:
            accounts.append(_without_result(
                account, f"the newest result of this account has a time in the future, {result['reported']}; correct the clock of the"
                         " machine that wrote it", unread))
        else:
            accounts.append(result)
    return _report(accounts)


def _without_result(account, what, unread):
    """The result of an account that no run has verified."""
    reason = f"{what}: run verify for the account, and merge the reports again. {'; '.join(unread)}"
    return {
        **account, "state": "failed", "phase": "report", "reason": reason.strip(), "delivers_to": [], "checked": [], "findings": [],
        "probe": None, "digests": None, "digest_chains": None, "reported": now(),
    }


def _report(accounts):
    ordered = sorted(accounts, key=lambda one: (STATES.index(one["state"]), one["name"], one["account_id"]))
    return {"schema_version": 2, "generated": now(), "summary": _summary(ordered), "accounts": ordered}


def _named(directory, account_id):
    said = problem(account_id, schema()["$defs"]["account_id"], "accounts")
    if said:
        raise ReportError(said)
    return account_path(directory, account_id)


def _account_of(path):
    found = read(path, schema()["$defs"]["account"])
    if path.stem != found["account_id"]:
        raise ReportError(f"{path} is the file of another account: it contains the result of account {found['account_id']}")
    return found


def _time(text):
    return datetime.datetime.fromisoformat(text)


def _summary(accounts):
    states = Counter(one["state"] for one in accounts)
    probes = Counter(one["probe"]["state"] if one["probe"] else "none" for one in accounts)
    return {
        "accounts": len(accounts),
        **{state: states[state] for state in STATES},
        "probes": {state: probes[state] for state in ("arrived", "missing", "skipped", "none")},
    }
