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
  - Reads the given resources, compares them with the given settings, and returns what a run has to do. The module never changes anything.
  - The roles of this collection ask it first, and call the modules that write (C(amazon.aws.s3_bucket) and the like)
    only where it finds a difference. So check mode is the same for all of them, although C(amazon.aws.s3_bucket) and
    C(community.aws.s3_lifecycle) have none and C(amazon.aws.iam_policy) fails in it as long as its role is missing.
  - The module ignores a setting that is not given. An empty string means that the setting is to be removed.
  - The module compares only the given tags. Other tags stay unchanged.
  - With O(deployment) and O(state=present), the module fails if a resource exists without the tags of that deployment, unless its
    C(adopt) is V(true). A KMS key and a resource with the tag of another deployment cannot be adopted. An empty bucket without tags and
    without a foreign policy counts as created by an interrupted run.
options:
  role:
    description:
      - A role of this collection. Its options, which are read from the variables of the host, give all options of this
        module that describe the account and the resources.
      - The roles use it. Their options are read in Python, because Ansible would compile each of them as a template, in
        each account and each run.
    type: str
    choices: [aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation]
    version_added: 0.7.0
  state:
    description:
      - With V(present), compares settings.
      - With V(absent), says which of the resources have to be deleted. Only resources with the tags of O(deployment) are deleted.
      - With V(verified), compares settings as with V(present), but does not fail because of a difference. It also reads the settings
        that are not given, and returns all settings.
    type: str
    choices: [present, absent, verified]
    default: present
  deployment:
    description:
      - Name of the deployment that the resources belong to. Each gets the tags C(managed-by=crossaccount.audit_logs) and
        C(audit-logs-deployment), with this name, besides its own.
      - Needed with O(state=absent). Without it, tags do not show which deployment manages a resource.
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
      - A bucket with object lock or MFA delete is always retained. A KMS key is retained as long as its bucket is, or if its tag
        C(bucket) names another bucket.
      - A log group that nothing was ever written to is deleted in any case.
    type: bool
    default: false
  shorten_retention:
    description:
      - With O(state=present), whether O(s3_bucket.lifecycle) and O(log_group.retention) may delete existing logs earlier than now.
        Otherwise the module fails, and says how many logs would be deleted. A bucket without objects and a log group without events
        need no permission.
    type: bool
    default: false
    version_added: 0.7.0
  pending_accounts:
    description:
      - Ids of accounts whose trails may not have reached their new configuration yet, because this run has not updated them
        yet, because they failed, or because they are not in this run.
      - With O(state=present), the policies of O(s3_bucket) and O(kms_key) still allow these accounts what they allow now. With
        O(state=verified), that is no difference. With O(state=absent), the bucket is retained as long as there are such accounts.
      - With O(state=absent), the bucket is also retained if its policy allows an account to deliver that is neither in
        O(destroyed_accounts) nor in O(removed_accounts), if an account that is not in O(destroyed_accounts) has delivered within the
        last day, or if it contains an object that is not a log file of CloudTrail.
    type: list
    elements: str
    default: []
  destroyed_accounts:
    description:
      - Ids of accounts, or of the organization of a trail, whose trails this run has deleted. The playbooks give them.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  removed_accounts:
    description:
      - Ids of accounts, or of an organization, whose logs may end. With O(state=present), the policies of O(s3_bucket) and
        O(kms_key) keep what they allow to all other accounts and organizations, also if O(s3_bucket.policy) does not.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  keys_in_use:
    description: With O(state=absent), ARNs of KMS keys that trails or another bucket encrypt with. They are retained.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  removed_statements:
    description:
      - Sids of foreign statements to remove from the policies of O(s3_bucket) and O(kms_key). An empty text means those without a Sid.
        Other foreign statements stay.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  covered_accounts:
    description:
      - Ids of accounts that have no trail of their own, because the trail of another account records them. The policies of
        O(s3_bucket) and O(kms_key) keep nothing for them, unless they are in O(pending_accounts).
      - With O(state=absent) and O(trail) of an organization, also the accounts whose logs may end because the run has them.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  probe:
    description:
      - With O(state=verified), whether to create an event in the account as M(crossaccount.audit_logs.cloudtrail_probe) does, of a
        kind that O(trail) records. If the trail does not exist, no event is created.
      - It changes nothing, and is created in check mode as well.
    type: bool
    default: false
    version_added: 0.7.0
  account_id: {description: 'Id of the account, 12 digits. Needed for O(trail), and for the ARNs that are returned.', type: str}
  organization_id:
    description:
      - Id of the organization that the account of O(trail) has to be in, because a policy is about to name it in place of
        the account. The module fails if DescribeOrganization returns another id.
    type: str
    version_added: 0.7.0
  trails:
    description:
      - Trails that deliver to O(s3_bucket), encrypt with its key, or write to O(log_group) with O(iam_role).
      - With O(state=present), a key that is given in O(s3_bucket.encryption_key_id) is refused if it can be read and is
        not enabled, not in the region of the bucket, not a symmetric key for encryption, or if its policy does not let
        one of them encrypt. Likewise O(trail.kms_key_id), where it is new to the trail, unless
        O(trail.kms_key_checked). For a key in another account this is unknown, because only that account may read the
        policy of the key.
      - With O(state=verified), RV(undeliverable) says which of them bucket and key do not let deliver log files,
        RV(undeliverable_digests) and RV(undeliverable_events) the same of the others. Of O(iam_role), all policies
        count.
      - RV(undecided) says of which statements only AWS can evaluate whether they deny it; with O(state=verified), also
        whether they allow it.
    type: list
    elements: dict
    default: []
    suboptions:
      account_id: {description: Id of the account that has the trail., type: str, required: true}
      region: {description: Home region of the trail; by default O(region)., type: str}
      name: {description: Name of the trail; by default C(audit-logs)., type: str}
      prefix: {description: 'Prefix of the keys; by default the id of the account.', type: str}
      organization_id: {description: 'Id of the organization, for its trail.', type: str}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.plan_resources
  - crossaccount.audit_logs.cloudtrail_selectors
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - RV(ignore:changed) says that there is something to do, in check mode and in a run alike, so that C(--diff) shows it
    at this task in both. In a run, the tasks after it do it.
  - O(event_selectors), O(advanced_event_selectors) and O(insight_types) belong to O(trail).
  - "API calls: one for each resource and one for each setting that has a call of its own: 10 for a bucket with all of
    its settings, 4 for a key, 2 for a log group, 2 for a role, 3 to 5 for a trail, 2 for a key that is only used. With
    O(state=verified), the role of a log group takes 3, one for each policy of its own and 2 for each that is attached, and a
    trail two more, C(ListTrails) and C(ListRegions), and C(DescribeTrails) in each opt-in region that the account has enabled."
