"""The options of a secure context: checked, and in the one shape that is used.

Node: the options of tls.createSecureContext
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nodestream._options import LARGEST_INTEGER
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_TLS_INVALID_PROTOCOL_METHOD,
    ERR_TLS_INVALID_PROTOCOL_VERSION,
    ERR_TLS_PROTOCOL_VERSION_CONFLICT,
    NodeError,
    NodeTypeError,
)

from ._net_checks import LARGEST_INT32, checked_integer, checked_string, is_true
from ._options import Options
from ._tls_defaults import defaults

CONTEXT_OPTIONS = frozenset(
    {
        "allow_partial_trust_chain",
        "ca",
        "cert",
        "certificate_compression",
        "ciphers",
        "client_cert_engine",
        "crl",
        "dhparam",
        "ecdh_curve",
        "honor_cipher_order",
        "key",
        "max_version",
        "min_version",
        "passphrase",
        "pfx",
        "private_key_engine",
        "private_key_identifier",
        "secure_options",
        "secure_protocol",
        "session_id_context",
        "session_timeout",
        "sigalgs",
        "ticket_keys",
    }
)
"""What may be a keyword of `create_secure_context()`."""

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}

_METHODS = {
    "SSLv23": (None, "TLSv1.2"),
    "TLS": ("TLSv1", "TLSv1.3"),
    "TLSv1": ("TLSv1", "TLSv1"),
    "TLSv1_1": ("TLSv1.1", "TLSv1.1"),
    "TLSv1_2": ("TLSv1.2", "TLSv1.2"),
}
"""Of a `secureProtocol`, without "_method": the oldest and newest version; None is the default."""

_DATA = "of type string or an instance of Buffer, TypedArray, or DataView"
_BYTES = "an instance of Buffer, TypedArray, or DataView"
_TEXT_OR_NOTHING = "of type string or one of null or undefined"
_COMPRESSIONS = ("zlib", "brotli", "zstd")
_TICKET_KEYS = 48


@dataclass(frozen=True, slots=True)
class Secret:
    """A private key (PEM), or PKCS#12 data, and the passphrase for it."""

    data: bytes
    passphrase: bytes | None

    def __repr__(self) -> str:
        return "<Secret>"


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """What a context is made of. Equal options make contexts that do the same.

    Attributes:
        versions: the oldest and the newest that are spoken.
        ciphers: the list for versions before 1.3, as OpenSSL takes it; empty for none.
        suites: names for TLS 1.3; empty if none was given.
        authorities: PEM to be trusted; None for the default.
        chains, keys, bundles, revocations: the options `cert`, `key`, `pfx` and `crl`.
        curves: names of elliptic curves; empty for OpenSSL's choice.
        dh_parameters: PEM; None for none.
        flags: of OpenSSL, to be set (`secureOptions`).
        honors_cipher_order: whether a server's order of suites counts more than the client's.
        trusts_partial_chains: whether a trusted certificate that no other trusted one has issued is enough.
        session_id_context, session_timeout, ticket_keys: are checked; see `_tls_context.py`.
    """

    versions: tuple[str, str]
    ciphers: str
    suites: tuple[str, ...]
    authorities: tuple[bytes, ...] | None
    chains: tuple[bytes, ...]
    keys: tuple[Secret, ...]
    bundles: tuple[Secret, ...]
    revocations: tuple[bytes, ...]
    curves: tuple[str, ...]
    dh_parameters: bytes | None
    flags: int
    honors_cipher_order: bool
    trusts_partial_chains: bool
    session_id_context: str | None
    session_timeout: int | None
    ticket_keys: bytes | None


