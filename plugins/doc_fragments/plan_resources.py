# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources that the module aws_plan compares; module_utils/_aws/plan_options.py has their argument specification."""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  s3_bucket:
    description: A bucket. The settings are named as in C(amazon.aws.s3_bucket), where each is explained.
    type: dict
    suboptions:
      name: {description: Name of the bucket., type: str, required: true}
      policy: {description: 'The bucket policy. Needed with O(state=absent) and O(delete_logs), to know which statements deliver.', type: json}
      versioning: {description: Whether versioning is on., type: bool}
      encryption: {description: Default encryption., type: str, choices: [AES256, 'aws:kms']}
      encryption_key_id: {description: 'ARN of the key for V(aws:kms). Without it, the key of O(kms_key) is meant.', type: str}
      bucket_key_enabled:
        description: Whether objects are encrypted with an S3 Bucket Key. If it is on, the policy of O(kms_key) also allows C(kms:Decrypt).
        type: bool
        version_added: 0.7.0
      public_access:
        description: The four settings of the public access block.
        type: dict
        suboptions:
          block_public_acls: {description: As in C(amazon.aws.s3_bucket)., type: bool, default: false}
          block_public_policy: {description: As in C(amazon.aws.s3_bucket)., type: bool, default: false}
          ignore_public_acls: {description: As in C(amazon.aws.s3_bucket)., type: bool, default: false}
          restrict_public_buckets: {description: As in C(amazon.aws.s3_bucket)., type: bool, default: false}
      object_ownership: {description: Who owns the objects., type: str, choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]}
      object_lock_enabled: {description: Whether object lock is on., type: bool}
      object_lock_default_retention:
        description: Default retention, with object lock.
        type: dict
        suboptions:
          mode: {description: Who may lift it., type: str, required: true, choices: [GOVERNANCE, COMPLIANCE]}
          days: {description: Retention in days., type: int, required: true}
      lifecycle:
        description: The lifecycle rule with the id C(crossaccount.audit_logs); an empty dictionary for no such rule.
        type: dict
        suboptions:
          transition_days: {description: Days until the change of the storage class., type: int}
          storage_class: {description: The storage class to change to., type: str}
          minimum_object_size:
            description: The rule is for objects that have more bytes. Without it, S3 changes the storage class from 128 KB on.
            type: int
            version_added: 0.7.0
          expiration_days: {description: Days until a log file expires., type: int}
          noncurrent_version_expiration_days: {description: Days until an older version is deleted., type: int}
      logging:
        description: Server access logging; an empty dictionary for none.
        type: dict
        suboptions:
          target_bucket: {description: The bucket that gets the access logs., type: str}
          target_prefix: {description: Prefix of their keys., type: str}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged bucket may be adopted., type: bool, default: false}
  kms_key:
    description: A KMS key, found by its alias. The settings are named as in C(amazon.aws.kms_key).
    type: dict
    suboptions:
      alias: {description: Alias of the key., type: str, required: true}
      policy: {description: The key policy., type: json}
      enable_key_rotation: {description: Whether the key material is rotated every year., type: bool}
      tags: {description: Tags., type: dict}
  log_group:
    description: A CloudWatch log group. The settings are named as in C(amazon.aws.cloudwatchlogs_log_group).
    type: dict
    suboptions:
      name: {description: Name of the log group., type: str, required: true}
      retention: {description: Retention in days., type: int}
      kms_key_id: {description: ARN of the KMS key., type: str}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged log group may be adopted., type: bool, default: false}
  iam_role:
    description: An IAM role. The settings are named as in M(crossaccount.audit_logs.iam_role).
    type: dict
    suboptions:
      name: {description: Name of the role., type: str, required: true}
      assume_role_policy_document: {description: The trust policy., type: json}
      policy_name: {description: Name of the inline policy in O(iam_role.policy)., type: str}
      policy: {description: The inline policy; needs O(iam_role.policy_name)., type: json}
      description: {description: Description., type: str}
      boundary: {description: ARN of the policy that is the permissions boundary., type: str, version_added: 0.7.0}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged role may be adopted., type: bool, default: false}
  trail:
    description:
      - A trail. The settings are named as in C(amazon.aws.cloudtrail) and
        M(crossaccount.audit_logs.cloudtrail_selectors).
    type: dict
    suboptions:
      name: {description: Name of the trail., type: str, required: true}
      owner_id:
        description: Id of the account in the ARN of the trail, if that is not the account of the plan.
        type: str
        version_added: 0.7.0
      is_managed:
        description:
          - Whether the account of the plan has the trail. Otherwise its tags are not compared, and differences are no changes of the plan.
        type: bool
        default: true
        version_added: 0.7.0
      s3_bucket_name: {description: Bucket of the log files., type: str}
      s3_key_prefix: {description: Prefix of their keys., type: str}
      sns_topic_name: {description: SNS topic., type: str}
      is_multi_region_trail: {description: Whether the trail records all regions., type: bool}
      is_organization_trail: {description: Whether the trail records all accounts of the organization., type: bool}
      include_global_events: {description: Whether it records events of global services., type: bool}
      enable_log_file_validation: {description: Whether digest files are written., type: bool}
      enable_logging: {description: Whether the trail records., type: bool}
      cloudwatch_logs_log_group_arn: {description: ARN of the log group., type: str}
      cloudwatch_logs_role_arn: {description: ARN of the role for CloudWatch Logs., type: str}
      kms_key_id: {description: ARN of the KMS key., type: str}
      kms_key_checked:
        description: Whether O(trail.kms_key_id) is the key of the bucket, which the plan of the bucket has looked at.
        type: bool
        default: false
        version_added: 0.6.0
      administrator_is_new:
        description:
          - Whether the run that this plan is for registers the account as a delegated administrator of CloudTrail. Then the module does not
            ask AWS Organizations whether the account is one.
        type: bool
        default: false
        version_added: 0.7.0
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged trail may be adopted., type: bool, default: false}
"""