"""

EXAMPLES = r"""
- name: See whether the trail is as it should be
  crossaccount.audit_logs.aws_plan:
    region: eu-west-1
    account_id: "222222222222"
    trail:
      name: audit-logs
      s3_bucket_name: example-audit-logs
      is_multi_region_trail: true
      enable_log_file_validation: true
  register: plan

- name: See what destroying would delete
  crossaccount.audit_logs.aws_plan:
    region: eu-west-1
    state: absent
    deployment: example-audit-logs
    log_group:
      name: audit-logs-cloudtrail-log-group
"""

RETURN = r"""
s3_bucket:
  description: What there is to do about O(s3_bucket). The keys C(kms_key), C(log_group), C(iam_role) and C(trail)
    likewise, each if the resource is asked for.
  returned: when O(s3_bucket) is given
  type: dict
  contains:
    exists: {description: Whether it exists now., type: bool, returned: success}
    changes:
      description: Names of the settings that differ; C(create) or C(delete) alone for the whole resource.
      type: list
      elements: str
      returned: success
    before: {description: 'The settings that differ, as they are.', type: dict, returned: success}
    after: {description: 'The settings that differ, as they should be.', type: dict, returned: success}
    title: {description: 'What it is, for people.', type: str, returned: with O(state=verified)}
    name: {description: Its name., type: str, returned: with O(state=verified)}
    current:
      description:
        - All of its settings, as they are.
        - A bucket also has C(expiring), the foreign lifecycle rules that delete log files of O(trails). C(days) is the age
          of a log file then, V(0) for any, C(noncurrent_days) how long it has been an older version. Rules for objects
          with a tag are not listed.
      type: dict
      returned: with O(state=verified)
    retained_sources:
      description: Accounts or organizations that the policy of a bucket or key goes on to let deliver, although
        O(s3_bucket.policy) or O(kms_key.policy) does not.
      type: list
      elements: str
      version_added: 0.7.0
      returned: for a bucket or key that exists, with a policy that is asked for
    recent:
      description:
        - Of a bucket, whether CloudTrail has delivered log files of an account in RV(s3_bucket.retained_sources) within the last day,
          by the id of the account. Of ten accounts at most.
      type: dict
      version_added: 0.7.0
      returned: with O(state=verified)
    foreign_statements:
      description: Statements of its policy that are not of this collection.
      type: list
      elements: dict
      version_added: 0.7.0
      returned: as RV(s3_bucket.retained_sources)
    unproven_accounts:
      description: Accounts of O(pending_accounts) that the policy lets deliver by more than what is asked for. If the policy names an
        organization, these are accounts of O(trails).
      type: list
      elements: str
      version_added: 0.7.0
      returned: as RV(s3_bucket.retained_sources)
    is_in_organization:
      description: Of O(trail), whether its account is in O(organization_id); null if it may not read that.
      type: bool
      version_added: 0.7.0
      returned: with O(organization_id)
    delivering:
      description: Of O(trail), ARNs of the other trails that deliver to O(trail.s3_bucket_name). With O(state=absent), of all that record
        the account in any region, and otherwise of those that the account owns.
      type: list
      elements: str
      version_added: 0.7.0
      returned: success
    leftovers:
      description:
        - Of O(trail), ARNs of other trails of the account that O(deployment) manages, as far as their tags may be read. With
          O(state=present), a trail of a single region is among them only if it is in O(region).
        - Of O(s3_bucket), names of the buckets that it had under its earlier names.
      type: list
      elements: str
      version_added: 0.7.0
      returned: success
    others:
      description:
        - Of O(trail), ARNs of the other trails that record management events of the account in the region, as far as they may be
          read. With O(state=present), only if the trail does not exist. Each of them costs extra, and there is a warning.
      type: list
      elements: str
      version_added: 0.7.0
      returned: with O(state=present) and O(state=verified)
    asked:
      description: Names of the settings that are asked for.
      type: list
      version_added: 0.6.0
      elements: str
      returned: with O(state=verified)
    retained: {description: Why it is not deleted., type: str, returned: 'with O(state=absent), when it exists and stays'}
    policy:
      description: The policy that it should have, with what is retained for O(pending_accounts).
      type: dict
      returned: with O(state=present), when a policy is asked for
    bucket_key_enabled:
      description: Whether the bucket has, or gets, an S3 Bucket Key.
      type: bool
      version_added: 0.7.0
      returned: with O(s3_bucket.encryption=aws:kms)
    mfa_delete:
      description: Whether deleting a version of an object needs MFA. Only the root user can switch it on.
      type: bool
      returned: when the bucket exists and O(s3_bucket.versioning) is given
