# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logstore of the local SLS, written and read by clients of others."""
from __future__ import annotations

import time

from alibabacloud_sls20201230 import models as sls
from aliyun.log import LogItem, PutLogsRequest

PROJECT, LOGSTORE = "some-project", "some-logs"
TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")


def make_store(clients, ttl=2, shards=2):
    clients.sls.create_project(sls.CreateProjectRequest(project_name=PROJECT, description=""))
    request = sls.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=ttl, shard_count=shards)
    clients.sls.create_log_store(PROJECT, request)


def add_index(clients, keys=None):
    index = sls.Index(line=sls.IndexLine(token=TOKENS, case_sensitive=False), keys=keys)
    clients.sls.create_index(PROJECT, LOGSTORE, sls.CreateIndexRequest(body=index))


def now():
    return int(time.time())


def write(clients, *contents, at=None, topic="", source="192.0.2.9", tags=None, **options):
    items = [LogItem(at or now(), contents=list(content.items())) for content in contents]
    return clients.log().put_logs(PutLogsRequest(PROJECT, LOGSTORE, topic, source, items, logtags=tags, **options))


def read(clients, query="*", start=None, end=None, **options):
    """Contents of the logs that a query finds, by aliyun-log-python-sdk."""
    answer = clients.log().get_log(PROJECT, LOGSTORE, start or now() - 900, end or now() + 900, query=query, **options)
    return [log.get_contents() for log in answer.get_logs()]


def notes(*arguments, **options):
    return [contents["note"] for contents in read(*arguments, **options)]
