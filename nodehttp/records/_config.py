"""How streams of records are sent, received and processed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar

from nodestream._names import NodeNames, node_alias
from nodestream._options import LARGEST_INTEGER, normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE

from .._net_checks import LARGEST_INT32, checked_flag, checked_integer
from ._errors import ERR_RECORDS_MALFORMED_LINE

C = TypeVar("C", bound="_Config")

OnMalformed = Literal["error", "skip"] | Callable[[ERR_RECORDS_MALFORMED_LINE], object]
"""What becomes of a malformed line: the stream fails; it is skipped and counted; the same, and a function is told."""


class _Config(NodeNames):
    """Options that do not change: keywords, or one mapping, in either spelling."""

    _shown_as: ClassVar[str] = ""

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        given = normalized(names, options, keywords, type(self).__name__)
        for name in names:
            value = self._checked(name, given[name]) if name in given else getattr(type(self), name)
            object.__setattr__(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        """The value of an option in the one shape that is used. Raises what Node raises."""
        least, most = _RANGES[name]
        return checked_integer(value, self._shown_as + name, least, most)

    def replace(self: C, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> C:
        """The same with some options changed."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return type(self)({**own, **normalized(own, options, keywords, "replace")})


@dataclass(frozen=True, init=False)
class RetryConfig(_Config):
    """How often to try, and how long to wait in between.

    Options:
        attempts: how often in all; 1 is never again (3).
        delay: milliseconds before the second attempt, twice as long before each that follows (1000).
        max_delay: milliseconds that are never exceeded, whatever the server asks for (60000).
    """

    _shown_as = "retry."

    attempts: int = 3
    delay: int = 1_000
    max_delay: int = 60_000
    maxDelay = node_alias("max_delay")


@dataclass(frozen=True, init=False)
class RecordConfig(_Config):
    """How streams of records are sent, received and processed.

    Options:
        chunk_size: bytes up to which records are joined into one chunk (1048576).
        flush_interval: milliseconds for which a record may wait for others to join it in a chunk, if it follows another
            chunk that closely; the first one after a pause waits for no other (5).
        timeout: milliseconds without traffic after which a stream fails; 0 for never (30000).
        buffer_size: how many records may be waiting to be processed or sent (1000).
        workers: how many records are processed at once (10).
        ordered: whether results come in the order of input rather than as they are ready (False).
        compression: whether to compress, if both sides can (True).
        max_line_length: bytes of one line that is received (16777216).
        on_malformed: what becomes of a line that is no JSON: "error", "skip", or a function that is given the
            ERR_RECORDS_MALFORMED_LINE of it before it is skipped ("error").
        retry: a RetryConfig, or its options; False is `attempts=1`.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
    """

    chunk_size: int = 1024 * 1024
    flush_interval: int = 5
    timeout: int = 30_000
    buffer_size: int = 1_000
    workers: int = 10
    ordered: bool = False
    compression: bool = True
    max_line_length: int = 16 * 1024 * 1024
    on_malformed: OnMalformed = "error"
    retry: RetryConfig = RetryConfig()

    chunkSize = node_alias("chunk_size")
    flushInterval = node_alias("flush_interval")
    bufferSize = node_alias("buffer_size")
    maxLineLength = node_alias("max_line_length")
    onMalformed = node_alias("on_malformed")

    def _checked(self, name: str, value: Any) -> Any:
        if name in ("ordered", "compression"):
            return checked_flag(value, name)
        if name == "on_malformed":
            return _on_malformed(value)
        if name == "retry":
            return _retry(value)
        return super()._checked(name, value)


_RANGES = {
    "attempts": (1, LARGEST_INTEGER),
    "delay": (0, LARGEST_INT32),
    "max_delay": (0, LARGEST_INT32),
    "chunk_size": (1, LARGEST_INTEGER),
    "flush_interval": (0, LARGEST_INT32),
    "timeout": (0, LARGEST_INT32),
    "buffer_size": (1, LARGEST_INTEGER),
    "workers": (1, LARGEST_INTEGER),
    "max_line_length": (1, LARGEST_INTEGER),
}


def _on_malformed(value: Any) -> OnMalformed:
    if callable(value):
        return value  # type: ignore[no-any-return]
    if not isinstance(value, str):
        raise ERR_INVALID_ARG_TYPE("on_malformed", "of type string or function", value)
    if value not in ("error", "skip"):
        raise ERR_INVALID_ARG_VALUE("on_malformed", value, "must be 'error', 'skip' or a function")
    return value  # type: ignore[return-value]


def _retry(value: Any) -> RetryConfig:
    if value is False:
        return RetryConfig(attempts=1)
    if isinstance(value, RetryConfig):
        return value
    if not isinstance(value, Mapping):
        raise ERR_INVALID_ARG_TYPE("retry", "of type object or false", value)
    return RetryConfig(value)


def config_of(config: RecordConfig | Mapping[str, Any] | None, keywords: Mapping[str, Any]) -> RecordConfig:
    """The config that a function was given: one, or a mapping, and keywords that change it."""
    if isinstance(config, RecordConfig):
        return config.replace(**keywords) if keywords else config
    return RecordConfig(config, **keywords)
