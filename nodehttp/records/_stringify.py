"""`stringify()`: a Transform from records to bytes.

What becomes ready while nobody reads waits for that, so that the readable side is not filled by time alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nodestream import Transform

from ._batches import encode_batch
from ._config import RecordConfig, config_of
from ._joining import Joiner

Callback = Callable[..., object]


def stringify(config: RecordConfig | Mapping[str, Any] | None = None, /, **keywords: Any) -> Transform:
    """A Transform that makes lines of JSON, joined into chunks, of the records that are written to it.

    Args:
        config, keywords: a RecordConfig, or its options; `chunk_size` and `flush_interval` count.

    A record that is None cannot be written, as in any stream of objects. One that cannot be written as JSON is an
    ERR_RECORDS_NOT_SERIALIZABLE.

    Raises what RecordConfig raises.
    """
    return Stringify(config_of(config, keywords))


class Stringify(Transform):
    """See `stringify`."""

    def __init__(self, config: RecordConfig) -> None:
        super().__init__(writable_object_mode=True)
        self._joiner = Joiner(self.push, config.chunk_size, config.flush_interval, self._on_time)
        self._is_due = False

    def _on_time(self) -> None:
        if self.readable_length < self.readable_high_water_mark:
            self._joiner.flush()
        else:
            self._is_due = True

    def _read(self, size: int) -> None:
        if self._is_due:
            self._is_due = False
            self._joiner.flush()
        super()._read(size)

    def _transform(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        try:
            data = encode_batch([chunk])
        except Exception as error:
            callback(error)
            return
        self._joiner.add(data)
        callback()

    def _flush(self, callback: Callback) -> None:
        self._joiner.flush()
        callback()

    def _destroy(self, error: BaseException | None, callback: Callback) -> None:
        self._joiner.close()
        callback(error)
