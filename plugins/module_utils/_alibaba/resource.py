# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing one resource in line: present, absent, check mode, diff, errors, once for all modules. Private."""
from __future__ import annotations

from typing import Any

from . import retry
from .client import AlibabaModule
from .errors import CloudError

WAIT = 60  # seconds within which what was written has to be seen


class Resource:
    """One thing in the cloud. A subclass says what it is, and how it is read and written.

    Its settings are a dictionary in the terms of the module's options, and None where they don't exist.
    """

    title: str  # as in "Could not make role x"
    exists: tuple[str, ...] = ()  # codes that say that it is there already
    missing: tuple[str, ...] = ()  # codes that say that it is not there

    def __init__(self, module: AlibabaModule) -> None:
        self.module = module
        self.cloud = module.cloud
        self.params = module.params
        self.name = module.params["name"]

    def check(self) -> None:
        """Refuse bad input with module.fail_json, before anything is called."""

    def desired(self) -> dict[str, Any]:
        """The settings that are asked for; None: leave alone."""
        raise NotImplementedError

    def read(self) -> dict[str, Any]:
        """The settings as they are.

        :raises CloudError: among others with one of the codes in C(missing).
        """
        raise NotImplementedError

    def create(self, desired: dict[str, Any]) -> dict[str, Any]:
        """Make it, and return its settings.

        :raises CloudError: with one of the codes in C(exists) if it is there already.
        """
        raise NotImplementedError

    def update(self, current: dict[str, Any], desired: dict[str, Any], changes: set[str]) -> None:
        """Change the settings that differ.

        :param changes: their names.
        """
        raise NotImplementedError

    def delete(self, current: dict[str, Any]) -> None:
        """Remove it."""
        raise NotImplementedError

    def same(self, name: str, current: Any, desired: Any) -> bool:
        """Whether a setting needs no change."""
        return current == desired

    def guard(self, current: dict[str, Any]) -> str | None:
        """Why an existing one must not be touched, or None."""
        return None

    def result(self, settings: dict[str, Any] | None) -> dict[str, Any]:
        """What the module returns beside C(changed) and C(diff)."""
        raise NotImplementedError

    # What follows is the same for all.

    def run(self) -> None:
        """Do what the module is for, and leave it."""
        self.check()
        doing = f"read {self.title} {self.name}"
        try:
            current = self._current()
            if self.params.get("state") == "absent":
                doing = f"delete {self.title} {self.name}"
                self._absent(current)
            doing = f"{'change' if current else 'make'} {self.title} {self.name}"
            self._present(current)
        except CloudError as error:
            self.module.fail_for(error, doing)

    def _current(self) -> dict[str, Any] | None:
        try:
            return self.read()
        except CloudError as error:
            if error.is_one_of(self.missing):
                return None
            raise

    def _absent(self, current: dict[str, Any] | None) -> None:
        kept = self.guard(current) if current is not None else None
        changed = current is not None and not kept
        if changed and not self.module.check_mode:
            try:
                self.delete(current)
            except CloudError as error:
                if not error.is_one_of(self.missing):
                    raise
        why = {"kept": kept} if kept else {}
        self.module.exit_json(changed=changed, diff=_diff(current if changed else None, None), **why, **self.result(None))

    def _present(self, current: dict[str, Any] | None) -> None:
        desired = {name: value for name, value in self.desired().items() if value is not None}
        if current is None:
            made = desired if self.module.check_mode else self._make(desired)
            if made is not None:
                self.module.exit_json(changed=True, diff=_diff(None, made), **self.result(made))
            # Somebody was faster, or the reader was behind.
            current = retry.eventually(self.read, self.missing, WAIT)
        reason = self.guard(current)
        if reason:
            self.module.fail_json(msg=f"The {self.title} {self.name} exists, and {reason}")
        changes = {name for name, value in desired.items() if not self.same(name, current.get(name), value)}
        after = {**current, **{name: desired[name] for name in changes}}
        if changes and not self.module.check_mode:
            self.update(current, desired, changes)
        self.module.exit_json(changed=bool(changes), diff=_diff(current, after), **self.result(after))

    def _make(self, desired: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return self.create(desired)
        except CloudError as error:
            if error.is_one_of(self.exists):
                return None
            raise


def _diff(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    return {"before": before or {}, "after": after or {}}
