# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that repeats in its answers all that it gets, so that a client which shows an answer shows its own secrets.

It is also a proxy: a tunnel that a client asks for is refused.
"""
from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote_plus
from xml.sax.saxutils import escape

# What a terminal follows and what nobody sees: C1 controls, turned directions, no width; and a line that forges one of the summary.
HOSTILE = "\x9b2J\u202eok\u202c\u200b\u2028<script>alert(1)</script>\n  ok  1  team-b  as it should be"
CODES = {"refused": "AccessDenied", "expired": "ExpiredToken"}


class Canary:
    """Secrets that must not be found anywhere, each of its own, so that a find says which one it is.

    :ivar made: the secrets by their names.
    """

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """A secret."""
        return self.made.setdefault(name, f"Canary{secrets.token_hex(20)}")

    def in_address(self, name: str, address: str) -> str:
        """An address with a password, which must not be found as it is sent to a proxy either."""
        user = f"ci:{self(name)}"
        self.made[f"{name} in base64"] = base64.b64encode(user.encode()).decode()
        return address.replace("://", f"://{user}@")

    def found_in(self, *texts: str) -> list[str]:
        """Names of the secrets that are in a text, as they are or as a part of an address."""
        return [name for name, value in self.made.items() for text in texts if value in text]

    @staticmethod
    def unseen_in(*texts: str) -> set[str]:
        """Characters of texts that are not seen, or that a terminal follows."""
        found = {one for text in texts for one in text if not one.isprintable() and one not in "\t\n"}
        return {one for one in found if unicodedata.category(one) != "Zs"}

    def found_below(self, folder: Path, *but: Path) -> list[str]:
        """Names of the secrets that are in a file, and the file."""
        files = [path for path in folder.rglob("*") if path.is_file() and path not in but]
        return [f"{name} in {path}" for path in files for name in self.found_in(path.read_text(encoding="latin-1"))]


class Echo:
    """The server, until its end.

    :param manner: C(refused), C(expired), C(malformed), C(cut) (JSON that ends too early) or C(hanging).
    :param also: what each answer contains besides.
    :param sentence: the beginning of the message of each error.
    :ivar requests: the first line of each request.
    """

    def __init__(self, manner: str, also: str = "", sentence: str = "No.") -> None:
        self.manner = manner
        self.sentence = sentence
        self.also = also
        self.requests: list[str] = []
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Echo:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, text: str) -> tuple[int, str, str]:
        """Status, type and body of an answer that repeats a text."""
        text = f"{text}\n{self.also}"
        code = CODES.get(self.manner, "")
        if self.manner == "malformed":
            return 200, "text/html", f"<html>{escape(text)}"
        if self.manner == "cut":
            return 200, "application/json", json.dumps({"AccessKeyId": text, "SecretAccessKey": text})[:-5]
        if self.manner == "incomplete":
            return 200, "application/json", json.dumps({"Code": "Success", "AccessKeySecret": self.also, "Token": text})
        if "Version=2011-06-15" in text:  # STS of AWS
            return 403, "text/xml", (
                f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
                f"<Message>{escape(self.sentence)} The Canonical String for this request should have been '{escape(text)}'</Message>"
                "</Error>"
                "<RequestId>5f</RequestId></ErrorResponse>")
        return 403, "application/json", json.dumps({
            "Code": code, "Message": f"{self.sentence} server string to sign is:GET&amp;{quote(text)}", "RequestId": "5F", "Request": text})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self):
                echo.requests.append(self.requestline)
                if echo.manner == "hanging":
                    echo._ended.wait(60)
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                status, kind, text = echo.answer(f"{self.requestline}\n{self.headers}\n{body}\n{unquote_plus(body)}")
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = _do

            def do_CONNECT(self):
                echo.requests.append(self.requestline)
                self.send_error(403, "No tunnel")

            def log_message(self, format, *arguments):
                pass

        return Handler


def nowhere() -> str:
    """An address where no server is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"
