# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that expire: what a service says then, and what to do. Private to this collection."""
from __future__ import annotations

import re

# Codes: assumption aws-expired-session-codes, assumption alibaba-expired-session-codes. S3 and Simple Log Service also say so in words.
_EXPIRED = re.compile(
    r"\bExpiredToken(Exception)?\b|\bInvalidSecurityToken\.Expired\b|\b(security ?|provided )token\b[^.]{0,60}\bexpired\b", re.I)
_GENERIC = "The credentials expired. "


def is_expired(text: str) -> bool:
    """Whether a message says that the credentials of a call had expired."""
    return bool(_EXPIRED.search(text))


def with_expiry(text: str, host: str = "", phase: str = "") -> str:
    """A message that begins by saying whose credentials expired, if a service says that they did; other messages as they are.

    :param host: the account that was worked on; empty if it is not known.
    :param phase: credentials, if no session was opened yet.
    """
    if not is_expired(text):
        return text
    text = text.removeprefix(_GENERIC)
    if not host:
        return f"{_GENERIC}{text}"
    if phase == "credentials":
        return f"the credentials for {host} expired; get new credentials, and run the account again. {text}"
    return (f"the session of {host} expired; run the account again. If it expires again, give longer sessions"
            f" (audit_logs_aws_role_duration, audit_logs_alibaba_role_duration) or divide the inventory into slices. {text}")
