# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service of the local Alibaba Cloud, driven as others drive it."""
from __future__ import annotations

import json
import time

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import allow, make_user
from alibabacloud_sls20201230 import models as sls
from alibabacloud_tea_openapi.client import Client as OpenApi
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from aliyun.log import LogItem, PutLogsRequest
from aliyunsdkcore.http import protocol_type
from aliyunsdksls.request.v20191023.AnalyzeAppLogRequest import AnalyzeAppLogRequest
from aliyunsdksls.request.v20191023.CreateAppRequest import CreateAppRequest
from aliyunsdksls.request.v20191023.DeleteAppRequest import DeleteAppRequest
from aliyunsdksls.request.v20191023.DescribeAppRequest import DescribeAppRequest
from clouds.alibaba import Fault
from clouds.alibaba.directory import LOG_AUDIT, Delegation
from darabonba.runtime import RuntimeOptions

MANAGEMENT, MEMBER, OTHER, ALONE = "1000000000000001", "2000000000000002", "3000000000000003", "4000000000000004"
REGION = "cn-hangzhou"
VERSION = "2019-10-23"
CENTRAL = f"slsaudit-center-{MANAGEMENT}-{REGION}"


def variables(account=MANAGEMENT, region=REGION, **more):
    return {
        "region": region, "aliuid": account, "project": f"slsaudit-center-{account}-{region}", "logstore": "slsaudit",
        "actiontrail_enabled": "true", "actiontrail_ttl": "90", **more,
    }


def custom(*uids):
    return json.dumps([{"uid": uid} for uid in uids])


def directory(kind, *members):
    return json.dumps({"type": kind, "multi_account": list(members)})


def analyze(clients, sent=None, name="audit of all", endpoint="sls.aliyuncs.com", **more):
    """As the generic client does."""
    return clients.call("AnalyzeAppLog", VERSION, endpoint, body={
        "AppType": "audit", "DisplayName": name, "VariableMap": json.dumps(sent or variables(**more)),
    })


def describe(clients, endpoint="sls.aliyuncs.com"):
    return clients.call("DescribeApp", VERSION, endpoint, query={"AppName": "audit"})


def stored(clients):
    return json.loads(describe(clients)["AppModel"]["Config"])["initParam"]


def open_api(clients, action, body):
    """The generic client, under the path that SLS has for this style."""
    params = Params(action=action, version=VERSION, style="RPC", method="POST", protocol="HTTP", auth_type="AK",
                    pathname="/open-api", req_body_type="formData", body_type="json")
    client = OpenApi(clients.config(f"{REGION}.log.aliyuncs.com"))
    return client.call_api(params, OpenApiRequest(body=body), RuntimeOptions())["body"]


def old(clients, request, endpoint, **parameters):
    """An older SDK, with an endpoint as aliyun/terraform-provider-alicloud gives it."""
    asked = request()
    asked.set_protocol_type(protocol_type.HTTP)
    asked.set_endpoint(endpoint)
    for name, value in parameters.items():
        getattr(asked, f"set_{name}")(value)
    return json.loads(clients.acs.do_action_with_exception(asked))


# Clients of it


def test_the_generic_client(clients):
    assert analyze(clients, multi_account=custom(MEMBER))["Success"] is True
    model = describe(clients)["AppModel"]
    assert (model["AppName"], model["DisplayName"], model["Uid"]) == ("audit", "audit of all", int(MANAGEMENT))
    assert stored(clients) == variables(multi_account=custom(MEMBER))


def test_the_regional_host(clients):
    analyze(clients, endpoint="sls.cn-shanghai.aliyuncs.com")
    assert describe(clients, "sls.cn-shanghai.aliyuncs.com")["AppModel"]["AppName"] == "audit"


def test_the_generic_client_under_open_api(clients):
    open_api(clients, "AnalyzeAppLog", {
        "AppType": "audit", "DisplayName": "x", "VariableMap": json.dumps(variables()),
    })
    assert open_api(clients, "DescribeApp", {"AppName": "audit"})["AppModel"]["DisplayName"] == "x"


