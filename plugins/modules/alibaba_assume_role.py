#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: alibaba_assume_role
short_description: Get temporary credentials of a RAM role of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Assumes a role, in this account or in another, and returns the credentials of the session.
  - The result is registered, and not shown, as if the task said C(no_log), whether it does or not. Failures are shown.
options:
  role_arn:
    description: ARN of the role.
    type: str
    required: true
  session_name:
    description: Name of the session, which the audit events of its calls carry; 2 to 64 characters.
    type: str
    default: crossaccount.audit_logs
    aliases: [role_session_name]
  duration_seconds:
    description: Length of the session in seconds, from 900 to the role's maximum.
    type: int
    default: 3600
    aliases: [session_expiration]
  external_id:
    description: External id that the role's trust policy asks for.
    type: str
  policy:
    description: Policy that restricts the session further; at most 2048 characters.
    type: json
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
notes:
  - "API calls: AssumeRole, in check mode too."
  - The access key of an account's root user can't assume a role. That of a RAM user can.
  - A role that was made a moment ago may not be found yet.
seealso:
  - module: crossaccount.audit_logs.alibaba_caller_info
"""

EXAMPLES = r"""
- name: Enter a member account
  crossaccount.audit_logs.alibaba_assume_role:
    role_arn: acs:ram::2234567890123456:role/resourcedirectoryaccountaccessrole
  register: member

- name: Look around there
  crossaccount.audit_logs.ram_role_info:
    access_key_id: "{{ member.credentials.access_key_id }}"
    access_key_secret: "{{ member.credentials.access_key_secret }}"
    security_token: "{{ member.credentials.security_token }}"
"""

RETURN = r"""
credentials:
  description: The credentials, under the names of the options that take them.
  returned: success
  type: dict
  contains:
    access_key_id:
      description: Access key.
      type: str
      returned: always
    access_key_secret:
      description: Secret of the access key.
      type: str
      returned: always
    security_token:
      description: Token of the session.
      type: str
      returned: always
    expiration:
      description: When the session ends.
      type: str
      returned: always
      sample: "2026-01-31T23:59:59Z"
account_id:
  description: Id of the account that the role is in.
  returned: success
  type: str
  sample: "2234567890123456"
arn:
  description: ARN of the session.
  returned: success
  type: str
  sample: acs:ram::2234567890123456:role/resourcedirectoryaccountaccessrole/crossaccount.audit_logs
assumed_role_id:
  description: Id of the role, and the name of the session.
  returned: success
  type: str
  sample: "300012345678901234:crossaccount.audit_logs"
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import sessions
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def main():
    module = AlibabaModule(argument_spec=sessions.options(), supports_check_mode=True)
    problem = sessions.problem(module.params)
    if problem:
        module.fail_json(msg=problem)
    try:
        session = module.cloud.assume_role(module.params)
    except CloudError as error:
        module.fail_for(error, f"assume the role {module.params['role_arn']}")
    credentials, user = session["Credentials"], session["AssumedRoleUser"]
    module.exit_json(
        changed=False,
        credentials={
            "access_key_id": credentials["AccessKeyId"],
            "access_key_secret": credentials["AccessKeySecret"],
            "security_token": credentials["SecurityToken"],
            "expiration": credentials["Expiration"],
        },
        account_id=user["Arn"].split(":")[3],
        arn=user["Arn"],
        assumed_role_id=user["AssumedRoleId"],
    )


if __name__ == "__main__":
    main()
