#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_organization_info
short_description: Get the accounts of an AWS organization
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Lists all accounts of the organization to which the account of the credentials belongs.
  - Only the management account and delegated administrators may list the accounts. For other accounts, RV(accounts) is null.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: DescribeOrganization, and ListAccounts for each page of 20 accounts."
seealso:
  - module: crossaccount.audit_logs.aws_plan
"""

EXAMPLES = r"""
- name: List the accounts of the organization
  crossaccount.audit_logs.aws_organization_info:
    region: eu-west-1
  register: organization
"""

RETURN = r"""
id:
  description: Id of the organization. Empty if the account is in no organization. Null if the account may not read the organization.
  returned: success
  type: str
  sample: o-a1b2c3d4e5
management_account_id: {description: Id of the management account. Null if RV(id) is empty or null., returned: success, type: str}
accounts:
  description: All accounts of the organization, also accounts that are not active. Null if the account is in no organization, or may not
    list the accounts.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Id of the account., returned: success, type: str}
    name: {description: Name of the account., returned: success, type: str}
    state: {description: 'State of the account, such as V(ACTIVE) or V(SUSPENDED).', returned: success, type: str}
    is_active: {description: Whether the state is V(ACTIVE)., returned: success, type: bool}
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import organization
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def main():
    module = AwsModule(argument_spec={}, supports_check_mode=True)
    client = module.client("organizations", retry_decorator=RETRY)
    found, accounts = None, None
    try:
        found = organization.describe(client)
        accounts = organization.accounts(client) if found else None
    except is_boto3_error_code("AccessDeniedException") as error:
        # Organizations has other words for accounts that may not list accounts at all: assumption aws-organizations-refusals.
        if "is not authorized to perform" in str(error):
            module.warn(
                f"cannot find accounts of the organization that are not in the inventory, because organizations:{error.operation_name} is"
                " denied"
            )
    except AWS_ERRORS as error:  # pylint: disable=duplicate-except
        module.fail_json_aws(error, msg="Failed to list the accounts of the organization")
    found = {} if found is None else {"Id": "", **found}
    module.exit_json(
        changed=False, id=found.get("Id"), management_account_id=found.get("MasterAccountId"), accounts=accounts)


if __name__ == "__main__":
    main()
