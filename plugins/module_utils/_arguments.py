# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of modules, before a module itself sees them. Private to this collection."""
from __future__ import annotations

import math
import re

from ansible.module_utils.basic import AnsibleModule

from ._values import is_text, printable, shown

_NO_VALUE = re.compile(
    r"(?:argument|Elements value for option) '?(?P<option>[\w.]+)'? is of type (?:NoneType|<class 'NoneType'>)(?: found in '(?P<above>[^']+)'\.?)?"
    r" and we were unable to convert to (?P<type>\w+): .*")
_ENDLESS = re.compile(r"\s*[+-]?(inf(inity)?|s?nan\d*)\s*", re.I)


def _problem(specification, arguments) -> str | None:
    """What is wrong with arguments for which Ansible's validation ends with an exception.

    These are infinite numbers, lists for numbers (decimal.Decimal takes a list as sign, digits and exponent), and scalars for dictionaries.
    """
    for name, option in specification.items():
        for key in (name, *option.get("aliases", ())):
            value = arguments.get(key)
            if option.get("type") in ("int", "float"):
                if isinstance(value, (list, dict)):
                    return f"{key}: {shown(value)} is not a number: give one"
                if _ENDLESS.fullmatch(value) if isinstance(value, str) else isinstance(value, float) and not math.isfinite(value):
                    return f"{key}: {value} is not a finite number: give one"
            if option.get("options") is None or value is None or isinstance(value, str):
                continue
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, (dict, str)):
                    return f"{key}: {shown(item)} is not a dictionary of options: give one"
                problem = isinstance(item, dict) and _problem(option["options"], item)
                if problem:
                    return f"{key}: {problem}"
    return None


def _no_value(match: re.Match[str]) -> str:
    above = match["above"].split(" -> ") if match["above"] else []
    return f"{'.'.join([*above, match['option']])} has no value: give one of the type {match['type']}, or leave the option out"


class ArgumentsModule(AnsibleModule):
    """A module whose sentences about wrong arguments are for people, whatever the arguments are."""

    def fail_json(self, msg, **kwargs):
        """Leave. Ansible repeats arguments, also those that a terminal would act on."""
        super().fail_json(printable(_NO_VALUE.sub(_no_value, msg)), **kwargs)

    def _set_internal_properties(self, *args, **kwargs):
        """The last step before Ansible validates the arguments. What is secret among them is not known yet."""
        super()._set_internal_properties(*args, **kwargs)
        problem = _problem(self.argument_spec, self.params)
        if problem:
            self.fail_json(problem, invocation={"module_args": {}})

    def _log_invocation(self):
        """Ansible logs the arguments, and UTF-8 has no surrogates, so that it would end with an exception."""
        wrong = next((name for name, value in self.params.items() if not is_text(value)), None)
        if wrong:
            self.fail_json(f"{wrong}: the text is not valid Unicode: remove the surrogate characters")
        super()._log_invocation()
