# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of `make conformance` in the register."""
from __future__ import annotations

import pytest
from tools import observations

REGISTER = """\
# A comment.

- id: aws-one
  cloud: AWS
  status: open
  behaviour: >-
    One.

- id: aws-one-more
  status: observed
  date: 2020-01-31
  behaviour: >-
    More.

- id: aws-two
  status: documented
  date: 2020-01-31
"""


def results(*items, local=False, finished="2026-11-29T12:00:00Z"):
    return [{"format": 1, "runs": [{"local": local, "finished": finished, "region": "eu-west-1", "observations": [
        {"entry": entry, "answer": answer, "error": error, "facts": {"number": 1}} for entry, answer, error in items]}]}]


def test_an_open_entry_is_observed():
    register, told, refuted = observations.take_in(REGISTER, results(("aws-one", "as assumed", None)))
    assert register == REGISTER.replace("  status: open\n", "  status: observed\n  date: 2026-11-29\n  region: eu-west-1\n")
    assert (told, refuted) == (["aws-one: observed on 2026-11-29 in eu-west-1"], False)


def test_a_newer_observation():
    register = observations.take_in(REGISTER, results(("aws-one-more", "as assumed", None)))[0]
    assert register == REGISTER.replace("observed\n  date: 2020-01-31\n", "observed\n  date: 2026-11-29\n  region: eu-west-1\n")


@pytest.mark.parametrize("entry, answer, options, expected", [
    ("aws-one-more", "as assumed", {"finished": "2019-01-01T00:00:00Z"}, ["aws-one-more: observed on 2020-01-31 already; not changed"]),
    ("aws-two", "as assumed", {}, ["aws-two: documented, and now also observed; not changed"]),
    ("aws-three", "as assumed", {}, ["aws-three: there is no such entry"]),
    ("aws-one", "undecided", {}, []),
    ("aws-one", "as assumed", {"local": True}, []),
    ("aws-one", "otherwise", {"local": True}, []),
])
def test_what_changes_nothing(entry, answer, options, expected):
    assert observations.take_in(REGISTER, results((entry, answer, None), **options)) == (REGISTER, expected, False)


def test_a_check_that_failed():
    assert observations.take_in(REGISTER, results(("aws-one", "as assumed", "CreateTrail: AccessDenied"))) == (REGISTER, [], False)


def test_otherwise():
    """One observation that is otherwise outweighs all others of the entry."""
    found = results(("aws-one", "as assumed", None)) + results(("aws-one", "otherwise", None))
    register, told, refuted = observations.take_in(REGISTER, found)
    assert (register, refuted, len(told)) == (REGISTER, True, 2)
    assert told[1].startswith('aws-one: otherwise in eu-west-1 on 2026-11-29, {"number": 1}. The entry is not changed.')
