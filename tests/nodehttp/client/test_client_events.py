"""The order of a client's events, each against what real Node does in the same place (asked in Node 24.19).

Part: Lifecycle. Shown here: the lifecycle of ClientRequest and of the response (destroy, abort, errors, close at every
stage, with and without a socket), Expect: 100-continue, informational responses, upgrade, connect, timeout, a response
cut short, 'socket hang up', unread responses.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nodehttp._agent import Agent
from nodehttp._client import ClientRequest, get, request
from nodehttp._incoming import IncomingMessage
from nodestream.loop import current_loop
from nodestream.timers import set_timeout
from tests.nodehttp.client.support import (
    OK,
    SHORT,
    Conversation,
    Diary,
    Peer,
    RawServer,
    play,
    saying,
    saying_and_ending,
    silence,
)

Client = Callable[[RawServer, Diary], object]
Scenario = tuple[Conversation | Callable[[Diary], Conversation], Client, str]

SENT = "req.socket req.prefinish req.finish"
ANSWERED = f"{SENT} req.response_200"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nrest"


def simple(**options: object) -> Client:
    """One watched GET."""

    def client(server: RawServer, diary: Diary) -> ClientRequest:
        options.setdefault("agent", False)
        return diary.watch(get(port=server.port, host="127.0.0.1", **options))

    return client


def kept(server: RawServer, diary: Diary, method: str = "GET", **options: object) -> ClientRequest:
    """One watched request on an agent that keeps sockets, and is destroyed at last."""
    agent = diary.watch_agent(Agent(keep_alive=True))
    made = request(port=server.port, host="127.0.0.1", agent=agent, method=method, **options)
    made.on("close", lambda: current_loop().set_immediate(agent.destroy))
    return made


def after(server_says: bytes, line: str, then: str) -> Callable[[Diary], Conversation]:
    """A conversation: answer, wait until the client has noted `line`, then "end", "reset" or close."""

    def bound(diary: Diary) -> Conversation:
        async def converse(peer: Peer) -> None:
            await peer.head()
            await peer.send(server_says)
            await diary.until(line)
            if then == "end":
                await peer.end()
                await peer.all()
            elif then == "reset":
                await peer.reset()

        return converse

    return bound


def keep_alive_get(server: RawServer, diary: Diary) -> None:
    diary.watch(kept(server, diary).end())


def on_event(event: str, act: Callable[[ClientRequest], object], **options: object) -> Client:
    """A GET to which something is done when it has emitted `event`."""

    def client(server: RawServer, diary: Diary) -> None:
        made = simple(**options)(server, diary)
        made.on(event, lambda *_: act(made))

    return client


def on_data(act: Callable[[ClientRequest, IncomingMessage], object]) -> Client:
    """A GET to which something is done when the first piece of its response has come."""

    def client(server: RawServer, diary: Diary) -> None:
        made = simple()(server, diary)
        made.on("response", lambda res: res.on("data", lambda _: act(made, res)))

    return client


def at_once(act: Callable[[ClientRequest], object]) -> Client:
    return lambda server, diary: act(simple()(server, diary))


def later(act: Callable[[ClientRequest], object]) -> Callable[[ClientRequest], object]:
    """In a turn of its own."""
    return lambda made: current_loop().set_immediate(act, made)


def boo(stream: ClientRequest | IncomingMessage, *_: object) -> None:
    stream.destroy(RuntimeError("boo"))


def destroy(stream: ClientRequest | IncomingMessage, *_: object) -> None:
    stream.destroy()


def abort(made: ClientRequest, *_: object) -> None:
    made.abort()


def boo_twice(made: ClientRequest) -> None:
    made.destroy(RuntimeError("boo"))
    made.destroy(RuntimeError("two"))


def on_end(act: Callable[[ClientRequest, IncomingMessage], object]) -> Client:
    """A GET on an agent that keeps sockets; something is done when the response has ended."""

    def client(server: RawServer, diary: Diary) -> None:
        made = diary.watch(kept(server, diary).end())
        made.on("response", lambda res: res.on("end", lambda: act(made, res)))
        made.on("close", lambda: current_loop().set_immediate(lambda: diary(f"idle={idle(made.agent)}")))

    return client


def idle(agent: Agent) -> int:
    return sum(map(len, agent.free_sockets.values()))


async def continue_then_ok(peer: Peer) -> None:
    await peer.head()
    await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await peer.until(b"hi")
    await peer.send(OK)


def expecting(server: RawServer, diary: Diary) -> None:
    headers = {"Expect": "100-continue", "Content-Length": 2}
    made = request(port=server.port, host="127.0.0.1", agent=False, method="POST", headers=headers)
    diary.watch(made)
    made.on("continue", lambda: made.end("hi"))


def upgrading(server: RawServer, diary: Diary, *, listens: bool = True) -> None:
    made = diary.watch(kept(server, diary, headers={"Connection": "Upgrade", "Upgrade": "x"}).end())
    agent = made.agent

    def on_upgrade(res: IncomingMessage, socket: object, head: bytes) -> None:
        diary(f"upgrade {res.status_code} {head.decode()} complete={res.complete} flowing={socket.readable_flowing}")
        diary(f"sockets={len(agent.sockets)} total={agent.total_socket_count} same={made.socket is socket}")
        socket.on("close", diary.noting("socket.close"))
        socket.end()
        socket.resume()

    if listens:
        made.on("upgrade", on_upgrade)


def connecting(server: RawServer, diary: Diary, *, listens: bool = True) -> None:
    made = request(port=server.port, host="127.0.0.1", agent=False, method="CONNECT", path="ex:1").end()
    diary.watch(made)

    def on_connect(res: IncomingMessage, socket: object, head: bytes) -> None:
        diary(f"connect {res.status_code} {head.decode()}")
        socket.on("close", diary.noting("socket.close"))
        socket.end()
        socket.resume()

    if listens:
        made.on("connect", on_connect)


def without_listener(server: RawServer, diary: Diary) -> None:
    made = diary.watch(kept(server, diary).end(), response=False)
    made.on("close", lambda: current_loop().set_immediate(lambda: diary(f"idle={idle(made.agent)}")))


def ending_after_the_response(server: RawServer, diary: Diary) -> None:
    made = diary.watch(kept(server, diary, method="POST"))
    made.write("a")
    made.on("response", lambda res: res.on("end", lambda: set_timeout(end_it, 1)))

    def end_it() -> None:
        diary("ending")
        made.end("b")


def two_at_most_one(server: RawServer, diary: Diary, *, keep_alive: bool, spoil: bool = False) -> None:
    agent = diary.watch_agent(Agent(max_sockets=1, keep_alive=keep_alive))
    for name in ("req1", "req2"):
        made = diary.watch(get(port=server.port, host="127.0.0.1", agent=agent), name)
    if spoil:
        made.destroy()
    made.on("close", lambda: current_loop().set_immediate(agent.destroy))


def two_in_turn(server: RawServer, diary: Diary) -> None:
    agent = diary.watch_agent(Agent(keep_alive=True))

    def second() -> None:
        made = diary.watch(get(port=server.port, host="127.0.0.1", agent=agent), "req2")
        diary(f"reused={made.reused_socket}")
        made.on("close", lambda: current_loop().set_immediate(agent.destroy))

    first = diary.watch(get(port=server.port, host="127.0.0.1", agent=agent), "req1")
    first.on("close", lambda: current_loop().set_immediate(second))


def reading_late(server: RawServer, diary: Diary) -> None:
    made = diary.watch(get(port=server.port, host="127.0.0.1", agent=False), data=False)

    def read() -> None:
        diary("reading")
        made.res.on("data", lambda chunk: diary(f"res.data {chunk.decode()}"))

    made.on("close", lambda: current_loop().set_immediate(read))


def never_reading(server: RawServer, diary: Diary) -> None:
    diary.watch(get(port=server.port, host="127.0.0.1", agent=False), data=False)


def deaf_to_errors(server: RawServer, diary: Diary) -> None:
    diary.watch(get(port=server.port, host="127.0.0.1", agent=False), response_errors=False)


def refused(_server: RawServer, diary: Diary) -> None:
    diary.watch(get(port=1, host="127.0.0.1", agent=False))


def noting_the_socket(server: RawServer, diary: Diary) -> None:
    made = diary.watch(kept(server, diary).end())
    made.on("socket", lambda socket: socket.on("close", diary.noting("socket.close")))


def with_trailers(server: RawServer, diary: Diary) -> None:
    made = simple()(server, diary)
    made.on("response", lambda res: res.on("end", lambda: diary(f"trailers {res.trailers} {res.raw_trailers}")))


def writing_after(ending: str) -> Client:
    def client(server: RawServer, diary: Diary) -> None:
        made = diary.watch(request(port=server.port, host="127.0.0.1", agent=False, method="POST"))
        getattr(made, ending)()
        diary(f"ret {made.write('x', lambda error: diary(f'cb {error.code}'))}")

    return client


def with_callbacks(server: RawServer, diary: Diary) -> None:
    made = diary.watch(request(port=server.port, host="127.0.0.1", agent=False, method="POST"))
    made.write("a", lambda _: diary("write cb"))
    made.end("b", lambda *_: diary("end cb"))


TIMED_OUT_THEN = f"{SENT} req.timeout"
CUT_SHORT = "res.aborted req.close res.error_ECONNRESET_aborted res.close_complete=false"
HUNG_UP = "req.error_ECONNRESET_socket_hang_up req.close"
BOO = "req.error__boo req.close"
READ = "res.data_hi res.end"
THEN_FREE = f"{READ} req.close agent.free res.close_complete=true"
THEN_CLOSED = f"{READ} res.close_complete=true req.close"
NOT_CHUNKED_RIGHT = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
CHUNKED_SHORT = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
TRAILERS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nhi\r\n0\r\nX-T: v\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"

# fmt: off
SCENARIOS: dict[str, Scenario] = {
    "a GET with an agent of its own": (saying(OK), simple(), f"{ANSWERED} {THEN_CLOSED}"),
    "a GET whose socket is kept": (saying(OK), keep_alive_get, f"{ANSWERED} {THEN_FREE}"),
    "two GETs on one socket": (
        saying(OK), two_in_turn,
        f"{ANSWERED} {THEN_FREE}".replace("req", "req1").replace("res.", "res1.") + " reused=True "
        + f"{ANSWERED} {THEN_FREE}".replace("req", "req2").replace("res.", "res2."),
    ),
    "trailers": (
        saying(TRAILERS), with_trailers,
        f"{ANSWERED} {READ} trailers_{{'x-t':_'v'}}_['X-T',_'v'] res.close_complete=true req.close",
    ),
    "a body that lasts until the end": (
        after(b"HTTP/1.1 200 OK\r\n\r\nhi", "res.data hi", "end"), keep_alive_get, f"{ANSWERED} {THEN_CLOSED}",
    ),
    "a body shorter than its Content-Length": (
        after(SHORT, "res.data hi", "end"), simple(), f"{ANSWERED} res.data_hi {CUT_SHORT}",
    ),
    "a chunked body without its end": (
        after(CHUNKED_SHORT, "res.data hi", "end"), simple(), f"{ANSWERED} res.data_hi {CUT_SHORT}",
    ),
    "a reset in the middle of the body": (
        after(SHORT, "res.data hi", "reset"), simple(),
        f"{ANSWERED} res.data_hi req.error_ECONNRESET_read_ECONNRESET {CUT_SHORT}",
    ),
    "a hang up before the response": (saying_and_ending(b""), simple(), f"{SENT} {HUNG_UP}"),
    "a hang up in the middle of the head": (saying_and_ending(b"HTTP/1.1 200 O"), simple(), f"{SENT} {HUNG_UP}"),
    "a reset before the response": (
        after(b"", "req.finish", "reset"), simple(), f"{SENT} req.error_ECONNRESET_read_ECONNRESET req.close",
    ),
    "no HTTP": (
        saying(b"garbage\r\n\r\n"), simple(),
        f"{SENT} req.error_HPE_INVALID_CONSTANT_Parse_Error:_Expected_HTTP/,_RTSP/_or_ICE/ req.close",
    ),
    "a chunk that is none": (
        saying(NOT_CHUNKED_RIGHT), simple(),
        f"{ANSWERED} req.error_HPE_INVALID_CHUNK_SIZE_Parse_Error:_Invalid_character_in_chunk_size {CUT_SHORT}",
    ),
    "bytes after the response": (
        saying(OK + b"junk"), keep_alive_get,
        f"{ANSWERED} req.error_HPE_INVALID_CONSTANT_Parse_Error:_Expected_HTTP/,_RTSP/_or_ICE/ {READ} req.close "
        "agent.free res.close_complete=true",
    ),
    "two responses to one request": (
        saying(OK + OK), keep_alive_get, f"{ANSWERED} {READ} req.close agent.free res.close_complete=true",
    ),
    "nobody listens there": (
        silence, refused, "req.socket req.prefinish req.error_ECONNREFUSED_connect_ECONNREFUSED_127.0.0.1:1 req.close",
    ),
    "Expect: 100-continue": (
        continue_then_ok, expecting,
        "req.socket req.continue req.prefinish req.information_100 req.finish req.response_200 " + THEN_CLOSED,
    ),
    "early hints": (
        saying(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK), simple(),
        f"{SENT} req.information_103 req.response_200 {THEN_CLOSED}",
    ),
    "early hints in a packet of their own": (
        saying(b"HTTP/1.1 102 Processing\r\n\r\n", OK), simple(),
        f"{SENT} req.information_102 req.response_200 {THEN_CLOSED}",
    ),
    "an upgrade": (
        saying(SWITCHING), upgrading,
        f"{SENT} upgrade_101_rest_complete=True_flowing=None sockets=0_total=0_same=True req.close socket.close",
    ),
    "an upgrade that nobody listens for": (
        saying(SWITCHING), lambda server, diary: upgrading(server, diary, listens=False), f"{SENT} req.close",
    ),
    "a CONNECT": (
        saying(b"HTTP/1.1 200 OK\r\n\r\nrest"), connecting, f"{SENT} connect_200_rest req.close socket.close",
    ),
    "a CONNECT that nobody listens for": (
        saying(b"HTTP/1.1 200 OK\r\n\r\nrest"),
        lambda server, diary: connecting(server, diary, listens=False), f"{SENT} req.close",
    ),
    "destroy() at once": (silence, at_once(destroy), HUNG_UP),
    "destroy(error) at once, and once more": (silence, at_once(boo_twice), BOO),
    "abort() at once": (silence, at_once(abort), "req.close req.abort"),
    "abort() when there is a socket": (
        silence, on_event("socket", abort), f"req.socket req.abort {HUNG_UP}",
    ),
    "destroy() when there is a socket": (silence, on_event("socket", destroy), f"req.socket {HUNG_UP}"),
    "destroy(error) when there is a socket": (silence, on_event("socket", boo), f"req.socket {BOO}"),
    "destroy() while the server thinks": (silence, on_event("finish", later(destroy)), f"{SENT} {HUNG_UP}"),
    "abort() while the server thinks": (silence, on_event("finish", later(abort)), f"{SENT} req.abort {HUNG_UP}"),
    "destroy(error) while the server thinks": (silence, on_event("finish", later(boo)), f"{SENT} {BOO}"),
    "destroy() when the response comes": (saying(SHORT), on_event("response", destroy), f"{ANSWERED} {CUT_SHORT}"),
    "abort() when the response comes": (
        saying(SHORT), on_event("response", abort), f"{ANSWERED} req.abort {CUT_SHORT}",
    ),
    "abort() while the body comes": (saying(SHORT), on_data(abort), f"{ANSWERED} res.data_hi req.abort {CUT_SHORT}"),
    "destroy(error) while the body comes": (
        saying(SHORT), on_data(boo), f"{ANSWERED} res.data_hi req.error__boo {CUT_SHORT}",
    ),
    "the response destroyed when it comes": (
        saying(SHORT), on_event("response", lambda made: made.res.destroy()),
        f"{ANSWERED} res.aborted res.close_complete=false req.close",
    ),
    "the response destroyed with an error while the body comes": (
        saying(SHORT), on_data(lambda made, res: boo(res)),
        f"{ANSWERED} res.data_hi res.aborted req.error__boo res.error__boo res.close_complete=false req.close",
    ),
    "the response destroyed at its end": (
        saying(OK), on_end(lambda made, res: res.destroy()), f"{ANSWERED} {THEN_FREE} idle=1",
    ),
    "destroy() at the end of the response": (
        saying(OK), on_end(lambda made, res: made.destroy()), f"{ANSWERED} {THEN_FREE} idle=1",
    ),
    "destroy(error) after it closed": (
        saying(OK), on_end(lambda made, res: made.on("close", lambda: boo(made))), f"{ANSWERED} {THEN_FREE} idle=1",
    ),
    "nobody listens for the response": (saying(OK), without_listener, f"{SENT} req.close agent.free idle=1"),
    "the response before the end of the request": (
        saying(OK), ending_after_the_response,
        f"req.socket req.response_200 {READ} res.close_complete=true ending req.prefinish req.finish req.close "
        "agent.free",
    ),
    "the response before the end of the request, and the connection ends": (
        saying_and_ending(CLOSING), ending_after_the_response,
        f"req.socket req.response_200 {READ} res.close_complete=true req.close ending req.prefinish",
    ),
    "HEAD": (
        saying(SHORT[:-2]), lambda server, diary: diary.watch(kept(server, diary, method="HEAD").end()),
        f"{ANSWERED} res.end req.close agent.free res.close_complete=true",
    ),
    "204": (
        saying(b"HTTP/1.1 204 No Content\r\n\r\n"), keep_alive_get,
        f"{SENT} req.response_204 res.end req.close agent.free res.close_complete=true",
    ),
    "304": (
        saying(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), keep_alive_get,
        f"{SENT} req.response_304 res.end req.close agent.free res.close_complete=true",
    ),
    "a timeout": (silence, on_event("timeout", destroy, timeout=20), f"{TIMED_OUT_THEN} {HUNG_UP}"),
    "a timeout of the response": (
        saying(SHORT), on_event("timeout", later(destroy), timeout=20),
        f"{ANSWERED} res.data_hi req.timeout res.timeout {CUT_SHORT}",
    ),
    "one socket for two requests, not kept": (
        saying(OK), lambda server, diary: two_at_most_one(server, diary, keep_alive=False),
        "req1.socket req1.prefinish req1.finish req1.response_200 res1.data_hi res1.end req1.close agent.free "
        "req2.socket req2.prefinish res1.close_complete=true req2.finish req2.response_200 res2.data_hi res2.end "
        "req2.close agent.free res2.close_complete=true",
    ),
    "one socket for two requests, kept": (
        saying(OK), lambda server, diary: two_at_most_one(server, diary, keep_alive=True),
        "req1.socket req1.prefinish req1.finish req1.response_200 res1.data_hi res1.end req1.close agent.free "
        "req2.socket req2.prefinish res1.close_complete=true req2.finish req2.response_200 res2.data_hi res2.end "
        "req2.close agent.free res2.close_complete=true",
    ),
    "a waiting request destroyed": (
        saying(OK), lambda server, diary: two_at_most_one(server, diary, keep_alive=True, spoil=True),
        "req1.socket req1.prefinish req1.finish req1.response_200 res1.data_hi res1.end req1.close agent.free "
        "agent.free req2.error_ECONNRESET_socket_hang_up req2.close res1.close_complete=true",
    ),
    "a server that closes": (saying(CLOSING), noting_the_socket, f"{ANSWERED} {THEN_CLOSED} socket.close"),
    "an HTTP/1.0 server": (
        saying(OK.replace(b"1.1", b"1.0")), noting_the_socket, f"{ANSWERED} {THEN_CLOSED} socket.close",
    ),
    "an HTTP/1.0 server that keeps the connection": (
        saying(OK.replace(b"1.1 200 OK", b"1.0 200 OK\r\nConnection: keep-alive")), keep_alive_get,
        f"{ANSWERED} {THEN_FREE}",
    ),
    "a complete response read after the connection has closed": (
        after(OK, "req.response 200", "close"), reading_late,
        f"{ANSWERED} req.close reading {READ} res.close_complete=true",
    ),
    "a response cut short that nobody reads": (
        after(SHORT, "req.response 200", "close"), never_reading, f"{ANSWERED} {CUT_SHORT}",
    ),
    "a response cut short whose errors nobody hears": (
        after(SHORT, "res.data hi", "close"), deaf_to_errors,
        f"{ANSWERED} res.data_hi res.aborted req.close res.close_complete=false",
    ),
    "a write after the end": (
        saying(OK), writing_after("end"),
        "ret_False req.socket req.prefinish cb_ERR_STREAM_WRITE_AFTER_END "
        f"req.error_ERR_STREAM_WRITE_AFTER_END_write_after_end req.finish req.response_200 {THEN_CLOSED}",
    ),
    "a write after destroy()": (
        saying(OK), writing_after("destroy"), f"ret_False {HUNG_UP} cb_ERR_STREAM_DESTROYED",
    ),
    "the callbacks of write() and end()": (
        saying(OK), with_callbacks,
        f"req.socket req.prefinish write_cb req.finish end_cb req.response_200 {THEN_CLOSED}",
    ),
}
# fmt: on


@pytest.mark.parametrize("name", SCENARIOS)
def test_events_come_as_in_node(name: str) -> None:
    server, client, expected = SCENARIOS[name]
    diary = Diary()
    if server is not silence and server.__qualname__.startswith("after."):
        server = server(diary)  # it follows the diary
    lines = play(server, lambda it: client(it, diary), diary=diary)
    assert [line.replace(" ", "_") for line in lines] == expected.split(" ")
