# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that try cases: each has local clouds of its own."""
from __future__ import annotations

import atexit
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .cases import Attempt, Part
from .modes import MODES
from .world import Reference, World

_world: World  # of this process


def start() -> None:
    """Start the local clouds of this process."""
    global _world
    folder = tempfile.TemporaryDirectory()
    _world = World(Path(folder.name)).__enter__()
    atexit.register(folder.cleanup)
    atexit.register(_world.__exit__, None, None, None)


def reference(modes: Sequence[str]) -> dict[str, Reference]:
    """What deployments are without faults, by the key of the mode; the modes are of different clouds."""
    return dict(zip(modes, _world.references([Part(MODES[mode]) for mode in modes])))


def chain(parts: Sequence[Part], references: Sequence[Reference]) -> list[Attempt]:
    """See World.chain."""
    return _world.chain(parts, references)