@pytest.mark.parametrize("endpoint", ["sls.aliyuncs.com", f"{REGION}.log.aliyuncs.com/open-api"])
def test_the_older_sdk(clients, endpoint):
    old(clients, AnalyzeAppLogRequest, endpoint, AppType="audit", DisplayName="x", VariableMap=json.dumps(variables()))
    assert old(clients, DescribeAppRequest, endpoint, AppName="audit")["AppModel"]["DisplayName"] == "x"
    assert old(clients, DeleteAppRequest, endpoint, AppName="audit")["Success"] is True
    old(clients, CreateAppRequest, endpoint, AppName="audit", Config=json.dumps({"initParam": variables()}))
    assert old(clients, DescribeAppRequest, endpoint, AppName="audit")["AppModel"]["DisplayName"] == ""


def test_open_api_serves_nothing_else(clients, refused_alibaba):
    params = Params(action="GetCallerIdentity", version="2015-04-01", style="RPC", method="POST", protocol="HTTP",
                    auth_type="AK", pathname="/open-api", req_body_type="formData", body_type="json")
    with refused_alibaba("InvalidVersion"):
        OpenApi(clients.config(f"{REGION}.log.aliyuncs.com")).call_api(params, OpenApiRequest(), RuntimeOptions())


@pytest.mark.parametrize("endpoint", ["sls.aliyuncs.com/open-api", f"{REGION}.log.aliyuncs.com/open-api/more"])
def test_other_paths_are_refused(clients, refused_alibaba, endpoint):
    with refused_alibaba("InvalidAction.NotFound" if endpoint.startswith("sls") else "SDK.UnknownServerError"):
        old(clients, DescribeAppRequest, endpoint, AppName="audit")


# The map


def test_nothing_is_there_at_first(clients, refused_alibaba):
    with refused_alibaba("AppNotExist"):
        describe(clients)
    analyze(clients)
    with refused_alibaba("AppNotExist"):
        clients.call("DescribeApp", VERSION, "sls.aliyuncs.com", query={"AppName": "another"})


def test_the_whole_map_is_replaced(clients):
    analyze(clients, multi_account=custom(MEMBER, OTHER), rds_enabled="true")
    analyze(clients, multi_account=custom(OTHER))
    assert stored(clients) == variables(multi_account=custom(OTHER))


def test_uids_come_back_as_they_were_sent(clients):
    numbers = json.dumps([{"uid": int(MEMBER)}, {"uid": OTHER}])
    analyze(clients, multi_account=numbers)
    assert stored(clients)["multi_account"] == numbers


def test_each_account_has_its_own(alibaba, clients, refused_alibaba):
    member = Clients(alibaba, alibaba.credential(MEMBER))
    analyze(clients)
    with refused_alibaba("AppNotExist"):
        describe(member)
    analyze(member, account=MEMBER)
    assert stored(clients)["aliuid"] == MANAGEMENT


@pytest.mark.parametrize("changes", [
    {"actiontrail_enabled": "yes"}, {"actiontrail_ttl": "0"}, {"actiontrail_ttl": "3651"}, {"actiontrail_ttl": "-1"},
    {"actiontrail_ttl": "a year"}, {"cloudtrail_enabled": "true"}, {"rds_policy_setting": "{}"}, {"aliuid": MEMBER},
    {"project": "slsaudit-center"}, {"logstore": "audit"}, {"region": "us-west-1"}, {"actiontrail_enabled": True},
    {"actiontrail_ttl": 90}, {"multi_account": [{"uid": MEMBER}]}, {"multi_account": "none"},
    {"multi_account": json.dumps([MEMBER])}, {"multi_account": custom("123")},
    {"multi_account": custom(MEMBER, MEMBER)},
    {"multi_account": custom(MEMBER, int(MEMBER))}, {"multi_account": json.dumps([{"uid": MEMBER, "name": "x"}])},
    {"multi_account": custom(MANAGEMENT)}, {"multi_account": custom(*range(2 * 10**15, 2 * 10**15 + 101))},
    {"multi_account": custom(MEMBER), "resource_directory": directory("all")},
    {"resource_directory": directory("some")}, {"resource_directory": directory("all", MEMBER)},
    {"resource_directory": directory("custom")}, {"resource_directory": json.dumps({"type": "all", "more": 1})},
    {"resource_directory": directory("custom", ALONE)},
], ids=str)
def test_bad_maps_are_refused(alibaba, clients, refused_alibaba, changes):
    alibaba.cloud.account(MEMBER)
    alibaba.add_account(ALONE, member=False)
    with refused_alibaba("InvalidParameter"):
        analyze(clients, {**variables(), **changes})
    with refused_alibaba("AppNotExist"):
        describe(clients)
    assert not alibaba.cloud.sls.projects.all()


