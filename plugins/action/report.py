# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the report of the results of accounts: one file to read for machines, and one for people."""
from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import lines
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import page as pages
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports


_OF_INVENTORY = ("name", "account_id", "cloud", "roles", "region")


class ActionModule(ActionBase):
    """Works on the controller; there is no module to run."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({
            "directory": {"type": "path", "required": True},
            "accounts": {"type": "list", "elements": "str"},
            "sources": {"type": "list", "elements": "path"},
            "max_age": {"type": "int", "default": 24},
            "readers": reports.READERS_OPTION,
        }, mutually_exclusive=[("accounts", "sources")])
        directory = Path(options["directory"])
        paths = {"json": directory / "report.json", "html": directory / "report.html"}
        check_mode = self._task.check_mode
        try:
            if options["sources"]:
                expected = [{field: account[field] for field in _OF_INVENTORY} for account in task_vars["audit_logs_computed"]["accounts"].values()]
                report = reports.merged([Path(source) for source in options["sources"]], expected, options["max_age"])
            else:
                # In check mode, results of accounts are not written either.
                report = reports.report(directory, options["accounts"], complete=not check_mode)
            if not check_mode:
                reports.write(paths["json"], reports.as_json(report), options["readers"])
                reports.write(paths["html"], pages.page(report), options["readers"])
        except reports.ReportError as error:
            return {**returned, "failed": True, "msg": str(error)}
        return {
            **returned,
            "changed": True,
            "summary": report["summary"],
            "lines": lines.of_results(report["accounts"]),
            "failed_accounts": [one["name"] for one in report["accounts"] if one["state"] == "failed"],
            "paths": {kind: str(path) for kind, path in paths.items()},
        }
