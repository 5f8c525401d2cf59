# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS half of an inventory. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import delivery
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.evaluate import read
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._values import shown

from .._roles import aws_trail, aws_trail_bucket, aws_trail_cloudwatch
from .._roles.options import REMOVED, specification
from . import aws_trails
from .cloud import UNKNOWN, Cloud, alike, given, some

# Variables with changes: plans of the roles, the first of them that of the bucket before its policies are restricted, and a module's.
PLANS = ("audit_logs_first_plan", "aws_trail_bucket_plan", "audit_logs_aws_administrator", "aws_trail_plan", "aws_trail_validation_plan")

# Options that say whether trails have a KMS key.
_OF_KEY = ("aws_trail_bucket_encryption", "aws_trail_kms_key_id")


class Aws(Cloud):
    """Accounts with trails, and one with their bucket."""

    name = "aws"
    archive_group = "aws_archive"
    members_group = "aws_members"
    prefixes = ("aws_trail_", "audit_logs_aws_")
    roles = "aws_*"
    session_variables = "a role to assume (audit_logs_aws_role), a profile (audit_logs_aws_profile)"
    id_digits = 12
    id_example = "the account's id, 12 digits in quotes"
    variables = {
        "audit_logs_aws_cloudwatch": {"type": "bool"},
        "audit_logs_aws_endpoint_url": {"type": "str"},
        "audit_logs_aws_external_id": {"type": "str"},
        "audit_logs_aws_management_account_id": {"type": "str"},
        "audit_logs_aws_mode": {"type": "str", "choices": list(aws_trails.MODES)},
        "audit_logs_aws_permissions_boundary": {"type": "str"},
        "audit_logs_aws_profile": {"type": "str"},
        "audit_logs_aws_region": {"type": "str"},
        "audit_logs_aws_register_delegated_administrator": {"type": "bool"},
        "audit_logs_aws_role": {"type": "str"},
        "audit_logs_aws_role_duration": {"type": "int"},
        "audit_logs_aws_trail_account_id": {"type": "str"},
        "audit_logs_aws_trail_arn": {"type": "str"},
        "audit_logs_aws_validation_role": {"type": "str"},
    }
    set_by_playbooks = {
        "audit_logs_aws_arrived",
        "audit_logs_delivers",
        "audit_logs_aws_bucket",
        "audit_logs_aws_digests",
        "audit_logs_aws_in_history",
        "audit_logs_aws_organization",
        "audit_logs_aws_in_log_group",
        "audit_logs_aws_trail",
        "audit_logs_aws_key_arn",  # a variable of the plays that options may refer to
        "audit_logs_aws_probe",
        "audit_logs_aws_status",
        "audit_logs_aws_validator",
        "aws_trail_bucket_created_key",
        "aws_trail_bucket_key_policy",
        "aws_trail_bucket_new_policy",
        "aws_trail_cloudwatch_plan",
        "aws_trail_created",
        "aws_trail_deleted",
        "aws_trail_set",
        *PLANS,
    }
    # An inventory that gave its own would have trails that the policy of the bucket does not know.
    reserved = {
        "_owner_account_id": "use audit_logs_aws_management_account_id or audit_logs_aws_trail_arn",
        "_is_organization_trail": "use audit_logs_aws_mode: organization_trail",
        "_covered_accounts": "the playbooks set it",
        "_administrator_is_new": "the playbooks set it",
        "_account_id": "use account_id",
        "_deployment": "use audit_logs_deployment",
        "_previous_deployments": "use audit_logs_previous_deployments",
        "_cloudwatch_logs": "use audit_logs_aws_cloudwatch",
        "_region": "use audit_logs_aws_region",
        "_s3_bucket_name": "use aws_trail_bucket_name",
        "_probe": "use audit_logs_probe",
        "_state": "the playbooks set it",
        "_trails": "the playbooks compute it from the variables of the members",
        "_destroyed_accounts": "the playbooks set it",
        "_keys_in_use": "the playbooks set it",
        "_pending_accounts": "the playbooks set it",
        "_to_be_in_organization": "the playbooks set it",
        "_removed_accounts": "use audit_logs_removed_accounts",
        "_kms_key_checked": "the playbooks set it",
    }
    # The deployment is computed from these variables; the others may need what only a play knows.
    needed = {
        "account_id",
        "audit_logs_deployment",
        "audit_logs_aws_endpoint_url",
        "audit_logs_aws_external_id",
        "audit_logs_aws_management_account_id",
        "audit_logs_aws_mode",
        "audit_logs_aws_profile",
        "audit_logs_aws_region",
        "audit_logs_aws_register_delegated_administrator",
        "audit_logs_aws_role",
        "audit_logs_aws_role_duration",
        "audit_logs_aws_trail_account_id",
        "audit_logs_aws_trail_arn",
        "aws_trail_bucket_encryption",
        "aws_trail_bucket_kms_key_arn",
        "aws_trail_bucket_name",
        "aws_trail_bucket_organization_id",
        "aws_trail_name",
        "aws_trail_s3_key_prefix",
    }
    id_problem = staticmethod(checks.account_id)

    def is_source(self, text):
        return not checks.account_id(text) or text.startswith("o-")

    def more_options(self):
        """The options of a selector, which also say which of them belong together."""
        return {f"aws_trail_{name}": option for name, option in selectors.event_selector_options().items()}

    def host_problems(self, host, region, is_archive, is_member):
        found = []
        home = aws_trails.home(host, region)
        problem = checks.region(home) if home else "it is missing: give the home region of the trails, such as eu-west-1"
        if problem and home is not UNKNOWN and home is not None:
            return [f"audit_logs_aws_region: {problem}"]
        if is_archive:
            found.append(aws_trail_bucket.problem(_given_or_default("aws_trail_bucket", host), home if isinstance(home, str) else None))
        if is_member:
            found.append(aws_trail.problem(_given_or_default("aws_trail", host), home if isinstance(home, str) else None))
        # IAM takes shorter names than CloudTrail, and that of the role follows from that of the trail.
        of_role = "aws_trail_cloudwatch_role_name"
        if is_member and host.get("audit_logs_aws_cloudwatch") is True and of_role not in host:
            trail_name = host.get("aws_trail_cloudwatch_trail_name") or aws_trails.name(host)
            problem = checks.role_name(aws_trail_cloudwatch.role_name(trail_name)) if isinstance(trail_name, str) else None
            found.append(problem and f"{of_role}: {problem}")
        return [*filter(None, found), *_partition_problems(host, home)]

    def group_problems(self, variables, archive, members, region, is_part=False):
        found = aws_trails.problems(variables, members, region)
        if found:
            return found
        # The archive's own variables are not known here, and a trail must have the key of the bucket.
        unknown = [host for host in members if is_part and not any(given(variables[host], option) for option in _OF_KEY)]
        if unknown:
            return [
                f"{some(unknown)}: aws_trail_bucket_encryption is missing. The group aws_archive is empty, so this run does not know"
                " whether the bucket has a KMS key. Give aws_trail_bucket_encryption to all hosts, or aws_trail_kms_key_id to the members"
            ]
        unnamed = [host for host in archive + members if not variables[host].get("aws_trail_bucket_name")]
        is_managed = any(aws_trails.mode(variables[host]) != "existing_trail" for host in members)
        if not unnamed and not archive and not is_part and is_managed and not all(given(variables[host], "audit_logs_deployment") for host in members):
            return [
                "the group aws_archive is missing, and other deployments can deliver to the same bucket. Set audit_logs_deployment to a"
                " name of this deployment, or put the account that owns the bucket into aws_archive"
            ]
        if not unnamed:
            return []
        if archive:
            return [
                f"{unnamed[0]}: aws_trail_bucket_name is missing: give all hosts the name of the bucket in the archive account"
            ]
        return [
            "the group aws_archive and the variable aws_trail_bucket_name are missing. Put the archive account into aws_archive, or set"
            " aws_trail_bucket_name to the unmanaged bucket that stores the logs"
        ]

    def deployment_problems(self, accounts, variables):
        """Whether the documents that the archive needs can be computed at all, and let every trail deliver."""
        for archive in (one for one in accounts.values() if "archive" in one["roles"] and one["mode"] != "existing_trail"):
            host, own = archive["name"], variables[archive["name"]]
            home, members = archive["region"], [member for member in archive["members"] if accounts[member]["source"]]
            shape = (own.get("aws_trail_bucket_policy_form", "accounts"), own.get("aws_trail_bucket_organization_id"))
            partition = policies.partition(home)
            abroad = [host for host in members if policies.partition(accounts[host]["trail"]["region"]) != partition]
            if abroad:
                return [
                    f"{some(abroad)}: audit_logs_aws_region: a trail cannot deliver into another partition of AWS, and the bucket is in"
                    f" {home}. Give a region of {partition}"
                ]
            for member in members:
                key = variables[member].get("aws_trail_kms_key_id")
                key_region = key.split(":")[3] if isinstance(key, str) and key.startswith("arn:") else home
                if key_region != home:
                    return [f"{member}: aws_trail_kms_key_id: the key is in {key_region}, but the bucket is in {home}. Give a key in"
                            f" {home}"]
            try:
                bucket, extra = own["aws_trail_bucket_name"], own.get("aws_trail_bucket_policy")
                policy = read(policies.bucket_policy(bucket, home, archive["trails"], *shape, extra))
                if own.get("aws_trail_bucket_encryption") == "aws:kms":
                    policies.key_policy(own["account_id"], home, archive["trails"], *shape)
            except ValueError as error:
                return [f"{host}: {error} (aws_trail_bucket_policy_form)"]
            found = alike(
                (member, accounts[member]["source_id"], problem)
                for member in members
                for problem in delivery.bucket_problems(policy, bucket, _configured(accounts[member], variables[member]))
            )
            if found:
                return [f"{problem} (aws_trail_bucket_policy)" for problem in found]
        return []

    def home(self, host, region):
        return aws_trails.home(host, region)

    def session_options(self, host, region):
        options = {
            "region": aws_trails.home(host, region),
            "endpoint_url": given(host, "audit_logs_aws_endpoint_url"),
            "profile": given(host, "audit_logs_aws_profile"),
            # A profile of the inventory wins over keys in the environment, which modules would take besides.
            **(dict.fromkeys(("access_key", "secret_key", "session_token"), "") if given(host, "audit_logs_aws_profile") else {}),
            "role": given(host, "audit_logs_aws_role"),
            "external_id": given(host, "audit_logs_aws_external_id"),
            "duration_seconds": given(host, "audit_logs_aws_role_duration"),
        }
        return {name: value for name, value in options.items() if value is not None}

    def accounts(self, variables, archive, members, region):
        found = aws_trails.records(variables, members, region)
        of_archive = variables[archive[0]] if archive else {}
        for host, own in variables.items():
            found[host].update(
                digest_chains=_digest_chains(own, found[host]), kms_key_arn=_key_of_bucket({**own, **of_archive}),
                organization_id=_organization(of_archive),
            )
        # A delegated administrator has no trail either, as the policies see it: the management account owns it.
        ids = {member: variables[member]["account_id"] for member in members}
        covered = [number for member, number in ids.items() if found[member]["is_covered"] or number != found[member]["source_id"]]
        for member in members:
            if covered and not found[member]["is_covered"]:
                found[member].update(members=members, covered_accounts=covered)
        for host in archive:
            trails = [found[member]["source"] for member in members if found[member]["source"]]
            sources = {member: found[member]["source_id"] for member in members}
            found[host].update(
                members=members, trails=trails, covered_accounts=covered, sources=sources,
                accounts={name: own["account_id"] for name, own in variables.items()},
                organization_reader=aws_trails.organization_reader(found, host),
            )
        return found


