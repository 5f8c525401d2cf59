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
      - If no account or more than one account has this id or name, there is no inventory.
      - If it is not set, the group of the archive does not exist.
    type: str
  hostnames:
    description:
      - V(name) names each host after its account. Each sequence of other characters than letters, digits, C(.), C(_) and C(-) becomes one
        C(-). If two accounts then have the same name, or the name means something else to Ansible, the host's name is the account's name
        and id.
      - V(account_id) names each host after the id of its account, so the host keeps its name when the account is renamed.
    type: str
    choices: [name, account_id]
    default: name
  tags:
    description:
      - Read the tags of all accounts, and set the variable C(account_tags).
      - Tags in O(include) or O(exclude) do the same.
    type: bool
    default: false
"""

    EMAILS = r"""
options:
  emails:
    description: Set the variable C(account_email).
    type: bool
    default: false
"""
