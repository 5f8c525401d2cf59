# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of an AWS account, from what the tasks found out."""
from __future__ import annotations

import copy

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies, resource
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._ownership import owner_tags
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report.lines import notes, of_results
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts

ARCHIVE, TEAM_A, TEAM_B = "111111111111", "222222222222", "333333333333"
REGION, BUCKET, TRAIL = "eu-west-1", "example-audit-logs", "audit-logs"
TRAILS = [{"account_id": TEAM_A}, {"account_id": TEAM_B}]
POLICY = policies.bucket_policy(BUCKET, REGION, TRAILS)
SHARED = policies.bucket_policy(BUCKET, REGION, TRAILS, "source_accounts")
CREATED = {"mark": "probe-1", "value": "probe-1", "created": "2026-11-21T06:34:10Z", "event_name": "DescribeTrails",
           "region": REGION}
SEEN = {"state": "arrived", "seconds": 3.0, "found_in": "key"}
CHAINS = {"trail": f"arn:aws:cloudtrail:{REGION}:{TEAM_A}:trail/{TRAIL}", "folder": f"{BUCKET}/{TEAM_A}/AWSLogs/{TEAM_A}"}
UNSEEN = {"state": "missing", "seconds": None, "found_in": None}


def plan(title, current, changes=(), before=None, after=None, **more):
    """What aws_plan says of a resource."""
    return {"title": title, "name": title.split()[-1], "exists": current is not None, "changes": list(changes),
            "before": before or {}, "after": after or {}, "current": current, **more}


def bucket_plan(**difference):
    """What aws_plan says of a bucket that could not be better."""
    current = {"versioning": True, "encryption": "aws:kms", "logging": {"target_bucket": "x"}, "mfa_delete": False,
               "object_lock_enabled": True, "public_access": {"block_public_acls": True}, "lifecycle": None,
               "expiring": []}
    return plan(f"bucket {BUCKET}", current, **difference)


def trail_plan(**difference):
    """What aws_plan says of a trail that is as it should be."""
    current = {"is_multi_region_trail": True, "enable_log_file_validation": True, "kms_key_id": "arn",
               "enable_logging": True,
               "status": {"latest_digest_delivery_time": None, "latest_digest_delivery_error": None}}
    found = {"records": ["read", "write"], "unrecorded": [], "unrecorded_regions": [], "asked": ["enable_logging"],
             "elsewhere": []}
    return plan(f"trail {TRAIL}", current, **{**found, **difference})


NOTHING = {"records": [], "unrecorded": ["management events"]}


SINGLE_REGION = trail_plan()
SINGLE_REGION["current"]["is_multi_region_trail"] = False


def archive_host(bucket=None, undeliverable=None, **variables):
    """Variables of the archive."""
    return {"account_id": ARCHIVE, "aws_trail_bucket_name": BUCKET,
            "aws_trail_bucket_plan": {"s3_bucket": bucket or bucket_plan(), "undeliverable": undeliverable or {},
                                      "undeliverable_digests": {}},
            "audit_logs_aws_arrived": {"probes": {TEAM_A: SEEN, TEAM_B: SEEN}}, **variables}


def member_host(account=TEAM_A, trail=None, **variables):
    """Variables of a member."""
    return {"account_id": account, "aws_trail_bucket_name": BUCKET, "aws_trail_plan": {"trail": trail or trail_plan(), "probe": CREATED},
            **variables}


def account_of(host, archive, roles=("member",), **more):
    """An account of the deployment."""
    trail = policies.with_defaults({"account_id": host["account_id"]}, REGION)
    return {"name": "name", "account_id": host["account_id"], "cloud": "aws", "roles": list(roles), "region": REGION,
            "archive": "archive" if archive else None, "trail": trail, "digest_chains": CHAINS,
            "is_covered": False, "trail_arn": policies.trail_arn(trail), "source_id": host["account_id"], "mode": "account_trails",
            "removed_accounts": [ARCHIVE], **more}


def verdict(host, archive=None, roles=("member",), **more):
    """The result of a host."""
    return accounts.result(account_of(host, archive, roles, **more), {"name": host, "archive": archive})


def of_archive(archive):
    """The result of the archive itself."""
    return verdict(archive, archive, ["archive"])


@pytest.mark.parametrize("more, said", [
    ({"removed_accounts": []}, "so its own audit logs are not collected here. Add it to aws_members too. If you left"),
    ({"removed_accounts": [], "mode": "organization_trail"}, "so verify cannot prove that its own audit logs arrive. Add it"),
    ({"removed_accounts": [], "mode": "existing_trail"}, "so verify cannot prove that its own audit logs arrive"),
    ({"removed_accounts": [], "roles": ["archive", "member"]}, None),
    ({}, None),
], ids=["account_trails", "organization_trail", "existing_trail", "member", "meant"])
def test_the_archive_account_is_recorded_too(more, said):
    archive = archive_host()
    found = accounts.result(account_of(archive, archive, more.pop("roles", ["archive"]), **more), {"name": archive, "archive": archive})
    texts = [(one["level"], one["resource"], one["text"]) for one in found["findings"] if one["kind"] == "coverage"]
    assert [one[:2] for one in texts] == ([("warning", f"account {ARCHIVE}")] if said else [])
    assert not said or said in texts[0][2]


