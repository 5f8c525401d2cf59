# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: who calls, what is called, may they; then moto does it, and the call is written down."""
from __future__ import annotations

import io
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol, environ_key_for_header
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest, create_backend_app
from werkzeug.wrappers import Response

from . import signature, sts
from .accounts import Accounts, Credentials
from .calls import Call, is_read_only
from .errors import AwsError

# Signing name to the service's name in botocore, which is also moto's.
SERVICES = {
    "cloudtrail": "cloudtrail",
    "iam": "iam",
    "kms": "kms",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "organizations": "organizations",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "sts": "sts",
    "tagging": "resourcegroupstaggingapi",
}
_ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')


class ApiRequest:
    """One HTTP request, as the API call that it is."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.body: bytes = _take_body(environ)
        self.http = BackendRequest(environ)
        self.caller: Credentials | None = None
        self.operation: OperationModel | None = None
        self.service = ""
        self.region = ""

    @property
    def action(self) -> str:
        """Name of the operation, such as ``PutBucketPolicy``; empty if it is not known."""
        return str(self.operation.name) if self.operation else ""

    @property
    def account(self) -> str:
        """Account of the caller; empty if it is not known."""
        return self.caller.principal.account if self.caller else ""

    @cached_property
    def headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.http.headers.items()}

    @cached_property
    def protocol(self) -> str:
        return determine_request_protocol(get_service_model(self.service), self.http.content_type)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The operation's input, by the names of the service model."""
        parser = PROTOCOL_PARSERS[self.protocol](self.operation, map_type=dict)
        return parser.parse({
            "method": self.http.method, "values": self.http.values, "headers": self.http.headers, "body": self.body,
            "url_path": self.http.path, "url_params": self._uri_parameters,
        }) or {}

    def route(self) -> None:
        """Find the operation.

        :raises AwsError: UnknownOperationException, InvalidAction
        """
        try:
            self.operation, self._uri_parameters = get_service_router(self.service).match(self.http)
        except (NotFound, NotImplementedError):
            code = "InvalidAction" if self.service in {"iam", "sts", "sns"} else "UnknownOperationException"
            raise AwsError(code, "The action or operation requested is invalid.", 400) from None

    def answer(self, result: object) -> Response:
        """An answer in the protocol of the service.

        :param result: the output's members, or an AwsError.
        """
        model = get_service_model(self.service or "s3")
        serializer = get_serializer_class(model.service_name, self.protocol if self.service else "rest-xml")
        answer = serializer(operation_model=self.operation or OperationModel({}, model)).serialize(result)
        status = getattr(result, "status", None) or answer["status_code"]
        body = b"" if self.http.method == "HEAD" else answer["body"]
        return Response(body, status=status, headers=dict(answer["headers"]))


class Gateway:
    """WSGI application in front of moto.

    :param accounts: who exists.
    :param calls: each call is appended here.
    """

    def __init__(self, accounts: Accounts, calls: list[Call]) -> None:
        # moto's dictionaries know nothing of threads.
        self.lock = threading.RLock()
        self._accounts = accounts
        self._calls = calls
        self._backends: dict[str, Callable] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        request = ApiRequest(environ)
        with self.lock:
            response = self._respond(request)
            self._record(request, response)
        return response(environ, start_response)

    def _respond(self, request: ApiRequest) -> Response:
        try:
            self._identify(request)
            request.route()
            return self._perform(request)
        except AwsError as error:
            return request.answer(error)
        except NotImplementedError as error:
            return request.answer(AwsError("NotImplemented", f"The local AWS does not have it: {error}", 501))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return request.answer(AwsError("InternalFailure", "The local AWS failed; see its log.", 500))

    def _identify(self, request: ApiRequest) -> None:
        """Find out who calls, and whether it is really they."""
        authorization = signature.parse(request.headers.get("authorization"))
        if authorization.service not in SERVICES:
            raise AwsError("SignatureDoesNotMatch", f"There is no service {authorization.service} here.", 403)
        request.service, request.region = SERVICES[authorization.service], authorization.region
        if request.service == "s3" and request.http.path.startswith("/v20180820/"):
            request.service = "s3control"
        caller = self._accounts.find(authorization.access_key_id, request.headers.get("x-amz-security-token"))
        signature.check(authorization, caller.secret, request.http.method, request.environ["RAW_URI"],
                        request.headers, request.body)
        request.caller = caller

    def _perform(self, request: ApiRequest) -> Response:
        if request.service == "sts":
            if request.action == "GetCallerIdentity":
                return request.answer(sts.caller_identity(request.caller.principal))
            if request.action == "AssumeRole":
                return request.answer(sts.assume_role(self._accounts, request.caller, request.parameters))
        environ = request.environ
        # moto takes the account from here; what a client sends under this name is overwritten.
        environ[environ_key_for_header("x-moto-account-id")] = request.account
        environ["wsgi.input"] = io.BytesIO(request.body)
        return Response.from_app(self._backend(request.service), environ, buffered=True)

    def _backend(self, service: str) -> Callable:
        if service not in self._backends:
            self._backends[service] = create_backend_app(service)
        return self._backends[service]

    def _record(self, request: ApiRequest, response: Response) -> None:
        error = None
        if response.status_code >= 400:
            match = _ERROR_CODE.search(response.get_data())
            error = (match[1] or match[2]).decode() if match else str(response.status_code)
        self._calls.append(Call(
            request.account, request.service, request.action, is_read_only(request.action), response.status_code, error,
        ))


def _take_body(environ: dict[str, Any]) -> bytes:
    """Read the whole body, so that the connection can be used again, and leave a copy for the next reader."""
    if environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
