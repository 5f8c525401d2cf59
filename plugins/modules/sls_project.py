#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_project
short_description: Manage a project of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a project of Simple Log Service (SLS) in O(region).
options:
  name:
    description:
      - Name of the project, 3 to 63 lower case letters, digits and hyphens.
      - The name must be unique in Alibaba Cloud, across all accounts and regions.
    type: str
    required: true
  state:
    description:
      - With V(present), the project exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the project with everything in it. See O(force).
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Whether V(absent) also deletes a project that has logstores. The deleted logs cannot be recovered.
    type: bool
    default: false
  logstores:
    description:
      - Names of the logstores that O(state=absent) may delete with the project. A V(*) stands for any characters. If the project has other
        logstores, the module retains the project. Logstores of service logs (C(internal-*)) may be deleted in any case.
    type: list
    elements: str
    version_added: 0.7.0
  destroyed_accounts:
    description:
      - Ids of the accounts whose trails no longer deliver to O(logstores). With O(state=absent), the module searches each of these
        logstores for events of the last 24 hours that belong to another account. If it finds such an event, it retains the project, because
        the other account may still deliver to the project.
      - If a logstore cannot be searched, the module also retains the project. One search can exclude 30 accounts. If this list has more
        accounts, their events of the last 24 hours may also retain the project.
      - Without this option, the module does not search.
    type: list
    elements: str
    version_added: 0.7.0
  description: {description: 'Description, at most 512 bytes. An empty string removes the description.', type: str}
  resource_group_id:
    description: Id of the resource group of the project. By default, a new project belongs to the default group.
    type: str
  data_redundancy_type:
    description:
      - Whether logs are stored in one zone (V(LRS)) or in several (V(ZRS)). The default of SLS is V(LRS).
      - This setting cannot be changed later.
    type: str
    choices: [LRS, ZRS]
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.alibaba.tags
notes:
  - 'API calls: GetProject; ListTagResources if O(tags) or O(deployment) is given. To delete a project without O(force) or with
    O(logstores), ListLogStores; with O(destroyed_accounts), GetLogsV2 for each of these logstores. The module makes further calls only if
    something differs.'
  - If SLS returns C(ProjectForbidden) for a project that the module has just created, the module waits up to two minutes. For any other
    project, this code means that the project belongs to another account (assumption C(alibaba-sls-new-project)).
  - A tag of SLS has a value of 1 to 128 characters.
  - Creating and tagging a project are separate calls of SLS. If the tags of O(deployment) are missing, the module reads the tags again for
    some seconds before it treats the project as foreign. A project without any tag and logstore is not foreign, because an interrupted run
    may have created it.
seealso:
  - module: crossaccount.audit_logs.sls_project_info
  - module: crossaccount.audit_logs.sls_logstore
"""

EXAMPLES = r"""
- name: Create a project for the logs of all accounts
  crossaccount.audit_logs.sls_project:
    region: cn-hangzhou
    name: example-audit-logs
    description: Audit logs of all accounts
    data_redundancy_type: ZRS
    deployment: example-audit-logs

- name: Delete the project with all its logs, if this deployment manages it
  crossaccount.audit_logs.sls_project:
    region: cn-hangzhou
    name: example-audit-logs
    state: absent
    force: true
    deployment: example-audit-logs
"""

RETURN = r"""
project:
  description: The project after the run. Null if the project does not exist.
  returned: success
  type: dict
  contains:
    name: {description: Name of the project., type: str, returned: always}
    region: {description: Region of the project., type: str, returned: if the project exists}
    account_id: {description: Id of the account of the project., type: str, returned: if the project exists}
    arn:
      description: ARN of the project, in the form that trails and policies use.
      type: str
      returned: if the project exists
      sample: acs:log:cn-hangzhou:1234567890123456:project/example-audit-logs
    status: {description: 'Status of the project, V(Normal) or V(Disable).', type: str, returned: if the project exists}
    create_time: {description: 'When the project was created, in seconds since 1970.', type: int, returned: if the project exists}
    last_modify_time: {description: 'When the project was last changed, in seconds since 1970.', type: int, returned: if the project exists}
    description: {description: Description of the project. May be empty., type: str, returned: always}
    resource_group_id:
      description: Id of the resource group of the project.
      type: str
      returned: if the project exists or O(resource_group_id) is given
    data_redundancy_type:
      description: Redundancy of the stored logs, V(LRS) for one zone or V(ZRS) for several zones.
      type: str
      returned: always
    tags: {description: Tags of the project., type: dict, returned: if O(tags) or O(deployment) is given}