def test_an_opt_in_region_that_the_trail_does_not_record():
    host = {"account_id": TEAM_A, "aws_trail_plan": {"trail": trail_plan(unrecorded_regions=["af-south-1", "me-south-1"])}}
    found = verdict(host)
    [finding] = [one for one in found["findings"] if one["kind"] == "coverage"]
    assert (found["state"], found["phase"], finding["level"], finding["controls"]) == ("failed", "posture", "failed", ["CIS AWS 3.1"])
    assert f"trail {TRAIL} does not record the opt-in regions af-south-1, me-south-1, which the account has enabled" in found["reason"]


def policy_difference(change, policy=None):
    """A bucket whose policy was changed."""
    policy = policy or POLICY
    present = copy.deepcopy(policy)
    change(present["Statement"])
    return bucket_plan(changes=["policy"], before={"policy": present}, after={"policy": policy})


def by_sid(statements, sid):
    return next(one for one in statements if one["Sid"] == sid)


def test_an_account_as_it_should_be():
    found = verdict(member_host(), archive_host())
    assert (found["state"], found["reason"], found["phase"], found["findings"]) == ("ok", None, None, [])
    assert found["probe"]["state"] == "arrived" and found["probe"]["causes"] == []
    assert found["delivers_to"] == [{"kind": "s3", "account_id": ARCHIVE, "name": f"{BUCKET}/{TEAM_A}"}]
    assert of_archive(archive_host())["state"] == "ok"


def test_a_delegated_administrator_that_is_not_registered():
    registered = member_host(audit_logs_aws_administrator={"changed": False})
    assert verdict(registered, archive_host(), registers=TEAM_B)["state"] == "ok"
    missing = {"audit_logs_aws_administrator": {"changed": True}}
    found = verdict(member_host(**missing), archive_host(), registers=TEAM_B)
    reason = f"account {TEAM_B} is not registered as a delegated administrator of CloudTrail: run setup"
    assert (found["state"], found["reason"]) == ("failed", reason)
    assert [one["resource"] for one in found["findings"]] == [f"delegated administrator of CloudTrail {TEAM_B}"]
    assert verdict(member_host(**missing), archive_host())["state"] == "ok"  # this account registers nobody


def test_what_a_policy_lacks_for_one_member_is_that_members():
    bucket = policy_difference(lambda statements: statements.remove(by_sid(statements, f"CloudTrailWrite{TEAM_B}")))
    archive = archive_host(bucket, {TEAM_B: ["the policy has no statement"]})
    assert of_archive(archive)["state"] == "ok"
    of_digests = archive_host(bucket)
    assert of_archive(of_digests)["state"] == "failed"
    # Whether that member is to have digest files is not known here.
    of_digests["aws_trail_bucket_plan"]["undeliverable_digests"] = {TEAM_B: ["the policy has no statement"]}
    assert of_archive(of_digests)["state"] == "failed"
    assert verdict(member_host(TEAM_A), archive)["state"] == "ok"
    found = verdict(member_host(TEAM_B), {**archive, "audit_logs_aws_arrived": {"probes": {TEAM_B: UNSEEN}}})
    assert (found["state"], found["phase"], found["reason"]) == ("failed", "probe", "the policy has no statement")
    assert found["probe"]["causes"] == ["the policy has no statement"]


def test_a_statement_of_ours_that_was_extended_is_the_archives():
    def extend(statements):
        by_sid(statements, f"CloudTrailWrite{TEAM_A}")["Resource"] = f"arn:aws:s3:::{BUCKET}/*"
    archive = archive_host(policy_difference(extend), {TEAM_B: ["something else"]})
    found = of_archive(archive)
    assert found["state"] == "failed" and f"CloudTrailWrite{TEAM_A}" in found["reason"]
    assert verdict(member_host(TEAM_A), archive)["state"] == "ok"


