#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_collection_policy
short_description: Manage a collection policy of Alibaba Cloud's Log Audit Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a collection policy of Log Audit Service, a part of Simple Log Service (SLS). The policy defines which logs
    of a cloud product the service collects, from which accounts, and to which destination.
  - The policy reaches other accounts through the resource directory. For this, the caller must be the management account of the directory,
    or a delegated administrator of C(audit.log.aliyuncs.com). Without a resource directory, use M(crossaccount.audit_logs.log_audit).
options:
  name:
    description: Name of the policy, 3 to 63 lower case letters, digits, hyphens and underscores. The first character is a letter.
    type: str
    required: true
  state:
    description:
      - With V(present), the policy exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the policy. Collected logs stay.
    type: str
    choices: [present, absent]
    default: present
  product_code:
    description: Code of the product, such as V(oss). Required for a new policy. The code cannot be changed later.
    type: str
  data_code:
    description: Code of the kind of logs, such as V(access_log). Required for a new policy. The code cannot be changed later.
    type: str
  enabled: {description: Whether the service collects logs. The default for a new policy is V(true)., type: bool}
  policy_config:
    description: The instances of the product from which the service collects logs. By default, a new policy is for all instances.
    type: dict
    suboptions:
      resource_mode:
        description: V(all) for all instances, V(instanceMode) for the instances in O(policy_config.instance_ids), or V(attributeMode) for
          the instances with O(policy_config.regions) and O(policy_config.resource_tags).
        type: str
        choices: [all, instanceMode, attributeMode]
        required: true
      instance_ids: {description: 'Ids of instances, with V(instanceMode).', type: list, elements: str}
      regions: {description: 'Regions of instances, with V(attributeMode). The default is all regions.', type: list, elements: str}
      resource_tags: {description: 'Tags of instances, with V(attributeMode). By default, instances can have any tags.', type: dict}
  centralize_enabled:
    description: Whether the service also delivers the logs of all accounts and regions to O(centralize_config).
    type: bool
  centralize_config:
    description: Destination of the logs. Settings that are not given stay unchanged.
    type: dict
    suboptions:
      dest_region: {description: Region of the project., type: str}
      dest_project: {description: 'Name of the project, which must be in the account of the caller.', type: str}
      dest_logstore: {description: 'Name of the logstore. If the logstore does not exist, the service creates it.', type: str}
      dest_ttl:
        description: Days for which a new logstore stores logs. With 3650, it stores logs forever. For an existing logstore, use
          M(crossaccount.audit_logs.sls_logstore).
        type: int
  data_region:
    description: Region in which the service stores the logs of a product that has no regions. After it was set, it cannot be changed.
    type: str
  resource_directory:
    description:
      - The accounts from which the service collects logs. If it is not given, a new policy is only for the account of the caller.
      - With an empty dictionary C({}), a policy is again only for the account of the caller.
    type: dict
    suboptions:
      account_group_type:
        description: V(all) for all accounts of the resource directory, or V(custom) for the accounts in O(resource_directory.members).
        type: str
        choices: [all, custom]
      members: {description: 'Ids of accounts, with V(custom).', type: list, elements: str}
  purge_members:
    description:
      - Whether the module removes members that O(resource_directory) does not list, and whether V(all) may change to V(custom).
      - With V(false) and O(state=absent), the module retains a policy that also has members outside O(resource_directory) and
        O(remove_members). The policy is then only for these members. The module deletes a policy for V(all) accounts only if
        O(resource_directory) is also for V(all) accounts, or if O(remove_members) contains V(all).
    type: bool
    default: true
    version_added: 0.7.0
  remove_members:
    description: With O(purge_members=false), ids of accounts to remove. If the list contains V(all), a policy for V(all) accounts may
      change to a policy for listed accounts.
    type: list
    elements: str
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.collection_policies
notes:
  - 'API calls: GetCollectionPolicy. The module makes further calls only if something differs.'
  - No document lists the codes of all products (assumption C(alibaba-collection-policy-codes)). The console shows the codes, and so do the
    policies that M(crossaccount.audit_logs.sls_collection_policy_info) lists.
  - Policies whose names begin with C(internal_cloudlens_) belong to the service. The module fails for such a name.
  - Use only one endpoint. Two endpoints may have different policies (assumption C(alibaba-collection-policy-endpoints)).
