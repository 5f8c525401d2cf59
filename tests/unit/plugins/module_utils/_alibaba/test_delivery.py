# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May Log Audit Service and ActionTrail do their work? What roles do not allow, said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import delivery, documents

ROLES = Path(delivery.__file__).parents[3] / "roles"
ARCHIVE, MEMBER, OTHER = "1234567890123456", "2234567890123456", "3234567890123456"
PROJECT = f"acs:log:cn-hangzhou:{ARCHIVE}:project/example-audit-logs"
READ_ONLY = delivery.SYSTEM_POLICIES["ReadOnlyAccess"]
DELIVERY = delivery.SYSTEM_POLICIES["AliyunActionTrailDeliveryPolicy"]


def of_role(role, variable):
    """A document of a role's variables."""
    return yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text(encoding="utf-8"))[f"{role}_{variable}"]


MONITOR = of_role("alibaba_log_audit_member", "newest_document")
DISPATCH = of_role("alibaba_log_audit_archive", "dispatch_policies")[0]["document"]


def trust(*services):
    return documents.trust_policy(list(services), [])


def monitor(trusted=(f"{ARCHIVE}@log.aliyuncs.com",), policies=(MONITOR, READ_ONLY), member=MEMBER):
    return delivery.monitor_role_problems(trust(*trusted), list(policies), "sls-audit-service-monitor", ARCHIVE, member)


def test_what_the_roles_make_is_enough():
    assert monitor() == []
    assert monitor(("log.aliyuncs.com",), member=ARCHIVE) == []
    dispatch = trust("log.aliyuncs.com", f"{MEMBER}@log.aliyuncs.com")
    assert delivery.dispatch_role_problems(dispatch, [DISPATCH], "dispatch", [MEMBER, ARCHIVE], ARCHIVE) == []
    writer = trust(f"{MEMBER}@actiontrail.aliyuncs.com", f"{ARCHIVE}@actiontrail.aliyuncs.com")
    for account in (MEMBER, ARCHIVE):
        assert delivery.write_role_problems(writer, [DELIVERY], "writer", account, PROJECT) == []


KUBERNETES = "acs:log:*:*:project/k8s-*"
OTHERS = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": KUBERNETES}]}
NO_TRUST = "the trust policy of role {} has no statement that allows {} sts:AssumeRole"
NOT_ALLOWED = "the policies of role {} have no statement that allows {} on {}"
APPLICATION = f"acs:log:*:{MEMBER}:app/audit"
REGIONAL = f"acs:log:*:{MEMBER}:project/slsaudit-region-{MEMBER}-*"
CENTRAL = f"acs:log:*:{ARCHIVE}:project/slsaudit-center-{ARCHIVE}-*"
MONITOR_ROLE = "sls-audit-service-monitor"


def changed(document, number, **elements):
    """A document of which one statement has other elements; None takes one away."""
    statements = list(document["Statement"])
    statement = {**statements[number], **elements}
    statements[number] = {name: value for name, value in statement.items() if value is not None}
    return {**document, "Statement": statements}


def also(document, **statement):
    return {**document, "Statement": [*document["Statement"], statement]}


@pytest.mark.parametrize(
    ("services", "problems"),
    [
        ([f"{ARCHIVE}@log.aliyuncs.com", "log.aliyuncs.com"], []),
        (
            ["log.aliyuncs.com"],
            [": statement 1 comes closest, but its Principal is log.aliyuncs.com"],
        ),
        (
            [f"{OTHER}@log.aliyuncs.com", "log.aliyuncs.com"],
            [f": statement 1 comes closest, but its Principal is {OTHER}@log.aliyuncs.com, log.aliyuncs.com"],
        ),
        ([f"{ARCHIVE}@actiontrail.aliyuncs.com"],
         [f": statement 1 comes closest, but its Principal is {ARCHIVE}@actiontrail.aliyuncs.com"]),
    ],
)
def test_trust_of_the_monitor_role(services, problems):
    no_trust = NO_TRUST.format(MONITOR_ROLE, f"{ARCHIVE}@log.aliyuncs.com")
    assert monitor(services) == [f"{no_trust}{problem}" for problem in problems]


def test_trust_in_accounts_is_none_in_services():
    trusting = documents.trust_policy([], [ARCHIVE])
    assert delivery.monitor_role_problems(trusting, [MONITOR, READ_ONLY], MONITOR_ROLE, ARCHIVE, MEMBER) == [
        NO_TRUST.format(MONITOR_ROLE, f"{ARCHIVE}@log.aliyuncs.com")
    ]
    denied = also(trust(f"{ARCHIVE}@log.aliyuncs.com"), Effect="Deny", Action="sts:AssumeRole",
                  Principal={"Service": [f"{ARCHIVE}@log.aliyuncs.com"]})
    assert delivery.monitor_role_problems(denied, [MONITOR, READ_ONLY], MONITOR_ROLE, ARCHIVE, MEMBER) == [
        f"statement 2 of the trust policy of role {MONITOR_ROLE} denies {ARCHIVE}@log.aliyuncs.com sts:AssumeRole"
    ]


def test_a_role_that_does_not_exist_trusts_nobody():
    assert delivery.write_role_problems(None, [DELIVERY], "writer", MEMBER, PROJECT) == [
        NO_TRUST.format("writer", f"{MEMBER}@actiontrail.aliyuncs.com")
    ]