def checked_options(options: Options) -> ContextOptions:
    """The options in one shape, checked in Node's order.

    Raises what tls.createSecureContext raises for their types and values.
    """
    given = options.known
    versions = _versions(options)
    flags = _flags(given("secure_options"))
    ciphers, suites = _cipher_list(given("ciphers"))
    if not ciphers and versions[0] != "TLSv1.3" and versions[1] == "TLSv1.3":
        versions = ("TLSv1.3", "TLSv1.3")
    authorities = tuple(_many(given("ca"), "ca")) if is_true(given("ca")) else None
    chains = tuple(_many(given("cert"), "cert"))
    keys = tuple(_keys(given("key"), given("passphrase")))
    _check_unsupported(options)
    curves = _curves(given("ecdh_curve"))
    dh_parameters = _dh_parameters(given("dhparam"))
    revocations = tuple(_many(given("crl"), "crl", falsy=True))
    session_id_context = _text(given("session_id_context"), "sessionIdContext")
    bundles = tuple(_bundles(given("pfx"), given("passphrase")))
    _check_client_engine(given("client_cert_engine"))
    return ContextOptions(
        versions=versions,
        ciphers=ciphers,
        suites=suites,
        authorities=authorities,
        chains=chains,
        keys=keys,
        bundles=bundles,
        revocations=revocations,
        curves=curves,
        dh_parameters=dh_parameters,
        session_id_context=session_id_context,
        ticket_keys=_ticket_keys(given("ticket_keys")),
        session_timeout=_session_timeout(given("session_timeout")),
        flags=flags,
        honors_cipher_order=is_true(given("honor_cipher_order")),
        trusts_partial_chains=is_true(given("allow_partial_trust_chain")),
    )


# --- versions ---


def _versions(options: Options) -> tuple[str, str]:
    minimum, maximum, method = map(options.known, ("min_version", "max_version", "secure_protocol"))
    if is_true(method):
        for version in (minimum, maximum):
            if version is not None:
                raise ERR_TLS_PROTOCOL_VERSION_CONFLICT(version, method)
    versions = _version(minimum, defaults.min_version, "minimum"), _version(maximum, defaults.max_version, "maximum")
    if not isinstance(method, str):
        return versions
    oldest, newest = _method_versions(method)
    return oldest or versions[0], newest


def _version(version: Any, default: str, which: str) -> str:
    if version is None:
        version = default
    if not isinstance(version, str) or version not in VERSIONS:
        raise ERR_TLS_INVALID_PROTOCOL_VERSION(version, which)
    return version


def _method_versions(method: str) -> tuple[str | None, str]:
    name = method.removesuffix("_method").removesuffix("_server").removesuffix("_client")
    if name in ("SSLv2", "SSLv3"):
        raise ERR_TLS_INVALID_PROTOCOL_METHOD(f"{name} methods disabled")
    if name not in _METHODS or not method.endswith("_method"):
        raise ERR_TLS_INVALID_PROTOCOL_METHOD(f"Unknown method: {method}")
    return _METHODS[name]


def _flags(flags: Any) -> int:
    if not is_true(flags):
        return 0
    return checked_integer(flags, "secureOptions", -LARGEST_INTEGER, LARGEST_INTEGER)


# --- algorithms ---


def _cipher_list(ciphers: Any) -> tuple[str, tuple[str, ...]]:
    """The suites for the versions before 1.3, and those for 1.3."""
    given = checked_string(ciphers if ciphers is not None else defaults.ciphers, "options.ciphers")
    names = (given or defaults.ciphers).split(":")
    suites = tuple(name for name in names if name.startswith(("TLS_", "!TLS_")))
    older = ":".join(name for name in names if name and name not in suites)
    if not suites and not older:
        raise ERR_INVALID_ARG_VALUE("options.ciphers", names)
    return older, suites


def _curves(curve: Any) -> tuple[str, ...]:
    given = checked_string(curve if curve is not None else defaults.ecdh_curve or "auto", "options.ecdhCurve")
    return () if given in ("auto", "") else tuple(given.split(":"))


def _dh_parameters(parameters: Any) -> bytes | None:
    if parameters is None or parameters == "auto":
        return None
    return _data(parameters, "options.dhparam")


# --- certificates and keys ---