seealso:
  - module: crossaccount.audit_logs.sls_collection_policy_info
  - module: crossaccount.audit_logs.log_audit
  - module: crossaccount.audit_logs.sls_logstore
"""

EXAMPLES = r"""
- name: Collect the access logs of all buckets of all accounts
  crossaccount.audit_logs.sls_collection_policy:
    name: oss-access
    product_code: oss
    data_code: access_log
    centralize_enabled: true
    centralize_config:
      dest_region: cn-hangzhou
      dest_project: example-audit-logs
      dest_logstore: oss-access
      dest_ttl: 180
    resource_directory:
      account_group_type: all

- name: Pause the collection
  crossaccount.audit_logs.sls_collection_policy:
    name: oss-access
    enabled: false

- name: Delete the policy
  crossaccount.audit_logs.sls_collection_policy:
    name: oss-access
    state: absent
"""

RETURN = r"""
retained_accounts:
  description: Ids of accounts from which the policy still collects, although O(resource_directory) does not list them. The item C(all)
    stands for all accounts. Empty if O(purge_members) is true.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
retained:
  description: Why the policy was not deleted.
  returned: with O(state=absent), if the policy is also for accounts that are neither in O(resource_directory) nor in O(remove_members)
  type: str
  version_added: 0.7.0
policy:
  description: The policy after the run. Null if the policy does not exist. Parts that the policy does not have are empty.
  returned: success
  type: dict
  contains:
    name: {description: Name of the policy., type: str, returned: always}
    policy_uid: {description: Id of the policy., type: str, returned: if the policy existed before the run}
    internal_policy: {description: Whether the policy belongs to the service., type: bool, returned: if the policy existed before the run}
    data_project:
      description: Name of the project that stores the logs of a product that is not regional. Empty for a regional product.
      type: str
      returned: if the policy existed before the run
    product_code: {description: Code of the product., type: str, returned: always}
    data_code: {description: Code of the kind of logs of the product., type: str, returned: always}
    enabled: {description: Whether the policy collects logs., type: bool, returned: always}
    policy_config:
      description: Instances of the product from which the policy collects, in the format of O(policy_config).
      type: dict
      returned: always
    centralize_enabled: {description: Whether the logs are also stored in RV(policy.centralize_config)., type: bool, returned: always}
    centralize_config:
      description: Destination of the logs, in the format of O(centralize_config). Empty if the policy has no destination.
      type: dict
      returned: always
    data_region:
      description: Region that stores the logs of a product that is not regional. Empty if no region is set.
      type: str
      returned: always
    resource_directory:
      description: Accounts from which the policy collects, in the format of O(resource_directory). Empty if the policy collects only from
        the account of the credentials.
      type: dict
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import collection_policies, retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule, Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource, said

FIXED = ("product_code", "data_code", "data_region")
DESTINATION = ("dest_region", "dest_project", "dest_logstore")


