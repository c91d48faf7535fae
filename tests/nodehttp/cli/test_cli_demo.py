"""The demonstration's own judgement."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nodehttp
from nodehttp._cli import _demo
from nodehttp._cli._children import Child
from nodehttp._cli._demo import Measurement, Memory, demonstrate, report
from nodehttp._cli._failures import CommandError
from nodehttp._cli._memory import MemoryMeter
from nodehttp._cli._units import MIB


def measured(received: str = "aa", more: int = MIB) -> Measurement:
    memory = {"server": Memory(30 * MIB, 30 * MIB + more), "proxy": Memory(30 * MIB, 31 * MIB)}
    return Measurement(256 * MIB, "aa", received, 2.0, 1.0, memory)


def test_the_report_is_a_table() -> None:
    assert report(measured()) == [
        "",
        "                MB/s     seconds",
        "upload         134.2        2.00",
        "download       268.4        1.00",
        "",
        "memory       at rest        peak        more",
        "server      30.0 MiB    31.0 MiB     1.0 MiB",
        "proxy       30.0 MiB    31.0 MiB     1.0 MiB",
        "",
        "SHA-256   aa",
        "content   the same",
        "memory    within 24 MiB of rest",
    ]


def test_different_content_is_said() -> None:
    found = measured(received="bb")
    assert not found.is_same
    assert "content   DIFFERENT: bb came back" in report(found)


@pytest.mark.parametrize(("more", "small"), [(24 * MIB, True), (24 * MIB + 1, False)])
def test_too_much_memory_is_said(more: int, small: bool) -> None:
    found = measured(more=more)
    assert found.is_small == small
    assert ("memory    MORE than 24 MiB above rest" in report(found)) != small


@pytest.mark.parametrize("spoiled", ["content", "memory"])
def test_what_is_not_as_it_should_be_is_exit_status_1(
    spoiled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 1000)
    if spoiled == "content":

        async def other(_path: Path) -> str:
            return "something else"

        monkeypatch.setattr(_demo, "_digest", other)
    else:
        monkeypatch.setattr(_demo, "MEMORY_ALLOWED", -1)
    lines: list[str] = []
    assert nodehttp.run(demonstrate, str(file), lines.append) == 1
    assert any("DIFFERENT" in line or "MORE" in line for line in lines)


def test_the_peak_of_another_process_is_seen_after_it_has_passed() -> None:
    program = "print(flush=True); input(); x = bytearray(b'x') * 50_000_000; del x; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        meter = MemoryMeter(process.pid)
        process.stdin.write(b"\n")
        process.stdout.readline()
        more = meter.peak - meter.at_rest
        process.stdin.write(b"\n")
    assert 45 * MIB < more < 60 * MIB


def test_a_child_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"`nodehttp serve` did not start: .*cannot serve /no/such/directory"):
        Child(tmp_path / "log", "serve", "/no/such/directory").__enter__()
