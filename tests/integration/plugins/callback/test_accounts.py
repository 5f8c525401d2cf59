# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback accounts shows, on a terminal and in a pipe, beside what the default callback shows."""
from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import yaml
from helpers.aws.deployments import inventory_of
from helpers.playbooks import Playbooks

OURS = {"ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts"}
THEIRS = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false"}
HOSTS = ["team-a", "team-b", "team-c"]
HOST_VARIABLES = {
    "ansible_connection": "crossaccount.audit_logs.local_fork",  # with the same results as local, and faster
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}

BAR = "[█▒░]"

MODULE = """
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"what": {}})
what = module.params["what"]
if what == "crash":
    raise RuntimeError("crashed in the middle of it")
if what == "die":
    import os, sys
    sys.stderr.write("died without an answer")
    os._exit(7)
if what == "mute":
    module.exit_json(failed=True, reason=["only here"])
if what == "first":
    module.fail_json(msg="member: first\\nsecond", rc=3)
if what == "results":
    module.fail_json(msg="bad", results=["No space left"])
if what == "odd":
    module.exit_json(msg="odd, but fine", exception="as a trace")
if what == "cloud":
    error = {"code": "Denied", "message": "Denied"}
    module.fail_json(msg="Could not do it: Denied", error=error, hint={"see": "the docs"})
module.warn("a warning of " + what)
module.deprecate("a deprecation of " + what, version="9.9.9", collection_name="ansible.builtin")
if what == "warn and fail":
    module.fail_json(msg="failed with a warning")
module.exit_json(changed=True, diff={"before": "old\\n", "after": "new\\n"})
"""
ACTION = """
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        Display().display("said by a worker")
        return {"changed": False}
"""
CONNECTION = """
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local
DOCUMENTATION = "name: gone\\noptions: {}"
class Connection(Local):
    transport = "gone"
    def _connect(self):
        raise AnsibleConnectionFailure("nobody lives at " + self._play_context.remote_addr)
"""

BAD = {
    "failed": [{"fail": {"msg": "bad {{ inventory_hostname }}"}}, {"debug": {"msg": "not reached"}}],
    "several lines": [{"fail": {"msg": "first of {{ inventory_hostname }}\nsecond line\n  third"}}],
    "no words": [{"fail": {"msg": ""}}],
    "not a text": [{"fail": {"msg": {"a": ["dictionary", 1]}}}],
    "ignored": [{"fail": {"msg": "ignored on {{ inventory_hostname }}"}, "ignore_errors": True}],
    "rescued": [{
        "block": [{"fail": {"msg": "rescued on {{ inventory_hostname }}"}}],
        "rescue": [{"fail": {"msg": "and again: {{ ansible_failed_result.msg }}"}}],
        "always": [{"command": "false"}],
    }],
    "commands": [
        {"command": "sh -c 'echo out of it; echo error {{ item }} >&2; exit {{ item }}'", "loop": [0, 3]},
    ],
    "nothing to run": [{"command": "/does/not/exist"}],
    "loops": [
        {"fail": {"msg": "bad {{ item }}"}, "loop": ["one", "two"], "when": "item != 'one'", "ignore_errors": True},
        {"fail": {"msg": "bad {{ it.n }}"}, "loop": [{"n": 1}], "loop_control": {"loop_var": "it", "label": 1}},
    ],
    "retries": [{"command": "false", "register": "x", "until": "x is succeeded", "retries": 1, "delay": 0}],
    "undefined": [
        {"debug": {"msg": "{{ nowhere }}"}, "ignore_errors": True},
        {"debug": {"msg": "{{ item }}"}, "loop": "{{ nowhere }}", "ignore_errors": True},
        {"debug": {}, "when": "nowhere == 1", "ignore_errors": True},
        {"debug": {"var": "nowhere.inside"}, "ignore_errors": True},
        {"name": "Named {{ nowhere }}", "set_fact": {"x": "{{ 1 / 0 }}"}},
    ],
    "templates": [{"debug": {"msg": "{{ 1 + }}"}, "ignore_errors": True}, {"debug": {"msg": "{{ 'x' | nofilter }}"}}],
    "conditions": [{"debug": {}, "when": "'text'", "ignore_errors": True}, {"assert": {"that": ["1 == 1", "1 == 2"]}}],
    "arguments": [{"file": {"path": "x", "state": "nonsense"}, "ignore_errors": True}, {"file": {"pth": "x"}}],
    "crash": [{"trouble": {"what": "crash"}}],
    "death": [{"trouble": {"what": "die"}}],
    "no message": [{"trouble": {"what": "mute"}}],
    "refused by a cloud": [{"trouble": {"what": "cloud"}}],
    "warnings": [
        {"trouble": {"what": "x"}},
        {"trouble": {"what": "item {{ item }}"}, "loop": [1]},
        {"trouble": {"what": "warn and fail"}},
    ],
    "failed_when": [
        {"command": "true", "failed_when": True, "ignore_errors": True},
        {"command": "false", "failed_when": False},
        {"command": "true", "failed_when": "nowhere"},
    ],
    "includes": [
        {"include_tasks": "nowhere.yml", "ignore_errors": True}, {"include_role": {"name": "nowhere"}},
    ],
    "include_vars": [{"include_vars": "nowhere.yml"}],
    "async": [{"command": "false", "async": 5, "poll": 1}],
    "delegated": [{"fail": {"msg": "not here"}, "delegate_to": "localhost"}],
    "once": [{"fail": {"msg": "for all of them"}, "run_once": True}],
    "handlers": [{"command": "true", "notify": "Handler"}, {"meta": "flush_handlers"}, {"debug": {"msg": "no"}}],
    "unreachable": [
        {"command": "true", "vars": {"ansible_connection": "gone"}, "ignore_unreachable": True},
        {"command": "true", "vars": {"ansible_connection": "gone"}, "loop": [1, 2], "ignore_unreachable": True},
        {"command": "true", "vars": {"ansible_connection": "gone"}},
    ],
    "no such module": [{"nowhere": {}}],
    "not a task": [{"debug": {}, "fail": {}}],
}
"""Tasks with which something is wrong."""

