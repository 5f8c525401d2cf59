# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory."""

from __future__ import annotations

import re

from helpers import ROOT
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from jinja2.exceptions import UndefinedError

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import cloud
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import CLOUDS, part_problem, read, warnings, with_archives

AWS, ALIBABA = CLOUDS
ADVANCED = "aws_trail_advanced_event_selectors"


def inventory_problems(hostvars, groups, region="", alibaba_region=""):
    return read(hostvars, groups, {"aws": region, "alibaba": alibaba_region})[0]


def member_trails(hostvars, members, region):
    groups = {"aws_members": list(members), "aws_archive": [name for name in hostvars if name == "log-archive"]}
    problems, accounts = read(hostvars, groups, {"aws": region})
    assert problems == []
    return [accounts[member]["trail"] for member in members]


def inventory(*, everywhere=None, archive=("log-archive",), members=("team-a", "team-b"), **hosts):
    """Variables and groups of an inventory; a keyword for a host adds to its variables, or None takes one away."""
    ids = {"log-archive": "111111111111", "team-a": "222222222222", "team-b": "333333333333", "spare": "444444444444"}
    hostvars = {}
    for name in dict.fromkeys([*archive, *members]):
        variables = {"account_id": ids[name], "aws_trail_bucket_name": "example-audit-logs", **(everywhere or {})}
        variables.update(hosts.get(name.replace("-", "_"), {}))
        hostvars[name] = {key: value for key, value in variables.items() if value is not None}
    groups = {"all": list(hostvars), "aws_archive": list(archive), "aws_members": list(members)}
    return hostvars, {name: found for name, found in groups.items() if found}


def problems(region="eu-west-1", **options):
    hostvars, groups = inventory(**options)
    return inventory_problems(hostvars, groups, region)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"members": ()},
        {"archive": (), "everywhere": {"audit_logs_deployment": "prod"}},
        {"members": ("team-a", "log-archive")},
        {"team_a": {"aws_trail_s3_key_prefix": "none"}},
        {"team_a": {"audit_logs_aws_region": "us-east-1", "aws_trail_name": "mine"}},
        {"everywhere": {"aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_role": "Audit"}},
        {"everywhere": {"aws_trail_event_selectors": [{"read_write_type": "WriteOnly"}]}},
        {"everywhere": {"audit_logs_timeout": "0", "audit_logs_digest_hours": "0", "audit_logs_probe_deadline": "0"}},
        {"everywhere": {"audit_logs_probe_interval": "1", "aws_trail_wait": "0", "aws_trail_delay": "0.1"}},
        {"everywhere": {"audit_logs_aws_profile": "x", "audit_logs_aws_external_id": "yy"}},
        {"log_archive": {"aws_trail_bucket_policy": '{"Statement": []}'}},
    ],
)
def test_nothing_wrong(options):
    assert problems(**options) == []


def test_no_accounts():
    assert inventory_problems({}, {"all": []}, "eu-west-1") == [
        "the inventory has no accounts: put hosts into the groups aws_archive and aws_members or alibaba_archive and"
        " alibaba_members"
    ]


@pytest.mark.parametrize("name", [
    "Log Archive", "a,b", "a:b", "!x", "&x", "~x", "@x", "-x", "a*", "a?", "a[0]", "{{ 1 }}", "a\nb", "a\x1b[2K", "",
])
def test_names_that_are_patterns(name):
    hostvars, groups = inventory()
    hostvars[name] = hostvars.pop("team-b")
    groups["aws_members"] = ["team-a", name]
    assert inventory_problems(hostvars, groups, "eu-west-1") == [
        f"{name!r} cannot be the name of a host, because --limit and plays would read it as a pattern. Use only letters,"
        " digits and . _ - in the name"
    ]


@pytest.mark.parametrize("name", ["all", "aws_members"])
def test_names_that_are_groups(name):
    hostvars, groups = inventory()
    hostvars[name] = hostvars.pop("team-b")
    groups["aws_members"] = ["team-a", name]
    found, = inventory_problems(hostvars, groups, "eu-west-1")
    assert found.startswith(f"'{name}' cannot be the name of a host") and "as a group" in found


@pytest.mark.parametrize("name", ["team-b", "Team_B", "b.example.org", "222222222222", "größe", "b@example", "a+b"])
def test_names_that_are_plain(name):
    hostvars, groups = inventory()
    hostvars[name] = hostvars.pop("team-b")
    groups["aws_members"] = ["team-a", name]
    assert inventory_problems(hostvars, groups, "eu-west-1") == []


