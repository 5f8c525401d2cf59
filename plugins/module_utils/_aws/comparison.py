# SPDX-License-Identifier: GPL-3.0-or-later
"""How the resources of an account differ from what they should be. Private to this collection."""
from __future__ import annotations

import functools
import json
import math
import re

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._ownership import foreign
from .._ownership import other_deployment
from .._policy.evaluate import read
from . import bucket
from . import checks
from . import contents
from . import delivery
from . import iam
from . import kms
from . import logs
from . import organization
from . import selectors
from . import sources
from . import trail
from .plan import Plan
from .plan import given
from .policies import BUCKET_POLICY_LIMIT
from .policies import KEY_POLICY_LIMIT
from .policies import POLICY_FORMS
from .policies import log_group_arn
from .policies import log_paths
from .policies import role_arn
from .policies import size
from .policies import with_decrypt
from .resource import KEY_OF_BUCKET
from .resource import KNOWN_LATER
from .resource import PlanError
from .resource import compare

DOCUMENTS = ("policy", "assume_role_policy_document")
_MOST_RETAINED = 10  # accounts whose newest log files are searched for: up to 70 calls for one that delivers nothing


class Comparison(Plan):
    """The plan of a run that creates and changes, or that only verifies."""

    def __init__(self, module):
        super().__init__(module)
        # Then everything is read and nothing is refused: differences are the result.
        self.verified = module.params["state"] == "verified"
        self.pending_accounts = module.params["pending_accounts"]

    def may_adopt(self, resource):
        """Whether what somebody else has created may be taken over. A key never is."""
        return self.verified or self.module.params[resource].get("adopt", False)

    def compare(self, resource, title, current, asked):
        """As compare(), but what somebody else has created is taken over only on request."""
        if not self.verified:
            self.refuse_foreign(title, current, self.may_adopt(resource))
        result = compare(current, asked)
        if self.verified:
            result.update(title=title, name=title.rpartition(" ")[2], current=current, asked=sorted(asked))
        return result

    def cannot_deliver(self, problems):
        """Note why trails can't deliver; raises PlanError for the first if they were to be set up.

        :param problems: sentences, by the id of the account.
        """
        found = {account: said for account, said in problems.items() if said}
        if found and not self.verified:
            raise PlanError(next(iter(found.values()))[0])
        for account, said in found.items():
            self.undeliverable.setdefault(account, []).extend(said)

    def add_undecided(self, unknowns):
        """Record statements that only AWS can evaluate: sentences, by the id of the account."""
        for account, said in unknowns.items():
            if said:
                self.undecided.setdefault(account, []).extend(said)

    def doubts(self):
        """Sentences that differ only in account ids are given once. With state=verified, RV(undecided) has them all."""
        alike = {}
        if self.verified:
            return []
        for said in self.undecided.values():
            for sentence in said:
                alike.setdefault(re.sub(r"\d{12}", "", sentence), []).append(sentence)
        found = []
        for first, *others in alike.values():
            likewise = f"; likewise for {len(others)} more" if others else ""
            found.append(f"{first}{likewise}: verify.yml shows whether logs arrive")
        return found

    def refuse_foreign(self, title, current, adopt, advice="take it over, settings, tags and all, with audit_logs_adopt: true"):
        """Raises PlanError for what exists, is not managed by this deployment, and is not to be taken over.

        What another deployment manages is taken over from no one but an earlier name of this deployment.
        """
        if not current or not self.deployments:
            return
        if other_deployment(current["tags"], self.deployments):
            advice = "if that is an earlier name of this deployment, give it in audit_logs_previous_deployments"
        elif adopt:
            return
        problem = foreign(current["tags"], self.deployments)
        if problem:
            raise PlanError(f"{title} exists and {problem}: choose another name, or {advice}")

    def arn(self, arn_of, name):
        """The ARN of what has a name in the account, as a result; nothing if the account is not given."""
        account = {"account_id": self.module.params["account_id"], "region": self.module.region}
        return {"arn": arn_of(account, name)} if account["account_id"] else {}

    def asked(self, resource, *identity):
        """The settings that are given for a resource, with documents as dictionaries.

        :param identity: options that say which resource it is.
        """
        settings = given(self.module.params[resource])
        return {
            name: json.loads(value) if value and name in DOCUMENTS else value
            for name, value in settings.items() if name not in (*identity, "adopt")
        }

    def asked_selectors(self):
        """The selectors that are given for the trail, as reading them back would return them."""
        params, asked = self.module.params, {}
        if params["event_selectors"] is not None or params["advanced_event_selectors"] is not None:
            asked = selectors.normalised(params["event_selectors"], params["advanced_event_selectors"])
        if params["insight_types"] is not None:
            asked["insight_types"] = sorted(set(params["insight_types"]))
        return asked

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
            left = kms.without_alias(client, asked["tags"])
            if left:
                current = {**kms.read(client, left[0], asked), "alias": None}
                asked["alias"] = alias
        if not self.verified:
            advice = "use the key as it is, by its ARN"
            self.refuse_foreign(f"KMS key {alias}", current, False, advice)
            bucket_name = current and current.get("tags", {}).get(KEY_OF_BUCKET)
            if bucket_name not in (None, asked.get("tags", {}).get(KEY_OF_BUCKET, bucket_name)):
                raise PlanError(f"KMS key {alias} is the key of bucket {bucket_name}: choose another alias, or {advice}")
        kept = self.merge_policy(f"KMS key {alias}", asked, current, KEY_POLICY_LIMIT)
        if self.verified and current:
            self.check_key(current["arn"], current["policy"])
        result = self.compare("kms_key", f"KMS key {alias}", current, asked)
        if self.verified and current and KEY_OF_BUCKET in asked.get("tags", {}):
            result["orphans"] = kms.without_alias(client, asked["tags"])
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
            unknown = f"whether KMS key {key_id} lets the trail encrypt is not known here, because it may not be read"
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
        problem = f"KMS key {arn} is in {region}: CloudTrail wants it in the region of the bucket, {self.module.region}"
        self.cannot_deliver({trail["account_id"]: [problem] for trail in self.trails})

    def check_key_of_trail(self, key_id):
        """As check_given_key, for the key of a trail; the policy of one in another account may not be read."""
        region, account_id = kms.region_and_account(key_id)
        if account_id in (None, self.module.params["account_id"]):
            self.check_given_key(key_id, region or self.module.region)
            return
        unknown = f"whether KMS key {key_id} lets the trail encrypt is not known here, because it is in another account"
        self.add_undecided({trail["account_id"]: [unknown] for trail in self.trails})

    def merge_policy(self, title, asked, current, limit):
        """Let the policy that is asked for also allow what the deployed one allows to those who are not named to leave.

        :returns: what it keeps, as a part of the result.
        """
        if not current or not asked.get("policy"):
            return {}
        params, deployed = self.module.params, current["policy"]
        options = {
            "accounts": [trail["account_id"] for trail in self.trails] + params["covered_accounts"],
            "removed": params["removed_accounts"], "removed_statements": params["removed_statements"],
        }
        by_organization = any(not source.isdigit() for source in sources.sources(asked["policy"]))
        # Who is in the organization is proven by the accounts, one by one, and not known to verify.
        pending = options["accounts"] if self.verified and by_organization else self.pending_accounts
        final = sources.merge(asked["policy"], deployed, **options)
        merged = sources.merge(asked["policy"], deployed, pending=pending, **options) if pending else final
        self.extended = self.extended or merged.document != final.document
        bytes_ = size(merged.document)
        if bytes_ > limit and not self.verified:
            raise PlanError(
                f"{title}: its policy would take {bytes_} bytes, and AWS allows {limit}, because it also keeps what the deployed"
                f" policy lets {len(merged.retained)} accounts or organizations do, such as {', '.join(merged.retained[:3])}, until"
                " they are updated or named in audit_logs_removed_accounts: change the form of the policy"
                f" (aws_trail_bucket_policy_form) in single steps, in this order: {', '.join(POLICY_FORMS)}"
            )
        asked["policy"] = merged.document
        unproven = [source for source in merged.retained if source in pending] if self.verified else []
        return {"retained_sources": final.retained, "foreign_statements": final.foreign, "unproven_accounts": unproven}

    def retained(self):
        """Also what the deployed policies allow besides what is asked for."""
        found = {}
        for name, result in self.found.items():
            params = self.module.params[name]
            title = f"{name.rpartition('_')[2]} {params.get('name') or params['alias']}"
            for source in result.get("retained_sources", ()):
                # The inventory may have the organization as well, with trails of another name.
                what = f"{source}, which the inventory does not have and" if source.isdigit() else f"what it allowed to {source} before, which"
                found.setdefault(f"{what} audit_logs_removed_accounts can remove", []).append(title)
            for statement in result.get("foreign_statements", ()):
                found.setdefault(f"the foreign statement {statement.get('Sid') or 'without Sid'}", []).append(title)
        return [f"in the policy of {' and '.join(titles)}: {what}" for what, titles in found.items()] + super().retained()

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
                f"bucket {name} exists with object lock {'on' if current['object_lock_enabled'] else 'off'}, which"
                " amazon.aws.s3_bucket can set only when it makes a bucket: leave the option as the bucket is, or choose"
                " another name"
            )
        if not self.verified and result["changes"]:
            self.check_expiry(client, name, result)
            self.check_organization_of_policy(asked.get("policy"), (current or {}).get("policy"))
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

    @staticmethod
    def recent(client, name, policy, retained):
        """Whether accounts have delivered within the last day; nothing of those whose log files may not be listed."""
        found = {}
        for source in [one for one in retained if one.isdigit()][:_MOST_RETAINED]:
            try:
                found[source] = contents.recent(client, name, sources.folder(policy, source)) is not None
            except is_boto3_error_code(["403", "AccessDenied"]):
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

    def shorten(self, title, days, before, amount):
        """Announce that older logs are deleted; raises PlanError unless that is meant."""
        text = f"{title}: logs older than {days} days ({f'now {before} days' if before else 'now none'}), of {amount}"
        if not self.module.params["shorten_retention"]:
            raise PlanError(
                f"{text}, would be deleted: give a longer retention, or if that is meant, audit_logs_shorten_retention: true")
        self.announced.append(text)

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
                f"log group {name} exists with {current['kms_key_id'] or 'no KMS key'}, and no module can change that:"
                f" leave the key as it is, or run 'aws logs associate-kms-key --log-group-name {name} ...' first"
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
                arn = log_group_arn(trail, group["name"])
                found = delivery.role_problems(trust, policies, role["name"], arn, trail)
                if found:
                    self.undeliverable_events[trail["account_id"]] = found
        asked = self.asked("iam_role", "name", "policy_name")
        result = self.compare("iam_role", f"IAM role {role['name']}", current, asked)
        return {**result, **self.arn(role_arn, role["name"])}

    def trail(self):
        params = self.module.params
        asked = {**self.asked("trail", "name", "owner_id", "is_managed", "kms_key_checked"), **self.asked_selectors()}
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
        membership = self.check_organization(params["organization_id"])  # before anything is changed
        if self.verified:
            return {
                **self.compare("trail", f"trail {name}", current, asked), **leftovers,
                "records": selectors.recorded_probes(current) if current else [],
                "unrecorded": selectors.unrecorded(current) if current else [],
                **({} if current else self.why_absent(client, name)),
                **({} if params["trail"]["is_managed"] else {"delivering": self.trails_beside(leftovers["leftovers"])}),
            }
        if current and current["is_organization_trail"] and not asked.get("is_organization_trail"):
            raise PlanError(
                f"trail {name} records the whole organization, which would end: choose another name for the trail of the account"
                " (aws_trail_name), or let the trail go on as it is (audit_logs_aws_mode: organization_trail, or for the role alone"
                " aws_trail_is_organization_trail: true)"
            )
        if asked.get("is_organization_trail") and not (current and current["is_organization_trail"]):
            owner = params["trail"]["owner_id"] or account_id
            problem = organization.trail_problem(self.client("organizations"), account_id, owner, bool(current))
            if problem:
                raise PlanError(f"trail {name} cannot record the organization: {problem}")
        return {**self.compare("trail", f"trail {name}", current, asked), **leftovers, **membership}

    def trails_beside(self, leftovers):
        """ARNs of the account's own trails that deliver to the bucket, besides the one that records it; also of leftovers elsewhere."""
        params = self.module.params
        found = [
            one["TrailARN"] for one in self.trails_of_account
            if one["TrailARN"].split(":")[4] == params["account_id"] and one["TrailARN"] != self.trail_arn()
            and one.get("S3BucketName") == params["trail"]["s3_bucket_name"]
        ]
        return sorted({*found, *leftovers})

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
            self.module.warn("trails of a single other region are not found, because cloudtrail:ListTrails is denied")
            return found
        known = {one["TrailARN"] for one in found}
        return found + [{"TrailARN": arn, "HomeRegion": home} for arn, home in listed.items() if arn not in known]

    def check_organization_of_policy(self, policy, deployed):
        """Whether an organization that a policy names and did not name before is that of the account; not all may read it."""
        new = sources.sources(policy) - sources.sources(deployed)
        for organization_id in sorted(source for source in new if not source.isdigit()):
            self.check_organization(organization_id)

    def check_organization(self, organization_id):
        """Whether the account is in the organization that the bucket's policy is about to name in place of accounts."""
        if not organization_id:
            return {}
        account_id = self.module.params["account_id"]
        try:
            found = organization.describe(self.client("organizations")).get("Id", "no organization")
        except is_boto3_error_code("AccessDeniedException"):
            self.module.warn(
                f"whether account {account_id} is in organization {organization_id} is not known here, because it may not call"
                " organizations:DescribeOrganization"
            )
            return {"is_in_organization": None}
        if found != organization_id:
            raise PlanError(
                f"account {account_id} is in {found}, and the policy of the bucket is to let {organization_id} deliver: correct"
                " aws_trail_bucket_organization_id, or choose another form (aws_trail_bucket_policy_form)"
            )
        return {"is_in_organization": True}
