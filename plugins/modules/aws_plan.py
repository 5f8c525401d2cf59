#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: aws_plan
short_description: Compare the resources of an account for CloudTrail with their configuration
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Reads the given resources, compares them with the given settings, and returns the changes that a run has to make. The module never
    changes anything.
  - The roles of this collection first run this module. They run the modules that write, such as C(amazon.aws.s3_bucket), only if this
    module finds a difference. So check mode works in the same way for all resources, although C(amazon.aws.s3_bucket) and
    C(community.aws.s3_lifecycle) do not support check mode.
  - The module ignores a setting that is not given. An empty string means that the setting has to be removed.
  - The module compares only the given tags. Other tags stay unchanged.
  - With O(deployment) and O(state=present), if a resource exists without the tags of this deployment, the module fails, unless C(adopt) of
    the resource is V(true). A KMS key, and a resource with the tag of another deployment, cannot be adopted. An empty bucket without tags
    and without a foreign policy counts as created by an interrupted run.
options:
  role:
    description:
      - A role of this collection. The module reads the options of this role from the variables of the host. From these options, it computes
        all of its own options that describe the account and the resources.
      - The roles use this option. The module reads the options of the roles in Python, because Ansible would compile each option as a
        template, in each account and each run.
    type: str
    choices: [aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation]
    version_added: 0.7.0
  state:
    description:
      - With V(present), compares settings.
      - With V(absent), returns which of the resources have to be deleted. Only resources with the tags of O(deployment) are deleted.
      - With V(verified), compares settings as with V(present), but does not fail because of a difference. The module also reads the
        settings that are not given, and returns all settings.
    type: str
    choices: [present, absent, verified]
    default: present
  deployment:
    description:
      - Name of the deployment that the resources belong to. Each resource gets the tags C(managed-by=crossaccount.audit_logs) and
        C(audit-logs-deployment), with this name as the value, in addition to its own tags.
      - Required with O(state=absent). Without this option, tags do not show which deployment manages a resource.
    type: str
    version_added: 0.7.0
  previous_deployments:
    description: Earlier names of the deployment. Their resources count as resources of O(deployment).
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  delete_logs:
    description:
      - With O(state=absent), whether a bucket or a log group may be deleted together with the logs in it.
      - A bucket with object lock or MFA delete is always retained. A KMS key is retained if its bucket is retained, or if the tag C(bucket)
        of the key names another bucket.
      - If nothing was ever written to a log group, the log group is deleted in any case.
    type: bool
    default: false
  shorten_retention:
    description:
      - With O(state=present), whether O(s3_bucket.lifecycle) and O(log_group.retention) may become shorter. A shorter retention deletes
        existing logs. If V(false), the module fails for a shorter retention, and the message names the logs that the change would delete.
        For a bucket without objects and a log group without events, this option has no effect.
    type: bool
    default: false
    version_added: 0.7.0
  pending_accounts:
    description:
      - Ids of accounts whose trails may not have reached their new configuration yet. Reasons are that this run has not updated the account
        yet, that the account failed, or that the account is not in this run.
      - With O(state=present), the policies of O(s3_bucket) and O(kms_key) continue to allow these accounts what the policies allow them
        now. With O(state=verified), such a permission is not a difference. With O(state=absent), the bucket is retained if this list is not
        empty.
      - With O(state=absent), the bucket is also retained if its policy allows an account to deliver that is neither in
        O(destroyed_accounts) nor in O(removed_accounts).
      - With O(state=absent), the bucket is also retained if an account that is not in O(destroyed_accounts) has delivered within the last
        24 hours, or if the bucket contains an object that is not a log file of CloudTrail.
    type: list
    elements: str
    default: []
  destroyed_accounts:
    description:
      - Ids of accounts, or of the organization of a trail, whose trails this run has deleted. The playbooks set this option.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  removed_accounts:
    description:
      - Ids of accounts, or of an organization, whose logs may end. With O(state=present), the policies of O(s3_bucket) and O(kms_key)
        continue to allow all other accounts and organizations what the policies allow them now, even if O(s3_bucket.policy) does not allow
        it.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  keys_in_use:
    description: ARNs of KMS keys with which trails or another bucket encrypt. With O(state=absent), these keys are retained.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  removed_statements:
    description:
      - Sids of foreign statements to remove from the policies of O(s3_bucket) and O(kms_key). An empty string means the foreign statements
        without a Sid. Other foreign statements stay.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  covered_accounts:
    description:
      - Ids of accounts that have no trail of their own, because the trail of another account records them. The policies of O(s3_bucket) and
        O(kms_key) retain no permission for these accounts, unless the accounts are in O(pending_accounts).
      - If O(state=absent) and O(trail) is the trail of an organization, this list also contains the accounts whose logs may end because
        they are in the run.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  probe:
    description:
      - With O(state=verified), whether to create an event in the account, as M(crossaccount.audit_logs.cloudtrail_probe) does, of a kind
        that O(trail) records. If the trail does not exist, the module creates no event.
      - The event changes nothing, so the module also creates it in check mode.
    type: bool
    default: false
    version_added: 0.7.0
  account_id: {description: 'Id of the account, 12 digits. Required for O(trail), and for ARNs in the result.', type: str}
  organization_id:
    description:
      - Id of the organization to which the account of O(trail) must belong. A policy is about to allow this organization in place of the
        account. If DescribeOrganization returns another id, the module fails.
    type: str
    version_added: 0.7.0
  trails:
    description:
      - Trails that deliver to O(s3_bucket), encrypt with the key of the bucket, or write to O(log_group) with O(iam_role).
      - With O(state=present), the module checks a key in O(s3_bucket.encryption_key_id), if it can read the key. The module fails if the
        key is not enabled, is not in the region of the bucket, is not a symmetric key for encryption, or if the policy of the key does not
        allow one of the trails to encrypt.
      - The module checks O(trail.kms_key_id) in the same way, if this key is new to the trail and O(trail.kms_key_checked=false). For a key
        in another account, the result of the check is unknown, because only the other account may read the policy of the key.
      - With O(state=verified), RV(undeliverable) contains the trails that cannot deliver log files because of the bucket or the key.
        RV(undeliverable_digests) contains the trails that cannot deliver digest files, and RV(undeliverable_events) the trails that cannot
        write events to the log group. For O(iam_role), all policies of the role count.
      - RV(undecided) contains the statements for which only AWS can evaluate whether they deny the delivery. With O(state=verified), it
        also contains the statements for which only AWS can evaluate whether they allow the delivery.
    type: list
    elements: dict
    default: []
    suboptions:
      account_id: {description: Id of the account that has the trail., type: str, required: true}
      region: {description: Home region of the trail. The default is O(region)., type: str}
      name: {description: Name of the trail. The default is C(audit-logs)., type: str}
      prefix: {description: Prefix of the keys of the log files. The default is the id of the account., type: str}
      organization_id: {description: 'Id of the organization, for an organization trail.', type: str}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.plan_resources
  - crossaccount.audit_logs.cloudtrail_selectors
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - If the run has changes to make, RV(ignore:changed) is true, in check mode and in a normal run. So C(--diff) shows the differences at
    this task in both cases. In a normal run, the tasks after this task make the changes.
  - O(event_selectors), O(advanced_event_selectors) and O(insight_types) belong to O(trail).
  - 'API calls: one for each resource, and one for each setting that has its own call. A bucket with all settings takes 10 calls, a key 4, a
    log group 2, a role 2, a trail 3 to 5, and a key that is only used 2.'
  - With O(state=verified), the role of a log group takes 3 calls, plus one for each inline policy, plus 2 for each attached policy. A trail
    takes two more calls, C(ListTrails) and C(ListRegions), and C(DescribeTrails) in each opt-in region that the account has enabled.
