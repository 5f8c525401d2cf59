# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role says three times what its options are: to Ansible, to people, and in its defaults. They have to agree."""
from __future__ import annotations

import re

from helpers import ROOT
import pytest
import yaml
from jinja2 import Environment
from jinja2.meta import find_undeclared_variables

from ansible_collections.crossaccount.audit_logs.plugins.doc_fragments.cloudtrail_selectors import ModuleDocFragment
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import logs
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors

ROLES = ROOT / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
JINJA = Environment()
JINJA_BUILTINS = {"lookup", "omit"}


def load(role, path):
    return yaml.safe_load((ROLES / role / path).read_text())


def options(role):
    return load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def readme_table(role):
    """Name and default of each option, as the README has them."""
    text = (ROLES / role / "README.md").read_text().split("## Options", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, flags=re.MULTILINE))


def is_template(value):
    return isinstance(value, str) and "{{" in value


def as_yaml(value):
    return '""' if value == "" else yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip()


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_documented(role):
    required = [name for name, option in options(role).items() if option.get("required")]
    defaults = load(role, "defaults/main.yml")
    assert set(options(role)) == {*defaults, *required}
    assert list(readme_table(role)) == list(options(role))
    for name in options(role):
        assert re.match(rf"{role}_[a-z0-9_]+$", name)


@pytest.mark.parametrize("role", NAMES)
def test_defaults_agree(role):
    table = readme_table(role)
    for name, default in load(role, "defaults/main.yml").items():
        option = options(role)[name]
        if not is_template(default):
            assert option["default"] == default, name
            assert table[name] == f"`{as_yaml(default)}`"
            continue
        assert "default" not in option, f"{name}: a template is described, not repeated"
        variables = find_undeclared_variables(JINJA.parse(default))
        for variable in variables - JINJA_BUILTINS:
            assert f"`{variable}`" in table[name]
        if "omit" in variables and not option.get("required"):
            assert "left alone" in table[name]


@pytest.mark.parametrize("role", NAMES)
def test_options_without_a_default_are_required(role):
    for name in set(options(role)) - set(load(role, "defaults/main.yml")):
        assert options(role)[name]["required"]
        assert readme_table(role)[name] == "required"


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


@pytest.mark.parametrize("name", sorted(SELECTOR_OPTIONS))
def test_selectors_are_those_of_the_modules(name):
    assert documented(options("aws_trail"))[f"aws_trail_{name}"] == SELECTOR_OPTIONS[name]


@pytest.mark.parametrize("name", sorted(selectors.event_selector_options()))
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
    assert trail["name"] == policies.TRAIL_NAME == load("aws_trail", "defaults/main.yml")["aws_trail_name"]
    assert f"C({policies.TRAIL_NAME})" in known["name"]["description"]


@pytest.mark.parametrize("form", ["accounts", "source_accounts"])
def test_readme_says_how_many_accounts_fit(form):
    text = (ROLES / "aws_trail_bucket" / "README.md").read_text()
    said = re.search(rf"^\| `{form}` \| ([\d,]+) accounts \|", text, flags=re.MULTILINE)
    fits = int(said[1].replace(",", ""))
    trails = [{"account_id": f"{number:012}"} for number in range(fits + 1)]
    policies.bucket_policy("example-audit-logs", "eu-west-1", trails[:fits], form)
    with pytest.raises(ValueError, match="choose the policy form"):
        policies.bucket_policy("example-audit-logs", "eu-west-1", trails, form)
