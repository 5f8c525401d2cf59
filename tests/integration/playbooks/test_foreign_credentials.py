# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No call is made for an account with the credentials of another one; in a company's estate, whatever is wrong or left out.

Each account has an address of its own in the local clouds (helpers.doors), so it is known which account a call is for. That the
right credentials are used there shows test_hostile_estate.py.
"""
from __future__ import annotations

import json
import random
import re

import pytest
import yaml
from helpers import ROOT
from helpers.alibaba.deployments import MEMBERS as ALIBABA_MEMBERS
from helpers.aws.deployments import MEMBERS
from helpers.doors import Doors
from helpers.estates import ACCOUNTS, AWS_ACCOUNTS, INVENTORIES, Estate
from helpers.roles import ALIBABA, ALIBABA_VARIABLES, AWS, AWS_VARIABLES

PLAYBOOKS = ["setup", "verify", "destroy"]
PARTS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "playbooks/parts").rglob("*.yml"))
NOT_BEGUN = "Start setup.yml, verify.yml or destroy.yml at its first task"
NOT_ALONE = "This file is a part of setup.yml, verify.yml and destroy.yml and cannot run alone. Start one of these playbooks."
# Members of the organization that the inventory does not name.
WRONG, ALIBABA_WRONG = MEMBERS["team-b"], ALIBABA_MEMBERS["bank"]


@pytest.fixture(name="doors")
def fixture_doors(aws, alibaba):
    with Doors(aws, alibaba) as doors:
        yield doors


@pytest.fixture(name="estate")
def fixture_estate(aws, alibaba, doors, tmp_path):
    return Estate(tmp_path, [aws, alibaba], doors.environment)


def run(estate, doors, path, *arguments, variables=None, **environment):
    """Run a playbook in the estate; no call may be made with the credentials of another account."""
    inventories = "-i", INVENTORIES["yaml"], "-i", doors.inventory(estate.folder, **variables or {})
    done = estate.run(path, *inventories, *arguments, **environment)
    assert doors.foreign() == []
    return done


def assert_refused(done, doors, *hosts):
    """Without a change, a status of success, or an error that nobody foresaw."""
    assert doors.changes() == [] and done.status != 0
    assert "Traceback" not in done.output and "Unexpected" not in done.output
    for host in hosts:
        assert done.lines[host].startswith("FAILED: "), done.output


def wrong_keys(aws, alibaba):
    """Environment variables with a session in another account of each cloud."""
    keys = aws.session(WRONG).get_credentials()
    credential = alibaba.credential(ALIBABA_WRONG)
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key, "AWS_SESSION_TOKEN": keys.token,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credential.token,
    }


def use_profiles(estate, aws, alibaba, name):
    """From here on, credentials of another account come from a profile on each cloud."""
    keys = wrong_keys(aws, alibaba)
    for key in keys:
        estate.environment.pop(key, None)
    (estate.folder / "credentials").write_text(
        f"[{name}]\n" + "".join(f"{key.lower()} = {value}\n" for key, value in keys.items() if key.startswith("AWS_")))
    profile = {
        "name": name, "mode": "StsToken", "access_key_id": keys["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        "access_key_secret": keys["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], "sts_token": keys["ALIBABA_CLOUD_SECURITY_TOKEN"],
        "region_id": "cn-hangzhou",
    }
    (estate.folder / ".aliyun").mkdir()
    (estate.folder / ".aliyun/config.json").write_text(json.dumps({"current": "", "profiles": [profile]}))
    estate.environment.update({
        "AWS_SHARED_CREDENTIALS_FILE": str(estate.folder / "credentials"), "AWS_CONFIG_FILE": "/dev/null",
        "HOME": str(estate.folder),
    })


@pytest.mark.sample(2)
@pytest.mark.parametrize("playbook", PLAYBOOKS)
@pytest.mark.parametrize("roles", ["assumed", "none"])
@pytest.mark.parametrize("source", ["keys", "profile of the environment", "profile of the inventory"])
def test_credentials_of_another_account(aws, alibaba, estate, doors, playbook, roles, source):
    variables = {} if roles == "assumed" else {"audit_logs_aws_role": "", "audit_logs_alibaba_role": ""}
    if source == "keys":
        estate.environment.update(wrong_keys(aws, alibaba))
    else:
        use_profiles(estate, aws, alibaba, "wrong")
        if source == "profile of the environment":
            estate.environment.update({"AWS_PROFILE": "wrong", "ALICLOUD_PROFILE": "wrong"})
        else:
            variables |= {"audit_logs_aws_profile": "wrong", "audit_logs_alibaba_profile": "wrong"}
    done = run(estate, doors, ROOT / f"playbooks/{playbook}.yml", variables=variables)
    assert_refused(done, doors, *ACCOUNTS)


def module_defaults():
    """Roles, and groups whose module_defaults have the credentials of another account."""
    ours = "group/crossaccount.audit_logs.aws"
    for role in AWS:
        for groups in (["group/amazon.aws.aws"], [ours], [ours, "group/amazon.aws.aws"], ["group/community.aws.aws"]):
            yield role, groups
    for role in ALIBABA:
        yield role, ["group/crossaccount.audit_logs.alibaba"]


@pytest.mark.sample(3)
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("role, groups", list(module_defaults()))
def test_module_defaults_for_another_account(aws, alibaba, estate, doors, role, groups, state):
    """A play of the company uses a role, with the right credentials in the environment."""
    wrong, right = wrong_keys(aws, alibaba), aws.session(AWS_ACCOUNTS["team-a"]).get_credentials()
    if role in AWS:
        host, variables = "team-a", AWS_VARIABLES
        options = {"access_key": wrong["AWS_ACCESS_KEY_ID"], "secret_key": wrong["AWS_SECRET_ACCESS_KEY"],
                   "session_token": wrong["AWS_SESSION_TOKEN"]}
    else:
        host, variables = "shop", ALIBABA_VARIABLES
        options = {"access_key_id": wrong["ALIBABA_CLOUD_ACCESS_KEY_ID"], "security_token": wrong["ALIBABA_CLOUD_SECURITY_TOKEN"],
                   "access_key_secret": wrong["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], "protocol": "http",
                   "http_proxy": doors.options(host)["audit_logs_alibaba_http_proxy"]}
    play = {
        "hosts": host, "gather_facts": False, "strategy": "linear", "become": False, "vars_files": [str(ROOT / "playbooks/parts/settings.yml")],
        "module_defaults": {group: options for group in groups}, "vars": {**variables, f"{role}_state": state},
        "roles": [f"crossaccount.audit_logs.{role}"],
    }
    (estate.folder / "role.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = run(estate, doors, estate.folder / "role.yml", AWS_ACCESS_KEY_ID=right.access_key, AWS_SECRET_ACCESS_KEY=right.secret_key,
               AWS_SESSION_TOKEN=right.token)
    assert_refused(done, doors)
    assert "but the inventory says" in done.output or "module_defaults: " in done.output, done.output


def tasks_of(estate, path):
    listed = estate.run(path, "-i", INVENTORIES["yaml"], "--list-tasks")
    return list(dict.fromkeys(re.findall(r"^ {6}(\S.*?)\tTAGS", listed.output, re.M)))


@pytest.mark.sample(1)
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_start_at_a_task(request, seed, estate, doors, playbook):
    """No session was opened, so nothing can be done; and nothing is reported as done."""
    path = ROOT / f"playbooks/{playbook}.yml"
    first, *tasks, last = tasks_of(estate, path)
    assert first == "Compute the deployment from the inventory" and last == "Fail for the accounts that failed" and len(tasks) > 15
    for task in tasks if request.config.option.full else random.Random(seed).sample(tasks, 3):
        done = run(estate, doors, path, "--start-at-task", task)
        if f'matching task "{task}" found' in done.output:  # its play has no hosts in this mode
            assert not done.lines and ("organization" in path.read_text(encoding="utf-8") or "whose credentials failed" in task)
            continue
        assert_refused(done, doors)
        assert NOT_BEGUN in done.output and not [line for line in done.lines.values() if not line.startswith("FAILED")], (task, done.output)
    assert not sum(doors.calls.values(), [])


@pytest.mark.sample(3)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_started_alone(estate, doors, part):
    done = run(estate, doors, ROOT / part)
    if part == "playbooks/parts/preflight.yml":
        assert done.status == 0 and doors.changes() == []
        return
    assert_refused(done, doors)
    assert not sum(doors.calls.values(), [])
    content = yaml.safe_load((ROOT / part).read_text(encoding="utf-8"))
    is_playbook = isinstance(content, list) and "hosts" in content[0]
    assert (NOT_ALONE in done.output or NOT_BEGUN in done.output) if is_playbook else "laybook" in done.output, done.output
