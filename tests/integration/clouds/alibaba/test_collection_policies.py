# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collection policies of the local SLS, driven by today's SDK."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.clients import Clients
from alibabacloud_sls20201230 import models as sls
from alibabacloud_sts20150401 import models as sts
from clouds.alibaba.directory import LOG_AUDIT, Delegation
from clouds.alibaba.principals import Credential
from clouds.alibaba.sls.collection_policies import CollectionPolicy

MANAGEMENT, MEMBER, ALONE = "1000000000000001", "2000000000000002", "4000000000000004"
REGION = "cn-shanghai"
PROJECT, LOGSTORE = "archive-of-all", "oss-access"
OTHER = "internal_cloudlens_oss"


@pytest.fixture
def shanghai(alibaba):
    """Clients of the management account, in a region where collection policies are served."""
    return Clients(alibaba, region=REGION)


def policy(name="oss-logs", **changes):
    return sls.UpsertCollectionPolicyRequest(**{
        "policy_name": name, "product_code": "oss", "data_code": "access_log", "enabled": True,
        "policy_config": sls.UpsertCollectionPolicyRequestPolicyConfig(resource_mode="all"), **changes,
    })


def mode(**settings):
    return sls.UpsertCollectionPolicyRequestPolicyConfig(**settings)


def central(project=PROJECT, region=REGION, logstore=LOGSTORE, ttl=90):
    return {"centralize_enabled": True, "centralize_config": sls.UpsertCollectionPolicyRequestCentralizeConfig(
        dest_project=project, dest_region=region, dest_logstore=logstore, dest_ttl=ttl,
    )}


def members(kind, *ids):
    return sls.UpsertCollectionPolicyRequestResourceDirectory(account_group_type=kind, members=list(ids) or None)


def upsert(clients, *arguments, **changes):
    clients.sls.upsert_collection_policy(policy(*arguments, **changes))


def get(clients, name="oss-logs", **codes):
    return clients.sls.get_collection_policy(name, sls.GetCollectionPolicyRequest(**codes)).body.collection_policy


def delete(clients, name="oss-logs", **codes):
    clients.sls.delete_collection_policy(name, sls.DeleteCollectionPolicyRequest(**codes))


def listed(clients, **filters):
    return clients.sls.list_collection_policies(sls.ListCollectionPoliciesRequest(**filters)).body


def names(clients, **filters):
    return [item.policy_name for item in listed(clients, **filters).data]


def make_project(clients, name=PROJECT):
    clients.sls.create_project(sls.CreateProjectRequest(project_name=name, description=""))


def test_create_read_update_delete(shanghai, refused_alibaba):
    upsert(shanghai)
    created = get(shanghai)
    assert (created.policy_name, created.product_code, created.data_code) == ("oss-logs", "oss", "access_log")
    assert created.enabled is True
    assert created.policy_config.resource_mode == "all"
    assert (created.centralize_enabled, created.internal_policy) == (False, False)
    upsert(shanghai, enabled=False)
    changed = get(shanghai)
    assert (changed.enabled, changed.policy_uid) == (False, created.policy_uid)
    delete(shanghai)
    with refused_alibaba("PolicyNotExist"):
        get(shanghai)
    with refused_alibaba("PolicyNotExist"):
        delete(shanghai)


def test_all_settings(alibaba, shanghai):
    alibaba.cloud.account(MEMBER)
    make_project(shanghai)
    upsert(shanghai, policy_config=mode(resource_mode="attributeMode", regions=["cn-*"], resource_tags={"env": "prod"}),
           data_config=sls.UpsertCollectionPolicyRequestDataConfig(data_region="cn-hangzhou"),
           resource_directory=members("custom", MEMBER), **central())
    created = get(shanghai)
    assert (created.policy_config.regions, created.policy_config.resource_tags) == (["cn-*"], {"env": "prod"})
    assert created.data_config.data_region == "cn-hangzhou"
    assert (created.resource_directory.account_group_type, created.resource_directory.members) == ("custom", [MEMBER])
    assert (created.centralize_config.dest_project, created.centralize_config.dest_ttl) == (PROJECT, 90)


@pytest.mark.parametrize("region", ["cn-shanghai", "ap-southeast-1"])
def test_where_it_is_served(alibaba, region):
    upsert(Clients(alibaba, region=region))
    assert names(Clients(alibaba, region=region)) == ["oss-logs"]


