# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands and the YAML of the pages: playbooks, options, variables, plugins and make targets that are named exist.

helpers.guides says what else tests do with a block.
"""
from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from helpers import ROOT, guides

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory

from .test_pages import PAGES, blocks, text_of

OURS = re.compile(r"(?:audit_logs|aws_trail|alibaba)_[a-z0-9_]+")
# Groups, and results of tasks.
OTHERS = {"alibaba_archive", "alibaba_members", "audit_logs_failed_accounts", "audit_logs_limit", "audit_logs_report", "audit_logs_account"}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def commands(page: str) -> Iterator[list[str]]:
    """The commands of a page, in blocks and in sentences, as the shell would divide them."""
    texts = [line for block in blocks(page, "", "bash", "console", "yaml") for line in block.replace("\\\n", " ").splitlines()]
    for text in [*texts, *re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text_of(ROOT / page), flags=re.M | re.S))]:
        for part in re.split(r"\s(?:&&|\|\|?|>>?|&|;)\s|[<>]\s", re.sub(r"\s#\s.*", "", text)):
            found = re.match(r"(?:[$(\s]|[A-Z_]+=\S*\s|- run:|- |\.venv/bin/)*(ansible-playbook|ansible-doc|make)(\s.*)", part)
            if found and "$(" not in part:  # a substitution is for the tests that run it
                yield [found[1], *shlex.split(found[2].rstrip(") "))]


def variables(value) -> Iterator[str]:
    """The names of our variables that are keys in YAML."""
    if isinstance(value, dict):
        for name, item in value.items():
            if OURS.fullmatch(str(name)):
                yield name
            yield from variables(item)
    elif isinstance(value, list):
        for item in value:
            yield from variables(item)


@pytest.mark.parametrize("page", PAGES)
def test_commands(page):
    for program, *arguments in commands(page):
        said = f"{page}: {program} {' '.join(arguments)}"
        if program == "make":
            assert not arguments or arguments[0] in TARGETS or "=" in arguments[0], said
        elif program == "ansible-doc":
            kind, name = (arguments[1], arguments[2]) if arguments[0] == "-t" else ("modules", arguments[0])
            name = name.removeprefix("crossaccount.audit_logs.")
            path = ROOT / ("roles" if kind == "role" else f"plugins/{kind}")
            assert "." in name or (path / name).exists() or (path / f"{name}.py").exists(), said
        else:
            check_playbook(arguments, page, said)


def check_playbook(arguments, page, said):
    cli = PlaybookCLI(["ansible-playbook", *arguments])
    cli.init_parser()
    options = cli.parser.parse_args(arguments)  # ends if there is no such option
    [playbook] = options.args
    if playbook.startswith("crossaccount.audit_logs."):
        assert (ROOT / "playbooks" / f"{playbook.rpartition('.')[2]}.yml").exists(), said
    elif "/" in playbook:
        assert (ROOT / playbook).exists(), said
    else:
        is_there = f"# {playbook}\n" in text_of(ROOT / page) or (ROOT / page).with_name(playbook).exists()
        assert is_there, f"{said}: the page does not show it"
    for extra in options.extra_vars:
        name = extra.partition("=")[0]
        assert extra.startswith("@") or not OURS.fullmatch(name) or name in inventory.options() | OTHERS, said


@pytest.mark.parametrize("page", PAGES)
def test_variables_in_yaml(page):
    for block in blocks(page, "yaml", "yml"):
        for document in yaml.safe_load_all(block):
            assert set(variables(document)) <= inventory.options() | OTHERS, block


@pytest.mark.parametrize("page", guides.PAGES)
def test_a_comment_says_what_tests_do_with_a_block(page):
    """Each has one, and the test that a comment names asks for the blocks of the page."""
    found = guides.blocks(page)
    assert len(found) == len(re.findall(r"^ *```", text_of(ROOT / page), re.M)) / 2
    for block in found:
        kind, _colon, test = block.use.partition(": ")
        assert block.use in ("parsed", "shown") or kind == "run", block
        if test:
            assert re.search(rf'guides\.(run_by|blocks)\(.*"{re.escape(page)}"', text_of(ROOT / test)) or test == DEMO, block


# It runs what the README's `make demo` runs.
DEMO = "tests/integration/test_demo.py"
