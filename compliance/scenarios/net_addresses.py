"""Addresses and lists of them, and what connect and listen make of their arguments."""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodehttp.net import BlockList, SocketAddress
from nodestream.errors import NodeSystemError

scenarios = Scenarios()


def shown(address: SocketAddress) -> list[Any]:
    """What it consists of."""
    return [address.address, address.port, address.family, address.flowlabel]


def tidied(action: Callable[[], object]) -> Callable[[], None]:
    """An action whose result does not matter."""

    def act() -> None:
        action()

    return act


def ipv6(address: str) -> SocketAddress:
    """An IPv6 address."""
    return SocketAddress({"address": address, "family": "ipv6"})


def refused(t: Trace, cases: list[Any], action: Callable[[Any], object]) -> None:
    """Try every case."""
    for case in cases:
        t.call("refused", tidied(partial(action, case)))


@scenarios
def socket_addresses(t: Trace) -> None:
    cases: list[dict[str, Any]] = [
        {},
        {"address": "1.2.3.4", "port": 5},
        {"family": "ipv6"},
        {"family": "IPv6", "address": "FE80::0:1", "port": "0x10", "flowlabel": 5},
        {"address": "::ffff:1.2.3.4", "family": "ipv6"},
        {"address": "fe80::1%lo", "family": "ipv6"},
    ]
    for options in cases:
        t("made", shown(SocketAddress(options)))
    t("json", SocketAddress({"port": 1}).to_json())
    t("is", SocketAddress.is_socket_address(SocketAddress()), SocketAddress.is_socket_address({}))


@scenarios
def socket_addresses_refused(t: Trace) -> None:
    cases = [
        {"address": "foo"},
        {"address": "::1"},
        {"address": "1.1.1.1", "family": "ipv6"},
        {"address": 5},
        {"port": 70000},
        {"port": "x"},
        {"port": 1.5},
        {"flowlabel": -1},
        {"flowlabel": 2**32},
        {"flowlabel": 1.5},
        {"flowlabel": "x"},
        {"family": 5},
        {"family": "x"},
        5,
        "x",
    ]
    refused(t, cases, SocketAddress)


@scenarios
def socket_addresses_parsed(t: Trace) -> None:
    texts = (
        "1.2.3.4|1.2.3.4:443|1.2.3.4:81/foo?x|u:p@1.2.3.4:9|0x|0x.0x.0|08.1.1.1|010.1.1.1|1.2.3.4.5|1.2.3.4.|[::1]|"
        "[::ffff:1.2.3.4]:5|::1||example.org|1.2.3.4:99999|256|0xffffffff|4294967296|[fe80::1%lo]:1| 1.2.3.4|1.2.3.4 |"
        "1.2.3.4:|[1::8]x|1.2.3.4#f|1.2.3.4:+1|1..2|1.256.1.1|1.65536|1.2.65535"
    )
    for text in texts.split("|"):
        found = SocketAddress.parse(text)
        t(text, shown(found) if found else None)
    refused(t, [5], SocketAddress.parse)


@scenarios
def blocked_addresses(t: Trace) -> None:
    block_list = BlockList()
    block_list.add_address("1.1.1.1")
    block_list.add_address("1.1.1.1")
    block_list.add_address("::FFFF:1.2.3.4", "ipv6")
    block_list.add_address(SocketAddress({"address": "fe80::1%lo", "family": "ipv6", "port": 80}))
    t("rules", block_list.rules, block_list.to_json())
    for address, family in [
        ("1.1.1.1", "ipv4"),
        ("1.2.3.4", "ipv4"),
        ("::ffff:1.1.1.1", "ipv6"),
        ("::1.1.1.1", "ipv6"),
        ("::ffff:1.2.3.4", "IPV6"),
        ("fe80::1", "ipv6"),
        ("1.1.1.1", "ipv6"),
        ("x", "ipv4"),
        ("1.1.1.1", "x"),
        ("1.1.1.2", "ipv4"),
    ]:
        t(address, family, block_list.check(address, family))


