#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_policy
short_description: Manage a custom RAM policy of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a custom policy of RAM.
  - The module compares documents by meaning. If the document differs, the module adds a version and makes this version the default version.
    If the policy already has five versions, the module deletes the oldest version that is not the default. If an existing version has the
    same meaning, the module uses this version again.
options:
  name: {description: 'Name of the policy, 1 to 128 letters, digits and hyphens.', type: str, required: true}
  state:
    description:
      - With V(present), the policy exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the policy with all its versions.
    type: str
    choices: [present, absent]
    default: present
  document:
    description:
      - Policy document, as a dictionary or JSON, at most 6144 characters.
      - Required for a new policy.
    type: json
  description: {description: 'Description, 1 to 1024 characters. RAM can change a description, but cannot remove it.', type: str}
  detach:
    description: With O(state=absent), whether the module detaches the policy from all users, groups and roles. If V(false), RAM rejects the
      deletion of an attached policy.
    type: bool
    default: false
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - 'API calls: GetPolicy; ListTagResources if O(tags) or O(deployment) is given. The module makes further calls only if something differs.'
seealso:
  - module: crossaccount.audit_logs.ram_policy_info
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: Create the policy of Log Audit Service in a central account, for its projects
  crossaccount.audit_logs.ram_policy:
    name: AliyunLogAuditServiceDispatchPolicy
    document:
      Version: "1"
      Statement:
        - Effect: Allow
          Action: log:*
          Resource: acs:log:*:*:project/slsaudit-*
    deployment: example-audit-logs

- name: Detach the policy from all users, groups and roles, and delete it
  crossaccount.audit_logs.ram_policy:
    name: AliyunLogAuditServiceDispatchPolicy
    state: absent
    detach: true
"""

RETURN = r"""
policy:
  description: The policy after the run. Null if the policy does not exist.
  returned: success
  type: dict
  contains:
    name: {description: Name of the policy., type: str, returned: always}
    type: {description: 'Always V(custom), because the module manages no system policies.', type: str, returned: if the policy exists}
    document: {description: Document of the default version., type: dict, returned: always}
    description: {description: Description of the policy. May be empty., type: str, returned: always}
    default_version:
      description: Id of the default version. In check mode, the id of the current default version.
      type: str
      returned: if the policy exists
      sample: v1
    attachment_count:
      description: Number of users, groups and roles to which the policy is attached.
      type: int
      returned: if the policy exists
    create_date: {description: When the policy was created., type: str, returned: if the policy exists, sample: "2026-01-31T23:59:59Z"}
    tags: {description: Tags of the policy., type: dict, returned: if O(tags) or O(deployment) is given}
retained:
  description: Why the policy was not deleted.
  returned: with O(state=absent), if O(deployment) does not manage the policy
  type: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.ram_policy import Policy


def main():
    module = AlibabaModule(dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        document=dict(type="json"),
        description=dict(type="str"),
        detach=dict(type="bool", default=False),
        **tags.options(),
    ))
    Policy(module).run()


if __name__ == "__main__":
    main()