@pytest.mark.parametrize("value", [True, "yes"])
def test_no_members(value):
    """An empty group is not the same as none."""
    hostvars, groups = inventory(members=())
    assert inventory_problems(hostvars, {**groups, "aws_members": []}, "eu-west-1") == [
        "the group aws_members is empty. Put the member accounts into it. If the deployment has no members on purpose, set"
        " audit_logs_no_members: true, or remove the group"
    ]
    hostvars["log-archive"]["audit_logs_no_members"] = value
    assert inventory_problems(hostvars, {**groups, "aws_members": []}, "eu-west-1") == []


@pytest.mark.parametrize("name, similar", [
    ("aws_trial_name", "aws_trail_name"),
    ("aws_trail_nme", None),  # it is clearly ours, and so an error
    ("audit_log_delete_logs", "audit_logs_delete_logs"),
    ("adit_logs_timeout", "audit_logs_timeout"),
    ("aws_region", None),
    ("alibaba_vpc_id", None),
    ("django_secret_key", None),
    ("ansible_timeout", None),
    ("aws_trail", None),
])
def test_variables_that_are_nearly_ours(name, similar):
    hostvars, groups = inventory(everywhere={name: "1"})
    found, accounts = read(hostvars, groups, {"aws": "eu-west-1"})
    assert (found != []) is (name == "aws_trail_nme")
    assert warnings(accounts) == (
        [f"log-archive, team-a, team-b: the variable {name} is not read by this collection: did you mean {similar}?"] if similar else [])


def test_accounts_that_are_removed():
    assert problems(everywhere={"audit_logs_removed_accounts": "999999999999, o-a1b2c3d4e5"}) == []
    assert problems(everywhere={"audit_logs_removed_accounts": ["333333333333"]}) == [
        "team-b: account 333333333333 is both in aws_members and in audit_logs_removed_accounts: remove it from one of them"
    ]
    for value in (["team-b"], "team-b"):
        found, = problems(everywhere={"audit_logs_removed_accounts": value})
        assert "is not the id of an account or organization: write ids in quotes" in found
    for value, sentence in (([999999999999], "entry 1: 999999999999 is a number, but must be text: write it in quotes"), (12, "12 is a number, but must")):
        found, = problems(everywhere={"audit_logs_removed_accounts": value})
        assert sentence in found


def test_two_archives():
    assert problems(archive=("log-archive", "spare")) == [
        "the group aws_archive has 2 hosts (log-archive, spare). Leave one archive account in it"
    ]


def test_no_archive_and_no_bucket():
    assert problems(archive=(), everywhere={"aws_trail_bucket_name": None}) == [
        "the group aws_archive and the variable aws_trail_bucket_name are missing. Put the archive account into"
        " aws_archive, or set aws_trail_bucket_name to the unmanaged bucket that stores the logs"
    ]