PLAYS = {
    "any_errors_fatal": {"any_errors_fatal": True},
    "max_fail_percentage": {"max_fail_percentage": 10},
    "serial": {"serial": 1},
    "free": {"strategy": "free"},
    "vars_files": {"vars_files": ["nowhere.yml"]},
    "no hosts": {"hosts": "nobody"},
    "bad hosts": {"hosts": "{{ nowhere }}"},
    "bad keyword": {"hsots": "all"},
    "roles": {"roles": ["nowhere"]},
    "no strategy": {"strategy": "nowhere"},
}
"""Settings of plays, with a task that fails for one host."""

RUN_ALONE = {
    "once", "no such module", "not a task", "any_errors_fatal", "max_fail_percentage", "serial", "vars_files",
    "no hosts", "bad hosts", "bad keyword", "roles", "no strategy",
}
"""Cases with a run of their own. After all but one of them, Ansible does not go on to the next play. Without hosts, a
warning comes before the title of the play, where it would belong to the play before.
"""
STEADY = "steady"
"""A host without failures, in the play of each case: Ansible ends a run after a play in which all hosts fail."""

REASONS = ("msg", "reason", "stderr", "stdout", "module_stderr", "hint")
"""Where results say why."""
LOUD = re.compile(r"^\[(?:ERROR|WARNING|DEPRECATION WARNING)\]: (?:Task failed: (?:Module|Action) failed: )?(.*)", re.M)
"""What the default callback shows beside results."""


@pytest.fixture(name="runs")
def fixture_runs(tmp_path):
    """Playbooks that need no cloud."""
    return playbooks_without_a_cloud(tmp_path, HOSTS)


def playbooks_without_a_cloud(folder, hosts):
    """Playbooks in a folder, with the modules and plugins that the tasks above use."""
    for name, content in {"library/trouble": MODULE, "connection_plugins/gone": CONNECTION,
                          "action_plugins/say": ACTION}.items():
        path = folder / f"{name}.py"
        path.parent.mkdir()
        path.write_text(content, encoding="utf-8")
    write_hosts(folder, hosts)
    return Playbooks(folder, {}, ("-i", str(folder / "hosts")))


def write_hosts(folder, hosts, **variables):
    """Write the inventory."""
    content = {"all": {"hosts": dict.fromkeys(hosts), "vars": {**HOST_VARIABLES, **variables}}}
    (folder / "hosts").write_text(json.dumps(content), encoding="utf-8")


def playbook(folder, tasks, **play):
    """Write a playbook and return its path."""
    return playbook_of_plays(folder, [play_of(tasks, **play)])


def playbook_of_plays(folder, plays):
    """Write a playbook and return its path."""
    path = folder / "playbook.yml"
    path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    return path


def play_of(tasks, **settings):
    """A play."""
    handlers = [{"name": "Handler", "ansible.builtin.fail": {"msg": "the handler of {{ inventory_hostname }}"}}]
    return {"name": "Play", "hosts": "all", "gather_facts": False, "tasks": tasks, "handlers": handlers, **settings}


def play_of_case(case):
    """The tasks and the settings of the play of a case."""
    tasks = [
        {"fail": {"msg": "bad {{ inventory_hostname }}"}, "when": "inventory_hostname.endswith('-b')"},
        {"debug": {"msg": "go on"}},
    ]
    return BAD.get(case, tasks), PLAYS.get(case, {})


def run_with_both(runs, path, *arguments):
    """Run a playbook with the default callback and with ours."""
    with ThreadPoolExecutor() as pool:
        return tuple(pool.map(lambda callback: runs.run(path, *arguments, **callback), (THEIRS, OURS)))


