# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, said in one sentence: what, and what to do instead. Each returns None if there is nothing to say."""
from __future__ import annotations

import functools
import re
import unicodedata

from .. import _ownership
from .._values import shown
from . import documents
from .logs import RETENTION_DAYS

_PARTITION = r"arn:aws[a-z-]*"
_TRAIL_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/[^/]+")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
# assumption aws-bucket-names
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_IN_NAMESPACE_OF_ACCOUNT = re.compile(r".+-[0-9]{12}-[a-z0-9-]+-an")
TAG_OF_KEY = "bucket"  # tag of a KMS key that the role aws_trail_bucket creates: the name of its bucket
MOST_TAGS = 50  # assumption aws-tags
LONGEST_ROLE_POLICY = 10240  # characters: assumption aws-role-policy-size
LONGEST_LOG_PREFIX = 950  # bytes: assumption aws-access-log-prefixes
LONGEST_LOCK = 36500  # days: assumption aws-object-lock-days
MOST_DAYS = 2**31 - 1  # of a lifecycle rule: assumption aws-lifecycle-days
_INFREQUENT_ACCESS = ("STANDARD_IA", "ONEZONE_IA")


def account_id(value) -> str | None:
    """Account ids have 12 digits (assumption aws-account-ids); unquoted in YAML they lose their leading zeros."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value):
        return None
    return f"account id {shown(value)} is not a string of 12 digits: write it in quotes, with its leading zeros"


def trail_arn(value) -> str | None:
    """ARNs of trails: assumption aws-trail-names."""
    if _TRAIL_ARN.fullmatch(str(value)) and not trail_name(str(value).rpartition("/")[2]):
        return None
    return f"{shown(value)} is not the ARN of a trail: give one such as arn:aws:cloudtrail:eu-west-1:111111111111:trail/example"


def region(value) -> str | None:
    """Regions with CloudTrail, of every partition, as botocore knows them: assumption aws-regions."""
    version, known = _regions()
    if value in known:
        return None
    return f"region {shown(value)} is not known to botocore {version}: correct the name, or update botocore"


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
        return f"bucket name {shown(value)}: S3 takes 3 to 63 lower-case letters, digits, dots and hyphens, and no IP address"
    reserved = None
    if name.startswith(_RESERVED_PREFIXES):
        reserved = f"begin with {', '.join(_RESERVED_PREFIXES)}"
    elif name.endswith(_RESERVED_SUFFIXES):
        reserved = f"end with {', '.join(_RESERVED_SUFFIXES)}"
    elif name.endswith("-an") and not _IN_NAMESPACE_OF_ACCOUNT.fullmatch(name):
        reserved = "end with -an for buckets in the namespace of an account and a region, such as 'logs-111122223333-eu-west-1-an'"
    return reserved and f"bucket name {shown(value)}: S3 reserves names that {reserved}: choose another name"


def trail_name(value) -> str | None:
    """Names of trails: assumption aws-trail-names."""
    pattern = r"(?=.{3,128}$)[A-Za-z0-9]+([._-][A-Za-z0-9]+)*"
    if re.fullmatch(pattern, str(value)) and not _ADDRESS.fullmatch(str(value)):
        return None
    return (
        f"trail name {shown(value)}: CloudTrail takes 3 to 128 letters, digits, dots, hyphens and underscores,"
        " beginning and ending with a letter or digit, no two marks in a row, and no IP address"
    )


def key_prefix(value) -> str | None:
    """Prefixes of keys in the bucket: assumption aws-key-prefixes."""
    text = str(value)
    if text.startswith("/") or text.endswith("/"):
        return f"key prefix {shown(value)}: write it without a slash at its ends, as {shown(text.strip('/'))}"
    if len(text) > 200 or "AWSLogs" in text.split("/"):
        return f"key prefix {shown(value)}: CloudTrail takes 200 characters at most, and no folder AWSLogs in it"
    return None


def retention(value) -> str | None:
    """Days that a log group keeps events: assumption aws-log-retention."""
    if not isinstance(value, (bool, float)) and (value in RETENTION_DAYS or value in map(str, RETENTION_DAYS)):
        return None
    return f"retention of {shown(value)} days: CloudWatch Logs takes one of {', '.join(map(str, RETENTION_DAYS))}"


def resource_policy(value) -> str | None:
    """The policy of a bucket or key, or its JSON: assumption aws-policy-documents."""
    return documents.problem(value, documents.RESOURCE)


def bucket_statements(value, bucket: str | None = None) -> str | None:
    """A policy whose statements are added to that of a bucket: S3 takes none about other resources (assumption aws-policy-documents).

    :param bucket: its name, if it is known.
    """
    problem = resource_policy(value)
    if problem:
        return problem
    for statement in documents.policy_statements(value):
        actions, resources = (_listed(statement.get(name, [])) for name in ("Action", "Resource"))
        wrong = next((action for action in actions if action != "*" and not action.lower().startswith("s3:")), None)
        if wrong:
            return f"the policy has the action {shown(wrong)}: in the policy of a bucket, actions begin with s3:"
        for resource in resources:
            literal = re.split(r"[*?$]", resource, maxsplit=1)[0]
            if literal != resource and "/" not in literal:
                continue  # a wildcard or variable in the name of the bucket, for which only S3 knows what it stands for
            found = re.match(rf"{_PARTITION}:s3:::([^/]+)", literal)
            if not found or bucket and found[1] != bucket:
                return f"the policy has the resource {shown(resource)}: name the bucket {bucket or ''} or its objects by ARN".replace("  ", " ")
    return None


def identity_policy(value) -> str | None:
    """The policy of a role, or its JSON: assumption aws-policy-documents, assumption aws-role-policy-size."""
    problem = documents.problem(value, documents.IDENTITY)
    length = 0 if problem else documents.size_without_blanks(value)
    if length > LONGEST_ROLE_POLICY:
        return (f"the policy has {length:,} characters without blanks, but the inline policies of a role may have"
                f" {LONGEST_ROLE_POLICY:,}: shorten it")
    return problem


def trust_policy(value) -> str | None:
    """A trust policy that trusts somebody; IAM refuses one with an empty list of principals: assumption aws-trust-principals."""
    for statement in _statements(value):
        principal = statement.get("Principal")
        if not principal or (isinstance(principal, dict) and not all(principal.values())):
            return "the trust policy names nobody who may assume the role: give at least one principal"
        if principal == "*" or (isinstance(principal, dict) and "*" in str(principal.get("AWS", ""))):
            return "the trust policy would let everybody assume the role: name accounts, roles or users"
    return documents.problem(value, documents.TRUST)


def _statements(value) -> list:
    try:
        return documents.policy_statements(value)
    except ValueError:
        return []


def principals(value) -> str | None:
    """Principals of a trust policy: assumption aws-trust-principals."""
    for principal in _listed(value):
        if not isinstance(principal, str):
            return f"{shown(principal)} is not text: write it in quotes"
        if "*" in principal:
            return f"{shown(principal)} would let everybody assume the role: name accounts by id, roles and users by ARN"
        if not re.fullmatch(rf"\s*([0-9]{{12}}|{_PARTITION}:(iam|sts)::[0-9]{{12}}:(root|(user|role|assumed-role)/[!-~]+))\s*", principal):
            return f"{shown(principal)} is neither the id of an account, 12 digits, nor the ARN of an account, role or user"
    return None


def role_name(value) -> str | None:
    """Names of roles: assumption aws-role-names."""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,64}", str(value)):
        return None
    return f"role name {shown(value)}: IAM takes 64 characters at most, letters, digits and _+=,.@-: give one that fits"


def policy_name(value) -> str | None:
    """Names of inline policies: assumption aws-role-names."""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@-]{1,128}", str(value)):
        return None
    return f"policy name {shown(value)}: IAM takes 128 characters at most, letters, digits and _+=,.@-: give one that fits"


def role(value) -> str | None:
    """The name of a role, with its path if it has one, or its ARN: assumption aws-role-names."""
    *path, name = str(value).split(":role/", 1)[-1].rsplit("/", 1)
    is_arn = str(value).startswith("arn:")
    if is_arn and not re.match(rf"{_PARTITION}:iam::[0-9]{{12}}:role/", str(value)) or not re.fullmatch(r"[!-~]{0,510}", "".join(path)):
        return f"{shown(value)} is neither the name nor the ARN of a role, such as arn:aws:iam::111111111111:role/example"
    return role_name(name) and f"{role_name(name)}, or an ARN such as arn:aws:iam::111111111111:role/example"


def role_arn(value) -> str | None:
    """The ARN of a role: assumption aws-role-names."""
    if str(value).startswith("arn:") and not role(value):
        return None
    return f"{shown(value)} is not the ARN of a role: give one such as arn:aws:iam::111111111111:role/example"


def managed_policy_arn(value) -> str | None:
    """The ARN of a managed policy, of an account or of AWS, with its path if it has one: assumption aws-role-names."""
    if re.fullmatch(rf"{_PARTITION}:iam::([0-9]{{12}}|aws):policy/([!-~]{{1,510}}/)?[A-Za-z0-9_+=,.@-]{{1,128}}", str(value)):
        return None
    return f"{shown(value)} is not the ARN of a managed policy: give one such as arn:aws:iam::111111111111:policy/example"


def external_id(value) -> str | None:
    """External ids: assumption aws-session-limits. They can be secrets, so that no sentence repeats one."""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@:/-]{2,1224}", str(value)):
        return None
    return "it is not an external id: use 2 to 1224 letters, digits and characters of _+=,.@:/-"


def key_arn(value) -> str | None:
    """The ARN of a KMS key: assumption aws-key-arns. CloudTrail returns the ARN of the key for an alias, which would differ in each run."""
    if re.fullmatch(rf"{_PARTITION}:kms:[a-z0-9-]+:[0-9]{{12}}:key/[A-Za-z0-9-]{{1,256}}", str(value)):
        return None
    return (f"{shown(value)} is not the ARN of a KMS key, such as"
            " arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab: give the ARN of the key, and not of an alias")


def key_alias(value) -> str | None:
    """Aliases of KMS keys, with or without C(alias/): assumption aws-key-arns."""
    name = str(value).removeprefix("alias/")
    if re.fullmatch(r"[A-Za-z0-9/_-]{1,250}", name) and not name.startswith("aws/"):
        return None
    return (f"{shown(value)} is not an alias of a KMS key: KMS takes alias/ and 250 letters, digits, slashes, hyphens and underscores,"
            " and not alias/aws/")


def log_group_name(value) -> str | None:
    """Names of log groups: assumption aws-log-group-names."""
    if re.fullmatch(r"(?!aws/)[A-Za-z0-9._/#-]{1,512}", str(value)):
        return None
    return f"log group name {shown(value)}: CloudWatch Logs takes 512 letters, digits and characters of ._/#-, and none that begins with aws/"


def log_group_arn(value) -> str | None:
    """ARNs of log groups, as CloudTrail takes them: assumption aws-log-group-names."""
    found = re.fullmatch(rf"{_PARTITION}:logs:[a-z0-9-]+:[0-9]{{12}}:log-group:([^:*]+):\*", str(value))
    if found and not log_group_name(found[1]):
        return None
    return f"{shown(value)} is not the ARN of a log group with :* at its end, such as arn:aws:logs:eu-west-1:111111111111:log-group:example:*"


def topic(value) -> str | None:
    """The name or ARN of an SNS topic: assumption aws-topic-names."""
    text = str(value)
    if len(text) <= 256 and re.fullmatch(rf"({_PARTITION}:sns:[a-z0-9-]+:[0-9]{{12}}:)?[A-Za-z0-9_-]{{1,256}}", text):
        return None
    return f"{shown(value)} is neither the name of an SNS topic, 256 letters, digits, hyphens and underscores at most, nor its ARN"


def trails(value) -> str | None:
    """The trails that deliver to a bucket, each as C(policies.with_defaults) takes it: assumption aws-trail-names."""
    parts = {"account_id": account_id, "region": region, "name": trail_name, "prefix": key_prefix, "organization_id": organization_id}
    for number, trail in enumerate(value, start=1):
        for name, check in parts.items():
            problem = check(trail[name]) if trail.get(name) not in (None, "") else None
            if problem:
                return f"entry {number}: {name}: {problem}"
    return None


def organization_id(value) -> str | None:
    """Ids of organizations: assumption aws-organization-ids."""
    if re.fullmatch(r"o-[a-z0-9]{10,32}", str(value)):
        return None
    return f"{shown(value)} is not the id of an organization, such as o-a1b2c3d4e5"


def log_prefix(value) -> str | None:
    """Prefixes of access logs: assumption aws-access-log-prefixes."""
    length = len(str(value).encode())
    return f"it has {length} bytes, but the key of an access log has room for {LONGEST_LOG_PREFIX}" if length > LONGEST_LOG_PREFIX else None


def tags(value) -> str | None:
    """Tags are text (assumption aws-tags): YAML makes C(no) a boolean and C(010) a number."""
    if not isinstance(value, dict):
        return f"give a dictionary of names and values, not {shown(value)}"
    if len(value) > MOST_TAGS:
        return f"there are {len(value)} tags, but a resource can have {MOST_TAGS}, including those of this collection"
    for name, text in value.items():
        if not isinstance(name, str):
            return f"the name {shown(name)} is not text: write it in quotes"
        if not isinstance(text, str):
            return f"the value of {shown(name)} is not text: write it in quotes"
        if not 1 <= len(name) <= 128 or len(text) > 256:
            return f"the tag {shown(name)}: its name has 1 to 128 characters, and its value 256 at most"
        if name.lower().startswith("aws:"):
            return f"the tag {shown(name)}: names that begin with aws: are reserved: choose another name"
        wrong = next((one for one in name + text if not _is_of_tag(one)), None)
        if wrong is not None:
            return f"the tag {shown(name)} has the character {wrong!r}: AWS takes letters, digits, blanks and _.:/=+-@"
    return None


def _is_of_tag(character: str) -> bool:
    return character in "_.:/=+-@" or unicodedata.category(character)[0] in "LNZ"


def own_tags(value, *further: str) -> str | None:
    """Tags that a user gives, without those that this collection sets: assumption aws-tags.

    :param further: names of tags that the collection sets besides those of the deployment.
    """
    names = (*_ownership.COLLECTION, _ownership.DEPLOYMENT, *further)
    problem = tags(value)
    if problem:
        return problem
    wrong = next((name for name in value if name in names), None)
    if wrong:
        return f"the tag {shown(wrong)} is set by this collection: choose another name"
    return tags({**value, **dict.fromkeys(names, "")})


def role_tags(value) -> str | None:
    """Tags of a role, whose names differ in more than case: assumption aws-tags."""
    problem = own_tags(value)
    if problem:
        return problem
    known = {}
    for name in value:
        if known.setdefault(name.lower(), name) != name:
            return f"the tags {shown(known[name.lower()])} and {shown(name)} are the same for IAM, which does not distinguish case: remove one"
    return None


def lifecycle(value) -> str | None:
    """Days of a lifecycle rule: assumption aws-lifecycle-days."""
    transition, expiration = value.get("transition_days") or 0, value.get("expiration_days") or 0
    wrong = next((days for days in (transition, expiration) if not 0 <= days <= MOST_DAYS), None)
    if wrong is not None:
        return f"{shown(wrong)} is not a number of days of a lifecycle rule: give 1 to {MOST_DAYS}, or 0 for never"
    storage_class = value.get("storage_class")
    if 0 < transition < 30 and storage_class in _INFREQUENT_ACCESS:
        return (
            f"log files change to {storage_class} after {transition} days, but S3 requires at least 30 days for that storage class: give"
            " 30 or more, or another storage class"
        )
    if transition and expiration and expiration <= transition:
        return (
            f"log files expire after {expiration} days, but change their storage class only after {transition}: increase the days to"
            " expiration, or leave one of the two out"
        )
    return None


def object_lock(value) -> str | None:
    """Default retention of object lock: assumption aws-object-lock-days."""
    if not 1 <= value["days"] <= LONGEST_LOCK:
        return f"object lock for {shown(value['days'])} days: give a default retention of 1 to {LONGEST_LOCK} days"
    return None


def _listed(value) -> list:
    return value if isinstance(value, list) else [value]