def test_a_change_needs_the_permission_to_change(alibaba, clients, refused_alibaba):
    """The first map needs log:CreateApp alone, another one log:UpdateApp as well."""
    app = f"acs:log:*:{MANAGEMENT}:app/audit"
    eve = make_user(alibaba, clients, "eve", allow("log:CreateApp", app))
    analyze(eve)
    with refused_alibaba("NoPermission"):
        analyze(eve, actiontrail_ttl="91")
    analyze(make_user(alibaba, clients, "adam", allow(["log:CreateApp", "log:UpdateApp"], app)), actiontrail_ttl="91")


@pytest.mark.parametrize(("how", "left"), [("kept", {"rds_audit_policy_setting": [{"a": 1}], "quantum": True}), ("dropped", {})])
def test_what_no_document_settles_about_keys(alibaba, clients, refused_alibaba, how, left):
    """It is refused, unless the cloud was told that such keys are kept, or accepted and dropped."""
    sent = {**variables(), "rds_audit_policy_setting": [{"a": 1}], "quantum": True}
    with refused_alibaba("InvalidParameter"):
        analyze(clients, sent)
    alibaba.cloud.log_audit_keys.update({"*_policy_setting": how, "quantum": how})
    analyze(clients, sent)
    assert stored(clients) == {**variables(), **left}
    with refused_alibaba("InvalidParameter"):
        analyze(clients, {**sent, "entangled": "x"})


@pytest.mark.parametrize("name", ["multi_account", "resource_directory"])
def test_accounts_that_are_nested_too_deeply(clients, refused_alibaba, name):
    with refused_alibaba("InvalidParameter"):
        analyze(clients, {**variables(), name: "[" * 20_000})


@pytest.mark.parametrize("name", ["region", "aliuid", "project", "logstore"])
def test_what_a_map_must_have(clients, refused_alibaba, name):
    sent = variables()
    del sent[name]
    with refused_alibaba("MissingParameter"):
        analyze(clients, sent)


@pytest.mark.parametrize(("changes", "code"), [
    ({"AppType": "trace"}, "InvalidParameter"), ({"AppType": None}, "MissingParameter"),
    ({"DisplayName": None}, "MissingParameter"), ({"DisplayName": "x" * 129}, "InvalidParameter"),
    ({"VariableMap": "no JSON"}, "InvalidParameter"), ({"VariableMap": None}, "MissingParameter"),
    ({"SlsAccessToken": "x"}, "NotImplemented"), ({"Colour": "red"}, "InvalidParameter"),
])
def test_bad_parameters_are_refused(clients, refused_alibaba, changes, code):
    sent = {"AppType": "audit", "DisplayName": "x", "VariableMap": json.dumps(variables()), **changes}
    with refused_alibaba(code):
        clients.call("AnalyzeAppLog", VERSION, "sls.aliyuncs.com", query={
            name: value for name, value in sent.items() if value is not None
        })


