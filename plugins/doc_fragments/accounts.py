# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the inventory plugins. Private to this collection."""
from __future__ import annotations


class ModuleDocFragment:
    """Options that do not depend on the cloud."""

    DOCUMENTATION = r"""
options:
  archive:
    description:
      - Id or name of the account that stores the logs.
      - If no account or more than one account has this id or name, the plugin fails and returns no hosts.
      - If O(archive) is not set, the plugin does not create the group of the archive account.
    type: str
  hostnames:
    description:
      - V(name) names each host after its account. The plugin replaces each sequence of characters other than letters, digits, C(.), C(_)
        and C(-) by one C(-). If two accounts then have the same name, or if Ansible or this collection reserves the name, for example
        C(all), the plugin appends the id of the account to the name.
      - V(account_id) names each host after the id of its account. The name of the host then does not change if the account is renamed.
    type: str
    choices: [name, account_id]
    default: name
  tags:
    description:
      - Whether the plugin reads the tags of all accounts and sets the variable C(account_tags).
      - If an entry of O(include) or O(exclude) has the key C(tag), the plugin does this in any case.
    type: bool
    default: false
"""

    EMAILS = r"""
options:
  emails:
    description: Whether the plugin sets the variable C(account_email).
    type: bool
    default: false
"""
