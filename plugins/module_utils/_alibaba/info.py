# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one resource by its name, or all of its kind, once for all modules. Private to this collection."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import retry
from .client import AlibabaModule
from .errors import CloudError

Read = dict[str, Any]


def read(
    module: AlibabaModule, kind: tuple[str, str], problem: Callable[[str], str | None], missing: tuple[str, ...],
    one: Callable[[str], Read], every: Callable[[], Iterable[Read]],
) -> list[Read]:
    """What the option C(name) asks for: a list with one resource or none, without a name with all.

    If the name is wrong or the service refuses, the module ends.

    :param kind: what one is called, and more of them.
    :param problem: says what is wrong with a name, or returns None.
    :param missing: codes that say that there is none of this name.
    """
    name = module.params["name"]
    module.refuse(name is not None and problem(name))
    try:
        if name is None:
            return list(every())
        found = retry.unless(missing, lambda: one(name))
    except CloudError as error:
        module.fail_for(error, f"list {kind[1]}" if name is None else f"look at {kind[0]} {name}")
    return [found] if found else []
