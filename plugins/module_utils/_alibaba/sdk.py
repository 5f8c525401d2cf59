# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing the SDKs, when something of them is needed: an import takes longer than a call. Private."""
from __future__ import annotations

import importlib
import logging
from types import ModuleType

from ansible.module_utils.basic import AnsibleModule

from .. import _packages as packages

# They log to standard error as soon as they are imported: calls, with DEBUG=sdk even their headers, and the address with all
# parameters, or the answer, of a call that gave no credentials.
_LOUD = ("darabonba-core", "alibabacloud-tea", "credentials")

_PACKAGES = {"darabonba": "darabonba-core"}  # those whose name on the package index is another


def load(module: AnsibleModule, name: str) -> ModuleType:
    """A module of an SDK; without the SDK the Ansible module ends, and says which package is missing."""
    try:
        found = importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        reason = "" if error.name == package else str(error)  # an older version, or one without what it needs itself
        module.fail_json(msg=packages.missing(_PACKAGES.get(package, package.replace("_", "-")), reason=reason))
        raise
    for logger in _LOUD:
        logging.getLogger(logger).handlers.clear()
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    return found
