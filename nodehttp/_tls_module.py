"""What the module `nodehttp.tls` itself can do: its defaults may be read and assigned.

Node: tls.DEFAULT_CIPHERS and the others, tls.rootCertificates
"""

from __future__ import annotations

from nodestream._live_module import LiveModule

from ._tls_defaults import defaults
from ._tls_roots import get_ca_certificates


class TlsModule(LiveModule):
    """A module with attributes that are looked up each time."""

    @property
    def root_certificates(self) -> tuple[str, ...]:
        """The system's certificates as PEM. Node: tls.rootCertificates"""
        return get_ca_certificates("bundled")

    rootCertificates = root_certificates

    @property
    def DEFAULT_CIPHERS(self) -> str:
        """The suites of a context that names none. Node: tls.DEFAULT_CIPHERS"""
        return defaults.ciphers

    @DEFAULT_CIPHERS.setter
    def DEFAULT_CIPHERS(self, ciphers: str) -> None:
        defaults.ciphers = ciphers

    @property
    def DEFAULT_ECDH_CURVE(self) -> str:
        """The curve of a context that names none. Node: tls.DEFAULT_ECDH_CURVE"""
        return defaults.ecdh_curve

    @DEFAULT_ECDH_CURVE.setter
    def DEFAULT_ECDH_CURVE(self, curve: str) -> None:
        defaults.ecdh_curve = curve

    @property
    def DEFAULT_MIN_VERSION(self) -> str:
        """The oldest version that is spoken. Node: tls.DEFAULT_MIN_VERSION"""
        return defaults.min_version

    @DEFAULT_MIN_VERSION.setter
    def DEFAULT_MIN_VERSION(self, version: str) -> None:
        defaults.min_version = version

    @property
    def DEFAULT_MAX_VERSION(self) -> str:
        """The newest version that is spoken. Node: tls.DEFAULT_MAX_VERSION"""
        return defaults.max_version

    @DEFAULT_MAX_VERSION.setter
    def DEFAULT_MAX_VERSION(self, version: str) -> None:
        defaults.max_version = version
