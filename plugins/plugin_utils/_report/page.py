# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the report: one file that asks nobody for anything. Private."""
from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "page.html"


def page(report: dict) -> str:
    """The report as an HTML page with its own style and script, and the data in it.

    The data is compressed: what a thousand accounts have to say would be megabytes. And in base64, there is nothing in
    it that HTML could take for its own. Nothing runs but the style and script of the template, by their digests.
    """
    text = _TEMPLATE.read_text(encoding="utf-8")
    for kind in ("style", "script"):
        inline = re.search(f"<{kind}>(.*?)</{kind}>", text, re.S)[1]
        digest = _base64(hashlib.sha256(inline.encode()).digest())
        text = text.replace(f"{kind}-src 'none'", f"{kind}-src 'sha256-{digest}'")
    data = json.dumps(report, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return text.replace("<!-- data -->", _base64(gzip.compress(data, mtime=0)))


def _base64(data):
    return base64.b64encode(data).decode()