def test_a_statement_of_somebody_else_is_the_archives():
    stranger = {"Sid": "Stranger", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    found = of_archive(archive_host(policy_difference(lambda statements: statements.append(stranger))))
    assert found["state"] == "failed"
    assert found["findings"][0]["text"] == (
        f"the policy of bucket {BUCKET} has a statement Stranger, which is not in the inventory")
    assert found["findings"][0]["before"] == stranger and found["findings"][0]["after"] is None


@pytest.mark.parametrize("undeliverable, state", [({}, "failed"), ({TEAM_B: ["not named"]}, "ok")])
@pytest.mark.parametrize("form", ["source_arns", "source_accounts"])
def test_a_shared_statement_is_the_archives_unless_a_member_suffers(form, undeliverable, state):
    policy = policies.bucket_policy(BUCKET, REGION, TRAILS, form)

    def restrict(statements):
        condition = by_sid(statements, "CloudTrailDelivers")["Condition"]["StringEquals"]
        condition.update({key: values[:1] for key, values in condition.items()})
    assert of_archive(archive_host(policy_difference(restrict, policy), undeliverable))["state"] == state


def test_a_shared_statement_that_was_extended_is_the_archives_also_while_a_member_suffers():
    def change(statements):
        condition = by_sid(statements, "CloudTrailDelivers")["Condition"]["StringEquals"]
        condition["aws:SourceAccount"] = [TEAM_A, "999999999999"]
    found = of_archive(archive_host(policy_difference(change, SHARED), {TEAM_B: ["not named"]}))
    assert found["state"] == "failed" and "CloudTrailDelivers" in found["reason"]


PUBLIC = {"Sid": "Stranger", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize("change, controls", [
    (lambda statements: statements.remove(by_sid(statements, "DenyInsecureTransport")), ["CIS AWS 2.1.1"]),
    (lambda statements: statements.append(PUBLIC), ["CIS AWS 2.1.4"]),
    (lambda statements: statements.append({**PUBLIC, "Principal": {"AWS": "999999999999"}}), []),
    (lambda statements: statements.append({**PUBLIC, "Effect": "Deny"}), []),
    (lambda statements: statements.remove(by_sid(statements, f"CloudTrailAcl{TEAM_A}")), []),
])
def test_controls_that_a_statement_touches(change, controls):
    found = of_archive(archive_host(policy_difference(change)))
    assert [one["controls"] for one in found["findings"]] == [controls]


def test_a_statement_of_a_key_touches_no_control_of_buckets():
    archive = archive_host()
    archive["aws_trail_bucket_plan"]["kms_key"] = plan(f"KMS key alias/{BUCKET}", {}, ["policy"], {
        "policy": {"Statement": [PUBLIC]}}, {"policy": {"Statement": []}})
    assert [one["controls"] for one in of_archive(archive)["findings"]] == [[]]


def key_plan(state, *changes):
    """What aws_plan says of a key."""
    return plan(f"KMS key alias/{BUCKET}", {"state": state} if state else None, changes)


@pytest.mark.parametrize("state, advice", [
    ("Disabled", "enable it"),
    ("PendingDeletion", "cancel its deletion and enable it"),
    ("PendingImport", "import its key material"),
    ("Unavailable", "see in KMS what it waits for"),
])
def test_a_key_that_cannot_be_used(state, advice):
    archive = archive_host()
    archive["aws_trail_bucket_plan"]["kms_key"] = key_plan(state, "enabled")
    reason = f"KMS key alias/{BUCKET} cannot be used because its state is {state}: {advice}"
    assert of_archive(archive)["reason"] == reason
    archive["audit_logs_aws_arrived"] = {"probes": {TEAM_A: UNSEEN}}
    assert verdict(member_host(), archive)["probe"]["causes"] == [reason]


def test_a_key_without_its_alias_is_the_archives_and_ends_no_delivery():
    later = {"encryption_key_id": resource.KNOWN_LATER}
    archive = archive_host(bucket_plan(changes=["encryption_key_id"], before={"encryption_key_id": "arn"}, after=later))
    archive["aws_trail_bucket_plan"]["kms_key"] = key_plan(None, "create")
    found = [one["text"] for one in of_archive(archive)["findings"]]
    assert found == [f"KMS key alias/{BUCKET} does not exist: run setup"]
    assert verdict(member_host(trail=differs("kms_key_id", "arn", resource.KNOWN_LATER)), archive)["state"] == "ok"
    found = verdict(member_host(trail=differs("kms_key_id", None, resource.KNOWN_LATER)), archive)
    assert found["reason"] == f"trail {TRAIL} does not encrypt with a KMS key"
    assert waits(member_host(), archive) == ["s3", "cloudwatch_logs"]


def test_a_role_for_validation_that_is_gone():
    role = {"exists": False, "changes": ["create"], "before": {}, "after": {"policy": {}}}
    archive = archive_host(aws_trail_validation_plan={"iam_role": {**role, "title": "IAM role v", "current": None}})
    assert of_archive(archive)["reason"] == "IAM role v does not exist: run setup"


RULE = {"id": "theirs", "prefix": "", "days": 1, "noncurrent_days": None}


@pytest.mark.parametrize("rule, own, level", [
    (RULE, None, "failed"),
    (RULE, {"expiration_days": 400}, "failed"),
    ({**RULE, "days": 400}, {"expiration_days": 400}, None),
    ({**RULE, "days": 500}, {"expiration_days": 400}, None),
    ({**RULE, "days": None, "noncurrent_days": 30}, {}, "warning"),
    ({**RULE, "days": None, "noncurrent_days": 400}, {"noncurrent_version_expiration_days": 400}, None),
])
def test_rules_of_others_that_delete_log_files(rule, own, level):
    bucket = bucket_plan()
    bucket["current"] |= {"lifecycle": own, "expiring": [rule]}
    found = of_archive(archive_host(bucket))["findings"]
    assert [one["level"] for one in found] == ([level] if level else [])
    if level:
        assert "lifecycle rule theirs" in found[0]["text"] and found[0]["setting"] == "lifecycle"


def test_the_order_of_a_policy_does_not_matter():
    before = {**POLICY, "Statement": [{**one, "Action": [one["Action"]]} for one in reversed(POLICY["Statement"])]}
    bucket = bucket_plan(changes=["policy"], before={"policy": before}, after={"policy": POLICY})
    assert of_archive(archive_host(bucket))["findings"] == []


@pytest.mark.parametrize("before, said", [
    ({"Statement": POLICY["Statement"][0]}, []),
    ({"Statement": {"Effect": "Allow"}}, ["has a statement without Sid, which is not in the inventory",
                                          "lacks the statement DenyInsecureTransport"]),
    ({"Version": "2012-10-17"}, ["lacks the statement DenyInsecureTransport"]),
    (None, ["lacks the statement DenyInsecureTransport"]),
])
def test_one_statement_may_stand_without_a_list(before, said):
    after = {"Statement": POLICY["Statement"][:1]}
    bucket = bucket_plan(changes=["policy"], before={"policy": before}, after={"policy": after})
    found = of_archive(archive_host(bucket))["findings"]
    assert [one["text"].removeprefix(f"the policy of bucket {BUCKET} ") for one in found] == said


@pytest.mark.parametrize("tags, state, reason", [
    ({}, "warning", "does not carry the tag managed-by: crossaccount.audit_logs"),
    (owner_tags("other"), "failed", "belongs to the deployment other (tag audit-logs-deployment)"),
])
def test_what_this_deployment_does_not_manage(tags, state, reason):
    bucket = bucket_plan(changes=["tags"], before={"tags": tags}, after={"tags": owner_tags(BUCKET)})
    found = of_archive(archive_host(bucket))
    assert found["state"] == state and found["reason"].endswith(f"is not managed by this deployment: it {reason}")
    assert (found["findings"][0]["kind"], found["findings"][0]["setting"]) == ("foreign", "tags")


def test_a_bucket_that_is_gone_fails_all():
    archive = archive_host(plan(f"bucket {BUCKET}", None, ["create"]), audit_logs_aws_arrived={"skipped": True})
    assert of_archive(archive)["reason"] == f"bucket {BUCKET} does not exist: run setup"
    assert verdict(member_host(), archive)["reason"] == f"bucket {BUCKET} does not exist: run setup"


def test_an_archive_that_failed_proves_nothing():
    archive = archive_host(audit_logs_failure={"phase": "posture", "reason": "no"}, audit_logs_aws_arrived={})
    found = verdict(member_host(), archive)
    assert (found["state"], found["phase"]) == ("failed", "archive")
    assert found["reason"] == "not proven, because the archive account failed: no"


def test_an_archive_that_is_not_in_the_run_proves_nothing():
    left_out = {"account_id": ARCHIVE, "aws_trail_bucket_name": BUCKET}
    found = verdict(member_host(audit_logs_aws_in_log_group={"probes": {TEAM_A: SEEN}}), left_out)
    assert (found["state"], found["phase"]) == ("failed", "probe")
    assert found["reason"] == "not proven, because the archive account is not in this run: add it to --limit"
    assert verdict(member_host(aws_trail_plan={"trail": trail_plan()}), left_out)["state"] == "ok"


def test_an_archive_that_failed_after_the_probe_was_seen():
    archive = archive_host(audit_logs_failure={"phase": "digests", "reason": "no"})
    assert verdict(member_host(), archive)["state"] == "ok"


def test_an_archive_that_is_a_member_itself():
    host = {**archive_host(plan(f"bucket {BUCKET}", None, ["create"])), **{
        key: value for key, value in member_host(ARCHIVE).items() if key.startswith(("aws_trail_plan", "audit_logs"))}}
    host["audit_logs_aws_arrived"] = {"probes": {ARCHIVE: UNSEEN}}
    found = verdict(host, host, ["archive", "member"])
    assert found["state"] == "failed" and found["probe"]["causes"] == [f"bucket {BUCKET} does not exist: run setup"]


RCP = "A resource control policy (RCP) of the organization may deny CloudTrail access to the bucket or its KMS key"


@pytest.mark.parametrize("status, causes", [
    ({}, []),
    ({"latest_delivery_error": "NoSuchBucket"}, ["CloudTrail can't deliver to the bucket: NoSuchBucket"]),
    ({"latest_delivery_error": "AccessDenied"}, ["CloudTrail can't deliver to the bucket: AccessDenied", RCP]),
])
def test_a_denial_that_no_policy_explains(status, causes):
    host = member_host(audit_logs_aws_status={"status": status})
    found = verdict(host, archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN}}))
    assert found["probe"]["causes"] == causes


