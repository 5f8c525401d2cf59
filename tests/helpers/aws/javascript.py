# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two versions of the AWS SDK for JavaScript, which share no code with botocore and none with each other."""
from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "clients/javascript"
_TIMEOUT = 600  # seconds, for the packages


class SdkError(Exception):
    """What the SDK raised.

    :ivar code: the error code of the API, or the class of the SDK.
    """

    def __init__(self, code: str, message: str, status: int | None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.status = code, status


def install(folder: Path) -> Path:
    """The folder with the packages of the lock, which are installed there if they are not; needs Node.js and npm."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (_SOURCE / "package-lock.json").read_bytes()
    installed = folder / "installed"
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # tests of several processes
        for path in _SOURCE.iterdir():
            shutil.copy(path, folder)
        if not installed.exists() or installed.read_bytes() != lock:
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=folder, check=True, timeout=_TIMEOUT)
            installed.write_bytes(lock)
    return folder


class Sdk:
    """Makes calls with one version of the SDK.

    :param folder: with the packages.
    :param version: 2 or 3.
    :param credentials: of boto3.
    """

    def __init__(self, folder: Path, version: int, url: str, credentials, region: str) -> None:
        keys = {"accessKeyId": credentials.access_key, "secretAccessKey": credentials.secret_key, "sessionToken": credentials.token}
        config = {"endpoint": url, "region": region, "maxAttempts": 1, "maxRetries": 0, "credentials": keys,
                  "forcePathStyle": True, "s3ForcePathStyle": True}
        self._process = subprocess.Popen(
            ["node", "--no-warnings", "sdk.mjs", str(version)], cwd=folder, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._tell(config)  # not as an argument: other users see these

    def call(self, service: str, operation: str, *, pages: int = 0, **parameters):
        """The output of a call, or with a size of pages the outputs of all pages.

        :raises SdkError: the call failed.
        """
        self._tell({"service": service, "operation": operation, "input": parameters, "pages": pages})
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise SdkError(answer["error"]["code"], answer["error"]["message"], answer["error"].get("status"))
        return answer["output"]

    def end(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _tell(self, what):
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
