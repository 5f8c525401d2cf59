# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run deletes in an account, and what it retains. Private to this collection."""
from __future__ import annotations

import functools
import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._ownership import foreign
from . import bucket
from . import contents
from . import iam
from . import kms
from . import logs
from . import organization
from . import sources
from . import trail
from .plan import RESOURCES
from .plan import Plan
from .resource import KEY_OF_BUCKET
from .resource import PlanError
from .resource import compare_absent


class Removal(Plan):
    """The plan of a run that deletes what its deployment manages."""

    order = RESOURCES[::-1]  # a key goes after the things that use it

    # What is to be deleted need not be described well, only named.
    is_checked = staticmethod(lambda resource, setting: setting == "name")

    def __init__(self, module):
        super().__init__(module)
        self.delete_logs = module.params["delete_logs"]
        self.pending_accounts = module.params["pending_accounts"]

    def check_input(self):
        super().check_input()
        if not self.deployments:
            raise PlanError("deployment is missing: with state=absent, it determines which resources may be deleted")
        if self.module.params["log_group"] and not self.module.params["account_id"]:
            raise PlanError("account_id is missing: with state=absent and log_group, it determines which trails write to the log group")
        if self.delete_logs and self.module.params["s3_bucket"] and not self.module.params["s3_bucket"]["policy"]:
            raise PlanError("s3_bucket.policy is missing: with state=absent and delete_logs, it determines which statements allow"
                            " deliveries to the bucket")

    def compare_absent(self, current, keep):
        """As compare_absent(), for what this deployment manages; the rest is retained."""
        problem = current and foreign(current.get("tags"), self.deployments)
        return compare_absent(current, f"it {problem}" if problem else keep)

    def kms_key(self):
        """As s3_bucket(). The result also has C(orphans), keys that a run created and did not give the alias to."""
        options = self.module.params["kms_key"]
        client = self.client("kms")
        current = kms.read(client, kms.with_prefix(options["alias"]), ["tags"])
        if current and current["state"] == "PendingDeletion":
            current = None
        result = self.compare_absent(current, current and self.reason_to_keep_key(current["tags"], current["arn"]))
        orphans = [] if self.reason_to_keep_key(options["tags"]) else kms.without_alias(client, options["tags"], self.module.warn)
        orphans = [arn for arn in orphans if not self.is_in_use(arn)]
        return {**result, "arn": current["arn"] if current else None, "orphans": orphans}

    def is_in_use(self, arn):
        """Whether something encrypts with a key that stays; a bucket may name the key by its id alone."""
        return any(arn == key or arn.endswith(f":key/{key}") for key in self.module.params["keys_in_use"])

    def reason_to_keep_key(self, tags, arn=None):
        """Why a key must not be deleted, by its tags and its ARN."""
        bucket_name = (self.module.params["s3_bucket"] or {}).get("name")
        if "retained" in self.found.get("s3_bucket", {}):
            return "its bucket is retained"
        if not self.delete_logs:
            return "it may encrypt logs, and audit_logs_delete_logs is not true"
        if arn and self.is_in_use(arn):
            return "a trail or another bucket encrypts with it"
        if bucket_name and tags.get(KEY_OF_BUCKET) != bucket_name:
            return f"its tag {KEY_OF_BUCKET} does not say that it is the key of {bucket_name}"
        return None

    def s3_bucket(self):
        """Whether the bucket goes, and what is in it."""
        name, client = self.module.params["s3_bucket"]["name"], self.client("s3")
        settings = ["policy", "tags", "object_lock_enabled", "versioning"]
        current = bucket.read(client, name, self.module.region, settings)
        result = self.compare_absent(current, current and self.reason_to_keep_bucket(current))
        if "delete" not in result["changes"]:
            return result
        expected = sources.sources(current["policy"]).union(self.module.params["destroyed_accounts"])
        found = contents.survey(client, name, self.module.region, len(expected))
        reason = self.reason_to_keep_contents(client, name, found)
        if reason:
            return compare_absent(current, reason)
        result["before"]["contents"] = found.summary()
        self.announced.append(f"s3 bucket {name} with {found.summary()}")
        if current["policy"]:
            result["policy"] = sources.without_managed(current["policy"], json.loads(self.module.params["s3_bucket"]["policy"]))
        return result

    def reason_to_keep_bucket(self, current):
        params = self.module.params
        if current["object_lock_enabled"]:
            return "it has object lock"
        if current["mfa_delete"]:
            return "it has MFA delete, which only the root user can switch off"
        if not self.delete_logs:
            return "it holds logs and audit_logs_delete_logs is not true"
        if self.pending_accounts:
            return f"trails of {', '.join(self.pending_accounts)} may still deliver to it"
        left = sources.sources(current["policy"]) - set(params["removed_accounts"]) - set(params["destroyed_accounts"])
        if left:
            return (
                f"its policy allows deliveries for {', '.join(sorted(left))}, which this run did not destroy: destroy them, or if their"
                " logs may end, add them to audit_logs_removed_accounts"
            )
        return None

    def reason_to_keep_contents(self, client, name, found):
        """Why what is in the bucket must not be deleted."""
        if found.foreign:
            return f"it holds objects that are not log files of CloudTrail, such as {found.foreign[0]}"
        if not found.is_complete:
            most = f"{contents.MOST_CALLS} calls and five for each account"
            return f"it has more folders than destroy can list with {most}: empty the bucket by hand"
        destroyed = self.module.params["destroyed_accounts"]
        for folder, owner in found.folders.items():
            recent = None if owner in destroyed else contents.recent(client, name, folder)
            if recent:
                return f"{owner}, which this run did not destroy, delivers to it: the newest object is {recent}"
        return None

    def log_group(self):
        name, client = self.module.params["log_group"]["name"], self.client("logs")
        current = logs.read(client, name, ["tags"])
        return self.compare_absent(current, current and self.reason_to_keep_log_group(client, name))

    def reason_to_keep_log_group(self, client, name):
        others = self.other_trails("CloudWatchLogsLogGroupArn", f"log-group:{name}:*")
        if others:
            return f"trail {others[0]} writes to it"
        if not self.delete_logs:
            return "it holds logs and audit_logs_delete_logs is not true" if logs.holds_events(client, name) else None
        stream = logs.foreign_stream(client, name)
        return f"it has log streams that do not come from CloudTrail, such as {stream}" if stream else None

    def iam_role(self):
        name = self.module.params["iam_role"]["name"]
        current = iam.read(self.client("iam"), name, None)
        # No trail uses the role for validation, which has no log group.
        others = self.other_trails("CloudWatchLogsRoleArn", f"role/{name}") if self.module.params["log_group"] else []
        return self.compare_absent(current, f"trail {others[0]} writes with it" if others else None)

    def trail(self):
        """The result also has C(delivering) and C(leftovers), ARNs of trails that stay."""
        account_id, region = self.module.params["account_id"], self.module.region
        current = trail.read(self.cloudtrail(region), self.trails_of_account, self.tags_of_trails, self.trail_arn(), account_id, {}, True)
        result = self.compare_absent(current, None)
        if result["changes"] and current["is_organization_trail"]:
            self.check_accounts_of_organization()
        return {**result, "leftovers": self.leftover_trails(), "delivering": self.still_delivering("delete" in result["changes"])}

    def check_accounts_of_organization(self):
        """Raises PlanError unless all accounts whose logs end with the trail of the organization are known to the run, or named."""
        params, client = self.module.params, self.client("organizations")
        title, advice = f"trail {params['trail']['name']}", "if all logs of the organization may end, add the id of the organization"
        try:
            found = organization.describe(client)
            if not found:
                raise PlanError(f"{title} records an organization, but account {params['account_id']} is in no organization: delete the"
                                " trail by hand")
            if found["Id"] in params["removed_accounts"]:
                return
            known = {params["account_id"], *params["covered_accounts"], *params["removed_accounts"]}
            active = organization.active_accounts(client)
        except is_boto3_error_code("AccessDeniedException"):
            raise PlanError(
                f"{title} records all accounts of the organization, and account {params['account_id']} may not call"
                " organizations:DescribeOrganization and organizations:ListAccounts to list these accounts: allow these actions, or"
                f" {advice} to audit_logs_removed_accounts"
            ) from None
        others = [account for account in active if account not in known]
        if params["account_id"] not in active:
            raise PlanError(
                f"{title} records all accounts of the organization, but the list of these accounts is not complete: it lacks this"
                f" account, {params['account_id']}. Run destroy again, or {advice} ({found['Id']}) to audit_logs_removed_accounts"
            )
        if others:
            raise PlanError(
                f"{title} also records {len(others)} accounts that are not members in the inventory, such as {', '.join(others[:3])}: if"
                f" their logs may end, add them to audit_logs_removed_accounts, or {advice} ({found['Id']})"
            )

    def changes(self):
        return super().changes() + [f"kms key {arn}: delete" for arn in self.found.get("kms_key", {}).get("orphans", [])]

    def retained(self):
        found = {self.titles[name]: result["retained"] for name, result in self.found.items() if "retained" in result}
        return [f"{title}: {reason}" for title, reason in found.items()] + super().retained()

    @functools.cached_property
    def trails_everywhere(self):
        """All trails that record the account: a role and a bucket are not those of a region."""
        return trail.everywhere(self.cloudtrail, self.module.region, self.trails_of_account)

    @property
    def trails_with_tags(self):
        return self.trails_everywhere

    def other_trails(self, setting, end):
        """Names of the trails that have a log group or a role, and stay.

        :param setting: of a trail, as DescribeTrails returns it: an ARN.
        :param end: of that ARN, after the account.
        """
        deletes = "delete" in self.found.get("trail", {}).get("changes", ())
        stay = [one for one in self.trails_everywhere if not deletes or one["TrailARN"] != self.trail_arn()]
        end = f":{self.module.params['account_id']}:{end}"
        return [one["Name"] for one in stay if one.get(setting, "").endswith(end)]

    def still_delivering(self, deletes):
        """ARNs of the trails that deliver to the bucket of the trail that goes, and stay.

        :param deletes: whether that trail is there, and goes.
        """
        bucket_name = self.module.params["trail"]["s3_bucket_name"]
        if not bucket_name:
            return []
        found = [one["TrailARN"] for one in self.trails_everywhere if one["S3BucketName"] == bucket_name]
        return sorted(arn for arn in found if not deletes or arn != self.trail_arn())
