#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: log_audit
short_description: Manage Log Audit Service of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Configures from which accounts and which cloud products Log Audit Service, a part of Simple Log Service, collects.
    The module runs in the archive account, which stores the logs. Without it, this list is typed into the console.
  - The service has one map for all of this, and accepts it only as a whole. The module reads the map, changes what the
    options say, and leaves the rest alone.
options:
  state:
    description:
      - With V(present) the service is set up with the given options. Settings without an option stay unchanged.
      - With V(absent) all switches are off and no account is collected from. Nothing is deleted, neither the central
        project nor a log. Periods of retention, filters and settings of the console stay. The application itself is not deleted either (assumption
        C(alibaba-log-audit-delete)).
    type: str
    choices: [present, absent]
    default: present
  mode:
    description:
      - How the accounts are known. With V(custom), by their ids; each of them has a role that Log Audit may assume.
      - With V(resource_directory), as members of the resource directory; they need no role. It is for the management
        account of the directory, or a delegated administrator of Log Audit there.
      - If the service is set up for the first time, the default is V(custom).
    type: str
    choices: [custom, resource_directory]
  accounts:
    description:
      - Ids of accounts to collect from. They are added to those that are configured already, unless
        O(purge_accounts=true). At most 100 are configured then, as the service has it.
      - The account that stores the logs is collected from in any case; its id is ignored.
    type: list
    elements: str
  purge_accounts:
    description: Whether accounts that are configured, and that O(accounts) does not list, are removed.
    type: bool
    default: false
  remove_accounts:
    description:
      - Ids of accounts to remove. An id that is not configured is ignored.
      - V(all) lets O(directory_accounts) change from V(all) to V(custom), which ends the collection from the members that
        O(accounts) does not list. Without it, V(all) stays.
    type: list
    elements: str
  directory_accounts:
    description:
      - For O(mode=resource_directory), whether logs are collected from all members of the directory, those among them
        that join later, or from O(accounts).
      - Without it, one that is in this mode stays as it is; else it is V(custom) if O(accounts) is given, and V(all) if
        not.
    type: str
    choices: [all, custom]
  clear_directory:
    description:
      - Whether O(mode) may change from V(resource_directory) to V(custom). The service demands that the
        accounts are cleared before it takes single ones, so that for a moment nothing is collected from any member.
      - Without it, the module fails if such a change is needed.
    type: bool
    default: false
  only_without_accounts:
    description:
      - Whether O(products) is ignored if an account remains to be collected from. With O(remove_accounts), this stops a
        product together with the last account, also if somebody else adds an account at the same time.
    type: bool
    default: false
    version_added: 0.7.0
  products:
    description:
      - The logs to collect, a dictionary with the short names of products. Each product is a dictionary with its settings. A product or
        setting that is not given stays as it is.
      - C(enabled) (boolean) switches the collection on. C(ttl) is the retention in days, 1 to 3650. Log Audit Service deletes older logs.
        The reference of ROS allows 3 to 3000 days, so the service may reject other values.
      - "C(ti_enabled) (boolean) switches threat intelligence on. The documents name it for these products: C(actiontrail),
        C(apigateway), C(appconnect), C(bastion), C(cloudfirewall), C(cps), C(ddos_coo_access), C(drds_audit), C(k8s_audit),
        C(k8s_event), C(k8s_ingress), C(nas), C(oss_access), C(oss_metering), C(polardb), C(polardb_perf), C(polardb_slow), C(rds),
        C(rds_perf), C(rds_slow), C(redis_audit), C(sas), C(slb_access), C(waf)."
      - C(collection_policy) is text, a script that selects what is collected. The documents name it for the same products except
        C(sas), and for C(alb_access), C(dns_intranet), C(idaas_mng), C(idaas_user), C(polardb_error), C(rds_error), C(vpc_flow).
      - C(policy_setting) is a list, the filters that the console makes. The documents name it for the products of C(ti_enabled) except
        C(sas), and do not describe its items. Give it as M(crossaccount.audit_logs.log_audit_info) returns it. The service may refuse
        it (assumption C(alibaba-log-audit-console-settings)).
      - "Further products have only C(enabled) and C(ttl): C(alb_sync), C(cloudconfig_change), C(cloudconfig_noncom),
        C(cloudfirewall_vpc), C(ddos_bgp_access), C(ddos_dip_access), C(dns_sync), C(drds_sync), C(oss_sync), C(redis_sync),
        C(slb_sync), C(vpc_sync)."
      - C(sas), Security Center, has one C(ttl), and in place of C(enabled) a switch for each kind of logs, C(crack),
        C(dns), C(dns_query), C(http), C(local_dns), C(login), C(network), C(process), C(security_alert), C(security_hc),
        C(security_vul), C(session), C(snapshot_account), C(snapshot_port), C(snapshot_process). Its C(enabled) stands
        for those of them that are not named.
      - A product or setting that no document names is accepted with a warning, because Alibaba Cloud adds products. The module sends
        it as the key C(PRODUCT_SETTING), and the service decides (assumption C(alibaba-log-audit-map-keys)).
      - Logs of C(alb_access), C(dns_intranet), C(drds_audit), C(oss_access), C(redis_audit), C(slb_access) and C(vpc_flow) are stored in
        the regions of their resources, by default for 7 days, those of C(alb_access) for 180. The products that end in C(_sync) copy
        them to the central project, and are on by default. All others are off by default, and stored for 180 days (assumption
        C(alibaba-log-audit-defaults)).
    type: dict
  drop_console_settings:
    description:
      - Keys of the map that the module leaves out when it writes the map, which deletes them. Only keys that end in
        C(_policy_setting), and keys that no document names, can be given. A key that the map does not have is ignored.
      - Without this option, the module sends every setting that no option names back as it was read. So a filter that somebody set in the
        console stays when an account is added. Whether the API accepts such settings is not known (assumption
        C(alibaba-log-audit-console-settings)). If the API refuses the map, the task fails, names the keys, and nothing is changed.
      - The option is for this case. It is a list of keys and not a switch, so that check mode and diff show exactly what is deleted,
        and a setting that the console adds later is not deleted as well.
      - After each change, the module reads the map again. If the service accepted a setting and does not return it, the task fails with the
        name and the value of the setting, so that it can be set again in the console.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  display_name:
    description: Name of the application, 1 to 128 characters. If the service is set up for the first time, the default
      is C(audit).
    type: str
  central_region:
    description:
      - Region of the central project, one of C(ap-northeast-1), C(ap-southeast-1), C(ap-southeast-3),
        C(ap-southeast-5), C(cn-beijing), C(cn-hangzhou), C(cn-hongkong), C(cn-huhehaote), C(cn-qingdao),
        C(cn-shanghai), C(cn-shenzhen), C(cn-wulanchabu), C(cn-zhangjiakou), C(eu-central-1).
      - A change creates another central project. The first project stays, with its logs.
      - If the service is set up for the first time, the default is O(region).
    type: str
  account_id:
    description:
      - Id of the account that stores the logs, which spares a call when it is set up for the first time. With
        credentials of another account the task fails.
    type: str
  shorten_retention:
    description: Whether O(products) may shorten the retention (C(ttl)) of a product. Log Audit Service then at once deletes the existing
      logs that are older than the new retention. If this is false, the module fails for a shorter retention, and changes nothing.
    type: bool
    default: false
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - "API calls: DescribeApp. To set it up for the first time also GetCallerIdentity, unless O(account_id) is given. If
    something differs, AnalyzeAppLog, then DescribeApp until the change is seen."
  - The service has no tags. O(tags) and O(deployment) are about its central project (assumption
    C(alibaba-log-audit-project-tags)). An application that collects nothing, or whose central project does not exist, belongs to no
    deployment.
  - No SDK has these operations. They are called at O(endpoints.log_audit), C(sls.aliyuncs.com) by default;
    C({region}.log.aliyuncs.com/open-api) is where newer clients call them.
  - The map is read, changed and written as a whole. If two runs do so at the same time, or within seconds, one undoes
    the change of the other, and the service does not prevent this. Name all accounts in one task for the archive
    account, instead of running a task for each of them.
  - In custom mode, the service does not return whether it can collect from a listed account.
