# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection local_fork gives what local gives, leaves nothing behind, and keeps tasks apart."""
from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ansible
import pytest
import yaml
from helpers import ROOT
from helpers.alibaba.deployments import MEMBERS, delegate
from helpers.alibaba.deployments import inventory_of as alibaba_inventory_of
from helpers.aws.deployments import ARCHIVE, REGION, inventory_of
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import visible

CONNECTIONS = ROOT / "tests/connections"
SECRET = "s3cr3t"
FORK = "crossaccount.audit_logs.local_fork"

# What differs between any two runs.
_CHANCE = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", "TIME"), (r"\d:\d\d:\d\d\.\d+", "DURATION"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "TIME"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"), (r"\b(A[A-Z]{3}|LTAI|STS\.)[A-Za-z0-9]{12,}\b", "ID"),
    (r"\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b", "UUID"),
    (r"/[^ \"]*?/ansible_\w+_payload_\w+/ansible_\w+_payload\.zip|/proc/\d+/fd/\d+", "PAYLOAD"),
    (r"\bprobe-[0-9a-f]{26}\b", "MARK"), (r"arrived after \d+ s", "ARRIVED"),
    (r"\d{8}T\d{4}Z_\w{16}\.json\.gz", "FILE"), (r"\bcp-[0-9a-f]{24}\b", "POLICY"),
    (r"\bo-[a-z0-9]{10}\b", "ORGANIZATION"), (r"\brd-\w{6}\b", "DIRECTORY"),
    (r"ansible(-moduletmp|-tmp|-local)-[\w.-]+(/tmp\w{8})?", "TEMPORARY"), (r"\bj?\d{6,}\.\d+\b", "NUMBER"),
]
_RANDOM_KEYS = {
    "RequestId", "request_id", "HostId", "x-amzn-requestid", "x-amz-request-id", "start", "end", "delta", "atime",
    "ctime", "mtime", "inode", "version", "ansible_job_id", "results_file", "src", "ansible_date_time",
    "_ansible_remote_checksum", "expiration", "create_date", "secret_key", "session_token", "access_key",
    "creation_time", "role_id", "attempts", "_original_basename", "seconds",
    "create_time", "last_modify_time",
}


def _normal(value):
    if isinstance(value, dict):
        return {key: "ANY" if key in _RANDOM_KEYS else _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, str):
        for pattern, name in _CHANCE:
            value = re.sub(pattern, name, value)
    return value


class Bench:
    """Runs tasks under one connection or the other."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.playbooks = Playbooks(folder, environment, other_permissions="the tests run single modules")
        self.playbooks.is_warm = False
        self.folder = folder
        # Not in the folder: Ansible puts a socket into it, whose path may have 107 characters.
        self.temporary = Path(tempfile.mkdtemp(prefix="tmp", dir=folder.parent))
        for name in ("library", "filter_plugins"):
            shutil.copytree(CONNECTIONS / name, folder / name)
        for path in (folder / "library").glob("*.py"):
            path.write_text("#!/usr/bin/python\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        self.playbooks.environment.update(
            ANSIBLE_CALLBACK_PLUGINS=str(CONNECTIONS / "callback_plugins"), ANSIBLE_CALLBACKS_ENABLED="record",
            TMPDIR=str(self.temporary), ANSIBLE_LOCAL_TEMP=str(folder / "home/tmp"),
            ANSIBLE_REMOTE_TEMP=str(folder / "home/tmp"), LOCAL_FORK_TEST=str(folder),
            ANSIBLE_ASYNC_DIR=str(folder / "async"),
        )
        self.output = ""

    def play(self, connection, tasks, **play):
        path = self.folder / "play.yml"
        path.write_text(yaml.safe_dump([{
            "hosts": "all", "gather_facts": False, "connection": connection,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "folder": str(self.folder)},
            **play, "tasks": [{"ansible.builtin.meta": "reset_connection"}, *tasks],
        }]), encoding="utf-8")
        return path

    def run(self, connection, tasks, *arguments, **play):
        """The recorded results."""
        record = self.folder / "record"
        record.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        (self.folder / "files").mkdir()
        environment = play.pop("environ", {})
        done = self.playbooks.run(
            self.play(connection, tasks, **play), *arguments,
            inventory={"all": {"hosts": {"here": {"ansible_connection": connection}}}},
            RECORD_RESULTS=str(record), **environment)
        self.output = done.output
        assert record.exists(), done.output
        return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

    def processes(self):
        """Processes that runs have left behind."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"LOCAL_FORK_TEST={self.folder}".encode() in path.read_bytes().split(b"\0"):
                    found.append(path.parent.name)
            except OSError:
                pass
        return found

    def left(self):
        """Temporary files that runs have left behind."""
        return [str(path) for folder in (self.temporary, self.folder / "home/tmp") for path in folder.rglob("*")]


