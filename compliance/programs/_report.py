"""What is told of a run of programs."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping

from ._search import Outcome

WIDTH = 118


def report(outcome: Outcome) -> str:
    """How many programs ran and differed, and what they covered."""
    head = f"{outcome.family}: {outcome.ran:,} programs, {outcome.differed:,} differed"
    return "\n".join([head, *_coverage(outcome.covered)])


def _coverage(covered: Mapping[str, int]) -> Iterator[str]:
    """One paragraph for each group of what was counted. A word is `group name: detail`; the detail may be missing."""
    names: defaultdict[str, dict[str, int]] = defaultdict(dict)
    details: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(covered):
        thing, _, detail = word.partition(": ")
        group, _, name = thing.partition(" ")
        if detail:
            details[thing].append(f"{detail} {covered[word]:,}")
        names[group].setdefault(name, 0)
        if not detail or word not in covered or thing not in covered:
            names[group][name] += covered[word]
    for group, counts in names.items():
        told = [f"{name} {count:,}{_brackets(details[f'{group} {name}'])}" for name, count in counts.items()]
        yield textwrap.fill(f"{group}: {', '.join(told)}", WIDTH, initial_indent="  ", subsequent_indent="    ")


def _brackets(details: list[str]) -> str:
    return f" ({'; '.join(details)})" if details else ""