def test_a_member_without_bucket():
    assert problems(team_b={"aws_trail_bucket_name": None}) == [
        "team-b: aws_trail_bucket_name is missing: give all hosts the name of the bucket in the archive account"
    ]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("account_id", None, "account_id is missing: give the account's id, 12 digits in quotes"),
        (
            "account_id",
            "22222222222",
            "account id '22222222222' is not a string of 12 digits: write it in quotes, with its leading zeros",
        ),
        ("audit_logs_aws_region", "eu-west-9", "audit_logs_aws_region: region 'eu-west-9' is not known to botocore "),
        ("aws_trail_bucket_name", "Logs", "aws_trail_bucket_name: bucket name 'Logs': S3 takes "),
        ("aws_trail_name", "a b", "aws_trail_name: trail name 'a b': CloudTrail takes 3 to 128 letters"),
        (
            "aws_trail_s3_key_prefix",
            "/logs",
            "aws_trail_s3_key_prefix: key prefix '/logs': write it without a slash at its ends, as 'logs'",
        ),
        (
            "aws_trail_cloudwatch_retention_days",
            100,
            "aws_trail_cloudwatch_retention_days: retention of 100 days: CloudWatch Logs takes one of 1, 3, 5, ",
        ),
        ("aws_trail_bucket_policy", "{", "aws_trail_bucket_policy: the policy is not JSON: "),
        ("aws_trail_bucket_policy", {"Statement": 1}, "aws_trail_bucket_policy: the policy is not a policy document: "),
        (
            ADVANCED,
            [{"field_selectors": [{"field": "eventNam", "equals": ["x"]}]}],
            f"{ADVANCED}: value of field must be one of: errorCode, ",
        ),
        (
            ADVANCED,
            [{"field_selectors": [{"field": "eventName", "equals": ["x"]}]}],
            f"{ADVANCED}: advanced event selector number 1 does not say which events it selects: ",
        ),
        (
            "aws_trail_event_selectors",
            [{"read_write": "All"}],
            "aws_trail_event_selectors: there is no option aws_trail_event_selectors.read_write. Supported ",
        ),
        (
            ADVANCED,
            [{"field_selectors": [{"field": "eventCategory"}]}],
            f"{ADVANCED}: one of the following is required: equals, ",
        ),
        ("aws_trail_event_selectors", "All", "aws_trail_event_selectors: "),
        ("aws_trail_event_selectors", [], "aws_trail_event_selectors: an empty list of selectors would record nothing"),
        (
            "aws_trail_insight_types",
            ["Nope"],
            "aws_trail_insight_types: value of aws_trail_insight_types must be one or more of: ApiCallRateInsight,"
            " ApiErrorRateInsight. Got no match for: Nope",
        ),
        (
            "aws_trail_bucket_encryption",
            "KMS",
            "aws_trail_bucket_encryption: 'KMS' is not one of AES256, aws:kms",
        ),
        ("aws_trail_kms_key_id", ["arn"], "aws_trail_kms_key_id: ['arn'] is a list, but must be text"),
        ("audit_logs_updated", ["team-a"], "audit_logs_updated: ['team-a'] is a list, but must be text"),
        ("aws_trail_wait", "soon", "aws_trail_wait: 'soon' is text, but must be a whole number"),
        ("aws_trail_tags", "x", "aws_trail_tags: 'x' is text, but must be a dictionary"),
        (
            "aws_trail_cloudwatch_tags",
            {"cc": 4711},
            "aws_trail_cloudwatch_tags: the value of 'cc' is not text: write it in quotes",
        ),
        ("aws_trail_bucket_tags", {1: "a"}, "aws_trail_bucket_tags: the name 1 is not text: write it in quotes"),
        ("audit_logs_aws_role_duration", "1h", "audit_logs_aws_role_duration: '1h' is text, but must be a whole number"),
        ("audit_logs_delete_logs", "perhaps", "audit_logs_delete_logs: 'perhaps' is text, but must be true or false"),
        ("audit_logs_aws_cloudwatch", "perhaps", "audit_logs_aws_cloudwatch: 'perhaps' is text, but must be true or false"),
        (
            "aws_trail_validation_principals",
            ["111111111111", "*"],
            "aws_trail_validation_principals: '*' would let everybody assume the role: name accounts ",
        ),
        (
            "aws_trail_validation_principals",
            [111111111111],
            "aws_trail_validation_principals: entry 1: 111111111111 is a number, but must be text: write it in quotes",
        ),
        (
            "aws_trail_cloudwatch_role_name",
            "x" * 65,
            f"aws_trail_cloudwatch_role_name: role name '{'x' * 65}': IAM takes 64 characters at most",
        ),
        ("aws_trail_region", "eu-west-1", "aws_trail_region cannot be set in an inventory: use audit_logs_aws_region"),
        ("aws_trail_account_id", "1", "aws_trail_account_id cannot be set in an inventory: use account_id"),
        (
            "aws_trail_s3_bucket_name",
            "mine",
            "aws_trail_s3_bucket_name cannot be set in an inventory: use aws_trail_bucket_name",
        ),
        ("aws_trail_bucket_trails", [], "aws_trail_bucket_trails cannot be set in an inventory: the playbooks compute it "),
        ("aws_trail_state", "absent", "aws_trail_state cannot be set in an inventory: the playbooks set it"),
        (
            "aws_trail_cloudwatch_logs",
            True,
            "aws_trail_cloudwatch_logs cannot be set in an inventory: use audit_logs_aws_cloudwatch",
        ),
        (
            "aws_trail_cloudwatch_retention",
            7,
            "there is no option aws_trail_cloudwatch_retention; did you mean aws_trail_cloudwatch_retention_days?",
        ),
        (
            "audit_logs_aws_endpoint_url",
            "https://ci:secret@proxy.example.org",
            "audit_logs_aws_endpoint_url: the address contains a user name or a password (the part before @), which Ansible would show:"
            " remove that part",
        ),
        ("audit_logs_aws_endpoint_url", ["https://ci:secret@h"], "audit_logs_aws_endpoint_url: it must be text without control characters"),
        ("audit_logs_aws_rol", "x", "there is no option audit_logs_aws_rol; did you mean audit_logs_aws_role?"),
        ("audit_logs_zzz", "x", "there is no option audit_logs_zzz"),
        ("audit_logs_timeout", -1, "audit_logs_timeout: -1 is not a number of seconds from 0 to 100000000; 0 is for n"),
        ("audit_logs_probe_deadline", -5, "audit_logs_probe_deadline: -5 is not a number of seconds from 0 to 1"),
        ("audit_logs_probe_deadline", "9" * 9, "audit_logs_probe_deadline: 999999999 is not a number of seconds "),
        ("audit_logs_probe_deadline", "soon", "audit_logs_probe_deadline: 'soon' is text, but must be a whole number"),
        ("audit_logs_probe_interval", "0", "audit_logs_probe_interval: 0 is not a number of seconds from 1 to "),
        ("audit_logs_probe_repeat", 0, "audit_logs_probe_repeat: 0 is not a number of seconds from 1 to "),
        ("audit_logs_digest_hours", "-1", "audit_logs_digest_hours: -1 is not a number of hours from 0 to 8760; 0 "),
        ("audit_logs_digest_hours", 8761, "audit_logs_digest_hours: 8761 is not a number of hours from 0 to 8760"),
        ("aws_trail_wait", "-2", "aws_trail_wait: -2 is not a number of seconds from 0 to 100000000"),
        ("aws_trail_delay", "0", "aws_trail_delay: 0.0 is not a number of seconds from 0.1 to 100000000"),
        ("audit_logs_timeout", "10 min", "audit_logs_timeout: "),
    ],
)
def test_a_bad_variable_of_one_host(variable, value, sentence):
    found = problems(team_a={variable: value})
    assert len(found) == 1
    assert found[0].startswith(f"team-a: {sentence}")
    assert "\n" not in found[0]