@contextlib.contextmanager
def bench_in(folder, environment):
    """A bench that leaves no process behind."""
    bench = Bench(folder, environment)
    try:
        yield bench
    finally:
        for process in bench.processes():  # local leaves a module that hangs
            os.kill(int(process), signal.SIGKILL)


@pytest.fixture(name="bench")
def fixture_bench(tmp_path):
    """Without a cloud."""
    with bench_in(tmp_path, {}) as bench:
        yield bench


def compare(bench, tasks, *arguments, **play):
    """Run tasks under both connections, and compare."""
    forked, ordinary, said = run_both(bench, tasks, *arguments, **play)
    assert_same(forked, ordinary)
    assert len(forked) >= len(tasks)
    return forked, said


def run_both(bench, tasks, *arguments, **play):
    """Run tasks under both connections; returns the results under each, and the output with local_fork."""
    tasks = [
        {"ignore_errors": True, "name": f"{number} {json.dumps(task).replace('{{', '')}", **task}
        for number, task in enumerate(tasks)
    ]
    forked = bench.run(FORK, tasks, *arguments, **play)
    said = bench.output
    _until(lambda: bench.processes() == [])  # async_wrapper ends a little later
    assert bench.left() == []  # local leaves some
    return forked, bench.run("local", tasks, *arguments, **play), said


def assert_same(forked, ordinary):
    """Compare the results of tasks field by field. local_fork shows characters that a terminal would act on as text."""
    assert [entry["task"] for entry in forked] == [entry["task"] for entry in ordinary]
    differences = [
        (fork["task"], key, value, _normal(local["result"]).get(key))
        for fork, local in zip(forked, ordinary) for key, value in _normal(fork["result"]).items()
        if visible(value) != visible(_normal(local["result"]).get(key)) or fork["result"].keys() != local["result"].keys()
    ]
    assert not differences, "\n".join(map(repr, differences))
    assert [entry["is"] for entry in forked] == [entry["is"] for entry in ordinary]


def odd(do, **options):
    keywords = ("timeout", "environment", "check_mode", "diff", "no_log", "async", "poll", "become", "vars")
    more = {key: options.pop(key) for key in keywords if key in options}
    return {"odd": {"do": do, **options}, **more}


BUILTIN = [
    {"ping": {}},
    {"ping": {"data": "crash"}},
    {"command": "id"},
    {"command": "sh -c 'echo out; echo err >&2; exit 3'"},
    {"command": "no-such-command"},
    {"command": {"argv": ["cat"], "stdin": "fed"}},
    {"command": {"cmd": "pwd", "chdir": "/"}},
    {"shell": "echo $0 $PWD; umask; ulimit -n; tty; echo $A", "environment": {"A": "it's $HOME"}},
    {"shell": "cat /dev/stdin | wc -c"},
    {"raw": "echo raw"},
    {"file": {"path": "{{ folder }}/files/a", "state": "touch", "mode": "0600"}},
    {"file": {"path": "{{ folder }}/files/b", "state": "directory"}, "diff": True},
    {"file": {"path": "{{ folder }}/files/none", "state": "file"}},
    {"copy": {"content": "hello\n", "dest": "{{ folder }}/files/c"}, "diff": True},
    {"copy": {"content": "hello\n", "dest": "{{ folder }}/files/c"}},
    {"template": {"src": "{{ folder }}/files/c", "dest": "{{ folder }}/files/d"}, "check_mode": True, "diff": True},
    {"lineinfile": {"path": "{{ folder }}/files/c", "line": "more"}, "diff": True},
    {"stat": {"path": "{{ folder }}/files/c"}},
    {"slurp": {"src": "{{ folder }}/files/c"}},
    {"fetch": {"src": "{{ folder }}/files/c", "dest": "{{ folder }}/files/fetched", "flat": True}},
    {"find": {"paths": "{{ folder }}/files"}},
    {"tempfile": {"path": "{{ folder }}/files", "prefix": "x", "suffix": ".tmp"}, "register": "t", "no_log": True},
    {"setup": {"gather_subset": ["!all", "env", "python", "user", "platform", "distribution"]}},
    {"wait_for": {"path": "{{ folder }}/files/c", "timeout": 3}, "register": "w", "no_log": True},
    {"uri": {"url": "http://127.0.0.1:9/", "timeout": 1}},
    {"script": "/bin/true"},
    {"command": "echo {{ item }}", "loop": ["a", "b"]},
    {"command": "false", "retries": 2, "delay": 0, "register": "r", "until": "r.rc == 0"},
    {"command": {"nonsense": 1}},
    {"command": "echo secret", "no_log": True},
]

