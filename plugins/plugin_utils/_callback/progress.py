# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback accounts says and draws, as text. Private."""
from __future__ import annotations

import json
import re

from ansible import constants as C
from ansible.utils.color import stringc
from ansible.utils.display import get_text_width

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line

COLORS = {
    "FAILED": C.COLOR_ERROR,
    "warning": C.COLOR_WARN,
    "retrying": C.COLOR_DEBUG,
    "ignored": C.COLOR_SKIP,
    "to do": C.COLOR_CHANGED,
    "changed": C.COLOR_CHANGED,
    "ok": C.COLOR_OK,
}
"""States in the order in which accounts are listed and counted."""
ACCOUNT_LINE = re.compile(r"(FAILED|warning|to do|changed|ok) +\S+  (\S.*?)  ((?s:.*))")
"""A line of the module summary: state, id, name, what is said about it."""
INDENT = " " * 9


def draw_bar(done: int, failed: int, running: int, total: int, width: int) -> str:
    """A bar of C(width) columns: what is done, the failures among it at its end, what is running, and what is to come.

    It is full only when all is done, and a single failure can be seen.
    """
    full = width * min(done, total) // max(total, 1)
    bad = min(full, -(-width * failed // max(total, 1)))
    busy = min(width - full, -(-width * running // max(total, 1)))
    parts = [
        ("█", full - bad, C.COLOR_OK), ("█", bad, C.COLOR_ERROR),
        ("▒", busy, C.COLOR_OK), ("░", width - full - busy, C.COLOR_VERBOSE),
    ]
    return "".join(stringc(sign * length, color) for sign, length, color in parts if length)


def clock(seconds: float) -> str:
    """Seconds as 1:02 or 1:01:02."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes > 59 else f"{minutes}:{rest:02}"


def accounts(count: int) -> str:
    """1 account, 2 accounts."""
    return f"{count} account" if count == 1 else f"{count} accounts"


def counts(numbers) -> str:
    """Numbers of states, those that matter most first, without zeros: "1 failed, 58 changed"."""
    return ", ".join(f"{numbers[state]} {state.lower()}" for state in COLORS if numbers.get(state))


def worst(numbers) -> str | None:
    """The state that gives the color, of those whose number is not zero."""
    return next((state for state in COLORS if numbers.get(state)), None)


def width(text: str) -> int:
    """How many columns of a terminal it takes."""
    try:
        return get_text_width(text)
    except OSError:  # it knows none of the characters
        return len(text)


def cut(text: str, columns: int) -> str:
    """As much of a text as there is room for."""
    while text and width(text) > columns:
        text = text[:-1]
    return text


def pad(text: str, columns: int) -> str:
    """A text that takes so many columns, if it doesn't take more."""
    return text + " " * (columns - width(text))


def plain(value) -> str:
    """A value of a result as a person reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def is_texts(value) -> bool:
    """Whether it is a list of texts, which then are lines."""
    return bool(value) and isinstance(value, list) and all(isinstance(text, str) for text in value)


def named(values: dict) -> str:
    """Values with their names: on one line, or below each other if one of them has several lines."""
    texts = [f"{name}: {plain(value).strip()}" for name, value in sorted(values.items())]
    return ("\n" if any("\n" in text for text in texts) else ", ").join(texts)


def lines(state: str, who: str, task: str, text: str) -> str:
    """A line that begins like those of the module summary; further lines of the text are indented."""
    return f"{state:8} {one_line(who)}  {one_line(task)}: {text}".rstrip().replace("\n", "\n" + INDENT)
