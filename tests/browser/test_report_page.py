# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the report in a browser: what it shows, its filter, and what it never does."""
from __future__ import annotations

import re

import pytest
from helpers import report_samples
from helpers.contrast import CONTRAST, ENOUGH

MEGABYTE = 1_000_000
HOSTILE = [
    "<script>document.title = 'hacked'</script>",
    "</script><script>document.title = 'hacked'</script>",
    "<img src=x onerror=\"document.title = 'hacked'\">",
    "<!-- <script> --> ]]> &lt;b&gt; &amp;",
    "\"' onmouseover='document.title=\"hacked\"' `${1}` \\u003c \\",
    "\u202egnp.exe\u202c \u05d0\u05d1\u05d2 \u0627\u0644\u062d\u0633\u0627\u0628",
    "https://example.com/?#state=failed&text=x",
    "__proto__",
    "long-" * 600,
    "\u5ba1\u8ba1 \U0001f512 e\u0301 \x00\x07\u2028\ufeff\ud800",
]


@pytest.mark.parametrize("name", ["few", "thousand"])
def test_counts_are_those_of_report_json(open_report, name):
    opened = open_report(name)
    summary = opened.report["summary"]

    def value(tile):
        return opened.page.locator(f"#sum-{tile} dd").first.text_content().replace(",", "")

    assert {tile: int(value(tile)) for tile in ("accounts", "failed", "warning", "ok")} == {
        state: summary[state] for state in ("accounts", "failed", "warning", "ok")
    }
    assert int(value("arrived")) == summary["probes"]["arrived"]
    assert opened.names == opened.expected()
    for state in ("failed", "warning", "ok"):
        assert opened.page.locator(f".row[data-state={state}]").count() == summary[state] > 0
    assert f"{summary['failed']:,} of {summary['accounts']:,} accounts failed" in opened.page.title()


def test_arrival_times(open_report):
    opened = open_report("few")
    # team-a needed 201.9 s for the log group and 312.4 s for the bucket, team-c 312.4 s
    assert opened.page.locator("#sum-median dd").first.text_content() == "5 min 12 s"
    times = [100, 20.04, 99.96, 3725]
    accounts = [report_samples.result(f"n{number}", f"20000000000{number}") for number in range(len(times))]
    for account, seconds in zip(accounts, times):
        account["probe"]["destinations"][0]["seconds"] = seconds
    opened = open_report(accounts)
    times = opened.page.locator("#accounts .time").all_text_contents()
    assert times == ["1 min 40 s", "20.0 s", "1 min 40 s", "1 h 2 min"]
    assert opened.page.locator("#sum-median dd").all_text_contents() == ["1 min 40 s", "after the event"]
    assert opened.page.locator("#sum-slowest dd").all_text_contents() == ["1 h 2 min", "n3"]


def test_no_accounts(open_report):
    opened = open_report([])
    assert opened.page.locator("h1").text_content() == "No account was verified"
    assert opened.page.locator("#none").is_visible()
    assert opened.page.locator("#sum-median dd").first.text_content() == "\u2013"


def test_a_page_that_can_not_be_read_says_so(chromium, reports, tmp_path):
    path = tmp_path / "cut.html"
    path.write_text(re.sub('(id="data"[^>]*>.{200})[^<]*', r"\1", reports["few"][0].read_text("utf-8")), "utf-8")
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.locator("#trouble:visible").wait_for()
    assert "report.json" in page.locator("#trouble").text_content()
    page.close()


# Filter

@pytest.mark.parametrize("field, value", [
    ("cloud", "aws"), ("cloud", "alibaba"), ("state", "failed"), ("state", "warning"), ("state", "ok"),
])
def test_filter_by_cloud_and_state(open_report, field, value):
    opened = open_report("thousand")
    opened.choose(field, value)
    assert opened.names == opened.expected(**{field: value})
    assert opened.page.locator("#shown").text_content().startswith(f"{len(opened.names)} of 1,000 accounts")
    opened.choose(field, "all")
    assert opened.names == opened.expected()
    assert opened.page.locator("#shown").text_content() == "1,000 accounts"


@pytest.mark.parametrize("text, expected", [
    ("team-b", {"team-b"}),  # name
    ("TEAM-", {"team-a", "team-b", "team-c"}),
    ("4444", {"team-c"}),  # id
    ("has no statement", {"team-b"}),  # reason
    ("records only one region", {"team-c"}),  # finding
    ("enable_log_file_validation", {"team-b"}),  # its setting
    ("cis 3.1", {"team-c"}),  # its controls, each word
    ("  weaker   defaults ", {"team-c"}),  # its kind
    ("team-a team-b", set()),
])
def test_filter_by_text(open_report, text, expected):
    opened = open_report("few")
    opened.search(text)
    assert set(opened.names) == expected
    assert opened.page.locator("#none").is_visible() == (not expected)


