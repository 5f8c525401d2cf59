#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_logstore
short_description: Manage a logstore of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes a logstore in a project of Simple Log Service (SLS).
  - If SLS cannot change a setting of an existing logstore, the module fails before any change.
options:
  project: {description: Name of the project., type: str, required: true}
  name: {description: 'Name of the logstore, 2 to 63 lower case letters, digits, hyphens and underscores.', type: str, required: true}
  state:
    description:
      - With V(present), the logstore exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the logstore with its logs and its index. See O(force).
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Whether V(absent) also deletes a logstore that contains logs. The deleted logs cannot be recovered.
    type: bool
    default: false
  ttl:
    description:
      - Days for which SLS stores logs, 1 to 3650. With 3650, SLS stores logs forever. Required for a new logstore.
      - If the number decreases, SLS deletes older logs.
    type: int
    aliases: [retention_days]
  hot_ttl:
    description:
      - Days for which logs are in hot storage, from 7 to O(ttl). After these days, the logs are in storage for infrequent access.
      - If O(hot_ttl) equals O(ttl), all logs are in hot storage. This is the default for a new logstore.
    type: int
  infrequent_access_ttl:
    description:
      - Days for which logs are in storage for infrequent access, 0 or at least 30. For the remaining days of O(ttl), which must be at least
        60 days, the logs are in archive storage. Requires O(hot_ttl).
    type: int
  shard_count:
    description:
      - Number of shards of a new logstore, 1 to 100. The default is 2.
      - SLS splits and merges shards, so the number of shards of an existing logstore cannot be set. If a logstore has more shards, the
        module accepts the number, because O(auto_split) may have created the additional shards. If a logstore has fewer shards, the module
        fails.
    type: int
  auto_split: {description: Whether SLS splits shards if the written data exceeds the capacity of the shards., type: bool}
  max_split_shard: {description: 'Maximum number of shards after splitting, 1 to 256. The default is 64.', type: int}
  append_meta:
    description: Whether SLS adds tags to each log, with the time at which SLS received the log and the public address of the sender.
    type: bool
  enable_tracking: {description: Whether anybody may write to the logstore without a signature (web tracking)., type: bool}
  mode:
    description:
      - V(query) costs less, and does not support SQL. V(lite) is an older type. The default for a new logstore is V(standard).
      - The mode of an existing logstore can change only to V(standard).
    type: str
    choices: [standard, query, lite]
  telemetry_type:
    description: Whether the logstore contains logs (V(None), the default) or metrics (V(Metrics)). This setting cannot be changed later.
    type: str
    choices: ["None", Metrics]
  encrypt_conf:
    description:
      - Encryption of the logs. Encryption can be turned on and off. After it was configured, other settings of the encryption cannot be
        changed.
    type: dict
    aliases: [encryption]
    suboptions:
      enable: {description: Whether logs are encrypted., type: bool, default: true}
      encrypt_type:
        description: Algorithm, such as V(sm4). The default is the algorithm of the existing logstore, or V(default).
        type: str
      user_cmk_info:
        description: Your own key in Key Management Service. If it is not given, SLS uses its own key.
        type: dict
        suboptions:
          cmk_key_id: {description: Id of the key., type: str, required: true}
          arn: {description: ARN of the RAM role with which SLS uses the key., type: str, required: true}
          region_id: {description: Region of the key., type: str, required: true}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
notes:
  - 'API calls: GetLogStore. To delete a logstore without O(force), ListShards, and GetCursor twice for each shard. The module makes further
    calls only if something differs.'
  - The module sends all settings to UpdateLogStore. It sends unchanged settings as it read them.
seealso:
  - module: crossaccount.audit_logs.sls_project
  - module: crossaccount.audit_logs.sls_index
"""

EXAMPLES = r"""
- name: Create a logstore that stores logs for a year, for the first 30 days in hot storage
  crossaccount.audit_logs.sls_logstore:
    region: cn-hangzhou
    project: example-audit-logs
    name: events
    ttl: 365
    hot_ttl: 30
    auto_split: true
    append_meta: true
    encrypt_conf: {enable: true}

- name: Delete the logstore, unless it contains logs
  crossaccount.audit_logs.sls_logstore:
    region: cn-hangzhou
    project: example-audit-logs
    name: events
    state: absent
"""

RETURN = r"""
logstore:
  description: The logstore after the run. Null if the logstore does not exist.
  returned: success
  type: dict
  contains:
    project: {description: Name of the project of the logstore., type: str, returned: always}
    name: {description: Name of the logstore., type: str, returned: always}
    ttl: {description: Retention of the logs in days. V(3650) means that logs are stored forever., type: int, returned: always}
    hot_ttl:
      description: Number of days for which logs are in hot storage. The same number as RV(logstore.ttl) if logs always stay in hot storage.
      type: int
      returned: always
    infrequent_access_ttl:
      description: Number of days for which logs are in the storage for infrequent access, before the archive storage. Null if the logstore
        does not use the archive storage.
      type: int
      returned: always
    shard_count: {description: Number of shards., type: int, returned: always}
    auto_split: {description: Whether SLS splits shards automatically., type: bool, returned: always}
    max_split_shard: {description: Maximum number of shards after automatic splitting., type: int, returned: always}
    append_meta:
      description: Whether SLS adds tags to each log with the time at which SLS received the log, and the public IP address of the sender.
      type: bool
      returned: always
    enable_tracking: {description: Whether anybody may write to the logstore without a signed request., type: bool, returned: always}
    mode: {description: 'Kind of the logstore, V(standard), V(query) or V(lite).', type: str, returned: always}
    telemetry_type: {description: 'V(None) if the logstore stores logs, V(Metrics) if it stores metrics.', type: str, returned: always}
    encrypt_conf: {description: 'Encryption of the logstore, in the format of O(encrypt_conf).', type: dict, returned: always}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource, said

