# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/awx without AWX: what it creates is what AWX accepts, and its jobs do on the local clouds what one run does."""
from __future__ import annotations

import json
import os
import shutil
import subprocess

import jsonschema
import pytest
import yaml
from helpers import awx
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from helpers.verifications import SOON
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import options

PREFIX = "Audit logs"
SET_UP, VERIFY = f"{PREFIX}: set up in slices", f"{PREFIX}: verify in slices"
PLAYBOOKS = ["setup", "verify", "destroy", "report"]


@pytest.fixture(scope="module", name="created")
def fixture_created(tmp_path_factory):
    """What the playbook creates with its own settings."""
    return awx.objects(tmp_path_factory.mktemp("awx"))


def templates(created):
    return {template["name"]: template for template in created["job_template"]}


def test_every_module_has_these_options(created):
    """The modules of the test accept the options of awx.awx, and no others."""
    assert awx.FACTS["version"] == "24.6.1"
    assert created.keys() == awx.FACTS["modules"].keys()


def test_job_templates(created):
    assert [template["playbook"] for template in created["job_template"]] == [f"{name}.yml" for name in PLAYBOOKS]
    for template in created["job_template"]:
        assert (awx.FOLDER / "project" / template["playbook"]).exists()
        assert template["job_slice_count"] == 1 and template["ask_limit_on_launch"]
        assert awx.survey_problem(template["survey_spec"]) is None
        variables = {question["variable"] for question in template["survey_spec"]["spec"]} | template.get("extra_vars", {}).keys()
        assert variables <= options()


def test_a_survey_with_empty_fields(created):
    """Texts are empty, and AWX leaves out what is no answer to a choice or a number."""
    for template in created["job_template"]:
        required = {"audit_logs_report_sources": "a,b"} if template["playbook"] == "report.yml" else {}
        found = awx.extra_vars(template, required)
        assert set(found.values()) <= {"", "owner", "a,b"}, found


def test_credential_types(created, tmp_path):
    jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for one in created["credential_type"]:
        jsonschema.validate(one["inputs"], awx.INPUTS)
        jsonschema.validate(one["injectors"], awx.INJECTORS)
        fields = {field["id"]: "EXAMPLE" for field in one["inputs"]["fields"]}
        assert set(one["inputs"]["required"]) <= fields.keys()
        for text in [*one["injectors"]["file"].values(), *one["injectors"]["env"].values()]:
            jinja.from_string(text).render(**fields, tower={"filename": "EXAMPLE"})
        environment = awx.inject(one, {"access_key": "AKIDEXAMPLE", "secret_key": "sEcReT"}, tmp_path)
        assert set(environment.values()) == {str(tmp_path / "credential")}  # no key is in an environment
        assert "sEcReT" in (tmp_path / "credential").read_text() and "token" not in (tmp_path / "credential").read_text()


@pytest.mark.parametrize("settings", [
    {}, {"controller_slices": 10}, {"controller_slices": 1, "controller_clouds": ["aws"]}, {"controller_clouds": ["alibaba"]},
], ids=["both", "ten slices", "AWS", "Alibaba Cloud"])
def test_workflows(tmp_path, settings):
    created = awx.objects(tmp_path, "-e", json.dumps(settings))
    nodes = created["workflow_job_template_node"]
    of_aws, of_alibaba = ("slice-0" in awx.graph(nodes, VERIFY)), "alibaba" in awx.graph(nodes, VERIFY)
    assert [of_aws, of_alibaba] == [cloud in settings.get("controller_clouds", ["aws", "alibaba"]) for cloud in ("aws", "alibaba")]
    for workflow, last in ((SET_UP, "verify"), (VERIFY, "report")):
        found = awx.graph(nodes, workflow)
        order = awx.order(found)
        assert order[-1] == last
        slices = [found[name]["limit"] for name in order if name.startswith("slice-")]
        assert len(slices) == settings.get("controller_slices", 2) * of_aws
        assert not slices or sorted("".join(map("".join, map(awx.digits, slices)))) == list("0123456789")
        # Modules of nodes that do not exist yet cannot be named: AWX knows nodes in the order of the playbook.
        known = set()
        for node in (one for one in nodes if one["workflow_job_template"] == workflow and one.get("state") != "absent"):
            assert {*node.get("success_nodes", []), *node.get("always_nodes", []), *node.get("failure_nodes", [])} <= known
            known.add(node["identifier"])
            template = templates(created).get(node["unified_job_template"])
            assert template or node["unified_job_template"] == VERIFY
            assert not template or awx.extra_vars(template, node.get("extra_data", {}))
    reports = awx.graph(nodes, VERIFY).pop("report")["extra_data"]["audit_logs_report_sources"].split(",")
    assert reports == [node["extra_data"]["audit_logs_report_directory"] for node in awx.graph(nodes, VERIFY).values() if "limit" in node]
    # The archive's policies are restricted only after all slices.
    if of_aws:
        assert awx.graph(nodes, SET_UP)["restrict"]["all_parents_must_converge"]
    assert created["schedule"][0]["unified_job_template"] == VERIFY


