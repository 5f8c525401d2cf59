#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_role
short_description: Manage a RAM role of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes, changes and deletes a RAM role, with the services and accounts that it trusts and the policies that it has.
  - A custom policy that is there for this role alone can be made, changed and deleted together with it.
  - Documents are compared by meaning.
options:
  name:
    description: Name of the role, 1 to 64 letters, digits, periods and hyphens. Case makes no difference.
    type: str
    required: true
  state:
    description:
      - With V(present) the role exists, with what the options say; what they don't mention is left alone.
      - With V(absent) all policies are detached from it, and it is deleted. The policies stay, but for those of O(policies)
        that have a document.
    type: str
    choices: [present, absent]
    default: present
  trust_policy:
    description:
      - Who may assume the role, as a dictionary or JSON; it replaces the trust policy that the role has.
      - A role that is to be made needs it, O(trusted_services) or O(trusted_accounts).
    type: json
  trusted_services:
    description:
      - In place of a trust policy, the services that may assume the role, such as C(log.aliyuncs.com), or a service that
        acts for an account, such as C(1234567890123456@log.aliyuncs.com).
      - Together with O(trusted_accounts), all that are trusted.
    type: list
    elements: str
  trusted_accounts:
    description:
      - In place of a trust policy, the ids of accounts whose users and roles may assume the role as far as the account's
        own policies let them. C(1234567890123456) stands for C(acs:ram::1234567890123456:root).
      - Together with O(trusted_services), all that are trusted.
    type: list
    elements: str
  description:
    description: Description, 1 to 1024 characters. RAM can change it, and can't take it off.
    type: str
  max_session_duration:
    description: Longest session of the role in seconds, 3600 to 43200. RAM makes it 3600 unless told otherwise.
    type: int
  policies:
    description: Policies that the role has. An empty list detaches all of them, unless O(purge_policies=false).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the policy.
        type: str
        required: true
      type:
        description: Whether it is one of the account, or of the system.
        type: str
        choices: [custom, system]
        default: custom
      document:
        description:
          - What a custom policy allows and denies, as a dictionary or JSON, at most 6144 characters. It is then managed
            with the role - made before it and changed as by M(crossaccount.audit_logs.ram_policy), and deleted after it.
          - O(tags), O(purge_tags) and O(required_tags) are those of the policy as well.
          - If the role is refused, a policy that was made for it is taken back.
        type: json
        version_added: 0.4.0
  purge_policies:
    description: Whether policies that O(policies) does not list are detached.
    type: bool
    default: true
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba_tags
  - crossaccount.audit_logs.attributes.alibaba
notes:
  - "API calls: GetRole; ListPoliciesForRole if O(policies) is given, or O(state=absent); ListTagResources if O(tags) or
    O(required_tags) is given; for a policy with a document GetPolicy, and ListTagResources likewise. More only if
    something differs."
  - A policy that is to be attached is looked up before anything is changed.
  - A service-linked role is refused, see M(crossaccount.audit_logs.ram_service_linked_role).
seealso:
  - module: crossaccount.audit_logs.ram_policy
  - module: crossaccount.audit_logs.ram_role_info
  - module: crossaccount.audit_logs.ram_service_linked_role
"""

EXAMPLES = r"""
- name: A role with which Log Audit Service of a central account collects from this one
  crossaccount.audit_logs.ram_role:
    name: sls-audit-service-monitor
    trusted_services: [log.aliyuncs.com, 1234567890123456@log.aliyuncs.com]
    policies:
      - name: AliyunLogAuditServiceMonitorAccess
        document:
          Version: "1"
          Statement:
            - Effect: Allow
              Action: log:*
              Resource: acs:log:*:*:project/slsaudit-*
      - name: ReadOnlyAccess
        type: system

- name: A role for people of another account, with a trust policy of its own
  crossaccount.audit_logs.ram_role:
    name: auditors
    trust_policy:
      Version: "1"
      Statement:
        - Effect: Allow
          Action: sts:AssumeRole
          Principal: {RAM: ["acs:ram::1234567890123456:root"]}
          Condition: {Bool: {"acs:MFAPresent": "true"}}

- name: Delete it, if it carries our tag
  crossaccount.audit_logs.ram_role:
    name: auditors
    state: absent
    required_tags: {managed-by: crossaccount.audit_logs}
