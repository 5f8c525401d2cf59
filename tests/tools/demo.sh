#!/usr/bin/env bash
# From a list of accounts to verified logs and back, in the local clouds of `python tests/clouds --accounts`.
set -eu
cd "$(dirname "$0")/../.."

# amazon.aws.iam_role announces on every call that a return value will go.
export ANSIBLE_DEPRECATION_WARNINGS=false
export ANSIBLE_STDOUT_CALLBACK=crossaccount.audit_logs.accounts

run() {
    printf '\n### %s\n$ %s\n' "$1" "${*:2}"
    "${@:2}"
}

# With the role that is named like the playbook, see below.
playbook() {
    role="audit-logs-$(basename "$2" .yml)"
    run "$1" ansible-playbook -i tests/demo -e "audit_logs_aws_role=$role" -e "audit_logs_alibaba_role=$role" "${@:2}"
}

run "Inventory: the accounts of an AWS organization and of a resource directory on Alibaba Cloud" \
    ansible-inventory -i tests/demo --graph
run "Roles: each account allows a playbook what docs/permissions.md says, and nothing else" \
    env PYTHONPATH=tests python -m tools.roles
playbook "Set up: collect the audit logs of all these accounts in one archive account of each cloud" playbooks/setup.yml
playbook "Again: nothing is left to change" playbooks/setup.yml
playbook "Plan: what other settings would change: a shorter retention on AWS, fewer events on Alibaba Cloud" \
    playbooks/setup.yml --check --diff -e aws_trail_cloudwatch_retention_days=1827 -e alibaba_trail_event_rw=Write
playbook "Verify: an event of every account, seen in the archive" \
    playbooks/verify.yml -e audit_logs_report_directory=build/demo-report
playbook "Remove what was set up, except the logs" playbooks/destroy.yml
