# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook of an estate that imports one of this collection. Private."""
from __future__ import annotations

from pathlib import Path

from ansible import context

from .._run import importers
from .inventory import options


def unread_variables(loader, groups, accounts) -> list[str]:
    """A sentence for each file next to such a playbook with variables of this collection for its accounts.

    Ansible reads these files for the plays of that playbook alone.

    :param loader: Ansible's loader of files.
    :param groups: names of hosts by group.
    :param accounts: names of hosts.
    """
    sources = [Path(source).resolve() for source in context.CLIARGS.get("inventory") or [] if "," not in source]
    read = {path if path.is_dir() else path.parent for path in sources}
    having = {"group_vars": [name for name, hosts in groups.items() if not accounts.isdisjoint(hosts)], "host_vars": accounts}
    found = {}
    for folder in dict.fromkeys(path.resolve().parent for path in importers()):
        for kind, names in having.items() if folder not in read else ():
            if (folder / kind).is_dir():
                for path in (path for name in sorted(names) for path in loader.find_vars_files(str(folder / kind), name)):
                    ours = sorted(options().intersection(loader.load_from_file(path, unsafe=True) or {}))
                    if ours:
                        found[str(path)] = (
                            f"{path}: {', '.join(ours)}: these variables have no effect on the playbooks of crossaccount.audit_logs,"
                            f" because Ansible uses {kind} next to a playbook only for the plays of that playbook. Move them to {kind}"
                            " next to the inventory"
                        )
    return list(found.values())