"""

EXAMPLES = r"""
- name: Compare the trail with its configuration
  crossaccount.audit_logs.aws_plan:
    region: eu-west-1
    account_id: "222222222222"
    trail:
      name: audit-logs
      s3_bucket_name: example-audit-logs
      is_multi_region_trail: true
      enable_log_file_validation: true
  register: plan

- name: Get the resources that destroy would delete
  crossaccount.audit_logs.aws_plan:
    region: eu-west-1
    state: absent
    deployment: example-audit-logs
    log_group:
      name: audit-logs-cloudtrail-log-group
"""

RETURN = r"""
s3_bucket:
  description: Result for O(s3_bucket). RV(kms_key), RV(log_group), RV(iam_role) and RV(trail) have the same keys, unless the description of
    a key names the resources that have the key.
  returned: if O(s3_bucket) is given
  type: dict
  contains:
    exists: {description: Whether the resource exists now., type: bool, returned: success}
    changes:
      description: Names of the settings that differ. If the run creates or deletes the resource, only C(create) or C(delete).
      type: list
      elements: str
      returned: success
    before: {description: 'The settings that differ, with their current values.', type: dict, returned: success}
    after: {description: 'The settings that differ, with their configured values.', type: dict, returned: success}
    title: {description: 'Kind and name of the resource, as a text for people.', type: str, returned: with O(state=verified)}
    name: {description: Name of the resource., type: str, returned: with O(state=verified)}
    current:
      description:
        - All settings of the resource, with their current values. Null if the resource does not exist.
        - For a bucket, the key C(expiring) has the foreign lifecycle rules that delete log files of O(trails). C(days) is the age in days
          at which a rule deletes a log file, V(0) for any age. C(noncurrent_days) is the number of days after which a rule deletes an
          older version. Rules for objects with a tag are not listed.
      type: dict
      returned: with O(state=verified)
    retained_sources:
      description: Only for a bucket or a key. Ids of the accounts and organizations to which the deployed policy allows deliveries,
        although O(s3_bucket.policy) or O(kms_key.policy) does not. The policy goes on to allow these deliveries.
      type: list
      elements: str
      version_added: 0.7.0
      returned: with O(state=present) or O(state=verified), if the bucket or key exists and its policy is given
    recent:
      description: Only for a bucket. Whether CloudTrail has delivered log files of an account in RV(s3_bucket.retained_sources) within the
        last day, by the id of the account. At most ten accounts are checked.
      type: dict
      version_added: 0.7.0
      returned: with O(state=verified), if the bucket exists
    foreign_statements:
      description: Only for a bucket or a key. Foreign statements of the deployed policy that stay in the policy.
      type: list
      elements: dict
      version_added: 0.7.0
      returned: as RV(s3_bucket.retained_sources)
    unproven_accounts:
      description: Only for a bucket or a key. Accounts of O(pending_accounts) to which the deployed policy allows more than the given
        policy. If the given policy names an organization, accounts of O(trails) and O(covered_accounts) instead. Empty unless
        O(state=verified).
      type: list
      elements: str
      version_added: 0.7.0
      returned: as RV(s3_bucket.retained_sources)
    is_in_organization:
      description: Only for O(trail). V(true) if the account is in O(organization_id), null if the account may not read its organization. If
        the account is in another organization, the module fails.
      type: bool
      version_added: 0.7.0
      returned: with O(state=present), if O(organization_id) is given
    delivering:
      description: Only for O(trail). ARNs of the other trails that deliver to O(trail.s3_bucket_name). With O(state=absent), all trails
        count that record the account in any region. Otherwise, only trails that the account owns count.
      type: list
      elements: str
      version_added: 0.7.0
      returned: success
    leftovers:
      description:
        - For O(trail), ARNs of the other trails of the account that O(deployment) manages. A trail is missing if its tags cannot be read.
          With O(state=present), a trail of a single region is listed only if the region is O(region).
        - For O(s3_bucket), names of the buckets that the deployment had under O(previous_deployments).
      type: list
      elements: str
      version_added: 0.7.0
      returned: for O(trail), and with O(state=present) or O(state=verified) for O(s3_bucket)
    others:
      description:
        - Only for O(trail). ARNs of the other trails that record management events of the account in O(region). A trail is missing if its
          settings cannot be read. AWS charges for each of these trails.
        - With O(state=present), the list is empty if O(trail) already exists. Otherwise, the module also warns of each of these trails.
      type: list
      elements: str
      version_added: 0.7.0
      returned: with O(state=present) or O(state=verified)
    asked:
      description: Names of the settings that are given.
      type: list
      version_added: 0.6.0
      elements: str
      returned: with O(state=verified)
    retained:
      description: Why the resource is not deleted.
      type: str
      returned: with O(state=absent), if the resource exists and is retained
    policy:
      description: Only for a bucket or a key. The policy that the run writes. The policy also has the permissions that O(pending_accounts)
        retain.
      type: dict
      returned: with O(state=present), if a policy is given
    bucket_key_enabled:
      description: Only for a bucket. Whether the bucket has an S3 Bucket Key, or gets one in this run.
      type: bool
      version_added: 0.7.0
      returned: with O(s3_bucket.encryption=aws:kms)
    mfa_delete:
      description: Only for a bucket. Whether the deletion of a version of an object needs MFA. Only the root user can switch MFA delete on.
      type: bool
      returned: if the bucket exists and O(s3_bucket.versioning) is given
