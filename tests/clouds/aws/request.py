# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP request, as the API call that it is."""
from __future__ import annotations

import io
import json
import uuid
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

from moto.cloudtrail.models import Trail
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.wrappers import Response

from ..wire_faults import Kind
from .accounts import Accounts, Credentials, Principal
from .errors import AwsError

if TYPE_CHECKING:
    from .cloudtrail.recorder import Recorder

# moto's serializers know no other.
_NO_REQUEST_ID = "<RequestId>request-id</RequestId>"


class ApiRequest:
    """What a client sent; the gateway fills in service, region and caller when it knows them."""

    def __init__(self, environ: dict[str, Any], accounts: Accounts, recorder: Recorder) -> None:
        self.environ = environ
        self.accounts = accounts
        self.recorder = recorder
        self.body = _take_body(environ)
        self.http = BackendRequest(environ)
        self.operation: OperationModel | None = None
        self.uri_parameters: dict[str, Any] = {}
        self.service = ""
        self.region = ""
        # Who calls, and with what; there once the signature is checked.
        self.credentials: Credentials | None = None
        # Account of what the call concerns, that of the caller unless it acts on behalf of another one.
        self.owner = ""
        # The output of an operation that a mend did instead of moto.
        self.output: dict[str, Any] | None = None
        # What is wrong with the wire.
        self.fault: Kind | None = None
        # The trail that logs no longer after this call, which is the last that it has.
        self.ended: Trail | None = None

    @property
    def caller(self) -> Principal | None:
        """Who calls; None if it is not known."""
        return self.credentials.principal if self.credentials else None

    @property
    def account(self) -> str:
        """Account of the caller; empty if it is not known."""
        return self.caller.account if self.caller else ""

    @property
    def action(self) -> str:
        """Name of the operation, such as ``PutBucketPolicy``; empty if it is not known."""
        return str(self.operation.name) if self.operation else ""

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by their lower-case names."""
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
            "url_path": self.http.path, "url_params": self.uri_parameters,
        }) or {}

    @property
    def is_understood(self) -> bool:
        """Whether it is a call of an operation that there is, with input that can be read."""
        try:
            return self.operation is not None and self.parameters is not None
        except Exception:  # moto's parsers let through whatever goes wrong in them
            return False

    def route(self) -> None:
        """Find the operation.

        :raises AwsError: UnknownOperationException, InvalidAction
        """
        self._complete_target()
        try:
            self.operation, self.uri_parameters = get_service_router(self.service).match(self.http)
        except (NotFound, NotImplementedError):
            code = "InvalidAction" if self.service in {"iam", "sts", "sns"} else "UnknownOperationException"
            raise AwsError(code, "The action or operation requested is invalid.", 400) from None

    def _complete_target(self) -> None:
        """Give X-Amz-Target the long prefix of botocore, which moto expects.

        "AWS JSON 1.1 protocol" (Smithy): the prefix is the name of the service, such as CloudTrail_20131101. All SDKs but botocore
        send that. What botocore sends for CloudTrail begins with com.amazonaws.
        """
        prefix = get_service_model(self.service).metadata.get("targetPrefix", "")
        name, dot, operation = self.environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if dot and name == prefix.rpartition(".")[2]:
            self.environ["HTTP_X_AMZ_TARGET"] = f"{prefix}.{operation}"

    def change(self, name: str, value: Any) -> None:
        """Give moto another value for a parameter; None takes it away. For JSON services."""
        content = json.loads(self.body)
        for parameters in (content, self.parameters):
            parameters.pop(name, None)
            if value is not None:
                parameters[name] = value
        self.body = json.dumps(content).encode()

    def pass_on(self) -> None:
        """Let the next reader of the body find it."""
        self.environ["CONTENT_LENGTH"] = str(len(self.body))
        self.environ["wsgi.input"] = io.BytesIO(self.body)

    def answer(self, result: object) -> Response:
        """An answer in the protocol of the service.

        :param result: the output's members, or an AwsError.
        """
        model = get_service_model(self.service or "s3")
        serializer = get_serializer_class(model.service_name, self.protocol if self.service else "rest-xml")
        with warnings.catch_warnings():
            # Errors that all services have, such as AccessDenied, are in no service model.
            warnings.simplefilter("ignore", UserWarning)
            answer = serializer(operation_model=self.operation or OperationModel({}, model)).serialize(result)
        status = getattr(result, "status", None) or answer["status_code"]
        request_id = str(uuid.uuid4())
        body = answer["body"] if isinstance(answer["body"], str) else answer["body"].decode()
        body = body.replace(_NO_REQUEST_ID, f"<RequestId>{request_id}</RequestId>")
        headers = {**answer["headers"], "x-amzn-RequestId": request_id}
        return Response("" if self.http.method == "HEAD" else body, status=status, headers=headers)


def _take_body(environ: dict[str, Any]) -> bytes:
    """Read the whole body, and leave a copy for the next reader."""
    stream = environ["wsgi.input"]
    body = stream.read() if environ.get("wsgi.input_terminated") else stream.read(
        int(environ.get("CONTENT_LENGTH") or 0)
    )
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