kms_key:
  description: As RV(s3_bucket).
  returned: when O(kms_key) is given
  type: dict
  contains:
    arn: {description: ARN of the key; a placeholder as long as it does not exist., type: str, returned: success}
    orphans:
      description:
        - ARNs of enabled keys with the same tags, C(bucket) among them, and no alias. An interrupted run has created them.
        - With O(state=absent), those that are to be deleted, which only RV(changes) shows.
      type: list
      elements: str
      version_added: 0.7.0
      returned: 'with O(state=absent), or with O(state=verified) if the key exists'
log_group:
  description: As RV(s3_bucket).
  returned: when O(log_group) is given
  type: dict
  contains:
    arn:
      description: ARN that the log group has or gets, with C(:*) at its end, as CloudTrail takes it.
      type: str
      returned: when O(account_id) is given, except with O(state=absent)
iam_role:
  description: As RV(s3_bucket).
  returned: when O(iam_role) is given
  type: dict
  contains:
    arn: {description: ARN that the role has or gets., type: str, returned: 'when O(account_id) is given, except with O(state=absent)'}
trail:
  description: As RV(s3_bucket). With O(state=verified), C(current.status) is what
    M(crossaccount.audit_logs.cloudtrail_status_info) returns.
  returned: when O(trail) is given
  type: dict
  contains:
    records:
      description: Which events of M(crossaccount.audit_logs.cloudtrail_probe) the trail records, V(read) and V(write).
      type: list
      elements: str
      returned: with O(state=verified)
    unrecorded:
      description: Which management events the trail's selectors leave out, for people.
      type: list
      version_added: 0.6.0
      elements: str
      returned: with O(state=verified)
      sample: ["write events", "read events of kms.amazonaws.com"]
    unrecorded_regions:
      description: Opt-in regions that the account has enabled and a trail of all regions does not record, as far as they may be read.
      type: list
      version_added: 0.7.0
      elements: str
      returned: with O(state=verified)
      sample: [me-south-1]
    elsewhere:
      description: ARNs of trails of this name in other regions of the account.
      type: list
      elements: str
      returned: with O(state=verified), if the trail does not exist
    organization:
      description: Id of the organization of the account; empty if it is in none, null if it may not read that.
      type: str
      version_added: 0.7.0
      returned: with O(state=verified), if a trail that the account does not have does not exist
