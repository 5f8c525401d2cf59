# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing the SDKs, when something of them is needed: an import takes longer than a call. Private."""
from __future__ import annotations

import importlib
import logging
import traceback
from types import ModuleType

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

# They log to standard error as soon as they are imported: calls, with DEBUG=sdk even their headers, and the address with all
# parameters, or the answer, of a call that gave no credentials.
_LOUD = ("darabonba-core", "alibabacloud-tea", "credentials")


def load(module: AnsibleModule, name: str) -> ModuleType:
    """A module of an SDK; without the SDK the Ansible module ends, and says which package is missing."""
    try:
        found = importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0].replace("_", "-")
        module.fail_json(msg=missing_required_lib(package), exception=traceback.format_exc())
        raise
    for logger in _LOUD:
        logging.getLogger(logger).handlers.clear()
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    return found
