# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers on loopback, in threads of this process."""
from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

_LOOPBACK = "127.0.0.1"
_POLL = 0.02  # seconds between looks at whether to stop


class Handler(WSGIRequestHandler):
    """Passes the headers on as they came, and prints nothing."""

    def make_environ(self) -> dict[str, Any]:
        """The WSGI environment, with the headers as a list of pairs.

        :raises ConnectionAbortedError: the address in the request line is none.
        """
        try:
            return {**super().make_environ(), "clouds.headers": self.headers.items()}
        except ValueError:
            self.send_response(400)
            self.end_headers()
            raise ConnectionAbortedError from None

    def version_string(self) -> str:
        """No Server header of our own."""
        return "local"

    def log_request(self, *arguments: Any) -> None:
        """Called by werkzeug for each request."""

    def log_error(self, *arguments: Any) -> None:
        """Called for each request that is not valid HTTP; the client gets an error."""


class Listener:
    """A WSGI application behind a port of loopback.

    :param port: TCP port; 0 for a free one.
    :param name: of its thread.
    :param tls: to serve HTTPS; None for HTTP.
    :raises OSError: the port is taken.
    """

    def __init__(
        self, application: Callable, port: int, name: str, handler: type[WSGIRequestHandler] = Handler,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        # Bound here: werkzeug ends the whole program if the port is taken.
        with socket.create_server((_LOOPBACK, port)) as listener:
            self._server = make_server(_LOOPBACK, port, application, threaded=True, request_handler=handler,
                                       fd=listener.fileno())
        if tls:
            # Not by werkzeug: its handshakes keep all other clients waiting.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self._server.ssl_context = tls
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL,), name=name, daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no longer, and give the port back."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http{'s' if self._server.ssl_context else ''}://{_LOOPBACK}:{self._server.port}"