def test_filters_combine_and_clear(open_report):
    opened = open_report("thousand")
    opened.choose("state", "failed")
    opened.choose("cloud", "alibaba")
    opened.search("does not trust")
    expected = [
        one["name"] for one in opened.report["accounts"]
        if one["state"] == "failed" and one["cloud"] == "alibaba" and "does not trust" in one["reason"]
    ]
    assert opened.names == expected and 0 < len(expected) < len(opened.expected(state="failed", cloud="alibaba"))
    opened.page.locator("button[type=reset]").click()
    opened.page.locator("button[type=reset]:disabled").wait_for()
    assert opened.names == opened.expected()


def test_filter_stays_in_the_address(open_report):
    opened = open_report("thousand")
    opened.choose("state", "warning")
    opened.choose("cloud", "aws")
    opened.search("no kms & #shop")
    fragment = opened.page.evaluate("location.hash")
    again = open_report("thousand", fragment)
    value = "name => document.forms.filters.elements[name].value"
    fields = {name: again.page.evaluate(value, name) for name in ("state", "cloud", "text")}
    assert fields == {"state": "warning", "cloud": "aws", "text": "no kms & #shop"}
    for other, expected in (("#state=failed", {"state": "failed"}), ("#state=toString&cloud=__proto__&other=1", {})):
        again.page.evaluate("""other => new Promise(done => {
          addEventListener("hashchange", done, {once: true});
          location.hash = other;
        })""", other)
        assert again.names == again.expected(**expected)


def test_filter_by_frequent_reasons(open_report):
    """Reasons that differ in the account's id alone are one."""
    opened = open_report("thousand")
    reasons = opened.page.locator("#reasons label")
    said = [re.sub(r"\s+", " ", text).strip() for text in reasons.all_inner_texts()]
    assert said == [
        "Any",
        "10 probe: the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com"
        " s3:PutObject on example-audit-logs/\u2026/AWSLogs/\u2026/* for"
        " arn:aws:cloudtrail:eu-west-1:\u2026:trail/audit-logs",
        "10 probe: the role audit-logs-write of account 1234567890123456 does not trust"
        " \u2026@actiontrail.aliyuncs.com",
        "10 credentials: AccessDenied: not authorized to perform sts:AssumeRole on the role audit of \u2026",
    ]
    reasons.nth(2).click()
    expected = [one["name"] for one in opened.report["accounts"] if "does not trust" in (one["reason"] or "")]
    assert opened.names == expected and len(expected) == 10
    assert open_report("thousand", opened.page.evaluate("location.hash")).names == expected
    for name in ("few", "thousand"):
        again = open_report(name, "#reason=other")
        assert again.names == again.expected()
    opened.page.locator("button[type=reset]").click()
    opened.page.locator("button[type=reset]:disabled").wait_for()
    assert opened.names == opened.expected()
    assert not open_report("few").page.locator("#reasons").is_visible()


def test_reasons_are_counted_without_what_only_one_account_has(open_report):
    reasons = ["differs (request id 1-A)", "differs (and 2 more)", "is alone", "differs (request id 2-B)"]
    opened = open_report([
        report_samples.result(f"n{number}", f"20000000000{number}", state="failed", phase="posture", reason=reason)
        for number, reason in enumerate(reasons)
    ])
    assert opened.page.locator("#reasons label span").all_inner_texts()[1:] == ["posture: differs"]
    assert opened.page.locator("#reasons label b").all_inner_texts() == ["", "3"]


@pytest.mark.parametrize("width", [390, 1280])
def test_reason_of_a_failed_account_is_there_without_opening_it(open_report, width):
    opened = open_report("thousand", viewport={"width": width, "height": 800})
    lines = "node => [node.clientHeight, node.scrollHeight].map(height => Math.round(height / 21.75))"
    shown, all_of_it = opened.rows.first.locator(".reason").evaluate(lines)
    assert shown == 2 and (width == 390 or all_of_it == 2)


# Details

def test_details_are_created_when_they_are_opened(open_report):
    opened = open_report("few")
    assert opened.page.locator(".body").count() == 0
    opened.row("team-b").locator("summary").click()
    body = opened.row("team-b").locator(".body")
    assert opened.page.locator(".body").count() == 1
    text = body.inner_text()
    account = next(one for one in opened.report["accounts"] if one["name"] == "team-b")
    for wanted in [account["probe"]["mark"], *account["checked"], *account["probe"]["causes"],
                   *(found["text"] for found in account["findings"]),
                   *(control for found in account["findings"] for control in found["controls"])]:
        assert wanted in text
    compared = body.locator(".compare").nth(1)
    assert compared.locator(".is").all_text_contents() == ['      "Condition": {}']
    assert '"StringEquals": {' in "".join(compared.locator(".should").all_text_contents())
    opened.row("team-b").locator("summary").click()
    assert not body.is_visible()


