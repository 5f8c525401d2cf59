# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has, for people and tests to look at: as it is, not as a reader who is behind sees it."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from .cloud import Cloud
from .table import Table


def dump(cloud: Cloud, account_id: str) -> dict[str, Any]:
    """What an account has, in JSON's types: each table as an object, by the keys of its rows.

    Secrets and tokens are kept elsewhere, and so are not in it.

    :raises KeyError: nobody spoke of this account yet.
    """
    account = cloud.accounts[account_id]
    projects = {project.name for project in cloud.sls.projects.all() if project.account_id == account_id}
    found = {
        "id": account.id,
        "member": account.member,
        "has_sls": account.has_sls,
        **_tables(account),
        "ram": _tables(account.ram),
        "sls": _tables(cloud.sls, lambda key, row: (key if isinstance(key, str) else key[0]) in projects),
        "events": len(account.events),
    }
    if account_id == cloud.directory.manager:
        found["directory"] = _tables(cloud.directory)
    return found


def _tables(holder: Any, wanted: Callable[[Any, Any], bool] = lambda key, row: True) -> dict[str, dict[str, Any]]:
    return {
        name: {_text(key): _plain(table.get(key)) for key in table.keys() if wanted(key, table.get(key))}
        for name, table in vars(holder).items() if isinstance(table, Table)
    }


def _text(key: str | tuple[str, ...]) -> str:
    return key if isinstance(key, str) else "/".join(key)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value
