# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which action on which resource each operation of SLS needs.

Sources: the help pages "Authentication rules" and "Action list" of Simple Log Service.
"""
from __future__ import annotations

import pytest
from helpers.alibaba.identities import make_user, policy, statement
from helpers.alibaba.sls import (
    LINE, LOGSTORE, PROJECT, change_group, get_logstore, get_project, index, list_logstores, list_projects,
    make_logstore, make_project, tag, tags_of, update_logstore,
)
from alibabacloud_sls20201230 import models

ACCOUNT = "1000000000000001"
ALL = f"acs:log:cn-hangzhou:{ACCOUNT}:project/*"
IN_PROJECT = f"acs:log:cn-hangzhou:{ACCOUNT}:project/{PROJECT}"
IN_LOGSTORE = f"{IN_PROJECT}/logstore/{LOGSTORE}"
INDEX = models.Index(line=LINE)

OPERATIONS = [
    ("log:ListProject", ALL, list_projects),
    ("log:CreateProject", f"acs:log:cn-hangzhou:{ACCOUNT}:project/new-project",
     lambda sls: make_project(sls, "new-project")),
    ("log:GetProject", IN_PROJECT, get_project),
    ("log:UpdateProject", IN_PROJECT,
     lambda sls: sls.update_project(PROJECT, models.UpdateProjectRequest(description="new"))),
    ("log:ChangeResourceGroup", IN_PROJECT, lambda sls: change_group(sls, "rg-2")),
    ("log:DeleteProject", IN_PROJECT, lambda sls: sls.delete_project(PROJECT, models.DeleteProjectRequest())),
    ("log:ListLogStores", f"{IN_PROJECT}/logstore/*", list_logstores),
    ("log:CreateLogStore", f"{IN_PROJECT}/logstore/*", lambda sls: make_logstore(sls, "new-store")),
    ("log:GetLogStore", IN_LOGSTORE, get_logstore),
    ("log:UpdateLogStore", IN_LOGSTORE, update_logstore),
    ("log:DeleteLogStore", IN_LOGSTORE, lambda sls: sls.delete_log_store(PROJECT, LOGSTORE)),
    ("log:ListShards", IN_LOGSTORE, lambda sls: sls.list_shards(PROJECT, LOGSTORE)),
    ("log:SplitShard", IN_LOGSTORE, lambda sls: sls.split_shard(PROJECT, LOGSTORE, "0", models.SplitShardRequest())),
    ("log:MergeShards", IN_LOGSTORE, lambda sls: sls.merge_shard(PROJECT, LOGSTORE, "0")),
    ("log:CreateIndex", f"{IN_PROJECT}/logstore/bare-store",
     lambda sls: sls.create_index(PROJECT, "bare-store", index(line=LINE))),
    ("log:GetIndex", IN_LOGSTORE, lambda sls: sls.get_index(PROJECT, LOGSTORE)),
    ("log:UpdateIndex", IN_LOGSTORE,
     lambda sls: sls.update_index(PROJECT, LOGSTORE, models.UpdateIndexRequest(body=INDEX))),
    ("log:DeleteIndex", IN_LOGSTORE, lambda sls: sls.delete_index(PROJECT, LOGSTORE)),
    ("log:TagResources", IN_PROJECT, lambda sls: tag(sls, "logstore", f"{PROJECT}#{LOGSTORE}", color="blue")),
    ("log:UntagResources", IN_PROJECT, lambda sls: sls.untag_resources(
        models.UntagResourcesRequest(resource_type="project", resource_id=[PROJECT], all=True))),
    ("log:ListTagResources", IN_PROJECT, lambda sls: tags_of(sls, "project", PROJECT)),
    ("log:ListTagResources", ALL, lambda sls: tags_of(sls, "project", wanted=[("color", "blue")])),
]


@pytest.fixture
def user(alibaba, clients):
    """Makes a user's client, next to a project with a logstore and its index."""
    make_project(clients.sls)
    make_logstore(clients.sls)
    make_logstore(clients.sls, "bare-store")
    clients.sls.create_index(PROJECT, LOGSTORE, index(line=LINE))
    return lambda *statements: make_user(alibaba, clients, "eve", policy(*statements)).sls


@pytest.fixture(params=OPERATIONS, ids=lambda operation: f"{operation[0]} {operation[1].rpartition(':')[2]}")
def operation(request):
    return request.param


def test_allowed(user, operation):
    action, resource, call = operation
    call(user(statement(action, resource)))


def test_another_action_is_not_enough(user, refused_alibaba, operation):
    action, _resource, call = operation
    eve = user(statement("log:*"), statement(action, effect="Deny"))
    with refused_alibaba("Unauthorized"):
        call(eve)


def test_another_resource_is_not_enough(user, refused_alibaba, operation):
    action, resource, call = operation
    eve = user(statement("log:*"), statement(action, resource, effect="Deny"))
    with refused_alibaba("Unauthorized"):
        call(eve)
