#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: alibaba_directory_info
short_description: Get the status of an account in its resource directory on Alibaba Cloud
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the resource directory of an account, and the services for which the account may act for the directory. The account acts as the
    management account or as a delegated administrator.
options:
  include_accounts:
    description: Whether to list the accounts of the directory. For this, the account must be the management account or a delegated
      administrator of a trusted service.
    type: bool
    default: false
    version_added: 0.7.0
  account_id: {description: 'Id of the account. If it is not given, the module gets the id with a call.', type: str}
  service:
    description: Name of a service, such as V(audit.log.aliyuncs.com). If it is given, the module returns RV(problem).
    type: str
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: GetResourceDirectory, then ListTrustedServiceStatus for each 100 services; GetCallerIdentity without
    O(account_id); with O(include_accounts) also ListAccounts for each 100 accounts."
  - Only management accounts and delegated administrators may call ListTrustedServiceStatus
    (U(https://www.alibabacloud.com/help/en/resource-management/developer-reference/api-resourcedirectorymaster-2022-04-19-listtrustedservicestatus)).
    For other accounts, the module expects an error code that begins with C(EntityNotExist) (assumption C(alibaba-directory-refusal-codes)).
seealso:
  - module: crossaccount.audit_logs.log_audit
  - module: crossaccount.audit_logs.sls_collection_policy
"""

EXAMPLES = r"""
- name: Get the resource directory
  crossaccount.audit_logs.alibaba_directory_info:
  register: found

- name: Read whether Log Audit Service may collect from the directory here
  crossaccount.audit_logs.alibaba_directory_info:
    service: audit.log.aliyuncs.com
  register: found

- name: Stop if Log Audit Service may not collect from the directory
  ansible.builtin.fail:
    msg: "{{ found.problem }}"
  when: found.problem is not none
"""

RETURN = r"""
account_id:
  description: Id of the account that was checked, O(account_id) or the account of the credentials.
  type: str
  returned: success
  sample: "1234567890123456"
accounts:
  description: All accounts of the resource directory, also accounts that are not in use. Null if the account is in no resource directory.
  returned: if O(include_accounts) is true
  type: list
  elements: dict
  version_added: 0.7.0
  contains:
    id: {description: Id of the account., type: str, returned: always}
    name: {description: Display name of the account., type: str, returned: always}
    state: {description: 'State of the account, such as V(CreateSuccess) or V(Deleting).', type: str, returned: always}
    is_active: {description: Whether the account is in use., type: bool, returned: always}
id:
  description: Id of the resource directory. Null if the account is in no resource directory.
  returned: success
  type: str
  sample: rd-a1b2c3
  version_added: 0.7.0
management_account_id:
  description: Id of the management account of the resource directory. Null if the account is in no resource directory.
  returned: success
  type: str
  sample: "1234567890123456"
problem:
  description: A sentence that says why the account may not act for the resource directory in O(service). Null if the account may do so.
  returned: if O(service) is given
  type: str
  version_added: 0.7.0
  sample: account 1234567890123456 is neither the management account of a resource directory nor a delegated administrator of
    audit.log.aliyuncs.com there
trusted_services:
  description: Services for which this account may act for the resource directory. Empty if the account is neither the management account
    nor a delegated administrator.
  returned: success
  type: list
  elements: str
  sample: [audit.log.aliyuncs.com]
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import directory, log_audit, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError

NO_DIRECTORY = ("ResourceDirectoryNotInUse",)
NO_ADMINISTRATOR = ("EntityNotExist", "EntityNotExists")  # assumption alibaba-directory-refusal-codes


def services_of(cloud, account_id):
    """The services for which an account is an administrator."""
    services, number = [], 1
    while True:
        body = cloud.call(
            directory.PRODUCT, "ListTrustedServiceStatus", AdminAccountId=account_id, PageNumber=number, PageSize=directory.PAGE)
        page = (body.get("EnabledServicePrincipals") or {}).get("EnabledServicePrincipal") or []
        services += [one["ServicePrincipal"] for one in page]
        if len(page) < directory.PAGE:
            return services
        number += 1


def problem(account_id, management_account_id, services, service):
    """Why an account may not act for its directory in a service; None if it may: assumption alibaba-directory-administrators."""
    if service in services or account_id == management_account_id:
        return None
    return (f"account {account_id} is neither the management account of a resource directory nor a delegated administrator of {service}:"
            " let the management account register it as a delegated administrator, or use the management account instead")


def main():
    module = AlibabaModule(dict(
        account_id=dict(type="str"), service=dict(type="str"), include_accounts=dict(type="bool", default=False)))
    cloud, account_id, service = module.cloud, module.params["account_id"], module.params["service"]
    module.refuse(account_id is not None and log_audit.account_problem("account_id", [account_id]))
    services, answer = [], {}
    try:
        account_id = account_id or cloud.call("sts", "GetCallerIdentity")["AccountId"]
        found = retry.unless(NO_DIRECTORY, lambda: cloud.call(directory.PRODUCT, "GetResourceDirectory")["ResourceDirectory"])
        if found:
            services = retry.unless(NO_ADMINISTRATOR, lambda: services_of(cloud, account_id))
        if module.params["include_accounts"]:
            answer["accounts"] = directory.accounts(cloud, found) if found else None
    except CloudError as error:
        module.fail_for(error, "read the resource directory")
    services, management = sorted(services or []), found["MasterAccountId"] if found else None
    if service:
        answer["problem"] = problem(account_id, management, services, service)
    module.exit_json(
        changed=False, id=found["ResourceDirectoryId"] if found else None, account_id=account_id, management_account_id=management,
        trusted_services=services, **answer)


if __name__ == "__main__":
    main()
