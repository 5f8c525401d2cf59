# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: who calls, what is called, may they; then moto does it, and the call is written down."""
from __future__ import annotations

import json
import re
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.request import environ_key_for_header
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.wrappers import Response

from ..calls import Call, subject_of
from ..wire_faults import Kind, WireFaults, respond
from . import authorization, cloudtrail, constraints, iam, kms, logs, mends, organizations, regions, s3, signature, sts
from .accounts import Accounts
from .calls import is_read_only
from .cloudtrail.recorder import Recorder
from .errors import AwsError, internal_failure, throttling
from .partition import partition
from .partition import regions as regions_of
from .request import ApiRequest
from .windows import Consistency

# Importing these registers their mends.
MENDED = (cloudtrail, iam, kms, logs, organizations, regions, s3, sts)
# Signing name to the service's name in botocore, which is also moto's.
SERVICES = {
    "account": "account",
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


class Gateway:
    """WSGI application in front of moto.

    :param accounts: who exists.
    :param recorder: writes calls down as audit events.
    :param consistency: which changes are not in effect yet.
    :param record: is called with each call.
    """

    def __init__(
        self, accounts: Accounts, recorder: Recorder, consistency: Consistency, record: Callable[[Call], None]
    ) -> None:
        # moto's dictionaries know nothing of threads.
        self.lock = threading.RLock()
        self.latency = 0.0  # seconds that each call takes longer
        self.faults = WireFaults()
        self._accounts = accounts
        self._recorder = recorder
        self._consistency = consistency
        self._record = record
        self._backends: dict[str, Callable] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        request = ApiRequest(environ, self._accounts, self._recorder)
        if self.latency:  # without the lock, so that calls overlap
            time.sleep(self.latency)
        with self.lock:
            self._recorder.catch_up()
            response = self._respond(request)
            self._consistency.leave(request, response.status_code)
            _correct_answer(request, response)
            code = _error_code(response)
            if not (request.fault and request.fault.is_before):
                self._recorder.record(request, response, code)
            self._record(Call(request.account, request.service, request.action, is_read_only(request.action),
                              response.status_code, code, _subject(request)))
        return respond(request.fault, response, environ, start_response)

    def _respond(self, request: ApiRequest) -> Response:
        try:
            self._identify(request)
            request.route()
            request.fault = self.faults.take(_account(request), request.service, request.action, _subject(request))
            if request.fault and request.fault.is_before:
                return self._fail(request)
            constraints.check(request)
            request.owner = cloudtrail.owner(request) if request.service == "cloudtrail" else request.account
            self._consistency.enter(request)
            authorization.check(request)
            self._consistency.allow()
            response = self._perform(request)
            return self._fail(request) if request.fault is Kind.ERROR_AFTER else response
        except AwsError as error:
            self._consistency.refuse()
            return request.answer(error)
        except NotImplementedError as error:
            return request.answer(AwsError("NotImplemented", f"The local AWS does not have it: {error}", 501))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return request.answer(AwsError("InternalFailure", "The local AWS failed; see its log.", 500))

    @staticmethod
    def _fail(request: ApiRequest) -> Response:
        """The answer to a call that fails because of a fault of the wire; what the fault spoils on the way is still to come."""
        if not request.fault.is_error:
            return Response()
        return request.answer((throttling if request.fault is Kind.THROTTLING else internal_failure)(request.service))

    def _identify(self, request: ApiRequest) -> None:
        """Find out who calls, and whether it is really they."""
        authorization_header = signature.parse(request.headers.get("authorization"))
        if authorization_header.service not in SERVICES:
            raise AwsError("SignatureDoesNotMatch", f"There is no service {authorization_header.service} here.", 403)
        request.service, request.region = SERVICES[authorization_header.service], authorization_header.region
        if request.region not in regions_of(partition()):
            raise AwsError("SignatureDoesNotMatch", "Credential should be scoped to a valid region.", 403)
        credentials = self._accounts.find(
            authorization_header.access_key_id, request.headers.get("x-amz-security-token")
        )
        signature.check(authorization_header, credentials.secret, request.http.method, request.environ["RAW_URI"],
                        request.headers, request.body)
        request.credentials = credentials
        regions.check(request)

    def _perform(self, request: ApiRequest) -> Response:
        name = request.service, request.action
        for mend in mends.BEFORE.get(name, ()):
            mend(request)
        if name in mends.INSTEAD:
            request.output = mends.INSTEAD[name](request)
            return request.answer(request.output)
        # moto takes the account from here; what a client sends under this name is overwritten.
        request.environ[environ_key_for_header("x-moto-account-id")] = request.owner
        request.environ[mends.DECIDED] = request
        request.pass_on()
        response = Response.from_app(self._backend(request.service), request.environ, buffered=True)
        if response.status_code < 400 and name in mends.AFTER:
            self._mend_after(request, response)
        return response

    def _mend_after(self, request: ApiRequest, response: Response) -> None:
        output = json.loads(response.get_data() or b"{}") if request.protocol == "json" else {}
        for mend in mends.AFTER[request.service, request.action]:
            mend(request, output)
        if request.protocol == "json":
            response.set_data(json.dumps(output))

    def _backend(self, service: str) -> Callable:
        if service not in self._backends:
            self._backends[service] = create_backend_app(service)
        return self._backends[service]


def _account(request: ApiRequest) -> str:
    """Id of the account that a call is for: with AssumeRole that of the role, otherwise that of the caller."""
    role = request.parameters.get("RoleArn") if request.action == "AssumeRole" and request.is_understood else None
    return role.split(":")[4] if role and role.count(":") > 4 else request.account


def _subject(request: ApiRequest) -> str:
    """What a call is about; empty if it can't be read."""
    return subject_of(request.parameters) if request.is_understood else ""


def _correct_answer(request: ApiRequest, response: Response) -> None:
    """Each answer has the id of the request in a header (assumption aws-request-id-header), which moto leaves out for some services.

    S3 has a header of its own for it. And an operation without output has an empty body (API_PutBucketPolicy, API_CreateAlias),
    where moto says True or null; those of the query protocol have the id there.
    """
    if "x-amzn-RequestId" not in response.headers:
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    if request.service == "s3":
        response.headers["x-amz-request-id"] = response.headers["x-amzn-RequestId"]
    if request.service and response.status_code < 300 and request.operation and not request.operation.output_shape:
        if request.protocol != "query":
            response.set_data(b"")


def _error_code(response: Response) -> str | None:
    if response.status_code < 400:
        return None
    match = _ERROR_CODE.search(response.get_data())
    return (match[1] or match[2]).decode() if match else str(response.status_code)
