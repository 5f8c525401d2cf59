# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opt-in regions of an account, and the copies of trails there."""
from __future__ import annotations

import pytest
from helpers.aws.trails import BUCKET, MANAGEMENT, MEMBER, REGION, SERVICE, Trails, allow

HERE, OTHER = "me-south-1", "af-south-1"


@pytest.fixture
def trails(aws):
    return Trails(aws)


def enable(aws, account, seconds=601):
    """Enable an opt-in region; after ten minutes, the copies of trails are there."""
    aws.session(account).client("account").enable_region(RegionName=HERE)
    aws.clock.advance(seconds)


def seen(aws, account, region=HERE):
    """Names of the trails that an account sees in a region."""
    return [trail["Name"] for trail in aws.session(account).client("cloudtrail", region_name=region).describe_trails()["trailList"]]


@pytest.fixture
def organization_trail(aws, trails):
    """Makes a trail of the organization, with its home in a region."""
    organizations = aws.session().client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    trails.policy(allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"),
                  *(allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{owner}/*") for owner in (MANAGEMENT, organization)))

    def create(region, **options):
        client = aws.session().client("cloudtrail", region_name=region)
        client.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True, **options)
        client.start_logging(Name="logs")

    return create


def test_status_of_regions(aws, refused):
    account = aws.session(MEMBER).client("account")
    first = account.list_regions(MaxResults=20)
    second = account.list_regions(MaxResults=20, NextToken=first["NextToken"])
    status = {one["RegionName"]: one["RegionOptStatus"] for page in (first, second) for one in page["Regions"]}
    assert (status[REGION], status[HERE]) == ("ENABLED_BY_DEFAULT", "DISABLED") and len(status) > 30
    enable(aws, MEMBER, 0)
    assert account.get_region_opt_status(RegionName=HERE)["RegionOptStatus"] == "ENABLING"
    assert account.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"] == []
    aws.clock.advance(301)
    assert account.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"] == [{"RegionName": HERE, "RegionOptStatus": "ENABLED"}]
    assert aws.session().client("account").list_regions(RegionOptStatusContains=["ENABLED"])["Regions"] == []
    for region in (REGION, "mars-north-1"):
        with refused("ValidationException"):
            account.enable_region(RegionName=region)
    with refused("NotImplemented"):
        account.get_contact_information()


def test_calls_in_a_region_that_is_not_enabled(aws, refused):
    with refused("InvalidClientTokenId"):
        seen(aws, MEMBER)
    enable(aws, MANAGEMENT)
    sts = aws.session().client("sts", region_name=HERE)
    role = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole", "RoleSessionName": "test"}
    with refused("RegionDisabledException"):
        sts.assume_role(**role)
    enable(aws, MEMBER)
    assert sts.assume_role(**role)["Credentials"] and seen(aws, MEMBER) == []


@pytest.mark.parametrize("is_multi_region", [True, False])
def test_a_trail_of_the_account(aws, trails, is_multi_region):
    trails.log(IsMultiRegionTrail=is_multi_region)
    enable(aws, MEMBER, 301)
    assert seen(aws, MEMBER) == []  # a call that the trail does not record
    aws.clock.advance(301)
    assert seen(aws, MEMBER) == (["logs"] if is_multi_region else [])
    files = [one["Key"] for one in trails.archive.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    assert sum(f"/CloudTrail/{HERE}/" in key for key in files) == is_multi_region


def test_a_trail_of_the_organization(aws, organization_trail):
    """It records each region that a member has enabled, also one that the management account has not."""
    organization_trail(REGION, IsMultiRegionTrail=True)
    enable(aws, MEMBER)
    assert seen(aws, MEMBER) == ["logs"]


def test_a_trail_of_the_organization_with_an_opt_in_home_region(aws, organization_trail):
    """A member that has not enabled this region sends nothing."""
    enable(aws, MANAGEMENT)
    organization_trail(HERE, IsMultiRegionTrail=True)
    assert seen(aws, MEMBER, REGION) == []
    enable(aws, MEMBER)
    assert seen(aws, MEMBER, REGION) == seen(aws, MEMBER) == ["logs"]
