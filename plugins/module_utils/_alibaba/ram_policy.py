# SPDX-License-Identifier: GPL-3.0-or-later
"""A custom policy of RAM, for modules that manage one, by itself or with the role that has it. Private."""
from __future__ import annotations

import contextlib
from functools import partial

from . import documents, ram, retry, tags
from .errors import CloudError
from .resource import CONSISTENT, WAIT, Resource, said

# All of its cases: assumption alibaba-attached-policy-code.
HELD = ("DeleteConflict",)


class Policy(Resource):
    """A custom policy, with its versions."""

    title = "policy"
    # assumption alibaba-ram-error-codes
    exists = ("EntityAlreadyExists.Policy",)
    missing = ("EntityNotExist.Policy",)

    document = None  # as the options have it

    def problem(self):
        problem = (
            ram.policy_name_problem(self.name)
            or ram.description_problem(self.params["description"])
            or tags.problem(self.params, ram.MOST_TAGS)
        )
        if problem or self.params["document"] is None:
            return problem
        try:
            self.document = documents.read(self.params["document"])
        except ValueError as error:
            return f"document: {error}"
        return ram.document_problem(self.document)

    def read(self):
        body = self._call("GetPolicy", PolicyType="Custom")
        settings, self.facts = ram.policy(body["Policy"], body["DefaultPolicyVersion"]["PolicyDocument"])
        if tags.are_asked_for(self.params):
            settings["tags"] = ram.tags(self.cloud, "policy", self.facts["name"])
        return settings

    def desired(self, current):
        if current is None and self.document is None:
            self.module.fail_json(msg=f"Policy {self.name} does not exist: to create it, give its document")
        return {
            "document": self.document,
            "description": self.params["description"],
            "tags": tags.desired(self.params, current),
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
            retry.eventually(self._delete_once, HELD, WAIT if detach else CONSISTENT)
        except CloudError as error:
            if detach or not error.is_one_of(HELD):
                raise
            self.module.fail_for(
                error, f"delete policy {self.name}, which is attached to users, groups or roles (detach: true of ram_policy detaches it)")

    def take_back(self) -> None:
        """Delete a policy that was created a moment ago, unless it is attached by now."""
        with contextlib.suppress(CloudError):
            self._delete_once()

    def result(self, settings):
        return {"policy": settings and {"name": self.name, **settings, **self.facts}}

    def _call(self, operation, **parameters):
        return self.cloud.call("ram", operation, PolicyName=self.name, **parameters)

    def _look(self, operation):
        """Read the policy, which exists, but may have been created a moment ago."""
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
            landed = retry.until(lambda: self._version_with(document), bool, (), CONSISTENT)
            return bool(landed)

        # A second one would not be refused, and would replace another.
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
                retry.unless(("EntityNotExist",), detach)  # assumption alibaba-ram-error-codes
