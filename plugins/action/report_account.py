# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the result of one account into a file, from which the report is made."""
from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports


class ActionModule(ActionBase):
    """Works on the controller; there is no module to run."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({
            "directory": {"type": "path", "required": True},
            "result": {"type": "dict", "required": True},
        })
        try:
            account = reports.account(options["result"])
            path = reports.account_path(Path(options["directory"]), account["account_id"])
            if not self._task.check_mode:
                reports.write(path, reports.as_json(account))
        except reports.ReportError as error:
            return {**returned, "failed": True, "msg": str(error)}
        return {**returned, "changed": True, "path": str(path), "result": account}
