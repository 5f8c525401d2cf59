# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a message is a secret, and what is not."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import known, without_secrets

X = "XyZ0123456789"


@pytest.mark.parametrize("text, result", [
    # Addresses
    (f"HTTPSConnectionPool(host='sts.aliyuncs.com', port=443): Max retries exceeded with url: /?AccessKeyId={X}&Signature={X} "
     "(Caused by NameResolutionError())",
     "HTTPSConnectionPool(host='sts.aliyuncs.com', port=443): Max retries exceeded with url: ... (Caused by NameResolutionError())"),
    (f'Could not connect to the endpoint URL: "https://sts.amazonaws.com/?X-Amz-Signature={X}"',
     'Could not connect to the endpoint URL: "https://sts.amazonaws.com/?..."'),
    (f"ProxyError: Cannot connect to proxy http://ci:{X}@proxy:8080", "ProxyError: Cannot connect to proxy http://proxy:8080"),
    (f"error refreshing credentials from http://h:80/{X}?a={X},  http_code=500, result: {X}",
     "error refreshing credentials from http://h:80,  http_code=500"),
    ("Received error when attempting to retrieve container metadata: Read timeout on endpoint URL: "
     f'"http://169.254.170.2/{X}"',
     'Received error when attempting to retrieve container metadata: Read timeout on endpoint URL: "http://169.254.170.2"'),
    # Names and values
    (f'{{"AccessKeySecret": "{X}", "Code": "Success"}}', '{"AccessKeySecret": "...", "Code": "Success"}'),
    (f"{{\\\"SecurityToken\\\":\\\"{X}\\\"}}", '{\\"SecurityToken\\":\\"...\\"}'),
    (f"<SecretAccessKey>{X}</SecretAccessKey><Expiration>", "<SecretAccessKey>...</SecretAccessKey><Expiration>"),
    (f"x-amz-security-token:{X}\nhost:x", "x-amz-security-token:...\nhost:x"),
    (f"Authorization: AWS4-HMAC-SHA256 Credential={X}/x, Signature={X}\nb", "Authorization: ...\nb"),
    (f"refresh_token={X}&client_id=4", "refresh_token=...&client_id=4"),
    (f"GET%2F&SecurityToken%3D{X}%26Timestamp", "GET%2F&SecurityToken%3D...%26Timestamp"),
    (f"1 validation error detected: Value '{X}' at 'externalId' failed to satisfy constraint: pattern: [\\w]*",
     "1 validation error detected: Value '...' at 'externalId' failed to satisfy constraint: pattern: [\\w]*"),
    # What was signed, sent and answered
    (f"Specified signature is not matched with our calculation. server string to sign is:GET&{X}",
     "Specified signature is not matched with our calculation."),
    (f"Check your key. The Canonical String for this request should have been 'POST\n{X}'", "Check your key."),
    (f"Invalid header value b'{X}\\n'", "Invalid header value, such as a key or a token with a line end"),
    (f"Unable to parse response (x), invalid XML received. Further retries may succeed:\nb'{X}'",
     "Unable to parse response (x), invalid XML received"),
    (f"Error when retrieving credentials from custom-process: no {X}",
     "Error when retrieving credentials from custom-process: the command credential_process failed; what it printed is not shown,"
     " because it can contain secrets: run it in a shell"),
    (f"failed to execute external command: exit status 1\nstderr: no {X}",
     "failed to execute external command: exit status 1; what it printed is not shown, because it can contain secrets: run it in"
     " a shell"),
    # One text of several providers
    (f"in the chain: ['CLIProfileCredentialsProvider: http_code: 403, result: {{\"Code\":\"NoPermission\",\"Message\":\"No, \\\"'x', "
     f"'y'\\\".\",\"Key\":\"{X}\"}}', 'EcsRamRoleCredentialsProvider: HttpCode=404']",
     "in the chain: ['CLIProfileCredentialsProvider: http_code: 403: NoPermission: No, \\\"'x', 'y'\\\".', "
     "'EcsRamRoleCredentialsProvider: HttpCode=404']"),
])
def test_hidden(text, result):
    assert X not in (found := without_secrets(text)) and found == result
    assert without_secrets(found) == found


@pytest.mark.parametrize("text", [
    "Signature expired: 20261128T235250Z is now earlier than 20261128T235751Z",
    "An error occurred (ExpiredToken) when calling the AssumeRole operation: The security token included in the request is expired",
    "InvalidSecurityToken.Expired: Specified SecurityToken is expired. (request id 5F)",
    "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/A",
    "Error when retrieving credentials from custom-process: Missing required key in response: 'SecretAccessKey'",
    "assume_role: external_id: use 2 to 1224 characters", "aws_trail_bucket_name is missing: give it", "Is it there? It is.", "",
])
def test_shown(text):
    assert without_secrets(text) == text


def test_values_in_others():
    value = {"msg": f"token={X}", "error": [{"message": f"session_token: {X}"}], "status": 403, "none": None}
    assert without_secrets(value) == {"msg": f"token={X}", "error": [{"message": "session_token: ..."}], "status": 403, "none": None}


def test_known():
    assert known(["0123456789\n", "short", None, 5]) == {"0123456789"}
