#!/usr/bin/env bash
# The life of an estate, on the example inventory. The environment names the cloud (`make demo` gives it a local one).
set -eu
cd "$(dirname "$0")/.."

run() {
    printf '\n### %s\n$ ansible-playbook %s\n' "$1" "${*:2}"
    ansible-playbook -i playbooks/inventory/example.yml "${@:2}"
}

run "Set up: one archive and its members" playbooks/setup.yml
run "Again: nothing is left to change" playbooks/setup.yml
run "Plan: what a run would change, and nothing else" playbooks/setup.yml --check --diff
run "Remove what was set up" playbooks/destroy.yml
