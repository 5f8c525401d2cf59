# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: accounts
type: stdout
short_description: Show the progress of many accounts, and one line for each account at the end
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - For playbooks whose hosts are accounts. For other playbooks, the callback shows the same output for each host.
  - On a terminal, a line at the bottom shows how many accounts have finished the current task, and how many have failed. The callback
    redraws the line in place and removes it at the end.
  - In a pipe, a file, a CI job (the environment variable E(CI) is set), under ansible-runner and so in AWX and Automation Platform
    (E(AWX_ISOLATED_DATA_DIR) is set), or on a terminal of the type C(dumb), the callback prints plain lines instead. It prints one line at
    the start and one at the end of each play, and one every O(interval) seconds in between.
  - The callback shows each failed task immediately, with account, task and message, even if the failure is rescued or ignored. If a task is
    retried, the callback shows the first and the last failure. It also shows errors in other results, warnings, diffs and the output of
    M(ansible.builtin.debug). It only counts all other results.
  - The callback shows control characters as escape sequences such as C(\x1b), so that no text can erase or imitate other output.
  - If a task runs in check mode, the callback shows its changes as C(to do) and does not count them as changed, even if the run itself is
    not in check mode.
  - If C(no_log) hides a failure, the callback shows only account and task. If O(show_task_path_on_failure) is true, it also shows file and
    line of a failed task.
  - At the end, the callback prints one line for each account, failed accounts first. An account in which a failure was rescued is a
    warning, and these accounts come next. The callback does not repeat lines that the playbook has printed with
    M(crossaccount.audit_logs.summary).
  - With C(-v) or more, P(ansible.builtin.default#callback) shows everything. Without C(-v), only the options of
    P(ansible.builtin.default#callback) for failures, differences and custom stats have an effect.
options:
  interval:
    description: Seconds between two plain lines while a play is running.
    type: int
    default: 30
    env: [{name: CROSSACCOUNT_PROGRESS_INTERVAL}]
    ini: [{section: callback_accounts, key: interval}]
extends_documentation_fragment:
  - ansible.builtin.default_callback
  - ansible.builtin.result_format_callback
requirements:
  - C(stdout_callback = crossaccount.audit_logs.accounts) in the configuration
"""

import functools
import os
import sys

from ansible import constants as C
from ansible import context
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.utils.fqcn import add_internal_fqcns

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line, visible
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback import progress, results
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback.run import Run
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback.screen import Screen

DEBUG = add_internal_fqcns(["debug"])


def unless_verbose(method):
    """What is shown of an event; with C(-v), or of a single module, the default callback shows it."""
    @functools.wraps(method)
    def show(self, *args, **kwargs):
        if self._display.verbosity or "module_name" in context.CLIARGS:
            getattr(super(CallbackModule, self), method.__name__)(*args, **kwargs)
            return
        # Ansible holds this lock while it forks: a child is not born with the lock in the hands of our thread.
        with self._screen.lock:
            method(self, *args, **kwargs)
            self._screen.draw()
    return show


class CallbackModule(Default):
    """Counts hosts, and shows what fails."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "crossaccount.audit_logs.accounts"

    def __init__(self):
        super().__init__()
        self._messages, self._retried = {}, set()
        self._run = Run()
        self._screen = Screen(self._display, self._run, is_terminal=(
            sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
            # Runner gives Ansible a pseudo-terminal, and makes an event of each drawing.
            and not {"CI", "AWX_ISOLATED_DATA_DIR"} & os.environ.keys()
            and not context.CLIARGS.get("step")  # which asks on the same line
        ))
        self._say, self._note = self._screen.say, self._screen.note

    # Plays

    @unless_verbose
    def v2_playbook_on_start(self, playbook):
        self._screen.open(self.get_option("interval"), self.get_option("display_failed_stderr"), self._stop)
        self._run.start_playbook(len(playbook.get_plays()))
        if context.CLIARGS.get("check"):
            self._say("Check mode: nothing is changed.")

    @unless_verbose
    def v2_playbook_on_vars_prompt(self, *args, **kwargs):
        self._end()

    @unless_verbose
    def v2_playbook_on_play_start(self, play):
        self._end()
        self._run.start_play(play)

    @unless_verbose
    def v2_playbook_on_no_hosts_matched(self):
        if self._run.name:
            self._note(f"{self._run.name}: no hosts matched", "ignored")
        self._run.name = None

    @unless_verbose
    def v2_playbook_on_no_hosts_remaining(self):
        if self._run.name:
            self._note(f"{self._run.name}: no accounts left", "FAILED")

    @unless_verbose
    def v2_playbook_on_task_start(self, task, is_conditional):
        self._start(task)

    @unless_verbose
    def v2_playbook_on_handler_task_start(self, task):
        self._start(task)

    def _start(self, task):
        if self._run.name and not self._run.step and not self._screen.is_terminal:
            self._note(f"{self._run.name}: {progress.accounts(len(self._run.hosts))}")
        self._run.step = results.name_of(task)
        self._run.through.clear()
        if task.debugger or C.config.get_config_value("ENABLE_TASK_DEBUGGER"):
            self._screen.is_terminal = False  # the debugger has it

    def _end(self, how="ended"):
        """Say how the play went that was running."""
        if self._run.name:
            self._note(*self._run.end_play(how))

    def _stop(self):
        """Say where the play was that did not end by itself."""
        running = ", ".join(sorted(self._run.running))
        self._end(f"stopped at {self._run.step}" + (f", unfinished: {running};" if running else ""))

    @unless_verbose
    def v2_playbook_on_stats(self, stats):
        self._end()
        lines = self._run.sum_up(stats)
        if lines:
            self._say("")
        for state, line in lines:
            self._say(line, state)
        self._note(*self._run.total())
        if stats.custom and self.get_option("show_custom_stats"):
            self._say(f"Custom stats: {self._dump_results(stats.custom)}")

    # Results

    @unless_verbose
    def v2_runner_on_start(self, host, task):
        self._run.running.add(host.get_name())

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
            self._run.failed.add(result.host.get_name())

    @unless_verbose
    def v2_runner_on_unreachable(self, result):
        self._finish(result)
        self._report(result, "ignored" if result.task.ignore_unreachable else "FAILED", "unreachable: ")
        if not result.task.ignore_unreachable:
            self._run.failed.add(result.host.get_name())

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
            diff = self._get_diff(visible(shown)) if shown else ""
            if diff:
                state = results.change(result)
                self._say(one_line(f"{state:8} {self.host_label(result)}  {self._title(result)}"), state)
                self._screen.display(diff)  # it has colors

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
        """The task is still running."""

    @unless_verbose
    def v2_runner_on_async_ok(self, result):
        """The result of the task follows."""

    @unless_verbose
    def v2_runner_on_async_failed(self, result):
        """The result of the task follows."""

    def _finish(self, result):
        """Count a host's result."""
        self._run.finish(result.host.get_name(), results.change(result) if result.is_changed() else None)
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
            whole = results.with_causes(message, result.exception.event)
            # Where it is matters if a template or a file that is missing is at fault; the same is not shown twice.
            if whole.startswith("Task failed") or C.config.get_config_value("DISPLAY_TRACEBACK") != ["never"]:
                self._handle_exception(result.result)
        else:
            whole = message
        self._messages[result.host.get_name()] = message
        if result.task.loop and not results.is_item(result):
            answer.pop("results", None)  # each has been shown
        more = results.details(answer, whole)
        if not more and self._run.is_summed_up(result.host.get_name(), kind + whole):
            return  # the task that makes the run fail, after the lines of the summary
        if self.get_option("show_task_path_on_failure"):
            more["task path"] = result.task.get_path()
        text = "\n".join(filter(None, [kind + whole, progress.named(more)]))
        self._say(progress.lines(state, self.host_label(result), self._title(result), text), state)

    def _print(self, result):
        """Show what ansible.builtin.debug is to show."""
        self._clean_results(result.result, result.task.action)
        answer = self._dump_results(result.result, serialize=False)
        value = answer.get("msg", progress.named(answer))
        texts = value if progress.is_texts(value) else [progress.plain(value)]
        found, others = results.account_lines(texts, self._run.known)
        if others:
            self._say(progress.lines("", self.host_label(result), self._title(result), "\n".join(others)))
        if found:
            self._end()
            self._say("")
        for match in found:
            state, host, said = match.groups()
            self._run.lines[host] = state, said
            self._say(match.string.replace("\n", "\n" + progress.INDENT), state)

    def _title(self, result):
        """Name of the task, and of the item if it is one of a loop."""
        name = results.name_of(result.task)
        item = self._get_item_label(result.result) if results.is_item(result) else None
        return name if item is None else f"{name} (item={progress.plain(item)})"
