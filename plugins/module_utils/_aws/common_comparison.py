# SPDX-License-Identifier: GPL-3.0-or-later
"""How a resource is compared with what is asked for: what is the same for all resources. Private to this collection."""
from __future__ import annotations

import json
import re

from .._ownership import foreign
from .._ownership import other_deployment
from . import selectors
from . import sources
from .plan import Plan
from .plan import given
from .policies import POLICY_FORMS
from .policies import size
from .resource import PlanError
from .resource import compare

# Variables that have the name of a resource. Both roles on AWS with an IAM role have one of their own for it.
_NAMES = {
    "s3_bucket": "aws_trail_bucket_name", "log_group": "aws_trail_cloudwatch_log_group", "trail": "aws_trail_name",
}
DOCUMENTS = ("policy", "assume_role_policy_document")


class CommonComparison(Plan):
    """A plan that compares what exists with what is asked for. A subclass has a method for each resource."""

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
            self.refuse_foreign(title, current, self.may_adopt(resource), name=_NAMES.get(resource))
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

    def refuse_foreign(
            self, title, current, adopt, advice="adopt it with audit_logs_adopt: true, which changes its settings and tags", name=None):
        """Raises PlanError for what exists, is not managed by this deployment, and is not to be taken over.

        What another deployment manages is taken over from no one but an earlier name of this deployment.

        :param name: the variable that has the name of the resource.
        """
        if not current or not self.deployments:
            return
        if other_deployment(current["tags"], self.deployments):
            advice = "if that is an earlier name of this deployment, add it to audit_logs_previous_deployments"
        elif adopt:
            return
        problem = foreign(current["tags"], self.deployments)
        if problem:
            raise PlanError(f"{title} exists and {problem}: choose another name{f' ({name})' if name else ''}, or {advice}")

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
                f"{title}: its policy would have {bytes_} bytes, but AWS allows {limit}. It still allows what the deployed policy allows"
                f" to {len(merged.retained)} accounts or organizations, such as {', '.join(merged.retained[:3])}, until setup has updated"
                " them or audit_logs_removed_accounts contains them. Change the form of the policy (aws_trail_bucket_policy_form) in"
                f" single steps, in this order: {', '.join(POLICY_FORMS)}"
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
                what = f"{source}, not in the inventory" if source.isdigit() else f"earlier permissions of {source}"
                found.setdefault(f"{what}. To remove, use audit_logs_removed_accounts", []).append(title)
            for statement in result.get("foreign_statements", ()):
                found.setdefault(f"the foreign statement {statement.get('Sid') or 'without Sid'}", []).append(title)
        return [f"in the policy of {' and '.join(titles)}: {what}" for what, titles in found.items()] + super().retained()

    def shorten(self, title, days, before, amount):
        """Announce that older logs are deleted; raises PlanError unless that is meant."""
        text = f"{title}: logs older than {days} days ({f'now {before} days' if before else 'now none'}), of {amount}"
        if not self.module.params["shorten_retention"]:
            raise PlanError(
                f"{text}, would be deleted. Give a longer retention, or to delete them, set audit_logs_shorten_retention: true")
        self.announced.append(text)
