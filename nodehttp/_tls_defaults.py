"""What a secure context is made of where no option says otherwise.

It can be changed while a program runs; the contexts that there are do not change.

Node: tls.DEFAULT_CIPHERS, tls.DEFAULT_ECDH_CURVE, tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION
"""

from __future__ import annotations

_CIPHERS = (
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


class Defaults:
    """The defaults. Whatever is assigned is checked when it is used, as in Node.

    Attributes:
        ciphers: suites, in OpenSSL's notation.
        ecdh_curve: "auto", or the name of a curve.
        min_version, max_version: "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3".
    """

    def __init__(self) -> None:
        self.ciphers = ":".join(_CIPHERS)
        self.ecdh_curve = "auto"
        self.min_version = "TLSv1.2"
        self.max_version = "TLSv1.3"


defaults = Defaults()