announced:
  description: Texts that name the logs that O(state=absent) deletes permanently, with their number and age. Only logs with an index are
    counted.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
  sample: ["project example-audit-logs with 1,204 logs from 2026-01-31 to 2026-11-28 in actiontrail_audit-logs"]
retained:
  description: Why the project was not deleted.
  returned: with O(state=absent), if O(deployment) does not manage the project, if the project has a logstore that is not in
    O(logstores), or if an account that is not in O(destroyed_accounts) may deliver to the project
  type: str
"""

import fnmatch
import functools

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import contents, last_day, log_audit, retry, sls, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import (
    CONSISTENT, WAIT, Resource, said,
)

ADVICE = (
    "names of projects are unique in Alibaba Cloud, across all accounts and regions. If this account has the project in another region,"
    " set region, in the playbooks of this collection audit_logs_alibaba_region. Otherwise choose another name, in the playbooks"
    " audit_logs_alibaba_project"
)

_SERVICE_LOGS = ["internal-*"]  # logstores of the service logs of a project


class Project(Resource):
    """A project."""

    title = "project"
    # assumption alibaba-sls-error-codes
    exists = ("ProjectAlreadyExist",)
    missing = sls.NO_PROJECT

    def __init__(self, module):
        super().__init__(module)
        self.announced = []  # logs that are deleted for good
        self.is_new = False

    def problem(self):
        if self.params["resource_group_id"] == "":
            return "resource_group_id: every project belongs to a resource group. Leave the option out to leave the group unchanged"
        return (
            sls.project_name_problem(self.name)
            or sls.description_problem(self.params["description"])
            or tags.problem(self.params, sls.MOST_TAGS)
            or sls.tag_value_problem(self.params["tags"])
            or self._accounts_problem()
        )

    def _accounts_problem(self):
        accounts = self.params["destroyed_accounts"]
        if accounts is not None and self.params["logstores"] is None:
            return "destroyed_accounts: also give logstores, in which the module searches for events"
        return log_audit.account_problem("destroyed_accounts", accounts or [])

    def read(self):
        self.body = self._get()
        settings, self.facts = sls.project(self.body)
        if tags.are_asked_for(self.params):
            settings["tags"] = retry.until(
                lambda: sls.project_tags(self.cloud, self.name),
                lambda found: not tags.foreign(self.params, found) or tags.belongs_to_another(self.params, found), (), CONSISTENT)
        return settings

    def desired(self, current):
        names = ("description", "resource_group_id", "data_redundancy_type")
        desired = {name: self.params[name] for name in names}
        redundancy = desired["data_redundancy_type"]
        if current and redundancy not in (None, current["data_redundancy_type"]):
            self.module.fail_json(
                msg=f"data_redundancy_type of a project cannot be changed, and the project {self.name} has"
                    f" {current['data_redundancy_type']}: leave the option out, or choose another name")
        desired["tags"] = tags.desired(self.params, current)
        return desired

    def defaults(self):
        return {"description": "", "data_redundancy_type": "LRS"}

    def create(self, desired):
        given = said({
            "projectName": self.name, "description": desired.get("description", ""),
            "resourceGroupId": desired.get("resource_group_id"),
            "dataRedundancyType": desired.get("data_redundancy_type"),
        })
        try:
            self.cloud.call("sls", "CreateProject", landed=self.exists, **given)
        except CloudError as error:
            if error.is_one_of(self.exists):
                self._check_account(error)
            raise
        self.is_new = True
        # This also says whose it is, where an attempt failed on the way and the next one found the name taken.
        try:
            body = retry.eventually(lambda: self.cloud.call("sls", "GetProject", self.name), sls.NOT_VISIBLE, sls.VISIBLE)
        except CloudError as error:
            self._refuse_foreign(error)
            raise
        settings, facts = sls.project(body)
        self.facts = {**settings, **facts}
        self._change_tags({}, desired.get("tags", {}))

    def update(self, current, desired, changes):
        if "description" in changes:
            recycle_bin = {"recycleBinEnabled": True} if self.body.get("recycleBinEnabled") else {}
            self._write("UpdateProject", self.name, description=desired["description"], **recycle_bin)
        if "resource_group_id" in changes:
            self._write("ChangeResourceGroup", self.name, resourceId=self.name, resourceType="PROJECT",
                        resourceGroupId=desired["resource_group_id"])
        if "tags" in changes:
            self._change_tags(current["tags"], desired["tags"])

    def guard(self, current):
        reason = super().guard(current)
        if not reason and self.params["state"] == "absent":
            return self.guard_logstores()
        # Killed before it was tagged: a run leaves a project with nothing in it.
        half_created = reason and self.params["state"] == "present" and not current["tags"] and not self.logstores
        return None if half_created else reason

    @functools.cached_property
    def logstores(self):
        """Names of all logstores in the project."""
        return retry.unless(self.missing, lambda: list(sls.listed(self.cloud, "ListLogStores", self.name, key="logstores"))) or []

    def guard_logstores(self):
        """Logstores that must not be deleted, as a reason to retain the project."""
        if self.params["logstores"] is None:
            return None
        ours = [name for name in self.logstores if _is_one_of(self.params["logstores"], name)]
        foreign = [name for name in self.logstores if name not in ours and not _is_one_of(_SERVICE_LOGS, name)]
        if foreign:
            return (f"has foreign logstores: {', '.join(foreign[:3])}. If their logs may be deleted, add them to logstores, or, for the"
                    " role alibaba_trail_archive, to alibaba_trail_archive_logstores")
        accounts = self.params["destroyed_accounts"]
        if accounts is None:
            return None
        return next(filter(None, (last_day.delivered_by_others(self.cloud, self.name, name, accounts) for name in ours)), None)

    def spare(self, current):
        if self.logstores and not self.params["force"]:
            self.module.fail_json(
                msg=f"The project {self.name} has {len(self.logstores)} logstores, which would be deleted with all their logs. To delete"
                    " them, set force: true")
        with_logs = [name for name in self.logstores if not _is_one_of(_SERVICE_LOGS, name)]
        if with_logs:
            found = contents.summary(self.cloud, self.name, with_logs, self.facts["create_time"] or 0)
            self.announced.append(f"project {self.name} with {found}")

    def delete(self, current):
        self.cloud.call("sls", "DeleteProject", self.name, landed=self.missing)

    def result(self, settings):
        return {"announced": self.announced, "project": settings and {"name": self.name, **self.facts, **settings}}

    def _get(self):
        try:
            return self.cloud.call("sls", "GetProject", self.name)
        except CloudError as error:
            self._refuse_foreign(error)
            raise

    def _refuse_foreign(self, error):
        """Fail if an error says that the project is another account's."""
        if error.is_one_of(sls.FORBIDDEN):
            self.module.fail_for(error, f"read project {self.name}", f"{ADVICE}. If a run created the project less than"
                                 f" {sls.VISIBLE} seconds ago, run again later")
        # The code is also that of a missing permission, and of a wrong key: assumption alibaba-sls-foreign-project.
        if error.code == "Unauthorized" and "belong" in error.sentence:
            self.module.fail_for(error, f"read project {self.name}", ADVICE)

    def _check_account(self, error):
        """Fail if a project of another account has the name: then no project is found here."""
        if not retry.unless(self.missing, lambda: retry.eventually(self._get, self.missing, CONSISTENT)):
            self.module.fail_for(error, f"create project {self.name}", ADVICE)

    def _change_tags(self, current, desired):
        which = {"resourceType": "project", "resourceId": [self.name]}
        gone, changed = tags.changes(current, desired)
        if gone:
            self._write("UntagResources", tags=gone, **which)
        if changed:
            self._write("TagResources", **which,
                        tags=[{"key": key, "value": value} for key, value in changed])

    def _write(self, operation, *path, **parameters):
        # The project may have been created a moment ago.
        not_visible = sls.NOT_VISIBLE if self.is_new else self.missing
        retry.eventually(lambda: self.cloud.call("sls", operation, *path, **parameters), not_visible, WAIT)


def _is_one_of(patterns, name):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def main():
    module = AlibabaModule(dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        force=dict(type="bool", default=False),
        logstores=dict(type="list", elements="str"),
        destroyed_accounts=dict(type="list", elements="str"),
        description=dict(type="str"),
        resource_group_id=dict(type="str"),
        data_redundancy_type=dict(type="str", choices=["LRS", "ZRS"]),
        **tags.options(),
    ))
    Project(module).run()


if __name__ == "__main__":
    main()
