# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A filter that leaves open files behind, for the garbage collector."""
from __future__ import annotations


def litter(path):
    """Open files, and forget them in a circle."""
    circle = [open(path, encoding="utf-8") for _number in range(20)]
    circle.append(circle)
    return path


class FilterModule:
    """The filter."""

    def filters(self):
        """By name."""
        return {"litter": litter}
