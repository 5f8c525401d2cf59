#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_collection_policy_info
short_description: Get collection policies of Alibaba Cloud's Log Audit Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns one collection policy, or lists all collection policies, including the policies of the service itself.
options:
  name: {description: 'Name of the policy. If it is not given, the module lists all policies.', type: str}
  product_code: {description: 'Code of a product, such as V(oss). The module returns only the policies for this product.', type: str}
  data_code:
    description: Code of a kind of logs, such as V(access_log). The module returns only the policies for this kind of logs.
    type: str
  central_project:
    description: Name of a project. The module returns only the policies that deliver to this project. Mutually exclusive with O(name).
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.collection_policies
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls: with O(name), GetCollectionPolicy; without O(name), ListCollectionPolicies for each 100 policies.'
seealso:
  - module: crossaccount.audit_logs.sls_collection_policy
"""

EXAMPLES = r"""
- name: See which logs of buckets are collected, and where they go
  crossaccount.audit_logs.sls_collection_policy_info:
    product_code: oss
  register: found
"""

RETURN = r"""
policies:
  description:
    - If O(name) is given, the policy of this name, or an empty list if the policy does not exist. Otherwise, all policies.
    - Each policy always has all keys of RV(crossaccount.audit_logs.sls_collection_policy#module:policy).
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import collection_policies, info, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule, Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import said


def policy_of(body):
    settings, facts = collection_policies.policy(body)
    return {**facts, **settings}


def main():
    module = AlibabaModule(dict(
        name=dict(type="str"),
        policy_region=dict(type="str", choices=["cn-shanghai", "ap-southeast-1", "cn-heyuan-acdr-1"]),
        product_code=dict(type="str"),
        data_code=dict(type="str"),
        central_project=dict(type="str"),
    ), mutually_exclusive=[("name", "central_project")])
    cloud = Cloud(module, collection_policies.region_for(module.params))
    filters = said({
        **{key: module.params[option] for option, key in collection_policies.CODES.items()},
        "centralProject": module.params["central_project"],
    })
    policies = info.read(
        module, ("collection policy", "collection policies"), collection_policies.name_problem,
        collection_policies.MISSING,
        lambda name: policy_of(cloud.call("sls", "GetCollectionPolicy", name, **filters)["collectionPolicy"]),
        lambda: map(policy_of, sls.listed(
            cloud, "ListCollectionPolicies", key="data", page=collection_policies.PAGE, **filters)))
    module.exit_json(changed=False, policies=policies)


if __name__ == "__main__":
    main()