"""

RETURN = r"""
role:
  description: The role; null if it does not exist, or no longer.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    arn:
      description: Its ARN, in which the name is in lower case.
      type: str
      returned: if it exists
      sample: acs:ram::1234567890123456:role/sls-audit-service-monitor
    role_id:
      description: Its id.
      type: str
      returned: if it exists
    create_date:
      description: When it was made.
      type: str
      returned: if it exists
      sample: "2026-01-31T23:59:59Z"
    trust_policy:
      description: Who may assume it.
      type: dict
      returned: always
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    max_session_duration:
      description: Its longest session in seconds.
      type: int
      returned: always
    policies:
      description: The policies that it has, in the form of the option, without documents.
      type: list
      elements: dict
      returned: if O(policies) is given
    tags:
      description: Its tags.
      type: dict
      returned: if O(tags) or O(required_tags) is given
managed_policies:
  description:
    - What became of the policies with a document, for each what M(crossaccount.audit_logs.ram_policy) returns.
    - Their differences are in C(diff) too, which is a list then, with that of the role at the end.
  returned: if one of O(policies) has a document
  type: list
  elements: dict
kept:
  description: Why a role was not deleted, and with it the policies that have a document.
  returned: if O(state=absent), and it does not carry O(required_tags)
  type: str
"""

from functools import partial

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import documents, ram, retry, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.ram_policy import Policy
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource, said


class Role(Resource):
    """A role, with the policies that it has."""

    title = "role"
    exists = ("EntityAlreadyExists.Role",)
    missing = ("EntityNotExist.Role",)

    def __init__(self, module):
        super().__init__(module)
        shared = {name: self.params[name] for name in ("state", *tags.options())}
        self.managed = [
            Policy(module, {**shared, "description": None, "detach": False, **one})
            for one in self.params["policies"] or [] if one["document"] is not None
        ]

    def check(self):
        problem = (
            ram.role_name_problem(self.name)
            or ram.description_problem(self.params["description"])
            or tags.problem(self.params, ram.MOST_TAGS)
            or self._duration_problem()
            or self._policies_problem()
        )
        if problem:
            self.module.fail_json(msg=problem)
        self.trust = self._trust()

    def read(self):
        body = self.cloud.call("ram", "GetRole", RoleName=self.name)["Role"]
        if body.get("IsServiceLinkedRole"):
            self.module.fail_json(msg=f"The role {self.name} belongs to a service: use ram_service_linked_role for it")
        settings, self.facts = ram.role(body)
        if self.params["policies"] is not None or self.params["state"] == "absent":
            settings["policies"] = ram.policies_of_role(self.cloud, self.name)
        if tags.are_asked_for(self.params):
            settings["tags"] = ram.tags(self.cloud, "role", self.facts["name"])
        return settings

    def desired(self, current):
        if current is None and self.trust is None:
            self.module.fail_json(msg=f"There is no role {self.name}: to make it, say whom it trusts, with trust_policy, "
                                      f"trusted_services or trusted_accounts")
        has_tags = current and tags.are_asked_for(self.params)
        return {
            "trust_policy": self.trust,
            "description": self.params["description"],
            "max_session_duration": self.params["max_session_duration"],
            "policies": self._desired_policies(current),
            "tags": tags.desired(self.params, current["tags"] if has_tags else None),
        }

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
        if new:
            self.cloud.call("ram", "UpdateRole", RoleName=self.name, **new)
        if "tags" in changes:
            ram.change_tags(self.cloud, "role", self.facts["name"], current["tags"], desired["tags"])
        # A role that has work to do keeps what it needs for it; unless there is no room for both.
        if len(before) + len(attach) <= ram.MOST_ATTACHED:
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

        retry.eventually(attempt, ("DeleteConflict.Role.Policy",), WAIT)

    def result(self, settings):
        return {"role": settings and {"name": self.name, **settings, **self.facts}}

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
                if not outcome["diff"]["before"] and not self.module.check_mode:
                    policy.take_back()
            raise

    def _absent(self, current):
        outcome = super()._absent(current)
        return self._with_policies([policy.converge() for policy in self.managed if "kept" not in outcome], outcome)

    def _with_policies(self, outcomes, outcome):
        if not self.managed:
            return outcome
        diffs = [{f"{when}_header": f"policy {policy.name}" for when in ("before", "after")} | one["diff"]
                 for policy, one in zip(self.managed, outcomes)]
        diffs.append({f"{when}_header": f"role {self.name}" for when in ("before", "after")} | outcome["diff"])
        changed = any(one["changed"] for one in [*outcomes, outcome])
        return {**outcome, "changed": changed, "diff": diffs, "managed_policies": outcomes}

    def _trust(self):
        services, accounts = self.params["trusted_services"], self.params["trusted_accounts"]
        wrong = next((account for account in accounts or () if not (account.isascii() and account.isdigit())), None)
        if wrong is not None:
            self.module.fail_json(msg=f"trusted_accounts: {wrong!r} is not the id of an account, which is all digits")
        if self.params["trust_policy"] is not None:
            try:
                return documents.read(self.params["trust_policy"], trust=True)
            except ValueError as error:
                self.module.fail_json(msg=f"trust_policy: {error}")
        if services is None and accounts is None:
            return None
        if not services and not accounts:
            self.module.fail_json(msg="trusted_services, trusted_accounts: a role trusts somebody; both are empty")
        return documents.trust_policy(services or [], accounts or [])

    def _duration_problem(self):
        seconds = self.params["max_session_duration"]
        if seconds is None or 3600 <= seconds <= 43200:
            return None
        return f"max_session_duration: it is from 3600 to 43200 seconds; {seconds} is not"

    def _policies_problem(self):
        for one in self.params["policies"] or []:
            problem = ram.policy_name_problem(one["name"])
            if problem:
                return f"policies: {problem}"
            if one["type"] == "system" and one["document"] is not None:
                return f"policies: {one['name']} is of the system, and its document can't be given"
        for policy in self.managed:
            problem = policy.problem()
            if problem:
                return f"policies: {policy.name}: {problem}"
        return None

    def _desired_policies(self, current):
        asked = self.params["policies"]
        if asked is None:
            return None
        kept = current["policies"] if current and not self.params["purge_policies"] else []
        return ram.in_order([*kept, *asked])

    def _look(self, how, *args, **options):
        """Look at the role, which is there, but may have been made a moment ago."""
        return retry.eventually(partial(how, *args, **options), self.missing, WAIT)

    def _look_up(self, policies):
        """Fail for a policy that there is not, before anything is changed."""
        managed = {(policy.name.lower(), "custom") for policy in self.managed}
        for policy in policies:
            if ram.key_of(policy) in managed:
                continue
            # One of the account's may have been made a moment ago.
            seconds = WAIT if policy["type"] == "custom" else 0
            retry.eventually(partial(self._call, "GetPolicy", policy), ("EntityNotExist.Policy",), seconds)

    def _attach(self, policies):
        for policy in policies:
            attach = partial(self._call, "AttachPolicyToRole", policy, RoleName=self.name)
            # Role and policy may have been made a moment ago.
            retry.eventually(partial(retry.unless, ("EntityAlreadyExists.Role.Policy",), attach),
                             ("EntityNotExist.Role", "EntityNotExist.Policy"), WAIT)

    def _detach(self, policies):
        for policy in policies:
            retry.unless(("EntityNotExist",), partial(self._call, "DetachPolicyFromRole", policy, RoleName=self.name))

    def _call(self, operation, policy, **parameters):
        kind = ram.POLICY_TYPES[policy["type"]]
        self.cloud.call("ram", operation, PolicyName=policy["name"], PolicyType=kind, **parameters)


def main():
    module = AlibabaModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            trust_policy=dict(type="json"),
            trusted_services=dict(type="list", elements="str"),
            trusted_accounts=dict(type="list", elements="str"),
            description=dict(type="str"),
            max_session_duration=dict(type="int"),
            policies=dict(type="list", elements="dict", options=dict(
                name=dict(type="str", required=True),
                type=dict(type="str", choices=["custom", "system"], default="custom"),
                document=dict(type="json"),
            )),
            purge_policies=dict(type="bool", default=True),
            **tags.options(),
        ),
        mutually_exclusive=[("trust_policy", "trusted_services"), ("trust_policy", "trusted_accounts")],
        supports_check_mode=True,
    )
    Role(module).run()


if __name__ == "__main__":
    main()
