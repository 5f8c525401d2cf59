# SPDX-License-Identifier: GPL-3.0-or-later
"""What the previous verification knew of the digest chains of accounts. Private.

A verification compares with it: of a region whose digest files were all deleted, nothing in the bucket says that there were any.
"""
from __future__ import annotations

from pathlib import Path

from .._deployment.cloud import some
from .._roles.options import REMOVED
from . import report as reports


class Previous:
    """Previous results of accounts, read from reports and from the files of single accounts.

    :ivar problems: a sentence for each report that somebody named and that cannot be read.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._reports: dict[str, dict[str, dict]] = {}  # results by path, and by the id of the account
        self._unreadable: dict[str, str] = {}  # why, by host
        self._elsewhere: dict[str, str] = {}  # folder that the previous report has, by host

    def chains(self, account: dict, directory: str, path: str | None) -> dict | None:
        """What is known of the chains of an account; None if nothing is.

        :param account: of the deployment.
        :param directory: of the report that this run writes.
        :param path: of a previous report; C(none) for none. By default, the file of the account in the directory counts,
            which a run leaves in place if the account is not in it.
        :returns: reported, when the previous result was written, and regions, each with region and last.
        """
        if path == REMOVED:
            return None
        found = self._of_report(path).get(account["account_id"]) if path else self._of_file(account, Path(directory).expanduser())
        known = (found or {}).get("digest_chains")
        if not known:
            return None
        if any(known[name] != value for name, value in account["digest_chains"].items()):
            self._elsewhere[account["name"]] = f"{known['trail']} in {known['folder']}"
            return None
        return {"reported": found["reported"], "regions": known["regions"]}

    def warnings(self) -> list[str]:
        """What was not used, one sentence for each reason."""
        found = []
        for because, hosts in (
            ("the previous result cannot be used: {}", self._unreadable),
            ("the previous report has digest files of another trail, bucket or folder: {}", self._elsewhere),
        ):
            if hosts:
                host, what = next(iter(hosts.items()))
                about = what if len(hosts) == 1 else f"{what} for {host}"
                found.append(f"{some(list(hosts))}: {because.format(about)}. Verify does not compare digest files with it")
        return found

    def _of_report(self, path):
        if path not in self._reports:
            self._reports[path] = {}
            try:
                report = reports.read(Path(path).expanduser(), reports.schema())
                self._reports[path] = {one["account_id"]: one for one in report["accounts"]}
            except reports.ReportError as error:
                self.problems.append(
                    f"audit_logs_previous_report: {error}. Name the report.json of the previous verify, or {REMOVED} to compare with no report"
                )
        return self._reports[path]

    def _of_file(self, account, directory):
        path = reports.account_path(directory, account["account_id"])
        try:
            return reports.read(path, reports.schema()["$defs"]["account"]) if path.exists() else None
        except reports.ReportError as error:
            self._unreadable[account["name"]] = str(error)
            return None
