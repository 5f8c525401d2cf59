# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local clouds, and playbooks that run against them."""
from __future__ import annotations

from pathlib import Path

import pytest
from helpers.alibaba.clients import MISLEADING
import clouds.alibaba
import clouds.aws
from helpers.playbooks import Playbooks


def is_late(request) -> bool:
    """Whether the local clouds of a test are eventually consistent: those of roles, and of playbooks for one cloud."""
    folder = request.path.parent.relative_to(Path(__file__).parent)
    return str(folder) in ("playbooks/alibaba", "playbooks/aws", "roles")


@pytest.fixture(scope="module", name="aws_server")
def fixture_aws_server(request):
    """A local AWS for the tests of a file."""
    with clouds.aws.LocalAws(windows=clouds.aws.USUAL if is_late(request) else clouds.aws.NONE) as aws:
        yield aws


@pytest.fixture(name="aws")
def fixture_aws(aws_server):
    """A local AWS with nothing in it."""
    aws_server.reset()
    aws_server.calls.clear()
    return aws_server


@pytest.fixture(scope="module", name="alibaba_server")
def fixture_alibaba_server(request):
    """A local Alibaba Cloud for the tests of a file."""
    with clouds.alibaba.LocalAlibaba(windows=clouds.alibaba.USUAL if is_late(request) else clouds.alibaba.NONE) as server:
        yield server


@pytest.fixture(name="alibaba")
def fixture_alibaba(alibaba_server, monkeypatch):
    """A local Alibaba Cloud with nothing in it."""
    for name in MISLEADING:
        monkeypatch.delenv(name)
    alibaba_server.reset()
    alibaba_server.cloud.calls.clear()
    return alibaba_server


@pytest.fixture(scope="module", name="restricted")
def fixture_restricted():
    """Runs of our playbooks have the permissions of docs/permissions, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Playbooks, "is_restricted", True)
        yield


@pytest.fixture(name="playbooks")
def fixture_playbooks(aws, tmp_path):
    """Playbooks that run against the local AWS."""
    return Playbooks(tmp_path, aws.environment, clouds=[aws])


@pytest.fixture(name="alibaba_playbooks")
def fixture_alibaba_playbooks(alibaba, tmp_path):
    """Playbooks that run against the local Alibaba Cloud."""
    return Playbooks(tmp_path, alibaba.environment, clouds=[alibaba])
