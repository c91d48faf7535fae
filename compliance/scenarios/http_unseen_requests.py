"""Requests without a body that nobody looks at before some later moment: what is found then, and what follows."""

from collections.abc import Awaitable, Callable
from typing import Any

import nodehttp
from compliance._peers import GET, Peer, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodestream.loop import current_loop, next_tick
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()

PHASES: dict[str, Callable[[Callable[[], object]], object]] = {
    "tick": next_tick,
    "two_ticks": lambda f: next_tick(next_tick, f),
    "microtask": lambda f: current_loop().queue_microtask(f),
    "immediate": set_immediate,
    "timer": lambda f: set_timeout(f, 5),
}
ALL = ("readable", "end", "close", "pause", "resume", "error")


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


def listen(t: Trace, req: Any, names: tuple[str, ...]) -> None:
    def add(name: str) -> None:
        req.on(name, lambda *_: t(name))

    for name in names:
        add(name)


def readable(t: Trace, req: Any) -> None:
    listen(t, req, ALL)


def data(t: Trace, req: Any) -> None:
    listen(t, req, ALL[1:])
    req.on("data", lambda chunk: t("data", chunk))


def resume(t: Trace, req: Any) -> None:
    listen(t, req, ALL[1:])
    req.resume()


def pause(t: Trace, req: Any) -> None:
    listen(t, req, ALL[1:])
    req.pause()


def read(t: Trace, req: Any) -> None:
    listen(t, req, ALL[1:])
    t("read", req.read())


def encoding(t: Trace, req: Any) -> None:
    req.set_encoding("utf8")
    req.on("data", lambda chunk: t("data", chunk))
    listen(t, req, ("end", "close"))


def destroy(t: Trace, req: Any) -> None:
    listen(t, req, ALL[1:])
    req.on("aborted", lambda: t("aborted"))
    req.destroy()


def iterate(t: Trace, req: Any) -> None:
    async def all_chunks() -> None:
        async for chunk in req:
            t("chunk", chunk)
        t("iterated")

    current_loop().spawn(all_chunks(), None)


ACTS: dict[str, Callable[[Trace, Any], None]] = {
    "state": state,
    "readable": readable,
    "data": data,
    "resume": resume,
    "pause": pause,
    "read": read,
    "encoding": encoding,
    "destroy": destroy,
    "iterate": iterate,
}


async def served(server: Any) -> None:
    port = await listening(server)
    peer = await Peer.connect(port)
    await peer.send(GET)
    await peer.until(lambda: peer.text.endswith("x") or peer.ended)
    await rounds(12)
    peer.finish()
    await stopped(server)
    peer.destroy()


def run(when: str, act: str) -> Callable[[Trace], Awaitable[None]]:
    async def scenario(t: Trace) -> None:
        def handler(req: Any, res: Any) -> None:
            def immediately_after() -> None:
                t("immediate after")
                res.end("x")

            def acts() -> None:
                t("acts")
                ACTS[act](t, req)
                next_tick(t, "tick after")
                set_immediate(immediately_after)

            PHASES[when](acts)
            res.on("close", lambda: t("res close"))

        await served(nodehttp.create_server(handler))

    return scenario


for each_when in PHASES:
    for each_act in ACTS:
        scenarios.add(f"{each_act}_in_{each_when}", run(each_when, each_act))


@scenarios
async def push_is_replaced(t: Trace) -> None:
    def handler(req: Any, res: Any) -> None:
        push, emit = req.push, req.emit

        def own_push(*args: Any) -> Any:
            t("push", *args)
            return push(*args)

        def own_emit(*args: Any) -> Any:
            if args[0] == "readable":
                t("emit", args[0])
            return emit(*args)

        req.push, req.emit = own_push, own_emit
        set_immediate(res.end, "x")
        res.on("close", lambda: t("res close"))

    await served(nodehttp.create_server(handler))