RANGES = {"ttl": (1, sls.FOREVER), "shard_count": (1, 100), "max_split_shard": (1, 256)}


class Logstore(Resource):
    """A logstore."""

    title = "logstore"
    # assumption alibaba-sls-error-codes
    exists = ("LogStoreAlreadyExist",)
    missing = sls.NO_LOGSTORE

    def problem(self):
        self.path = self.params["project"], self.params["name"]
        self.name = "/".join(self.path)
        return (
            sls.project_name_problem(self.params["project"], "project")
            or sls.logstore_name_problem(self.params["name"])
            or self._range_problem()
        )

    def read(self):
        self.body = self.cloud.call("sls", "GetLogStore", *self.path)
        return sls.logstore(self.body)

    def desired(self, current):
        desired = said({name: self.params[name] for name in sls.LOGSTORE})
        if "encrypt_conf" in desired:
            known = current["encrypt_conf"] if current else sls.encryption(None)
            desired["encrypt_conf"] = sls.changed_encryption(known, desired["encrypt_conf"])
        if current and "hot_ttl" not in desired and current["hot_ttl"] == current["ttl"]:
            # All of the time is hot: it stays all.
            desired["hot_ttl"] = desired.get("ttl", current["ttl"])
        self.module.refuse(self._change_problem(current, desired) if current else self._new_problem(desired))
        return desired

    def defaults(self):
        return {**sls.NEW_LOGSTORE, "hot_ttl": self.params["ttl"]}

    def same(self, name, current, desired):
        return current >= desired if name == "shard_count" else current == desired

    def create(self, desired):
        # The project may have been created a moment ago.
        retry.eventually(lambda: self.cloud.call(
            "sls", "CreateLogStore", self.params["project"], landed=self.exists, logstoreName=self.params["name"],
            **sls.new_logstore(desired)), sls.NO_PROJECT, WAIT)

    def update(self, current, desired, changes):
        # Also what does not differ: the same days of hot storage may be a tier now, and have been all of them before.
        given = sls.changed_logstore(self.body, {name: desired[name] for name in desired if name != "shard_count"})
        retry.eventually(lambda: self.cloud.call(
            "sls", "UpdateLogStore", *self.path, logstoreName=self.params["name"], **given), self.missing, WAIT)

    def spare(self, current):
        if not self.params["force"] and retry.unless(self.missing, lambda: sls.has_logs(self.cloud, *self.path)):
            self.module.fail_json(
                msg=f"The logstore {self.name} has logs, which would be deleted with it. To delete them, set force: true")

    def delete(self, current):
        self.cloud.call("sls", "DeleteLogStore", *self.path, landed=self.missing)

    def result(self, settings):
        return {"logstore": settings and {"project": self.path[0], "name": self.path[1], **settings}}

    def _range_problem(self):
        for name, (least, most) in RANGES.items():
            value = self.params[name]
            if value is not None and not least <= value <= most:
                return f"{name}: {value} is not a number from {least} to {most}"
        if self.params["max_split_shard"] is not None and self.params["auto_split"] is False:
            return "max_split_shard has no effect with auto_split: false: leave it out, or set auto_split: true"
        return None

    def _new_problem(self, desired):
        if "ttl" not in desired:
            return f"Logstore {self.name} does not exist: to create it, give ttl, the number of days for which it stores logs"
        return sls.tier_problem({"hot_ttl": desired["ttl"], **desired})

    def _change_problem(self, current, desired):
        what = f"of the logstore {self.name}"
        if desired.get("shard_count", 0) > current["shard_count"]:
            return (f"shard_count {what} is {current['shard_count']} and cannot be changed: SLS splits shards if auto_split is on, or in"
                    " its console")
        if desired.get("telemetry_type", current["telemetry_type"]) != current["telemetry_type"]:
            return f"telemetry_type {what} is {current['telemetry_type']} and cannot be changed"
        if desired.get("mode", "standard") not in ("standard", current["mode"]):
            return f"mode {what} is {current['mode']} and can only be changed to standard"
        for name in ("encrypt_type", "user_cmk_info"):
            before = current["encrypt_conf"]
            if before.get("encrypt_type") and desired.get("encrypt_conf", before).get(name) != before.get(name):
                return f"encrypt_conf: {name} {what} cannot be changed; only enable can"
        tiers = ("ttl", "hot_ttl", "infrequent_access_ttl")
        if any(desired.get(name, current[name]) != current[name] for name in tiers):
            return sls.tier_problem({**current, **desired})
        return None


def main():
    module = AlibabaModule(dict(
        project=dict(type="str", required=True),
        name=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        force=dict(type="bool", default=False),
        ttl=dict(type="int", aliases=["retention_days"]),
        hot_ttl=dict(type="int"),
        infrequent_access_ttl=dict(type="int"),
        shard_count=dict(type="int"),
        auto_split=dict(type="bool"),
        max_split_shard=dict(type="int"),
        append_meta=dict(type="bool"),
        enable_tracking=dict(type="bool"),
        mode=dict(type="str", choices=["standard", "query", "lite"]),
        telemetry_type=dict(type="str", choices=["None", "Metrics"]),
        encrypt_conf=dict(type="dict", aliases=["encryption"], options=dict(
            enable=dict(type="bool", default=True),
            encrypt_type=dict(type="str"),
            user_cmk_info=dict(type="dict", options=dict(
                cmk_key_id=dict(type="str", required=True, no_log=False),
                arn=dict(type="str", required=True),
                region_id=dict(type="str", required=True),
            )),
        )),
    ))
    Logstore(module).run()


if __name__ == "__main__":
    main()
