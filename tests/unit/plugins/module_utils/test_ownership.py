# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who manages a resource, by its tags."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _ownership

OF_COLLECTION = "does not carry the tag managed-by: crossaccount.audit_logs"
OF_OTHER = "belongs to the deployment prod@other (tag audit-logs-deployment)"
UNNAMED = "does not carry the tag audit-logs-deployment: new"


@pytest.mark.parametrize("tags, reason, other", [
    ({"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": "new", "team": "x"}, None, None),
    ({"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": "old"}, None, None),
    ({"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": "prod@other"}, OF_OTHER, "prod@other"),
    ({"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": ""}, UNNAMED, ""),
    ({"managed-by": "crossaccount.audit_logs"}, UNNAMED, None),
    ({"audit-logs-deployment": "new"}, OF_COLLECTION, None),
    ({"managed-by": "terraform", "audit-logs-deployment": "prod@other"}, OF_COLLECTION, "prod@other"),
    ({"Managed-By": "crossaccount.audit_logs"}, OF_COLLECTION, None),
    ({}, OF_COLLECTION, None),
    (None, OF_COLLECTION, None),
])
def test_owner(tags, reason, other):
    assert _ownership.foreign(tags, ["new", "old"]) == reason
    assert _ownership.other_deployment(tags, ["new", "old"]) == other


def test_a_deployment_manages_what_it_tags():
    assert _ownership.foreign(_ownership.owner_tags("new"), ["new"]) is None
    assert _ownership.foreign(_ownership.owner_tags("new"), ["old"]) is not None
