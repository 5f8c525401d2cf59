# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one clear sentence each, before any call to a cloud."""
from __future__ import annotations

import re

import pytest
import yaml
from helpers import ROOT, preflight
from helpers.aws.deployments import inventory_of
from helpers.playbooks import CONNECTION, Playbooks

KEY = "T9bXo2mC4vQ8rL1sW6yE3uK7jH5gF0dZpNaBtMxV"


def without(inventory, group):
    del inventory["all"]["children"][group]
    return inventory


def without_bucket(inventory):
    del inventory["all"]["vars"]["aws_trail_bucket_name"]
    return inventory


def renamed(inventory, name):
    """The member under another name."""
    hosts = inventory["all"]["children"]["aws_members"]["hosts"]
    hosts[name] = hosts.pop("team-a")
    return inventory


CASES = {
    "unknown region": (
        inventory_of(audit_logs_aws_region="eu-wset-1"),
        r"log-archive, team-a: audit_logs_aws_region: region 'eu-wset-1' is not known to botocore [\d.]+: correct the name, or update",
    ),
    "id of 11 digits": (
        inventory_of(hosts={"team-a": {"account_id": "22222222222"}}),
        r"team-a: account id '22222222222' is not a string of 12 digits: write it in quotes, with its leading zeros",
    ),
    "id that is a number without its leading zero": (
        inventory_of(hosts={"team-a": {"account_id": 22222222222}}),
        r"team-a: account id 22222222222 is not a string of 12 digits: write it in quotes, with its leading zeros",
    ),
    "retention 100": (
        inventory_of(aws_trail_cloudwatch_retention_days=100),
        r"log-archive, team-a: aws_trail_cloudwatch_retention_days: retention of 100 days: CloudWatch Logs takes one of 1, 3, 5,",
    ),
    "prefix with a leading slash": (
        inventory_of(aws_trail_s3_key_prefix="/logs"),
        r"log-archive, team-a: aws_trail_s3_key_prefix: key prefix '/logs': write it without a slash at its ends, as 'logs'",
    ),
    "selector with an unknown field": (
        inventory_of(aws_trail_event_selectors=[{"read_only": True}]),
        r"team-a: aws_trail_event_selectors: there is no option aws_trail_event_selectors\.read_only\. Supported parameters include: ",
    ),
    "advanced selector with an unknown field": (
        inventory_of(aws_trail_advanced_event_selectors=[
            {"field_selectors": [{"field": "userName", "equals": ["x"]}]}]),
        r"log-archive, team-a: aws_trail_advanced_event_selectors: value of field must be one of: errorCode, .*, got: userName",
    ),
    "insight that there is not": (
        inventory_of(aws_trail_insight_types=["Nope"]),
        r"log-archive, team-a: aws_trail_insight_types: value of aws_trail_insight_types must be one or more of: .*: Nope",
    ),
    "encryption that there is not": (
        inventory_of(aws_trail_bucket_encryption="KMS"),
        r"aws_trail_bucket_encryption: 'KMS' is not one of AES256, aws:kms",
    ),
    "option that there is not": (
        inventory_of(aws_trail_cloudwatch_retention=7),
        r"there is no option aws_trail_cloudwatch_retention; did you mean aws_trail_cloudwatch_retention_days\?",
    ),
    "option of a role that the playbooks give": (
        inventory_of(aws_trail_region="eu-west-1"),
        r"log-archive, team-a: aws_trail_region cannot be set in an inventory: use audit_logs_aws_region",
    ),
    "template of nothing": (
        inventory_of(aws_trail_name="{{ nope }}"),
        r"log-archive, team-a: aws_trail_name: 'nope' is undefined",
    ),
    "template of nothing in a list": (
        inventory_of(hosts={"team-a": {"aws_trail_insight_types": ["{{ nope }}"]}}),
        r"team-a: aws_trail_insight_types: 'nope' is undefined",
    ),
    "template of nothing for the session": (
        inventory_of(hosts={"team-a": {"audit_logs_aws_external_id": "{{ nope }}"}}),
        r"team-a: audit_logs_aws_external_id: 'nope' is undefined",
    ),
    "template that fails": (
        inventory_of(hosts={"team-a": {"account_id": "{{ 1 / 0 }}"}}),
        r"team-a: account_id: Error rendering template: division by zero",
    ),
    "tag that YAML took for a number": (
        inventory_of(aws_trail_cloudwatch_tags={"cc": 4711}),
        r"log-archive, team-a: aws_trail_cloudwatch_tags: the value of 'cc' is not text: write it in quotes",
    ),
    "policy that is not JSON": (
        inventory_of(aws_trail_bucket_policy="{'Statement': []}"),
        r"log-archive, team-a: aws_trail_bucket_policy: the policy is not JSON: Expecting property name",
    ),
    "two hosts with one id": (
        inventory_of(members=2, hosts={"team-b": {"account_id": "222222222222"}}),
        r"the hosts team-a and team-b have the same account id '222222222222'. Use one host per account",
    ),
    "name with a space": (
        renamed(inventory_of(), "Team A"),
        r"'Team A' cannot be the name of a host, because --limit and plays would read it as a pattern\. Use only letters",
    ),
    "name of everybody": (
        renamed(inventory_of(), "all"),
        r"'all' cannot be the name of a host, because --limit and plays would read it as a group\. Use only letters",
    ),
    "missing archive": (
        without_bucket(without(inventory_of(), "aws_archive")),
        r"the group aws_archive and the variable aws_trail_bucket_name are missing\. Put the archive account into",
    ),
    "no accounts at all": (
        without(without(inventory_of(), "aws_archive"), "aws_members"),
        r"the inventory has no accounts: put hosts into the groups aws_archive and aws_members",
    ),
    "no name for the bucket": (
        without_bucket(inventory_of()),
        r"log-archive: aws_trail_bucket_name is missing: give all hosts the name of the bucket in the archive account",
    ),
    "a key in the inventory": (
        inventory_of(hosts={"team-a": {"audit_logs_aws_secret_access_key": KEY}}),
        r"team-a: audit_logs_aws_secret_access_key looks like a secret. Remove it from the inventory, and give a role to assume",
    ),
    "more accounts than fit into the policy": (
        {
            "all": {
                "vars": inventory_of()["all"]["vars"],
                "children": {
                    "aws_archive": inventory_of()["all"]["children"]["aws_archive"],
                    "aws_members": {
                        "hosts": {f"member-{number}": {"account_id": str(200000000000 + number)} for number in range(60)}
                    },
                },
            }
        },
        r"log-archive: the policy of bucket example-audit-logs for 60 trails has \d+ bytes, but AWS allows 20480: the form 'accounts' has"
        r" room for about 29 trails in the policy of a bucket, so choose the policy form 'source_arns'",
    ),
}