def test_all_documented_switches_are_known(clients):
    switches = {f"{name}_enabled": "false" for name in (
        "oss_access", "oss_sync", "oss_metering", "rds", "rds_slow", "rds_perf", "vpc_flow", "vpc_sync", "dns_intranet",
        "dns_sync", "polardb", "drds_audit", "drds_sync", "slb_access", "slb_sync", "bastion", "waf", "cloudfirewall",
        "cloudfirewall_vpc", "ddos_coo_access", "sas_crack", "sas_snapshot_process", "apigateway", "nas", "appconnect",
        "cps", "k8s_audit", "k8s_event", "k8s_ingress", "idaas_mng", "idaas_user", "alb_access", "alb_sync",
        "cloudconfig_change", "cloudconfig_noncom", "polardb_error", "rds_error", "redis_audit", "redis_sync", "sas_dns_query",
        "actiontrail_ti", "bastion_ti", "redis_audit_ti", "sas_ti", "waf_ti",
    )}
    analyze(clients, sas_ttl="180", oss_access_ttl="7", rds_audit_collection_policy="", **switches)


def test_all_documented_policies_and_retentions_are_known(clients):
    policies = {f"{name}_collection_policy": "" for name in (
        "actiontrail_openapi", "alb_access", "apigateway_access", "appconnect_op", "bastion_audit", "cloudfirewall_access",
        "cps_callback", "ddos_coo_access", "nas_audit", "oss_access", "oss_metering", "polardb_error", "rds_error", "redis_audit",
        "waf_access",
    )}
    retentions = {f"{name}_ttl": "90" for name in (
        "alb_access", "alb_sync", "cloudconfig_change", "cloudconfig_noncom", "polardb_error", "rds_error", "redis_audit", "redis_sync",
    )}
    analyze(clients, **policies, **retentions)


# Resource directory


def test_the_management_account_collects_its_directory(alibaba, clients):
    analyze(clients, resource_directory=directory("all"))
    alibaba.cloud.account(MEMBER)
    analyze(clients, resource_directory=directory("custom", MEMBER))
    assert json.loads(stored(clients)["resource_directory"]) == {"type": "custom", "multi_account": [MEMBER]}


def test_a_member_collects_the_directory_when_it_is_delegated(alibaba, refused_alibaba):
    member = Clients(alibaba, alibaba.credential(MEMBER))
    with refused_alibaba("NoPermission"):
        analyze(member, account=MEMBER, resource_directory=directory("all"))
    alibaba.cloud.directory.delegations.put((LOG_AUDIT, MEMBER), Delegation(MEMBER, LOG_AUDIT, 0))
    analyze(member, account=MEMBER, resource_directory=directory("all"))


def test_an_independent_account_has_no_directory(alibaba, refused_alibaba):
    alibaba.add_account(ALONE, member=False)
    alone = Clients(alibaba, alibaba.root_key(ALONE))
    with refused_alibaba("NoPermission"):
        analyze(alone, account=ALONE, resource_directory=directory("all"))
    analyze(alone, account=ALONE, multi_account=custom(MEMBER))


def test_from_the_directory_over_none_to_single_accounts(alibaba, clients, refused_alibaba):
    alibaba.cloud.account(MEMBER)
    analyze(clients, resource_directory=directory("all"))
    with refused_alibaba("InvalidParameter"):
        analyze(clients, multi_account=custom(MEMBER))
    analyze(clients)
    analyze(clients, multi_account=custom(MEMBER))
    analyze(clients, resource_directory=directory("all"))


# What it makes


def logstores(clients, project=CENTRAL):
    return clients.sls.list_log_stores(project, sls.ListLogStoresRequest()).body.logstores


def test_the_central_project(clients):
    analyze(clients)
    assert clients.sls.get_project(CENTRAL, sls.GetProjectRequest()).body.region == REGION
    assert logstores(clients) == ["actiontrail_log"]
    assert clients.sls.get_log_store(CENTRAL, "actiontrail_log").body.ttl == 90
    keys = clients.sls.get_index(CENTRAL, "actiontrail_log").body.keys
    assert "eventName" in keys["event"].json_keys


def test_a_logstore_for_what_is_switched_on(clients):
    analyze(clients, actiontrail_enabled="false", rds_slow_enabled="true", sas_dns_enabled="true",
            oss_access_enabled="true")
    assert logstores(clients) == ["rds_log", "sas_log"]


