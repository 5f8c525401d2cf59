# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check notices a cloud that does something else: the local cloud, or a client of it, is broken accordingly."""
from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
from clouds.alibaba import delivery as alibaba_delivery
from clouds.alibaba import service_roles
from clouds.alibaba.actiontrail import state as actiontrail
from clouds.alibaba.actiontrail import trails as alibaba_trails
from clouds.aws import Windows, mends
from clouds.aws.cloudtrail import deliveries, description, target
from clouds.aws.errors import AwsError
from conformance import alibaba, aws
from conformance.alibaba.account import Alibaba, Refused
from conformance.check import AS_ASSUMED, OTHERWISE
from helpers.aws import faults

CHECKS = {f"{name}-{check.name}": check for name, package in (("aws", aws), ("alibaba", alibaba)) for check in package.CHECKS}


# AWS

def errors_stay(patch, _cloud, _account):
    def note(outcome, moment, error):
        outcome.attempted, outcome.error = moment, error or outcome.error
        outcome.succeeded = outcome.succeeded if error else moment

    patch.setattr(deliveries.Outcome, "note", note)


def acls_are_not_needed(patch, _cloud, _account):
    allows = target.allows
    patch.setattr(target, "allows", lambda policy, owner, action, *rest: action == "s3:GetBucketAcl" or allows(policy, owner, action, *rest))


def decrypt_is_not_needed(patch, _cloud, _account):
    allows = target.allows
    patch.setattr(target, "allows", lambda policy, owner, action, *rest: action == "kms:Decrypt" or allows(policy, owner, action, *rest))


def empty_strings_are_ignored(patch, _cloud, _account):
    def ignore(request):
        for name in [name for name, value in request.parameters.items() if value == ""]:
            request.change(name, None)

    name = "cloudtrail", "UpdateTrail"
    patch.setitem(mends.BEFORE, name, [ignore, *mends.BEFORE[name]])


def not_sent(*keys):
    """CloudTrail's requests have no such condition keys."""
    def without(patch, _cloud, _account):
        context = target.Target.context.fget
        patch.setattr(target.Target, "context", property(lambda self: {
            key: value for key, value in context(self).items() if key not in keys}))

    return without


def roles_are_seen_late(patch, _cloud, _account):
    faults.refuse(patch, "CreateTrail", ["InvalidCloudWatchLogsRoleArnException"] * 30)


def trails_are_seen_late(patch, cloud, _account):
    patch.setattr(cloud, "windows", Windows(new_trail=1))


def lifecycles_are_refused(patch, _cloud, _account):
    def refuse(_request):
        raise AwsError("InvalidArgument", "The local AWS refuses this call for a test.", 400)

    patch.setitem(mends.BEFORE, ("s3", "PutBucketLifecycleConfiguration"), [refuse])


def files_have_tags(patch, _cloud, account):
    patch.setattr(account.client("s3"), "get_object_tagging", lambda **_parameters: {"TagSet": [{"Key": "owner", "Value": "CloudTrail"}]})


def digests_are_late(patch, _cloud, _account):
    deliver = deliveries.Deliveries._deliver_digest  # pylint: disable=protected-access

    def wait(self, chain, moment):
        if moment < chain.end + 3000:
            self.agenda.add(chain.end + 3000, partial(wait, self, chain))
        else:
            deliver(self, chain, moment)

    patch.setattr(deliveries.Deliveries, "_deliver_digest", wait)


def a_probe_is_not_recorded(patch, _cloud, account):
    patch.setattr(account.cloudtrail, "remove_tags", lambda **_parameters: None)


def names_find_shadows(patch, _cloud, _account):
    visible = description.visible_trails
    patch.setattr(description, "visible_trails", lambda account, region, shadow=True: visible(account, region))


def roles_are_reset(patch, _cloud, account):
    iam = account.client("iam")
    update = iam.update_role
    patch.setattr(iam, "update_role", lambda **parameters: update(**parameters, Description="", MaxSessionDuration=3600))


# Alibaba Cloud

def calls(patch, operation, change):
    """Let a function answer some calls: it gets the real call and the parameters."""
    call = Alibaba.call

    def changed(account, product, name, *path, **parameters):
        def real(**others):
            return call(account, product, name, *path, **{**parameters, **others})

        return change(real, parameters) if name == operation else real()

    patch.setattr(Alibaba, "call", changed)


def refused_with(operation, code, times=1, only=lambda parameters: True):
    def refuse(patch, _cloud, _account):
        left = [None] * times

        def change(real, parameters):
            if left and only(parameters):
                left.pop()
                raise Refused(operation, code)
            return real()

        calls(patch, operation, change)

    return refuse


def answered(operation, change):
    return lambda patch, _cloud, _account: calls(patch, operation, change)


def ids_are_longer(_patch, cloud, _account):
    cloud.add_account("2" * 17)


def logstores_are_created_again(patch, _cloud, _account):
    patch.setattr(actiontrail.Delivery, "created_in", property(lambda self: "", lambda self, value: None), raising=False)


def delivery_errors_go(patch, _cloud, _account):
    succeed = actiontrail.Delivery.succeed

    def clear(delivery, moment):
        succeed(delivery, moment)
        delivery.error = ""

    patch.setattr(actiontrail.Delivery, "succeed", clear)


def topics_are_others(patch, _cloud, _account):
    of_trail = alibaba_delivery._of_trail  # pylint: disable=protected-access
    patch.setattr(alibaba_delivery, "_of_trail", lambda *arguments: (replace(item, topic="other") for item in of_trail(*arguments)))


def roles_are_not_checked(patch, _cloud, _account):
    patch.setattr(alibaba_trails, "why_not", lambda *_arguments: "")


