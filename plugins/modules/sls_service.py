#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_service
short_description: Activate Simple Log Service in an account of Alibaba Cloud
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Reads whether Simple Log Service (SLS) is activated in the account. If O(activate=true) and SLS is not activated, activates SLS.
  - If SLS was never activated in an account, the account has no projects. SLS then refuses most calls with a message that ends with C(is
    inactive) (assumption C(alibaba-sls-activation)).
options:
  activate:
    description:
      - Whether to activate SLS if it is not activated. Activation accepts the terms of service of SLS for the account. It cannot be undone.
      - If V(false), the module only reads.
    type: bool
    default: false
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
notes:
  - 'API calls: GetSlsService. To activate, OpenSlsService, then GetSlsService until the service is active, for at most one minute.'
  - SLS serves these calls only in China (Shanghai) and Singapore
    (U(https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getslsservice)). If O(region) is in China, the module
    calls China (Shanghai), and otherwise Singapore.
seealso:
  - module: crossaccount.audit_logs.sls_project
  - module: crossaccount.audit_logs.log_audit
"""

EXAMPLES = r"""
- name: Read whether Simple Log Service is active
  crossaccount.audit_logs.sls_service:
  register: found

- name: Activate Simple Log Service, which accepts its terms of service
  crossaccount.audit_logs.sls_service:
    activate: true
"""

RETURN = r"""
problem:
  description: A sentence that says why the account cannot use projects. Null if Simple Log Service is active or is being activated.
  returned: success
  type: str
  sample: "Simple Log Service is not active in the account (status NotExist)"
service:
  description: State of Simple Log Service in the account.
  returned: success
  type: dict
  contains:
    enabled: {description: Whether Simple Log Service is active., type: bool, returned: always}
    status:
      description: Status of Simple Log Service, V(Opened), V(Opening), V(NotExist) if it was never activated, or V(Closed) if a payment is
        overdue.
      type: str
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import ACTIVATE, AlibabaModule, Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT

OVERDUE = "Closed"


def read(cloud):
    """The service in the account."""
    body = cloud.call("sls", "GetSlsService")
    return {"enabled": bool(body.get("enabled")), "status": body.get("status") or ""}


def activate(cloud, check_mode):
    """Activate the service; returns what it is then."""
    if check_mode:
        return {"enabled": True, "status": "Opened"}
    cloud.call("sls", "OpenSlsService", was_done=lambda: read(cloud)["enabled"])
    return retry.until(lambda: read(cloud), lambda service: service["enabled"], (), WAIT)


def problem(service):
    """Why no project can be used; None if it can."""
    if service["enabled"]:
        return None
    if service["status"] == OVERDUE:
        return "Simple Log Service is disabled in the account, because a payment is overdue (status Closed): pay it"
    return f"Simple Log Service is not active in the account (status {service['status'] or 'unknown'}): {ACTIVATE}"


def main():
    module = AlibabaModule(dict(activate=dict(type="bool", default=False)))
    cloud = Cloud(module, "cn-shanghai" if module.cloud.region.startswith("cn-") else "ap-southeast-1")
    doing = "read whether Simple Log Service is active"
    try:
        before = after = read(cloud)
        if module.params["activate"] and not before["enabled"] and before["status"] != OVERDUE:
            doing = "activate Simple Log Service"
            after = activate(cloud, module.check_mode)
    except CloudError as error:
        module.fail_for(error, doing)
    if module.params["activate"] and not after["enabled"]:
        module.fail_json(msg=f"Could not activate Simple Log Service: {problem(after)}", service=after)
    module.exit_json(changed=before != after, diff={"before": before, "after": after}, service=after, problem=problem(after))


if __name__ == "__main__":
    main()