TEXTS = [f"line {number}" for number in range(4100)]


@pytest.mark.parametrize("before, after, gone, new", [
    (["b", "a"], ["a", "b"], ['  "b"'], ['  "b"']),  # another order
    (["a", "a"], ["a"], ['  "a"'], []),
    ([{"a": 1, "if": 1}, {"a": 2}], [{"a": 1, "if": 1}, {"a": 2, "if": 1}], [], ['    "if": 1']),  # in one of two
    ({"a": 1}, {"a": 1, "b": 2}, [], ['  "b": 2']),  # no comma is a difference
    ([*TEXTS[:3000], "a"], ["b", *TEXTS[:3000]], ['  "a"'], ['  "b"']),
    (TEXTS, TEXTS[::-1], [f'  "{text}"' for text in TEXTS], [f'  "{text}"' for text in TEXTS[::-1]]),  # too much
    (None, ["a"], [], ["[", '  "a"', "]"]),
])
def test_comparison_marks_the_lines_that_differ(open_report, before, after, gone, new):
    found = report_samples.finding(before=before, after=after)
    opened = open_report([report_samples.with_findings(report_samples.result(), found)])
    opened.rows.first.locator("summary").click()
    marked = [opened.page.locator(f".compare .{kind}").all_text_contents() for kind in ("is", "should")]
    assert [[line.rstrip(",") for line in lines] for lines in marked] == [gone, new]


def test_details_of_digests_and_destinations(open_report):
    opened = open_report("few")
    for row in opened.rows.all():
        row.locator("summary").click()
    archive = opened.row("log-archive").locator(".body").inner_text()
    assert "Valid 24 digests, 1,311 log files" in re.sub(r"\s+", " ", archive)
    assert "2026-11-20 06:00:00 UTC to 2026-11-21 06:00:00 UTC" in archive
    cells = opened.row("team-a").locator("tbody tr").nth(1).locator("td").all_inner_texts()
    assert [re.sub(r"\s+", " ", cell).strip() for cell in cells] == [
        "CloudWatch log group /aws/cloudtrail/audit-logs", "Arrived", "3 min 22 s", "222222222222_CloudTrail_eu-west-1",
    ]


def test_digests_that_were_not_found_have_no_period(open_report):
    digests = {**report_samples.archive("aws")["digests"], "state": "none", "digests": 0, "log_files": 0}
    opened = open_report([report_samples.result(digests=digests)])
    opened.rows.first.locator("summary").click()
    said = opened.page.locator("section", has=opened.page.locator("h3", has_text="Digests of log files"))
    assert said.locator("p").all_inner_texts() == ["None were found in the archive's bucket"]


def test_keyboard(open_report):
    opened = open_report("few")
    keyboard = opened.page.keyboard

    def focused():
        return opened.page.evaluate("document.activeElement.name ?? document.activeElement.closest('.row')?.id ?? ''")

    order = []
    for _press in range(7):
        keyboard.press("Tab")
        order.append(focused())
        outline = opened.page.evaluate("""() => {
          const node = document.activeElement;
          const shown = node.type === "radio" ? node.nextElementSibling : node;
          return getComputedStyle(shown).outlineStyle;
        }""")
        assert outline == "solid", order
    # The button to clear is no stop as long as there is nothing to clear.
    assert order == ["state", "cloud", "text", "333333333333", "444444444444", "111111111111", "222222222222"]
    opened.page.locator("input[name=state]").first.focus()
    keyboard.press("ArrowRight")
    assert opened.names == opened.expected(state="failed")
    opened.row("team-b").locator("summary").focus()
    keyboard.press("Enter")
    assert opened.row("team-b").locator(".body").is_visible()
    keyboard.press("Space")
    assert not opened.row("team-b").locator(".body").is_visible()


# The picture

def test_picture_of_few_has_a_line_for_each_delivery(open_report):
    opened = open_report("few")
    assert opened.page.locator(".lines path").count() == 4
    left = opened.page.locator(".picture ol").first.locator("li .cut")
    assert left.all_text_contents() == ["team-b", "team-c", "team-a"]
    assert opened.page.locator(".picture ol").last.locator("li b").all_text_contents() == [
        "example-audit-logs", "CloudWatch log group",
    ]


