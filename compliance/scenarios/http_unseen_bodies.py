"""Requests with a small body, of which nobody asks more than `data` and `end` until something happens: what follows."""

from collections.abc import Awaitable, Callable
from typing import Any

import nodehttp
from compliance._peers import Peer, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()

HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
WAYS = {"whole": [HEAD + "body"], "late": [HEAD, "body"], "in_pieces": [HEAD + "b", "od", "y"]}
MOMENTS = ("request", "tick", "resume", "data", "end", "tick_after_end", "immediate")


def state(t: Trace, req: Any) -> None:
    t(
        "state",
        req.complete,
        req.destroyed,
        req.closed,
        req.readable,
        req.readable_ended,
        req.readable_length,
        req.readable_flowing,
        req.readable_did_read,
        req.readable_aborted,
        req.errored,
    )


def pause(t: Trace, req: Any) -> None:
    req.pause()
    set_immediate(req.resume)


ACTS: dict[str, Callable[[Trace, Any], object]] = {
    "state": state,
    "data": lambda t, req: req.on("data", lambda chunk: t("more data", chunk)),
    "pause": pause,
    "read": lambda t, req: t("read", req.read()),
    "unshift": lambda t, req: t("unshift", req.unshift("u")),
    "encoding": lambda t, req: req.set_encoding("utf8"),
    "readable": lambda t, req: req.once("readable", lambda: t("once readable")),
    "destroy": lambda t, req: req.destroy(),
}


def run(way: str, moment: str, act: str) -> Callable[[Trace], Awaitable[None]]:
    async def scenario(t: Trace) -> None:
        def handler(req: Any, res: Any) -> None:
            done = False

            def acts() -> None:
                nonlocal done
                if not done:
                    done = True
                    ACTS[act](t, req)
                    next_tick(t, "tick after")

            def listen(name: str) -> None:
                def heard(*args: Any) -> None:
                    t(name, *args)
                    if name == moment:
                        acts()

                req.on(name, heard)

            def on_end() -> None:
                if moment == "tick_after_end":
                    next_tick(acts)
                set_immediate(res.end, "x")

            def on_close() -> None:
                t("res close")
                state(t, req)

            for each in ("resume", "pause", "data", "end", "aborted", "error", "close"):
                listen(each)
            req.on("end", on_end)
            res.on("close", on_close)
            if moment == "request":
                acts()
            if moment == "tick":
                next_tick(acts)
            if moment == "immediate":
                set_immediate(acts)

        server = nodehttp.create_server(handler)
        peer = await Peer.connect(await listening(server))
        for part in WAYS[way]:
            await peer.send(part)
            await rounds(6)
        await rounds(12)
        peer.finish()
        server.close_all_connections()
        await stopped(server)
        peer.destroy()

    return scenario


for each_way in WAYS:
    for each_moment in MOMENTS:
        for each_act in ACTS:
            scenarios.add(f"{each_way}_{each_act}_in_{each_moment}", run(each_way, each_moment, each_act))
