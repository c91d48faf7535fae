"""The controller of a stream of any chunks.

Standard: ReadableStreamDefaultController
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._names import node_alias
from ..errors import ERR_INVALID_STATE
from ..loop import Promise
from ._made import MadeByStream
from ._promises import attempt, promise_of
from ._queue import SizedQueue

if TYPE_CHECKING:
    from ._readable import ReadableStream
    from ._requests import ReadRequest

Algorithm = Callable[..., Any]


class Puller:
    """Calls `pull` when a stream wants more, never twice at once. Standard: [[pulling]], [[pullAgain]], [[started]]"""

    __slots__ = ("_again", "_controller", "_is_pulling", "started")

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self._is_pulling = False
        self._again = False
        self.started = False

    def start(self, result: Any) -> None:
        """The end of the standard's SetUp...Controller: `result` is what `start` returned."""
        promise_of(result).when_settled(self._has_started, self._controller._fail)

    def _has_started(self, _value: Any) -> None:
        self.started = True
        self.call_if_needed()

    def call_if_needed(self) -> None:
        """ReadableStreamDefaultControllerCallPullIfNeeded, ReadableByteStreamControllerCallPullIfNeeded"""
        controller = self._controller
        if not self.started or not controller._should_pull():
            return
        if self._is_pulling:
            self._again = True
            return
        self._is_pulling = True
        attempt(controller._pull_algorithm, controller).when_settled(self._has_pulled, controller._fail)

    def _has_pulled(self, _value: Any) -> None:
        self._is_pulling = False
        if self._again:
            self._again = False
            self.call_if_needed()


def do_nothing(*_: Any) -> None:
    """The algorithm that was not given."""


class ReadableStreamDefaultController(MadeByStream):
    """How the source of a stream gives it chunks. Node: ReadableStreamDefaultController"""

    _stream: ReadableStream

    def _begin(
        self,
        stream: ReadableStream,
        start: Algorithm | None,
        pull: Algorithm | None,
        cancel: Algorithm | None,
        mark: float,
        size: Callable[[Any], Any] | None,
    ) -> None:
        """SetUpReadableStreamDefaultController. What `start` raises comes out."""
        self._stream = stream
        self._queue = SizedQueue()
        self._close_requested = False
        self._pull_algorithm: Algorithm = pull or do_nothing
        self._cancel_algorithm: Algorithm = cancel or do_nothing
        self._size = size
        self._mark = mark
        self._puller = Puller(self)
        stream._take_controller(self)
        self._puller.start(start(self) if start is not None else None)

    # --- what the source uses ---

    @property
    def desired_size(self) -> float | None:
        """How much room there is; negative when there is too much already, None after an error.

        Node: controller.desiredSize
        """
        state = self._stream._state
        if state == "errored":
            return None
        return 0 if state == "closed" else self._mark - self._queue.total

    desiredSize: float | None = node_alias("desired_size")

    def close(self) -> None:
        """There are no more chunks; those that are queued can still be read.

        Raises ERR_INVALID_STATE. Node: controller.close
        """
        if not self._can_enqueue():
            raise ERR_INVALID_STATE("Controller is already closed")
        self._close()

    def enqueue(self, chunk: Any = None) -> None:
        """Give the stream a chunk. Raises ERR_INVALID_STATE, and what the strategy's `size` raises.

        Node: controller.enqueue
        """
        if not self._can_enqueue():
            raise ERR_INVALID_STATE("Controller is already closed")
        self._enqueue(chunk)

    def error(self, error: Any = None) -> None:
        """Let the stream fail; what is queued is dropped. Node: controller.error"""
        self._fail(error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} desired_size={self.desired_size}>"

    # --- what the stream and others use ---

    def _close(self) -> None:
        """ReadableStreamDefaultControllerClose"""
        if not self._can_enqueue():
            return
        self._close_requested = True
        if not self._queue:
            self._clear_algorithms()
            self._stream._close()

    def _enqueue(self, chunk: Any) -> None:
        """ReadableStreamDefaultControllerEnqueue"""
        if not self._can_enqueue():
            return
        stream = self._stream
        if stream._waiting_reads > 0:
            stream._fulfill_read(chunk, False)
        else:
            try:
                self._queue.append(chunk, 1 if self._size is None else self._size(chunk))
            except Exception as error:
                self._fail(error)
                raise
        self._puller.call_if_needed()

    def _fail(self, error: Any) -> None:
        """ReadableStreamDefaultControllerError"""
        if self._stream._state == "readable":
            self._queue.clear()
            self._clear_algorithms()
            self._stream._error(error)

    def _can_enqueue(self) -> bool:
        """ReadableStreamDefaultControllerCanCloseOrEnqueue"""
        return not self._close_requested and self._stream._state == "readable"

    def _should_pull(self) -> bool:
        """ReadableStreamDefaultControllerShouldCallPull"""
        if not self._can_enqueue():
            return False
        if self._stream._waiting_reads > 0:
            return True
        return (self.desired_size or 0) > 0

    def _clear_algorithms(self) -> None:
        """ReadableStreamDefaultControllerClearAlgorithms"""
        self._pull_algorithm = self._cancel_algorithm = do_nothing
        self._size = None

    def _cancel_steps(self, reason: Any) -> Promise[Any]:
        """[[CancelSteps]]"""
        self._queue.clear()
        cancel = self._cancel_algorithm
        result = attempt(cancel, reason)
        self._clear_algorithms()
        return result

    def _pull_steps(self, request: ReadRequest) -> None:
        """[[PullSteps]]"""
        stream = self._stream
        if not self._queue:
            stream._add_read_request(request)
            self._puller.call_if_needed()
            return
        chunk = self._queue.pop()
        self._handle_drain()
        request.chunk(chunk)

    def _give_queued(self, take: Callable[[Any], bool]) -> None:
        """As many reads at once, as long as `take(chunk)` says so: what is missing is pulled after the last one."""
        while self._queue and take(self._queue.pop()):
            pass
        self._handle_drain()

    def _handle_drain(self) -> None:
        if self._close_requested and not self._queue:
            self._clear_algorithms()
            self._stream._close()
        else:
            self._puller.call_if_needed()

    def _release_steps(self) -> None:
        """[[ReleaseSteps]]"""