@pytest.mark.parametrize("call", [upsert, get, delete, listed])
def test_where_it_is_not_served(clients, refused_alibaba, call):
    with refused_alibaba("ParameterInvalid"):
        call(clients)


@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "1st", "with.dot", "-dash", OTHER])
def test_bad_names_are_refused(shanghai, refused_alibaba, name):
    with refused_alibaba("ParameterInvalid"):
        upsert(shanghai, name)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a-b_c-1"])
def test_good_names(shanghai, name):
    upsert(shanghai, name)
    assert names(shanghai) == [name]


def readable(changes):
    """Changes as text, without addresses in memory, which are others in each process."""
    return str({name: value.to_map() if hasattr(value, "to_map") else value for name, value in changes.items()})


@pytest.mark.parametrize("changes", [
    {"product_code": None}, {"data_code": None}, {"enabled": None}, {"policy_config": None}, {"product_code": ""},
    {"policy_config": mode(resource_mode="some")}, {"policy_config": mode()},
    {"policy_config": mode(resource_mode="instanceMode")}, {"policy_config": mode(resource_mode="all", regions="cn-*")},
    {"centralize_enabled": True}, central(project=None), central(region=None), central(logstore=None),
    central(ttl=None), central(ttl=0), central(ttl=3651),
    {"resource_directory": members("some")}, {"resource_directory": members("custom")},
    {"resource_directory": members("all", MEMBER)}, {"resource_directory": members("custom", "123")},
    {"resource_directory": members("custom", ALONE)},
], ids=readable)
def test_bad_settings_are_refused(alibaba, shanghai, refused_alibaba, changes):
    alibaba.add_account(MEMBER)
    alibaba.add_account(ALONE, member=False)
    make_project(shanghai)
    with refused_alibaba("ParameterInvalid"):
        upsert(shanghai, **changes)
    assert names(shanghai) == []


def test_unknown_fields_are_refused(shanghai, refused_alibaba):
    request = policy()
    request.policy_config.to_map = lambda: {"resourceMode": "all", "colour": "red"}
    with refused_alibaba("ParameterInvalid"):
        shanghai.sls.upsert_collection_policy(request)


@pytest.mark.parametrize("changes", [
    {"product_code": "sls"}, {"data_code": "metering_log"},
    {"data_config": sls.UpsertCollectionPolicyRequestDataConfig(data_region="cn-beijing")},
])
def test_what_can_not_be_changed(shanghai, refused_alibaba, changes):
    config = sls.UpsertCollectionPolicyRequestDataConfig(data_region="cn-hangzhou")
    upsert(shanghai, data_config=config)
    with refused_alibaba("ParameterInvalid"):
        upsert(shanghai, **{"data_config": config, **changes})
    upsert(shanghai)
    assert get(shanghai).data_config.data_region == "cn-hangzhou"


# Where logs go


def test_the_project_has_to_be_there(alibaba, shanghai, refused_alibaba):
    with refused_alibaba("ProjectNotExist"):
        upsert(shanghai, **central())
    make_project(Clients(alibaba, alibaba.credential(MEMBER), region=REGION))
    with refused_alibaba("ProjectNotExist"):
        upsert(shanghai, **central())
    make_project(Clients(alibaba), "in-hangzhou")
    with refused_alibaba("ProjectNotExist"):
        upsert(shanghai, **central(project="in-hangzhou"))
    upsert(shanghai, **central(project="in-hangzhou", region="cn-hangzhou"))


def test_the_logstore_is_created(shanghai):
    make_project(shanghai)
    upsert(shanghai, **central())
    assert shanghai.sls.get_log_store(PROJECT, LOGSTORE).body.ttl == 90
    upsert(shanghai, **central(ttl=7))
    assert shanghai.sls.get_log_store(PROJECT, LOGSTORE).body.ttl == 90


# Whose logs


def test_a_plain_account_collects_its_own(alibaba, refused_alibaba):
    alibaba.add_account(ALONE, member=False)
    for account_id in (MEMBER, ALONE):
        plain = Clients(alibaba, alibaba.credential(account_id), region=REGION)
        with refused_alibaba("Unauthorized"):
            upsert(plain, resource_directory=members("all"))
        upsert(plain)
        assert names(plain) == ["oss-logs"]


