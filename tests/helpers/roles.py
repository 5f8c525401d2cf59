# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of the collection, and variables with which each of them can run alone."""
from __future__ import annotations

import yaml
from helpers import ROOT
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws.deployments import BUCKET, MANAGEMENT, REGION

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
AWS = [role for role in ROLES if role.startswith("aws_")]
ALIBABA = [role for role in ROLES if role.startswith("alibaba_")]
AWS_VARIABLES = {
    "audit_logs_aws_region": REGION, "aws_trail_bucket_name": BUCKET, "aws_trail_validation_principals": [MANAGEMENT],
    "aws_trail_bucket_trails": [{"account_id": MANAGEMENT}],
}
ALIBABA_VARIABLES = {
    "audit_logs_alibaba_region": alibaba_deployments.REGION, "audit_logs_alibaba_project": "example-audit-logs",
    "alibaba_log_audit_member_archive_account_id": "1234567890123456", "alibaba_trail_archive_account_id": "1234567890123456",
    "alibaba_collection_policies": [{"name": "events", "product_code": "actiontrail", "data_code": "audit_log"}],
}
# Options with which modules reach the local Alibaba Cloud
PROXY = {"protocol": "http", "http_proxy": "{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}"}


def run(playbooks, role, variables, **defaults):
    """Run a role alone, and print the account in which it acted.

    :param defaults: as C(module_defaults).
    """
    play = {
        "hosts": "localhost", "gather_facts": False, "module_defaults": defaults,
        "vars": {
            "ansible_connection": "crossaccount.audit_logs.local_fork",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables,
        },
        "roles": [f"crossaccount.audit_logs.{role}"],
        "tasks": [{"debug": {"msg": "{{ %s_session.account_id }}" % role}}],
    }
    path = playbooks.folder / "role.yml"
    path.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    return playbooks.run(path, "-i", "localhost,")
