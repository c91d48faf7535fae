"""A certificate that does not verify has Node's error, in a handshake that fails and in a chain verified afterwards."""

from __future__ import annotations

import ssl
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509

from nodehttp._tls_chain import verify_error_of_chain
from nodehttp._tls_complaints import COMPLAINTS, verify_error
from nodehttp._tls_context import create_secure_context
from nodehttp._tls_errors import tls_error
from tests.nodehttp.tls.certificates import DAY, FUTURE, PAST, Made, make, new_key, revocation_list
from tests.nodehttp.tls.support import Pair, ask_node

SCRIPT = """
const tls = require('node:tls');
const one = ({ key, sent, ...options }) => new Promise((resolve) => {
  const server = tls.createServer({ key, cert: sent }, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1', () => {
    const client = tls.connect({
      ...options, port: server.address().port, host: '127.0.0.1', checkServerIdentity: () => undefined,
    }, () => client.end());
    client.on('error', (e) => resolve(error(e)));
    client.on('close', () => { server.close(); resolve(null); });
    client.resume();
  });
});
Promise.all(input.map(one)).then(answer);
"""

SUFFIX = "; if the root CA is installed locally, try running Node.js with --use-system-ca"
"""What Node adds where it does not look at the system's certificates; here they are the default."""


@dataclass(frozen=True)
class Case:
    """What a server has and sends, and what a client is told."""

    leaf: Made
    sent: tuple[Made, ...] = ()
    trusted: tuple[Made, ...] = ()
    crl: tuple[bytes, ...] = ()
    partial: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """Those of the client, in Node's spelling."""
        options: dict[str, Any] = {"ca": [each.pem for each in self.trusted], "allowPartialTrustChain": self.partial}
        return {**options, "crl": list(self.crl)} if self.crl else options

    @property
    def chain(self) -> bytes:
        return b"".join(each.pem for each in (self.leaf, *self.sent))


def purposes(*identifiers: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in identifiers])


def usage(*names: str) -> x509.KeyUsage:
    kinds = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{kind: kind in names for kind in kinds})


PURPOSE_OF_CLIENTS = purposes("1.3.6.1.5.5.7.3.2")
PURPOSE_OF_SERVERS = purposes("1.3.6.1.5.5.7.3.1")

ROOT = make("root", key=new_key(), authority=True)
OTHER_ROOT = make("other root", key=new_key(), authority=True)
NAMESAKE = make("root", key=new_key(), authority=True)
BETWEEN = make("between", ROOT, key=new_key(), authority=True)
NO_AUTHORITY = make("no authority", ROOT, key=new_key())
EXPIRED_ROOT = make("expired root", key=new_key(), authority=True, not_after=PAST + DAY)
EXPIRED_BETWEEN = make("expired between", ROOT, key=new_key(), authority=True, not_after=PAST + DAY)
BETWEEN_FOR_CLIENTS = make("between for clients", ROOT, key=new_key(), authority=True, extensions=[PURPOSE_OF_CLIENTS])
ROOT_FOR_CLIENTS = make("root for clients", key=new_key(), authority=True, extensions=[PURPOSE_OF_CLIENTS])
LEAF = make("leaf", ROOT)
DEEP_LEAF = make("deep leaf", BETWEEN)
SELF_SIGNED = make("self")
EXPIRED = make("expired", ROOT, not_after=PAST + DAY)
EARLY = make("early", ROOT, not_before=FUTURE - DAY)

