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
      - Access key. Credentials come from the first of these that there is - O(access_key_id) with O(access_key_secret)
        and perhaps O(security_token); O(profile); E(ALICLOUD_ACCESS_KEY), E(ALICLOUD_SECRET_KEY) and
        E(ALICLOUD_SECURITY_TOKEN), as C(alibaba.alicloud) and Terraform have them; E(ALICLOUD_PROFILE); the chain of the
        official SDKs, which begins with E(ALIBABA_CLOUD_ACCESS_KEY_ID), E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and
        E(ALIBABA_CLOUD_SECURITY_TOKEN), and goes on with OIDC, profiles and the role of the instance.
    type: str
    aliases: [alicloud_access_key, alicloud_access_key_id, access_key]
  access_key_secret:
    description: Secret of the access key.
    type: str
    aliases: [alicloud_secret_key, alicloud_access_key_secret, secret_key]
  security_token: {description: Token of temporary credentials., type: str, aliases: [alicloud_security_token]}
  profile:
    description: Profile of the command line (C(~/.aliyun/config.json)), or of the SDKs
      (C(~/.alibabacloud/credentials.ini)).
    type: str
    aliases: [alicloud_profile]
  assume_role:
    description: A role to assume with these credentials, once per module run. An account's root key can't assume one.
    type: dict
    aliases: [alicloud_assume_role]
    suboptions:
      role_arn: {description: Its ARN., type: str, required: true}
      session_name:
        description: Name of the session, which the audit events of its calls carry; 2 to 64 characters.
        type: str
        default: crossaccount.audit_logs
        aliases: [role_session_name]
      duration_seconds:
        description: Length of the session in seconds, from 900 to the role's maximum.
        type: int
        default: 3600
        aliases: [session_expiration]
      external_id: {description: External id that the role's trust policy asks for., type: str}
      policy: {description: Policy that restricts the session further., type: dict}
  region:
    description:
      - Region of what is regional, such as C(cn-hangzhou).
      - Without it, E(ALIBABA_CLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION), E(ALICLOUD_REGION) or E(ALICLOUD_REGION_ID).
    type: str
    aliases: [alicloud_region, region_id]
  endpoints:
    description: Hosts of the services, in place of the public ones. C({region}) in one stands for O(region).
    type: dict
    default: {}
    suboptions:
      ram: {description: Host of RAM; C(ram.aliyuncs.com)., type: str}
      sts: {description: Host of STS; C(sts.aliyuncs.com)., type: str}
      sls: {description: 'Host of Simple Log Service; C({region}.log.aliyuncs.com).', type: str}
      actiontrail: {description: 'Host of ActionTrail; C(actiontrail.{region}.aliyuncs.com).', type: str}
      resourcedirectory: {description: Host of Resource Directory; C(resourcedirectory.aliyuncs.com)., type: str}
      log_audit:
        description:
          - Host of the Log Audit application; C(sls.aliyuncs.com).
          - Newer clients use a path on the hosts of Simple Log Service, C({region}.log.aliyuncs.com/open-api). Which of
            the two the service prefers, no document says (assumption C(alibaba-log-audit-endpoint)).
        type: str
  protocol: {description: Protocol of all endpoints., type: str, choices: [https, http], default: https}
  http_proxy:
    description:
      - Proxy for all calls, such as C(http://127.0.0.1:8080). The calls with which a profile gets its credentials use it too, if
        they use https, for example to assume a role. The command of a profile of the mode C(External) gets it as E(HTTPS_PROXY).
      - The metadata service of an instance is called without this proxy.
    type: str
requirements:
  - alibabacloud-credentials
  - alibabacloud-tea-openapi
  - The SDK of each service that the module calls, see the collection's C(requirements.txt).
"""

    TAGS = r"""
options:
  tags: {description: 'Tags, as a dictionary. Without the option, tags are left alone; C({}) removes all.', type: dict}
  purge_tags: {description: Whether tags that O(tags) does not list are removed. Those of O(deployment) stay., type: bool, default: true}
  deployment:
    description:
      - Name of the deployment that manages the resource. It gets the tags C(managed-by=crossaccount.audit_logs) and
        C(audit-logs-deployment), with this name, besides O(tags).
      - If a resource exists without these tags, the module fails. With O(state=absent), the module retains it.
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
      - Region whose endpoint of SLS is asked, in place of O(region). Policies are served in these only, wherever the
        logs are.
      - Without it, O(region) if it is one of them, else V(cn-shanghai).
    type: str
    choices: [cn-shanghai, ap-southeast-1, cn-heyuan-acdr-1]
"""