def test_picture_of_many_counts_by_state(open_report):
    opened = open_report("thousand")
    counted = {}
    for account in opened.report["accounts"]:
        for to in account["delivers_to"]:
            of_destination = counted.setdefault(to["name"].split("/")[0], {})
            of_destination[account["state"]] = of_destination.get(account["state"], 0) + 1
    shown = {
        item.locator("b").text_content().split("/")[0]: {
            word.split()[1]: int(word.split()[0]) for word in item.locator(".counts .state").all_text_contents()
        }
        for item in opened.page.locator(".picture ol").last.locator("li").all()
    }
    nowhere = [one for one in opened.report["accounts"] if not one["delivers_to"] and one["roles"] == ["member"]]
    assert shown == {**counted, "Nowhere that is known": {"failed": len(nowhere)}}
    assert opened.page.locator(".lines path").count() == 8


def test_picture_has_a_destination_once_to_which_its_own_account_delivers_too(open_report):
    """A log group of each account's own is one destination for all of them; a shared destination is not."""
    accounts = [report_samples.result(f"n{number}", f"{number:016}", "alibaba") for number in range(2)]
    name, account_id = report_samples.ARCHIVES["alibaba"]
    accounts.append(report_samples.result(name, account_id, "alibaba", roles=["archive", "member"]))
    for account in accounts:
        account["delivers_to"].append({**account["delivers_to"][0], "account_id": account["account_id"], "name": "own"})
    opened = open_report(accounts)
    rows = opened.page.locator(".picture ol").last.locator("li")
    assert [item.locator("div").all_text_contents() for item in rows.all()] == [
        ["example-audit/actiontrail", "SLS logstore, in account root", "3 ok"],
        ["SLS logstore", "of the account itself", "3 ok"],
    ]


@pytest.mark.parametrize("name", ["few", "thousand"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_lines_of_the_picture_end_at_their_rows(open_report, name, width):
    opened = open_report(name, viewport={"width": width, "height": 800})
    ends = opened.page.evaluate("""() => [...document.querySelectorAll(".lines path")].map(path =>
      [0, path.getTotalLength()].map(at => path.getPointAtLength(at).matrixTransform(path.getScreenCTM()).y))""")
    rows = opened.page.evaluate("""() => [...document.querySelectorAll(".picture ol")].map(list =>
      [...list.children].map(row => row.getBoundingClientRect()).map(({top, height}) => top + height / 2))""")
    for side, middles in enumerate(rows):
        near = [min(range(len(middles)), key=lambda row: abs(middles[row] - end[side])) for end in ends]
        assert set(near) == set(range(len(middles)))
        assert max(abs(middles[row] - end[side]) for row, end in zip(near, ends)) < 3


# Hostile texts

def test_hostile_texts_are_shown_as_texts(open_report):
    accounts = []
    for number, text in enumerate(HOSTILE):
        account = report_samples.with_findings(
            report_samples.result(text, f"2{number:011}"),
            report_samples.finding(resource=text, setting=text, text=text, before=text, after=[text], controls=[text]),
        )
        account.update(region=text, phase=text, checked=[text])
        account["delivers_to"][0]["name"] = text
        account["probe"].update(causes=[text])
        account["probe"]["destinations"][0].update(name=text, found_in=text)
        account["digests"] = {**report_samples.archive("aws")["digests"], "problems": [text]}
        accounts.append(account)
    opened = open_report(accounts)
    shown = [text.replace("\ud800", "?") for text in HOSTILE]
    assert sorted(opened.names) == sorted(shown)
    for row in opened.rows.all():
        row.locator("summary").click()
    bodies = dict(zip(opened.names, opened.page.locator(".body").all()))
    for text in shown:
        said = bodies[text].text_content()
        assert said.count(text) >= 8, text
    assert "hacked" not in opened.page.title()
    assert opened.page.locator("body script, body img, body b b, body a").count() == 2  # the page's own scripts
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.search("<script>document.title")
    assert len(opened.names) == 2


# Size and time

def test_a_thousand_accounts_are_rendered_within_two_seconds(open_report):
    """In seconds of CPU of the page's thread, which do not depend on what else the machine does."""
    opened = open_report("thousand")
    browser = opened.page.context.new_cdp_session(opened.page)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used():
        found = browser.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}["TaskDuration"]

    before = used()
    opened.page.reload()
    opened.wait_until_rendered()
    assert 0.01 < used() - before < 2


@pytest.mark.parametrize("worse", [False, True])
def test_a_thousand_accounts_are_less_than_three_megabytes(reports, tmp_path, worse):
    path = reports["thousand"][0]
    if worse:
        trouble = report_samples.few()[2]
        more = {"findings": 3 * trouble["findings"], "probe": trouble["probe"], "state": "failed"}
        path, _report = report_samples.write(tmp_path, [{**one, **more} for one in report_samples.many(1000)])
        assert (tmp_path / "report.json").stat().st_size > 3 * MEGABYTE
    assert path.stat().st_size < 3 * MEGABYTE


def test_nothing_jumps(open_report):
    opened = open_report("thousand")
    jumps = opened.page.evaluate("""() => new Promise(done => {
      let sum = 0;
      new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({type: "layout-shift", buffered: true});
      setTimeout(() => done(sum), 300);
    })""")
    assert jumps < 0.01


# Looks

@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2560])
@pytest.mark.parametrize("name", ["few", "thousand"])
def test_nothing_is_wider_than_the_screen(open_report, name, width):
    opened = open_report(name, viewport={"width": width, "height": 800})
    opened.rows.first.locator("summary").click()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    within = "node => node.scrollWidth <= node.clientWidth + 1"
    for tile in opened.page.locator("#summary > div").all():
        assert tile.evaluate(within)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_contrast(open_report, scheme, media):
    opened = open_report("few", color_scheme=scheme)
    opened.page.emulate_media(media=media, color_scheme=scheme)
    opened.page.locator(".row:not([open]) > summary").evaluate_all("nodes => nodes.forEach(node => node.click())")
    found = opened.page.evaluate(CONTRAST)
    assert len(found) > 100
    assert found[0][0] >= ENOUGH, found[:5]
    back = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = max(map(int, re.findall(r"\d+", back)[:3])) < 64
    assert dark == (scheme == "dark" and media == "screen")


