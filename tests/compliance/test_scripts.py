"""Scripts: what a table is made into, and what is written down when one is played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compliance._trace import Trace
from compliance.scripts import _tables
from compliance.scripts._play import play
from compliance.scripts._stage import Stage, masked
from compliance.scripts._tables import scripted
from compliance.scripts._values import value_of
from compliance.scripts._verbs import perform
from nodestream.loop import run

GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def played(script: dict[str, Any]) -> list[str]:
    """What is written down of a script."""
    lines: list[str] = []
    run(play, Trace(lines.append), script)
    return lines


def table(folder: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any]) -> dict[str, list[str]]:
    """The scenarios of a table, each with what is written down of it."""
    (folder / "mine.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(_tables, "SCENARIOS", folder)
    traces: dict[str, list[str]] = {}
    for name, scenario in scripted("mine").items():
        traces[name] = []
        run(scenario, Trace(traces[name].append))
    return traces


def test_an_act_takes_its_place_in_each_phase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phases = {
        "now": {"steps": [["act"]]},
        "later": {
            "on": {"server request": [["act"], ["last_res.end"]]},
            "steps": [["peer.send", GET], ["until", "res close"]],
        },
    }
    acts = {"once": [["get", "side"]], "twice": [["get", "a"], ["get", "b"]]}
    product = {"side": "server", "phases": phases, "acts": acts}
    traces = table(tmp_path, monkeypatch, {"products": {"g": product}})
    assert list(traces) == ["g_now_once", "g_now_twice", "g_later_once", "g_later_twice"]
    assert traces["g_now_twice"][2:] == ["a null", "b null"]
    request = traces["g_later_twice"].index("server request req res")
    assert traces["g_later_twice"][request + 1 : request + 3] == ["a null", "b null"]


def test_all_acts_of_a_table_are_played_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {
        "phases": {"new": [], "written": [["msg.write", "a"]]},
        "acts": {"end": [["msg.end"]], "destroy": [["msg.destroy"]]},
        "tables": [
            {
                "kinds": {"res": {"kind": "response"}},
                "phases": ["new", "written"],
                "acts": ["end", "destroy"],
                "after": [],
            }
        ],
    }
    traces = table(tmp_path, monkeypatch, content)
    assert list(traces) == ["res_new", "res_written"]
    assert [line for line in traces["res_written"] if not line.startswith("msg headersSent")] == [
        "--- end",
        "msg.write true",
        "msg.end msg",
        "--- destroy",
        "msg.write true",
        "msg.destroy msg",
        "msg close",
    ]


def test_whoever_comes_on_stage_has_a_name_and_is_listened_to() -> None:
    lines = played(
        {
            "side": "server",
            "on": {"server request": [["last_res.end", "x"]]},
            "steps": [["peer.send", GET], ["until", "res close"], ["peer.send", GET], ["until", "res2 close"]],
        }
    )
    assert [line for line in lines if line.startswith("server")] == [
        "server listening",
        "server connection socket",
        "server request req res",
        "server request req2 res2",
    ]
    assert lines.index("res finish") < lines.index("res close") < lines.index("res2 finish") < lines.index("res2 close")


def test_what_happens_after_the_last_step_belongs_to_nobody() -> None:
    lines = played({"side": "client", "steps": [["request", {"agent": False}], ["get", "req.aborted"]]})
    assert lines[0] == "req.aborted false"
    assert "req error Error [ECONNRESET]: socket hang up" not in lines


def test_a_result_or_an_error_of_a_call_is_written_down() -> None:
    lines = played(
        {"side": "hand", "make": {"kind": "outgoing"}, "steps": [["msg.getHeader", "a"], ["msg.getHeader", 5]]}
    )
    assert lines[0] == "msg.getHeader null"
    assert lines[1].startswith("msg.getHeader throws TypeError [ERR_INVALID_ARG_TYPE]: ")


def test_arguments_that_json_cannot_hold() -> None:
    stage = Stage(Trace(lambda line: None), {"side": "hand"}, perform)
    given = value_of(stage, [{"a": {"$bytes": "\xff"}}, {"$joined": ["a", {"$times": [2, "b"]}]}, {"$returning": 5}])
    assert given[:2] == [{"a": b"\xff"}, "abb"]
    assert given[2]("anything") == 5
    error = value_of(stage, {"$error": "mine"})
    assert (type(error), str(error)) == (Exception, "mine")


def test_ports_and_dates_are_masked() -> None:
    assert masked("127.0.0.1:1234 localhost:1 ::1:99 Date: today\\r\\nA: b") == (
        "127.0.0.1:<PORT> localhost:<PORT> ::1:<PORT> Date: <DATE>\\r\\nA: b"
    )
