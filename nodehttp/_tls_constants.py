"""Numbers that `node:tls` exports. OpenSSL lets no client renegotiate, so nothing counts by them."""

from __future__ import annotations

CLIENT_RENEG_LIMIT = 3
"""How often a client may renegotiate in one window. Node: tls.CLIENT_RENEG_LIMIT"""

CLIENT_RENEG_WINDOW = 600
"""Seconds that a window lasts. Node: tls.CLIENT_RENEG_WINDOW"""