def test_a_delegated_administrator_collects_the_directory(alibaba):
    member = Clients(alibaba, alibaba.credential(MEMBER), region=REGION)
    alibaba.cloud.directory.delegations.put((LOG_AUDIT, MEMBER), Delegation(MEMBER, LOG_AUDIT, 0))
    nobody = sls.UpsertCollectionPolicyRequestResourceDirectory(account_group_type="all", members=[])
    upsert(member, resource_directory=nobody)
    assert get(member).resource_directory.account_group_type == "all"


def test_each_account_has_its_own(alibaba, shanghai):
    upsert(shanghai)
    assert names(Clients(alibaba, alibaba.credential(MEMBER), region=REGION)) == []


def test_permissions(alibaba, shanghai, refused_alibaba):
    alibaba.add_account(MEMBER)
    key = shanghai.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole", role_session_name="test",
        policy=json.dumps({"Version": "1", "Statement": [{
            "Effect": "Allow", "Action": ["log:GetCollectionPolicy", "log:UpsertCollectionPolicy"],
            "Resource": f"acs:log::{MEMBER}:collectionpolicy/oss-*",
        }]}),
    )).body.credentials
    session = Clients(alibaba, Credential(key.access_key_id, key.access_key_secret, None, key.security_token), REGION)
    upsert(session)
    assert get(session).policy_name == "oss-logs"
    for call in (delete, listed, lambda clients: upsert(clients, "rds-logs")):
        with refused_alibaba("Unauthorized"):
            call(session)


# Lists


def test_pages(shanghai):
    for number in range(55):
        upsert(shanghai, f"policy-{number:02}")
    first = listed(shanghai)
    assert (first.total_count, first.current_count, len(first.data)) == (55, 50, 50)
    assert names(shanghai, offset=50) == [f"policy-{number}" for number in range(50, 55)]
    assert names(shanghai, offset=3, size=2) == ["policy-03", "policy-04"]
    assert len(names(shanghai, size=100)) == 55


@pytest.mark.parametrize("filters", [{"size": 101}, {"size": 0}, {"offset": -1}, {"instance_id": "a-bucket"}])
def test_bad_pages_are_refused(shanghai, refused_alibaba, filters):
    with refused_alibaba("ParameterInvalid"):
        listed(shanghai, **filters)


def test_filters(shanghai):
    make_project(shanghai)
    upsert(shanghai, "one", **central())
    upsert(shanghai, "two", product_code="sls", data_code="audit_log")
    upsert(shanghai, "three", policy_config=mode(resource_mode="instanceMode", instance_ids=["a-bucket"]))
    assert names(shanghai, product_code="sls") == ["two"]
    assert names(shanghai, data_code="access_log") == ["one", "three"]
    assert names(shanghai, policy_name="three") == ["three"]
    assert names(shanghai, central_project=PROJECT) == ["one"]
    codes = {"product_code": "oss", "data_code": "access_log"}
    assert names(shanghai, instance_id="a-bucket", **codes) == ["one", "three"]
    assert names(shanghai, instance_id="b-bucket", **codes) == ["one"]
    statistics = {item.product_code: [source.policy_name for source in item.policy_source_list]
                  for item in listed(shanghai).statistics}
    assert statistics == {"oss": ["one", "three"], "sls": ["two"]}


def test_codes_have_to_fit(shanghai, refused_alibaba):
    upsert(shanghai)
    assert get(shanghai, product_code="oss", data_code="access_log")
    with refused_alibaba("PolicyNotExist"):
        get(shanghai, product_code="sls")
    with refused_alibaba("PolicyNotExist"):
        delete(shanghai, data_code="metering_log")


def test_what_the_service_created_stays(alibaba, shanghai, refused_alibaba):
    settings = {"productCode": "oss", "dataCode": "access_log", "enabled": True,
                "policyConfig": {"resourceMode": "all"}}
    alibaba.cloud.account(MANAGEMENT).collection_policies.preset(OTHER, CollectionPolicy(OTHER, "cp-1", settings, True))
    assert get(shanghai, OTHER).internal_policy is True
    with refused_alibaba("ParameterInvalid"):
        delete(shanghai, OTHER)
    with refused_alibaba("ParameterInvalid"):
        upsert(shanghai, OTHER)
    assert names(shanghai) == [OTHER]
