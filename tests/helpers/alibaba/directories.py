# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource directory of a local Alibaba Cloud: folders and members that were always there, and calls that go wrong."""
from __future__ import annotations

from collections import Counter
from dataclasses import replace

from clouds.alibaba.directory import Folder, Member
from clouds.alibaba.errors import CloudError
from clouds.alibaba.faults import Verdict
from clouds.alibaba.principals import random_text


def add_folder(alibaba, name, parent=None) -> str:
    """Add a folder, by default to the root folder; returns its id."""
    directory = alibaba.cloud.directory
    with alibaba.cloud.lock:
        folder = Folder(f"fd-{random_text(10)}", name, parent or directory.root.id, directory.created)
        directory.folders.preset(folder.id, folder)
    return folder.id


def add_member(alibaba, account_id, name, folder=None, **others) -> None:
    """Add a member.

    :param folder: id of its folder, by default that of the root folder.
    :param others: see clouds.alibaba.directory.Member.
    """
    with alibaba.cloud.lock:
        directory = alibaba.cloud.directory
        directory.members.preset(account_id, Member(
            account_id, name, account_id, folder or directory.root.id, directory.created, directory.created, **others))


def add_members(alibaba, count, folder=None) -> list[str]:
    """Add many members; returns their ids. Their accounts are made when somebody speaks of them."""
    ids = [str(2_000_000_000_000_000 + number) for number in range(1, count + 1)]
    for number, account_id in enumerate(ids, 1):
        add_member(alibaba, account_id, f"team-{number}", folder)
    return ids


def change_member(alibaba, account_id, **changes) -> None:
    """Change a member; see clouds.alibaba.directory.Member."""
    with alibaba.cloud.lock:
        members = alibaba.cloud.directory.members
        members.preset(account_id, replace(members.get(account_id), **changes))


def remove_member(alibaba, account_id) -> None:
    """Take a member out of the directory."""
    with alibaba.cloud.lock:
        alibaba.cloud.directory.members.delete(account_id)


def refuse(monkeypatch, alibaba, action, numbers, code="NoPermission") -> None:
    """Let some calls of an operation fail.

    :param numbers: which of them, from 1 on; a container.
    """
    judge, seen = alibaba.cloud.faults.judge, Counter()

    def refusing(account, called):
        verdict = judge(account, called)
        seen[called] += 1
        if called == action and seen[called] in numbers:
            return Verdict(before=CloudError(403, code, "The test refuses this call."))
        return verdict

    monkeypatch.setattr(alibaba.cloud.faults, "judge", refusing)


def after(monkeypatch, alibaba, action, number, change) -> None:
    """Let something happen in the directory between two calls.

    :param number: after how many calls of the operation.
    :param change: what happens; called once.
    """
    judge, seen = alibaba.cloud.faults.judge, Counter()

    def changing(account, called):
        if called == action:
            seen[called] += 1
            if seen[called] == number + 1:
                change()
        return judge(account, called)

    monkeypatch.setattr(alibaba.cloud.faults, "judge", changing)
