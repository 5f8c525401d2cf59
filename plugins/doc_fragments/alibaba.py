# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """What all modules for Alibaba Cloud have in common; and, as parts, what some have."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: full
  action_group:
    description: Use C(group/crossaccount.audit_logs.alibaba) in C(module_defaults) to set defaults for this module.
    support: full
    membership: [crossaccount.audit_logs.alibaba]
"""

    CONNECTION = r"""
options:
  access_key_id:
    description:
      - Id of the access key.
      - The credentials come from the first of the following sources that is set.
      - O(access_key_id) with O(access_key_secret), and with O(security_token) for temporary credentials.
      - O(profile).
      - The environment variables E(ALICLOUD_ACCESS_KEY), E(ALICLOUD_SECRET_KEY) and E(ALICLOUD_SECURITY_TOKEN), which C(alibaba.alicloud)
        and Terraform also read.
      - The environment variable E(ALICLOUD_PROFILE).
      - The default chain of the official SDKs. This chain begins with the environment variables E(ALIBABA_CLOUD_ACCESS_KEY_ID),
        E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and E(ALIBABA_CLOUD_SECURITY_TOKEN), followed by OIDC, profiles and the role of the instance.
    type: str
    aliases: [alicloud_access_key, alicloud_access_key_id, access_key]
  access_key_secret:
    description: Secret of the access key.
    type: str
    aliases: [alicloud_secret_key, alicloud_access_key_secret, secret_key]
  security_token: {description: Token of temporary credentials., type: str, aliases: [alicloud_security_token]}
  profile:
    description: Name of a profile of the Alibaba Cloud CLI (C(~/.aliyun/config.json)) or of the SDKs (C(~/.alibabacloud/credentials.ini)).
    type: str
    aliases: [alicloud_profile]
  assume_role:
    description: A role to assume with these credentials, once per module run. The access key of an account's root user cannot assume a
      role.
    type: dict
    aliases: [alicloud_assume_role]
    suboptions:
      role_arn: {description: ARN of the role., type: str, required: true}
      session_name:
        description: Name of the session, 2 to 64 characters. The audit events of calls in the session contain this name.
        type: str
        default: crossaccount.audit_logs
        aliases: [role_session_name]
      duration_seconds:
        description: Duration of the session in seconds, from 900 to the maximum session duration of the role.
        type: int
        default: 3600
        aliases: [session_expiration]
      external_id: {description: External id that the trust policy of the role requires., type: str}
      policy: {description: Policy that further restricts the permissions of the session., type: dict}
  region:
    description:
      - Region in which regional services are called, such as C(cn-hangzhou).
      - If O(region) is not given, the region is the value of the first of these environment variables that is set,
        E(ALIBABA_CLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION), E(ALICLOUD_REGION) or E(ALICLOUD_REGION_ID).
    type: str
    aliases: [alicloud_region, region_id]
  endpoints:
    description: Host names of the services. By default, the public hosts are called. C({region}) in a host name stands for O(region).
    type: dict
    default: {}
    suboptions:
      ram: {description: Host of RAM. The default is C(ram.aliyuncs.com)., type: str}
      sts: {description: Host of STS. The default is C(sts.aliyuncs.com)., type: str}
      sls: {description: 'Host of Simple Log Service. The default is C({region}.log.aliyuncs.com).', type: str}
      actiontrail: {description: 'Host of ActionTrail. The default is C(actiontrail.{region}.aliyuncs.com).', type: str}
      resourcedirectory: {description: Host of Resource Directory. The default is C(resourcedirectory.aliyuncs.com)., type: str}
      log_audit:
        description:
          - Host of the Log Audit application. The default is C(sls.aliyuncs.com).
          - Newer clients use a path on the hosts of Simple Log Service, C({region}.log.aliyuncs.com/open-api). No document says which of
            the two hosts the service prefers (assumption C(alibaba-log-audit-endpoint)).
        type: str
  protocol: {description: Protocol of all endpoints., type: str, choices: [https, http], default: https}
  http_proxy:
    description:
      - Proxy for all calls, such as C(http://127.0.0.1:8080). If a profile gets its credentials with HTTPS calls, for example to assume a
        role, these calls use the proxy too. If the profile has the mode C(External), its command gets the proxy as the environment variable
        E(HTTPS_PROXY).
      - Calls to the metadata service of an instance do not use this proxy.
    type: str
requirements:
  - alibabacloud-credentials
  - alibabacloud-tea-openapi
  - The SDK of each service that the module calls, see the collection's C(requirements.txt).
"""

    TAGS = r"""
options:
  tags:
    description: Tags, as a dictionary. If O(tags) is not given, the tags stay unchanged. If O(purge_tags=true), an empty dictionary C({})
      removes all tags.
    type: dict
  purge_tags:
    description: Whether the module removes tags that O(tags) does not list. The tags of O(deployment) stay in any case.
    type: bool
    default: true
  deployment:
    description:
      - Name of the deployment that manages the resource. The resource gets the tags C(managed-by=crossaccount.audit_logs) and
        C(audit-logs-deployment), with this name as the value, in addition to O(tags).
      - If the resource already exists without these tags, the module fails, unless O(adopt=true). With O(state=absent), the module retains
        such a resource.
      - Without this option, tags do not show which deployment manages a resource.
    type: str
    version_added: 0.7.0
  previous_deployments:
    description: Earlier names of O(deployment). The module manages their resources as well.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  adopt:
    description:
      - With O(state=present), whether the module adopts an existing resource without the tags of O(deployment).
      - The module never adopts a resource of another deployment.
    type: bool
    default: false
    version_added: 0.7.0
"""

    COLLECTION_POLICIES = r"""
options:
  policy_region:
    description:
      - Region of the SLS endpoint that the module calls, in place of O(region). Only these endpoints serve collection policies, for logs of
        all regions.
      - If O(policy_region) is not given, the module uses O(region) if O(region) is one of the choices, and otherwise V(cn-shanghai).
    type: str
    choices: [cn-shanghai, ap-southeast-1, cn-heyuan-acdr-1]
"""
