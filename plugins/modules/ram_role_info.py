#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_role_info
short_description: Get RAM roles of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns one role with its policies and tags, or lists the roles of the account.
options:
  name: {description: 'Name of the role. If it is not given, the module lists all roles.', type: str}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls: with O(name), GetRole, ListPoliciesForRole and ListTagResources; without O(name), ListRoles for each 1000 roles.'
seealso:
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: Get the trust policy of a role
  crossaccount.audit_logs.ram_role_info:
    name: sls-audit-service-monitor
  register: found

- name: List all roles
  crossaccount.audit_logs.ram_role_info:
  register: all_roles
"""

RETURN = r"""
roles:
  description:
    - If O(name) is given, the role of this name, or an empty list if the role does not exist. Otherwise, all roles of the account.
    - Each role has the keys of RV(crossaccount.audit_logs.ram_role#module:role). The key C(tags) is always returned. The keys
      C(trust_policy) and C(policies) are missing if O(name) is not given.
  returned: success
  type: list
  elements: dict
  contains:
    service_linked: {description: Whether the role is a service-linked role., type: bool, returned: if O(name) is given}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import info, ram
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule


def one_role(cloud, name):
    body = cloud.call("ram", "GetRole", RoleName=name)["Role"]
    settings, facts = ram.role(body)
    return {
        **facts, **settings, "service_linked": bool(body.get("IsServiceLinkedRole")),
        "policies": ram.policies_of_role(cloud, name), "tags": ram.tags(cloud, "role", facts["name"]),
    }


def main():
    module = AlibabaModule(dict(name=dict(type="str")))
    roles = info.read(
        module, ("role", "roles"), ram.role_name_problem, ("EntityNotExist.Role",),
        lambda name: one_role(module.cloud, name), lambda: ram.listed(module.cloud, "Roles"))
    module.exit_json(changed=False, roles=roles)


if __name__ == "__main__":
    main()