# Cases whose sentences one inventory gets all together.
TOGETHER = (
    "unknown region", "id that is a number without its leading zero", "retention 100", "prefix with a leading slash",
    "selector with an unknown field", "advanced selector with an unknown field", "insight that there is not",
    "encryption that there is not", "option that there is not", "option of a role that the playbooks give",
    "template of nothing", "template of nothing for the session", "tag that YAML took for a number",
    "policy that is not JSON", "a key in the inventory",
)


@pytest.fixture(scope="module", name="messages", params=["setup"])
def fixture_messages(request, aws_server, tmp_path_factory):
    """The messages with which a playbook rejects the cases, by case."""
    aws_server.reset()
    aws_server.calls.clear()
    playbooks = Playbooks(tmp_path_factory.mktemp("cases"), aws_server.environment, clouds=[aws_server])
    inventories = {case: inventory for case, (inventory, _said) in CASES.items()}
    found = preflight.messages(playbooks, request.param, inventories)
    assert not list(aws_server.calls)
    return found


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_before_anything(messages, case):
    message = messages[case]
    assert re.search(CASES[case][1], preflight.one_line(message)), message
    assert "Traceback" not in message
    assert KEY not in message


def test_every_sentence_before_anything(aws, playbooks):
    """The playbook prints what was evaluated above, ends, has called no cloud, and has loaded no SDK to do so."""
    inventory = preflight.together(inventory_of(), [CASES[case][0] for case in TOGETHER])
    playbooks.is_warm = False
    run = playbooks.run("setup", inventory=inventory, **preflight.LIST_IMPORTS)
    assert run.status != 0
    said = preflight.one_line(run.output)
    assert [case for case in TOGETHER if not re.search(CASES[case][1], said)] == [], run.output
    assert "Traceback" not in run.output
    assert KEY not in run.output
    assert not list(aws.calls)
    assert preflight.plays_that_load(run.output) == []


