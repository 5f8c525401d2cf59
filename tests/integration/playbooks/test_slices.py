# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory in slices: the commands of docs/scale.md as they stand there, and what --limit does to a deployment.

SLICES_ACCOUNTS makes the slices of the workers larger than those of the page, which have two members on AWS each.
"""
from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from helpers import ROOT, guides
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
import pytest
import yaml
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports

TEAMS = {**deployments.MEMBERS, "team-d": "555555555555"}
# Those of the workers' two slices.
SIZE = int(os.environ.get("SLICES_ACCOUNTS", "2"))
MANY = {**TEAMS, **{f"team-{number:04}": str(600_000_000_000 + number) for number in range(4, 2 * SIZE)}}
SHOPS = dict(list(alibaba_deployments.MEMBERS.items())[:2])
KMS = {"aws_trail_bucket_encryption": "aws:kms"}
UPDATED = ("-e", "audit_logs_updated=aws_members:alibaba_members")


def make_inventory(teams=None, **variables) -> dict:
    """An archive on each cloud, with four members on AWS, or others, and two on Alibaba Cloud."""
    aws = deployments.inventory_of(members=0, **variables)["all"]
    alibaba = alibaba_deployments.inventory_of(accounts=SHOPS)["all"]
    hosts = {name: {"account_id": number} for name, number in (teams or TEAMS).items()}
    aws["children"]["aws_members"] = {"hosts": hosts}
    return {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}


class Clouds:
    """A local cloud of each kind, and playbooks that run against both."""

    def __init__(self, aws, alibaba, folder):
        self.aws = aws
        self.alibaba = alibaba
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.playbooks = Playbooks(folder, {**aws.environment, **alibaba.environment}, clouds=[aws, alibaba])

    def run(self, playbook, *arguments, inventory):
        """What the summary says, by host, of a run that went well."""
        run = self.playbooks.run(playbook, *arguments, inventory=inventory)
        assert run.status == 0, run.output
        return run.lines

    def end_state(self, teams=None) -> dict:
        """What there is in every account, without what is another in every cloud."""
        archive = alibaba_deployments.Account(self.alibaba, alibaba_deployments.ARCHIVE)
        found = {"collected": archive.collected()}
        for account in (alibaba_deployments.ARCHIVE, *SHOPS.values()):
            found[account] = alibaba_deployments.Account(self.alibaba, account).holdings()
        for number in (deployments.ARCHIVE, *(teams or MANY).values()):
            account = deployments.Account(self.aws, number)
            found[number] = [account.holdings(), account.trails(), account.documents()]
        return found


@pytest.fixture(name="clouds")
def fixture_clouds(aws, alibaba, tmp_path):
    """Both clouds, with nothing in them."""
    return Clouds(aws, alibaba, tmp_path / "slices")


@pytest.fixture(name="script")
def fixture_script(clouds):
    """Runs a script of the page in a folder with all of them; the keys are in a file and not in the environment."""
    for block in guides.run_by(__file__, "docs/scale.md"):
        (clouds.folder / block.file).write_text(block.text, encoding="utf-8")
    environment = {**clouds.playbooks.environment, "collection": str(ROOT)}
    # The worker has what came with the run.
    for name in ("ANSIBLE_CONFIG", "ANSIBLE_COLLECTIONS_PATH"):
        environment.pop(name)
    credentials = clouds.folder / "credentials"
    keys = {name: environment.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    credentials.write_text("".join(["[default]\n", *(f"{name.lower()} = {key}\n" for name, key in keys.items())]))
    environment["AWS_SHARED_CREDENTIALS_FILE"] = str(credentials)

    def run(name, *arguments, environment=environment):
        done = subprocess.run(
            ["bash", name, *arguments], cwd=clouds.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )
        logs = "".join(path.read_text(encoding="utf-8") for path in sorted(clouds.folder.glob("out/*.log")))
        return done.returncode, done.stdout + logs

    run.environment = environment
    return run


def test_slices_on_workers(clouds, script):
    form = "source_accounts" if len(MANY) > 25 else "accounts"
    inventory = make_inventory(MANY, aws_trail_bucket_policy_form=form)
    clouds.run("setup", inventory=inventory)
    whole = clouds.end_state()
    clouds.aws.reset()
    clouds.alibaba.reset()

    (clouds.folder / "accounts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    for name in ("prepare.sh", "setup.sh"):
        status, output = script(name)
        assert status == 0, output
    assert clouds.end_state() == whole

    # A slice that fails differs from one that does not, and its account is in the report with the rest.
    stopped = list(MANY)[-1]
    deployments.Account(clouds.aws, MANY[stopped]).client("cloudtrail").stop_logging(Name=deployments.TRAIL)
    # A report of the last time, as the page says; a slice that could not read it would stop.
    previous = reports.as_json(reports.report(clouds.folder, []))
    (clouds.folder / "run/project/previous.json").write_text(previous, encoding="utf-8")
    status, output = script("verify.sh", *SOON, "-e", "audit_logs_previous_report=previous.json")
    assert status == 1
    rcs = {path.parts[-3]: path.read_text() for path in clouds.folder.glob("out/*/artifacts/rc")}
    assert rcs == {"archive": "0", "first": "0", "second": "2", "alibaba": "0"}, output
    report = json.loads((clouds.folder / "report" / "report.json").read_text(encoding="utf-8"))
    assert (clouds.folder / "report" / "report.html").exists()
    assert {one["name"] for one in report["accounts"]} == {"log-archive", "root", *MANY, *SHOPS}
    assert [one["name"] for one in report["accounts"] if one["state"] == "failed"] == [stopped]
    assert report["summary"]["accounts"] == len(MANY) + len(SHOPS) + 2
    probes = {one["name"]: one["probe"]["state"] for one in report["accounts"] if one["name"] in {**MANY, **SHOPS}}
    assert probes == dict.fromkeys({**MANY, **SHOPS}, "arrived") | {stopped: "missing"}

    # A slice that is killed: its accounts are in no report.
    killed = dict(script.environment, worker="timeout -s KILL 4 ansible-runner worker")
    status, output = script("slice.sh", "second", "verify", "aws_archive,~aws_slice_[13579]", environment=killed)
    assert status != 0, output
    status, output = script("merge.sh")
    report = json.loads((clouds.folder / "report" / "report.json").read_text(encoding="utf-8"))
    missing = {one["name"] for one in report["accounts"] if (one["reason"] or "").startswith("no report has a result of this account")}
    assert status != 0 and missing == {name for name, number in MANY.items() if int(number) % 2}, output

    # What comes back from a worker, and what was sent to it, has no key in it.
    secrets = [*clouds.aws.issued_secrets, clouds.playbooks.environment["AWS_SECRET_ACCESS_KEY"]]
    files = [path for folder in ("run", "out", "report") for path in (clouds.folder / folder).rglob("*")]
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file())
    assert len(secrets) > len(MANY) and not [secret for secret in secrets if secret in text]


@pytest.mark.sample(1)
@pytest.mark.parametrize("order", ["at once", "in sequence", "in reverse"])
@pytest.mark.parametrize("count", [5, 1])
def test_any_number_of_slices(clouds, script, count, order):
    """The end is that of one run, byte for byte, and the merged report has all accounts."""
    teams = {**TEAMS, "team-e": "666666666661"}  # with five slices, one in each
    inventory = make_inventory(teams)
    clouds.run("setup", inventory=inventory)
    whole = clouds.end_state(teams)
    clouds.aws.reset()
    clouds.alibaba.reset()
    (clouds.folder / "accounts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    status, output = script("prepare.sh")
    assert status == 0, output
    digits = ["".join(str(digit) for digit in range(10) if digit % count == number) for number in range(count)]
    slices = {f"slice-{number}": f"~aws_slice_[{found}]" for number, found in enumerate(digits)}
    alibaba = {"alibaba": "alibaba_archive,alibaba_members"}

    def run(playbook, limits, *arguments):
        names = list(reversed(limits)) if order == "in reverse" else list(limits)
        with ThreadPoolExecutor(len(names) if order == "at once" else 1) as pool:
            ended = pool.map(lambda name: script("slice.sh", name, playbook, limits[name], *arguments), names)
            assert not [output for status, output in ended if status]

    run("setup", {"archive": "aws_archive"})
    run("setup", slices | alibaba)
    assert clouds.end_state(teams) == whole
    run("verify", {name: f"aws_archive,{limit}" for name, limit in slices.items()} | alibaba, *SOON)
    status, output = script("merge.sh")
    report = json.loads((clouds.folder / "report" / "report.json").read_text(encoding="utf-8"))
    assert status == 0, output
    # Verify warns of archives without a KMS key, and with a short retention.
    expected = dict.fromkeys(["log-archive", "root"], "warning") | dict.fromkeys([*teams, *SHOPS], "ok")
    assert {one["name"]: one["state"] for one in report["accounts"]} == expected


def test_a_key_that_the_archive_makes(clouds):
    """Slices of members get its ARN from the inventory; the archive goes on to let new members use it."""
    inventory = make_inventory(**KMS)
    groups = inventory["all"]["children"]
    later = groups["aws_members"]["hosts"].pop("team-d")
    clouds.run("setup", "--limit", "aws_archive", inventory=inventory)
    refused = clouds.playbooks.run("setup", "--limit", "team-a", inventory=inventory)
    assert "the bucket has a KMS key, but this run does not know the ARN of the key" in refused.lines["team-a"]

    kms = deployments.Account(clouds.aws, deployments.ARCHIVE).client("kms")
    arn = kms.describe_key(KeyId=f"alias/{deployments.BUCKET}")["KeyMetadata"]["Arn"]
    groups["aws_members"]["vars"] = {"aws_trail_kms_key_id": arn}
    clouds.run("setup", "--limit", "aws_members[0:1]", inventory=inventory)
    clouds.run("setup", "--limit", "aws_members[2:2]", inventory=inventory)

    groups["aws_members"]["hosts"]["team-d"] = later
    assert "policy" in clouds.run("setup", "--limit", "aws_archive", inventory=inventory)["log-archive"]
    clouds.run("setup", "--limit", "team-d", inventory=inventory)
    teams = clouds.run("setup", "--check", "--limit", "aws_archive,aws_members", inventory=inventory)
    assert teams == dict.fromkeys(["log-archive", *TEAMS], "ok: nothing to do")
    trails = [deployments.Account(clouds.aws, number).trails()[deployments.TRAIL] for number in TEAMS.values()]
    assert {trail["KmsKeyId"] for trail in trails} == {arn}


def test_the_archive_after_its_slices(clouds):
    """Trails move, in slices; then a run for the archive alone restricts the policy, and later deletes the bucket."""
    inventory = make_inventory()
    for group in ("alibaba_archive", "alibaba_members"):
        del inventory["all"]["children"][group]
    slices = ["aws_members[0:1]", "aws_members[2:3]"]
    archive = deployments.Account(clouds.aws, deployments.ARCHIVE)
    clouds.run("setup", inventory=inventory)
    inventory["all"]["vars"]["aws_trail_s3_key_prefix"] = "new"
    clouds.run("setup", "--limit", "aws_archive", inventory=inventory)
    for limit in slices:
        clouds.run("setup", "--limit", limit, inventory=inventory)

    def old():
        """Accounts whose trails may still deliver to where they did before."""
        policy = json.dumps(archive.bucket_policy())
        return [name for name, number in TEAMS.items() if f"{deployments.BUCKET}/{number}/" in policy]

    assert old() == list(TEAMS)
    clouds.run("setup", "--limit", "aws_archive,team-a", "-e", "audit_logs_updated=team-b", inventory=inventory)
    assert old() == ["team-c", "team-d"]
    clouds.run("setup", "--limit", "aws_archive", *UPDATED, inventory=inventory)
    assert old() == []

    # A slice that verifies looks at the log files of its own members.
    clouds.aws.calls.clear()
    clouds.run("verify", "--limit", "aws_archive,team-b", *SOON, inventory=inventory)
    digests = " ".join(call.subject for call in clouds.aws.calls if "CloudTrail-Digest" in call.subject)
    assert [name for name, number in TEAMS.items() if number in digests] == ["team-b"]

    for limit in slices:
        clouds.run("destroy", "--limit", limit, inventory=inventory)
    everything = ("destroy", "--limit", "aws_archive", "-e", "audit_logs_delete_logs=true")
    clouds.run(*everything, inventory=inventory)
    assert archive.buckets() == [deployments.BUCKET]
    clouds.run(*everything, *UPDATED, inventory=inventory)
    assert archive.buckets() == []


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", ["log_audit", "actiontrail"])
def test_slices_on_alibaba_cloud(clouds, mode):
    """Members in slices after the archive, and then the archive alone."""
    inventory = alibaba_deployments.inventory_of(mode, members=3)
    limits = ["alibaba_archive", "alibaba_members[0:1]", "alibaba_members[2:2]"]
    for limit in limits:
        clouds.run("setup", "--limit", limit, inventory=inventory)
    archive = alibaba_deployments.Account(clouds.alibaba, alibaba_deployments.ARCHIVE)
    if mode == "log_audit":
        assert archive.collected() == set()
        clouds.run("setup", "--limit", "root", *UPDATED, inventory=inventory)
        assert archive.collected() == set(alibaba_deployments.MEMBERS.values())
    plan = clouds.run("setup", "--check", inventory=inventory)
    assert plan == dict.fromkeys(["root", *alibaba_deployments.MEMBERS], "ok: nothing to do")

    if mode == "log_audit":  # before its members
        clouds.run("destroy", "--limit", "root", *UPDATED, inventory=inventory)
        assert archive.collected() == set()
    for limit in limits[1:]:
        clouds.run("destroy", "--limit", limit, inventory=inventory)
    clouds.run("destroy", "--limit", "root", *UPDATED, "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert archive.holdings() == {}


def test_a_slice_without_the_archive_in_its_inventory(clouds):
    """As AWX makes job slices: good for members on AWS; on Alibaba Cloud it is refused before anything is changed."""
    inventory, whole = make_inventory(), make_inventory()
    for one in (inventory, whole):
        one["all"]["vars"]["audit_logs_deployment"] = "prod"  # an inventory without the archive needs it
    clouds.run("setup", "--limit", "aws_archive", inventory=inventory)
    for group in ("aws_archive", "alibaba_archive"):
        del inventory["all"]["children"][group]
    alibaba = inventory["all"]["children"].pop("alibaba_members")
    members = inventory["all"]["children"]["aws_members"]["hosts"]
    for names in (["team-a", "team-c"], ["team-b", "team-d"]):
        inventory["all"]["children"]["aws_members"]["hosts"] = {name: members[name] for name in names}
        clouds.run("setup", inventory=inventory)
    teams = clouds.run("setup", "--check", "--limit", "aws_archive,aws_members", inventory=whole)
    assert teams == dict.fromkeys(["log-archive", *TEAMS], "ok: nothing to do")

    inventory["all"]["children"] = {"alibaba_members": alibaba}
    alibaba_deployments.forget(clouds.alibaba)
    refused = clouds.playbooks.run("setup", inventory=inventory)
    assert refused.status != 0 and "the group alibaba_archive is missing" in refused.output
    assert not clouds.alibaba.calls
