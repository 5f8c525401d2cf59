#!/usr/bin/env bash
# From setup to destroy, on the example inventory. The environment names the cloud (`make demo` gives it a local one).
set -eu
cd "$(dirname "$0")/../.."

# amazon.aws.iam_role announces on every call that a return value will go.
export ANSIBLE_DEPRECATION_WARNINGS=false
export ANSIBLE_STDOUT_CALLBACK=crossaccount.audit_logs.accounts

# What the local Alibaba Cloud needs beside its credentials; the real hosts are reached through it as a proxy. In a local
# cloud, events arrive at once, and no consistency window takes real time.
local_clouds=()
if [ -n "${ALIBABA_LOCAL_URL:-}" ]; then
    local_clouds=(-e audit_logs_alibaba_protocol=http -e "audit_logs_alibaba_http_proxy=$ALIBABA_LOCAL_URL"
                  -e audit_logs_probe_interval=2 -e audit_logs_probe_deadline=60 -e aws_trail_delay=0.1)
fi

run() {
    printf '\n### %s\n$ ansible-playbook %s\n' "$1" "${*:2}"
    ansible-playbook -i playbooks/inventory/example.yml "${local_clouds[@]}" "${@:2}"
}

run "Set up: on two clouds, an archive and its members" playbooks/setup.yml
run "Again: nothing is left to change" playbooks/setup.yml
run "Plan: what a shorter retention would change, and nothing else" \
    playbooks/setup.yml --check --diff -e aws_trail_cloudwatch_retention_days=1827 \
    -e '{"alibaba_log_audit_archive_products": {"actiontrail": {"ttl": 365}}}'
run "Verify: an event of every account, seen in the archive" \
    playbooks/verify.yml -e audit_logs_report_directory=build/demo-report
run "Remove what was set up" playbooks/destroy.yml
