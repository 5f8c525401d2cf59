# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about the resources of an AWS account. Private.

The numbers of controls are those of the CIS AWS Foundations Benchmark 5.0.0.
"""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import KNOWN_LATER

from .. import result as results

CONTROLS = {
    "trail": {
        "": ["CIS AWS 3.1"],
        "enable_logging": ["CIS AWS 3.1"],
        "event_selectors": ["CIS AWS 3.1"],
        "is_multi_region_trail": ["CIS AWS 3.1"],
        "include_global_events": ["CIS AWS 3.1"],
        "enable_log_file_validation": ["CIS AWS 3.2"],
        "kms_key_id": ["CIS AWS 3.5"],
    },
    "s3_bucket": {
        "encryption": ["CIS AWS 3.5"],
        "encryption_key_id": ["CIS AWS 3.5"],
        "logging": ["CIS AWS 3.4"],
        "mfa_delete": ["CIS AWS 2.1.2"],
        "public_access": ["CIS AWS 2.1.4"],
    },
    "kms_key": {"enable_key_rotation": ["CIS AWS 3.6"]},
    "log_group": {},
    "iam_role": {},
}


class Findings(results.Findings):
    """Findings about resources, each with its plan as M(crossaccount.audit_logs.aws_plan) returns it.

    :ivar blocked: for each destination, sentences that say why no event can arrive in it.
    """

    def __init__(self):
        super().__init__()
        self.blocked = {"s3": [], "cloudwatch_logs": []}

    def undeliverable(self, destinations, title, text, **details):
        """Add the reason why no event can arrive in some destinations."""
        for destination in destinations:
            self.blocked[destination].append(text)
        self.add("delivery", title, text, **details)

    def difference(self, resource, plan, setting):
        """Add the difference between a setting and the inventory."""
        title, before, after = plan["title"], plan["before"][setting], plan["after"][setting]
        controls = CONTROLS[resource].get(setting, ())
        if setting == "tags" and results.is_foreign(before, after):
            self.foreign(title, before, after)
        elif after != KNOWN_LATER:
            self.drift(title, setting, before, after, controls)
        elif not before:
            # If the resource has another key: which key it should have is known when that key exists.
            self.add("drift", title, f"{title} does not encrypt with a KMS key", setting=setting,
                     controls=controls)

    def weaknesses(self, resource, plan, weaknesses):
        """Add the weaknesses of a resource, unless the inventory asks for a stronger setting.

        :param weaknesses: by setting, whether it is weak, and what to say then.
        """
        for setting, (is_weak, text) in weaknesses.items():
            if is_weak and setting not in plan["changes"]:
                self.weak(plan["title"], f"{plan['title']} {text}", setting, CONTROLS[resource].get(setting, ()))
