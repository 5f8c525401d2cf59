#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: alibaba_session
short_description: Open a session in an account of Alibaba Cloud
version_added: 0.4.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the account and the identity to which the credentials of the module belong, and the options with which other modules use the
    same credentials. With O(assume_role), the module opens a session of the role once, and returns the credentials of this session.
  - Ansible registers the result, but never shows it, even without C(no_log). Failures are shown.
options:
  account_id: {description: 'Id of the account, in quotes. If the credentials belong to another account, the module fails.', type: str}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls, also in check mode: with O(assume_role) AssumeRole, otherwise GetCallerIdentity, which needs no permission.'
  - The access key of an account's root user cannot assume a role. The access key of a RAM user can.
  - If a role was created a moment ago, the service may not find the role yet.
"""

EXAMPLES = r"""
- name: Open a session in a member account
  crossaccount.audit_logs.alibaba_session:
    account_id: "2234567890123456"
    assume_role:
      role_arn: acs:ram::2234567890123456:role/resourcedirectoryaccountaccessrole
  register: member

- name: Work in the member account
  module_defaults:
    group/crossaccount.audit_logs.alibaba: "{{ member.connection }}"
  block:
    - name: List the roles of the account
      crossaccount.audit_logs.ram_role_info:
"""

RETURN = r"""
account_id: {description: Id of the account to which the credentials belong., type: str, returned: success, sample: "2234567890123456"}
arn:
  description: ARN of the identity to which the credentials belong. If O(assume_role) is given, the ARN of the session of the role.
  returned: success
  type: str
  sample: acs:ram::2234567890123456:role/resourcedirectoryaccountaccessrole/crossaccount.audit_logs
identity_type:
  description: Kind of identity, C(Account), C(RAMUser) or C(AssumedRoleUser).
  returned: success
  type: str
  sample: AssumedRoleUser
principal_id:
  description: Id of the user. For a role, the id of the role and the name of the session.
  returned: success
  type: str
  sample: "300012345678901234:crossaccount.audit_logs"
expiration:
  description: When the session ends, in UTC.
  returned: if O(assume_role) is given
  type: str
  sample: "2026-01-31T23:59:59Z"
connection:
  description:
    - Options with which other modules use the same credentials and endpoints, for example as C(module_defaults).
    - If an access key was given as an option, RV(connection) does not contain this access key, because Ansible hides secret options.
  returned: success
  type: dict
  contains:
    access_key_id: {description: Id of the access key of the session., type: str, returned: if O(assume_role) is given}
    access_key_secret: {description: Secret of the access key of the session., type: str, returned: if O(assume_role) is given}
    security_token: {description: Token of the session., type: str, returned: if O(assume_role) is given}
    profile: {description: The option O(profile)., type: str, returned: if O(assume_role) is not given}
    region: {description: The region of O(region) or of the environment., type: str, returned: always}
    endpoints: {description: The option O(endpoints)., type: dict, returned: always}
    protocol: {description: The option O(protocol)., type: str, returned: always}
    http_proxy: {description: The option O(http_proxy)., type: str, returned: always}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.credentials import whose
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import said

CONNECTION = ("region", "endpoints", "protocol", "http_proxy")


def open_session(module):
    """Who one is, with the options for other modules."""
    options = {name: module.params[name] for name in CONNECTION}
    options["endpoints"] = said(options["endpoints"])
    session = module.cloud.open_session()
    if session is None:
        caller = module.cloud.call("sts", "GetCallerIdentity")
        return {
            "account_id": caller["AccountId"], "arn": caller["Arn"], "identity_type": caller["IdentityType"],
            "principal_id": caller["PrincipalId"], "connection": {**options, "profile": module.params["profile"]},
        }
    user, credentials = session["AssumedRoleUser"], session["Credentials"]
    return {
        "account_id": user["Arn"].split(":")[3], "arn": user["Arn"], "identity_type": "AssumedRoleUser",
        "principal_id": user["AssumedRoleId"], "expiration": credentials["Expiration"], "connection": {
            **options, "access_key_id": credentials["AccessKeyId"], "access_key_secret": credentials["AccessKeySecret"],
            "security_token": credentials["SecurityToken"],
        },
    }


def main():
    module = AlibabaModule(dict(account_id=dict(type="str")))
    try:
        found = open_session(module)
    except CloudError as error:
        module.fail_for(error, f"get the account of the credentials of {whose(module)}")
    except KeyError as error:
        module.fail_json(
            msg=f"Could not get the account of the credentials of {whose(module)}: the response of STS has no {error}: check endpoints"
                " and http_proxy")
    expected = module.params["account_id"]
    if expected not in (None, found["account_id"]):
        module.fail_json(msg=f"These credentials belong to account {found['account_id']}, but the inventory says "
                             f"{expected}: correct account_id, or give a role, a profile or credentials of account {expected}")
    found["connection"] = said(found["connection"])
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
