# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the report of the results of accounts: one file to read for machines, and one for people."""
from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import page as pages
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports


class ActionModule(ActionBase):
    """Works on the controller; there is no module to run."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({
            "directory": {"type": "path", "required": True},
            "accounts": {"type": "list", "elements": "str"},
            "sources": {"type": "list", "elements": "path", "default": []},
        })
        directory = Path(options["directory"])
        paths = {"json": directory / "report.json", "html": directory / "report.html"}
        check_mode = self._task.check_mode
        try:
            sources = [Path(source) for source in options["sources"]]
            # In check mode, results of accounts are not written either.
            report = reports.report(directory, options["accounts"], sources, complete=not check_mode)
            if not check_mode:
                reports.write(paths["json"], reports.as_json(report))
                reports.write(paths["html"], pages.page(report))
        except reports.ReportError as error:
            return {**returned, "failed": True, "msg": str(error)}
        return {
            **returned,
            "changed": True,
            "summary": report["summary"],
            "paths": {kind: str(path) for kind, path in paths.items()},
        }
