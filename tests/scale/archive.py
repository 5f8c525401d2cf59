# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verify asks of an archive's bucket: requests, price, CPU time and memory, beside bare clients with the same requests.

    PYTHONPATH=tests:.venv/collections python -m scale.archive [--members N] [--sample N] [--latency-ms L]

Prints tables for docs/benchmark.md. The bucket is served by another process. Fails if an object is read twice, or if the requests are
more than 1.2 times the least, the memory 1 GB or more, or the CPU time of a request more than 1.5 times that of a bare botocore client.
"""
from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import boto3
import botocore.config
import urllib3
from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper
from clouds import processes

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import answers, digests, objects, probe
from scale import measure, static_bucket
from scale.static_bucket import BUCKET, HOME, HOURS, NOW, PROBED, REGIONS, TRAIL

# Dollars in us-east-1 for 1,000 requests, for a GET and Decrypt with a KMS key: https://aws.amazon.com/s3/pricing/ and
# https://aws.amazon.com/kms/pricing/.
PRICES = {"LIST": 0.005, "GET": 0.0004, "Decrypt": 0.003}
_SINCE = NOW - datetime.timedelta(hours=HOURS)
_ACCESS_KEY, _SECRET_KEY = "AKIAIOSFODNN7EXAMPLE", "x" * 40
_OVERHEAD = {"requests": 1.2, "cpu": 1.5}
_MOST_MEMORY = 1e9  # bytes


def least(members: int) -> dict[str, int]:
    """The fewest requests that can prove the same.

    Only a listing shows that a folder has no other digest file, and digest files of each region have a folder. Another listing for each
    account shows which regions there are, and one for each probe which log files came since then. A hash needs the whole object: a GET
    for each digest file and each log file.
    """
    in_digests = sum(
        sum(_SINCE.replace(minute=0) <= when < NOW.replace(minute=0) for when in static_bucket.log_file_times(region)) for region in REGIONS)
    return {"LIST": members * (len(REGIONS) + 1 + 1), "GET": members * (len(REGIONS) * HOURS + in_digests + 1)}


def _session(address, **config):
    """A client for S3, as the modules have it or bare."""
    settings = botocore.config.Config(s3={"addressing_style": "path"}, **config)
    return boto3.Session(_ACCESS_KEY, _SECRET_KEY, region_name=HOME).client("s3", endpoint_url=address, config=settings)


# Clients. Each is a program of its own, and makes the same requests.

def ours(address: str, members: int) -> None:
    """What the modules do in one process: cloudtrail_probe_info, then cloudtrail_digests_info."""
    answers.install()
    module = SimpleNamespace(client=lambda _service, retry_decorator, config: RetryingBotoClientWrapper(_session(address, **config), retry_decorator))
    s3, accounts = objects.client(module), static_bucket.accounts(members)
    probes = {number: {
        "account_id": account, "region": HOME, "created": f"{PROBED:%Y-%m-%dT%H:%M:%SZ}", "mark": static_bucket.mark(account),
        "value": static_bucket.mark(account), "event_name": "DescribeTrails",
    } for number, account in enumerate(accounts)}
    search = probe.BucketSearch(s3, BUCKET)
    if len(search.look(probes)) < members:
        raise AssertionError(f"probes are missing: {search.problems}")
    answer = urllib3.request("GET", f"{address}/keys").json()
    keys = {region: {name: bytes.fromhex(key) for name, key in of_region.items()} for region, of_region in answer.items()}
    validation = digests.Validation(s3, BUCKET, _SINCE, NOW, lambda chain: keys[chain.region], known=search.hashes)
    trails = [{"account_id": account, "region": HOME, "name": TRAIL} for account in accounts]
    for trail, chains in zip(trails, validation.run(trails)):
        found = digests.result(chains, _SINCE, NOW)
        if found["state"] != "valid" or len(found["regions"]) < len(REGIONS):
            raise AssertionError(f"{trail['account_id']}: {found}")


def botocore_client(address: str, members: int) -> None:
    """boto3 with threads, and nothing else: no unpacking, no hash, no signature."""
    s3 = _session(address, max_pool_connections=objects.CONNECTIONS)

    def request(wanted):
        if isinstance(wanted, dict):
            s3.list_objects_v2(Bucket=BUCKET, **{"Prefix": wanted["prefix"], **_named(wanted)})
        else:
            s3.get_object(Bucket=BUCKET, Key=wanted)["Body"].read()
    _in_threads(request, members)


def _named(wanted):
    return {"Delimiter": "/"} if "delimiter" in wanted else {"StartAfter": wanted["start-after"]}


def urllib3_client(address: str, members: int) -> None:
    """Requests of urllib3 that this script signs, and nothing else: answers are not parsed, refusals not tried again."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", int(address.rpartition(":")[2]), maxsize=objects.CONNECTIONS)
    day = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%d}"
    key = f"AWS4{_SECRET_KEY}".encode()
    for part in (day, HOME, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    empty = hashlib.sha256(b"").hexdigest()

    def request(wanted):
        is_list = isinstance(wanted, dict)
        path = f"/{BUCKET}" if is_list else f"/{BUCKET}/{quote(wanted)}"
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted({"list-type": "2", **wanted}.items())) if is_list else ""
        when = f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%dT%H%M%SZ}"
        headers = {"host": address.removeprefix("http://"), "x-amz-content-sha256": empty, "x-amz-date": when}
        names = ";".join(headers)
        canonical = "\n".join(["GET", path, query, *(f"{name}:{value}" for name, value in headers.items()), "", names, empty])
        scope = f"{day}/{HOME}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={_ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
        answer = pool.request("GET", f"{path}?{query}" if query else path, headers=headers)
        if answer.status != 200:
            raise AssertionError(answer.status)
    _in_threads(request, members)


