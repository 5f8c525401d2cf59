# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of an account of Alibaba Cloud, from what the tasks found out.

Events may be slow. What does not stop them is neither a reason not to wait for them, nor one for which they are
missing.
"""
from __future__ import annotations

from dataclasses import asdict

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.alibaba_route import route
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts

ARCHIVE, SHOP = "1234567890123456", "2234567890123456"
REGION, PROJECT = "cn-hangzhou", "example-audit-logs"
CREATED = {"mark": "probe-1", "created": "2026-11-21T06:34:10Z", "event_name": "DescribeTrails"}
UNSEEN = {"state": "missing", "seconds": None, "found_in": None}
UNKNOWN = "verify found no cause"


def differs(before, after, **more):
    """What a module says that would change something."""
    return {"changed": True, "diff": {"before": before, "after": after}, **more}


def policy(name, before, after=None):
    """What sls_collection_policy says."""
    whole = {"enabled": True, "centralize_enabled": True, "centralize_config": {}, "resource_directory": {}}
    return differs({**whole, **before} if before is not None else {}, {**whole, **(after or {})}, policy={"name": name})


def collected(*names, product="actiontrail"):
    return [{"name": name, "product_code": product, "data_code": "any"} for name in names]


def app(before, **after):
    """What log_audit says."""
    settings = {"mode": "custom", "directory_accounts": None, "accounts": [SHOP], "central_region": REGION,
                "products": {"actiontrail": {"enabled": True, "ttl": 180}}}
    return differs({**settings, **before}, {**settings, **after})


def trail(before, **after):
    """What actiontrail_trail says."""
    settings = {"event_rw": "All", "trail_region": ["All"], "logging": True, "sls_project_arn": "project",
                "sls_write_role_arn": "role"}
    return differs({**settings, **before}, {**settings, **after}, trail={"name": "audit-logs"})


def deployment(mode, archive=None, member=None, account=SHOP, roles=None):
    """A member whose event is missing, or the archive; and the variables of both."""
    common = {"audit_logs_alibaba_mode": mode, "audit_logs_alibaba_project": PROJECT,
              "audit_logs_alibaba_region": REGION,
              "audit_logs_alibaba_probe": {"probe": CREATED}}
    arrived = {"probes": {account: UNSEEN}}
    root = {**common, "account_id": ARCHIVE, "audit_logs_alibaba_arrived": arrived, **(archive or {})}
    shop = {**common, "account_id": SHOP, **(member or {})}
    host, role = (root, "archive") if account == ARCHIVE else (shop, "member")
    roles = list(roles or [role])
    found = {"name": "host", "account_id": account, "cloud": "alibaba", "roles": roles, "region": REGION, "archive": "root", "recorder": "host",
             "removed_accounts": [ARCHIVE], "route": asdict(route(host, root, host, roles, REGION))}
    return found, {"host": host, "root": root}


def verdict(*arguments, **more):
    """The result of an account."""
    return accounts.result(*deployment(*arguments, **more))


def waits(*arguments):
    """Whether the event of an account is waited for."""
    account, hostvars = deployment(*arguments)
    [probe] = accounts.probes([account], hostvars, "sls")
    return probe["wait"]


LINKED = {"alibaba_collection_service_linked_role": differs({}, {"name": "linked"}, role={"name": "linked"})}
REVOKED = {"audit_logs_alibaba_directory": {"problem": "account 1 is neither the management account nor an administrator"}}
NOT_SURE = {
    "a collection policy for another product": (
        ["collection_policies", {
            "alibaba_collection_policies": collected("events") + collected("buckets", product="oss"),
            "alibaba_collection_policies_result": {"results": [
                policy("buckets", None),
                policy("buckets", {"resource_directory": {"members": []}},
                       {"resource_directory": {"members": [SHOP]}})]},
        }], UNKNOWN),
    "one of two collection policies": (
        ["collection_policies", {
            "alibaba_collection_policies": collected("events", "others"),
            "alibaba_collection_policies_result": {"results": [policy("events", {"enabled": False})]},
        }], "collection policy events is switched off: run setup"),
    "the role of collection policies": (["collection_policies", {
        "alibaba_collection_policies": collected("events"), **LINKED,
    }], "service-linked role linked does not exist: run setup"),
    "another mode of Log Audit Service": (
        ["log_audit", {"alibaba_log_audit_archive_log_audit": app(
            {"mode": "resource_directory", "directory_accounts": "all", "accounts": []})}],
        "Log Audit Service is in resource_directory mode, but should be in custom mode: run setup"),
    "all accounts of the directory in place of some": (
        ["resource_directory", {"alibaba_log_audit_directory_log_audit": app(
            {"mode": "resource_directory", "directory_accounts": "all", "accounts": []},
            mode="resource_directory", directory_accounts="custom")}],
        "Log Audit Service: directory_accounts is"),
    "another retention": (
        ["log_audit", {"alibaba_log_audit_archive_log_audit": app({"products": {
            "actiontrail": {"enabled": True, "ttl": 7}}})}], UNKNOWN),
    "another role to write with": (
        ["actiontrail", None, {"alibaba_trail_trail": trail({"sls_write_role_arn": "other"})}],
        "trail audit-logs writes with other, but should write with role: run setup"),
    "fewer events than asked for, the probe among them": (
        ["actiontrail", None, {"alibaba_trail_trail": trail({"event_rw": "Read"})}], UNKNOWN),
    "the archive's own events, which need no directory": (
        ["resource_directory", REVOKED, None, ARCHIVE], UNKNOWN),
    "an organization trail whose account is no longer an administrator": (
        ["organization_trail", None, REVOKED], "neither the management account"),
}


@pytest.mark.parametrize("what", NOT_SURE)
def test_what_is_not_sure_to_stop_events_is_waited_for(what):
    (arguments, cause) = NOT_SURE[what]
    assert waits(*arguments)
    assert cause in verdict(*arguments)["reason"]


SURE = {
    "the collection policy": (["collection_policies", {
        "alibaba_collection_policies": collected("events"),
        "alibaba_collection_policies_result": {"results": [policy("events", None)]},
    }], "collection policy events does not exist: run setup"),
    "a trail that is stopped": (
        ["actiontrail", None, {"alibaba_trail_trail": trail({"logging": False})}], "is stopped"),
    "an account that is not listed": (
        ["log_audit", {"alibaba_log_audit_archive_log_audit": app({"accounts": []})}], "because the account is not on its list"),
    "a directory that does not let the archive": (["resource_directory", REVOKED], "neither the management account"),
}


@pytest.mark.parametrize("what", SURE)
def test_what_is_sure_to_stop_events_is_not(what):
    (arguments, cause) = SURE[what]
    assert not waits(*arguments)
    assert cause in verdict(*arguments)["reason"]


@pytest.mark.parametrize("denied", [True, False])
def test_probe_that_was_denied(denied):
    found = verdict("actiontrail", None, {"audit_logs_alibaba_probe": {"probe": {**CREATED, "denied": denied}}})
    assert found["probe"]["causes"] == [
        "RAM denied the call that is the probe, and ActionTrail may not record a denied call: grant actiontrail:DescribeTrails to the"
        " session, and run verify again"] * denied


def test_what_is_missing_of_others_does_not_keep_the_archives_own_events():
    """An archive that is a member: it has looked at the logstores of all trails, and its own trail is off."""
    differing = {"item": "actiontrail_other", "diff": {"before": None}}
    found = verdict("actiontrail", {
        "audit_logs_alibaba_projects": {"projects": [{"name": PROJECT, "logstores": ["actiontrail_audit-logs"]}]},
        "audit_logs_alibaba_indexes": {"results": [differing]},
        "alibaba_trail_trail": trail({"logging": False}),
    }, account=ARCHIVE, roles=("archive", "member"))
    assert found["probe"]["causes"] == ["trail audit-logs is stopped: start it, or run setup"]
    assert found["findings"][0]["resource"] == "logstore actiontrail_other"


def test_controls_of_a_finding():
    restricted = {"alibaba_trail_trail": trail({"trail_region": ["cn-shanghai"]})}
    [found] = verdict("actiontrail", None, restricted)["findings"]
    assert (found["setting"], found["level"]) == ("trail_region", "failed")
    assert found["controls"] == ["CIS Alibaba Cloud 2.1"]


@pytest.mark.parametrize("mode, removed, roles, is_said", [
    ("actiontrail", [], ["archive"], True),
    ("actiontrail", [], ["archive", "member"], False),
    ("actiontrail", [ARCHIVE], ["archive"], False),
    ("collection_policies", [], ["archive"], True),
    ("log_audit", [], ["archive"], False),
    ("resource_directory", [], ["archive"], False),
])
def test_the_archive_account_is_recorded_too(mode, removed, roles, is_said):
    account, hostvars = deployment(mode, {"audit_logs_alibaba_probe": None}, account=ARCHIVE, roles=roles)
    found = [one for one in accounts.result({**account, "removed_accounts": removed}, hostvars)["findings"] if one["kind"] == "coverage"]
    assert [(one["level"], one["resource"], "Add it to alibaba_members too" in one["text"]) for one in found] == (
        [("warning", f"account {ARCHIVE}", True)] if is_said else [])


@pytest.mark.parametrize("is_said", [True, False])
def test_accounts_of_the_directory_that_could_not_be_read(is_said):
    """An account that may not list them is nothing new; any other failure is a finding, because nothing was compared."""
    failed = {"failed": False, "msg": "Could not read the resource directory: ListAccounts: HTTP 500", "error": {
        "code": "InternalError", "message": "An internal error", "action": "ListAccounts", "is_transient": is_said}}
    account, hostvars = deployment("resource_directory", {"audit_logs_alibaba_accounts": failed}, account=ARCHIVE)
    found = [one for one in accounts.result(account, hostvars)["findings"] if one["kind"] == "coverage"]
    assert [(one["level"], "was not compared with the accounts" in one["text"]) for one in found] == ([("warning", True)] if is_said else [])


@pytest.mark.parametrize("value", [True, "y", "T", "yes", "on", "1", 1, 1.0])
def test_trail_that_the_inventory_starts(value):
    account, _hostvars = deployment("actiontrail", member={"alibaba_trail_logging": value})
    assert account["route"]["skipped"] is None


DENY = {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": {"RAM": ["*"]}}


@pytest.mark.parametrize("stranger, others, is_of_archive", [
    ([], [], False), ([], [DENY], True), (["9999999999999999@actiontrail.aliyuncs.com"], [], True),
])
def test_trust_that_lacks_a_member(stranger, others, is_of_archive):
    """It is the member's finding, unless somebody else changed the policy: then the archive has to say so."""
    def role(services, more=()):
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
        return {"name": "audit-logs-actiontrail", "policies": [], "trust_policy": {
            "Version": "1", "Statement": [statement, *more]}}

    service = "actiontrail.aliyuncs.com"
    registered = differs(role([service, *stranger], others), role([service, f"{SHOP}@{service}"]),
                         role={"name": "audit-logs-actiontrail"})
    found = verdict("actiontrail", {"alibaba_trail_archive_role": registered}, account=ARCHIVE)
    assert ("trust_policy" in [one["setting"] for one in found["findings"]]) == is_of_archive
