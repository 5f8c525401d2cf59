# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in an account on the local Alibaba Cloud: all kinds of resources, with names and tags that are nearly ours."""
from __future__ import annotations

import contextlib
import time

from aliyun.log import LogItem, PutLogsRequest
from alibabacloud_ram20150501 import models as ram
from helpers.alibaba import sls
from helpers.alibaba.clients import REGION, Clients
from helpers.alibaba.deployments import ARCHIVE, PROJECT, TAG, TRAIL, WRITE_ROLE
from helpers.alibaba.identities import allow, attach, make_role, policy
from helpers.alibaba.modules import Account
from helpers.alibaba.ram import SERVICE
from helpers.alibaba.trails import Current
from alibabacloud_sls20201230 import models

# Tags that are nearly ours.
_TAGS = {"managed-by": TAG["managed-by"] + "-2", "name": TAG["managed-by"]}
OTHER_TRAIL = f"{TRAIL}-2"
OTHER_POLICY = "oss-access-2"
_OTHER_ROLE = f"{WRITE_ROLE}-2"
_OTHER_REGION = "cn-beijing"
LOGSTORE = "flow-logs"


def other_project(account_id: str) -> str:
    """The project of an account into which its other trail writes."""
    return f"{PROJECT}-{account_id}"


def place(alibaba, account_id: str) -> None:
    """Place foreign resources in an account.

    Its other trail is for events that write in another region only: no run of ours makes such an event.
    """
    clients, project = Clients(alibaba, alibaba.credential(account_id)), other_project(account_id)
    _project(clients, project)
    _identities(clients, account_id)
    trail = Current(clients)
    trail.call(
        "CreateTrail", Name=OTHER_TRAIL, SlsProjectArn=f"acs:log:{REGION}:{account_id}:project/{project}",
        SlsWriteRoleArn=f"acs:ram::{account_id}:role/{_OTHER_ROLE}", EventRW="Write", TrailRegion=_OTHER_REGION,
    )
    trail.call("StartLogging", Name=OTHER_TRAIL)
    write_elsewhere(alibaba, account_id)


def collect(alibaba, account_id: str, *, log_audit: bool = True) -> None:
    """Let an account that administers Log Audit Service for the directory collect other logs.

    :param log_audit: also by Log Audit Service, not only by a collection policy.
    """
    create(alibaba, account_id, "ram_service_linked_role", service_name=SERVICE)
    if log_audit:
        create(alibaba, account_id, "log_audit", central_region=REGION, mode="resource_directory", directory_accounts="all",
               products={"oss_metering": {"enabled": True, "ttl": 365}})
    create_collection_policy(alibaba, account_id, OTHER_POLICY, other_project(account_id), LOGSTORE)


def create_collection_policy(alibaba, account_id: str, name: str, project: str, logstore: str) -> None:
    """Create a collection policy for the logs of OSS of all accounts of the directory."""
    create(alibaba, account_id, "sls_collection_policy", name=name, product_code="oss", data_code="access_log",
           centralize_enabled=True, resource_directory={"account_group_type": "all"},
           centralize_config={"dest_region": REGION, "dest_project": project, "dest_logstore": logstore})


def create_trail(alibaba, account_id: str, name: str, project: str, role: str) -> None:
    """Create a trail of an account that writes into a project of the archive, with a role of its own there."""
    clients = Clients(alibaba, alibaba.credential(ARCHIVE))
    service = f"{account_id}@actiontrail.aliyuncs.com"
    make_role(clients, role, policy({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}))
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        role_name=role, policy_name="AliyunActionTrailDeliveryPolicy", policy_type="System"))
    create(alibaba, account_id, "actiontrail_trail", name=name, event_rw="All",
           sls_project_arn=f"acs:log:{REGION}:{ARCHIVE}:project/{project}", sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/{role}")


def create(alibaba, account_id: str, module: str, **options) -> None:
    """Create something with a module of ours, which has to find nothing of it there."""
    result = Account(alibaba, alibaba.credential(account_id)).run(module, **options)
    assert result.get("changed"), result


def write_elsewhere(alibaba, account_id: str) -> None:
    """Make an event for the other trail of an account."""
    with contextlib.suppress(Exception):  # there is no such trail
        Current(Clients(alibaba, alibaba.credential(account_id), _OTHER_REGION)).call("StopLogging", Name="no-such-trail")


def _project(clients, name):
    sls.make_project(clients.sls, name, description="Flow logs")
    sls.tag(clients.sls, "project", name, **_TAGS)
    sls.make_logstore(clients.sls, LOGSTORE, name, ttl=90)
    line = models.IndexLine(token=[",", " "], case_sensitive=False)
    clients.sls.create_index(name, LOGSTORE, sls.index(line=line, keys=None))
    logs = [LogItem(int(time.time()), contents=[("action", action)]) for action in ("ACCEPT", "REJECT")]
    clients.log().put_logs(PutLogsRequest(name, LOGSTORE, "", "192.0.2.9", logs))


def _identities(clients, account_id):
    trust = policy({
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [f"{account_id}@actiontrail.aliyuncs.com"]},
    })
    make_role(clients, _OTHER_ROLE, trust, description="ActionTrail writes")
    name = "write-logs"
    clients.ram.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=allow("log:PostLogStoreLogs")))
    clients.ram.create_policy_version(ram.CreatePolicyVersionRequest(
        policy_name=name, policy_document=allow("log:*"), set_as_default=True,
    ))
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        role_name=_OTHER_ROLE, policy_name=name, policy_type="Custom",
    ))
    clients.ram.create_user(ram.CreateUserRequest(user_name="auditor"))
    attach(clients, "auditor", name)
