# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the session of an account of the deployment."""
from __future__ import annotations

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the session module of the account's cloud, and does not show what it returns; failures are shown."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        self.validate_argument_spec({})
        if "audit_logs_deployment" not in task_vars:
            return {**returned, "failed": True, "msg": "The deployment was not computed: start the playbook at its first task."}
        account = task_vars["audit_logs_deployment"]["accounts"][task_vars["inventory_hostname"]]
        # So that the module does not log its options. Whether failures are shown is for the task to say.
        no_log, self._task.no_log = self._task.no_log, True
        found = self._execute_module(
            module_name=f"crossaccount.audit_logs.{account['cloud']}_session",
            module_args={**account["session"], "account_id": account["account_id"]}, task_vars=task_vars,
        )
        self._task.no_log = no_log
        found.pop("invocation", None)  # has the options for the session
        if found.get("failed"):
            return {**returned, **found}
        for name in ("warnings", "deprecations"):
            returned[name] = found.get(name, [])
        return {**returned, **account, "connection": found["connection"], "changed": False, "_ansible_no_log": True}
