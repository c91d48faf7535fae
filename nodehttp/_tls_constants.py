"""The numbers and names that `node:tls` exports."""

from __future__ import annotations

CLIENT_RENEG_LIMIT = 3
"""How often a client may renegotiate in one window. Node: tls.CLIENT_RENEG_LIMIT"""

CLIENT_RENEG_WINDOW = 600
"""Seconds that a window lasts. Node: tls.CLIENT_RENEG_WINDOW"""

DEFAULT_CIPHERS = ":".join(
    (
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "DHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-SHA256",
        "DHE-RSA-AES128-SHA256",
        "ECDHE-RSA-AES256-SHA384",
        "DHE-RSA-AES256-SHA384",
        "ECDHE-RSA-AES256-SHA256",
        "DHE-RSA-AES256-SHA256",
        "HIGH",
        "!aNULL",
        "!eNULL",
        "!EXPORT",
        "!DES",
        "!RC4",
        "!MD5",
        "!PSK",
        "!SRP",
        "!CAMELLIA",
    )
)
"""The suites of a context that names none. Node: tls.DEFAULT_CIPHERS"""

DEFAULT_ECDH_CURVE = "auto"
"""Node: tls.DEFAULT_ECDH_CURVE"""

DEFAULT_MIN_VERSION = "TLSv1.2"
"""Node: tls.DEFAULT_MIN_VERSION"""

DEFAULT_MAX_VERSION = "TLSv1.3"
"""Node: tls.DEFAULT_MAX_VERSION"""
