# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a failure that AWS or its SDK does not name. Private to this collection."""
from __future__ import annotations

import re

_TOKEN = (
    "Check that the access key exists and is active. If the keys are valid and not expired, this region is not enabled in the account, or"
    " the session token comes from the global"
    " endpoint of STS, whose tokens opt-in regions reject: enable the region, or get the credentials from a regional endpoint"
    " (AWS_STS_REGIONAL_ENDPOINTS=regional)"
)
_POLICY = (
    "If the policies of the account allow it, a service control policy (SCP) or a resource control policy (RCP) of the organization"
    " may deny it: ask the administrator of the organization"
)
_CERTIFICATE = (
    "If a proxy of your network inspects TLS, set the environment variable AWS_CA_BUNDLE to the path of a file with the certificate of its"
    " certificate authority. If the variable is set, check that the file exists and has that certificate"
)
_NOT_AWS = (
    "The response does not come from AWS, or is incomplete: check whether a proxy or gateway between this machine and AWS responds with a"
    " page of its own (HTTPS_PROXY, audit_logs_aws_endpoint_url), and run again"
)
_QUOTA = "The account has reached a quota of the service: delete what is not needed any more, or request a higher quota in Service Quotas"
_TRAILS = "CloudTrail allows five trails in a region, and this quota cannot be increased: delete a trail that is not needed any more"
_CAUSES = {
    "502": _NOT_AWS,
    **dict.fromkeys(["AccessDenied", "AccessDeniedException"], _POLICY),
    **dict.fromkeys(["InvalidClientTokenId", "InvalidToken", "RegionDisabledException", "UnrecognizedClientException"], _TOKEN),
    **dict.fromkeys(["LimitExceeded", "LimitExceededException", "ServiceQuotaExceededException", "TooManyBuckets"], _QUOTA),
    "MaximumNumberOfTrailsExceededException": _TRAILS,
}
# "Troubleshoot access denied error messages" (IAM User Guide): what a message says if AWS names the kind of the policy.
_DENY = re.compile(r"with an explicit deny in an? ")
_NO_ALLOW = re.compile(r"because no (?P<policy>\S+) policy allows the (?P<action>[\w:*-]+) action")
_CODE = re.compile(r"An error occurred \((\w+)\) when calling the ")


def with_cause(text: str) -> str:
    """A message about a call that failed, with a possible cause that AWS or its SDK does not name, or what to do about it."""
    code = _CODE.search(text)
    cause = _CAUSES.get(code[1]) if code and not _DENY.search(text) else None
    if denial := _NO_ALLOW.search(text):
        where = "a policy of this user or role" if denial["policy"] == "identity-based" else f"the {denial['policy']} policy"
        cause = f"Allow {denial['action']} in {where}"
    if "SSL validation failed for " in text:  # what botocore says whatever is wrong with the certificates
        cause = _CERTIFICATE
    return f"{text.rstrip('. ')}. {cause}" if cause and cause not in text else text
