# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From setup to destroy while reads are stale and calls are throttled or fail: it converges, without duplicates."""
from __future__ import annotations

import pytest
from helpers.alibaba.deployments import (
    ARCHIVE, CENTRAL_PROJECT, DISPATCH, DISPATCH_POLICY, MEMBERS, MONITOR, MONITOR_POLICY, PROJECT, TRAIL, WRITE_ROLE,
    Account, delegate, inventory_of, writes,
)
from clouds.alibaba import Fault

SHOP = MEMBERS["shop"]
MODES = {
    "log_audit": {
        ARCHIVE: {
            "roles": [DISPATCH, MONITOR], "policies": [DISPATCH_POLICY, MONITOR_POLICY], "projects": [CENTRAL_PROJECT],
        },
        SHOP: {"roles": [MONITOR], "policies": [MONITOR_POLICY]},
    },
    "resource_directory": {ARCHIVE: {"projects": [CENTRAL_PROJECT]}},
    "actiontrail": {ARCHIVE: {"roles": [WRITE_ROLE], "policies": [WRITE_ROLE], "projects": [PROJECT]}, SHOP: {"trails": [TRAIL]}},
}
ATTACHED = {
    DISPATCH: {DISPATCH_POLICY}, MONITOR: {MONITOR_POLICY, "ReadOnlyAccess"},
    WRITE_ROLE: {WRITE_ROLE},
}
BEHIND = 3  # seconds
FAULTS = {
    "behind": Fault(behind=BEHIND),
    "throttled": Fault(throttled=0.3),
    "failed": Fault(failed=0.05),
}
# Seeds with which the first call of five or six writing operations fails, mostly after its work was done.
SEEDS = {"log_audit": 59435, "resource_directory": 80680, "actiontrail": 69712}


def single(account):
    """Each policy has one version, and each role its policies, once."""
    found = account.state()["ram"]
    assert all(len(policy["versions"]) == 1 for policy in found["policies"].values())
    for name, policies in ATTACHED.items():
        if name in found["roles"]:
            attached = [attachment["policy_name"] for attachment in found["attachments"][f"Role/{name}"]]
            assert sorted(attached) == sorted(policies)


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", FAULTS)
def test_life_on_bad_days(alibaba, alibaba_playbooks, kind, mode):
    inventory = inventory_of(mode, alibaba_log_audit_archive_central_roles="custom")
    archive, member = Account(alibaba, ARCHIVE), Account(alibaba, SHOP)
    if mode == "resource_directory":
        delegate(alibaba)
    hits = set()

    def run(playbook, *arguments):
        alibaba.bad_days(FAULTS[kind], seed=SEEDS[mode])
        done = alibaba_playbooks.run(playbook, *arguments, inventory=inventory)
        alibaba.bad_days()
        hits.update(call.status for call in alibaba.calls if call.status >= 500 or "Throttling" in (call.error or ""))
        assert done.status == 0, done.output
        return done

    def held():
        accounts = {ARCHIVE: archive, SHOP: member}
        return {number: holdings for number, account in accounts.items() if (holdings := account.holdings())}

    run("setup")
    assert held() == MODES[mode]
    single(archive)
    single(member)
    logstore = (PROJECT, f"actiontrail_{TRAIL}") if mode == "actiontrail" else (CENTRAL_PROJECT, "actiontrail_log")
    assert len(archive.logs(member.event(), *logstore)) == 1

    writes(alibaba)
    with alibaba.cloud.lock:
        alibaba.cloud.clock.advance(BEHIND)
    again = run("setup")
    assert set(again.changed.values()) == {0}
    assert writes(alibaba) == []

    run("destroy", "-e", "audit_logs_delete_logs=true")
    assert held() == {}
    assert archive.collected() == set()
    assert hits or kind == "behind"
