"""What a server chooses when it has seen the ClientHello: whose certificate it shows, and which protocol is spoken.

The rules:

1. The certificate is the SNICallback's choice if there is one (which may take its time), else that of the server's
   context for the name, else the server's own.
2. The protocol is the ALPNCallback's choice, else the first of the server's that the client offers. If both have
   protocols and none in common, the client is refused with an alert.

Node: the options SNICallback, ALPNCallback and ALPNProtocols of tls.createServer
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nodestream.errors import ERR_TLS_ALPN_CALLBACK_INVALID_RESULT, ERR_TLS_INVALID_CONTEXT, NodeError

from ._tls_client_hello import ClientHello
from ._tls_context import SecureContext

NO_APPLICATION_PROTOCOL = b"\x15\x03\x03\x00\x02\x02\x78"
"""A fatal alert (RFC 7301 section 3.2), as a record."""


class NoCommonProtocol(NodeError):
    """The client offers no protocol that the server has."""

    def __init__(self) -> None:
        super().__init__("no application protocol", "ERR_SSL_NO_APPLICATION_PROTOCOL")


def choose_context(
    hello: ClientHello | None,
    callback: Callable[..., Any] | None,
    usual: SecureContext,
    done: Callable[[BaseException | None, SecureContext | None], object],
) -> None:
    """Call `done(error, context)`, at once or later: what `callback(name, done)` says, `usual` if it has no opinion."""
    name = hello.server_name if hello is not None else None
    if callback is None or not name:
        done(None, usual)
        return
    answered = False

    def chosen(error: BaseException | None = None, context: Any = None) -> None:
        nonlocal answered
        if answered:
            return
        answered = True
        if error is not None:
            done(error, None)
        elif context is None:
            done(None, usual)
        elif isinstance(context, SecureContext):
            done(None, context)
        else:
            done(ERR_TLS_INVALID_CONTEXT("SNI"), None)

    callback(name, chosen)


def choose_protocol(
    hello: ClientHello | None, callback: Callable[..., Any] | None, protocols: Sequence[bytes]
) -> bytes | None:
    """The protocol to speak, None if that is not negotiated. Raises ERR_SSL_NO_APPLICATION_PROTOCOL, or what Node says
    of a callback that chooses one that was not offered.
    """
    offered = hello.alpn_protocols if hello is not None else ()
    if not offered:
        return None
    if callback is not None:
        return _called_back(hello, callback, offered)
    if not protocols:
        return None
    for protocol in protocols:
        if protocol in offered:
            return protocol
    raise NoCommonProtocol


def _called_back(hello: ClientHello | None, callback: Callable[..., Any], offered: Sequence[bytes]) -> bytes:
    names = [each.decode("latin1") for each in offered]
    name = hello.server_name if hello is not None else None
    choice = callback({"servername": name or False, "protocols": names})
    if choice is None:
        raise NoCommonProtocol
    if choice not in names:
        raise ERR_TLS_ALPN_CALLBACK_INVALID_RESULT(choice, names)
    return offered[names.index(choice)]
