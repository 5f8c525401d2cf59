# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account: findings, what became of the probe, and one sentence. Private.

The shape of a result is documented in docs/report.md.
"""
from __future__ import annotations

import json
from collections.abc import Callable

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _ownership

FAILED, WARNING, OK = "failed", "warning", "ok"
_LONGEST_VALUE = 80  # characters of a value in a sentence


class Findings:
    """Findings about one subject, such as an archive account.

    :ivar findings: what is not as it should be, as docs/report.md describes it.
    :ivar checked: titles of the resources that were compared with the inventory.
    """

    def __init__(self):
        self.findings = []
        self.checked = []

    def add(self, kind, resource, text, *, level=FAILED, setting=None, before=None, after=None, controls=()) -> None:
        """Add a finding.

        :param kind: drift (differs from the inventory), weak (weaker than the defaults of the roles), foreign (of
            somebody else), delivery (why logs do not or cannot arrive), digest (log files that were tampered with) or
            coverage (an account or a region whose logs are not collected, or not proven to arrive).
        :param resource: what it is about, such as C(trail audit-logs).
        :param text: one sentence.
        :param controls: of benchmarks, such as C(CIS AWS 3.2).
        """
        self.findings.append({
            "level": level, "kind": kind, "resource": resource, "setting": setting, "text": text,
            "before": before, "after": after, "controls": list(controls),
        })

    def drift(self, resource: str, setting: str, before, after, controls=()) -> None:
        """Add a setting that differs from the inventory."""
        self.add("drift", resource, f"{resource}: {_said(setting, before, after)}", setting=setting, before=before,
                 after=after, controls=controls)

    def weak(self, resource: str, text: str, setting=None, controls=()) -> None:
        """Add a weakness, as a warning."""
        self.add("weak", resource, text, level=WARNING, setting=setting, controls=controls)

    def foreign(self, resource: str, before: dict, after: dict) -> None:
        """Add a resource that this deployment does not manage; as a warning, unless another deployment does.

        :param before: its tags.
        :param after: the tags that it should have.
        """
        deployments = [after[_ownership.DEPLOYMENT]]
        level = FAILED if _ownership.other_deployment(before, deployments) else WARNING
        self.add("foreign", resource, f"{resource} is not managed by this deployment: it {_ownership.foreign(before, deployments)}",
                 level=level, setting="tags", before=before, after=after)


def is_foreign(before: dict | None, after: dict | None) -> bool:
    """Whether tags differ in who manages the resource.

    :param before: its tags.
    :param after: the tags that it should have.
    """
    deployment = (after or {}).get(_ownership.DEPLOYMENT)
    return bool(deployment and _ownership.foreign(before, [deployment]))


def _said(name, before, after):
    texts = [json.dumps(value, sort_keys=True, default=str) for value in (before, after)]
    if any(len(text) > _LONGEST_VALUE for text in texts):
        return f"{name} differs from the inventory"
    return f"{name} is {texts[0]}, and should be {texts[1]}"


def destination(kind: str, name: str, seen: dict) -> dict:
    """A destination in which a probe was searched for, and what was seen there."""
    return {"kind": kind, "name": name, **{key: seen[key] for key in ("state", "seconds", "found_in")}}


def probe(created: dict, destinations: list[dict], causes: Callable[[], list[str]]) -> dict:
    """What became of a probe.

    :param created: the result of the module that created it.
    :param destinations: what C(destination) returned for each destination in which it was searched for.
    :param causes: returns why it did not arrive; called only then.
    """
    states = {one["state"] for one in destinations}
    state = "skipped" if not destinations else "missing" if "missing" in states else "arrived"
    return {"state": state, "mark": created["mark"], "created": created["created"],
            "destinations": destinations, "causes": causes() if state == "missing" else []}


def failure(host: dict, archive: dict, *, is_decided: bool, is_expected: bool) -> dict | None:
    """Phase and reason of the failure of an account that could not be verified; None if it could.

    :param host: variables of the account.
    :param archive: variables of the archive account.
    :param is_decided: whether it is known what became of the probe, or no event is expected.
    :param is_expected: whether a probe was created that the archive account should have searched for.
    """
    of_account, of_archive = host.get("audit_logs_failure"), archive.get("audit_logs_failure")
    if of_account or is_decided:
        return of_account
    if of_archive:
        return {"phase": "archive", "reason": f"not proven, because the archive account failed: {of_archive['reason']}"}
    if is_expected:
        return {"phase": "probe", "reason": "not proven, because the archive account is not in this run: add it to --limit"}
    return None


def result(account: dict, subjects: list[Findings], probed: dict | None = None, failed: dict | None = None,
           delivers_to=(), digests: dict | None = None, digest_chains: dict | None = None) -> dict:
    """The result of an account.

    :param account: name, account_id, cloud, roles and region; other keys are ignored.
    :param subjects: what was found out about it.
    :param probed: what became of its probe.
    :param failed: phase and reason, if the account could not be verified.
    :param delivers_to: destinations of its events.
    :param digests: how its log files were validated.
    :param digest_chains: what is known of its digest files, with which the next verification compares.
    """
    findings = [found for subject in subjects for found in subject.findings]
    findings.sort(key=lambda found: (found["level"] != FAILED, found["kind"] != "delivery"))
    failed = failed or _failure(findings, probed)
    reason = failed["reason"] if failed else findings[0]["text"] if findings else None
    return {
        **{name: account[name] for name in ("name", "account_id", "cloud", "roles", "region")},
        "state": FAILED if failed else WARNING if findings else OK,
        "phase": failed["phase"] if failed else None,
        "reason": reason,
        "delivers_to": list(delivers_to),
        "checked": [title for subject in subjects for title in subject.checked],
        "findings": findings,
        "probe": probed,
        "digests": digests,
        "digest_chains": digest_chains,
    }


def _failure(findings, seen):
    failed = [found for found in findings if found["level"] == FAILED]
    if seen and seen["state"] == "missing":
        missing = " and ".join(one["name"] for one in seen["destinations"] if one["state"] == "missing")
        unknown = f"the event did not arrive in {missing}, and verify found no cause"
        return {"phase": "probe", "reason": (seen["causes"] or [unknown])[0]}
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return {"phase": "posture", "reason": failed[0]["text"] + more}
    return None
