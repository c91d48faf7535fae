"""What connections make of names and of the options about them."""

from __future__ import annotations

import socket as kernel
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import next_tick, open_loop

from .support import Trace, emitted, listening, turns


def answering(*arguments: Any) -> Callable[..., None]:
    """A lookup that calls back so, in the next tick."""

    def lookup(_host: str, _options: object, callback: Callable[..., object]) -> None:
        next_tick(callback, *arguments)

    return lookup


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, {"family": None, "hints": kernel.AI_ADDRCONFIG, "all": True}),
        ({"family": 4}, {"family": 4, "hints": 0}),
        ({"family": "IPv6"}, {"family": 6, "hints": 0}),
        ({"family": 5, "hints": 99}, {"family": 5, "hints": 99, "all": True}),
        ({"auto_select_family": False}, {"family": None, "hints": kernel.AI_ADDRCONFIG}),
        ({"local_address": "127.0.0.1"}, {"family": None, "hints": kernel.AI_ADDRCONFIG}),
    ],
)
async def test_a_lookup_is_told_what_is_wanted(options: dict[str, Any], told: dict[str, Any]) -> None:
    asked: list[Any] = []
    async with open_loop():
        net.connect(port=1, host="x.test", lookup=lambda *arguments: asked.append(arguments[:2]), **options)
    assert asked == [("x.test", told)]


@pytest.mark.parametrize(
    ("family", "answer", "message"),
    [
        (4, [None, ["127.0.0.1"], 4], "Invalid IP address: [ '127.0.0.1' ]"),
        (4, [None], "Invalid IP address: undefined"),
        (4, [None, "127.0.0.1", 100], "Invalid address family: 100 x.test:1"),
        (0, [None, ["127.0.0.1"]], "Invalid IP address: undefined"),
        (0, [None, "127.0.0.1", 4], "Invalid IP address: undefined"),
        (0, [None, [{"address": "127.0.0.1", "family": 100}]], "Invalid address family: 100 x.test:1"),
        (0, [None, []], "getaddrinfo ENOTFOUND x.test"),
        (0, [ValueError("no")], "no"),
        (6, [ValueError("no")], "no"),
    ],
)
async def test_an_answer_that_is_none_is_an_error(family: int, answer: list[Any], message: str) -> None:
    async with open_loop():
        client = net.connect(port=1, host="x.test", family=family, lookup=answering(*answer))
        (error,) = await emitted(client, "error")
        assert str(error) == message


@pytest.mark.parametrize("family", [0, 4])
async def test_only_the_first_answer_counts(family: int) -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        port = await listening(server)

        def lookup(_host: str, _options: object, callback: Callable[..., object]) -> None:
            answer: Any = ("127.0.0.1", 4) if family else ([("127.0.0.1", 4)],)
            callback(None, *answer)
            callback(None, *answer)
            callback(ValueError("too late"))

        client = net.connect(port=port, host="x.test", family=family, lookup=lookup)
        trace.follow(client, "C", "connect", "error", "close")
        await emitted(client.resume(), "close")
    assert trace == ["C:connect", "C:close False"]


async def test_usable_addresses_are_tried_once_each() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        port = await listening(server)
        found = [("zz", 4), ("127.0.0.2", 9), ("127.0.0.1", 4), {"address": "127.0.0.1", "family": 4}]
        client = net.connect(port=port, host="x.test", lookup=answering(None, found))
        trace.follow(client, "C", "lookup", "connectionAttempt", "error")
        await emitted(client.resume(), "close")
        assert client.auto_select_family_attempted_addresses is None
    assert trace == [
        "C:lookup None 'zz' 4 'x.test'",
        "C:lookup None '127.0.0.2' 9 'x.test'",
        "C:lookup None '127.0.0.1' 4 'x.test'",
        "C:lookup None '127.0.0.1' 4 'x.test'",
        f"C:connectionAttempt '127.0.0.1' {port} 4",
    ]


