# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that a local AWS refuses or answers as a service does that has not seen an earlier change yet."""
from __future__ import annotations

from collections.abc import Iterable

from clouds.aws import mends
from clouds.aws.errors import AwsError


def refuse(monkeypatch, action: str, codes: Iterable[str | None], service: str = "cloudtrail") -> None:
    """Let a service refuse the next calls of an operation.

    :param codes: of the errors, one for each call; None for a call that is not refused.
    """
    left = iter(codes)

    def check(_request):
        code = next(left, None)
        if code:
            raise AwsError(code, "The local AWS refuses this call for a test.")

    name = service, action
    monkeypatch.setitem(mends.BEFORE, name, [check, *mends.BEFORE.get(name, [])])


def hide_new_trails(monkeypatch, calls: int) -> None:
    """Let CloudTrail list no trail after one was created or changed.

    :param calls: how often.
    """
    left, describe = 0, mends.INSTEAD["cloudtrail", "DescribeTrails"]

    def begin(_request, _output):
        nonlocal left
        left = calls

    def answer(request):
        nonlocal left
        left -= 1
        return {"trailList": []} if left >= 0 else describe(request)

    for action in ("CreateTrail", "UpdateTrail"):
        name = "cloudtrail", action
        monkeypatch.setitem(mends.AFTER, name, [*mends.AFTER.get(name, []), begin])
    monkeypatch.setitem(mends.INSTEAD, ("cloudtrail", "DescribeTrails"), answer)
