"""A WebSocket echo on the server's `upgrade` event, with the package wsproto: `python examples/websocket_echo.py`.

Each message is sent back in the pieces in which it comes, so the longest one takes no more memory than a short one. At
`/once` the server closes after one message. A peer that is silent for PATIENCE milliseconds is pinged, and given up if
it stays silent.
"""

import os
import sys
from contextlib import suppress

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping
from wsproto.utilities import RemoteProtocolError

import nodehttp as http

PATIENCE = int(os.environ.get("PATIENCE", "30000"))


def handshake(req):
    """The WebSocket that a request asks for. If it asks for none: RemoteProtocolError, or LocalProtocolError of h11."""
    raw = [text.encode("latin-1") for text in req.raw_headers]
    websocket = WSConnection(ConnectionType.SERVER)
    websocket.initiate_upgrade_connection(list(zip(raw[::2], raw[1::2], strict=True)), req.url)
    list(websocket.events())  # the request, which we have already
    return websocket


def on_upgrade(req, socket, head):
    socket.on("error", lambda error: print(f"a peer is gone: {error}"))
    try:
        websocket = handshake(req)
    except (RemoteProtocolError, h11.LocalProtocolError) as error:
        socket.write(f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nThis is no WebSocket handshake: {error}.\n")
        socket.destroy_soon()
        return
    pinged = False

    def send(event):
        if not socket.write(websocket.send(event)):
            socket.pause()  # the peer does not read: until it does, neither do we

    def receive(data):
        nonlocal pinged
        pinged = False
        if socket.writable_ended:
            return  # what comes after a close frame is nobody's
        websocket.receive_data(data)
        for event in websocket.events():
            if isinstance(event, CloseConnection):
                if websocket.state is not ConnectionState.CLOSED:  # the peer began
                    send(event.response())
                socket.end()
                return
            answer(event)

    def answer(event):
        if websocket.state is not ConnectionState.OPEN:
            return  # we have sent a close frame, and wait for the peer's
        if isinstance(event, Ping):
            send(event.response())
        elif isinstance(event, Message):
            send(event)
            if req.url == "/once" and event.message_finished:
                send(CloseConnection(code=1000, reason="once"))

    def on_silence():
        nonlocal pinged
        if pinged or websocket.state is not ConnectionState.OPEN:
            socket.destroy()
        else:
            pinged = True
            send(Ping(payload=b"are you there"))

    socket.set_timeout(PATIENCE)
    socket.on("timeout", on_silence)
    socket.on("drain", socket.resume)
    socket.on("end", socket.end)
    send(AcceptConnection())
    if head:
        receive(head)
    socket.on("data", receive)


def on_request(req, res):
    res.write_head(426, {"Upgrade": "websocket", "Connection": "Upgrade", "Content-Type": "text/plain"})
    res.end("Here is a WebSocket, and nothing else.\n")


if __name__ == "__main__":
    server = http.create_server(on_request)
    server.on("upgrade", on_upgrade)
    server.on("error", lambda error: sys.exit(f"the server cannot listen: {error}"))
    server.listen(
        int(os.environ.get("PORT", "3000")),
        "127.0.0.1",
        lambda: print(f"ws://127.0.0.1:{server.address()['port']}/", flush=True),
    )
    with suppress(KeyboardInterrupt):
        http.run()
