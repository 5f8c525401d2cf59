#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_digests_info
short_description: Validate the log files of trails by their digest files
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Checks, for any number of trails that deliver to a bucket, that the digest files are signed by CloudTrail, that none
    is missing before another, and that the log files are there and unchanged, as C(aws cloudtrail validate-logs) does
    for one trail and region.
  - All regions are checked of which a trail has digest files.
  - The credentials are those of the bucket's account, or of a role that the role C(aws_trail_validation) created.
options:
  s3_bucket_name: {description: The bucket., type: str, required: true}
  trails:
    description: The trails.
    type: list
    elements: dict
    required: true
    suboptions:
      account_id: {description: 'Id of the account that has the trail, 12 digits.', type: str, required: true}
      name: {description: Name of the trail., type: str, required: true}
      region: {description: Home region of the trail., type: str, required: true}
      prefix: {description: Prefix of the log files' keys., type: str, default: ''}
      organization_id: {description: 'Id of the organization, for an organization trail.', type: str}
  until: {description: 'End of the time that is checked, in UTC as V(2026-11-21T06:34:10Z); by default now.', type: str}
  hours: {description: 'How many hours before O(until) it begins, from 1 to 8760.', type: int, default: 24}
  log_files: {description: 'Whether the log files are read as well, and not the digest files alone.', type: bool, default: true}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - A trail gets its first digest file within an hour after validation was switched on. As long as there is none, the
    state is V(none).
  - That the newest digest files of a region, or all of them, were deleted can't be seen from those that are left. Compare
    RV(trails.regions) with C(LatestDigestDeliveryTime) of GetTrailStatus, which is that of the home region, and with the
    regions of an earlier result, as C(verify) does.
  - If a chain begins anew after a time without digest files, that time is a problem, because its log files can't be validated.
    Logging or log file validation was off, the trail was created again, or digest files were deleted.
  - Digest files that CloudTrail delivers later, for log files that it left out, are passed over. V(_backfill) is in
    their names.
  - A region may refuse its public keys, because the bucket's account has not opted in to it, or a policy of the
    organization denies it. Its digest files are then not validated, of which there is a warning. In the home region of
    a trail that is a problem of the trail.
  - "API calls: C(ListPublicKeys) for each region; C(ListObjectsV2) for each trail, and each of its regions and days;
    C(GetObject) for each digest file (one an hour and region) and each log file."
seealso:
  - name: Validating CloudTrail log file integrity
    description: What a digest file proves.
    link: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

EXAMPLES = r"""
- name: Validate the log files of the last six hours
  crossaccount.audit_logs.cloudtrail_digests_info:
    region: eu-west-1
    s3_bucket_name: example-audit-logs
    hours: 6
    trails:
      - {account_id: "222222222222", name: audit-logs, region: eu-west-1, prefix: "222222222222"}
"""

RETURN = r"""
trails:
  description: What was found, by the id of the account.
  returned: success
  type: dict
  contains:
    state: {description: 'V(valid), V(invalid), or V(none) if there is no digest file.', type: str, returned: success}
    digests: {description: Number of digest files that were read., type: int, returned: success}
    log_files: {description: Number of log files that were compared., type: int, returned: success}
    from: {description: Beginning of the time that was checked., type: str, returned: success}
    to: {description: Its end., type: str, returned: success}
    regions:
      description: The regions that have digest files, of the time that was checked or earlier on its first day.
      type: list
      elements: dict
      returned: success
      version_added: 0.7.0
      contains:
        region: {description: The region., type: str, returned: always}
        last: {description: End of the last hour that has a digest file., type: str, returned: always, sample: "2026-11-21T06:00:00Z"}
        began:
          description:
            - Beginning of the chain, if it began in the time that was checked, and no older digest file of that time is there.
            - Null if the oldest digest file of that time names one before it, or could not be validated.
          type: str
          returned: always
    problems:
      description: A sentence for each thing that is not as CloudTrail wrote it, ten at most.
      type: list
      elements: str
      returned: success
"""

import concurrent.futures
import datetime

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import digests
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def _public_keys(module, chains, since, until):
    """Public keys by region, without the regions that don't give them."""
    found = {}
    for region in sorted({chain.region for chain in chains}):
        try:
            client = module.client("cloudtrail", retry_decorator=RETRY, region=region)
            found[region] = digests.public_keys(client, since, until)
        except is_boto3_error_code(digests.NO_SESSION):  # says nothing of the region
            raise
        except AWS_ERRORS as error:
            said = f"digest files of {region} are not validated: CloudTrail there gives no public keys: {error}"
            module.warn(said)
            for chain in chains:
                if region == chain.region == chain.trail["region"]:
                    chain.problems.append(said)
    return found


def main():
    text = dict(type="str", required=True)
    module = AwsModule(argument_spec=dict(
        s3_bucket_name=text,
        trails=dict(type="list", elements="dict", required=True, options=dict(
            account_id=text, name=text, region=text, prefix=dict(type="str", default=""), organization_id=dict(type="str"),
        )),
        until=dict(type="str"),
        hours=dict(type="int", default=24),
        log_files=dict(type="bool", default=True),
    ), supports_check_mode=True)
    bucket, trails, hours, log_files = (
        module.params[name] for name in ("s3_bucket_name", "trails", "hours", "log_files")
    )
    problem = None if 1 <= hours <= digests.LONGEST else f"hours is from 1 to {digests.LONGEST}"
    for trail in trails:
        problem = problem or checks.account_id(trail["account_id"]) or checks.trail_name(trail["name"])
    end = module.params["until"]
    problem = problem or (end and _probes.time_problem("until", end))
    if problem:
        module.fail_json(msg=problem)
    until = _probes.moment(end) if end else _probes.now()
    since = until - datetime.timedelta(hours=hours)
    try:
        s3 = module.client("s3", retry_decorator=RETRY)
        with concurrent.futures.ThreadPoolExecutor(digests.AT_A_TIME) as pool:
            by_trail = list(pool.map(lambda trail: digests.chains(s3, bucket, trail, since, until), trails))
        chains = [chain for found in by_trail for chain in found]
        keys = _public_keys(module, chains, since, until)
        with concurrent.futures.ThreadPoolExecutor(digests.AT_A_TIME) as pool:
            known = [chain for chain in chains if chain.region in keys]
            list(pool.map(lambda chain: chain.validate(keys[chain.region], log_files), known))
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to validate the log files in {bucket}")
    module.exit_json(
        changed=False,
        trails={trail["account_id"]: digests.result(found, since, until) for trail, found in zip(trails, by_trail)},
    )


if __name__ == "__main__":
    main()
