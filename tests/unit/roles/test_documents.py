# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specification of a role is where its options stand; what else names them has to agree with it."""
from __future__ import annotations

import re

from helpers import ROOT
from jinja2.nativetypes import NativeEnvironment
import pytest
import yaml

from ansible_collections.crossaccount.audit_logs.plugins.doc_fragments.cloudtrail_selectors import ModuleDocFragment
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import logs
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import CLOUDS
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles import (
    aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation)
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import Options

ROLES = ROOT / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
ON_AWS = {
    role.__name__.rpartition(".")[2]: role
    for role in (aws_trail, aws_trail_bucket, aws_trail_cloudwatch, aws_trail_validation)
}
get = Options.get
ON_ALIBABA = [role for role in NAMES if role not in ON_AWS]
ALIBABA = next(one for one in CLOUDS if one.name == "alibaba")


def load(role, path):
    return yaml.safe_load((ROLES / role / path).read_text())


def options(role):
    return load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def is_template(value):
    return isinstance(value, str) and "{{" in value


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_documented(role):
    required = [name for name, option in options(role).items() if option.get("required")]
    defaults = load(role, "defaults/main.yml") if (ROLES / role / "defaults/main.yml").exists() else {}
    if role in ON_AWS:  # the module aws_plan reads the argument specification
        assert set(defaults) < set(options(role))
    else:
        assert set(options(role)) == {*defaults, *required}
    for name in options(role):
        assert re.match(rf"{role}_[a-z0-9_]+$", name)
    for name, default in defaults.items():
        if is_template(default):
            assert "default" not in options(role)[name], f"{name}: a template is described, not repeated"
        else:
            assert options(role)[name]["default"] == default, name


def templates_of(role):
    """The templates that read the options which an inventory may give, by the name of the option without that of the role."""
    found = load(role, "vars/main.yml")[f"{role}_options"]
    given = {name.removeprefix(f"{role}_") for name in options(role) if not name.endswith(tuple(ALIBABA.reserved))}
    assert found.keys() == given - {"policies"}  # without them, preflight rejects the inventory
    return {name: NativeEnvironment().from_string(template) for name, template in found.items() if "| bool" not in template}


@pytest.mark.parametrize("role", ON_ALIBABA)
def test_an_empty_option(role):
    """It has the default of the argument specification."""
    for name, template in templates_of(role).items():
        option = f"{role}_{name}"
        if "default" in options(role)[option]:
            assert [template.render({option: value}) for value in ("", False, "x")] == [options(role)[option]["default"], False, "x"], name


@pytest.mark.parametrize("own, of_all, counts", [
    ("", None, False), ("", "", False), ("", True, True), (False, True, False), (False, None, False), (True, False, True),
])
@pytest.mark.parametrize("role", ON_ALIBABA)
def test_an_option_that_a_variable_gives_for_all_roles(role, own, of_all, counts):
    for name, template in templates_of(role).items():
        if name in ("adopt", "delete_logs", "shorten_retention"):
            known = {f"{role}_{name}": own, **({} if of_all is None else {f"audit_logs_{name}": of_all})}
            assert template.render(known) is counts, name


@pytest.mark.parametrize("role", NAMES)
def test_a_default_that_depends_is_described(role):
    """Where no constant is the default, the text says what is."""
    for name, option in options(role).items():
        if "default" not in option and not option.get("required"):
            assert re.search(r"[Bb]y default|[Nn]ot given", str(option["description"])), name


@pytest.mark.parametrize("role", sorted(ON_AWS))
def test_every_option_is_used(role, monkeypatch):
    """Each option of a role on AWS is read by its plan, or by a task."""
    read = set()
    monkeypatch.setattr(Options, "get", lambda self, name, *shared: read.add(f"{self.role}_{name}") or get(self, name, *shared))
    monkeypatch.setattr(Options, "__getitem__", Options.get)
    variables = {
        "account_id": "111111111111", "audit_logs_aws_region": "eu-west-1", "aws_trail_bucket_name": "logs",
        "audit_logs_aws_key_arn": "arn", "aws_trail_bucket_transition_days": 1,
        "aws_trail_bucket_logging_bucket": "others",
    }
    ON_AWS[role].plan(Options(role, variables, lambda value: value))
    tasks = "".join(path.read_text(encoding="utf-8") for path in (ROLES / role).glob("[tv]a*s/*.yml") if path.parent.name == "vars" or path.stem != "main")
    read.add(f"{role}_account_id")  # by the action account_session
    assert {name for name in options(role) if name not in read} == set(re.findall(rf"\b({'|'.join(options(role))})\b", tasks))


def documented(suboptions):
    """What an option's documentation says of it, without the words."""
    return {
        name: {
            **{key: value for key, value in option.items() if key in ("type", "elements", "choices", "default")},
            "required": option.get("required", False),
            "options": documented(option.get("options") or option.get("suboptions") or {}),
        }
        for name, option in suboptions.items()
    }


SELECTOR_OPTIONS = documented({**selectors.event_selector_options(), "insight_types": selectors.insight_type_option()})


def test_insight_types_are_those_of_the_module():
    assert documented(options("aws_trail"))["aws_trail_insight_types"] == SELECTOR_OPTIONS["insight_types"]


@pytest.mark.parametrize("name", sorted(SELECTOR_OPTIONS))
def test_selectors_are_those_of_the_documentation(name):
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert documented(fragment)[name] == SELECTOR_OPTIONS[name]


def test_choices_are_those_of_the_plugins():
    assert options("aws_trail_cloudwatch")["aws_trail_cloudwatch_retention_days"]["choices"] == logs.RETENTION_DAYS
    assert options("aws_trail_bucket")["aws_trail_bucket_policy_form"]["choices"] == list(policies.POLICY_FORMS)


def test_trails_of_a_bucket_have_the_keys_that_policies_know():
    trail = policies.with_defaults({"account_id": "111111111111"}, "eu-west-1")
    known = options("aws_trail_bucket")["aws_trail_bucket_trails"]["options"]
    assert set(known) == {*trail, "organization_id"}
    assert trail["name"] == policies.TRAIL_NAME and f"V({policies.TRAIL_NAME})" in options("aws_trail")["aws_trail_name"]["description"][-1]
    assert f"C({policies.TRAIL_NAME})" in known["name"]["description"]


@pytest.mark.parametrize("form", ["accounts", "source_arns", "source_accounts"])
def test_readme_says_how_many_accounts_fit(form):
    text = (ROLES / "aws_trail_bucket" / "README.md").read_text()
    said = re.search(rf"^\| `{form}` \| ([\d,]+) accounts \|", text, flags=re.MULTILINE)
    fits = int(said[1].replace(",", ""))
    trails = [{"account_id": f"{number:012}"} for number in range(fits + 1)]
    policies.bucket_policy("example-audit-logs", "eu-west-1", trails[:fits], form)
    with pytest.raises(ValueError, match="choose the policy form"):
        policies.bucket_policy("example-audit-logs", "eu-west-1", trails, form)