def test_a_denial_that_a_policy_explains():
    host = member_host(audit_logs_aws_status={"status": {"latest_delivery_error": "AccessDenied"}})
    archive = archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN}})
    archive["aws_trail_bucket_plan"]["undeliverable"] = {TEAM_A: ["statement No denies it"]}
    assert RCP not in verdict(host, archive)["probe"]["causes"]


@pytest.mark.parametrize("status, state", [
    ({"latest_delivery_time": "2026-11-21T06:40:00Z"}, "arrived"),
    ({"latest_delivery_time": "2026-11-21T06:34:10Z"}, "missing"),
    ({"latest_delivery_time": None, "latest_delivery_error": "AccessDenied"}, "missing"),
])
def test_without_an_archive_the_word_of_cloudtrail_is_taken(status, state):
    found = verdict(member_host(audit_logs_aws_status={"status": status}))
    assert found["probe"]["state"] == state
    assert found["probe"]["destinations"][0]["found_in"] == "GetTrailStatus"
    if status.get("latest_delivery_error"):
        assert found["probe"]["causes"] == ["CloudTrail can't deliver to the bucket: AccessDenied", RCP]


@pytest.mark.parametrize("time, causes", [
    ("2026-11-21T06:40:00Z", []), ("2026-11-21T06:34:10Z", ["CloudTrail can't write to the log group: AccessDenied"]),
    (None, ["CloudTrail can't write to the log group: AccessDenied"]),
])
def test_an_error_from_before_the_last_events_is_no_cause(time, causes):
    """CloudTrail has written to the log group after the probe: the error is older."""
    status = {"latest_cloudwatch_logs_delivery_error": "AccessDenied", "latest_cloudwatch_logs_delivery_time": time}
    host = member_host(audit_logs_aws_status={"status": status})
    found = verdict(host, archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN}}))
    assert found["probe"]["causes"] == causes


def test_what_is_undecided_is_a_cause_of_what_did_not_arrive():
    archive = archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN, TEAM_B: SEEN}})
    archive["aws_trail_bucket_plan"]["undecided"] = {TEAM_A: ["whether statement Office denies"], TEAM_B: ["likewise"]}
    found = verdict(member_host(), archive)
    assert found["reason"] == "whether statement Office denies" == found["probe"]["causes"][0] and not found["findings"]
    found = verdict(member_host(TEAM_B), archive)
    assert found["state"] == "ok" and found["probe"]["causes"] == []


