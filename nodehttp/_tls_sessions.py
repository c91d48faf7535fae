"""Sessions that can be resumed, as bytes.

Node gives a session as a Buffer, which can be kept anywhere. Python's `ssl` gives an object that means something in
this process only, and only together with the context that it was made with. So the bytes here are a token, and the
table knows what it stands for, as long as it is among the most recent ones.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from typing import NamedTuple

MOST_SESSIONS = 4096
"""Tokens that are known; a token that was forgotten costs a full handshake."""


class Session(NamedTuple):
    """What a token stands for."""

    native: ssl.SSLSession
    context: ssl.SSLContext


_sessions: OrderedDict[bytes, Session] = OrderedDict()


def token_of(native: ssl.SSLSession, context: ssl.SSLContext) -> bytes:
    """The bytes for a session."""
    token = b"session " + native.id
    _sessions[token] = Session(native, context)
    _sessions.move_to_end(token)
    if len(_sessions) > MOST_SESSIONS:
        _sessions.popitem(last=False)
    return token


def session_for(token: bytes | None, context: ssl.SSLContext) -> ssl.SSLSession | None:
    """The session that the bytes stand for; None if it cannot be resumed with this context."""
    session = _sessions.get(bytes(token)) if token is not None else None
    return session.native if session is not None and session.context is context else None
