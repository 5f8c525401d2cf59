#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: actiontrail_trail
short_description: Manage a trail of ActionTrail of Alibaba Cloud
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a trail. The trail delivers the events of an account, or of all accounts of a resource directory, to a
    project of Simple Log Service, an OSS bucket or a MaxCompute project. The destination is in the same account or in another account.
  - O(region) is the home region of the trail. A trail can be changed only in its home region.
options:
  name:
    description:
      - Name of the trail, 6 to 36 lower case letters, digits, hyphens and underscores. The first character is a letter.
      - The name is unique in the account, across all home regions.
    type: str
    required: true
  state:
    description:
      - With V(present), the trail exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the trail. Delivered logs stay.
      - If a trail of another account records this account, use V(recorded). The module then changes nothing. It returns the trail of the
        other account, and the managed trails of this account.
    type: str
    choices: [present, absent, recorded]
    default: present
  logging: {description: Whether the trail records. ActionTrail creates a trail in the stopped state., type: bool, default: true}
  event_rw:
    description:
      - Whether the trail delivers events that read (V(Read)), events that write (V(Write)), or both (V(All)).
      - The default for a new trail is V(All). The default of the API is V(Write).
    type: str
    choices: [All, Read, Write]
  trail_region: {description: Regions whose events the trail delivers. The default for a new trail is C(All)., type: list, elements: str}
  is_organization_trail:
    description:
      - Whether the trail delivers the events of all accounts of the resource directory. Only the management account and a delegated
        administrator of ActionTrail can have such a trail, and a directory has only one.
      - This setting cannot be changed later.
    type: bool
    default: false
  sls_project_arn:
    description:
      - ARN of the project of Simple Log Service, C(acs:log:<region>:<account>:project/<name>). ActionTrail creates the logstore
        C(actiontrail_<trail>) in this project.
      - An empty string ends the delivery to the project. A trail needs at least one of the destinations O(sls_project_arn),
        O(oss_bucket_name) and O(max_compute_project_arn).
    type: str
  sls_write_role_arn:
    description:
      - ARN of the role with which ActionTrail writes to the project. The role must be in the account of the project.
      - If it is not given, a new trail uses the service-linked role of its own account, which ActionTrail creates.
      - If the project is in another account, the role must trust C(<account of the trail>@actiontrail.aliyuncs.com). It must have the
        system policy C(AliyunActionTrailDeliveryPolicy), or the same permissions for one project.
    type: str
  deployment:
    description:
      - Name of the deployment that manages the trail. This name is the name of the project, or ends with C(@) followed by the name of the
        project. Trails have no tags, so the deployment manages each trail that writes into this project.
      - If an existing trail writes into another project, the module fails, unless O(adopt) is true. With O(state=absent), the module
        retains such a trail.
      - Without this option, the module changes and deletes trails of all owners.
    type: str
    version_added: 0.7.0
  previous_deployments:
    description: Earlier names of O(deployment). A trail that writes into the project of one of these names is also managed, and needs no
      adoption.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  adopt:
    description:
      - With O(state=present), whether the module adopts an existing trail of this name that writes into another project, even into the
        project of another deployment. The trail then writes into O(sls_project_arn), and no longer into the other project.
      - An adopted trail is managed like a trail that the module created. O(state=absent) then deletes the trail.
      - To adopt nothing and move the trail from an earlier project of this deployment, use O(previous_deployments).
    type: bool
    default: false
    version_added: 0.7.0
  oss_bucket_name: {description: Name of the OSS bucket. An empty string ends the delivery to the bucket., type: str}
  oss_key_prefix: {description: 'Prefix of the names of the objects, 6 to 32 characters. An empty string removes the prefix.', type: str}
  oss_write_role_arn: {description: ARN of the role with which ActionTrail writes to the bucket., type: str}
  max_compute_project_arn:
    description: ARN of the MaxCompute project. The name of the project begins with C(actiontrail_). An empty string ends the delivery to
      the project.
    type: str
  max_compute_write_role_arn: {description: ARN of the role with which ActionTrail writes to the MaxCompute project., type: str}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
notes:
  - 'API calls: DescribeTrails. If something differs, also CreateTrail, UpdateTrail, StartLogging, StopLogging or DeleteTrail.'
  - The module waits for a project, bucket or role that was created a moment ago. If the role does not allow ActionTrail to write, or if the
    project does not exist, the task fails after one minute.
  - Trails have no tags, so nothing shows who created a trail. Without O(deployment), O(state=absent) also deletes a foreign trail of this
    name.
  - M(crossaccount.audit_logs.actiontrail_trail_info) returns whether events arrive.
