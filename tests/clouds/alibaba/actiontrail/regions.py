# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where ActionTrail is, and where it stores events of services that are in no region."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from .common import PRODUCT, VERSION

if TYPE_CHECKING:
    from ..request import ApiRequest

REGIONS = {
    "cn-qingdao": "China (Qingdao)",
    "cn-beijing": "China (Beijing)",
    "cn-zhangjiakou": "China (Zhangjiakou)",
    "cn-huhehaote": "China (Hohhot)",
    "cn-wulanchabu": "China (Ulanqab)",
    "cn-hangzhou": "China (Hangzhou)",
    "cn-shanghai": "China (Shanghai)",
    "cn-shenzhen": "China (Shenzhen)",
    "cn-heyuan": "China (Heyuan)",
    "cn-guangzhou": "China (Guangzhou)",
    "cn-chengdu": "China (Chengdu)",
    "cn-hongkong": "China (Hong Kong)",
    "ap-northeast-1": "Japan (Tokyo)",
    "ap-northeast-2": "South Korea (Seoul)",
    "ap-southeast-1": "Singapore",
    "ap-southeast-3": "Malaysia (Kuala Lumpur)",
    "ap-southeast-5": "Indonesia (Jakarta)",
    "ap-southeast-6": "Philippines (Manila)",
    "ap-southeast-7": "Thailand (Bangkok)",
    "us-west-1": "US (Silicon Valley)",
    "us-east-1": "US (Virginia)",
    "eu-central-1": "Germany (Frankfurt)",
    "eu-west-1": "UK (London)",
    "me-east-1": "UAE (Dubai)",
}


@rpc(
    PRODUCT, VERSION, "DescribeRegions", action="actiontrail:DescribeRegions", read_only=True,
    AcceptLanguage=Text(code="InvalidQueryParameter", choices=("en-US", "zh-CN")),
)
def describe_regions(request: ApiRequest) -> dict[str, Any]:
    """The regions in which there is ActionTrail, with their English names."""
    if request.get("AcceptLanguage") == "zh-CN":
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud knows English names of regions only.")
    return {"Regions": {"Region": [
        {"RegionId": region, "LocalName": name, "RegionEndpoint": f"actiontrail.{region}.aliyuncs.com"}
        for region, name in REGIONS.items()
    ]}}


@rpc(
    PRODUCT, VERSION, "GetGlobalEventsStorageRegion", action="actiontrail:GetGlobalEventsStorageRegion",
    read_only=True,
)
def get_global_events_storage_region(request: ApiRequest) -> dict[str, str]:
    """Where events of global services are stored."""
    return {"StorageRegion": request.account.storage_region}


@rpc(
    PRODUCT, VERSION, "UpdateGlobalEventsStorageRegion", action="actiontrail:UpdateGlobalEventsStorageRegion",
    read_only=False,
    StorageRegion=Text(required=True, code="InvalidQueryParameter", choices=("cn-hangzhou", "ap-southeast-1")),
)
def update_global_events_storage_region(request: ApiRequest) -> None:
    """Store events of global services elsewhere from now on."""
    request.account.storage_region = request["StorageRegion"]
