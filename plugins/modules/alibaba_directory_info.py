#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: alibaba_directory_info
short_description: What an account is in its resource directory on Alibaba Cloud
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says in which resource directory an account is, and for which services it may act for the directory, as its
    management account or as a delegated administrator.
options:
  account_id: {description: 'Id of the account. Without it, the account is asked for its id.', type: str}
  service:
    description: Name of a service, such as V(audit.log.aliyuncs.com). With it, the module returns RV(problem).
    type: str
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: GetResourceDirectory, then ListTrustedServiceStatus for each 100 services; GetCallerIdentity without
    O(account_id)."
  - ListTrustedServiceStatus is for management accounts and delegated administrators
    (U(https://www.alibabacloud.com/help/en/resource-management/developer-reference/api-resourcedirectorymaster-2022-04-19-listtrustedservicestatus)).
    For other accounts, the module expects a code that begins with C(EntityNotExist) (assumption
    C(alibaba-directory-refusal-codes)).
seealso:
  - module: crossaccount.audit_logs.log_audit
  - module: crossaccount.audit_logs.sls_collection_policy
"""

EXAMPLES = r"""
- name: Ask
  crossaccount.audit_logs.alibaba_directory_info:
  register: found

- name: Read whether Log Audit Service may collect from the directory here
  crossaccount.audit_logs.alibaba_directory_info:
    service: audit.log.aliyuncs.com
  register: found

- name: Stop if it may not
  ansible.builtin.fail:
    msg: "{{ found.problem }}"
  when: found.problem is not none
"""

RETURN = r"""
account_id: {description: Id of the account., type: str, returned: success, sample: "1234567890123456"}
management_account_id:
  description: Id of the management account of its directory; null if it is in none.
  returned: success
  type: str
  sample: "1234567890123456"
problem:
  description: Why the account may not act for the directory in O(service), as a sentence; null if it may.
  returned: with O(service)
  type: str
  version_added: 0.7.0
  sample: account 1234567890123456 is neither the management account of a resource directory nor a delegated administrator of
    audit.log.aliyuncs.com there
trusted_services:
  description: The services that may act for the directory through this account. Empty if it is neither the management
    account nor a delegated administrator.
  returned: success
  type: list
  elements: str
  sample: [audit.log.aliyuncs.com]
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError

PRODUCT = "resourcedirectory"
NO_DIRECTORY = ("ResourceDirectoryNotInUse",)
NO_ADMINISTRATOR = ("EntityNotExist", "EntityNotExists")  # assumption alibaba-directory-refusal-codes
PAGE = 100


def services_of(cloud, account_id):
    """The services for which an account is an administrator."""
    services, number = [], 1
    while True:
        body = cloud.call(
            PRODUCT, "ListTrustedServiceStatus", AdminAccountId=account_id, PageNumber=number, PageSize=PAGE)
        page = (body.get("EnabledServicePrincipals") or {}).get("EnabledServicePrincipal") or []
        services += [one["ServicePrincipal"] for one in page]
        if len(page) < PAGE:
            return services
        number += 1


def problem(account_id, management_account_id, services, service):
    """Why an account may not act for its directory in a service; None if it may: assumption alibaba-directory-administrators."""
    if service in services or account_id == management_account_id:
        return None
    return (f"account {account_id} is neither the management account of a resource directory nor a delegated administrator of"
            f" {service} there: let the management account register it, or use the management account in its place")


def main():
    module = AlibabaModule(dict(account_id=dict(type="str"), service=dict(type="str")))
    cloud, account_id, service = module.cloud, module.params["account_id"], module.params["service"]
    module.refuse(account_id is not None and log_audit.account_problem("account_id", [account_id]))
    services = []
    try:
        account_id = account_id or cloud.call("sts", "GetCallerIdentity")["AccountId"]
        found = retry.unless(NO_DIRECTORY, lambda: cloud.call(PRODUCT, "GetResourceDirectory")["ResourceDirectory"])
        if found:
            services = retry.unless(NO_ADMINISTRATOR, lambda: services_of(cloud, account_id))
    except CloudError as error:
        module.fail_for(error, "ask about the resource directory")
    services, management = sorted(services or []), found["MasterAccountId"] if found else None
    answer = {"problem": problem(account_id, management, services, service)} if service else {}
    module.exit_json(changed=False, account_id=account_id, management_account_id=management, trusted_services=services, **answer)


if __name__ == "__main__":
    main()
