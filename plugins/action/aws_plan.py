# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name; with the option C(role), for the options of a role of this collection."""
from __future__ import annotations

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()
try:
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles import (
        aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation)
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import Options, OptionsError
except ImportError as error:
    raise _requirements.missing(error) from None

_PLANS = {
    "aws_trail": aws_trail.plan,
    "aws_trail_bucket": aws_trail_bucket.plan,
    "aws_trail_cloudwatch": aws_trail_cloudwatch.plan,
    "aws_trail_validation": aws_trail_validation.plan,
}


class ActionModule(NormalAction):
    """Reads the options in Python: as templates of the task, each of them would be compiled in each account."""

    def run(self, tmp=None, task_vars=None):
        role = self._task.args.get("role")
        if role:
            try:
                found = _PLANS[role](Options(role, task_vars, self._templar.template))
            except OptionsError as error:
                return {"failed": True, "msg": str(error)}
            self._task.args = {**self._task.args, **found}
        return super().run(tmp, task_vars)
