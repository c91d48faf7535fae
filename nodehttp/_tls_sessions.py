"""Sessions that can be resumed, as bytes.

Node gives a session as a Buffer, which can be kept anywhere. Python's `ssl` gives an object that means something in
this process only, and only together with the context that it was made with. So the bytes here are a token, and the
table knows what it stands for, as long as it is among the most recent ones.

The rules:

1. A token is random. A session's own number is no token: with TLS 1.2 the server chooses it, and one server could put
   its session in the place of another's.
2. Who resumes a session does not look at the server's certificate again, but takes the verdict of the connection that
   it comes from. So a session is resumed only by whoever expects the same server and compares names in the same way.
"""

from __future__ import annotations

import secrets
import ssl
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

MOST_SESSIONS = 1024
"""Tokens that are known; a token that was forgotten costs a full handshake."""


class Expected(NamedTuple):
    """Which server a client expects."""

    host: str
    check_identity: Callable[..., Any] | None
    """How it compares the host with the certificate; None for not at all."""


class Session(NamedTuple):
    """A session, where it can be resumed, its token, and what was wrong with the server (None for nothing)."""

    native: ssl.SSLSession
    context: ssl.SSLContext
    expected: Expected
    token: bytes
    verdict: BaseException | None


_sessions: OrderedDict[bytes, Session] = OrderedDict()


def keep_session(
    native: ssl.SSLSession, context: ssl.SSLContext, expected: Expected, verdict: BaseException | None
) -> Session:
    """Give a token to a session of a connection to the server that was expected."""
    session = Session(native, context, expected, b"session " + secrets.token_bytes(32), verdict)
    _sessions[session.token] = session
    if len(_sessions) > MOST_SESSIONS:
        _sessions.popitem(last=False)
    return session


def session_for(token: bytes | None, context: ssl.SSLContext, expected: Expected) -> Session | None:
    """The session that the bytes stand for; None if it cannot be resumed with this context and this server."""
    session = _sessions.get(bytes(token)) if token is not None else None
    if session is None or session.context is not context or session.expected != expected:
        return None
    return session
