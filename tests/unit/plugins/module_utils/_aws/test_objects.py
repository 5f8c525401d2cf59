# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests to a bucket at a time."""
from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import objects


@pytest.fixture(name="pool")
def fixture_pool():
    """The threads of a validation."""
    with objects.threads() as pool:
        yield pool


def test_each_thread_has_a_connection():
    asked = {}
    objects.client(SimpleNamespace(client=lambda _service, **options: asked.update(options)))
    barrier = threading.Barrier(asked["config"]["max_pool_connections"])
    with objects.threads() as pool:
        assert len(list(pool.map(lambda _number: barrier.wait(5), range(barrier.parties)))) == barrier.parties


def test_results_come_in_the_order_of_the_items(pool):
    last = threading.Event()

    def result(number):
        if number == 0:
            last.wait(5)
        if number == 9:
            last.set()
        return -number
    assert list(objects.each(pool, result, range(10))) == [-number for number in range(10)]


def test_no_more_items_are_taken_than_are_worked_on(pool):
    endless = itertools.count()
    results = objects.each(pool, str, endless)
    assert list(itertools.islice(results, 1000)) == [str(number) for number in range(1000)]
    assert next(endless) < 1000 + 10 * objects.CONNECTIONS


def test_what_a_thread_raises_is_raised(pool):
    with pytest.raises(ValueError, match="invalid literal"):
        list(objects.each(pool, int, ["1", "x"]))


def test_all_pages_as_far_as_they_are_taken():
    asked = []

    def list_objects_v2(StartAfter=None, ContinuationToken=None, **options):
        asked.append((StartAfter, ContinuationToken, options["Prefix"]))
        number = int(ContinuationToken or 0)
        return {"Contents": [{"Key": f"{number}a"}, {"Key": f"{number}b"}], "IsTruncated": number < 9, "NextContinuationToken": str(number + 1)}
    listed = objects.listed(SimpleNamespace(list_objects_v2=list_objects_v2), "bucket", "folder/", "folder/x")
    assert [entry["Key"] for entry in itertools.islice(listed, 3)] == ["0a", "0b", "1a"]
    assert asked == [("folder/x", None, "folder/"), (None, "1", "folder/")]
    assert len(list(listed)) == 17
