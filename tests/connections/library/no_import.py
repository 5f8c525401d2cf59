#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that imports what is not there, which Ansible has and modules do not get."""
from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.amazon.aws.plugins.plugin_utils import base  # pylint: disable=unused-import

AnsibleModule({}).exit_json()