@pytest.mark.parametrize("family", [0, 4])
async def test_an_answer_for_a_socket_that_is_gone_is_ignored(family: int) -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect(port=1, host="x.test", family=family, lookup=answering(None, [("127.0.0.1", 4)]))
        trace.follow(client, "C", "connectionAttempt", "error", "close")
        client.destroy()
        await trace.until("C:close")
        await turns(2)
    assert trace == ["C:close False"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"local_address": "::1"}, "bind EINVAL ::1"),
        ({"local_port": 70000}, "bind EADDRINUSE 0.0.0.0:70000"),
        ({"local_port": 1.5}, "bind EADDRINUSE 0.0.0.0:1.5"),
        ({"local_port": -1}, "bind EADDRINUSE 0.0.0.0:-1"),
    ],
)
async def test_an_end_that_cannot_be_is_an_error_of_bind(options: dict[str, Any], message: str) -> None:
    async with open_loop():
        (error,) = await emitted(net.connect(port=1, host="127.0.0.1", **options), "error")
        assert (error.message, error.syscall) == (message, "bind")


async def test_an_end_that_cannot_be_fails_each_of_several_addresses() -> None:
    trace = Trace()
    async with open_loop():
        lookup = answering(None, [("127.0.0.1", 4), ("::1", 6)])
        client = net.connect(port=1, host="x.test", local_port=70000, lookup=lookup)
        trace.follow(client, "C", "connectionAttempt", "connectionAttemptFailed")
        (error,) = await emitted(client, "error")
        messages = [each.message for each in error.errors]
        assert (error.code, messages) == ("EADDRINUSE", ["bind EADDRINUSE 0.0.0.0:70000", "bind EADDRINUSE :::70000"])
    assert trace == []


async def test_a_failure_tells_the_end_that_was_chosen() -> None:
    async with open_loop():
        with kernel.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (error,) = await emitted(net.connect(port=1, host="127.0.0.1", local_port=port), "error")
        assert error.message == f"connect ECONNREFUSED 127.0.0.1:1 - Local (0.0.0.0:{port})"
        assert (error.local_address, error.local_port) == ("0.0.0.0", port)


async def test_a_connection_that_the_kernel_does_not_begin_tells_its_own_end() -> None:
    async with open_loop():
        client = net.connect(port=80, host="203.0.113.9", local_address="127.0.0.1")
        (error,) = await emitted(client, "error")
        assert error.message.startswith("connect EINVAL 203.0.113.9:80 - Local (127.0.0.1:")


async def test_a_signal_destroys_the_connection() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.resume()) as server:
        controller = AbortController()
        client = net.connect(port=await listening(server), host="127.0.0.1", signal=controller.signal)
        trace.follow(client, "C", "connect", "error", "close")
        await emitted(client, "connect")
        controller.abort()
        await trace.until("C:close")
    assert trace == ["C:connect", "C:error ABORT_ERR: The operation was aborted", "C:close True"]


async def test_a_signal_that_was_aborted_before_keeps_it_from_connecting() -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect(port=1, host="127.0.0.1", signal=AbortSignal.abort())
        assert client.destroyed
        trace.follow(client, "C", "connectionAttempt", "error", "close")
        await trace.until("C:close")
        await turns(2)
    assert trace == ["C:error ABORT_ERR: The operation was aborted", "C:close"]