def test_states_differ_in_word_and_shape(open_report):
    opened = open_report("few")
    for row, name in zip(opened.rows.all(), ["Failed", "Warning", "OK", "OK"]):
        state = row.locator("summary > .state")
        assert state.text_content() == name
        assert state.locator("use").get_attribute("href") == f"#{name.lower()}"


def test_on_paper_failed_accounts_have_their_details(open_report, tmp_path):
    opened = open_report("few")
    opened.page.evaluate("""() => addEventListener("beforeprint", () => {
      window.printed = document.querySelectorAll(".row[open] .body").length;
    })""")
    opened.page.pdf(path=tmp_path / "report.pdf")
    assert opened.page.evaluate("window.printed") == 1
    assert opened.page.locator(".row[open]").count() == 0
    opened.page.emulate_media(media="print")
    opened.page.locator(".row[open]").wait_for()
    assert opened.page.locator(".row[open] > summary > b").all_text_contents() == ["team-b"]
    for control in ("input[name=text]", "button[type=reset]", ".filters fieldset", ".chevron"):
        assert not opened.page.locator(control).first.is_visible()
    opened.page.emulate_media(media="screen")
    opened.page.locator(".row[open]").wait_for(state="detached")


def test_on_paper_only_so_many_accounts_have_their_details(open_report):
    opened = open_report([
        report_samples.missing(report_samples.result(f"n{number:03}", f"{number:012}")) for number in range(203)
    ])
    note = opened.page.locator("#paper")

    def printed():
        opened.page.emulate_media(media="print")
        opened.page.locator(".row[open]").first.wait_for()
        names = opened.page.locator(".row[open] > summary > b").all_text_contents()
        said = note.text_content() if note.is_visible() else None
        opened.page.emulate_media(media="screen")
        opened.page.locator(".row[open]").first.wait_for(state="detached")
        return names, said

    names, said = printed()
    assert names == opened.expected()[:200]
    assert said.startswith("Of 203 accounts that failed, the first 200 have their details here")
    opened.search("n20")
    assert printed() == (["n200", "n201", "n202"], None)
    assert not note.is_visible()


def test_on_paper_names_are_in_one_line(open_report):
    opened = open_report("thousand", viewport={"width": 703, "height": 1000})  # A4
    opened.page.emulate_media(media="print")
    heights = opened.page.locator(".row > summary > b").evaluate_all("nodes => nodes.map(node => node.offsetHeight)")
    assert max(heights) < 1.5 * min(heights)


def test_policy_lets_nothing_but_the_template_run(open_report):
    opened = open_report("few")
    ran = opened.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      return window.ran ?? false;
    }""")
    fetched = opened.page.evaluate("fetch('https://example.com').then(() => true, () => false)")
    assert (ran, fetched) == (False, False)
    assert all("Content Security Policy" in text for text in opened.complaints) and len(opened.complaints) >= 2
    opened.complaints.clear()
