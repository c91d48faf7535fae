"""How Node is started for a test file."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from compliance.node_suite._areas import TestFile

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PRELOAD = HERE / "preload" / "preload.cjs"

_HEAD = 1500
"""Bytes in which Node's `test/common` looks for the flags."""

_FLAGS = re.compile(r"// Flags:\s+(--[^\r\n]*)")
_ENVIRONMENT = re.compile(r"// Env:\s+([^\r\n]*)")

_CHANGES_OUTPUT = ("FORCE_COLOR", "NO_COLOR")


@dataclass(frozen=True)
class Metadata:
    """What a test file says it needs. Given by us, or its `common` would start Node once more to give it."""

    flags: tuple[str, ...]
    environment: dict[str, str]


def read_metadata(path: Path) -> Metadata:
    """The flags and the environment that the comments at the head of a test file name."""
    with path.open("rb") as file:
        head = file.read(_HEAD).decode(errors="replace")
    flags = _FLAGS.search(head)
    settings = _ENVIRONMENT.search(head)
    pairs = (word.partition("=") for word in settings[1].split()) if settings else ()
    return Metadata(tuple(flags[1].split()) if flags else (), {name: value for name, _, value in pairs})


def node_option(flag: str, value: str) -> str:
    """A flag as NODE_OPTIONS takes it: its value quoted, so that it may have spaces."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{flag} "{escaped}"'


def command_of(node: str, file: TestFile, metadata: Metadata) -> list[str]:
    """The command line; what replaces the modules is in the environment, where child processes find it too."""
    return [node, *metadata.flags, str(file.path)]


def environment_of(file: TestFile, metadata: Metadata, number: int, scratch: Path, *, plain: bool) -> dict[str, str]:
    """The environment; `number` is the file's alone, and `scratch` has its folders `test` and `tmp`.

    What the user's own environment tells Node is left out. `plain` is Node as it is.
    """
    environment = {name: value for name, value in os.environ.items() if not _is_for_node(name)}
    environment |= {
        "NODE_TEST_DIR": str(scratch / "test"),
        "TMPDIR": str(scratch / "tmp"),
        "TEST_SERIAL_ID": str(number),
        "TEST_THREAD_ID": str(number),
        **metadata.environment,
    }
    if not plain:
        environment |= _replacement(file, metadata.environment.get("NODE_OPTIONS", ""))
    return environment


def _is_for_node(name: str) -> bool:
    return name.startswith("NODE_") or name in _CHANGES_OUTPUT


def _replacement(file: TestFile, options: str) -> dict[str, str]:
    """Replaces the modules; `options` are NODE_OPTIONS that the file asks for itself."""
    return {
        "NODE_OPTIONS": f"{node_option('--require', str(PRELOAD))} {options}".strip(),
        "NODE_SUITE_PYTHON": sys.executable,
        "NODE_SUITE_ROOT": str(ROOT),
        "NODE_SUITE_REPLACE": file.replaced,
    }
