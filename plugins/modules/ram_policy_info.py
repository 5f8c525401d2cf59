#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_policy_info
short_description: Get RAM policies of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns one policy with its versions, or lists policies.
options:
  name: {description: 'Name of the policy. If it is not given, the module lists all policies of the type.', type: str}
  type:
    description: Whether to return custom policies of the account (V(custom)) or system policies (V(system)).
    type: str
    choices: [custom, system]
    default: custom
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls: with O(name), GetPolicy, ListPolicyVersions, and for a custom policy ListTagResources; without O(name), ListPolicies for
    each 1000 policies.'
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
  description:
    - If O(name) is given, the policy of this name, or an empty list if the policy does not exist. Otherwise, all policies of O(type).
    - Each policy has the keys of RV(crossaccount.audit_logs.ram_policy#module:policy). The key C(document) is missing if O(name) is not
      given. The key C(tags) is always returned, and is empty for a system policy. C(type) is V(custom) or V(system).
  returned: success
  type: list
  elements: dict
  contains:
    versions:
      description: All versions of the policy.
      type: list
      elements: dict
      returned: if O(name) is given
      contains:
        version_id: {description: Id of the version., type: str, returned: always}
        is_default: {description: Whether this version is the default., type: bool, returned: always}
        create_date: {description: When the version was created., type: str, returned: always}
        document: {description: Document of the version., type: dict, returned: always}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import documents, info, ram
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule


def one_policy(cloud, name, kind):
    which = {"PolicyName": name, "PolicyType": ram.POLICY_TYPES[kind]}
    body = cloud.call("ram", "GetPolicy", **which)
    settings, facts = ram.policy(body["Policy"], body["DefaultPolicyVersion"]["PolicyDocument"])
    versions = cloud.call("ram", "ListPolicyVersions", **which)["PolicyVersions"]["PolicyVersion"]
    tags = ram.tags(cloud, "policy", facts["name"]) if kind == "custom" else {}
    return {**facts, **settings, "tags": tags, "versions": [
        {"version_id": one["VersionId"], "is_default": one["IsDefaultVersion"], "create_date": one["CreateDate"],
         "document": documents.from_cloud(one["PolicyDocument"])}
        for one in versions
    ]}


def main():
    module = AlibabaModule(dict(
        name=dict(type="str"),
        type=dict(type="str", choices=["custom", "system"], default="custom"),
    ))
    cloud, kind = module.cloud, module.params["type"]
    policies = info.read(
        module, ("policy", "policies"), ram.policy_name_problem, ("EntityNotExist.Policy",),
        lambda name: one_policy(cloud, name, kind),
        lambda: ram.listed(cloud, "Policies", PolicyType=ram.POLICY_TYPES[kind]))
    module.exit_json(changed=False, policies=policies)


if __name__ == "__main__":
    main()