def _data(value: Any, name: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise ERR_INVALID_ARG_TYPE(name, _DATA, value)


def _many(value: Any, name: str, *, falsy: bool = False) -> Iterator[bytes]:
    """One, or a list of them. What JavaScript takes for false is none, unless `falsy` values are to be checked too."""
    if value is None or not (falsy or is_true(value)):
        return
    for each in value if isinstance(value, (list, tuple)) else [value]:
        yield _data(each, f"options.{name}")


def _keys(value: Any, passphrase: Any) -> Iterator[Secret]:
    if not is_true(value):
        return
    if not isinstance(value, (list, tuple)):
        yield _key(value, passphrase)
        return
    for each in value:
        pem, own = _fields(each, "pem")
        yield _key(pem, own if own is not None else passphrase)


def _key(pem: Any, passphrase: Any) -> Secret:
    data = _data(pem, "options.key")
    text = _text(passphrase, "passphrase")
    return Secret(data, None if text is None else text.encode())


def _bundles(value: Any, passphrase: Any) -> Iterator[Secret]:
    if value is None:
        return
    for each in value if isinstance(value, (list, tuple)) else [value]:
        data, own = _fields(each, "buf") if isinstance(value, (list, tuple)) else (each, None)
        if not isinstance(data, (str, bytes, bytearray, memoryview)):
            raise NodeError("Unable to load PFX certificate", "ERR_CRYPTO_OPERATION_FAILED")
        word = own or passphrase or None
        yield Secret(_data(data, "options.pfx"), None if word is None else _data(word, "options.passphrase"))


def _fields(value: Any, name: str) -> tuple[Any, Any]:
    """What a mapping such as `{"pem": ..., "passphrase": ...}` holds; anything else stands for the first of it."""
    if isinstance(value, Mapping) and value.get(name) is not None:
        return value[name], value.get("passphrase")
    return value, None


# --- sessions ---


def _text(value: Any, name: str) -> str | None:
    return None if value is None else checked_string(value, f"options.{name}")


def _session_timeout(timeout: Any) -> int | None:
    return None if timeout is None else checked_integer(timeout, "options.sessionTimeout", 0, LARGEST_INT32)


def _ticket_keys(keys: Any) -> bytes | None:
    if keys is None:
        return None
    if not isinstance(keys, (bytes, bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("options.ticketKeys", _BYTES, keys)
    if len(keys) != _TICKET_KEYS:
        raise ERR_INVALID_ARG_VALUE("options.ticketKeys", len(keys), "must be exactly 48 bytes")
    return bytes(keys)


# --- what Python's ssl has no way to do ---


def _unavailable(option: str) -> NodeTypeError:
    return NodeTypeError(
        f"The option {option} is unavailable: Python's ssl has no way to set it", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"
    )


def _check_unsupported(options: Options) -> None:
    """Raise for options that would be a surprise if they were ignored."""
    _check_compression(options.known("certificate_compression"))
    algorithms = options.known("sigalgs")
    if algorithms is not None:
        if not checked_string(algorithms, "options.sigalgs"):
            raise ERR_INVALID_ARG_VALUE("options.sigalgs", algorithms)
        raise _unavailable("sigalgs")
    _check_engine(options)


def _check_compression(algorithms: Any) -> None:
    """Certificates are not compressed; the option is only a wish, and is checked."""
    if algorithms is None:
        return
    if not isinstance(algorithms, (list, tuple)):
        raise ERR_INVALID_ARG_TYPE("options.certificateCompression", "an instance of Array", algorithms)
    if len(algorithms) > len(_COMPRESSIONS):
        raise ERR_INVALID_ARG_VALUE("options.certificateCompression", algorithms, "can specify at most 3 algorithms")
    for index, name in enumerate(algorithms):
        if name not in _COMPRESSIONS:
            raise ERR_INVALID_ARG_VALUE(
                f"options.certificateCompression[{index}]", name, "must be 'zlib', 'brotli', or 'zstd'"
            )


def _check_engine(options: Options) -> None:
    identifier, engine = map(options.known, ("private_key_identifier", "private_key_engine"))
    if identifier is None:
        return
    if engine is None:
        raise ERR_INVALID_ARG_VALUE("options.privateKeyEngine", engine)
    if is_true(options.known("key")):
        raise ERR_INVALID_ARG_VALUE("options.privateKeyIdentifier", identifier)
    if not isinstance(identifier, str):
        raise ERR_INVALID_ARG_TYPE("options.privateKeyIdentifier", _TEXT_OR_NOTHING, identifier)
    if not isinstance(engine, str):
        raise ERR_INVALID_ARG_TYPE("options.privateKeyEngine", _TEXT_OR_NOTHING, engine)
    raise _unavailable("privateKeyIdentifier")


def _check_client_engine(engine: Any) -> None:
    if engine is None:
        return
    if not isinstance(engine, str):
        raise ERR_INVALID_ARG_TYPE("options.clientCertEngine", _TEXT_OR_NOTHING, engine)
    raise _unavailable("clientCertEngine")
