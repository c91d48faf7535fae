"""Names in certificates, as Node shows them.

A name that could be taken for something else (it has a comma, a quote, a control character) is shown as a JSON string,
so that no name can smuggle in another one.

RFC 5280 sections 4.1.2.4 (Name) and 4.2.1.6 (GeneralName)
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

from . import _tls_der as der

_SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.16": "postalAddress",
    "2.5.4.17": "postalCode",
    "2.5.4.18": "postOfficeBox",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.41": "name",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.45": "x500UniqueIdentifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.72": "role",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.3": "mail",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

_ACCESS_METHODS = {
    "1.3.6.1.5.5.7.48.1": "OCSP",
    "1.3.6.1.5.5.7.48.2": "CA Issuers",
    "1.3.6.1.5.5.7.48.3": "AD Time Stamping",
    "1.3.6.1.5.5.7.48.5": "CA Repository",
}

_OTHER_NAMES = {
    "1.3.6.1.5.5.7.8.5": ("XmppAddr", der.UTF8_STRING),
    "1.3.6.1.5.5.7.8.7": ("SRVName", der.IA5_STRING),
    "1.3.6.1.5.5.7.8.8": ("NAIRealm", der.UTF8_STRING),
    "1.3.6.1.5.5.7.8.9": ("SmtpUTF8Mailbox", der.UTF8_STRING),
    "1.3.6.1.4.1.311.20.2.3": ("UPN", der.UTF8_STRING),
}

_OTHER_NAME = der.context(0, constructed=True)
_DIRECTORY_NAME = der.context(4, constructed=True)
_IP_ADDRESS = der.context(7)
_REGISTERED_ID = der.context(8)
_CHARACTERS = {der.context(1): "email", der.context(2): "DNS", der.context(6): "URI"}
_UNSUPPORTED = {der.context(3, constructed=True): "X400Name", der.context(5, constructed=True): "EdiPartyName"}

_SPECIAL_IN_DIRECTORY_NAMES = frozenset(',+"\\<>;')


def distinguished_name(name: der.Value) -> dict[str, str | list[str]]:
    """The attributes of a subject or issuer by their short names; one that is there several times has a list."""
    attributes: dict[str, str | list[str]] = {}
    for kind, value in _attributes(name):
        text = value.text()
        if text is None:
            continue
        before = attributes.get(kind)
        if before is None:
            attributes[kind] = text
        elif isinstance(before, list):
            before.append(text)
        else:
            attributes[kind] = [before, text]
    return attributes


def _attributes(name: der.Value) -> Iterator[tuple[str, der.Value]]:
    for relative in name.expect(der.SEQUENCE).parts():
        for attribute in relative.expect(der.SET).parts():
            kind, value = attribute.expect(der.SEQUENCE).pair()
            oid = kind.oid()
            yield _SHORT_NAMES.get(oid, oid), value


def alternative_names(extension: bytes) -> str:
    """The extension subjectAltName on one line: "DNS:a.example, IP Address:127.0.0.1"."""
    names = der.value(extension).expect(der.SEQUENCE).parts()
    return ", ".join(f"{kind}:{_shown(prefix, text)}" for kind, prefix, text in map(_general_name, names))


def information_access(extension: bytes) -> dict[str, list[str]]:
    """The extension authorityInfoAccess: where to ask, by how: {"OCSP - URI": ["http://..."]}."""
    access: dict[str, list[str]] = {}
    for description in der.value(extension).expect(der.SEQUENCE).parts():
        method, location = description.expect(der.SEQUENCE).pair()
        oid = method.oid()
        kind, prefix, text = _general_name(location)
        access.setdefault(f"{_ACCESS_METHODS.get(oid, oid)} - {kind}", []).append(prefix + text.text)
    return access


class _Text:
    """A name's text, and whether it may have characters beyond ASCII."""

    __slots__ = ("text", "unicode")

    def __init__(self, text: str, *, unicode: bool = False) -> None:
        self.text = text
        self.unicode = unicode


def _general_name(name: der.Value) -> tuple[str, str, _Text]:
    """A name's kind, what precedes it inside of its quotes, and itself."""
    if name.tag in _CHARACTERS:
        return _CHARACTERS[name.tag], "", _Text(name.content.decode("latin1"))
    if name.tag == _IP_ADDRESS:
        return "IP Address", "", _Text(_shown_address(name.content))
    if name.tag == _REGISTERED_ID:
        return "Registered ID", "", _Text(der.oid(name.content))
    if name.tag == _DIRECTORY_NAME:
        return "DirName", "", _Text(_shown_directory_name(der.value(name.content)), unicode=True)
    if name.tag == _OTHER_NAME:
        return "othername", *_other_name(name)
    return _UNSUPPORTED.get(name.tag, "<unsupported>"), "", _Text("<unsupported>")


def _other_name(name: der.Value) -> tuple[str, _Text]:
    kind, explicit = name.pair()
    label, tag = _OTHER_NAMES.get(kind.oid(), ("", 0))
    value = der.value(explicit.content)
    text = value.text()
    if value.tag != tag or text is None:
        return "", _Text("<unsupported>")
    return f"{label}:", _Text(text, unicode=tag == der.UTF8_STRING)


def _shown_address(content: bytes) -> str:
    if len(content) == 4:
        return socket.inet_ntoa(content)
    if len(content) == 16:
        return ":".join(f"{content[at] << 8 | content[at + 1]:X}" for at in range(0, 16, 2))
    return f"<invalid length={len(content)}>"


def _shown_directory_name(name: der.Value) -> str:
    """A distinguished name on one line, the last part first (RFC 2253)."""
    return ",".join(reversed([f"{kind}={_shown_value(kind, value)}" for kind, value in _attributes(name)]))


def _shown_value(kind: str, value: der.Value) -> str:
    text = value.text()
    return f"#{value.whole.hex().upper()}" if text is None or kind[0].isdigit() else _escaped(text)


def _escaped(text: str) -> str:
    escaped = "".join("\\" + char if char in _SPECIAL_IN_DIRECTORY_NAMES else char for char in text)
    if text.startswith(("#", " ")):
        escaped = "\\" + escaped
    if len(text) > 1 and text.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return escaped


def _shown(prefix: str, name: _Text) -> str:
    """A name in a list: as it is if it is safe there, else as a JSON string."""
    text = name.text
    if not any(char in "\"\\,'" or not _is_plain(char, unicode=name.unicode) for char in text):
        return prefix + text
    quoted = "".join(_quoted(char, unicode=name.unicode) for char in text)
    return f'"{prefix}{quoted}"'


def _quoted(char: str, *, unicode: bool) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char != "," and _is_plain(char, unicode=unicode) else f"\\u{ord(char):04x}"


def _is_plain(char: str, *, unicode: bool) -> bool:
    return " " <= char <= "~" or (unicode and char > "\x7f")
