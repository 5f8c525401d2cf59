# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search language of the local SLS."""
from __future__ import annotations

import json

import pytest
from clouds.alibaba.errors import CloudError
from clouds.alibaba.sls.matching import LogEntry, check, matches
from clouds.alibaba.sls.query import parse
from clouds.alibaba.sls.state import Index

TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")
TEXT = {"type": "text", "token": TOKENS, "caseSensitive": False}
INDEX = Index(
    modified=0,
    line={"token": TOKENS, "caseSensitive": False},
    keys={
        "method": TEXT,
        "exact": {"type": "text", "token": [], "caseSensitive": True},
        "file info": TEXT,
        "empty": TEXT,
        "status": {"type": "long"},
        "seconds": {"type": "double"},
        "event": {"type": "json", "token": TOKENS, "caseSensitive": False, "json_keys": {
            "eventName": {"type": "text"}, "userIdentity.accountId": {"type": "text"}, "size": {"type": "long"},
        }},
        "any": {"type": "json", "token": TOKENS, "index_all": True},
        "__tag__:rack": TEXT,
    },
)
ENTRY = LogEntry(
    time=1_700_000_000, topic="nginx_access", source="192.0.2.1", tags={"host": "web-1", "rack": "r1 left"},
    contents={
        "method": "GET /request/path-2?x=cn-Shanghai", "exact": "Internal Error", "file info": "apsara", "empty": "",
        "status": "200", "seconds": "0.5", "note": "say \"01\" and cn*", "other": "Firefox on Linux",
        "event": json.dumps({"eventName": "CreateRole", "userIdentity": {"accountId": "1000000000000001"}, "size": 7,
                             "list": [{"inner": "x"}]}),
        "any": json.dumps({"a": {"b": "deep value"}, "flag": True}),
    },
)


def index_of(line, keys):
    return Index(line=line, keys=keys, modified=0)


def found(query, entry=ENTRY, index=INDEX):
    condition = parse(query).search
    check(condition, index)
    return matches(condition, entry, index)


@pytest.mark.parametrize("query", [
    "", "  ", "*", "firefox", "FIREFOX", "Firefox and linux", "firefox linux", "windows or linux", "not windows",
    "firefox not windows", "firefox and not windows", "(windows or linux) and firefox", "fire*", "F?refox", "f*x",
    "other", "\"Linux Firefox\"", "#\"Firefox on Linux\"", "\"cn*\"", r"\"01\"", "\"and\"",
    "method:get", "method : GET", "method:G*", "method: /request/path-2", "method:#\"/request/path-2?x\"",
    "exact:\"Internal Error\"", "exact:Internal*", "\"file info\":apsara", "empty:\"\"", "not method:\"\"",
    "method:*", "not missing", "status:200", "status = 200", "status>199", "status >= 200", "status<201", "status<=200",
    "status in [200 299]", "status in (199 200]", "status in [200 201)", "status:*", "seconds<1", "seconds in [0.5 1]",
    "__topic__:nginx_access", "__topic__: nginx*", "__source__:192.0.2.1", "source:192.0.2.*",
    "__tag__:host:web-1", "__tag__:host: web*", "__tag__:rack:left", "\"__tag__:host\":web-1",
    "event.eventName:createrole", "event.eventName : \"CreateRole\"", "event.userIdentity.accountId: 1000000000000001",
    "event.size>6", "event:CreateRole", "createrole", "any.a.b:deep", "any.flag:true",
    "windows or method:GET and status:200", "windows and linux or firefox",
    "not (windows and firefox)", "firefox AND NOT windows", "windows OR linux",
])
def test_it_is_found(query):
    assert found(query)


@pytest.mark.parametrize("query", [
    "windows", "fire", "not *", "not firefox", "firefox windows", "(firefox or windows) and mac",
    "#\"Linux on Firefox\"", "fire?", "\"fire*\"", "200", "0.5", "nginx_access", "web-1",
    "method:post", "method:ge", "method:#\"get  /\"", "exact:internal*", "exact:Internal", "exact:\"internal error\"",
    "method:\"\"", "not empty:\"\"", "status:201", "status>200", "status in (200 299]", "status in [100 200)",
    "not status:*", "seconds>0.5", "__topic__:nginx", "__source__:192.0.2", "__tag__:host:web", "__tag__:none:*",
    "event.eventName:create", "event.size:8", "any.a:deep", "any.nothing:*", "not firefox or windows", "linux not firefox and linux",
])
def test_it_is_not_found(query):
    assert not found(query)


