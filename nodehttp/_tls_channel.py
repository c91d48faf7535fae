"""`TlsChannel`: a channel that is encrypted, over another one that is not.

The rules:

1. Below it is a `Channel` of the kernel's socket, or a `StreamChannel` over any Duplex; this is the owner of that. Its
   own owner is a TLSSocket, which sees clear bytes as if they came from the kernel.
2. A client begins with `begin(engine)`. A server first waits for the ClientHello and shows it to the owner, once, which
   begins with the engine that it chooses, at once or later; nothing is read meanwhile.
3. Until the handshake is done the channel below is read whatever the owner wants. A write waits for it, and for the
   owner to accept the peer, and so does the end.
4. Each record is a turn of its own. What was received while the owner does not read stays encrypted.
5. What the engine has to say while something that was received is dealt with leaves together. There is one write at a
   time below; what comes meanwhile waits for it. A write that the kernel took at once has gone when the loop comes to
   its immediates, as in Node.
6. A large write is encrypted in steps, each when the one before has gone.
7. The peer's end without a closing alert counts as its end, as in Node.
8. A listener that raises costs nothing but what it would have done: what is left is dealt with in a later turn.
9. Answers of TLS itself (to requests for new keys, say) are bounded: while too many wait to be sent, no more is read.

Node: tls_wrap
"""

from __future__ import annotations

import errno
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from nodestream.errors import system_error
from nodestream.loop import EventLoop

from ._net_channel import Callback, ChannelOwner, ConnectedChannel
from ._net_kernel import KernelSocket
from ._tls_client_hello import ClientHello, NotAClientHello, parse_client_hello
from ._tls_engine import TlsEngine

STEP = 256 * 1024
"""Bytes that are encrypted at a time."""

SMALL = 64 * 1024
"""Pieces of one write that are not larger than this together are joined: each would cost a record."""

MOST_UNSENT = 64 * 1024
"""Bytes that may wait behind a write before no more is read. Else a peer that never reads could fill the memory."""


class LowerChannel(ConnectedChannel, Protocol):
    """The channel below, which can be given to another owner."""

    owner: ChannelOwner


class SecureOwner(ChannelOwner, Protocol):
    """Who gets the clear bytes, and is told about the handshake."""

    def _choose_engine(self, hello: ClientHello | None) -> None:
        """A server: begin with the right engine; what came is no ClientHello if there is none."""

    def _accepts_peer(self) -> bool:
        """Whether the peer may have what is written; the owner has destroyed itself if not."""

    def _handshake_done(self) -> None:
        """The peer was accepted."""

    def _handshake_cut(self) -> None:
        """The peer has ended before."""

    def _tls_failed(self, error: ssl.SSLError) -> None: ...

    def _records_read(self) -> None:
        """All that was received has been read; there may be a new session."""


