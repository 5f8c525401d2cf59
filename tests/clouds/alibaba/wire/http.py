# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as it came over the wire."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

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

    :raises CloudError: it is no sound HTTP, or the request line is in absolute form and names another host than the
        Host header.
    """
    headers: dict[str, str] = {}
    for name, value in environ["clouds.headers"]:
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    host = headers.get("host", "").lower()
    path, _mark, query = _target(environ["RAW_URI"], host).partition("?")
    return HttpRequest(environ["REQUEST_METHOD"], re.sub(r":[0-9]*$", "", host), path or "/", query, headers,
                       _body(environ["wsgi.input"], headers), environ["REMOTE_ADDR"])


def _target(target: str, host: str) -> str:
    """Path and query; the absolute form of the request line is for proxies."""
    if target.startswith("/"):
        return target
    absolute = re.match(r"http://([^/?#]*)", target, re.IGNORECASE)
    if not absolute:
        raise CloudError(400, "BadRequest", "The request line is not understood.")
    if _without_port_80(absolute[1].lower()) != _without_port_80(host):
        raise CloudError(400, "BadRequest", "The request line and the Host header name different hosts.")
    return target[absolute.end():]


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if coding is not None:
        # Both together are how one request is smuggled in another.
        if coding.lower() != "chunked" or length is not None:
            raise CloudError(400, "BadRequest", "The length of the body is not understood.")
        try:
            return stream.read()  # the server finds the end
        except OSError:
            raise CloudError(400, "BadRequest", "The chunks of the body are not understood.") from None
    if length is not None and not re.fullmatch("[0-9]{1,18}", length):
        raise CloudError(400, "BadRequest", "The length of the body is not understood.")
    body = stream.read(int(length or 0))
    if len(body) < int(length or 0):
        raise CloudError(400, "BadRequest", "The body is shorter than its length says.")
    return body


def _without_port_80(host: str) -> str:
    return host.removesuffix(":80")
