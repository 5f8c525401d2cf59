# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing one resource in line: present, absent, check mode, diff, errors, once for all modules. Private."""
from __future__ import annotations

from typing import Any

from . import retry, tags
from .client import AlibabaModule
from .errors import CloudError

# assumption alibaba-consistency
WAIT = 60  # seconds within which what was written has to be seen
CONSISTENT = 10  # seconds after a write until every read returns the new state

TRIES = 3  # if other runs change the same resource meanwhile

Settings = dict[str, Any]


class Outdated(Exception):
    """Somebody else has changed a resource since it was read, and to write what was computed from that would undo their change."""


class Resource:
    """One thing in the cloud. A subclass says what it is, and how it is read and written.

    Its settings are a dictionary in the terms of the module's options. What only the cloud decides (ids, ARNs, times)
    is noted in C(facts) by who learns of it, and is no part of them: it is returned, and does not show in the diff.
    """

    title: str  # as in "Could not create role x"
    exists: tuple[str, ...] = ()  # codes that say that it is there already
    missing: tuple[str, ...] = ()  # codes that say that it is not there
    # What to do about a foreign one
    advice = "adopt it: set adopt: true in a task, or audit_logs_adopt: true in the playbooks of this collection"

    def __init__(self, module: AlibabaModule, params: dict[str, Any] | None = None) -> None:
        """:param params: what the options say about it, if they are not those of the module."""
        self.module = module
        self.cloud = module.cloud
        self.params = module.params if params is None else params
        self.name = self.params.get("name")
        self.facts: dict[str, Any] = {}

    def problem(self) -> str | None:
        """What is wrong with the options, or None; asked before anything is called."""
        return None

    def read(self) -> Settings:
        """The settings as they are.

        :raises CloudError: among others with one of the codes in C(missing).
        """
        raise NotImplementedError

    def desired(self, current: Settings | None) -> Settings:
        """The settings that are asked for; those that are None or not there are left alone.

        :param current: None if it is to be created.
        """
        raise NotImplementedError

    def defaults(self) -> Settings:
        """The settings that a new one has unless they are asked for."""
        return {}

    def create(self, desired: Settings) -> None:
        """Create it.

        :param desired: what is asked for, without what is left alone.
        :raises CloudError: with one of the codes in C(exists) if it is there already.
        """
        raise NotImplementedError

    def update(self, current: Settings, desired: Settings, changes: set[str]) -> None:
        """Change the settings that differ.

        :param changes: their names.
        :raises Outdated: a setting that is replaced as a whole is not C(current) any more.
        """
        raise NotImplementedError

    def delete(self, current: Settings) -> None:
        """Remove it.

        :raises CloudError: with one of the codes in C(missing) if it is gone already.
        """
        raise NotImplementedError

    def same(self, name: str, current: Any, desired: Any) -> bool:
        """Whether a setting needs no change."""
        return current == desired

    def guard(self, current: Settings) -> str | None:
        """Why an existing one must not be touched, or None: another deployment, or nobody that is known, manages it."""
        return tags.foreign(self.params, current["tags"]) if self.params.get("deployment") else None

    def spare(self, current: Settings) -> None:
        """Refuse with module.fail_json to delete what should rather stay; in check mode as well."""

    def result(self, settings: Settings | None) -> dict[str, Any]:
        """What the module returns beside C(changed), C(diff) and C(retained).

        :param settings: None if it does not exist, or no longer.
        """
        raise NotImplementedError

    # What follows is the same for all.

    def run(self) -> None:
        """Do what the module is for, and leave it."""
        self.module.refuse(self.problem())
        self.module.exit_json(**self.converge())

    def converge(self) -> dict[str, Any]:
        """Bring it in line, after problem(); returns what the module returns. If the service refuses, the module ends."""
        absent = self.params.get("state") == "absent"
        try:
            current = retry.unless(self.missing, self.read)
        except CloudError as error:
            self.module.fail_for(error, f"read {self.title} {self.name}")
        try:
            return self._absent(current) if absent else self._present(current)
        except CloudError as error:
            doing = "delete" if absent else "create" if current is None else "change"
            self.module.fail_for(error, f"{doing} {self.title} {self.name}")
            raise  # not reached

    def _absent(self, current: Settings | None) -> dict[str, Any]:
        if current is None:
            return self._outcome(None, None)
        reason = self.guard(current)
        if reason:
            return self._outcome(current, current, retained=f"The {self.title} {self.name} {reason}.")
        self.spare(current)
        if not self.module.check_mode:
            retry.unless(self.missing, lambda: self.delete(current))
        return self._outcome(current, None)

    def _present(self, current: Settings | None) -> dict[str, Any]:
        for attempt in range(TRIES):
            try:
                return self._bring(current)
            except Outdated:
                retry.pause(attempt)  # two reads in a moment may also differ because one of them is behind
                current = retry.unless(self.missing, self.read)
        self.module.fail_json(
            msg=f"Something else changed the {self.title} {self.name} {TRIES} times after this run had read it: run the playbook again."
                " Do not run setup or destroy of one deployment several times at once")
        raise AssertionError("not reached")

    def _bring(self, current: Settings | None) -> dict[str, Any]:
        if current is None:
            desired = said(self.desired(None))
            if self.module.check_mode or self._create(desired):
                return self._outcome(None, {**self.defaults(), **desired})
            # Somebody was faster, or the reader was behind, and may still be so with tags.
            current = retry.until(self.read, lambda settings: not self.guard(settings), self.missing, WAIT)
        self._refuse(current)
        desired = said(self.desired(current))
        changes = {name for name, value in desired.items() if not self.same(name, current.get(name), value)}
        if changes and not self.module.check_mode:
            self.update(current, desired, changes)
        return self._outcome(current, {**current, **{name: desired[name] for name in changes}})

    def _refuse(self, current: Settings) -> None:
        """Leave the module if this one must not be touched."""
        reason = self.guard(current)
        if not reason:
            return
        advice = self.advice
        if "tags" in current and tags.belongs_to_another(self.params, current["tags"]):
            advice = ("if that is an earlier name of this deployment, add it to previous_deployments in a task, or to"
                      " audit_logs_previous_deployments in the playbooks of this collection")
        self.module.fail_json(msg=f"The {self.title} {self.name} exists, and {reason}: choose another name, or {advice}")

    def _create(self, desired: Settings) -> bool:
        """Create it; False if it exists already."""
        try:
            self.create(desired)
        except CloudError as error:
            if error.is_one_of(self.exists):
                return False
            raise
        return True

    def _outcome(self, before: Settings | None, after: Settings | None, **more: Any) -> dict[str, Any]:
        diff = {"before": before or {}, "after": after or {}}
        return {"changed": before != after, "diff": diff, **more, **self.result(after)}


def said(settings: Settings) -> Settings:
    """Settings, or parameters of a call, without those that nothing is said about."""
    return {name: value for name, value in settings.items() if value is not None}
