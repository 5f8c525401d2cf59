# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a role: its variables, or else the defaults of its argument specification. Private."""
from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.policies import TRAIL_NAME

ROLES = Path(__file__).parents[3] / "roles"
# Variables of the environment, as amazon.aws and the SDK of Alibaba Cloud read them.
_REGIONS = {"aws": ("AWS_REGION", "AWS_DEFAULT_REGION"), "alibaba": ("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION")}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has libyaml


# An empty string means that an option is not given. With this word, these options remove a setting that is deployed.
REMOVED = "none"
BOUNDARY = "audit_logs_aws_permissions_boundary"  # for all roles
REMOVABLE = (
    "_s3_key_prefix", "_kms_key_id", "_sns_topic_name", "_logs_log_group_arn", "_logs_role_arn", "_logging_bucket",
    "_logging_prefix",
)


class OptionsError(ValueError):
    """An option is missing or wrong; the text says which, and what to give."""


def region_of_environment(cloud: str) -> str:
    """The region that the environment of the controller names; empty if it names none."""
    return next(filter(None, map(os.environ.get, _REGIONS[cloud])), "")


def deployment(name: str | None, destination: str) -> str:
    """The name of a deployment in tags: that of its destination, which no other has, and before it the one that is given.

    :param destination: the bucket or project of the archive, or the id of its account.
    """
    return f"{name}@{destination}" if name else destination


def default_trail_name(name: str | None) -> str:
    """The name of a trail for which no option gives one.

    :param name: of the deployment, as C(audit_logs_deployment) gives it.
    """
    return f"{TRAIL_NAME}-{name}" if name else TRAIL_NAME


@functools.cache
def specification(role: str) -> dict[str, dict]:
    """The options in the argument specification of a role, by name."""
    text = (ROLES / role / "meta/argument_specs.yml").read_text(encoding="utf-8")
    return yaml.load(text, _LOADER)["argument_specs"]["main"]["options"]


class Options:
    """Reads the options of one role.

    :param role: its name.
    :param variables: of the task, as Ansible has them: templates are not resolved yet.
    :param template: resolves the templates in a value.
    """

    def __init__(self, role: str, variables: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self.role = role
        self._variables = variables
        self._template = template

    def of(self, role: str) -> Options:
        """The options of another role, from the same variables."""
        return Options(role, self._variables, self._template)

    def variable(self, name: str, default: Any = None) -> Any:
        """A variable of any name; the default if it is not defined or omitted.

        :raises OptionsError: a template in it can't be resolved.
        """
        if name not in self._variables:
            return default
        try:
            return self._template(self._variables[name])
        except AnsibleValueOmittedError:
            return default
        except AnsibleError as error:
            raise OptionsError(f"{name}: {error}") from error

    def get(self, name: str, *shared: str) -> Any:
        """An option, in the type that the argument specification names; None if it is not given and has no default.

        :param name: without the name of the role.
        :param shared: variables for several roles, of which the first that is given counts if the option is not given.
        :raises OptionsError: it has another type.
        """
        option = specification(self.role)[name := f"{self.role}_{name}"]
        for variable in (name, *shared):
            value = self.variable(variable)
            if value == REMOVED and name.endswith(REMOVABLE):
                return ""
            if value is not None and value != "":
                try:
                    value = DEFAULT_TYPE_VALIDATORS[option["type"]](value)
                    return [str(item).strip() for item in value] if option.get("elements") == "str" else value
                except (TypeError, ValueError) as error:
                    raise OptionsError(f"{variable}: {error}") from error
        return option.get("default")

    __getitem__ = get

    def given(self, *names: str) -> dict[str, Any]:
        """Those of these options that are given or have a default."""
        return {name: value for name in names if (value := self[name]) is not None}

    def required(self, name: str, *shared: str) -> Any:
        """As get().

        :raises OptionsError: neither the option nor one of the variables is given.
        """
        value = self.get(name, *shared)
        if not value:
            others = f", or {' or '.join(shared)} for all roles" if shared else ""
            raise OptionsError(f"{self.role}_{name} is missing: give it{others}")
        return value

    def trail_name(self) -> str:
        """The name of the trail, for any role on AWS."""
        return self.of("aws_trail")["name"] or default_trail_name(self.variable("audit_logs_deployment"))

    def owner(self, bucket: str | None) -> dict[str, Any]:
        """The options C(deployment) and C(previous_deployments) of the module aws_plan.

        :param bucket: in which the logs arrive.
        :raises OptionsError: neither the option nor the bucket, whose name is a part of the default, is given.
        """
        name = bucket and deployment(self.variable("audit_logs_deployment"), bucket)
        return {
            "deployment": self["deployment"] or name or self.required("deployment", "aws_trail_bucket_name"),
            "previous_deployments": self.get("previous_deployments", "audit_logs_previous_deployments"),
        }

    def region(self) -> str:
        """The option C(region).

        :raises OptionsError: neither it nor the variable for all roles nor the environment names a region.
        """
        return self.region_or_none() or self.required("region", *self._region_variables())

    def region_or_none(self) -> str | None:
        """The option C(region), by default that of the environment."""
        variables = self._region_variables()
        named = f"{self.role}_region" in specification(self.role)
        found = self.get("region", *variables) if named else next(filter(None, map(self.variable, variables)), None)
        return found or region_of_environment(self._cloud()) or None

    def _region_variables(self):
        return (f"audit_logs_{self._cloud()}_region",)

    def _cloud(self):
        return self.role.partition("_")[0]
