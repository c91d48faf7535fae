"""Checks for streams that you write yourself: do they keep the rules of the interface?

    async def test_my_stream() -> None:
        await check_readable(lambda: MyStream("abc"), expected=b"abc")

Each of `check_readable()`, `check_writable()` and `check_duplex()` goes through a table of rules (`READABLE_RULES`,
`WRITABLE_RULES`, `DUPLEX_RULES`): what Node promises of every stream. Each rule is tried on a stream of its own, in an
event loop of its own. A `Recorder` writes down what a stream does, for tests of any kind.

No counterpart in Node; in the manner of `trio.testing.check_two_way_stream`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from ._testing_duplex import DUPLEX_RULES as DUPLEX_RULES
from ._testing_duplex import FED_RULES, OPEN_RULES
from ._testing_readable import READABLE_RULES as READABLE_RULES
from ._testing_recorder import Entry as Entry
from ._testing_recorder import Recorder as Recorder
from ._testing_rules import ContractViolation as ContractViolation
from ._testing_rules import Rule as Rule
from ._testing_rules import chosen
from ._testing_trial import PATIENCE, Subject, Trial, joined
from ._testing_writable import WRITABLE_RULES as WRITABLE_RULES

__all__ = [
    "DUPLEX_RULES",
    "READABLE_RULES",
    "WRITABLE_RULES",
    "ContractViolation",
    "Entry",
    "Recorder",
    "Rule",
    "check_duplex",
    "check_readable",
    "check_writable",
]

S = TypeVar("S")
Make = Callable[[], S | Awaitable[S] | AbstractAsyncContextManager[S]]
RuleOrName = Rule | str

CHUNKS: tuple[bytes, ...] = (b"first ", b"second ", "th\u00efrd".encode())


async def check_readable(
    make: Make[Any],
    *,
    expected: bytes | str | Sequence[Any] | None = None,
    only_rules: Iterable[RuleOrName] | None = None,
    except_rules: Iterable[RuleOrName] = (),
    patience: float = PATIENCE,
) -> None:
    """Try every rule of Readables on the stream that `make` gives: of a Duplex, on its readable side.

    Args:
        make: gives a fresh stream, which ends by itself when it has been read: a function, an async function, or one
            that gives an async context manager of the stream, which is left when the rule has been tried.
        expected: what is read from it, all together: bytes, a string, or a list of chunks. None: whatever it gives when
            it is first read, so that all ways to read it must agree.
        only_rules, except_rules: rules, or their names.
        patience: milliseconds that one rule may take.

    Raises ContractViolation for the first rule that is broken, ValueError for a rule that does not exist, TimeoutError
    if a stream is not made in time, and what `make` raises.
    """
    subject = Subject(make, expected=expected, patience=patience)
    table = chosen(READABLE_RULES, only_rules, except_rules)
    if not isinstance(expected, (bytes, str)):
        await _learn(subject)
    for rule in table:
        await subject.try_rule(rule)


async def check_writable(
    make: Make[S],
    *,
    chunks: Sequence[Any] = CHUNKS,
    received: Callable[[S], Any] | None = None,
    only_rules: Iterable[RuleOrName] | None = None,
    except_rules: Iterable[RuleOrName] = (),
    patience: float = PATIENCE,
) -> None:
    """Try every rule of Writables on the stream that `make` gives: of a Duplex, on its writable side.

    A stream with a small high water mark is checked faster: that is filled.

    Args:
        make: as for check_readable().
        chunks: what is written; some rules write them more than once.
        received: called with the stream when it has finished: gives, perhaps after a while, what has arrived: bytes, or
            a list of chunks. None: nobody looks.
        only_rules, except_rules: rules, or their names.
        patience: milliseconds that one rule may take.

    Raises as check_readable() does.
    """
    subject = Subject(make, chunks=chunks, received=received, patience=patience)
    for rule in chosen(WRITABLE_RULES, only_rules, except_rules):
        await subject.try_rule(rule, writes=True)


async def check_duplex(
    make: Make[Any],
    *,
    chunks: Sequence[Any] = CHUNKS,
    transformed: Callable[[Any], Any] | None = None,
    only_rules: Iterable[RuleOrName] | None = None,
    except_rules: Iterable[RuleOrName] = (),
    patience: float = PATIENCE,
) -> None:
    """Try every rule of Readables, of Writables and of Duplexes on the stream that `make` gives.

    Args:
        make: as for check_readable(); it gives one stream, from which comes what is written to it (a Transform), or two
            that are connected: what is written to the first is read from the second, and back.
        chunks: what is written.
        transformed: what comes out when `chunks` (joined, unless they are objects) are written. None: the same.
        only_rules, except_rules: rules, or their names.
        patience: milliseconds that one rule may take.

    Raises as check_readable() does.
    """
    as_objects = any(not isinstance(chunk, (bytes, bytearray, memoryview, str)) for chunk in chunks)
    content = joined(chunks, as_objects=as_objects)
    expected = content if transformed is None else transformed(content)
    subject = Subject(make, chunks=chunks, expected=expected, is_fed=True, patience=patience)
    rules = chosen((*READABLE_RULES, *WRITABLE_RULES, *DUPLEX_RULES), only_rules, except_rules)
    for rule in rules:
        if rule in OPEN_RULES:
            await subject.try_rule(rule, begin=False)
    for rule in rules:
        if rule in READABLE_RULES or rule in FED_RULES:
            await subject.try_rule(rule)
        if rule in WRITABLE_RULES:
            await subject.try_rule(rule, writes=True)


async def _learn(subject: Subject) -> None:
    """Read one stream, to know what is to be expected of the others, and in which form they give it."""
    given = subject.expected

    async def read_it(t: Trial) -> None:
        """The stream can be read to its end."""
        t.flow()
        await t.over()
        if given is None:
            subject.expected = t.content(t.seen.chunks())
        elif not isinstance(given, (bytes, str)):
            subject.expected = t.content(given)

    await subject.try_rule(Rule(read_it))
