#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_service_linked_role
short_description: Manage the service-linked RAM role of an Alibaba Cloud service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates or deletes the service-linked role of a service. The service defines the trust policy and the policy of the role, so no setting
    of the role can be changed.
options:
  service_name:
    description: Name of the service, such as C(audit.log.aliyuncs.com) for Log Audit Service. The role of Log Audit Service is
      C(AliyunServiceRoleForSLSAudit).
    type: str
    required: true
  state:
    description:
      - With V(present), the role exists.
      - With V(absent), the module deletes the role. The service rejects the deletion as long as it needs the role.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
notes:
  - 'API calls: GetRole. For a service other than C(actiontrail.aliyuncs.com), C(audit.log.aliyuncs.com), C(config.aliyuncs.com) and
    C(resourcemanager.aliyuncs.com), the module first gets the name of the role with GetServiceLinkedRoleTemplate.'
  - RAM deletes a service-linked role some time after the request. The module waits up to one minute for the deletion.
  - The module does not support services that can have several roles, because the name of such a role needs a suffix.
seealso:
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: Create the role that Log Audit Service needs in the central account
  crossaccount.audit_logs.ram_service_linked_role:
    service_name: audit.log.aliyuncs.com
"""

RETURN = r"""
role:
  description: The role after the run. Null if the role does not exist.
  returned: success
  type: dict
  contains:
    name: {description: Name of the role., type: str, returned: always, sample: AliyunServiceRoleForSLSAudit}
    service_name: {description: Name of the service to which the role belongs., type: str, returned: always}
    arn:
      description: ARN of the role.
      type: str
      returned: if the role exists
      sample: acs:ram::1234567890123456:role/aliyunserviceroleforslsaudit
    role_id: {description: Id of the role., type: str, returned: if the role exists}
    create_date: {description: When the role was created., type: str, returned: if the role exists, sample: "2026-01-31T23:59:59Z"}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import ram, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource

# So that GetRole is the only call for the services that have to do with audit logs.
NAMES = {
    "actiontrail.aliyuncs.com": "AliyunServiceRoleForActionTrail",
    "audit.log.aliyuncs.com": "AliyunServiceRoleForSLSAudit",
    "config.aliyuncs.com": "AliyunServiceRoleForConfig",
    "resourcemanager.aliyuncs.com": "AliyunServiceRoleForResourceDirectory",
}


class ServiceLinkedRole(Resource):
    """The role of a service. Its only setting is the service that it belongs to."""

    title = "service-linked role of"
    # assumption alibaba-ram-error-codes
    exists = ("EntityAlreadyExists.Role",)
    missing = ("EntityNotExist.Role",)

    def __init__(self, module):
        super().__init__(module)
        self.name = self.params["service_name"]
        self.role_name = NAMES.get(self.name)

    def read(self):
        if not self.role_name:
            template = self.cloud.call("ram", "GetServiceLinkedRoleTemplate", ServiceName=self.name)
            self.role_name = template["ServiceLinkedRoleTemplate"]["RoleNamePrefix"]
        self.facts = ram.role(self._role())[1]
        return {"service_name": self.name}

    def desired(self, current):
        return {"service_name": self.name}

    def create(self, desired):
        body = self.cloud.call("ram", "CreateServiceLinkedRole", landed=self.exists, ServiceName=self.name)
        found = body.get("Role") or retry.eventually(self._role, self.missing, WAIT)
        self.facts = ram.role(found)[1]

    def delete(self, current):
        task = self.cloud.call("ram", "DeleteServiceLinkedRole", landed=self.missing, RoleName=self.role_name)
        if retry.until(lambda: retry.unless(self.missing, self._role), lambda role: role is None, (), WAIT):
            self.module.fail_json(
                msg=f"RAM did not delete the role {self.role_name} within {WAIT} seconds: {self.name} probably still uses it. Switch off"
                    " the features of that service that use the role, and try again. To see the state of the deletion, call"
                    f" GetServiceLinkedRoleDeletionStatus of Resource Management with the task {task.get('DeletionTaskId')}")

    def result(self, settings):
        return {"role": settings and {"name": self.role_name, **settings, **self.facts}}

    def _role(self):
        body = self.cloud.call("ram", "GetRole", RoleName=self.role_name)["Role"]
        if not body.get("IsServiceLinkedRole", True):
            self.module.fail_json(msg=f"The role {self.role_name} exists, but is not a service-linked role")
        return body


def main():
    module = AlibabaModule(dict(
        service_name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
    ))
    ServiceLinkedRole(module).run()


if __name__ == "__main__":
    main()
