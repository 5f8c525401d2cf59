# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: alibaba_route
short_description: The way of an Alibaba Cloud account's events into the archive
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says where the events of an account arrive, as the inventory has it, and with what event that can be proven.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  name:
    description: Name of the host.
    type: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  region:
    description: Region of hosts that have none of their own.
    type: str
"""

EXAMPLES = r"""
- name: Where the events arrive
  ansible.builtin.debug:
    msg: "{{ (hostvars | crossaccount.audit_logs.alibaba_route(inventory_hostname, groups, 'cn-hangzhou')).project }}"
"""

RETURN = r"""
_value:
  description:
    - C(project) and C(logstores) are where the events arrive, for the archive those of all accounts. C(kind) and
      C(region) are those of the probe that can prove it. C(is_source) says whether events of this account are to
      arrive at all.
  type: dict
  sample:
    project: slsaudit-center-1234567890123456-cn-hangzhou
    logstores: [actiontrail_log]
    kind: read
    region: cn-hangzhou
    is_source: true
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import alibaba_route as routes


def alibaba_route(hostvars, name, groups, region=None):
    """The way of a host's events."""
    archive, members = groups["alibaba_archive"][0], groups.get("alibaba_members", [])

    def route_of(host):
        roles = ["archive"] * (host == archive) + ["member"] * (host in members)
        return routes.Route(hostvars[host], hostvars[archive], roles, region)

    route = route_of(name)
    sources = [route]
    if name == archive and route.way == "actiontrail":  # else the logstores are those of the archive's own variables
        sources = [one for one in map(route_of, dict.fromkeys([name, *members])) if one.is_source]
    logstores = [logstore for one in sources if not one.skipped for logstore in one.logstores]
    return {"project": route.project, "logstores": list(dict.fromkeys(logstores)), "kind": route.kind,
            "region": route.probe_region, "is_source": route.is_source}


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"alibaba_route": alibaba_route}
