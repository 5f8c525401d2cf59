# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specification of the resources of a plan. Private to this collection."""
from __future__ import annotations


def resource_options() -> dict:
    """Options of M(crossaccount.audit_logs.aws_plan) that describe resources; the module documents them."""
    text = dict(type="str")
    flag = dict(type="bool")
    document = dict(type="json")
    name = dict(type="str", required=True)
    tags = dict(type="dict")
    adopt = dict(type="bool", default=False)
    public_access = [
        "block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"
    ]  # fmt: skip
    return dict(
        s3_bucket=dict(
            type="dict",
            options=dict(
                name=name,
                policy=document,
                versioning=flag,
                encryption=dict(type="str", choices=["AES256", "aws:kms"]),
                encryption_key_id=dict(type="str", no_log=False),
                bucket_key_enabled=dict(type="bool", no_log=False),
                public_access=dict(
                    type="dict", options={key: dict(type="bool", default=False) for key in public_access}
                ),
                object_ownership=dict(
                    type="str", choices=["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
                ),
                object_lock_enabled=flag,
                object_lock_default_retention=dict(
                    type="dict",
                    options=dict(
                        mode=dict(type="str", required=True, choices=["GOVERNANCE", "COMPLIANCE"]),
                        days=dict(type="int", required=True),
                    ),
                ),
                lifecycle=dict(
                    type="dict",
                    options=dict(
                        transition_days=dict(type="int"),
                        storage_class=text,
                        minimum_object_size=dict(type="int"),
                        expiration_days=dict(type="int"),
                        noncurrent_version_expiration_days=dict(type="int"),
                    ),
                ),
                logging=dict(type="dict", options=dict(target_bucket=text, target_prefix=text)),
                tags=tags,
                adopt=adopt,
            ),
        ),
        kms_key=dict(
            type="dict",
            no_log=False,
            options=dict(
                alias=name, policy=document, enable_key_rotation=dict(type="bool", no_log=False), tags=tags
            ),
        ),
        log_group=dict(
            type="dict",
            options=dict(name=name, retention=dict(type="int"), kms_key_id=text, tags=tags, adopt=adopt),
        ),
        iam_role=dict(
            type="dict",
            options=dict(
                name=name,
                assume_role_policy_document=document,
                policy_name=text,
                policy=document,
                description=text,
                boundary=text,
                tags=tags,
                adopt=adopt,
            ),
            required_by=dict(policy=["policy_name"]),
        ),
        trail=dict(
            type="dict",
            options=dict(
                name=name,
                owner_id=text,
                is_managed=dict(type="bool", default=True),
                s3_bucket_name=text,
                s3_key_prefix=dict(type="str", no_log=False),
                sns_topic_name=text,
                is_multi_region_trail=flag,
                is_organization_trail=flag,
                include_global_events=flag,
                enable_log_file_validation=flag,
                enable_logging=flag,
                cloudwatch_logs_log_group_arn=text,
                cloudwatch_logs_role_arn=text,
                kms_key_id=text,
                kms_key_checked=dict(type="bool", default=False, no_log=False),
                administrator_is_new=dict(type="bool", default=False),
                tags=tags,
                adopt=adopt,
            ),
        ),
    )
