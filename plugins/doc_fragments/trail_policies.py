# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of the filters that make policies."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The trails, as dictionaries with C(account_id), C(region), C(name), and optionally C(prefix) and, for the trail
        of an organization, C(organization_id).
    type: list
    elements: dict
    required: true
  form:
    description:
      - What vouches for a caller. With V(accounts), each account has statements that name its trails and paths.
      - With V(source_accounts), one statement lists the accounts; with V(organization), it names the organization. Both
        name the trails with a pattern, C(arn:aws:cloudtrail:*:*:trail/<name>), and leave the prefix to the account.
    type: str
    choices: [accounts, source_accounts, organization]
    default: accounts
  organization_id:
    description: Id of the organization, for O(form=organization).
    type: str
"""
