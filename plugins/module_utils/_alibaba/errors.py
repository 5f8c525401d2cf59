# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the services, whatever class the SDKs make of them. Private to this collection."""
from __future__ import annotations

import re

from .._secrets import without_secrets

# "code: 404, The role not exists: x request id: 1234": the SDK's own frame around the service's sentence.
_FRAME = re.compile(r"(?:code: \d+, )?(?P<sentence>.*?)(?: request id: (?P<request_id>\S*))?", re.DOTALL)
# Codes of calls that were turned away before anything was done. SLS has quotas of calls and logs for a second or a
# minute; its ProjectQuotaExceed is about how much there may be, and stays. assumption alibaba-throttling-codes
_THROTTLING = re.compile(r"Throttling|QpsLimitExceeded$|(Read|Write)QuotaExceed$")
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
    def is_inactive(self) -> bool:
        """Whether Simple Log Service may never have been activated in the account: assumption alibaba-sls-activation."""
        return " is inactive" in self.sentence

    def is_one_of(self, codes: tuple[str, ...]) -> bool:
        """Whether the code is one of these, or a case of one: C(EntityNotExist) has C(EntityNotExist.Role)."""
        return bool(self.code) and any(self.code == code or self.code.startswith(f"{code}.") for code in codes)


def from_exception(action: str, host: str, error: Exception) -> CloudError | None:
    """What an SDK raised; distinguished by C(code) alone, because SLS and RPC clients raise different classes.

    None for what is a mistake in a program, and no failure of a call.
    """
    if not (isinstance(error, (OSError, ValueError)) or type(error).__module__.startswith(_SDKS)):
        return None
    code = getattr(error, "code", None)
    if not isinstance(code, str) or not code or code == "None":
        # No connection, or an answer that is not JSON, as proxies give.
        cause = _first_cause(error)
        return CloudError(action, None, f"no answer from {host}: {type(cause).__name__}: {cause}", None, None)
    match = _FRAME.fullmatch(getattr(error, "message", None) or str(error))
    data = getattr(error, "data", None) or {}
    request_id = getattr(error, "request_id", None) or data.get("requestId") or match["request_id"]
    status = getattr(error, "status_code", None) or data.get("statusCode")
    return CloudError(action, code, match["sentence"].strip(), request_id or None, int(status) if status else None)


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong at the bottom; what the SDKs wrap around it has the address of the call, with all parameters."""
    inner = getattr(error, "inner_exception", None) or error.__cause__ or error.__context__
    return _first_cause(inner) if inner and not isinstance(error, ValueError) else error