SECRET_OF_FILE = "{{ lookup('file', folder ~ '/secret') }}"
ODD = [
    odd("text"), odd("text", text="\u2603 %s {{ '{{' }} '\"\\"), odd("changed", diff=True),
    odd("changed", check_mode=True), odd("mode"), odd("mode", check_mode=True, diff=True), odd("fail"), odd("crash"),
    odd("chained"), odd("leave"), odd("noise"), odd("junk"), odd("exit"), odd("kill"), odd("term"), odd("interrupt"),
    odd("nothing"), odd("run"), odd("big"), odd("pool"), odd("processes"), odd("late"), odd("deep"), odd("too_deep"),
    odd("leaves_files"), odd("again"), odd("warn"), odd("text", gone="x"), odd("secret", secret=SECRET_OF_FILE),
    odd("secret", secret=SECRET_OF_FILE, no_log=True), odd("hang", timeout=2),
    odd("hang", timeout=2, secret=SECRET_OF_FILE), odd("no_such_act"), {"odd": {}}, {"no_end": {}}, {"no_import": {}},
    odd("files", vars={"litter": "{{ '/dev/null' | litter }}"}, text="{{ litter }}"),
    odd("text", environment={"LC_ALL": "C"}), odd("look", environment={"TZ": "Asia/Tokyo", "A": "b c"}),
]

FALLBACK = {
    "not piped": [{"shell_module": {}}, {"old_style": {"a": 1}}, odd("text", **{"async": 10, "poll": 1})],
    "become": [odd("text", become=True, vars={
        "ansible_become_method": "ansible.builtin.su", "ansible_become_flags": ""})],
    "interpreter": [odd("text", vars={"ansible_python_interpreter": "/usr/bin/env python3"})],
    "PYTHONHASHSEED": [odd("text", environment={"PYTHONHASHSEED": "1"})],
}


LOOK = odd("look")
FALLBACK_TASKS = [(reason, task) for reason, tasks in FALLBACK.items() for task in tasks]
SHARED = [LOOK, *BUILTIN, *ODD, *(task for _reason, task in FALLBACK_TASKS)]
"""Tasks of one play, which runs once under each connection."""


def number_and_task(value):
    """The name of a case: the number of its task in SHARED, and what the task does."""
    if not isinstance(value, dict):
        return str(value)
    number = next(number for number, task in enumerate(SHARED) if task is value)
    module = next(iter(value))
    does = value[module].get("do", "") if isinstance(value[module], dict) else value[module]
    return f"{number} {module} {does}".strip()


@pytest.fixture(name="shared", scope="module")
def fixture_shared(tmp_path_factory):
    """For each task of SHARED: its results under both connections, and what was said with local_fork."""
    with bench_in(tmp_path_factory.mktemp("shared"), {}) as bench:
        (bench.folder / "secret").write_text(SECRET)
        # With skipped hosts, the title of a task comes before all that is said of the task.
        forked, ordinary, said = run_both(bench, SHARED, "-v", environ={"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true"})
    parts = re.split(r"^TASK \[(\d+) .*\] \**$", said, flags=re.M)
    by_number = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    return [
        (results_of(number, forked), results_of(number, ordinary), by_number[number]) for number in range(len(SHARED))
    ]


def results_of(number, entries):
    """The results of the task with a number: one, or one of each item and of the loop."""
    return [entry for entry in entries if entry["task"].split()[0] == str(number)]


