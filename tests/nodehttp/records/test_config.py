"""The options."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from nodehttp.records import RecordConfig, RetryConfig
from nodehttp.records._config import config_of
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE


def test_defaults() -> None:
    config = RecordConfig()
    assert (config.chunk_size, config.timeout, config.buffer_size, config.workers) == (1_048_576, 30_000, 1_000, 10)
    assert config.compression is True
    assert (config.retry.attempts, config.retry.delay) == (3, 1_000)
    assert config.on_malformed == "error"


def test_keywords_and_a_mapping_in_either_spelling() -> None:
    expected = RecordConfig(chunk_size=5, retry=RetryConfig(max_delay=7))
    assert RecordConfig({"chunkSize": 5, "retry": {"maxDelay": 7}}) == expected
    assert RecordConfig({"chunk_size": 5, "unknown": 1}, retry={"max_delay": 7}) == expected
    assert RecordConfig(chunkSize=5, retry={"maxDelay": 7}) == expected
    assert expected.chunkSize == 5
    assert expected.retry.maxDelay == 7


def test_it_does_not_change_and_can_be_a_key() -> None:
    config = RecordConfig()
    for name in ("workers", "chunkSize"):
        with pytest.raises(FrozenInstanceError):
            setattr(config, name, 1)
    assert hash(config) == hash(RecordConfig())


def test_a_copy_with_changes() -> None:
    config = RecordConfig(workers=3, retry=False)
    assert config.retry.attempts == 1
    changed = config.replace({"bufferSize": 5}, ordered=True)
    assert (changed.workers, changed.buffer_size, changed.ordered, changed.retry.attempts) == (3, 5, True, 1)
    assert config.buffer_size == 1_000


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"chunk_size": "1"},
            ERR_INVALID_ARG_TYPE,
            """The "chunk_size" argument must be of type number. Received type string ('1')""",
        ),
        (
            {"workers": True},
            ERR_INVALID_ARG_TYPE,
            'The "workers" argument must be of type number. Received type boolean (true)',
        ),
        (
            {"buffer_size": 1.5},
            ERR_OUT_OF_RANGE,
            'The value of "buffer_size" is out of range. It must be an integer. Received 1.5',
        ),
        (
            {"timeout": -1},
            ERR_OUT_OF_RANGE,
            'The value of "timeout" is out of range. It must be >= 0 && <= 2147483647. Received -1',
        ),
        (
            {"compression": 1},
            ERR_INVALID_ARG_TYPE,
            'The "compression" argument must be of type boolean. Received type number (1)',
        ),
        (
            {"on_malformed": "ignore"},
            ERR_INVALID_ARG_VALUE,
            "The argument 'on_malformed' must be 'error', 'skip' or a function. Received 'ignore'",
        ),
        (
            {"on_malformed": 1},
            ERR_INVALID_ARG_TYPE,
            'The "on_malformed" argument must be of type string or function. Received type number (1)',
        ),
        (
            {"retry": True},
            ERR_INVALID_ARG_TYPE,
            'The "retry" argument must be of type object or false. Received type boolean (true)',
        ),
        (
            {"retry": {"attempts": 0}},
            ERR_OUT_OF_RANGE,
            'The value of "retry.attempts" is out of range. It must be >= 1 && <= 9007199254740991. Received 0',
        ),
        ({"worker": 1}, TypeError, "RecordConfig() got an unexpected keyword argument 'worker'"),
    ],
)
def test_what_an_option_cannot_be(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        RecordConfig(**options)
    assert type(caught.value) is error
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["chunk_size", "buffer_size", "workers", "max_line_length"])
def test_what_must_be_at_least_one(name: str) -> None:
    assert getattr(RecordConfig({name: 1}), name) == 1
    with pytest.raises(ERR_OUT_OF_RANGE):
        RecordConfig({name: 0})


def test_what_a_function_is_given() -> None:
    config = RecordConfig(workers=3)
    assert config_of(config, {}) is config
    assert config_of(config, {"ordered": True}) == RecordConfig(workers=3, ordered=True)
    assert config_of({"workers": 2}, {"ordered": True}) == RecordConfig(workers=2, ordered=True)
    assert config_of(None, {}) == RecordConfig()
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        config_of(5, {})  # type: ignore[arg-type]
