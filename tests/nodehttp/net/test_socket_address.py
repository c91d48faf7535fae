"""Socket addresses, and what is an IP address at all."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from nodehttp import net
from nodehttp.net import SocketAddress
from nodestream import errors


def shown(address: SocketAddress) -> tuple[Any, ...]:
    return (address.address, address.port, address.family, address.flowlabel)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("127.0.0.1", 0, "ipv4", 0)),
        ({"family": "ipv6"}, ("::", 0, "ipv6", 0)),
        ({"address": "1.2.3.4", "port": 5}, ("1.2.3.4", 5, "ipv4", 0)),
        ({"family": "IPv6", "address": "FE80::0:1", "port": "0x10", "flowlabel": 5}, ("fe80::1", 16, "ipv6", 5)),
        ({"address": "1.2.3.4", "flowlabel": 5}, ("1.2.3.4", 0, "ipv4", 0)),
        ({"family": "ipv6", "address": "fe80::1%lo"}, ("fe80::1", 0, "ipv6", 0)),
    ],
)
def test_an_address_is_shown_in_its_canonical_spelling(options: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert shown(SocketAddress(options)) == shown(SocketAddress(**options)) == expected


def test_an_address_is_a_value() -> None:
    address = SocketAddress(address="1.2.3.4", port=5)
    assert address == SocketAddress({"address": "1.2.3.4", "port": 5})
    assert address != SocketAddress(address="1.2.3.4")
    assert len({address, SocketAddress(address="1.2.3.4", port=5)}) == 1
    assert address.to_json() == {"address": "1.2.3.4", "port": 5, "family": "ipv4", "flowlabel": 0}
    assert repr(address) == "SocketAddress { address: '1.2.3.4', port: 5, family: 'ipv4', flowlabel: 0 }"
    assert SocketAddress.is_socket_address(address)
    assert not SocketAddress.isSocketAddress("1.2.3.4:5")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"address": "foo"}, "ERR_INVALID_ADDRESS"),
        ({"address": "1.2.3.4", "family": "ipv6"}, "ERR_INVALID_ADDRESS"),
        ({"address": "::1"}, "ERR_INVALID_ADDRESS"),
        ({"address": 5}, "ERR_INVALID_ARG_TYPE"),
        ({"port": 70000}, "ERR_SOCKET_BAD_PORT"),
        ({"port": True}, "ERR_SOCKET_BAD_PORT"),
        ({"flowlabel": -1}, "ERR_OUT_OF_RANGE"),
        ({"flowlabel": 2**32}, "ERR_OUT_OF_RANGE"),
        ({"family": 4}, "ERR_INVALID_ARG_VALUE"),
        (5, "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_wrong_options_raise(options: Any, code: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        SocketAddress(options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3.4", ("1.2.3.4", 0)),
        ("1.2.3.4:80", ("1.2.3.4", 80)),
        ("user:password@1.2.3.4:9/path?query#hash", ("1.2.3.4", 9)),
        ("1.2.3.4. ", ("1.2.3.4", 0)),
        ("192.168.257:1", ("192.168.1.1", 1)),
        ("0x7f.1", ("127.0.0.1", 0)),
        ("010.1.1.1", ("8.1.1.1", 0)),
        ("4294967295", ("255.255.255.255", 0)),
        ("[::1]:65535", ("::1", 65535)),
        ("[::ffff:1.2.3.4]", ("::ffff:1.2.3.4", 0)),
    ],
)
def test_a_text_is_parsed_as_the_host_of_a_url(text: str, expected: tuple[str, int]) -> None:
    address = SocketAddress.parse(text)
    assert address is not None
    assert (address.address, address.port) == expected
    assert address.family == ("ipv6" if ":" in expected[0] else "ipv4")


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "1.2.3.4.5", "1.2.3.256", "256.1.1.1", "08.1.1.1", "1..2", "4294967296", "::1", "[::1]x", "[::1%lo]:1",
        "[]", " 1.2.3.4", "1.2.3.4:x", "1.2.3.4:65536", "1.2.3.4:+1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    assert SocketAddress.parse(text) is None


def test_only_a_string_is_parsed() -> None:
    text: Any = 5
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match='"input" argument must be of type string'):
        SocketAddress.parse(text)


def test_what_is_asked_about_counts_as_the_string_that_it_is() -> None:
    assert net.is_ip(ipaddress.ip_address("127.0.0.1")) == 4
    assert net.is_ip(ipaddress.ip_address("::1")) == 6
    assert net.is_ipv4(ipaddress.ip_address("127.0.0.1"))
    assert net.is_ipv6(ipaddress.ip_address("::1"))
    for value in (None, 5, True, {}, [], b"127.0.0.1", object()):
        assert (net.is_ip(value), net.is_ipv4(value), net.is_ipv6(value)) == (0, False, False)
