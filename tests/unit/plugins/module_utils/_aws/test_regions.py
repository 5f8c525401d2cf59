# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opt-in regions that can not be listed."""
from __future__ import annotations

import pytest
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import regions
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError


@pytest.mark.parametrize("error", [ReadTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x")], ids=lambda one: type(one).__name__)
def test_regions_that_can_not_be_listed(error):
    """A connection that fails has a response that is None, and not one with a code."""
    said = []

    def client_of(service, **options):
        raise error

    assert regions.unrecorded(client_of, "eu-west-1", "arn", said.append) == []
    assert said == [
        "cannot check for opt-in regions that trails do not record, because account:ListRegions failed"
        f" ({type(error).__name__})"]