def test_a_key_of_the_trail_that_can_not_be_used():
    host = member_host()
    host["aws_trail_plan"].update(undeliverable={TEAM_A: ["KMS key x cannot be used"]}, undecided={})
    found = verdict(host, archive_host())
    assert (found["findings"][0]["resource"], found["reason"]) == (f"trail {TRAIL}", "KMS key x cannot be used")


def test_nobody_knows_why():
    archive = archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN}})
    assert verdict(member_host(), archive)["reason"] == (
        f"the event did not arrive in {BUCKET}, and verify found no cause")


def waits(host, archive):
    """The destinations in which a host's probe may arrive."""
    hostvars = {"name": host, "archive": archive}
    return [destination for destination in ("s3", "cloudwatch_logs")
            if accounts.probes([account_of(host, archive)], hostvars, destination)[0]["wait"]]


def differs(setting, before, after):
    """A trail with a setting that is not as asked."""
    return trail_plan(changes=[setting], before={setting: before}, after={setting: after})


@pytest.mark.parametrize("trail, destinations", [
    (None, ["s3", "cloudwatch_logs"]),
    (differs("enable_logging", False, True), []),
    (differs("kms_key_id", None, "arn"), ["s3", "cloudwatch_logs"]),
    (differs("s3_bucket_name", "other", BUCKET), ["cloudwatch_logs"]),
    (differs("cloudwatch_logs_log_group_arn", "other", "arn"), ["s3"]),
    (differs("cloudwatch_logs_role_arn", "other", "arn"), ["s3", "cloudwatch_logs"]),
    (trail_plan(**NOTHING), []),
])
def test_where_an_event_is_waited_for(trail, destinations):
    assert waits(member_host(trail=trail), archive_host()) == destinations


@pytest.mark.parametrize("undeliverable, destinations", [
    ({"undeliverable": {TEAM_A: ["no"]}}, ["cloudwatch_logs"]),
    ({"undeliverable_digests": {TEAM_A: ["no"]}}, ["s3", "cloudwatch_logs"]),
    ({"s3_bucket": plan(f"bucket {BUCKET}", None, ["create"])}, ["cloudwatch_logs"]),
])
def test_what_is_wrong_in_the_archive_is_not_wrong_in_the_log_group(undeliverable, destinations):
    archive = archive_host()
    archive["aws_trail_bucket_plan"] |= undeliverable
    assert waits(member_host(), archive) == destinations


def test_what_is_wrong_with_the_log_group_is_not_wrong_in_the_bucket():
    host = member_host()
    role = plan("IAM role audit-logs-cloudtrail-cloudwatch", {})
    host["aws_trail_plan"] |= {"iam_role": role, "undeliverable_events": {TEAM_A: ["no"]}}
    assert waits(host, archive_host()) == ["s3"]
    host["aws_trail_plan"] |= {"undeliverable_events": {}, "undeliverable": {TEAM_A: ["a key of its own"]}}
    assert waits(host, archive_host()) == ["cloudwatch_logs"]


@pytest.mark.parametrize("state, causes", [("missing", ["kms_key_id", "AccessDenied"]), ("arrived", [])])
def test_another_key_may_be_why_it_did_not_arrive(state, causes):
    host = member_host(trail=differs("kms_key_id", "arn:other", "arn:asked"),
                       audit_logs_aws_status={"status": {"latest_delivery_error": "AccessDenied"}})
    found = verdict(host, archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: {**SEEN, "state": state}}}))
    assert len(found["probe"]["causes"]) == len(causes)
    assert all(cause in said for cause, said in zip(causes, found["probe"]["causes"]))
    assert found["state"] == "failed" and "kms_key_id" in found["reason"]


def test_log_files_that_were_touched():
    digests = {"state": "invalid", "digests": 1, "log_files": 1, "from": "2026-11-21T04:34:10Z", "to": "2026-11-21T06:34:10Z",
               "problems": ["log file x is missing"], "regions": []}
    found = verdict(member_host(), archive_host(audit_logs_aws_digests={"trails": {TEAM_A: digests}}))
    assert (found["state"], found["reason"]) == ("failed", "log file x is missing")
    assert found["digests"] == {**digests, "compared_with": None, "unvalidated": None}


ASKED = {"asked": ["advanced_event_selectors", "enable_logging", "event_selectors"]}
OTHERS = {"changes": ["event_selectors"], "before": {"event_selectors": [1]}, "after": {"event_selectors": [2]}}
KMS_ONLY = {"records": ["read"], "unrecorded": ["read events of kms.amazonaws.com", "write events"]}


@pytest.mark.parametrize("selectors, level, text", [
    (KMS_ONLY, "failed", "no read events of kms.amazonaws.com and no write events: correct its event selectors"),
    ({**KMS_ONLY, **ASKED}, "warning", "no read events of kms.amazonaws.com and no write events, as configured"),
    ({**KMS_ONLY, **ASKED, **OTHERS}, "failed", "no read events of kms.amazonaws.com and no write events: correct its"),
    (NOTHING, "failed", "no management events: correct its event selectors"),
    ({**NOTHING, **ASKED}, "warning", "no management events, as configured in the inventory"),
])
def test_management_events_that_are_not_recorded(selectors, level, text):
    found = verdict(member_host(trail=trail_plan(**selectors)), archive_host())
    said = [one for one in found["findings"] if one["text"].startswith(f"trail {TRAIL} records {text}")]
    assert [(one["level"], one["controls"]) for one in said] == [(level, ["CIS AWS 3.1"])]
    assert found["state"] == level


STOPPED = trail_plan()
STOPPED["current"]["enable_logging"] = False


