# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that write a report have in common."""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  readers:
    description:
      - Who can read the files that the module writes, and open the directories that the module creates. For example, a job that merges the
        reports of other jobs may run with another user id.
      - Restrict the readers, because the report shows which accounts are not monitored.
    type: str
    choices: [owner, group, all]
    default: owner
    version_added: 0.7.0
"""
