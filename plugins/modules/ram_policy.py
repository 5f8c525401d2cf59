#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: ram_policy
short_description: Manage a custom RAM policy of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes, changes and deletes a custom policy of RAM.
  - Documents are compared by meaning. A change adds a version and lets it count; if the policy has five already, the
    oldest that does not count goes. A version that means the same is used again.
options:
  name:
    description: Name of the policy, 1 to 128 letters, digits and hyphens.
    type: str
    required: true
  state:
    description:
      - With V(present) the policy exists, with what the options say; what they don't mention is left alone.
      - With V(absent) it is deleted with all its versions.
    type: str
    choices: [present, absent]
    default: present
  document:
    description:
      - What the policy allows and denies, as a dictionary or JSON, at most 6144 characters.
      - A policy that is to be made needs it.
    type: json
  description:
    description: Description, 1 to 1024 characters. RAM can change it, and can't take it off.
    type: str
  detach:
    description: With O(state=absent), whether the policy is taken from all users, groups and roles that have it.
      Otherwise RAM refuses to delete one that somebody has.
    type: bool
    default: false
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba_tags
  - crossaccount.audit_logs.attributes.alibaba
notes:
  - "API calls: GetPolicy; ListTagResources if O(tags) or O(required_tags) is given. More only if something differs."
seealso:
  - module: crossaccount.audit_logs.ram_policy_info
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: What Log Audit Service of a central account may do with its projects
  crossaccount.audit_logs.ram_policy:
    name: AliyunLogAuditServiceDispatchPolicy
    document:
      Version: "1"
      Statement:
        - Effect: Allow
          Action: log:*
          Resource: acs:log:*:*:project/slsaudit-*
    tags: {managed-by: crossaccount.audit_logs}

- name: Delete it, whoever has it
  crossaccount.audit_logs.ram_policy:
    name: AliyunLogAuditServiceDispatchPolicy
    state: absent
    detach: true
"""

RETURN = r"""
policy:
  description: The policy; null if it does not exist, or no longer.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    type:
      description: V(custom).
      type: str
      returned: if it exists
    document:
      description: Its document, of the version that counts.
      type: dict
      returned: always
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    default_version:
      description: Id of the version that counts; in check mode, of the one that counts so far.
      type: str
      returned: if it exists
      sample: v1
    attachment_count:
      description: How many users, groups and roles have it.
      type: int
      returned: if it exists
    create_date:
      description: When it was made.
      type: str
      returned: if it exists
      sample: "2026-01-31T23:59:59Z"
    tags:
      description: Its tags.
      type: dict
      returned: if O(tags) or O(required_tags) is given
kept:
  description: Why a policy was not deleted.
  returned: if O(state=absent), and it does not carry O(required_tags)
  type: str
