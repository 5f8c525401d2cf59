# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short words for what the tests of SLS ask of the current SDK."""
from __future__ import annotations

from alibabacloud_sls20201230 import models

OWNER, STRANGER = "1000000000000020", "1000000000000021"  # accounts
PROJECT, LOGSTORE = "some-project", "some_store"
LINE = models.IndexLine(token=[",", " "], case_sensitive=False)


def make_project(client, name=PROJECT, description="", **options):
    client.create_project(models.CreateProjectRequest(project_name=name, description=description, **options))


def get_project(client, name=PROJECT):
    return client.get_project(name, models.GetProjectRequest()).body


def change_group(client, group, name=PROJECT):
    client.change_resource_group(name, models.ChangeResourceGroupRequest(
        resource_id=name, resource_group_id=group, resource_type="PROJECT"))


def list_projects(client, **options):
    return client.list_project(models.ListProjectRequest(**options)).body


def make_logstore(client, name=LOGSTORE, project=PROJECT, **options):
    settings = {"ttl": 30, "shard_count": 2, **options}
    client.create_log_store(project, models.CreateLogStoreRequest(logstore_name=name, **settings))


def get_logstore(client, name=LOGSTORE):
    return client.get_log_store(PROJECT, name).body


def update_logstore(client, name=LOGSTORE, **options):
    settings = {"ttl": 30, "logstore_name": name, **options}
    client.update_log_store(PROJECT, name, models.UpdateLogStoreRequest(**settings))


def list_logstores(client, **options):
    return client.list_log_stores(PROJECT, models.ListLogStoresRequest(**options)).body


def index(**options):
    return models.CreateIndexRequest(body=models.Index(**options))


def tag(client, kind, resource, **tags):
    client.tag_resources(models.TagResourcesRequest(resource_type=kind, resource_id=[resource], tags=[
        models.TagResourcesRequestTags(key=key, value=value) for key, value in tags.items()
    ]))


def tags_of(client, kind, *resources, wanted=()):
    """Tags by resource."""
    request = models.ListTagResourcesRequest(resource_type=kind, resource_id=list(resources) or None, tags=[
        models.ListTagResourcesRequestTags(key=key, value=value) for key, value in wanted
    ] or None)
    found = {}
    for item in client.list_tag_resources(request).body.tag_resources:
        found.setdefault(item.resource_id, {})[item.tag_key] = item.tag_value
    return found
