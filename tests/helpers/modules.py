# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the collection, run in this process."""
from __future__ import annotations

import contextlib
import importlib
import io
from unittest import mock

import yaml
from ansible.module_utils import _internal
from ansible.module_utils._internal._json import _profiles
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args
from helpers import ROOT


_GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
FOR_AWS = [name for name in _GROUPS["aws"] if isinstance(name, str)]


def run(module: str, arguments: dict, check: bool) -> str:
    """Run a module, with differences; returns what it prints."""
    found = importlib.import_module(f"ansible_collections.crossaccount.audit_logs.plugins.modules.{module}")
    output = io.StringIO()
    # What Ansible keeps for the whole process, which otherwise runs one module only: warnings, and whether other tests
    # have imported Ansible's controller, which prints them.
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    with (
        mock.patch.object(_internal, "is_controller", False),
        mock.patch.object(_profiles, "_string_encoding_check_enabled", lambda: False),  # the controller's, remembered
        patch_module_args({**arguments, "_ansible_check_mode": check, "_ansible_diff": True}),
    ):
        with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            found.main()
    return output.getvalue()
