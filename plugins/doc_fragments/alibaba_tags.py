# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options of modules for something of Alibaba Cloud that has tags."""

    DOCUMENTATION = r"""
options:
  tags:
    description: Tags, as a dictionary. Without the option they are left alone; C({}) takes all off.
    type: dict
  purge_tags:
    description: Whether tags that O(tags) does not list are taken off. Those of O(required_tags) stay.
    type: bool
    default: true
  required_tags:
    description:
      - Tags by which one knows whose it is. An existing one without them is refused, and with O(state=absent) kept.
      - A new one gets them.
      - To adopt an existing one, give them as O(tags), and leave this option out.
    type: dict
"""
