# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations of ActionTrail have in common."""
from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CloudError
from ..parameters import Text
from .state import Trail

if TYPE_CHECKING:
    from ..request import ApiRequest

PRODUCT, VERSION = "Actiontrail", "2020-07-06"
NAME = Text(required=True, length=(6, 36), pattern="[a-z][a-z0-9_-]*", code="InvalidTrailNameException")


def found(request: ApiRequest, trail: Trail | None) -> Trail:
    """A trail, if there is one with its home in the region of the request.

    :raises CloudError: there is none.
    """
    if not trail or trail.home_region != request.region:
        raise CloudError(404, "TrailNotFoundException", "The specified trail does not exist in this region.")
    return trail


def invalid(why: str) -> CloudError:
    """The error for a value that a parameter can't have."""
    return CloudError(400, "InvalidQueryParameter", f"The specified query parameter is invalid: {why}.")
