# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which codes collection policies are refused."""
from __future__ import annotations

from typing import Any

from ..check import Check, Observation
from .account import Alibaba

# Collection policies are served in few regions: assumption alibaba-collection-policy-endpoints.
ENDPOINT = "cn-shanghai"
EXPECTED = {"an unknown mode": "ParameterInvalid", "a destination that does not exist": "ProjectNotExist"}


def run(alibaba: Alibaba) -> Observation:
    """Create policies with bad input."""
    destination = {"destRegion": alibaba.region, "destProject": alibaba.name(), "destLogstore": "conformance", "destTTL": 1}
    settings: dict[str, dict[str, Any]] = {
        "an unknown mode": {"policyConfig": {"resourceMode": "conformance"}},
        "a destination that does not exist": {
            "policyConfig": {"resourceMode": "all"}, "centralizeEnabled": True, "centralizeConfig": destination,
        },
    }
    codes = {}
    for what, sent in settings.items():
        name = alibaba.name()
        parameters = {"policyName": name, "productCode": "oss", "dataCode": "access_log", "enabled": False, **sent}
        codes[what] = alibaba.created(
            "collection policy", name, ("sls", "DeleteCollectionPolicy", name, {"region": ENDPOINT}),
            ("sls", "UpsertCollectionPolicy", {"region": ENDPOINT, **parameters}))
    return Observation.of(codes == EXPECTED, codes=codes)


CHECK = Check(
    entry="alibaba-collection-policy-error-codes",
    question="With which codes are collection policies with bad input refused?",
    creates=("collection policy",),
    permissions=("log:DeleteCollectionPolicy", "log:UpsertCollectionPolicy"),
    seconds=10,
    cents=0,
    run=run,
)
