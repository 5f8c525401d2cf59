#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_index
short_description: Manage the index of a logstore of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes and deletes the index of a logstore of Simple Log Service (SLS). Without an index, a logstore cannot be searched.
  - An index applies only to logs that arrive after its creation. To index earlier logs, use the console.
options:
  project: {description: Name of the project., type: str, required: true}
  logstore: {description: Name of the logstore., type: str, required: true}
  state:
    description:
      - With V(present), the index exists with the given options. Settings whose options are not given stay unchanged.
      - With V(absent), the module deletes the index. The logs stay.
    type: str
    choices: [present, absent]
    default: present
  line:
    description: Full-text index of a log. A new index has a full-text index only if this option is given.
    type: dict
    suboptions:
      enabled: {description: Whether the full-text index exists. V(false) removes the full-text index., type: bool, default: true}
      token:
        description: Characters at which SLS splits text into words. The default is the characters of the console, which are blanks and
          common punctuation.
        type: list
        elements: str
      case_sensitive: {description: Whether the index is case-sensitive., type: bool, default: false}
      chn: {description: Whether SLS splits Chinese text into words., type: bool, default: false}
      include_keys: {description: The only fields that are in the full-text index., type: list, elements: str}
      exclude_keys: {description: Fields that are not in the full-text index., type: list, elements: str}
  fields:
    description: Indexes of single fields, which the API calls keys.
    type: list
    elements: dict
    aliases: [keys]
    suboptions:
      name: {description: Name of the field., type: str, required: true}
      type: {description: Type of the values of the field., type: str, choices: [text, long, double, json], default: text}
      alias: {description: Another name of the field in SQL., type: str}
      doc_value: {description: Whether SQL can use the field., type: bool, default: true}
      token: {description: Only for the types V(text) and V(json). The same as O(line.token)., type: list, elements: str}
      case_sensitive:
        description: Only for the types V(text) and V(json). Whether the index is case-sensitive. The default is V(false).
        type: bool
      chn:
        description: Only for the types V(text) and V(json). Whether SLS splits Chinese text into words. The default is V(false).
        type: bool
      index_all: {description: Only for the type V(json). Whether SLS indexes all text in the field. The default is V(false)., type: bool}
      max_depth:
        description: Only for the type V(json). Maximum depth to which SLS indexes the text in the field. By default, the depth has no
          limit.
        type: int
      json_keys:
        description: Only for the type V(json). Indexes of single keys in the field.
        type: list
        elements: dict
        suboptions:
          name: {description: 'Name of the key, with points between the levels.', type: str, required: true}
          type: {description: Type of the values of the field., type: str, choices: [text, long, double], default: text}
          alias: {description: Another name of the field in SQL., type: str}
          doc_value: {description: Whether SQL can use the field., type: bool, default: true}
  purge_fields: {description: Whether the module removes indexes of fields that O(fields) does not list., type: bool, default: true}
  max_text_len: {description: 'Maximum length in bytes of a value in SQL, 64 to 16384. The default for a new index is 2048.', type: int}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
notes:
  - 'API calls: GetIndex. The module makes further calls only if something differs.'
  - The module compares indexes by meaning. The order of fields and characters does not matter. A given setting that equals the default is
    not a difference.
  - UpdateIndex replaces the whole index. If a field does not differ, the module sends the field unchanged, including settings for which the
    module has no option. The module also sends the settings of log reduction unchanged.
seealso:
  - module: crossaccount.audit_logs.sls_logstore
  - module: crossaccount.audit_logs.sls_logs_info
"""

EXAMPLES = r"""
- name: Make audit events searchable, by any word and by the most important fields
  crossaccount.audit_logs.sls_index:
    region: cn-hangzhou
    project: example-audit-logs
    logstore: events
    line: {}
    fields:
      - name: event
        type: json
        json_keys:
          - name: eventName
          - name: userIdentity.accountId
      - name: owner_id

- name: Add a field
  crossaccount.audit_logs.sls_index:
    region: cn-hangzhou
    project: example-audit-logs
    logstore: events
    fields:
      - name: duration
        type: double
    purge_fields: false
"""

RETURN = r"""
index:
  description: The index after the run. Null if the index does not exist.
  returned: success
  type: dict
  contains:
    project: {description: Name of the project., type: str, returned: always}
    logstore: {description: Name of the logstore., type: str, returned: always}
    line: {description: 'The full-text index, in the format of O(line).', type: dict, returned: always}
    fields:
      description: Indexes of fields, in the format of O(fields). Each index has only the settings that its type can have.
      type: list
      elements: dict
      returned: always
    max_text_len:
      description: Maximum length of a value for SQL in bytes. SQL does not see the rest of a longer value.
      type: int
      returned: always
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry, sls, sls_index
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT, Resource, said

