# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: accounts
type: stdout
short_description: Progress over many accounts, and a line for each at the end
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Made for playbooks whose hosts are accounts; any other playbook is shown the same way, by its hosts.
  - On a terminal, a line at the bottom says how many accounts are through the current task, and how many failed.
    It is drawn in place and goes away at the end.
  - In a pipe, a file, a job of CI (the environment variable E(CI) is set) or on a terminal that is C(dumb), there are
    plain lines instead, one at the start and the end of each play and one every O(interval) in between.
  - Every task that fails is shown at once, with account, task and message, also if it is rescued or ignored; if it is
    tried again, the first time and the last. So are errors in other results, warnings, diffs and what
    M(ansible.builtin.debug) prints. Results are only counted otherwise.
  - Control characters are shown as C(\x1b) and so on, so that no text erases or forges another.
  - What a task in check mode would change is C(to do) and does not count as changed, also if the run is not in it.
  - Of a failure that C(no_log) hides, account and task are all that is shown. File and line of the task come with
    O(show_task_path_on_failure).
  - At the end, there is a line per account, failures first, then as warnings those in which a failure was rescued. If
    the playbook has printed such lines itself, with P(crossaccount.audit_logs.account_lines#filter), they stand.
  - With C(-v) or more it is P(ansible.builtin.default#callback). Without, of the options of that one those count that
    concern failures, differences and custom stats.
options:
  interval:
    description: Seconds between the plain lines about a play that is running.
    type: int
    default: 30
    env:
      - name: CROSSACCOUNT_PROGRESS_INTERVAL
    ini:
      - section: callback_accounts
        key: interval
extends_documentation_fragment:
  - ansible.builtin.default_callback
  - ansible.builtin.result_format_callback
requirements:
  - C(stdout_callback = crossaccount.audit_logs.accounts) in the configuration
"""

import atexit
import functools
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter

from ansible import constants as C
from ansible import context
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.utils.fqcn import add_internal_fqcns

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback import progress

DEBUG = add_internal_fqcns(["debug"])
WIDTH = 30
"""Columns for the names in the lines at the end; a longer one does not push the others apart."""
REDRAW = 0.05
"""Seconds that the line stays as it is, however much happens."""


def unless_verbose(method):
    """What is shown of an event; with C(-v), or of a single module, the default callback shows it."""
    @functools.wraps(method)
    def show(self, *args, **kwargs):
        if self._display.verbosity or "module_name" in context.CLIARGS:
            getattr(super(CallbackModule, self), method.__name__)(*args, **kwargs)
            return
        # Ansible holds this lock while it forks: a child is not born with the lock in the hands of our thread.
        with self._display._lock:
            method(self, *args, **kwargs)
            self._draw()
    return show


class CallbackModule(Default):
    """Counts hosts, and shows what fails."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "crossaccount.audit_logs.accounts"

    def __init__(self):
        super().__init__()
        self._began = self._play_began = self._last = time.monotonic()
        self._play_id = self._name = self._step = None
        self._turn = self._plays = 0
        self._hosts, self._known, self._through, self._running = [], set(), set(), set()
        self._failed, self._failed_before = set(), set()
        self._changes, self._changes_of_play = {}, {}
        self._lines, self._messages, self._retried = {}, {}, set()
        self._ticker, self._over, self._show, self._process = None, threading.Event(), None, os.getpid()
        self._drawn = False
        self._on_terminal = (
            sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and "CI" not in os.environ
            and not context.CLIARGS.get("step")  # which asks on the same line
        )

    # Drawing

    def _display_text(self, msg, *args, **kwargs):
        """What Display does from here on, also for warnings, which callbacks don't get to know of."""
        self._display_alone(progress.visible(msg), *args, **kwargs)

    def _display_alone(self, *args, **kwargs):
        """Let the line step aside; and be in a file at once. A worker has no terminal, and sends it here."""
        if os.getpid() != self._process:
            self._show(*args, **kwargs)
            return
        with self._display._lock:
            if self._drawn:
                self._drawn = False
                sys.stdout.write("\r\x1b[K")
                sys.stdout.flush()
            self._show(*args, **kwargs)
            sys.stdout.flush()

    def _draw(self):
        if self._on_terminal and self._name and not (self._drawn and time.monotonic() - self._last < REDRAW):
            self._last, self._drawn = time.monotonic(), True
            columns = shutil.get_terminal_size().columns - 1
            start, width = f"{progress.clock(self._last - self._began):>7}  ", columns // 5
            numbers = map(len, (self._through, self._failed & self._through, self._running, self._hosts))
            text = progress.cut(f"  {self._state()}", columns - len(start) - width)
            sys.stdout.write(f"\r\x1b[K{start}{progress.draw_bar(*numbers, width)}{text}")
            sys.stdout.flush()

    def _tick(self):
        """Keep the time while nothing happens.

        A line that stepped aside waits for the next event: it may have been for a prompt.
        """
        while not self._over.wait(0.5):
            with self._display._lock:
                if self._drawn:
                    self._draw()
                elif self._name and not self._on_terminal:
                    if time.monotonic() - self._last >= self.get_option("interval"):
                        self._note(self._state())

    def _state(self):
        """How far the play is."""
        failed, running = len(self._failed.intersection(self._hosts)), sorted(self._running)
        total = str(len(self._hosts))
        # Where there is little room, the numbers are seen first.
        return progress.one_line("".join(filter(None, [
            f"{len(self._through.intersection(self._hosts)):>{len(total)}}/{total}",
            failed and f", {failed} failed",
            f"  {self._name} ({self._turn}/{self._plays})",
            f", {len(running)} running" if len(running) > 2 else running and f", waiting for {' and '.join(running)}",
            self._step and f": {self._step}",
        ])))

    def _say(self, text, state=None):
        """Display a text in the color of a state."""
        stderr = state == "FAILED" and self.get_option("display_failed_stderr")
        self._display.display(text, color=progress.COLORS.get(state), stderr=stderr)

    def _note(self, text, state=None):
        """A line about the play, with the time."""
        self._last = time.monotonic()
        self._say(f"{progress.clock(self._last - self._began):>7}  {progress.one_line(text)}", state)

    # Plays

    @unless_verbose
    def v2_playbook_on_start(self, playbook):
        if not self._ticker:
            self._show, self._display.display = self._display.display, self._display_text
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
            atexit.register(self._leave)
            signal.signal(signal.SIGTERM, functools.partial(self._terminate, signal.getsignal(signal.SIGTERM)))
        self._turn, self._plays = 0, len(playbook.get_plays())
        self._lines.clear()
        if context.CLIARGS.get("check"):
            self._say("Check mode: nothing is changed.")

    @unless_verbose
    def v2_playbook_on_vars_prompt(self, *args, **kwargs):
        self._end()

    @unless_verbose
    def v2_playbook_on_play_start(self, play):
        self._end()
        if play._uuid != self._play_id:  # else it is the next batch of C(serial)
            self._play_id = play._uuid
            self._turn += 1
        # After the lines of account_lines, plays only have what these have said.
        self._name = "" if self._lines else play.get_name().strip()
        self._play_began, self._step = time.monotonic(), None
        variables = play.get_variable_manager().get_vars(play=play)
        # The batch lacks a localhost that the inventory does not name.
        self._hosts = variables["ansible_play_batch"] or variables["ansible_play_hosts"]
        self._known = set(variables["ansible_play_hosts_all"])
        self._failed_before = set(self._failed)
        for hosts in (self._through, self._running, self._changes_of_play):
            hosts.clear()

    @unless_verbose
    def v2_playbook_on_no_hosts_matched(self):
        if self._name:
            self._note(f"{self._name}: no hosts matched", "ignored")
        self._name = None

    @unless_verbose
    def v2_playbook_on_no_hosts_remaining(self):
        if self._name:
            self._note(f"{self._name}: no accounts left", "FAILED")

    @unless_verbose
    def v2_playbook_on_task_start(self, task, is_conditional):
        self._start(task)

    @unless_verbose
    def v2_playbook_on_handler_task_start(self, task):
        self._start(task)

    def _start(self, task):
        if self._name and not self._step and not self._on_terminal:
            self._note(f"{self._name}: {progress.accounts(len(self._hosts))}")
        self._step = self._name_of(task)
        self._through.clear()
        if task.debugger or C.config.get_config_value("ENABLE_TASK_DEBUGGER"):
            self._on_terminal = False  # the debugger has it

    def _end(self, how="ended"):
        """Say how the play went that was running."""
        if self._name:
            failed = self._failed - self._failed_before
            changes = Counter(word for host, word in self._changes_of_play.items() if host not in failed)
            numbers = {"FAILED": len(failed), **changes}
            text = f"{self._name}: {how} after {progress.clock(time.monotonic() - self._play_began)}"
            text = ", ".join(filter(None, [text, progress.accounts(len(self._hosts)), progress.counts(numbers)]))
            self._name = None
            self._note(text, progress.worst(numbers) or "ok")

    def _leave(self):
        """The process ends; in the middle of a play if it was interrupted."""
        self._over.set()
        self._ticker.join()
        self._stop()

    def _terminate(self, of_ansible, number, frame):
        """The process is told to end: what Ansible does then leaves no time for atexit."""
        try:
            if os.getpid() == self._process:
                self._stop()
        finally:
            of_ansible(number, frame)

    def _stop(self):
        """Say where the play was that did not end by itself."""
        if self._name:
            unfinished = f", unfinished: {', '.join(sorted(self._running))};" if self._running else ""
            self._end(f"stopped at {self._step}{unfinished}")

    @unless_verbose
    def v2_playbook_on_stats(self, stats):
        self._end()
        names = {host: progress.one_line(host) for host in sorted(stats.processed)}
        lines, width = {}, min(max(map(progress.width, names.values()), default=0), WIDTH)
        for host, name in names.items():
            numbers = stats.summarize(host)
            numbers = {"failed": numbers.pop("failures"), **numbers}
            bad = numbers["failed"] or numbers["unreachable"]
            if not self._lines or bad and self._lines.get(host, ("",))[0] != "FAILED":
                state = "FAILED" if bad else "warning" if numbers["rescued"] else self._changes.get(host, "ok")
                text = ", ".join(f"{count} {name}" for name, count in numbers.items() if count)
                lines[host] = state, f"{state:8} {progress.pad(name, width)}  {text}"
        if lines:
            self._say("")
        for state, line in sorted(lines.values(), key=lambda value: list(progress.COLORS).index(value[0])):
            self._say(line, state)
        self._lines.update(lines)
        states = Counter(state for state, _line in self._lines.values())
        text = f"{progress.accounts(len(self._lines))}: {progress.counts(states)}"
        self._note(text.removesuffix(": "), progress.worst(states))
        if stats.custom and self.get_option("show_custom_stats"):
            self._say(f"Custom stats: {self._dump_results(stats.custom)}")

    # Results

    @unless_verbose
    def v2_runner_on_start(self, host, task):
        self._running.add(host.get_name())

    @unless_verbose
    def v2_runner_on_ok(self, result):
        self._finish(result)
        self._report_ignored(result)
        if result.task.action in DEBUG and not result.task.loop:
            self._print(result)
        # Our playbooks remember why an account failed. Where no_log hid the message, only that says it.
        match result.result:
            case {"ansible_facts": {"audit_logs_failure": {"phase": phase, "reason": reason}}}:
                reason = progress.plain(reason)
                if reason != self._messages.get(result.host.get_name()):
                    self._say(progress.lines("FAILED", result.host.get_name(), str(phase), reason), "FAILED")

    @unless_verbose
    def v2_runner_on_skipped(self, result):
        self._finish(result)
        self._report_ignored(result)

    @unless_verbose
    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._finish(result)
        items = result.result.get("results", []) if result.task.loop else []
        if ignore_errors or not any(item.get("failed") for item in items):
            self._report(result, "ignored" if ignore_errors else "FAILED")
        if not ignore_errors:
            self._failed.add(result.host.get_name())

    @unless_verbose
    def v2_runner_on_unreachable(self, result):
        self._finish(result)
        self._report(result, "ignored" if result.task.ignore_unreachable else "FAILED", "unreachable: ")
        if not result.task.ignore_unreachable:
            self._failed.add(result.host.get_name())

    @unless_verbose
    def v2_runner_item_on_ok(self, result):
        self._handle_warnings(result.result)
        self._report_ignored(result)
        if result.task.action in DEBUG:
            self._print(result)

    @unless_verbose
    def v2_runner_item_on_skipped(self, result):
        self._handle_warnings(result.result)
        self._report_ignored(result)

    @unless_verbose
    def v2_runner_item_on_failed(self, result):
        self._handle_warnings(result.result)
        self._report(result, "FAILED")

    @unless_verbose
    def v2_on_file_diff(self, result):
        for answer in result.result["results"] if result.task.loop and "results" in result.result else [result.result]:
            shown = answer.get("changed") and answer.get("diff")
            diff = self._get_diff(progress.visible(shown)) if shown else ""
            if diff:
                state = self._change(result)
                self._say(progress.one_line(f"{state:8} {self.host_label(result)}  {self._title(result)}"), state)
                self._display_alone(diff)  # it has colors

    @unless_verbose
    def v2_playbook_on_include(self, included_file):
        """What is included is a part of what includes it."""

    @unless_verbose
    def v2_runner_retry(self, result):
        retried = result.host.get_name(), result.task._uuid, self._title(result)
        if retried not in self._retried:  # else it is still running
            self._retried.add(retried)
            self._report(result, "retrying")

    @unless_verbose
    def v2_runner_on_async_poll(self, result):
        """It is still running."""

    @unless_verbose
    def v2_runner_on_async_ok(self, result):
        """The result of the task follows."""

    @unless_verbose
    def v2_runner_on_async_failed(self, result):
        """The result of the task follows."""

    def _finish(self, result):
        """Count a host's result."""
        name = result.host.get_name()
        self._running.discard(name)
        self._through.add(name)
        if result.is_changed():
            for changes in (self._changes, self._changes_of_play):
                changes[name] = "changed" if changes.get(name) == "changed" else self._change(result)
        self._handle_warnings(result.result)

    def _report_ignored(self, result):
        """Say what a task returned as an error that does not count as failed."""
        if result.result.get("exception"):
            self._report(result, "ignored")

    def _report(self, result, state, kind=""):
        """Say why a task or an item failed."""
        answer = self._dump_results(result.result, serialize=False)
        message = progress.plain(answer.get("msg", answer.get("censored", "")))
        if "censored" not in answer and result.exception:
            whole = progress.with_causes(message, result.exception.event)
            # Where it is matters if a template or a file that is missing is at fault; the same is not shown twice.
            if whole.startswith("Task failed") or C.config.get_config_value("DISPLAY_TRACEBACK") != ["never"]:
                self._handle_exception(result.result)
        else:
            whole = message
        self._messages[result.host.get_name()] = message
        if result.task.loop and not self._is_item(result):
            answer.pop("results", None)  # each has been shown
        more = progress.details(answer, whole)
        if not more and self._is_summed_up(result.host.get_name(), kind + whole):
            return  # the task that makes the run fail, after the lines of account_lines
        if self.get_option("show_task_path_on_failure"):
            more["task path"] = result.task.get_path()
        text = "\n".join(filter(None, [kind + whole, progress.named(more)]))
        self._say(progress.lines(state, self.host_label(result), self._title(result), text), state)

    def _is_summed_up(self, host, text):
        """Whether the line of an account says that it failed with this text, be it with a supplement."""
        state, said = self._lines.get(host, ("", ""))
        return state == "FAILED" and f"{said}; ".startswith(f"{text}; ")

    def _print(self, result):
        """Show what ansible.builtin.debug is to show."""
        self._clean_results(result.result, result.task.action)
        answer = self._dump_results(result.result, serialize=False)
        value = answer.get("msg", progress.named(answer))
        texts = value if progress.is_texts(value) else [progress.plain(value)]
        found, others = [], []
        for text in texts:
            match = progress.ACCOUNT_LINE.fullmatch(text)
            if match and match[2] in self._known:
                found.append(match)
            else:
                others.append(text)
        if others:
            self._say(progress.lines("", self.host_label(result), self._title(result), "\n".join(others)))
        if found:
            self._end()
            self._say("")
        for match in found:
            state, host, said = match.groups()
            self._lines[host] = state, said
            self._say(match.string.replace("\n", "\n" + progress.INDENT), state)

    @staticmethod
    def _change(result):
        """What a change is: nothing is changed in check mode, which a single task may be in."""
        return "to do" if result.task.check_mode else "changed"

    def _title(self, result):
        """Name of the task, and of the item if it is one of a loop."""
        name = self._name_of(result.task)
        item = self._get_item_label(result.result) if self._is_item(result) else None
        return name if item is None else f"{name} (item={progress.plain(item)})"

    @staticmethod
    def _is_item(result):
        """Whether it is the result of an item, which may have results of its own, and not of the whole loop."""
        return result.task.loop and ("ansible_loop_var" in result.result or "results" not in result.result)

    @staticmethod
    def _name_of(task):
        return task.get_name().strip().removeprefix("crossaccount.audit_logs.")
