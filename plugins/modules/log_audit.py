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
  - Configures the accounts and the cloud products from which Log Audit Service, a part of Simple Log Service, collects logs. The module
    runs in the archive account, which stores the logs. Without this module, somebody has to enter the accounts in the console.
  - The service stores this configuration as one map, and accepts only the whole map. The module reads the map and changes only the settings
    for which an option is given. Other settings stay unchanged.
options:
  state:
    description:
      - With V(present), the service is set up with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module turns off all products and removes all accounts, so the service collects no logs. The module does not
        delete the central project, logs, or the application itself (assumption C(alibaba-log-audit-delete)). Retention periods, filters and
        settings of the console stay unchanged.
    type: str
    choices: [present, absent]
    default: present
  mode:
    description:
      - How the accounts are selected. With V(custom), by their ids. Each account needs a role that Log Audit Service may assume.
      - With V(resource_directory), the accounts are members of the resource directory and need no role. The archive account must be the
        management account of the directory, or a delegated administrator of Log Audit Service.
      - If the service is set up for the first time, the default is V(custom).
    type: str
    choices: [custom, resource_directory]
  accounts:
    description:
      - Ids of accounts to collect logs from. The module adds these accounts to the accounts that are already configured, unless
        O(purge_accounts=true). The service accepts at most 100 accounts.
      - The service collects logs from the archive account in any case, so the module ignores the id of the archive account.
    type: list
    elements: str
  purge_accounts:
    description: Whether the module removes configured accounts that O(accounts) does not list.
    type: bool
    default: false
  remove_accounts:
    description:
      - Ids of accounts to remove. The module ignores an id that is not configured.
      - If the list contains V(all), O(directory_accounts) may change from V(all) to V(custom). This change ends the collection from members
        that O(accounts) does not list. Without V(all) in the list, the setting V(all) stays.
    type: list
    elements: str
  directory_accounts:
    description:
      - For O(mode=resource_directory), whether the service collects logs from all members of the directory, including members that join
        later (V(all)), or from the members in O(accounts) (V(custom)).
      - If it is not given and the service is already in this mode, the setting stays unchanged. Otherwise, the default is V(custom) if
        O(accounts) is given, and V(all) if not.
    type: str
    choices: [all, custom]
  clear_directory:
    description:
      - Whether O(mode) may change from V(resource_directory) to V(custom). The service accepts single accounts only after the accounts of
        the directory are removed, so for a moment it collects no logs from any member.
      - If V(false), the module fails if such a change is needed.
    type: bool
    default: false
  only_without_accounts:
    description:
      - Whether the module ignores O(products) if the configuration still contains accounts. Together with O(remove_accounts), the module
        then turns off a product only if it removes the last account, even if somebody else adds an account at the same time.
    type: bool
    default: false
    version_added: 0.7.0
  products:
    description:
      - The logs to collect, as a dictionary. The keys are the short names of products, and each value is a dictionary with the settings of
        the product. A product or setting that is not given stays unchanged.
      - C(enabled) (boolean) turns the collection on or off. C(ttl) is the retention in days, 1 to 3650. Log Audit Service deletes older
        logs. The reference of ROS allows 3 to 3000 days, so the service may reject other values.
      - 'C(ti_enabled) (boolean) turns threat intelligence on or off. The documents list this setting for these products: C(actiontrail),
        C(apigateway), C(appconnect), C(bastion), C(cloudfirewall), C(cps), C(ddos_coo_access), C(drds_audit), C(k8s_audit), C(k8s_event),
        C(k8s_ingress), C(nas), C(oss_access), C(oss_metering), C(polardb), C(polardb_perf), C(polardb_slow), C(rds), C(rds_perf),
        C(rds_slow), C(redis_audit), C(sas), C(slb_access), C(waf).'
      - C(collection_policy) is a string that contains a script, which selects the logs to collect. The documents list this setting for the
        products of C(ti_enabled) except C(sas), and for C(alb_access), C(dns_intranet), C(idaas_mng), C(idaas_user), C(polardb_error),
        C(rds_error), C(vpc_flow).
      - C(policy_setting) is a list of the filters that the console creates. The documents list this setting for the products of
        C(ti_enabled) except C(sas), and do not describe the items of the list. Give the value that
        M(crossaccount.audit_logs.log_audit_info) returns. The service may refuse this setting (assumption
        C(alibaba-log-audit-console-settings)).
      - "Further products have only C(enabled) and C(ttl): C(alb_sync), C(cloudconfig_change), C(cloudconfig_noncom),
        C(cloudfirewall_vpc), C(ddos_bgp_access), C(ddos_dip_access), C(dns_sync), C(drds_sync), C(oss_sync), C(redis_sync),
        C(slb_sync), C(vpc_sync)."
      - C(sas) (Security Center) has one C(ttl). In place of C(enabled), it has a switch for each kind of logs, C(crack), C(dns),
        C(dns_query), C(http), C(local_dns), C(login), C(network), C(process), C(security_alert), C(security_hc), C(security_vul),
        C(session), C(snapshot_account), C(snapshot_port), C(snapshot_process). If C(enabled) is given for C(sas), it sets all switches that
        are not given.
      - The module accepts a product or setting that no document lists, and warns, because Alibaba Cloud adds products. The module sends the
        setting as the key C(PRODUCT_SETTING), and the service accepts or refuses the key (assumption C(alibaba-log-audit-map-keys)).
      - The service stores logs of C(alb_access), C(dns_intranet), C(drds_audit), C(oss_access), C(redis_audit), C(slb_access) and
        C(vpc_flow) in the regions of their resources. The default retention of these logs is 7 days, and 180 days for C(alb_access). The
        products whose names end with C(_sync) copy these logs to the central project, and are on by default. All other products are off by
        default, with a retention of 180 days (assumption C(alibaba-log-audit-defaults)).
    type: dict
  drop_console_settings:
    description:
      - Keys that the module leaves out when it writes the map. The service then deletes these settings. A key must end with
        C(_policy_setting), or must be a key that no document lists. The module ignores a key that is not in the map.
      - Without this option, the module sends every setting without an option back unchanged. So a filter from the console stays when the
        module adds an account. No document says whether the API accepts such settings (assumption C(alibaba-log-audit-console-settings)).
        If the API refuses the map, the task fails, names the keys, and changes nothing.
      - Use this option if the API refuses the map. The option is a list of keys, so check mode and diff show exactly which settings are
        deleted. If somebody later adds a setting in the console, the module does not delete it.
      - After each change, the module reads the map again. If the service accepted a setting and does not return it, the task fails with the
        name and the value of the setting, so that you can set it again in the console.
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
      - A change creates another central project. The previous project stays, with its logs.
      - If the service is set up for the first time, the default is O(region).
    type: str
  account_id:
    description:
      - Id of the archive account. If it is given, the module needs no call to get the id when it sets up the service for the first time. If
        the credentials belong to another account, the task fails.
    type: str
  shorten_retention:
    description: Whether O(products) may shorten the retention (C(ttl)) of a product. Log Audit Service then immediately deletes the
      existing logs that are older than the new retention. If V(false), the module fails for a shorter retention, and changes nothing.
    type: bool
    default: false
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - 'API calls: DescribeApp. If the service is set up for the first time, also GetCallerIdentity, unless O(account_id) is given. If
    something differs, AnalyzeAppLog, then DescribeApp until it returns the change.'
  - The service has no tags. O(tags) and O(deployment) apply to its central project (assumption C(alibaba-log-audit-project-tags)). If an
    application collects nothing, or if its central project does not exist, the application belongs to no deployment.
  - No SDK has these operations. The module calls them at O(endpoints.log_audit). The default is C(sls.aliyuncs.com). Newer clients call
    them at C({region}.log.aliyuncs.com/open-api).
  - The module reads, changes and writes the whole map. If two runs do this at the same time or within seconds, one run undoes the change of
    the other run, and the service does not prevent this. List all accounts in one task for the archive account. Do not run one task for
    each account.
  - With O(mode=custom), the service does not return whether it can collect from a listed account.
seealso:
  - module: crossaccount.audit_logs.log_audit_info
  - module: crossaccount.audit_logs.ram_role
  - module: crossaccount.audit_logs.actiontrail_trail
"""

EXAMPLES = r"""
- name: Collect the events of two more accounts, and store them for a year
  crossaccount.audit_logs.log_audit:
    central_region: cn-hangzhou
    accounts: ["2234567890123456", "3234567890123456"]
    products:
      actiontrail: {enabled: true, ttl: 365}

- name: Stop collecting from one account
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

- name: Add an account and delete a filter that the API refuses, to set the filter in the console again
  crossaccount.audit_logs.log_audit:
    accounts: ["4234567890123456"]
    drop_console_settings: [rds_audit_policy_setting]

- name: Stop collecting from all accounts without deleting logs
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