@pytest.fixture(name="shared_runs", scope="module")
def fixture_shared_runs(tmp_path_factory):
    """One playbook, run with both callbacks: a play for each case, on three hosts of its own and the steady one."""
    hosts, plays = [STEADY], []
    for case in cases_that_share():
        of_case = [f"{case.replace(' ', '-')}-{letter}" for letter in "abc"]
        tasks, settings = play_of_case(case)
        leave = {"meta": "end_host", "when": f"inventory_hostname == '{STEADY}'"}
        plays.append(play_of([leave, *tasks], **{"name": case, "hosts": [*of_case, STEADY], **settings}))
        hosts += of_case
    runs = playbooks_without_a_cloud(tmp_path_factory.mktemp("shared"), hosts)
    return run_with_both(runs, playbook_of_plays(runs.folder, plays))


@pytest.fixture(name="parts", scope="module")
def fixture_parts(shared_runs):
    """What the default callback showed of the play of each case, and what ours showed."""
    theirs, ours = (run.output for run in shared_runs)
    titles = re.finditer(r"^PLAY (?:\[(.*)\]|RECAP) \**$", theirs, re.M)
    starts = [(title[1], title.start()) for title in titles]
    parts_of_theirs = {name: theirs[start:end] for (name, start), (_name, end) in pairwise(starts)}
    parts_of_ours, start = {}, 0
    for last in re.finditer(r"^ +\d+:\d\d  (.+?): ended after .*\n", ours, re.M):
        parts_of_ours[last[1]] = ours[start:last.end()]
        start = last.end()
    return parts_of_theirs, parts_of_ours


def cases_that_share():
    """Names of the cases that are plays of one playbook."""
    return [case for case in [*BAD, *PLAYS] if case not in RUN_ALONE]


@pytest.fixture(name="screens_of")
def fixture_screens_of(runs, request):
    """What both callbacks show of a case."""
    def screens(case):
        if case not in RUN_ALONE:
            theirs, ours = request.getfixturevalue("parts")
            return theirs[case], ours[case]
        tasks, settings = play_of_case(case)
        theirs, ours = run_with_both(runs, playbook(runs.folder, tasks, **settings))
        assert ours.status == theirs.status, ours.output
        return theirs.output, ours.output
    return screens


def assert_same_screen(theirs, ours):
    """Each trouble that the default callback shows, ours has to show."""
    seen = words(ours)
    for host, answer in re.findall(r"^(?:fatal|failed): \[(\S+?)(?: -> \S+)?\].*? => (\{.*\})$", theirs, re.M):
        answer = json.loads(answer)
        assert re.search(rf"^(FAILED|ignored) +{host} ", ours, re.M), ours
        for text in texts([answer.get(name) for name in REASONS]):
            assert words(text) in seen, f"{text!r} of {host} is not in\n{ours}"
        for text in texts(answer.get("msg"))[:1]:
            start = words(text.partition("\n")[0])
            assert any(f" {host} " in line and start in words(line) for line in ours.splitlines()), ours
    for text in LOUD.findall(theirs):
        assert words(text) in seen, f"{text!r} is not in\n{ours}"


def words(text):
    """A text without regard to how its lines and sentences are joined."""
    return " ".join(re.split(r"[\s:.]+", text)).strip()