def _in_threads(request, members):
    """The requests of our client, which it has to find out, in as many threads."""
    with ThreadPoolExecutor(objects.CONNECTIONS) as pool:
        for batch in _batches(members):
            list(pool.map(request, batch))


def _batches(members):
    """For each account: keys of objects, and parameters of listings."""
    hours = static_bucket.digest_times()[-HOURS:]
    for account in static_bucket.accounts(members):
        newest = list(static_bucket.log_file_times(HOME))[-1]
        log_folder, digest_folder = f"AWSLogs/{account}/CloudTrail/", f"AWSLogs/{account}/CloudTrail-Digest/"
        after = static_bucket.log_key(account, HOME, PROBED - datetime.timedelta(minutes=15)).partition("Z_")[0]
        wanted = [{"prefix": f"{log_folder}{HOME}/", "start-after": after}, static_bucket.log_key(account, HOME, newest),
                  {"prefix": digest_folder, "delimiter": "/"}]
        for region in REGIONS:
            wanted.append({"prefix": f"{digest_folder}{region}/", "start-after": f"{digest_folder}{region}/{_SINCE:%Y/%m/%d}/"})
            wanted += [static_bucket.digest_key(account, region, when) for when in hours]
            wanted += [static_bucket.log_key(account, region, when) for when in static_bucket.log_file_times(region)
                       if _SINCE.replace(minute=0) <= when < hours[-1]]
        yield wanted


CLIENTS: dict[str, Callable[[str, int], None]] = {"ours": ours, "botocore": botocore_client, "urllib3": urllib3_client}


# Measuring

def _environment() -> dict[str, str]:
    """That of a program that finds what this one finds, from any folder."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))}


@contextlib.contextmanager
def _served(members: int, latency_ms: float) -> Iterator[int]:
    """A bucket in another process; its port."""
    command = [sys.executable, "-m", "scale.static_bucket", str(members), str(latency_ms)]
    process = processes.start(command, _environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield int(process.stdout.readline())
    finally:
        processes.stop(process)


def _counts(port: int) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/counts")
    return json.load(connection.getresponse())


def _measured(client: str, port: int, members: int) -> tuple[measure.Usage, dict]:
    """What a client took and asked. What it takes without members is subtracted."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scale.archive", "--client", client, "--port", str(port), "--members"]
        empty = measure.run([*command, "0"], _environment(), Path(folder))
        _counts(port)
        used = measure.run([*command, str(members)], _environment(), Path(folder))
        return measure.Usage(used.cpu - empty.cpu, used.wall - empty.wall, used.memory, used.processes), _counts(port)


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit status."""
    parser = argparse.ArgumentParser(prog="scale.archive", description=__doc__.partition("\n")[0])
    parser.add_argument("--members", type=int, default=1000, metavar="N", help="members of our client's measurement (1000)")
    parser.add_argument("--sample", type=int, default=40, metavar="N", help="members with which the clients are compared (40)")
    parser.add_argument("--latency-ms", type=float, default=50.0, metavar="L", help="before each answer (50)")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.client:
        CLIENTS[options.client](f"http://127.0.0.1:{options.port}", options.members)
        return 0
    problems = _compare(options.sample) + _all(options.members, options.latency_ms)
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


def _compare(members):
    """CPU time of a request, without latency: each client twice, in turn, the better time of each."""
    print("| client | requests | CPU ms per request | times botocore |\n|---|---:|---:|---:|")
    times, numbers = {}, {}
    with _served(members, 0) as port:
        for client in [*CLIENTS, *CLIENTS]:
            used, counts = _measured(client, port, members)
            numbers[client] = counts["requests"]["LIST"] + counts["requests"]["GET"]
            times[client] = min(times.get(client, 1e9), 1000 * used.cpu / numbers[client])
    for client, time in times.items():
        print(f"| {client} | {numbers[client]:,} | {time:.2f} | {time / times['botocore']:.2f} |", flush=True)
    return [f"our client takes more than {_OVERHEAD['cpu']} times the CPU time of botocore"] * (
        times["ours"] > _OVERHEAD["cpu"] * times["botocore"])


def _all(members, latency_ms):
    """Requests, bytes, memory and time of our client with all members."""
    with _served(members, latency_ms) as port:
        used, counts = _measured("ours", port, members)
    requests, fewest, problems = counts["requests"], least(members), []
    print(f"\n| {members:,} members, {latency_ms:g} ms | requests | least | price |\n|---|---:|---:|---:|")
    for kind in ("LIST", "GET", "HEAD"):
        made, needed = requests.get(kind, 0), fewest.get(kind, 0)
        print(f"| {kind} | {made:,} | {needed:,} | ${made / 1000 * PRICES.get(kind, 0):.2f} |")
        if made > _OVERHEAD["requests"] * needed:
            problems.append(f"{made} requests {kind}, and {needed} are the least")
    print(f"| Decrypt, without a bucket key | {requests['GET']:,} | | ${requests['GET'] / 1000 * PRICES['Decrypt']:.2f} |")
    print(f"\n{requests['bytes'] / 1e6:,.0f} MB read, {used.cpu:.0f} CPU s, {used.wall:.0f} s, {used.memory / 1e6:.0f} MB of memory at most")
    if counts["twice"]:
        problems.append(f"{counts['twice']} objects were read twice")
    if used.memory >= _MOST_MEMORY:
        problems.append("more than 1 GB of memory")
    return problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
