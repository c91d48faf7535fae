"""Requests and replies between the two processes, over one pair of pipes.

A message is its length (4 bytes, little-endian) and JSON: `[kind, payload, released, flags]`. `kind` is "?" for a
request, "=" for a reply with a value, "!" for one with an error. `released` lists `[id, count]` of objects of the other
side that this side has forgotten. `flags`, from Python: 1 ticks are queued, 2 the loop has something to wait for.

Calls are synchronous and nest: who waits for a reply answers the requests that come before it. So the two processes are
one thread of control, and neither ever waits for the other while the other waits for it. A pipe that ends says that the
other process has gone: so does this one then, at once, wherever it is and whatever it has open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

HEADER = 4

_to_json = json.JSONEncoder(separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


class JavaScriptRaised(Exception):
    """A reply that is an error; `payload` is its encoded value."""

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self.payload = payload


class Channel:
    """Both directions. `answer(payload)` answers a request with an encoded value.

    It raises JavaScriptRaised with what JavaScript is to throw.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._received = bytearray()
        self.answer: Callable[[Any], Any] = lambda payload: None
        self.flags: Callable[[], int] = lambda: 0
        self.take_released: Callable[[], list[tuple[int, int]]] = list
        self.forget: Callable[[list[tuple[int, int]]], None] = lambda released: None

    def request(self, *payload: Any) -> Any:
        """Ask JavaScript for something and wait for the reply. Raises JavaScriptRaised."""
        self._send("?", payload)
        while True:
            kind, answered = self._receive()
            if kind == "?":
                self._reply_to(answered)
            elif kind == "=":
                return answered
            else:
                raise JavaScriptRaised(answered)

    def serve(self) -> NoReturn:
        """Answer requests until the other side has gone."""
        while True:
            kind, payload = self._receive()
            if kind != "?":
                raise RuntimeError(f"a reply that nobody waits for: {payload}")
            self._reply_to(payload)

    def _reply_to(self, payload: Any) -> None:
        try:
            value = self.answer(payload)
        except JavaScriptRaised as raised:
            self._send("!", raised.payload)
        else:
            self._send("=", value)

    def _send(self, kind: str, payload: Any) -> None:
        text = _to_json([kind, payload, self.take_released(), self.flags()]).encode()
        message = len(text).to_bytes(HEADER, "little") + text
        try:
            sent = os.write(self._outgoing, message)
            while sent < len(message):
                sent += os.write(self._outgoing, message[sent:])
        except BrokenPipeError:
            os._exit(0)

    def _receive(self) -> tuple[str, Any]:
        size = int.from_bytes(self._take(HEADER), "little")
        kind, payload, released, _ = _from_json(self._take(size).decode())
        if released:
            self.forget(released)
        return kind, payload

    def _take(self, size: int) -> bytes:
        received = self._received
        while len(received) < size:
            piece = os.read(self._incoming, max(65536, size - len(received)))
            if not piece:
                os._exit(0)
            received += piece
        taken = bytes(received[:size])
        del received[:size]
        return taken
