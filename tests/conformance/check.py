# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check is, and what it observed."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

AS_ASSUMED, OTHERWISE, UNDECIDED = ANSWERS = ("as assumed", "otherwise", "undecided")


@dataclass(frozen=True)
class Observation:
    """What a check observed.

    :param answer: whether the cloud does what the entry of the register says.
    :param facts: what the answer rests on: numbers, codes of errors, booleans. No names of resources of others, no messages.
    """

    answer: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, is_as_assumed: bool, **facts: Any) -> Observation:
        """An observation that is as assumed, or otherwise."""
        return cls(AS_ASSUMED if is_as_assumed else OTHERWISE, facts)

    @classmethod
    def undecided(cls, why: str, **facts: Any) -> Observation:
        """An observation that settles nothing."""
        return cls(UNDECIDED, {"why": why, **facts})


@dataclass(frozen=True)
class Check:
    """One check. It creates what it needs with the account's methods, which note how to remove it.

    :param entry: id in docs/assumptions.yml.
    :param question: what the check finds out.
    :param creates: kinds of resources.
    :param permissions: actions that the caller needs.
    :param seconds: estimated, on a real account.
    :param cents: estimated upper limit of the cost, in hundredths of a US dollar.
    :param run: gets the account.
    :param fixed_names: of what is created, where the cloud prescribes them; the check runs only if nothing has them.
    :param member_permissions: actions that the caller needs in a second account, a member; none if the check needs one account.
    :param local_answer: of the local cloud, where that is not as assumed.
    :param slow: needs hours, and runs only if asked for.
    """

    entry: str
    question: str
    creates: tuple[str, ...]
    permissions: tuple[str, ...]
    seconds: int
    cents: int
    run: Callable[[Any], Observation]
    fixed_names: tuple[str, ...] = ()
    member_permissions: tuple[str, ...] = ()
    local_answer: str = AS_ASSUMED
    slow: bool = False

    @property
    def name(self) -> str:
        """The name of the file of the check."""
        return self.run.__module__.rpartition(".")[2].replace("_", "-")
