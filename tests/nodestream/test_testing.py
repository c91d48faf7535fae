"""The contract checkers: each rule catches the stream that breaks it, and that rule alone does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing

from nodestream import PassThrough, Readable, run
from nodestream.loop import next_tick, open_loop
from nodestream.testing import (
    DUPLEX_RULES,
    READABLE_RULES,
    WRITABLE_RULES,
    ContractViolation,
    Recorder,
    Rule,
    check_duplex,
    check_readable,
    check_writable,
)

from .mutants_of_duplexes import DUPLEX_MUTANTS
from .mutants_of_readables import CONTENT, READABLE_MUTANTS, Source
from .mutants_of_writables import WRITABLE_MUTANTS, Drop


async def broken(check: Any, table: Iterable[Rule]) -> list[str]:
    """The rules of a table that a checker finds broken."""
    found = []
    for rule in table:
        try:
            await check(only_rules=(rule,))
        except ContractViolation as violation:
            assert violation.rule is rule
            found.append(rule.name)
    return found


def run_impatiently(main: Callable[[], Any]) -> Any:
    """Run it on a clock that does not wait: what never comes is missed at once."""
    return run(main, clock=trio.testing.MockClock(autojump_threshold=0))


ALL_OF_DUPLEX = tuple(dict.fromkeys((*READABLE_RULES, *WRITABLE_RULES, *DUPLEX_RULES)))


@pytest.mark.parametrize("rule", READABLE_RULES, ids=lambda rule: rule.name)
def test_a_readable_that_breaks_a_rule_is_found_by_that_rule_alone(rule: Rule) -> None:
    check = partial(check_readable, READABLE_MUTANTS[rule.name], expected=CONTENT)
    assert run_impatiently(partial(broken, check, READABLE_RULES)) == [rule.name]


@pytest.mark.parametrize("name", WRITABLE_MUTANTS)
def test_a_writable_that_breaks_a_rule_is_found_by_that_rule_alone(name: str) -> None:
    check = partial(check_writable, WRITABLE_MUTANTS[name], received=lambda stream: stream.chunks)
    assert run_impatiently(partial(broken, check, WRITABLE_RULES)) == [name]


@pytest.mark.parametrize("rule", DUPLEX_RULES, ids=lambda rule: rule.name)
def test_a_duplex_that_breaks_a_rule_is_found_by_that_rule_alone(rule: Rule) -> None:
    check = partial(check_duplex, DUPLEX_MUTANTS[rule.name])
    assert run_impatiently(partial(broken, check, ALL_OF_DUPLEX)) == [rule.name]


def test_there_is_a_mutant_for_each_rule() -> None:
    assert set(READABLE_MUTANTS) == {rule.name for rule in READABLE_RULES}
    assert set(WRITABLE_MUTANTS) | set(READABLE_MUTANTS) >= {rule.name for rule in WRITABLE_RULES}
    assert set(DUPLEX_MUTANTS) == {rule.name for rule in DUPLEX_RULES}


@pytest.mark.parametrize("rule", ALL_OF_DUPLEX, ids=lambda rule: rule.name)
def test_a_rule_is_a_sentence(rule: Rule) -> None:
    assert rule.text.rstrip(")").endswith(".")
    assert str(rule) == f"{rule.name}: {rule.text}"


# --- what is raised ---


def violation_of(main: Callable[[], Any]) -> ContractViolation:
    with pytest.raises(ContractViolation) as caught:
        run_impatiently(main)
    return caught.value


def test_a_violation_says_all_that_is_to_be_known() -> None:
    class Twice(Source):
        def emit(self, event: Any, /, *args: Any) -> bool:
            if event == "end":
                super().emit(event)
            return super().emit(event, *args)

    violation = violation_of(partial(check_readable, Twice, expected=CONTENT))
    assert isinstance(violation, AssertionError)
    assert str(violation).splitlines() == [
        "A stream that was read to its end emits `end`, once.",
        "    rule: end_comes_once",
        "    expected: `end` once",
        "    seen: 2 times",
        "    stream: <Twice readable ended 0/65536 closed>",
        "    events until then:",
        "        -> on('data')",
        "        resume",
        "        data b'one '",
        "        data b'two '",
        "        data b'thr\\xc3\\xa9e'",
        "        end",
        "        end",
        "        close",
    ]
    assert (violation.expected, violation.seen) == ("`end` once", "2 times")
    assert isinstance(violation.stream, Twice)
    assert violation.trace.names.count("end") == 2


def test_an_exception_that_a_stream_lets_out_is_a_violation() -> None:
    class Loud(Source):
        def emit(self, event: Any, /, *args: Any) -> bool:
            if event == "close":
                raise ZeroDivisionError
            return super().emit(event, *args)

    violation = violation_of(partial(check_readable, Loud, only_rules=["destroy_gives_the_stream"], expected=CONTENT))
    assert isinstance(violation.__cause__, ZeroDivisionError)
    assert violation.seen == "ZeroDivisionError()"


def test_what_never_comes_is_a_violation() -> None:
    violation = violation_of(lambda: check_readable(lambda: Readable(read=lambda self, size: None)))
    assert (violation.rule.name, violation.expected) == ("read_it", "`end` or `error` or `close`")
    assert violation.seen == "nothing more in 10000 ms"


def test_what_make_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: check_writable(lambda: 1 // 0))


def test_a_stream_that_is_never_made_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        run_impatiently(lambda: check_writable(trio.sleep_forever))


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no such rule here: finish_comes_once, no"):
        run(lambda: check_readable(Source, except_rules=["no", "finish_comes_once", "end_comes_once"]))


# --- how streams are made, and which loop is there ---


class Made:
    """A context manager of a stream, that counts."""

    entered = left = 0

    async def __aenter__(self) -> Source:
        Made.entered += 1
        return Source()

    async def __aexit__(self, *exc_info: object) -> None:
        Made.left += 1


async def made_later() -> Source:
    await trio.sleep(0)
    return Source()


@pytest.mark.parametrize("make", [Source, made_later, Made])
def test_a_stream_may_be_made_in_several_ways(make: Any) -> None:
    run(lambda: check_readable(make, expected=CONTENT))


def test_a_context_manager_is_left_after_each_rule() -> None:
    Made.entered = Made.left = 0
    run(lambda: check_readable(Made, only_rules=["end_comes_once", "close_comes_once"]))
    assert Made.entered == Made.left == 3  # and one to see what is in it


async def test_it_works_in_a_trio_program() -> None:
    await check_readable(Source, expected=CONTENT)


async def test_it_works_in_a_trio_program_that_has_a_loop() -> None:
    async with open_loop():
        await check_duplex(lambda: PassThrough(high_water_mark=20))


def test_what_comes_is_compared() -> None:
    with pytest.raises(ContractViolation, match="what `data` gives: b'other'"):
        run(lambda: check_readable(Source, expected=b"other"))
    with pytest.raises(ContractViolation, match="what has arrived"):
        run(lambda: check_writable(Drop, received=lambda stream: [b"other"]))


# --- the recorder ---


def test_a_recorder_writes_down_events_and_the_state_at_each() -> None:
    stream = Source()

    async def main() -> Recorder:
        recorder = Recorder(stream)
        stream.resume()
        await recorder.until("close")
        return recorder

    recorder = run(main)
    assert recorder.names == ["resume", "data", "data", "data", "end", "close"]
    assert b"".join(recorder.chunks()) == CONTENT
    assert [entry.state["readable_ended"] for entry in recorder][-3:] == [False, True, True]
    assert str(recorder).splitlines()[1] == "data b'one '"
    assert repr(recorder).startswith("<Recorder of <Source readable ended 0/65536 closed>: resume data")
    assert len(recorder) == 6


def test_a_recorder_starts_no_flow() -> None:
    async def main() -> None:
        stream = Source()
        recorder = Recorder(stream)
        next_tick(lambda: None)
        assert stream.readable_flowing is None
        recorder.stop()
        assert stream.event_names() == []

    run(main)
