# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules of Alibaba Cloud have underneath: errors, retries, tags, the flow of a resource."""
from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from darabonba.exceptions import UnretryableException
from Tea.exceptions import TeaException

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import client, errors, retry, tags
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import Resource


def refusal(code, status=400):
    return CloudError("CreateThing", code, "No.", "1-2-3", status)


THROTTLED = refusal("Throttling.User")
REJECTED = refusal("Rejected.Throttling", 503)
TOO_OFTEN = refusal("MetaOperationQpsLimitExceeded", 403)
TOO_MUCH = refusal("ReadQuotaExceed", 403)
SHARD_TOO_MUCH = refusal("ShardWriteQuotaExceed", 403)
FAILED = refusal("InternalError", 500)
UNAVAILABLE = refusal("ServiceUnavailable", 503)
UNANSWERED = refusal(None, None)
EXISTS = refusal("EntityAlreadyExists.Thing", 409)
MISSING = refusal("EntityNotExist.Thing", 404)


class Script:
    """A call that has these outcomes, one after the other."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture(name="clock", autouse=True)
def fixture_clock(monkeypatch):
    """Waiting takes no time; C(pauses) has what it would have been."""
    clock = SimpleNamespace(now=0.0, pauses=[])

    def sleep(seconds):
        clock.now += seconds
        clock.pauses.append(seconds)

    monkeypatch.setattr(retry, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: clock.now))
    return clock


class TestPersistently:
    @pytest.mark.parametrize("error", [
        THROTTLED, REJECTED, TOO_OFTEN, TOO_MUCH, SHARD_TOO_MUCH, FAILED, UNAVAILABLE, UNANSWERED,
    ])
    def test_again_until_it_works(self, clock, error):
        call = Script(error, error, error, "done")
        assert retry.persistently(call) == "done"
        assert len(clock.pauses) == 3

    @pytest.mark.parametrize("code, status", [
        ("NoPermission", 403), ("EntityNotExist.Role", 404), ("Throttle", 400), ("ProjectQuotaExceed", 403),
    ])
    def test_a_refusal_is_final(self, clock, code, status):
        call = Script(refusal(code, status))
        with pytest.raises(CloudError):
            retry.persistently(call)
        assert not clock.pauses

    @pytest.mark.parametrize("error, attempts", [(THROTTLED, 10), (FAILED, 10), (UNANSWERED, 4)])
    def test_it_ends(self, clock, error, attempts):
        call = Script(*[error] * 20)
        with pytest.raises(CloudError) as caught:
            retry.persistently(call)
        assert caught.value is error and call.calls == attempts
        assert clock.now < 60

    @pytest.mark.parametrize("before", [FAILED, UNAVAILABLE, UNANSWERED])
    def test_what_landed_is_not_refused_the_second_time(self, before):
        assert retry.persistently(Script(before, EXISTS), landed=("EntityAlreadyExists.Thing",)) is None

    @pytest.mark.parametrize("before", [[], [THROTTLED], [REJECTED], [TOO_OFTEN]])
    def test_what_was_there_before_is_refused(self, before):
        with pytest.raises(CloudError) as caught:
            retry.persistently(Script(*before, EXISTS), landed=("EntityAlreadyExists.Thing",))
        assert caught.value is EXISTS

    def test_nobody_asks_again_for_what_was_done(self):
        call = Script(THROTTLED, FAILED, "done twice")
        assert retry.persistently(call, was_done=lambda: True) is None
        assert call.calls == 2

    def test_what_was_not_done_is_done(self):
        asked = []
        assert retry.persistently(Script(FAILED, "done"), was_done=lambda: bool(asked.append(1))) == "done"
        assert asked == [1]


class TestWaiting:
    def test_until_it_is_seen(self):
        assert retry.eventually(Script(MISSING, MISSING, "seen"), ("EntityNotExist",), 60) == "seen"

    def test_it_ends(self, clock):
        with pytest.raises(CloudError):
            retry.eventually(Script(*[MISSING] * 1000), ("EntityNotExist",), 60)
        assert 60 <= clock.now <= 62
        assert max(clock.pauses) <= 2

    def test_other_errors_are_not_waited_for(self, clock):
        with pytest.raises(CloudError):
            retry.eventually(Script(EXISTS), ("EntityNotExist",), 60)
        assert not clock.pauses

    def test_without_time_there_is_one_attempt(self):
        call = Script(MISSING, "seen")
        with pytest.raises(CloudError):
            retry.eventually(call, ("EntityNotExist",), 0)
        assert call.calls == 1

    def test_the_last_result_counts_at_the_end(self):
        assert retry.until(Script(*[1] * 1000), lambda result: result == 2, (), 5) == 1
        assert retry.until(Script(1, 1, 2), lambda result: result == 2, (), 5) == 2

    def test_unless_it_is_done(self):
        assert retry.unless(("EntityNotExist",), Script(MISSING)) is None
        assert retry.unless(("EntityNotExist",), Script("done")) == "done"
        with pytest.raises(CloudError):
            retry.unless(("EntityNotExist",), Script(EXISTS))


class TestErrors:
    def test_of_the_rpc_style(self):
        error = errors.from_exception("GetRole", "ram.aliyuncs.com", ClientException(
            status_code=404, code="EntityNotExist.Role", message="code: 404, The role not exists : x . request id: 12-34",
            data={"RequestId": "12-34"}, request_id="12-34"))
        assert (error.code, error.status, error.request_id) == ("EntityNotExist.Role", 404, "12-34")
        assert str(error) == "GetRole: EntityNotExist.Role: The role not exists : x . (request id 12-34)"
        assert not error.is_uncertain and not error.is_throttling

    def test_of_sls(self):
        inner = TeaException({"code": "InternalServerError", "message": "Something.",
                              "data": {"httpCode": 500, "requestId": "5F", "statusCode": 500}})
        error = errors.from_exception("GetProject", "x", UnretryableException(
            SimpleNamespace(exception=inner, http_request=None)))
        assert str(error) == "GetProject: InternalServerError: Something. (request id 5F)"
        assert error.status == 500 and error.is_uncertain

    def test_no_connection(self):
        outer = OSError("HTTPConnectionPool: /?Policy=...&ExternalId=7f3c")
        outer.__cause__ = ConnectionRefusedError(111, "Connection refused")
        error = errors.from_exception("GetRole", "ram.aliyuncs.com", outer)
        assert str(error) == (
            "GetRole: no answer from ram.aliyuncs.com: ConnectionRefusedError: [Errno 111] Connection refused")
        assert error.is_uncertain and error.code is None

    def test_an_answer_of_something_else(self):
        with pytest.raises(ValueError) as not_json:
            json.loads("<html>")
        error = errors.from_exception("GetRole", "ram.aliyuncs.com", not_json.value)
        assert "GetRole: the response does not come from ram.aliyuncs.com, or is incomplete: check whether a proxy" in str(error)

    def test_mistakes_of_ours_are_no_refusals(self):
        assert errors.from_exception("GetRole", "x", TypeError("x")) is None
        assert errors.from_exception("GetRole", "x", AssertionError("x")) is None

    def test_what_was_signed_is_not_repeated(self):
        error = errors.from_exception("GetRole", "x", ClientException(
            status_code=400, code="SignatureDoesNotMatch",
            message="code: 400, Specified signature is not matched with our calculation. server string to sign is:POST\n/"
                    "\nx-acs-security-token:abc request id: 12"))
        assert str(error) == (
            "GetRole: SignatureDoesNotMatch: Specified signature is not matched with our calculation. (request id 12)")

    @pytest.mark.parametrize("code, codes, result", [
        ("EntityNotExist.Role", ("EntityNotExist",), True), ("EntityNotExist.Role", ("EntityNotExist.Role",), True),
        ("EntityNotExist.RolePlay", ("EntityNotExist.Role",), False), (None, ("EntityNotExist",), False),
        ("ProjectNotExist", (), False),
    ])
    def test_cases_of_a_code(self, code, codes, result):
        assert refusal(code).is_one_of(codes) is result


class TestTags:
    OWNER = {"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": "a"}

    def params(self, wanted=None, deployment=None, purge=True, **more):
        return {"tags": wanted, "deployment": deployment, "previous_deployments": ["b"], "purge_tags": purge, "state": "present",
                "adopt": False, **more}

    @pytest.mark.parametrize("wanted, deployment, purge, current, result", [
        (None, None, True, {"a": "1"}, None),
        (None, None, True, None, None),
        ({}, None, True, {"a": "1"}, {}),
        ({}, None, False, {"a": "1"}, {"a": "1"}),
        ({"b": "2"}, None, True, {"a": "1"}, {"b": "2"}),
        ({"b": "true", "c": ""}, None, False, {"a": "1"}, {"a": "1", "b": "true", "c": ""}),
        ({"b": "2"}, "a", True, {**OWNER, "c": "3"}, {**OWNER, "b": "2"}),
        ({"b": "2"}, "a", False, {**OWNER, "c": "3"}, {**OWNER, "b": "2", "c": "3"}),
        ({"audit-logs-deployment": "mine"}, "a", True, {}, OWNER),
        (None, "a", True, {"c": "3"}, {**OWNER, "c": "3"}),
        (None, "a", True, None, OWNER),
        ({"b": "2"}, "a", True, None, {**OWNER, "b": "2"}),
    ])
    def test_desired(self, wanted, deployment, purge, current, result):
        settings = None if current is None else {"tags": current}
        assert tags.desired(self.params(wanted, deployment, purge), settings) == result

    @pytest.mark.parametrize("wanted, deployment, sentence", [
        ({"b": 2}, None, "tags: 'b': 2 is not text: write it in quotes"),
        ({"b": True}, None, "tags: 'b': true is not text: write it in quotes"),
        ({"b": None}, None, "tags: 'b': null is not text: write it in quotes"),
        ({1: "a"}, None, "tags: 1: 1 is not text: write it in quotes"),
        ({"x" * 129: ""}, None, "characters): a key has 1 to 128 characters, a value 256 at most"),
        ({"a": "x" * 257}, None, "tags: 'a': a key has 1 to 128 characters, a value 256 at most"),
        ({"a": "b\x1b[2J"}, None, "has the control character '\\x1b' at position 2: remove it"),
        ({"acs:a": ""}, None, "tags: 'acs:a': a key must not begin with aliyun or acs:"),
        ({"managed-by": "me"}, "a", "tags: managed-by: this collection sets this tag: choose another key"),
        ({str(number): "" for number in range(19)}, "a", "tags: 21 tags, including those of this collection, are too many"),
        ({"managed-by": "me"}, None, None),
        ({str(number): "" for number in range(18)}, "a", None),
    ])
    def test_problem(self, wanted, deployment, sentence):
        found = tags.problem(self.params(wanted, deployment), 20)
        assert found is None if sentence is None else sentence in found, found

    @pytest.mark.parametrize("current, reason, adoptable", [
        (OWNER, None, True),
        ({**OWNER, "audit-logs-deployment": "b"}, None, True),
        ({**OWNER, "audit-logs-deployment": "c"}, "belongs to the deployment c (tag audit-logs-deployment)", False),
        ({"managed-by": "crossaccount.audit_logs"}, "does not carry the tag audit-logs-deployment: a", True),
        ({"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": ""}, "does not carry the tag audit-logs-deployment: a", True),
        ({"managed-by": "terraform"}, "does not carry the tag managed-by: crossaccount.audit_logs", True),
        ({"audit-logs-deployment": "c"}, "does not carry the tag managed-by: crossaccount.audit_logs", False),
        ({}, "does not carry the tag managed-by: crossaccount.audit_logs", True),
    ])
    def test_foreign(self, current, reason, adoptable):
        assert tags.foreign(self.params(deployment="a"), current) == reason
        assert tags.foreign(self.params(deployment="a", adopt=True), current) == (None if adoptable else reason)
        assert tags.foreign(self.params(deployment="a", adopt=True, state="absent"), current) == reason
        assert tags.foreign(self.params(), current) is None


class Left(Exception):
    """A module has left."""


class Module:
    """As much of a module as a resource needs."""

    def __init__(self, check_mode=False, **params):
        self.params = {"name": "x", "state": "present", "tags": None, "purge_tags": True, "deployment": None,
                       "previous_deployments": [], "adopt": False, **params}
        self.check_mode = check_mode
        self.cloud = None

    def exit_json(self, **result):
        self.left = result
        raise Left

    def fail_json(self, **result):
        self.left = {"failed": True, **result}
        raise Left

    def refuse(self, problem):
        if problem:
            self.fail_json(msg=problem)

    def fail_for(self, error, what):
        self.fail_json(msg=f"Could not {what}: {error}")


class Thing(Resource):
    """A thing with a size and a color; C(reads) are what looking at it gives, one after the other."""

    title = "thing"
    exists = ("EntityAlreadyExists.Thing",)
    missing = ("EntityNotExist.Thing",)

    def __init__(self, module, *reads, create=None, delete=None):
        super().__init__(module)
        self.reader, self.outcome = Script(*reads), {"create": create, "delete": delete}
        self.writes = []

    def read(self):
        return self.reader()

    def desired(self, current):
        return {"size": self.params.get("size"), "color": self.params.get("color")}

    def defaults(self):
        return {"size": 1, "color": "grey"}

    def create(self, desired):
        self.write("create", desired)

    def update(self, current, desired, changes):
        self.write("update", {name: desired[name] for name in changes})

    def delete(self, current):
        self.write("delete", current)

    def write(self, what, value):
        self.writes.append((what, value))
        if self.outcome.get(what):
            raise self.outcome[what]

    def result(self, settings):
        return {"thing": settings}


class TestResource:
    def run(self, module, *reads, **outcomes):
        thing = Thing(module, *reads, **outcomes)
        with pytest.raises(Left):
            thing.run()
        return SimpleNamespace(writes=thing.writes, **{"changed": False, "msg": None, "thing": None, **module.left})

    @pytest.mark.parametrize("check", [True, False])
    def test_create(self, check):
        done = self.run(Module(check, color="red"), MISSING)
        assert done.changed and done.thing == {"size": 1, "color": "red"}
        assert done.diff == {"before": {}, "after": {"size": 1, "color": "red"}}
        assert done.writes == ([] if check else [("create", {"color": "red"})])

    @pytest.mark.parametrize("check", [True, False])
    def test_change(self, check):
        done = self.run(Module(check, color="red", size=1), {"size": 1, "color": "grey"})
        assert done.changed and done.thing == {"size": 1, "color": "red"}
        assert done.diff["before"] == {"size": 1, "color": "grey"}
        assert done.writes == ([] if check else [("update", {"color": "red"})])

    def test_nothing_to_do(self):
        done = self.run(Module(color="grey"), {"size": 7, "color": "grey"})
        assert not done.changed and not done.writes and done.thing == {"size": 7, "color": "grey"}

    @pytest.mark.parametrize("check", [True, False])
    def test_delete(self, check):
        done = self.run(Module(check, state="absent"), {"size": 7})
        assert done.changed and done.thing is None and done.diff == {"before": {"size": 7}, "after": {}}
        assert done.writes == ([] if check else [("delete", {"size": 7})])

    def test_gone_already(self):
        done = self.run(Module(state="absent"), MISSING)
        assert not done.changed and not done.writes

    def test_gone_meanwhile(self):
        assert self.run(Module(state="absent"), {"size": 7}, delete=MISSING).changed

    def test_created_meanwhile(self):
        done = self.run(Module(color="red"), MISSING, MISSING, {"size": 7, "color": "grey"}, create=EXISTS)
        assert done.changed and done.thing == {"size": 7, "color": "red"}
        assert [what for what, value in done.writes] == ["create", "update"]

    def test_created_meanwhile_and_its_tags_are_seen_later(self):
        settings = {"size": 1, "color": "grey"}
        done = self.run(Module(deployment="a"), MISSING, {**settings, "tags": {}},
                        {**settings, "tags": TestTags.OWNER}, create=EXISTS)
        assert not done.changed and done.thing["tags"] == TestTags.OWNER

    @pytest.mark.parametrize("state, outcome, doing", [
        ("present", {"create": refusal("NoPermission")}, "create"),
        ("absent", {"delete": refusal("NoPermission")}, "delete"),
    ])
    def test_refused(self, state, outcome, doing):
        read = MISSING if state == "present" else {"size": 1}
        done = self.run(Module(state=state), read, **outcome)
        assert done.msg == f"Could not {doing} thing x: CreateThing: NoPermission: No. (request id 1-2-3)"

    def test_unreadable(self):
        done = self.run(Module(), refusal("NoPermission"))
        assert done.msg == "Could not read thing x: CreateThing: NoPermission: No. (request id 1-2-3)"


def test_operations_and_methods():
    names = {"GetRole": "get_role", "ListTagResources": "list_tag_resources", "GetLogsV2": "get_logs_v2",
             "UpsertCollectionPolicy": "upsert_collection_policy", "CreateLogStore": "create_log_store"}
    assert {name: client._snake(name) for name in names} == names  # pylint: disable=protected-access