class CollectionPolicy(Resource):
    """A collection policy."""

    title = "collection policy"
    missing = collection_policies.MISSING
    retained_accounts: list[str] = []  # that are collected from, although the options don't say so

    def problem(self):
        return collection_policies.problem(self.params) or collection_policies.internal_problem(self.name)

    def read(self):
        body = self.cloud.call("sls", "GetCollectionPolicy", self.name)["collectionPolicy"]
        settings, self.facts = collection_policies.policy(body)
        self.module.refuse(collection_policies.internal_problem(self.name, self.facts["internal_policy"]))
        return settings

    def desired(self, current):
        desired = said({name: self.params[name] for name in (*FIXED, *collection_policies.FLAGS)})
        for name in collection_policies.PARTS:
            if self.params[name] is not None:
                desired[name] = collection_policies.part(name, self.params[name], by_option=True)
        if current and not self.params["purge_members"]:
            desired["resource_directory"] = self._with_others(current, desired.get("resource_directory", {}))
        if "centralize_config" in desired:
            self._complete_destination(current or {}, desired)
        self.module.refuse(self._change_problem(current, desired) if current else self._new_problem(desired))
        return desired

    def defaults(self):
        return {
            "enabled": True, "policy_config": {"resource_mode": "all"}, "centralize_enabled": False,
            "centralize_config": {}, "data_region": "", "resource_directory": {},
        }

    def create(self, desired):
        self._put({**self.defaults(), **desired})

    def update(self, current, desired, changes):
        self._put({**current, **desired})

    def delete(self, current):
        codes = {key: current[name] for name, key in collection_policies.CODES.items()}
        self.cloud.call("sls", "DeleteCollectionPolicy", self.name, landed=self.missing, **codes)

    def result(self, settings):
        return {
            "policy": settings and {"name": self.name, **self.facts, **settings}, "retained_accounts": self.retained_accounts,
        }

    def _absent(self, current):
        """A policy for others as well goes on for them."""
        if current is None or self.params["purge_members"]:
            return super()._absent(current)
        asked = collection_policies.part("resource_directory", self.params["resource_directory"] or {}, by_option=True)
        left = self._others(current, asked)
        if not left or left == asked:
            return super()._absent(current)
        after = {**current, "resource_directory": left}
        if after != current and not self.module.check_mode:
            self._put(after)
        self.retained_accounts = left.get("members", ["all"])
        return self._outcome(current, after, retained=f"it also collects from {', '.join(self.retained_accounts)}")

    def _with_others(self, current, asked):
        left = self._others(current, asked)
        if left == asked or not left:
            return asked
        self.retained_accounts = left.get("members", ["all"])
        return {**left, "members": sorted({*asked.get("members", []), *left["members"]})} if "members" in left else left

    def _others(self, current, asked):
        """The part of the policy for the accounts that nobody has named; empty if there are none."""
        before = current["resource_directory"]
        named = [*asked.get("members", []), *(self.params["remove_members"] or [])]
        if before.get("account_group_type") != "custom":
            return {} if "all" in named else before
        # What is for all covers these as well, but says nothing of who may leave.
        is_covered = asked.get("account_group_type") == "all" and self.params["state"] == "present"
        members = [] if is_covered else sorted(set(before.get("members", [])) - set(named))
        return {"account_group_type": "custom", "members": members} if members else {}

    def _complete_destination(self, current, desired):
        before, asked = current.get("centralize_config", {}), desired["centralize_config"]
        after = {**before, **asked}
        if before and all(after.get(name) == before.get(name) for name in DESTINATION):
            # The logstore is there: its retention is its own matter.
            after = before
        desired["centralize_config"] = after

    def _new_problem(self, desired):
        lacking = [name for name in collection_policies.CODES if not desired.get(name)]
        if lacking:
            return f"Collection policy {self.name} does not exist: to create it, give {' and '.join(lacking)}"
        return self._destination_problem({**self.defaults(), **desired})

    def _change_problem(self, current, desired):
        for name in FIXED:
            if current[name] and desired.get(name, current[name]) != current[name]:
                return (f"{name} of a collection policy cannot be changed, and the policy {self.name} has {current[name]}: delete the"
                        " policy first, or choose another name")
        return self._destination_problem({**current, **desired})

    def _destination_problem(self, settings):
        if not settings["centralize_enabled"]:
            return None
        lacking = [name for name in DESTINATION if name not in settings["centralize_config"]]
        return f"centralize_config: centralize_enabled needs {' and '.join(lacking)}" if lacking else None

    def _put(self, settings):
        # The project may have been created a moment ago.
        retry.eventually(
            lambda: self.cloud.call(
                "sls", "UpsertCollectionPolicy", **collection_policies.to_send(self.name, settings)),
            sls.NO_PROJECT, WAIT)


def main():
    module = AlibabaModule(dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        policy_region=dict(type="str", choices=["cn-shanghai", "ap-southeast-1", "cn-heyuan-acdr-1"]),
        product_code=dict(type="str"),
        data_code=dict(type="str"),
        enabled=dict(type="bool"),
        policy_config=dict(type="dict", options=collection_policies.target_options()),
        centralize_enabled=dict(type="bool"),
        centralize_config=dict(type="dict", options=dict(
            dest_region=dict(type="str"),
            dest_project=dict(type="str"),
            dest_logstore=dict(type="str"),
            dest_ttl=dict(type="int"),
        )),
        data_region=dict(type="str"),
        resource_directory=dict(type="dict", options=dict(
            account_group_type=dict(type="str", choices=["all", "custom"]),
            members=dict(type="list", elements="str"),
        )),
        purge_members=dict(type="bool", default=True),
        remove_members=dict(type="list", elements="str"),
    ))
    module.cloud = Cloud(module, collection_policies.region_for(module.params))
    CollectionPolicy(module).run()


if __name__ == "__main__":
    main()
