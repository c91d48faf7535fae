"""Reading bytes into memory of one's own ("bring your own buffer").

Standard: ReadableStreamBYOBReader, ReadableStreamBYOBRequest
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from .._names import node_name
from .._options import check_object, normalized
from ..errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_STATE,
    ERR_OUT_OF_RANGE,
)
from ..loop import Promise
from ._made import MadeByStream
from ._promises import rejected_with
from ._readers import GenericReader
from ._requests import PromisedRead, ReadRequest, ReadResult
from ._views import writable_view

if TYPE_CHECKING:
    from ._byte_controller import ReadableByteStreamController
    from ._readable import ReadableStream


class ReadableStreamBYOBReader(GenericReader):
    """Reads a stream of bytes into views that it is given; meanwhile nobody else can read it.

    Raises ERR_INVALID_ARG_TYPE for what is no ReadableStream, ERR_INVALID_ARG_VALUE for one of other chunks,
    ERR_INVALID_STATE if it has a reader already.

    Node: ReadableStreamBYOBReader
    """

    def __init__(self, stream: ReadableStream) -> None:
        if not hasattr(stream, "_take_reader"):
            raise ERR_INVALID_ARG_TYPE("stream", "an instance of ReadableStream", stream)
        if stream._reader is None and not stream._supports_byob:
            raise ERR_INVALID_ARG_VALUE("stream", stream, "must be a byte stream")
        self._begin(stream)

    def read(
        self, view: Any = None, options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> Promise[ReadResult]:
        """Fill `view` with bytes; await `(view, done)`.

        Args:
            view: a bytearray or a writable memoryview, not empty. It must not be touched before it is given back: the
                value is a memoryview over the same memory, with the same item format, as long as what was read. At the
                end of the stream it is an empty one; None if the stream was cancelled.
        Options: min: how many items must be there before it is given back (1).

        Raises the error of the stream, ERR_INVALID_STATE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
        ERR_OUT_OF_RANGE. Node: reader.read
        """
        try:
            memory = writable_view(view)
            check_object(options)
            minimum = normalized(("min",), options, keywords, "read").get("min", 1)
            _check_read(memory, minimum)
            if self._stream is None:
                raise ERR_INVALID_STATE("The reader is not attached to a stream")
        except Exception as error:
            return rejected_with(error)
        request = PromisedRead()
        self._read_into(memory, minimum, request)
        return request.promise

    def _read_into(self, view: memoryview, minimum: int, request: ReadRequest) -> None:
        """ReadableStreamBYOBReaderRead"""
        stream = cast("ReadableStream", self._stream)  # who calls this has looked
        stream._read_into(view, minimum, request)


def _check_read(view: memoryview, minimum: Any) -> None:
    if view.nbytes == 0:
        raise ERR_INVALID_STATE("View or Viewed ArrayBuffer is zero-length or detached")
    if not isinstance(minimum, int) or isinstance(minimum, bool):
        raise ERR_INVALID_ARG_TYPE("options.min", "of type number", minimum)
    if minimum <= 0:
        raise ERR_INVALID_ARG_VALUE("options.min", minimum, "must be greater than 0")
    if minimum > len(view):
        raise ERR_OUT_OF_RANGE("options.min", "<= view.length", minimum)


class ReadableStreamBYOBRequest(MadeByStream):
    """A view that `pull` may fill. Node: ReadableStreamBYOBRequest"""

    _controller: ReadableByteStreamController | None
    _view: memoryview | None

    def _begin(self, controller: ReadableByteStreamController, view: memoryview) -> None:
        self._controller = controller
        self._view = view

    def _invalidate(self) -> None:
        """ReadableByteStreamControllerInvalidateBYOBRequest"""
        self._controller = self._view = None

    @property
    def view(self) -> memoryview | None:
        """The memory to fill, from its beginning; None once the request was answered. Node: byobRequest.view"""
        return self._view

    def respond(self, bytes_written: int) -> None:
        """So many bytes were written to the view; it must not be touched any more.

        Raises ERR_INVALID_STATE, ERR_INVALID_ARG_VALUE. Node: byobRequest.respond
        """
        self._valid()._respond(bytes_written)

    def respond_with_new_view(self, view: Any) -> None:
        """The bytes are in `view`, which begins where the request's view does, and may be shorter.

        Raises ERR_INVALID_STATE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: byobRequest.respondWithNewView
        """
        controller = self._valid()
        controller._respond_with_new_view(writable_view(view))

    respondWithNewView = node_name(respond_with_new_view)

    def _valid(self) -> ReadableByteStreamController:
        if self._controller is None:
            raise ERR_INVALID_STATE("This BYOB request has been invalidated")
        return self._controller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'answered' if self._view is None else f'{len(self._view)} bytes'}>"