CASES = {
    "good": Case(LEAF, (), (ROOT,)),
    "good, with one between": Case(DEEP_LEAF, (BETWEEN,), (ROOT,)),
    "good, with the root sent": Case(LEAF, (ROOT,), (ROOT,)),
    "good, what is between is trusted": Case(DEEP_LEAF, (), (ROOT, BETWEEN)),
    "good, for servers": Case(make("for servers", ROOT, extensions=[PURPOSE_OF_SERVERS]), (), (ROOT,)),
    "good, nobody is revoked": Case(LEAF, (), (ROOT,), (revocation_list(ROOT),)),
    "trusted itself": Case(SELF_SIGNED, (), (SELF_SIGNED,)),
    "partial": Case(DEEP_LEAF, (BETWEEN,), (BETWEEN,), partial=True),
    "partial, not allowed": Case(DEEP_LEAF, (BETWEEN,), (BETWEEN,)),
    "nothing trusted": Case(LEAF),
    "another trusted": Case(LEAF, (), (OTHER_ROOT,)),
    "one between is not sent": Case(DEEP_LEAF, (), (ROOT,)),
    "one between, no root": Case(DEEP_LEAF, (BETWEEN,), (OTHER_ROOT,)),
    "a root that is not trusted": Case(LEAF, (ROOT,), (OTHER_ROOT,)),
    "self-signed": Case(SELF_SIGNED, (), (ROOT,)),
    "expired": Case(EXPIRED, (), (ROOT,)),
    "expired and alone": Case(EXPIRED, (), (OTHER_ROOT,)),
    "expired and self-signed": Case(make("old self", not_after=PAST + DAY), (), (ROOT,)),
    "expired, and its root not trusted": Case(EXPIRED, (ROOT,), (OTHER_ROOT,)),
    "too early": Case(EARLY, (), (ROOT,)),
    "too early and alone": Case(EARLY),
    "a root that has expired": Case(make("a", EXPIRED_ROOT), (), (EXPIRED_ROOT,)),
    "a root that has expired and is not trusted": Case(make("a", EXPIRED_ROOT), (EXPIRED_ROOT,), (ROOT,)),
    "one between that has expired": Case(make("b", EXPIRED_BETWEEN), (EXPIRED_BETWEEN,), (ROOT,)),
    "one between that has expired, no root": Case(make("b", EXPIRED_BETWEEN), (EXPIRED_BETWEEN,), (OTHER_ROOT,)),
    "revoked": Case(LEAF, (), (ROOT,), (revocation_list(ROOT, LEAF),)),
    "revoked and expired": Case(EXPIRED, (), (ROOT,), (revocation_list(ROOT, EXPIRED),)),
    "two lists in one text, of which the first counts": Case(
        DEEP_LEAF, (BETWEEN,), (ROOT,), (revocation_list(ROOT) + revocation_list(BETWEEN, DEEP_LEAF),)
    ),
    "a list of another": Case(LEAF, (), (ROOT,), (revocation_list(OTHER_ROOT),)),
    "no list for one between": Case(DEEP_LEAF, (BETWEEN,), (ROOT,), (revocation_list(ROOT),)),
    "for clients": Case(make("for clients", ROOT, extensions=[PURPOSE_OF_CLIENTS]), (), (ROOT,)),
    "for anything": Case(make("any", ROOT, extensions=[purposes("2.5.29.37.0")]), (), (ROOT,)),
    "for clients and servers": Case(
        make("both", ROOT, extensions=[purposes("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1")]), (), (ROOT,)
    ),
    "for servers in the old way": Case(make("sgc", ROOT, extensions=[purposes("2.16.840.1.113730.4.1")]), (), (ROOT,)),
    "a key for signatures": Case(make("sign", ROOT, extensions=[usage("digital_signature")]), (), (ROOT,)),
    "a key for nothing of this": Case(make("crl", ROOT, extensions=[usage("crl_sign")]), (), (ROOT,)),
    "one between that is for clients": Case(make("f", BETWEEN_FOR_CLIENTS), (BETWEEN_FOR_CLIENTS,), (ROOT,)),
    "a root that is for clients": Case(make("g", ROOT_FOR_CLIENTS), (), (ROOT_FOR_CLIENTS,)),
    "issued by no authority": Case(make("c", NO_AUTHORITY), (NO_AUTHORITY,), (ROOT,)),
    "signed by a namesake": Case(make("d", NAMESAKE), (), (ROOT,)),
}


@pytest.fixture(scope="module")
def from_node() -> dict[str, Any]:
    asked = [{"key": case.leaf.key, "sent": case.chain, **case.options} for case in CASES.values()]
    answers = ask_node(SCRIPT, asked)
    for answer in answers:
        if answer is not None:
            answer["message"] = answer["message"].removesuffix(SUFFIX)
    return dict(zip(CASES, answers, strict=True))


def shown(error: Exception | None) -> dict[str, str] | None:
    return None if error is None else {"kind": "Error", "code": error.code, "message": str(error)}  # type: ignore[attr-defined]


def built_chain(side: ssl.SSLObject) -> list[bytes]:
    native: Any = side._sslobj  # type: ignore[attr-defined]
    return [certificate.public_bytes(2) for certificate in native.get_verified_chain() or ()]


@pytest.mark.parametrize("name", CASES)
def test_a_handshake_fails_as_in_node(name: str, from_node: dict[str, Any]) -> None:
    case = CASES[name]
    pair = Pair(
        create_secure_context(case.options).ssl_context(server=False, verify=True),
        create_secure_context(key=case.leaf.key, cert=case.chain).ssl_context(server=True, verify=True),
    )
    error = pair.errors[0]
    assert shown(error and tls_error(error, built_chain(pair.client))) == from_node[name]


