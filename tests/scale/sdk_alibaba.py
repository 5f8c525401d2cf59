# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare script with the Alibaba Cloud SDKs that makes what our playbooks make there: the yardstick of the benchmark.

``python sdk_alibaba.py JOB.json``: threads in one process. It reads before it writes, and knows nothing of plans, check
mode, other people's resources, retries or failures.
"""
from __future__ import annotations

import json
import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from alibabacloud_actiontrail20200706 import models as actiontrail_models
from alibabacloud_actiontrail20200706.client import Client as ActionTrail
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_sls20201230 import models as sls_models
from alibabacloud_sls20201230.client import Client as Sls
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

Job = dict[str, Any]
# As the playbooks name it, so that their calls and these can be compared.
SESSION = "crossaccount.audit_logs"
DEADLINE = 60  # seconds until all probes have arrived
_LOGSTORE = "actiontrail_log"


def main(path: str) -> None:
    """Do the job in a file; jobs.alibaba says what is in it."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    if not job["members"]:
        return
    config = partial(Config, protocol="HTTP", http_proxy=job["url"], region_id=job["region"])
    sts = Sts(config(
        endpoint="sts.aliyuncs.com", access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    ))
    do_member = {"present": make_member, "verified": verify_member, "absent": remove_member}[job["state"]]
    # Members are added to the service after they can be collected from, and removed before they no longer can.
    if job["state"] == "absent":
        write_map(open_session(sts, config, job, job["archive"]), job["map"])
    with ThreadPoolExecutor(job["threads"]) as threads:
        found = list(threads.map(lambda account: do_member(job, open_session(sts, config, job, account)), job["members"]))
    if job["state"] != "absent":
        archive = open_session(sts, config, job, job["archive"])
        make_archive(job, archive)
        if job["state"] == "verified":
            wait_for(job, archive, found)


def open_session(sts: Any, config: Any, job: Job, account: str) -> Any:
    """A configuration of clients with a session in an account; lacks their endpoint."""
    found = sts.assume_role(sts_models.AssumeRoleRequest(
        role_arn=f"acs:ram::{account}:role/{job['role'].lower()}", role_session_name=SESSION
    )).body.credentials
    return partial(config, access_key_id=found.access_key_id, access_key_secret=found.access_key_secret,
                   security_token=found.security_token)


def ask(call: Any, missing: str) -> Any:
    """The answer's body; None if the service says that there is none."""
    try:
        return call().body
    except Exception as error:  # the SDKs raise classes of several packages
        if getattr(error, "code", None) == missing:
            return None
        raise


# The archive

def make_archive(job: Job, config: Any) -> None:
    """Make the role of the service and what it collects from whom what they should be."""
    ram = Ram(config(endpoint="ram.aliyuncs.com"))
    role = ram_models.GetRoleRequest(role_name=job["service_linked_role"])
    if ask(lambda: ram.get_role(role), "EntityNotExist.Role") is None:
        ram.create_service_linked_role(
            ram_models.CreateServiceLinkedRoleRequest(service_name="audit.log.aliyuncs.com")
        )
    write_map(config, job["map"])
    tag_project(Sls(config(endpoint=f"{job['region']}.log.aliyuncs.com")), job["map"]["project"], job["tags"])


def tag_project(sls: Any, project: str, wanted: dict[str, str]) -> None:
    """Set the tags of the project, if they are missing."""
    found = sls.list_tag_resources(sls_models.ListTagResourcesRequest(resource_type="project", resource_id=[project])).body
    if {tag.tag_key: tag.tag_value for tag in found.tag_resources or []} != wanted:
        sls.tag_resources(sls_models.TagResourcesRequest(resource_type="project", resource_id=[project], tags=[
            sls_models.TagResourcesRequestTags(key, value) for key, value in wanted.items()]))


def write_map(config: Any, wanted: dict[str, str]) -> None:
    """Give Log Audit Service the map of what is collected from whom."""
    client = OpenApi(config(endpoint="sls.aliyuncs.com"))

    def call(action: str, **parameters: str) -> Any:
        how = Params(action=action, version="2019-10-23", style="RPC", method="POST", auth_type="AK", pathname="/",
                     protocol="HTTPS", req_body_type="formData", body_type="json")
        return client.call_api(how, OpenApiRequest(body=parameters), RuntimeOptions())["body"]

    try:
        app = call("DescribeApp", AppName="audit")["AppModel"]
        current = json.loads(app["Config"])["initParam"]
    except Exception as error:  # the SDK raises classes of several packages
        if getattr(error, "code", None) != "AppNotExist":
            raise
        current = {}
    # What was sent as text may come back as a number or a boolean.
    if any(key not in current or said(current[key]) != value for key, value in wanted.items()):
        call("AnalyzeAppLog", AppType="audit", DisplayName="audit", VariableMap=json.dumps(wanted))


def said(value: Any) -> str:
    """A value of the map, as text."""
    return value if isinstance(value, str) else json.dumps(value)


# The members

def make_member(job: Job, config: Any) -> None:
    """Make the policy and the role with which the service collects what they should be."""
    ram = Ram(config(endpoint="ram.aliyuncs.com"))
    make_policy(ram, job["policy"], job["tags"])
    make_role(ram, job["monitor_role"], job["tags"])


