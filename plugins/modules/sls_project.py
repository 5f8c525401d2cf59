#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_project
short_description: Manage a project of Simple Log Service of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes, changes and deletes a project of Simple Log Service, in O(region).
options:
  name:
    description:
      - Name of the project, 3 to 63 lower-case letters, digits and hyphens, no hyphen at its ends.
      - No two projects of Alibaba Cloud have the same name, whatever the account and region.
    type: str
    required: true
  state:
    description:
      - With V(present) the project exists, with what the options say; what they don't mention is left alone.
      - With V(absent) it is deleted. One that has logstores is deleted only with O(force=true), because all logs go with it.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Whether O(state=absent) also deletes a project that has logstores, with all their logs.
    type: bool
    default: false
  description:
    description: Description, at most 512 characters. An empty text takes it off.
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba_tags
  - crossaccount.audit_logs.attributes.alibaba
notes:
  - "API calls: GetProject; ListTagResources if O(tags) or O(required_tags) is given; ListLogStores before a project is deleted
    without O(force). More only if something differs."
  - A project gets its tags by a call after the one that makes it. One that has neither tags nor logstores counts as one
    that was made a moment ago, and is not refused for lack of O(required_tags).
seealso:
  - module: crossaccount.audit_logs.actiontrail_trail
  - module: crossaccount.audit_logs.log_audit
"""

EXAMPLES = r"""
- name: A project for audit logs
  crossaccount.audit_logs.sls_project:
    region: cn-hangzhou
    name: example-audit-logs
    description: Audit logs of all accounts
    tags: {managed-by: crossaccount.audit_logs}

- name: Delete it with all its logs, if it carries our tag
  crossaccount.audit_logs.sls_project:
    region: cn-hangzhou
    name: example-audit-logs
    state: absent
    force: true
    required_tags: {managed-by: crossaccount.audit_logs}
"""

RETURN = r"""
project:
  description: The project; null if it does not exist, or no longer.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    region:
      description: Its region.
      type: str
      returned: always
      sample: cn-hangzhou
    description:
      description: Its description, empty if it has none.
      type: str
      returned: always
    tags:
      description: Its tags.
      type: dict
      returned: if O(tags) or O(required_tags) is given
kept:
  description: Why a project was not deleted.
  returned: if O(state=absent), and it does not carry O(required_tags)
  type: str
"""

import re

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
LONGEST_DESCRIPTION = 512  # bytes
MOST_TAGS = 20


class Project(Resource):
    """A project."""

    title = "project"
    exists = ("ProjectAlreadyExist",)
    missing = ("ProjectNotExist",)

    def check(self):
        problem = tags.problem(self.params, MOST_TAGS)
        if not NAME.fullmatch(self.name):
            problem = f"name: {self.name!r} is not a name of 3 to 63 lower-case letters, digits and hyphens, with no " \
                      f"hyphen at its ends"
        elif len((self.params["description"] or "").encode()) > LONGEST_DESCRIPTION:
            problem = f"description: it is longer than {LONGEST_DESCRIPTION} bytes"
        if problem:
            self.module.fail_json(msg=problem)

    def read(self):
        body = self.cloud.call("sls", "GetProject", self.name)
        settings = {"description": body.get("description") or ""}
        if tags.are_asked_for(self.params):
            settings["tags"] = self._tags()
        return settings

    def desired(self, current):
        has_tags = current and tags.are_asked_for(self.params)
        return {
            "description": self.params["description"],
            "tags": tags.desired(self.params, current["tags"] if has_tags else None),
        }

    def defaults(self):
        return {"description": ""}

    def guard(self, current):
        reason = super().guard(current)
        if reason and not current["tags"] and self.params["state"] == "present" and not self._logstores():
            return None
        return reason

    def create(self, desired):
        self.cloud.call("sls", "CreateProject", landed=self.exists, projectName=self.name,
                        description=desired.get("description", ""))
        # With a name that another account has, the project would not be seen.
        retry.eventually(lambda: self.cloud.call("sls", "GetProject", self.name), self.missing, WAIT)
        self._tag(desired.get("tags"))

    def update(self, current, desired, changes):
        if "description" in changes:
            self.cloud.call("sls", "UpdateProject", self.name, description=desired["description"])
        if "tags" in changes:
            self._tag({key: value for key, value in desired["tags"].items() if current["tags"].get(key) != value})
            gone = [key for key in current["tags"] if key not in desired["tags"]]
            if gone:
                self.cloud.call("sls", "UntagResources", resourceType="project", resourceId=[self.name], tags=gone)

    def delete(self, current):
        if not self.params["force"]:
            logstores = self._logstores()
            if logstores:
                self.module.fail_json(
                    msg=f"The project {self.name} has logstores ({', '.join(logstores[:3])}), whose logs would go with it: "
                        f"delete them first, or set force: true")
        self.cloud.call("sls", "DeleteProject", self.name, landed=self.missing)

    def result(self, settings):
        return {"project": settings and {"name": self.name, "region": self.cloud.region, **settings}}

    def _logstores(self):
        return self.cloud.call("sls", "ListLogStores", self.name).get("logstores") or []

    def _tags(self):
        found = {}
        for page in self.cloud.pages("sls", "ListTagResources", "nextToken", "nextToken",
                                     resourceType="project", resourceId=[self.name]):
            found.update({tag["tagKey"]: tag["tagValue"] for tag in page.get("tagResources") or []})
        return found

    def _tag(self, wanted):
        if wanted:
            pairs = [{"key": key, "value": value} for key, value in wanted.items()]
            retry.eventually(
                lambda: self.cloud.call("sls", "TagResources", resourceType="project", resourceId=[self.name], tags=pairs),
                self.missing, WAIT)


def main():
    module = AlibabaModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            force=dict(type="bool", default=False),
            description=dict(type="str"),
            **tags.options(),
        ),
        supports_check_mode=True,
    )
    Project(module).run()


if __name__ == "__main__":
    main()
