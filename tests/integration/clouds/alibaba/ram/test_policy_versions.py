# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of policies in the local RAM, driven by today's SDK and by the older one."""
from __future__ import annotations

import pytest
from helpers.alibaba.identities import allow
from helpers.alibaba.ram import attach, detach, make_policy, make_role, refused

DOCUMENT = allow("log:*", "acs:log:*:*:project/slsaudit-*")
ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


def get(ram, name="Monitor", kind="Custom"):
    return ram.call("GetPolicy", PolicyName=name, PolicyType=kind)


def document(number):
    """A policy that is unlike those of other numbers."""
    return allow(f"log:Get{number}")


def add(ram, number, **parameters):
    """Add a version: its id."""
    answer = ram.call("CreatePolicyVersion", PolicyName="Monitor", PolicyDocument=document(number), **parameters)
    return answer["PolicyVersion"]["VersionId"]


def remove(ram, version):
    ram.call("DeletePolicyVersion", PolicyName="Monitor", VersionId=version)


def versions(ram):
    """The ids of the versions, and that of the default one."""
    answer = ram.call("ListPolicyVersions", PolicyName="Monitor", PolicyType="Custom")
    listed = answer["PolicyVersions"]["PolicyVersion"]
    default, = (version["VersionId"] for version in listed if version["IsDefaultVersion"])
    return [version["VersionId"] for version in listed], default


def test_a_new_policy_has_one_version(ram):
    assert make_policy(ram, "Monitor", DOCUMENT)["DefaultVersion"] == "v1"
    assert versions(ram) == (["v1"], "v1")


def test_versions_are_retained(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    assert [add(ram, 2), add(ram, 3)] == ["v2", "v3"]
    assert versions(ram) == (["v1", "v2", "v3"], "v1")


def test_a_version_has_its_own_document(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    found = ram.call("GetPolicyVersion", PolicyName="Monitor", PolicyType="Custom", VersionId="v2")["PolicyVersion"]
    assert (found["PolicyDocument"], found["IsDefaultVersion"]) == (document(2), False)


def test_a_version_of_a_policy_of_the_system(ram):
    default = get(ram, "ReadOnlyAccess", "System")["DefaultPolicyVersion"]
    found = ram.call("GetPolicyVersion", PolicyName="ReadOnlyAccess", PolicyType="System",
                     VersionId=default["VersionId"])["PolicyVersion"]
    assert found == default


def test_a_new_version_counts_if_it_is_to(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2, SetAsDefault=True)
    found = get(ram)
    assert (found["Policy"]["DefaultVersion"], found["Policy"]["PolicyDocument"]) == ("v2", document(2))
    assert versions(ram) == (["v1", "v2"], "v2")


def test_a_new_version_does_not_count_by_itself(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    add(ram, 3, SetAsDefault=False)
    assert get(ram)["Policy"]["PolicyDocument"] == DOCUMENT


def test_another_version_counts(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    ram.call("SetDefaultPolicyVersion", PolicyName="Monitor", VersionId="v2")
    assert get(ram)["DefaultPolicyVersion"]["PolicyDocument"] == document(2)
    ram.call("SetDefaultPolicyVersion", PolicyName="Monitor", VersionId="v1")
    assert get(ram)["DefaultPolicyVersion"]["PolicyDocument"] == DOCUMENT


@pytest.mark.parametrize("call, parameters", [
    ("GetPolicyVersion", {"PolicyType": "Custom"}), ("SetDefaultPolicyVersion", {}), ("DeletePolicyVersion", {}),
])
def test_a_version_that_is_not_there(ram, call, parameters):
    make_policy(ram, "Monitor", DOCUMENT)
    with refused(404, "EntityNotExist.Policy.Version"):
        ram.call(call, PolicyName="Monitor", VersionId="v2", **parameters)


@pytest.mark.parametrize("version", ["2", "v0", "latest"])
def test_names_of_versions(ram, version):
    make_policy(ram, "Monitor", DOCUMENT)
    with refused(400, "InvalidParameter.VersionId.Format"):
        remove(ram, version)


def test_the_default_version_is_not_deleted(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2, SetAsDefault=True)
    with refused(409, "DeleteConflict.Policy.Version.Default"):
        remove(ram, "v2")
    remove(ram, "v1")
    assert versions(ram) == (["v2"], "v2")


def test_numbers_of_versions_are_not_used_again(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    remove(ram, add(ram, 2))
    assert add(ram, 3) == "v3"


@pytest.mark.parametrize("parameters", [{}, {"RotateStrategy": "None"}])
def test_a_policy_has_at_most_five_versions(ram, parameters):
    make_policy(ram, "Monitor", DOCUMENT)
    for number in range(2, 6):
        add(ram, number)
    with refused(409, "LimitExceeded.Policy.Version"):
        add(ram, 6, **parameters)
    assert versions(ram) == (["v1", "v2", "v3", "v4", "v5"], "v1")


def test_the_sixth_version_replaces_the_oldest(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    for number in range(2, 7):
        add(ram, number, SetAsDefault=True, RotateStrategy=ROTATE)
    assert versions(ram) == (["v2", "v3", "v4", "v5", "v6"], "v6")


def test_the_default_version_is_not_rotated_away(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    for number in range(2, 8):
        add(ram, number, RotateStrategy=ROTATE)
    assert versions(ram) == (["v1", "v4", "v5", "v6", "v7"], "v1")


def test_twenty_changes(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    for number in range(2, 22):
        add(ram, number, SetAsDefault=True, RotateStrategy=ROTATE)
    assert versions(ram) == (["v17", "v18", "v19", "v20", "v21"], "v21")
    assert get(ram)["Policy"]["PolicyDocument"] == document(21)


def test_strategies_of_rotation(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    with refused(400, "InvalidParameter.RotateStrategy"):
        add(ram, 2, RotateStrategy="DeleteAll")


def test_a_document_of_a_version_is_checked_too(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    with refused(400, "MalformedPolicyDocument"):
        ram.call("CreatePolicyVersion", PolicyName="Monitor", PolicyDocument="{}")
    assert versions(ram) == (["v1"], "v1")


# Deleting

@pytest.mark.parametrize("parameters", [{}, {"CascadingDelete": False}])
def test_a_policy_with_other_versions(ram, parameters):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    with refused(409, "DeleteConflict.Policy.Version"):
        ram.call("DeletePolicy", PolicyName="Monitor", **parameters)
    remove(ram, "v2")
    ram.call("DeletePolicy", PolicyName="Monitor")


def test_a_policy_is_deleted_with_its_versions(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    ram.call("DeletePolicy", PolicyName="Monitor", CascadingDelete=True)
    with refused(404, "EntityNotExist.Policy"):
        get(ram)


def test_a_policy_of_the_same_name_begins_anew(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    ram.call("DeletePolicy", PolicyName="Monitor", CascadingDelete=True)
    make_policy(ram, "Monitor", DOCUMENT)
    assert versions(ram) == (["v1"], "v1")


def test_everything_goes_in_its_order(ram):
    make_policy(ram, "Monitor", DOCUMENT)
    add(ram, 2)
    make_role(ram)
    attach(ram, "Monitor")
    with refused(409, "DeleteConflict.Role.Policy"):
        ram.call("DeleteRole", RoleName="Collector")
    detach(ram, "Monitor")
    remove(ram, "v2")
    ram.call("DeletePolicy", PolicyName="Monitor")
    ram.call("DeleteRole", RoleName="Collector")