# What an update sends as it was read.
PASSED = ("log_reduce", "log_reduce_black_list", "log_reduce_white_list", "max_text_len")


class Index(Resource):
    """The index of a logstore. Of its settings, fields are a dictionary by name."""

    title = "the index of logstore"
    # assumption alibaba-sls-error-codes
    exists = ("IndexAlreadyExist",)
    missing = ("IndexConfigNotExist", *sls.NO_LOGSTORE)

    def problem(self):
        self.path = self.params["project"], self.params["logstore"]
        self.name = "/".join(self.path)
        line, fields, longest = self.params["line"], self.params["fields"], self.params["max_text_len"]
        return (
            sls.project_name_problem(self.params["project"], "project")
            or sls.logstore_name_problem(self.params["logstore"], "logstore")
            or sls_index.problem(line, fields, longest)
        )

    def read(self):
        self.body = self.cloud.call("sls", "GetIndex", *self.path)
        return {
            "line": sls_index.line_of_answer(self.body.get("line")),
            "fields": sls_index.fields_of_answer(self.body.get("keys")),
            "max_text_len": self.body.get("max_text_len") or sls_index.DEFAULT_TEXT,
        }

    def desired(self, current):
        line, fields = self.params["line"], self.params["fields"]
        desired = said({
            "line": sls_index.line_of_option(line) if line else None,
            "fields": sls_index.fields_of_option(fields) if fields is not None else None,
            "max_text_len": self.params["max_text_len"],
        })
        if fields is not None and current and not self.params["purge_fields"]:
            desired["fields"] = {**current["fields"], **desired["fields"]}
        after = {**(current or self.defaults()), **desired}
        if not after["line"]["enabled"] and not after["fields"]:
            self.module.fail_json(
                msg=f"line, fields: an index needs at least one of them. To delete the index of logstore {self.name}, set state: absent")
        return desired

    def defaults(self):
        return {"line": sls_index.NO_LINE, "fields": {}, "max_text_len": sls_index.DEFAULT_TEXT}

    def create(self, desired):
        self._write("CreateIndex", self._body({}, {**self.defaults(), **desired}, {}), landed=self.exists)

    def update(self, current, desired, changes):
        self._write("UpdateIndex", self._body(current, {**current, **desired}, self.body))

    def delete(self, current):
        self.cloud.call("sls", "DeleteIndex", *self.path, landed=self.missing)

    def result(self, settings):
        if settings is None:
            return {"index": None}
        fields = sls_index.shown(settings["fields"])
        return {"index": {"project": self.path[0], "logstore": self.path[1], **settings, "fields": fields}}

    def _body(self, current, after, read):
        """The whole index.

        :param read: as the API has it; of this, what does not change stays as it is.
        """
        body = {name: read[name] for name in PASSED if read.get(name) not in (None, [])}
        body["max_text_len"] = after["max_text_len"]
        if after["fields"]:
            body["keys"] = {
                name: read["keys"][name] if current.get("fields", {}).get(name) == one else sls_index.field_to_send(one)
                for name, one in after["fields"].items()
            }
        if after["line"]["enabled"]:
            same = current.get("line") == after["line"]
            body["line"] = read["line"] if same else sls_index.line_to_send(after["line"])
        return body

    def _write(self, operation, body, **options):
        # Project and logstore may have been created a moment ago.
        retry.eventually(
            lambda: self.cloud.call("sls", operation, *self.path, body=body, **options), sls.NO_LOGSTORE, WAIT)


def main():
    inner = dict(
        name=dict(type="str", required=True),
        alias=dict(type="str"),
        doc_value=dict(type="bool", default=True),
    )
    module = AlibabaModule(dict(
        project=dict(type="str", required=True),
        logstore=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        line=dict(type="dict", options=dict(
            enabled=dict(type="bool", default=True),
            token=dict(type="list", elements="str", no_log=False),
            case_sensitive=dict(type="bool", default=False),
            chn=dict(type="bool", default=False),
            include_keys=dict(type="list", elements="str", no_log=False),
            exclude_keys=dict(type="list", elements="str", no_log=False),
        )),
        fields=dict(type="list", elements="dict", aliases=["keys"], no_log=False, options=dict(
            **inner,
            type=dict(type="str", choices=["text", "long", "double", "json"], default="text"),
            token=dict(type="list", elements="str", no_log=False),
            case_sensitive=dict(type="bool"),
            chn=dict(type="bool"),
            index_all=dict(type="bool"),
            max_depth=dict(type="int"),
            json_keys=dict(type="list", elements="dict", no_log=False, options=dict(
                **inner,
                type=dict(type="str", choices=["text", "long", "double"], default="text"),
            )),
        )),
        purge_fields=dict(type="bool", default=True),
        max_text_len=dict(type="int"),
    ))
    Index(module).run()


if __name__ == "__main__":
    main()
