"""The rules of a stream with two sides.

Node: stream.Duplex, stream.Transform
"""

from __future__ import annotations

from ._testing_rules import rules
from ._testing_trial import Trial, feed, quiet

MOST_BYTES, MOST_WRITES = 1 << 25, 10_000
"""How much may be written that nobody reads, before the stream is taken to have no bound."""


async def cuts_do_not_matter(t: Trial) -> None:
    """However the bytes that are written are cut into chunks, what is read is the same (not of objects)."""
    if t.holds_objects or any(not isinstance(chunk, (bytes, str)) for chunk in t.chunks):
        return
    content = b"".join(chunk.encode() if isinstance(chunk, str) else chunk for chunk in t.chunks)
    middle = len(content) // 2
    cuts = {
        "in one piece": [content],
        "in halves": [content[:middle], content[middle:]],
        "byte by byte": [content[index : index + 1] for index in range(len(content))],
        "with empty chunks": [b"", content, b""],
    }
    for how, chunks in cuts.items():
        t.same(f"what comes out when it is written {how}", await t.another(chunks), t.expected)


async def it_closes_when_both_sides_are_done(t: Trial) -> None:
    """A stream that comes to its end closes by itself after both `end` and `finish`, and not before."""
    t.flow()
    await t.gone()
    names = t.seen.names[: t.seen.names.index("close")]
    t.same("before `close`", [name for name in ("end", "finish") if name in names], ["end", "finish"])


async def destroying_takes_both_sides(t: Trial) -> None:
    """destroy() makes the stream neither readable nor writable, with one `close` for both sides."""
    t.call("destroy")
    t.same("readable, writable", (t.stream.readable, t.stream.writable), (False, False))
    await t.gone()
    t.once("close")


async def half_open_is_kept(t: Trial) -> None:
    """When its readable side ends, the stream stays writable if `allow_half_open`, else it is ended.

    (Of two streams that are connected: one that only ends when it is written to has nothing to keep.)
    """
    if t.peer is t.stream:
        return
    feed(t.peer, t.chunks)
    t.flow()
    await t.over()
    t.same("writable_ended after `end`", t.stream.writable_ended, not t.stream.allow_half_open)


async def pressure_reaches_the_writer(t: Trial) -> None:
    """When nobody reads, write() returns False at last, and there is no `drain` until somebody reads."""
    waits = await _write_until_it_waits(t)
    t.require(waits, "a write() that returns False and is not drained", "none of them did")
    drained = t.seen.count("the writer may go on")
    t.flow()
    t.waits_for = "`drain` when somebody reads"
    await t.seen.until("the writer may go on", count=drained + 1)


async def _write_until_it_waits(t: Trial) -> bool:
    source, written, number = t.peer, 0, 0
    source.on("drain", lambda: t.seen.note("the writer may go on"))
    while written < MOST_BYTES and number < MOST_WRITES:
        chunk = t.chunks[number % len(t.chunks)]
        number += 1
        written += len(chunk) if isinstance(chunk, (bytes, str)) else 1
        if not source.write(chunk):
            await quiet(3)
            if source.writable_need_drain:
                await quiet()
                if source.writable_need_drain:
                    return True
    return False


FED_RULES = rules(
    cuts_do_not_matter,
    it_closes_when_both_sides_are_done,
    destroying_takes_both_sides,
)
"""Of a stream into which everything is written, and which is ended."""

OPEN_RULES = rules(half_open_is_kept, pressure_reaches_the_writer)
"""Of a stream to which nothing is done but what the rule does."""

DUPLEX_RULES = (*FED_RULES, *OPEN_RULES)
"""What check_duplex() tries besides the rules of both sides."""