def texts(value):
    """The texts within a value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in texts(one)]


class Screen:
    """A terminal on which a command runs."""

    def __init__(self, command, folder, environment, columns=80):
        self.main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {"TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=side, stdout=side, stderr=side, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(side)
        self.raw, self.decoder = "", codecs.getincrementaldecoder("utf-8")()

    def until(self, *texts):
        """Read until the texts were there, or without texts until the command has ended; return its status."""
        deadline = time.monotonic() + 60
        while not texts or any(text not in self.raw for text in texts):
            if not self.read(deadline):
                break
        assert all(text in self.raw for text in texts), f"{texts} are not in\n{self.raw}"
        assert time.monotonic() < deadline, self.raw
        return None if texts else self.process.wait()

    def watch(self, seconds):
        """Read for some time."""
        deadline = time.monotonic() + seconds
        while self.read(deadline):
            pass

    def read(self, deadline):
        """Read what comes next; return whether something came before the deadline or the end."""
        if not select.select([self.main], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self.main, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            return False
        self.raw += self.decoder.decode(data)
        return bool(data)

    @property
    def rows(self):
        """What stands there in the end, without colors."""
        rows, column = [""], 0
        for token in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|.", self.raw, re.S):
            if token == "\n":
                rows.append("")
            elif token == "\r":
                column = 0
            elif token == "\x1b[K":
                rows[-1] = rows[-1][:column]
            elif not token.startswith("\x1b"):
                rows[-1] = rows[-1][:column].ljust(column) + token + rows[-1][column + 1:]
                column += 1
        return rows

    @property
    def drawn(self):
        """What was drawn in place, one after the other, without colors."""
        drawn = (re.sub(r"\x1b\[[0-9;]*m", "", text) for text in re.findall(r"\r\x1b\[K([^\r\n]+)", self.raw))
        return [text for text in drawn if re.search(BAR, text)]


@pytest.fixture(name="screen")
def fixture_screen(runs):
    """Start a playbook on a terminal."""
    screens = []

    def start(path, *arguments, columns=80, **environment):
        command = ["ansible-playbook", *runs.arguments, str(path), *arguments]
        hidden = ("AWX_ISOLATED_DATA_DIR", "CI", "NO_COLOR", "COLUMNS")
        inherited = {name: value for name, value in runs.environment.items() if name not in hidden}
        screens.append(Screen(command, runs.folder, {**inherited, **OURS, **environment}, columns))
        return screens[-1]

    yield start
    for screen in screens:
        screen.process.kill()
        screen.process.wait()
        os.close(screen.main)


@pytest.mark.parametrize("case", BAD)
def test_a_task_that_fails(screens_of, case):
    """Whatever is wrong with it: the message is there, with the account."""
    theirs, ours = screens_of(case)
    assert re.search("ERROR|FAILED|UNREACHABLE", theirs)
    assert not re.search(r"\x1b|\r", ours)
    assert_same_screen(theirs, ours)


@pytest.mark.parametrize("case", PLAYS)
def test_a_play_that_fails(screens_of, case):
    """However the play handles failures, and if it can't begin."""
    theirs, ours = screens_of(case)
    assert_same_screen(theirs, ours)
    for text in ("no hosts matched", "go on"):
        assert (text in theirs) == (text in ours)


def test_plays_that_share_a_run(shared_runs, parts):
    """Each is shown, one after the other, and the exit status is that with the default callback."""
    theirs, ours = shared_runs
    assert ours.status == theirs.status != 0, ours.output
    assert [list(shown) for shown in parts] == [cases_that_share()] * 2, f"{theirs.output}\n{ours.output}"


@pytest.mark.parametrize("on_terminal", [True, False])
def test_control_characters(runs, screen, on_terminal):
    """Neither a message nor a name erases or forges what is shown, wherever it comes from."""
    hostile = "x\x1b[2K\x1b[1A\r\u202eok       team-c  fine"
    names = ["a\nok       team-b  fine", "b\x1bc"]
    write_hosts(runs.folder, names, hostile=hostile)
    tasks = [
        {"name": "T {{ hostile }}", "trouble": {"what": "{{ hostile }}"}, "diff": True, "run_once": True},
        {"copy": {"content": "{{ hostile }}", "dest": "{{ playbook_dir }}/x"}, "diff": True, "run_once": True},
        {"name": "U\rv", "debug": {"msg": ["{{ hostile }}"]}},
        {"fail": {"msg": "{{ hostile }}\nsecond"}},
    ]
    path = playbook(runs.folder, tasks, name="P\x1b[8m")
    if on_terminal:
        terminal = screen(path, NO_COLOR="1", columns=200)
        terminal.until()
        output = terminal.raw.replace("\r\n", "\n").replace("\r\x1b[K", "")
    else:
        output = runs.run(path, **OURS).output
    assert not re.search(r"[^\n -~█▒░]", output), output
    assert not re.search("^ok ", output, re.M)
    shown = hostile.encode("unicode_escape").decode()
    for text in (
        f"a warning of {shown}", f"+{shown}", f"U\\rv: {shown}", f"fail: {shown}\n         second", "P\\x1b[8m",
    ):
        assert text in output, f"{text!r} is not in\n{output}"
    for name in names:
        assert f"FAILED   {name.encode('unicode_escape').decode()}  " in output


def wait_for(name):
    """The command of a task that lasts until a test has created a file."""
    return {"raw": f"timeout 60 sh -c 'until test -e \"{{{{ playbook_dir }}}}/{name}\"; do sleep 0.05; done'"}


def end_waiting(runs, *names):
    """Make the files that tasks wait for."""
    for name in names:
        (runs.folder / name).touch()


