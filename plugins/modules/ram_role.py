#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_role
short_description: Manage a RAM role of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a RAM role, with its trusted services and accounts and its attached policies.
  - The module can create, change and delete a custom policy together with the role, if only this role has the policy.
  - The module compares documents by meaning.
options:
  name:
    description: Name of the role, 1 to 64 letters, digits, periods and hyphens. The name is not case-sensitive.
    type: str
    required: true
  state:
    description:
      - With V(present), the role exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module detaches all policies from the role and deletes the role. It also deletes the policies in O(policies)
        that have a document. Other policies stay.
    type: str
    choices: [present, absent]
    default: present
  trust_policy:
    description:
      - Who may assume the role, as a dictionary or JSON. This document replaces the existing trust policy of the role.
      - A new role needs O(trust_policy), O(trusted_services) or O(trusted_accounts).
    type: json
  trusted_services:
    description:
      - In place of O(trust_policy), the services that may assume the role, such as C(log.aliyuncs.com), or a service that acts for an
        account, such as C(1234567890123456@log.aliyuncs.com).
      - Unless O(purge_trusted_services=false), the role trusts only these services, and the accounts in O(trusted_accounts).
    type: list
    elements: str
  trusted_accounts:
    description:
      - In place of O(trust_policy), the ids of accounts whose users and roles may assume the role if the policies of their own account
        allow it. C(1234567890123456) stands for C(acs:ram::1234567890123456:root).
      - Unless O(purge_trusted_services=false), the role trusts only these accounts, and the services in O(trusted_services).
    type: list
    elements: str
  purge_trusted_services:
    description:
      - Whether the module removes trusted services that O(trusted_services) does not list. If V(false), services that act for an account,
        such as C(1234567890123456@log.aliyuncs.com), stay trusted.
      - With V(false) and O(state=absent), the module retains a role that trusts a service that acts for an account, if neither
        O(trusted_services) nor O(remove_trusted_services) lists this service.
    type: bool
    default: true
    version_added: 0.7.0
  remove_trusted_services:
    description: With O(purge_trusted_services=false), services that the role must no longer trust.
    type: list
    elements: str
    version_added: 0.7.0
  description: {description: 'Description, 1 to 1024 characters. RAM can change a description, but cannot remove it.', type: str}
  max_session_duration:
    description: Maximum session duration of the role in seconds, 3600 to 43200. The default of RAM is 3600.
    type: int
  policies:
    description: Policies that are attached to the role. An empty list detaches all policies, unless O(purge_policies=false).
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the policy., type: str, required: true}
      type:
        description: Whether the policy is a custom policy of the account (V(custom)) or a system policy (V(system)).
        type: str
        choices: [custom, system]
        default: custom
      document:
        description:
          - Policy document of a custom policy, as a dictionary or JSON, at most 6144 characters.
          - If it is given, the module manages the policy together with the role. The module creates the policy before the role, changes the
            policy as M(crossaccount.audit_logs.ram_policy) does, and deletes the policy after the role.
          - O(tags), O(purge_tags), O(deployment), O(previous_deployments) and O(adopt) also apply to the policy.
          - If RAM refuses to create the role, the module deletes a policy that it created for the role.
        type: json
        version_added: 0.4.0
  purge_policies: {description: Whether the module detaches policies that O(policies) does not list., type: bool, default: true}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - 'API calls: GetRole; ListPoliciesForRole if O(policies) is given, or O(state=absent); ListTagResources if O(tags) or O(deployment) is
    given; for a policy with a document, GetPolicy, and ListTagResources if O(tags) or O(deployment) is given. The module makes further
    calls only if something differs.'
  - The module reads the policies to attach before it changes anything.
  - The module fails for a service-linked role. For such a role, use M(crossaccount.audit_logs.ram_service_linked_role).
seealso:
  - module: crossaccount.audit_logs.ram_policy
  - module: crossaccount.audit_logs.ram_role_info
  - module: crossaccount.audit_logs.ram_service_linked_role
"""

EXAMPLES = r"""
- name: Create a role with which Log Audit Service of a central account collects from this account
  crossaccount.audit_logs.ram_role:
    name: sls-audit-service-monitor
    trusted_services: [log.aliyuncs.com, 1234567890123456@log.aliyuncs.com]
    policies:
      - name: AliyunLogAuditServiceMonitorAccess
        document:
          Version: "1"
          Statement:
            - Effect: Allow
              Action: log:*
              Resource: acs:log:*:*:project/slsaudit-*
      - name: ReadOnlyAccess
        type: system

- name: Create a role for users of another account, with its own trust policy
  crossaccount.audit_logs.ram_role:
    name: auditors
    trust_policy:
      Version: "1"
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal: {RAM: ["acs:ram::1234567890123456:root"]}
          Condition: {Bool: {"acs:MFAPresent": "true"}}

- name: Delete the role, if this deployment manages it
  crossaccount.audit_logs.ram_role:
    name: auditors
    state: absent
    deployment: example-audit-logs
"""

RETURN = r"""
role:
  description: The role after the run. Null if the role does not exist.
  returned: success
  type: dict
  contains:
    name: {description: Name of the role., type: str, returned: always}
    arn:
      description: ARN of the role. The name in the ARN is in lower case.
      type: str
      returned: if the role exists
      sample: acs:ram::1234567890123456:role/sls-audit-service-monitor
    role_id: {description: Id of the role., type: str, returned: if the role exists}
    create_date: {description: When the role was created., type: str, returned: if the role exists, sample: "2026-01-31T23:59:59Z"}
    trust_policy: {description: The trust policy. It says who may assume the role., type: dict, returned: always}
    description: {description: Description of the role. May be empty., type: str, returned: always}
    max_session_duration: {description: Maximum duration of a session of the role in seconds., type: int, returned: always}
    policies:
      description: Policies that are attached to the role, in the format of O(policies), without their documents.
      type: list
      elements: dict
      returned: if O(policies) is given
    tags: {description: Tags of the role., type: dict, returned: if O(tags) or O(deployment) is given}
managed_policies:
  description:
    - For each policy in O(policies) with a document, the return values of M(crossaccount.audit_logs.ram_policy).
    - In this case, C(diff) is a list. It has an item for each of these policies, and at the end an item for the role.
  returned: if at least one of O(policies) has a document
  type: list
  elements: dict
retained_services:
  description: Services that the role still trusts, although O(trusted_services) does not list them.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
retained:
  description: Why the module deleted neither the role nor the policies with a document.
  returned: with O(state=absent), if O(deployment) does not manage the role, or if the role trusts services that are not in
    O(remove_trusted_services)
  type: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.ram_role import Role


def main():
    module = AlibabaModule(dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        trust_policy=dict(type="json"),
        trusted_services=dict(type="list", elements="str"),
        trusted_accounts=dict(type="list", elements="str"),
        purge_trusted_services=dict(type="bool", default=True),
        remove_trusted_services=dict(type="list", elements="str"),
        description=dict(type="str"),
        max_session_duration=dict(type="int"),
        policies=dict(type="list", elements="dict", options=dict(
            name=dict(type="str", required=True),
            type=dict(type="str", choices=["custom", "system"], default="custom"),
            document=dict(type="json"),
        )),
        purge_policies=dict(type="bool", default=True),
        **tags.options(),
    ), mutually_exclusive=[
        ("trust_policy", "trusted_services"), ("trust_policy", "trusted_accounts"), ("trust_policy", "remove_trusted_services"),
    ])
    Role(module).run()


if __name__ == "__main__":
    main()
