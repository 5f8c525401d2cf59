# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of the RPC style to Alibaba Cloud, byte by byte, so that tests can spoil them."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass
class Reply:
    """What came back.

    :param raw: all of it; the rest is empty or None where it is no HTTP.
    """

    raw: bytes
    status: int | None = None
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("Code")


@dataclass
class Raw:
    """A request before it is sent.

    :param unsigned: headers that no signature covers.
    """

    method: str
    target: str
    headers: dict
    body: bytes = b""
    unsigned: dict = field(default_factory=dict)

    @property
    def head(self):
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {**self.headers, **self.unsigned}.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def bytes(self):
        return self.head + self.body


def send(url, raw):
    """Send bytes and read until the end.

    :param url: of the server.
    """
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _blank, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/"):
        return Reply(received)
    headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines)}
    return Reply(received, int(first.split()[1]), headers, body)


def now(offset=0):
    """The time as signatures have it.

    :param offset: seconds.
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


def encoded(parameters):
    """Parameters as the query and the form have them, and as they are signed."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


def signed_in_headers(
    credential, host, action, version, query=None, form=None, *, method="POST", date=None, nonce=None, path="/",
    headers=None,
):
    """A request with an Authorization header of ACS3-HMAC-SHA256.

    :param headers: others that are to be signed.
    """
    body = encoded(form).encode() if form else b""
    signed = {
        "host": host, "x-acs-action": action, "x-acs-version": version, "x-acs-date": date or now(),
        "x-acs-signature-nonce": nonce or uuid.uuid4().hex, "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        **({"x-acs-security-token": credential.token} if credential.token else {}),
        **({"content-type": FORM} if form else {}), **(headers or {}),
    }
    names = ";".join(sorted(signed))
    canonical = "\n".join([
        method, path, encoded(query or {}), *(f"{name}:{signed[name]}" for name in sorted(signed)), "", names,
        signed["x-acs-content-sha256"],
    ])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(credential.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={credential.access_key_id},SignedHeaders={names},Signature={signature}"
    )
    target = f"{path}?{encoded(query)}" if query else path
    return Raw(method, target, signed, body, {"content-length": str(len(body))})


def signed_in_query(
    credential, host, action, version, query=None, form=None, *, method="POST", date=None, nonce=None, path="/",
    **others,
):
    """A request with the parameter Signature of HMAC-SHA1.

    :param others: common parameters in place of the usual ones; None for none.
    """
    common = {
        "AccessKeyId": credential.access_key_id, "Action": action, "Version": version, "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": nonce or uuid.uuid4().hex,
        "Timestamp": date or now(), "SecurityToken": credential.token, **others,
    }
    query = {**(query or {}), **{name: value for name, value in common.items() if value is not None}}
    text = f"{method}&%2F&{quote(encoded({**query, **(form or {})}), safe='~')}"
    key = f"{credential.secret}&".encode()
    query["Signature"] = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
    body = encoded(form).encode() if form else b""
    headers = {"host": host, **({"content-type": FORM} if form else {}), "content-length": str(len(body))}
    return Raw(method, f"{path}?{encoded(query)}", {}, body, headers)


SIGNERS = {"headers": signed_in_headers, "query": signed_in_query}