def test_retention_follows_the_map(clients):
    analyze(clients)
    analyze(clients, actiontrail_ttl="7")
    assert clients.sls.get_log_store(CENTRAL, "actiontrail_log").body.ttl == 7
    unset = variables()
    del unset["actiontrail_ttl"]
    analyze(clients, unset)
    assert clients.sls.get_log_store(CENTRAL, "actiontrail_log").body.ttl == 180


def test_its_logstores_are_for_nobody_else(clients, refused_alibaba):
    analyze(clients)
    items = [LogItem(int(time.time()), contents=[("note", "forged")])]
    with refused_alibaba("Unauthorized"):
        clients.log().put_logs(PutLogsRequest(CENTRAL, "actiontrail_log", "", "", items))
    with refused_alibaba("Unauthorized"):
        clients.sls.delete_index(CENTRAL, "actiontrail_log")
    index = sls.Index(line=sls.IndexLine(token=[]))
    with refused_alibaba("Unauthorized"):
        clients.sls.update_index(CENTRAL, "actiontrail_log", sls.UpdateIndexRequest(body=index))
    with refused_alibaba("Unauthorized"):
        clients.sls.update_log_store(CENTRAL, "actiontrail_log", sls.UpdateLogStoreRequest(
            logstore_name="actiontrail_log", ttl=1, shard_count=2))
    with refused_alibaba("Unauthorized"):
        clients.sls.delete_log_store(CENTRAL, "actiontrail_log")
    assert logstores(clients) == ["actiontrail_log"]
    clients.sls.delete_project(CENTRAL, sls.DeleteProjectRequest())


def test_switching_off_leaves_the_logs(clients):
    analyze(clients)
    analyze(clients, actiontrail_enabled="false")
    assert logstores(clients) == ["actiontrail_log"]


def test_another_region_has_a_project_of_its_own(alibaba, clients):
    analyze(clients)
    analyze(clients, region="cn-shanghai")
    assert {project.name for project in alibaba.cloud.sls.projects.all()} == {
        CENTRAL, f"slsaudit-center-{MANAGEMENT}-cn-shanghai"}


def test_a_name_that_is_taken(alibaba, clients, refused_alibaba):
    Clients(alibaba, alibaba.credential(MEMBER)).sls.create_project(
        sls.CreateProjectRequest(project_name=CENTRAL, description="")
    )
    with refused_alibaba("ProjectAlreadyExist"):
        analyze(clients)
    with refused_alibaba("AppNotExist"):
        describe(clients)


# The application


def test_create_and_delete(clients, refused_alibaba):
    config = json.dumps({"initParam": variables()})
    body = {"Config": config}
    created = clients.call("CreateApp", VERSION, "sls.aliyuncs.com", query={"AppName": "audit"}, body=body)
    assert created["AppName"] == "audit"
    assert describe(clients)["AppModel"]["DisplayName"] == ""
    with refused_alibaba("AppAlreadyExist"):
        clients.call("CreateApp", VERSION, "sls.aliyuncs.com", query={"AppName": "audit"}, body={"Config": config})
    clients.call("DeleteApp", VERSION, "sls.aliyuncs.com", query={"AppName": "audit"})
    for action in ("DeleteApp", "DescribeApp"):
        with refused_alibaba("AppNotExist"):
            clients.call(action, VERSION, "sls.aliyuncs.com", query={"AppName": "audit"})
    assert logstores(clients) == ["actiontrail_log"]


def test_it_may_be_old_news_on_a_bad_day(alibaba, clients):
    analyze(clients, name="old")
    alibaba.bad_days(Fault(behind=300))
    analyze(clients, name="new")
    alibaba.cloud.clock.advance(150)
    names = {describe(clients)["AppModel"]["DisplayName"] for _look in range(30)}
    assert names == {"old", "new"}


def test_what_it_does_is_recorded(alibaba, clients):
    analyze(clients)
    event = next(alibaba.cloud.account(MANAGEMENT).events.newest_first(0, 2**40))
    assert (event["eventName"], event["serviceName"], event["eventRW"]) == ("AnalyzeAppLog", "Sls", "Write")
