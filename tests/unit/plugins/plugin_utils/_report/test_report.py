# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: its shape, its documentation, its files, and that these agree."""
from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import json
import math
import os
import re
import stat
import subprocess
import tempfile
import threading
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from helpers import ROOT
from helpers import report_samples
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import page as pages
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import result as results
from hypothesis import given
from hypothesis import strategies as st

DOCUMENTATION = (ROOT / "docs/report.md").read_text(encoding="utf-8")
VALIDATOR = jsonschema.Draft202012Validator(reports.schema())
ACCOUNT = VALIDATOR.evolve(schema={**reports.schema()["$defs"]["account"], "$defs": reports.schema()["$defs"]})
SAMPLES = [reports.account(one) for one in [
    *report_samples.few(), *report_samples.many(80),
    report_samples.result(probe={"state": "skipped", "mark": None, "created": None, "destinations": [], "causes": []}),
]]


def said(value, where="result") -> str | None:
    """What the code says of an account."""
    return reports.problem(value, reports.schema()["$defs"]["account"], where)


def paths(value, path=()):
    """Paths of all values within a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def changed(value, path, new):
    """A copy with another value at a path."""
    if not path:
        return new
    found = copy.deepcopy(value)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return found


# Schema, code and documentation

def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(reports.schema())


def test_the_code_knows_every_word_of_the_schema():
    known = {*reports._WORDS, "$ref", "properties", "required", "additionalProperties", "items"}
    notes = {"$schema", "$id", "$defs", "title", "description", "format"}

    def words(shape):
        yield from shape
        inside = [*shape.get("properties", {}).values(), *shape.get("$defs", {}).values()]
        for within in inside + ([shape["items"]] if "items" in shape else []):
            yield from words(within)

    assert set(words(reports.schema())) <= known | notes
    # What the code takes for granted of those words
    for shape in [reports.schema(), *reports.schema()["$defs"].values()]:
        if "properties" in shape:
            assert shape["additionalProperties"] is False and set(shape["required"]) == set(shape["properties"])
        assert set(shape) == {"$ref"} or "$ref" not in shape


def test_samples_fit(tmp_path):
    for sample in SAMPLES:
        assert ACCOUNT.is_valid(sample) and said(sample) is None
    VALIDATOR.validate(report_samples.write(tmp_path, report_samples.many(30))[1])
    VALIDATOR.validate(report_samples.write(tmp_path / "none", [])[1])


def test_verdicts_fit():
    sample = report_samples.result()
    identity = {field: sample[field] for field in ("name", "account_id", "cloud", "roles", "region")}
    destination = {"kind": "s3", "name": "b/2", "state": "missing", "seconds": None, "found_in": None}
    created = {"mark": f"probe-{'0' * 26}", "created": "2026-11-21T06:34:10Z"}
    missing, differing = results.Findings(), results.Findings()
    missing.add("drift", "trail t", "trail t does not exist", after={"a": 1})
    differing.drift("trail t", "a", 2, 1)
    for verdict in [
        results.result(identity, []),
        results.result(identity, [], failed={"phase": "credentials", "reason": "AccessDenied"}),
        results.result(identity, [missing]),
        results.result(identity, [differing]),
        results.result(identity, [], results.probe(created, [destination], lambda: ["stopped"])),
        results.result(identity, [], results.probe(created, [], list)),
    ]:
        assert ACCOUNT.is_valid(reports.account(verdict))


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3),
    st.sampled_from(["ok", "failed", "arrived", "s3", "222222222222", "2026-11-21T06:34:10Z", "2026-11-21 06:34"]),
    st.lists(st.sampled_from(["archive", 1, "", {}]), max_size=2), st.dictionaries(st.just("name"), st.none()),
)


@given(st.data())
def test_code_and_schema_agree_on_what_fits(data):
    sample = data.draw(st.sampled_from(SAMPLES))
    path = data.draw(st.sampled_from(list(paths(sample))))
    new = data.draw(JUNK)
    value = changed(sample, path, new)
    if isinstance(new, float) and new == int(new):
        return  # JSON Schema takes 1.0 for an integer, which nobody writes
    assert (said(value) is None) == ACCOUNT.is_valid(value), (path, new, said(value))


@given(st.data())
def test_code_and_schema_agree_on_fields(data):
    sample = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    objects = [path for path in paths(sample) if not {"before", "after"} & set(path)]
    inner = sample
    for key in data.draw(st.sampled_from(objects)):
        inner = inner[key]
    if isinstance(inner, dict):
        if data.draw(st.booleans()):
            del inner[data.draw(st.sampled_from(sorted(inner)))]
        else:
            inner["more"] = None
        assert said(sample) is not None and not ACCOUNT.is_valid(sample)


def documented() -> dict[str, tuple[str, str]]:
    """Type and meaning of each field in the tables of the documentation."""
    rows = re.findall(r"^\| `([\w.\[\]]+)` \| (.+?) \| (.+) \|$", DOCUMENTATION, re.M)
    return {field: (kind, meaning) for field, kind, meaning in rows}


def fields(shape, prefix=""):
    """Each field of a shape, and its type in the words of the documentation."""
    for name, within in shape["properties"].items():
        definition = within.get("$ref", "").rpartition("/")[2]
        within = reports.schema()["$defs"].get(definition, within)
        yield f"{prefix}{name}", kind_of(within)
        inner = within.get("items", within)
        inner = reports.schema()["$defs"].get(inner.get("$ref", "").rpartition("/")[2], inner)
        if "properties" in inner and definition != "account" and prefix + name != "accounts":
            yield from fields(inner, f"{prefix}{name}{'[]' if 'items' in within else ''}.")


def kind_of(shape):
    """The type of a shape, in the words of the documentation."""
    if "const" in shape or "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape.get("enum", [shape.get("const")]))
    types = shape.get("type", "any")
    types = [types] if isinstance(types, str) else types
    pattern = shape.get("pattern", "")
    if types[0] == "array":
        item = reports.schema()["$defs"].get(shape["items"].get("$ref", "").rpartition("/")[2], shape["items"])
        found = f"list of {kind_of(item)}{'' if 'enum' in item else 's'}"
    elif shape.get("format") == "date-time":
        found = "time"
    elif pattern == "^[0-9]+$":
        found = "string of digits"
    else:
        found = types[0]
    separator = ", or null" if pattern == "^[0-9]+$" else " or null"
    return found + (separator if "null" in types else "")


def test_documentation_has_the_fields_of_the_schema():
    schema = reports.schema()
    expected = [*fields(schema), *fields(schema["$defs"]["account"])]
    documented_kinds = {field: kind for field, (kind, _meaning) in documented().items()}
    assert documented_kinds == dict(expected)
    for field, kind in documented_kinds.items():
        meaning = documented()[field][1]
        assert ("Null" in meaning) == ("null" in kind or kind == "any"), field
        if field.endswith("seconds"):
            assert "Seconds" in meaning


# Sentences

@pytest.mark.parametrize("path, new, sentence", [
    (("account_id",), 222222222222, "result.account_id is 222222222222: give a text"),
    (("account_id",), "../../etc/passwd", "result.account_id is \"../../etc/passwd\": give a text that matches"),
    (("account_id",), "222222222222\n", "result.account_id is \"222222222222\\n\": give a text that matches"),
    (("state",), "good", "result.state is \"good\": give failed or warning or ok"),
    (("cloud",), True, "result.cloud is true: give aws or alibaba"),
    (("roles",), [], "result.roles is []: give a list that is not empty"),
    (("name",), "", "result.name is \"\": give a text that is not empty"),
    (("probe", "destinations", 0, "seconds"), -1, "result.probe.destinations[0].seconds is -1: give 0 or more"),
    (("probe", "destinations", 0, "seconds"), False, "result.probe.destinations[0].seconds is false: give a number or null"),
    (("probe", "mark"), "probe-1", "result.probe.mark is \"probe-1\": give a text that matches ^probe-"),
    (("probe", "created"), "yesterday", "result.probe.created is \"yesterday\": give a text that matches"),
    (("probe", "created"), "2026-13-01T00:00:00Z", "result.probe.created is \"2026-13-01T00:00:00Z\": give a time that exists"),
    (("findngs",), [], "result has a field \"findngs\", which is unknown"),
    (("digests",), {}, "result.digests has no field state"),
    (("state",), "x" * 100, f"result.state is \"{'x' * 59}...: give failed or"),
])
def test_what_is_wrong_is_said_in_a_sentence(path, new, sentence):
    value = changed(report_samples.result(), path, new)
    with pytest.raises(reports.ReportError) as error:
        reports.account(value)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, b"x", {("a", "b"): 1}])
def test_what_json_can_not_say_is_refused(value):
    trouble = report_samples.with_findings(report_samples.result(), report_samples.finding(before=value))
    with pytest.raises(reports.ReportError, match="^result cannot be written as JSON: "):
        reports.account(trouble)


# Files

@pytest.fixture(name="write_account")
def fixture_write_account(tmp_path):
    """Writes the file of an account, with a time of its own."""

    def write_account(reported="2026-11-21T07:00:00Z", directory=tmp_path, **more):
        account = {**report_samples.result(**more), "reported": reported}
        reports.write(reports.account_path(directory, account["account_id"]), reports.as_json(account))
        return account

    return write_account


def test_files_are_for_their_owner(tmp_path):
    path, _report_json = report_samples.write(tmp_path / "report", report_samples.few())
    for directory in (path.parent, path.parent / "accounts"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in directory.iterdir() if each.is_file())


def test_texts_that_have_no_encoding(tmp_path):
    path, report = report_samples.write(tmp_path, [report_samples.result(name="half \ud800, whole \U0001f512 \u5ba1")])
    assert report["accounts"][0]["name"] == "half ?, whole \U0001f512 \u5ba1"
    assert data_of(path.read_text(encoding="utf-8")) == report


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    reports.write(path, "old")

    def full(*_names):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reports.os, "replace", full)
    with pytest.raises(reports.ReportError, match="report.json can't be written: No space left on device$"):
        reports.write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_readers_never_see_a_part(tmp_path):
    path = tmp_path / "report.json"
    texts = [str(number) * 200_000 for number in range(2)]
    reports.write(path, texts[0])
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        reports.write(path, texts[number % 2])
    done.set()
    reader.join()
    assert seen <= set(texts)


def test_a_directory_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(reports.ReportError, match="can't be written: (File exists|Not a directory)$"):
        reports.write(tmp_path / "file" / "report.json", "")


@pytest.mark.parametrize("text, sentence", [
    ("{", "is not JSON: "),
    ("\xff", "is not JSON: "),
    ("[]", "is []: give a dictionary"),
    ("{}", "has no field name"),
    (None, "can't be read: "),
])
def test_files_that_are_none_of_ours(tmp_path, text, sentence):
    path = reports.account_path(tmp_path, "222222222222")
    path.parent.mkdir()
    if text is None:
        path.mkdir()
    else:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(reports.ReportError) as error:
        reports.report(tmp_path, None)
    assert str(error.value).startswith(f"{path} {sentence}")


def test_a_file_with_the_name_of_another_account(tmp_path, write_account):
    write_account()
    os.rename(reports.account_path(tmp_path, "222222222222"), reports.account_path(tmp_path, "333333333333"))
    with pytest.raises(reports.ReportError, match="is the file of another account: it contains the result of account 222222222222$"):
        reports.report(tmp_path, None)


# Merging

def test_order_and_summary(tmp_path):
    results = report_samples.few()
    report = report_samples.write(tmp_path, results[::-1])[1]
    assert [(one["state"], one["name"]) for one in report["accounts"]] == [
        ("failed", "team-b"), ("warning", "team-c"), ("ok", "log-archive"), ("ok", "team-a"),
    ]
    assert report["summary"] == {
        "accounts": 4, "failed": 1, "warning": 1, "ok": 2,
        "probes": {"arrived": 2, "missing": 1, "skipped": 0, "none": 1},
    }


def test_accounts_that_are_named(tmp_path, write_account):
    for account_id in ("222222222222", "333333333333"):
        write_account(account_id=account_id)

    def ids(*arguments, **more):
        return [one["account_id"] for one in reports.report(tmp_path, *arguments, **more)["accounts"]]

    assert ids(None) == ["222222222222", "333333333333"]
    assert ids(["333333333333", "333333333333"]) == ["333333333333"]
    assert ids([]) == []
    assert ids(["333333333333", "444444444444"], complete=False) == ["333333333333"]
    with pytest.raises(reports.ReportError, match="444444444444.json can't be read: No such file or directory$"):
        ids(["333333333333", "444444444444"])
    with pytest.raises(reports.ReportError, match="^accounts is \"../x\": give "):
        ids(["../x"])


class TestMerged:
    """The report of an inventory, from the reports of runs on parts of it."""

    TEAMS = {"team-a": "222222222222", "team-b": "333333333333"}

    @pytest.fixture(autouse=True)
    def fixture_reports(self, tmp_path, write_account, monkeypatch):
        self.folder, self.write_account = tmp_path, write_account
        monkeypatch.setattr(reports, "now", lambda: "2026-11-21T12:00:00Z")

    def write(self, source, **reported):
        """Write the report of a run."""
        for name, time in reported.items():
            name = name.replace("_", "-")
            self.write_account(time, self.folder / source, name=name, account_id=self.TEAMS.get(name, "999999999999"), reason=None)
        reports.write(self.folder / source / "report.json", reports.as_json(reports.report(self.folder / source, None)))

    def merged(self, *sources, max_age=24):
        expected = [
            {"name": name, "account_id": number, "cloud": "aws", "roles": ["member"], "region": "eu-west-1"} for name, number in self.TEAMS.items()]
        report = reports.merged([self.folder / source for source in sources], expected, max_age)
        assert reports.problem(report, reports.schema(), "report") is None
        assert report["summary"]["accounts"] == len(self.TEAMS)
        return {one["name"]: one for one in report["accounts"]}

    def test_the_newest_result_counts(self):
        for source, time in {"older": "06:59:59Z", "own": "07:00:00Z", "newer": "07:00:00.5Z"}.items():
            self.write(source, team_a=f"2026-11-21T{time}", team_b="2026-11-21T07:00:00Z")
        for sources in (["older", "own", "newer"], ["newer", "own", "older"]):
            assert self.merged(*sources)["team-a"]["reported"] == "2026-11-21T07:00:00.5Z"

    def test_all_are_there(self):
        self.write("one", team_a="2026-11-21T07:00:00Z")
        self.write("two", team_b="2026-11-21T07:00:00Z")
        assert {one["state"] for one in self.merged("one", "two").values()} == {"ok"}

    def test_an_account_without_a_result_failed(self):
        self.write("one", team_a="2026-11-21T07:00:00Z")
        found = self.merged("one")
        assert [found[name]["state"] for name in self.TEAMS] == ["ok", "failed"]
        assert (found["team-b"]["phase"], found["team-b"]["account_id"]) == ("report", "333333333333")
        assert found["team-b"]["reason"] == (
            "no report has a result of this account: run verify for the account, and merge the reports again.")

    def test_a_run_that_did_not_finish(self):
        self.write("one", team_a="2026-11-21T07:00:00Z")
        (self.folder / "killed").mkdir()
        (self.folder / "old").mkdir()
        (self.folder / "old/report.json").write_text('{"schema_version": 1}', encoding="utf-8")
        reason = self.merged("one", "killed", "old")["team-b"]["reason"]
        assert f"{self.folder}/killed/report.json can't be read: No such file or directory" in reason
        assert f"{self.folder}/old/report.json has no field generated" in reason

    def test_the_result_of_an_earlier_night(self):
        self.write("one", team_a="2026-11-20T11:59:59Z", team_b="2026-11-20T12:00:00Z")
        found = self.merged("one")
        assert [found[name]["state"] for name in self.TEAMS] == ["failed", "ok"]
        assert "is of 2026-11-20T11:59:59Z, more than 24 hours ago" in found["team-a"]["reason"]
        assert {one["state"] for one in self.merged("one", max_age=25).values()} == {"ok"}

    def test_a_result_of_the_future(self):
        self.write("one", team_a="2026-11-21T12:05:01Z", team_b="2026-11-21T12:05:00Z")
        found = self.merged("one")
        assert [found[name]["state"] for name in self.TEAMS] == ["failed", "ok"]
        assert found["team-a"]["reason"] == (
            "the newest result of this account has a time in the future, 2026-11-21T12:05:01Z; correct the clock of the machine that"
            " wrote it: run verify for the account, and merge the reports again.")

    def test_accounts_that_the_inventory_does_not_have(self):
        self.write("one", team_a="2026-11-21T07:00:00Z", team_b="2026-11-21T07:00:00Z", former="2026-11-21T07:00:00Z")
        assert self.merged("one").keys() == self.TEAMS.keys()


# The page

class Tags(HTMLParser):
    """The elements of a page: their names, attributes and texts."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])

    def handle_endtag(self, tag):
        self.found.append([None, {}, ""])

    def handle_data(self, data):
        if self.found:
            self.found[-1][2] += data

    def texts(self, tag):
        """Attributes and text of each element of a name."""
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


