"""The load: wrk for requests, the bench's own generator for bodies. Both run on the load's core."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench._case import Failed
from bench._compiled import compiled
from bench._processes import LOAD_CORE, Finished, finished

CONNECTIONS = 64
SPARE_SECONDS = 20.0
BODY_SECONDS = 120.0
MEGABYTE = 1e6
SCRIPTS = Path(__file__).parent / "load"
_MILLISECONDS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3}


@dataclass(frozen=True, slots=True)
class Requests:
    """What wrk told: how many requests were answered in how many seconds, the 99th percentile of latency in ms, and
    the share of its core used."""

    count: int
    seconds: float
    p99: float
    load: float

    @property
    def per_second(self) -> float:
        """Requests for each second."""
        return self.count / self.seconds


def wrk(port: int, path: str = "/", *, seconds: int, connections: int = CONNECTIONS, script: str = "") -> Requests:
    """Send requests on keep-alive connections for a while, one after the other on each.

    `script` is one of the files load/*.lua. Raises Failed where an answer was not 2xx, or none came.
    """
    found = shutil.which("wrk")
    if found is None:
        raise Failed("wrk is missing; it is in the Debian package wrk")
    options = [
        "--latency",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        *(["-s", str(SCRIPTS / script)] if script else []),
    ]
    ran = finished([found, *options, _url(port, path)], core=LOAD_CORE, seconds=seconds + SPARE_SECONDS)
    return read_wrk(ran)


def read_wrk(ran: Finished) -> Requests:
    """Read what wrk printed."""
    if complaint := re.search(r"(Non-2xx.*|Socket errors.*)", ran.output):
        raise Failed(complaint[0])
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", ran.output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", ran.output)
    if total is None or p99 is None or total[1] == "0":
        raise Failed(f"wrk told no figures: {ran.output}")
    seconds = float(total[2]) * _MILLISECONDS[total[3]] / 1e3
    return Requests(int(total[1]), seconds, float(p99[1]) * _MILLISECONDS[p99[2]], ran.load)


@dataclass(frozen=True, slots=True)
class Bodies:
    """What the generator told: seconds from the first connection to the last answer, bytes of all bodies (those of an
    echo counted once), and the share of its core used."""

    seconds: float
    bytes: int
    load: float

    @property
    def megabytes_per_second(self) -> float:
        """10^6 bytes of body for each second."""
        return self.bytes / self.seconds / MEGABYTE


def bodies(
    port: int,
    path: str = "/",
    *,
    count: int = 1,
    at_once: int = 1,
    send: int = 0,
    expect: int,
    seconds: float = BODY_SECONDS,
) -> Bodies:
    """Send `count` requests, `at_once` at a time: POST with a chunked body of `send` bytes, GET where it is 0.

    Each answer's body must be `expect` bytes of the bench's pattern (which an echo sends back). Raises Failed where
    an answer is another one, or not all came within `seconds`.
    """
    arguments = [port, path, count, at_once, send, expect]
    ran = finished([str(compiled("load")), *map(str, arguments)], core=LOAD_CORE, seconds=seconds)
    taken = float(ran.json()["seconds"])
    return Bodies(taken, count * max(send, expect), 100 * ran.cpu_seconds / taken)


def write_pattern(path: Path, size: int) -> None:
    """Make a file of `size` bytes of the pattern, which bodies() takes for an answer."""
    with path.open("wb") as file:
        subprocess.run([compiled("load"), "--pattern", str(size)], stdout=file, check=True)


def check_answer(port: int, path: str = "/", *, body: bytes | None = None, expect: bytes) -> None:
    """Ask once, by another client than the load's. Raises Failed where the answer's body is not `expect`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "GET" if body is None else "POST", path, body, {"Content-Type": "application/json"} if body else {}
        )
        answer = connection.getresponse()
        got = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"it does not answer: {error!r}") from error
    finally:
        connection.close()
    if answer.status != 200 or got != expect:
        raise Failed(f"a wrong answer: {answer.status} {got[:100]!r}")


def _url(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"
