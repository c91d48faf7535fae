"""Block lists: which addresses a rule matches, how rules are written and restored, and what is then kept away from."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp import net
from nodehttp.net import BlockList, SocketAddress
from nodestream import errors
from nodestream.loop import next_tick, open_loop

from .support import Trace, emitted, listening


def made(*rules: str) -> BlockList:
    block_list = BlockList()
    block_list.from_json(rules)
    return block_list


def ipv6(address: str) -> SocketAddress:
    return SocketAddress(address=address, family="ipv6")


def test_an_address_and_its_ipv6_form_are_one() -> None:
    block_list = made("Address: IPv4 1.1.1.1", "Address: IPv6 ::ffff:1.1.1.2")
    assert block_list.check("1.1.1.1")
    assert block_list.check("::ffff:1.1.1.1", "ipv6")
    assert block_list.check("1.1.1.2")
    assert not block_list.check("::1.1.1.1", "ipv6")
    assert not block_list.check("1.1.1.3")


@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        ("Range: IPv4 1.1.1.1-1.1.1.9", ["1.1.1.1", "1.1.1.9", "::ffff:1.1.1.5"], ["1.1.1.0", "1.1.1.10", "::1.1.1.5"]),
        ("Range: IPv6 ::1-::f", ["::1", "::f"], ["::", "::10", "0.0.0.5"]),
        ("Range: IPv6 ::-ffff::", ["::1", "::ffff:1.1.1.1"], ["1.1.1.1", "ffff::1"]),
        ("Range: IPv6 ::ffff:1.1.1.1-::ffff:1.1.1.9", ["1.1.1.5"], ["1.1.1.10"]),
    ],
)
def test_a_range_has_the_addresses_that_can_be_compared_with_its_bounds(
    rule: str, inside: list[str], outside: list[str]
) -> None:
    block_list = made(rule)
    found = [block_list.check(address, f"ipv{net.is_ip(address)}") for address in inside + outside]
    assert found == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        ("Subnet: IPv4 1.1.1.7/24", ["1.1.1.0", "1.1.1.255", "::ffff:1.1.1.9"], ["1.1.2.0", "::1.1.1.9"]),
        ("Subnet: IPv4 0.0.0.0/0", ["9.9.9.9", "::ffff:9.9.9.9"], ["::1"]),
        ("Subnet: IPv6 ::/0", ["9.9.9.9", "::1", "ffff::"], []),
        ("Subnet: IPv6 8592:757c:efaf::/51", ["8592:757c:efaf:1fff::"], ["8592:757c:efaf:2000::"]),
        ("Subnet: IPv4 1.1.1.8/32", ["1.1.1.8"], ["1.1.1.9"]),
    ],
)
def test_a_subnet_has_the_addresses_with_its_first_bits(rule: str, inside: list[str], outside: list[str]) -> None:
    block_list = made(rule)
    found = [block_list.check(address, f"ipv{net.is_ip(address)}") for address in inside + outside]
    assert found == [True] * len(inside) + [False] * len(outside)


def test_rules_are_written_with_the_newest_first_and_restored_from_that() -> None:
    block_list = BlockList()
    block_list.add_address("1.1.1.1")
    block_list.addAddress(ipv6("FE80::1%lo"))
    block_list.add_range("10.0.0.1", "10.0.0.9")
    block_list.add_subnet("::ffff:1.2.3.0", 120, "IPv6")
    expected = [
        "Subnet: IPv6 ::ffff:1.2.3.0/120",
        "Range: IPv4 10.0.0.1-10.0.0.9",
        "Address: IPv6 fe80::1",
        "Address: IPv4 1.1.1.1",
    ]
    assert block_list.rules == block_list.to_json() == expected
    assert made(*reversed(expected)).rules == expected
    assert repr(block_list) == f"<BlockList {expected}>"


def test_what_is_no_rule_is_ignored() -> None:
    assert made("Address", "Address: IPv4", "Range: IPv4 1.1.1.1", "Subnet: IPv4 1.1.1.1", "x").rules == []


def test_a_range_may_have_bounds_of_both_families() -> None:
    block_list = BlockList()
    block_list.add_range("1.1.1.1", ipv6("::ffff:1.1.1.9"))
    assert block_list.check("1.1.1.5")
    with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match="must come before end"):
        block_list.add_range("9.1.1.1", ipv6("::ffff:1.1.1.9"))


@pytest.mark.parametrize(
    ("method", "arguments", "code", "message"),
    [
        ("add_address", [5], "ERR_INVALID_ARG_TYPE", 'The "address" argument must be of type string. Received type'),
        ("add_address", ["1.1.1.1", 5], "ERR_INVALID_ARG_TYPE", 'The "family" argument must be of type string.'),
        ("add_address", ["1.1.1.1", "x"], "ERR_INVALID_ARG_VALUE", "The property 'options.family' is invalid."),
        ("add_address", ["x"], "ERR_INVALID_ADDRESS", "Invalid socket address"),
        ("add_range", ["1.1.1.1", None], "ERR_INVALID_ARG_TYPE", 'The "end" argument must be of type string.'),
        ("add_range", ["1.1.1.2", "1.1.1.1"], "ERR_INVALID_ARG_VALUE", "The argument 'start' must come before end."),
        ("add_subnet", [5, 8], "ERR_INVALID_ARG_TYPE", 'The "network" argument must be of type string.'),
        ("add_subnet", ["1.1.1.1", "8"], "ERR_INVALID_ARG_TYPE", 'The "prefix" argument must be of type number.'),
        ("add_subnet", ["1.1.1.1", 33], "ERR_OUT_OF_RANGE", 'The value of "prefix" is out of range. It must be >= 0'),
        ("add_subnet", ["1.1.1.1", 1.5], "ERR_OUT_OF_RANGE", "It must be an integer. Received 1.5"),
        ("check", [5], "ERR_INVALID_ARG_TYPE", 'The "address" argument must be of type string.'),
        ("check", ["1.1.1.1", None], "ERR_INVALID_ARG_TYPE", 'The "family" argument must be of type string.'),
        ("from_json", [5], "ERR_INVALID_ARG_TYPE", 'The "data" argument must be of type string or string[].'),
        ("from_json", [["x", 5]], "ERR_INVALID_ARG_TYPE", "Received an instance of Array"),
        ("from_json", ["{}"], "ERR_INVALID_ARG_TYPE", "Received an instance of Object"),
        ("from_json", [["Address: IPv4 999.1.1.1"]], "ERR_INVALID_ADDRESS", "Invalid socket address"),
    ],
)
def test_wrong_arguments_raise(method: str, arguments: list[Any], code: str, message: str) -> None:
    block_list = BlockList()
    with pytest.raises(errors.NodeError) as caught:
        getattr(block_list, method)(*arguments)
    assert caught.value.code == code
    assert message in caught.value.message
    assert block_list.rules == []


def test_an_address_that_is_none_is_not_blocked() -> None:
    block_list = made("Subnet: IPv4 0.0.0.0/0")
    assert not block_list.check("x")
    assert not block_list.check("1.1.1.1", "ipv6")
    assert not block_list.check("1.1.1.1", "x")


@pytest.mark.parametrize("make", [net.Socket, net.Server])
def test_the_option_must_be_a_block_list(make: Any) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="property must be an net"):
        make(block_list=["1.1.1.1"])
    assert make(block_list=False).block_list is None
    assert BlockList.is_block_list(make(block_list=BlockList()).blockList)
    assert not BlockList.isBlockList([])


async def test_a_blocked_address_is_not_connected_to() -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect(port=9, host="127.0.0.1", block_list=made("Address: IPv4 127.0.0.1"))
        trace.follow(client, "C")
        await trace.until("C:close")
    assert trace == [
        "C:connectionAttempt '127.0.0.1' 9 4",
        "C:error ERR_IP_BLOCKED: IP(127.0.0.1) is blocked by net.BlockList",
        "C:close True",
    ]


async def test_a_blocked_address_of_several_is_passed_over() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        port = await listening(server)

        def lookup(_host: str, _options: object, callback: Any) -> None:
            next_tick(callback, None, [("127.0.0.2", 4), ("127.0.0.1", 4)])

        block_list = made("Address: IPv4 127.0.0.2")
        client = net.connect(port=port, host="x.test", lookup=lookup, block_list=block_list)
        trace.follow(client, "C", "connectionAttempt", "connectionAttemptFailed", "connect", "error")
        await emitted(client.resume(), "close")
        assert client.auto_select_family_attempted_addresses == [f"127.0.0.1:{port}"]
    assert trace == [
        f"C:connectionAttemptFailed '127.0.0.2' {port} 4 ERR_IP_BLOCKED: IP(127.0.0.2) is blocked by net.BlockList",
        f"C:connectionAttempt '127.0.0.1' {port} 4",
        "C:connect",
    ]


async def test_a_name_of_blocked_addresses_fails_with_all_of_them() -> None:
    async with open_loop():

        def lookup(_host: str, _options: object, callback: Any) -> None:
            next_tick(callback, None, [("127.0.0.2", 4), ("127.0.0.1", 4)])

        block_list = made("Subnet: IPv4 127.0.0.0/8")
        client = net.connect(port=9, host="x.test", lookup=lookup, block_list=block_list)
        (error,) = await emitted(client, "error")
        assert error.code == "ERR_IP_BLOCKED"
        assert [each.code for each in error.errors] == ["ERR_IP_BLOCKED", "ERR_IP_BLOCKED"]


async def test_a_server_closes_connections_from_blocked_addresses() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(block_list=made("Address: IPv4 127.0.0.1")) as server:
        trace.follow(server, "S", "connection", "drop")
        port = await listening(server)
        await emitted(net.connect(port, "127.0.0.1").resume().on("error", lambda _: None), "close")
    assert trace == []
