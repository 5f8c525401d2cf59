# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions are renewed before a step, and which credentials preflight warns of."""
from __future__ import annotations

import datetime

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._expiry import with_expiry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import text_of
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _sessions

NOW = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.timezone.utc)


@pytest.fixture(autouse=True)
def fixture_now(monkeypatch):
    monkeypatch.setattr(_sessions, "now", lambda: NOW)


def after(seconds):
    return text_of(NOW + datetime.timedelta(seconds=seconds))


def account(*roles, cloud="aws", session=None, **options):
    return {"roles": list(roles), "cloud": cloud, "session": {"role": "x"} if session is None else session, "options": options}


class HostVars(dict):
    """Variables of hosts, with a list of those that were read."""

    def __init__(self, *args):
        super().__init__(*args)
        self.read = []

    def __getitem__(self, name):
        self.read.append(name)
        return super().__getitem__(name)


def ending_soon(accounts, lasts, passed, **more):
    computed = {"accounts": accounts, "began": after(-passed)}
    hosts = HostVars({
        host: {"audit_logs_account": {"expiration": after(lasts[host]) if host in lasts else None}, **more} for host in accounts})
    hosts.get(next(reversed(accounts)))["audit_logs_computed"] = computed
    return _sessions.ending_soon(list(accounts), hosts), hosts.read


MEMBERS = {"a": account("member"), "b": account("member")}


@pytest.mark.parametrize("lasts, found", [((1799, 1801), ["a"]), ((-5, 0), ["a", "b"]), ((1801, 3600), [])])
def test_members(lasts, found):
    assert ending_soon(MEMBERS, dict(zip("ab", lasts)), 1801)[0] == found


def test_nobody_is_looked_at_as_long_as_no_session_can_be_old():
    assert ending_soon(MEMBERS, {"a": 0, "b": 0}, 1800) == ([], [])
    assert ending_soon(MEMBERS, {"a": 0, "b": 0}, 1801)[1] == ["a", "b"]


@pytest.mark.parametrize("session, found", [
    ({"role": "x", "duration_seconds": 7200}, []), ({"role": "x", "duration_seconds": 900}, ["a"]), ({"profile": "p"}, []), ({}, []),
    ({"assume_role": {"role_arn": "x", "duration_seconds": 900}}, ["a"]),
    ({"assume_role": {"role_arn": "x", "duration_seconds": 7200}}, []),
])
def test_how_long_sessions_last(session, found):
    assert ending_soon({"a": account("member", session=session)}, {"a": 5}, 60)[0] == found


@pytest.mark.parametrize("lasts, deadline, found", [(1801, None, []), (1799, None, ["a"]), (2400, 1900, ["a"]), (2501, 1900, [])])
def test_the_archive_waits_for_probes(lasts, deadline, found):
    options = {} if deadline is None else {"probe_deadline": deadline}
    assert ending_soon({"a": account("archive", "member", **options)}, {"a": lasts}, 3000)[0] == found


def test_accounts_without_a_session():
    assert ending_soon(MEMBERS, {"a": 5}, 3000)[0] == ["a"]
    assert ending_soon(MEMBERS, {"a": 5, "b": 5}, 3000, audit_logs_failure={"phase": "member"})[0] == []
    assert _sessions.ending_soon([], {}) == _sessions.ending_soon(["a"], {}) == _sessions.ending_soon(["a"], {"a": {}}) == []


# Warnings

def warnings(accounts, waits=True, **environment):
    return _sessions.warnings(accounts, environment, waits)


def test_a_wait_that_is_longer_than_a_session():
    accounts = {"log": account("archive", probe_deadline=3001), "a": account("member", probe_deadline=9000)}
    assert warnings(accounts) == [
        "log: verify may wait 3001 seconds for the probes (audit_logs_probe_deadline), but the session in the archive account lasts"
        " 3600 seconds. Set audit_logs_aws_role_duration to 3601 or more, if the role allows it, or decrease audit_logs_probe_deadline"]
    assert warnings(accounts, waits=False) == []
    assert warnings({"log": account("archive", probe_deadline=3000)}) == warnings({"log": account("archive", session={"profile": "x"},
                                                                                                  probe_deadline=9000)}) == []


@pytest.mark.parametrize("text, is_known", [
    (after(1790), True), (after(-60), True), (after(1900), False), ("", False), ("tomorrow", False),
    ((NOW + datetime.timedelta(seconds=60)).isoformat(), True), ("2026-11-21T12:10:00", True),
])
def test_credentials_of_the_environment(text, is_known):
    found = warnings({"a": account("member")}, AWS_CREDENTIAL_EXPIRATION=text)
    assert bool(found) == is_known
    assert all(one.startswith(f"The credentials for AWS in the environment expire at {text} (AWS_CREDENTIAL_EXPIRATION), in ")
               and one.endswith(" The run is estimated to take up to 30 minutes. Sessions cannot be opened or renewed afterwards: get new"
                                " credentials first") for one in found)
    for other in (account("member", session={"profile": "p"}), account("member", cloud="alibaba")):
        assert warnings({"a": other}, AWS_CREDENTIAL_EXPIRATION=text) == []


# Messages

@pytest.mark.parametrize("said", [
    "An error occurred (ExpiredToken) when calling the GetObject operation: The provided token has expired.",
    "An error occurred (ExpiredTokenException) when calling the GetTrail operation: The security token included in the request is expired",
    "GetRole: InvalidSecurityToken.Expired: Specified SecurityToken is expired. (request id 5F)",
    "GetLogStore: Unauthorized: The security token you provided has expired. (request id 5F)",
])
def test_messages(said):
    generic = with_expiry(f"Could not look: {said}")
    assert generic == f"The credentials expired. Could not look: {said}"
    assert with_expiry(generic, "a", "credentials") == (
        f"the credentials for a expired; get new credentials, and run the account again. Could not look: {said}")
    assert with_expiry(generic, "a", "member").startswith("the session of a expired; run the account again. If it expires again, ")
    assert with_expiry(generic, "a", "member").endswith(f" slices. Could not look: {said}")


@pytest.mark.parametrize("said", ["the certificate expired", "RequestExpired: Request has expired.", "log files expire after 7 days"])
def test_other_messages(said):
    assert with_expiry(said) == with_expiry(said, "a", "member") == said
