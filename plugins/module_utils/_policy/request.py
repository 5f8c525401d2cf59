# SPDX-License-Identifier: GPL-3.0-or-later
"""A call of a cloud's service, and answers about it: True, False, or None, which is: not known. Private."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Optional, Union

Answer = Optional[bool]
Values = tuple[str, ...]  # of a condition key


@dataclass(frozen=True)
class Request:
    """A call of a service.

    :param action: such as C(s3:PutObject).
    :param resource: its ARN; None where policies have no Resource, as the trust policy of a role.
    :param services: the names by which a policy with a Principal may know the caller; empty for policies without.
    :param context: values of condition keys, by their names in lower case; an empty tuple if the call is known not to
        have the key, and a set if it is one of several. A name that ends in C(/) stands for all that begin so. Of other
        keys nothing is known.
    """

    action: str
    resource: str | None
    services: tuple[str, ...] = ()
    context: Mapping[str, Union[Values, frozenset[Values]]] = field(default_factory=dict)

    def values(self, key: str) -> Values | None:
        """Values of a condition key; None if they are not known."""
        possible = self.possible(key)
        return possible[0] if len(possible) == 1 else None

    def possible(self, key: str) -> tuple[Values, ...]:
        """All that the values of a condition key may be; empty if nothing is known of it."""
        key = key.lower()
        found = self.context.get(key, self.context.get(key.partition("/")[0] + "/"))
        if found is None:
            return ()
        return tuple(sorted(found)) if isinstance(found, frozenset) else (found,)


@dataclass(frozen=True)
class Part:
    """What an element of a statement says about a request.

    :param element: its name, such as C(NotAction), or C(Condition).
    :param wanted: the values in the document.
    :param operator: of a condition.
    :param key: of a condition.
    """

    element: str
    answer: Answer
    wanted: tuple[str, ...]
    operator: str = ""
    key: str = ""


def everything(answers: Iterable[Answer]) -> Answer:
    """Whether all are true."""
    found = set(answers)
    return False if False in found else None if None in found else True


def anything(answers: Iterable[Answer]) -> Answer:
    """Whether one is true."""
    found = set(answers)
    return True if True in found else None if None in found else False


def contrary(answer: Answer) -> Answer:
    """The opposite; of what is not known nothing is known."""
    return None if answer is None else not answer
