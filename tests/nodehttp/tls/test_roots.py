"""What is trusted by default: the system's certificates, those of NODE_EXTRA_CA_CERTS, or what a program sets."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nodehttp import _tls_roots, tls
from nodehttp._tls_context import create_secure_context
from nodehttp._tls_roots import EXTRA, get_ca_certificates, set_default_ca_certificates
from tests.nodehttp.tls.certificates import Made, make
from tests.nodehttp.tls.support import Pair, ask_node, described

ONE, TWO = make("one", authority=True), make("two", authority=True)
LEAF = make("leaf", ONE)


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(EXTRA, raising=False)
    chosen = _tls_roots.default.chosen
    yield
    _tls_roots.default.choose(chosen)


def is_trusted(context: ssl.SSLContext | None = None, leaf: Made = LEAF) -> bool:
    """Whether a client with the default store takes the certificate."""
    client = context or create_secure_context().ssl_context(server=False, verify=True)
    server = create_secure_context(key=leaf.key, cert=leaf.pem).ssl_context(server=True, verify=True)
    return Pair(client, server).errors == [None, None]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file that is the system's store, and has nothing but `TWO`."""
    path = tmp_path / "system.pem"
    path.write_bytes(TWO.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
    return path


def test_the_systems_store_is_where_openssl_is_told(system: Path) -> None:
    assert get_ca_certificates() == get_ca_certificates("system") == (TWO.pem.decode(),)
    assert get_ca_certificates("bundled") is tls.root_certificates is tls.rootCertificates
    assert tls.root_certificates == get_ca_certificates()
    assert is_trusted(leaf=make("leaf of two", TWO))
    assert not is_trusted()


def test_a_directory_of_certificates_is_a_store_too(
    system: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "12345678.0").write_bytes(ONE.pem)
    (tmp_path / "readme").write_bytes(TWO.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls.root_certificates == (ONE.pem.decode(),)


def test_extra_certificates_are_trusted_besides_the_systems(
    system: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extra = tmp_path / "extra.pem"
    extra.write_bytes(b"# comment\n" + ONE.pem)
    before = create_secure_context().ssl_context(server=False, verify=True)
    monkeypatch.setenv(EXTRA, str(extra))
    assert get_ca_certificates("extra") == (ONE.pem.decode(),)
    assert get_ca_certificates() == (TWO.pem.decode(), ONE.pem.decode())
    assert is_trusted()
    assert not is_trusted(before)


def test_extra_certificates_that_cannot_be_read_are_told_of_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(EXTRA, str(tmp_path / "nothing"))
    expected = f"Ignoring extra certs from `{tmp_path}/nothing`, load failed: No such file or directory"
    with pytest.warns(RuntimeWarning, match=expected):
        assert get_ca_certificates("extra") == ()
    assert get_ca_certificates("extra") == ()


def test_what_is_set_replaces_the_systems_and_the_extra_ones(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXTRA, str(system))
    before = create_secure_context()
    set_default_ca_certificates([ONE.pem, ONE.pem.decode()])
    assert get_ca_certificates() == (ONE.pem.decode(),)
    assert get_ca_certificates("system") == get_ca_certificates("extra") == (TWO.pem.decode(),)
    assert create_secure_context().trusted() == (ONE.der,)
    assert is_trusted()
    assert not is_trusted(before.ssl_context(server=False, verify=True))
    set_default_ca_certificates([])
    assert get_ca_certificates() == ()
    assert not is_trusted()


def test_the_option_ca_leaves_the_default_out(system: Path) -> None:
    assert create_secure_context(ca=ONE.pem).trusted() == (ONE.der,)
    assert create_secure_context(ca=[]).trusted() == ()
    assert create_secure_context(ca="").trusted() == (TWO.der,)


WRONG: dict[str, list[Any]] = {
    "set": [5, "x", [5], ["x"], [b"x", ONE.pem.decode(), 5]],
    "get": [5, "x", ""],
}

SCRIPT = """
const tls = require('node:tls');
const tried = (f, given) => { try { f(given); return null; } catch (e) { return error(e); } };
answer({
  set: input.set.map((given) => tried(tls.setDefaultCACertificates, given)),
  get: input.get.map((given) => tried(tls.getCACertificates, given)),
});
"""


def outcome(function: Any, given: Any) -> dict[str, str] | None:
    try:
        function(given)
    except Exception as error:
        return described(error)
    return None


def test_wrong_arguments_are_refused_as_in_node() -> None:
    ours = {
        "set": [outcome(set_default_ca_certificates, given) for given in WRONG["set"]],
        "get": [outcome(get_ca_certificates, given) for given in WRONG["get"]],
    }
    assert ours == ask_node(SCRIPT, WRONG)
