#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_project_info
short_description: Get projects of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns one project with its tags and the names of its logstores, or lists the projects of the account in O(region).
options:
  name: {description: 'Name of the project. If it is not given, the module lists all projects of the account in O(region).', type: str}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls: with O(name), GetProject, ListTagResources, and ListLogStores for each 500 logstores; without O(name), ListProject for each
    500 projects.'
seealso:
  - module: crossaccount.audit_logs.sls_project
"""

EXAMPLES = r"""
- name: Get the tags and logstores of a project
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
  description:
    - If O(name) is given, the project of this name, or an empty list if the project does not exist. Otherwise, all projects.
    - Each project has the keys of RV(crossaccount.audit_logs.sls_project#module:project). The key C(tags) is returned only if O(name) is
      given.
  returned: success
  type: list
  elements: dict
  contains:
    logstores: {description: Names of the logstores of the project., type: list, elements: str, returned: if O(name) is given}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import info, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule


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
    projects = info.read(
        module, ("project", "projects"), sls.project_name_problem, sls.NO_PROJECT,
        lambda name: one_project(module.cloud, name),
        lambda: map(project_of, sls.listed(module.cloud, "ListProject", key="projects")))
    module.exit_json(changed=False, projects=projects)


if __name__ == "__main__":
    main()
