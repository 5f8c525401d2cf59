#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_role_info
short_description: Look at RAM roles of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Looks at one role with all that belongs to it, or lists the roles of the account.
options:
  name:
    description: Name of the role. Without it, all roles are listed.
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: with O(name) GetRole, ListPoliciesForRole and ListTagResources, else ListRoles for each thousand roles."
seealso:
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: See whom a role trusts
  crossaccount.audit_logs.ram_role_info:
    name: sls-audit-service-monitor
  register: found

- name: List all
  crossaccount.audit_logs.ram_role_info:
  register: all_roles
"""

RETURN = r"""
roles:
  description: The role, or none if there is none of this name; without O(name), all roles of the account.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    arn:
      description: Its ARN.
      type: str
      returned: always
      sample: acs:ram::1234567890123456:role/sls-audit-service-monitor
    role_id:
      description: Its id.
      type: str
      returned: always
    create_date:
      description: When it was made.
      type: str
      returned: always
      sample: "2026-01-31T23:59:59Z"
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    max_session_duration:
      description: Its longest session in seconds.
      type: int
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: always
    trust_policy:
      description: Who may assume it.
      type: dict
      returned: with O(name)
    policies:
      description: The policies that it has, in the form of the option of M(crossaccount.audit_logs.ram_role).
      type: list
      elements: dict
      returned: with O(name)
    service_linked:
      description: Whether it belongs to a service.
      type: bool
      returned: with O(name)
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import ram
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def one_role(cloud, name):
    try:
        body = cloud.call("ram", "GetRole", RoleName=name)["Role"]
        settings, facts = ram.role(body)
        return [{
            **facts, **settings, "service_linked": bool(body.get("IsServiceLinkedRole")),
            "policies": ram.policies_of_role(cloud, name), "tags": ram.tags(cloud, "role", facts["name"]),
        }]
    except CloudError as error:
        if error.code == "EntityNotExist.Role":
            return []
        raise


def all_roles(cloud):
    pages = cloud.pages("ram", "ListRoles", cursor="Marker", following="Marker", MaxItems=1000)
    bodies = [body for page in pages for body in page["Roles"]["Role"]]
    return [{**facts, **settings, "tags": ram.tags_in_list(body)}
            for body in bodies for settings, facts in [ram.role(body)]]


def main():
    module = AlibabaModule(dict(name=dict(type="str")))
    name = module.params["name"]
    module.refuse(name is not None and ram.role_name_problem(name))
    try:
        roles = all_roles(module.cloud) if name is None else one_role(module.cloud, name)
    except CloudError as error:
        module.fail_for(error, "list roles" if name is None else f"look at role {name}")
    module.exit_json(changed=False, roles=roles)


if __name__ == "__main__":
    main()
