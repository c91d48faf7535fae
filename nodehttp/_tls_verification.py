"""Whether the other side is who it says.

The rules:

1. With `reject_unauthorized`, `ssl` has verified the chain already, or the handshake has failed.
2. Without it, the chain is verified afterwards: the connection goes on, but `authorized` tells the truth. Without the
   package for that, a certificate counts as one that does not verify.
3. A client also compares the name. Nobody asks here when a session was resumed; see `_tls_sessions.py`.
4. A server that has asked for a certificate takes none as one that does not verify.

Node: tls.TLSSocket#authorized
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream.errors import NodeError

from ._tls_certificate import peer_certificate
from ._tls_chain import verify_error_of_chain
from ._tls_complaints import REJECTED, verify_error
from ._tls_engine import TlsEngine
from ._tls_settings import TlsSettings

NOT_VERIFIED = "ERR_TLS_CERT_NOT_VERIFIED"
"""The code of a certificate that was let pass, when the package that could verify it is not there."""


def verified(
    engine: TlsEngine, settings: TlsSettings, identity_error: Callable[[dict[str, Any]], BaseException | None]
) -> BaseException | None:
    """What is wrong with the peer's certificate, None if nothing is; `identity_error(certificate)` compares names."""
    if not settings.request_cert:
        return None
    chain = engine.peer_certificates()
    if not chain:
        return NodeError("peer did not return a certificate", "UNABLE_TO_GET_ISSUER_CERT")
    error = None if settings.reject_unauthorized else _error_of_chain(chain, settings)
    if error is not None:
        return error
    if settings.is_server:
        return None
    try:
        certificate = peer_certificate(chain[0], [*chain[1:], *engine.built_chain()], detailed=True)
    except ValueError:
        return verify_error(REJECTED)
    return identity_error(certificate)


def _error_of_chain(chain: list[bytes], settings: TlsSettings) -> BaseException | None:
    """What is wrong with a chain that was let pass. That nobody can tell is wrong too."""
    try:
        return verify_error_of_chain(settings.context, chain[0], chain[1:], server=settings.is_server)
    except ModuleNotFoundError as error:
        return NodeError(str(error), NOT_VERIFIED)
