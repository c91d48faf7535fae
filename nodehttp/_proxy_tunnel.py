"""Reaching a proxy, and through it a server that wants to be spoken to alone: CONNECT, then a tunnel.

Node: https.Agent#createConnection
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from nodestream.errors import ERR_PROXY_TUNNEL

from . import net
from ._net_addresses import is_ip
from ._net_socket import Socket
from ._proxy_env import Proxy

TunnelCallback = Callable[[BaseException | None, Socket | None], object]

LONGEST_ANSWER = 16384
"""Bytes that the head of a proxy's answer may have."""

_NUMBER = re.compile(r"[0-9]+")


def connect_to_proxy(proxy: Proxy) -> Socket:
    """A socket that connects to the proxy; an encrypted one if the proxy's URL says so."""
    where = {"host": proxy.host, "port": proxy.port}
    if proxy.protocol != "https:":
        return net.connect(where)
    from ._tls_connect import connect  # here: few have such a proxy, and `ssl` takes its time

    return connect(where, servername=None if is_ip(proxy.host) else proxy.host)


def open_tunnel(
    proxy: Proxy, host: str, port: int, callback: TunnelCallback, *, keep_alive: bool = False, timeout: float = 0
) -> Socket:
    """Let the proxy connect to `host` and `port`, and hand over the socket when that is done.

    Args:
        callback: called once, with (None, socket): what is written to the socket goes to the server from then on. Or
            with (error, None), and the socket is destroyed.
        keep_alive: whether the proxy is told that the connection will be kept.
        timeout: milliseconds of silence that the proxy is allowed; 0 for any number.

    Returns the socket to the proxy, so that the caller can destroy it: that ends the attempt, without a call.

    The error is an ERR_PROXY_TUNNEL, with the `status_code` that the proxy answered or the `proxy_tunnel_timeout`
    that has passed; or what the socket reports.
    """
    return _Tunnel(proxy, host, port, callback, keep_alive, timeout).socket


class _Tunnel:
    """The way from a connection to a tunnel."""

    def __init__(
        self, proxy: Proxy, host: str, port: int, callback: TunnelCallback, keep_alive: bool, timeout: float
    ) -> None:
        self._proxy = proxy
        self._target = f"[{host}]:{port}" if is_ip(host) == 6 else f"{host}:{port}"
        self._callback = callback
        self._keep_alive = keep_alive
        self._timeout = timeout
        self._answer = b""
        self._ready = "secureConnect" if proxy.protocol == "https:" else "connect"
        socket = self.socket = connect_to_proxy(proxy)
        socket.once(self._ready, self._ask)
        socket.on("error", self._end)
        if timeout > 0:
            socket.set_timeout(timeout, self._on_timeout)

    def _ask(self) -> None:
        socket = self.socket
        socket.on("readable", self._on_readable)
        socket.on("end", self._on_end)
        socket.write(self._request())

    def _request(self) -> str:
        lines = [f"CONNECT {self._target} HTTP/1.1"]
        if self._proxy.auth is not None:
            lines.append(f"proxy-authorization: {self._proxy.auth}")
        if self._keep_alive:
            lines.append("proxy-connection: keep-alive")
        return "\r\n".join([*lines, f"host: {self._target}", "", ""])

    def _on_readable(self) -> None:
        data = self.socket.read()
        if data is None:
            return
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._answer) > LONGEST_ANSWER:
                self._fail("Connection to establish proxy tunnel got an answer without an end")
            return
        self._judge(self._answer[:end].partition(b"\r\n")[0].decode("latin-1"), self._answer[end + 4 :])

    def _judge(self, status_line: str, rest: bytes) -> None:
        """RFC 9110 section 9.3.6 lets any 2xx do, but proxies answer 200."""
        status = [*status_line.split(" "), ""][1]
        if status == "200":
            if rest:
                self.socket.unshift(rest)
            self._end(None)
            return
        number = _NUMBER.match(status)
        text = f"Failed to establish tunnel to {self._target} via {self._proxy.href}: {status_line}"
        self._end(ERR_PROXY_TUNNEL(text, status_code=int(number[0]) if number else math.nan))

    def _on_end(self) -> None:
        self._fail("Connection to establish proxy tunnel ended unexpectedly")

    def _on_timeout(self) -> None:
        text = f"Connection to establish proxy tunnel timed out after {self._timeout}ms"
        self._end(ERR_PROXY_TUNNEL(text, proxy_tunnel_timeout=self._timeout))

    def _fail(self, text: str) -> None:
        self._end(ERR_PROXY_TUNNEL(text))

    def _end(self, error: BaseException | None) -> None:
        """There is a tunnel, or there will be none."""
        socket = self.socket
        socket.set_timeout(0, self._on_timeout)
        for event, listener in (
            (self._ready, self._ask),
            ("error", self._end),
            ("readable", self._on_readable),
            ("end", self._on_end),
        ):
            socket.remove_listener(event, listener)
        if error is not None:
            socket.destroy()
            self._callback(error, None)
        else:
            self._callback(None, socket)
