"""One authority, and certificates for localhost, for the whole run."""

from __future__ import annotations

import pytest
import trustme

from .support import Credentials


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    authority, strange = trustme.CA(), trustme.CA()
    return Credentials.of(authority, strange, authority.issue_cert("localhost", "127.0.0.1"))