seealso:
  - module: crossaccount.audit_logs.log_audit_info
  - module: crossaccount.audit_logs.ram_role
  - module: crossaccount.audit_logs.actiontrail_trail
"""

EXAMPLES = r"""
- name: Collect the events of two accounts, beside those that are configured already, and keep them for a year
  crossaccount.audit_logs.log_audit:
    central_region: cn-hangzhou
    accounts: ["2234567890123456", "3234567890123456"]
    products:
      actiontrail: {enabled: true, ttl: 365}

- name: Collect no longer from one of them
  crossaccount.audit_logs.log_audit:
    remove_accounts: ["3234567890123456"]

- name: Collect events and logins from all members of the resource directory
  crossaccount.audit_logs.log_audit:
    central_region: ap-southeast-1
    mode: resource_directory
    directory_accounts: all
    products:
      actiontrail: {enabled: true}
      sas: {login: true, ttl: 90}

- name: Add an account, although the API refuses a filter of the console, which is set again in the console afterwards
  crossaccount.audit_logs.log_audit:
    accounts: ["4234567890123456"]
    drop_console_settings: [rds_audit_policy_setting]

- name: Collect nothing from anybody; logs stay
  crossaccount.audit_logs.log_audit:
    state: absent
"""

RETURN = r"""
announced:
  description: Texts that name the logs that Log Audit Service deletes permanently, because the run shortens a C(ttl).
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
  sample: ["Log Audit Service: actiontrail: logs older than 180 days (now 365 days)"]
