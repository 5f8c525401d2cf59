#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_session
short_description: Open a session in an AWS account
version_added: 0.4.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - If O(role) is given, assumes the role. Otherwise, gets the account of the credentials. If the credentials belong to another account than
    O(account_id), the module fails.
  - Returns the options with which other modules work in the account, as one dictionary.
options:
  account_id:
    description: Id of the account, 12 digits. If the credentials belong to another account, the module fails. Required if O(role) is a
      name.
    type: str
  role: {description: Name or ARN of the role. A name means a role in O(account_id)., type: str}
  external_id: {description: External id that the trust policy of the role requires., type: str}
  duration_seconds:
    description: Duration of the session in seconds, from 900 to the maximum session duration of the role. The default of AWS is 3600.
    type: int
  wait_for_new_role:
    description:
      - Whether to try again if AWS denies C(AssumeRole) for a role that is less than two minutes old, until it is two minutes old.
      - This works only for a role in the account of the credentials, because the module reads the creation time of the role with
        C(iam:GetRole). If the credentials do not have this permission, the module does not try again.
    type: bool
    default: false
    version_added: 0.7.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - With O(role), the result contains credentials. Set C(no_log) for the task.
  - 'API calls, also in check mode: with O(role) C(AssumeRole), otherwise C(GetCallerIdentity), which needs no permission. If AWS denies
    C(AssumeRole) and O(wait_for_new_role=true), also C(GetRole), and C(AssumeRole) again.'
"""

EXAMPLES = r"""
- name: Open a session in a member account
  crossaccount.audit_logs.aws_session:
    region: eu-west-1
    account_id: "222222222222"
    role: OrganizationAccountAccessRole
  register: member
  no_log: true

- name: Compare a log group of the member account with its configuration
  crossaccount.audit_logs.aws_plan:
    log_group:
      name: audit-logs-cloudtrail-log-group
  module_defaults:
    group/crossaccount.audit_logs.aws: "{{ member.connection }}"
"""

RETURN = r"""
account_id: {description: Id of the account to which the credentials belong., type: str, returned: success, sample: "222222222222"}
arn:
  description: ARN of the identity to which the credentials belong. If O(role) is given, the ARN of the session of the role.
  returned: success
  type: str
  sample: arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/crossaccount.audit_logs
expiration:
  description: When the session ends, in UTC.
  returned: if O(role) is given
  type: str
  sample: "2026-01-31T23:59:59Z"
  version_added: 0.7.0
connection:
  description: Options with which other modules use the session, for example as C(module_defaults).
  returned: success
  type: dict
  contains:
    region: {description: The region of O(region) or of the environment., type: str, returned: if a region is known}
    endpoint_url: {description: The option O(endpoint_url)., type: str, returned: if O(endpoint_url) is given}
    profile:
      description: The option O(profile). Empty if O(role) is given.
      type: str
      returned: if O(profile) or O(role) is given
    access_key:
      description: Access key of the session. Empty if only O(profile) is given.
      type: str
      returned: if O(profile) or O(role) is given
    secret_key:
      description: Secret key of the session. Empty if only O(profile) is given.
      type: str
      returned: if O(profile) or O(role) is given
    session_token:
      description: Token of the session. Empty if only O(profile) is given.
      type: str
      returned: if O(profile) or O(role) is given
"""

import datetime

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.policies import role_arn
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY, while_refused

VISIBLE = 120  # seconds after its creation until STS sees a role: assumption aws-iam-new-role-visible
SESSION_NAME = "crossaccount.audit_logs"


def whose(params):
    """Where the credentials come from, for people."""
    if params["profile"]:
        return f"the profile {params['profile']}"
    return "the options" if params["access_key"] else "the environment"


def open_session(client, arn, external_id, duration_seconds):
    """The ARN of the caller, the options of the role's credentials and when they expire, neither without a role. One call."""
    if not arn:
        return client.get_caller_identity(aws_retry=True)["Arn"], {}, {}
    options = {"ExternalId": external_id, "DurationSeconds": duration_seconds}
    given = {name: value for name, value in options.items() if value is not None}
    answer = client.assume_role(RoleArn=arn, RoleSessionName=SESSION_NAME, **given, aws_retry=True)
    found = answer["Credentials"]
    return answer["AssumedRoleUser"]["Arn"], {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "session_token": found["SessionToken"],
    }, {"expiration": _probes.text_of(found["Expiration"])}


def seconds_until_visible(client, arn):
    """For how long AssumeRole may be denied because the role is new; 0 if the role is old, or its age may not be read."""
    try:
        role = client.get_role(RoleName=arn.rpartition("/")[2], aws_retry=True)["Role"]
    except is_boto3_error_code(["AccessDenied", "NoSuchEntity"]):
        return 0
    age = (datetime.datetime.now(datetime.timezone.utc) - role["CreateDate"]).total_seconds()
    return min(VISIBLE, VISIBLE - age) if role["Arn"] == arn else 0


def main():
    module = AwsModule(argument_spec=dict(
        account_id=dict(type="str"),
        role=dict(type="str"),
        external_id=dict(type="str"),
        duration_seconds=dict(type="int"),
        wait_for_new_role=dict(type="bool", default=False),
    ), supports_check_mode=True)
    account_id, role = module.params["account_id"], module.params["role"]
    named = role and not role.startswith("arn:")
    problem = checks.account_id(account_id) if account_id is not None or named else None
    if problem:
        module.fail_json(msg=problem)
    if named:
        role = role_arn({"account_id": account_id, "region": module.region or ""}, role)
    try:
        client = module.client("sts", retry_decorator=RETRY)
        arn, credentials, expiry = while_refused(
            lambda: open_session(client, role, module.params["external_id"], module.params["duration_seconds"]),
            "AccessDenied",
            lambda: seconds_until_visible(module.client("iam", retry_decorator=RETRY), role) if module.params["wait_for_new_role"] else 0)
    except EOFError:  # botocore has asked for a code on a terminal that there is not
        module.fail_json(
            msg=f"The profile {module.params['profile'] or 'of the environment'} needs an MFA code (mfa_serial), but a task cannot ask"
                " for one: first get credentials of a session with 'aws sts get-session-token', and set them in the environment or in"
                " another profile"
        )
    except Exception as error:  # what gives the credentials, such as a command, raises exceptions of many kinds
        doing = f"Failed to assume the role {role}" if role else "Failed to ask who the caller is"
        module.fail_json_aws(error, msg=f"{doing} with the credentials of {whose(module.params)}")
    owner = arn.split(":")[4]
    if account_id not in (None, owner):
        module.fail_json(
            msg=f"These credentials belong to account {owner}, but the inventory says {account_id}: correct account_id,"
            f" or give a role, a profile or credentials of account {account_id}"
        )
    # An empty string keeps a module from taking keys besides a profile, or a profile besides keys, from the environment.
    profile = module.params["profile"]
    options = {
        "region": module.region,
        "endpoint_url": module.params["endpoint_url"],
        **(dict.fromkeys(("access_key", "secret_key", "session_token"), "") if profile and not role else {}),
        "profile": "" if role else profile,
        **credentials,
    }
    connection = {name: value for name, value in options.items() if value is not None}
    module.exit_json(changed=False, account_id=owner, arn=arn, connection=connection, **expiry)


if __name__ == "__main__":
    main()