@pytest.mark.parametrize("trail, reason", [
    (STOPPED, f"trail {TRAIL} is stopped, as configured in the inventory"),
    (trail_plan(**NOTHING, **ASKED), f"trail {TRAIL} records no management events, as configured in the inventory"),
])
@pytest.mark.parametrize("archive", [archive_host(audit_logs_aws_arrived={}), {},
                                     {"account_id": ARCHIVE, "aws_trail_bucket_name": BUCKET}])
def test_an_event_that_the_inventory_asks_not_to_record(trail, reason, archive):
    host = member_host(trail=trail, audit_logs_aws_status={"status": {"latest_delivery_time": None}})
    found = verdict(host, archive)
    assert (found["state"], found["probe"]["state"]) == ("warning", "skipped")
    assert reason in [one["text"] for one in found["findings"]]
    assert accounts.probes([account_of(host, archive)], {"name": host, "archive": archive}, "s3") == []


def test_a_trail_that_records_though_the_inventory_says_no():
    found = verdict(member_host(trail=differs("enable_logging", True, False)), archive_host())
    assert [one["kind"] for one in found["findings"]] == ["drift"]
    assert found["probe"]["state"] == "arrived"


def with_digests(**status):
    """A trail with what GetTrailStatus says of its digest files."""
    found = trail_plan()
    found["current"]["status"] |= status
    return found


def test_digest_files_that_could_not_be_delivered():
    found = verdict(member_host(trail=with_digests(latest_digest_delivery_error="AccessDenied")), archive_host())
    assert (found["state"], found["phase"], found["probe"]["state"]) == ("failed", "posture", "arrived")
    assert found["reason"] == f"CloudTrail could not deliver the last digest file of trail {TRAIL}: AccessDenied"
    assert found["findings"][0]["controls"] == ["CIS AWS 3.2"]


def test_digest_files_that_are_denied():
    archive = archive_host()
    archive["aws_trail_bucket_plan"]["undeliverable_digests"] = {TEAM_A: ["statement No denies it"]}
    found = verdict(member_host(), archive)
    assert (found["reason"], found["findings"][0]["kind"]) == ("statement No denies it", "digest")
    without = trail_plan(changes=["enable_log_file_validation"], before={"enable_log_file_validation": False},
                         after={"enable_log_file_validation": True})
    without["current"]["enable_log_file_validation"] = False
    assert [one["kind"] for one in verdict(member_host(trail=without), archive)["findings"]] == ["drift"]


@pytest.mark.parametrize("delivered, regions, region", [
    ("2026-11-21T06:20:00Z", {}, REGION),
    ("2026-11-21T05:50:00Z", {}, REGION),
    ("2026-11-21T05:20:00Z", {}, None),  # delivered in time, but of an hour that ended before
    ("2026-11-20T06:20:00Z", {}, None),  # a trail that has not recorded since
    (None, {}, None),  # a new trail
    ("2026-11-21T06:20:00Z", {"us-east-1": "2026-11-21T06:00:00Z"}, REGION),  # those of another region are there
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T06:00:00Z"}, None),
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T05:20:00Z"}, REGION),  # the newest one
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T04:00:00Z"}, REGION),
    ("2026-11-21T06:02:00Z", {REGION: "2026-11-21T06:00:00Z", "us-east-1": "2026-11-21T05:03:00Z"}, None),  # in time
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T06:00:00Z", "us-east-1": "2026-11-21T05:10:00Z"}, None),  # may come yet
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T06:00:00Z", "us-east-1": "2026-11-21T05:00:00Z"}, "us-east-1"),
    ("2026-11-21T06:20:00Z", {REGION: "2026-11-21T06:00:00Z", "us-east-1": "2026-11-21T01:00:00Z"}, "us-east-1"),
])
def test_digest_files_that_were_delivered_and_are_not_there(delivered, regions, region):
    digests = {"state": "valid", "digests": 0, "log_files": 0, "problems": [], "regions": [found_in(name, last) for name, last in regions.items()],
               "from": "2026-11-21T04:34:10Z", "to": "2026-11-21T06:34:10Z"}
    archive = archive_host(audit_logs_aws_digests={"trails": {TEAM_A: digests}})
    found = verdict(member_host(trail=with_digests(latest_digest_delivery_time=delivered)), archive)
    assert found["state"] == ("failed" if region else "ok")
    if region:
        assert delivered in found["reason"] and f"{BUCKET} has none of {region} " in found["reason"]
        assert found["findings"][0]["controls"] == ["CIS AWS 3.2"]
        last = regions.get(region)
        assert not last or f"digest files from {last} to {delivered} were deleted" in found["reason"]


def found_in(region, last, **more):
    """A region, as the module returns it."""
    return {"region": region, "from": "2026-11-21T04:34:10Z", "last": last, "began": None, "start": None, **more}


def test_digest_files_of_a_trail_that_is_gone():
    digests = {"state": "none", "digests": 0, "log_files": 0, "problems": [], "regions": [],
               "from": "2026-11-21T04:34:10Z", "to": "2026-11-21T06:34:10Z"}
    gone = plan(f"trail {TRAIL}", None, ["create"], elsewhere=[])
    found = verdict(member_host(trail=gone), archive_host(audit_logs_aws_digests={"trails": {TEAM_A: digests}}))
    assert found["reason"] == f"trail {TRAIL} does not exist in {REGION}: run setup"


US = "us-east-1"


