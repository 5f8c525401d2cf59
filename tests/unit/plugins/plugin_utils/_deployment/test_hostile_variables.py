# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that nobody should give: preflight says one sentence for each, or accepts them. It never raises an exception."""
from __future__ import annotations

import pytest
from helpers import hostile, roles
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.alibaba_route import MODES
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import CLOUDS, read
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import specification
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.values import range_of

AWS, ALIBABA = CLOUDS
RIGHT = {
    "aws": {
        "log-archive": {"account_id": "111111111111", "aws_trail_bucket_name": "example-audit-logs"},
        "team-a": {"account_id": "222222222222", "aws_trail_bucket_name": "example-audit-logs"},
    },
    "alibaba": {
        "root": {"account_id": "1234567890123456", "audit_logs_alibaba_project": "example-audit-logs"},
        "shop": {"account_id": "2234567890123456", "audit_logs_alibaba_project": "example-audit-logs"},
    },
}
MODES_OF = {"aws": ["account_trails", "organization_trail", "existing_trail"], "alibaba": list(MODES)}


def given_in_an_inventory(cloud):
    return {name: option for name, option in cloud.options.items() if not cloud._name_problem(name)} | {"account_id": {"type": "str"}}


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_variables_of_an_inventory(cloud):
    options = given_in_an_inventory(cloud)
    archive, member = RIGHT[cloud.name]

    @hostile.examples(40)
    @given(st.data())
    def tried(data):
        hosts = {}
        for host, right in RIGHT[cloud.name].items():
            mode = {f"audit_logs_{cloud.name}_mode": data.draw(st.sampled_from(MODES_OF[cloud.name]), "mode")}
            hosts[host] = data.draw(hostile.changed({**right, **mode}, options, most=4), host)
        groups = {cloud.archive_group: [archive], cloud.members_group: [member]}
        problems, accounts = read(hosts, groups, {"aws": "eu-west-1", "alibaba": "cn-hangzhou"})
        assert bool(problems) != bool(accounts)
        for sentence in problems:
            assert "\n" not in sentence
            assert not (problem := hostile.sentence_problem(sentence)), problem

    tried()


@pytest.mark.parametrize("role", roles.ROLES)
def test_options_of_a_role(role):
    cloud = AWS if role.startswith("aws_") else ALIBABA
    options = {name: cloud.options[name] for name in specification(role)}

    @hostile.examples(10)
    @given(hostile.changed({}, options, most=4))
    def tried(variables):
        for sentence in cloud.role_problems(role, variables):
            assert "\n" not in sentence
            assert not (problem := hostile.sentence_problem(sentence)), problem

    tried()


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_every_number_has_a_range(cloud):
    numbers = [name for name, option in cloud.options.items() if option["type"] in ("int", "float") and "choices" not in option]
    assert [name for name in numbers if not range_of(name)] == []
