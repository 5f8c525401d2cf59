# SPDX-License-Identifier: GPL-3.0-or-later
"""What the result of a task says, for the callback accounts. Private."""
from __future__ import annotations

import re

from . import progress

NOISE = {
    "changed", "failed", "unreachable", "skipped", "msg", "censored", "boto3_version", "botocore_version",
    "response_metadata", "ansible_facts", "ansible_index_var", "ansible_loop", "ansible_loop_var",
}
"""What a task returns and is no reason for its failure; or is its message, which is shown first."""
WRAPPERS = ("Task failed", "Module failed", "Action failed")
"""What ansible-core puts before the message of a module."""


def details(answer: dict, message: str) -> dict:
    """What else a task that failed returned and C(message) does not say."""
    rest = {name: _unsaid(value, message) for name, value in answer.items() if not _is_noise(name, answer)}
    return {name: value for name, value in rest.items() if value not in ("", [], {}, None)}


def _is_noise(name, answer):
    return (
        name in NOISE
        or name == answer.get("ansible_loop_var")  # the item, which the title has
        or name in ("start", "end", "delta") and "cmd" in answer
        or name.endswith("_lines") and name.removesuffix("_lines") in answer
    )


def _unsaid(value, message):
    # What a cloud refuses comes as a dictionary too, of code, message and so on.
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if not _is_said(one, message)}
    return None if _is_said(value, message) else value


def _is_said(value, message):
    return isinstance(value, str) and re.search(rf"(?<!\w){re.escape(value.strip())}(?!\w)", message)


def with_causes(message: str, event) -> str:
    """The message with what it leaves out of an error's causes and advice: ansible-core shows that beside it."""
    causes = [text.rstrip(".") for text in _causes(event)]
    for text in causes:
        if text not in WRAPPERS and text not in message:
            message = f"{message.rstrip('.')}: {text}" if message else text
    return message or ": ".join(causes)


def _causes(event):
    yield event.msg
    for cause in [*(event.events or []), *([event.chain.event] if event.chain else [])]:
        yield from _causes(cause)
    if event.help_text:
        yield event.help_text


def change(result) -> str:
    """What a change is: nothing is changed in check mode, which a single task may be in."""
    return "to do" if result.task.check_mode else "changed"


def is_item(result):
    """Whether it is the result of an item, which may have results of its own, and not of the whole loop."""
    return result.task.loop and ("ansible_loop_var" in result.result or "results" not in result.result)


def name_of(task) -> str:
    """Name of a task, without that of the collection for its roles."""
    return task.get_name().strip().removeprefix("crossaccount.audit_logs.")


def account_lines(texts: list[str], hosts: set[str]):
    """The matches of lines of the filter account_lines that are about these hosts, and all other texts."""
    found, others = [], []
    for text in texts:
        match = progress.ACCOUNT_LINE.fullmatch(text)
        if match and match[2] in hosts:
            found.append(match)
        else:
            others.append(text)
    return found, others
