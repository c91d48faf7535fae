"""The argument forms of connect, names, and several addresses."""

from __future__ import annotations

import errno
import socket as kernel
from collections.abc import Callable
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp import net
from nodehttp._net_addresses import addresses_of
from nodestream import errors
from nodestream.loop import open_loop, run

from .support import Trace, emitted, listening, pair

ATTEMPTS = [
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connectionAttemptTimeout",
    "connect",
    "error",
    "close",
]


def answering(*addresses: str) -> Callable[..., None]:
    """A lookup that gives these addresses."""

    def lookup(_host: str, _options: dict[str, Any], callback: Callable[..., None]) -> None:
        callback(None, [{"address": address, "family": net.is_ip(address)} for address in addresses])

    return lookup


async def test_every_argument_form_connects(tmp_path: Any) -> None:
    async with open_loop():
        async with net.create_server(lambda connection: connection.resume().end()) as server:
            port = await listening(server, {"port": 0})
            connected: list[bool] = []

            def called() -> None:
                connected.append(True)

            clients = [
                net.connect(port, called),
                net.connect(str(port), called),
                net.connect(port, "127.0.0.1", called),
                net.connect({"port": port, "host": "::1"}, called),
                net.connect({"port": port}, called, host="127.0.0.1"),
                net.create_connection(called, port=str(port), host="127.0.0.1"),
                net.Socket().connect(port, "127.0.0.1", called),
            ]
            for client in clients:
                client.resume()
            for client in clients:
                if not client.closed:
                    await emitted(client, "close")
        assert connected == [True] * len(clients)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([], errors.ERR_MISSING_ARGS, 'The "options" or "port" or "path" argument must be specified'),
        ([{}], errors.ERR_MISSING_ARGS, 'The "options" or "port" or "path" argument must be specified'),
        ([{"host": "abc"}], errors.ERR_MISSING_ARGS, 'The "options" or "port" or "path" argument must be specified'),
        (
            [True],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.port" property must be one of type number or string. Received type boolean (true)',
        ),
        (
            [{"port": "abc"}],
            errors.ERR_SOCKET_BAD_PORT,
            "Port should be >= 0 and < 65536. Received type string ('abc').",
        ),
        (
            [{"port": 70000}],
            errors.ERR_SOCKET_BAD_PORT,
            "Port should be >= 0 and < 65536. Received type number (70000).",
        ),
        ([-1], errors.ERR_SOCKET_BAD_PORT, "Port should be >= 0 and < 65536. Received type number (-1)."),
        ([1.5], errors.ERR_SOCKET_BAD_PORT, "Port should be >= 0 and < 65536. Received type number (1.5)."),
        ([""], errors.ERR_SOCKET_BAD_PORT, "Port should be >= 0 and < 65536. Received type string ('')."),
        (
            [{"port": 1, "host": 5}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.host" property must be of type string. Received type number (5)',
        ),
        (
            [{"path": 5}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.path" property must be of type string. Received type number (5)',
        ),
        ([{"port": 1, "localAddress": "zz"}], errors.ERR_INVALID_IP_ADDRESS, "Invalid IP address: zz"),
        (
            [{"port": 1, "localPort": "a"}],
            errors.ERR_INVALID_ARG_TYPE,
            "The \"options.localPort\" property must be of type number. Received type string ('a')",
        ),
        (
            [{"port": 1, "lookup": 5}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.lookup" property must be of type function. Received type number (5)',
        ),
        (
            [{"port": 1, "autoSelectFamily": 5}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.autoSelectFamily" property must be of type boolean. Received type number (5)',
        ),
        ([{"port": 1, "hints": 77}], errors.ERR_INVALID_ARG_VALUE, "The argument 'hints' is invalid. Received 77"),
    ],
)
def test_wrong_arguments_raise(arguments: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        net.connect(*arguments)
    assert str(caught.value) == message
    run()


@pytest.mark.parametrize("port", ["1", " 1 ", "0x1", 1.0])
async def test_a_port_may_be_written_in_several_ways(port: Any) -> None:
    async with open_loop():
        (error,) = await emitted(net.connect({"port": port, "host": "127.0.0.1"}), "error")
        assert str(error) == "connect ECONNREFUSED 127.0.0.1:1"


async def test_port_zero_is_refused_without_being_named() -> None:
    async with open_loop():
        (error,) = await emitted(net.connect({"port": 0, "host": "127.0.0.1"}), "error")
        assert (error.code, str(error), error.port) == ("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1", None)


async def test_the_system_is_asked_for_the_addresses_of_a_name() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        port = await listening(server)
        client = net.connect({"port": port, "family": 4})
        trace.follow(client, "C", *ATTEMPTS)
        client.resume()
        await trace.until("C:close")
    assert trace == [
        "C:lookup None '127.0.0.1' 4 'localhost'",
        f"C:connectionAttempt '127.0.0.1' {port} 4",
        "C:connect",
        "C:close False",
    ]


@pytest.mark.parametrize(
    ("number", "code", "errno_"),
    [
        (kernel.EAI_NONAME, "ENOTFOUND", -3008),
        (kernel.EAI_AGAIN, "EAI_AGAIN", -3001),
        (kernel.EAI_FAIL, "EAI_FAIL", -3004),
    ],
)
async def test_a_name_that_is_not_found_is_an_error_of_getaddrinfo(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str, errno_: int
) -> None:
    def lookup(*_: object) -> None:
        raise kernel.gaierror(number, "no")

    monkeypatch.setattr(kernel, "getaddrinfo", lookup)
    trace = Trace()
    async with open_loop():
        client = net.connect(80, "nosuch.invalid")
        trace.follow(client, "C", *ATTEMPTS)
        (error,) = await emitted(client, "error")
        await trace.until("C:close")
    message = f"getaddrinfo {code} nosuch.invalid"
    assert (error.code, error.errno, error.syscall, error.hostname) == (code, errno_, "getaddrinfo", "nosuch.invalid")
    assert trace == [
        f"C:lookup {code}: {message} None None 'nosuch.invalid'",
        f"C:error {code}: {message}",
        "C:close True",
    ]


async def test_destroying_during_the_lookup_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    go_on = threading.Event()

    def lookup(*_: object) -> list[Any]:
        go_on.wait(20)
        return [(kernel.AF_INET, 0, 0, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(kernel, "getaddrinfo", lookup)
    trace = Trace()
    async with open_loop():
        client = net.connect(80, "slow.invalid")
        trace.follow(client, "C", *ATTEMPTS)
        client.destroy()
        await trace.until("C:close")
        go_on.set()
    assert trace == ["C:close False"]


async def test_several_addresses_are_tried_in_turn_families_alternating() -> None:
    trace = Trace()
    async with open_loop():
        client = net.Socket()
        trace.follow(client, "C", *ATTEMPTS)
        client.connect({"port": 1, "host": "x.test", "lookup": answering("127.0.0.1", "127.0.0.2", "::1")})
        (error,) = await emitted(client, "error")
        await trace.until("C:close")
    assert isinstance(error, errors.NodeAggregateError)
    assert (error.code, error.message) == ("ECONNREFUSED", "")
    order = [("127.0.0.1", 4), ("::1", 6), ("127.0.0.2", 4)]
    assert [(each.address, each.port) for each in error.errors] == [(address, 1) for address, _ in order]
    assert client.auto_select_family_attempted_addresses == ["127.0.0.1:1", "::1:1", "127.0.0.2:1"]
    expected = [f"C:lookup None {a!r} {6 if ':' in a else 4} 'x.test'" for a in ("127.0.0.1", "127.0.0.2", "::1")]
    for address, family in order:
        refused = f"ECONNREFUSED: connect ECONNREFUSED {address}:1"
        expected.append(f"C:connectionAttempt {address!r} 1 {family}")
        expected.append(f"C:connectionAttemptFailed {address!r} 1 {family} {refused}")
    assert trace == [*expected, "C:error ECONNREFUSED: ", "C:close True"]


async def test_the_first_address_that_answers_is_taken() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        port = await listening(server)
        client = net.connect(port=port, host="x.test", lookup=answering("::1", "127.0.0.1"))
        client.resume()
        await emitted(client, "close")
        assert client.auto_select_family_attempted_addresses == [f"::1:{port}", f"127.0.0.1:{port}"]


async def test_only_the_first_address_is_tried_without_auto_select_family() -> None:
    async with open_loop():
        asked: list[dict[str, Any]] = []

        def lookup(_host: str, options: dict[str, Any], callback: Callable[..., None]) -> None:
            asked.append(options)
            callback(None, "127.0.0.1", 4)

        client = net.connect({"port": 1, "host": "x.test", "lookup": lookup, "autoSelectFamily": False})
        (error,) = await emitted(client, "error")
        assert str(error) == "connect ECONNREFUSED 127.0.0.1:1"
        assert client.auto_select_family_attempted_addresses is None
        (error,) = await emitted(net.connect({"port": 1, "host": "x.test", "lookup": lookup, "family": 4}), "error")
        assert error.code == "ECONNREFUSED"
    assert asked == [{"family": None, "hints": kernel.AI_ADDRCONFIG}, {"family": 4, "hints": 0}]


@pytest.mark.parametrize(
    ("found", "family", "code", "message"),
    [
        ("zz", 4, "ERR_INVALID_IP_ADDRESS", "Invalid IP address: zz"),
        ("127.0.0.1", 9, "ERR_INVALID_ADDRESS_FAMILY", "Invalid address family: 9 x.test:1"),
    ],
)
async def test_a_lookup_that_gives_nonsense_is_an_error(found: str, family: int, code: str, message: str) -> None:
    async with open_loop():
        for auto in (False, True):
            entries = [{"address": found, "family": family}]
            answer = [entries] if auto else [found, family]
            client = net.connect(
                {
                    "port": 1,
                    "host": "x.test",
                    "autoSelectFamily": auto,
                    "lookup": lambda _host, _options, callback, answer=answer: callback(None, *answer),
                }
            )
            (error,) = await emitted(client, "error")
            assert (error.code, str(error)) == (code, message)


async def test_a_lookup_that_fails_or_finds_nothing_is_an_error() -> None:
    async with open_loop():
        failing = net.connect({"port": 1, "host": "x.test", "lookup": lambda *args: args[2](ValueError("nope"))})
        (error,) = await emitted(failing, "error")
        assert str(error) == "nope"
        empty = net.connect({"port": 1, "host": "x.test", "lookup": lambda *args: args[2](None, [])})
        (error,) = await emitted(empty, "error")
        assert str(error) == "getaddrinfo ENOTFOUND x.test"


class _NeverAnswers:
    """A kernel socket whose connection is never made, unless it is to 127.0.0.1."""

    def __init__(self, *args: Any) -> None:
        self._sock = kernel.SocketType(*args)
        self._deaf = False

    def connect_ex(self, address: Any) -> int:
        if address[0] == "127.0.0.1":
            return self._sock.connect_ex(address)
        # Full of unread data, this one is never writable.
        self._sock.close()
        self._sock, self._other = kernel.socketpair()
        self._sock.setblocking(False)
        try:
            while True:
                self._sock.send(bytes(65536))
        except BlockingIOError:
            return errno.EINPROGRESS

    def close(self) -> None:
        self._sock.close()
        if hasattr(self, "_other"):
            self._other.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def test_an_address_that_does_not_answer_is_given_up_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Trace()

    async def main() -> None:
        server = net.create_server(lambda connection: connection.resume().end())
        port = await listening(server)
        monkeypatch.setattr("nodehttp._net_connecting.socket.socket", _NeverAnswers)
        client = net.connect({"port": port, "host": "x.test", "lookup": answering("192.0.2.1", "127.0.0.1")})
        monkeypatch.setattr("nodehttp._net_connecting.socket.socket", kernel.SocketType)
        trace.log(f"port {port}")
        trace.follow(client, "C", *ATTEMPTS)
        client.resume()
        await trace.until("C:connectionAttemptTimeout")
        client.destroy()
        server.close()
        await trace.until("C:close")

    run(main, clock=MockClock(autojump_threshold=0.01))
    port = trace[0].removeprefix("port ")
    assert trace[1:3] == [
        f"C:connectionAttemptTimeout '192.0.2.1' {port} 4",
        f"C:connectionAttempt '127.0.0.1' {port} 4",
    ]


async def test_this_end_can_be_chosen() -> None:
    async with open_loop():
        seen: list[str | None] = []

        def serve(connection: net.Socket) -> None:
            seen.append(connection.remote_address)
            connection.resume().end()

        async with net.create_server(serve) as server:
            port = await listening(server)
            client = net.connect({"port": port, "host": "127.0.0.1", "localAddress": "127.0.0.3"})
            client.resume()
            await emitted(client, "close")
    assert seen == ["127.0.0.3"]


async def test_an_end_that_cannot_be_bound_is_an_error_of_bind() -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect({"port": 1, "host": "127.0.0.1", "localAddress": "203.0.113.5"})
        trace.follow(client, "C", *ATTEMPTS)
        (error,) = await emitted(client, "error")
        await trace.until("C:close")
        assert (error.errno, error.syscall) == (-errno.EADDRNOTAVAIL, "bind")
        assert (error.address, error.port) == ("203.0.113.5", None)
    assert trace == [
        "C:error EADDRNOTAVAIL: bind EADDRNOTAVAIL 203.0.113.5",
        "C:close True",
    ]


async def test_a_failure_names_the_end_that_was_chosen() -> None:
    async with open_loop():
        with kernel.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        client = net.connect({"port": 1, "host": "127.0.0.1", "localAddress": "127.0.0.1", "localPort": port})
        (error,) = await emitted(client, "error")
        assert str(error) == f"connect ECONNREFUSED 127.0.0.1:1 - Local (127.0.0.1:{port})"


async def test_an_unreferenced_connection_can_be_referenced_again() -> None:
    async with open_loop():
        client, theirs = await pair()
        assert client.unref() is client
        assert client.ref() is client
        client.destroy()
        theirs.destroy()
        fresh = net.Socket()
        assert (fresh.unref(), fresh.ref()) == (fresh, fresh)
        fresh.destroy()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("127.0.0.1", 4),
        ("255.255.255.255", 4),
        ("1.2.3", 0),
        ("01.2.3.4", 0),
        ("1.2.3.256", 0),
        ("::1", 6),
        ("::", 6),
        ("::ffff:1.2.3.4", 6),
        ("fe80::1%eth0", 6),
        ("fe80::1%", 0),
        ("1.2.3.4%eth0", 0),
        ("[::1]", 0),
        ("localhost", 0),
        ("", 0),
        (None, 0),
        (5, 0),
        ("::1\0", 0),
    ],
)
def test_addresses_are_told_from_names(text: Any, version: int) -> None:
    assert net.is_ip(text) == net.isIP(text) == version
    assert (net.is_ipv4(text), net.isIPv6(text)) == (version == 4, version == 6)


def test_the_system_gives_addresses_with_their_family() -> None:
    assert ("127.0.0.1", 4) in addresses_of("127.0.0.1")
    assert addresses_of("::1", 6) == [("::1", 6)]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            [{}],
            errors.ERR_INVALID_ARG_VALUE,
            'The argument \'options\' must have the property "port" or "path". Received {}',
        ),
        (
            [{"host": "127.0.0.1"}],
            errors.ERR_INVALID_ARG_VALUE,
            "The argument 'options' must have the property \"port\" or \"path\". Received { host: '127.0.0.1' }",
        ),
        ([True], errors.ERR_INVALID_ARG_VALUE, "The argument 'options' is invalid. Received { port: true }"),
        ([{"path": 5}], errors.ERR_INVALID_ARG_VALUE, "The argument 'options' is invalid. Received { path: 5 }"),
        (
            [{"port": "abc"}],
            errors.ERR_SOCKET_BAD_PORT,
            "options.port should be >= 0 and < 65536. Received type string ('abc').",
        ),
        ([-1], errors.ERR_SOCKET_BAD_PORT, "options.port should be >= 0 and < 65536. Received type number (-1)."),
        (
            [{"port": 0, "host": 5}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "hostname" argument must be of type string. Received type number (5)',
        ),
    ],
)
def test_listening_to_nonsense_raises(arguments: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        net.create_server().listen(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        ([], "::"),
        ([None], "::"),
        ([{"port": None}], "::"),
        ([0, 5], "::"),
        ([0, None], "::"),
        ([0, ""], "::"),
        ([0, "127.0.0.1", 5], "127.0.0.1"),
        ([{"port": "0", "host": "127.0.0.1", "backlog": 5}], "127.0.0.1"),
        ([0, "::1"], "::1"),
        ([0, "0.0.0.0"], "0.0.0.0"),
    ],
)
async def test_every_form_of_listen_listens(arguments: list[Any], host: str) -> None:
    async with open_loop(), net.create_server() as server:
        server.listen(*arguments)
        await emitted(server, "listening")
        address = server.address()
        assert isinstance(address, dict)
        assert address["address"] == host


async def test_listen_takes_keywords() -> None:
    async with open_loop(), net.create_server() as server:
        await listening(server, 0, host="127.0.0.1", backlog=7, reuse_port=True, exclusive=True)
        port = server.address()["port"]
        async with net.create_server() as other:
            assert await listening(other, port=port, host="127.0.0.1", reuse_port=True) == port
