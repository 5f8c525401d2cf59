# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers in XML, for who asks for Format=XML."""
from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

# What no XML can carry.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(root: str, content: Any) -> bytes:
    """A document with what JSON would have: a list becomes as many elements of its name."""
    element = ElementTree.Element(root)
    _fill(element, content)
    return ElementTree.tostring(element, encoding="UTF-8", xml_declaration=True)


def _fill(element: ElementTree.Element, content: Any) -> None:
    if isinstance(content, dict):
        for name, value in content.items():
            for item in value if isinstance(value, list) else [value]:
                _fill(ElementTree.SubElement(element, name), item)
    elif isinstance(content, bool):
        element.text = str(content).lower()
    elif content is not None:
        element.text = _IMPOSSIBLE.sub("\ufffd", str(content))
