"""Certificates for all tests of TLS, made once."""

from __future__ import annotations

import pytest
import trustme


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who issues the certificates."""
    return trustme.CA()


@pytest.fixture(scope="session")
def identity(authority: trustme.CA) -> trustme.LeafCert:
    """A server's certificate, for localhost."""
    return authority.issue_cert("localhost", "127.0.0.1", "::1")


@pytest.fixture(scope="session")
def ca_pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


@pytest.fixture(scope="session")
def key_pem(identity: trustme.LeafCert) -> bytes:
    return identity.private_key_pem.bytes()


@pytest.fixture(scope="session")
def cert_pem(identity: trustme.LeafCert) -> bytes:
    return b"".join(pem.bytes() for pem in identity.cert_chain_pems)