def _given_or_default(role: str, host: dict) -> dict:
    """The options of a role by their names without that of the role; UNKNOWN if the value is not known here."""
    return {
        name.removeprefix(f"{role}_"): host.get(name, option.get("default")) for name, option in specification(role).items()
    }


def _partition_problems(host, home):
    """ARNs of another partition than that of the account's region."""
    if not isinstance(home, str):
        return []
    wanted = policies.partition(home)
    return [
        f"{name}: {shown(value)} is an ARN of the partition {value.split(':')[1]}, but the region {home} is in {wanted}: give an ARN of"
        f" {wanted}"
        for name, value in host.items()
        if isinstance(value, str) and value.startswith("arn:") and value.split(":")[1] != wanted
    ]


def _digest_chains(host: dict, record: dict) -> dict[str, str]:
    """Which digest files of a trail belong together: those of the same trail, in the same folder."""
    *_account, folder = policies.log_paths(record["trail"])
    return {"trail": record["trail_arn"], "folder": f"{host['aws_trail_bucket_name']}/{folder.removesuffix('/*')}"}


def _organization(archive: dict) -> str:
    """Id of the organization by which the bucket's policy knows its accounts; empty if it names the accounts."""
    is_form = archive.get("aws_trail_bucket_policy_form") == "organization"
    return archive.get("aws_trail_bucket_organization_id", "") if is_form else ""


def _key_of_bucket(archive: dict) -> str | None:
    """ARN of the KMS key of the archive's bucket; empty if there is none, None if setup creates it."""
    if archive.get("aws_trail_bucket_encryption") != "aws:kms":
        return ""
    return given(archive, "aws_trail_bucket_kms_key_arn")


def _configured(account: dict, host: dict) -> dict:
    """The trail of a member, with the settings that decide what the files have that it delivers.

    Without a key of its own and of the bucket, a trail that has a key keeps it, so its key is not known.
    """
    key = account["kms_key_arn"]
    key = "(known when it is created)" if key is None else key or None
    if "aws_trail_kms_key_id" in host:
        own = host["aws_trail_kms_key_id"]
        key = None if own is UNKNOWN else "" if own == REMOVED else own
    return {**account["source"], "validation": host.get("aws_trail_enable_log_file_validation", True), "kms_key_arn": key}
