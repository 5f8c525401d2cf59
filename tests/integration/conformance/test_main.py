# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command with credentials from the environment, as on a real account."""
from __future__ import annotations

import json

import jsonschema
import pytest
from conformance.__main__ import main
from helpers import ROOT, dumps
from helpers.aws.dumps import dump

MANAGEMENT = "123456789012"


@pytest.fixture(name="environment")
def fixture_environment(aws, monkeypatch):
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
def test_a_run(aws, tmp_path, capsys):
    before, path = dumps.settings(dump(aws)), tmp_path / "conformance.json"
    assert main(["--cloud", "aws", "--account", MANAGEMENT, "--only", "object-size", "--yes", "--output", str(path)]) == 0
    written, printed = path.read_text(encoding="utf-8"), capsys.readouterr().out
    jsonschema.validate(json.loads(written), json.loads((ROOT / "docs/conformance.schema.json").read_text(encoding="utf-8")))
    [run] = json.loads(written)["runs"]
    assert (run["local"], run["accounts"], [item["answer"] for item in run["observations"]]) == (False, ["********9012"], ["as assumed"])
    assert dumps.text(dumps.settings(dump(aws))) == dumps.text(before)
    assert not [secret for secret in (*aws.issued_secrets, *aws.environment.values()) if len(secret) > 12 and secret in written + printed]


@pytest.mark.usefixtures("environment")
def test_another_account(aws, tmp_path):
    with pytest.raises(SystemExit) as caught:
        main(["--cloud", "aws", "--account", "111111111111", "--yes", "--output", str(tmp_path / "x")])
    assert "The credentials are for account 123456789012, and not for 111111111111. Nothing was created." in str(caught.value.code)
    assert all(call.read_only for call in aws.calls)
