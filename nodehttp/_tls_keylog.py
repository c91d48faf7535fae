"""The secrets of connections, for whoever wants to read a capture of them.

`ssl` writes them into a file for each context, of all connections together. The file here is one in memory; a line
names its connection by the client's random number.

Node: the event `keylog` of tls.TLSSocket
"""

from __future__ import annotations

import os
import ssl
from collections import OrderedDict, deque
from weakref import WeakKeyDictionary, finalize, ref

MOST_CONNECTIONS = 1024
"""Connections whose lines are kept until they are asked for."""

MOST_LINES = 16
"""Lines of one connection that are kept; it has at most 7. Peers that give the same random number count as one."""

_AT_RANDOM = 11
"""Where the random number is in a ClientHello: after the headers of record and message, and the version."""
_RANDOM = 32


def random_of(hello: bytes) -> bytes:
    """The client's random number, in the record of a ClientHello."""
    return hello[_AT_RANDOM : _AT_RANDOM + _RANDOM]


class KeyLog:
    """The secrets of all connections of one context, as long as somebody holds this."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._fd = os.memfd_create("keylog", os.MFD_CLOEXEC)
        finalize(self, _end, context, self._fd)
        os.fchmod(self._fd, 0o600)
        self._lines: OrderedDict[bytes, deque[bytes]] = OrderedDict()
        context.keylog_filename = f"/proc/self/fd/{self._fd}"

    def take(self, random: bytes) -> list[bytes]:
        """The new lines of the connection with this random number."""
        self.collect()
        return list(self._lines.pop(random, ()))

    def collect(self) -> None:
        """Empty the file. Handshakes that fail leave lines there that nobody asks for."""
        size = os.fstat(self._fd).st_size
        if size:
            self._sort(os.pread(self._fd, size, 0))
            os.ftruncate(self._fd, 0)

    def _sort(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            parts = line.split()
            if len(parts) == 3:
                self._lines.setdefault(bytes.fromhex(parts[1].decode()), deque(maxlen=MOST_LINES)).append(line)
        while len(self._lines) > MOST_CONNECTIONS:
            self._lines.popitem(last=False)


def _end(context: ssl.SSLContext, fd: int) -> None:
    context.keylog_filename = None  # type: ignore[assignment]
    os.close(fd)


_logs: WeakKeyDictionary[ssl.SSLContext, ref[KeyLog]] = WeakKeyDictionary()


def key_log_of(context: ssl.SSLContext) -> KeyLog:
    """The log of a context, for one more connection; it is written as long as it is held."""
    log = _log_that_is_held(context)
    if log is None:
        log = KeyLog(context)
        _logs[context] = ref(log)
    log.collect()
    return log


def empty_key_log_of(context: ssl.SSLContext) -> None:
    """Keep the log small that a context has for others, as one more connection will write into it too."""
    log = _log_that_is_held(context) if _logs else None
    if log is not None:
        log.collect()


def _log_that_is_held(context: ssl.SSLContext) -> KeyLog | None:
    held = _logs.get(context)
    return held() if held is not None else None
