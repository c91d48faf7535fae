"""What the results were made on: the machine, the versions, and what of the system's programs is missing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from bench._peers import PEERS, version
from bench._processes import LOAD_CORE, SUBJECT_CORE

PROGRAMS = {"wrk": "wrk", "cc": "gcc libc6-dev", "taskset": "util-linux"}
"""The system's programs that are needed, and the Debian packages that bring them."""


def lacking() -> str | None:
    """What of the machine is missing for the bench, and how to get it; None where nothing is."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        packages = " ".join(PROGRAMS[program] for program in missing)
        return f"the bench needs {' and '.join(missing)}: apt-get install {packages}"
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


def versions(names: Iterable[str]) -> dict[str, str]:
    """The versions of Python and of all packages that these peers need, as far as they are installed."""
    packages = dict.fromkeys(package for name in names for package in PEERS[name].packages)
    found = {package: version(package) for package in packages}
    return {"Python": platform.python_version(), **{package: told for package, told in found.items() if told}}
