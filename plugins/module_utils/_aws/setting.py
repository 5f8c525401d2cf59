# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing one setting of a trail or a bucket in line: check mode, diff and errors, once for all modules. Private."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .errors import AWS_ERRORS
from .retry import RETRY


class Setting:
    """A setting of something that has a name. A subclass says what it is, and how it is read and written."""

    service = "cloudtrail"
    owner = "trail"
    missing = "TrailNotFoundException"
    title: str  # as in "Failed to set the ... of trail audit-logs"

    def __init__(self, module):
        self.module = module
        self.client = module.client(self.service, retry_decorator=RETRY)
        self.name = module.params["name"]

    def desired(self) -> dict:
        """The setting as it should be."""
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
        """What the module returns beside C(changed) and C(diff)."""
        return desired

    def run(self):
        """Do what the module is for, and leave it."""
        desired = self.desired()
        try:
            current = self._current()
            changed = current != desired
            if changed and not self.module.check_mode:
                self.write(current, desired)
        except is_boto3_error_code(self.missing) as error:
            self.module.fail_json_aws(
                error, msg=f"There is no {self.owner} {self.name} in {self.module.region}: create it first"
            )
        except AWS_ERRORS as error:  # pylint: disable=duplicate-except
            self.module.fail_json_aws(error, msg=f"Failed to set the {self.title} of {self.owner} {self.name}")
        self.module.exit_json(changed=changed, diff=dict(before=current, after=desired), **self.result(desired))

    def _current(self):
        try:
            return self.read()
        except is_boto3_error_code(self.missing):
            if self.module.check_mode:
                return self.fresh()
            raise
