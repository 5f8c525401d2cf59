# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that imports what is not there."""
from __future__ import annotations

import no_such_package  # pylint: disable=unused-import,import-error

from ansible.module_utils.basic import AnsibleModule

AnsibleModule({}).exit_json()
