# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources that the module aws_plan compares; module_utils/_aws/plan_options.py has their argument specification."""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  s3_bucket:
    description: A bucket. The settings have the names of the options of C(amazon.aws.s3_bucket), whose documentation explains them.
    type: dict
    suboptions:
      name: {description: Name of the bucket., type: str, required: true}
      policy:
        description: The bucket policy. With O(state=absent) and O(delete_logs=true), this setting is required. It then shows which
          statements of the existing policy allow delivery.
        type: json
      versioning: {description: Whether versioning is on., type: bool}
      encryption: {description: Default encryption., type: str, choices: [AES256, 'aws:kms']}
      encryption_key_id: {description: 'ARN of the key for V(aws:kms). If it is not given, the key is the key of O(kms_key).', type: str}
      bucket_key_enabled:
        description: Whether objects are encrypted with an S3 Bucket Key. If V(true), the policy of O(kms_key) also allows C(kms:Decrypt).
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
      object_ownership:
        description: Object ownership setting of the bucket.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
      object_lock_enabled: {description: Whether object lock is on., type: bool}
      object_lock_default_retention:
        description: Default retention of object lock.
        type: dict
        suboptions:
          mode:
            description: Retention mode. With V(GOVERNANCE), users with the permission C(s3:BypassGovernanceRetention) can delete objects
              before the end of the retention. With V(COMPLIANCE), nobody can.
            type: str
            required: true
            choices: [GOVERNANCE, COMPLIANCE]
          days: {description: Retention in days., type: int, required: true}
      lifecycle:
        description: The lifecycle rule with the id C(crossaccount.audit_logs). An empty dictionary means that the bucket must not have this
          rule.
        type: dict
        suboptions:
          transition_days: {description: Days after which S3 changes the storage class of a log file., type: int}
          storage_class: {description: The new storage class., type: str}
          minimum_object_size:
            description: Size in bytes. The rule applies only to objects that are larger. If it is not given, S3 changes the storage class
              only of objects of at least 128 KB.
            type: int
            version_added: 0.7.0
          expiration_days: {description: Days after which a log file expires., type: int}
          noncurrent_version_expiration_days: {description: Days after which S3 deletes a noncurrent version of an object., type: int}
      logging:
        description: Server access logging. An empty dictionary means that server access logging is off.
        type: dict
        suboptions:
          target_bucket: {description: The bucket that gets the access logs., type: str}
          target_prefix: {description: Prefix of the keys of the access logs., type: str}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged bucket may be adopted., type: bool, default: false}
  kms_key:
    description: A KMS key, identified by its alias. The settings have the names of the options of C(amazon.aws.kms_key).
    type: dict
    suboptions:
      alias: {description: Alias of the key., type: str, required: true}
      policy: {description: The key policy., type: json}
      enable_key_rotation: {description: Whether the key material is rotated every year., type: bool}
      tags: {description: Tags., type: dict}
  log_group:
    description: A CloudWatch log group. The settings have the names of the options of C(amazon.aws.cloudwatchlogs_log_group).
    type: dict
    suboptions:
      name: {description: Name of the log group., type: str, required: true}
      retention: {description: Retention in days., type: int}
      kms_key_id: {description: ARN of the KMS key that encrypts the log group., type: str}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged log group may be adopted., type: bool, default: false}
  iam_role:
    description: An IAM role. The settings have the names of the options of M(crossaccount.audit_logs.iam_role).
    type: dict
    suboptions:
      name: {description: Name of the role., type: str, required: true}
      assume_role_policy_document: {description: The trust policy., type: json}
      policy_name: {description: Name of the inline policy in O(iam_role.policy)., type: str}
      policy: {description: The inline policy. Requires O(iam_role.policy_name)., type: json}
      description: {description: Description of the role., type: str}
      boundary: {description: ARN of the policy that is the permissions boundary., type: str, version_added: 0.7.0}
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged role may be adopted., type: bool, default: false}
  trail:
    description:
      - A trail. The settings have the names of the options of C(amazon.aws.cloudtrail) and M(crossaccount.audit_logs.cloudtrail_selectors).
    type: dict
    suboptions:
      name: {description: Name of the trail., type: str, required: true}
      owner_id:
        description: Id of the account in the ARN of the trail. The default is O(account_id).
        type: str
        version_added: 0.7.0
      is_managed:
        description:
          - Whether the account of the plan owns the trail. If V(false), the module does not compare the tags of the trail, and other
            differences are not changes of the plan.
        type: bool
        default: true
        version_added: 0.7.0
      s3_bucket_name: {description: Bucket of the log files., type: str}
      s3_key_prefix: {description: Prefix of the keys of the log files., type: str}
      sns_topic_name: {description: Name or ARN of the SNS topic that gets a message for each log file., type: str}
      is_multi_region_trail: {description: Whether the trail records all regions., type: bool}
      is_organization_trail: {description: Whether the trail records all accounts of the organization., type: bool}
      include_global_events: {description: Whether the trail records events of global services., type: bool}
      enable_log_file_validation: {description: Whether CloudTrail delivers digest files., type: bool}
      enable_logging: {description: Whether the trail records., type: bool}
      cloudwatch_logs_log_group_arn: {description: ARN of the log group., type: str}
      cloudwatch_logs_role_arn: {description: ARN of the role for CloudWatch Logs., type: str}
      kms_key_id: {description: ARN of the KMS key that encrypts the log files., type: str}
      kms_key_checked:
        description: Whether O(trail.kms_key_id) is the key of the bucket. The plan of the bucket has then already checked this key.
        type: bool
        default: false
        version_added: 0.6.0
      administrator_is_new:
        description:
          - Whether this run registers the account as a delegated administrator of CloudTrail. If V(true), the module does not check with
            AWS Organizations whether the account is a delegated administrator.
        type: bool
        default: false
        version_added: 0.7.0
      tags: {description: Tags., type: dict}
      adopt: {description: Whether an unmanaged trail may be adopted., type: bool, default: false}
"""
