# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty string means not given: a survey with empty fields is no survey, and an empty cell of a table no variable."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from helpers.playbooks import Playbooks

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import CLOUDS


def options(name) -> set[str]:
    """Those that an inventory of a cloud may contain."""
    cloud = next(one for one in CLOUDS if one.name == name)
    ours = {"audit_logs_on_failure", *cloud.variables}
    return {one for one in cloud.options if one in ours or not one.endswith(tuple(cloud.reserved))} - {"account_id"}


@pytest.fixture(name="local")
def fixture_local(request, tmp_path):
    """A local cloud with nothing in it: its playbooks, an inventory, the lines of a run that goes well, and what accounts hold."""
    name, settings = request.param
    local = request.getfixturevalue(name)
    helpers = {"aws": deployments, "alibaba": alibaba_deployments}[name]
    inventory = helpers.inventory_of(**settings)
    accounts = [host["account_id"] for group in inventory["all"]["children"].values() for host in group["hosts"].values()]

    def empty():
        local.reset()
        if settings.get("mode") in ("resource_directory", "collection_policies"):
            alibaba_deployments.delegate(local)

    def end_state():
        return [helpers.Account(local, account).holdings() for account in accounts]

    empty()
    return Playbooks(tmp_path, local.environment, clouds=[local]), inventory, empty, end_state


WAYS = {
    "aws": ("aws", {"audit_logs_aws_cloudwatch": True}),
    "actiontrail": ("alibaba", {"mode": "actiontrail"}),
    "log_audit": ("alibaba", {}),
    "resource_directory": ("alibaba", {"mode": "resource_directory"}),
    "collection_policies": ("alibaba", {"mode": "collection_policies", "alibaba_collection_policies": [
        {"name": "oss", "product_code": "oss", "data_code": "access_log"}]}),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("local", WAYS.values(), ids=WAYS, indirect=True)
def test_a_survey_whose_fields_are_empty(local, request):
    playbooks, inventory, empty, end_state = local
    survey = json.dumps(dict.fromkeys(options(WAYS[request.node.callspec.id][0]), ""))
    assert len(json.loads(survey)) > 50
    assert playbooks.run("setup", inventory=inventory).status == 0
    whole = end_state()
    empty()

    run = playbooks.run("setup", "-e", survey, inventory=inventory)
    assert run.status == 0, run.output
    assert end_state() == whole != [{} for _account in whole]
    plan = playbooks.run("setup", "--check", inventory=inventory)
    assert set(plan.lines.values()) == {"ok: nothing to do"}, plan.output


@pytest.mark.sample(3)
@pytest.mark.parametrize("local", WAYS.values(), ids=WAYS, indirect=True)
def test_cells_that_are_empty(local, request):
    """Where a host has an empty string, a default counts."""
    playbooks, inventory, _empty, _end_state = local
    assert playbooks.run("setup", inventory=inventory).status == 0
    given = inventory["all"]["vars"]
    cells = options(WAYS[request.node.callspec.id][0]) - given.keys()
    for group in inventory["all"]["children"].values():
        for host in group["hosts"].values():
            host.update(dict.fromkeys(cells - host.keys(), ""))
    for playbook, arguments in (("setup", ["--check"]), ("setup", []), ("destroy", [])):
        run = playbooks.run(playbook, *arguments, inventory=inventory)
        assert run.status == 0, run.output
        assert playbook == "destroy" or set(run.lines.values()) == {"ok: nothing to do"}, run.output
