"""Options: keywords or a mapping, in either spelling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest

from nodestream import (
    Duplex,
    EventEmitter,
    PassThrough,
    Readable,
    Transform,
    Writable,
    finished,
    get_default_high_water_mark,
    run,
    set_default_high_water_mark,
)
from nodestream._options import snake_case
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, NodeError

CLASSES = [Readable, Writable, Duplex, Transform, PassThrough]


@pytest.fixture(autouse=True, params=CLASSES, ids=lambda cls: cls.__name__)
def cls(request: pytest.FixtureRequest) -> type[Any]:
    return request.param


def mark_of(stream: Any) -> int:
    return stream.readable_high_water_mark if isinstance(stream, Readable) else stream.writable_high_water_mark


@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls(high_water_mark=7),
        lambda cls: cls(highWaterMark=7),
        lambda cls: cls({"high_water_mark": 7}),
        lambda cls: cls({"highWaterMark": 7}),
        lambda cls: cls(MappingProxyType({"highWaterMark": 7})),
        lambda cls: cls({"highWaterMark": 1}, high_water_mark=7),
        lambda cls: cls({"high_water_mark": 1}, highWaterMark=7),
    ],
)
def test_an_option_is_taken_in_each_form(cls: type[Any], make: Any) -> None:
    assert mark_of(make(cls)) == 7


def test_an_unknown_keyword_is_a_type_error_that_names_it(cls: type[Any]) -> None:
    with pytest.raises(TypeError, match=rf"{cls.__name__}\(\) got an unexpected keyword argument 'high_watermark'"):
        cls(high_watermark=7)


def test_an_unknown_key_of_a_mapping_is_ignored(cls: type[Any]) -> None:
    assert mark_of(cls({"high_watermark": 7})) == 65536


def test_an_option_that_is_none_counts_as_not_given(cls: type[Any]) -> None:
    stream = cls(high_water_mark=None, auto_destroy=None)
    assert mark_of(stream) == 65536


@pytest.mark.parametrize("bad", [-1, float("nan"), 1.5, "abc", True])
def test_a_bad_high_water_mark_is_refused_in_nodes_words(cls: type[Any], bad: Any) -> None:
    with pytest.raises(NodeError, match=r"The property 'options\.\w*[hH]ighWaterMark' is invalid\. Received") as caught:
        cls(high_water_mark=bad)
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"
    assert isinstance(caught.value, TypeError)


def test_a_whole_float_is_a_high_water_mark(cls: type[Any]) -> None:
    assert mark_of(cls(high_water_mark=7.0)) == 7


def test_objects_have_a_default_of_16(cls: type[Any]) -> None:
    assert mark_of(cls(object_mode=True)) == 16


def test_a_hook_that_is_no_function_is_refused(cls: type[Any]) -> None:
    with pytest.raises(NodeError, match=r'The "options\.destroy" property must be of type function'):
        cls(destroy=5)


def test_an_unknown_encoding_is_refused(cls: type[Any]) -> None:
    with pytest.raises(NodeError, match="Unknown encoding: bogus"):
        cls(default_encoding="bogus")


def test_the_mapping_is_not_changed(cls: type[Any]) -> None:
    options = {"highWaterMark": 0, "objectMode": None, "x": 1}
    cls(options)
    assert options == {"highWaterMark": 0, "objectMode": None, "x": 1}


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("highWaterMark", "high_water_mark"),
        ("isHTTP", "is_http"),
        ("maxHTTPHeaders", "max_http_headers"),
        ("snake_case", "snake_case"),
        ("x1Y", "x1_y"),
        ("", ""),
    ],
)
def test_camel_case_becomes_snake_case(camel: str, snake: str) -> None:
    assert snake_case(camel) == snake


def test_functions_take_options_in_each_form_too() -> None:
    def main() -> None:
        for options in ({"writable": False}, {}):
            finished(Readable(read=lambda self, size: None), options, lambda error: None)
        stream = Readable(read=lambda self, size: None)
        finished(stream, lambda error: None, writable=False)
        with pytest.raises(TypeError, match="unexpected keyword"):
            finished(stream, lambda error: None, writeable=False)
        with pytest.raises(TypeError, match="unexpected keyword"):
            stream.pipe(PassThrough(), finish=False)
        with pytest.raises(TypeError, match="unexpected keyword"):
            stream.iterator(destroy=False)
        with pytest.raises(TypeError, match="unexpected keyword"):
            Readable.from_([], size=1)
        stream.pipe(PassThrough(), {"end": False, "other": 1}).destroy()
        stream.destroy()

    run(main)


@pytest.mark.parametrize("bad", [42, "x", [1], "", [], 0])
def test_options_that_are_no_mapping_are_refused(bad: Any) -> None:
    stream = Readable(read=lambda self, size: None)
    for call in (Readable, PassThrough, stream.iterator, lambda bad: stream.pipe(PassThrough(), bad)):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "options" argument must be of type object'):
            call(bad)


@pytest.fixture
def default_marks() -> Iterator[None]:
    yield
    set_default_high_water_mark(False, 65536)
    set_default_high_water_mark(True, 16)


@pytest.mark.usefixtures("default_marks")
def test_the_default_marks_can_be_changed() -> None:
    assert (get_default_high_water_mark(), get_default_high_water_mark(True)) == (65536, 16)
    set_default_high_water_mark(False, 32)
    set_default_high_water_mark(True, 3)
    assert (get_default_high_water_mark(False), get_default_high_water_mark(True)) == (32, 3)
    assert (Readable().readable_high_water_mark, Readable(object_mode=True).readable_high_water_mark) == (32, 3)
    assert (Writable().writable_high_water_mark, Writable(object_mode=True).writable_high_water_mark) == (32, 3)
    assert PassThrough(readable_object_mode=True).readable_high_water_mark == 3
    assert Readable(high_water_mark=5).readable_high_water_mark == 5


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("5", ERR_INVALID_ARG_TYPE),
        (True, ERR_INVALID_ARG_TYPE),
        (-1, ERR_OUT_OF_RANGE),
        (1.5, ERR_OUT_OF_RANGE),
        (math.nan, ERR_OUT_OF_RANGE),
        (math.inf, ERR_OUT_OF_RANGE),
        (2**53, ERR_OUT_OF_RANGE),
    ],
)
def test_a_bad_default_mark_is_refused(bad: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="value"):
        set_default_high_water_mark(False, bad)
    assert get_default_high_water_mark() == 65536


def test_an_emitter_takes_capture_rejections_in_each_form() -> None:
    for emitter in (
        EventEmitter(capture_rejections=True),
        EventEmitter({"captureRejections": True}),
        EventEmitter({"capture_rejections": True, "x": 1}),
    ):
        assert emitter._capture_rejections is True
    with pytest.raises(NodeError, match=r'The "options\.captureRejections" property must be of type boolean'):
        EventEmitter({"captureRejections": 1})
    with pytest.raises(TypeError):
        EventEmitter(capture=True)
