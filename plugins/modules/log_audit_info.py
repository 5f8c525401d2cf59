#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: log_audit_info
short_description: What Log Audit Service of Alibaba Cloud collects
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says from which accounts and cloud products Log Audit Service of Simple Log Service collects, in the account where
    the logs are, and for how long it keeps them.
  - The CIS benchmark for Alibaba Cloud wants multi-account and multi-region collection of audit logs, and leaves it to
    a look into the console, because the tools that check it had no way to ask.
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.attributes.alibaba
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: DescribeApp."
  - This is what is set up. Whether logs arrive can be seen in the logstores of the central project.
seealso:
  - module: crossaccount.audit_logs.log_audit
"""

EXAMPLES = r"""
- name: Ask
  crossaccount.audit_logs.log_audit_info:
  register: audit

- name: Stop unless events are kept for a year
  ansible.builtin.assert:
    that:
      - audit.log_audit.exists
      - audit.log_audit.products.actiontrail.enabled
      - audit.log_audit.products.actiontrail.ttl >= 365
"""

RETURN = r"""
log_audit:
  description: What is set up.
  returned: success
  type: dict
  contains:
    exists:
      description: Whether it was ever set up. If not, what follows is null or empty.
      type: bool
      returned: always
    account_id:
      description: Id of the account that stores the logs.
      type: str
      returned: always
      sample: "1234567890123456"
    display_name:
      description: Name of the application; the service may show an empty one.
      type: str
      returned: always
    central_region:
      description: Region of the central project.
      type: str
      returned: always
      sample: cn-hangzhou
    project:
      description: The central project.
      type: str
      returned: always
      sample: slsaudit-center-1234567890123456-cn-hangzhou
    mode:
      description: C(custom) or C(resource_directory).
      type: str
      returned: always
    directory_accounts:
      description: C(all) or C(custom) in Resource Directory mode, else null.
      type: str
      returned: always
    accounts:
      description: Ids of the accounts that are listed.
      type: list
      elements: str
      returned: always
      sample: ["2234567890123456"]
    products:
      description:
        - All products by their short names, each with C(enabled), C(ttl) in days and, where it has one,
          C(collection_policy). Of C(sas), also a switch for each kind of logs; C(enabled) says whether one of them is
          on.
        - What the map does not mention has the documented default.
      type: dict
      returned: always
      sample: {"actiontrail": {"enabled": true, "ttl": 365}}
    other:
      description: Keys of the map that this module does not know, with their values.
      type: dict
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def main():
    module = AlibabaModule()
    try:
        found = retry.unless(log_audit.MISSING, lambda: log_audit.describe(module.cloud))
        if not found:
            module.exit_json(changed=False, log_audit=log_audit.result_of(None, None))
        name, variables = found
        settings = log_audit.settings_of(name, variables)
    except CloudError as error:
        module.fail_for(error, "ask what Log Audit collects")
    except ValueError as error:
        module.fail_json(msg=f"DescribeApp: the answer about {log_audit.APP} can't be understood: {error}")
    module.exit_json(changed=False, log_audit=log_audit.result_of(settings, variables["aliuid"]))


if __name__ == "__main__":
    main()
