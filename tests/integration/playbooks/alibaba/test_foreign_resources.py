# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in the accounts is byte for byte the same after each run, whether it ends well or is refused."""
from __future__ import annotations

import pytest
from helpers.alibaba import foreign
from helpers.alibaba.deployments import (
    ARCHIVE, MEMBERS, MONITOR, MONITOR_POLICY, PROJECT, TRAIL, WRITE_ROLE, delegate, inventory_of,
)
from helpers.alibaba.dumps import dump
from helpers.dumps import CONTENTS, part, text
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
ACCOUNTS = [ARCHIVE, MEMBERS["shop"], MEMBERS["blog"]]
OTHERS = {"managed-by": "terraform"}
COLLECTION = [
    {"name": "events", "product_code": "actiontrail", "data_code": "audit_event"},
    {"name": "oss-access", "product_code": "oss", "data_code": "access_log"},
]
RUNS = {
    "setup": ("setup",), "again": ("setup",), "verify": ("verify", *SOON), "destroy": ("destroy",),
    "destroy with logs": ("destroy", *DELETE),
}
INVENTORIES = {
    "actiontrail": inventory_of("actiontrail", members=2),
    "collection_policies": inventory_of("collection_policies", members=2, alibaba_collection_policies=COLLECTION),
    "log_audit": inventory_of("log_audit", members=2, alibaba_log_audit_archive_central_roles="custom"),
    "resource_directory": inventory_of("resource_directory", members=2),
}


@pytest.mark.full
@pytest.mark.parametrize("mode", INVENTORIES)
def test_nothing_changes(alibaba, alibaba_playbooks, mode):
    delegate(alibaba)
    for account in ACCOUNTS:
        foreign.place(alibaba, account)
    if mode in ("actiontrail", "collection_policies"):
        foreign.collect(alibaba, ARCHIVE)
    before = dump(alibaba, *ACCOUNTS)
    for name, command in RUNS.items():
        run = alibaba_playbooks.run(*command, inventory=INVENTORIES[mode])
        assert run.status == 0, run.output
        assert text(part(dump(alibaba), before)) == text(before), name
    for account in ACCOUNTS:
        foreign.write_elsewhere(alibaba, account)
        place = f"{account} logstores {foreign.other_project(account)}/actiontrail_{foreign.OTHER_TRAIL} {CONTENTS}"
        assert len(dump(alibaba)[place]) == len(before[place]) + 1


def project(alibaba):
    foreign.create(alibaba, ARCHIVE, "sls_project", name=PROJECT, tags=OTHERS)
    foreign.create(alibaba, ARCHIVE, "sls_logstore", project=PROJECT, name="flow-logs", ttl=30)


def write_role(alibaba):
    foreign.create(alibaba, ARCHIVE, "ram_role", name=WRITE_ROLE, trusted_services=["ecs.aliyuncs.com"], tags=OTHERS)


def trail(alibaba):
    shop = MEMBERS["shop"]
    foreign.place(alibaba, shop)
    foreign.create(
        alibaba, shop, "actiontrail_trail", name=TRAIL, trail_region=["cn-beijing"], event_rw="Write",
        sls_project_arn=f"acs:log:cn-hangzhou:{shop}:project/{foreign.other_project(shop)}",
        sls_write_role_arn=f"acs:ram::{shop}:role/{WRITE_ROLE}-2",
    )


def collection_policy(alibaba):
    foreign.place(alibaba, ARCHIVE)
    foreign.collect(alibaba, ARCHIVE)
    foreign.create_collection_policy(alibaba, ARCHIVE, "oss-access", foreign.other_project(ARCHIVE), foreign.LOGSTORE)


def log_audit(alibaba):
    foreign.place(alibaba, ARCHIVE)
    foreign.collect(alibaba, ARCHIVE)


def monitor_role(alibaba):
    foreign.create(alibaba, MEMBERS["shop"], "ram_role", name=MONITOR, trusted_services=["ecs.aliyuncs.com"], tags=OTHERS)


def monitor_policy(alibaba):
    document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}]}
    foreign.create(alibaba, MEMBERS["shop"], "ram_policy", name=MONITOR_POLICY, document=document, tags=OTHERS)


@pytest.mark.full
@pytest.mark.parametrize("make, mode", [
    (project, "actiontrail"), (project, "collection_policies"), (write_role, "actiontrail"), (trail, "actiontrail"),
    (collection_policy, "collection_policies"), (log_audit, "log_audit"), (log_audit, "resource_directory"),
    (monitor_role, "log_audit"), (monitor_policy, "log_audit"),
])
def test_a_name_that_is_taken(alibaba, alibaba_playbooks, make, mode):
    """Setup refuses for the account that has the resource, and destroy leaves the resource alone.

    Destroy fails only for the project of trails: they have no tags, and so belong to whoever manages their project.
    """
    delegate(alibaba)
    make(alibaba)
    before = dump(alibaba, *ACCOUNTS)
    refused = "shop" if make in (trail, monitor_role, monitor_policy) else "root"
    for playbook, *arguments in (("setup",), ("verify", *SOON), ("destroy",), ("destroy", *DELETE)):
        run = alibaba_playbooks.run(playbook, *arguments, inventory=INVENTORIES[mode])
        fails = playbook != "destroy" or (make, mode) == (project, "actiontrail")
        assert (run.status != 0) is fails and "Traceback" not in run.output, run.output
        assert playbook != "setup" or run.lines[refused].startswith("FAILED"), run.output
        assert text(part(dump(alibaba), before)) == text(before), playbook