@scenarios
def blocked_ranges(t: Trace) -> None:
    def check(block_list: BlockList) -> list[bool]:
        ipv4 = [block_list.check(address) for address in ("1.1.1.1", "1.1.1.5", "200.1.1.1")]
        return ipv4 + [block_list.check(address, "ipv6") for address in ("::ffff:1.1.1.5", "::5", "::1.1.1.5")]

    for start, end, family in [
        ("1.1.1.1", "1.1.1.9", "ipv4"),
        ("::ffff:1.1.1.1", "::ffff:1.1.1.9", "ipv6"),
        ("::", "ffff::", "ipv6"),
        ("::", "::ffff:255.255.255.255", "ipv6"),
        ("::ffff:0.0.0.0", "ffff::", "ipv6"),
        ("1.1.1.1", "1.1.1.1", "ipv4"),
    ]:
        block_list = BlockList()
        block_list.add_range(start, end, family)
        t("range", block_list.rules, check(block_list))
    mixed = BlockList()
    mixed.add_range("1.1.1.1", ipv6("::5"))
    mixed.add_range(ipv6("::5"), "1.1.1.1")
    mixed.add_range("1.1.1.1", ipv6("::ffff:1.1.1.9"))
    t("mixed", mixed.rules, check(mixed))
    t.call("mixed", tidied(lambda: mixed.add_range("9.1.1.1", ipv6("::ffff:1.1.1.9"))))


@scenarios
def blocked_subnets(t: Trace) -> None:
    for network, prefix, family in [
        ("1.1.1.7", 24, "ipv4"),
        ("::ffff:1.1.1.0", 120, "ipv6"),
        ("0.0.0.0", 0, "ipv4"),
        ("::", 0, "ipv6"),
        ("::", 8, "ipv6"),
        ("::ffff:1.1.0.0", 97, "ipv6"),
        ("1.1.1.8", 31, "ipv4"),
        ("8592:757c:efaf::", 51, "ipv6"),
    ]:
        block_list = BlockList()
        block_list.add_subnet(network, prefix, family)
        found = [block_list.check(address) for address in ("1.1.1.9", "1.1.1.200", "200.2.1.1")]
        for address in ("::ffff:1.1.1.9", "::1", "8592:757c:efaf:1fff::", "8592:757c:efaf:2000::"):
            found.append(block_list.check(address, "ipv6"))
        t("subnet", block_list.rules, found)


@scenarios
def block_lists_refuse(t: Trace) -> None:
    block_list: Any = BlockList()
    t.call("a", lambda: block_list.add_address(5))
    t.call("b", lambda: block_list.add_address("x"))
    t.call("c", lambda: block_list.add_address("1.1.1.1", 5))
    t.call("d", lambda: block_list.add_address("1.1.1.1", "x"))
    t.call("e", lambda: block_list.add_range("1.1.1.2", "1.1.1.1"))
    t.call("f", lambda: block_list.add_range("::1", "::2"))
    t.call("g", lambda: block_list.add_range("1.1.1.2", 5))
    t.call("h", lambda: block_list.add_subnet("1.1.1.1", "24"))
    t.call("i", lambda: block_list.add_subnet("1.1.1.1", 33))
    t.call("j", lambda: block_list.add_subnet("::", 129, "ipv6"))
    t.call("k", lambda: block_list.add_subnet("1.1.1.1", 1.5))
    t.call("l", lambda: block_list.add_subnet(5, 8))
    t.call("m", lambda: block_list.check(5))
    t.call("n", lambda: block_list.check("1.1.1.1", 5))
    t.call("o", lambda: block_list.from_json(5))
    t.call("p", lambda: block_list.from_json([5]))
    t.call("q", lambda: block_list.from_json("{}"))
    t.call("r", lambda: block_list.from_json(["Address: IPv4 999.1.1.1"]))
    t.call("s", lambda: block_list.from_json(["Subnet: IPv4 1.1.1.1/99"]))
    t("rules", block_list.rules)
    t.call("socket", tidied(lambda: net.Socket({"blockList": 5})))
    t.call("server", tidied(lambda: net.Server({"blockList": 5})))


@scenarios
def block_lists_restored(t: Trace) -> None:
    block_list = BlockList()
    block_list.from_json('["Address: IPv4 1.1.1.1","x"]')
    block_list.from_json(
        [
            "Range: IPv6 ::1-::5",
            "junk Subnet: IPv6 ::/8 more",
            "address: IPv4 1.1.1.2",
            "Subnet: IPv4 10.0.0.0/8",
            "Range: IPv4 2.2.2.2-2.2.2.3",
        ]
    )
    t("rules", block_list.rules)
    other = BlockList()
    other.from_json(block_list.to_json())
    t("again", other.rules)
    t("is", BlockList.is_block_list(block_list), BlockList.is_block_list({}))