@pytest.mark.parametrize(
    ("policies", "sentences"),
    [
        ([MONITOR, READ_ONLY, OTHERS], []),
        ([changed(MONITOR, 0, Action=["log:Create*", "log:Post*"]), READ_ONLY], []),
        ([changed(MONITOR, 0, Condition={"Bool": {"acs:SecureTransport": "true"}}), READ_ONLY], []),
        ([changed(MONITOR, 0, Action=None, NotAction="log:Delete*"), READ_ONLY], []),
        (
            [MONITOR, OTHERS],
            [NOT_ALLOWED.format(MONITOR_ROLE, "actiontrail:LookupEvents", "*")],
        ),
        (
            [changed(MONITOR, 0, Resource="acs:log:*:*:project/slsaudit-*"), READ_ONLY],
            [
                NOT_ALLOWED.format(MONITOR_ROLE, "log:CreateApp", APPLICATION)
                + ": statement 1 of policy 1 comes closest, but its Resource is acs:log:*:*:project/slsaudit-*"
            ],
        ),
        (
            [
                changed(MONITOR, 0, Resource=["acs:log:*:*:project/slsaudit-center-*", "acs:log:*:*:app/audit"]),
                READ_ONLY,
            ],
            [
                NOT_ALLOWED.format(MONITOR_ROLE, "log:CreateProject", REGIONAL)
                + ": statement 1 of policy 1 comes closest, but its Resource is acs:log:*:*:project/slsaudit-center-*,"
                " acs:log:*:*:app/audit"
            ],
        ),
        (
            [
                changed(MONITOR, 0, Resource=[f"acs:log:*:{OTHER}:project/slsaudit-*", "acs:log:*:*:app/audit"]),
                READ_ONLY,
            ],
            [
                NOT_ALLOWED.format(MONITOR_ROLE, "log:CreateProject", REGIONAL)
                + f": statement 1 of policy 1 comes closest, but its Resource is acs:log:*:{OTHER}:project/slsaudit-*,"
                " acs:log:*:*:app/audit"
            ],
        ),
        (
            [changed(MONITOR, 0, Action=None, NotAction=["log:Create*"]), READ_ONLY],
            [
                NOT_ALLOWED.format(MONITOR_ROLE, action, resource)
                + f": statement 1 of policy 1 comes closest, but its NotAction leaves {action} out"
                for action, resource in (("log:CreateApp", APPLICATION), ("log:CreateProject", REGIONAL))
            ],
        ),
        (
            [also(MONITOR, Effect="Deny", Action="log:*", Resource="*"), READ_ONLY],
            [f"statement 4 of policy 1 of role {MONITOR_ROLE} denies log:CreateApp and log:CreateProject on *"],
        ),
    ],
)
def test_policies_of_the_monitor_role(policies, sentences):
    assert monitor(policies=policies) == sentences


def test_the_dispatch_role():
    trusted = [f"{MEMBER}@log.aliyuncs.com", "log.aliyuncs.com"]

    def problems(document, *members):
        return delivery.dispatch_role_problems(trust(*trusted), [document], "dispatch", list(members), ARCHIVE)

    assert problems(DISPATCH, MEMBER, ARCHIVE) == []
    assert problems(DISPATCH, MEMBER, OTHER) == [
        NO_TRUST.format("dispatch", f"{OTHER}@log.aliyuncs.com")
        + f": statement 1 comes closest, but its Principal is {', '.join(sorted(trusted))}"
    ]
    assert problems(OTHERS, MEMBER) == [
        f"the policy of role dispatch has no statement that allows log:PostLogStoreLogs on {CENTRAL}: statement 1 comes"
        " closest, but its Resource is acs:log:*:*:project/k8s-*"
    ]


def test_the_write_role():
    trusting = trust(f"{MEMBER}@actiontrail.aliyuncs.com")

    def problems(document, trusted, **options):
        return delivery.write_role_problems(trusted, [document], "writer", MEMBER, PROJECT, **options)

    assert problems(DELIVERY, trusting) == []
    assert problems(DELIVERY, trust("actiontrail.aliyuncs.com")) == [
        NO_TRUST.format("writer", f"{MEMBER}@actiontrail.aliyuncs.com")
        + ": statement 1 comes closest, but its Principal is actiontrail.aliyuncs.com"
    ]
    restricted = changed(DELIVERY, 1, Resource=f"{PROJECT}/logstore/actiontrail_audit-logs")
    assert problems(restricted, trusting) == []
    logstore = f"{PROJECT}/logstore/actiontrail_second"
    assert problems(restricted, trusting, trail_name="second") == [
        f"the policy of role writer has no statement that allows {action} on {logstore}: statement 2 comes closest,"
        " but its"
        f" Resource is {PROJECT}/logstore/actiontrail_audit-logs"
        for action in ("log:CreateLogStore", "log:PostLogStoreLogs")
    ]
    no_making = changed(DELIVERY, 1, Action=["log:PostLogStoreLogs", "log:GetLogstore"])
    assert problems(no_making, trusting) == [
        "the policy of role writer has no statement that allows log:CreateLogStore on"
        f" {PROJECT}/logstore/actiontrail_audit"
        "-logs: statement 2 comes closest, but its Action is log:PostLogStoreLogs, log:GetLogstore"
    ]
    at_home = trust("actiontrail.aliyuncs.com")
    assert delivery.write_role_problems(at_home, [DELIVERY], "writer", ARCHIVE, PROJECT) == []
