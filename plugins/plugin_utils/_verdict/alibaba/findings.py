# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about the resources of an account of Alibaba Cloud. Private.

The numbers of controls are those of the CIS Alibaba Cloud Foundation Benchmark 2.0.0, which are the same in 1.0.0.
"""
from __future__ import annotations

import enum

from .. import result as results

EXPORTED, CENTRAL, RETAINED = "CIS Alibaba Cloud 2.1", "CIS Alibaba Cloud 2.3", "CIS Alibaba Cloud 2.23"
DIRECTORY = "resource directory"
# With other values of these settings, events may still arrive.
_UNSURE = {"mode", "sls_write_role_arn"}
# Whether events arrive depends on what these settings say.
_MAY_STOP = {
    "directory_accounts", "document", "is_organization_trail", "policies", "policy_config", "resource_directory",
    "trust_policy",
}


class Delivery(enum.Enum):
    """What something that is missing does to the delivery of events."""

    STOPPED = enum.auto()
    MAYBE_STOPPED = enum.auto()  # no document says whether events arrive
    UNAFFECTED = enum.auto()


class Findings(results.Findings):
    """Findings about resources.

    :ivar suspects: sentences about what may be the reason if an event does not arrive.
    """

    def __init__(self):
        super().__init__()
        self.suspects = []

    def missing(self, title, text, delivery=Delivery.STOPPED, **details):
        """Add something that is missing for the delivery of events."""
        self.add("delivery" if delivery is Delivery.STOPPED else "drift", title, text, **details)
        if delivery is Delivery.MAYBE_STOPPED:
            self.suspects.append(text)

    def check_directory(self, host, delivery):
        """Add that an account may not act for its resource directory, which its variables say if it has to."""
        found = host.get("audit_logs_alibaba_directory") or {}
        if "problem" not in found:  # not asked, or not permitted
            return
        self.checked.append(DIRECTORY)
        if found["problem"]:
            self.missing(DIRECTORY, found["problem"], delivery, controls=[CENTRAL])

    def compare(self, title, item, delivery, controls, texts, ignored=(), absent=None):
        """Add the differences between a resource and the inventory.

        :param item: what the module returned.
        :param delivery: what happens to events if the resource, or a setting that has a text, is not as it should be.
        :param controls: by setting; those of the whole resource by the empty name.
        :param texts: by setting, what to say if it differs; other settings do not stop events.
        :param ignored: settings whose differences are findings of members.
        :param absent: what to say if the resource does not exist.
        """
        before, after = item["diff"]["before"], item["diff"]["after"]
        self.checked.append(title)
        if not before:
            self.missing(title, absent or f"{title} does not exist: run setup", delivery, controls=controls.get("", ()))
            return
        for setting in (name for name in after if before.get(name) != after[name]):
            is_, should_be, touched = before.get(setting), after[setting], controls.get(setting, ())
            if setting in texts:
                self.missing(title, texts[setting], Delivery.MAYBE_STOPPED if setting in _UNSURE else delivery,
                             setting=setting, before=is_, after=should_be, controls=touched)
            elif setting == "tags" and results.is_foreign(is_, should_be):
                self.foreign(title, is_, should_be)
            elif setting not in ignored:
                self.drift(title, setting, is_, should_be, touched)
                if setting in _MAY_STOP and delivery is not Delivery.UNAFFECTED:
                    self.suspects.append(self.findings[-1]["text"])


def title_of(label: str, item: dict) -> str:
    """The title of a resource: what it is, and its name."""
    name = name_of(item)
    return f"{label} {name}" if name else label


def name_of(item: dict) -> str | None:
    """The name of the resource that a module returned; None if it has none."""
    names = (item[key].get("name") for key in ("policy", "project", "role", "trail") if item.get(key))
    return next(filter(None, names), None)
