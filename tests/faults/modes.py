# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployments in which calls fail: an inventory for each mode of each cloud, and what has to be there before."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba import LocalAlibaba
from clouds.alibaba.cloud import MANAGEMENT_ACCOUNT as ALIBABA_MANAGEMENT
from clouds.aws import LocalAws
from helpers.alibaba import deployments as alibaba_deployments
from helpers.alibaba.clients import REGION, Clients
from helpers.aws import deployments as aws_deployments

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_EXISTING = "landing-zone"
_TRAIL_ARN = f"arn:aws:cloudtrail:{aws_deployments.REGION}:{aws_deployments.MANAGEMENT}:trail/{_EXISTING}"
_ALIBABA_TRAIL_ARN = f"acs:actiontrail:{REGION}:{ALIBABA_MANAGEMENT}:trail/{_EXISTING}"


@dataclass(frozen=True)
class Mode:
    """A kind of deployment on one cloud.

    :param variables: of all hosts.
    :param prepare: what others do in the cloud before the first run; returns more variables.
    :param has_management: whether the management account is a member, which then has the trail.
    """

    cloud: str
    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Any], dict[str, Any]] = lambda cloud: {}
    has_management: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _mode, (self.key,)  # another process has the functions as well

    @property
    def key(self) -> str:
        """Its key in MODES."""
        return f"{self.cloud} {self.name}"

    @property
    def archive(self) -> str:
        """The host of the archive account."""
        return "log-archive" if self.cloud == "aws" else "root"

    def members(self, count: int) -> dict[str, str]:
        """Account ids of so many members, which are alike, by host."""
        if self.cloud == "aws":
            return {f"team-{number:02}": f"{220000000000 + number}" for number in range(1, count + 1)}
        return {f"shop-{number:02}": f"{2200000000000000 + number}" for number in range(1, count + 1)}

    def accounts(self, count: int) -> dict[str, str]:
        """Account ids of all hosts."""
        is_aws = self.cloud == "aws"
        management = {} if not self.has_management else {
            "aws-management" if is_aws else "alibaba-management": aws_deployments.MANAGEMENT if is_aws else ALIBABA_MANAGEMENT}
        archive = aws_deployments.ARCHIVE if is_aws else alibaba_deployments.ARCHIVE
        return {self.archive: archive, **management, **self.members(count)}

    def inventory(self, count: int, **variables: Any) -> dict[str, Any]:
        """The groups of an inventory: an archive and so many members.

        :param variables: what prepare returned.
        """
        accounts = {name: number for name, number in self.accounts(count).items() if name != self.archive}
        variables = {**self.variables, "audit_logs_timeout": 300, **variables}
        if self.cloud == "aws":
            hosts = {"aws-management": {"audit_logs_aws_role": ""}} if self.has_management else {}
            found = aws_deployments.inventory_of(accounts, hosts, **variables)["all"]
        else:
            found = alibaba_deployments.inventory_of(variables.pop("audit_logs_alibaba_mode"), accounts=accounts, **variables)["all"]
        # Variables of the groups: a run has the deployments of both clouds, which have other values for the same variables.
        return {name: {**group, "vars": found["vars"]} for name, group in found["children"].items()}


def _mode(key: str) -> Mode:
    return MODES[key]


def _organization(aws: LocalAws) -> dict[str, Any]:
    """Let an organization have trails."""
    organizations = aws.session().client("organizations")
    for account in (aws_deployments.ARCHIVE, "220000000001"):
        aws.session(account)
    organizations.enable_aws_service_access(ServicePrincipal=_CLOUDTRAIL)
    return {"aws_trail_bucket_organization_id": organizations.describe_organization()["Organization"]["Id"]}


def _existing_aws(aws: LocalAws) -> dict[str, Any]:
    """A trail of the organization that others have, with a bucket in the archive account."""
    found = _organization(aws)
    bucket = aws_deployments.BUCKET
    s3 = aws.session(aws_deployments.ARCHIVE).client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws_deployments.REGION})
    condition = {"StringEquals": {"aws:SourceArn": _TRAIL_ARN}}
    service = {"Effect": "Allow", "Principal": {"Service": _CLOUDTRAIL}, "Condition": condition}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {**service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"},
    ]}))
    cloudtrail = aws.session().client("cloudtrail")
    cloudtrail.create_trail(
        Name=_EXISTING, S3BucketName=bucket, IsOrganizationTrail=True, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name=_EXISTING)
    return {**found, "aws_trail_s3_key_prefix": ""}


