# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes the deployment from the inventory. Works on the controller; there is no module to run."""
from __future__ import annotations

import os
from pathlib import Path

from ansible import constants as C
from ansible.inventory.manager import split_host_pattern
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()
try:
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import now, text_of
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _sessions
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import PROBLEMS
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import earlier, importer, inventory
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report.previous import Previous
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import region_of_environment
except ImportError as error:
    raise _requirements.missing(error) from None

_OF_IMPORTER = {"audit_logs_on_failure"}  # it concerns the plays of the importing playbook


class ActionModule(ActionBase):
    """Reads all variables of all hosts, which no module could."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        returned = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(
            {"writes_report": {"type": "bool", "default": False}, "merges_reports": {"type": "bool", "default": False}})
        regions = {cloud.name: region_of_environment(cloud.name) for cloud in inventory.CLOUDS}
        # Ansible goes on without the hosts of an inventory plugin that failed.
        problems = [*self._problems_of_settings(), *task_vars.get(PROBLEMS, [])]
        problems = problems or _requirements.problems(inventory.clouds(task_vars["groups"])) or self._problems_of_importer(task_vars)
        if not problems:
            problems, accounts = inventory.read(task_vars["hostvars"], task_vars["groups"], regions)
        part = not problems and inventory.part_problem(
            task_vars["groups"], set(task_vars["ansible_play_hosts"]), task_vars, any(options.values()))
        problems = [part] if part else problems
        if not problems and options["writes_report"]:
            problems = self._problems_of_reports(task_vars, accounts) or self._read_previous(task_vars, accounts)
        # Before a problem, because such a variable may be what is missing.
        for sentence in importer.unread_variables(self._loader, task_vars["groups"], set(inventory.accounts(task_vars["groups"]))):
            self._display.warning(one_line(sentence))
        if problems:
            return {**returned, "failed": True, "msg": "\n".join(map(one_line, problems))}
        doubts = _sessions.warnings(accounts, os.environ, options["writes_report"])
        for sentence in [*inventory.warnings(accounts), *doubts]:
            self._display.warning(one_line(sentence))
        in_this_run = set(task_vars["ansible_play_hosts"])  # an earlier playbook of this run may have dropped some
        for account in accounts.values():
            if "members" in account:
                account["members_in_this_run"] = [member for member in account["members"] if member in in_this_run]
                account["updated"] = sorted(self._updated(task_vars, account["name"]) - in_this_run)
        # Registered for all hosts by an earlier playbook of the run
        hosts = accounts if "audit_logs_computed" in task_vars else ()
        before = {host: earlier.results(task_vars["hostvars"][host]) for host in hosts}
        # Options of sessions may come from a vault.
        return {**returned, "changed": False, "accounts": accounts, "before": before, "began": text_of(now()), "_ansible_no_log": True}

    @staticmethod
    def _problems_of_settings():
        """A sentence if Ansible would show the options of modules, which contain the keys of sessions, with each task."""
        if not C.DISPLAY_ARGS_TO_STDOUT:
            return []
        return ["Ansible would show the keys of the sessions: switch off display_args_to_stdout (ANSIBLE_DISPLAY_ARGS_TO_STDOUT)"]

    @staticmethod
    def _problems_of_importer(task_vars):
        """A sentence for each variable that a playbook gives which imports this one: no other host could read it."""
        of_host = task_vars["hostvars"].raw_get(task_vars["inventory_hostname"])
        return [
            f"{name} is set in a playbook that imports this one, where other hosts cannot read the variable. Set it in the inventory, or"
            " with --extra-vars"
            for name in sorted(inventory.options() & task_vars.keys() - _OF_IMPORTER)
            if name not in of_host or of_host[name] is not task_vars[name] and of_host[name] != task_vars[name]
        ]

    @staticmethod
    def _problems_of_reports(task_vars, accounts):
        """A sentence for each directory that the end of the run could not write into."""
        found = {}
        for host in accounts:
            directory = task_vars["hostvars"][host].get("audit_logs_report_directory") or reports.DIRECTORY
            found[directory] = reports.directory_problem(Path(directory))
        return [f"audit_logs_report_directory: {directory}: {problem}" for directory, problem in found.items() if problem]

    def _read_previous(self, task_vars, accounts):
        """Add to the accounts of this run what the previous verification knew; returns a sentence for each problem."""
        previous = Previous()
        for host in [host for host in accounts if host in set(task_vars["ansible_play_hosts"])]:
            own, account = task_vars["hostvars"][host], accounts[host]
            if "member" in account["roles"] and "digest_chains" in account:
                directory = own.get("audit_logs_report_directory") or reports.DIRECTORY
                found = previous.chains(account, directory, own.get("audit_logs_previous_report") or None)
                account["previous"] = found
                starts = [{"region": one["region"], **one["start"]} for one in (found or {}).get("regions", []) if one["start"]]
                account["trail"] = {**account["trail"], "chains": starts}
        for sentence in previous.warnings():
            self._display.warning(one_line(sentence))
        return previous.problems

    def _updated(self, task_vars, archive):
        """Hosts that other runs have updated; those of this run are updated when it is their turn."""
        pattern = str(task_vars["hostvars"][archive].get("audit_logs_updated") or "")
        if not any(part[0] not in "!&" for part in split_host_pattern(pattern) if part):
            return set()  # nobody is named; Ansible would take that for everybody, or everybody else
        lookup = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar)
        return set(lookup.run([pattern], variables={"groups": task_vars["groups"]}))
