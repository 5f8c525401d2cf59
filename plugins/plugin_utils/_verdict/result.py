# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account: findings, what became of the probe, and one sentence. Private.

The shape of a result is documented in docs/report.md.
"""
from __future__ import annotations

import json
from collections.abc import Callable

FAILED, WARNING, OK = "failed", "warning", "ok"
_LONGEST_VALUE = 80  # characters of a value in a sentence


def finding(kind, resource, text, level=FAILED, setting=None, before=None, after=None, controls=()) -> dict:
    """One thing that is not as it should be.

    :param kind: drift (differs from the inventory), weak (weaker than our defaults), foreign (somebody else's), delivery
        (why logs do not or cannot arrive) or digest (log files that were tampered with).
    :param resource: what it is about, such as C(trail audit-logs).
    :param text: one sentence.
    :param controls: of benchmarks, such as C(CIS AWS 3.2).
    """
    return {
        "level": level, "kind": kind, "resource": resource, "setting": setting, "text": text,
        "before": before, "after": after, "controls": list(controls),
    }


def drift(resource: str, before: dict, after: dict, controls=None) -> list[dict]:
    """Findings for the settings of a resource that are not as the inventory says; one alone if it is not there.

    :param before: the settings that differ, as they are; empty if the resource does not exist.
    :param after: as they should be.
    :param controls: of benchmarks, by the name of the setting; by the empty name for the whole resource.
    """
    controls = controls or {}
    if not before:
        return [finding("drift", resource, f"{resource} does not exist", after=after, controls=controls.get("", ()))]
    return [
        finding("drift", resource, f"{resource}: {_said(name, before.get(name), after[name])}", setting=name,
                before=before.get(name), after=after[name], controls=controls.get(name, ()))
        for name in after if before.get(name) != after[name]
    ]


def _said(name, before, after):
    texts = [json.dumps(value, sort_keys=True, default=str) for value in (before, after)]
    if any(len(text) > _LONGEST_VALUE for text in texts):
        return f"{name} differs from what the inventory asks for"
    return f"{name} is {texts[0]}, and should be {texts[1]}"


def probe(made: dict | None, places: list[dict], causes: Callable[[], list[str]]) -> dict | None:
    """What became of a probe.

    :param made: the result of the module that made it; None if there was none.
    :param places: where it was looked for: kind, name, state, seconds, found_in.
    :param causes: says why it did not arrive; asked only then.
    """
    if not made:
        return None
    states = {place["state"] for place in places}
    state = "skipped" if not places else "missing" if "missing" in states else "arrived"
    return {"state": state, "mark": made["mark"], "made": made["made"], "places": places,
            "causes": causes() if state == "missing" else []}


def result(identity: dict, findings: list[dict], seen: dict | None = None, failure: dict | None = None, **more) -> dict:
    """The result of an account.

    :param identity: name, account_id, cloud, roles, region.
    :param seen: what C(probe) made of its probe.
    :param failure: phase and reason, if it could not be looked at.
    :param more: delivers_to, checked, digests.
    """
    findings = sorted(findings, key=lambda found: (found["level"] != FAILED, found["kind"] != "delivery"))
    failure = failure or _failure(findings, seen)
    state = FAILED if failure else WARNING if findings else OK
    reason = failure["reason"] if failure else findings[0]["text"] if findings else None
    return {
        "delivers_to": [], "checked": [], "digests": None, **more, **identity, "state": state, "reason": reason,
        "phase": failure["phase"] if failure else None, "findings": findings, "probe": seen,
    }


def _failure(findings, seen):
    failed = [found for found in findings if found["level"] == FAILED]
    if seen and seen["state"] == "missing":
        missing = " and ".join(place["name"] for place in seen["places"] if place["state"] == "missing")
        unknown = f"the event did not arrive in {missing}, and nothing that can be seen says why"
        return {"phase": "probe", "reason": (seen["causes"] or [unknown])[0]}
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return {"phase": "posture", "reason": failed[0]["text"] + more}
    return None
