# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail: what moto gets wrong. Pages named API_... are of the CloudTrail API Reference."""
from __future__ import annotations

# The order of these is the order of the checks of one call, and then of what is done after it.
from . import readiness
from . import trails
from . import organization
from . import delivery
from . import selectors
from . import insights
from . import description
from . import logging
from . import lookup_events
from . import signing

from .lookup import owner

__all__ = ["delivery", "description", "insights", "logging", "lookup_events", "organization", "owner", "readiness", "selectors",
           "signing", "trails"]