SOME = [
    {"name": "Even", **wait_for("even")},
    {"name": "Uneven", **wait_for("uneven-{{ inventory_hostname }}")},
    {"name": "Warn", "trouble": {"what": "x"}, "run_once": True},
    {"name": "Refused", "fail": {"msg": "not on {{ inventory_hostname }}"}, "when": "inventory_hostname == 'team-b'"},
    {"name": "Last", **wait_for("last")},
]
ALL_OF_SOME = ["even", *(f"uneven-{host}" for host in HOSTS), "last"]
"""What they wait for."""


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_terminal(runs, screen, columns):
    """The line is drawn in place within the width, steps aside for failures and warnings, and is gone in the end."""
    terminal = screen(playbook(runs.folder, SOME, name="Some tasks"), columns=columns)
    wide = columns > 40
    terminal.until("0/3", *(["3 running"] if wide else []))
    end_waiting(runs, "even", "uneven-team-a", "uneven-team-b")
    terminal.until("2/3", *(["waiting for team-c: Uneven"] if wide else []))
    end_waiting(runs, "uneven-team-c")
    terminal.until(", 1 failed  ")
    end_waiting(runs, "last")
    assert terminal.until() == 2
    assert not any(re.search(BAR, row) for row in terminal.rows), "\n".join(terminal.rows)
    assert max(map(len, terminal.drawn)) < columns
    drawn = "\n".join(terminal.drawn)
    assert re.search("[12]/3", drawn) and "Some tasks" in drawn and ", 1 failed  " in drawn
    if wide:
        assert all(text in drawn for text in ("3 running", "waiting for team-c: Uneven", "(1/1)"))
    rows = terminal.rows
    assert "FAILED   team-b  Refused: not on team-b" in rows
    assert any(row.startswith("[WARNING]: a warning of x") for row in rows)
    ended = r" +0:\d\d  Some tasks: ended after 0:\d\d, 3 accounts, 1 failed, 2 changed"
    assert any(re.fullmatch(ended, row) for row in rows)
    assert [row.split()[:2] for row in rows[-5:-2]] == [
        ["FAILED", "team-b"], ["changed", "team-a"], ["changed", "team-c"]
    ]
    assert rows[-2].endswith("3 accounts: 1 failed, 2 changed")
    assert "\x1b[0;31mFAILED   team-b" in terminal.raw


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}, {"AWX_ISOLATED_DATA_DIR": "."}])
def test_terminal_for_plain_lines(runs, screen, environment):
    """Nothing is drawn where it can't be, or where the output is kept."""
    end_waiting(runs, *ALL_OF_SOME)
    terminal = screen(playbook(runs.folder, SOME), **environment)
    assert terminal.until() == 2
    assert not terminal.drawn and "\x1b[K" not in terminal.raw
    assert "0:00  Play: 3 accounts" in terminal.raw


def test_terminal_without_color(runs, screen):
    """The line is drawn all the same."""
    end_waiting(runs, *ALL_OF_SOME)
    terminal = screen(playbook(runs.folder, SOME), NO_COLOR="1")
    terminal.until()
    assert terminal.drawn and not re.search(r"\x1b\[[0-9;]*m", terminal.raw)


def test_terminal_with_wide_names(runs, screen):
    """The line keeps to its width, whatever alphabet; one long name does not push the others apart."""
    long = "team-" + 60 * "x"
    write_hosts(runs.folder, ["名前アカウント", "team", long])
    fail = {"name": "Fail", "fail": {"msg": "bad"}, "when": "inventory_hostname == 'team'"}
    path = playbook(runs.folder, [fail, wait_for("drawn")], name="監査ログ監査ログ監査ログ")
    terminal = screen(path, columns=40)
    terminal.until(", 1 failed  監査")
    end_waiting(runs, "drawn")
    terminal.until()
    assert max(len(line) + len(re.findall(r"[^\x00-\xff█▒░]", line)) for line in terminal.drawn) == 39
    assert any(", 1 failed  監査" in line for line in terminal.drawn)
    rows = terminal.rows[-5:-2]
    assert rows == ["FAILED   team" + 28 * " " + "1 failed", f"changed  {long}  1 ok, 1 changed, 1 skipped",
                    "changed  名前アカウント" + 18 * " " + "1 ok, 1 changed, 1 skipped"]


def test_terminal_and_workers(runs, screen):
    """What a worker displays comes up once, without a complaint that it wrote to the terminal."""
    terminal = screen(playbook(runs.folder, [{"command": "sleep 0.3"}, {"say": {}}]), "--limit", "team-a")
    terminal.until()
    assert terminal.drawn and "errantly" not in terminal.raw
    assert terminal.raw.count("said by a worker") == 1


def test_prompt(runs, screen):
    """A question stays on the terminal until it is answered."""
    tasks = [{"pause": {"prompt": "Go on"}}, {"debug": {"msg": "went on"}}]
    prompt = {"name": "who", "prompt": "Who is it", "private": False}
    terminal = screen(playbook(runs.folder, tasks, vars_prompt=[prompt]))
    terminal.until("Who is it")
    os.write(terminal.main, b"me\n")
    terminal.until("Go on:")
    shown = terminal.rows
    terminal.watch(1.2)  # longer than it takes to draw again
    assert terminal.rows == shown and shown[-2].startswith("Go on:"), terminal.raw
    os.write(terminal.main, b"\n")
    assert terminal.until() == 0
    assert "team-a  debug: went on" in terminal.raw


