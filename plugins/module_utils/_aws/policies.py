# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents that let trails deliver, and nothing else. Private to this collection.

A trail is a dictionary with the key C(account_id) and, unless the defaults are right, C(region), C(name), C(prefix)
(which may be empty) and, for the trail of an organization, C(organization_id).
"""
from __future__ import annotations

import json
import math

from . import checks
from .documents import merge_statements

BUCKET_POLICY_LIMIT = 20 * 1024  # bytes: assumption aws-bucket-policy-size
KEY_POLICY_LIMIT = 32 * 1024  # bytes: assumption aws-key-policy-size
TRAIL_NAME = "audit-logs"
TRAILS_PER_REGION = 5  # assumption aws-cloudtrail-trails
EXTRA_COPY = "2 US dollars per 100,000 management events"  # assumption aws-cloudtrail-price
# How many trails fit into the policy of a bucket, measured with a trail audit-logs in eu-west-1 and a bucket name of 18 letters.
_ROOM = {"accounts": 29, "source_arns": 317, "source_accounts": 1223, "organization": math.inf}
POLICY_FORMS = tuple(_ROOM)

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}  # in each partition: assumption aws-cloudtrail-service-principal


def partition(region: str) -> str:
    """The partition of a region: C(aws) unless the name of the region says otherwise."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def with_defaults(trail: dict, region: str) -> dict:
    """A trail with all of its keys: of the given region, with our name, below a prefix that is its account's id.

    Raises ValueError if there is no account id, or none that could be one.
    """
    _check_account(trail.get("account_id"))
    return {"region": region, "name": TRAIL_NAME, "prefix": trail["account_id"], **trail}


def trail_arn(trail: dict) -> str:
    """The ARN of a trail."""
    region = trail["region"]
    return f"arn:{partition(region)}:cloudtrail:{region}:{trail['account_id']}:trail/{trail['name']}"


def log_group_arn(trail: dict, name: str) -> str:
    """The ARN of a log group beside a trail, as CloudTrail wants it: with C(:*) at its end."""
    region = trail["region"]
    return f"arn:{partition(region)}:logs:{region}:{trail['account_id']}:log-group:{name}:*"


def role_arn(trail: dict, name: str) -> str:
    """The ARN of a role in the account of a trail."""
    return f"arn:{partition(trail['region'])}:iam::{trail['account_id']}:role/{name}"


def log_paths(trail: dict) -> list[str]:
    """The keys below which CloudTrail writes a trail's log files, each ending in C(/*).

    The one of an organization has a folder of its own beside that of the account that owns the trail
    (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html).
    """
    owners = [trail["account_id"]]
    if trail.get("organization_id"):
        owners.append(trail["organization_id"])
    folder = f"{trail['prefix']}/AWSLogs" if trail.get("prefix") else "AWSLogs"
    return [f"{folder}/{owner}/*" for owner in owners]


