# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The products of Log Audit Service, and the keys of their settings."""
from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.log_audit_products import PRODUCTS, SAS_KINDS
from ansible_collections.crossaccount.audit_logs.plugins.modules import log_audit as module

# The properties of VariableMap in "ALIYUN::SLS::Audit" (ROS), as ros-cdk-sls 1.15.0 has them, by their last words.
ROS = {
    "Enabled": """
        Actiontrail AlbAccess AlbSync Apigateway Appconnect Bastion CloudconfigChange CloudconfigNoncom Cloudfirewall CloudfirewallVpc
        Cps DdosBgpAccess DdosCooAccess DdosDipAccess DnsIntranet DnsSync DrdsAudit DrdsSync IdaasMng IdaasUser K8sAudit K8sEvent
        K8sIngress Nas OssAccess OssMetering OssSync Polardb PolardbError PolardbPerf PolardbSlow Rds RdsError RdsPerf RdsSlow
        RedisAudit RedisSync SasCrack SasDns SasDnsQuery SasHttp SasLocalDns SasLogin SasNetwork SasProcess SasSecurityAlert
        SasSecurityHc SasSecurityVul SasSession SasSnapshotAccount SasSnapshotPort SasSnapshotProcess SlbAccess SlbSync VpcFlow
        VpcSync Waf""",
    "Ttl": """
        Actiontrail AlbAccess AlbSync Apigateway Appconnect Bastion CloudconfigChange CloudconfigNoncom Cloudfirewall CloudfirewallVpc
        Cps DdosBgpAccess DdosCooAccess DdosDipAccess DnsIntranet DnsSync DrdsAudit DrdsSync IdaasMng IdaasUser K8sAudit K8sEvent
        K8sIngress Nas OssAccess OssMetering OssSync Polardb PolardbError PolardbPerf PolardbSlow Rds RdsError RdsPerf RdsSlow
        RedisAudit RedisSync Sas SlbAccess SlbSync VpcFlow VpcSync Waf""",
    "TiEnabled": """
        Actiontrail Apigateway Appconnect Bastion Cloudfirewall Cps DdosCooAccess DrdsAudit K8sAudit K8sEvent K8sIngress Nas OssAccess
        OssMetering Polardb PolardbPerf PolardbSlow Rds RdsPerf RdsSlow RedisAudit Sas SlbAccess Waf""",
    "CollectionPolicy": """
        ActiontrailOpenapi AlbAccess ApigatewayAccess AppconnectOp BastionAudit CloudfirewallAccess CpsCallback DdosCooAccess
        DnsIntranet DrdsAudit IdaasMng IdaasUser K8sAudit K8sEvent K8sIngress NasAudit OssAccess OssMetering PolardbAudit PolardbError
        PolardbPerf PolardbSlow RdsAudit RdsError RdsPerf RdsSlow RedisAudit SlbAccess VpcFlow WafAccess""",
    "PolicySetting": """
        ActiontrailOpenapi ApigatewayAccess AppconnectOp BastionAudit CloudfirewallAccess CpsCallback DdosCooAccess DrdsAudit K8sAudit
        K8sEvent K8sIngress NasAudit OssAccess OssMetering PolardbAudit PolardbPerf PolardbSlow RdsAudit RdsPerf RdsSlow RedisAudit
        SlbAccess WafAccess""",
}
KEYS = [re.sub("(?<!^)([A-Z])", r"_\1", name + ending).lower() for ending, names in ROS.items() for name in names.split()]


def test_keys_are_those_of_ros():
    assert len(KEYS) == 177 and set(log_audit.DOCUMENTED) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_can_be_set(key):
    product, setting = log_audit.DOCUMENTED[key]
    value = {"ttl": 30, "collection_policy": "accept", "policy_setting": [{"a": 1}]}.get(setting, True)
    asked = log_audit.asked_products({product: {setting: value}})
    assert log_audit.undocumented(asked) == [] and log_audit.asked_keys(asked) == {key}


def test_logs_in_the_regions_of_their_resources():
    """Each family of them has a product that copies the logs to the central project."""
    syncs = {product.removesuffix("_sync") for product in PRODUCTS if product.endswith("_sync")}
    regional = {product for product, documented in PRODUCTS.items() if documented.ttl == 7} | {"alb_access"}
    assert {product.partition("_")[0] for product in regional} == syncs


def test_documentation_names_all_of_them():
    option = yaml.safe_load(module.DOCUMENTATION)["options"]["products"]["description"]
    named = set(re.findall(r"C\((\w+)\)", " ".join(option)))
    assert named >= {*PRODUCTS, *SAS_KINDS}
    further = next(sentence for sentence in option if sentence.startswith("Further products"))
    assert set(re.findall(r"C\((\w+)\)", further)) - {"enabled", "ttl"} == {
        product for product, documented in PRODUCTS.items() if not documented.settings
    }
    intelligence = next(sentence for sentence in option if sentence.startswith("C(ti_enabled)"))
    assert set(re.findall(r"C\((\w+)\)", intelligence)) - {"ti_enabled"} == {
        product for product, documented in PRODUCTS.items() if "ti_enabled" in documented.settings
    }
