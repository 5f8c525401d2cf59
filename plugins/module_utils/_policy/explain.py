# SPDX-License-Identifier: GPL-3.0-or-later
"""Why policies don't let a service do what it does, in one sentence each. Private to this collection."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .evaluate import Decision, Policy, Statement, decide
from .request import Part, Request, everything

_MOST = 3  # values in a sentence
_SERVICE = re.compile(r"(\d+@)?[\w.-]+\.\w+")
_LABEL = re.compile(r"[\w. -]{1,128}")


@dataclass(frozen=True)
class Need:
    """Something that a service does.

    :param resource: for a sentence, such as C(example-audit-logs/222222222222/AWSLogs/222222222222/*). Empty where the
        sentence needs none.
    """

    request: Request
    resource: str = ""

    @property
    def doing(self) -> str:
        """Action and resource."""
        return f"{self.request.action} on {self.resource}" if self.resource else self.request.action


@dataclass(frozen=True)
class Words:
    """What the sentences are about.

    :param owner: whose the policies are, such as C(bucket example-audit-logs).
    :param caller: who asks, such as C(cloudtrail.amazonaws.com); empty for the policies of a role.
    :param cause: what it does it for, such as the ARN of a trail; may be empty.
    :param about: ids that show that a statement is meant for this caller though more than one thing in it is wrong.
    """

    owner: str
    caller: str = ""
    cause: str = ""
    about: tuple[str, ...] = ()
    kind: str = "policy"


@dataclass(frozen=True)
class _Candidate:
    name: str
    misfits: list[Part]
    is_meant: bool
    is_wide: bool


def problems(policies: Iterable[Policy], needs: Iterable[Need], words: Words) -> list[str]:
    """A sentence for each thing that the policies are sure not to let the service do, what is denied first."""
    policies = list(policies)
    denied: dict[tuple[str, str], list[str]] = {}
    said: set[tuple[str, str]] = set()
    missing: list[str] = []
    for need in needs:
        decision = decide(policies, need.request)
        if decision is Decision.DENY:
            name, statement = _denying(policies, need.request)
            if (name, need.request.action) not in said:
                said.add((name, need.request.action))
                denied.setdefault((name, _terms(statement, need.request)), []).append(need.request.action)
        elif decision is Decision.SILENT:
            missing.append(_missing(policies, need, words))
    found = [
        f"{_whole(name, policies, words)} denies {_to(words)}{' and '.join(actions)}{terms}"
        for (name, terms), actions in denied.items()
    ]
    return found + list(dict.fromkeys(missing))


def unknowns(
    policies: Iterable[Policy], needs: Iterable[Need], words: Words, *, denials: bool = False
) -> list[str]:
    """A sentence for each statement whose conditions cannot be evaluated here, where that decides.

    :param denials: leave out statements that may allow.
    """
    policies = list(policies)
    found = []
    for need in needs:
        if decide(policies, need.request) is not Decision.UNKNOWN:
            continue
        for name, statement in _named(policies):
            parts = statement.parts(need.request)
            if everything(part.answer for part in parts) is None and not (denials and statement.allows):
                whole, verb = _whole(name, policies, words), "allows" if statement.allows else "denies"
                why = _list([_form(part) for part in parts if part.answer is None])
                found.append(f"only AWS can evaluate whether {whole} {verb} {_to(words)}{need.doing}, because of its {why}")
    return list(dict.fromkeys(found))


def _whole(name: str, policies: list[Policy], words: Words) -> str:
    return f"{name} of {words.owner}" if len(policies) > 1 else f"{name} of the {words.kind} of {words.owner}"


def _to(words: Words) -> str:
    return f"{words.caller} " if words.caller else ""


def _missing(policies: list[Policy], need: Need, words: Words) -> str:
    whose = f"the {words.kind} of {words.owner} has" if len(policies) == 1 else f"the policies of {words.owner} have"
    cause = f" for {words.cause}" if words.cause else ""
    said = f"{whose} no statement that allows {_to(words)}{need.doing}{cause}"
    near = _nearest(policies, need.request, words.about)
    if not near:
        return said
    name, misfits = near
    return f"{said}: {name} comes closest, but {_list([_misfit(part, need.request, words) for part in misfits])}"


def _nearest(policies: list[Policy], request: Request, about: tuple[str, ...]) -> tuple[str, list[Part]] | None:
    """The statement that would allow it but for one thing, or that is meant for it; and what of it does not fit."""
    candidates = []
    for name, statement in _named(policies):
        parts = statement.parts(request)
        misfits = [part for part in parts if part.answer is False]
        others = about and not any(each in name for each in about) and re.search(r"\d{12}", name)
        if statement.allows and misfits and not others and all(_is_slip(part, request) for part in misfits):
            text = " ".join(value for part in parts for value in part.wanted) + name
            is_wide = any(part.wanted == ("*",) for part in parts if part.element == "Resource")
            candidates.append(_Candidate(name, misfits, any(each in text for each in about), is_wide))
    able = [one for one in candidates if not {"Principal", "Action"} & {part.element for part in one.misfits}]
    good = [
        one for one in candidates if len(one.misfits) == 1 or one in able and (one.is_meant or len(able) == 1)
    ]
    best = min(good, key=lambda one: (len(one.misfits), not one.is_meant, one.is_wide), default=None)
    return best and (best.name, best.misfits)


def _is_slip(part: Part, request: Request) -> bool:
    """Whether an element may have been meant otherwise: it is not about people, nor about another service."""
    if part.element == "Principal":
        return any(map(_SERVICE.fullmatch, part.wanted))
    if part.element == "Action":
        return any(action.partition(":")[0] == request.action.partition(":")[0] for action in part.wanted)
    return True


def _denying(policies: list[Policy], request: Request) -> tuple[str, Statement]:
    return next(
        (name, statement) for name, statement in _named(policies) if not statement.allows and statement.applies(request)
    )


def _named(policies: list[Policy]) -> Iterator[tuple[str, Statement]]:
    """Statements with what to call them."""
    for number, policy in enumerate(policies, 1):
        of_policy = f" of policy {policy.name or number}" if len(policies) > 1 else ""
        for statement in policy.statements:
            sid = statement.sid if _LABEL.fullmatch(statement.sid) else json.dumps(statement.sid)
            yield f"statement {sid if statement.sid else statement.number}{of_policy}", statement


def _terms(statement: Statement, request: Request) -> str:
    """On what, and why, a statement denies."""
    parts = statement.parts(request)
    resource, reasons = "", []
    for part in parts:
        if part.element == "Resource":
            resource = f" on {_some(part.wanted)}"
        elif part.element in ("NotResource", "NotAction", "NotPrincipal"):
            reasons.append(f"it is about all but {_some(part.wanted)}")
        elif part.element == "Condition":
            reasons.append(f"its {_form(part)} is met, as {_fact(part, request)}")
    return resource + (f": {_list(reasons)}" if reasons else "")


def _misfit(part: Part, request: Request, words: Words) -> str:
    if part.element == "Condition":
        return f"its {_form(part)} is not met, as {_fact(part, request)}"
    if part.element == "NotPrincipal":
        return f"its NotPrincipal leaves {words.caller} out"
    if part.element == "NotAction":
        return f"its NotAction leaves {request.action} out"
    if part.element == "NotResource":
        return f"its NotResource leaves {_some(part.wanted)} out"
    whole = request.resource or ""
    short = [end for value in part.wanted for end in "/:" if whole.startswith(f"{value}{end}")]
    hint = f", without {short[0]}* at its end" if part.element == "Resource" and short else ""
    return f"its {part.element} is {_some(part.wanted)}{hint}"


def _fact(part: Part, request: Request) -> str:
    key, possible = _text(part.key), request.possible(part.key)
    return " or ".join(f"{key} is {_some(values)}" if values else f"such a call has no {key}" for values in possible)


def _form(part: Part) -> str:
    if part.element != "Condition":
        return "form" if part.element == "Statement" else part.element
    return f"condition {_text(part.operator)} {_text(part.key)} {_some(part.wanted)}"


def _some(values: Iterable[str]) -> str:
    values = list(map(_text, values))
    more = f" and {len(values) - _MOST} more" if len(values) > _MOST else ""
    return ", ".join(values[:_MOST]) + more


def _text(value: str) -> str:
    """What a document has, on one line."""
    return value if value.isprintable() else json.dumps(value)


def _list(texts: list[str]) -> str:
    return " and ".join(dict.fromkeys(texts))