def test_variables_of_an_importing_playbook(aws, playbooks):
    """The archive could not read them, so that its policy would not match the trails. New ones, and values that the inventory has too."""
    path = playbooks.folder / "site.yml"
    variables = {"aws_trail_name": "other", "aws_trail_bucket_name": "other-bucket", "of_the_estate": "of no concern"}
    path.write_text(yaml.safe_dump([{"import_playbook": str(ROOT / "playbooks/setup.yml"), "vars": variables}]))
    run = playbooks.run(path, inventory=inventory_of())
    assert run.status != 0
    for name in ("aws_trail_name", "aws_trail_bucket_name"):
        assert f"{name} is set in a playbook that imports this one, where other hosts cannot read the variable" in run.output
    assert "of_the_estate" not in run.output
    assert not list(aws.calls)
    path.write_text(yaml.safe_dump([{"import_playbook": str(ROOT / "playbooks/setup.yml")}]))
    run = playbooks.run(path, "--check", "-e", "aws_trail_name=other", inventory=inventory_of())
    assert run.lines["team-a"] == "to do: trail other: create"


@pytest.mark.parametrize("task", ["Compare the account with the options of the role", "Open a session in the account"])
def test_start_at_a_task_after_preflight(aws, playbooks, task):
    """The base credentials belong to another account: no step may use them."""
    run = playbooks.run("setup", "--start-at-task", task, inventory=inventory_of())
    assert run.status != 0 and "Traceback" not in run.output
    print(run.output)
    for host in ("log-archive", "team-a"):
        assert "Start setup.yml, verify.yml or destroy.yml at its first task" in run.lines[host]
    assert not list(aws.calls)


def test_options_of_sessions_are_not_shown(playbooks):
    """They may come from a vault."""
    secret = "mQ3vX8kT2bN7wR5yL9pD4hF6jZ1cS0gA"
    run = playbooks.run("setup", "--check", "-vvv", inventory=inventory_of(audit_logs_aws_external_id=secret))
    assert run.status == 0 and run.lines["team-a"].startswith("to do")
    assert secret not in run.output


def test_templates_that_resolve_later_or_to_nothing(aws, playbooks):
    """Of omit, and of hostvars, which the variables of other hosts have no access to."""
    inventory = inventory_of(
        hosts={
            "team-a": {
                "aws_trail_event_selectors": "{{ omit }}",
                "aws_trail_tags": {"archive": "{{ hostvars['log-archive'].account_id }}"},
            }
        }
    )
    playbooks.is_warm = False
    run = playbooks.run("setup", inventory=inventory, **preflight.LIST_IMPORTS)
    assert run.status == 0, run.output
    assert run.lines["team-a"].startswith("changed")
    # An inventory that is not rejected: what all accounts need is loaded, once, and before the first account.
    assert preflight.plays_that_load(run.output) == ([] if CONNECTION == "local" else ["Inventory"])


def test_alone(playbooks):
    """Without the playbooks that end with a summary, preflight itself fails for credentials that are wrong."""
    run = playbooks.run("parts/preflight", inventory=inventory_of(2, {"team-a": {"audit_logs_aws_role": "NoSuchRole"}}))
    assert run.status != 0 and {host: found["failed"] for host, found in run.recap.items()} == {
        "localhost": 0, "log-archive": 0, "team-a": 1, "team-b": 0}, run.output
    assert "credentials: Failed to assume the role arn:aws:iam::222222222222:role/NoSuchRole" in preflight.one_line(run.output)
    assert playbooks.run("parts/preflight", inventory=inventory_of(2)).status == 0
