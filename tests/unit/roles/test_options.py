# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preflight refuses whatever the argument specification of a role would: playbooks include roles without validating."""
from __future__ import annotations

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import cloud, inventory

ROLES = sorted(path.parents[1].name for path in cloud.ROLES.glob("*/meta/argument_specs.yml"))
# A value of each kind, none of which is sure to be right for an option.
VALUES = [
    "", "no such thing", "7", 7, -1, 1.5, True, [], ["x"], [{}], [{"x": 1}], [7], [["x"]], {}, {"x": 1}, {"x": {"y": 1}},
]
HOSTS = {
    "aws": {"log-archive": {"account_id": "111111111111"}, "team-a": {"account_id": "222222222222"}},
    "alibaba": {"root": {"account_id": "1234567890123456"}, "shop": {"account_id": "2234567890123456"}},
}
EVERYWHERE = {
    "aws": {"aws_trail_bucket_name": "example-audit-logs"},
    "alibaba": {"audit_logs_alibaba_mode": "actiontrail", "audit_logs_alibaba_project": "example-audit-logs"},
}


def options(role):
    return yaml.safe_load((cloud.ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8"))[
        "argument_specs"]["main"]["options"]


def problems(cloud, regions=("eu-west-1", "cn-hangzhou"), without=(), **variables):
    """Problems of an inventory with an archive and a member, whose hosts have these variables."""
    return found(cloud, regions, without, **variables)[0]


def found(cloud, regions=("eu-west-1", "cn-hangzhou"), without=(), **variables):
    """The same, with the accounts."""
    everywhere = {**EVERYWHERE[cloud], **variables}
    hostvars = {
        host: {name: value for name, value in {**own, **everywhere}.items() if name not in without}
        for host, own in HOSTS[cloud].items()
    }
    archive, member = hostvars
    groups = {"all": list(hostvars), f"{cloud}_archive": [archive], f"{cloud}_members": [member]}
    groups = {name: hosts for name, hosts in groups.items() if name not in without}
    return inventory.read(hostvars, groups, dict(zip(("aws", "alibaba"), regions)))


# What an inventory may contain, without what only the playbooks give; and what it must contain.
GIVEN = {
    one.name: sorted(name for name in one.options if name in cloud.COMMON | one.variables or not name.endswith(tuple(one.reserved)))
    for one in inventory.CLOUDS
}


@pytest.mark.parametrize("name, of_cloud", [(name, of_cloud) for of_cloud, names in GIVEN.items() for name in names])
def test_an_empty_string_means_not_given(name, of_cloud):
    """As from an empty cell of a table, or an empty field of a form: the deployment is the one without the variable."""
    needed = name in EVERYWHERE[of_cloud]
    assert found(of_cloud, **{name: ""}) == found(of_cloud, without=[name] if needed else [])


@pytest.mark.parametrize("role", ROLES)
def test_every_value_that_a_role_would_refuse(role):
    refused = set()
    for name, option in options(role).items():
        spec = {name: {key: value for key, value in option.items() if key != "required"}}
        for value in VALUES:
            not_given = value == "" and (role.startswith("aws_") or name in GIVEN["alibaba"])
            if not not_given and ArgumentSpecValidator(spec).validate({name: value}).error_messages:
                refused.add(name)
                found = problems(role.split("_", 1)[0], **{name: value})
                assert any(name in problem for problem in found), (name, value)
    assert refused


@pytest.mark.parametrize("cloud, missing, sentence", [
    ("alibaba", {"regions": ("", "")}, "audit_logs_alibaba_region is missing"),
    ("alibaba", {"without": ["audit_logs_alibaba_project"]}, "audit_logs_alibaba_project is missing"),
    ("alibaba", {"without": ["alibaba_archive"]}, "the group alibaba_archive is missing"),
    ("alibaba", {"without": ["account_id"]}, "account_id is missing"),
])
def test_what_a_role_of_a_member_has_to_be_given(cloud, missing, sentence):
    """Where the options that it requires come from: the playbooks' variables give the rest."""
    assert problems(cloud) == []
    assert any(sentence in problem for problem in problems(cloud, **missing))


@pytest.mark.parametrize("name, text", [
    ("alibaba_trail_trail_region", "cn-beijing,cn-hangzhou"),
    ("alibaba_trail_logging", "no"),
    ("alibaba_collection_ttl", "400"),
])
@pytest.mark.parametrize("mode", ["log_audit", "collection_policies", "actiontrail"])
def test_options_as_text(name, text, mode):
    """As from the command line or an INI file: the deployment is computed from the values that were checked."""
    policies = [{"name": "events", "product_code": "actiontrail", "data_code": "audit_log"}]
    assert problems("alibaba", alibaba_collection_policies=policies, audit_logs_alibaba_mode=mode, **{name: text}) == []