def make_policy(ram: Any, wanted: dict[str, Any], tags: dict[str, str]) -> None:
    """Make the policy what it should be."""
    name, document = wanted["name"], json.dumps(wanted["document"], separators=(",", ":"))
    asked = ram_models.GetPolicyRequest(policy_name=name, policy_type="Custom")
    found = ask(lambda: ram.get_policy(asked), "EntityNotExist.Policy")
    if found is None:
        ram.create_policy(ram_models.CreatePolicyRequest(
            policy_name=name, policy_document=document,
            tag=[ram_models.CreatePolicyRequestTag(key, value) for key, value in tags.items()],
        ))
        return
    if json.loads(found.default_policy_version.policy_document) != wanted["document"]:
        ram.create_policy_version(ram_models.CreatePolicyVersionRequest(
            policy_name=name, policy_document=document, set_as_default=True
        ))
    mend_tags(ram, "policy", name, tags)


def make_role(ram: Any, wanted: dict[str, Any], tags: dict[str, str]) -> None:
    """Make the role what it should be."""
    name, trust = wanted["name"], json.dumps(wanted["trust"], separators=(",", ":"))
    found = ask(lambda: ram.get_role(ram_models.GetRoleRequest(role_name=name)), "EntityNotExist.Role")
    attached = set()
    if found is None:
        ram.create_role(ram_models.CreateRoleRequest(
            role_name=name, assume_role_policy_document=trust,
            tag=[ram_models.CreateRoleRequestTag(key, value) for key, value in tags.items()],
        ))
    else:
        if json.loads(found.role.assume_role_policy_document) != wanted["trust"]:
            ram.update_role(ram_models.UpdateRoleRequest(role_name=name, new_assume_role_policy_document=trust))
        attached = policies_of(ram, name)
        mend_tags(ram, "role", name, tags)
    for policy, kind in sorted({tuple(one) for one in wanted["policies"]} - attached):
        ram.attach_policy_to_role(ram_models.AttachPolicyToRoleRequest(
            policy_name=policy, policy_type=kind, role_name=name
        ))


def verify_member(job: Job, config: Any) -> str:
    """Read the member back, which is as it should be, and create a probe in it; returns its mark."""
    make_member(job, config)
    mark = f"probe-{uuid.uuid4().hex[:26]}"
    ActionTrail(config(endpoint=f"actiontrail.{job['region']}.aliyuncs.com")).describe_trails(
        actiontrail_models.DescribeTrailsRequest(name_list=mark))
    return mark


def wait_for(job: Job, config: Any, marks: list[str]) -> None:
    """Wait until the probes of the members are in the project, searching for thirty at a time."""
    client, begin = Sls(config(endpoint=f"{job['region']}.log.aliyuncs.com")), int(time.time()) - 900
    client.get_index(job["map"]["project"], _LOGSTORE)
    client.get_log_store(job["map"]["project"], _LOGSTORE)
    deadline = time.monotonic() + DEADLINE
    while marks:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(marks)} probes did not arrive in {job['map']['project']} within {DEADLINE} seconds")
        query = " or ".join(f'"{mark}"' for mark in marks[:30])
        found = client.get_logs(job["map"]["project"], _LOGSTORE, sls_models.GetLogsRequest(
            from_=begin, to=int(time.time()) + 900, query=query, line=100)).body
        text = json.dumps(found.to_map())
        left = [mark for mark in marks if mark not in text]
        if len(left) == len(marks):
            time.sleep(1)
        marks = left


def policies_of(ram: Any, role: str) -> set[tuple[str, str]]:
    """Names and kinds of the policies that a role has."""
    found = ram.list_policies_for_role(ram_models.ListPoliciesForRoleRequest(role_name=role)).body.policies.policy
    return {(policy.policy_name, policy.policy_type) for policy in found}


def tags_of(ram: Any, kind: str, name: str) -> dict[str, str]:
    """The tags of a role or a policy."""
    asked = ram_models.ListTagResourcesRequest(resource_type=kind, resource_names=[name])
    return {tag.tag_key: tag.tag_value for tag in ram.list_tag_resources(asked).body.tag_resources}


def mend_tags(ram: Any, kind: str, name: str, wanted: dict[str, str]) -> None:
    """Set the tags that are missing."""
    if tags_of(ram, kind, name) != wanted:
        ram.tag_resources(ram_models.TagResourcesRequest(
            resource_type=kind, resource_names=[name],
            tag=[ram_models.TagResourcesRequestTag(key, value) for key, value in wanted.items()],
        ))


def remove_member(job: Job, config: Any) -> None:
    """Delete role and policy, if they carry our tags."""
    ram = Ram(config(endpoint="ram.aliyuncs.com"))
    role, policy = job["monitor_role"]["name"], job["policy"]["name"]
    found = ask(lambda: ram.get_role(ram_models.GetRoleRequest(role_name=role)), "EntityNotExist.Role")
    if found is not None and tags_of(ram, "role", role) == job["tags"]:
        for name, kind in policies_of(ram, role):
            ram.detach_policy_from_role(ram_models.DetachPolicyFromRoleRequest(
                policy_name=name, policy_type=kind, role_name=role
            ))
        ram.delete_role(ram_models.DeleteRoleRequest(role_name=role))
    asked = ram_models.GetPolicyRequest(policy_name=policy, policy_type="Custom")
    if ask(lambda: ram.get_policy(asked), "EntityNotExist.Policy") and tags_of(ram, "policy", policy) == job["tags"]:
        ram.delete_policy(ram_models.DeletePolicyRequest(policy_name=policy))


if __name__ == "__main__":
    main(sys.argv[1])
