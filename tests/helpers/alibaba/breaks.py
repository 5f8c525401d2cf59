# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that break deployments of Alibaba Cloud; each is called with an AlibabaDeployment."""
from __future__ import annotations

import json

from helpers.alibaba.clients import Clients
from helpers.alibaba.deployments import ACCESS_ROLE, ARCHIVE, LOG_AUDIT_TAG, PROJECT, TRAIL, WRITE_ROLE, delegate
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls

LINKED_ROLE = "AliyunServiceRoleForSLSAudit"
DELIVERY = "AliyunActionTrailDeliveryPolicy"


def services_of(service, *accounts):
    return [f"{account}@{service}" for account in accounts]


def trust(name, role, *services):
    document = json.dumps({"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}},
    ]})
    return lambda deployment: deployment.client(name, "ram").update_role(ram.UpdateRoleRequest(
        role_name=role, new_assume_role_policy_document=document))


def detach(name, role, policy, kind="Custom"):
    return lambda deployment: deployment.client(name, "ram").detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
        role_name=role, policy_type=kind, policy_name=policy))


def attach(name, role, policy, document):
    def step(deployment):
        client = deployment.client(name, "ram")
        client.create_policy(ram.CreatePolicyRequest(policy_name=policy, policy_document=json.dumps(document)))
        client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=role, policy_type="Custom", policy_name=policy))

    return step


def policy(name, policy_name, change):
    """Change the document of a policy."""
    def step(deployment):
        client = deployment.client(name, "ram")
        found = client.get_policy(ram.GetPolicyRequest(policy_name=policy_name, policy_type="Custom")).body
        document = json.loads(found.default_policy_version.policy_document)
        change(document["Statement"])
        client.create_policy_version(ram.CreatePolicyVersionRequest(
            policy_name=policy_name, policy_document=json.dumps(document), set_as_default=True,
            rotate_strategy="DeleteOldestNonDefaultVersionWhenLimitExceeded"))

    return step


def without_role(name, role):
    def step(deployment):
        client = deployment.client(name, "ram")
        listed = client.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=role)).body.policies.policy
        for one in listed:
            detach(name, role, one.policy_name, one.policy_type)(deployment)
        client.delete_role(ram.DeleteRoleRequest(role_name=role))

    return step


def without_linked_role(deployment):
    deployment.client("root", "ram").delete_service_linked_role(ram.DeleteServiceLinkedRoleRequest(role_name=LINKED_ROLE))


def without_project(name):
    return lambda deployment: deployment.client("root", "sls").delete_project(name, sls.DeleteProjectRequest())


def project_abroad(deployment):
    """The project in another region."""
    without_project(PROJECT)(deployment)
    abroad_sls(deployment).create_project(sls.CreateProjectRequest(project_name=PROJECT, description=""))


def without_project_abroad(deployment):
    abroad_sls(deployment).delete_project(PROJECT, sls.DeleteProjectRequest())


def abroad_sls(deployment):
    return Clients(deployment.alibaba, deployment.accounts["root"].clients.credential, region="cn-shanghai").sls


def without_logstore(name):
    return lambda deployment: deployment.client("root", "sls").delete_log_store(PROJECT, name)


def retention(name, days):
    return lambda deployment: deployment.client("root", "sls").update_log_store(
        PROJECT, name, sls.UpdateLogStoreRequest(logstore_name=name, ttl=days, shard_count=2))


def without_index(name):
    return lambda deployment: deployment.client("root", "sls").delete_index(PROJECT, name)


def index_of(name, field):
    key = sls.IndexKey(type="text", token=list(", \":{}"))
    return lambda deployment: deployment.client("root", "sls").create_index(
        PROJECT, name, sls.CreateIndexRequest(body=sls.Index(keys={field: key})))


def not_listed(account):
    """Take an account off the list of Log Audit Service, in either mode."""
    def change(variables):
        if "multi_account" in variables:
            listed = json.loads(variables["multi_account"])
            variables["multi_account"] = json.dumps([one for one in listed if one["uid"] != account])
        else:
            listed = json.loads(variables["resource_directory"])
            listed["multi_account"].remove(account)
            variables["resource_directory"] = json.dumps(listed)

    return lambda deployment: deployment.settings(change)


def switched_off(deployment):
    deployment.settings(lambda variables: variables.update(actiontrail_enabled="false"))


def stop(name, trail_name=TRAIL):
    return lambda deployment: deployment.client(name, "actiontrail").stop_logging(trails.StopLoggingRequest(name=trail_name))


