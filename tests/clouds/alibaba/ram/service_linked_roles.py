# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that belong to a service: it alone can assume them, and nobody can change them.

Rules: the help pages "Service-linked roles" and of CreateServiceLinkedRole. Here, the roles of services that have to do
with audit logs; none of them can be created twice, so none takes a suffix or a description.
"""
from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from .common import (
    PRODUCT, ROLE_NAME, VERSION, all_roles, check_limit, check_new, found, new_id, role_resource, text,
)
from .roles import MOST_ROLES
from .state import ROLE, SYSTEM, Attachment, RamState, Role

if TYPE_CHECKING:
    from ..request import ApiRequest


@dataclass(frozen=True)
class Template:
    """What the role of a service is like.

    :param service: its name in trust policies.
    :param name: of the role.
    :param policy: of the system, which the role has.
    """

    service: str
    name: str
    policy: str
    description: str
    description_cn: str


def _template(service: str, short: str, product: str, product_cn: str) -> Template:
    return Template(
        service, f"AliyunServiceRoleFor{short}", f"AliyunServiceRolePolicyFor{short}",
        f"Service Linked Role for {product}. {product} will use this role to access your resources in other services.",
        f"用于{product_cn}的服务关联角色，{product_cn}使用此角色来访问您在其他云产品中的资源。",
    )


TEMPLATES = {template.service: template for template in (
    _template("actiontrail.aliyuncs.com", "ActionTrail", "ActionTrail", "操作审计"),
    _template("alert.log.aliyuncs.com", "SLSAlert", "SLS - Alert", "日志服务 - 告警"),
    _template("audit.log.aliyuncs.com", "SLSAudit", "LogService - LogAudit", "日志服务 - 日志审计"),
    _template("config.aliyuncs.com", "Config", "Config", "配置审计"),
    _template("resourcemanager.aliyuncs.com", "ResourceDirectory", "ResourceDirectory", "资源目录"),
)}
_BY_NAME = {template.name: template for template in TEMPLATES.values()}


def ensure(ram: RamState, service: str, now: float) -> Role:
    """The role of a service, created if it is not there yet, as services do when they are switched on."""
    template = TEMPLATES[service]
    return ram.roles.get(template.name) or _make(ram, template, now)


@rpc(
    PRODUCT, VERSION, "CreateServiceLinkedRole", action="ram:CreateServiceLinkedRole", read_only=False,
    resources=all_roles, context=lambda request: {"ram:ServiceName": request["ServiceName"]},
    ServiceName=Text(required=True), CustomSuffix=text("CustomSuffix", 62, r"[A-Za-z0-9.-]+"),
    Description=text("Description", 1024),
)
def create_service_linked_role(request: ApiRequest) -> dict[str, Any]:
    """Make the role of a service."""
    template = _of_service(request["ServiceName"])
    for name in ("CustomSuffix", "Description"):
        if name in request:
            raise CloudError(400, f"InvalidParameter.{name}.NotAllowed",
                             f"The service-linked role of {template.service} takes no {name}.")
    ram = request.account.ram
    check_new(template.name in ram.roles, "Role", template.name)
    check_limit("Role", len(ram.roles), MOST_ROLES)
    role = _make(ram, template, request.now)
    return {"Role": {
        "RoleId": role.id, "RoleName": role.name, "Arn": role.arn(request.account.id),
        "Description": role.description, "AssumeRolePolicyDocument": role.trust, "CreateDate": iso(role.created),
        "IsServiceLinkedRole": True,
    }}


@rpc(
    PRODUCT, VERSION, "GetServiceLinkedRoleTemplate", action="ram:GetServiceLinkedRoleTemplate", read_only=True,
    resources=all_roles, ServiceName=Text(required=True),
)
def get_service_linked_role_template(request: ApiRequest) -> dict[str, Any]:
    """What the role of a service would be like."""
    template = _of_service(request["ServiceName"])
    return {"ServiceLinkedRoleTemplate": {
        "ServiceName": template.service, "RoleNamePrefix": template.name, "SystemPolicyName": template.policy,
        "MultipleRolesAllowed": False,
        "RoleDescriptions": {"RoleDescription": [
            {"Language": "en", "Description": template.description},
            {"Language": "zh", "Description": template.description_cn},
        ]},
    }}


def _service_of_role(request: ApiRequest) -> dict[str, str]:
    role = request.account.ram.roles.get(request["RoleName"])
    return {"ram:ServiceName": _BY_NAME[role.name].service} if role and role.service_linked else {}


@rpc(
    PRODUCT, VERSION, "DeleteServiceLinkedRole", action="ram:DeleteServiceLinkedRole", read_only=False,
    resources=role_resource, context=_service_of_role, RoleName=ROLE_NAME,
)
def delete_service_linked_role(request: ApiRequest) -> dict[str, Any]:
    """Remove the role of a service, at once, whether or not the service needs it: assumption alibaba-service-linked-role-codes."""
    ram = request.account.ram
    role = found(ram.roles.get(request["RoleName"]), "Role", request["RoleName"])
    found(role if role.service_linked else None, "ServiceLinkedRole", role.name)
    ram.attachments.delete((ROLE, role.name.lower()))
    ram.roles.delete(role.name)
    service = _BY_NAME[role.name].service
    return {"DeletionTaskId": f"task/acs-service-role/{service}/{role.name}/{uuid.uuid4()}"}


def _of_service(name: str) -> Template:
    return found(TEMPLATES.get(name), "Service", name)


def _make(ram: RamState, template: Template, now: float) -> Role:
    trust = json.dumps({"Statement": [{
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [template.service]},
    }], "Version": "1"})
    role = Role(template.name, new_id("3"), trust, now, now, description=template.description, service_linked=True)
    ram.roles.put(role.name, role)
    ram.attach(ROLE, role.name, Attachment(SYSTEM, template.policy, now))
    return role
