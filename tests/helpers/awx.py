# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 does, as its source says, without AWX: the modules that fill it, what it accepts, and what it gives to a job."""
from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import yaml
from helpers import ROOT
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER = ROOT / "extensions/awx"
FACTS = json.loads((ROOT / "tests/helpers/awx_modules.json").read_text(encoding="utf-8"))

# A module that accepts what that of awx.awx accepts, and writes it down.
_MODULE = '''
import json
import os
from ansible.module_utils.basic import AnsibleModule
SPECIFICATION = json.loads({specification!r})
module = AnsibleModule(SPECIFICATION, supports_check_mode=True)
given = {{name: module.params[name] for name in SPECIFICATION if module.params[name] is not None}}
with open(os.environ["AWX_CALLS"], "a") as file:
    file.write(json.dumps([{name!r}, given]) + "\\n")
module.exit_json(changed=True)
'''


def objects(folder: Path, *arguments: str) -> dict[str, list[dict]]:
    """What extensions/awx/setup.yml creates: options of each module, by the name of the module.

    :param arguments: of ansible-playbook.
    :raises AssertionError: the playbook fails, for example because a module does not have an option.
    """
    modules = folder / "collections/ansible_collections/awx/awx/plugins/modules"
    modules.mkdir(parents=True, exist_ok=True)
    for name, options in FACTS["modules"].items():
        specification = {option: {"required": False, **facts} for option, facts in options.items()}
        (modules / f"{name}.py").write_text(_MODULE.format(specification=json.dumps(specification), name=name), encoding="utf-8")
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    done = subprocess.run(
        ["ansible-playbook", str(FOLDER / "setup.yml"), *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"), "AWX_CALLS": str(calls), "ANSIBLE_STDOUT_CALLBACK": "default"},
    )
    assert done.returncode == 0, done.stdout
    found: dict[str, list[dict]] = {}
    for line in calls.read_text(encoding="utf-8").splitlines():
        name, options = json.loads(line)
        found.setdefault(name, []).append(options)
    return found


_TYPES = {"text": str, "textarea": str, "password": str, "multiplechoice": (str, list), "multiselect": (str, list), "integer": int, "float": float}


def survey_problem(survey: dict) -> str | None:
    """Why AWX rejects the survey of a template; None if it does not."""
    if not isinstance(survey.get("name"), str) or not isinstance(survey.get("description"), str):
        return "name or description is missing"
    if not survey.get("spec"):
        return "it has no questions"
    variables = [question.get("variable") for question in survey["spec"]]
    if len(set(variables)) < len(variables):
        return "a variable occurs twice"
    return next(filter(None, map(_question_problem, survey["spec"])), None)


def _question_problem(question):
    wrong = [name for name in ("type", "question_name", "variable") if not isinstance(question.get(name), str)]
    if wrong or not isinstance(question.get("required"), bool):
        return f"{question}: {wrong or 'required'}"
    if question["type"] not in _TYPES:
        return f"{question['variable']}: type"
    default = question.get("default", "")
    if default != "" and not isinstance(default, _TYPES[question["type"]]):
        return f"{question['variable']}: default"
    if any(not isinstance(question.get(limit, 0), (int, type(None))) for limit in ("min", "max")):
        return f"{question['variable']}: min or max"
    if question["type"].startswith("multi") and ("choices" not in question or default and default not in question["choices"]):
        return f"{question['variable']}: choices"
    return None


def extra_vars(template: dict, answers: dict) -> dict:
    """What a job gets: the variables of the template, the defaults of its survey that fit their questions, and the answers.

    :raises AssertionError: AWX rejects an answer.
    """
    questions = {question["variable"]: question for question in template["survey_spec"]["spec"]}
    unknown = answers.keys() - questions.keys()
    assert template.get("ask_variables_on_launch") or not unknown, f"not accepted on launch: {unknown}"
    for name in answers.keys() & questions.keys():
        assert not _answer_problem(questions[name], answers[name]), name
    missing = [name for name, question in questions.items() if question["required"] and name not in answers]
    assert not missing, f"required: {missing}"
    defaults = {
        name: question["default"] for name, question in questions.items()
        if "default" in question and not _answer_problem(question, question["default"])
    }
    return {**template.get("extra_vars", {}), **defaults, **answers}


def _answer_problem(question, value):
    if question["type"] == "integer":
        return not isinstance(value, int) or value < (question.get("min") or value) or value > (question.get("max") or value)
    if question["type"] == "multiplechoice":
        return value not in question["choices"]
    return not isinstance(value, str) or len(value) < (question.get("min") or 0)


# Of CredentialType: what is in its fields, besides what inputs and injectors have to do with each other.
INPUTS = {
    "type": "object", "additionalProperties": False, "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["id", "label"], "properties": {
                "type": {"enum": ["string", "boolean"]}, "format": {"enum": ["ssh_private_key", "url"]},
                "id": {"type": "string", "pattern": "^[a-zA-Z_]+[a-zA-Z0-9_]*$", "not": {"const": "tower"}},
                "choices": {"type": "array"}, "label": {"type": "string"}, "help_text": {"type": "string"},
                "multiline": {"type": "boolean"}, "secret": {"type": "boolean"}, "ask_at_runtime": {"type": "boolean"}, "default": {},
            },
        }},
    },
}
INJECTORS = {
    "type": "object", "additionalProperties": False, "properties": {
        "file": {"type": "object", "additionalProperties": False,
                 "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": {"type": "string"}}},
        "env": {"type": "object", "additionalProperties": False,
                "patternProperties": {"^(?!ANSIBLE_)[a-zA-Z_]+[a-zA-Z0-9_]*$": {"type": "string", "pattern": "^[\x00-\x7F]*$"}}},
        "extra_vars": {"type": "object"},
    },
}


