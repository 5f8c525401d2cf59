# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of cases, and docs/faults.md, which is written from them."""
from __future__ import annotations

import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from clouds.wire_faults import Kind
from helpers import ROOT

from .cases import CONVERGED, NOT_MADE, REPAIRED, STAGES, Case, Outcome

PACKED = Path(__file__).with_name("results.jsonl.xz")
DOCUMENT = ROOT / "docs" / "faults.md"
_CLOUDS = {"aws": "AWS", "alibaba": "Alibaba Cloud"}
_HEAD = """\
<!--
Copyright (c) crossaccount.audit_logs contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
# Calls that fail

`make faults` writes this page. It runs `setup`, `setup` again, `verify` and `destroy` on the local clouds, and lets single API calls
fail. A case is one call of one account that fails in one way. After a `setup` or `destroy` that failed, or left something undone, the next
run works without faults.

One run tries up to 12 cases of an account: calls that fail once, and at most one action that fails until the run has ended. If all calls
were made and the account is done, all cases converged; if the action that fails until the end came last and the account failed, this case
failed and the others converged; after any other outcome, parts of the cases are tried again until it belongs to one case.

A case is good if one of these is true:

- The run *converges*: the exit status is 0, and the accounts are as they are without the fault.
- The account *fails* with one line that has no exception of Python in it, and the next run converges.
- `verify` proves each account, and warns that it could not compare the inventory with the accounts of the resource directory. The warning
  names the call.

There is one exception, which counts as good. If the answer to `kms:CreateKey` is lost, botocore calls it again, and AWS has no way to
recognize the second call. So a KMS key without an alias is left, and nothing uses it. `verify` reports the key, and `destroy` schedules its
deletion.

Otherwise, `make faults` fails. For example, these are bad: an account is reported as changed and is not as it should be, a second run
or `verify` that failed has changed something, and after the next run a resource is missing, differs, or is there twice.

A call that waits for something may not be made if that has come sooner than in the run without faults. Such a case says nothing, and is
counted apart.

| kind of fault | what happens |
|---|---|
| HTTP 500 | The service answers with its own internal error and does not carry out the call. *After*: it carries out the call before. |
| throttling | The service answers that there are too many calls, with its own code. |
| timeout | The connection stays open without an answer until the client closes it. *After*: the call is carried out before. |
| reset | The connection is reset without an answer. *After*: the call is carried out before. |
| truncated | The call is carried out. The answer ends before the length that it announces. |
| empty, malformed | The call is carried out. The answer has status 200 and no body, or half of its body. |
| no gzip | The call is carried out. The answer announces compression with gzip, and its body is damaged. |
| HTML page | A proxy answers with status 200 and a page for signing in. The call does not reach the service. |

Each fault happens once, and each call of each mode is tried with it. The faults in the second table for each cloud happen until the run
has ended, to all calls of the action. They are tried in one mode of those that make the call, which the seed chooses.
"""


def record(case: Case, outcome: Outcome | None = None) -> dict[str, Any]:
    """A case and its outcome as a line of results."""
    found = {**vars(case.call), "kind": case.kind.value, "is_lasting": case.is_lasting}
    return found | {"text": outcome.text, "said": outcome.said, "date": date.today().isoformat()} if outcome else found


