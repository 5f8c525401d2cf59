# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's repository, with settings, variables and servers of its own: its accounts become what a tidy inventory makes of them."""
from __future__ import annotations

import re
import subprocess

import pytest
from helpers import ROOT
from helpers.doors import Doors
from helpers.estates import ACCOUNTS, INVENTORIES, Estate, holdings, tidy_inventory
from helpers.playbooks import PYTHON, Playbooks
from scale.stages import differences

OLDEST = "12"  # of the package ansible, as in requirements.txt
# As they are in the vaulted variables of the estate.
SECRETS = ["Yb4Nc8Xm2Vz6Lk0Jh5Gf9Dd3Sa7Qp1Wo4Ei8Ru2T", "g8Xw3nZt5Qk7Lp2Vb9Rm4Jc6Hy1Fs0Da", "d2Fv7Xk4Qm9Tz3Wn8Lb5Rc1Hj6Gy0Ps", "t5Rv9Kq3Xw7Zm1Lc8Jb4Hn6Gy2Fp0Sd"]


@pytest.fixture(name="tidy", scope="module")
def fixture_tidy(aws_server, alibaba_server, tmp_path_factory):
    """What the accounts hold after setup and after destroy with a tidy inventory."""
    playbooks = Playbooks(tmp_path_factory.mktemp("tidy"), {**aws_server.environment, **alibaba_server.environment},
                          clouds=[aws_server, alibaba_server])
    found = {}
    for playbook in ("setup", "destroy"):
        run = playbooks.run(playbook, inventory=tidy_inventory())
        assert run.status == 0, run.output
        found[playbook] = holdings(aws_server, alibaba_server)
    return found


@pytest.fixture(name="estate")
def fixture_estate(tidy, aws, alibaba, tmp_path):
    return Estate(tmp_path, [aws, alibaba])


@pytest.fixture(name="oldest", scope="module")
def fixture_oldest():
    """The Python that has the oldest supported Ansible; tests/tools/ansible.sh installs it once."""
    done = subprocess.run([ROOT / "tests/tools/ansible.sh", OLDEST], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / f".venv/ansible-{OLDEST}/bin/python"


def check(run, aws, alibaba):
    """A run succeeded, on the accounts alone, without showing a secret."""
    assert run.status == 0 and "FAILED" not in run.output and "UNREACHABLE" not in run.output, run.output
    assert not [name for name in ("web1", "web2", "web3") if name in run.output], run.output
    for secret in [*SECRETS, *aws.issued_secrets, *alibaba.issued_secrets]:
        assert secret not in run.output


def assert_same(aws, alibaba, expected):
    assert list(differences(expected, holdings(aws, alibaba))) == []


SETUP = {
    "changed: trail audit-logs: create", "changed: s3 bucket example-audit-logs: create",
    "changed: project: create; write policy: create; write role: create", "changed: trail: create",
}
DESTROY = {
    "changed: trail audit-logs: delete", "changed: trail: delete", "changed: write policy: delete; write role: delete",
    "ok: retained s3 bucket example-audit-logs: it holds logs and audit_logs_delete_logs is not true",
}


def is_verified(lines):
    good = re.compile("ok: (arrived after |as it should be)|warning: (bucket |the archive account is not in alibaba_members)")
    return all(good.match(line) for line in lines)


@pytest.mark.sample(1)
@pytest.mark.parametrize("form", INVENTORIES)
def test_one_playbook_at_a_time(aws, alibaba, estate, tidy, form):
    def run(tag):
        done = estate.site(form, "--tags", f"audit_{tag}")
        check(done, aws, alibaba)
        assert done.lines.keys() == ACCOUNTS.keys()
        assert "before on bastion" in done.output and "between on root" in done.output and "after on bastion" in done.output
        return set(done.lines.values())

    assert run("setup") == SETUP
    assert_same(aws, alibaba, tidy["setup"])
    assert run("again") == {"ok: nothing to do"}
    assert_same(aws, alibaba, tidy["setup"])
    assert is_verified(run("verify"))
    assert_same(aws, alibaba, tidy["setup"])
    assert run("destroy") == DESTROY
    assert_same(aws, alibaba, tidy["destroy"])


@pytest.mark.full
@pytest.mark.parametrize("form", INVENTORIES)
def test_all_playbooks_in_one_run(aws, alibaba, tidy, tmp_path, form):
    run_all(aws, alibaba, tidy, form, tmp_path, PYTHON)


def test_the_oldest_ansible(aws, alibaba, tidy, tmp_path, oldest):
    """`make matrix` runs more with each supported version."""
    run_all(aws, alibaba, tidy, "directory", tmp_path, oldest)


def run_all(aws, alibaba, tidy, form, folder, python):
    """Setup, a second run, verify and destroy in one run, in which no call has the credentials of another account.

    What one playbook leaves in variables of the hosts does not change what the next one does or says.
    """
    with Doors(aws, alibaba) as doors:
        estate = Estate(folder, [aws, alibaba], doors.environment, python)
        done = estate.site(form, "-i", doors.inventory(estate.folder), "--tags", "all,audit_destroy")
    check(done, aws, alibaba)
    assert doors.foreign() == [] and doors.calls.pop("environment") == []
    assert all(len(calls) > 5 for calls in doors.calls.values())
    assert done.output.count("before on bastion") == done.output.count("after on bastion") == 1
    setup, again, verify, destroy = (set(lines.values()) for lines in done.summaries)
    assert setup == SETUP and again == {"ok: nothing to do"} and is_verified(verify) and destroy == DESTROY
    assert_same(aws, alibaba, tidy["destroy"])
