#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_project_info
short_description: Look at projects of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Looks at one project with its tags and the names of its logstores, or lists the account's projects in a region.
options:
  name:
    description: Name of the project. Without it, all projects of the account in O(region) are listed.
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: with O(name) GetProject, ListTagResources, and ListLogStores for each 500 logstores; else ListProject
    for each 500 projects."
seealso:
  - module: crossaccount.audit_logs.sls_project
"""

EXAMPLES = r"""
- name: See what is in a project
  crossaccount.audit_logs.sls_project_info:
    region: cn-hangzhou
    name: example-audit-logs
  register: found

- name: List all projects of the account in a region
  crossaccount.audit_logs.sls_project_info:
    region: cn-hangzhou
"""

RETURN = r"""
projects:
  description: The project, or none if there is none of this name; without O(name), all projects.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    region:
      description: Its region.
      type: str
      returned: always
    account_id:
      description: Id of the account that it belongs to.
      type: str
      returned: always
    arn:
      description: Its ARN, as trails and policies name it.
      type: str
      returned: always
      sample: acs:log:cn-hangzhou:1234567890123456:project/example-audit-logs
    status:
      description: V(Normal), or V(Disable).
      type: str
      returned: always
    create_time:
      description: When it was made, in seconds since 1970.
      type: int
      returned: always
    last_modify_time:
      description: When it was last changed, in seconds since 1970.
      type: int
      returned: always
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    resource_group_id:
      description: Id of its resource group.
      type: str
      returned: always
    data_redundancy_type:
      description: V(LRS) or V(ZRS).
      type: str
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: with O(name)
    logstores:
      description: Names of its logstores.
      type: list
      elements: str
      returned: with O(name)
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def project_of(body):
    settings, facts = sls.project(body)
    return {**facts, **settings}


def one_project(cloud, name):
    return {
        **project_of(cloud.call("sls", "GetProject", name)), "tags": sls.project_tags(cloud, name),
        "logstores": list(sls.listed(cloud, "ListLogStores", name, key="logstores")),
    }


def main():
    module = AlibabaModule(dict(name=dict(type="str")))
    cloud, name = module.cloud, module.params["name"]
    module.refuse(name is not None and sls.project_name_problem(name))
    try:
        if name is None:
            projects = [project_of(body) for body in sls.listed(cloud, "ListProject", key="projects")]
        else:
            found = retry.unless(sls.NO_PROJECT, lambda: one_project(cloud, name))
            projects = [found] if found else []
    except CloudError as error:
        module.fail_for(error, "list projects" if name is None else f"look at project {name}")
    module.exit_json(changed=False, projects=projects)


if __name__ == "__main__":
    main()
