"""Proxies: which one the environment names, and tunnels through one.

What requests and agents do with a proxy, and the tunnels that fail, are in compliance/scenarios/http_proxy.py and
https_proxy.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import nodehttp
from nodehttp._proxy_env import Proxy, proxy_env_at_start, proxy_of
from nodehttp._proxy_tunnel import LONGEST_ANSWER, open_tunnel
from nodestream.errors import ERR_PROXY_INVALID_CONFIG, ERR_PROXY_TUNNEL
from nodestream.loop import current_loop
from tests.nodehttp.client.support import Diary, Peer, RawServer, play, told


def proxy(url: str, **env: str) -> Proxy:
    """What a URL in the environment comes to."""
    found = proxy_of({"HTTP_PROXY": url, **env}, "http:")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("url", "protocol", "host", "port", "href"),
    [
        ("http://p", "http:", "p", 80, "http://p"),
        ("https://p", "https:", "p", 443, "https://p"),
        ("http://P:8080/", "http:", "p", 8080, "http://P:8080/"),
        ("http://[::1]:81", "http:", "::1", 81, "http://[::1]:81"),
        ("http://u:secret@p", "http:", "p", 80, "http://p/"),
        ("http://u@P:81/x?y", "http:", "p", 81, "http://p:81/x?y"),
    ],
)
def test_a_url_says_where_the_proxy_is_and_shows_no_password(
    url: str, protocol: str, host: str, port: int, href: str
) -> None:
    found = proxy(url)
    assert (found.protocol, found.host, found.port, found.href) == (protocol, host, port, href)


@pytest.mark.parametrize("userinfo", ["u%:p", "u:%zz", "u:%ff"])
def test_a_password_that_cannot_be_decoded_is_refused(userinfo: str) -> None:
    with pytest.raises(ERR_PROXY_INVALID_CONFIG, match="URI malformed"):
        proxy(f"http://{userinfo}@p")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@exa mple.com", "http://***@exa mple.com"),
        ("http://user:secret@", "http://***@"),
        ("http://us:er:se@cret@host:99999", "http://***@host:99999"),
        ("http://user:sec/ret@host:90a", "http://***@host:90a"),
        ("http://user:sec?r#et@host:90a", "http://***@host:90a"),
        ("http://user:sec\nret@host", "http://***@host"),
        ("http://user@ho st", "http://***@ho st"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_the_error_for_a_url_that_is_none_shows_no_password(url: str, shown: str) -> None:
    with pytest.raises(ERR_PROXY_INVALID_CONFIG) as caught:
        proxy(url)
    assert str(caught.value) == f"Invalid proxy URL: {shown}"
    assert caught.value.__context__ is None
    with pytest.raises(ERR_PROXY_INVALID_CONFIG) as caught:
        nodehttp.set_global_proxy_from_env({"http_proxy": url})
    assert str(caught.value).removeprefix("Invalid proxy URL: ") == shown
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("value", "is_used"), [("1", True), ("0", False), ("true", False), ("", False), (None, False)])
def test_one_variable_says_whether_the_global_agent_uses_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str | None, is_used: bool
) -> None:
    monkeypatch.delenv("NODE_USE_ENV_PROXY", raising=False)
    if value is not None:
        monkeypatch.setenv("NODE_USE_ENV_PROXY", value)
    assert (proxy_env_at_start() is not None) == is_used


def test_the_environment_of_the_process_is_used_if_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = nodehttp
    before = module.global_agent
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://p")
    restore = nodehttp.setGlobalProxyFromEnv()
    try:
        assert isinstance(module.global_agent.options["proxyEnv"], Mapping)
        assert module.global_agent is not before
    finally:
        restore()
    assert module.global_agent is before


# --- tunnels ---


def test_a_tunnel_leads_to_the_server_and_keeps_what_came_early() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        diary((await peer.head()).decode())
        await peer.send(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\nhel")
        diary((await peer.until(b"!")).decode())
        await peer.send(b"lo")
        await peer.end()

    def opened(error: BaseException | None, socket: Any) -> None:
        diary(f"opened {error} {socket.timeout} {socket.listener_count('readable')} {socket.listener_count('error')}")
        socket.set_encoding("latin1").on("data", diary).on("end", diary.noting("end"))
        socket.write("hi!")

    def client(server: RawServer) -> None:
        open_tunnel(proxy(f"http://127.0.0.1:{server.port}"), "h", 443, opened, timeout=1000)

    assert play(converse, client, diary=diary) == [
        "CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n",
        "opened None 0 0 0",
        "hel",
        "hi!",
        "lo",
        "end",
    ]


def test_the_answer_of_a_proxy_may_come_byte_by_byte() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.head()
        for byte in b"HTTP/1.1 200 \r\n\r\n":
            await peer.send(bytes([byte]))
        await peer.all()

    def opened(error: BaseException | None, socket: Any) -> None:
        diary(f"opened {error}")
        socket.end()

    def client(server: RawServer) -> None:
        open_tunnel(proxy(f"http://127.0.0.1:{server.port}"), "h", 443, opened)

    assert play(converse, client, diary=diary) == ["opened None"]


def test_an_answer_without_an_end_is_given_up() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * LONGEST_ANSWER)
        await peer.all()

    def opened(error: BaseException | None, socket: Any) -> None:
        assert isinstance(error, ERR_PROXY_TUNNEL)
        diary(f"{told(error)} {socket}")

    def client(server: RawServer) -> None:
        socket = open_tunnel(proxy(f"http://127.0.0.1:{server.port}"), "h", 443, opened)
        socket.on("close", diary.noting("close"))

    assert play(converse, client, diary=diary) == [
        "ERR_PROXY_TUNNEL Connection to establish proxy tunnel got an answer without an end None",
        "close",
    ]


def test_whoever_gives_a_tunnel_up_is_not_called() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.all()
        diary("the proxy saw the end")

    def client(server: RawServer) -> None:
        socket = open_tunnel(proxy(f"http://127.0.0.1:{server.port}"), "h", 443, diary.noting("called"), timeout=1000)
        socket.on("connect", socket.destroy)
        socket.on("close", diary.noting("close"))
        current_loop().spawn(diary.until("the proxy saw the end"), None)

    assert sorted(play(converse, client, diary=diary)) == ["close", "the proxy saw the end"]