retained_accounts:
  description: Ids of accounts from which Log Audit Service collects, although O(accounts) does not list them. The item C(all) stands for
    all members. Empty if O(accounts) is not given.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
retained:
  description: Why the module changed nothing.
  returned: with O(state=absent), if O(deployment) does not manage the central project
  type: str
  version_added: 0.7.0
log_audit:
  description: The configuration of Log Audit Service after the run.
  returned: success
  type: dict
  contains:
    exists:
      description: Whether Log Audit Service was ever set up. If it was not, most of the other keys are null or empty.
      type: bool
      returned: always
    account_id:
      description: Id of the account that stores the logs. May be null if Log Audit Service was never set up.
      type: str
      returned: always
      sample: "1234567890123456"
    display_name: {description: Display name of the application. The service may return an empty name., type: str, returned: always}
    central_region: {description: Region of the central project., type: str, returned: always, sample: cn-hangzhou}
    project: {description: Name of the central project., type: str, returned: always, sample: slsaudit-center-1234567890123456-cn-hangzhou}
    mode: {description: 'The mode, C(custom) or C(resource_directory).', type: str, returned: always}
    directory_accounts:
      description: Whether Log Audit Service collects from all members of the resource directory, C(all), or from RV(log_audit.accounts),
        C(custom). Null in custom authentication mode.
      type: str
      returned: always
    accounts:
      description: Ids of the accounts in the list of Log Audit Service.
      type: list
      elements: str
      returned: always
      sample: ["2234567890123456"]
    products:
      description:
        - All products by their short names, in the format of O(products). C(ttl) is in days. C(enabled) of C(sas) is true if at least one
          kind of logs of C(sas) is switched on.
        - If the configuration of the service does not contain a documented product or setting, its documented default is returned. For a
          product that no document names, only the settings in the configuration of the service are returned.
      type: dict
      returned: always
      sample: {"actiontrail": {"enabled": true, "ttl": 365}}
    other:
      description: Keys in the configuration of the service that are not settings of a product, with their values.
      type: dict
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.log_audit_application import Application


def main():
    module = AlibabaModule(dict(
        state=dict(type="str", choices=["present", "absent"], default="present"),
        mode=dict(type="str", choices=[log_audit.CUSTOM, log_audit.DIRECTORY]),
        accounts=dict(type="list", elements="str"),
        purge_accounts=dict(type="bool", default=False),
        remove_accounts=dict(type="list", elements="str"),
        directory_accounts=dict(type="str", choices=["all", "custom"]),
        clear_directory=dict(type="bool", default=False),
        products=dict(type="dict"),
        only_without_accounts=dict(type="bool", default=False),
        drop_console_settings=dict(type="list", elements="str", default=[]),
        display_name=dict(type="str"),
        central_region=dict(type="str"),
        account_id=dict(type="str"),
        shorten_retention=dict(type="bool", default=False),
        **tags.options(),
    ), required_if=[("purge_accounts", True, ["accounts"])])
    Application(module).run()


if __name__ == "__main__":
    main()
