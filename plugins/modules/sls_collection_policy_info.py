#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_collection_policy_info
short_description: Look at collection policies of Alibaba Cloud's Log Audit Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Looks at one collection policy, or lists all of them, those that belong to the service among them.
options:
  name:
    description: Name of the policy. Without it, all policies are listed.
    type: str
  policy_region:
    description:
      - Region whose endpoint of SLS is asked, in place of O(region). Policies are served in these only, wherever the
        logs are.
      - Without it, O(region) if it is one of them, else V(cn-shanghai).
    type: str
    choices: [cn-shanghai, ap-southeast-1, cn-heyuan-acdr-1]
  product_code:
    description: Code of a product, such as V(oss), to see only its policies.
    type: str
  data_code:
    description: Code of a kind of logs, such as V(access_log), to see only its policies.
    type: str
  central_project:
    description: Name of a project, to see only the policies by which logs go there. Not together with O(name).
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: with O(name) GetCollectionPolicy; else ListCollectionPolicies for each 100 policies."
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
  description: The policy, or none if there is none of this name; without O(name), all policies.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    policy_uid:
      description: Its id.
      type: str
      returned: always
    internal_policy:
      description: Whether it belongs to the service.
      type: bool
      returned: always
    product_code:
      description: Code of the product.
      type: str
      returned: always
    data_code:
      description: Code of the kind of logs.
      type: str
      returned: always
    enabled:
      description: Whether logs are collected.
      type: bool
      returned: always
    policy_config:
      description: Of which instances, as in M(crossaccount.audit_logs.sls_collection_policy).
      type: dict
      returned: always
    centralize_enabled:
      description: Whether logs go to RV(policies[].centralize_config).
      type: bool
      returned: always
    centralize_config:
      description: Where they go; empty if that is nowhere.
      type: dict
      returned: always
    data_region:
      description: Region where the logs of a product are kept that is not in regions, or empty.
      type: str
      returned: always
    data_project:
      description: The project where they are, or empty.
      type: str
      returned: always
    resource_directory:
      description: Of which accounts; empty for the caller's account alone.
      type: dict
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import collection_policies, retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule, Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import said


def policy_of(body):
    settings, facts = collection_policies.policy(body)
    return {**facts, **settings}


def bodies_of(cloud, name, filters):
    if name is None:
        return sls.listed(cloud, "ListCollectionPolicies", key="data", page=collection_policies.PAGE, **filters)
    found = retry.unless(
        collection_policies.MISSING, lambda: cloud.call("sls", "GetCollectionPolicy", name, **filters))
    return [found["collectionPolicy"]] if found else []


def main():
    module = AlibabaModule(dict(
        name=dict(type="str"),
        policy_region=dict(type="str", choices=["cn-shanghai", "ap-southeast-1", "cn-heyuan-acdr-1"]),
        product_code=dict(type="str"),
        data_code=dict(type="str"),
        central_project=dict(type="str"),
    ), mutually_exclusive=[("name", "central_project")])
    params, name = module.params, module.params["name"]
    module.refuse(name is not None and collection_policies.name_problem(name))
    filters = said({
        **{key: params[option] for option, key in collection_policies.CODES.items()},
        "centralProject": params["central_project"],
    })
    try:
        bodies = bodies_of(Cloud(module, collection_policies.region_for(params)), name, filters)
        policies = [policy_of(body) for body in bodies]
    except CloudError as error:
        module.fail_for(error, "list collection policies" if name is None else f"look at collection policy {name}")
    module.exit_json(changed=False, policies=policies)


if __name__ == "__main__":
    main()
