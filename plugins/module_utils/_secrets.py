# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of SDKs, services and commands without the secrets in them, and as they can be shown. Private to this collection."""
from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from ._texts import visible

LEAST = 8  # characters of a secret that is searched for as it is; a shorter one could be a part of a word

_NAMES = (
    r"access_?key_?id|access_?key_?secret|secret_?access_?key|(?:aws_|x-amz-|x-acs-)?(?:session|security)[_-]?token|sts_?token|"
    r"access_?token|refresh_?token|web_?identity_?token|oidc_?token|signature|external_?id|password|private_?key"
)
# Providers of the Alibaba Cloud SDK, whose messages follow each other in one text.
_NEXT = r"(?=['\"]?, ['\"]\w+CredentialsProvider: |['\"]?\]\Z|\Z)"
_ANSWER = re.compile(rf",? +(?:result|(?<=, )response|(?<=OAuth )token): (.*?){_NEXT}", re.S)
_RULES = [(re.compile(pattern, re.S | re.I), text) for pattern, text in [
    # What the services say after their sentence on a wrong signature: all that was signed.
    (r"\s*(server string to sign is|The Canonical String for this request should have been|The String-to-Sign should have been)"
     rf".*?{_NEXT}", ""),
    # An answer that a parser of botocore does not understand, which can be one with keys.
    (r"(?<= received)\. Further retries may succeed:.*", ""),
    (r"(?<=response \d{3} from container metadata): .*", ""),
    # What a command prints when it fails is for its own user.
    (r"(?<=from custom-process: )(?!Unsupported version|Missing required key).*",
     "the command credential_process failed; what it printed is not shown, because it can contain secrets: run it in a shell"),
    (rf"(?:\n|\\n)stderr: .*?{_NEXT}", "; what it printed is not shown, because it can contain secrets: run it in a shell"),
    # A key or a token with a line end is no valid header.
    (r"(?<=header value)(:? b?['\"]).*", ", such as a key or a token with a line end"),
    (r"Value '.*?' (?=at '(?:externalId|webIdentityToken|sAMLAssertion|tokenCode)')", "Value '...' "),
    # Addresses: names and passwords, paths with which a credential is fetched, and queries.
    (r"(?<=://)[^\s/@'\"]+@", ""),
    (r"(credentials from https?://[^\s/,?]+)[^\s,]*", r"\1"),
    (r"(container metadata: [^\n]*?https?://[^\s/\"]+)[^\s\"]*", r"\1"),
    (r"(?<=with url: )\S+", "..."),
    (r"\?[\w.%-]+=[^\s'\")<>]*", "?..."),
    # Names and values, as in JSON, headers, XML and forms. A shorter value can be a word of a sentence.
    (r"(?<=\bauthorization: )[^\r\n'\"]+", "..."),
    (rf"(\b(?:{_NAMES})\b\\?['\"]?\s*(?:[:=>]|%3[AD]|%253[AD])\s*\\?['\"]?)(?!\.\.\.)[^\s\\'\",;&%}}<>]{{{LEAST},}}", r"\1..."),
    (r"([\"']token\\?[\"']\s*:\s*\\?[\"'])[^\\'\"]+", r"\1..."),
]]


def without_secrets(value: Any) -> Any:
    """A text of an SDK, a service or a command without secrets; of a list or a dictionary, all texts in it.

    What cannot be seen in it becomes visible: whoever answers could otherwise erase or forge what a terminal shows.
    """
    if isinstance(value, dict):
        return {visible(name): without_secrets(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    if not isinstance(value, str):
        return value
    value = _ANSWER.sub(_summary, value)
    for pattern, text in _RULES:
        value = pattern.sub(text, value)
    return visible(value)


def address_problem(value: Any) -> str | None:
    """What is wrong with an option that is an address, or a dictionary of addresses: a name or a password in it; None if nothing is.

    Ansible shows the options of a module with C(-vvv), and callbacks may write them into files.
    """
    if isinstance(value, dict):
        return next(filter(None, map(address_problem, value.values())), None)
    if not isinstance(value, str) or "@" not in value:
        return None
    return "the address contains a user name or a password (the part before @), which Ansible would show: remove that part"


def proxy_problem(value: Any) -> str | None:
    """As address_problem, for the address of a proxy, which may need a password."""
    problem = address_problem(value)
    return problem and f"{problem}, and set HTTPS_PROXY in the environment instead"


def of_address(value: Any) -> list[str]:
    """The secrets in an address, or in a dictionary of addresses, in the forms in which they can be in a text."""
    if isinstance(value, dict):
        return [found for one in value.values() for found in of_address(one)]
    if not isinstance(value, str) or "@" not in value:
        return []
    user = value.rpartition("@")[0].rpartition("//")[2]
    password = user.partition(":")[2]
    return [f"{user}@", *known([password, unquote(password), base64.b64encode(unquote(user).encode()).decode()])]


def known(values: Iterable[Any]) -> set[str]:
    """Secrets as they can be in a text: without line ends, and long enough to be told from a word."""
    found = (value.strip() for value in values if isinstance(value, str))
    return {value for value in found if len(value) >= LEAST}


def _summary(match: re.Match) -> str:
    """Of an answer that an SDK shows as it came, what a service says: the rest can be a credential."""
    code = re.search(r'"Code"\s*:\s*"([\w.]+)"', match[1])
    message = re.search(r'"Message"\s*:\s*"((?:[^"\\]|\\.)*)"', match[1])
    return "".join(f": {found[1]}" for found in (code, message) if found)
