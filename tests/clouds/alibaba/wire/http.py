# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as it came over the wire."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import CloudError


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request, nothing decoded.

    :param host: host without port, in lower case: the one of the Host header.
    :param path: percent-encoded, as sent.
    :param query: as sent, without the question mark.
    :param headers: names in lower case.
    :param source_ip: address of the client.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str


@dataclass(frozen=True)
class Answer:
    """What goes back to the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def from_environ(environ: Mapping[str, Any]) -> HttpRequest:
    """Read a WSGI environment of our server.

    :raises CloudError: the request line is in absolute form and names another host than the Host header.
    """
    headers: dict[str, str] = {}
    for name, value in environ["clouds.headers"]:
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    target = environ["RAW_URI"]
    named = None
    if not target.startswith("/"):  # absolute form: the client takes us for a proxy
        parts = urlsplit(target)
        named = parts.netloc.lower()
        target = target[target.index("://") + 3 + len(parts.netloc):] or "/"
    host = headers.get("host", "").lower()
    if named is not None and _without_port_80(named) != _without_port_80(host):
        raise CloudError(400, "InvalidHost", "The request line and the Host header name different hosts.")
    path, _mark, query = target.partition("?")
    length = int(headers.get("content-length") or 0)
    # A body of unknown length has its end from the server.
    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(length)
    return HttpRequest(environ["REQUEST_METHOD"], host.rsplit(":", 1)[0], path or "/", query, headers, body,
                       environ["REMOTE_ADDR"])


def _without_port_80(host: str) -> str:
    return host.removesuffix(":80")
