"""A process for each piece of work: `python -m bench.budget._measuring NAME` prints what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bench.budget._cost import Cost, cost
from bench.budget._work import WORKS

ROOT = Path(__file__).parents[2]
SECONDS = 120


def measured(name: str) -> Cost:
    """Measure one piece of work in a process of its own. Raises ChildProcessError where that fails."""
    parser = WORKS[name].parser
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, **({"NODEHTTP_PARSER": parser} if parser else {})}
    ran = subprocess.run(
        [sys.executable, "-m", "bench.budget._measuring", name],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode != 0:
        raise ChildProcessError(f"{name} cannot be measured: {ran.stderr.strip()}")
    return Cost(**json.loads(ran.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(cost(WORKS[sys.argv[1]]))))