@pytest.mark.parametrize(("query", "message"), [
    ("level:error", "key (level) is not config as key value config"),
    ("http://example.com", "key (http) is not config"),
    ("event.nothing:x", "key (event.nothing) is not config"),
    ("event.list.inner:x", "key (event.list.inner) is not config"),
    ("__time__:1", "key (__time__) is not config"),
    ("method>5", "key (method) is not config as numberic column"),
    ("method in [1 2]", "numberic"),
    ("status:2*", "numberic"),
    ("status:#\"200\"", "numberic"),
    ("status>abc", "compares with a number"),
    ("method:(get or post)", "parse search query error"),
    ("method:", "parse search query error"),
    (":get", "parse search query error"),
    ("method:get and", "parse search query error"),
    ("and method:get", "parse search query error"),
    ("firefox or or linux", "parse search query error"),
    ("(firefox", "parse search query error"),
    ("firefox)", "parse search query error"),
    ("()", "parse search query error"),
    ("\"firefox", "parse search query error"),
    ("*fox", "can't start with a wildcard"),
    ("?irefox", "can't start with a wildcard"),
    ("f" * 64 + "*", "64 characters"),
    ("avg", "stands in quotation marks"),
    (r"cn\*", "backslash"),
    ("not #\"Firefox\"", "not is not supported"),
    (" ".join(["linux"] * 31), "more than 30 conditions"),
    ("(" * 31 + "linux" + ")" * 31, "too many parentheses"),
    ("* | select method, count(*) group by method", "OLSQueryParseError"),
    ("* |", "OLSQueryParseError"),
])
def test_it_is_refused(query, message):
    with pytest.raises(CloudError) as caught:
        found(query)
    assert (caught.value.status, caught.value.code) == (400, "ParameterInvalid")
    assert message in caught.value.message


@pytest.mark.parametrize(("query", "name"), [
    ("* | select count(*) as c", "c"),
    ("*|SELECT COUNT(*) AS total FROM log", "total"),
    ("firefox | select count(1)", "_col0"),
    ("\"a|b\" or firefox | select count(*) c", "c"),
    ("\"a|b\"", None),
])
def test_counting(query, name):
    assert parse(query).count == name


def test_reserved_word_in_quotation_marks_is_a_word():
    assert not found("\"avg\"")
    assert found("\"avg\"", LogEntry(1, "", "", {"note": "the avg"}))


def test_without_index_over_all_fields_only_indexed_fields_are_searched():
    index = index_of(line=None, keys={"method": TEXT})
    assert found("get", index=index)
    assert not found("firefox", index=index)


def test_index_over_some_fields():
    assert not found("firefox", index=index_of(line={"token": TOKENS, "include_keys": ["note"]}, keys={}))
    assert not found("firefox", index=index_of(line={"token": TOKENS, "exclude_keys": ["other"]}, keys={}))
    assert found("firefox", index=index_of(line={"token": TOKENS, "exclude_keys": ["note"]}, keys={}))


def test_case_sensitive_index():
    index = index_of(line={"token": TOKENS, "caseSensitive": True}, keys={})
    assert found("Firefox", index=index)
    assert not found("firefox", index=index)


def test_log_that_came_before_the_index_of_a_field():
    condition = parse("method:GET").search
    check(condition, INDEX)
    assert not matches(condition, ENTRY, index_of(line=INDEX.line, keys={}))


@pytest.mark.parametrize("value", ["abc", "1.5", ""])
def test_bad_number_is_not_found_but_by_not(value):
    entry = LogEntry(1, "", "", {"status": value})
    assert not found("status>-1000000", entry)
    assert found("not status>-1000000", entry)
