"""`SecureContext`: certificates, keys and settings that connections share.

Python's `ssl` has one context for each side, each way to verify and each list of protocols, so a secure context makes
several, each when it is first needed. The rules:

1. What OpenSSL refuses is refused when the secure context is made, not when it is used.
2. `ssl` verifies chains, never names: `_tls_identity.py` does that afterwards, as in Node.
3. A session can only be resumed with the context that it was made with. So clients with equal options share theirs:
   `tls.connect(options)`, called twice, makes one. It also saves reading the system's certificates again, which takes
   some 50 ms. Servers never share, for a session of one must mean nothing to another.
4. What `ssl` cannot do and what does no harm is checked and then not used: an order of TLS 1.3 suites, several curves
   in one option, `dhparam: "auto"`, `sessionIdContext`, `sessionTimeout`, `ticketKeys`, `certificateCompression`.

Node: tls.SecureContext
"""

from __future__ import annotations

import secrets
import ssl
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any

from nodestream.errors import ERR_INVALID_ARG_TYPE

from ._client_options import Options, canonical_name
from ._net_checks import is_true
from ._tls_configuring import configured
from ._tls_credentials import check_revocation_lists, identities, revoke
from ._tls_options import CONTEXT_OPTIONS, ContextOptions, Secret, checked_options
from ._tls_pem import trusted_certificates
from ._tls_pkcs12 import opened
from ._tls_roots import default_certificates, state_of_roots, trust, trust_defaults

__all__ = ["CONTEXT_OPTIONS", "SecureContext", "create_secure_context"]

_SHARED = 32
"""How many contexts of clients are kept for others with equal options."""

_shared: OrderedDict[Hashable, ssl.SSLContext] = OrderedDict()


def create_secure_context(options: Mapping[str, Any] | None = None, **keywords: Any) -> SecureContext:
    """Make a context of options (keywords, or one mapping, in either spelling).

    Options:
        ca: what is trusted instead of the default: PEM, or a list of it.
        cert: certificate chains, PEM or a list of it; key: private keys, PEM or a list of it, or of
            `{"pem", "passphrase"}`.
        pfx: keys with certificates (PKCS#12), bytes or a list of them, or of `{"buf", "passphrase"}`; takes the package
            cryptography.
        passphrase: for keys and pfx.
        crl: revocation lists, PEM or a list of it; every certificate of a chain is then looked up.
        ciphers: suites, in OpenSSL's notation.
        min_version, max_version: "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3".
        secure_protocol: a single version, in OpenSSL's notation ("TLSv1_2_method").
        secure_options: OpenSSL's flags, a number.
        honor_cipher_order: the server's order of suites counts, not the client's.
        ecdh_curve: "auto", or the name of a curve.
        dhparam: parameters for Diffie-Hellman, PEM.
        allow_partial_trust_chain: a trusted certificate need not be a root.
        session_id_context, session_timeout, ticket_keys, certificate_compression: are checked, and not used.

    Raises what Node raises, and ERR_FEATURE_UNAVAILABLE_ON_PLATFORM for sigalgs and engines.

    Node: tls.createSecureContext
    """
    if is_true(options) and not isinstance(options, Mapping):
        raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
    for name in keywords:
        if canonical_name(name) not in CONTEXT_OPTIONS:
            raise TypeError(f"create_secure_context() got an unexpected keyword argument {name!r}")
    return SecureContext(checked_options(Options(options if isinstance(options, Mapping) else None, keywords)))


class SecureContext:
    """What `create_secure_context()` makes. Node: tls.SecureContext"""

    def __init__(self, options: ContextOptions) -> None:
        self._options = options
        self._contexts: dict[Hashable, ssl.SSLContext] = {}
        self._ticket_keys = options.ticket_keys or secrets.token_bytes(48)
        chains, keys = list(options.chains), list(options.keys)
        authorities = list(options.authorities or ())
        for bundle in map(opened, options.bundles):
            keys.append(Secret(bundle.key, None))
            chains.append(b"".join((bundle.certificate, *bundle.others)))
            authorities.extend(bundle.others)
        self._identities = identities(configured(ssl.PROTOCOL_TLS_SERVER, options), chains, keys)
        self._authorities = tuple(dict.fromkeys(each for pem in authorities for each in trusted_certificates(pem)))
        check_revocation_lists(options.revocations)

    def __repr__(self) -> str:
        oldest, newest = self._options.versions
        return f"<SecureContext {oldest} to {newest}, {len(self._identities)} certificates>"

    @property
    def ticket_keys(self) -> bytes:
        """48 bytes, as given or else random; nothing is encrypted with them. Node: tlsServer.getTicketKeys"""
        return self._ticket_keys

    def ssl_context(
        self, *, server: bool, verify: bool, request_cert: bool = False, alpn: tuple[bytes, ...] = ()
    ) -> ssl.SSLContext:
        """The context of `ssl` for one side of connections.

        Arguments:
            server: which side.
            verify: whether a handshake fails if the peer's certificate does not verify.
            request_cert: whether a server asks for a certificate. Without `verify` a client may have none, but one that
                does not verify fails the handshake all the same: `ssl` has no other way.
            alpn: protocols to negotiate.
        """
        mode = _verify_mode(server=server, verify=verify, request_cert=request_cert)
        key = (server, mode, alpn, self._trust_state())
        context = self._contexts.get(key)
        if context is None:
            context = self._made(server, mode, alpn) if server else self._shared_one(key, mode, alpn)
            self._contexts[key] = context
        return context

    def trusted(self) -> list[bytes]:
        """The certificates that are trusted, as DER."""
        defaults = [] if self._has_authorities else default_certificates()
        return [*defaults, *self._authorities]

    @property
    def revocation_lists(self) -> tuple[bytes, ...]:
        """The option `crl`, as PEM."""
        return self._options.revocations

    @property
    def trusts_partial_chains(self) -> bool:
        """The option `allow_partial_trust_chain`."""
        return self._options.trusts_partial_chains

    @property
    def _has_authorities(self) -> bool:
        return self._options.authorities is not None

    def _trust_state(self) -> Hashable:
        return None if self._has_authorities else state_of_roots()

    def _shared_one(self, key: Hashable, mode: ssl.VerifyMode, alpn: tuple[bytes, ...]) -> ssl.SSLContext:
        shared_key = (key, self._options)
        context = _shared.pop(shared_key, None) or self._made(False, mode, alpn)
        _shared[shared_key] = context
        if len(_shared) > _SHARED:
            _shared.popitem(last=False)
        return context

    def _made(self, server: bool, mode: ssl.VerifyMode, alpn: tuple[bytes, ...]) -> ssl.SSLContext:
        context = configured(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT, self._options)
        for identity in self._identities:
            identity.load(context)
        context.verify_mode = mode
        if mode is not ssl.CERT_NONE and not self._has_authorities:
            trust_defaults(context)
        trust(context, self._authorities)
        if self._options.revocations:
            revoke(context, self._options.revocations)
        if self._options.trusts_partial_chains:
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if alpn:
            context.set_alpn_protocols([name.decode("latin1") for name in alpn])
        return context


def _verify_mode(*, server: bool, verify: bool, request_cert: bool) -> ssl.VerifyMode:
    if server and not request_cert:
        return ssl.CERT_NONE
    if verify:
        return ssl.CERT_REQUIRED
    return ssl.CERT_OPTIONAL if server else ssl.CERT_NONE
