"""The bench's own programs in C, compiled when they are first needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from bench._case import Failed

SOURCES = Path(__file__).parent / "load"
BUILD = Path(__file__).parent / "build"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE")


@cache
def compiled(name: str) -> Path:
    """The path of the program that load/NAME.c is compiled to.

    Raises Failed where there is no compiler, or it complains.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise Failed("there is no C compiler; it is in the Debian packages gcc and libc6-dev")
    target = BUILD / name
    sources = [SOURCES / f"{name}.c", SOURCES / "http.h"]
    if target.exists() and target.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return target
    BUILD.mkdir(exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}")  # another run may be using the old one
    made = subprocess.run([compiler, *FLAGS, "-o", fresh, sources[0]], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        raise Failed(f"{name}.c does not compile: {made.stderr}")
    fresh.rename(target)
    return target
