"""The certificates that are trusted when nothing else is said.

No roots come with this library. The default store is the system's, as OpenSSL finds it: SSL_CERT_FILE and SSL_CERT_DIR
say where else, as for `node --use-openssl-ca`. The file that NODE_EXTRA_CA_CERTS names is added to it.
`set_default_ca_certificates()` replaces both.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from nodestream._warnings import emit_warning
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, NodeError

from ._net_checks import checked_string
from ._tls_pem import certificates, pem_of, trusted_certificates

EXTRA = "NODE_EXTRA_CA_CERTS"
"""The environment variable with the path of certificates that are trusted besides the system's."""

_PLACES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The environment variables that tell OpenSSL where the system's certificates are."""


class Roots(NamedTuple):
    """What is trusted by default at some moment. Equal ones trust the same.

    Attributes:
        chosen: certificates (DER) that replace the system's; None if none do.
        extra: those that are trusted besides the system's.
        places: the values of SSL_CERT_FILE and SSL_CERT_DIR.
    """

    chosen: tuple[bytes, ...] | None
    extra: tuple[bytes, ...]
    places: tuple[str | None, ...]

    def trust_in(self, context: ssl.SSLContext) -> None:
        """Have `context` trust them."""
        if self.chosen is not None:
            trust(context, self.chosen)
        else:
            context.load_default_certs(_purpose(context))
            trust(context, self.extra)

    def certificates(self) -> tuple[bytes, ...]:
        """All of them, as DER."""
        return self.chosen if self.chosen is not None else (*_system(self.places), *self.extra)


class _Default:
    """What `set_default_ca_certificates` has set."""

    def __init__(self) -> None:
        self.chosen: tuple[bytes, ...] | None = None

    def choose(self, certificates: tuple[bytes, ...] | None) -> None:
        self.chosen = certificates


default = _Default()


def default_roots() -> Roots:
    """What is trusted by default from now on."""
    return Roots(default.chosen, _extra(os.environ.get(EXTRA)), _places())


def _purpose(context: ssl.SSLContext) -> ssl.Purpose:
    is_server = context.protocol is ssl.PROTOCOL_TLS_SERVER
    return ssl.Purpose.CLIENT_AUTH if is_server else ssl.Purpose.SERVER_AUTH


def trust(context: ssl.SSLContext, certificates: Iterable[bytes]) -> None:
    """Have `context` trust certificates (DER). One that OpenSSL cannot read is left out, as in Node."""
    for certificate in certificates:
        try:
            context.load_verify_locations(cadata=certificate)
        except ssl.SSLError:
            continue


@lru_cache(4)
def _extra(path: str | None) -> tuple[bytes, ...]:
    """The certificates of a file; one that cannot be read is told of once."""
    if not path:
        return ()
    try:
        return tuple(trusted_certificates(Path(path).read_bytes()))
    except OSError as error:
        emit_warning(RuntimeWarning(f"Ignoring extra certs from `{path}`, load failed: {error.strerror}"))
        return ()


def _places() -> tuple[str | None, ...]:
    return tuple(map(os.environ.get, _PLACES))


@lru_cache(4)
def _system(places: tuple[str | None, ...]) -> tuple[bytes, ...]:
    """The system's certificates while OpenSSL's environment variables have these values."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    found = context.get_ca_certs(binary_form=True)
    return tuple(found or (each for path in _files_of_directory() for each in trusted_certificates(path.read_bytes())))


def _files_of_directory() -> list[Path]:
    """The files of OpenSSL's directory, which it only looks into for the issuer it needs."""
    directory = ssl.get_default_verify_paths().capath
    return [] if directory is None else sorted(path for path in Path(directory).glob("*.0") if path.is_file())


# --- what `node:tls` exports ---


def get_ca_certificates(type: str = "default") -> tuple[str, ...]:
    """Certificates as PEM: those that are trusted by "default", those of the "system", or the "extra" ones.

    "bundled" are the system's too, since no certificates come with this library.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: tls.getCACertificates
    """
    checked_string(type, "type")
    if type == "default":
        found = default_roots().certificates()
    elif type in ("bundled", "system"):
        found = _system(_places())
    elif type == "extra":
        found = default_roots().extra
    else:
        raise ERR_INVALID_ARG_VALUE("type", type)
    return _as_pem(found)


@lru_cache(8)
def _as_pem(certificates: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(pem_of(certificate).decode() for certificate in certificates)


def set_default_ca_certificates(certs: Any) -> None:
    """Trust the certificates (PEM) of the list `certs`, and no others, by default from now on.

    Contexts that there are already do not change.

    Raises ERR_INVALID_ARG_TYPE, ERR_CRYPTO_OPERATION_FAILED. Node: tls.setDefaultCACertificates
    """
    if not isinstance(certs, (list, tuple)):
        raise ERR_INVALID_ARG_TYPE("certs", "an instance of Array", certs)
    for index, each in enumerate(certs):
        if not isinstance(each, (str, bytes, bytearray, memoryview)):
            raise ERR_INVALID_ARG_TYPE(f"certs[{index}]", "of type string or an instance of ArrayBufferView", each)
    found = [certificate for each in certs for certificate in _certificates_in(each)]
    if certs and not found:
        raise NodeError("No valid certificates found in the provided array", "ERR_CRYPTO_OPERATION_FAILED")
    default.choose(tuple(dict.fromkeys(found)))


def _certificates_in(given: str | bytes | bytearray | memoryview) -> list[bytes]:
    pem = given.encode() if isinstance(given, str) else bytes(given)
    return certificates(pem) if b"-----BEGIN" in pem else []