def start(name, trail_name=TRAIL):
    return lambda deployment: deployment.client(name, "actiontrail").start_logging(trails.StartLoggingRequest(name=trail_name))


def without_trail(name):
    return lambda deployment: deployment.client(name, "actiontrail").delete_trail(trails.DeleteTrailRequest(name=TRAIL))


def trail(name, **changes):
    request = trails.UpdateTrailRequest(name=TRAIL, **{"event_rw": "All", "trail_region": "All", **changes})
    return lambda deployment: deployment.client(name, "actiontrail").update_trail(request)


def trail_elsewhere(name):
    """A trail of an account into a project of its own."""
    def step(deployment):
        deployment.client(name, "sls").create_project(sls.CreateProjectRequest(project_name="elsewhere", description=""))
        arn = f"acs:log:cn-hangzhou:{deployment.accounts[name].account_id}:project/elsewhere"
        without_trail(name)(deployment)
        client = deployment.client(name, "actiontrail")
        client.create_trail(trails.CreateTrailRequest(name=TRAIL, event_rw="All", sls_project_arn=arn))
        client.start_logging(trails.StartLoggingRequest(name=TRAIL))

    return step


def trail_with_other_role(name):
    """Another role of the archive that trusts ActionTrail as it acts for the account, and may no longer write."""
    def step(deployment):
        client = deployment.client("root", "ram")
        client.create_role(ram.CreateRoleRequest(role_name="other", assume_role_policy_document=json.dumps({
            "Version": "1", "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {
                "Service": services_of("actiontrail.aliyuncs.com", deployment.accounts[name].account_id)}}]})))
        client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name="other", policy_type="System", policy_name=DELIVERY))
        trail(name, sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/other")(deployment)
        detach("root", "other", DELIVERY, "System")(deployment)

    return step


def abroad(deployment, name):
    return Clients(deployment.alibaba, deployment.accounts[name].clients.credential, region="cn-shanghai").actiontrail


def trail_abroad(name):
    """A trail of the same name with its home in another region, which is off; it can be changed from there alone."""
    def step(deployment):
        without_trail(name)(deployment)
        abroad(deployment, name).create_trail(trails.CreateTrailRequest(
            name=TRAIL, event_rw="All", sls_project_arn=f"acs:log:cn-hangzhou:{ARCHIVE}:project/{PROJECT}",
            sls_write_role_arn=f"acs:ram::{ARCHIVE}:role/{WRITE_ROLE}"))

    return step


def without_trail_abroad(name):
    return lambda deployment: abroad(deployment, name).delete_trail(trails.DeleteTrailRequest(name=TRAIL))


def collection(**changes):
    """Change the collection policy."""
    def step(deployment):
        client = Clients(deployment.alibaba, deployment.accounts["root"].clients.credential, region="cn-shanghai").sls
        found = client.get_collection_policy("events", sls.GetCollectionPolicyRequest()).body.collection_policy.to_map()
        settings = {name: found[name] for name in (
            "policyName", "productCode", "dataCode", "enabled", "policyConfig", "centralizeEnabled", "centralizeConfig",
            "resourceDirectory")}
        client.upsert_collection_policy(sls.UpsertCollectionPolicyRequest().from_map({**settings, **changes}))

    return step


def revoke(deployment):
    Clients(deployment.alibaba).directory.deregister_delegated_administrator(
        directory.DeregisterDelegatedAdministratorRequest(
            account_id=ARCHIVE, service_principal="audit.log.aliyuncs.com"))


def close(name):
    """Let nobody open a session in an account any more."""
    return trust(name, ACCESS_ROLE, "ecs.aliyuncs.com")


# Steps that mend what setup does not, or remove what blocks setup.

def setup(deployment):
    deployment.setup()


def destroy(deployment):
    deployment.destroy()


def register(deployment):
    delegate(deployment.alibaba)


def tag(name, role):
    return lambda deployment: deployment.client(name, "ram").tag_resources(ram.TagResourcesRequest(
        resource_type="role", resource_names=[role],
        tag=[ram.TagResourcesRequestTag(key=key, value=value) for key, value in LOG_AUDIT_TAG.items()]))


def untag(name, role):
    return lambda deployment: deployment.client(name, "ram").untag_resources(ram.UntagResourcesRequest(
        resource_type="role", resource_names=[role], tag_keys=list(LOG_AUDIT_TAG)))
