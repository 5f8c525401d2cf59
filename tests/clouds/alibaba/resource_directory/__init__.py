# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource Directory: the directory, its folders and members, delegated administrators, invitations.

Sources: the API pages of ResourceDirectoryMaster 2022-04-19, which also list the codes and statuses of errors.
"""
from __future__ import annotations

from . import delegation, enablement, folders, handshakes, members, tags

__all__ = ["delegation", "enablement", "folders", "handshakes", "members", "tags"]
