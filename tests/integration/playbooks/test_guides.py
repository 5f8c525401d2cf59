# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides, as a reader follows them: their inventories and commands, unchanged, on the local clouds."""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import pytest
import yaml
from helpers import ROOT, guides
from helpers.alibaba import deployments as on_alibaba
from helpers.aws import deployments as on_aws
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

[INVENTORY] = (block for block in guides.run_by(__file__, "README.md") if block.file)
[FIRST_RUNS] = (block for block in guides.run_by(__file__, "README.md") if not block.file)
# What a reader on the open internet does not need.
TO_THE_LOCAL_CLOUD = {
    "audit_logs_alibaba_protocol": "http", "audit_logs_alibaba_http_proxy": "{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}"}


@pytest.fixture(name="reader")
def fixture_reader(aws, alibaba, tmp_path):
    """Both clouds, and a folder with the inventory of the README."""
    (tmp_path / INVENTORY.file).write_text(INVENTORY.text, encoding="utf-8")
    return Reader(aws, alibaba, tmp_path)


class Reader:
    """Somebody who follows a page."""

    def __init__(self, aws, alibaba, folder):
        self.aws, self.folder = aws, folder
        self.playbooks = Playbooks(
            folder, {**aws.environment, **alibaba.environment}, ("-e", json.dumps(TO_THE_LOCAL_CLOUD), *SOON), clouds=[aws, alibaba])
        self.playbooks.accounts = INVENTORY.data
        self.accounts = {
            **{name: on_aws.Account(aws, number) for name, number in {"log-archive": on_aws.ARCHIVE, **on_aws.MEMBERS}.items()},
            **{name: on_alibaba.Account(alibaba, number) for name, number in {"root": on_alibaba.ARCHIVE, **on_alibaba.MEMBERS}.items()},
        }

    def run(self, block, number=0, *arguments):
        """Run a command of a block; its run."""
        playbook, words = block.playbooks[number]
        return self.playbooks.run(playbook, "-i", str(self.folder / INVENTORY.file), *words, *arguments)

    def holdings(self):
        return {name: found for name, account in self.accounts.items() if (found := account.holdings())}


def test_the_first_runs(reader):
    """Plan, setup, verify, destroy."""
    plan = reader.run(FIRST_RUNS, 0)
    assert plan.status == 0 and set(plan.lines) == {"log-archive", "team-a", "team-b", "root", "shop", "blog"}, plan.output
    assert {line.partition(":")[0] for line in plan.lines.values()} == {"to do"} and reader.holdings() == {}
    assert reader.run(FIRST_RUNS, 1).status == 0
    assert set(reader.holdings()) == set(plan.lines)
    verified = reader.run(FIRST_RUNS, 2)
    assert verified.status == 0 and set(verified.lines) == set(plan.lines), verified.output
    assert reader.run(FIRST_RUNS, 3).status == 0
    assert {name for name, found in reader.holdings().items() if found.keys() & {"trails", "roles"}} == set(), reader.holdings()


RENAMED, LEFTOVERS, WITH_LOGS = guides.run_by(__file__, "docs/operations.md")
ACCEPTED, MERGED = guides.run_by(__file__, "docs/report.md")


@pytest.mark.sample(1)
@pytest.mark.parametrize("part", ["another_name", "the_end", "reports"])
def test_operations(reader, part):
    """docs/operations.md and docs/report.md, with the inventory of the README."""
    assert reader.run(FIRST_RUNS, 1).status == 0
    getattr(Parts, part)(reader)