def longer_trust_policies(real, parameters):
    if len(parameters["NewAssumeRolePolicyDocument"]) > 4096:
        raise Refused("UpdateRole", "InvalidParameter.NewAssumeRolePolicyDocument.Length")
    return {}


def one_action_is_not_needed(patch, _cloud, _account):
    why_not = service_roles.why_not

    def without(cloud, account_id, role, names, needs):
        return why_not(cloud, account_id, role, names, [need for need in needs if need[0] != "log:CreateApp"])

    patch.setattr(service_roles, "why_not", without)


def without_sid(text):
    document = json.loads(text)
    document["Statement"][0].pop("Sid", None)
    return json.dumps(document)


BROKEN = {
    "aws-bucket-key": decrypt_is_not_needed,
    "aws-delivery-error": errors_stay,
    "aws-delivery-needs": acls_are_not_needed,
    "aws-digests": digests_are_late,
    "aws-empty-strings": empty_strings_are_ignored,
    "aws-log-group-role": not_sent("aws:SourceArn"),
    "aws-new-role": roles_are_seen_late,
    "aws-object-size": lifecycles_are_refused,
    "aws-object-tags": files_have_tags,
    "aws-probes": a_probe_is_not_recorded,
    "aws-source-account": not_sent("aws:SourceAccount"),
    "aws-source-arn": not_sent("aws:SourceArn"),
    "aws-source-organization": not_sent("aws:SourceOrgID"),
    "aws-trail-names": names_find_shadows,
    "aws-update-role": roles_are_reset,
    "alibaba-account-ids": ids_are_longer,
    "alibaba-attached-policy": refused_with("DeletePolicy", "DeleteConflict.Policy.Role"),
    "alibaba-chained-session": refused_with("AssumeRole", "InvalidParameter.DurationSeconds", only=lambda sent: sent.get("DurationSeconds") == 7200),
    "alibaba-collection-policy": refused_with("UpsertCollectionPolicy", "InvalidParameter"),
    "alibaba-deleted-logstore": logstores_are_created_again,
    "alibaba-delivery-error": delivery_errors_go,
    "alibaba-denied-call": answered("LookupEvents", lambda real, sent: {"Events": []}),
    "alibaba-log-audit": one_action_is_not_needed,
    "alibaba-new-project": refused_with("GetProject", "ProjectForbidden", times=20),
    "alibaba-policy-grammar": answered("CreatePolicy", lambda real, sent: real(PolicyDocument=without_sid(sent["PolicyDocument"]))),
    "alibaba-tag-codes": refused_with("TagResources", "InvalidParameter.Tag"),
    "alibaba-trail-events": topics_are_others,
    "alibaba-trail-role": roles_are_not_checked,
    "alibaba-trust-policy-length": answered("UpdateRole", longer_trust_policies),
    "alibaba-update-logstore": answered("UpdateLogStore", lambda real, sent: real(autoSplit=False)),
    "alibaba-update-trail": answered("UpdateTrail", lambda real, sent: real(EventRW="All")),
}


@pytest.mark.parametrize("name", [name for name in BROKEN if not CHECKS[name].slow])
def test_otherwise(run, monkeypatch, name):
    notice(run, monkeypatch, name)


@pytest.mark.full
@pytest.mark.parametrize("name", [name for name in BROKEN if CHECKS[name].slow])
def test_otherwise_in_slow_checks(run, monkeypatch, name):
    notice(run, monkeypatch, name)


def notice(run, monkeypatch, name):
    [observation] = run(name, broken=lambda cloud, account: BROKEN[name](monkeypatch, cloud, account))
    assert (observation["answer"], observation["error"]) == (OTHERWISE, None)


def test_a_trail_that_is_seen_late(run, monkeypatch):
    """The entry says that a trail may be missing at first, which one trail can't refute."""
    [observation] = run("aws-new-trail", broken=lambda cloud, account: trails_are_seen_late(monkeypatch, cloud, account))
    assert observation["answer"] == AS_ASSUMED and observation["facts"]["listed_at_once"] is False


def never_activated(_patch, cloud, account):
    cloud.cloud.account(account.account).has_sls = False


def lists_projects_without_activation(patch, cloud, account):
    never_activated(patch, cloud, account)
    calls(patch, "ListProject", lambda real, sent: {"projects": []})


@pytest.mark.parametrize("broken, answer, inactive", [
    (never_activated, AS_ASSUMED, {"GetProject": True, "ListProject": True}),
    (lists_projects_without_activation, OTHERWISE, {"GetProject": True, "ListProject": False}),
])
def test_an_account_without_simple_log_service(run, monkeypatch, broken, answer, inactive):
    """It stays without: the check activates nothing."""
    states = []

    def prepare(cloud, account):
        broken(monkeypatch, cloud, account)
        states.append(cloud.cloud.account(account.account))

    [observation] = run("alibaba-sls-activation", broken=prepare)
    assert (observation["answer"], observation["error"], observation["facts"]["inactive"]) == (answer, None, inactive)
    assert not states[0].has_sls


def test_sls_that_does_not_say_whether_it_is_active(run, monkeypatch):
    [observation] = run("alibaba-sls-activation", broken=lambda cloud, account: refused_with("GetSlsService", "Unauthorized")(
        monkeypatch, cloud, account))
    assert (observation["answer"], observation["facts"]) == (OTHERWISE, {"code_of_get_sls_service": "Unauthorized"})


def test_every_check_can_answer_otherwise():
    """Checks that answer so on the local cloud as it is are proven by their answer."""
    assert {name for name, check in CHECKS.items() if check.local_answer == AS_ASSUMED} == set(BROKEN)
