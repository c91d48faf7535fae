"""The bench's arithmetic, its page and its picture, from samples that are made up. Nothing is measured here."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench._case import ITS_CORE, LOADS_CORE, Case, Failed, Measure, Measuring, Program, Settings
from bench._compiled import SOURCES
from bench._figures import Spread, ratios, spread, values
from bench._load import read_wrk
from bench._peers import BASELINE, PEERS
from bench._picture import picture
from bench._processes import PROGRAMS, Finished
from bench._report import page, table
from bench._results import CaseResult, PeerResult, Run
from bench._rounds import run_case, turned
from bench._targets import TARGETS, outcomes
from bench.cases import CASES

RATE = Measure("requests/s")
P99 = Measure("p99 ms", better="less", digits=2)
RUN = Run("python -m bench --rounds 3", Settings(rounds=3), 0.0, 0.25, "an abacus", ("Python 3.11", "Node 24"))


@contextmanager
def _nothing(program: Program, settings: Settings) -> Iterator[Measuring]:
    yield dict


def made_up(**rates: list[float]) -> CaseResult:
    """A result of hello-world in which each peer had these rates, one in each round."""
    case = Case("hello", "hello-world", (RATE, P99, Measure("nobody's"), ITS_CORE, LOADS_CORE), {}, _nothing)
    shares = {"p99 ms": 2.5, ITS_CORE.name: 99.0, LOADS_CORE.name: 50.0}
    peers = {
        name: PeerResult({number: {"requests/s": rate, **shares} for number, rate in enumerate(told)})
        for name, told in rates.items()
    }
    return CaseResult(case, peers)


def test_a_spread_is_the_median_with_the_least_and_the_most():
    assert spread([3, 1, 10]) == Spread(3, 1, 10)
    assert spread([1, 2]) == Spread(1.5, 1, 2)
    assert spread([]) is None


def test_a_ratio_is_taken_within_a_round_and_rounds_that_lack_one_side_do_not_count():
    ours = {0: {"x": 10.0}, 1: {"x": 30.0}, 3: {"x": 5.0}}
    theirs = {0: {"x": 20.0}, 1: {"x": 10.0}, 2: {"x": 7.0}, 3: {"y": 1.0}}
    assert ratios(ours, theirs, "x") == [0.5, 3.0]
    assert values(theirs, "x") == {0: 20.0, 1: 10.0, 2: 7.0}


def test_a_ratio_to_nothing_does_not_count():
    assert ratios({0: {"x": 1.0}}, {0: {"x": 0.0}}, "x") == []


def test_the_ratio_of_a_case_is_the_median_of_its_rounds_and_not_the_ratio_of_medians():
    result = made_up(node=[100.0, 10.0, 40.0], h11=[50.0, 10.0, 10.0])
    assert result.ratio("h11", "requests/s") == Spread(0.5, 0.25, 1.0)
    assert result.figure("h11", "requests/s") == Spread(10.0, 10.0, 50.0)
    assert result.ratio("aiohttp", "requests/s") is None


def test_each_round_begins_with_another_peer():
    assert [turned("abc", number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]
    assert turned([], 1) == []


def test_rounds_are_interleaved_and_a_peer_that_fails_is_out_with_its_reason():
    order: list[str] = []
    ended: list[str] = []

    @contextmanager
    def opened(program: Program, settings: Settings) -> Iterator[Measuring]:
        if program.file == "broken":
            raise Failed("it does not start")

        def measure() -> dict[str, float]:
            order.append(program.file)
            if program.file == "flaky" and order.count("flaky") == 2:
                raise ValueError("it gave up")
            return {"requests/s": 1.0}

        try:
            yield measure
        finally:
            ended.append(program.file)

    programs = {"node": "first", "c": "broken", "h11": "flaky"}
    result = run_case(Case("x", "x", (RATE,), programs, opened), list(PEERS), RUN.settings, lambda line: None)
    assert order == ["first", "flaky", "flaky", "first", "first"]
    assert sorted(ended) == ["first", "flaky"]
    assert {name: peer.failure for name, peer in result.peers.items()} == {
        "node": None,
        "c": "it does not start",
        "h11": "ValueError('it gave up')",
    }
    assert list(result.peers["h11"].samples) == [0]


def hello_outcomes(result: CaseResult) -> dict[str, tuple[str, bool | None]]:
    return {told.peer: (told.reached, told.kept) for told in outcomes([result]) if told.what.startswith("hello-world")}


def test_a_ratio_is_reached_by_the_median_and_what_was_not_measured_is_neither_kept_nor_missed():
    assert hello_outcomes(made_up(node=[100.0] * 3, h11=[20.0, 25.0, 90.0], llhttp=[49.0, 49.0, 90.0])) == {
        "nodehttp (h11)": ("0.25 (0.20 to 0.90)", True),
        "nodehttp (llhttp)": ("0.49 (0.49 to 0.90)", False),
    }
    assert hello_outcomes(made_up(node=[100.0])) == {"nodehttp (h11)": ("", None), "nodehttp (llhttp)": ("", None)}


def test_a_bound_of_memory_is_exceeded_by_one_round():
    case = Case("echo-one", "echo", (Measure("peak MiB above rest", better="less"),), {}, _nothing)
    samples = {number: {"peak MiB above rest": peak} for number, peak in enumerate([1.0, 8.0, 8.5])}
    told = [outcome for outcome in outcomes([CaseResult(case, {"h11": PeerResult(samples)})]) if outcome.reached]
    assert [(outcome.reached, outcome.kept) for outcome in told] == [("8.5", False)]


def test_the_page_tells_figures_ratios_failures_and_what_was_reached():
    result = made_up(node=[1000.0, 2000.0, 3000.0], h11=[500.0, 500.0, 600.0])
    result.peers["aiohttp"] = PeerResult(failure="not installed:\naiohttp")
    text = page(RUN, [result], "RESULTS.svg")
    assert "1970-01-01 00:00 UTC, by `python -m bench --rounds 3`: 3 rounds" in text
    assert "- Machine: an abacus; load average before the run 0.25.\n- Versions: Python 3.11, Node 24." in text
    assert "![Ratios to Node](RESULTS.svg)" in text
    assert "| peer | requests/s | to Node | p99 ms | to Node | its core % | load's core % |" in text
    assert "| Node 24 | 2,000 (1,000 to 3,000) | 1.00 | 2.50 | 1.00 | 99 | 50 |" in text
    assert "| nodehttp (h11) | 500 (500 to 600) | 0.25 (0.20 to 0.50) | 2.50 | 1.00 | 99 | 50 |" in text
    assert "aiohttp is out: not installed: aiohttp" in text
    assert "| hello-world, requests/s | nodehttp (h11) | at least 0.25 of Node | 0.25 (0.20 to 0.50) | yes |" in text
    assert "| hello | Node 24 | 99 | 50 |  | no |" in text


def test_the_load_is_the_limit_where_its_core_is_full_and_the_others_is_not():
    result = made_up(node=[100.0], c=[300.0])
    result.peers["node"].samples[0] = {"requests/s": 100.0, ITS_CORE.name: 60.0, LOADS_CORE.name: 97.0}
    text = page(RUN, [result], "RESULTS.svg")
    assert "| hello | Node 24 | 60 | 97 | 3.0 times as much | **yes** |" in text


def test_columns_of_figures_stand_to_the_right():
    assert table(["a", "b", "c"], [["x", "1", "yes"], ["y", "", "2"]])[1] == "| --- | ---: | --- |"


def test_the_picture_has_a_bar_for_each_peer_but_the_baseline_and_the_responder():
    drawn = xml.fromstring(picture([made_up(node=[10.0], h11=[5.0], aiohttp=[80.0], c=[20.0])]))
    space = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in drawn.iter(f"{space}text")]
    assert {"nodehttp (h11)", "0.50", "aiohttp", "8.00", "Node"} <= set(texts)
    assert "C, by hand" not in texts
    bars = [float(bar.attrib["width"]) for bar in drawn.iter(f"{space}rect")][1:]
    assert bars[1] == pytest.approx(bars[0] * 6, rel=0.01)  # 8.00 is cut off where the scale ends, at 3


WRK = """\
Running 1s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.31ms    0.93ms  20.04ms   97.84%
  Latency Distribution
     50%    1.20ms
     99%    {p99}
  {count} requests in {seconds}, 9.11MB read
{complaint}Requests/sec:  50000.00
"""


def wrk_told(p99: str = "3.98ms", count: int = 75000, seconds: str = "1.50s", complaint: str = "") -> Finished:
    return Finished(WRK.format(p99=p99, count=count, seconds=seconds, complaint=complaint), 2.0, 1.0)


@pytest.mark.parametrize(("p99", "milliseconds"), [("3.98ms", 3.98), ("812.00us", 0.812), ("1.02s", 1020.0)])
def test_what_wrk_prints_is_read_in_its_units(p99: str, milliseconds: float):
    told = read_wrk(wrk_told(p99=p99))
    assert (told.per_second, told.load) == (50000.0, 50.0)
    assert told.p99 == pytest.approx(milliseconds)


@pytest.mark.parametrize("wrong", [{"complaint": "  Non-2xx or 3xx responses: 7\n"}, {"count": 0}])
def test_answers_that_are_wrong_or_missing_are_a_failure(wrong: dict[str, object]):
    with pytest.raises(Failed):
        read_wrk(wrk_told(**wrong))


def test_every_case_has_the_baseline_and_known_peers():
    for name, case in CASES.items():
        assert case.name == name
        assert BASELINE in case.programs
        assert set(case.programs) <= set(PEERS)


def test_what_is_to_be_reached_is_measured():
    for target in TARGETS:
        case = CASES[target.case]
        assert target.measure in {measure.name for measure in case.measures}
        assert set(target.bounds) <= set(case.programs)


def test_every_program_is_there():
    sources = {path.name for path in PROGRAMS.iterdir()} | {path.stem for path in SOURCES.glob("*.c")}
    assert {line.split()[0] for case in CASES.values() for line in case.programs.values()} <= sources