class TestRoles:
    """The playbooks switch off Ansible's validation of role arguments: what it would refuse is refused here."""

    ODD = ["perhaps", -1.5, [], {}, [{}], {"zzz": "x"}, [["x"]], [{"zzz": "x"}]]
    OPTIONS = {
        name: {key: value for key, value in option.items() if key != "required"}
        for path in ROOT.glob("roles/aws_*/meta/argument_specs.yml")
        for name, option in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"].items()
    }

    @pytest.mark.parametrize("name", sorted(OPTIONS))
    def test_refuse_nothing_that_is_let_through_here(self, name):
        option = self.OPTIONS[name]
        validator = ArgumentSpecValidator({name: option})
        refused = [value for value in self.ODD if validator.validate({name: value}).error_messages]
        assert refused or option["type"] == "str" and "choices" not in option
        for value in refused:
            assert problems(everywhere={name: value}), value


def test_both_kinds_of_selectors():
    both = {
        "aws_trail_event_selectors": [{}],
        ADVANCED: [{"field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}],
    }
    found = problems(team_b=both)
    assert len(found) == 1
    assert found[0].startswith(f"team-b: {ADVANCED}, aws_trail_event_selectors: ")
    assert "a trail can have only one of them" in found[0]


@pytest.mark.parametrize("name", ["aws_trail_tags", "aws_trail_kms_key_id", "audit_logs_aws_role"])
def test_a_variable_without_value(name):
    hostvars, groups = inventory()
    hostvars["team-a"][name] = None
    assert inventory_problems(hostvars, groups, "eu-west-1") == [
        f"team-a: {name} has no value: give one, or leave the variable out"
    ]


class Undefined:
    """What an undefined template gives: any use of it fails."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        raise UndefinedError(f"'{self.name}' is undefined")

    __repr__ = __str__


class TestTemplates:
    @pytest.mark.parametrize("name", ["account_id", "aws_trail_bucket_name", "audit_logs_aws_external_id"])
    @pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"a": value}])
    def test_undefined(self, name, wrap):
        everywhere = {"team_a": {name: wrap(Undefined("nope"))}, "team_b": {name: wrap(Undefined("nope"))}}
        assert problems(**everywhere) == [f"team-a, team-b: {name}: 'nope' is undefined"]

    def test_what_is_not_ours_is_not_looked_at(self):
        assert problems(team_a={"ntp_server": Undefined("nope")}) == []

    @pytest.mark.parametrize("later", ["hostvars", "audit_logs_aws_key_arn"])
    def test_what_only_a_play_knows(self, later):
        assert problems(team_a={"aws_trail_kms_key_id": Undefined(later)}) == []
        found = problems(team_a={"aws_trail_name": Undefined(later)})
        assert found == [f"team-a: aws_trail_name: '{later}' is undefined"]

    @pytest.mark.parametrize("name", ["aws_trail_bucket_encryption", "aws_trail_bucket_kms_key_arn"])
    def test_what_the_members_need_to_know(self, name):
        """The key of their trails follows from these, so they must be known before a play runs."""
        [problem] = problems(log_archive={name: Undefined("hostvars")})
        assert problem.startswith(f"log-archive: {name}: ")

    def test_omit(self):
        omit = object()
        hostvars, groups = inventory(
            everywhere={"aws_trail_bucket_tags": {"a": omit}, "aws_trail_event_selectors": omit, "aws_trail_name": omit}
        )
        assert inventory_problems(hostvars, groups, "eu-west-1") == []
        trails = member_trails(hostvars, groups["aws_members"], "eu-west-1")
        assert {trail["name"] for trail in trails} == {"audit-logs"}


class TestRoleNames:
    LONG = {"aws_trail_name": "x" * 50}

    def test_of_the_log_group(self):
        on = {**self.LONG, "audit_logs_aws_cloudwatch": True}
        assert problems(everywhere=self.LONG) == []
        assert problems(everywhere={**on, "aws_trail_cloudwatch_role_name": "y"}) == []
        assert problems(everywhere={**on, "aws_trail_cloudwatch_trail_name": "yyy"}) == []
        assert problems(everywhere=on) == [
            f"team-a, team-b: aws_trail_cloudwatch_role_name: role name '{'x' * 50}-cloudtrail-cloudwatch':"
            " IAM takes 64 characters at most, letters, digits and _+=,.@-: give one that fits"
        ]


class TestDeployment:
    """The name of the deployment."""

    @pytest.mark.parametrize("name, is_good", [
        ("prod", True), ("a" * 25, True), ("", True), ("a" * 26, False), ("Prod", False), ("-a", False), ("a@b", False), (7, False),
    ])
    def test_its_form(self, name, is_good):
        found = problems(everywhere={"audit_logs_deployment": name})
        assert (found == []) is is_good and all("audit_logs_deployment: " in problem for problem in found)

    def test_it_is_that_of_all_hosts(self):
        assert problems(team_a={"audit_logs_deployment": "prod"}) == [
            "audit_logs_deployment differs between hosts ('', 'prod'): give all of them the same name"]

    @pytest.mark.parametrize("value", [["x"], {"x": 1}, 7])
    def test_it_is_text(self, value):
        found = problems(team_a={"audit_logs_deployment": value})
        assert len(found) == 1 and found[0].startswith("team-a: audit_logs_deployment: ")

    @pytest.mark.parametrize("value, is_good", [
        ("", True), ("logs", True), ("prod@logs, 1234567890123456", True), (["prod@logs.example"], True), ([], True),
        ([""], False), ("logs,", False), ("a b", False), ([None], False), ("@logs", False), ({"x": 1}, False), (["Logs"], False),
    ])
    def test_earlier_names(self, value, is_good):
        found = problems(everywhere={"audit_logs_previous_deployments": value})
        assert (found == []) is is_good and all("audit_logs_previous_deployments: " in one for one in found), found

    def test_it_is_needed_without_an_archive(self):
        """Other deployments can deliver to the same bucket of somebody else."""
        [found] = problems(archive=())
        assert found.startswith("the group aws_archive is missing, and other deployments can deliver to the same bucket. Set")

    def test_the_name_of_a_trail_contains_it(self):
        for variables, name in (({}, "audit-logs-prod"), ({"aws_trail_name": "audit-logs"}, "audit-logs")):
            hostvars, _groups = inventory(everywhere={"audit_logs_deployment": "prod", **variables})
            assert {trail["name"] for trail in member_trails(hostvars, ["team-a", "team-b"], "eu-west-1")} == {name}


class TestNames:
    """The lists of names say what the playbooks and roles do."""

    @staticmethod
    def set_in(data):
        """Names that tasks and files of variables set."""
        if isinstance(data, list):
            return set().union(*map(TestNames.set_in, data))
        if not isinstance(data, dict):
            return set()
        return {*data, data.get("register")}.union(*map(TestNames.set_in, data.values()))

    def test_of_the_estate(self):
        files = [*ROOT.glob("playbooks/*.yml"), *ROOT.glob("playbooks/parts/**/*.yml"), *ROOT.glob("roles/*/[dv]*/main.yml")]
        texts = [path.read_text(encoding="utf-8") for path in files]
        used = set(re.findall(r"\baudit_logs_[a-z_]+", "\n".join(texts).replace("crossaccount.audit_logs", "")))
        folders = ("plugin_utils/_deployment", "plugin_utils/_roles", "action")
        plugins = [path for folder in folders for path in ROOT.glob(f"plugins/{folder}/*.py")]
        read_in_python = r"""(?:given\([^"]+,|\.get\(|[A-Z]+ =) ?"(audit_logs_[a-z_]+)"|f"(audit_logs)_{self.name}_region"""
        for path in plugins:
            for name, of_both in re.findall(read_in_python, path.read_text(encoding="utf-8")):
                used |= {f"{of_both}_{one}_region" for one in ("aws", "alibaba")} if of_both else {name}
        set_by_playbooks = set().union(*(self.set_in(yaml.safe_load(text)) for text in texts))
        assert used - set_by_playbooks == {*cloud.COMMON, *AWS.variables, *ALIBABA.variables}

    def test_an_earlier_playbook_of_the_run_may_have_set(self):
        tasks = [*ROOT.glob("playbooks/parts/**/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")]
        texts = [path.read_text(encoding="utf-8") for path in tasks]
        set_by_playbooks = set(re.findall(r"register: (\w+)", "\n".join(texts)))
        set_by_playbooks |= {name for text in texts for name in re.findall(r"set_fact:\n +(\w+)", text)}
        assert "audit_logs_failure" in set_by_playbooks
        assert problems(team_a={name: {} for name in set_by_playbooks}) == []

    @pytest.mark.parametrize("name", sorted({**cloud.COMMON, **AWS.variables}))
    def test_all_are_distinguished_from_mistakes(self, name):
        option = {**cloud.COMMON, **AWS.variables}[name]
        value = option.get("choices", [{"bool": True, "int": 3600, "str": "eu-west-1", "list": ["999999999999"]}[option["type"]]])[0]
        value = "https://example.com" if name.endswith("_url") else value
        assert problems(everywhere=self.with_mode(name, value)) == []

    @staticmethod
    def with_mode(name, value):
        """A variable, with those that it needs."""
        if name == "audit_logs_aws_trail_arn":
            return {"audit_logs_aws_mode": "existing_trail", name: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/example"}
        if name == "audit_logs_aws_register_delegated_administrator":
            others = TestNames.with_mode("audit_logs_aws_management_account_id", "")
            return {**others, name: value, "audit_logs_aws_trail_account_id": "333333333333"}
        if name in ("audit_logs_aws_trail_account_id", "audit_logs_aws_management_account_id"):
            return {
                "audit_logs_aws_mode": "organization_trail", "aws_trail_bucket_organization_id": "o-a1b2c3d4e5",
                "audit_logs_aws_management_account_id": "222222222222", name: "222222222222",
            }
        if name == "audit_logs_aws_permissions_boundary":
            return {name: "arn:aws:iam::222222222222:policy/example"}
        return {name: value}


@pytest.mark.parametrize("region, problem", [("", "it is missing"), ("nowhere", "region 'nowhere' is not known")])
def test_the_region_of_the_run(region, problem):
    found = problems(region=region)
    assert len(found) == 1
    assert found[0].startswith(f"log-archive, team-a, team-b: audit_logs_aws_region: {problem}")


def test_a_problem_of_many_hosts_is_said_once():
    hostvars = {
        f"team-{number}": {
            "account_id": f"10000000000{number}",
            "aws_trail_bucket_name": "example-audit-logs",
            "aws_trail_cloudwatch_retention_days": 100,
            "audit_logs_deployment": "prod",
        }
        for number in range(5)
    }
    found = inventory_problems(hostvars, {"aws_members": list(hostvars)}, "eu-west-1")
    assert len(found) == 1
    assert found[0].startswith("team-0, team-1, team-2 and 2 more: aws_trail_cloudwatch_retention_days: ")


def test_two_problems_of_one_host_are_two_sentences():
    found = problems(team_a={"aws_trail_name": "a b", "aws_trail_s3_key_prefix": "a/"})
    assert [sentence.split(": ")[:2] for sentence in found] == [
        ["team-a", "aws_trail_name"],
        ["team-a", "aws_trail_s3_key_prefix"],
    ]


def test_two_hosts_with_one_id():
    assert problems(team_b={"account_id": "222222222222"}) == [
        "the hosts team-a and team-b have the same account id '222222222222'. Use one host per account, and put it into all groups that"
        " apply"
    ]


def test_an_account_in_both_groups_is_one_host():
    hostvars, groups = inventory(members=("log-archive", "team-a"))
    assert inventory_problems(hostvars, groups, "eu-west-1") == []
    trails = member_trails(hostvars, groups["aws_members"], "eu-west-1")
    assert [trail["account_id"] for trail in trails] == ["111111111111", "222222222222"]


@pytest.mark.parametrize(
    "name",
    [
        "audit_logs_aws_secret_access_key", "audit_logs_aws_access_key", "audit_logs_aws_access_key_id", "aws_trail_secret_key",
        "audit_logs_session_token", "audit_logs_aws_security_token", "aws_trail_bucket_session_token",
    ],
)  # fmt: skip
def test_secrets_do_not_belong_here(name):
    secret = "wJalrXUtnFEMI"
    found = problems(team_a={name: secret})
    assert len(found) == 1
    assert found[0].startswith(f"team-a: {name} looks like a secret. Remove it from the inventory, and give a role")
    assert secret not in found[0]


@pytest.mark.parametrize("name", [
    "django_secret_key", "vault_aws_secret_access_key", "aws_secret_access_key", "secret_key", "session_token",
    "alicloud_access_key_secret", "alibaba_access_key_secret", "alibaba_vpc_id", "alibaba_region", "alibaba_trial_name",
])
def test_variables_of_an_estate_are_no_concern(name):
    assert problems(everywhere={name: Undefined("nope")}) == []


@pytest.mark.parametrize("number, sentence", [
    (222222222222, None),
    (22222222222, "account id 22222222222 is not a string of 12 digits: write it in quotes, with its leading zeros; in an INI"
                  " inventory in two kinds of quotes, account_id=\"'111111111111'\""),
])
def test_an_account_id_that_is_a_number(number, sentence):
    """INI files make a number of it, also in quotes. One that has lost no digit is as good."""
    found = problems(team_a={"account_id": number})
    assert found == ([f"team-a: {sentence}"] if sentence else [])


@pytest.mark.parametrize(
    "name",
    ["aws_trail_bucket_kms_key_arn", "aws_trail_s3_key_prefix", "aws_trail_bucket_kms_alias", "audit_logs_aws_key_arn"],
)
def test_other_keys_do(name):
    arn = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert problems(team_a={name: arn if name.endswith("arn") else "x"}) == []


class TestPolicy:
    def test_too_many_accounts_for_the_form(self):
        hostvars = {
            f"team-{number}": {"account_id": str(200000000000 + number), "aws_trail_bucket_name": "example-audit-logs"}
            for number in range(40)
        }
        hostvars["log-archive"] = {"account_id": "111111111111", "aws_trail_bucket_name": "example-audit-logs"}
        groups = {"aws_archive": ["log-archive"], "aws_members": [host for host in hostvars if host != "log-archive"]}
        found = inventory_problems(hostvars, groups, "eu-west-1")
        assert len(found) == 1
        assert found[0].startswith("log-archive: the policy of bucket example-audit-logs for 40 trails has ")
        assert "choose the policy form 'source_arns' (about 317 trails) or 'organization'" in found[0]
        for form in ("source_arns", "source_accounts"):
            hostvars["log-archive"]["aws_trail_bucket_policy_form"] = form
            assert inventory_problems(hostvars, groups, "eu-west-1") == []

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            ({"aws_trail_bucket_policy_form": "organization"}, "needs the id of the organization"),
            (
                {"aws_trail_bucket_policy_form": "organisation"},
                "'organisation' is not one of accounts, ",
            ),
        ],
    )
    def test_a_form_that_does_not_fit(self, variables, words):
        found = problems(log_archive=variables)
        assert len(found) == 1
        assert found[0].startswith("log-archive: ")
        assert words in found[0]


class TestTrails:
    def test_defaults(self):
        hostvars, groups = inventory()
        assert member_trails(hostvars, groups["aws_members"], "eu-west-1") == [
            {"account_id": "222222222222", "region": "eu-west-1", "name": "audit-logs", "prefix": "222222222222"},
            {"account_id": "333333333333", "region": "eu-west-1", "name": "audit-logs", "prefix": "333333333333"},
        ]

    def test_own_variables(self):
        hostvars, _groups = inventory(
            team_a={
                "audit_logs_aws_region": "us-east-1",
                "aws_trail_name": "mine",
                "aws_trail_s3_key_prefix": "none",
            }
        )
        assert member_trails(hostvars, ["team-a"], "eu-west-1") == [
            {
                "account_id": "222222222222",
                "region": "us-east-1",
                "name": "mine",
                "prefix": "",
            }
        ]

    def test_nobody(self):
        hostvars, groups = inventory(members=())
        assert read(hostvars, groups, {"aws": "eu-west-1"})[1]["log-archive"]["trails"] == []


@pytest.mark.parametrize("mode, projects, log_audit", [
    ("actiontrail", {"old-logs": ["audit-logs", "audit-logs-old", "audit-logs-prod"]}, True),
    ("log_audit", {"logs": ["audit-logs", "audit-logs-prod"], "old-logs": ["audit-logs", "audit-logs-old", "audit-logs-prod"]}, False),
])
def test_destinations_of_earlier_names(mode, projects, log_audit):
    """Not buckets of AWS, other accounts, or the project of the inventory; with the names that trails had then."""
    account = "1234567890123456"
    host = {
        "account_id": account, "audit_logs_alibaba_mode": mode, "audit_logs_alibaba_project": "logs", "audit_logs_deployment": "prod",
        "audit_logs_previous_deployments": f"logs, old@old-logs,old-logs, prod@{account},9234567890123456,aws.logs",
    }
    shop = {**host, "account_id": "2234567890123456"}
    problems, accounts = read({"root": host, "shop": shop}, {"alibaba_archive": ["root"], "alibaba_members": ["shop"]}, {"alibaba": "cn-hangzhou"})
    assert problems == [] and accounts["root"]["earlier_log_audit"] is log_audit
    assert {one["name"]: [name.removeprefix("actiontrail_") for name in one["logstores"]] for one in accounts["root"]["earlier_projects"]} == projects


@pytest.mark.parametrize("names, limit", [
    (["team-b"], "log-archive,team-b"),
    (["team-b", "log-archive"], "log-archive,team-b"),
    (["shop", "team-a"], "log-archive,root,shop,team-a"),
])
def test_what_to_run_again(names, limit):
    groups = {"aws_archive": ["log-archive"], "aws_members": ["team-a", "team-b"],
              "alibaba_archive": ["root"], "alibaba_members": ["shop"]}
    assert with_archives(names, groups) == limit.split(",")


def test_what_to_run_again_without_an_archive():
    assert with_archives(["team-b"], {"aws_members": ["team-b"]}) == ["team-b"]


class TestPartOfAnInventory:
    """As AWX gives it to a job slice: groups whose hosts are in another slice are empty."""

    SLICE = {f"{name}_{kind}_name": "verify" for name in ("awx", "tower") for kind in ("job_template", "workflow_job")}
    JOB = {"awx_job_template_name": "setup", "awx_workflow_job_name": "every night"}

    @pytest.mark.parametrize("groups, run, job, needs_all, sentence", [
        ({"aws_archive": ["a"], "aws_members": ["b"]}, "ab", JOB, True, None),
        ({"aws_archive": ["a"], "aws_members": ["b"]}, "ab", {}, True, None),
        ({"aws_members": ["b"]}, "b", {}, True, None),  # a bucket of somebody else
        ({"aws_archive": [], "aws_members": []}, "", {}, True, None),  # a cloud that is not used
        ({"aws_archive": ["a"], "aws_members": ["b"]}, "b", SLICE, False, None),
        ({"aws_archive": ["a"], "aws_members": ["b"]}, "ab", SLICE, False, "this is a job slice of the template verify, so this run"),
        ({"aws_archive": ["a"], "aws_members": ["b"]}, "b", SLICE, True, "this is a job slice of the template verify"),
        ({"aws_archive": [], "aws_members": ["b"]}, "b", {}, False, None),
        ({"aws_archive": [], "aws_members": ["b"]}, "b", {}, True, "the group aws_archive is empty, so this run sees only a part"),
        ({"aws_archive": ["a"], "aws_members": ["b"], "alibaba_archive": [], "alibaba_members": ["c"]}, "abc", {}, False,
         "the group alibaba_archive is empty, so this run sees only a part of the inventory, and it can't set up or remove the archive a"),
        ({"aws_archive": ["a"], "aws_members": ["b"], "alibaba_archive": [], "alibaba_members": ["c"]}, "bc", {}, False, None),
    ])
    def test_problem(self, groups, run, job, needs_all, sentence):
        found = part_problem(groups, set(run), job, needs_all)
        assert found is None if sentence is None else found.startswith(sentence)

    def test_members_on_aws(self):
        """They need no name of the deployment, as with the archive; but whether the bucket has a key must be known."""
        hostvars, groups = inventory()
        del hostvars["log-archive"]
        groups["aws_archive"] = []
        found = inventory_problems(hostvars, groups, "eu-west-1")
        assert len(found) == 1 and found[0].startswith("team-a, team-b: aws_trail_bucket_encryption is missing. The group"), found
        for host in hostvars.values():
            host["aws_trail_bucket_encryption"] = "AES256"
        assert inventory_problems(hostvars, groups, "eu-west-1") == []

    def test_members_on_alibaba_cloud(self):
        """They fail, and the other cloud is not their concern."""
        hostvars, groups = inventory()
        hostvars["shop"] = {"account_id": "2234567890123456"}
        groups.update(alibaba_archive=[], alibaba_members=["shop"])
        problems_found, accounts = read(hostvars, groups, {"aws": "eu-west-1", "alibaba": "cn-hangzhou"})
        assert problems_found == [] and "refused" not in accounts["team-a"]
        assert accounts["shop"]["refused"].startswith("the group alibaba_archive is empty, so this run does not know the archive account")
