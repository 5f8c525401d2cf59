# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address: look at the state, make bad days. Clouds have no such thing, so it is not in their requests.

    GET  /accounts              ids of the accounts that there are
    GET  /accounts/ID           what an account has
    GET  /calls                 what was called; ?account=ID
    GET  /faults                the faults that are on, and the seed
    PUT  /faults                {"seed": 1, "faults": [{"throttled": 0.3, ...}, ...]}: replaces them; see faults.Fault
    GET  /clock                 the time that the cloud believes in, in seconds since 1970
    POST /clock                 {"advance": SECONDS}: moves it on
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import faults, state
from .cloud import Cloud

_FURTHEST = 100 * 365 * 24 * 3600  # seconds that the clock may be moved on at once


class Control:
    """WSGI application of the control address."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._routes = Map([
            Rule("/accounts", methods=["GET"], endpoint=self._accounts),
            Rule("/accounts/<account_id>", methods=["GET"], endpoint=self._account),
            Rule("/calls", methods=["GET"], endpoint=self._calls),
            Rule("/faults", methods=["GET"], endpoint=self._faults),
            Rule("/faults", methods=["PUT"], endpoint=self._set_faults),
            Rule("/clock", methods=["GET"], endpoint=self._clock),
            Rule("/clock", methods=["POST"], endpoint=self._advance),
        ])

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        request = Request(environ)
        try:
            if request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
                # Meant for somebody else: this is no proxy, and a name for loopback may be somebody's trick.
                raise NotFound("The control address has no other name than 127.0.0.1 and localhost.")
            endpoint, values = self._routes.bind_to_environ(environ).match()
            with self._cloud.lock:
                answer = endpoint(request, **values)
            response = Response(json.dumps(answer, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
        except HTTPException as error:
            response = Response(f"{error.description}\n", status=error.code, mimetype="text/plain")
        return response(environ, start_response)

    def _accounts(self, _request: Request) -> list[str]:
        return sorted(self._cloud.accounts)

    def _account(self, _request: Request, account_id: str) -> dict[str, Any]:
        if account_id not in self._cloud.accounts:
            raise NotFound(f"There is no account {account_id} yet.")
        return state.dump(self._cloud, account_id)

    def _calls(self, request: Request) -> list[dict[str, Any]]:
        wanted = request.args.get("account")
        return [asdict(call) for call in self._cloud.calls if wanted in (None, call.account)]

    def _faults(self, _request: Request) -> dict[str, Any]:
        return {"seed": self._cloud.faults.seed, "faults": [asdict(fault) for fault in self._cloud.faults.faults]}

    def _set_faults(self, request: Request) -> dict[str, Any]:
        settings = _json(request, {"seed", "faults"})
        seed = settings.get("seed", 0)
        if not isinstance(seed, int) or not isinstance(settings.get("faults"), list):
            raise BadRequest("seed is a whole number, and faults a list.")
        try:
            self._cloud.faults.set([faults.read(fault) for fault in settings["faults"]], seed)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return self._faults(request)

    def _clock(self, _request: Request) -> dict[str, float]:
        return {"now": self._cloud.clock.now()}

    def _advance(self, request: Request) -> dict[str, float]:
        advance = _json(request, {"advance"}).get("advance")
        if not isinstance(advance, (int, float)) or isinstance(advance, bool) or not 0 <= advance <= _FURTHEST:
            raise BadRequest(f"advance is a number of seconds, from 0 to {_FURTHEST}.")
        self._cloud.clock.advance(advance)
        return self._clock(request)


def _json(request: Request, names: set[str]) -> dict[str, Any]:
    body = request.get_json(force=True)
    if not isinstance(body, dict) or not body.keys() <= names:
        raise BadRequest(f"An object with {' and '.join(sorted(names))}.")
    return body
