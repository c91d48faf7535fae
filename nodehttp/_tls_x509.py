"""The parts of a certificate, and the chain that certificates make.

RFC 5280 section 4.1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from . import _tls_der as der

BASIC_CONSTRAINTS = "2.5.29.19"
KEY_USAGE = "2.5.29.15"
EXTENDED_KEY_USAGE = "2.5.29.37"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"

_EXPLICIT_VERSION = der.context(0, constructed=True)
_EXTENSIONS = der.context(3, constructed=True)
_FIELDS = 6


class Certificate:
    """A certificate taken apart. Raises ValueError for what is none.

    Attributes:
        data: all of it.
        serial, key: as values of DER.
        issuer, subject: names, each all of its DER.
        not_before, not_after: when it is valid, as values of DER.
        extensions: by object identifier.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        parts = list(der.value(data).expect(der.SEQUENCE).parts())
        fields = list(parts[0].expect(der.SEQUENCE).parts()) if parts else []
        if fields and fields[0].tag == _EXPLICIT_VERSION:
            del fields[0]
        if len(fields) < _FIELDS:
            raise der.NotDer("fields are missing")
        self.serial, _, issuer, times, subject, self.key = fields[:_FIELDS]
        self.issuer = issuer.whole
        self.subject = subject.whole
        self.not_before, self.not_after = times.expect(der.SEQUENCE).pair()
        self.extensions: dict[str, bytes] = {}
        for name, content in _extensions(fields[_FIELDS:]):
            if name in self.extensions:
                raise der.NotDer("an extension is there twice")
            self.extensions[name] = content

    @property
    def is_its_own_issuer(self) -> bool:
        """Whether it is a root, or signs itself."""
        return self.issuer == self.subject

    @property
    def is_authority(self) -> bool:
        """Whether it may issue others."""
        content = self.extensions.get(BASIC_CONSTRAINTS)
        if content is None:
            return False
        first = next(der.value(content).expect(der.SEQUENCE).parts(), None)
        return first is not None and first.tag == der.BOOLEAN and first.content != b"\0"

    @property
    def key_usage(self) -> int | None:
        """What its key may be used for: the first eight bits; None for anything."""
        content = self.extensions.get(KEY_USAGE)
        if content is None:
            return None
        return int.from_bytes(der.value(content).expect(der.BIT_STRING).content[1:2], "big")

    @property
    def purposes(self) -> list[str] | None:
        """What it may be used for, as object identifiers; None for anything."""
        content = self.extensions.get(EXTENDED_KEY_USAGE)
        if content is None:
            return None
        return [purpose.oid() for purpose in der.value(content).expect(der.SEQUENCE).parts()]


def _extensions(fields: list[der.Value]) -> Iterator[tuple[str, bytes]]:
    for field in fields:
        if field.tag == _EXTENSIONS:
            for extension in der.value(field.content).expect(der.SEQUENCE).parts():
                parts = list(extension.expect(der.SEQUENCE).parts())
                if len(parts) < 2:
                    raise der.NotDer("an extension without content")
                yield parts[0].oid(), parts[-1].expect(der.OCTET_STRING).content


def moment(time: der.Value) -> datetime:
    """When a time is. Raises ValueError."""
    digits = time.content.decode("ascii").removesuffix("Z")
    if time.tag == der.UTC_TIME:  # RFC 5280 section 4.1.2.5.1: 50 is 1950, 49 is 2049
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return datetime.strptime(digits + "+0000", "%Y%m%d%H%M%S%z")


def readable(certificates: Iterable[bytes]) -> Iterator[Certificate]:
    """Those of `certificates` (DER) that can be read."""
    for each in certificates:
        with suppress(ValueError):
            yield Certificate(each)


def chain_of(data: bytes, candidates: Iterable[bytes]) -> list[Certificate]:
    """A certificate and its issuers, by their names, as far as they are among the `candidates` (all DER).

    Raises ValueError if `data` is no certificate.
    """
    chain = [Certificate(data)]
    rest = [each for each in readable(dict.fromkeys(candidates)) if each.data != data]
    while not chain[-1].is_its_own_issuer:
        issuer = next((each for each in rest if each.subject == chain[-1].issuer), None)
        if issuer is None:
            break
        rest.remove(issuer)
        chain.append(issuer)
    return chain