def gives_the_same(shared, task):
    """Compare the results of a task of SHARED; returns those under local_fork, and what was said."""
    forked, ordinary, said = next(shared[number] for number, other in enumerate(SHARED) if other is task)
    assert forked
    assert_same(forked, ordinary)
    return forked, said


@pytest.mark.parametrize("task", BUILTIN, ids=number_and_task)
def test_builtin_modules_give_the_same(shared, task):
    _results, said = gives_the_same(shared, task)
    assert "as with the connection local" not in said


@pytest.mark.parametrize("task", ODD, ids=number_and_task)
def test_odd_modules_give_the_same(shared, task):
    results, said = gives_the_same(shared, task)
    reasons = ["it gets an environment with LC_ALL"] if task.get("environment") == {"LC_ALL": "C"} else []
    assert re.findall("connection local: (.*)", said) == reasons
    assert SECRET not in said and SECRET not in json.dumps(results)


def test_a_module_sees_what_a_new_python_has(shared):
    gives_the_same(shared, LOOK)


@pytest.mark.parametrize("reason, task", FALLBACK_TASKS, ids=number_and_task)
def test_what_cannot_be_forked_runs_as_with_local(shared, reason, task):
    _results, said = gives_the_same(shared, task)
    assert len(re.findall(f"as with the connection local: .*{reason}", said)) == 1, said


def test_tracebacks_and_check_mode_are_the_same(bench):
    compare(bench, [odd("crash"), odd("fail"), odd("warn")], environ={"ANSIBLE_DISPLAY_TRACEBACK": "always"})
    compare(bench, [odd("changed"), odd("mode")], "--check", "--diff")


def test_one_task_does_not_see_another(bench):
    tasks = [odd("look"), odd("boto"), odd("spoil"), odd("look"), odd("boto"), odd("chance"), odd("chance"),
             {"odd": {"do": "{{ item }}"}, "loop": ["spoil", "look", "chance", "chance"]}]
    results = [entry["result"] for entry in bench.run(FORK, tasks)]
    before, boto, _spoil, after, boto_after, chance, chance_after, _item, item, chance_3, chance_4, _loop = results
    assert after == before
    assert {key: value for key, value in item.items() if key in before and key != "invocation"} == {
        key: value for key, value in before.items() if key != "invocation"}
    assert boto["session"] == boto_after["session"] == "None" and not boto_after["odd"]
    for numbers in zip(*(result["numbers"] for result in (chance, chance_after, chance_3, chance_4))):
        assert len(set(numbers)) == 4, numbers


def test_a_module_of_somebody_else_that_fails_shows_no_secret(bench):
    """This one is not that of local."""
    tasks = [{"command": "sh -c 'echo /?Signature=0123456789abcdef; exit 3'", "ignore_errors": True}]
    result = bench.run(FORK, tasks)[0]["result"]
    assert (result["stdout"], result["rc"]) == ("/?...", 3)


def test_progress_is_displayed_at_once(bench):
    """On standard error, which start() puts together with standard output."""
    path = bench.folder / "files/read"
    record = bench.folder / "record"
    process = bench.playbooks.start(
        bench.play(FORK, [{"progress": {"read": str(path)}}]), inventory={"all": {"hosts": {"here": {"ansible_host": "elsewhere"}}}},
        RECORD_RESULTS=str(record))
    path.parent.mkdir(exist_ok=True)
    for line in process.stdout:
        if "is done" in line:
            assert line == "here: 1 of 2 is done, \\x1b[31mx\n"
            path.touch()
    assert process.wait(60) == 0
    [result] = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert result["result"]["was_read"] is True


def test_progress_with_local(bench):
    """Ansible does not show what a module writes to standard error."""
    path = bench.folder / "read"
    path.touch()
    [result] = bench.run("local", [{"progress": {"read": str(path)}}])
    assert result["result"]["was_read"] is True and "is done" not in bench.output


