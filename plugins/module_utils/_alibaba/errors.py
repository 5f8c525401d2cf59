# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the services, whatever class the SDKs make of them. Private to this collection."""
from __future__ import annotations

import json
import re

from .._secrets import without_secrets

# "code: 404, The role not exists: x request id: 1234": the SDK's own frame around the service's sentence.
_FRAME = re.compile(r"(?:code: \d+, )?(?P<sentence>.*?)(?: request id: (?P<request_id>\S*))?", re.DOTALL)
# Codes of calls that were turned away before anything was done. SLS has quotas of calls and logs for a second or a
# minute; its ProjectQuotaExceed is about how much there may be, and stays. assumption alibaba-throttling-codes
_THROTTLING = re.compile(r"Throttling|QpsLimitExceeded$|(Read|Write)QuotaExceed$")
# assumptions alibaba-ram-error-codes, alibaba-signature-error-codes, alibaba-actiontrail-error-codes
_ADVICE = {
    ("InvalidAccessKeyId",): "check that the access key exists and is active",
    ("SignatureDoesNotMatch", "IncompleteSignature"): "check that the secret belongs to the access key",
    ("NoPermission", "Forbidden.RAM"): "allow the action in a policy of the RAM user or role that makes the call",
    ("LimitExceeded",): "the account has reached a quota of the service: delete what is not needed any more, or request a higher quota in Quota Center",
    ("MaximumNumberOfTrailsExceededException",): (
        "the account has reached the quota of trails in the region: delete a trail that is not needed any more, or request a higher quota"
        " in Quota Center"),
}
_SDKS = ("darabonba", "Tea", "alibabacloud_tea_openapi")


class CloudError(Exception):
    """A call that failed.

    :param action: the operation.
    :param code: the service's code, such as C(EntityNotExist.Role); None when no answer came.
    :param sentence: what the service says about it.
    :param status: HTTP status; None when no answer came.
    """

    def __init__(self, action: str, code: str | None, sentence: str, request_id: str | None, status: int | None):
        self.sentence = without_secrets(sentence).strip()
        super().__init__(self.sentence)
        self.action = action
        self.code = code
        self.request_id = request_id
        self.status = status

    def __str__(self) -> str:
        what = ": ".join(part for part in (self.action, self.code, self.sentence) if part)
        return f"{what} (request id {self.request_id})" if self.request_id else what

    @property
    def is_throttling(self) -> bool:
        """Whether the call was turned away before anything was done."""
        return bool(self.code and _THROTTLING.search(self.code))

    @property
    def is_uncertain(self) -> bool:
        """Whether it may come right by itself, and nobody knows whether the work was done: assumption alibaba-uncertain-calls."""
        return not self.is_throttling and (self.code in (None, "ServiceUnavailable") or (self.status or 0) >= 500)

    @property
    def is_denied(self) -> bool:
        """Whether RAM does not allow the call: assumption alibaba-refusal-code."""
        return is_denial(self.code, self.sentence)

    @property
    def is_inactive(self) -> bool:
        """Whether Simple Log Service may never have been activated in the account: assumption alibaba-sls-activation."""
        return " is inactive" in self.sentence

    @property
    def advice(self) -> str:
        """What to do about it, as far as the code alone says; empty for other codes."""
        return next((advice for codes, advice in _ADVICE.items() if self.is_one_of(codes)), "")

    def is_one_of(self, codes: tuple[str, ...]) -> bool:
        """Whether the code is one of these, or a case of one: C(EntityNotExist) has C(EntityNotExist.Role)."""
        return bool(self.code) and any(self.code == code or self.code.startswith(f"{code}.") for code in codes)


def is_denial(code: str | None, sentence: str) -> bool:
    """Whether a code and its sentence say that RAM does not allow a call. The code of SLS is also that of a wrong key."""
    return code in ("NoPermission", "Forbidden.RAM") or code == "Unauthorized" and "denied by sts or ram" in sentence


def from_exception(action: str, host: str, error: Exception) -> CloudError | None:
    """What an SDK raised; distinguished by C(code) alone, because SLS and RPC clients raise different classes.

    None for what is a mistake in a program, and no failure of a call.
    """
    if not (isinstance(error, (OSError, ValueError)) or type(error).__module__.startswith(_SDKS)):
        return None
    code = getattr(error, "code", None)
    if not isinstance(code, str) or not code or code == "None":
        cause = _first_cause(error)
        if isinstance(cause, (json.JSONDecodeError, UnicodeDecodeError)):
            return not_of_service(action, host)
        return CloudError(action, None, f"no answer from {host}: {type(cause).__name__}: {cause}", None, None)
    match = _FRAME.fullmatch(getattr(error, "message", None) or str(error))
    data = getattr(error, "data", None) or {}
    request_id = getattr(error, "request_id", None) or data.get("requestId") or match["request_id"]
    status = getattr(error, "status_code", None) or data.get("statusCode")
    return CloudError(action, code, match["sentence"].strip(), request_id or None, int(status) if status else None)


def not_of_service(action: str, host: str) -> CloudError:
    """The failure of a call that somebody in between has answered, such as a proxy, or whose answer is not whole."""
    return CloudError(
        action, None,
        f"the response does not come from {host}, or is incomplete: check whether a proxy or gateway responds with a page of its own"
        " (audit_logs_alibaba_http_proxy), and run again", None, None)


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong at the bottom; what the SDKs wrap around it has the address of the call, with all parameters."""
    inner = getattr(error, "inner_exception", None) or error.__cause__ or error.__context__
    return _first_cause(inner) if inner and not isinstance(error, ValueError) else error
