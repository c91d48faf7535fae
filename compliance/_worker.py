"""Runs the scenarios of one area on this library, one after the other. The twin of worker.mjs.

`python -m compliance._worker AREA`; what goes over standard input and output is told there.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import warnings
from collections.abc import Callable

import nodestream.process
from compliance._trace import Scenario, Scenarios, Trace
from nodestream.errors import ERR_UNSETTLED_AWAIT
from nodestream.loop import run
from nodestream.timers import set_immediate

PROCESS_EVENTS = ("uncaughtException", "unhandledRejection", "warning", "beforeExit", "exit")


def send(*message: object) -> None:
    """Write one message, at once, so that a scenario that hangs leaves its trace behind."""
    os.write(1, json.dumps(message).encode() + b"\n")


def run_scenario(scenario: Scenario, trace: Trace, *, solo: bool) -> bool:
    """Run one scenario on a loop of its own. False if the loop ended with an exception."""
    if not solo:
        nodestream.process.on("uncaughtException", lambda error, origin: trace("uncaught", error))
        nodestream.process.on("exit", lambda code: trace.close())
    try:
        run(*_main(scenario, trace))
    except ERR_UNSETTLED_AWAIT:
        trace("main never ended")
        return not solo
    except BaseException as error:
        if not solo:
            trace("run() raises", error)
        return False
    finally:
        for event in PROCESS_EVENTS:
            nodestream.process.remove_all_listeners(event)
    return True


def _main(scenario: Scenario, trace: Trace) -> tuple[Callable[..., object], *tuple[object, ...]]:
    """What run() is to be called with: a plain scenario begins in an immediate, as in Node."""
    if inspect.iscoroutinefunction(scenario):
        return scenario, trace
    return set_immediate, scenario, trace


def main(area: str) -> int:
    """Run the scenarios that standard input asks for; returns the exit status."""
    warnings.simplefilter("ignore")
    module = importlib.import_module(f"compliance.scenarios.{area}")
    scenarios: Scenarios = module.scenarios
    solo: bool = getattr(module, "solo", False)
    send("names", list(scenarios), solo)
    succeeded = True
    for name in json.load(sys.stdin):
        send("start", name)
        trace = Trace(lambda text: send("line", text))
        succeeded = run_scenario(scenarios[name], trace, solo=solo)
        trace.close()
        if not solo:
            send("end", name)
    return 0 if succeeded or not solo else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