def test_wrappers(tmp_path):
    for name in PLAYBOOKS:
        path = awx.FOLDER / "project" / f"{name}.yml"
        assert awx.documents(path) == [[{"name": awx.documents(path)[0][0]["name"], "ansible.builtin.import_playbook": f"crossaccount.audit_logs.{name}"}]]
    done = subprocess.run(
        ["ansible-playbook", "--syntax-check", "-i", "inventory", *(f"{name}.yml" for name in PLAYBOOKS)], cwd=awx.FOLDER / "project",
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout


def project(folder, **variables):
    """A copy of the project, with an inventory of both clouds."""
    shutil.copytree(awx.FOLDER / "project", folder)
    teams = {**deployments.MEMBERS, "team-d": "555555555555"}
    aws = deployments.inventory_of(members=teams, **variables)["all"]
    alibaba = alibaba_deployments.inventory_of(members=2)["all"]
    whole = {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}
    (folder / "inventory/accounts.yml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    return whole


def hosts(listing, limit):
    """What a limit leaves of an inventory."""
    done = subprocess.run(["ansible", "all", "-i", str(listing), "--limit", limit, "--list-hosts"], check=True, stdout=subprocess.PIPE, text=True)
    return sorted(done.stdout.split()[2:])


def test_slices_of_an_inventory(created, tmp_path):
    """By the last digit of an account: each member is in one slice, and a new account changes no other one's."""
    whole = project(tmp_path / "project")
    before = awx.listing(tmp_path / "project/inventory", dict(os.environ))
    path = awx.write_inventory(tmp_path / "hosts", awx.job_inventory(before))
    nodes = awx.graph(created["workflow_job_template_node"], SET_UP)
    slices = {name: hosts(path, nodes[name]["limit"]) for name in ("slice-0", "slice-1")}
    assert slices == {"slice-0": ["team-a", "team-c"], "slice-1": ["team-b", "team-d"]}
    of_verify = awx.graph(created["workflow_job_template_node"], VERIFY)
    assert hosts(path, of_verify["slice-1"]["limit"]) == ["log-archive", "team-b", "team-d"]
    assert hosts(path, of_verify["alibaba"]["limit"]) == ["blog", "root", "shop"]

    whole["all"]["children"]["aws_members"]["hosts"]["a-new-one"] = {"account_id": "666666666663"}
    (tmp_path / "project/inventory/accounts.yml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    after = awx.listing(tmp_path / "project/inventory", dict(os.environ))
    groups = {name: group for name, group in after.items() if name.startswith("aws_slice_")}
    assert groups.pop("aws_slice_3") == {"hosts": ["team-b", "a-new-one"]} or groups
    assert {name: group for name, group in groups.items() if name != "aws_slice_3"} == {
        name: group for name, group in before.items() if name.startswith("aws_slice_") and name != "aws_slice_3"}


class Jobs:
    """Runs jobs of templates as AWX does, on the local clouds."""

    def __init__(self, created, clouds, folder):
        self.templates = templates(created)
        self.folder = folder
        self.whole = {}
        keys = [{"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY"},
                {"access_key": "ALIBABA_CLOUD_ACCESS_KEY_ID", "secret_key": "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}]
        self.environment = {**os.environ, "ANSIBLE_HOME": str(folder / "home"), **{k: v for cloud in clouds for k, v in cloud.environment.items()}}
        # Credentials come from files, and from nowhere else.
        for number, (credential_type, names) in enumerate(zip(created["credential_type"], keys)):
            values = {field: self.environment.pop(name) for field, name in names.items()}
            (folder / f"credential-{number}").mkdir()
            self.environment |= awx.inject(credential_type, values, folder / f"credential-{number}")

    def load(self):
        """Import the inventory of the project."""
        self.whole = awx.listing(self.folder / "project/inventory", self.environment)

    def start(self, template, limit="", answers=None, workflow="", part=(1, 1), arguments=()):
        """Start a job, whose output goes into a file; returns both."""
        name = f"{template}-{len(list(self.folder.glob('*.log')))}"
        found = self.templates[f"{PREFIX}: {template}"]
        variables = {**awx.extra_vars(found, answers or {}), **awx.meta_variables(found["name"], workflow)}
        (self.folder / f"{name}.json").write_text(json.dumps(variables), encoding="utf-8")
        inventory = awx.write_inventory(self.folder / f"{name}.inventory", awx.job_inventory(self.whole, *part))
        log = self.folder / f"{name}.log"
        with open(log, "w", encoding="utf-8") as file:
            return subprocess.Popen(
                ["ansible-playbook", "-i", str(inventory), "-e", f"@{self.folder / name}.json", *(["-l", limit] if limit else []), *arguments,
                 found["playbook"]],
                cwd=self.folder / "project", env=self.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            ), log

    def run(self, *started):
        """Wait for jobs: their exit statuses, and all of their output."""
        statuses = [process.wait() for process, _log in started]
        return statuses, "".join(log.read_text(encoding="utf-8") for _process, log in started)


def end_state(aws, alibaba):
    """What there is in every account."""
    found = {account: alibaba_deployments.Account(alibaba, account).holdings()
             for account in (alibaba_deployments.ARCHIVE, *alibaba_deployments.MEMBERS.values())}
    for number in (deployments.ARCHIVE, *deployments.MEMBERS.values(), "555555555555"):
        account = deployments.Account(aws, number)
        found[number] = [account.holdings(), account.trails(), account.documents()]
    return found


@pytest.fixture(name="jobs")
def fixture_jobs(created, aws, alibaba, tmp_path):
    """Jobs on clouds with nothing in them."""
    return Jobs(created, [aws, alibaba], tmp_path)


def test_the_workflows_do_what_one_run_does(created, jobs, aws, alibaba, tmp_path):
    """Nodes that can run at once do; then one slice does not end, and the report says who is missing."""
    project(tmp_path / "project", audit_logs_aws_cloudwatch=True)
    jobs.load()
    statuses, output = jobs.run(jobs.start("setup"))
    assert statuses == [0], output
    whole = end_state(aws, alibaba)
    aws.reset()
    alibaba.reset()

    nodes = awx.graph(created["workflow_job_template_node"], SET_UP)
    for together in (["archive", "alibaba"], ["slice-0", "slice-1"], ["restrict"]):
        statuses, output = jobs.run(*(jobs.start("setup", nodes[name]["limit"], nodes[name].get("extra_data"), SET_UP) for name in together))
        assert set(statuses) == {0}, output
    assert end_state(aws, alibaba) == whole

    nodes = awx.graph(created["workflow_job_template_node"], VERIFY)
    reports = str(tmp_path / "reports")

    def data(name):
        return {key: value.replace("/var/lib/audit-logs", reports) for key, value in nodes[name]["extra_data"].items()}

    started = [jobs.start("verify", nodes[name]["limit"], data(name), VERIFY, arguments=SOON) for name in ("slice-0", "slice-1", "alibaba")]
    started[1][0].kill()
    statuses, output = jobs.run(*started)
    assert statuses == [0, -9, 0], output
    statuses, output = jobs.run(jobs.start("report", answers=data("report"), workflow=VERIFY))
    assert statuses[0] > 0
    merged = json.loads((tmp_path / "reports/all/report.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["reason"] for one in merged["accounts"] if one["state"] == "failed"}.keys() == {"team-b", "team-d"}, output
    assert merged["summary"]["accounts"] == 8

    statuses, output = jobs.run(jobs.start("verify", nodes["slice-1"]["limit"], data("slice-1"), VERIFY, arguments=SOON))
    assert statuses == [0], output
    statuses, output = jobs.run(jobs.start("report", answers=data("report"), workflow=VERIFY))
    assert statuses == [0], output


def test_job_slices(jobs, aws, alibaba, tmp_path):
    """A slice that has an archive is refused before any change. Without archives, members on AWS are set up, and those of the other
    cloud fail."""
    project(tmp_path / "project", aws_trail_bucket_encryption="AES256")
    jobs.load()
    name = f"{PREFIX}: setup"
    for part in ((1, 2), (2, 2)):
        statuses, output = jobs.run(jobs.start("setup", workflow=name, part=part))
        assert statuses[0] > 0 and f"this is a job slice of the template {name}, so this run sees only" in " ".join(output.split()), output
    assert not any(call.account for call in aws.calls) and not alibaba.calls

    statuses, output = jobs.run(jobs.start("setup", "aws_archive"))
    assert statuses == [0], output
    statuses, output = jobs.run(*(jobs.start("setup", "aws_members:alibaba_members:!aws_archive", workflow=name, part=(n, 2)) for n in (1, 2)))
    assert output.count("is empty, so this run does not know the archive account") >= 1 and sorted(statuses) != [0, 0], output
    jobs.whole = awx.listing(tmp_path / "project/inventory", jobs.environment)
    statuses, output = jobs.run(jobs.start("setup", "aws_archive:aws_members", arguments=["--check"]))
    assert statuses == [0] and output.count("nothing to do") == 5, output
