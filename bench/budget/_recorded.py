"""What was recorded: the file recorded.json."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

from bench.budget._cost import Cost
from bench.budget._work import WORKS

FILE = Path(__file__).with_name("recorded.json")


def load(file: Path = FILE) -> dict[str, Cost]:
    """The recorded costs, by the name of the work."""
    if not file.exists():
        return {}
    return {name: Cost(**cost) for name, cost in json.loads(file.read_text())["costs"].items()}


def save(costs: Mapping[str, Cost], file: Path = FILE) -> None:
    """Record costs. Those of other work stay as they are; what is no work any more is dropped."""
    known = {**load(file), **costs}
    rounded = {
        name: {"instructions": round(known[name].instructions, 1), "time": float(f"{known[name].time:.3g}")}
        for name in WORKS
        if name in known
    }
    python = ".".join(platform.python_version_tuple()[:2])
    file.write_text(json.dumps({"python": python, "costs": rounded}, indent=2) + "\n")
