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
from typing import Any

from nodestream._warnings import emit_warning
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, NodeError

from ._net_checks import checked_string
from ._tls_pem import certificates, pem_of, trusted_certificates

EXTRA = "NODE_EXTRA_CA_CERTS"
"""The environment variable with the path of certificates that are trusted besides the system's."""

_OPENSSLS = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class _Store:
    """What is trusted by default, made when it is first needed."""

    def __init__(self) -> None:
        self._chosen: tuple[bytes, ...] | None = None
        self._extra: tuple[str | None, tuple[bytes, ...]] = (None, ())

    def choose(self, certificates: tuple[bytes, ...]) -> None:
        self._chosen = certificates

    @property
    def chosen(self) -> tuple[bytes, ...] | None:
        """What replaces the system's certificates, None if nothing does."""
        return self._chosen

    def extra(self) -> tuple[bytes, ...]:
        """Those of NODE_EXTRA_CA_CERTS; a file that cannot be read is told of once."""
        path = os.environ.get(EXTRA)
        if self._extra[0] != path:
            self._extra = (path, _read_extra(path) if path else ())
        return self._extra[1]


def _read_extra(path: str) -> tuple[bytes, ...]:
    try:
        return tuple(trusted_certificates(Path(path).read_bytes()))
    except OSError as error:
        emit_warning(RuntimeWarning(f"Ignoring extra certs from `{path}`, load failed: {error.strerror}"))
        return ()


_store = _Store()


def state_of_roots() -> tuple[object, ...]:
    """What the default store depends on: contexts made with an equal one trust the same."""
    return (_store.chosen, os.environ.get(EXTRA), *map(os.environ.get, _OPENSSLS))


def trust_defaults(context: ssl.SSLContext) -> None:
    """Have `context` trust the default certificates."""
    if _store.chosen is not None:
        trust(context, _store.chosen)
        return
    context.load_default_certs(_purpose(context))
    trust(context, _store.extra())


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


# --- what `node:tls` exports ---


def _system() -> tuple[bytes, ...]:
    return _system_at(tuple(map(os.environ.get, _OPENSSLS)))


@lru_cache(4)
def _system_at(paths: tuple[str | None, ...]) -> tuple[bytes, ...]:
    """The system's certificates while OpenSSL's environment variables are `paths`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    found = context.get_ca_certs(binary_form=True)
    return tuple(found or (each for path in _files_of_directory() for each in trusted_certificates(path.read_bytes())))


def _files_of_directory() -> list[Path]:
    """The files of OpenSSL's directory, which it only looks into for the issuer it needs."""
    directory = ssl.get_default_verify_paths().capath
    return [] if directory is None else sorted(path for path in Path(directory).glob("*.0") if path.is_file())


def default_certificates() -> list[bytes]:
    """What is trusted by default, as DER."""
    return list(_store.chosen) if _store.chosen is not None else [*_system(), *_store.extra()]


def get_ca_certificates(type: str = "default") -> list[str]:
    """Certificates as PEM: those that are trusted by "default", those of the "system", or the "extra" ones.

    "bundled" are the system's too, since no certificates come with this library.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: tls.getCACertificates
    """
    checked_string(type, "type")
    if type == "default":
        found: Iterable[bytes] = default_certificates()
    elif type in ("bundled", "system"):
        found = _system()
    elif type == "extra":
        found = _store.extra()
    else:
        raise ERR_INVALID_ARG_VALUE("type", type)
    return [pem_of(certificate).decode() for certificate in found]


def root_certificates() -> list[str]:
    """The system's certificates as PEM. Node: tls.rootCertificates"""
    return get_ca_certificates("bundled")


def set_default_ca_certificates(certs: Any) -> None:
    """Trust the certificates (PEM) of the list `certs`, and no others, by default from now on.

    Raises ERR_INVALID_ARG_TYPE, ERR_CRYPTO_OPERATION_FAILED. Node: tls.setDefaultCACertificates
    """
    if not isinstance(certs, (list, tuple)):
        raise ERR_INVALID_ARG_TYPE("certs", "an instance of Array", certs)
    for index, each in enumerate(certs):
        if not isinstance(each, (str, bytes, bytearray, memoryview)):
            raise ERR_INVALID_ARG_TYPE(f"certs[{index}]", "of type string or an instance of ArrayBufferView", each)
    found = [certificate for each in certs for certificate in _of_one(each)]
    if certs and not found:
        raise NodeError("No valid certificates found in the provided array", "ERR_CRYPTO_OPERATION_FAILED")
    _store.choose(tuple(dict.fromkeys(found)))


def _of_one(given: str | bytes | bytearray | memoryview) -> list[bytes]:
    pem = given.encode() if isinstance(given, str) else bytes(given)
    return certificates(pem) if b"-----BEGIN" in pem else []
