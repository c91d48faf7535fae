"""Certificates that are wrong in one way each, and others with everything in them."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

PAST = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
FUTURE = datetime.datetime(2070, 11, 30, 23, 0, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Made:
    """A certificate and its key, as PEM and DER."""

    certificate: x509.Certificate
    private_key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key(self) -> bytes:
        encoding = (PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return bytes(self.private_key.private_bytes(*encoding))


KEYS: dict[str, Callable[[], Any]] = {
    "rsa": cache(lambda: rsa.generate_private_key(65537, 2048)),
    "other_rsa": cache(lambda: rsa.generate_private_key(65537, 2048)),
    "short_rsa": cache(lambda: rsa.generate_private_key(3, 1024)),
    "p256": cache(lambda: ec.generate_private_key(ec.SECP256R1())),
    "p384": cache(lambda: ec.generate_private_key(ec.SECP384R1())),
    "p521": cache(lambda: ec.generate_private_key(ec.SECP521R1())),
    "ed25519": cache(ed25519.Ed25519PrivateKey.generate),
}


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make(
    subject: str | x509.Name,
    issuer: Made | None = None,
    *,
    key: str | Any = "p256",
    authority: bool = False,
    extensions: Sequence[x509.ExtensionType] = (),
    not_before: datetime.datetime = PAST,
    not_after: datetime.datetime = FUTURE,
    serial: int | None = None,
) -> Made:
    """A certificate for `subject`; without an issuer it signs itself."""
    private_key = KEYS[key]() if isinstance(key, str) else key
    name = named(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer.certificate.subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signing_key = private_key if issuer is None else issuer.private_key
    algorithm = None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Made(builder.sign(signing_key, algorithm), private_key)


def new_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def revocation_list(issuer: Made, *revoked: Made) -> bytes:
    """Who is revoked, as PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(PAST)
        .next_update(FUTURE)
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number).revocation_date(PAST)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.private_key, hashes.SHA256()).public_bytes(PEM)


FULL_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Ö, "x"'),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "a"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "b"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "c"),
        x509.NameAttribute(NameOID.COMMON_NAME, "host.example"),
        x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.c"),
        x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "dc"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, "17"),
        x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4.5.6.7"), "odd"),
    ]
)

ALTERNATIVES = x509.SubjectAlternativeName(
    [
        x509.DNSName("a.example"),
        x509.DNSName("evil, DNS:b.example"),
        x509.DNSName("it's"),
        x509.DNSName('"\\\t'),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::ff")),
        x509.UniformResourceIdentifier("http://x/y?a=b,c"),
        x509.RFC822Name("m@x.y"),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
        x509.DirectoryName(FULL_NAME),
        x509.DirectoryName(named(" #x+y<z>; ")),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x05hello"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5"), b"\x0c\x04" + "ä,b".encode()),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), b"\x16\x03a\xe4b"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), b"\x0c\x01a"),
        x509.OtherName(x509.ObjectIdentifier("1.2.3.9"), b"\x0c\x05hello"),
    ]
)

ACCESS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://o/")),
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier('http://o/,"2')),
        x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.DNSName("i.example")),
        x509.AccessDescription(x509.ObjectIdentifier("1.2.3.4"), x509.RFC822Name("a@b")),
    ]
)

PURPOSES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.2.3.4")])
