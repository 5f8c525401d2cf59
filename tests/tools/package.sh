#!/usr/bin/env bash
# Builds the tarball and the list of its components, installs it away from the checkout and asks Ansible whether it is all there.
set -eu
cd "$(dirname "$0")/../.."
unset ANSIBLE_CONFIG

reuse lint --quiet || reuse lint # which says what is missing
rm -rf build/package
PYTHONPATH=tests python -m tools.package build/package
cd build/package
export ANSIBLE_COLLECTIONS_PATH=$PWD/collections
# What ansible.cfg says in the checkout, so that it stays inside build/ here too
export ANSIBLE_HOME=$PWD/home
ansible-galaxy collection install --offline --collections-path collections ./*.tar.gz
# exits non-zero for documentation that cannot be read
ansible-doc --metadata-dump crossaccount.audit_logs >documentation.json
playbooks=$PWD/collections/ansible_collections/crossaccount/audit_logs/playbooks
for playbook in "$playbooks"/*.yml; do
    ansible-playbook --syntax-check -i "$playbooks/inventory/example.yml" \
        "crossaccount.audit_logs.$(basename "$playbook" .yml)"
done
