# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run was started: with which playbook, and for which hosts. Private."""
from __future__ import annotations

from pathlib import Path

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ..module_utils._texts import one_line

display = Display()
# How the names of the options begin.
_OPTIONS = ("audit_logs_", "aws_trail_", "alibaba_collection_", "alibaba_log_audit_", "alibaba_trail_")
PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


def importers() -> list[Path]:
    """Playbooks of somebody else with which the run was started."""
    names = [str(name) for name in context.CLIARGS.get("args") or []]
    paths = [Path(name) for name in names if not name.startswith("crossaccount.audit_logs.")]
    return [path for path in paths if path.resolve().parent != PLAYBOOKS]


def check_limit(groups: dict[str, list[str]], names: list[str], limit: str) -> None:
    """Whether C(--limit) leaves accounts, or localhost where preflight says that there are none. Otherwise all plays are skipped.

    :param groups: names of hosts by group.
    :param names: of the groups with accounts.
    :param limit: that of the command line.
    :raises AnsibleError: it does not; in a run of somebody else's playbook, only if the inventory has no accounts.
    """
    accounts = list(dict.fromkeys(host for name in names for host in groups.get(name, [])))
    left = _hosts(groups, limit)
    if left & {*accounts} or not accounts and "localhost" in left:
        return
    if not accounts:
        raise AnsibleError(
            f"--limit {limit} selects no account: the inventory has no hosts in the groups {', '.join(names)}. If a play on localhost"
            " adds the accounts, add localhost to --limit"
        )
    some = ", ".join(accounts[:3]) + (f" and {len(accounts) - 3} more" if len(accounts) > 3 else "")
    sentence = f"--limit {limit} selects none of the accounts ({some}), so this run does nothing for audit logs"
    if not importers():
        raise AnsibleError(sentence)
    display.warning(sentence)


def check_names(groups: dict[str, list[str]], names: list[str]) -> None:
    """Whether the names of accounts can be shown: Ansible prints the name of a host as it is, also in an error about it.

    :raises AnsibleError: they cannot.
    """
    for name in names:
        for host in groups.get(name, []):
            if one_line(host) != host:
                raise AnsibleError(f"The name of the host '{one_line(host)}' in the group {name} contains characters that cannot be seen,"
                                   " or that control a terminal: rename the host")


def drop_empty_answers() -> None:
    """Forget options of C(--extra-vars) that are empty strings, such as empty fields of a survey: the inventory counts.

    Has an effect only in Ansible's main process, before the first play.
    """
    known = load_extra_vars(DataLoader())  # the dictionary that all plays read
    for name in [name for name, value in known.items() if value == "" and name.startswith(_OPTIONS)]:
        del known[name]


def _hosts(groups: dict[str, list[str]], limit: str) -> set[str]:
    inventory = InventoryManager(loader=DataLoader(), parse=False)
    for name, hosts in groups.items():
        inventory.add_group(name)
        for host in hosts:
            inventory.add_host(host, group=name)
    inventory.subset(limit)
    return {host.name for host in inventory.get_hosts(["all", "localhost"])}
