# SPDX-License-Identifier: GPL-3.0-or-later
"""A role of RAM with the policies that it has, for the module that manages one. Private."""
from __future__ import annotations

from functools import partial

from . import documents, ram, retry, tags
from .ram_policy import Policy
from .resource import WAIT, Outdated, Resource, said


class Role(Resource):
    """A role, with the policies that it has."""

    title = "role"
    # assumption alibaba-ram-error-codes
    exists = ("EntityAlreadyExists.Role",)
    missing = ("EntityNotExist.Role",)

    trust = None  # the trust policy that the options say
    retained_services: list[str] = []  # services that are trusted, although the options don't say so

    def __init__(self, module):
        super().__init__(module)
        shared = {name: self.params[name] for name in ("state", *tags.options())}
        self.managed = [
            Policy(module, {**shared, "description": None, "detach": False, **one})
            for one in self.params["policies"] or [] if one["document"] is not None
        ]

    def problem(self):
        return (
            ram.role_name_problem(self.name)
            or ram.description_problem(self.params["description"])
            or tags.problem(self.params, ram.MOST_TAGS)
            or self._duration_problem()
            or self._policies_problem()
            or self._trust_problem()
        )

    def read(self):
        body = self.cloud.call("ram", "GetRole", RoleName=self.name)["Role"]
        if body.get("IsServiceLinkedRole"):
            self.module.fail_json(msg=f"The role {self.name} is a service-linked role: use the module ram_service_linked_role")
        settings, self.facts = ram.role(body)
        if self.params["policies"] is not None or self.params["state"] == "absent":
            settings["policies"] = ram.policies_of_role(self.cloud, self.name)
        if tags.are_asked_for(self.params):
            settings["tags"] = ram.tags(self.cloud, "role", self.facts["name"])
        return settings

    def desired(self, current):
        if current is None and self.trust is None:
            self.module.fail_json(
                msg=f"Role {self.name} does not exist: to create it, give trust_policy, trusted_services or trusted_accounts")
        return {
            "trust_policy": self._desired_trust(current),
            "description": self.params["description"],
            "max_session_duration": self.params["max_session_duration"],
            "policies": self._desired_policies(current),
            "tags": tags.desired(self.params, current),
        }

    def guard(self, current):
        reason = super().guard(current)
        others = self._others(current) if self.params["state"] == "absent" else []
        return reason or (f"still trusts {', '.join(others)}" if others else None)

    def defaults(self):
        return {"description": "", "max_session_duration": 3600}

    def same(self, name, current, desired):
        if name == "trust_policy":
            return documents.same(current, desired)
        if name == "policies":
            return [ram.key_of(one) for one in current] == [ram.key_of(one) for one in desired]
        return current == desired

    def create(self, desired):
        policies = desired.get("policies", [])
        self._look_up(policies)
        body = self.cloud.call("ram", "CreateRole", landed=self.exists, RoleName=self.name, **said({
            "AssumeRolePolicyDocument": documents.text(desired["trust_policy"]),
            "Description": desired.get("description"),
            "MaxSessionDuration": desired.get("max_session_duration"),
            "Tag": ram.tag_list(desired["tags"]) if desired.get("tags") else None,
        }))
        if not body:
            body = self._look(self.cloud.call, "ram", "GetRole", RoleName=self.name)
        self.facts = ram.role(body["Role"])[1]
        self._attach(policies)

    def update(self, current, desired, changes):
        before, after = (
            {ram.key_of(one): one for one in settings["policies"]} if "policies" in changes else {}
            for settings in (current, desired)
        )
        attach = [after[key] for key in after if key not in before]
        detach = [before[key] for key in before if key not in after]
        self._look_up(attach)
        new = said({
            "NewAssumeRolePolicyDocument": documents.text(desired["trust_policy"]) if "trust_policy" in changes else None,
            "NewDescription": desired["description"] if "description" in changes else None,
            "NewMaxSessionDuration": desired["max_session_duration"] if "max_session_duration" in changes else None,
        })
        if "trust_policy" in changes and not self.params["purge_trusted_services"]:
            self._check_trust(current)
        if new:
            self.cloud.call("ram", "UpdateRole", RoleName=self.name, **new)
        if "tags" in changes:
            ram.change_tags(self.cloud, "role", self.facts["name"], current["tags"], desired["tags"])
        # A role that has work to do keeps what it needs for it; unless there is no room for both.
        if all(sum(one["type"] == kind for one in [*before.values(), *attach]) <= ram.MOST_ATTACHED for kind in ("custom", "system")):
            self._attach(attach)
            self._detach(detach)
        else:
            self._detach(detach)
            self._attach(attach)

    def delete(self, current):
        attached = [current["policies"]]

        def attempt():
            self._detach(attached.pop() if attached else self._look(ram.policies_of_role, self.cloud, self.name))
            self.cloud.call("ram", "DeleteRole", landed=self.missing, RoleName=self.name)

        # A policy that was detached a moment ago: assumption alibaba-consistency.
        retry.eventually(attempt, ("DeleteConflict.Role.Policy",), WAIT)

    def result(self, settings):
        return {"role": settings and {"name": self.name, **settings, **self.facts}, "retained_services": self.retained_services}

    def _present(self, current):
        # Refuse the role before there are policies for it.
        if current is None:
            self.desired(None)
        else:
            self._refuse(current)
        outcomes = []
        try:
            for policy in self.managed:
                outcomes.append(policy.converge())
            return self._with_policies(outcomes, super()._present(current))
        except BaseException:  # the module may be on its way out
            for policy, outcome in zip(self.managed, outcomes):
                # A policy that stays has our tags, and the next run goes on with it. An existing role may have it by now.
                if current is None and not outcome["diff"]["before"] and not self.module.check_mode:
                    policy.take_back()
            raise

    def _absent(self, current):
        outcome = super()._absent(current)
        return self._with_policies([policy.converge() for policy in self.managed if "retained" not in outcome], outcome)

    def _with_policies(self, outcomes, outcome):
        if not self.managed:
            return outcome
        diffs = [{f"{when}_header": f"policy {policy.name}" for when in ("before", "after")} | one["diff"]
                 for policy, one in zip(self.managed, outcomes)]
        diffs.append({f"{when}_header": f"role {self.name}" for when in ("before", "after")} | outcome["diff"])
        changed = any(one["changed"] for one in [*outcomes, outcome])
        return {**outcome, "changed": changed, "diff": diffs, "managed_policies": outcomes}

    def _trust_problem(self):
        services, accounts = self.params["trusted_services"], self.params["trusted_accounts"]
        both = sorted({*(services or [])} & {*(self.params["remove_trusted_services"] or [])})
        if both:
            return f"trusted_services, remove_trusted_services: {both[0]} is in both"
        wrong = next((account for account in accounts or () if not (account.isascii() and account.isdigit())), None)
        if wrong is not None:
            return f"trusted_accounts: {wrong!r} is not the id of an account: write its digits in quotes"
        if self.params["trust_policy"] is not None:
            try:
                self.trust = documents.read(self.params["trust_policy"], trust=True)
            except ValueError as error:
                return f"trust_policy: {error}"
        elif services or accounts:
            self.trust = documents.trust_policy(services or [], accounts or [])
        elif services is not None or accounts is not None:
            return "trusted_services, trusted_accounts: both are empty, but a role must trust at least one service or account"
        return None

    def _desired_trust(self, current):
        if self.trust is None or not current:
            return self.trust
        self.retained_services = self._others(current)
        if self.params["purge_trusted_services"]:
            return self.trust
        # With its conditions, so that a retained service is not trusted for more than before.
        unconditional, conditional = documents.trust_of(current["trust_policy"], self.retained_services)
        services = [*(self.params["trusted_services"] or []), *unconditional]
        trust = documents.trust_policy(services, self.params["trusted_accounts"] or [])
        return {**trust, "Statement": trust["Statement"] + conditional}

    def _others(self, current):
        """Services that the role trusts as they act for an account, and that nobody has named."""
        if self.params["purge_trusted_services"]:
            return []
        named = {*(self.params["trusted_services"] or []), *(self.params["remove_trusted_services"] or [])}
        return sorted(service for service in documents.trusted_services(current["trust_policy"]) - named if "@" in service)

    def _duration_problem(self):
        seconds = self.params["max_session_duration"]
        if seconds is None or 3600 <= seconds <= 43200:
            return None
        return f"max_session_duration: {seconds} is not a number of seconds from 3600 to 43200"

    def _policies_problem(self):
        for one in self.params["policies"] or []:
            problem = ram.policy_name_problem(one["name"])
            if problem:
                return f"policies: {problem}"
            if one["type"] == "system" and one["document"] is not None:
                return f"policies: {one['name']} is a system policy: remove its document"
        for policy in self.managed:
            problem = policy.problem()
            if problem:
                return f"policies: {policy.name}: {problem}"
        return None

    def _check_trust(self, current):
        """Raise Outdated if the role trusts others by now: the new trust policy says who stays, and replaces that of now."""
        body = self.cloud.call("ram", "GetRole", RoleName=self.name)["Role"]
        if not documents.same(ram.role(body)[0]["trust_policy"], current["trust_policy"]):
            raise Outdated

    def _desired_policies(self, current):
        asked = self.params["policies"]
        if asked is None:
            return None
        others = current["policies"] if current and not self.params["purge_policies"] else []
        return ram.in_order([*others, *asked])

    def _look(self, how, *args, **options):
        """Read the role, which exists, but may have been created a moment ago."""
        return retry.eventually(partial(how, *args, **options), self.missing, WAIT)

    def _look_up(self, policies):
        """Fail for a policy that there is not, before anything is changed."""
        managed = {(policy.name.lower(), "custom") for policy in self.managed}
        for policy in policies:
            if ram.key_of(policy) in managed:
                continue
            # A custom policy may have been created a moment ago: assumption alibaba-consistency.
            seconds = WAIT if policy["type"] == "custom" else 0
            retry.eventually(partial(self._call, "GetPolicy", policy), ("EntityNotExist.Policy",), seconds)

    def _attach(self, policies):
        for policy in policies:
            attach = partial(self._call, "AttachPolicyToRole", policy, RoleName=self.name)
            # Role and policy may have been created a moment ago: assumption alibaba-consistency.
            retry.eventually(partial(retry.unless, ("EntityAlreadyExists.Role.Policy",), attach),
                             ("EntityNotExist.Role", "EntityNotExist.Policy"), WAIT)

    def _detach(self, policies):
        for policy in policies:  # assumption alibaba-ram-error-codes
            retry.unless(("EntityNotExist",), partial(self._call, "DetachPolicyFromRole", policy, RoleName=self.name))

    def _call(self, operation, policy, **parameters):
        kind = ram.POLICY_TYPES[policy["type"]]
        self.cloud.call("ram", operation, PolicyName=policy["name"], PolicyType=kind, **parameters)
