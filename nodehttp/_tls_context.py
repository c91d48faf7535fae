"""`SecureContext`: certificates, keys and settings that connections share.

Python's `ssl` has one context for each side, each way to verify and each list of protocols, so a secure context makes
several, each when it is first needed. The rules:

1. What OpenSSL refuses is refused when the secure context is made, not when it is used.
2. `ssl` verifies chains, never names: `_tls_identity.py` does that afterwards, as in Node.
3. A session can only be resumed with the context that it was made with. So clients with equal options share theirs:
   `tls.connect(options)`, called twice, makes one. It also saves reading keys again, which takes some 3 ms, and the
   system's certificates, which takes 50. Servers never share, for a session of one must mean nothing to another.
4. What `ssl` cannot do and what does no harm is checked and then not used: an order of TLS 1.3 suites, several curves
   in one option, `dhparam: "auto"`, `sessionIdContext`, `sessionTimeout`, `ticketKeys`, `certificateCompression`.

Node: tls.SecureContext
"""

from __future__ import annotations

import copy
import secrets
import ssl
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from nodestream.errors import ERR_INVALID_ARG_TYPE

from ._net_checks import is_true
from ._options import Options, canonical_name
from ._tls_configuring import configured
from ._tls_credentials import Identity, identities, revocation_lists, revoke
from ._tls_options import CONTEXT_OPTIONS, ContextOptions, Secret, checked_options
from ._tls_pem import certificates, trusted_certificates
from ._tls_pkcs12 import opened
from ._tls_roots import Roots, default_roots, trust

__all__ = ["CONTEXT_OPTIONS", "SecureContext", "create_secure_context"]

KEPT = 32
"""How many options, contexts of clients, and variants of a server's context, are kept for others that are equal."""


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
        self._material = _checked(options)
        self._roots = None if options.authorities is not None else default_roots()
        self._own: dict[Variant, ssl.SSLContext] = {}
        self._ticket_keys = options.ticket_keys or secrets.token_bytes(48)

    def __repr__(self) -> str:
        oldest, newest = self.versions
        return f"<SecureContext {oldest} to {newest}, {len(self.identities)} certificates>"

    @property
    def ticket_keys(self) -> bytes:
        """48 bytes, as given or else random; nothing is encrypted with them. Node: tlsServer.getTicketKeys"""
        return self._ticket_keys

    def renewed(self, ticket_keys: bytes) -> SecureContext:
        """One with the same settings, and other ticket keys: with it, no session of this one is resumed."""
        other = copy.copy(self)
        other._own = {}
        other._ticket_keys = ticket_keys
        return other

    def ssl_context(
        self, *, server: bool, verify: bool, request_cert: bool = False, alpn: tuple[bytes, ...] = ()
    ) -> ssl.SSLContext:
        """The context of `ssl` for one side of connections.

        Arguments:
            server: which side.
            verify: whether a handshake fails if the peer's certificate does not verify.
            request_cert: whether a server asks for a certificate. Without `verify` a client may have none, but one that
                does not verify fails the handshake all the same: `ssl` has no other way.
            alpn: protocols to negotiate, each in ASCII.
        """
        variant = Variant(server, _verify_mode(server=server, verify=verify, request_cert=request_cert), alpn)
        if not server:
            return _shared(self._options, self._roots, variant)
        context = self._own.get(variant)
        if context is None:
            make_room(self._own)
            context = self._own[variant] = _made(self._options, self._roots, variant)
        return context

    def trusted(self) -> tuple[bytes, ...]:
        """The certificates that are trusted, as DER."""
        return (*(self._roots.certificates() if self._roots is not None else ()), *self._material.authorities)

    @property
    def versions(self) -> tuple[str, str]:
        """The oldest and the newest version that is spoken."""
        return self._options.versions

    @property
    def ciphers(self) -> str:
        """The suites of versions before TLS 1.3, as OpenSSL takes them; empty for none."""
        return self._options.ciphers

    @property
    def server_flags(self) -> int:
        """OpenSSL's flags for a server: the options `secure_options` and `honor_cipher_order`."""
        preference = ssl.OP_CIPHER_SERVER_PREFERENCE if self._options.honors_cipher_order else 0
        return self._options.flags | preference | ssl.OP_NO_RENEGOTIATION

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Certificates and their keys."""
        return self._material.identities

    @property
    def certificate(self) -> bytes | None:
        """The certificate (DER) that is shown, the last one of several; None if there is none."""
        return certificates(self.identities[-1].chain)[0] if self.identities else None

    @property
    def revocation_lists(self) -> tuple[bytes, ...]:
        """Of the option `crl`, as PEM."""
        return self._material.revocations

    @property
    def trusts_partial_chains(self) -> bool:
        """The option `allow_partial_trust_chain`."""
        return self._options.trusts_partial_chains


def make_room(made: dict[Any, Any]) -> None:
    """Forget the oldest of what was made, if there is much of it: a client could ask for ever other protocols."""
    while len(made) >= KEPT:
        del made[next(iter(made))]


def _verify_mode(*, server: bool, verify: bool, request_cert: bool) -> ssl.VerifyMode:
    if server and not request_cert:
        return ssl.CERT_NONE
    if verify:
        return ssl.CERT_REQUIRED
    return ssl.CERT_OPTIONAL if server else ssl.CERT_NONE


class Material(NamedTuple):
    """What options hold: keys with their certificates, certificates (DER) to be trusted, and revocation lists (PEM)."""

    identities: tuple[Identity, ...]
    authorities: tuple[bytes, ...]
    revocations: tuple[bytes, ...]


class Variant(NamedTuple):
    """What contexts of equal options differ in."""

    server: bool
    mode: ssl.VerifyMode
    alpn: tuple[bytes, ...]


@lru_cache(KEPT)
def _checked(options: ContextOptions) -> Material:
    """Raises what OpenSSL refuses."""
    chains, keys, authorities = list(options.chains), list(options.keys), list(options.authorities or ())
    for bundle in map(opened, options.bundles):
        keys.append(Secret(bundle.key, None))
        chains.append(b"".join((bundle.certificate, *bundle.others)))
        authorities.extend(bundle.others)
    new_context = partial(configured, ssl.PROTOCOL_TLS_SERVER, options)
    new_context()
    found = identities(new_context, chains, keys)
    trusted = dict.fromkeys(each for pem in authorities for each in trusted_certificates(pem))
    return Material(found, tuple(trusted), revocation_lists(options.revocations))


def _made(options: ContextOptions, roots: Roots | None, variant: Variant) -> ssl.SSLContext:
    context = configured(ssl.PROTOCOL_TLS_SERVER if variant.server else ssl.PROTOCOL_TLS_CLIENT, options)
    material = _checked(options)
    for identity in material.identities:
        identity.load(context)
    context.verify_mode = variant.mode
    if variant.mode is not ssl.CERT_NONE and roots is not None:
        roots.trust_in(context)
    trust(context, material.authorities)
    if material.revocations:
        revoke(context, material.revocations)
    if options.trusts_partial_chains:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if variant.alpn:
        context.set_alpn_protocols([name.decode("ascii") for name in variant.alpn])
    return context


_shared = lru_cache(KEPT)(_made)
