# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of antsibull-nox.toml: ``pip install nox antsibull-nox``, then ``nox --list``."""
import antsibull_nox

antsibull_nox.load_antsibull_nox_toml()
