"""TLS: `connect`, `create_server`, `TLSSocket`, `create_secure_context`.

Node: node:tls
"""

from __future__ import annotations

from ._tls_alpn import convert_alpn_protocols as convert_alpn_protocols
from ._tls_ciphers import get_ciphers as get_ciphers
from ._tls_connect import connect as connect
from ._tls_constants import CLIENT_RENEG_LIMIT as CLIENT_RENEG_LIMIT
from ._tls_constants import CLIENT_RENEG_WINDOW as CLIENT_RENEG_WINDOW
from ._tls_constants import DEFAULT_CIPHERS as DEFAULT_CIPHERS
from ._tls_constants import DEFAULT_ECDH_CURVE as DEFAULT_ECDH_CURVE
from ._tls_constants import DEFAULT_MAX_VERSION as DEFAULT_MAX_VERSION
from ._tls_constants import DEFAULT_MIN_VERSION as DEFAULT_MIN_VERSION
from ._tls_context import SecureContext as SecureContext
from ._tls_context import create_secure_context as create_secure_context
from ._tls_identity import check_server_identity as check_server_identity
from ._tls_server import Server as Server
from ._tls_server import create_server as create_server
from ._tls_socket import TLSSocket as TLSSocket

checkServerIdentity = check_server_identity
convertALPNProtocols = convert_alpn_protocols
createSecureContext = create_secure_context
createServer = create_server
getCiphers = get_ciphers
