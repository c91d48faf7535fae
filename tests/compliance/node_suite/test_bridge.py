"""The bridge of the node suite: programs of our own behave as in Node when its modules are replaced by facades."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.x509 import DNSName, SubjectAlternativeName

from compliance._node import node_binary
from compliance.node_suite._command import read_metadata
from tests.nodehttp.tls.certificates import make

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PROGRAMS = sorted(path.name for path in (HERE / "programs").iterdir())
PRELOAD = ROOT / "compliance" / "node_suite" / "preload" / "preload.cjs"
REPLACED = "events stream stream/promises stream/consumers stream/web buffer http net"
LIMIT = 60
CAP_SYS_PTRACE = 19


def environment(**changes: str) -> dict[str, str]:
    """What makes Node replace its modules."""
    ours = {
        "NODE_OPTIONS": f"--require {PRELOAD}",
        "NODE_SUITE_PYTHON": sys.executable,
        "NODE_SUITE_ROOT": str(ROOT),
        "NODE_SUITE_REPLACE": REPLACED,
    }
    return {**os.environ, **ours, **changes}


def run(program: Path, env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [node_binary(), "--no-warnings", *read_metadata(program).flags, str(program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        stdin=subprocess.DEVNULL,
        env=env,
    )


def may_copy_descriptors() -> bool:
    """Whether Linux lets a process that is not above another one have its descriptors."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if not hasattr(os, "pidfd_open"):
        return False
    status = Path("/proc/self/status").read_text()
    capabilities = int(re.findall(r"^CapEff:\s*(\w+)$", status, re.MULTILINE)[0], 16)
    return bool(capabilities >> CAP_SYS_PTRACE & 1) or not scope.exists() or scope.read_text().strip() == "0"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_with_facades_what_it_does_in_node(name: str) -> None:
    if name == "descriptors.cjs" and not may_copy_descriptors():
        pytest.skip("the system does not let a process have the descriptors of another")
    program = HERE / "programs" / name
    with ThreadPoolExecutor(2) as pool:
        node, ours = pool.map(lambda env: run(program, env), (os.environ, environment()))
    assert node.stdout
    assert (ours.returncode, ours.stdout) == (node.returncode, node.stdout), ours.stderr


def test_a_program_with_encrypted_connections_does_what_it_does_in_node(tmp_path: Path) -> None:
    made = make("itself", authority=True, extensions=[SubjectAlternativeName([DNSName("elsewhere")])])
    (tmp_path / "key.pem").write_bytes(made.key)
    (tmp_path / "cert.pem").write_bytes(made.pem)
    replaced = environment(NODE_SUITE_REPLACE=f"{REPLACED} https tls")
    program = HERE / "encrypted" / "certificate.cjs"
    with ThreadPoolExecutor(2) as pool:
        node, ours = pool.map(lambda env: run(program, env, str(tmp_path)), (os.environ, replaced))
    assert node.stdout
    assert (ours.returncode, ours.stdout) == (node.returncode, node.stdout), ours.stderr


# --- what goes wrong ---


def group_members(group: int) -> dict[int, str]:
    """The command lines of a process group's members, by process number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait_until_gone(group: int) -> None:
    deadline = time.monotonic() + LIMIT
    while group_members(group):
        assert time.monotonic() < deadline, group_members(group)
        time.sleep(0.01)


def start(tmp_path: Path, source: str) -> subprocess.Popen[str]:
    program = tmp_path / "program.cjs"
    program.write_text(source)
    return subprocess.Popen(
        [node_binary(), str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )


WAITS = """
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter().on('event', () => {
  console.log('ready');
  require('node:fs').readSync(0, Buffer.alloc(1));
  emitter.listeners('event');
});
emitter.emit('event');
"""


def test_python_dying_in_a_call_is_a_clear_error(tmp_path: Path) -> None:
    with start(tmp_path, WAITS) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == "ready\n"
        for number, command in group_members(node.pid).items():
            if "node_suite.bridge" in command:
                os.kill(number, signal.SIGKILL)
        _, complaint = node.communicate("\n", timeout=LIMIT)
    assert node.returncode == 1
    assert "BridgeError: the Python side has ended" in complaint


def test_python_ends_when_javascript_is_killed_in_the_middle_of_a_call(tmp_path: Path) -> None:
    with start(tmp_path, WAITS) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == "ready\n"
        assert len(group_members(node.pid)) == 2
        node.kill()
    wait_until_gone(node.pid)


def test_python_ends_when_javascript_exits_inside_a_listener(tmp_path: Path) -> None:
    source = "require('node:events').prototype.on.call({}, 'newListener', () => {});"
    source += "new (require('node:stream').Readable)({ read() { process.exit(3); } }).resume();"
    with start(tmp_path, source) as node:
        _, complaint = node.communicate(timeout=LIMIT)
    assert (node.returncode, complaint) == (3, "")
    wait_until_gone(node.pid)


def test_a_python_that_cannot_start_is_a_clear_error(tmp_path: Path) -> None:
    program = tmp_path / "program.cjs"
    program.write_text("require('node:stream');")
    for python in ("/nonexistent/python", "/bin/false"):
        done = run(program, environment(NODE_SUITE_PYTHON=python))
        assert done.returncode != 0
        assert "the Python side does not start" in done.stderr