@pytest.mark.parametrize("on_terminal", [True, False])
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 99), (signal.SIGTERM, -signal.SIGTERM)])
def test_interrupted(runs, screen, sent, status, on_terminal):
    """Where it was interrupted is said, with the accounts that were not through."""
    path = playbook(runs.folder, [{"name": "Quick", "raw": "true"}, {"name": "Long", "command": "sleep 60"}])
    terminal = screen(path, CROSSACCOUNT_PROGRESS_INTERVAL="1", **({} if on_terminal else {"TERM": "dumb"}))
    terminal.until("running: Long", "   0:02  ")
    terminal.process.send_signal(sent)
    assert terminal.until() == status
    assert any("interrupted" in row for row in terminal.rows) == (sent == signal.SIGINT)
    last = terminal.rows[-2]
    assert re.search("Play: stopped at Long, unfinished: team-a, team-b, team-c; after (?!0:00)", last), last
    assert not any(re.search(BAR, row) for row in terminal.rows)


def test_pipe(runs):
    """Few lines, without control characters; while a task lasts, one each interval."""
    tasks = [{"name": "Long", "raw": "sleep 3.5"}, *({"raw": "true"} for _number in range(5))]
    run = runs.run(playbook(runs.folder, tasks), CROSSACCOUNT_PROGRESS_INTERVAL="1", **OURS)
    assert "\x1b" not in run.output and "\r" not in run.output
    lines = run.output.splitlines()
    assert re.fullmatch(r" +0:00  Play: 3 accounts", lines[0])
    between = [line for line in lines if "(1/1)" in line]
    minutes, seconds = lines[-1].split()[0].split(":")
    assert 3 <= len(between) == len(lines) - 7 <= int(minutes) * 60 + int(seconds)
    assert re.fullmatch(r" +0:0\d  0/3  Play \(1/1\), 3 running: Long", between[0])
    assert lines[len(between) + 1].endswith(", 3 accounts, 3 changed")
    assert lines[-4:-1] == [f"changed  {host}  6 ok, 6 changed" for host in HOSTS]
    assert lines[-1].endswith("3 accounts: 3 changed")


def test_stays_secret(runs):
    """What no_log hides stays hidden, also in a loop, with an error of a template or a traceback, and in a diff."""
    tasks = [
        {"fail": {"msg": "hush"}},
        {"fail": {"msg": "{{ item }}"}, "loop": ["hush"]},
        {"debug": {"msg": "{{ {}.hush }}"}},
        {"debug": {"msg": "hush"}},
        {"trouble": {"what": "hush"}},
        {"copy": {"content": "hush", "dest": "{{ playbook_dir }}/hush"}, "run_once": True, "diff": True},
    ]
    hidden = {"no_log": True, "ignore_errors": True}
    path = playbook(runs.folder, [{**task, **hidden, "name": f"Task {n}"} for n, task in enumerate(tasks)])
    run = runs.run(path, "--diff", ANSIBLE_DISPLAY_TRACEBACK="error", **OURS)
    assert "hush" not in run.output.replace("a warning of hush", "").replace("a deprecation of hush", ""), run.output
    assert run.output.count("no_log") >= 3 * len(HOSTS)


def test_verbose(runs):
    """More is what the default callback shows."""
    tasks = [{"debug": {"msg": "a"}}, {"set_fact": {"x": 1}}, {"fail": {"msg": "b"}, "ignore_errors": True}]
    path = playbook(runs.folder, tasks)
    ours = runs.run(path, "--limit", "team-a", "-v", **OURS).output
    assert ours == runs.run(path, "--limit", "team-a", "-v", ANSIBLE_STDOUT_CALLBACK="default").output
    assert "PLAY RECAP" in ours


def test_plan(runs):
    """With --check --diff each difference has its account."""
    (runs.folder / "there").write_text("one\ntwo\n", encoding="utf-8")
    tasks = [
        {"name": "Write", "copy": {"content": "one\n2\n", "dest": "{{ playbook_dir }}/there"}},
        {
            "name": "Each", "loop": ["there", "new"],
            "copy": {"content": "one\n", "dest": "{{ playbook_dir }}/{{ item }}"},
        },
    ]
    run = runs.run(playbook(runs.folder, tasks), "--check", "--diff", "--limit", "team-a", **OURS)
    lines = run.output.splitlines()
    start = lines.index("to do    team-a  Write")
    assert lines[start + 1].startswith("--- before: ") and lines[start + 2].startswith("+++ after: ")
    assert lines[start + 3:start + 8] == ["@@ -1,2 +1,2 @@", " one", "-two", "+2", ""]
    assert "to do    team-a  Each (item=there)" in lines and "to do    team-a  Each (item=new)" in lines
    assert lines[-1].endswith("1 account: 1 to do")