def _delegate(service: str) -> Callable[[LocalAlibaba], dict[str, Any]]:
    def prepare(alibaba: LocalAlibaba) -> dict[str, Any]:
        for account_id in (alibaba_deployments.ARCHIVE, "2200000000000001"):
            alibaba.cloud.account(account_id)
        Clients(alibaba).directory.register_delegated_administrator(directory.RegisterDelegatedAdministratorRequest(
            account_id=alibaba_deployments.ARCHIVE, service_principal=service))
        return {}
    return prepare


def _existing_alibaba(alibaba: LocalAlibaba) -> dict[str, Any]:
    """A trail of the organization that others have, with a project in the archive account."""
    archive, management = Clients(alibaba, alibaba.credential(alibaba_deployments.ARCHIVE)), Clients(alibaba)
    project, role = alibaba_deployments.PROJECT, "landing-zone-writer"
    archive.sls.create_project(sls.CreateProjectRequest(project_name=project, description="somebody's"))
    trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "Service": [f"{ALIBABA_MANAGEMENT}@actiontrail.aliyuncs.com"]}}]}
    archive.ram.create_role(ram.CreateRoleRequest(role_name=role, assume_role_policy_document=json.dumps(trust)))
    archive.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        role_name=role, policy_name="AliyunActionTrailDeliveryPolicy", policy_type="System"))
    management.actiontrail.create_trail(trails.CreateTrailRequest(
        name=_EXISTING, is_organization_trail=True, trail_region="All", event_rw="All",
        sls_project_arn=f"acs:log:{REGION}:{alibaba_deployments.ARCHIVE}:project/{project}",
        sls_write_role_arn=f"acs:ram::{alibaba_deployments.ARCHIVE}:role/{role}"))
    management.actiontrail.start_logging(trails.StartLoggingRequest(name=_EXISTING))
    return {}


_OPTIONS = {
    "aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True,
    "aws_trail_event_selectors": [{"read_write_type": "All"}], "aws_trail_insight_types": ["ApiCallRateInsight"],
    "aws_trail_bucket_transition_days": 90,
    "aws_trail_validation_principals": [f"arn:aws:iam::{aws_deployments.MANAGEMENT}:root"],
}
MODES = {mode.key: mode for mode in (
    Mode("aws", "trails"),
    Mode("aws", "trails with all options", _OPTIONS),
    Mode("aws", "organization_trail", {
        "audit_logs_aws_mode": "organization_trail", "audit_logs_aws_management_account_id": aws_deployments.MANAGEMENT,
        "audit_logs_aws_trail_account_id": aws_deployments.MANAGEMENT, "audit_logs_aws_cloudwatch": True,
        "audit_logs_removed_accounts": [aws_deployments.ARCHIVE],
    }, _organization, has_management=True),
    Mode("aws", "existing_trail", {
        "audit_logs_aws_mode": "existing_trail", "audit_logs_aws_trail_arn": _TRAIL_ARN,
    }, _existing_aws, has_management=True),
    Mode("alibaba", "log_audit", {"audit_logs_alibaba_mode": "log_audit", "alibaba_log_audit_archive_central_roles": "custom"}),
    Mode("alibaba", "actiontrail", {"audit_logs_alibaba_mode": "actiontrail"}),
    Mode("alibaba", "organization_trail", {
        "audit_logs_alibaba_mode": "organization_trail", "audit_logs_alibaba_trail_account_id": ALIBABA_MANAGEMENT,
        "audit_logs_removed_accounts": [alibaba_deployments.ARCHIVE],
    }, has_management=True),
    Mode("alibaba", "resource_directory", {"audit_logs_alibaba_mode": "resource_directory"}, _delegate("audit.log.aliyuncs.com")),
    Mode("alibaba", "collection_policies", {
        "audit_logs_alibaba_mode": "collection_policies",
        "alibaba_collection_policies": [{"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}],
    }, _delegate("audit.log.aliyuncs.com")),
    Mode("alibaba", "existing_trail", {
        "audit_logs_alibaba_mode": "existing_trail", "audit_logs_alibaba_trail_arn": _ALIBABA_TRAIL_ARN,
    }, _existing_alibaba, has_management=True),
)}