def test_without_loading_in_advance_it_is_the_same(bench):
    path = bench.play(FORK, [odd("look"), odd("crash"), {"amazon.aws.aws_caller_info": {}}])
    play = yaml.safe_load(path.read_text())
    del play[0]["tasks"][0]
    results = {}
    for connection in (FORK, "local"):
        play[0]["connection"] = connection
        play[0]["ignore_errors"] = True
        path.write_text(yaml.safe_dump(play))
        record = bench.folder / "record"
        record.unlink(missing_ok=True)
        bench.playbooks.run(path, inventory={"all": {"hosts": {"here": {"ansible_connection": connection}}}},
                            RECORD_RESULTS=str(record), AWS_PROFILE="none")
        results[connection] = [_normal(json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
    for fork, local in zip(results[FORK], results["local"], strict=True):
        assert fork == local, {key: (value, local["result"].get(key)) for key, value in fork["result"].items()
                               if value != local["result"].get(key)}


def test_code_that_differs_from_what_was_loaded_is_not_used(bench):
    """As module_utils beside a playbook, which Ansible sends in place of its own."""
    (bench.folder / "module_utils").mkdir()
    (bench.folder / "library/mine.py").write_text(
        "#!/usr/bin/python\n"
        "from ansible.module_utils.basic import AnsibleModule\nfrom ansible.module_utils import urls\n"
        "AnsibleModule({}).exit_json(mine=getattr(urls, 'MINE', None))\n")
    shutil.copy(Path(ansible.__file__).parent / "module_utils/urls.py", bench.folder / "module_utils/urls.py")
    with (bench.folder / "module_utils/urls.py").open("a") as file:
        file.write("\nMINE = 1\n")
    results, _said = compare(
        bench, [{"mine": {}}, odd("look")], environ={"ANSIBLE_MODULE_UTILS": str(bench.folder / "module_utils")})
    assert results[0]["result"]["mine"] == 1


def test_credentials_are_those_of_the_task(alibaba, tmp_path):
    """Of which the SDK reads some when it is imported."""
    def task(account_id):
        credential = alibaba.root_key(account_id)
        environment = {"ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id,
                       "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.secret}
        return {"crossaccount.audit_logs.alibaba_session": {
            "account_id": account_id, "region": "cn-hangzhou", "http_proxy": alibaba.url, "protocol": "http",
        }, "environment": environment}

    ids = list(MEMBERS.values())[:2]
    results, _said = compare(Bench(tmp_path, alibaba.environment), [task(number) for number in ids])
    assert [entry["is"] for entry in results] == ["ok", "ok"], "a session of another account fails"


def value_of(expression):
    """A value of the plugin, from another process: with the plugin's imports in this one, modules that tests call here
    would give their warnings to Ansible's display, and not to their results.
    """
    plugins = "ansible_collections.crossaccount.audit_logs.plugins"
    script = (f"import json; from {plugins}.connection.local_fork import _AT_START;"
              f" from {plugins}.plugin_utils._connection.loaded import MODULES; print(json.dumps({expression}))")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".venv/collections")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True)
    return json.loads(done.stdout)


def test_variables_that_are_read_when_a_module_is_imported_are_known(bench):
    class OutsideOfFunctions(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return None

        visit_AsyncFunctionDef = visit_FunctionDef

    [result] = bench.run(FORK, [odd("loaded")])
    names = set()
    for path in result["result"]["files"]:
        text = ast.unparse(OutsideOfFunctions().visit(ast.parse(Path(path).read_text(encoding="utf-8"))))
        names.update(re.findall(r"(?:getenv\(|environ\.get\(|environ\[)['\"](\w+)", text))
        names.update(re.findall(r"['\"](\w+)['\"] (?:not )?in os.environ", text))
    assert names > {"ALIBABA_CLOUD_ACCESS_KEY_ID", "BOTO_DISABLE_CRT"}
    known = value_of("_AT_START.pattern")
    assert [name for name in sorted(names) if not re.match(known, name)] == []


def used(other):
    """Modules that roles and playbooks run, without those of the other cloud."""
    def actions(found):
        if isinstance(found, dict):
            yield from (name for name in found if re.fullmatch(r"(amazon|community|crossaccount)\.\w+\.\w+", str(name)))
            found = list(found.values())
        if isinstance(found, list):
            for item in found:
                yield from actions(item)

    files = (path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml"))
    files = [path for path in files if other not in str(path.relative_to(ROOT)) and path.parent.name != "inventory"]
    return {name for path in files for name in actions(yaml.safe_load(path.read_text(encoding="utf-8")))}


def test_what_is_loaded_is_what_is_used():
    modules = value_of("MODULES").items()
    loaded = {f"{collection}.{name}" for collection, names in modules for name in names if name != "*"}
    assert loaded == {name for name in used("nothing") if not name.startswith("crossaccount.")}


def run_deployment(bench, inventory, change, prepare):
    """Run playbooks under both connections; for each: how the runs ended, and the results of their tasks by host."""
    found = {}
    for connection in (FORK, "local"):
        prepare()
        record = bench.folder / "record"
        record.unlink(missing_ok=True)
        shutil.rmtree(bench.folder / "audit-logs-report", ignore_errors=True)  # a previous report is read
        ends = []
        for playbook in (["setup", "--check", "--diff"], ["setup", "--diff"], ["setup", "--check", "--diff", *change],
                         ["setup", *change], ["verify", *SOON, *change], ["destroy", "--diff"]):
            done = bench.playbooks.run(*playbook, "-e", f"ansible_connection={connection}", inventory=inventory,
                                       RECORD_RESULTS=str(record))
            assert record.exists(), done.output
            ends.append((playbook[0], done.status, _normal(done.lines)))
        entries = [_normal(json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
        found[connection] = ends, sorted(entries, key=lambda entry: (entry["host"], entry["task"]))
        assert connection == "local" or bench.processes() == [] and bench.left() == []
    return found


def same_deployments(found, is_one_of=lambda host: True):
    """Compare what playbooks say of hosts under both connections; returns the modules that ran there."""
    (forked_ends, forked), (ends, ordinary) = found[FORK], found["local"]
    forked, ordinary = ([entry for entry in entries if is_one_of(entry["host"])] for entries in (forked, ordinary))
    differences = [pair for pair in zip(forked_ends + forked, ends + ordinary) if pair[0] != pair[1]]
    assert not differences, "\n".join(map(_difference, differences))
    assert len(forked) == len(ordinary) and len(forked_ends) == len(ends)
    assert all(line.startswith(("ok", "warning", "changed", "to do")) or "role-that-is-not-there" in line
               for _playbook, _status, lines in ends for line in lines.values()), ends
    return {entry["action"] for entry in forked if entry["is"] != "skipped"}


def _difference(pair):
    if not all(isinstance(entry, dict) for entry in pair):
        return repr(pair)
    fork, local = (entry["result"] for entry in pair)
    parts = {key: (fork.get(key), local.get(key)) for key in fork.keys() | local.keys()
             if fork.get(key) != local.get(key)}
    return f"{pair[0]['host']} {pair[0]['task']} | {pair[1]['host']} {pair[1]['task']}: {parts}"


# One runs once for all hosts, the other with a role for validating log files. account_session runs the latter's module.
NOT_IN_EACH_ACCOUNT = {"crossaccount.audit_logs.deployment", "crossaccount.audit_logs.aws_session"}
# Only of a trail whose events do not arrive, or of policies of somebody else; and where they say what they found.
ASKED_LATER = {
    "crossaccount.audit_logs.actiontrail_trail_info": "trails",
    "crossaccount.audit_logs.cloudtrail_status_info": "status",
    "crossaccount.audit_logs.ram_policy_info": "policies",
}


def test_what_is_asked_later_gives_the_same(aws, alibaba, tmp_path):
    of_alibaba = {"region": "cn-hangzhou", "http_proxy": alibaba.url, "protocol": "http"}
    tasks = [{name: {"name": "nobody", **({"region": REGION} if "cloudtrail" in name else of_alibaba)}}
             for name in ASKED_LATER]
    results, _said = compare(Bench(tmp_path, {**aws.environment, **alibaba.environment}), tasks)
    assert {entry["action"] for entry in results} == set(ASKED_LATER)
    for entry in results:
        found = entry["result"][ASKED_LATER[entry["action"]]]
        assert not (found["exists"] if isinstance(found, dict) else found)


@pytest.fixture(name="both_clouds", scope="module")
def fixture_both_clouds(aws_server, alibaba_server, tmp_path_factory):
    """A deployment on both clouds, in each one account without a session."""
    nobody = "role-that-is-not-there"
    on_aws = inventory_of(
        2, {"team-b": {"audit_logs_aws_role": nobody}}, audit_logs_aws_cloudwatch=True,
        aws_trail_bucket_encryption="aws:kms", aws_trail_bucket_logging_bucket="access-logs",
        aws_trail_bucket_transition_days=30, aws_trail_validation_principals=["arn:aws:iam::222222222222:root"],
        aws_trail_insight_types=["ApiCallRateInsight"],
        aws_trail_event_selectors=[{"read_write_type": "WriteOnly"}],
    )
    on_alibaba = alibaba_inventory_of("log_audit", hosts={"blog": {"audit_logs_alibaba_role": nobody}}, members=2)
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::access-logs/*", "Condition": {"StringEquals": {"aws:SourceAccount": ARCHIVE}}}]}

    def prepare():
        aws_server.reset()
        alibaba_server.reset()
        s3 = aws_server.session(ARCHIVE).client("s3", region_name=REGION)
        s3.create_bucket(Bucket="access-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket="access-logs", Policy=json.dumps(policy))

    environment = {**aws_server.environment, **alibaba_server.environment}
    bench = Bench(tmp_path_factory.mktemp("both_clouds"), environment)
    inventory = {"all": {key: {**on_aws["all"][key], **on_alibaba["all"][key]} for key in ("vars", "children")}}
    change = ("-e", "aws_trail_bucket_transition_days=60", "-e", "aws_trail_cloudwatch_retention_days=90")
    return run_deployment(bench, inventory, change, prepare)


def is_on_aws(host):
    """Whether a host of the deployment on both clouds is on AWS."""
    return host in {"log-archive", "team-a", "team-b"}


@pytest.mark.full
def test_aws_deployment_gives_the_same(both_clouds):
    assert same_deployments(both_clouds, is_on_aws) >= used("alibaba") - set(ASKED_LATER) - NOT_IN_EACH_ACCOUNT


@pytest.mark.full
def test_alibaba_deployments_give_the_same(both_clouds, alibaba, tmp_path):
    bench = Bench(tmp_path, alibaba.environment)
    seen = same_deployments(both_clouds, lambda host: not is_on_aws(host))  # with Log Audit Service
    for mode, variables in {
        "actiontrail": {},
        "collection_policies": {"alibaba_collection_policies": [
            {"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]},
    }.items():
        def prepare(mode=mode):
            alibaba.reset()
            if mode == "collection_policies":
                delegate(alibaba)

        seen |= same_deployments(run_deployment(bench, alibaba_inventory_of(mode, **variables), (), prepare))
    assert seen >= used("aws") - set(ASKED_LATER) - NOT_IN_EACH_ACCOUNT


# What a worker may be doing: each hangs for a host of that name.
HANGS = {
    "forked": odd("hang"),
    "ordinary": odd("hang", environment={"PYTHONHASHSEED": "1"}),
    "command": {"command": "sleep 600"},
    "raw": {"raw": "sleep 600"},
    "again": {**odd("fail"), "register": "result", "until": "result is success", "retries": 1, "delay": 600},
    "timeout": odd("hang", timeout=600),
}


@contextlib.contextmanager
def hanging(bench, hangs):
    """Ansible with one worker for each."""
    tasks = [{**task, "when": f"inventory_hostname == '{host}'"} for host, task in hangs.items()]
    path = bench.play(FORK, [{"debug": {}}, *tasks], strategy="free")
    inventory = bench.folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(hangs)}}))
    with subprocess.Popen(
        ["ansible-playbook", str(path), "-i", str(inventory)], cwd=bench.folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=bench.playbooks.environment,
    ) as playbook:
        try:
            yield playbook
        finally:
            playbook.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_and_modules_end_with_ansible(bench, how):
    with hanging(bench, HANGS) as playbook:
        _until(lambda: len(bench.processes()) >= 1 + 2 * len(HANGS))
        time.sleep(1)
        playbook.send_signal(how)
        _until(lambda: bench.processes() == [])  # of which each would take ten minutes


def test_a_worker_whose_result_nobody_reads_ends(bench):
    with hanging(bench, {"slow": odd("slow")}) as playbook:
        _until(lambda: len(bench.processes()) >= 3)
        playbook.send_signal(signal.SIGSTOP)
        _until(lambda: len(bench.processes()) == 2)
        playbook.kill()
        _until(lambda: bench.processes() == [])  # of which each would take ten minutes


def _until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(.1)