kms_key:
  description: Result for O(kms_key), with the keys of RV(s3_bucket) and the keys below.
  returned: if O(kms_key) is given
  type: dict
  contains:
    arn:
      description: ARN of the key. If the key does not exist, a placeholder, or null with O(state=absent).
      type: str
      returned: success
    orphans:
      description:
        - ARNs of enabled keys without an alias that have the same tags as O(kms_key), also the tag C(bucket). Runs that were interrupted
          have created these keys.
        - With O(state=absent), the keys among them that the run deletes. They are in RV(changes), but not in C(changes) of RV(kms_key).
      type: list
      elements: str
      version_added: 0.7.0
      returned: 'with O(state=absent), or with O(state=verified) if the key exists'
log_group:
  description: Result for O(log_group), with the keys of RV(s3_bucket) and the key below.
  returned: if O(log_group) is given
  type: dict
  contains:
    arn:
      description: ARN that the log group has or gets. The ARN ends in C(:*), as CloudTrail needs it.
      type: str
      returned: with O(state=present) or O(state=verified), if O(account_id) is given
iam_role:
  description: Result for O(iam_role), with the keys of RV(s3_bucket) and the key below.
  returned: if O(iam_role) is given
  type: dict
  contains:
    arn:
      description: ARN that the role has or gets.
      type: str
      returned: with O(state=present) or O(state=verified), if O(account_id) is given
