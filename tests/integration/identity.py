"""Certificates for a test, and who is to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Identity:
    """A certificate, its key, and the authority to trust, as files."""

    key: Path
    cert: Path
    ca: Path

    @property
    def options(self) -> dict[str, str]:
        """Of a server."""
        return {"key": self.key.read_text(), "cert": self.cert.read_text()}

    @property
    def trust(self) -> dict[str, str]:
        """Of a client."""
        return {"ca": self.ca.read_text()}


def identity_of(leaf: trustme.LeafCert, authority: trustme.CA, directory: Path) -> Identity:
    """Write all three to files of a directory."""
    identity = Identity(directory / "key.pem", directory / "cert.pem", directory / "ca.pem")
    leaf.private_key_pem.write_to_path(str(identity.key))
    leaf.cert_chain_pems[0].write_to_path(str(identity.cert))
    authority.cert_pem.write_to_path(str(identity.ca))
    return identity
