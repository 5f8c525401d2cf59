# SPDX-License-Identifier: GPL-3.0-or-later
"""How the resources of an account differ from what they should be. Private to this collection."""
from __future__ import annotations

import functools
import math

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._ownership import foreign
from .._policy.evaluate import read
from .._probes import new_mark
from . import bucket
from . import checks
from . import contents
from . import delivery
from . import iam
from . import kms
from . import logs
from . import organization
from . import probe
from . import regions
from . import selectors
from . import sources
from . import trail
from .common_comparison import CommonComparison
from .plan import given
from .policies import BUCKET_POLICY_LIMIT
from .policies import EXTRA_COPY
from .policies import KEY_POLICY_LIMIT
from .policies import TRAILS_PER_REGION
from .policies import log_group_arn
from .policies import log_paths
from .policies import role_arn
from .policies import with_decrypt
from .resource import KEY_OF_BUCKET
from .resource import KNOWN_LATER
from .resource import PlanError
from .resource import compare

_MOST_RETAINED = 10  # accounts whose newest log files are searched for: up to 70 calls for one that delivers nothing


class Comparison(CommonComparison):
    """The plan of a run that creates and changes, or that only verifies."""

    @functools.cached_property
    def current_bucket(self):
        """The bucket, as it is; None if it does not exist."""
        params = self.module.params["s3_bucket"]
        settings = bucket.settings_to_read(bucket.SETTINGS if self.verified else given(params))
        return bucket.read(self.client("s3"), params["name"], self.module.region, settings)

    def bucket_key(self, deployed=False):
        """Whether the bucket has an S3 Bucket Key; unless C(deployed), whether it is to have one."""
        asked = self.module.params["s3_bucket"]
        if not asked:
            return False
        wanted = None if deployed else asked["bucket_key_enabled"]
        return (self.current_bucket or {}).get("bucket_key_enabled", False) if wanted is None else wanted

    def kms_key(self):
        alias = self.module.params["kms_key"]["alias"]
        asked = {**self.asked("kms_key", "alias"), "enabled": True}
        if asked.get("policy") and self.bucket_key():
            asked["policy"] = with_decrypt(asked["policy"])
        client = self.client("kms")
        current = kms.read(client, kms.with_prefix(alias), asked)
        if not current and not self.verified and KEY_OF_BUCKET in asked.get("tags", {}):
            left = kms.without_alias(client, asked["tags"], self.module.warn)
            found = left and kms.read(client, left[0], asked)
            if found:
                current = {**found, "alias": None}
                asked["alias"] = alias
        if not self.verified:
            advice = "give the ARN of the key, to use it without changes"
            self.refuse_foreign(f"KMS key {alias}", current, False, advice)
            bucket_name = current and current.get("tags", {}).get(KEY_OF_BUCKET)
            if bucket_name not in (None, asked.get("tags", {}).get(KEY_OF_BUCKET, bucket_name)):
                raise PlanError(f"KMS key {alias} is the key of bucket {bucket_name}: choose another alias, or {advice}")
        kept = self.merge_policy(f"KMS key {alias}", asked, current, KEY_POLICY_LIMIT)
        if self.verified and current:
            self.check_key(current["arn"], current["policy"])
        result = self.compare("kms_key", f"KMS key {alias}", current, asked)
        if self.verified and current and KEY_OF_BUCKET in asked.get("tags", {}):
            result["orphans"] = kms.without_alias(client, asked["tags"], self.module.warn)
        return {**result, **kept, "arn": current["arn"] if current else KNOWN_LATER, "policy": asked.get("policy")}

    def check_key(self, arn, policy):
        """See whether a key lets the trails encrypt with it."""
        bucket_key = self.bucket_key(deployed=self.verified)
        self.cannot_deliver({
            trail["account_id"]: delivery.key_problems(policy, arn, {**trail, "bucket_key": bucket_key}) for trail in self.trails
        })

    def check_given_key(self, key_id, region):
        """As check_key, for a key that somebody else created, and whether it can be used; as far as it may be read."""
        client = self.client("kms", region=region)
        try:
            key = kms.describe(client, key_id)
            problem = kms.problem(key)
            policy = None if problem else kms.read_policy(client, key["Arn"])
        except is_boto3_error_code(["AccessDenied", "AccessDeniedException"]):
            unknown = f"cannot check whether KMS key {key_id} lets the trail encrypt, because these credentials may not read the key"
            self.add_undecided({trail["account_id"]: [unknown] for trail in self.trails})
            return
        if problem:
            self.cannot_deliver({trail["account_id"]: [f"KMS key {key_id} {problem}"] for trail in self.trails})
            return
        self.check_key(key["Arn"], policy)
        self.add_undecided({
            trail["account_id"]: delivery.key_unknowns(policy, key["Arn"], trail, denials=not self.verified)
            for trail in self.trails
        })

    def check_key_of_bucket(self, arn):
        """As check_given_key, for the key of the bucket, which is in the bucket's region."""
        region = kms.region_and_account(arn)[0]
        if region in (None, self.module.region):
            self.check_given_key(arn, self.module.region)
            return
        problem = f"KMS key {arn} is in {region}, but CloudTrail needs a key in {self.module.region}, the region of the bucket"
        self.cannot_deliver({trail["account_id"]: [problem] for trail in self.trails})

    def check_key_of_trail(self, key_id):
        """As check_given_key, for the key of a trail; the policy of one in another account may not be read."""
        region, account_id = kms.region_and_account(key_id)
        if account_id in (None, self.module.params["account_id"]):
            self.check_given_key(key_id, region or self.module.region)
            return
        unknown = f"cannot check whether KMS key {key_id} lets the trail encrypt, because the key is in another account"
        self.add_undecided({trail["account_id"]: [unknown] for trail in self.trails})

    def s3_bucket(self):
        name = self.module.params["s3_bucket"]["name"]
        asked = self.asked("s3_bucket", "name")
        client, current = self.client("s3"), self.current_bucket
        if asked.get("logging"):
            asked["logging"].setdefault("target_prefix", "")
        if asked.get("encryption") == "aws:kms":
            if "encryption_key_id" in asked and self.trails:
                self.check_key_of_bucket(asked["encryption_key_id"])
            asked.setdefault("encryption_key_id", self.found.get("kms_key", {}).get("arn"))
        trails = [{**trail, "kms_key_arn": asked.get("encryption_key_id")} for trail in self.trails]
        if self.verified and current:
            self.check_bucket(name, current["policy"], trails)
            folders = [path.removesuffix("*") for trail in self.trails for path in log_paths(trail)]
            current["expiring"] = [rule for rule in current["expiring"] if bucket.touches(rule, folders)]
        # amazon.aws.s3_bucket sets the tags last: one without them, empty and without another's policy, is incomplete.
        incomplete = current and not self.may_adopt("s3_bucket") and not current.get("tags")
        incomplete = incomplete and compare(current, asked)["before"].get("policy") is None
        incomplete = incomplete and not bucket.holds_objects(client, name)
        kept = self.merge_policy(f"bucket {name}", asked, current, BUCKET_POLICY_LIMIT)
        result = compare(current, asked) if incomplete else self.compare("s3_bucket", f"bucket {name}", current, asked)
        if "object_lock_enabled" in result["changes"] and not self.verified:
            raise PlanError(
                f"bucket {name} exists with object lock {'on' if current['object_lock_enabled'] else 'off'}. amazon.aws.s3_bucket can set"
                " object lock only when it creates a bucket: set the option as the bucket is, or choose another name"
            )
        if not self.verified and result["changes"]:
            self.check_expiry(client, name, result)
            organization.check_policy(self, asked.get("policy"), (current or {}).get("policy"))
        checked = current if self.verified else asked
        if checked and checked.get("policy") and (self.verified or result["changes"]):
            self.add_undecided({
                trail["account_id"]: delivery.bucket_unknowns(checked["policy"], name, trail, denials=not self.verified)
                for trail in trails
            })
        if current and "mfa_delete" in current:
            result["mfa_delete"] = current["mfa_delete"]
        if asked.get("encryption") == "aws:kms":
            result["bucket_key_enabled"] = self.bucket_key()
        if self.verified and current:
            result["recent"] = self.recent(client, name, current["policy"], kept.get("retained_sources", ()))
        return {**result, **kept, "leftovers": self.leftover_buckets(client, name), "policy": asked.get("policy")}

    def recent(self, client, name, policy, retained):
        """Whether accounts have delivered within the last day; nothing, and a warning, of those whose log files may not be listed."""
        found = {}
        for source in [one for one in retained if one.isdigit()][:_MOST_RETAINED]:
            try:
                found[source] = contents.recent(client, name, sources.folder(policy, source)) is not None
            except is_boto3_error_code(["403", "AccessDenied"]):
                self.module.warn(f"cannot check when {source} and other accounts last delivered, because s3:ListBucketVersions is denied")
                break
        return found

    def leftover_buckets(self, client, name):
        """Names of the buckets that the deployment had under its earlier names."""
        earlier = {deployment.rpartition("@")[2] for deployment in self.deployments[1:]} - {name}
        earlier = [one for one in earlier if not checks.bucket_name(one)]  # others are of Alibaba Cloud
        tags = {one: bucket.readable_tags(client, one) for one in sorted(earlier)}
        return [one for one, found in tags.items() if found is not None and not foreign(found, self.deployments)]

    def check_expiry(self, client, name, result):
        """Whether log files are to be deleted earlier than now, which needs an option of its own."""
        before, after = (result[when].get("lifecycle") or {} for when in ("before", "after"))
        # A rule that is disabled, or for a part of the bucket, deletes nothing of the rest.
        before = {} if {"status", "filter"} & before.keys() or before.get("minimum_object_size", 0) > 1 else before
        shorter = {
            days: before.get(key) for key in ("noncurrent_version_expiration_days", "expiration_days")
            if (days := after.get(key)) and days < before.get(key, math.inf)
        }
        if result["exists"] and shorter and bucket.holds_objects(client, name):
            found = contents.survey(client, name, self.module.region)
            self.shorten(f"s3 bucket {name}", min(shorter), shorter[min(shorter)], found.summary())

    def check_bucket(self, name, policy, trails):
        """See whether a bucket's policy lets the trails deliver log files, and apart from that digest files."""
        policy = policy and read(policy)
        for trail in trails:
            found = delivery.bucket_problems(policy, name, trail)
            of_log_files = found and delivery.bucket_problems(policy, name, {**trail, "validation": False})
            self.cannot_deliver({trail["account_id"]: of_log_files})
            if found != of_log_files:
                self.undeliverable_digests[trail["account_id"]] = [said for said in found if said not in of_log_files]

    def log_group(self):
        client = self.client("logs")
        name = self.module.params["log_group"]["name"]
        asked = self.asked("log_group", "name")
        current = logs.read(client, name, asked)
        result = self.compare("log_group", f"log group {name}", current, asked)
        if "kms_key_id" in result["changes"] and not self.verified:
            raise PlanError(
                f"log group {name} exists with {current['kms_key_id'] or 'no KMS key'}, and this run cannot change the key: leave it as"
                f" it is, or run 'aws logs associate-kms-key --log-group-name {name} ...' first"
            )
        if not self.verified and result["exists"] and "retention" in result["changes"]:
            before, days = current["retention"], asked["retention"]
            if days < (before or math.inf) and logs.holds_events(client, name):
                self.shorten(f"log group {name}", days, before, f"{logs.stored_bytes(client, name):,} bytes")
        return {**result, **self.arn(log_group_arn, name)}

    def iam_role(self):
        role = self.module.params["iam_role"]
        group = self.module.params["log_group"]
        writes = self.verified and group is not None
        current = iam.read(self.client("iam"), role["name"], role["policy_name"], writes)
        if writes and current:
            trust, policies = current["assume_role_policy_document"], current["policies"]
            for trail in self.trails:
                # The log group is in this account, also if another one owns the trail.
                arn = log_group_arn({**trail, "account_id": self.module.params["account_id"]}, group["name"])
                found = delivery.role_problems(trust, policies, role["name"], arn, trail)
                if found:
                    self.undeliverable_events[trail["account_id"]] = found
        asked = self.asked("iam_role", "name", "policy_name")
        result = self.compare("iam_role", f"IAM role {role['name']}", current, asked)
        return {**result, **self.arn(role_arn, role["name"])}

    def trail(self):
        params = self.module.params
        identity = ("name", "owner_id", "is_managed", "kms_key_checked", "administrator_is_new")
        asked = {**self.asked("trail", *identity), **self.asked_selectors()}
        client = self.cloudtrail(self.module.region)
        name, account_id = params["trail"]["name"], params["account_id"]
        wanted = {**dict.fromkeys(["event_selectors", "insight_types", "status"]), **asked} if self.verified else asked
        leftovers = {"leftovers": self.leftover_trails()}
        tags = self.tags_of_trails if self.deployments or "tags" in asked else {}
        current = trail.read(client, self.trails_of_account, tags, self.trail_arn(), account_id, wanted)
        key_id = asked.get("kms_key_id")
        if key_id and self.trails and not params["trail"]["kms_key_checked"]:
            if self.verified or (current or {}).get("kms_key_id") != key_id:
                self.check_key_of_trail(key_id)
        membership = organization.check(self, params["organization_id"])  # before anything is changed
        if self.verified:
            return {
                **self.compare("trail", f"trail {name}", current, asked), **leftovers,
                "records": selectors.recorded_probes(current) if current else [],
                "unrecorded": selectors.unrecorded(current) if current else [],
                "unrecorded_regions": self.unrecorded_regions(current),
                "others": trail.recording(client, self.trails_of_account, [self.trail_arn(), *leftovers["leftovers"]]) if current else [],
                **({} if current else self.why_absent(client, name)),
                "delivering": self.trails_beside(leftovers["leftovers"]),
            }
        if current and current["is_organization_trail"] and not asked.get("is_organization_trail"):
            raise PlanError(
                f"trail {name} records the whole organization, and this run would end that: choose another name for the trail of the"
                " account (aws_trail_name), or keep the organization trail (audit_logs_aws_mode: organization_trail, or for the role alone"
                " aws_trail_is_organization_trail: true)"
            )
        if asked.get("is_organization_trail") and not (current and current["is_organization_trail"]):
            owner = params["trail"]["owner_id"] or account_id
            is_new = params["trail"]["administrator_is_new"]
            problem = organization.trail_problem(self.client("organizations"), account_id, owner, bool(current), is_new)
            if problem:
                raise PlanError(f"trail {name} cannot record the organization: {problem}")
        if not current:
            self.check_quota(name)
        others = [] if current else trail.recording(client, self.trails_of_account, leftovers["leftovers"])
        for arn in others:
            self.module.warn(
                f"trail {arn} already records management events of this account: a further trail costs {EXTRA_COPY}. To verify the"
                " existing trail instead, set audit_logs_aws_mode: existing_trail"
            )
        return {
            **self.compare("trail", f"trail {name}", current, asked), **leftovers, **membership,
            "others": others, "delivering": self.trails_beside(leftovers["leftovers"]),
        }

    def probe(self):
        """An event that the trail records; nothing if it does not exist."""
        found, params = self.found["trail"], self.module.params
        if not found["exists"]:
            return {}
        kind, region = "read" if "read" in found["records"] else "write", self.module.region
        return {"probe": probe.create(self.cloudtrail(region), kind, new_mark(), params["account_id"], region)}

    def check_quota(self, name):
        """Raises PlanError if the region has no room for a new trail: before a log group and a role are created for it.

        Whether a trail of the organization counts in its accounts is not documented, so only CloudTrail can count those.
        """
        owner = self.module.params["trail"]["owner_id"] or self.module.params["account_id"]
        own = sorted(one["Name"] for one in self.trails_of_account if one["TrailARN"].split(":")[4] == owner)
        if len(own) >= TRAILS_PER_REGION:
            raise PlanError(
                f"trail {name} cannot be created in {self.module.region}: the account already has {len(own)} trails there"
                f" ({', '.join(own)}), and CloudTrail allows {TRAILS_PER_REGION} in a region. Delete a trail that is not needed any more, or"
                " give another home region (audit_logs_aws_region); a trail of all regions counts in each of them"
            )

    def unrecorded_regions(self, current):
        """Opt-in regions that the account has enabled and a trail of all regions does not record."""
        if not current or not current["is_multi_region_trail"]:
            return []
        return regions.unrecorded(self.client, self.module.region, self.trail_arn(), self.module.warn)

    def trails_beside(self, leftovers):
        """ARNs of other trails of the account that deliver to the bucket, and that need what its policies allow until they are deleted.

        Of two trails of the account alone, the new one replaces the earlier one. Beside a trail of the organization, each records what
        the other may not.
        """
        params = self.module.params
        others = [
            one for one in self.trails_of_account
            if one["TrailARN"].split(":")[4] == params["account_id"] and one["TrailARN"] != self.trail_arn()
            and one.get("S3BucketName") == params["trail"]["s3_bucket_name"]
        ]
        if params["trail"]["is_organization_trail"] or not params["trail"]["is_managed"]:
            return sorted({*(one["TrailARN"] for one in others), *leftovers})
        return sorted(one["TrailARN"] for one in others if one["IsOrganizationTrail"])

    def why_absent(self, client, name):
        """Where the trail is instead; of one that another account owns, which organization this account is in."""
        if self.module.params["trail"]["is_managed"]:
            return {"elsewhere": trail.elsewhere(client, name)}
        try:
            return {"organization": organization.describe(self.client("organizations")).get("Id", "")}
        except is_boto3_error_code("AccessDeniedException"):
            return {"organization": None}

    @property
    def trails_with_tags(self):
        """Verify also looks for trails of other regions that have no shadow in this one, if it may list them."""
        found = self.trails_of_account
        if not self.verified:
            return found
        try:
            listed = trail.list_all(self.cloudtrail(self.module.region))
        except is_boto3_error_code("AccessDeniedException"):
            self.module.warn("cannot find trails that record only one other region, because cloudtrail:ListTrails is denied")
            return found
        known = {one["TrailARN"] for one in found}
        return found + [{"TrailARN": arn, "HomeRegion": home} for arn, home in listed.items() if arn not in known]
