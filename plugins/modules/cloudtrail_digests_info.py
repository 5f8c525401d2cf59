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
  - Validates the log files of any number of trails that deliver to a bucket. The module checks that CloudTrail signed the digest files,
    that no digest file before another digest file is missing, and that the log files exist and are unchanged. C(aws cloudtrail
    validate-logs) does the same for one trail and region.
  - The module validates all regions for which a trail has digest files.
  - Use credentials of the account of the bucket, or of an IAM role that the role C(aws_trail_validation) created.
options:
  s3_bucket_name: {description: The bucket., type: str, required: true}
  trails:
    description: The trails whose log files are validated.
    type: list
    elements: dict
    required: true
    suboptions:
      account_id: {description: 'Id of the account that has the trail, 12 digits.', type: str, required: true}
      name: {description: Name of the trail., type: str, required: true}
      region: {description: Home region of the trail., type: str, required: true}
      prefix: {description: Prefix of the keys of the log files., type: str, default: ''}
      organization_id: {description: 'Id of the organization, for an organization trail.', type: str}
      chains:
        description:
          - For each region, where the validation begins. Give the region, and C(end) and C(hash) of its C(start) in RV(trails.regions) of
            an earlier result. Leave out regions whose C(start) is null.
          - If O(trails[].chains[].end) is before the period of O(hours), and no more than 8760 hours ago, the validation of the region
            begins at this digest file. If the chain does not connect to this digest file, the module reports a problem.
        type: list
        elements: dict
        default: []
        version_added: 0.7.0
        suboptions:
          region: {description: Region of the digest files., type: str, required: true}
          end: {description: The time in the name of the digest file., type: str, required: true}
          hash: {description: SHA-256 hash of the digest file., type: str, required: true}
  until:
    description: End of the period that is validated, in UTC, such as V(2026-11-21T06:34:10Z). The default is the current time.
    type: str
  hours:
    description:
      - Length of the period before O(until) in hours, from 1 to 8760. For a region in O(trails[].chains), the period may begin earlier.
    type: int
    default: 24
  log_files:
    description: Whether the module also reads the log files. If V(false), the module reads only the digest files.
    type: bool
    default: true
  hashes:
    description:
      - RV(crossaccount.audit_logs.cloudtrail_probe_info#module:hashes) of a search in the same bucket. The module compares the hashes of
        these log files, and does not read the log files again.
    type: dict
    default: {}
    version_added: 0.7.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - CloudTrail delivers the first digest file of a trail within an hour after log file validation was enabled. As long as a trail has no
    digest file, its state is V(none).
  - If somebody deletes the newest digest files of a region, or all of them, the remaining digest files do not show the deletion. To detect
    such a deletion, compare RV(trails.regions) with C(LatestDigestDeliveryTime) of GetTrailStatus, which is a time of the home region, and
    with the regions of an earlier result. The playbook C(verify) makes these comparisons.
  - If a chain begins again after a period without digest files, the module reports this period as a problem, because the log files of this
    period cannot be validated. Possible causes are that logging or log file validation was off, that the trail was created again, or that
    somebody deleted digest files.
  - The module ignores backfill digest files, which CloudTrail delivers later for log files that it left out. Their names contain
    V(_backfill).
  - A region may refuse access to its public keys, because the account of the bucket has not opted in to the region, or because a policy of
    the organization denies the call. The module then does not validate the digest files of this region, and warns. In the home region of a
    trail, the missing keys are a problem of the trail.
  - 'API calls: C(ListPublicKeys) for each region; C(ListObjectsV2) for each trail, and for each region of a trail; C(GetObject) for each
    digest file (one per hour and region) and each log file. The module makes up to 48 calls at the same time.'
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
  description: Result for each trail, by the id of the account that has the trail.
  returned: success
  type: dict
  contains:
    state:
      description: V(invalid) if RV(trails.problems) is not empty, V(none) if there is no digest file, otherwise V(valid).
      type: str
      returned: success
    digests: {description: Number of digest files that were read., type: int, returned: success}
    log_files: {description: Number of log files whose hash was compared., type: int, returned: success}
    from: {description: 'Beginning of the validated time, in UTC.', type: str, returned: success}
    to: {description: 'End of the validated time, in UTC.', type: str, returned: success}
    regions:
      description: Regions that have digest files of the validated time, or of an earlier hour of its first day.
      type: list
      elements: dict
      returned: success
      version_added: 0.7.0
      contains:
        region: {description: Name of the region., type: str, returned: always}
        from:
          description: Beginning of the validated time in this region, in UTC. If O(trails[].chains) contains the region, this time may be
            earlier than RV(trails.from).
          type: str
          returned: always
        last:
          description: End of the last hour that has a digest file, in UTC.
          type: str
          returned: always
          sample: "2026-11-21T06:00:00Z"
        began:
          description:
            - When the chain of digest files began, in UTC, if it began within the validated time.
            - Null if the oldest digest file of the validated time names an earlier digest file, or could not be validated.
          type: str
          returned: always
        start:
          description:
            - C(end) and C(hash) of the newest digest file that was validated. Give them in O(trails[].chains) of the next task. Null if
              no digest file was validated.
          type: dict
          returned: always
    problems:
      description: A sentence for each problem, for example for a file that is missing or was changed. At most ten.
      type: list
      elements: str
      returned: success
"""

import datetime

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import digests
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import objects
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS, NO_SESSION
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


class _PublicKeys:
    """Public keys of each region, without the regions that don't give them."""

    def __init__(self, module, since, until):
        self._module, self._since, self._until = module, since, until
        self._found, self._said = {}, {}

    def of(self, chain):
        """Those of the region of a chain; None if there are none, which is a problem in the home region of its trail."""
        region = chain.region
        if region not in self._found:
            self._found[region] = self._read(region)
        if region in self._said and region == chain.trail["region"]:
            chain.problems.append(self._said[region])
        return self._found[region]

    def _read(self, region):
        try:
            client = self._module.client("cloudtrail", retry_decorator=RETRY, region=region)
            return digests.public_keys(client, self._since, self._until)
        except is_boto3_error_code(NO_SESSION):  # says nothing of the region
            raise
        except AWS_ERRORS as error:
            self._said[region] = f"digest files of {region} are not validated, because CloudTrail returned no public keys in this region: {error}"
            self._module.warn(self._said[region])
            return None


def main():
    text = dict(type="str", required=True)
    module = AwsModule(argument_spec=dict(
        s3_bucket_name=text,
        trails=dict(type="list", elements="dict", required=True, options=dict(
            account_id=text, name=text, region=text, prefix=dict(type="str", default=""), organization_id=dict(type="str"),
            chains=dict(type="list", elements="dict", default=[], options=dict(region=text, end=text, hash=text)),
        )),
        until=dict(type="str"),
        hours=dict(type="int", default=24),
        log_files=dict(type="bool", default=True),
        hashes=dict(type="dict", default={}),
    ), supports_check_mode=True)
    bucket, trails, hours = (module.params[name] for name in ("s3_bucket_name", "trails", "hours"))
    problem = None if 1 <= hours <= digests.LONGEST else f"hours: give 1 to {digests.LONGEST}"
    for trail in trails:
        problem = problem or checks.account_id(trail["account_id"]) or checks.trail_name(trail["name"])
        for chain in trail["chains"]:
            problem = problem or _probes.time_problem("end", chain["end"]) or objects.hash_problem("hash", chain["hash"])
    for value in module.params["hashes"].values():
        problem = problem or objects.hash_problem("hashes", value)
    end = module.params["until"]
    problem = problem or (end and _probes.time_problem("until", end))
    if problem:
        module.fail_json(msg=problem)
    until = _probes.moment(end) if end else _probes.now()
    since = until - datetime.timedelta(hours=hours)
    keys = _PublicKeys(module, digests.earliest(trails, since, until), until)
    try:
        validation = digests.Validation(
            objects.client(module), bucket, since, until, keys.of, module.params["log_files"], module.params["hashes"])
        by_trail = validation.run(trails)
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to validate the log files in {bucket}")
    module.exit_json(
        changed=False,
        trails={trail["account_id"]: digests.result(found, since, until) for trail, found in zip(trails, by_trail)},
    )


if __name__ == "__main__":
    main()
