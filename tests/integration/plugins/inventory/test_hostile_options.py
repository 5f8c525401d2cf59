# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the inventory plugins that nobody should give: hosts, or one sentence that also reaches the playbooks."""
from __future__ import annotations

import pytest
from helpers import hostile
from helpers.alibaba import directories
from helpers.alibaba.deployments import ARCHIVE as ALIBABA_ARCHIVE
from helpers.aws.deployments import ARCHIVE
from helpers.aws.organizations import Organization, add_accounts
from helpers.inventories import Plugin, PluginFailed
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import PROBLEMS

UNIT = {"aws": "ou", "alibaba": "folder"}
RIGHT = {"archive": "log-archive", "tags": True}
WHOLE = {
    "archive": {}, "role_name": {}, "include": {"type": "list"}, "exclude": {"type": "list"}, "paths": {"type": "bool"},
    "tags": {"type": "bool"}, "emails": {"type": "bool"}, "hostnames": {"choices": ["name", "account_id"]}, "strict": {"type": "bool"},
    "compose": {"type": "dict"}, "groups": {"type": "dict"}, "keyed_groups": {"type": "list"}, "cache": {"type": "bool"},
}


@pytest.fixture(name="aws_plugin")
def fixture_aws_plugin(aws, tmp_path):
    """An organization with an archive and a tagged member in a unit."""
    organization = Organization(aws)
    add_accounts({ARCHIVE: "log-archive", "222222222222": "team-a"})
    organization.child("Workloads", accounts=["222222222222"])
    organization.tag("222222222222", team="web")
    plugin = Plugin("crossaccount.audit_logs.aws_accounts", tmp_path / "org.aws_accounts.yml", **RIGHT)
    plugin.environment.update(aws.environment)
    return plugin


@pytest.fixture(name="alibaba_plugin")
def fixture_alibaba_plugin(alibaba, tmp_path):
    """The same, as a resource directory."""
    workloads = directories.add_folder(alibaba, "Workloads")
    directories.add_member(alibaba, ALIBABA_ARCHIVE, "log-archive")
    directories.add_member(alibaba, "2234567890123456", "shop", workloads, tags={"team": "web"})
    credential = alibaba.credential()
    return Plugin(
        "crossaccount.audit_logs.alibaba_accounts", tmp_path / "org.alibaba_accounts.yml", protocol="http", http_proxy=alibaba.url,
        access_key_id=credential.access_key_id, access_key_secret=credential.secret, **RIGHT)


def entries(unit):
    """Entries of include and exclude: of a right form, with a hostile value, or of no form at all."""
    kind = st.sampled_from(["account", unit, "tag"])
    return st.lists(st.one_of(st.dictionaries(kind, hostile.VALUES, min_size=1, max_size=2), hostile.VALUES), max_size=3)


@pytest.mark.parametrize("cloud", UNIT)
def test_options(cloud, request):
    plugin = request.getfixturevalue(f"{cloud}_plugin")
    entry = entries(UNIT[cloud])

    @hostile.examples(12)
    @given(hostile.changed(RIGHT, WHOLE), st.fixed_dictionaries({}, optional={"include": entry, "exclude": entry}))
    def tried(options, lists):
        try:
            found = plugin.run(**{**plugin.options, **options, **lists})
        except UnicodeEncodeError:
            return  # half of a surrogate pair: no file can have it
        except PluginFailed as failed:
            sentence = str(failed)
            assert failed.parsed.group_variables["all"][PROBLEMS] == [sentence]
            assert "\n" not in sentence
            assert not (problem := hostile.sentence_problem(sentence)), problem
        else:
            assert found.groups[f"{cloud}_members"]

    tried()
