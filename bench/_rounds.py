"""Rounds of a case: every peer once in each, in an order that turns, so that a slow minute hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from bench._case import Case, Failed, Measuring, Program, Settings
from bench._peers import PEERS
from bench._results import CaseResult, PeerResult

Say = Callable[[str], None]


def turned(names: Sequence[str], number: int) -> list[str]:
    """The order of a round: each begins with another one than the last."""
    first = number % len(names) if names else 0
    return [*names[first:], *names[:first]]


def run_case(case: Case, names: Sequence[str], settings: Settings, say: Say) -> CaseResult:
    """Run all rounds of a case for the peers that are named. A peer that fails is out, and the rest goes on."""
    begun = time.monotonic()
    result = CaseResult(case, {name: PeerResult() for name in case.programs if name in names})
    with ExitStack() as stack:
        opened: dict[str, Measuring] = {}
        for name, told in result.peers.items():
            try:
                opened[name] = stack.enter_context(case.opened(_program(case, name), settings))
            except Exception as error:  # whatever is wrong with one peer, the others are measured
                _drop(name, told, error, say)
        for number in range(settings.rounds):
            for name in turned([name for name in opened if result.peers[name].failure is None], number):
                _measure(number, name, result.peers[name], opened[name], say)
    result.seconds = time.monotonic() - begun
    say(f"  {result.seconds:.0f} seconds")
    return result


def _program(case: Case, name: str) -> Program:
    peer = PEERS[name]
    if missing := peer.missing():
        raise Failed(f"not installed: {', '.join(missing)}")
    file, *arguments = case.programs[name].split()
    return Program(peer, file, tuple(arguments))


def _measure(number: int, name: str, told: PeerResult, measure: Measuring, say: Say) -> None:
    try:
        sample = measure()
    except Exception as error:  # as above
        _drop(name, told, error, say)
        return
    told.samples[number] = sample
    say(f"  round {number + 1}  {name:18} " + "  ".join(f"{value:,.1f} {what}" for what, value in sample.items()))


def _drop(name: str, told: PeerResult, error: Exception, say: Say) -> None:
    told.failure = str(error) if isinstance(error, Failed) else repr(error)
    say(f"  {name} is out: {told.failure}")
