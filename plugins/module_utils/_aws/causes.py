# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a failure that AWS or its SDK does not name. Private to this collection."""
from __future__ import annotations

import re

_TOKEN = (
    "If the keys are valid and not expired, this region is not enabled in the account, or the session token comes from the global"
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
_CAUSES = {
    **dict.fromkeys(["AccessDenied", "AccessDeniedException"], _POLICY),
    **dict.fromkeys(["InvalidClientTokenId", "InvalidToken", "RegionDisabledException", "UnrecognizedClientException"], _TOKEN),
}
# "Troubleshoot access denied error messages" (IAM User Guide): what a message says if AWS names the kind of the policy.
_NAMED = re.compile(r"with an explicit deny in an? |because no .* policy allows ")
_CODE = re.compile(r"An error occurred \((\w+)\) when calling the ")


def with_cause(text: str) -> str:
    """A message about a call that failed, with a possible cause that AWS or its SDK does not name."""
    code = _CODE.search(text)
    cause = _CAUSES.get(code[1]) if code and not _NAMED.search(text) else None
    if "SSL validation failed for " in text:  # what botocore says whatever is wrong with the certificates
        cause = _CERTIFICATE
    return f"{text.rstrip('. ')}. {cause}" if cause and cause not in text else text