trail:
  description: Result for O(trail), with the keys of RV(s3_bucket) and the keys below. With O(state=verified), C(current.status) has the
    keys of RV(crossaccount.audit_logs.cloudtrail_status_info#module:status).
  returned: if O(trail) is given
  type: dict
  contains:
    records:
      description: The kinds of events of M(crossaccount.audit_logs.cloudtrail_probe) that the trail records, V(read) and V(write). Empty if
        the trail does not exist.
      type: list
      elements: str
      returned: with O(state=verified)
    unrecorded:
      description: Management events that the selectors of the trail leave out, as texts for people.
      type: list
      version_added: 0.6.0
      elements: str
      returned: with O(state=verified)
      sample: ["write events", "read events of kms.amazonaws.com"]
    unrecorded_regions:
      description: Opt-in regions that the account has enabled, but that a trail of all regions does not record. A region is missing if its
        trails cannot be read.
      type: list
      version_added: 0.7.0
      elements: str
      returned: with O(state=verified)
      sample: [me-south-1]
    elsewhere:
      description: ARNs of trails with the name of O(trail) in other regions of the account.
      type: list
      elements: str
      returned: with O(state=verified), if the trail does not exist and O(trail.is_managed) is true
    organization:
      description: Id of the organization of the account. Empty if the account is in no organization, null if the account may not read its
        organization.
      type: str
      version_added: 0.7.0
      returned: with O(state=verified), if the trail does not exist and O(trail.is_managed) is false
probe:
  description: The event that was created, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.
  returned: if O(probe) is true and the trail exists
  type: dict
  version_added: 0.7.0
undeliverable:
  description: Sentences that say why trails of O(trails) cannot deliver log files, by the id of the account.
  returned: success
  type: dict
undecided:
  description:
    - Sentences about policy statements of which only AWS can decide whether they allow trails of O(trails) to deliver, by the id of the
      account.
    - With O(state=present), if the run changes something, these sentences are also warnings.
  returned: success
  type: dict
  version_added: 0.6.0
undeliverable_events:
  description: Sentences that say why trails of O(trails) cannot write into O(log_group) with O(iam_role), by the id of the account.
  returned: success
  type: dict
  version_added: 0.6.0
undeliverable_digests:
  description: Sentences that say why trails of O(trails) cannot deliver digest files, by the id of the account. Reasons that are in
    RV(undeliverable) are not repeated.
  returned: success
  type: dict
  version_added: 0.6.0
extended:
  description: Whether a policy retains permissions for O(pending_accounts) that the given policy does not have.
  returned: success
  type: bool
changes:
  description: All changes that a run makes, as texts for people, one for each resource.
  returned: success
  type: list
  elements: str
  sample: ["trail audit-logs: is_multi_region_trail, event_selectors"]
settings:
  description:
    - The values of O(region), O(state), the given resources, and their selectors. Options that are not given are left out.
    - The tasks of a role that create, change and delete resources use these values.
  returned: success
  type: dict
  version_added: 0.7.0
announced:
  description: Texts that name the logs that O(state=absent) or a shorter retention deletes permanently, with their amount and age.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
  sample: ["s3 bucket example-audit-logs with at least 10,000 versions of objects from 2024-01-01 to 2026-11-28 of 222222222222"]
retained:
  description:
    - With O(state=absent), texts that name the resources that are retained, with the reason.
    - With the other states, texts that name what the deployed policies of O(s3_bucket) and O(kms_key) allow, what the given policies do
      not allow, and what the policies therefore retain.
    - In all states, also trails and buckets that O(deployment) manages and that no option names.
  returned: success
  type: list
  elements: str
"""


from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.comparison import Comparison
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.plan_options import resource_options
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.removal import Removal
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import PlanError


def main():
    module = AwsModule(
        argument_spec=dict(
            role=dict(type="str", choices=["aws_trail", "aws_trail_bucket", "aws_trail_cloudwatch", "aws_trail_validation"]),
            state=dict(type="str", choices=["present", "absent", "verified"], default="present"),
            deployment=dict(type="str"),
            previous_deployments=dict(type="list", elements="str", default=[]),
            delete_logs=dict(type="bool", default=False),
            shorten_retention=dict(type="bool", default=False),
            pending_accounts=dict(type="list", elements="str", default=[]),
            destroyed_accounts=dict(type="list", elements="str", default=[]),
            removed_accounts=dict(type="list", elements="str", default=[]),
            keys_in_use=dict(type="list", elements="str", default=[], no_log=False),
            removed_statements=dict(type="list", elements="str", default=[]),
            covered_accounts=dict(type="list", elements="str", default=[]),
            probe=dict(type="bool", default=False),
            account_id=dict(type="str"),
            organization_id=dict(type="str"),
            trails=dict(
                type="list",
                elements="dict",
                default=[],
                options=dict(
                    account_id=dict(type="str", required=True),
                    region=dict(type="str"),
                    name=dict(type="str"),
                    prefix=dict(type="str"),
                    organization_id=dict(type="str"),
                ),
            ),
            **resource_options(),
            insight_types=selectors.insight_type_option(),
            **selectors.event_selector_options(),
        ),
        mutually_exclusive=[["event_selectors", "advanced_event_selectors"]],
        required_by=dict(trail=["account_id"]),
        supports_check_mode=True,
    )
    if module.params["probe"] and not (module.params["state"] == "verified" and module.params["trail"]):
        module.fail_json(msg="probe: an event is created only with state=verified and a trail")
    plan = (Removal if module.params["state"] == "absent" else Comparison)(module)
    resource = "input"
    try:
        plan.check_input()
        for resource in plan.order:
            if module.params[resource]:
                plan.found[resource] = getattr(plan, resource)()
    except PlanError as error:
        module.fail_json(msg=str(error))
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to read the {resource.replace('_', ' ')}")
    found = dict(
        undeliverable=plan.undeliverable,
        undecided=plan.undecided,
        undeliverable_digests=plan.undeliverable_digests,
        undeliverable_events=plan.undeliverable_events,
        **plan.found,
    )
    if module.params["probe"]:
        try:
            found.update(plan.probe())
        except AWS_ERRORS as error:
            module.fail_json_aws(error, msg="Failed to create the probe", **found)

    changes = plan.changes()
    for doubt in plan.doubts() if changes else ():
        module.warn(doubt)
    module.exit_json(
        changed=bool(changes),
        changes=changes,
        extended=plan.extended,
        announced=plan.announced,
        settings=plan.settings(),
        retained=plan.retained(),
        diff=plan.diff(),
        **found,
    )


if __name__ == "__main__":
    main()
