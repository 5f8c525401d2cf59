# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: who calls, what is called, may they; then it is done, written down, and becomes an audit event."""
from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from ..calls import Call, subject_of
from ..wire_faults import Kind, respond
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
        answer, fault = self._respond(environ)
        response = Response(answer.body, f"{answer.status} -")
        response.headers = Headers(answer.headers)  # no Content-Type that the answer does not have
        return respond(fault, response, environ, start_response)

    def for_observers(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        """The WSGI application for those who see every write at once."""
        return self({**environ, _OBSERVER: True}, start_response)

    def _respond(self, environ: dict[str, Any]) -> tuple[Answer, Kind | None]:
        style: RpcStyle | SlsStyle | None = None
        request: ApiRequest | None = None
        fault: Kind | None = None
        try:
            http = from_environ(environ)
            style = style_of(http)
            request = ApiRequest(self._cloud, http, region=style.region or DEFAULT_REGION, project=style.project,
                                 id=style.new_id(), is_observer=bool(environ.get(_OBSERVER)))
            verdict, values = self._receive(request, style)
            if verdict.latency:
                time.sleep(verdict.latency)
            if verdict.before:
                raise verdict.before
            fault = self._fault(request, values)
            if fault and fault.is_before:
                raise _failure(request, fault) if fault.is_error else Dropped
            result = self._perform(request, values, verdict.behind)
            if verdict.after:
                raise verdict.after
            if fault is Kind.ERROR_AFTER:
                raise _failure(request, fault)
            answer = style.answer(result, request.id)
        except CloudError as error:
            self._note(request, error)
            return self._refuse(style, request, error), fault
        except Dropped:
            self._note(request, CloudError(0, "Dropped", ""))
            return Answer(500, {}), fault or Kind.RESET
        except Exception:
            traceback.print_exc(file=sys.stderr)
            error = CloudError(500, "InternalError", "The local Alibaba Cloud failed; see its log.")
            self._note(request, error)
            return self._refuse(style, request, error), fault
        self._note(request, None)
        return answer, fault

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

    def _fault(self, request: ApiRequest, values: dict[str, Any]) -> Kind | None:
        """What is wrong with the wire. With AssumeRole, a call is for the account of the role."""
        role = str(values.get("RoleArn", "")).split(":") if request.operation.name == "AssumeRole" else []
        account = role[3] if len(role) > 3 else request.account.id
        return self._cloud.wire_faults.take(account, request.operation.product, request.operation.name, subject_of(values))

    def _perform(self, request: ApiRequest, values: dict[str, Any], behind: float) -> Any:
        with self._cloud.lock:
            failure: CloudError | None = None
            self._cloud.faults.behind = behind
            self._cloud.consistency.enter(request.is_observer)
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


def _failure(request: ApiRequest, fault: Kind) -> CloudError:
    """The error of a service that fails or has too many calls: assumption alibaba-throttling-codes."""
    if fault is not Kind.THROTTLING:
        return CloudError(500, "InternalError", "The request processing has failed due to some unknown error.")
    if request.operation.product == "Sls" and request.project:
        kind = "Read" if request.operation.read_only else "Write"
        return CloudError(403, f"{kind}QuotaExceed", f"{kind} quota is exceeded.")
    return CloudError(400, "Throttling.User", "Request was denied due to user flow control.")
