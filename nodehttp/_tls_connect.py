"""`connect()`: a TLSSocket of a client.

Node: tls.connect
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from nodestream._warnings import emit_warning

from ._net_arguments import given_options, split_callback
from ._net_connect_target import CONNECT_OPTIONS as NET_OPTIONS
from ._options import Options
from ._tls_context import CONTEXT_OPTIONS
from ._tls_identity import check_server_identity
from ._tls_socket import SOCKET_OPTIONS, TLSSocket

CONNECT_OPTIONS = NET_OPTIONS | CONTEXT_OPTIONS | SOCKET_OPTIONS
"""What may be a keyword of `connect()`."""

INSECURE = "NODE_TLS_REJECT_UNAUTHORIZED"
"""The environment variable that, being "0", makes clients accept any certificate unless an option says otherwise."""

_has_warned = False


def connect(*args: Any, **keywords: Any) -> TLSSocket:
    """A new TLSSocket that connects: `connect(port, host, options)`, `connect(path, options)`, or with options.

    Options, besides those of TLSSocket and of net.Socket.connect, in either spelling:
        socket: a Duplex that is connected (or connecting) already, instead of host and port.
        servername: what to ask the server to be, by SNI; also whose certificate it must have (the host).
        check_server_identity: `f(hostname, certificate)` returns an error if the certificate is not for that host
            (`tls.check_server_identity`).
        timeout: as `set_timeout(timeout)`.

    A function as last argument is added as listener of `secureConnect`. A certificate that does not verify is an
    `error` with OpenSSL's name for it as code; `reject_unauthorized=False` lets it pass.

    Raises what net.Socket.connect and create_secure_context raise.

    Node: tls.connect
    """
    positional, callback = split_callback(args)
    options = _gathered(positional, keywords)
    tunnel = options.known("socket")
    socket = TLSSocket(tunnel, options)
    if callback is not None:
        socket.once("secureConnect", callback)
    if tunnel is None:
        if options.known("timeout"):
            socket.set_timeout(options["timeout"])
        if not socket.destroyed:
            socket.connect(options)
    return socket


def _accepts_anything() -> bool:
    """What the environment says; it is worth a warning, once."""
    global _has_warned  # noqa: PLW0603
    accepts = os.environ.get(INSECURE) == "0"
    if accepts and not _has_warned:
        _has_warned = True
        text = (
            f"Setting the {INSECURE} environment variable to '0' makes TLS connections and HTTPS requests insecure by "
            "disabling certificate verification."
        )
        emit_warning(Warning(text))
    return accepts


def _gathered(args: Sequence[Any], keywords: Mapping[str, Any]) -> Options:
    """The arguments as options: those after port and host override them, and keywords override all."""
    more = next((each for each in args[1:3] if isinstance(each, Mapping)), None)
    options = Options(given_options(args), more, keywords)
    if options.known("reject_unauthorized") is None:
        options["reject_unauthorized"] = not _accepts_anything()
    if options.known("check_server_identity") is None:
        options["check_server_identity"] = check_server_identity
    options["is_server"] = False
    options["request_cert"] = True
    return options