def test_tasks_in_check_mode(runs):
    """What a task would change in check mode is no change, also if the run is not in it."""
    write = {"copy": {"content": "one\n", "dest": "{{ playbook_dir }}/{{ inventory_hostname }}"}, "diff": True}
    tasks = [
        {"name": "Look", **write, "check_mode": "{{ 1 == 1 }}"},
        {"name": "Write", **write, "when": "inventory_hostname == 'team-b'"},
    ]
    lines = runs.run(playbook(runs.folder, tasks), **OURS).output.splitlines()
    assert "to do    team-a  Look" in lines and "changed  team-b  Write" in lines
    assert lines[-6].endswith("3 accounts, 2 to do, 1 changed")
    assert [line.split("  ")[0].strip() for line in lines[-4:-1]] == ["to do", "to do", "changed"]
    assert lines[-1].endswith("3 accounts: 2 to do, 1 changed")


def test_shown_on_purpose(runs):
    """What debug is to show is shown, by account, in whatever form."""
    tasks = [
        {"name": "Text", "debug": {"msg": "hello\nworld"}}, {"name": "List", "debug": {"msg": ["a", "b"]}},
        {"name": "Variable", "debug": {"var": "x"}}, {"name": "Loop", "debug": {"msg": "{{ item }}"}, "loop": [1, "z"]},
        {"name": "Later", "debug": {"msg": "not now", "verbosity": 1}}, {"name": "Fine", "assert": {"that": True}},
        {"name": "Empty", "debug": {"msg": []}}, {"name": "Numbers", "debug": {"msg": {"a": [1]}}},
        {"set_stats": {"data": {"counted": 5}}},
    ]
    path = playbook(runs.folder, tasks, vars={"x": {"y": 1}})
    run = runs.run(path, "--limit", "team-a", ANSIBLE_SHOW_CUSTOM_STATS="true", **OURS)
    lines = [line.strip() for line in run.output.splitlines()]
    assert lines[1:-4] == [
        "team-a  Text: hello", "world", "team-a  List: a", "b", 'team-a  Variable: x: {"y": 1}',
        "team-a  Loop (item=1): 1", "team-a  Loop (item=z): z",
        "team-a  Empty: []", 'team-a  Numbers: {"a": [1]}', lines[10],
    ]
    assert lines[-1] == 'Custom stats: {"_run": {"counted": 5}}'


def test_lines_of_the_playbook(runs):
    """The lines of the summary stand for what they say, and for nothing else."""
    said = [
        "FAILED       111111111111  team-a  member: first\nsecond; arrived after 2 s",
        "ok           222222222222  team-b  nothing to do",
    ]
    first = {"when": "inventory_hostname == 'team-a'"}
    tasks = [
        {"debug": {"msg": said}, "run_once": True},
        {"name": "Said", "fail": {"msg": "member: first\nsecond"}, "ignore_errors": True, **first},
        {"name": "Short", "fail": {"msg": "member"}, "ignore_errors": True, **first},
        {"name": "More", "trouble": {"what": "first"}, "ignore_errors": True, **first},
        {"name": "New", "fail": {"msg": "third"}, **first},
        {"name": "Late", "fail": {"msg": "member: first"}, "when": "inventory_hostname == 'team-b'"},
    ]
    run = runs.run(playbook(runs.folder, tasks), **OURS)
    lines = run.output.splitlines()
    assert lines[3:6] == [said[0].partition("\n")[0], "         second; arrived after 2 s", said[1]]
    # local_fork leaves the message of a module on its line.
    assert lines[6:8] == ["ignored  team-a  Short: member", "ignored  team-a  More: member: first\\nsecond"]
    assert lines[8:10] == ["         rc: 3", "FAILED   team-a  New: third"]
    assert lines[10:13] == ["FAILED   team-b  Late: member: first", "", "FAILED   team-b  1 failed, 4 skipped"]
    assert lines[13].endswith("2 accounts: 2 failed")


def test_lines_that_are_none(runs):
    """Each line counts by itself: what is no line of an account is shown as any text, and the account if it failed."""
    hosts = ["team a", "team  b", "team-c"]
    write_hosts(runs.folder, hosts)
    said = [f"FAILED       111111111111  {host}  member: bad" for host in hosts]
    tasks = [
        {"name": "Lines", "debug": {"msg": [*said, "ok  not  of  ours"]}, "run_once": True},
        {"name": "Fail", "fail": {"msg": "member: bad"}},
    ]
    lines = runs.run(playbook(runs.folder, tasks), **OURS).output.splitlines()
    assert lines[1:3] == [f"         team a  Lines: {said[1]}", "         ok  not  of  ours"]
    assert lines[4:8] == ["", said[0], said[2], "FAILED   team  b  Fail: member: bad"]
    assert lines[8:10] == ["", "FAILED   team  b  1 failed"] and lines[10].endswith("3 accounts: 3 failed")