@pytest.mark.parametrize("name", CASES)
def test_a_chain_is_found_wrong_as_in_node(name: str, from_node: dict[str, Any]) -> None:
    case = CASES[name]
    context = create_secure_context(case.options)
    error = verify_error_of_chain(context, case.leaf.der, [each.der for each in case.sent])
    assert shown(error) == from_node[name]


SERVER_SCRIPT = """
const tls = require('node:tls');
const [own, ...clients] = input;
const said = [];
const server = tls.createServer({ ...own, requestCert: true, rejectUnauthorized: false }, (socket) => {
  said.push(socket.authorizationError);
  socket.end();
}).listen(0, '127.0.0.1', function next() {
  const identity = clients.shift();
  if (identity === undefined) { server.close(); answer(said); return; }
  const options = { ...identity, port: server.address().port, host: '127.0.0.1', rejectUnauthorized: false };
  const client = tls.connect(options, () => client.end());
  client.on('close', next).resume();
});
"""

CLIENTS = {
    "for anyone": LEAF,
    "for clients": CASES["for clients"].leaf,
    "for servers": CASES["good, for servers"].leaf,
    "a key for signatures": CASES["a key for signatures"].leaf,
    "a key to wrap others": make("wrap", ROOT, extensions=[usage("key_encipherment")]),
    "expired": EXPIRED,
    "self-signed": SELF_SIGNED,
}


def test_a_server_finds_the_certificates_of_clients_wrong_as_in_node() -> None:
    own = {"key": LEAF.key, "cert": LEAF.pem, "ca": ROOT.pem}
    given = [own, *({"key": each.key, "cert": each.pem} for each in CLIENTS.values())]
    context = create_secure_context(own)
    errors = {name: verify_error_of_chain(context, each.der, server=True) for name, each in CLIENTS.items()}
    ours = {name: error and error.code for name, error in errors.items()}
    assert ours == dict(zip(CLIENTS, ask_node(SERVER_SCRIPT, given), strict=True))


def test_a_handshake_with_a_certificate_that_is_not_verified_succeeds() -> None:
    pair = Pair(
        create_secure_context(ca=ROOT.pem).ssl_context(server=False, verify=False),
        create_secure_context(key=SELF_SIGNED.key, cert=SELF_SIGNED.pem).ssl_context(server=True, verify=True),
    )
    assert pair.errors == [None, None]


@pytest.mark.parametrize(
    ("identity", "requested", "verified", "fails"),
    [
        (None, False, True, False),
        (None, True, False, False),
        (None, True, True, True),
        (LEAF, True, True, False),
        (LEAF, True, False, False),
        (SELF_SIGNED, True, True, True),
    ],
)
def test_a_server_asks_for_a_certificate_if_told_to(
    identity: Made | None, requested: bool, verified: bool, fails: bool
) -> None:
    own: dict[str, Any] = {} if identity is None else {"key": identity.key, "cert": identity.pem}
    pair = Pair(
        create_secure_context(ca=ROOT.pem, **own).ssl_context(server=False, verify=True),
        create_secure_context(key=LEAF.key, cert=LEAF.pem, ca=ROOT.pem).ssl_context(
            server=True, verify=verified, request_cert=requested
        ),
    )
    assert (pair.errors[1] is not None) is fails
    if not fails:
        assert (pair.server.getpeercert(binary_form=True) is not None) is (requested and identity is not None)


def test_a_number_that_node_has_no_code_for_is_unspecified() -> None:
    error = verify_error(24, "issuer certificate doesn't have a public key")
    assert 24 not in COMPLAINTS
    assert (error.code, str(error)) == ("UNSPECIFIED", "issuer certificate doesn't have a public key")


def test_the_default_store_knows_no_certificate_made_here() -> None:
    error = verify_error_of_chain(create_secure_context(), LEAF.der)
    assert error is not None
    assert error.code == "UNABLE_TO_VERIFY_LEAF_SIGNATURE"


def test_without_pyopenssl_a_chain_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenSSL.crypto", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs the package pyopenssl: pip install nodehttp\[tls\]"):
        verify_error_of_chain(create_secure_context(ca=ROOT.pem), LEAF.der)


def test_what_openssl_cannot_read_is_rejected() -> None:
    error = verify_error_of_chain(create_secure_context(ca=ROOT.pem), b"no certificate")
    assert error is not None
    assert (error.code, str(error)) == ("CERT_REJECTED", "certificate rejected")
    good = CASES["good"]
    assert verify_error_of_chain(create_secure_context(good.options), good.leaf.der, [b"no certificate"]) is None
