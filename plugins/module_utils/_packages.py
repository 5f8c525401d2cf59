# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about Python packages that a module lacks. Private to this collection."""
from __future__ import annotations

import sys


def missing(*names: str, reason: str = "") -> str:
    """A sentence.

    :param reason: what Python says, if a package is there that can't be imported.
    """
    packages, them = ("packages", "them") if len(names) > 1 else ("package", "it")
    verb = "are" if len(names) > 1 else "is"
    return (
        f"The Python {packages} {' and '.join(names)} {verb} missing or too old in {sys.executable}{f' ({reason})' if reason else ''}: install"
        f" {them} with {sys.executable} -m pip install --upgrade {' '.join(names)}, or let ansible_python_interpreter name a Python that"
        f" has {them}"
    )
