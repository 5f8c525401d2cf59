# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing settings of a trail or a bucket in line: check mode, diff and errors, once for all modules. Private."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .errors import AWS_ERRORS


class Setting:
    """A setting of something that has a name. A subclass says what it is, and how it is read and written."""

    owner = "trail"
    missing = "TrailNotFoundException"
    title: str  # as in "Failed to set the ... of trail audit-logs"

    def __init__(self, client, params: dict):
        self.client, self.params, self.name = client, params, params["name"]

    def desired(self) -> dict | None:
        """The setting as it should be; None if it is not asked for."""
        raise NotImplementedError

    def read(self) -> dict:
        """The setting as it is."""
        raise NotImplementedError

    def fresh(self) -> dict:
        """The setting of something that was just created: what check mode goes by as long as it does not exist."""
        raise NotImplementedError

    def write(self, current: dict, desired: dict) -> None:
        """Change the setting."""
        raise NotImplementedError

    def result(self, desired: dict) -> dict:
        """What the module returns beside C(changed) and C(diff); C(desired) is empty if the setting is not asked for."""
        return desired


def run(module, client, *kinds: type[Setting]) -> None:
    """Bring the settings that are asked for in line, one after the other, and leave the module."""
    changed, before, after, result = False, {}, {}, {}
    for setting in [kind(client, module.params) for kind in kinds]:
        desired = setting.desired()
        result.update(setting.result(desired or {}))
        if desired is None:
            continue
        try:
            current = setting.read()
            if current != desired and not module.check_mode:
                setting.write(current, desired)
        except is_boto3_error_code(setting.missing) as error:
            if not module.check_mode:
                msg = f"{setting.owner} {setting.name} does not exist in {module.region}: create it first"
                module.fail_json_aws(error, msg=msg, changed=changed)
            current = setting.fresh()
        except AWS_ERRORS as error:  # pylint: disable=duplicate-except
            msg = f"Failed to set the {setting.title} of {setting.owner} {setting.name}"
            module.fail_json_aws(error, msg=msg, changed=changed)
        changed = changed or current != desired
        before.update(current)
        after.update(desired)
    module.exit_json(changed=changed, diff=dict(before=before, after=after), **result)
