#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_delegated_administrator
short_description: Register an account as a delegated administrator of CloudTrail
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Registers a member account of an AWS organization as a delegated administrator of CloudTrail, or removes the registration. A
    delegated administrator can create, change and delete trails of the organization, which the management account owns.
  - Use credentials of the management account. Only this account can register a delegated administrator.
  - If the service-linked role of CloudTrail does not exist in the management account, CloudTrail creates this role. CloudTrail does not
    enable trusted access. Without trusted access for CloudTrail, the module fails and prints the command that enables trusted access.
  - If a registration is removed, the trails of the organization remain (assumption C(aws-cloudtrail-administrator-registration)).
options:
  account_id: {description: 'Id of the member account, 12 digits.', type: str, required: true}
  state: {description: Whether the account is registered., type: str, choices: [present, absent], default: present}
  wait:
    description: Seconds for which the module tries again while CloudTrail is busy with another change. With V(0), the module tries once.
    type: int
    default: 120
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - An organization can have at most three delegated administrators of CloudTrail. If the organization already has three, the module warns
    in check mode, and CloudTrail refuses another registration.
  - 'API calls: DescribeOrganization, GetCallerIdentity and ListDelegatedAdministrators. For a registration, also
    ListAWSServiceAccessForOrganization, DescribeAccount and RegisterOrganizationDelegatedAdmin; to remove a registration,
    DeregisterOrganizationDelegatedAdmin.'
  - "Permissions in the management account: C(organizations:DescribeOrganization), C(organizations:ListDelegatedAdministrators),
    C(organizations:ListAWSServiceAccessForOrganization), C(organizations:DescribeAccount),
    C(cloudtrail:RegisterOrganizationDelegatedAdmin), C(organizations:RegisterDelegatedAdministrator), C(iam:CreateServiceLinkedRole)
    and C(iam:GetRole); for a removal C(cloudtrail:DeregisterOrganizationDelegatedAdmin) and
    C(organizations:DeregisterDelegatedAdministrator)."
seealso:
  - module: crossaccount.audit_logs.cloudtrail_trail
"""

EXAMPLES = r"""
- name: Let an account manage the trails of the organization
  crossaccount.audit_logs.cloudtrail_delegated_administrator:
    region: eu-west-1
    account_id: "222222222222"
"""

RETURN = r"""
administrators:
  description: Ids of the delegated administrators of CloudTrail in the organization, as they are after the run.
  returned: success
  type: list
  elements: str
  sample: ["222222222222"]
changes:
  description: The change that the run makes, as a text for people. Empty if the run changes nothing.
  returned: success
  type: list
  elements: str
  sample: ["delegated administrator of CloudTrail 222222222222: register"]
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.administrators import MOST, Administrators
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS, code_of
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import PlanError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY, while_refused

# By verb, the name of the parameter; and the error that says that somebody else was faster.
_PARAMETERS = {"register": "MemberAccountId", "deregister": "DelegatedAdminAccountId"}
_DONE = {"register": "AccountRegisteredException", "deregister": "AccountNotRegisteredException"}


def carry_out(module, verb: str) -> bool:
    """Register the account, or remove its registration. Returns whether this changed something."""
    call = getattr(module.client("cloudtrail", retry_decorator=RETRY), f"{verb}_organization_delegated_admin")
    arguments = {_PARAMETERS[verb]: module.params["account_id"]}
    try:
        while_refused(lambda: call(aws_retry=True, **arguments), "ConflictException", lambda: module.params["wait"])
    except AWS_ERRORS as error:
        if code_of(error) != _DONE[verb]:
            raise
        return False
    return True


def main():
    module = AwsModule(argument_spec=dict(
        account_id=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        wait=dict(type="int", default=120),
    ), supports_check_mode=True)
    account_id = module.params["account_id"]
    verb = "register" if module.params["state"] == "present" else "deregister"
    problem = checks.account_id(account_id)
    if problem:
        module.fail_json(msg=problem)
    failed = f"Failed to {verb} account {account_id} as a delegated administrator of CloudTrail"
    found = None
    try:
        found = Administrators(*(module.client(service, retry_decorator=RETRY) for service in ("organizations", "sts")))
        before = found.registered
        changed = (account_id in before) != (verb == "register")
        if changed and verb == "register":
            found.check(account_id)
            if len(before) >= MOST:
                module.warn(f"CloudTrail allows {MOST} delegated administrators, but the organization already has {', '.join(before)}")
        if changed and not module.check_mode:
            changed = carry_out(module, verb)
    except PlanError as error:
        module.fail_json(msg=f"{failed}: {error}")
    except AWS_ERRORS as error:
        said = found and found.reason(code_of(error), account_id, verb)
        module.fail_json_aws(error, msg=f"{failed}: {said}" if said else failed)
    after = sorted({*before, account_id} if verb == "register" else {*before} - {account_id})
    registration = {"account_id": account_id, "service": "cloudtrail.amazonaws.com"}
    diff = {"before": {}, "after": {}}
    if changed:
        diff["after" if verb == "register" else "before"] = registration
    module.exit_json(
        changed=changed, administrators=after,
        changes=[f"delegated administrator of CloudTrail {account_id}: {verb}"] if changed else [],
        diff=diff,
    )


if __name__ == "__main__":
    main()
