"""Whether a certificate is for a host is decided as Node decides it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from nodehttp._tls_identity import check_server_identity
from nodestream.errors import ERR_TLS_CERT_ALTNAME_FORMAT, ERR_TLS_CERT_ALTNAME_INVALID
from tests.nodehttp.tls.support import ask_node, described

Case = tuple[str, dict[str, Any]]

SCRIPT = """
const tls = require('node:tls');
answer(input.map(([host, cert]) => {
  try {
    const wrong = tls.checkServerIdentity(host, cert);
    return wrong ? { ...error(wrong), host: wrong.host, reason: wrong.reason } : null;
  } catch (thrown) {
    return { code: thrown.code, message: thrown.message };
  }
}));
"""


def names(*given: str) -> dict[str, Any]:
    return {"subject": {}, "subjectaltname": ", ".join(given)}


def common(*given: str) -> dict[str, Any]:
    return {"subject": {"CN": given[0] if len(given) == 1 else list(given)}}


CASES: list[Case] = [
    # names and wildcards
    ("a.com", names("DNS:a.com")),
    ("A.COM.", names("DNS:a.com")),
    ("a.com", names("DNS:A.Com.")),
    ("b.com", names("DNS:a.com", "DNS:c.com")),
    ("x.a.com", names("DNS:*.a.com")),
    ("x.y.a.com", names("DNS:*.a.com")),
    ("a.com", names("DNS:*.a.com")),
    ("a.com", names("DNS:*.com")),
    ("a", names("DNS:*")),
    ("x.a.com", names("DNS:*.*.com")),
    ("foox.a.com", names("DNS:foo*.a.com")),
    ("foo.a.com", names("DNS:foo*.a.com")),
    ("fo.a.com", names("DNS:foo*o.a.com")),
    ("xfoo.a.com", names("DNS:*foo.a.com")),
    ("axb.a.com", names("DNS:a**b.a.com")),
    ("x.a.com", names("DNS:x.*.com")),
    ("xn--x.a.com", names("DNS:*.a.com")),
    ("xn--abc.a.com", names("DNS:xn--*.a.com")),
    ("x.a.com", names("DNS:*.a..com")),
    ("a..com", names("DNS:a..com")),
    ("ünicode.a.com", names("DNS:*.a.com")),
    ("münchen.de", names("DNS:xn--mnchen-3ya.de")),
    ("münchen.de", names("DNS:münchen.de")),
    ("a b.com", names("DNS:a b.com")),
    ("", names("DNS:a.com")),
    ("a.com", names("DNS:")),
    ("a.com", names("")),
    ("localhost", names("DNS:localhost")),
    # addresses
    ("1.2.3.4", names("IP Address:1.2.3.4")),
    ("1.2.3.4", names("IP Address:1.2.3.5", "IP Address:::1")),
    ("1.2.3.4", names("DNS:1.2.3.4")),
    ("1.2.3.4", common("1.2.3.4")),
    ("1.2.3.4.", names("IP Address:1.2.3.4")),
    ("1.2.3.4", names("IP Address:nonsense", "IP Address:1.2.3.4")),
    ("a.com", names("IP Address:1.2.3.4")),
    ("1.2.3.4", names("DNS:a.com")),
    # the common name
    ("a.com", common("a.com")),
    ("a.com", common("b.com")),
    ("x.a.com", common("*.a.com")),
    ("a.com", common("b.com", "a.com")),
    ("a.com", common("b.com", "c.com")),
    ("a.com", {"subject": {"CN": "a.com"}, "subjectaltname": "DNS:b.com"}),
    ("a.com", {"subject": {"CN": "a.com"}, "subjectaltname": "URI:http://b.com/"}),
    ("a.com", {"subject": {"CN": "a.com"}, "subjectaltname": "IP Address:1.2.3.4"}),
    ("a.com", {"subject": {"CN": ""}}),
    ("a.com", {"subject": {}}),
    ("a.com", {}),
    # names that are quoted
    ("a.com", names('DNS:"a.com\\u002c DNS:b.com"')),
    ("b.com", names('DNS:"a.com\\u002c DNS:b.com"')),
    ("a.com", names('DNS:"x"', "DNS:a.com")),
    ("a.com", names('DNS:"a.c"om')),
    ("a.com", names('DNS:"unfinished')),
    ("a.com", names('URI:"\\x"', "DNS:a.com")),
    ("a.com", names("DNS:x", 'DNS:"\\u00e4"', "DNS:a.com")),
]


@pytest.fixture(scope="module")
def from_node() -> list[Any]:
    return list(ask_node(SCRIPT, CASES))


def ours(host: str, cert: dict[str, Any]) -> dict[str, Any] | None:
    try:
        error = check_server_identity(host, cert)
    except ERR_TLS_CERT_ALTNAME_FORMAT as raised:
        return {"code": raised.code, "message": raised.message}
    if error is None:
        return None
    assert isinstance(error, ERR_TLS_CERT_ALTNAME_INVALID)
    assert error.cert is cert
    return {**(described(error) or {}), "host": error.host, "reason": error.reason}


@pytest.mark.parametrize("index", range(len(CASES)), ids=lambda index: f"{CASES[index][0]}-{CASES[index][1]}")
def test_a_case_is_decided_as_in_node(index: int, from_node: list[Any]) -> None:
    assert ours(*CASES[index]) == from_node[index]


def made_up(source: random.Random) -> Case:
    """A host and a certificate of a few pieces that often fit."""

    def name(wild: str) -> str:
        labels = [
            "".join(source.choice(("a", "B", "xn--", *wild)) for _ in range(source.randint(1, 3)))
            for _ in range(source.randint(1, 4))
        ]
        return ".".join(labels) + source.choice(("", "", "", "."))

    host = source.choice((name(""), "10.0.0.1"))
    pattern = name("*") if source.random() < 0.5 else "*." + host.partition(".")[2]
    kinds = [f"DNS:{pattern}", f"IP Address:{host}", f"DNS:{host}", "URI:http://a", 'email:"a\\u002cb"']
    cert = names(*source.sample(kinds, source.randint(1, 2))) if source.random() < 0.8 else {}
    return host, {**cert, "subject": {"CN": pattern} if source.random() < 0.5 else {}}


def test_made_up_cases_are_decided_as_in_node() -> None:
    source = random.Random(24)
    cases = [made_up(source) for _ in range(3000)]
    answers = ask_node(SCRIPT, cases)
    assert None in answers
    for case, answer in zip(cases, answers, strict=True):
        assert ours(*case) == answer, case


@pytest.mark.parametrize("host", ["::1", "0:0::1", "::1%lo"])
def test_an_ipv6_address_is_compared_with_addresses(host: str) -> None:
    """Node 24 takes it for no address and no name, and refuses the certificate."""
    assert check_server_identity(host, names("IP Address:0:0:0:0:0:0:0:1")) is None
    error = check_server_identity(host, names("IP Address:0:0:0:0:0:0:0:2", "DNS:::1"))
    assert isinstance(error, ERR_TLS_CERT_ALTNAME_INVALID)
    assert error.reason == f"IP: {host} is not in the cert's list: ::2"
