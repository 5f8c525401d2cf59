# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the session of an account of the deployment, or proves the account of the credentials that a role uses alone."""
from __future__ import annotations

import os
from collections.abc import Mapping

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()
try:
    from ansible.executor.module_common import _get_action_arg_defaults

    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import account_ids
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import Options, OptionsError
except ImportError as error:
    raise _requirements.missing(error) from None

display = Display()
# Options of amazon.aws that decide which account and which endpoint a module calls, and their aliases.
_CREDENTIALS = {
    "access_key", "aws_access_key", "aws_access_key_id", "aws_secret_access_key", "aws_secret_key", "secret_key",
    "access_token", "aws_security_token", "aws_session_token", "session_token", "aws_profile", "profile", "aws_config",
    "aws_endpoint_url", "endpoint_url", "s3_url", "aws_region", "region",
}
# Modules with which the roles on AWS write.
_WRITERS = [
    "amazon.aws.cloudwatchlogs_log_group", "amazon.aws.iam_role", "amazon.aws.kms_key", "amazon.aws.s3_bucket", "community.aws.s3_lifecycle",
    *(f"crossaccount.audit_logs.{name}" for name in (
        "cloudtrail_selectors", "cloudtrail_trail", "cloudwatchlogs_log_group", "destination_policy", "iam_role", "kms_key",
        "s3_bucket_logging",
    )),
]
_IN_FILES = (
    "With these settings, Ansible would write the keys of the session into files: switch off keep_remote_files"
    " (ANSIBLE_KEEP_REMOTE_FILES). With the connection local, also set ansible_pipelining: true"
)
_NOT_COMPUTED = (
    "Preflight did not run, so the settings of this account are unknown. Start setup.yml, verify.yml or destroy.yml at its first task"
)


class _Resolved(Mapping):
    """The variables of a task. Reading one resolves its templates."""

    def __init__(self, variables, template):
        self._variables = variables
        self._template = template

    def __getitem__(self, name):
        return self._template(self._variables[name])

    def __contains__(self, name):
        return name in self._variables

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)


class ActionModule(ActionBase):
    """Runs the session module of the cloud, and does not show what it returns; failures are shown."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec({"role": {"type": "str"}})
        if options["role"]:
            return {**returned, **self._proof(options["role"], task_vars)}
        if "audit_logs_computed" not in task_vars:
            return {**returned, "failed": True, "msg": _NOT_COMPUTED}
        if not self._is_pipelining_enabled("new"):
            return {**returned, "failed": True, "msg": _IN_FILES}
        account = task_vars["audit_logs_computed"]["accounts"][task_vars["inventory_hostname"]]
        if "refused" in account:
            return {**returned, "failed": True, "msg": account["refused"]}
        options = {**account["session"], "account_id": account["account_id"]}
        if account["cloud"] == "aws" and "AWS_ACCESS_KEY_ID" in os.environ:
            options.setdefault("profile", "")  # as in botocore, keys of the environment win over its AWS_PROFILE
        found = self._session(account["cloud"], options, task_vars)
        if found.get("failed"):
            return {**returned, **found}
        # The keys of the session are registered, and not shown.
        opened = {"connection": found["connection"], "expiration": found.get("expiration")}
        return {**returned, **account, **opened, **_warnings(found), "_ansible_no_log": True}

    def _proof(self, role, task_vars):
        """Whose the credentials are that the tasks of a role use; fails if they belong to another account."""
        cloud = role.partition("_")[0]
        settings = self._defaults(f"crossaccount.audit_logs.{cloud}_session")
        try:
            if cloud == "aws":
                self._check_defaults(settings)
            options = Options(role, task_vars, self._templar.template)
            self._check_options(role, task_vars)
            self._doubt_ids(role, options)
            asked = {"account_id": options.get("account_id", "account_id"), "region": options.region_or_none()}
        except OptionsError as error:
            return {"failed": True, "msg": str(error)}
        asked = {name: value for name, value in asked.items() if value}
        found = self._session(cloud, {**settings, **asked}, task_vars)
        if found.get("failed"):
            return found
        return {"changed": False, "account_id": found["account_id"], "arn": found["arn"], **_warnings(found)}

    def _check_options(self, role, task_vars):
        """Refuse what preflight would refuse, before the first call."""
        cloud = next(one for one in inventory.CLOUDS if role.startswith(f"{one.name}_"))
        try:
            problems = cloud.role_problems(role, _Resolved(task_vars, self._templar.template))
        except ImportError as error:  # of the packages of the cloud, which only its checks load
            raise _requirements.missing(error) from None
        if problems:
            raise OptionsError("\n".join(problems))

    @staticmethod
    def _doubt_ids(role, options):
        """The cloud proves the id of the account itself. A role on Alibaba Cloud also trusts what an id says of another account."""
        name = f"{role}_archive_account_id"
        value = options.variable(name) if role.startswith("alibaba_") else None
        doubt = value and account_ids.doubt(str(value))
        if doubt:
            display.warning(f"{name}: {doubt}")

    def _check_defaults(self, settings):
        """All modules that write must act in the account that is proven here."""
        own = {name: value for name, value in settings.items() if name in _CREDENTIALS}
        for module in _WRITERS:
            found = {name: value for name, value in self._defaults(module).items() if name in _CREDENTIALS}
            if found != own:
                different = ", ".join(sorted(name for name in own.keys() | found.keys() if own.get(name) != found.get(name)))
                raise OptionsError(
                    f"module_defaults: {module} has other credentials or another region ({different}) than the modules of"
                    " crossaccount.audit_logs. Set these options only for the group crossaccount.audit_logs.aws, which includes the"
                    " modules of amazon.aws and community.aws, not for single modules or other groups"
                )

    def _defaults(self, module):
        defaults = _get_action_arg_defaults(module, self._task, self._templar._engine)
        return self._templar.template(defaults)

    def _session(self, cloud, options, task_vars):
        # So that the module does not log its options. Whether failures are shown is for the task to say.
        no_log, self._task.no_log = self._task.no_log, True
        try:
            found = self._execute_module(
                module_name=f"crossaccount.audit_logs.{cloud}_session", module_args=options, task_vars=task_vars,
            )
        except BaseException as error:  # that of a timeout is no Exception
            command = next(iter(getattr(self._connection, "ended", [])), "")
            if not command or type(error).__name__ != "TaskTimeoutError":
                raise
            return {"failed": True, "msg": self._hanging(command, options.get("profile"))}
        finally:
            self._task.no_log = no_log
        found.pop("invocation", None)  # has the options for the session
        return found

    def _hanging(self, command, profile):
        """The name of the command alone: its arguments can be secrets."""
        return (
            f"Timed out after {self._task.timeout} seconds: the command {command}, which gives the credentials of"
            f" {f'the profile {profile}' if profile else 'the environment'}, did not end, so it was stopped. Run the command in a shell"
            " to see what it waits for, or increase audit_logs_timeout"
        )


def _warnings(found):
    return {name: found[name] for name in ("warnings", "deprecations") if name in found}
