# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules for AWS have in common. Private to this collection."""
from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.amazon.aws.plugins.module_utils.botocore import HAS_BOTO3
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .. import _packages as packages
from .._arguments import ArgumentsModule
from .._expiry import with_expiry
from .._secrets import known, of_address, without_secrets
from .._texts import one_line
from .._values import printable, url_problem
from . import answers
from .causes import with_cause

_SECRETS = re.compile(r"aws_secret_access_key|aws_(session|security)_token|external_id", re.I)
_TOKEN_FILE = re.compile(r"(aws_)?web_identity_token_file|aws_container_authorization_token_file", re.I)
_OF_AMAZON = "Couldn't connect to AWS"  # what amazon.aws says when it finds no credentials


class AwsModule(AnsibleAWSModule):
    """A module whose failures have no secrets in them."""

    def __init__(self, **options):
        # The global endpoint is the default of boto3 before July 2025: assumption aws-sts-global-tokens. The variable is also for the
        # sessions that a profile opens, and comes before the setting of a profile.
        os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"
        # amazon.aws takes the option module_class, and uses the default all the same.
        settings = {**AnsibleAWSModule.default_settings}
        AnsibleAWSModule.default_settings["module_class"] = ArgumentsModule
        try:
            super().__init__(**options, check_boto3=HAS_BOTO3)
        finally:
            AnsibleAWSModule.default_settings.update(settings)
        if not HAS_BOTO3:
            self.fail_json(msg=packages.missing("boto3", "botocore"))
        problem = self.params["endpoint_url"] and url_problem(self.params["endpoint_url"])
        if problem:
            self.fail_json(msg=f"endpoint_url: {problem}")
        answers.install()

    def fail_json(self, msg, **kwargs):
        """Leave. SDK and services repeat secrets in their messages."""
        self._module.no_log_values.update([*known(_secrets({**self.params})), *of_address(self.params["endpoint_url"])])
        super().fail_json(msg=printable(one_line(without_secrets(with_expiry(with_cause(msg))))), **without_secrets(kwargs))

    def warn(self, warning):
        """As in AnsibleModule, for a text that an SDK or a service may have a part in."""
        super().warn(one_line(without_secrets(warning)))

    def fail_json_aws(self, exception, msg=None, **kwargs):
        """Leave because of an exception, with the words of the reader."""
        if msg == _OF_AMAZON:
            profile = self.params["profile"]
            msg = f"Could not get the credentials of {f'the profile {profile}' if profile else 'the environment'}"
        super().fail_json_aws(_in_words(exception), msg=msg, **kwargs)


def _in_words(error: BaseException) -> BaseException:
    """An exception of what gives the credentials, which raises those of Python, too."""
    if isinstance(error, json.JSONDecodeError):
        return ValueError(f"the provider of the credentials returned something that is not valid JSON ({error})")
    if isinstance(error, KeyError):
        return ValueError(f"the provider of the credentials returned no {error}")
    return error


def _secrets(params: dict) -> Iterator[str | None]:
    """Secrets of the options, of the environment and of all profiles: one profile can refer to another."""
    yield from (params.get(name) for name in ("secret_key", "session_token", "external_id"))
    profiles = {"environment": dict(os.environ)}
    try:
        import botocore.session  # here, because it is needed for failures only

        profiles.update(botocore.session.Session().full_config["profiles"])
    except Exception:  # no botocore, or a file that can't be read
        pass
    for profile in profiles.values():
        for name, value in profile.items():
            if _SECRETS.fullmatch(name) or name == "AWS_CONTAINER_AUTHORIZATION_TOKEN":
                yield value
            elif _TOKEN_FILE.fullmatch(name) and Path(value).is_file():
                yield Path(value).read_text(encoding="utf-8", errors="replace")
