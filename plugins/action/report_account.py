# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a verification found out about an account into a file, from which the report is created."""
from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import visible
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts


class ActionModule(ActionBase):
    """Reads variables of the account and of its archive account, which no module could."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({
            "directory": {"type": "path", "required": True},
            "readers": reports.READERS_OPTION,
        })
        account = task_vars["audit_logs_computed"]["accounts"][task_vars["inventory_hostname"]]
        try:
            result = reports.account(visible(accounts.result(account, task_vars["hostvars"])))
            path = reports.account_path(Path(options["directory"]), result["account_id"])
            if not self._task.check_mode:
                reports.write(path, reports.as_json(result), options["readers"])
        except reports.ReportError as error:
            return {**returned, "failed": True, "msg": str(error)}
        return {**returned, "changed": True, "path": str(path), "result": result}
