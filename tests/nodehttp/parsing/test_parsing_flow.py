"""Pausing, resuming, closing, ending and re-entering a parser."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodehttp._parsing import BodyRule, Head
from tests.nodehttp.parsing.recorder import bytewise, record, recording, upgrade_if_asked

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nX: y\r\n\r\n"
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nrest"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
STREAM = GET + POST + CHUNKED + GET


def test_a_paused_parser_calls_nothing_and_keeps_what_it_is_fed() -> None:
    recorder, parser = recording()
    parser.pause()
    parser.pause()
    parser.feed(STREAM[:30])
    parser.feed(STREAM[30:])
    assert recorder.events == []
    parser.resume()
    assert recorder.joined == record("request", [STREAM]).joined


@pytest.mark.parametrize("pieces", [[STREAM], bytewise(STREAM)], ids=["whole", "bytewise"])
def test_a_pause_from_inside_any_callback_takes_effect_at_once(pieces: list[bytes]) -> None:
    expected = record("request", pieces).events
    recorder, parser = recording()
    recorder.during = lambda name: parser.pause()
    for piece in pieces:
        parser.feed(piece)
    assert recorder.events == expected[:1]
    for count in range(1, len(expected)):
        assert recorder.events == expected[:count]
        parser.resume()
    assert recorder.events == expected


def test_resume_from_inside_the_callback_that_paused_undoes_the_pause() -> None:
    recorder, parser = recording()

    def pause_and_resume(name: str) -> None:
        parser.pause()
        parser.resume()
        parser.resume()

    recorder.during = pause_and_resume
    parser.feed(STREAM)
    assert recorder.events == record("request", [STREAM]).events


@given(
    st.lists(st.sampled_from([GET, POST, CHUNKED, b"\r\n" + GET, LAST, UPGRADE, GET[:20], b"\x00"]), max_size=4),
    st.dictionaries(st.integers(0, 12), st.sampled_from(["pause", "feed", "finish", "close", "raise", "resume"])),
)
def test_it_is_all_one_whether_input_comes_to_an_idle_parser_or_waited_for_it(
    pieces: list[bytes], actions: dict[int, str]
) -> None:
    """Whatever the callbacks do: at the count of calls that `actions` names."""

    interruptions = sum(action in ("pause", "raise") for action in actions.values())

    def told(waits: bool) -> list[object]:
        recorder, parser = recording("request", upgrade_if_asked)

        def act(name: str) -> None:
            action = actions.get(len(recorder.events))
            if action == "raise":
                raise LookupError
            if action == "feed":
                parser.feed(POST)
            elif action is not None:
                getattr(parser, action)()

        recorder.during = act
        for piece in pieces:
            if waits:
                parser.pause()
            with suppress(LookupError):
                parser.feed(piece)
            for _ in range(interruptions + waits):
                with suppress(LookupError):
                    parser.resume()
            recorder.events.append(("fed", parser.unfinished_fields))
        return [recorder.events, [(head.keep_alive, head.upgrade) for head in recorder.heads]]

    assert told(waits=True) == told(waits=False)


def test_resume_without_a_pause_does_nothing() -> None:
    recorder, parser = recording()
    parser.resume()
    assert recorder.events == []


@pytest.mark.parametrize("when", ["begin", "headers", "body", "complete", "upgrade", "error"])
@pytest.mark.parametrize("data", [STREAM, UPGRADE, POST + b"\x00", CHUNKED[:-2]])
def test_no_callback_follows_a_close_from_inside_one(when: str, data: bytes) -> None:
    recorder, parser = recording("request", upgrade_if_asked)
    recorder.during = lambda name: parser.close() if name == when else None
    parser.feed(data[:40])
    parser.feed(data[40:])
    parser.finish()
    parser.resume()
    assert when not in recorder.names[:-1]


def test_a_closed_parser_calls_nothing() -> None:
    recorder, parser = recording()
    parser.feed(POST[:-1])
    seen = len(recorder.events)
    parser.close()
    parser.close()
    parser.feed(b"x")
    parser.finish()
    parser.pause()
    parser.resume()
    assert len(recorder.events) == seen


def test_feeding_from_inside_a_callback_is_parsed_after_what_is_at_hand() -> None:
    recorder, parser = recording()
    more = [POST]

    def feed_more(name: str) -> None:
        if name == "begin" and more:
            parser.feed(more.pop())

    recorder.during = feed_more
    parser.feed(GET + CHUNKED)
    assert recorder.joined == record("request", [GET + CHUNKED + POST]).joined


def test_an_end_while_paused_waits_for_the_resume() -> None:
    recorder, parser = recording("response")
    parser.pause()
    parser.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    parser.finish()
    assert recorder.events == []
    parser.resume()
    assert recorder.names == ["begin", "headers", "body", "complete"]


def test_an_end_from_inside_a_callback_comes_after_what_is_at_hand() -> None:
    recorder, parser = recording()
    recorder.during = lambda name: parser.finish()
    parser.feed(GET + POST[:-1])
    assert recorder.names == ["begin", "headers", "complete", "begin", "headers", "body", "error"]


def test_an_end_after_an_upgrade_or_an_error_is_nothing() -> None:
    for data, last in ((UPGRADE, "upgrade"), (b"\x00", "error")):
        recorder, parser = recording("request", upgrade_if_asked)
        parser.feed(data)
        parser.finish()
        parser.feed(GET)
        assert recorder.names[-1] == last


def test_an_upgrade_hands_over_what_was_fed_while_paused() -> None:
    recorder, parser = recording("request", upgrade_if_asked)
    recorder.during = lambda name: parser.pause() if name == "headers" else None
    parser.feed(UPGRADE)
    parser.feed(b" and more")
    parser.resume()
    assert recorder.events[-1] == ("upgrade", b"rest and more")


@pytest.mark.parametrize("pieces", [[STREAM], bytewise(STREAM)], ids=["whole", "bytewise"])
@pytest.mark.parametrize("when", ["begin", "body", "complete"])
def test_an_exception_in_a_callback_comes_out_and_the_parser_can_go_on(when: str, pieces: list[bytes]) -> None:
    recorder, parser = recording()
    failures = 0

    def fail_once(name: str) -> None:
        if name == when and not failures:
            raise LookupError(name)

    recorder.during = fail_once
    for piece in pieces:
        try:
            parser.feed(piece)
        except LookupError:
            failures += 1
    parser.resume()
    assert failures == 1
    assert recorder.joined == record("request", [STREAM]).joined


def test_an_exception_in_on_headers_leaves_the_head_answered_with_normal() -> None:
    recorder, parser = recording()

    def fail(name: str) -> None:
        if name == "headers":
            raise LookupError

    recorder.during = fail
    with pytest.raises(LookupError):
        parser.feed(POST)
    parser.resume()
    assert recorder.names == ["begin", "headers", "body", "complete"]


def test_a_body_piece_that_is_all_of_a_read_is_handed_on_uncopied() -> None:
    piece = b"x" * 65536
    for head in (b"Content-Length: 99999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n"):
        recorder, parser = recording()
        parser.feed(b"POST / HTTP/1.1\r\nHost: a\r\n" + head)
        parser.feed(piece)
        parser.feed(piece)
        assert [event[1] is piece for event in recorder.events[2:]] == [True, True]


def test_no_empty_body_piece_is_handed_on() -> None:
    recorder = record("request", [POST[:-4], b"", b"ab", b"", b"cd", b""])
    assert [event for event in recorder.events if event[0] == "body"] == [("body", b"ab"), ("body", b"cd")]


def test_a_rule_is_asked_for_each_head() -> None:
    rules = iter([BodyRule.NO_BODY, BodyRule.NORMAL, BodyRule.UPGRADE])

    def next_rule(head: Head) -> BodyRule:
        return next(rules)

    response = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    recorder = record("response", [response + response + b"a" + response + b"bc"], next_rule)
    without, with_body = ["begin", "headers", "complete"], ["begin", "headers", "body", "complete"]
    assert recorder.names == [*without, *with_body, *without, "upgrade"]
    assert recorder.events[-1] == ("upgrade", b"bc")


@pytest.mark.parametrize("data", [GET[:9], GET, POST[:-1], CHUNKED[:-3], b"\x00"])
def test_a_parser_let_go_of_after_close_is_freed_without_the_garbage_collector(data: bytes) -> None:
    recorder, parser = recording()
    parser.feed(data)
    parser.close()
    gc.collect()
    gc.disable()
    try:
        reference = weakref.ref(recorder)
        del parser, recorder
        assert reference() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("cut", [30, 40])
def test_a_parser_says_how_many_fields_of_an_unfinished_head_it_has_read(cut: int) -> None:
    _, parser = recording()
    parser.feed(GET)
    assert parser.unfinished_fields == 0
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nZ"
    parser.feed(head[:cut])
    parser.feed(head[cut:])
    assert parser.unfinished_fields == 3
    parser.feed(b"\r\n")
    assert parser.unfinished_fields == 3


@pytest.mark.parametrize("data", [GET, POST, CHUNKED, b"\r\n" + GET, GET + POST])
@pytest.mark.parametrize("pieces_of", [lambda data: [data], bytewise], ids=["whole", "bytewise"])
def test_a_parser_is_at_rest_after_each_message_and_only_then(
    data: bytes, pieces_of: Callable[..., list[bytes]]
) -> None:
    recorder, parser = recording()
    assert parser.is_at_rest
    resting: list[bool] = []
    recorder.during = lambda name: resting.append(parser.is_at_rest)
    for piece in pieces_of(data):
        parser.feed(piece)
    assert parser.is_at_rest
    assert not any(resting)
    for rest in (GET[:9], POST[:-1], CHUNKED[:-3], LAST, b"\x00"):
        _, parser = recording()
        parser.feed(rest)
        assert not parser.is_at_rest


def test_a_parser_that_was_paused_or_ended_is_not_at_rest() -> None:
    _, parser = recording()
    parser.feed(GET)
    parser.pause()
    assert not parser.is_at_rest
    parser.feed(GET)
    parser.resume()
    assert parser.is_at_rest
    parser.finish()
    assert not parser.is_at_rest
