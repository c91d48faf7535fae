"""Whether a certificate is for the host that was meant.

RFC 6125 as Node reads it: the names of the subject alternative name decide, and the common name only counts if there is
no DNS name among them.

Node: tls.checkServerIdentity
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from typing import Any

from nodestream._js_string import js_string
from nodestream.errors import ERR_TLS_CERT_ALTNAME_FORMAT, ERR_TLS_CERT_ALTNAME_INVALID, NodeError

from ._net_addresses import is_ip
from ._url import domain_to_ascii

_NOT_PLAIN = re.compile("[^\x21-\x7f]")
_JSON_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_DNS = "DNS:"
_IP = "IP Address:"


def check_server_identity(hostname: str, cert: Mapping[str, Any]) -> NodeError | None:
    """The ERR_TLS_CERT_ALTNAME_INVALID of a certificate that is not for `hostname`, None if it is.

    Of `cert`, what a peer's certificate looks like, `subjectaltname` and `subject["CN"]` count. Raises
    ERR_TLS_CERT_ALTNAME_FORMAT for alternative names that are not written as they should be.

    Node: tls.checkServerIdentity
    """
    host = js_string(hostname).removesuffix(".")
    reason = _mismatch(host, cert)
    return None if reason is None else ERR_TLS_CERT_ALTNAME_INVALID(reason, host, cert)


def _mismatch(host: str, cert: Mapping[str, Any]) -> str | None:
    """Why the certificate is not for the host; None if it is."""
    subject = cert.get("subject") or {}
    alternatives = cert.get("subjectaltname")
    names = _split(alternatives) if alternatives else []
    dns_names = [name.removeprefix(_DNS) for name in names if name.startswith(_DNS)]
    address = _as_address(host)
    if address is not None:
        addresses = [_canonical_ip(name.removeprefix(_IP)) for name in names if name.startswith(_IP)]
        return None if address in addresses else f"IP: {host} is not in the cert's list: {', '.join(addresses)}"
    common_names = subject.get("CN")
    if dns_names:
        if _is_among(host, dns_names):
            return None
        return f"Host: {host}. is not in the cert's altnames: {alternatives}"
    if common_names:
        if _is_among(host, common_names if isinstance(common_names, (list, tuple)) else [common_names]):
            return None
        return f"Host: {host}. is not cert's CN: {js_string(common_names)}"
    return "Cert does not contain a DNS name"


def _as_address(host: str) -> str | None:
    """The address that a host is, in its shortest form; None if it is a name."""
    text = host if is_ip(host) else domain_to_ascii(host).removesuffix(".")
    return _canonical_ip(text) if is_ip(text) else None


def _canonical_ip(address: str) -> str:
    """An address in its shortest form; empty for what is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, address.partition("%")[0]))
    except (OSError, ValueError):
        return ""


def _is_among(host: str, patterns: Any) -> bool:
    labels = _labels(domain_to_ascii(host))
    return any(_matches(labels, pattern) for pattern in patterns)


def _labels(name: str) -> list[str]:
    return "".join(c.lower() if c.isascii() else c for c in name.removesuffix(".")).split(".")


def _matches(host: list[str], pattern: str) -> bool:
    """Whether the labels of a host are what a certificate's name says. Only the first label may have a wildcard."""
    labels = _labels(pattern)
    if len(host) != len(labels) or "" in labels or any(map(_NOT_PLAIN.search, labels)) or host[1:] != labels[1:]:
        return False
    first, wanted = host[0], labels[0]
    if "*" not in wanted or "xn--" in wanted:
        return first == wanted
    prefix, _, suffix = wanted.partition("*")
    if "*" in suffix or len(labels) < 3:  # one wildcard, and never a whole top-level domain
        return False
    return len(first) >= len(prefix) + len(suffix) and first.startswith(prefix) and first.endswith(suffix)


def _split(alternatives: str) -> list[str]:
    """The single names. One that holds what could be taken for a separator is a JSON string, or has one inside."""
    if '"' not in alternatives:
        return alternatives.split(", ")
    names = []
    name = ""
    at = 0
    while at < len(alternatives):
        comma = alternatives.find(",", at)
        quote = alternatives.find('"', at)
        if quote != -1 and (comma == -1 or quote < comma):
            literal = _JSON_STRING.match(alternatives, quote)
            if literal is None:
                raise ERR_TLS_CERT_ALTNAME_FORMAT
            name += alternatives[at:quote] + json.loads(literal[0])
            at = literal.end()
        elif comma != -1:
            names.append(name + alternatives[at:comma])
            name = ""
            at = comma + 2
        else:
            name += alternatives[at:]
            at = len(alternatives)
    return [*names, name]