def test_failures_that_are_none(runs):
    """An error in what counts as ok is shown, as is the first of those that are tried again."""
    tasks = [
        {"name": "Own", "trouble": {"what": "{{ item }}"}, "loop": ["results"], "ignore_errors": True},
        {"name": "Odd", "trouble": {"what": "odd"}},
        {"name": "Each", "trouble": {"what": "{{ item }}"}, "loop": ["odd", "fine"]},
        {"name": "Again", "command": "sh -c 'echo quota >&2; exit 1'",
         "register": "x", "until": "x is succeeded", "retries": 2, "delay": 0},
    ]
    theirs, ours = run_with_both(runs, playbook(runs.folder, tasks), "--limit", "team-a")
    assert ours.status == theirs.status
    assert_same_screen(theirs.output, ours.output)
    assert theirs.output.count("RETRYING") == 2
    lines = [line for line in ours.output.splitlines() if re.match("ignored|retrying|FAILED|ok|changed", line)]
    assert lines[:4] == [
        "FAILED   team-a  Own (item=results): bad", "ignored  team-a  Own: One or more items failed",
        "ignored  team-a  Odd: odd, but fine",
        "ignored  team-a  Each (item=odd): odd, but fine",
    ]
    assert lines[4].startswith("retrying team-a  Again: ") and lines[5].startswith("FAILED   team-a  Again: ")
    assert ours.output.count('results: ["No space left"]') == 1
    assert ours.output.count("stderr: quota") == 2


def test_facts_and_loops_of_others(runs):
    """What is not as ours are is no trouble; only an item is named as one."""
    tasks = [
        {"name": "Text", "set_fact": {"audit_logs_failure": "a text"}},
        {"name": "Half", "set_fact": {"audit_logs_failure": {"phase": "p"}}},
        {"name": "Ours", "set_fact": {"audit_logs_failure": {"phase": "p", "reason": {"a": 1}}}},
        {"name": "Loop", "command": "true", "loop": "{{ nowhere }}", "ignore_errors": True},
        {"name": "Rescued", "block": [{"name": "Fail", "fail": {"msg": "x"}}], "rescue": [{"command": "true"}]},
    ]
    output = runs.run(playbook(runs.folder, tasks), "--limit", "team-a", **OURS).output
    assert "Callback dispatch" not in output and 'FAILED   team-a  p: {"a": 1}' in output
    assert "ignored  team-a  Loop: Task failed: 'nowhere' is undefined" in output
    assert re.search("ended after .*, 1 failed\n\nwarning  team-a .*1 rescued.*\n.*1 account: 1 warning", output)


def test_hosts_of_a_play(runs):
    """One that dropped out before has its line; localhost counts although the inventory does not name it."""
    said = ["FAILED       111111111111  team-a  stopped: see above", "ok  222222222222  team-b  fine"]
    path = playbook(runs.folder, [{"name": "Drop", "fail": {"msg": "a"}, "when": "inventory_hostname == 'team-a'"}])
    plays = yaml.safe_load(path.read_text(encoding="utf-8"))
    lines = {"name": "Lines", "debug": {"msg": said}, "run_once": True}
    fail = {"name": "Fail", "fail": {"msg": "b"}}
    here = {"hosts": "localhost", "gather_facts": False}
    plays.insert(0, {"name": "Here", "tasks": [{**fail, "ignore_errors": True}], **here})
    plays.append({"name": "Say", "hosts": "all", "gather_facts": False, "tasks": [lines]})
    plays.append({"name": "Gone", "tasks": [fail], **here})
    path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    shown = [re.sub(r" +\d+:\d\d +", "", line) for line in runs.run(path, **OURS).output.splitlines()]
    assert shown[:3] == ["Here: 1 account", "ignored  localhost  Fail: b", "Here: ended after 0:00, 1 account"]
    assert said == shown[-6:-4] and shown[-1] == "3 accounts: 2 failed, 1 ok"


def test_set_up(playbooks, aws):
    """The deployment: a line for each play and each account, no failure twice, and the reason at once."""
    inventory = inventory_of(2, hosts={"team-b": {"audit_logs_aws_role": "nobody"}})
    run = playbooks.run("setup", inventory=inventory, ANSIBLE_DEPRECATION_WARNINGS="false", **OURS)
    assert run.status == 2
    lines = [re.sub(r"\d+:\d\d", "TIME", line) for line in run.output.splitlines()]
    assert "   TIME  Trails in the member accounts on AWS: ended after TIME, 2 accounts, 1 changed" in lines
    reason = lines.index(next(line for line in lines if line.startswith("FAILED   team-b  Open a session in the account: Failed to assume the role ")))
    assert reason < lines.index("   TIME  Bucket in the archive account on AWS: 1 account")
    end = lines[lines.index("") + 1:]
    assert [line.split()[::2][:2] for line in end[:3]] == [
        ["FAILED", "team-b"], ["changed", "log-archive"], ["changed", "team-a"]
    ]
    assert end[3:] == ["   TIME  3 accounts: 1 failed, 2 changed"]
    assert aws.calls
