"""TLS: `connect`, `create_server`, `TLSSocket`, `create_secure_context`.

Node: node:tls; the defaults may be read and assigned.
"""

from __future__ import annotations

from ._tls_alpn import convert_alpn_protocols as convert_alpn_protocols
from ._tls_ciphers import get_certificate_compression_algorithms as get_certificate_compression_algorithms
from ._tls_ciphers import get_ciphers as get_ciphers
from ._tls_connect import connect as connect
from ._tls_constants import CLIENT_RENEG_LIMIT as CLIENT_RENEG_LIMIT
from ._tls_constants import CLIENT_RENEG_WINDOW as CLIENT_RENEG_WINDOW
from ._tls_context import SecureContext as SecureContext
from ._tls_context import create_secure_context as create_secure_context
from ._tls_identity import check_server_identity as check_server_identity
from ._tls_module import TlsModule as _TlsModule
from ._tls_roots import get_ca_certificates as get_ca_certificates
from ._tls_roots import set_default_ca_certificates as set_default_ca_certificates
from ._tls_server import Server as Server
from ._tls_server import create_server as create_server
from ._tls_socket import TLSSocket as TLSSocket

# What is looked up each time; see _tls_module.py.
DEFAULT_CIPHERS: str
DEFAULT_ECDH_CURVE: str
DEFAULT_MAX_VERSION: str
DEFAULT_MIN_VERSION: str
root_certificates: tuple[str, ...]
rootCertificates: tuple[str, ...]

checkServerIdentity = check_server_identity
convertALPNProtocols = convert_alpn_protocols
createSecureContext = create_secure_context
createServer = create_server
getCACertificates = get_ca_certificates
getCertificateCompressionAlgorithms = get_certificate_compression_algorithms
getCiphers = get_ciphers
setDefaultCACertificates = set_default_ca_certificates

_TlsModule.take_over(__name__)