def later(known, found, delivered="2026-11-21T06:20:00Z", begin="2026-11-21T04:34:10Z", trail=None):
    """What a verification says that ends at 06:34:10, of a member with sound digest files.

    :param known: end of the newest digest file that the previous verification saw, by region, on 2026-11-21.
    :param found: the same of those that are in the bucket, or beginning and end of a new chain.
    """
    def time(text):
        return f"2026-11-{text}:00Z" if "T" in text else f"2026-11-21T{text}:00Z"

    pairs = {region: value if isinstance(value, tuple) else (None, value) for region, value in found.items()}
    digests = {"state": "valid", "digests": 1, "log_files": 0, "problems": [], "from": begin, "to": "2026-11-21T06:34:10Z",
               "regions": [found_in(region, time(last), began=began and time(began), **{"from": begin}) for region, (began, last) in pairs.items()]}
    previous = {"reported": "2026-11-20T00:00:00Z",
                "regions": [{"region": region, "last": time(last), "start": None} for region, last in known.items()]}
    trail = trail or with_digests(latest_digest_delivery_time=delivered)
    trail["current"]["status"]["latest_digest_delivery_time"] = delivered
    archive = archive_host(audit_logs_aws_digests={"trails": {TEAM_A: digests}})
    return verdict(member_host(trail=trail), archive, previous=previous)


def known_after(found):
    """What the next verification knows, by region."""
    return {one["region"]: one["last"][11:16] for one in found["digest_chains"]["regions"]}


@pytest.mark.parametrize("known, found, options, said", [
    # Nothing is missing
    ({REGION: "05:00", US: "04:50"}, {REGION: "06:00", US: "05:50"}, {}, None),
    ({REGION: "06:00", US: "05:50"}, {REGION: "06:00", US: "05:50"}, {}, None),
    ({REGION: "06:00"}, {REGION: "06:00", US: "05:50"}, {}, None),  # a region that is new
    # A whole region
    ({REGION: "05:00", US: "05:00"}, {REGION: "06:00"}, {}, f"05:00:00Z, but bucket {BUCKET} has none of {US} after 2026-11-21T04:00:00Z:"),
    ({REGION: "20T05:00", US: "20T05:00"}, {REGION: "06:00"}, {}, f"{US} since 2026-11-21T00:00:00Z: digest files from 2026-11-21T00"),
    ({REGION: "05:00", US: "02:30"}, {REGION: "06:00"}, {}, f"{US} after 2026-11-21T01:30:00Z: digest files from 2026-11-21T01:30"),
    ({REGION: "05:00"}, {}, {}, f"none of {REGION} after 2026-11-21T04:00:00Z"),
    ({REGION: "05:00"}, {US: "06:00"}, {"delivered": None}, f"none of {REGION} after 2026-11-21T04:00:00Z"),
    # The newest ones
    ({REGION: "05:00", US: "05:20"}, {REGION: "06:00", US: "04:20"}, {}, f"none of {US} after 2026-11-21T04:20:00Z: digest files"),
    # A new chain
    ({REGION: "05:00"}, {REGION: ("05:12", "06:12")}, {}, f"{REGION} begins at 2026-11-21T05:12:00Z, but the previous report"),
    ({REGION: "02:00"}, {REGION: ("05:12", "06:12")}, {}, "No digest file covers 2026-11-21T04:34:10Z to 2026-11-21T05:12:00Z"),
    ({REGION: "05:00"}, {REGION: ("04:55", "05:55")}, {}, None),
    ({}, {REGION: ("05:12", "06:12")}, {}, None),  # a new trail
    # A trail that was stopped after 02:30
    ({REGION: "02:00", US: "02:20"}, {REGION: "02:50", US: "02:20"}, {"delivered": "2026-11-21T02:51:00Z"}, None),
    ({REGION: "20T02:00", US: "20T02:20"}, {}, {"delivered": "2026-11-20T02:51:00Z"}, None),
    # In time: the hour that a digest file covers is not over, or those of another region may come yet
    ({REGION: "20T23:30"}, {}, {"delivered": "2026-11-21T00:32:00Z", "begin": "2026-11-21T04:34:10Z"}, None),
    ({REGION: "05:00", US: "05:10"}, {REGION: "06:00", US: "05:10"}, {}, None),
])
def test_what_the_previous_verification_knew(known, found, options, said):
    result = later(known, found, **options)
    assert result["state"] == ("failed" if said else "ok"), result
    assert [(one["kind"], said in one["text"]) for one in result["findings"]] == ([("digest", True)] if said else [])
    assert known_after(result).keys() == known.keys() | found.keys()
    assert result["digests"]["compared_with"] == "2026-11-20T00:00:00Z"


def test_where_the_next_validation_begins():
    """A region that was not validated keeps what it had."""
    old, new = ({"end": f"2026-11-{day}T05:00:00Z", "hash": digit * 64} for day, digit in (("20", "0"), ("21", "1")))
    digests = {"state": "valid", "digests": 1, "log_files": 0, "problems": [], "from": "2026-11-21T04:34:10Z", "to": "2026-11-21T06:34:10Z",
               "regions": [found_in(REGION, "2026-11-21T06:00:00Z", start=new, **{"from": "2026-11-20T05:00:00Z"})]}
    previous = {"reported": "2026-11-20T06:00:00Z", "regions": [{"region": one, "last": "2026-11-20T05:00:00Z", "start": old} for one in (REGION, US)]}
    found = verdict(member_host(), archive_host(audit_logs_aws_digests={"trails": {TEAM_A: digests}}), previous=previous)
    assert {one["region"]: one["start"] for one in found["digest_chains"]["regions"]} == {REGION: new, US: old}
    assert found["digests"]["unvalidated"] is None and "start" not in found["digests"]["regions"][0]


