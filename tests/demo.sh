#!/usr/bin/env bash
# The life of an estate, on the example inventory. The environment names the cloud (`make demo` gives it a local one).
set -eu
cd "$(dirname "$0")/.."

# amazon.aws.iam_role announces on every call that a return value will go.
export ANSIBLE_DEPRECATION_WARNINGS=false

# What the local Alibaba Cloud needs beside its credentials; the real hosts are reached through it as a proxy.
local_alibaba=()
if [ -n "${ALIBABA_LOCAL_URL:-}" ]; then
    local_alibaba=(-e audit_logs_alibaba_protocol=http -e "audit_logs_alibaba_http_proxy=$ALIBABA_LOCAL_URL")
fi

run() {
    printf '\n### %s\n$ ansible-playbook %s\n' "$1" "${*:2}"
    ansible-playbook -i playbooks/inventory/example.yml "${local_alibaba[@]}" "${@:2}"
}

run "Set up: on two clouds, an archive and its members" playbooks/setup.yml
run "Again: nothing is left to change" playbooks/setup.yml
run "Plan: what a shorter retention would change, and nothing else" \
    playbooks/setup.yml --check --diff -e aws_trail_cloudwatch_retention_days=365 \
    -e '{"alibaba_log_audit_archive_products": {"actiontrail": {"ttl": 30}}}'
run "Remove what was set up" playbooks/destroy.yml
