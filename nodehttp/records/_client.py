"""`RecordClient`: where a server of records is, and how to talk to it. What comes of that is in `_record_stream.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any
from urllib.parse import urlsplit

from nodestream._names import NodeNames, node_alias
from nodestream._options import check_object, normalized
from nodestream._signals import check_signal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_PROTOCOL

from .._url import url_to_options
from ._config import RecordConfig, config_of
from ._input import Input
from ._record_stream import RecordStream
from ._run import Run, Target

Config = RecordConfig | Mapping[str, Any] | None

_STREAM_OPTIONS = ("headers", "resume", "signal")


class RecordClient(NodeNames):
    """A client of servers of records.

        client = RecordClient("http://127.0.0.1:8000/api")
        async for score in client.stream("scores", people):
            ...

    Args:
        base_url: what the paths of endpoints are added to; http or https, without a query.
        config: a RecordConfig, or its options, which may be keywords, too.
        agent: whose sockets are used (the global agent).
        headers: a mapping of headers that each request has.

    Raises ERR_INVALID_URL, ERR_INVALID_PROTOCOL, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
    """

    def __init__(
        self,
        base_url: str,
        config: Config = None,
        /,
        *,
        agent: Any = None,
        headers: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> None:
        self.config = config_of(config, keywords)
        self._base_url = _checked_base(base_url)
        self._target = Target(self._base_url, agent, compresses=self.config.compression)
        self._headers = _checked_headers(headers)

    @property
    def base_url(self) -> str:
        """What the paths of endpoints are added to."""
        return self._base_url

    baseUrl: str = node_alias("base_url")

    def stream(
        self, endpoint: str, records: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> RecordStream:
        """Send records; gives the results, for `async for`, while they are being sent.

        Args:
            endpoint: the path, which may have a query.
            records: an iterable or async iterable, such as a list, a generator or a Readable; or a function without
                arguments that gives one, and is called again for each attempt. It is read no faster than results are
                taken.

        Options:
            headers: a mapping of headers for this request.
            resume: a function that is given how many results there were, and gives the records to go on with, or an
                awaitable of them. With it, an attempt may follow one that has given results.
            signal: an AbortSignal that stops it.

        Raises ERR_INVALID_ARG_TYPE.
        """
        given = normalized(_STREAM_OPTIONS, options, keywords, "stream")
        check_signal(given.get("signal"), "options.signal")
        resume = given.get("resume")
        if resume is not None and not callable(resume):
            raise ERR_INVALID_ARG_TYPE("options.resume", "of type function", resume)
        headers = {**self._headers, **_checked_headers(given.get("headers"))}
        if not isinstance(endpoint, str):
            raise ERR_INVALID_ARG_TYPE("endpoint", "of type string", endpoint)
        make_input = partial(Input, most_kept=self.config.buffer_size, interval=self.config.flush_interval)
        run = Run(self._target, endpoint, headers, make_input(records), self.config)
        return RecordStream(run, given.get("signal"), resume and partial(_resumed, resume, make_input))

    def process(
        self, endpoint: str, value: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> RecordStream:
        """Send one record; gives the results as `stream` does. For the arguments see there."""
        return self.stream(endpoint, [value], options, **keywords)

    def __repr__(self) -> str:
        return f"<RecordClient {self._base_url}>"


async def _resumed(resume: Callable[[int], Any], make_input: Callable[[Any], Input], count: int) -> Input:
    """What the caller wants to be sent after so many results."""
    records = resume(count)
    return make_input(await records if isawaitable(records) else records)


def _checked_base(url: Any) -> str:
    if not isinstance(url, str):
        raise ERR_INVALID_ARG_TYPE("base_url", "of type string", url)
    protocol = str(url_to_options(url)["protocol"])
    if protocol not in ("http:", "https:"):
        raise ERR_INVALID_PROTOCOL(protocol, "http:")
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ERR_INVALID_ARG_VALUE("base_url", url, "must have neither a query nor a fragment")
    return url.rstrip("/")


def _checked_headers(headers: Any) -> Mapping[str, Any]:
    check_object(headers, "headers")
    return headers or {}