class Parts:
    """What a page says of a deployment that is set up."""

    @staticmethod
    def another_name(reader):
        """Then the earlier bucket is a leftover; the plan of its deletion changes nothing."""
        text = INVENTORY.text.replace("aws_trail_bucket_name: example-audit-logs", "aws_trail_bucket_name: example-other-logs")
        (reader.folder / INVENTORY.file).write_text(text, encoding="utf-8")
        reader.playbooks.accounts = yaml.safe_load(text)
        run = reader.run(RENAMED)
        assert run.status == 0 and reader.accounts["log-archive"].buckets() == ["example-audit-logs", "example-other-logs"], run.output
        before = reader.holdings()
        plan = reader.run(LEFTOVERS, 0, "--limit", "aws_archive,aws_members")
        assert "bucket example-audit-logs" in plan.output and reader.holdings() == before, plan.output

    @staticmethod
    def the_end(reader):
        """The plan of a deletion with the logs."""
        before = reader.holdings()
        plan = reader.run(WITH_LOGS)
        assert plan.status == 0 and reader.holdings() == before, plan.output
        assert "bucket example-audit-logs: delete" in plan.lines["log-archive"], plan.lines

    @staticmethod
    def reports(reader):
        """Verify some accounts anew, and merge the reports of parts."""
        assert reader.run(ACCEPTED).status == 0
        parts = ["log-archive,team-a", "log-archive,team-b", "alibaba_archive,alibaba_members"]
        for number, part in enumerate(parts, 1):
            run = reader.run(FIRST_RUNS, 2, "--limit", part, "-e", f"audit_logs_report_directory=reports/{number}")
            assert run.status == 0, run.output
        run = reader.run(MERGED)
        assert run.status == 0, run.output
        merged = json.loads((reader.folder / "reports/all/report.json").read_text(encoding="utf-8"))
        assert {one["name"] for one in merged["accounts"]} == {"log-archive", "team-a", "team-b", "root", "shop", "blog"}


@pytest.mark.parametrize("page, cloud, archive, members", [
    (0, "aws", "log-archive", {"log-archive", "master", "team-a"}),
    (1, "alibaba", "log-archive", {"log-archive", "shop", "management-1000000000000001"}),
])
def test_accounts_of_an_organization(request, tmp_path, page, cloud, archive, members):
    """docs/inventory.md: the inventory plugins."""
    block = guides.run_by(__file__, "docs/inventory.md")[page]
    local = request.getfixturevalue(cloud)
    if cloud == "aws":
        for number, name in {on_aws.ARCHIVE: archive, on_aws.MEMBERS["team-a"]: "team-a", on_aws.MEMBERS["team-b"]: "trial"}.items():
            local.add_account(number, name)
        client = local.session().client("organizations")
        root = client.list_roots()["Roots"][0]["Id"]
        unit = client.create_organizational_unit(ParentId=root, Name="Sandbox")["OrganizationalUnit"]["Id"]
        client.move_account(AccountId=on_aws.MEMBERS["team-b"], SourceParentId=root, DestinationParentId=unit)
    else:
        for number, name in {on_alibaba.ARCHIVE: archive, on_alibaba.MEMBERS["shop"]: "shop"}.items():
            local.add_account(number, name=name)
    # The local Alibaba Cloud has no certificates, and is its clients' proxy.
    more = "protocol: http\nhttp_proxy: \"{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}\"\n" if cloud == "alibaba" else ""
    (tmp_path / block.file).write_text(block.text + more, encoding="utf-8")
    environment = Playbooks(tmp_path, local.environment, other_permissions="only the plugin runs").environment
    done = subprocess.run(["ansible-inventory", "-i", block.file, "--list"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found[f"{cloud}_archive"]["hosts"] == [archive], found
    assert set(found[f"{cloud}_members"]["hosts"]) == members, found


def test_a_policy_of_our_own(aws, tmp_path):
    """docs/permissions.md: with the AWS CLI."""
    [block] = guides.run_by(__file__, "docs/permissions.md")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    environment = Playbooks(tmp_path, aws.environment, other_permissions="no playbook runs").environment
    subprocess.run(["sh", "-ec", block.text], cwd=tmp_path, env=environment, check=True)
    created = aws.session().client("iam").list_policies(Scope="Local")["Policies"]
    assert [one["PolicyName"] for one in created] == ["audit-logs-setup"]


@pytest.mark.full
def test_local_clouds_in_two_shells(aws, alibaba):
    """docs/installation.md: the first line in a shell, the others in another one."""
    [block] = guides.run_by(__file__, "docs/installation.md")
    first, *others = block.text.splitlines()
    inventory = ROOT / "accounts.yml"
    assert not inventory.exists()
    shell = subprocess.Popen(["sh", "-ec", first], cwd=ROOT, stdout=subprocess.PIPE, text=True, process_group=0)
    try:
        exports, expected = [], {*aws.environment, *alibaba.environment}
        while not expected <= {line.removeprefix("export ").partition("=")[0] for line in exports}:
            exports.append(shell.stdout.readline())
        done = subprocess.run(["sh", "-ec", "\n".join([*exports, *others])], cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait()
        inventory.unlink(missing_ok=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"to do", done.stdout)) >= 122, done.stdout