@scenarios
def bound_sockets(t: Trace) -> None:
    bound = net.BoundSocket()
    t("address", bound.address()["address"], bound.address()["family"], bound.address()["port"] > 0, bound.fd() > 0)
    bound.close()
    t.call("address", bound.address)
    t.call("fd", bound.fd)
    t.call("close", bound.close)
    t.call("handle", tidied(lambda: net.Socket({"handle": bound})))
    t.call("listen", tidied(lambda: net.create_server().listen(bound)))
    ipv6_socket = net.BoundSocket({"ipv6Only": True})
    t("ipv6", ipv6_socket.address()["address"], ipv6_socket.address()["family"])
    ipv6_socket.close()
    server = net.create_server().listen(net.BoundSocket({"host": "127.0.0.1"}))
    address: Any = server.address()
    try:
        net.BoundSocket({"host": "127.0.0.1", "port": address["port"]})
    except NodeSystemError as error:
        message = re.sub(r"\d+$", "PORT", error.message)
        t("taken", error.code, error.syscall, error.errno, error.address, message)
    server.close()
    cases = [
        {"host": "x"},
        {"host": 5},
        {"port": "x"},
        {"port": 70000},
        {"ipv6Only": 1},
        {"reusePort": 1},
        {"host": "203.0.113.7"},
        5,
    ]
    refused(t, cases, net.BoundSocket)


@scenarios
def defaults(t: Trace) -> None:
    t("defaults", net.get_default_auto_select_family(), net.get_default_auto_select_family_attempt_timeout())

    def family(value: Any) -> bool:
        net.set_default_auto_select_family(value)
        return net.get_default_auto_select_family()

    def timeout(value: Any) -> int:
        net.set_default_auto_select_family_attempt_timeout(value)
        return net.get_default_auto_select_family_attempt_timeout()

    for value in (1, "x", False, True):
        t.call("family", family, value)
    for msecs in ("x", True, 0, -1, 1.5, math.nan, 2**31, 2**33, 5, 11, 250):
        t.call("timeout", timeout, msecs)


@scenarios
def connect_refuses(t: Trace) -> None:
    cases = [
        {"port": 1, "family": 5},
        {"port": 1, "family": "x"},
        {"port": 1, "hints": 1},
        {"port": 1, "hints": "x"},
        {"port": 1, "host": "a\0b"},
        {"port": 1, "host": 5},
        {"path": 5},
        {"path": {}},
        {"port": 1, "localAddress": 5},
        {"port": 1, "localAddress": "x"},
        {"port": 1, "localPort": "5"},
        {"port": 1, "lookup": 5},
        {"port": ""},
        {"port": "x"},
        {"port": "1_0"},
        {"port": -1},
        {"port": 1.5},
        {"port": True},
        {"port": []},
        {"port": 1, "autoSelectFamily": 1},
        {"port": 1, "autoSelectFamilyAttemptTimeout": 0},
        {"port": 1, "autoSelectFamilyAttemptTimeout": "x"},
        {"host": "x"},
        [],
        [{"port": 1}],
        {"port": 1, "keepAliveInitialDelay": "x"},
        {"port": 1, "typeOfService": 256},
        {"port": 1, "signal": 5},
        {"port": 1, "fd": -1},
        {"port": 1, "fd": "x"},
        {"port": 1, "fd": 1.5},
        {"port": 1, "fd": 9999},
    ]
    refused(t, cases, net.connect)


@scenarios
def listen_refuses(t: Trace) -> None:
    cases: list[Any] = [
        {},
        {"host": "127.0.0.1"},
        {"path": ""},
        {"path": 5},
        True,
        -1,
        65536,
        "",
        " ",
        [],
        math.nan,
        {"fd": -1},
        {"fd": "0"},
        {"port": 0, "host": 5},
        {"port": 0, "signal": 5},
        {"port": "x"},
        {"port": {}},
        {"port": []},
        {"path": "\0abc", "readableAll": True},
    ]
    refused(t, cases, lambda case: net.create_server().listen(case))
    t.call("mark", tidied(lambda: net.Server({"highWaterMark": "x"})))
    t.call("delay", tidied(lambda: net.Server({"keepAliveInitialDelay": "x"})))


@scenarios
def a_server_shows_its_options(t: Trace) -> None:
    def show(server: net.Server) -> None:
        t(
            "options",
            server.allow_half_open,
            server.pause_on_connect,
            server.no_delay,
            server.keep_alive,
            server.keep_alive_initial_delay,
            server.high_water_mark,
        )

    show(net.Server())
    show(
        net.Server(
            allow_half_open=True,
            pause_on_connect=True,
            no_delay=True,
            keep_alive=True,
            keep_alive_initial_delay=2500,
            high_water_mark=5,
        )
    )
    show(net.Server(keep_alive_initial_delay=-5, high_water_mark=-1))
