"""What a rule of the stream interface is, and what is raised when a stream breaks one."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from ._testing_recorder import Recorder

if TYPE_CHECKING:
    from ._testing_trial import Trial

Check = Callable[["Trial"], Awaitable[None]]


LAST_EVENTS = 50
"""So many events are shown in a message; all are in `ContractViolation.trace`."""


class Rule:
    """One promise that the stream interface makes.

    Attributes:
        name: for `only_rules` and `except_rules`.
        text: the rule, in a sentence.
    """

    def __init__(self, check: Check) -> None:
        self.check = check
        self.name: str = getattr(check, "__name__", "")
        self.text = " ".join(inspect.cleandoc(check.__doc__ or "").split())

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"


class ContractViolation(AssertionError):
    """A stream broke a rule of its interface.

    Attributes:
        rule: the `Rule`.
        expected, seen: what should have been, and what was.
        trace: the recorder of the stream: what had happened until then.
        stream: the stream.
    """

    def __init__(self, rule: Rule, expected: str, seen: object, trace: Recorder) -> None:
        self.rule = rule
        self.expected = expected
        self.seen = seen
        self.trace = trace
        self.stream = trace.stream
        heading = "    events until then:"
        if len(trace) > LAST_EVENTS:
            heading = f"    the last {LAST_EVENTS} of {len(trace)} events:"
        lines = [
            rule.text,
            f"    rule: {rule.name}",
            f"    expected: {expected}",
            f"    seen: {seen}",
            f"    stream: {trace.stream!r}",
            heading,
            *(f"        {entry}" for entry in trace.entries[-LAST_EVENTS:]),
        ]
        super().__init__("\n".join(lines))


def rules(*checks: Check) -> tuple[Rule, ...]:
    """The table of these rules."""
    return tuple(map(Rule, checks))


def chosen(table: Iterable[Rule], only: Iterable[Any] | None, but: Iterable[Any]) -> list[Rule]:
    """The rules of a table, only some of them, or but some of them. Raises ValueError for a name that is no rule's."""
    table = list(table)
    excluded = {str(getattr(each, "name", each)) for each in but}
    included = None if only is None else {str(getattr(each, "name", each)) for each in only}
    unknown = (excluded | (included or set())) - {rule.name for rule in table}
    if unknown:
        raise ValueError(f"no such rule here: {', '.join(sorted(unknown))}")
    return [rule for rule in table if rule.name not in excluded and (included is None or rule.name in included)]
