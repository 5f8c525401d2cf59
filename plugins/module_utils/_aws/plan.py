# SPDX-License-Identifier: GPL-3.0-or-later
"""What all runs have in common that compare the resources of an account with options. Private to this collection."""
from __future__ import annotations

import functools

from .._ownership import foreign
from .._ownership import names
from .._ownership import owner_tags
from . import bucket
from . import checks
from . import selectors
from . import trail
from .policies import trail_arn
from .policies import with_defaults
from .resource import PlanError
from .retry import RETRY

NO_REGION = "no region is given: set region, or AWS_REGION in the environment"
RESOURCES = ("kms_key", "s3_bucket", "log_group", "iam_role", "trail")
CHECKS = {
    ("kms_key", "alias"): checks.key_alias,
    ("kms_key", "policy"): checks.resource_policy,
    ("s3_bucket", "name"): checks.bucket_name,
    ("s3_bucket", "policy"): checks.resource_policy,
    ("s3_bucket", "lifecycle"): checks.lifecycle,
    ("s3_bucket", "object_lock_default_retention"): checks.object_lock,
    ("iam_role", "name"): checks.role_name,
    ("iam_role", "assume_role_policy_document"): checks.trust_policy,
    ("iam_role", "policy"): checks.identity_policy,
    ("iam_role", "policy_name"): checks.policy_name,
    ("log_group", "name"): checks.log_group_name,
    ("log_group", "retention"): checks.retention,
    ("trail", "name"): checks.trail_name,
    ("trail", "s3_bucket_name"): checks.bucket_name,
    ("trail", "s3_key_prefix"): checks.key_prefix,
    ("trail", "sns_topic_name"): lambda value: checks.topic(value) if value else None,  # an empty string removes the topic
    **{(resource, "tags"): checks.tags for resource in RESOURCES},
}


class Plan:
    """A method for each resource returns what there is to do about it; a subclass has them.

    :ivar found: what they returned, by resource.
    :ivar announced: logs that a run deletes for good, sentences.
    :ivar extended: whether a policy goes on to allow something that is not asked for.
    """

    order = RESOURCES  # in which the resources are compared

    def __init__(self, module):
        """C(module) has the options of M(crossaccount.audit_logs.aws_plan)."""
        self.module = module
        own = module.params["deployment"]
        # The deployments whose resources are managed; none if nothing is to be said about owners.
        self.deployments = names(own, module.params["previous_deployments"])
        self._given_tags = {name: (module.params[name] or {}).get("tags") for name in RESOURCES}
        for resource in RESOURCES:
            if own and module.params[resource] and module.params[resource].get("is_managed", True):
                module.params[resource]["tags"] = {**(module.params[resource]["tags"] or {}), **owner_tags(own)}
        self.found = {}
        self.announced = []
        self.extended = False
        self.trails = []
        # Sentences about trails, by the id of the account.
        self.undeliverable = {}
        self.undecided = {}
        self.undeliverable_digests = {}
        self.undeliverable_events = {}

    # Whether a setting is checked before anything is read.
    is_checked = staticmethod(lambda resource, setting: True)

    def check_input(self):
        """Raises PlanError for the first thing that AWS would refuse for what it says."""
        params = self.module.params
        problem = params["account_id"] is not None and checks.account_id(params["account_id"])
        problem = problem or selectors.problem(params) or (not self.module.region and NO_REGION)
        if problem:
            raise PlanError(problem)
        try:
            self.trails = [with_defaults(given(trail), self.module.region) for trail in params["trails"]]
        except ValueError as error:
            raise PlanError(f"trails: {error}") from error
        own = owner_tags(params["deployment"]) if params["deployment"] else {}
        for name, tags in self._given_tags.items():
            wrong = next((key for key, value in own.items() if (tags or {}).get(key, value) != value), None)
            if wrong:
                raise PlanError(f"{name}.tags: the tag {wrong} is set by this collection: choose another name")
        options = {(name, key): value for name in RESOURCES for key, value in (params[name] or {}).items()}
        for setting, check in CHECKS.items():
            value = options.get(setting)
            problem = check(value) if value is not None and self.is_checked(*setting) else None
            if problem:
                raise PlanError(f"{'.'.join(setting)}: {problem}")

    def settings(self):
        """The options of this plan that are given, for the tasks that carry it out."""
        params = self.module.params
        names = ("state", "region", *RESOURCES, "event_selectors", "advanced_event_selectors", "insight_types")
        return given({**{name: params[name] for name in names}, "region": self.module.region})

    def client(self, service, **options):
        return self.module.client(service, retry_decorator=RETRY, **options)

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def cloudtrail(self, region):
        """A client of CloudTrail in a region."""
        return self.client("cloudtrail", region=region)

    @functools.cached_property
    def trails_of_account(self):
        """All trails that record the account in this region, as CloudTrail describes them."""
        return trail.describe(self.cloudtrail(self.module.region))

    @functools.cached_property
    def tags_of_trails(self):
        """Tags of the trails of the account, by ARN, as far as they may be read."""
        params = self.module.params
        its_arn = self.trail_arn() if params["trail"]["is_managed"] else None
        return trail.tags_of(self.cloudtrail, self.trails_with_tags, params["account_id"], its_arn)

    @property
    def trails_with_tags(self):
        """The trails among which this deployment may have others than the one of the options."""
        return self.trails_of_account

    def trail_arn(self):
        """ARN of the trail of the options."""
        params = self.module.params
        owner = params["trail"]["owner_id"] or params["account_id"]
        return trail_arn({**params["trail"], "account_id": owner, "region": self.module.region})

    def leftover_trails(self):
        """ARNs of the trails that this deployment manages in the account, other than the one of the options."""
        if not self.deployments:
            return []
        return sorted(arn for arn, tags in self.tags_of_trails.items() if arn != self.trail_arn() and not foreign(tags, self.deployments))

    @property
    def titles(self):
        """What the resources are, for people."""
        params = self.module.params
        return {name: f"{name.replace('_', ' ')} {params[name].get('name') or params[name]['alias']}" for name in self.found}

    def changes(self):
        """Everything there is to do, for people."""
        managed = {name: found for name, found in self.found.items() if self.module.params[name].get("is_managed", True)}
        return [f"{self.titles[name]}: {', '.join(found['changes'])}" for name, found in managed.items() if found["changes"]]

    def doubts(self):
        """What only AWS can decide about what there is to do: sentences."""
        return []

    def diff(self):
        """What differs, as check mode shows it."""
        return [
            {
                "before_header": self.titles[name], "after_header": f"{self.titles[name]} ({', '.join(found['changes'])})",
                "before": found["before"], "after": found["after"],
            }
            for name, found in self.found.items() if found["changes"]
        ]

    def retained(self):
        """What stays, although no option names it: sentences."""
        trails, buckets = (self.found.get(name, {}).get("leftovers", []) for name in ("trail", "s3_bucket"))
        return [trail.leftover(arn) for arn in trails] + [bucket.leftover(name) for name in buckets]


def given(options):
    """Options without those that are not given, at every depth but in tags."""
    return {
        name: given(value) if isinstance(value, dict) and name != "tags" else value
        for name, value in options.items()
        if value is not None
    }
