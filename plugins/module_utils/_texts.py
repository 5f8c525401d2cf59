# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of others, so that a terminal or a report shows them and does not follow them. Private to this collection."""
from __future__ import annotations

import unicodedata
from typing import Any


def visible(value: Any) -> Any:
    """A text in which what cannot be seen shows as C(\\x1b) and so on; or a value whose texts are like that.

    These are characters that move, erase or color what is on a terminal, that turn round the direction of writing, or that take no
    room. Tabs and newlines remain.
    """
    if isinstance(value, str):
        value = value.replace("\r\n", "\n")
        return value if value.isprintable() else "".join(one if _is_seen(one) else _escaped(one) for one in value)
    if isinstance(value, dict):
        return {visible(name): visible(one) for name, one in value.items()}
    return [visible(one) for one in value] if isinstance(value, (list, tuple)) else value


def one_line(text: str) -> str:
    """A text that has to stay on its line, as a name, so that it cannot forge another line."""
    return visible(text).replace("\t", r"\t").replace("\n", r"\n")


def _is_seen(character):
    return character.isprintable() or character in "\t\n" or unicodedata.category(character) == "Zs"


def _escaped(character):
    return character.encode("unicode_escape").decode()
