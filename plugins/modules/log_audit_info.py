#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: log_audit_info
short_description: Get the settings of Log Audit Service of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the accounts and the cloud products from which Log Audit Service, a part of Simple Log Service, collects logs, and for how long
    it stores the logs. The module runs in the account that stores the logs.
  - The CIS benchmark for Alibaba Cloud recommends multi-account and multi-region collection of audit logs, and describes a manual check of
    this configuration in the console. This module reads the same configuration.
options:
  deployment:
    description: Name of the deployment that should manage the service, as in O(crossaccount.audit_logs.log_audit#module:deployment).
    type: str
    version_added: 0.7.0
  previous_deployments: {description: Earlier names of O(deployment)., type: list, elements: str, default: [], version_added: 0.7.0}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: DescribeApp; with O(deployment) ListTagResources."
  - The result is the configuration, and does not show whether logs arrive. To check this, search the logstores of the central project.
seealso:
  - module: crossaccount.audit_logs.log_audit
"""

EXAMPLES = r"""
- name: Get the settings of Log Audit Service
  crossaccount.audit_logs.log_audit_info:
  register: audit

- name: Stop unless events are stored for a year
  ansible.builtin.assert:
    that:
      - audit.log_audit.exists
      - audit.log_audit.products.actiontrail.enabled
      - audit.log_audit.products.actiontrail.ttl >= 365
"""

RETURN = r"""
log_audit:
  description: The configuration of Log Audit Service, with the keys of RV(crossaccount.audit_logs.log_audit#module:log_audit) and the keys
    below.
  returned: success
  type: dict
  contains:
    foreign:
      description: Why O(deployment) does not manage the service, as the end of a sentence about the central project. Null if
        O(deployment) manages the service, and if there is no central project.
      type: str
      returned: with O(deployment)
      sample: belongs to the deployment 1234567890123456 (tag audit-logs-deployment)
      version_added: 0.7.0
    is_used:
      description: Whether the service collects logs, or has an account in its list.
      type: bool
      returned: with O(deployment)
      version_added: 0.7.0
    tags:
      description: Tags of the central project. Null if there is no central project.
      type: dict
      returned: with O(deployment)
      version_added: 0.7.0
    logstores:
      description: Names of the logstores of the central project, by product. An empty name means that no logstore is known for the product.
      type: dict
      returned: always
      sample: {"actiontrail": "actiontrail_log", "vpc_flow": ""}
      version_added: 0.7.0
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit, retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule, Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._ownership import foreign, names


def read(module):
    """What is set up."""
    name, variables = retry.unless(log_audit.MISSING, lambda: log_audit.describe(module.cloud)) or (None, None)
    settings = log_audit.settings_of(name, variables) if variables else None
    account_id = variables and variables["aliuid"]
    found = {**log_audit.result_of(settings, account_id), "logstores": log_audit.LOGSTORES}
    if module.params["deployment"]:
        region, deployments = found["central_region"], names(module.params["deployment"], module.params["previous_deployments"])
        tags = retry.unless(
            sls.NO_PROJECT, lambda: sls.project_tags(Cloud(module, region), log_audit.project(account_id, region))) if region else None
        found["tags"] = tags
        found["foreign"] = None if tags is None else foreign(tags, deployments)
        found["is_used"] = settings is not None and log_audit.is_used(settings)
    return found


def main():
    module = AlibabaModule(dict(deployment=dict(type="str"), previous_deployments=dict(type="list", elements="str", default=[])))
    try:
        module.exit_json(changed=False, log_audit=read(module))
    except CloudError as error:
        module.fail_for(error, "read the settings of Log Audit")
    except ValueError as error:
        module.fail_json(msg=f"DescribeApp: the module cannot read the response about {log_audit.APP}: {error}")


if __name__ == "__main__":
    main()