async def test_connect_calls_the_method_that_a_subclass_or_a_patch_may_have() -> None:
    asked: list[Any] = []

    def connect(self: net.Socket, *arguments: Any, **keywords: Any) -> net.Socket:
        asked.append((arguments, keywords))
        return original(self, *arguments, **keywords)

    original = net.Socket.connect
    async with open_loop():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(net.Socket, "connect", connect)
            client = net.connect(1, "127.0.0.1", noDelay=True)
        (error,) = await emitted(client, "error")
        assert error.code == "ECONNREFUSED"
    assert asked == [((1, "127.0.0.1"), {})]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"port": None}, "ERR_INVALID_ARG_TYPE", 'The "options.port" property must be one of type number or string.'),
        ([{"port": 1}], "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified'),
        ({"path": {}}, "ERR_INVALID_ARG_TYPE", 'The "options.path" property must be of type string.'),
        ({"port": 1, "family": 5}, "ERR_INVALID_ARG_VALUE", "must be one of: 0, 4, 6. Received 5"),
        ({"port": 1, "hints": "x"}, "ERR_INVALID_ARG_TYPE", 'The "options.hints" property must be of type number.'),
        ({"port": 1, "host": "a\0b"}, "ERR_INVALID_ARG_VALUE", "must be a string without null bytes."),
        ({"port": 1, "localAddress": {}}, "ERR_INVALID_IP_ADDRESS", "Invalid IP address: {}"),
        ({"port": 1, "autoSelectFamilyAttemptTimeout": 0}, "ERR_OUT_OF_RANGE", "It must be >= 1 && <= 2147483647."),
        ({"port": 1, "autoSelectFamilyAttemptTimeout": "x"}, "ERR_INVALID_ARG_TYPE", "must be of type number."),
    ],
)
def test_wrong_options_raise(options: Any, code: str, message: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.connect(options)
    assert caught.value.code == code
    assert message in caught.value.message


@pytest.mark.parametrize("options", [{"hints": 99}, {"family": 9}, {"lookup": 5}])
async def test_an_address_needs_no_lookup_so_its_options_do_not_matter(options: dict[str, Any]) -> None:
    async with open_loop():
        (error,) = await emitted(net.connect({"port": 1, "host": "127.0.0.1", **options}), "error")
        assert error.message == "connect ECONNREFUSED 127.0.0.1:1"


@pytest.mark.parametrize("port", [" 1 ", "0x1", "0b1", "0o1", "+1", "1.0", "10e-1", 1.0])
async def test_a_port_may_be_written_as_javascript_writes_numbers(port: Any) -> None:
    async with open_loop():
        (error,) = await emitted(net.connect({"port": port, "host": "127.0.0.1"}), "error")
        assert error.message == "connect ECONNREFUSED 127.0.0.1:1"


# --- defaults ---


@pytest.fixture
def defaults() -> Iterator[None]:
    """Whatever a test changes is put right."""
    yield
    net.set_default_auto_select_family(True)
    net.set_default_auto_select_family_attempt_timeout(250)


@pytest.mark.usefixtures("defaults")
async def test_the_default_says_whether_several_addresses_are_tried() -> None:
    assert net.get_default_auto_select_family() is True
    net.set_default_auto_select_family(False)
    assert net.getDefaultAutoSelectFamily() is False
    asked: list[Any] = []
    async with open_loop():
        for more in ({}, {"auto_select_family": True}):
            lookup = lambda _host, options, _callback: asked.append(options.get("all"))  # noqa: E731
            net.connect(port=1, host="x.test", lookup=lookup, **more)
    assert asked == [None, True]


@pytest.mark.usefixtures("defaults")
def test_the_default_time_for_an_attempt_is_at_least_10() -> None:
    assert net.get_default_auto_select_family_attempt_timeout() == 250
    for given, used in ((5, 10), (11, 11)):
        net.set_default_auto_select_family_attempt_timeout(given)
        assert net.getDefaultAutoSelectFamilyAttemptTimeout() == used


@pytest.mark.parametrize("value", [1, "x", None])
def test_the_default_is_true_or_false(value: Any) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match='"value" argument must be of type boolean'):
        net.setDefaultAutoSelectFamily(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("x", "ERR_INVALID_ARG_TYPE"),
        (True, "ERR_INVALID_ARG_TYPE"),
        (0, "ERR_OUT_OF_RANGE"),
        (1.5, "ERR_OUT_OF_RANGE"),
        (float("nan"), "ERR_OUT_OF_RANGE"),
        (2**31, "ERR_OUT_OF_RANGE"),
    ],
)
def test_the_default_time_is_a_whole_number_of_milliseconds(value: Any, code: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.setDefaultAutoSelectFamilyAttemptTimeout(value)
    assert caught.value.code == code
