#!/usr/bin/env bash
# The life of an estate, on the example inventory. The environment names the cloud (`make demo` gives it a local one).
set -eu
cd "$(dirname "$0")/.."

# amazon.aws.iam_role announces on every call that a return value will go.
export ANSIBLE_DEPRECATION_WARNINGS=false

run() {
    printf '\n### %s\n$ ansible-playbook %s\n' "$1" "${*:2}"
    ansible-playbook -i playbooks/inventory/example.yml "${@:2}"
}

run "Set up: one archive and its members" playbooks/setup.yml
run "Again: nothing is left to change" playbooks/setup.yml
run "Plan: what a shorter retention would change, and nothing else" \
    playbooks/setup.yml --check --diff -e aws_trail_cloudwatch_retention_days=365
run "Remove what was set up" playbooks/destroy.yml