def bucket_policy(bucket, region, trails, form="accounts", organization_id=None, extra=None):
    """The policy of a bucket that receives log files.

    The form says what vouches for a caller: C(accounts) has a pair of statements for each account, which names its
    trails and its paths; C(source_arns) one statement with the list of the trails; C(source_accounts) one with the list of
    the accounts; C(organization) one with the id of the organization. The statements of C(extra) are added; one with a
    Sid of ours replaces ours.

    Sources: U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html),
    U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-set-bucket-policy-for-multiple-accounts.html).
    Conditions: assumption aws-cloudtrail-source-arn, assumption aws-source-account-with-s3, assumption aws-source-org-id.

    Raises ValueError when the document is larger than S3 takes, or the arguments don't fit together.
    """
    arn = f"arn:{partition(region)}:s3:::{bucket}"
    trails = [with_defaults(trail, region) for trail in trails]
    statements = [
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    if form == "accounts":
        for account in sorted({trail["account_id"] for trail in trails}):
            statements += _account_pair(arn, account, [trail for trail in trails if trail["account_id"] == account])
    elif trails:
        statements += _shared_pair(arn, trails, form, organization_id)
    document = {"Version": "2012-10-17", "Statement": merge_statements(statements, extra)}
    return _checked_size(document, BUCKET_POLICY_LIMIT, f"bucket {bucket}", trails, form)


def key_policy(account_id, region, trails, form="accounts", organization_id=None):
    """The policy of the key that trails encrypt their log files with; its own account administers it.

    AWS's example also wants the encryption context to name a trail. A call that S3 makes because the key is the bucket's
    default has another context; aws:SourceArn names the trail in either case.

    Source: U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html), also for the
    condition of kms:DescribeKey: assumption aws-cloudtrail-source-arn.

    Raises ValueError when the document is larger than KMS takes, or the arguments don't fit together.
    """
    _check_account(account_id)
    statements = [
        {
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition(region)}:iam::{account_id}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    trails = [with_defaults(trail, region) for trail in trails]
    if trails:
        statements.append({
            "Sid": "CloudTrailEncrypts",
            "Effect": "Allow",
            "Principal": _CLOUDTRAIL,
            "Action": ["kms:DescribeKey", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": _source_condition(trails, form, organization_id),
        })
    document = {"Version": "2012-10-17", "Statement": statements}
    return _checked_size(document, KEY_POLICY_LIMIT, "the KMS key", trails, form)


def with_decrypt(document):
    """The policy of a key that also lets the trails decrypt, which they need beside an S3 Bucket Key: assumption aws-bucket-key-decrypt."""
    statements = [
        {**statement, "Action": [*_list(statement["Action"]), "kms:Decrypt"]} if statement.get("Sid") == "CloudTrailEncrypts" else statement
        for statement in document["Statement"]
    ]
    return {**document, "Statement": statements}


def _list(value):
    return [value] if isinstance(value, str) else value


def _check_account(account_id):
    problem = checks.account_id(account_id)
    if problem:
        raise ValueError(problem)


def _account_pair(arn, account, trails):
    trail_arns = _one_or_list([trail_arn(trail) for trail in trails])
    paths = [f"{arn}/{path}" for trail in trails for path in log_paths(trail)]
    return [
        {
            "Sid": f"CloudTrailAcl{account}",
            "Effect": "Allow",
            "Principal": _CLOUDTRAIL,
            "Action": "s3:GetBucketAcl",
            "Resource": arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arns}},
        },
        {
            "Sid": f"CloudTrailWrite{account}",
            "Effect": "Allow",
            "Principal": _CLOUDTRAIL,
            "Action": "s3:PutObject",
            "Resource": _one_or_list(paths),
            "Condition": {
                "StringEquals": {"aws:SourceArn": trail_arns, "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
    ]


def _shared_pair(arn, trails, form, organization_id):
    """One statement for both actions, because the list of accounts would not fit twice, and one about the ACL.

    CloudTrail itself writes the account's id into the path below AWSLogs/, so an account cannot write into another's.
    """
    folders = sorted({"*/AWSLogs/*" if trail.get("prefix") else "AWSLogs/*" for trail in trails})
    return [
        {
            "Sid": "CloudTrailDelivers",
            "Effect": "Allow",
            "Principal": _CLOUDTRAIL,
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": [arn] + [f"{arn}/{folder}" for folder in folders],
            "Condition": _source_condition(trails, form, organization_id),
        },
        {
            "Sid": "DenyOtherAcl",  # a condition of the first statement would stop GetBucketAcl, which has no such key
            "Effect": "Deny",
            "Principal": _CLOUDTRAIL,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ]


def _source_condition(trails, form, organization_id):
    if form not in POLICY_FORMS:
        raise ValueError(f"the policy form {form!r} is not one of {', '.join(POLICY_FORMS)}")
    if form in ("accounts", "source_arns"):
        return {"StringEquals": {"aws:SourceArn": _one_or_list(sorted(trail_arn(trail) for trail in trails))}}
    if form == "organization":
        if not organization_id:
            raise ValueError("the policy form 'organization' needs the id of the organization, such as o-a1b2c3d4e5")
        source = {"aws:SourceOrgID": organization_id}
    else:
        source = {"aws:SourceAccount": sorted({trail["account_id"] for trail in trails})}
    names = sorted({f"arn:{partition(trail['region'])}:cloudtrail:*:*:trail/{trail['name']}" for trail in trails})
    return {"StringEquals": source, "ArnLike": {"aws:SourceArn": _one_or_list(names)}}


def _one_or_list(values):
    return values[0] if len(values) == 1 else values


def size(document: dict) -> int:
    """Bytes of a policy as amazon.aws.s3_bucket sends it: with a space after each comma and colon."""
    return len(json.dumps(document).encode())


def _checked_size(document, limit, owner, trails, form):
    if size(document) <= limit:
        return document
    raise ValueError(
        f"the policy of {owner} for {len(trails)} trails has {size(document)} bytes, but AWS allows {limit}: {_advice(form, len(trails))}"
    )


def _advice(form, number):
    """What to do about a policy that is too large for a number of trails."""
    wider = [name for name in POLICY_FORMS[POLICY_FORMS.index(form) + 1 :] if _ROOM[name] >= number]
    if not wider:
        return "shorten the statements"
    # The next form, and the last one, for whoever can use that.
    choices = [f"{name!r} ({'one organization' if name == 'organization' else f'about {_ROOM[name]:,} trails'})" for name in wider]
    found = " or ".join(dict.fromkeys([choices[0], choices[-1]]))
    return f"the form {form!r} has room for about {_ROOM[form]:,} trails in the policy of a bucket, so choose the policy form {found}"