class TlsChannel:
    """Clear bytes in, clear bytes out, over the channel `lower`; `close_lower(reset)` lets go of that.

    Attributes:
        engine: the state of TLS; None while a server waits for the ClientHello.
        reading: whether the owner wants to read.
        secure: whether the handshake is done.
        accepted: whether the peer is one that may have what is written.
    """

    __slots__ = (
        "_callback",
        "_choosing",
        "_close_lower",
        "_closed",
        "_encrypting",
        "_ended",
        "_gathering",
        "_held",
        "_loop",
        "_on_shutdown",
        "_outbox",
        "_outbox_size",
        "_plain",
        "_said_goodbye",
        "_sending",
        "accepted",
        "engine",
        "lower",
        "owner",
        "reading",
        "secure",
    )

    def __init__(
        self, loop: EventLoop, lower: LowerChannel, owner: SecureOwner, close_lower: Callable[[bool], object]
    ) -> None:
        self._loop = loop
        self.lower = lower
        self.owner = owner
        self._close_lower = close_lower
        self.engine: TlsEngine | None = None
        self.reading = self.secure = self.accepted = False
        self._closed = self._ended = self._choosing = False
        self._held = bytearray()  # from the peer, until there is an engine
        self._plain: deque[memoryview] = deque()  # of the write under way, not encrypted yet
        self._callback: Callback | None = None  # of that write
        self._outbox: list[bytes] = []  # encrypted, waits for what is being sent
        self._outbox_size = 0  # in bytes
        self._sending = self._encrypting = self._gathering = self._said_goodbye = False
        self._on_shutdown: Callback | None = None
        lower.owner = self

    # --- the handshake ---

    def begin(self, engine: TlsEngine) -> None:
        """Shake hands."""
        self.engine = engine
        self._choosing = False
        held, self._held = bytes(self._held), bytearray()
        if held:
            engine.feed(held)
        self._update_reading()
        self._advance()

    def keep(self, data: bytes) -> None:
        """The peer has sent `data` before there was an engine."""
        self._held += data

    def await_hello(self) -> None:
        """A server: wait for the ClientHello."""
        self._update_reading()
        if self._held:
            self._look_for_hello()

    def send_alert(self, alert: bytes) -> None:
        """A server: refuse the ClientHello."""
        self._send(alert)

    def _look_for_hello(self) -> None:
        try:
            hello = parse_client_hello(self._held)
            if hello is None:
                return
        except NotAClientHello:
            hello = None
        self._choosing = True
        self._update_reading()
        self.owner._choose_engine(hello)

    def _secured(self) -> None:
        self.secure = True
        if not self.owner._accepts_peer():
            return
        self.accepted = True
        self._update_reading()
        self.owner._handshake_done()
        self._loop.run_ticks()
        self._encrypt()

    # --- what comes from below ---

    def _received(self, data: bytes) -> None:
        if self._closed:
            return
        if self.engine is not None:
            self.engine.feed(data)
            self._advance()
            return
        self._held += data
        if not self._choosing:
            self._look_for_hello()

    def _note_received(self, size: int) -> None:
        """Said by a channel with a buffer of its own; none such is below."""

    def pause(self) -> None:
        """See _note_received."""

    def _receive_ended(self) -> None:
        self._ended = True
        if self.secure:
            self._advance()
        else:
            self.owner._handshake_cut()

    def _receive_failed(self, error: OSError) -> None:
        self.owner._receive_failed(error)

    def _advance(self) -> None:
        """Go on with whatever the peer has sent."""
        engine = self.engine
        if engine is None or self._closed:
            return
        self._gathering = True
        try:
            failure = self._shake_hands(engine) or self._deliver(engine)
        except BaseException:
            self._loop.complete_later(self._advance)
            raise
        finally:
            self._gathering = False
            self._flush()
        if failure is not None:
            self.owner._tls_failed(failure)
        else:
            self._encrypt()

    def _shake_hands(self, engine: TlsEngine) -> ssl.SSLError | None:
        """As far as possible; the error if it fails."""
        if self.secure:
            return None
        try:
            is_done = engine.shake_hands()
        except ssl.SSLError as error:
            return error
        if is_done:
            self._secured()
        return None

    def _deliver(self, engine: TlsEngine) -> ssl.SSLError | None:
        """What the peer has sent, as long as the owner reads; the error if it is not as it should be."""
        while self.reading and self.accepted and not self._closed:
            try:
                data = engine.read()
            except ssl.SSLError as error:
                return error
            if data:
                self.owner._received(data)
                self._loop.run_ticks()
            elif data is None and not self._ended:
                break
            else:
                self._deliver_end()
                return None
        if self.accepted and not self._closed:
            self.owner._records_read()
        return None

    def _deliver_end(self) -> None:
        self._ended = True
        self.stop_reading()
        try:
            self.owner._records_read()
        finally:
            self.owner._receive_ended()

    # --- receiving ---

    def start_reading(self) -> None:
        """Receive; does nothing if that goes on already."""
        if self.reading:
            return
        self.reading = True
        self._update_reading()
        if self.secure and self.engine is not None and (self._ended or self.engine.has_input):
            self._loop.complete_later(self._go_on)

    def _go_on(self) -> None:
        if self.reading:
            self._advance()

    def stop_reading(self) -> None:
        """Let the peer wait."""
        if self.reading:
            self.reading = False
            self._update_reading()

    def _update_reading(self) -> None:
        """Read below for the owner, and for the handshake."""
        if self._closed:
            return
        is_wanted = self.reading or not self.secure
        if is_wanted and not (self._ended or self._choosing or self._outbox_size > MOST_UNSENT):
            self.lower.start_reading()
        else:
            self.lower.stop_reading()

    # --- sending ---

    def write(self, pieces: Sequence[bytes], callback: Callback) -> None:
        """Send `pieces`, and call `callback(error)` when they have gone to the channel below."""
        self._callback = callback
        if len(pieces) > 1 and sum(map(len, pieces)) <= SMALL:
            pieces = (b"".join(pieces),)
        self._plain.extend(memoryview(piece).cast("B") for piece in pieces)
        self._encrypt()

    def gather(self, use: Callable[[bytes], object], data: bytes) -> None:
        """See Channel. Nothing more is done here than rule 5 says."""
        use(data)

    def _encrypt(self) -> None:
        """Encrypt the write under way and send it, as long as that takes no waiting."""
        engine, plain = self.engine, self._plain
        if engine is None or not self.accepted or self._encrypting:
            return
        self._encrypting = True
        try:
            while plain and not self._sending and engine.unsent < STEP:
                engine.write(self._next_step())
                self._flush()
        except ssl.SSLError as error:
            plain.clear()
            self.owner._tls_failed(error)
            return
        finally:
            self._encrypting = False
        if not plain and not self._sending and not engine.unsent:
            self._settle(None)

    def _next_step(self) -> memoryview:
        piece = self._plain.popleft()
        if len(piece) > STEP:
            self._plain.appendleft(piece[STEP:])
        return piece[:STEP]

    def _flush(self) -> None:
        """Send what the engine has to say, unless there will soon be more."""
        if self.engine is not None and not self._gathering:
            data = self.engine.outgoing()
            if data and not self._closed:
                self._send(data)

    def _send(self, data: bytes) -> None:
        self._outbox.append(data)
        self._outbox_size += len(data)
        if not self._sending:
            self._send_next()
        elif self._outbox_size > MOST_UNSENT:
            self._update_reading()

    def _send_next(self) -> None:
        pieces, self._outbox = self._outbox, []
        size, self._outbox_size = self._outbox_size, 0
        self._sending = True
        if size > MOST_UNSENT:
            self._update_reading()
        at_once = True

        def sent(error: BaseException | None) -> None:
            if at_once:
                self._loop.set_immediate(self._sent, error)
            else:
                self._sent(error)

        self.lower.write(pieces, sent)
        at_once = False

    def _sent(self, error: BaseException | None) -> None:
        self._sending = False
        if error is not None:
            self._plain.clear()
            self._outbox.clear()
            self._settle(error)
        elif self._outbox:
            self._send_next()
        elif self._closed:
            self._settle(None)
        else:
            self._encrypt()

    def _settle(self, error: BaseException | None) -> None:
        """The write under way has gone, or failed; so may the end, if it has waited for that."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback(error)
        if self._on_shutdown is not None and self._callback is None:
            self._end()

    def shutdown(self, callback: Callback) -> None:
        """Tell the peer that nothing more comes, then call `callback(error)`, in a later turn."""
        self._on_shutdown = callback
        self._encrypt()

    def _end(self) -> None:
        engine = self.engine
        if engine is not None and not self._said_goodbye:
            self._said_goodbye = True
            engine.end()
            self._flush()
        callback = self._on_shutdown
        is_gone = not self._sending and (engine is None or not engine.unsent)
        if callback is not None and is_gone:
            self._on_shutdown = None
            self.lower.shutdown(callback)

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""
        return self._callback is not None

    @property
    def unsent(self) -> int:
        """Bytes of the write under way that the kernel has not taken yet."""
        return sum(map(len, self._plain)) + self.lower.unsent

    # --- what the channel below knows ---

    def set_no_delay(self, enable: bool) -> None:
        """See Channel."""
        self.lower.set_no_delay(enable)

    def set_keep_alive(
        self, enable: bool, initial_delay: int, interval: int | None = None, count: int | None = None
    ) -> None:
        """See Channel."""
        self.lower.set_keep_alive(enable, initial_delay, interval, count)

    def set_type_of_service(self, tos: int) -> None:
        """See Channel."""
        self.lower.set_type_of_service(tos)

    def type_of_service(self) -> int:
        """See Channel."""
        return self.lower.type_of_service()

    def local_address(self) -> Any:
        """See Channel."""
        return self.lower.local_address()

    def peer_address(self) -> Any:
        """See Channel."""
        return self.lower.peer_address()

    @property
    def is_tcp(self) -> bool:
        """See Channel."""
        return self.lower.is_tcp

    # --- the end ---

    def detach(self) -> KernelSocket:
        """See Channel."""
        return self.lower.detach()

    def close(self, *, reset: bool = False) -> None:
        """Let go of the channel below. A write that was under way fails with ECANCELED."""
        self._closed = True
        self.reading = False
        self._on_shutdown = None
        if self._callback is not None and (self._plain or not self._sending):
            self._loop.close_later(self._callback, system_error(errno.ECANCELED, "write"))
            self._callback = None
        self._plain.clear()
        self._outbox.clear()
        self._close_lower(reset)