seealso:
  - module: crossaccount.audit_logs.actiontrail_trail_info
  - module: crossaccount.audit_logs.log_audit
  - module: crossaccount.audit_logs.ram_role
"""

EXAMPLES = r"""
- name: Deliver all events of this account to a project of another account
  crossaccount.audit_logs.actiontrail_trail:
    region: cn-hangzhou
    name: audit-logs
    sls_project_arn: acs:log:cn-hangzhou:1234567890123456:project/audit-logs
    sls_write_role_arn: acs:ram::1234567890123456:role/audit-logs-delivery

- name: Deliver all events of all accounts of the resource directory, from its management account
  crossaccount.audit_logs.actiontrail_trail:
    region: cn-hangzhou
    name: audit-logs
    is_organization_trail: true
    sls_project_arn: acs:log:cn-hangzhou:1234567890123456:project/audit-logs
    sls_write_role_arn: acs:ram::1234567890123456:role/audit-logs-delivery

- name: Delete the trail
  crossaccount.audit_logs.actiontrail_trail:
    region: cn-hangzhou
    name: audit-logs
    state: absent
"""

RETURN = r"""
also_recorded_by:
  description:
    - ARNs of other trails that are on and record all events that this trail records. Each of these trails stores a further copy of
      the events.
    - Trails that write into a project of O(deployment) are in RV(leftovers) instead. Trails that ActionTrail does not list in O(region)
      are missing.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
delivering:
  description:
    - Names of the remaining trails that still need the project or the write role, because they write into O(sls_project_arn) or with
      O(sls_write_role_arn).
    - With O(state=absent), all trails that record the account count, also trails of its resource directory. With O(state=recorded),
      only trails that the account itself has.
  returned: with O(state=absent) or O(state=recorded), if O(sls_project_arn) is given
  type: list
  elements: str
  version_added: 0.7.0
leftovers:
  description: Other trails of the account that write into a project of O(deployment). Each item has the keys C(name), C(home_region)
    and C(is_organization_trail).
  returned: success
  type: list
  elements: dict
  version_added: 0.7.0
trail:
  description: The trail after the run. Null if the trail does not exist. With O(state=recorded), null if ActionTrail does not list the
    trail in this account.
  returned: success
  type: dict
  contains:
    name: {description: Name of the trail., type: str, returned: always}
    home_region: {description: Home region of the trail., type: str, returned: always, sample: cn-hangzhou}
    logging: {description: Whether the trail is on and records events., type: bool, returned: always}
    event_rw: {description: 'Which events the trail records, C(All), C(Read) or C(Write).', type: str, returned: always}
    trail_region: {description: Regions whose events the trail delivers., type: list, elements: str, returned: always, sample: [All]}
    is_organization_trail:
      description: Whether the trail delivers the events of all accounts of the resource directory.
      type: bool
      returned: always
    sls_project_arn: {description: ARN of the project. Empty if the trail writes into no project., type: str, returned: always}
    sls_write_role_arn:
      description: ARN of the role with which ActionTrail writes into the project. Empty if the trail has no such role, and in check mode if
        ActionTrail would choose the role.
      type: str
      returned: always
    logstore:
      description: Name of the logstore that ActionTrail creates in the project. Null if the trail writes into no project.
      type: str
      returned: always
      sample: actiontrail_audit-logs
    oss_bucket_name: {description: Name of the bucket. Empty if the trail writes into no bucket., type: str, returned: always}
    oss_key_prefix: {description: Beginning of the names of the objects in the bucket. May be empty., type: str, returned: always}
    oss_write_role_arn:
      description: ARN of the role with which ActionTrail writes into the bucket. May be empty.
      type: str
      returned: always
    max_compute_project_arn:
      description: ARN of the MaxCompute project. Empty if the trail writes into none.
      type: str
      returned: always
    max_compute_write_role_arn:
      description: ARN of the role with which ActionTrail writes into the MaxCompute project. May be empty.
      type: str
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import actiontrail, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._ownership import names


