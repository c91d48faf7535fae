"""What the results were made on: the machine, the versions, and what of the system's programs is missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench._peers import PEERS, version
from bench._processes import LOAD_CORE, SUBJECT_CORE
from compliance._node import NodeNotFound, node_binary

PROGRAMS = {"wrk": "wrk", "cc": "gcc libc6-dev", "taskset": "util-linux"}
"""The system's programs that are needed, and the Debian packages that bring them."""


def lacking() -> str | None:
    """What of the machine is missing for the bench, and how to get it; None where nothing is."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        packages = " ".join(PROGRAMS[program] for program in missing)
        return f"the bench needs {' and '.join(missing)}: apt-get install {packages}"
    try:
        node_binary()
    except NodeNotFound as error:
        return str(error)
    if not {SUBJECT_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        return "the bench needs two cores, number 0 for what is measured and number 1 for the load"
    return None


def machine() -> str:
    """The processor, its cores and the kernel, in one line."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def versions(names: Iterable[str]) -> tuple[str, ...]:
    """Python, Node, wrk, and the packages that these peers need, each with its version, where it is installed."""
    packages = dict.fromkeys(package for name in names for package in PEERS[name].packages)
    found = [f"{package} {told}" for package in packages if (told := version(package))]
    programs = [_says([node_binary(), "--version"], r"v([\d.]+)", "Node"), _says(["wrk", "-v"], r"wrk (\S+)", "wrk")]
    return (f"Python {platform.python_version()}", *programs, *found)


def _says(command: list[str], pattern: str, name: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # wrk exits with 1 here
    found = re.search(pattern, ran.stdout)
    return f"{name} {found[1] if found else 'of an unknown version'}"
