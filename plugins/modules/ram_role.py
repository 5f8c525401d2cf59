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
  - Creates, changes and deletes a RAM role, with the services and accounts that it trusts and the policies that it has.
  - A custom policy that only this role has can be created, changed and deleted together with the role.
  - Documents are compared by meaning.
options:
  name:
    description: Name of the role, 1 to 64 letters, digits, periods and hyphens. Case makes no difference.
    type: str
    required: true
  state:
    description:
      - With V(present) the role exists with the given options. Settings without an option stay unchanged.
      - With V(absent) all policies are detached from it, and it is deleted. The policies stay, but for those of O(policies)
        that have a document.
    type: str
    choices: [present, absent]
    default: present
  trust_policy:
    description:
      - Who may assume the role, as a dictionary or JSON; it replaces the trust policy that the role has.
      - A new role needs it, O(trusted_services) or O(trusted_accounts).
    type: json
  trusted_services:
    description:
      - In place of a trust policy, the services that may assume the role, such as C(log.aliyuncs.com), or a service that
        acts for an account, such as C(1234567890123456@log.aliyuncs.com).
      - Together with O(trusted_accounts), all that are trusted.
    type: list
    elements: str
  trusted_accounts:
    description:
      - In place of a trust policy, the ids of accounts whose users and roles may assume the role as far as the account's
        own policies let them. C(1234567890123456) stands for C(acs:ram::1234567890123456:root).
      - Together with O(trusted_services), all that are trusted.
    type: list
    elements: str
  purge_trusted_services:
    description:
      - Whether services that the role trusts and O(trusted_services) does not list lose their trust. With V(false), those
        that act for an account, such as C(1234567890123456@log.aliyuncs.com), keep it.
      - With V(false) and O(state=absent), a role that trusts others than O(remove_trusted_services) is retained.
    type: bool
    default: true
    version_added: 0.7.0
  remove_trusted_services:
    description: With O(purge_trusted_services=false), services that lose the trust of the role.
    type: list
    elements: str
    version_added: 0.7.0
  description: {description: 'Description, 1 to 1024 characters. RAM can change it, but cannot remove it.', type: str}
  max_session_duration: {description: 'Longest session of the role in seconds, 3600 to 43200. The default of RAM is 3600.', type: int}
  policies:
    description: Policies that the role has. An empty list detaches all of them, unless O(purge_policies=false).
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the policy., type: str, required: true}
      type: {description: 'Whether it is one of the account, or of the system.', type: str, choices: [custom, system], default: custom}
      document:
        description:
          - What a custom policy allows and denies, as a dictionary or JSON, at most 6144 characters. The policy is then
            managed with the role - created before it, changed as by M(crossaccount.audit_logs.ram_policy), and deleted
            after it.
          - O(tags), O(purge_tags), O(deployment), O(previous_deployments) and O(adopt) are those of the policy as well.
          - If the role is refused, a policy that was created for it is deleted.
        type: json
        version_added: 0.4.0
  purge_policies: {description: Whether policies that O(policies) does not list are detached., type: bool, default: true}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - "API calls: GetRole; ListPoliciesForRole if O(policies) is given, or O(state=absent); ListTagResources if O(tags) or
    O(deployment) is given; for a policy with a document GetPolicy, and ListTagResources likewise. More only if
    something differs."
  - A policy to attach is read before anything is changed.
  - The module fails for a service-linked role, see M(crossaccount.audit_logs.ram_service_linked_role).
seealso:
  - module: crossaccount.audit_logs.ram_policy
  - module: crossaccount.audit_logs.ram_role_info
  - module: crossaccount.audit_logs.ram_service_linked_role
"""

EXAMPLES = r"""
- name: A role with which Log Audit Service of a central account collects from this one
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

- name: A role for people of another account, with a trust policy of its own
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