def test_a_region_stays_known():
    assert known_after(later({REGION: "05:00", US: "05:00"}, {REGION: "06:00"})) == {REGION: "06:00", US: "05:00"}
    assert known_after(later({REGION: "05:00", US: "05:00"}, {REGION: "06:00", US: "04:00"})) == {REGION: "06:00", US: "05:00"}


@pytest.mark.parametrize("changes, state, known", [
    ([], "warning", {REGION: "06:00"}),
    (["is_multi_region_trail"], "failed", {REGION: "06:00", US: "23:00"}),
])
def test_a_trail_that_records_one_region_now(changes, state, known):
    """Whether the inventory asks for that, or somebody has changed the trail."""
    alone = trail_plan(changes=changes, before={"is_multi_region_trail": False}, after={"is_multi_region_trail": True})
    alone["current"]["is_multi_region_trail"] = False
    found = later({REGION: "05:00", US: "20T23:00"}, {REGION: "06:00"}, trail=alone)
    assert (found["state"], known_after(found)) == (state, known)
    said = [one["text"] for one in found["findings"] if one["kind"] == "digest"]
    assert said == ([] if changes else [
        f"trail {TRAIL} records only {REGION}, as configured in the inventory: no digest files of {US} are expected after"
        " 2026-11-20T23:00:00Z"])
    # Those that were there before are missed nevertheless.
    missed = later({REGION: "05:00", US: "05:00"}, {REGION: "06:00"}, trail=alone)["findings"]
    assert [f"has none of {US} after" in one["text"] for one in missed if one["kind"] == "digest"] == [True]


def test_what_is_known_outlasts_a_run_without_digest_files():
    previous = {"reported": "2026-11-20T00:00:00Z", "regions": [{"region": US, "last": "2026-11-21T05:00:00Z", "start": None}]}
    failed = {"account_id": TEAM_A, "audit_logs_failure": {"phase": "credentials", "reason": "no"}}
    for archive in archive_host(), None, {"account_id": ARCHIVE}:
        found = verdict(failed, archive, previous=previous)
        assert (found["digests"], found["digest_chains"]) == (None, {**CHAINS, "regions": previous["regions"]})
    assert verdict(failed, archive_host(), previous=None)["digest_chains"] is None


def test_what_was_not_proven_is_said_once():
    new = {**later({}, {REGION: "06:00"}), "name": "new"}
    new["digests"]["compared_with"] = None
    nightly = [{**later({REGION: "20T07:00", US: last}, {REGION: "06:00", US: "06:00"}), "name": name} for name, last in (("a", "20T06:30"), ("b", "20T07:00"))]
    assert [one["state"] for one in nightly] == ["ok", "ok"]
    assert notes([new]) == [
        "new: no previous report has digest files of this account. Verify cannot see whether all digest files of a region other than the home"
        " region were deleted. The next verify compares with this report"]
    assert notes([later({REGION: "05:00"}, {REGION: "06:00"})]) == []
    assert notes(nightly) == [
        "a, b: neither this verify nor the previous one validated the log files from 2026-11-20T06:30:00Z to 2026-11-21T04:34:10Z. To"
        " validate them, set audit_logs_digest_hours to 25 or more"]
    nightly[0]["digests"]["unvalidated"] = {"from": "2025-11-20T06:30:00Z", "to": "2026-11-21T04:34:10Z"}
    assert notes(nightly)[0].endswith("Verify cannot validate them, because they are more than 8760 hours old")
    assert len(notes([new] * 200 + nightly * 100)) == 2


def test_the_key_of_the_log_group_keeps_nothing_from_the_bucket():
    of_group = plan("log group g", {}, ["kms_key_id"], {"kms_key_id": None}, {"kms_key_id": "arn"})
    host = member_host(audit_logs_aws_status={"status": {"latest_delivery_error": "AccessDenied"}})
    host["aws_trail_plan"].update(log_group=of_group, iam_role=plan("IAM role r", {}))
    found = verdict(host, archive_host(audit_logs_aws_arrived={"probes": {TEAM_A: UNSEEN}}))
    assert found["probe"]["causes"] == ["CloudTrail can't deliver to the bucket: AccessDenied", RCP]


def test_where_a_trail_has_delivered_to_is_not_its_word():
    elsewhere = trail_plan(changes=["s3_bucket_name"], before={"s3_bucket_name": "other"}, after={"s3_bucket_name": BUCKET})
    status = {"status": {"latest_delivery_time": "2026-11-21T06:40:00Z"}}
    found = verdict(member_host(trail=elsewhere, audit_logs_aws_status=status))
    assert found["probe"]["state"] == "missing"
    assert found["reason"] == f"trail {TRAIL} delivers to the bucket other, not to {BUCKET}"


def test_lines_have_failures_first():
    results = [
        {**verdict(member_host(TEAM_A), archive_host()), "name": "fine"},
        {**verdict(member_host(TEAM_B, trail_plan(**NOTHING)), archive_host()), "name": "bad"},
        {**verdict(member_host(TEAM_A, SINGLE_REGION), archive_host()), "name": "weak"},
        {**verdict(member_host(audit_logs_aws_status={"status": {"latest_delivery_time": "2026-11-21T06:40:00Z"}})),
         "name": "theirs"},
    ]
    lines = of_results(results)
    assert [line.split()[0] for line in lines] == ["FAILED", "warning", "ok", "ok"]
    assert lines[0].endswith(f"bad  posture: trail {TRAIL} records no management events: correct its event selectors; arrived after 3 s")
    assert lines[2].endswith("fine  arrived after 3 s")
    assert lines[3].endswith("theirs  the trail has delivered since")
