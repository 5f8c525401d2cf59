# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which limits leave an account."""
from __future__ import annotations

import pytest
from ansible.errors import AnsibleError

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _run

NAMES = ["aws_archive", "aws_members"]
SERVERS = {"all": ["web1"], "ungrouped": [], "web": ["web1"]}
ACCOUNTS = {**SERVERS, "all": ["web1", "archive", "team-a", "team-b"], "aws_archive": ["archive"], "aws_members": ["team-a", "team-b"]}


@pytest.fixture(name="imported", params=[False, True])
def fixture_imported(request, monkeypatch):
    """Whether the playbook is imported, and the warnings."""
    monkeypatch.setattr(_run, "importers", lambda: request.param)
    warnings = []
    monkeypatch.setattr(_run.display, "warning", warnings.append)
    return request.param, warnings


@pytest.mark.parametrize("limit", ["team-a", "team-*", "aws_members", "all", "all:!team-a", "web1,team-b", "~team-.", "localhost,team-a"])
def test_an_account_is_left(imported, limit):
    _run.check_limit(ACCOUNTS, NAMES, limit)
    assert imported[1] == []


@pytest.mark.parametrize("limit", ["web1", "web", "all:!aws_archive:!aws_members", "localhost", "aws_archive:&web"])
def test_no_account_is_left(imported, limit):
    sentence = f"--limit {limit} selects none of the accounts (archive, team-a, team-b), so this run does nothing for audit logs"
    if imported[0]:
        _run.check_limit(ACCOUNTS, NAMES, limit)
        assert imported[1] == [sentence]
    else:
        with pytest.raises(AnsibleError) as raised:
            _run.check_limit(ACCOUNTS, NAMES, limit)
        assert str(raised.value) == sentence


def test_a_file(imported, tmp_path):
    (tmp_path / "limit").write_text("team-a\nweb1\n", encoding="utf-8")
    _run.check_limit(ACCOUNTS, NAMES, f"@{tmp_path / 'limit'}")
    assert imported[1] == []


def test_no_account_in_the_inventory(imported):
    for limit in ("localhost", "localhost,web1"):  # preflight says it
        _run.check_limit(SERVERS, NAMES, limit)
    for limit in ("web1", "all"):
        with pytest.raises(AnsibleError, match="If a play on localhost adds the accounts, add localhost to --limit"):
            _run.check_limit(SERVERS, NAMES, limit)
    assert imported[1] == []


@pytest.mark.parametrize("name, shown", [("team\x1b[2J", "team\\x1b[2J"), ("team\u202e", "team\\u202e"), ("a\nok  1  b", "a\\nok  1  b")])
def test_a_name_that_cannot_be_shown(name, shown):
    groups = {**ACCOUNTS, "aws_members": ["team-a", name]}
    with pytest.raises(AnsibleError) as raised:
        _run.check_names(groups, NAMES)
    assert str(raised.value) == (
        f"The name of the host '{shown}' in the group aws_members contains characters that cannot be seen, or that control a terminal:"
        " rename the host")
    _run.check_names({**groups, "aws_members": ["größe", "b@example"], "web": [name]}, NAMES)
