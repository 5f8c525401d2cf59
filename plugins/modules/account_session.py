#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: account_session
short_description: Open the session of an account, or check to which account credentials belong
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Opens a session in the account of the host, with M(crossaccount.audit_logs.aws_session) or M(crossaccount.audit_logs.alibaba_session).
    If the session belongs to another account, the module fails.
  - Reads the variable C(audit_logs_computed), which must contain the result of M(crossaccount.audit_logs.deployment).
  - The result contains the keys of the session. Ansible registers the result, but never shows it. Failures are shown.
  - With O(role), the module opens no session. It makes one call to get the account of the credentials that the tasks of the role use. If
    the credentials belong to another account, or if C(module_defaults) give other credentials to the modules of amazon.aws, the module
    fails.
options:
  role:
    description:
      - A role of this collection that is used without the playbooks. The option C(account_id) of the role or the variable C(account_id)
        contains the id of the account. If neither is set, the module returns the account of the credentials.
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.attributes.controller
seealso:
  - module: crossaccount.audit_logs.deployment
"""

EXAMPLES = r"""
- name: Open a session in the account
  crossaccount.audit_logs.account_session:
  register: audit_logs_account
"""

RETURN = r"""
connection:
  description: Options with which other modules use the session, for example as C(module_defaults).
  type: dict
  returned: if O(role) is not given
expiration:
  description: When the session ends, in UTC. Null if no role was assumed, because the end of the session is then not known.
  returned: if O(role) is not given
  type: str
  sample: "2026-01-31T23:59:59Z"
arn: {description: ARN of the identity to which the credentials belong., type: str, returned: if O(role) is given}
account_id:
  description:
    - Id of the account.
    - If O(role) is not given, the result also has all other keys that the account has in
      RV(crossaccount.audit_logs.deployment#module:accounts).
  returned: success
  type: str
  sample: "222222222222"
"""
