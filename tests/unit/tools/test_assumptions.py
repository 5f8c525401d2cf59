# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of assumptions, its page, and the code that depends on it."""
from __future__ import annotations

import ast
import collections
import datetime
import re

import pytest
from helpers import ROOT
from tools import assumptions

ENTRIES = assumptions.read()
IDS = [entry["id"] for entry in ENTRIES]


def test_page_is_current():
    assert assumptions.PAGE.read_text(encoding="utf-8") == assumptions.page(ENTRIES), "run make assumptions"


def test_ids_are_unique_and_sorted():
    assert IDS == sorted(set(IDS))


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_entry_is_complete(entry):
    assert set(entry) - {"date", "region"} == {"id", "cloud", "service", "concerns", "behaviour", "source", "status", "otherwise"}
    assert all(isinstance(entry[name], str) and entry[name].strip() == entry[name] != "" for name in set(entry) - {"date"})
    assert "region" not in entry or entry["status"] == "observed"
    assert entry["cloud"] in assumptions.CLOUDS and entry["status"] in assumptions.STATUSES and entry["concerns"] in assumptions.CONCERNS
    # A hyphen, so that no word of a sentence is taken for an id.
    assert re.fullmatch(rf"{entry['cloud'].split()[0].lower()}(-[a-z0-9]+)+", entry["id"])
    assert isinstance(entry.get("date"), datetime.date if entry["status"] == "observed" else datetime.date | None)
    if entry["status"] != "open" and "region" not in entry:
        assert re.search(r'"[^"]{4,}"|https://\S+', entry["source"]), "name the document by its title or address"
    assert all(entry[name].endswith(".") for name in ("behaviour", "source", "otherwise"))


REFERENCE = re.compile(r"\bassumption[\s#`]+(?:C\()?([a-z0-9]+(?:-[a-z0-9]+)+)")


def references(*folders):
    """Ids that files in some folders name, each with the paths that name it."""
    found = collections.defaultdict(set)
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".md", ".py", ".yml")):
        for name in REFERENCE.findall(path.read_text(encoding="utf-8")):
            found[name].add(str(path.relative_to(ROOT)))
    return found


BY_COLLECTION = references("plugins", "roles", "docs/permissions")
BY_LOCAL_CLOUDS = references("tests/clouds")


def test_code_names_entries_that_exist():
    assert {name: paths for name, paths in (BY_COLLECTION | BY_LOCAL_CLOUDS).items() if name not in IDS} == {}


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_code_names_every_entry(entry):
    if entry["concerns"] == "local cloud":
        assert entry["id"] not in BY_COLLECTION, "then it concerns the collection"
    assert entry["id"] in (BY_COLLECTION if entry["concerns"] == "collection" else BY_LOCAL_CLOUDS)


# Whoever retries, tolerates or rejects something names an entry in the same paragraph of the code.

MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "plugins").rglob("*.py"))}


# These are no limits of a cloud.
OUR_LIMITS = {"LONGEST_LOOK_AWAY", "LONGEST_MESSAGE", "LONGEST_PAUSE", "MOST_CALLS"}


def nodes(kind):
    return [(path, node) for path, tree in MODULES.items() for node in ast.walk(tree) if isinstance(node, kind)]


def codes_in(call):
    """Arguments of a call that are error codes: those of functions of retry, also in partial(), and landed."""
    function, *arguments = [call.func, *call.args]
    if isinstance(function, ast.Name) and function.id == "partial":
        function, *arguments = arguments
    of_retry = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "retry"
    found = [*(arguments if of_retry else []), *(keyword.value for keyword in call.keywords if keyword.arg == "landed")]
    return [argument for argument in found if isinstance(argument, ast.Name | ast.Attribute | ast.Tuple)]


def is_codes(node):
    return isinstance(node, ast.Tuple) and any(isinstance(element, ast.Constant) for element in node.elts)


def without_entry(found):
    """Of places in the code, as path and line, those whose paragraph names no entry."""
    wrong = []
    for path, line in found:
        lines = path.read_text(encoding="utf-8").splitlines()
        first, last = line - 1, line - 1
        while first and lines[first - 1].strip():
            first -= 1
        while last + 1 < len(lines) and lines[last + 1].strip():
            last += 1
        if not REFERENCE.search("\n".join(lines[first:last + 1])):
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {lines[line - 1].strip()}")
    return wrong


def test_error_codes_of_alibaba_cloud_name_an_entry():
    arguments = [(path, argument) for path, call in nodes(ast.Call) for argument in codes_in(call)]
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for _path, argument in arguments for node in ast.walk(argument) if isinstance(node, ast.Attribute | ast.Name)
    }
    found = [(path, argument.lineno) for path, argument in arguments if is_codes(argument)]
    found += [(path, node.lineno) for path, node in nodes(ast.Assign) if is_codes(node.value) and getattr(node.targets[0], "id", None) in names]
    assert len(found) > 10 and without_entry(found) == []


def test_retries_of_aws_name_an_entry():
    found = [(path, node.value.lineno) for path, node in nodes(ast.keyword) if node.arg == "catch_extra_error_codes"]
    found += [
        (path, number) for path in (ROOT / "roles").rglob("*.yml")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line.strip().endswith("_transient_errors:")
    ]
    assert len(found) > 1 and without_entry(found) == []


def test_tasks_retry_errors_of_a_list():
    tasks = [task for path in (ROOT / "roles").rglob("tasks/*.yml") for task in path.read_text(encoding="utf-8").split("- name: ")]
    found = [task for task in tasks if "retries:" in task]
    assert found and all("_transient_errors" in task for task in found)


def test_limits_name_an_entry():
    checks = ROOT / "plugins/module_utils/_aws/checks.py"
    found = [
        (path, node.lineno) for path, node in nodes(ast.FunctionDef)
        if path == checks and not node.name.startswith("_") or "_alibaba" in path.parts and node.name.endswith("name_problem")
    ]
    found += [
        (path, node.lineno) for path, node in nodes(ast.Assign)
        for name in node.targets if isinstance(name, ast.Name)
        and re.match(r"(MOST|LEAST|LONGEST)_|\w+_POLICY_LIMIT", name.id) and name.id not in OUR_LIMITS
    ]
    assert len(found) > 20 and without_entry(found) == []


# A correction of the local AWS is registered by one of these decorators of tests/clouds/aws/mends.py.
CORRECTIONS = {"before", "after", "instead"}


def test_corrections_of_the_local_aws_name_an_entry():
    found = []
    for path in sorted((ROOT / "tests/clouds/aws").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            decorators = [getattr(one.func, "id", getattr(one.func, "attr", None)) for one in getattr(node, "decorator_list", []) if isinstance(one, ast.Call)]
            if CORRECTIONS.intersection(decorators):
                found.append((f"{path.relative_to(ROOT)}: {node.name}", bool(REFERENCE.search(ast.get_docstring(node) or ""))))
    assert len(found) > 60 and [name for name, is_named in found if not is_named] == []
