# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and shapes of requests and answers, against the models of the SDKs.

The lists come from the models. What is written here by hand is only where the server differs from them, and why.
"""
from __future__ import annotations

import re
from pathlib import Path

from helpers.alibaba import sdk_models as models
import pytest
from clouds.alibaba.operations import REST, RPC
from clouds.alibaba.parameters import Json, Raw

OPERATIONS = [*RPC.values(), *REST]


def key_of(operation):
    return f"{operation.product} {operation.name}" + (f" {operation.method} {operation.path}" if operation.path else "")


# Operations that no current SDK has.
ONLY_OLDER = {"Sls AnalyzeAppLog", "Sls CreateApp", "Sls DeleteApp", "Sls DescribeApp"}
# Operations of an earlier version, which the documents have and no SDK; the current SDK has those of the current version.
NO_SDK = {"Sls GetSlsService", "Sls OpenSlsService"}
MODELLED = [operation for operation in OPERATIONS if key_of(operation) not in ONLY_OLDER | NO_SDK]
# Other paths and positions of parameters, which aliyun-log-python-sdk and aliyun-log-cli use.
ELSEWHERE = {
    "Sls GetHistograms GET /logstores/{logstore}?type=histogram",
    "Sls GetLogs GET /logstores/{logstore}?type=log",
    "Sls PutLogs POST /logstores/{logstore}",
    "Sls PutLogs POST /logstores/{logstore}/shards/route",
}
# What aliyun-log-python-sdk sends when it searches.
SEARCH = {"accurate is not in the model", "fromNs is not in the model", "toNs is not in the model"}
# What its settings of an index may have.
INDEX_LINE = {
    "line.auto_key_count_limit is not in the model", "line.auto_key_detect is not in the model",
    "line.auto_text_keys is not in the model",
}
# Parameters that differ from the model, by operation.
OTHERWISE = {
    "Sls CreateIndex POST /logstores/{logstore}/index": INDEX_LINE,
    "Sls GetHistograms GET /logstores/{logstore}/index?type=histogram": SEARCH,
    "Sls GetHistograms GET /logstores/{logstore}?type=histogram": SEARCH,
    # What @alicloud/log sends in the body.
    "Sls DeleteProject DELETE /": {"projectName is not in the model"},
    # The older operation has no highlights, and another name for the other.
    "Sls GetLogs GET /logstores/{logstore}?type=log": {
        *SEARCH, "highlight is not declared", "isAccurate is not declared"},
    "Sls GetLogsV2 POST /logstores/{logstore}/logs": SEARCH,
    # As the documents have it.
    "Sls ListTagResources GET /tags": {"nextToken is not in the model"},
    # What aliyun-log-python-sdk sends.
    "Sls PullLogs GET /logstores/{logstore}/shards/{shard}?type=log": {
        "processor is not in the model", "pullMode is not in the model"},
    "Sls PutLogs POST /logstores/{logstore}/shards/route": {"key is not in the model"},
    "Sls UpdateIndex PUT /logstores/{logstore}/index": INDEX_LINE,
}
# Fields of answers that the server never sends, each with what is in it, by operation.
NEVER_SENT = {
    # A role is deleted at once, so there is none whose deletion is under way.
    "Ram GetRole": {"Role.LatestDeletionTask"},
    # There are no groups.
    "Ram ListEntitiesForPolicy": {"Groups.Group[]"},
    # There is one directory, which is enabled.
    "ResourceDirectoryMaster EnableResourceDirectory": {"RequestId", "ResourceDirectory"},
    # What the service writes there is not documented.
    "Sls GetCollectionPolicy GET /collectionpolicy/{policyName}": {"collectionPolicy.dataConfig.dataProject"},
    "Sls ListCollectionPolicies GET /collectionpolicy": {"data[].dataConfig.dataProject"},
    # Vectors, processors and sharding by keys are refused when they are asked for.
    "Sls GetIndex GET /logstores/{logstore}/index": {"keys{}.embedding", "keys{}.vector_index"},
    "Sls GetLogStore GET /logstores/{logstore}": {"processorId", "shardingPolicy"},
    # So are scans.
    "Sls GetLogsV2 POST /logstores/{logstore}/logs": {"meta.phraseQueryInfo"},
    # Not JSON: clients read it in other tests.
    "Sls PullLogs GET /logstores/{logstore}/shards/{shard}?type=log": {"logGroupList"},
    # The parameter of this name is refused.
    "Sts AssumeRole": {"SourceIdentity"},
}


def described(operation):
    return models.current(operation.product)[operation.name]


def without_names(path):
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("operation", MODELLED, ids=key_of)
def test_operation(operation):
    found = described(operation)
    assert operation.version == found.version
    if operation.path is None:
        assert found.path == "/"
    elif key_of(operation) not in ELSEWHERE:
        assert (operation.method, without_names(operation.path)) == (found.method, without_names(found.path))


@pytest.mark.parametrize("operation", MODELLED, ids=key_of)
def test_parameters(operation):
    found = described(operation)
    sent = found.query if operation.path is None else {}
    declared = {
        # What the SDK sends as JSON text has to be read as such.
        name: parameter.content if isinstance(parameter, Json) and isinstance(sent.get(name), str) else parameter
        for name, parameter in operation.parameters.items() if parameter.where not in ("path", "header")
    }
    if any(isinstance(parameter, Raw) for parameter in declared.values()):
        declared = {name: parameter for name, parameter in declared.items() if not isinstance(parameter, Raw)}
        shape = models.Fields({name: kind for name, kind in found.request.fields.items() if name in found.query})
    else:
        shape = found.request
    older = frozenset(models.older().get((operation.version, operation.name), ()))
    differences = set(models.field_differences(declared, shape, more=older))
    assert differences == set(OTHERWISE.get(key_of(operation), ()))


WITH_PATH = [operation for operation in MODELLED if operation.path and key_of(operation) not in ELSEWHERE]


@pytest.mark.parametrize("operation", WITH_PATH, ids=key_of)
def test_positions_of_parameters(operation):
    found = described(operation)
    positions = {name: parameter.where for name, parameter in operation.parameters.items()}
    in_path = {name for name, where in positions.items() if where == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", operation.path))
    sent = {name: "query" for name in found.query}
    if "raw" not in positions.values() and found.body is not None:
        sent |= {name: "body" for name in found.body}
    assert {name: positions[name] for name in sent if name in positions} == {
        name: where for name, where in sent.items() if name in positions}


def test_exceptions_are_about_operations_that_there_are():
    assert ONLY_OLDER | NO_SDK | ELSEWHERE | OTHERWISE.keys() | NEVER_SENT.keys() <= set(map(key_of, OPERATIONS))


@pytest.mark.parametrize("key", sorted(ONLY_OLDER))
def test_older_operation(key):
    operation = next(operation for operation in OPERATIONS if key_of(operation) == key)
    assert operation.name not in models.current(operation.product)
    assert set(operation.parameters) == models.older()[operation.version, operation.name]


@pytest.mark.full
def test_every_field_is_sent(request, answers):
    """Runs last, and only where all the tests of this folder run, which fill C(answers)."""
    ran = {item.path for item in request.session.items}
    options = request.config.option
    if options.keyword or options.markexpr or not set(Path(__file__).parent.rglob("test_*.py")) <= ran:
        pytest.skip("needs the answers of all tests")
    missing = {}
    for operation in MODELLED:
        fields = set(models.field_names(described(operation).response))
        never = {field for field in fields if field.startswith(tuple(NEVER_SENT.get(key_of(operation), ())))}
        sent = answers.seen[operation.product, operation.name]
        assert not sent & never, f"{key_of(operation)} does send {sent & never}"
        if key_of(operation) not in ELSEWHERE and fields - sent - never:
            missing[key_of(operation)] = sorted(fields - sent - never)
    assert missing == {}
