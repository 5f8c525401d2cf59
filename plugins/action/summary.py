# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums up what a run did in each account, or what a verification found out about it."""
from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _run
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import lines


class ActionModule(ActionBase):
    """Reads variables of all hosts, which no module could."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({
            "of": {"type": "str", "choices": ["changes", "verification"], "required": True},
        })
        hostvars, groups = task_vars["hostvars"], task_vars["groups"]
        hosts, alive = task_vars["ansible_play_hosts_all"], task_vars["ansible_play_hosts"]
        begun = "audit_logs_computed" in task_vars
        if options["of"] == "verification" and begun:
            results = [hostvars[host]["audit_logs_result"]["result"] for host in alive]
            said, notes = lines.of_results(results), lines.notes(results)
            failed = {result["name"]: result for result in results if result["state"] == "failed"}
        else:
            before = task_vars.get("audit_logs_computed", {}).get("before", {})
            notes = []
            said = lines.of_changes(hostvars, hosts, alive, self._task.check_mode, before, begun)
            failed = lines.failures(hostvars, hosts, begun)
        notes += lines.not_permitted(hostvars, alive)
        dropped = [host for host in hosts if host not in alive]
        again = inventory.with_archives([*failed, *dropped], groups)
        if any(not hostvars[host].get("inventory_file") for host in again):  # a play on localhost has added it
            again = list(dict.fromkeys(["localhost", *again]))
        continues = "continue" in (hostvars[host].get("audit_logs_on_failure") for host in hosts) or (
            task_vars.get("audit_logs_on_failure") == "continue")
        return {
            **returned, "changed": False, "lines": lines.bounded(list(map(one_line, said))), "notes": list(map(one_line, notes)),
            "limit": ",".join(again),
            "failures": {host: one_line(f"{failure['phase']}: {failure['reason']}") for host, failure in failed.items()},
            "also": ["localhost"] if continues else [],
            "next": self._next(continues) if failed and _run.importers() else "",
        }

    @staticmethod
    def _next(continues):
        if continues:
            return "The plays that follow run without these accounts. The exit status of the run is that of a failure."
        return ("The run ends here, before the plays that follow. To run them although accounts failed, set audit_logs_on_failure:"
                " continue where you import this playbook.")