class Trail(Resource):
    """A trail."""

    title = "trail"
    exists = actiontrail.EXISTS
    missing = actiontrail.MISSING
    advice = f"{Resource.advice}. An adopted trail writes into the project of this deployment, and no longer into the other project. If" \
             " the other project is an earlier project of this deployment, do not adopt the trail, but add the earlier name of the" \
             " deployment to previous_deployments in a task, or to audit_logs_previous_deployments in the playbooks of this collection"

    def problem(self):
        self.of_organization = self.params["is_organization_trail"]
        return actiontrail.problem(self.params)

    def converge(self):
        return self._recorded() if self.params["state"] == "recorded" else super().converge()

    def _recorded(self):
        """What records the account, and what trails it has itself."""
        try:
            self._list()
        except CloudError as error:
            self.module.fail_for(error, f"read {self.title} {self.name}")
        # The account may have a trail of its own with this name, which needs the project and the role.
        named = [one for one in self.trails if one["Name"] == self.name and (one.get("IsOrganizationTrail") or not self.of_organization)]
        trail = next((one for one in named if bool(one.get("IsOrganizationTrail")) == self.of_organization), next(iter(named), None))
        found = self._described(trail["HomeRegion"], actiontrail.settings_of(trail)) if trail else None
        own = [one for one in self.trails if not one.get("IsOrganizationTrail") and one is not trail]
        return {
            "changed": False, "diff": {"before": {}, "after": {}}, "trail": found, "leftovers": self._leftovers(own),
            "delivering": self._delivering(own), "also_recorded_by": self._also_recorded_by(own, found),
        }

    def _list(self):
        self.trails = actiontrail.describe(self.cloud, None, shadows=True, organization=True)

    def read(self):
        self._list()
        trails = [one for one in self.trails if one["Name"] == self.name and (self.of_organization or not one.get("IsOrganizationTrail"))]
        trail = next((one for one in trails if bool(one.get("IsOrganizationTrail")) == self.of_organization), None)
        if trail is None:
            if trails:
                self.module.fail_json(
                    msg=f"is_organization_trail: trail {self.name} exists for this account alone, and ActionTrail cannot change that:"
                        " choose another name, or delete the trail first")
            raise CloudError(
                "DescribeTrails", self.missing[0], f"trail {self.name} does not exist in {self.cloud.region}. If the name is taken, a"
                " multi-account trail or a trail with another home region has it", None, 404)
        if trail["HomeRegion"] != self.cloud.region:
            self.module.fail_json(
                msg=f"region: the home region of trail {self.name} is {trail['HomeRegion']}, and a trail can be changed and deleted in its home"
                    f" region only. Set region: {trail['HomeRegion']}, in the playbooks of this collection audit_logs_alibaba_region, or"
                    " choose another name, in the playbooks alibaba_trail_name")
        return actiontrail.settings_of(trail)

    def desired(self, current):
        names = (*actiontrail.TEXTS, "trail_region", "is_organization_trail", "logging")
        desired = {name: self.params[name] for name in names}
        if not any(
            (current or {}).get(name) if desired[name] is None else desired[name] for name in actiontrail.DESTINATIONS
        ):
            self.module.fail_json(
                msg=f"sls_project_arn, oss_bucket_name, max_compute_project_arn: the trail {self.name} needs one of "
                    f"them as its destination")
        return desired

    def guard(self, current):
        adopts = self.params["adopt"] and self.params["state"] == "present"
        if not self.params["deployment"] or adopts or self._is_managed(current["sls_project_arn"]):
            return None
        return f"writes into {current['sls_project_arn'] or 'no project'}, not into the project of the deployment {self.params['deployment']}"

    def defaults(self):
        return {**dict.fromkeys(actiontrail.TEXTS, ""), "event_rw": actiontrail.ALL, "trail_region": [actiontrail.ALL]}

    def same(self, name, current, desired):
        if name == "trail_region":
            return set(current) == set(desired)
        return current == desired

    def create(self, desired):
        settings = {**self.defaults(), **desired}
        given = {key: value for key, value in actiontrail.parameters(settings).items() if value}
        if self.of_organization:
            given["IsOrganizationTrail"] = True
        body = retry.eventually(
            lambda: self.cloud.call("actiontrail", "CreateTrail", landed=self.exists, Name=self.name, **given),
            actiontrail.NOT_YET, WAIT)
        # The service has chosen those that nobody named.
        self.facts = {name: body[key] for name, key in actiontrail.ROLES.items() if body.get(key)}
        if settings["logging"]:
            self._switch("StartLogging")

    def update(self, current, desired, changes):
        if changes - {"logging"}:
            # The service may reset what it is not sent: assumption alibaba-actiontrail-update-resets.
            settings = {**current, **desired}
            cleared = {actiontrail.TEXTS[name] for name in changes & actiontrail.TEXTS.keys()}
            given = {
                key: value for key, value in actiontrail.parameters(settings).items() if value or key in cleared
            }
            retry.eventually(lambda: self.cloud.call("actiontrail", "UpdateTrail", Name=self.name, **given),
                             actiontrail.NOT_YET, WAIT)
        if "logging" in changes:
            self._switch("StartLogging" if desired["logging"] else "StopLogging")

    def delete(self, current):
        self.cloud.call("actiontrail", "DeleteTrail", landed=self.missing, Name=self.name)

    def result(self, settings):
        others = [one for one in self.trails if one["Name"] != self.name and (self.of_organization or not one.get("IsOrganizationTrail"))]
        another = [one for one in self.trails if one["Name"] != self.name or bool(one.get("IsOrganizationTrail")) != self.of_organization]
        return {
            "leftovers": self._leftovers(others), "also_recorded_by": self._also_recorded_by(another, settings),
            "trail": settings and self._described(self.cloud.region, settings),
        }

    def _described(self, home_region, settings):
        return {
            "name": self.name, "home_region": home_region, **settings, **self.facts, "logstore": actiontrail.logstore(self.name, settings)}

    def _leftovers(self, trails):
        """Those of these trails that are managed; those of an organization are not a member's own."""
        managed = [one for one in trails if self._is_managed(one.get("SlsProjectArn"))]
        return [
            {"name": one["Name"], "home_region": one["HomeRegion"], "is_organization_trail": bool(one.get("IsOrganizationTrail"))}
            for one in sorted(managed, key=lambda one: one["Name"])
        ]

    def _also_recorded_by(self, trails, settings):
        """ARNs of those of these trails that make a trail with these settings superfluous."""
        return sorted(
            one.get("TrailArn") or one["Name"] for one in trails
            if settings and actiontrail.covers(one, settings) and not self._is_managed(one.get("SlsProjectArn")))

    def _present(self, current):
        outcome = super()._present(current)
        if current is None and outcome["also_recorded_by"]:
            self.module.warn(
                f"trail {', '.join(outcome['also_recorded_by'])} already records the events of this account: trail {self.name} stores"
                " them a second time, at your cost")
        return outcome

    def _is_managed(self, arn):
        """Whether a trail that writes into a project is one of the deployment. An earlier project is in the same account."""
        if not self.params["deployment"] or not arn:
            return False
        own, *earlier = (name.rpartition("@")[2] for name in names(self.params["deployment"], self.params["previous_deployments"]))
        name, project = arn.rpartition("/")[2], self.params["sls_project_arn"] or arn
        return arn == project if name == own else name in earlier and arn.split(":")[3] == project.split(":")[3]

    def _absent(self, current):
        outcome = super()._absent(current)
        if not self.params["sls_project_arn"]:
            return outcome
        return {**outcome, "delivering": self._delivering(
            one for one in self.trails if one["Name"] != self.name or "retained" in outcome)}

    def _delivering(self, trails):
        """Names of those of these trails that need the project or the role."""
        project, role = self.params["sls_project_arn"], (self.params["sls_write_role_arn"] or "").lower()
        return sorted(
            one["Name"] for one in trails
            if project and one.get("SlsProjectArn") == project or role and one.get("SlsWriteRoleArn", "").lower() == role)

    def _switch(self, operation):
        # The trail may have been created a moment ago.
        retry.eventually(lambda: self.cloud.call("actiontrail", operation, Name=self.name),
                         (*self.missing, *actiontrail.NOT_YET), WAIT)


def main():
    module = AlibabaModule(dict(
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent", "recorded"], default="present"),
        logging=dict(type="bool", default=True),
        event_rw=dict(type="str", choices=["All", "Read", "Write"]),
        trail_region=dict(type="list", elements="str"),
        is_organization_trail=dict(type="bool", default=False),
        sls_project_arn=dict(type="str"),
        sls_write_role_arn=dict(type="str"),
        deployment=dict(type="str"),
        previous_deployments=dict(type="list", elements="str", default=[]),
        adopt=dict(type="bool", default=False),
        oss_bucket_name=dict(type="str"),
        oss_key_prefix=dict(type="str", no_log=False),
        oss_write_role_arn=dict(type="str"),
        max_compute_project_arn=dict(type="str"),
        max_compute_write_role_arn=dict(type="str"),
    ))
    Trail(module).run()


if __name__ == "__main__":
    main()