def inject(credential_type: dict, values: dict, folder: Path) -> dict[str, str]:
    """The variables of the environment that a credential gives to a job; its file is in the folder.

    :param values: of those fields that are not empty.
    """
    jinja = ImmutableSandboxedEnvironment()
    path = folder / "credential"
    path.write_text(jinja.from_string(credential_type["injectors"]["file"]["template"]).render(values), encoding="utf-8")
    path.chmod(0o600)
    scope = {**values, "tower": {"filename": str(path)}}
    return {name: jinja.from_string(text).render(scope) for name, text in credential_type["injectors"]["env"].items()}


def listing(path: Path, environment: dict[str, str]) -> dict:
    """The inventory that AWX imports: as `ansible-inventory --list` prints it."""
    done = subprocess.run(["ansible-inventory", "-i", str(path), "--list"], check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(done.stdout)


def job_inventory(whole: dict, number: int = 1, count: int = 1) -> dict:
    """The inventory of a job: all groups, and of the hosts those of a job slice.

    :param whole: of listing().
    :param number: of the slice, from 1.
    :param count: of slices.
    """
    hosts = sorted(whole["_meta"]["hostvars"])[number - 1::count]
    groups = {name: group for name, group in whole.items() if name not in ("_meta", "all")}
    kept = {name: {**group, "hosts": [host for host in group.get("hosts", []) if host in hosts]} for name, group in groups.items()}
    found = {name: {key: value for key, value in group.items() if value} for name, group in kept.items()}
    return {
        "all": {"children": list(groups)}, **{name: group for name, group in found.items() if group},
        "_meta": {"hostvars": {host: whole["_meta"]["hostvars"][host] for host in hosts}},
    }


def write_inventory(path: Path, inventory: dict) -> Path:
    """The script that AWX writes into a job's folder: it prints the inventory."""
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(inventory)}\nEND\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def meta_variables(template: str, workflow: str = "") -> dict[str, str | int]:
    """Some of the variables that AWX gives to each job. Job slices are a workflow that has the name of their template."""
    found = {"awx_job_id": 1, "awx_job_template_name": template, "tower_job_template_name": template}
    return {**found, **({"awx_workflow_job_name": workflow, "tower_workflow_job_name": workflow} if workflow else {})}


def graph(nodes: list[dict], workflow: str) -> dict[str, dict]:
    """The nodes of a workflow by identifier."""
    return {node["identifier"]: node for node in nodes if node["workflow_job_template"] == workflow and node.get("state") != "absent"}


def order(nodes: dict[str, dict]) -> list[str]:
    """Identifiers, each after its parents.

    :raises AssertionError: a node follows on itself, or is not there.
    """
    after = {name: {*node.get("success_nodes", []), *node.get("always_nodes", []), *node.get("failure_nodes", [])} for name, node in nodes.items()}
    found: list[str] = []
    while after:
        ready = [name for name in after if not any(name in children for children in after.values())]
        assert ready and set().union(*after.values()) <= set(nodes), after
        found += ready
        for name in ready:
            del after[name]
    return found


def documents(path: Path) -> list:
    """The documents of a file of YAML."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def digits(limit: str) -> set[str]:
    """Digits that the pattern of a slice names."""
    return set(re.search(r"\[(\d+)\]", limit)[1])