probe:
  description: The event, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.
  returned: with O(probe), if the trail exists
  type: dict
  version_added: 0.7.0
undeliverable:
  description: Why trails of O(trails) can't deliver, sentences by the id of the account.
  returned: success
  type: dict
undecided:
  description:
    - What only AWS can decide about the delivery of trails of O(trails), sentences by the id of the account.
    - Also a warning, with O(state=present) and if there is something to do.
  returned: success
  type: dict
  version_added: 0.6.0
undeliverable_events:
  description: Why trails of O(trails) can't write into O(log_group) with O(iam_role), likewise.
  returned: success
  type: dict
  version_added: 0.6.0
undeliverable_digests:
  description: Why trails of O(trails) that have digest files can't deliver these, beside RV(undeliverable).
  returned: success
  type: dict
  version_added: 0.6.0
extended:
  description: Whether a policy retains something for the accounts in O(pending_accounts) that is not asked for.
  returned: success
  type: bool
changes:
  description: Everything there is to do, for people.
  returned: success
  type: list
  elements: str
  sample: ["trail audit-logs: is_multi_region_trail, event_selectors"]
settings:
  description:
    - The options O(region), O(state) and those of the resources that were compared, without those that are not given.
    - The tasks of a role that create, change and delete use these values.
  returned: success
  type: dict
  version_added: 0.7.0
announced:
  description: Logs that are deleted for good, by O(state=absent) or a shorter retention, with amount and age.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
  sample: ["s3 bucket example-audit-logs with at least 10,000 versions of objects from 2024-01-01 to 2026-11-28 of 222222222222"]
retained:
  description:
    - What O(state=absent) leaves in place, and why. Otherwise, what the deployed policies of O(s3_bucket) and O(kms_key) allow
      and the given ones do not, and what stays. Also trails that O(deployment) manages, and that no option names.
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
