# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: who calls, what is called, may they; then it is done, written down, and becomes an audit event."""
from __future__ import annotations

import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from ..calls import Call, subject_of
from . import authorization, delivery, events, services
from .cloud import Cloud
from .errors import CloudError
from .faults import Dropped, Verdict
from .parameters import read_all
from .regions import REGIONS
from .request import DEFAULT_REGION, ApiRequest
from .sls import service
from .wire.hosts import style_of
from .wire.http import Answer, from_environ
from .wire.rpc import RpcStyle, in_any_style
from .wire.sls import SlsStyle

services.load()

_OBSERVER = "clouds.observer"  # in the environment of a request


class Gateway:
    """WSGI application in front of the cloud.

    :param cloud: everything that there is.
    :param on_call: is called with each call.
    """

    def __init__(self, cloud: Cloud, on_call: Callable[[Call], None]) -> None:
        self._cloud = cloud
        self._on_call = on_call

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        try:
            answer = self._respond(environ)
        except Dropped:
            # The server notices when it writes.
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            answer = Answer(500, {})
        reason = f"{answer.status} -"
        start_response(reason, [*answer.headers.items(), ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def for_observers(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        """The WSGI application for those who see every write at once."""
        return self({**environ, _OBSERVER: True}, start_response)

    def _respond(self, environ: dict[str, Any]) -> Answer:
        style: RpcStyle | SlsStyle | None = None
        request: ApiRequest | None = None
        try:
            http = from_environ(environ)
            style = style_of(http)
            request = ApiRequest(self._cloud, http, region=style.region or DEFAULT_REGION, project=style.project,
                                 id=style.new_id())
            verdict, values = self._receive(request, style)
            if verdict.latency:
                time.sleep(verdict.latency)
            if verdict.before:
                raise verdict.before
            result = self._perform(request, values, verdict.behind, bool(environ.get(_OBSERVER)))
            if verdict.after:
                raise verdict.after
            answer = style.answer(result, request.id)
        except CloudError as error:
            self._note(request, error)
            return self._refuse(style, request, error)
        except Dropped:
            self._note(request, CloudError(0, "Dropped", ""))
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            error = CloudError(500, "InternalError", "The local Alibaba Cloud failed; see its log.")
            self._note(request, error)
            return self._refuse(style, request, error)
        self._note(request, None)
        return answer

    def _receive(self, request: ApiRequest, style: RpcStyle | SlsStyle) -> tuple[Verdict, dict[str, Any]]:
        """Find out who calls, whether it is really they, and what."""
        cloud = self._cloud
        with cloud.lock:
            request.credential = style.identify(cloud.credentials, cloud.nonces)
            request.account = cloud.account(request.caller.account_id)
            authorization.check_session(request)
            if request.region not in REGIONS:  # it is in names of resources, too; assumption alibaba-unknown-region
                raise CloudError(404, "InvalidRegionId", f"There is no region {request.region!r}.")
            request.operation, values = style.route()
            return cloud.faults.judge(request.account.id, request.operation.name), values

    def _perform(self, request: ApiRequest, values: dict[str, Any], behind: float, is_observer: bool) -> Any:
        with self._cloud.lock:
            failure: CloudError | None = None
            self._cloud.faults.behind = behind
            self._cloud.consistency.enter(is_observer)
            try:
                request.input = read_all(request.operation.parameters, values)
                service.require(request)
                authorization.check(request)
                request.output = request.operation.perform(request)
                return request.output
            except CloudError as error:
                failure = error
                raise
            finally:
                self._cloud.consistency.leave()  # what is delivered is delivered minutes later
                if request.operation.recorded:
                    delivery.deliver(self._cloud, events.record(request, failure))
                self._cloud.faults.behind = 0.0

    @staticmethod
    def _refuse(style: RpcStyle | SlsStyle | None, request: ApiRequest | None, error: CloudError) -> Answer:
        request_id = request.id if request else events.new_id()
        return style.refuse(error, request_id) if style else in_any_style(error, request_id)

    def _note(self, request: ApiRequest | None, error: CloudError | None) -> None:
        operation = request.operation if request else None
        call = Call(
            request.account.id if request and request.account else "-",
            operation.product if operation else "-",
            operation.name if operation else "-",
            bool(operation and operation.read_only),
            error.status if error else 200,
            error.code if error else None,
            subject_of(request.input) if request else "",
        )
        with self._cloud.lock:
            self._cloud.calls.append(call)
        self._on_call(call)
