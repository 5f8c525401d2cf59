#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_policy_info
short_description: Look at RAM policies of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Looks at one policy with its versions, or lists policies.
options:
  name:
    description: Name of the policy. Without it, all policies of the type are listed.
    type: str
  type:
    description: Whether policies of the account are meant, or those of the system.
    type: str
    choices: [custom, system]
    default: custom
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: with O(name) GetPolicy, ListPolicyVersions, and ListTagResources for one of the account; else
    ListPolicies for each thousand policies."
seealso:
  - module: crossaccount.audit_logs.ram_policy
"""

EXAMPLES = r"""
- name: See what a policy allows
  crossaccount.audit_logs.ram_policy_info:
    name: AliyunLogAuditServiceMonitorAccess
  register: found

- name: See what a policy of the system allows
  crossaccount.audit_logs.ram_policy_info:
    name: AliyunActionTrailDeliveryPolicy
    type: system
"""

RETURN = r"""
policies:
  description: The policy, or none if there is none of this name; without O(name), all policies of the type.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    type:
      description: V(custom) or V(system).
      type: str
      returned: always
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    default_version:
      description: Id of the version that counts.
      type: str
      returned: always
      sample: v1
    attachment_count:
      description: How many users, groups and roles have it.
      type: int
      returned: always
    create_date:
      description: When it was made.
      type: str
      returned: always
      sample: "2026-01-31T23:59:59Z"
    tags:
      description: Its tags; one of the system has none.
      type: dict
      returned: always
    document:
      description: Its document, of the version that counts.
      type: dict
      returned: with O(name)
    versions:
      description: All its versions.
      type: list
      elements: dict
      returned: with O(name)
      contains:
        version_id:
          description: Id of the version.
          type: str
          returned: always
        is_default:
          description: Whether it is the one that counts.
          type: bool
          returned: always
        create_date:
          description: When it was made.
          type: str
          returned: always
        document:
          description: Its document.
          type: dict
          returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import documents, ram
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def one_policy(cloud, name, kind):
    which = {"PolicyName": name, "PolicyType": ram.POLICY_TYPES[kind]}
    try:
        body = cloud.call("ram", "GetPolicy", **which)
        settings, facts = ram.policy(body["Policy"], body["DefaultPolicyVersion"]["PolicyDocument"])
        versions = cloud.call("ram", "ListPolicyVersions", **which)["PolicyVersions"]["PolicyVersion"]
        tags = ram.tags(cloud, "policy", facts["name"]) if kind == "custom" else {}
    except CloudError as error:
        if error.code == "EntityNotExist.Policy":
            return []
        raise
    return [{**facts, **settings, "tags": tags, "versions": [
        {"version_id": one["VersionId"], "is_default": one["IsDefaultVersion"], "create_date": one["CreateDate"],
         "document": documents.from_cloud(one["PolicyDocument"])}
        for one in versions
    ]}]


def all_policies(cloud, kind):
    pages = cloud.pages("ram", "ListPolicies", cursor="Marker", following="Marker", MaxItems=1000,
                        PolicyType=ram.POLICY_TYPES[kind])
    bodies = [body for page in pages for body in page["Policies"]["Policy"]]
    return [{**facts, **settings, "tags": ram.tags_in_list(body)}
            for body in bodies for settings, facts in [ram.policy(body)]]


def main():
    module = AlibabaModule(dict(
        name=dict(type="str"),
        type=dict(type="str", choices=["custom", "system"], default="custom"),
    ))
    name, kind = module.params["name"], module.params["type"]
    module.refuse(name is not None and ram.policy_name_problem(name))
    try:
        policies = all_policies(module.cloud, kind) if name is None else one_policy(module.cloud, name, kind)
    except CloudError as error:
        module.fail_for(error, "list policies" if name is None else f"look at policy {name}")
    module.exit_json(changed=False, policies=policies)


if __name__ == "__main__":
    main()
