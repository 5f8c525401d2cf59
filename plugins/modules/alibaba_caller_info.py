#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: alibaba_caller_info
short_description: Whose credentials these are on Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says to which account and identity the credentials belong that a module would use.
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: GetCallerIdentity. Nothing has to be allowed for it."
seealso:
  - module: crossaccount.audit_logs.alibaba_assume_role
"""

EXAMPLES = r"""
- name: Ask
  crossaccount.audit_logs.alibaba_caller_info:
  register: caller

- name: Stop in the wrong account
  ansible.builtin.assert:
    that: caller.account_id == "1234567890123456"
"""

RETURN = r"""
account_id:
  description: Id of the account.
  returned: success
  type: str
  sample: "1234567890123456"
arn:
  description: ARN of the caller.
  returned: success
  type: str
  sample: acs:ram::1234567890123456:assumed-role/deploy/nightly
identity_type:
  description: C(Account), C(RAMUser) or C(AssumedRoleUser).
  returned: success
  type: str
  sample: AssumedRoleUser
principal_id:
  description: Id of the user; of a role, its id and the name of the session.
  returned: success
  type: str
  sample: "300012345678901234:nightly"
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def main():
    module = AlibabaModule(argument_spec={}, supports_check_mode=True)
    try:
        caller = module.cloud.call("sts", "GetCallerIdentity")
    except CloudError as error:
        module.fail_for(error, "ask whose credentials these are")
    module.exit_json(
        changed=False, account_id=caller["AccountId"], arn=caller["Arn"], identity_type=caller["IdentityType"],
        principal_id=caller["PrincipalId"],
    )


if __name__ == "__main__":
    main()
