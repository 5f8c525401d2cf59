# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the value of a variable, wherever it is given. Private.

Preflight checks the variables of all hosts, and a role that is used alone its own options, with the same functions: so an option
has one meaning. Where Ansible would convert a value without saying so, the value is refused: C(true) is no text and no number,
and a number is no text, because YAML makes 83 of C(0123). What Ansible and Jinja understand alike is accepted: C(yes) for a
boolean, digits for a number, and text with commas for a list of texts.
"""
from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import account_ids, actiontrail, log_audit
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import checks as alibaba
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import collection_policies, regions, sessions
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks as aws
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import proxy_problem
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._values import KNOWN_LATER, json_problem, printable, shown, text_problem, url_problem

from .options import REMOVABLE, REMOVED

LONGEST = 100_000_000  # seconds, which Ansible takes
_MOST_DIGITS = 18  # of a number; Python stops at 4,300
_SECRET = ("_external_id", "_http_proxy", "_endpoint_url")  # no sentence repeats them
_NOT_SHOWN = "it must be text without control characters: write it in quotes"
_NAMES = {
    bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", tuple: "a list", dict: "a dictionary",
    datetime.datetime: "a date", datetime.date: "a date", bytes: "bytes", type(None): "nothing",
}
_WANTED = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "list": "a list", "dict": "a dictionary",
           "json": "a policy document"}
# What the filter C(bool) of Ansible understands as well. It takes y and t for false.
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _key_arn(value):
    """A plan names a key before setup creates it."""
    return None if value == KNOWN_LATER else aws.key_arn(value)


# Checks by the end of the name of an option; the longest end counts. Each returns what is wrong, or None.
CHECKS: Mapping[str, Mapping[str, Callable]] = {
    "aws": {
        "account_id": aws.account_id,
        "_covered_accounts": lambda value: next(filter(None, map(aws.account_id, value)), None),
        "_destroyed_accounts": lambda value: next(filter(None, (aws.account_id(one) and aws.organization_id(one) for one in value)), None),
        "_pending_accounts": lambda value: next(filter(None, map(aws.account_id, value)), None),
        "_aws_endpoint_url": url_problem,
        "_aws_region": aws.region,
        "_aws_role": aws.role,
        "_aws_validation_role": aws.role,
        "_bucket_kms_alias": aws.key_alias,
        "_bucket_name": aws.bucket_name,
        "_bucket_policy": aws.bucket_statements,
        "_bucket_tags": lambda value: aws.own_tags(value, aws.TAG_OF_KEY),
        "_cloudwatch_tags": aws.role_tags,
        "_advanced_event_selectors": lambda value: selectors.problem({"advanced_event_selectors": value}),
        "_event_selectors": lambda value: selectors.problem({"event_selectors": value}),
        "_external_id": aws.external_id,
        "_keys_in_use": lambda value: next(filter(None, map(aws.key_arn, value)), None),
        "_kms_key_arn": _key_arn,
        "_kms_key_id": _key_arn,
        "_log_group": aws.log_group_name,
        "_log_group_arn": aws.log_group_arn,
        "_logging_bucket": aws.bucket_name,
        "_logging_prefix": aws.log_prefix,
        "_logs_role_arn": aws.role_arn,
        "_organization_id": aws.organization_id,
        "_permissions_boundary": aws.managed_policy_arn,
        "_policy_name": aws.policy_name,
        "_region": aws.region,
        "_retention_days": aws.retention,
        "_role_name": aws.role_name,
        "_s3_bucket_name": aws.bucket_name,
        "_s3_key_prefix": aws.key_prefix,
        "_sns_topic_name": aws.topic,
        "_tags": aws.own_tags,
        "_to_be_in_organization": aws.organization_id,
        "_trail_arn": aws.trail_arn,
        "_trail_name": aws.trail_name,
        "_trails": aws.trails,
        "_validation_principals": aws.principals,
        "_validation_tags": aws.role_tags,
        "aws_trail_name": aws.trail_name,
    },
    "alibaba": {
        "account_id": account_ids.problem,
        "_accounts": alibaba.account_list,
        "_alibaba_http_proxy": lambda value: proxy_problem(value) or url_problem(value),
        "_alibaba_role": alibaba.role,
        "_collection_policies": collection_policies.list_problem,
        "_collection_policy_region": alibaba.policy_region,
        "_drop_console_settings": alibaba.console_settings,
        "_endpoints": alibaba.endpoints,
        "_external_id": sessions.external_id_problem,
        "_logstores": alibaba.logstores,
        "_policy_document": alibaba.policy_document,
        "_policy_name": alibaba.policy_name,
        "_products": alibaba.products,
        "_project": alibaba.project,
        "_project_name": alibaba.project,
        "_region": regions.problem,
        "_role_name": alibaba.role_name,
        "_tags": alibaba.all_tags,
        "_trail_name": actiontrail.name_problem,
        "_trail_arn": actiontrail.arn_problem,
        "_trail_names": lambda value: next(filter(None, map(actiontrail.name_problem, value)), None),
        "_trail_trail_region": actiontrail.regions_problem,
    },
}


def _items(value):
    return value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]


def _removed_accounts(value):
    for item in _items(value):
        if not isinstance(item, str) or not re.fullmatch(r"[0-9]{5,}|o-[a-z0-9]{10,32}", item.strip()):
            return f"{shown(item)} is not the id of an account or organization: write ids in quotes"
    return None


def _deployment(value):
    """With it, the name of a trail of ActionTrail may have 36 characters."""
    if isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,24}", value):
        return None
    return f"{shown(value)} is not a name of 1 to 25 lower-case letters, digits and hyphens"


_TAG = r"\s*([a-z0-9][a-z0-9-]{0,24}@)?[a-z0-9][a-z0-9.-]{2,62}\s*"


def _previous_deployments(value):
    for item in _items(value):
        if not isinstance(item, str) or not re.fullmatch(_TAG, item):
            return f"{shown(item)} is not the name of a deployment, as in the tag audit-logs-deployment"
    return None


# The same on both clouds.
_COMMON = {
    "audit_logs_deployment": _deployment,
    "_deployment": _previous_deployments,  # of a role: the whole name, as in the tag
    "_previous_deployments": _previous_deployments,
    "_removed_accounts": _removed_accounts,
}
# Of numbers, by the end of the name: the least, the most, of what, and what 0 stands for.
RANGES: Mapping[str, tuple[float, int, str, str]] = {
    "_bucket_expiration_days": (0, aws.MOST_DAYS, "days", "never"),
    "_bucket_object_lock_days": (0, aws.LONGEST_LOCK, "days", "no object lock"),
    "_bucket_transition_days": (0, aws.MOST_DAYS, "days", "never"),
    "_collection_ttl": (1, log_audit.LONGEST_TTL, "days", ""),
    "_digest_hours": (0, 8760, "hours", "none"),
    "_probe_deadline": (0, LONGEST, "seconds", "one look"),
    "_probe_interval": (1, LONGEST, "seconds", ""),
    "_probe_repeat": (1, LONGEST, "seconds", ""),
    "_report_max_age": (1, 8760, "hours", ""),
    "_role_duration": (sessions.SHORTEST, sessions.LONGEST, "seconds", ""),
    "_timeout": (0, LONGEST, "seconds", "never"),
    "aws_trail_delay": (0.1, LONGEST, "seconds", ""),
    "aws_trail_wait": (0, LONGEST, "seconds", "no second try"),
}


def check_of(name: str, cloud: str) -> Callable | None:
    """The check of an option, beyond its type and its choices."""
    return _by_end(name, {**CHECKS[cloud], **_COMMON})


def range_of(name: str) -> tuple[float, int, str, str] | None:
    """The range of an option that is a number."""
    return _by_end(name, RANGES)


def _by_end(name, table):
    ends = [end for end in table if name.endswith(end)]
    return table[max(ends, key=len)] if ends else None


def checked(name: str, option: Mapping[str, Any], value: Any, cloud: str) -> tuple[str | None, Any]:
    """What is wrong with a value that is given, or None; and the value in the type of its option.

    :param option: as in an argument specification.
    :param cloud: C(aws) or C(alibaba).
    """
    if value == REMOVED and name.endswith(REMOVABLE):
        return None, value
    problem, value = _typed(option, value)
    if problem:
        return (_NOT_SHOWN if name.endswith(_SECRET) else problem), value
    check = check_of(name, cloud)
    problem = check and option["type"] != "list" and check(value)  # before its choices, because it says more
    if not problem:
        problem, value = _as_specified(name, option, value)
    if not problem and check and option["type"] == "list":
        problem = check(value)
    return problem or _range_problem(name, value) or None, value


def _typed(option, value):
    """What is wrong with the type of a value, or None; and the value, where one type is written as another."""
    kind = option["type"]
    if kind in ("str", "path"):
        if not isinstance(value, str):
            return _has_to_be(value, kind), value
        return text_problem(value), value
    if kind == "bool":
        if isinstance(value, bool):
            return None, value
        key = value.strip().lower() if isinstance(value, str) else str(value) if isinstance(value, int) and value in (0, 1) else value
        return (None, _SWITCHES[key]) if isinstance(key, str) and key in _SWITCHES else (_has_to_be(value, kind), value)
    if kind in ("int", "float"):
        return _number(kind, value)
    if kind == "list":
        return _list(option, value)
    if kind == "dict" and not isinstance(value, dict) or kind == "json" and not isinstance(value, (dict, str)):
        return _has_to_be(value, kind), value
    return None, value


def _number(kind, value):
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,%d}(\.[0-9]{1,9})?\s*" % _MOST_DIGITS, value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _has_to_be(value, kind), value
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a finite number: give one", value
    if abs(value) >= 10 ** _MOST_DIGITS:
        return f"{shown(value)} is too large: give a smaller number", value
    if kind == "int" and value != int(value):
        return _has_to_be(value, kind), value
    return None, int(value) if kind == "int" else float(value)


def _list(option, value):
    if isinstance(value, str) and option.get("elements") == "str":
        value = value.split(",")
    if not isinstance(value, list):
        return _has_to_be(value, "list"), value
    wanted = option.get("elements", "raw")
    for number, item in enumerate(value, start=1):
        if wanted == "str" and not isinstance(item, str) or wanted == "dict" and not isinstance(item, dict):
            return f"entry {number}: {_has_to_be(item, wanted)}", value
        problem = text_problem(item) if wanted == "str" else None
        if problem:
            return f"entry {number}: {problem}", value
    return None, [item.strip() for item in value] if wanted == "str" else value


def _has_to_be(value, kind):
    found = _NAMES.get(type(value)) or next((name for one, name in _NAMES.items() if isinstance(value, one)), f"a {type(value).__name__}")
    advice = ": write it in quotes" if kind == "str" and not isinstance(value, (list, tuple, dict)) else ""
    return f"{shown(value)} is {found}, but must be {_WANTED[kind]}{advice}"


def _as_specified(name, option, value):
    """What the argument specification refuses, and the value in its type: choices, and options in lists and dictionaries."""
    if option["type"] in ("list", "dict", "json"):
        problem = json_problem(value)
        if problem:
            return f"it {problem}", value
    choices = option.get("choices")
    if choices and option["type"] != "list":
        return (None if value in choices else f"{shown(value)} is not one of {', '.join(str(one) or repr(one) for one in choices)}"), value
    problem = _nested_problem(option, value)
    if problem:
        return problem, value
    result = ArgumentSpecValidator({name: {**option, "required": False}}).validate({name: value})
    if result.error_messages:
        unknown = "there is no option " if isinstance(result.errors[0], UnsupportedError) else ""
        return f"{unknown}{_short(result.errors[0].msg)}", value
    return None, result.validated_parameters[name]


def _nested_problem(option, value):
    """What is wrong with the types of options in a list or a dictionary."""
    if "options" not in option:
        return None
    items = value if option["type"] == "list" else [value]
    for number, item in enumerate(items, start=1):
        where = f"entry {number}: " if option["type"] == "list" else ""
        for name, inner in option["options"].items():
            found = item.get(name)
            if found is None:
                if name in item and inner.get("required"):
                    return f"{where}{name} has no value: give one"
                continue
            problem, typed = _typed(inner, found)
            problem = problem or (inner["type"] in ("list", "dict") and _nested_problem(inner, typed))
            if problem:
                return f"{where}{name}: {problem}"
    return None


def _short(sentence):
    """What Ansible says, in one line; it repeats values of any length."""
    return printable(" ".join(sentence.split()), 600)


def _range_problem(name, value):
    found = range_of(name)
    if not found:
        return None
    least, most, unit, zero = found
    if least <= value <= most:
        return None
    return f"{value} is not a number of {unit} from {least} to {most}" + (f"; 0 is for {zero}" if zero and least == 0 else "")
