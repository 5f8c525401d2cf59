# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the accounts of a local cloud allow while playbooks run."""
from __future__ import annotations

import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers import ROOT, permissions

# Where a playbook of somebody else imports one of ours.
_IMPORTS = re.compile(rf"\b(?:crossaccount\.audit_logs\.|playbooks/)({'|'.join(permissions.RUNS)})\b")


class Granted(ABC):
    """The policies of docs/policies that the owner of the accounts attaches for each run, in place of those of the administrators.

    Resources of earlier runs may have other names. The owner attaches the policies once for each.

    :param cloud: the local cloud.
    :param besides: policies that the owner attaches besides, as JSON documents by the id of the account.
    """

    def __init__(self, cloud: Any, besides: Mapping[str, list[str]]) -> None:
        self._besides = besides
        self._cloud = cloud

    @contextlib.contextmanager
    def during(
        self, runs: Collection[str], inventory: dict, arguments: Sequence[str], without: Mapping[str, Collection[tuple[str, str]]],
    ) -> Iterator[None]:
        """Restrict the accounts of an inventory. Of runs at the same time, each also has the permissions of the others.

        :param runs: playbooks of ours.
        :param arguments: of ansible-playbook.
        :param without: actions that the policies do not allow, each with the name of its statement, by the id of the account.
        """
        added = [*self._besides.items(), *(item for run in runs for item in self.policies(run, inventory, arguments, without).items())]
        for account, documents in added:
            self._cloud.restrictions[account] = [*self._cloud.restrictions.get(account, []), *documents]
        try:
            yield
        finally:
            for account, documents in added:
                left = list(self._cloud.restrictions.get(account, []))
                for document in documents:
                    if document in left:
                        left.remove(document)
                self._cloud.restrictions[account] = left
                if not left:
                    del self._cloud.restrictions[account]

    @abstractmethod
    def policies(
        self, run: str, inventory: dict, arguments: Sequence[str] = (), without: Mapping[str, Collection[tuple[str, str]]] | None = None,
    ) -> dict[str, list[str]]:
        """The policies of each account during a run, as JSON documents. The parameters are those of C(during)."""


def runs_in(playbook: str | Path) -> list[str]:
    """The playbooks of ours that a playbook is or imports."""
    if isinstance(playbook, str):
        return [playbook] if playbook in permissions.RUNS else []
    if playbook.is_relative_to(ROOT / "playbooks"):
        parts = playbook.relative_to(ROOT / "playbooks").parts
        return [run for run in permissions.RUNS if run in (playbook.stem, *parts)] or list(permissions.RUNS)
    return sorted(set(_IMPORTS.findall(playbook.read_text(encoding="utf-8"))))
