"""Certificates for the scenarios of TLS, made anew for each run, in a folder that both sides are told of.

Each name has `NAME.key` and `NAME.pem`: "server" is for localhost and 127.0.0.1, "other" for other.test, "expired" has
expired, "client" is a client's; all are issued by the authority "ca.pem". "alone" is issued by another one, which is
in "strange.pem".
"""

from __future__ import annotations

import atexit
import datetime
import functools
import os
import shutil
import tempfile
from pathlib import Path

import trustme

VARIABLE = "CERTIFICATES"
"""The environment variable with the folder."""

_LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


@functools.cache
def folder() -> str:
    """The folder; it is removed at the end of the process."""
    path = Path(tempfile.mkdtemp(prefix="certificates-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    authority, strange = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(path / "ca.pem")
    strange.cert_pem.write_to_path(path / "strange.pem")
    for name, certificate in (
        ("server", authority.issue_cert("localhost", "127.0.0.1")),
        ("other", authority.issue_cert("other.test", "*.wild.test")),
        ("expired", authority.issue_cert("localhost", "127.0.0.1", not_after=_LONG_AGO)),
        ("client", authority.issue_cert("client@example.test", common_name="client")),
        ("alone", strange.issue_cert("localhost", "127.0.0.1")),
    ):
        certificate.private_key_pem.write_to_path(path / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(path / f"{name}.pem")
    return str(path)


# --- for the scenarios, which run where the variable is set ---


def pem(name: str) -> str:
    """A key or a certificate."""
    return Path(os.environ[VARIABLE], name).read_text()


def identity(name: str) -> dict[str, str]:
    """What somebody shows."""
    return {"key": pem(f"{name}.key"), "cert": pem(f"{name}.pem")}


def authority() -> dict[str, str]:
    """Whom a client trusts."""
    return {"ca": pem("ca.pem")}
