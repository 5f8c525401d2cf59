# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments that nobody should give: every module ends with a result, or with one sentence. Never with a traceback."""
from __future__ import annotations

import contextlib
import datetime
import importlib
import json
import threading
import time

import pytest
from ansible.module_utils import basic
from helpers import ROOT, hostile, modules
from helpers.alibaba.modules import Account as AlibabaAccount
from helpers.aws.modules import BUCKET, LOG_GROUP, REGION, ROLE, TRAIL, TRUST, WRITE_EVENTS, Account, _shared_models
from hypothesis import given, note
from hypothesis import strategies as st

ACCOUNT, ARCHIVE = "222222222222", "1234567890123456"
PROJECT = "example-audit-logs"
NOW = datetime.datetime.now(datetime.timezone.utc)
CREATED = (NOW - datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
MARK = "audit-logs-probe-0123456789abcdef0123456789abcdef"
PROBE = {"account_id": ACCOUNT, "mark": MARK, "value": MARK, "event_name": "DescribeTrails", "region": REGION, "created": CREATED}
DOCUMENT = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": "*"}]}
# Right arguments of each module, of which some are replaced.
RIGHT = {
    "aws_organization_info": {},
    "aws_plan": {
        "account_id": ACCOUNT, "deployment": BUCKET, "trails": [{"account_id": ACCOUNT}],
        "kms_key": {"alias": f"alias/{BUCKET}", "enable_key_rotation": True},
        "s3_bucket": {"name": BUCKET, "versioning": True, "lifecycle": {"expiration_days": 90}, "tags": {"a": "b"}},
        "log_group": {"name": LOG_GROUP, "retention": 731},
        "iam_role": {"name": ROLE, "assume_role_policy_document": TRUST, "policy_name": "write", "policy": WRITE_EVENTS},
        "trail": {"name": TRAIL, "s3_bucket_name": BUCKET, "is_multi_region_trail": True},
        "event_selectors": [{"read_write_type": "All"}],
    },
    "aws_session": {"account_id": ACCOUNT},
    "cloudtrail_delegated_administrator": {"account_id": ACCOUNT},
    "cloudtrail_digests_info": {"s3_bucket_name": BUCKET, "trails": [{"account_id": ACCOUNT, "name": TRAIL, "region": REGION}], "hours": 2},
    "cloudtrail_trail": {"name": TRAIL, "account_id": ACCOUNT, "s3_bucket_name": BUCKET, "tags": {"a": "b"}},
    "cloudtrail_probe": {"kind": "read", "account_id": ACCOUNT, "mark": MARK},
    "cloudtrail_probe_info": {"s3_bucket_name": BUCKET, "probes": [PROBE], "timeout": 0},
    "cloudtrail_selectors_info": {"name": TRAIL},
    "cloudtrail_status_info": {"name": TRAIL, "timeout": 0},
    "cloudtrail_selectors": {"name": TRAIL, "event_selectors": [{"read_write_type": "All"}], "insight_types": []},
    "cloudwatchlogs_log_group": {"name": LOG_GROUP, "retention": 731, "tags": {"a": "b"}},
    "destination_policy": {"bucket": BUCKET, "policy": {"Version": "2012-10-17", "Statement": []}},
    "iam_role": {"name": ROLE, "assume_role_policy_document": TRUST, "policy_name": "write", "policy": WRITE_EVENTS},
    "kms_key": {"alias": f"alias/{BUCKET}", "tags": {"a": "b"}},
    "s3_bucket_logging": {"name": BUCKET, "target_bucket": "access-logs"},
    "actiontrail_probe": {"kind": "read"},
    "actiontrail_probe_info": {
        "project": PROJECT, "logstores": ["actiontrail_audit-logs"], "timeout": 0,
        "probes": [{"account_id": ARCHIVE, "mark": MARK, "event_name": "DescribeTrails", "created": CREATED}],
    },
    "actiontrail_trail": {
        "name": "audit-logs", "sls_project_arn": f"acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}",
        "sls_write_role_arn": f"acs:ram::{ARCHIVE}:role/writer", "trail_region": ["All"], "event_rw": "All",
    },
    "actiontrail_trail_info": {},
    "alibaba_directory_info": {"account_id": ARCHIVE, "service": "audit.log.aliyuncs.com"},
    "alibaba_session": {},
    "log_audit": {"products": {"actiontrail": {"enabled": True, "ttl": 180}}, "accounts": [ARCHIVE], "mode": "custom"},
    "log_audit_info": {},
    "ram_policy": {"name": "example", "document": DOCUMENT, "tags": {"a": "b"}},
    "ram_policy_info": {},
    "ram_role": {
        "name": "example", "trusted_services": ["log.aliyuncs.com"], "policies": [{"name": "example", "document": DOCUMENT}], "tags": {"a": "b"},
    },
    "ram_role_info": {},
    "ram_service_linked_role": {"service_name": "audit.log.aliyuncs.com"},
    "sls_collection_policy": {
        "name": "events", "product_code": "oss", "data_code": "access_log", "policy_config": {"resource_mode": "all"},
        "centralize_enabled": True, "centralize_config": {"dest_project": PROJECT, "dest_logstore": "events", "dest_ttl": 180},
    },
    "sls_collection_policy_info": {},
    "sls_index": {"project": PROJECT, "logstore": "events", "line": {"token": [",", " "]}, "fields": [{"name": "a"}]},
    "sls_logs_info": {"project": PROJECT, "logstore": "events", "from": "-15m", "to": "now", "timeout": 0},
    "sls_logstore": {"project": PROJECT, "name": "events", "ttl": 30, "shard_count": 2},
    "sls_project": {"name": PROJECT, "tags": {"a": "b"}},
    "sls_project_info": {},
    "sls_service": {},
}
# Plugins that work on the controller, with tests of their own.
ACTIONS = {"account_session", "deployment", "report", "report_account", "summary"}
# Endpoints and credentials: with others, a module would not call the local cloud.
CONNECTION = {
    "access_key", "secret_key", "session_token", "endpoint_url", "profile", "aws_ca_bundle", "validate_certs", "aws_config", "debug_botocore_endpoint_logs",
    "access_key_id", "access_key_secret", "security_token", "endpoints", "protocol", "http_proxy", "assume_role",
}
AWS = [name for name in RIGHT if name in modules.FOR_AWS]
ALIBABA = [name for name in RIGHT if name not in AWS]


class Waits(BaseException):
    """A module waits, which is right, and takes too long here."""


class _Clock:
    """The time, for a module; it moves on only while the module waits."""

    def __init__(self):
        self.waited = 0.0
        self.times = 0

    def sleep(self, seconds):
        if threading.current_thread() is not threading.main_thread():
            return
        self.waited += seconds
        self.times += 1
        if self.times > 30:
            raise Waits

    def monotonic(self):
        return time.monotonic() + self.waited

    def time(self):
        return time.time() + self.waited


@pytest.fixture(name="clock", scope="module", autouse=True)
def fixture_clock():
    """Modules do not wait."""
    clock = _Clock()
    patched = pytest.MonkeyPatch()
    for name in ("module_utils._alibaba.retry", "module_utils._aws.retry", "module_utils._probes", "modules.cloudtrail_status_info",
                 "modules.cloudtrail_trail", "modules.destination_policy", "modules.sls_logs_info"):
        module = importlib.import_module(f"ansible_collections.crossaccount.audit_logs.plugins.{name}")
        patched.setattr(module, "time", clock)
    for name in list(basic.os.environ):
        if name.startswith(("AWS_", "ALIBABA_", "ALICLOUD_")):
            patched.delenv(name)
    yield clock
    patched.undo()


class _Specified(Exception):
    """The argument specification of a module is known."""


def specification(module):
    """The argument specification of a module, without the options for endpoints and credentials."""
    found = {}

    def note_it(_self, argument_spec=None, **_options):
        found.update(argument_spec)
        raise _Specified

    patched = pytest.MonkeyPatch()
    patched.setattr(basic.AnsibleModule, "__init__", note_it)
    with contextlib.suppress(_Specified):
        importlib.import_module(f"ansible_collections.crossaccount.audit_logs.plugins.modules.{module}").main()
    patched.undo()
    return {name: option for name, option in found.items() if name not in CONNECTION}


def test_all_modules_are_tried():
    assert {path.stem for path in (ROOT / "plugins/modules").glob("[a-z]*.py")} == RIGHT.keys() | ACTIONS


def try_module(module, arguments, check, clock):
    """Run a module, and see that it ends as a module should."""
    clock.times = 0
    note(f"{module} {arguments!r}")
    try:
        printed = modules.run(module, arguments, check)
    except Waits:
        return
    result = json.loads(printed)
    if result.get("failed"):
        assert not (problem := hostile.sentence_problem(result["msg"])), problem
        assert "exception" not in result or "error" in result, result["exception"]
    else:
        assert "changed" in result


@pytest.fixture(scope="module", name="aws_connection")
def fixture_aws_connection(aws_server):
    aws_server.reset()
    account = Account(aws_server, ACCOUNT)
    account.make_bucket()
    account.make_trail()
    account.make_log_group()
    account.make_role()
    return {
        "endpoint_url": aws_server.url, "region": REGION, "access_key": account.credentials.access_key,
        "secret_key": account.credentials.secret_key, "session_token": account.credentials.token,
    }


@pytest.mark.parametrize("module", AWS)
def test_module_for_aws(aws_connection, clock, module):
    options = specification(module)

    @hostile.examples(15)
    @given(hostile.changed(RIGHT[module], options), st.booleans())
    def tried(arguments, check):
        with _shared_models():
            try_module(module, {**aws_connection, **arguments}, check, clock)

    tried()


@pytest.fixture(scope="module", name="alibaba_connection")
def fixture_alibaba_connection(alibaba_server):
    alibaba_server.reset()
    account = AlibabaAccount(alibaba_server)
    key = account.credential
    return {
        "access_key_id": key.access_key_id, "access_key_secret": key.secret, "region": "cn-hangzhou", "protocol": "http",
        "http_proxy": alibaba_server.observer_url,
    }


@pytest.mark.parametrize("module", ALIBABA)
def test_module_for_alibaba(alibaba_connection, clock, module):
    options = specification(module)

    @hostile.examples(15)
    @given(hostile.changed(RIGHT[module], options), st.booleans())
    def tried(arguments, check):
        try_module(module, {**alibaba_connection, **arguments}, check, clock)

    tried()
