# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums up what a run did in each account, or what a verification found out about it."""
from __future__ import annotations

from ansible.plugins.action import ActionBase

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
        if options["of"] == "verification":
            results = [hostvars[host]["audit_logs_result"]["result"] for host in alive]
            said = lines.of_results(results)
            failed = [result["name"] for result in results if result["state"] == "failed"]
        else:
            said = lines.of_changes(hostvars, hosts, alive, self._task.check_mode)
            failed = [host for host in hosts if "audit_logs_failure" in hostvars[host]]
            failed += [host for host in hosts if host not in alive]
        limit = ",".join(inventory.with_archives(failed, groups))
        return {**returned, "changed": False, "lines": said, "limit": limit}
