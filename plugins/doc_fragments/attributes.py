# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """What check mode, diff and idempotence mean for modules for AWS; the fragment alibaba has it for the others."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: full
  action_group:
    description: Use C(group/crossaccount.audit_logs.aws) in C(module_defaults) to set defaults for this module and for the modules of
      C(amazon.aws) and C(community.aws).
    support: full
    membership: [crossaccount.audit_logs.aws]
"""

    CONTROLLER = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), in diff mode.
    support: none
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: full
"""

    READ_ONLY = r"""
options: {}
attributes:
  read_only: {description: Never changes anything., support: full}
"""
