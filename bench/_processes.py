"""Processes of the bench: each on a core of its own, each bounded in time, each ended by its id."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench._case import Failed, Program
from bench._compiled import compiled
from compliance._node import node_binary

SUBJECT_CORE = 0
"""Where the process runs that is measured."""
LOAD_CORE = 1
"""Where the load runs, and what stands behind the process that is measured."""

PROGRAMS = Path(__file__).parent / "programs"
START_SECONDS = 20.0
END_SECONDS = 5.0
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
TOLD = 2000  # characters of what a failed process wrote


def command(program: Program, *more: object) -> list[str]:
    """The command line that runs a program."""
    if program.file.endswith(".py"):
        start = [sys.executable, str(PROGRAMS / program.file)]
    elif program.file.endswith(".mjs"):
        start = [node_binary(), str(PROGRAMS / program.file)]
    else:
        start = [str(compiled(program.file))]
    return [*start, *program.arguments, *map(str, more)]


def on_core(core: int, arguments: Sequence[str]) -> list[str]:
    """The command line that runs another one on one core."""
    taskset = shutil.which("taskset")
    if taskset is None:
        raise Failed("taskset is missing; it is in the Debian package util-linux")
    return [taskset, "--cpu-list", str(core), *arguments]


@dataclass(slots=True)
class Running:
    """A process that has been started, and that has told a port on its first line."""

    process: subprocess.Popen[bytes]
    port: int
    core: int

    def memory(self) -> float:
        """What it holds of memory, in MiB."""
        return _status(self.process.pid, "VmRSS") / 1024

    def forget_peak(self) -> None:
        """Let peak_memory() begin anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_memory(self) -> float:
        """The most that it held of memory since forget_peak(), in MiB."""
        return _status(self.process.pid, "VmHWM") / 1024

    def cpu_seconds(self) -> float:
        """The processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has come to its end: what it printed, how long it ran, and what it used of its core."""

    output: str
    seconds: float
    cpu_seconds: float

    @property
    def load(self) -> float:
        """The share of its core that it used, in percent."""
        return 100 * self.cpu_seconds / self.seconds

    def json(self) -> Any:
        """What its last line says."""
        try:
            return json.loads(self.output.splitlines()[-1])
        except (IndexError, ValueError) as error:
            raise Failed(f"its last line is not JSON: {self.output[-TOLD:]!r}") from error


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/status does not tell {key}")


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **more}


@contextmanager
def started(program: Program, *more: object, core: int = SUBJECT_CORE) -> Iterator[Running]:
    """A program that serves: it prints its port on its first line, and is ended on leaving.

    Raises Failed where it does not print one in time.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            on_core(core, command(program, *more)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(program.peer.environment),
        )
        try:
            yield Running(process, _port(process, errors), core)
        finally:
            _end(process)
            if written := _written(errors):
                print(f"{program.file} wrote: {written}", file=sys.stderr)


def _port(process: subprocess.Popen[bytes], errors: IO[bytes]) -> int:
    output = process.stdout
    readable = output is not None and bool(select.select([output], [], [], START_SECONDS)[0])
    line = output.readline() if output is not None and readable else b""
    if not line.strip().isdigit():
        raise Failed(f"it told no port but {line!r}; {_written(errors)}")
    return int(line)


def _written(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip()[-TOLD:]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def finished(
    arguments: Sequence[str], *, core: int, seconds: float, environment: Mapping[str, str] | None = None
) -> Finished:
    """Run a command on a core to its end.

    Raises Failed where it takes more than `seconds`, or exits with another status than 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            on_core(core, arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=_environment(environment or {}),
        )
        status, used = _awaited(process, begun + seconds)
        taken = time.perf_counter() - begun
        if status is None:
            raise Failed(f"not finished in {seconds:.0f} seconds: {_name(arguments)}; {_written(errors)}")
        if status != 0:
            raise Failed(f"exit status {status}: {_name(arguments)}; {_written(errors)}")
        output.seek(0)
        return Finished(output.read().decode(), taken, used)


def _name(arguments: Sequence[str]) -> str:
    return " ".join([Path(arguments[0]).name, *arguments[1:]])


def _awaited(process: subprocess.Popen[bytes], deadline: float) -> tuple[int | None, float]:
    """The exit status, or None where it had to be killed; and the processor time used."""
    process_handle = os.pidfd_open(process.pid)
    try:
        ended, _, _ = select.select([process_handle], [], [], max(0.0, deadline - time.perf_counter()))
        if not ended:
            process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return (process.returncode if ended else None), usage.ru_utime + usage.ru_stime
    except BaseException:
        process.send_signal(signal.SIGKILL)
        process.wait()
        raise
    finally:
        os.close(process_handle)


def run(program: Program, *more: object, seconds: float, core: int = SUBJECT_CORE) -> Finished:
    """Run a program to its end; see finished()."""
    return finished(command(program, *more), core=core, seconds=seconds, environment=program.peer.environment)
