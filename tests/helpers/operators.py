# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several people who run playbooks on the same accounts at the same time. A test decides who waits at which call."""
from __future__ import annotations

import contextlib
import re
import threading
from pathlib import Path
from typing import Any, Self

from helpers.playbooks import Playbooks, Run

_NOTHING = re.compile("(?!)")
PATIENCE = 300  # seconds that a test waits for a call or a run


class Operator:
    """Somebody with a folder, an inventory and an address of each local cloud of their own; a context manager.

    :param clouds: the local clouds.
    :param inventory: of all runs.
    """

    def __init__(self, folder: Path, inventory: dict, *clouds: Any) -> None:
        folder.mkdir()
        self.inventory = inventory
        self._doors = [cloud.door(lambda call: None, self._arrived) for cloud in clouds]
        self._lock, self._pattern, self._left = threading.Lock(), _NOTHING, 0
        self._held, self._go = threading.Event(), threading.Event()
        environment = {name: value for cloud in clouds for name, value in cloud.environment.items()}
        urls = {cloud.url: door.url for cloud, door in zip(clouds, self._doors)}
        self.playbooks = Playbooks(folder, {name: urls.get(value, value) for name, value in environment.items()}, clouds=clouds)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            for door in self._doors:
                door.start()
                stack.callback(door.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error) -> None:
        self._go.set()
        self._stack.close()

    def _arrived(self, environ: dict[str, Any]) -> None:
        headers = " ".join(environ.get(name, "") for name in ("HTTP_X_AMZ_TARGET", "HTTP_X_ACS_ACTION"))
        request = f"{environ['REQUEST_METHOD']} {environ.get('RAW_URI') or environ['PATH_INFO']} {headers}"
        with self._lock:
            is_match = bool(self._pattern.search(request))
            self._left -= is_match
            is_held = is_match and self._left <= 0  # also the next try of a client that has given up after a minute
            if is_held:
                self._held.set()
        if is_held:
            self._go.wait(PATIENCE)

    def run(self, playbook: str, *arguments: str) -> Run:
        """A run to its end."""
        return self.playbooks.run(playbook, *arguments, inventory=self.inventory)

    @contextlib.contextmanager
    def stopped(self, playbook: str, *arguments: str, at: str, number: int = 1):
        """A run that waits before a request while the body of C(with) runs; yields a list that gets the run.

        :param at: a regular expression for method, address and operation of the request.
        :param number: which of the requests that match.
        """
        self._held.clear()
        self._go.clear()
        self._pattern, self._left = re.compile(at), number
        found: list[Run] = []
        process = self.playbooks.start(playbook, *arguments, inventory=self.inventory)
        thread = threading.Thread(target=lambda: found.append(Run(output=process.communicate()[0], status=process.wait())))
        thread.start()
        try:
            while not self._held.wait(1):
                assert thread.is_alive(), f"no request matches {at}\n{found[0].output}"
            yield found
        finally:
            self._go.set()
            thread.join(PATIENCE)
            self._pattern = _NOTHING