def key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is the same for all results of a case."""
    return tuple(one[name] for name in ("mode", "stage", "kind_of_host", "service", "action", "occurrence", "kind", "is_lasting"))


def key_of(case: Case) -> tuple[Any, ...]:
    """What key() returns for the results of a case."""
    return key(record(case))


def read(*paths: Path) -> list[dict[str, Any]]:
    """The latest result of each case."""
    lines: list[str] = []
    for path in filter(Path.exists, paths):
        with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as file:
            lines += file
    return list({key(one): one for one in map(json.loads, lines)}.values())


def pack(found: Iterable[Mapping[str, Any]]) -> None:
    """Write results into PACKED."""
    lines = sorted(json.dumps(one) for one in found)
    PACKED.write_bytes(lzma.compress("\n".join(lines).encode()))


def is_good(one: Mapping[str, Any]) -> bool:
    """Whether a result is good."""
    return _class(one) != "bad"


def report(found: Sequence[Mapping[str, Any]], total: int, document: Path | None) -> int:
    """Print how many cases had which outcome, and write the document; returns the exit status.

    :param found: results.
    :param total: number of cases that there are.
    :param document: where to write; None not to.
    """
    counts = Counter(_class(one) for one in found)
    print(f"{len(found)} cases: " + ", ".join(f"{count} {text}" for text, count in counts.most_common()), flush=True)
    if document:
        document.write_text("\n".join([_HEAD, *_summary(found, total), *_tables(found)]) + "\n", encoding="utf-8")
    return bool(counts["bad"] or not found)


def _class(one: Mapping[str, Any]) -> str:
    return one["text"] if one["text"] in (CONVERGED, REPAIRED, NOT_MADE) else "bad"


def _summary(found: Sequence[Mapping[str, Any]], total: int) -> Iterator[str]:
    dates = sorted({one["date"] for one in found})
    if not dates:
        yield "Nothing was measured."
    else:
        commits = Counter(f"commit `{one['commit']}` with seed {one['seed']}" for one in found)
        yield f"Measured on {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}. {len(found):,} of {total:,} cases were tried:"
        yield ", ".join(f"{count:,} by {text}" for text, count in commits.items()) + "."
        if len(found) < total:
            yield "The order is: each kind of fault of each action once, then further calls of the action and the same calls in other modes."
    yield f"\n| mode | cases | {CONVERGED} | {REPAIRED} | {NOT_MADE} | bad |\n|---|---|---|---|---|---|"
    for mode in (*sorted({one["mode"] for one in found}), ""):
        counts = Counter(_class(one) for one in found if mode in (one["mode"], ""))
        cloud, _space, name = mode.partition(" ")
        title = f"{_CLOUDS[cloud]}, `{name}`" if mode else "all"
        yield f"| {title} | " + " | ".join(f"{count:,}" for count in (
            counts.total(), counts[CONVERGED], counts[REPAIRED], counts[NOT_MADE], counts["bad"])) + " |"
    bad = [one for one in found if _class(one) == "bad"]
    if bad:
        yield "\n## Bad cases\n"
        for one in bad:
            call = f"`{one['service']}:{one['action']}`"
            yield f"- {one['mode']}, {one['stage']}, {one['kind_of_host']}, {call}, {one['kind']}: {one['text'][:200]}"


def _tables(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for cloud, title in _CLOUDS.items():
        if not any(one["mode"].startswith(f"{cloud} ") for one in found):
            continue
        yield f"\n## {title}\n"
        yield ("The number of cases that converged. `f`: the number of cases in which the account failed and the next run converged."
               " `n`: the number of cases whose call the run did not make. `BAD`: the number of bad cases. An empty cell: not tried, or the"
               " run does not make the call.")
        for is_lasting in (False, True):
            yield from _table([one for one in found if one["mode"].startswith(f"{cloud} ") and one["is_lasting"] == is_lasting], is_lasting)


def _table(found: Sequence[Mapping[str, Any]], is_lasting: bool) -> Iterator[str]:
    if not found:
        return
    kinds = [kind.value for kind in Kind if any(one["kind"] == kind.value for one in found)]
    rows: dict[tuple[int, str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in found:
        rows[STAGES.index(one["stage"]), one["kind_of_host"], f"{one['service']}:{one['action']}"][one["kind"], _class(one)] += 1
    yield f"\n### {'Until the run has ended' if is_lasting else 'Once'}\n"
    yield f"| run | account | call | {' | '.join(kinds)} |\n|{'---|' * (3 + len(kinds))}"
    for (stage, account, call), counts in sorted(rows.items()):
        yield f"| {STAGES[stage]} | {account} | `{call}` | {' | '.join(_cell(counts, kind) for kind in kinds)} |"


def _cell(counts: Counter[tuple[str, str]], kind: str) -> str:
    shown = [(counts[kind, CONVERGED], ""), (counts[kind, REPAIRED], " f"), (counts[kind, NOT_MADE], " n"), (counts[kind, "bad"], " BAD")]
    return ", ".join(f"{count}{text}" for count, text in shown if count)