def data_of(page: str) -> dict:
    """The report within a page."""
    packed = next(text for attributes, text in Tags(page).texts("script") if attributes.get("id") == "data")
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_the_page_has_the_report(tmp_path):
    path, report = report_samples.write(tmp_path, report_samples.few())
    assert data_of(path.read_text(encoding="utf-8")) == report


def test_the_policy_of_the_page_lets_nothing_in(tmp_path):
    hostile = report_samples.result(name="</script><script>alert(1)</script>", region="<!-- data -->'none'")
    text = report_samples.write(tmp_path, [hostile])[0].read_text(encoding="utf-8")
    tags = Tags(text)
    policies = [attributes["content"] for attributes, _text in tags.texts("meta")
                if attributes.get("http-equiv") == "Content-Security-Policy"]
    digests = {
        kind: base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        for kind in ("style", "script") for attributes, inline in tags.texts(kind) if not attributes
    }
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digests['style']}'; script-src 'sha256-{digests['script']}';"
        " base-uri 'none'; form-action 'none'"
    ]
    assert len(tags.texts("script")) == 2
    for _tag, attributes, _text in tags.found:
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)


def test_the_same_report_is_the_same_page():
    report = reports.report(Path("nowhere"), [])
    assert pages.page(report) == pages.page(report)


@pytest.mark.parametrize("readers, file, folder", [("owner", 0o600, 0o700), ("group", 0o640, 0o750), ("all", 0o644, 0o755)])
def test_who_can_read_a_report(tmp_path, readers, file, folder):
    """Whatever the umask says: in a container, it may be another than for the user that merges reports."""
    before = os.umask(0o077)
    try:
        path = tmp_path / "reports/slice-1/accounts/1.json"
        reports.write(path, "{}", readers)
        reports.write(path, "{}", readers)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parents[1], path.parents[2])]
    assert modes == [file, folder, folder, folder]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("readers, is_readable", [("owner", False), ("all", True)])
def test_another_user_reads_a_report(readers, is_readable):
    """As the job that merges reports, in container groups whose jobs have user ids of their own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # that of a test is for its owner alone
        path = Path(folder, "reports/slice-1/report.json")
        reports.write(path, "{}", readers)
        done = subprocess.run(["cat", path], user=65534, group=65534, extra_groups=[], capture_output=True, text=True, check=False)
        assert (done.stdout == "{}") == (done.returncode == 0) == is_readable
