# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of text and, on a terminal, a line at the bottom that is drawn in place. For the callback accounts. Private."""
from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import sys
import threading
import time

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line, visible

from . import progress

REDRAW = 0.05
"""Seconds that the line stays as it is, however much happens."""


class Screen:
    """Where a run is shown."""

    def __init__(self, display, run, is_terminal):
        self.is_terminal = is_terminal
        self.lock = display._lock
        self._display, self._run = display, run
        self._began = self._last = time.monotonic()
        self._drawn = False
        self._ticker, self._over, self._show, self._process = None, threading.Event(), None, os.getpid()
        self._interval = self._failed_stderr = self._stop = None

    def open(self, interval, failed_stderr, stop):
        """Replace Display until the process ends; then C(stop) says where the play was that did not end by itself."""
        if self._ticker:
            return
        self._interval, self._failed_stderr, self._stop = interval, failed_stderr, stop
        self._show, self._display.display = self._display.display, self._display_visible
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()
        atexit.register(self._leave)
        signal.signal(signal.SIGTERM, functools.partial(self._terminate, signal.getsignal(signal.SIGTERM)))

    def _leave(self):
        """The process ends; in the middle of a play if it was interrupted."""
        self._over.set()
        self._ticker.join()
        self._stop()

    def _terminate(self, of_ansible, number, frame):
        """Handle the signal to end: what Ansible does then leaves no time for atexit."""
        try:
            if os.getpid() == self._process:
                self._stop()
        finally:
            of_ansible(number, frame)

    def _display_visible(self, msg, *args, **kwargs):
        """What Display does from here on, also for warnings, which callbacks don't get to know of."""
        self.display(visible(msg), *args, **kwargs)

    def display(self, *args, **kwargs):
        """Let the line step aside; and be in a file at once. A worker has no terminal, and sends it here."""
        if os.getpid() != self._process:
            self._show(*args, **kwargs)
            return
        with self.lock:
            if self._drawn:
                self._drawn = False
                sys.stdout.write("\r\x1b[K")
                sys.stdout.flush()
            self._show(*args, **kwargs)
            sys.stdout.flush()

    def draw(self):
        """Draw the line, if there is a play to say something about."""
        if self.is_terminal and self._run.name and not (self._drawn and time.monotonic() - self._last < REDRAW):
            self._last, self._drawn = time.monotonic(), True
            columns = shutil.get_terminal_size().columns - 1
            start, width = f"{progress.clock(self._last - self._began):>7}  ", columns // 5
            text = progress.cut(f"  {self._run.state()}", columns - len(start) - width)
            sys.stdout.write(f"\r\x1b[K{start}{self._run.draw_bar(width)}{text}")
            sys.stdout.flush()

    def _tick(self):
        """Keep the time while nothing happens.

        A line that stepped aside waits for the next event: it may have been for a prompt.
        """
        while not self._over.wait(0.5):
            with self.lock:
                if self._drawn:
                    self.draw()
                elif self._run.name and not self.is_terminal:
                    if time.monotonic() - self._last >= self._interval:
                        self.note(self._run.state())

    def say(self, text, state=None):
        """Display a text in the color of a state."""
        stderr = state == "FAILED" and self._failed_stderr
        self._display.display(text, color=progress.COLORS.get(state), stderr=stderr)

    def note(self, text, state=None):
        """A line about the play, with the time."""
        self._last = time.monotonic()
        self.say(f"{progress.clock(self._last - self._began):>7}  {one_line(text)}", state)