"""

from functools import partial

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import documents, ram, retry, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import SETTLED, WAIT, Resource, said

HELD = ("DeleteConflict",)


class Policy(Resource):
    """A custom policy, with its versions."""

    title = "policy"
    exists = ("EntityAlreadyExists.Policy",)
    missing = ("EntityNotExist.Policy",)

    def check(self):
        problem = (
            ram.policy_name_problem(self.name)
            or ram.description_problem(self.params["description"])
            or tags.problem(self.params, ram.MOST_TAGS)
        )
        if problem:
            self.module.fail_json(msg=problem)
        self.document = self._document()

    def read(self):
        body = self._call("GetPolicy", PolicyType="Custom")
        settings, self.facts = ram.policy(body["Policy"], body["DefaultPolicyVersion"]["PolicyDocument"])
        if tags.are_asked_for(self.params):
            settings["tags"] = ram.tags(self.cloud, "policy", self.facts["name"])
        return settings

    def desired(self, current):
        if current is None and self.document is None:
            self.module.fail_json(msg=f"There is no policy {self.name}: to make it, give its document")
        has_tags = current and tags.are_asked_for(self.params)
        return {
            "document": self.document,
            "description": self.params["description"],
            "tags": tags.desired(self.params, current["tags"] if has_tags else None),
        }

    def defaults(self):
        return {"description": ""}

    def same(self, name, current, desired):
        return documents.same(current, desired) if name == "document" else current == desired

    def create(self, desired):
        body = self._call("CreatePolicy", landed=self.exists, **said({
            "PolicyDocument": documents.text(desired["document"]),
            "Description": desired.get("description"),
            "Tag": ram.tag_list(desired["tags"]) if desired.get("tags") else None,
        }))
        if not body:
            body = self._look("GetPolicy")
        self.facts = ram.policy(body["Policy"])[1]

    def update(self, current, desired, changes):
        if "document" in changes:  # first, because RAM may refuse it
            self.facts["default_version"] = self._let_count(desired["document"])
        if "description" in changes:
            self._call("UpdatePolicyDescription", NewDescription=desired["description"])
        if "tags" in changes:
            ram.change_tags(self.cloud, "policy", self.facts["name"], current["tags"], desired["tags"])

    def delete(self, current):
        detach = self.params["detach"]
        try:
            # Who had it a moment ago may still seem to.
            retry.eventually(self._delete_once, HELD, WAIT if detach else SETTLED)
        except CloudError as error:
            if detach or not error.is_one_of(HELD):
                raise
            self.module.fail_for(error, f"delete policy {self.name}, which somebody has (detach: true takes it away)")

    def result(self, settings):
        return {"policy": settings and {"name": self.name, **settings, **self.facts}}

    def _document(self):
        if self.params["document"] is None:
            return None
        try:
            document = documents.read(self.params["document"])
        except ValueError as error:
            self.module.fail_json(msg=f"document: {error}")
        length = len(documents.text(document))
        if length > ram.LONGEST_DOCUMENT:
            self.module.fail_json(msg=f"document: it has {length} characters without blanks, and may have "
                                      f"{ram.LONGEST_DOCUMENT}: split it into two policies")
        return document

    def _call(self, operation, **parameters):
        return self.cloud.call("ram", operation, PolicyName=self.name, **parameters)

    def _look(self, operation):
        """Look at the policy, which is there, but may have been made a moment ago."""
        return retry.eventually(lambda: self._call(operation, PolicyType="Custom"), self.missing, WAIT)

    def _let_count(self, document):
        """Let a version with this document count, a new one if there is none; returns its id."""
        found = self._version_with(document) or self._add_version(document)
        if not found["IsDefaultVersion"]:
            self._call("SetDefaultPolicyVersion", VersionId=found["VersionId"])
        return found["VersionId"]

    def _add_version(self, document):
        landed = None

        def was_done():
            nonlocal landed
            landed = retry.until(lambda: self._version_with(document), bool, (), SETTLED)
            return bool(landed)

        # A second one would not be refused, and take the place of another.
        body = self._call("CreatePolicyVersion", PolicyDocument=documents.text(document), SetAsDefault=True,
                          RotateStrategy="DeleteOldestNonDefaultVersionWhenLimitExceeded", was_done=was_done)
        return body.get("PolicyVersion") or landed

    def _version_with(self, document):
        """The version that means the same as a document, that which counts before others; None if there is none."""
        versions = self._look("ListPolicyVersions")["PolicyVersions"]["PolicyVersion"]
        same = [one for one in versions if documents.same(documents.from_cloud(one["PolicyDocument"]), document)]
        return max(same, key=lambda one: one["IsDefaultVersion"], default=None)

    def _delete_once(self):
        if self.params["detach"]:
            self._detach()
        # All versions go with it, or none: one call, and nothing half done if it is refused.
        self._call("DeletePolicy", CascadingDelete=True, landed=self.missing)

    def _detach(self):
        entities = self._look("ListEntitiesForPolicy")
        for kind in ("User", "Group", "Role"):
            for entity in entities[f"{kind}s"][kind]:
                who = {f"{kind}Name": entity[f"{kind}Name"]}
                detach = partial(self._call, f"DetachPolicyFrom{kind}", PolicyType="Custom", **who)
                retry.unless(("EntityNotExist",), detach)


def main():
    module = AlibabaModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            document=dict(type="json"),
            description=dict(type="str"),
            detach=dict(type="bool", default=False),
            **tags.options(),
        ),
        supports_check_mode=True,
    )
    Policy(module).run()


if __name__ == "__main__":
    main()
