# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of any kind: the functions of the filter failure_reason return text, and what they have returned they leave as it is."""
from __future__ import annotations

import pytest
from helpers import hostile
from hypothesis import given

from ansible_collections.crossaccount.audit_logs.plugins.filter.failure_reason import failure_reason, with_cause, without_secrets


@pytest.mark.parametrize("of_message", [with_cause, without_secrets, lambda message: failure_reason(message, "team-a", "member")])
@hostile.examples(60)
@given(message=hostile.TEXTS)
def test_any_message(of_message, message):
    found = of_message(message)
    assert isinstance(found, str) and of_message(found) == found
