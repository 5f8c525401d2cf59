# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, said in one sentence: what, and what to do instead. Each returns None if there is nothing to say."""
from __future__ import annotations

import functools
import re

from .documents import policy_statements
from .logs import RETENTION_DAYS

_TRAIL_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/[^/]+")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
# assumption aws-bucket-names
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_IN_NAMESPACE_OF_ACCOUNT = re.compile(r".+-[0-9]{12}-[a-z0-9-]+-an")
_INFREQUENT_ACCESS = ("STANDARD_IA", "ONEZONE_IA")


def account_id(value) -> str | None:
    """Account ids have 12 digits (assumption aws-account-ids); unquoted in YAML they lose their leading zeros."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value):
        return None
    return f"account id {value!r} is not a string of 12 digits: write it in quotes, with its leading zeros"


def trail_arn(value) -> str | None:
    """ARNs of trails: assumption aws-trail-names."""
    if _TRAIL_ARN.fullmatch(str(value)) and not trail_name(str(value).rpartition("/")[2]):
        return None
    return f"{value!r} is not the ARN of a trail: give one such as arn:aws:cloudtrail:eu-west-1:111111111111:trail/example"


def region(value) -> str | None:
    """Regions with CloudTrail, of every partition, as botocore knows them: assumption aws-regions."""
    version, known = _regions()
    if value in known:
        return None
    return f"region {value!r} is not known to botocore {version}: mend the name, or update botocore"


@functools.cache
def _regions():
    """Version of botocore and its regions; reading them takes some 30 ms, and every host of an inventory has one."""
    import botocore.loaders  # here, because most users of this file have no need of it
    import botocore.regions

    # Without a session, which would look for the profile that the environment names.
    resolver = botocore.regions.EndpointResolver(botocore.loaders.create_loader().load_data("endpoints"))
    return botocore.__version__, [
        name
        for partition in resolver.get_available_partitions()
        for name in resolver.get_available_endpoints("cloudtrail", partition)
    ]


def bucket_name(value) -> str | None:
    """Names of buckets: assumption aws-bucket-names."""
    name = str(value)
    if not re.fullmatch(r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]", name) or _ADDRESS.fullmatch(name):
        return f"bucket name {value!r}: S3 takes 3 to 63 lower-case letters, digits, dots and hyphens, and no IP address"
    reserved = None
    if name.startswith(_RESERVED_PREFIXES):
        reserved = f"begin with {', '.join(_RESERVED_PREFIXES)}"
    elif name.endswith(_RESERVED_SUFFIXES):
        reserved = f"end with {', '.join(_RESERVED_SUFFIXES)}"
    elif name.endswith("-an") and not _IN_NAMESPACE_OF_ACCOUNT.fullmatch(name):
        reserved = "end with -an for buckets in the namespace of an account and a region, such as 'logs-111122223333-eu-west-1-an'"
    return reserved and f"bucket name {value!r}: S3 reserves names that {reserved}: choose another name"


def trail_name(value) -> str | None:
    """Names of trails: assumption aws-trail-names."""
    pattern = r"(?=.{3,128}$)[A-Za-z0-9]+([._-][A-Za-z0-9]+)*"
    if re.fullmatch(pattern, str(value)) and not _ADDRESS.fullmatch(str(value)):
        return None
    return (
        f"trail name {value!r}: CloudTrail takes 3 to 128 letters, digits, dots, hyphens and underscores,"
        " beginning and ending with a letter or digit, no two marks in a row, and no IP address"
    )


def key_prefix(value) -> str | None:
    """Prefixes of keys in the bucket: assumption aws-key-prefixes."""
    text = str(value)
    if text.startswith("/") or text.endswith("/"):
        return f"key prefix {value!r}: write it without a slash at its ends, as {text.strip('/')!r}"
    if len(text) > 200 or "AWSLogs" in text.split("/"):
        return f"key prefix {value!r}: CloudTrail takes 200 characters at most, and no folder AWSLogs in it"
    return None


def retention(value) -> str | None:
    """Days that a log group keeps events: assumption aws-log-retention."""
    if str(value) in map(str, RETENTION_DAYS):
        return None
    return f"retention of {value!r} days: CloudWatch Logs takes one of {', '.join(map(str, RETENTION_DAYS))}"


def policy(value) -> str | None:
    """A policy document, or its JSON: assumption aws-policy-documents."""
    try:
        policy_statements(value)
    except ValueError as error:
        return str(error)
    return None


def trust_policy(value) -> str | None:
    """A trust policy that trusts somebody; IAM refuses one with an empty list of principals: assumption aws-trust-principals."""
    problem = policy(value)
    if problem:
        return problem
    for statement in policy_statements(value):
        principal = statement.get("Principal")
        if not principal or (isinstance(principal, dict) and not all(principal.values())):
            return "the trust policy names nobody who may assume the role: give at least one principal"
        if principal == "*" or (isinstance(principal, dict) and "*" in str(principal.get("AWS", ""))):
            return "the trust policy would let everybody assume the role: name accounts, roles or users"
    return None


def principals(value) -> str | None:
    """Principals of a trust policy: assumption aws-trust-principals."""
    for principal in value if isinstance(value, list) else [value]:
        if not isinstance(principal, str):
            return f"{principal!r} is not text: write it in quotes"
        if "*" in principal:
            return f"{principal!r} would let everybody assume the role: name accounts by id, roles and users by ARN"
    return None


def role_name(value) -> str | None:
    """Names of roles: assumption aws-role-names."""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", str(value)):
        return None
    return f"role name {value!r}: IAM takes 64 characters at most, letters, digits and _+=,.@-: give one that fits"


def tags(value) -> str | None:
    """Tags are text (assumption aws-tags): YAML makes C(no) a boolean and C(010) a number."""
    if not isinstance(value, dict):
        return f"tags are a dictionary of names and values, and not {value!r}"
    for name, text in value.items():
        if not isinstance(name, str):
            return f"the name {name!r} is not text: write it in quotes"
        if not isinstance(text, str):
            return f"the value of {name!r} is not text: write it in quotes"
    return None


def lifecycle(value) -> str | None:
    """Days of a lifecycle rule: assumption aws-lifecycle-days."""
    transition, expiration = value.get("transition_days") or 0, value.get("expiration_days") or 0
    if transition < 0 or expiration < 0:
        return "days of a lifecycle rule are 1 or more, or 0 for never"
    storage_class = value.get("storage_class")
    if 0 < transition < 30 and storage_class in _INFREQUENT_ACCESS:
        return (
            f"log files change to {storage_class} after {transition} days, and S3 takes 30 days or more for that storage class:"
            " give 30 or more, or another storage class"
        )
    if transition and expiration and expiration <= transition:
        return (
            f"log files expire after {expiration} days and change their storage class after {transition}:"
            " let them expire later than that, or leave one of the two out"
        )
    return None


def object_lock(value) -> str | None:
    """Default retention of object lock: assumption aws-object-lock-days."""
    if value["days"] < 1:
        return f"object lock for {value['days']} days: give a default retention of 1 day at least"
    return None
