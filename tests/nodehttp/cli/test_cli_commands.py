"""The command line as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nodehttp.cli.commands import LIMIT, Server, environment, run, until

DEAD = "http://127.0.0.1:1/x"


def one_line(errors: bytes) -> str:
    """Standard error, which must be one line that tells who speaks."""
    text = errors.decode()
    assert re.fullmatch(r"nodehttp[^\n]*\n", text), text
    return text


def is_refused(server: Server) -> bool:
    """Whether the server accepts no more."""
    try:
        socket.create_connection(server.address).close()
    except ConnectionError:
        return True
    return False


# --- bad input ---


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ([], 2, "required"),
        (["bogus"], 2, "bogus"),
        (["serve", "--bogus"], 2, "--bogus"),
        (["serve", ".", "extra"], 2, "extra"),
        (["serve", "--port", "99999"], 2, "99999"),
        (["serve", "--port", "-1"], 2, "port"),
        (["proxy"], 2, "TARGET"),
        (["serve", "/no/such/directory"], 1, "no such file or directory"),
        (["serve", __file__], 1, "not a directory"),
        (["serve", "--host", "nonsense.invalid", "--port", "0"], 1, "nonsense.invalid"),
        (["proxy", "nonsense"], 1, "not an http URL"),
        (["proxy", "https://localhost/"], 1, "not an http URL"),
        (["upload", "/no/such/file", DEAD], 1, "cannot read /no/such/file: no such file or directory"),
        (["upload", "/", DEAD], 1, "is a directory"),
        (["upload", __file__, "nonsense"], 1, "not an http URL"),
        (["upload", __file__, DEAD], 1, "cannot upload to 127.0.0.1:1: connection refused"),
        (["upload", "-", DEAD], 1, "connection refused"),
        (["upload", __file__, DEAD, "--method", "A B"], 2, "method"),
        (["demo", "/no/such/file"], 1, "cannot read /no/such/file: no such file or directory"),
        (["demo", "/"], 1, "is a directory"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, says: str) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (status, b"")
    assert says in one_line(result.stderr)


@pytest.mark.parametrize("command", [("serve", "."), ("proxy", DEAD)])
def test_a_port_in_use_is_one_clear_line(command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run(*command, "--port", port)
    assert (result.returncode, result.stdout) == (1, b"")
    assert f"port {port} on 127.0.0.1 is in use" in one_line(result.stderr)


@pytest.mark.parametrize("command", [[], ["serve"], ["proxy"], ["upload"], ["demo"]])
def test_help_says_how_to_use_it(command: list[str]) -> None:
    result = run(*command, "--help")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"usage: nodehttp")


# --- servers ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", [("serve", "."), ("proxy", DEAD)])
def test_a_server_says_where_it_is_and_ends_with_a_signal(command: tuple[str, ...], number: signal.Signals) -> None:
    with Server(*command, "--port", "0") as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.url)
        server.signal(number)
        assert server.end() == (0, "")


def test_the_host_can_be_chosen() -> None:
    with Server("serve", ".", "--host", "::1", "--port", "0") as server:
        assert server.url.startswith("http://[::1]:")
        socket.create_connection(server.address).close()


def test_an_idle_connection_does_not_keep_a_server_from_ending(tmp_path: Path) -> None:
    with Server("serve", tmp_path, "--port", "0") as server, socket.create_connection(server.address) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        while not idle.recv(65536).endswith(b"</main>\n"):
            pass
        server.signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert server.end()[0] == 0


def test_what_is_in_flight_finishes_and_nothing_new_begins(tmp_path: Path) -> None:
    size = 30_000_000
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", size)
    with Server("serve", tmp_path, "--port", "0") as server, socket.create_connection(server.address) as busy:
        busy.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        received = busy.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        server.signal(signal.SIGTERM)
        until(lambda: is_refused(server))
        length = len(body)
        while data := busy.recv(65536):
            length += len(data)
        assert length == size
        assert server.end()[0] == 0


def test_the_second_signal_ends_a_server_at_once(tmp_path: Path) -> None:
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 50_000_000)
    with Server("serve", tmp_path, "--port", "0") as server, socket.create_connection(server.address) as stuck:
        stuck.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        stuck.recv(1)
        server.signal(signal.SIGINT)
        until(lambda: is_refused(server))
        server.signal(signal.SIGINT)
        assert server.end()[0] == 0


# --- uploads ---


def test_a_file_is_uploaded_and_the_answer_shown(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    content = os.urandom(1_000_000)
    (tmp_path / "file").write_bytes(content)
    with Server("serve", tmp_path / "served", "--port", "0", "--upload") as server:
        result = run("upload", tmp_path / "file", server.url + "copy")
        assert (result.returncode, result.stdout) == (0, b"201 Created\nCreated /copy (1000000 bytes)\n")
        assert b"100%" in result.stderr
        assert (tmp_path / "served" / "copy").read_bytes() == content
        result = run("upload", "-", server.url + "copy", "--method", "post", stdin=b"from standard input")
        assert (result.returncode, result.stdout) == (0, b"200 OK\nReplaced /copy (19 bytes)\n")
        assert (tmp_path / "served" / "copy").read_bytes() == b"from standard input"


def test_an_upload_that_is_refused_is_shown_and_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(10_000_000))
    with Server("serve", tmp_path, "--port", "0") as server:
        result = run("upload", tmp_path / "file", server.url + "copy")
        assert (result.returncode, result.stdout) == (1, b"405 Method Not Allowed\nPUT is not allowed here.\n")


def test_without_tqdm_there_is_a_line_instead_of_a_bar(tmp_path: Path) -> None:
    (tmp_path / "tqdm.py").write_text("raise ImportError\n")
    (tmp_path / "file").write_bytes(bytes(3 * 1024 * 1024))
    with Server("serve", tmp_path, "--port", "0", "--upload") as server:
        result = run("upload", tmp_path / "file", server.url + "copy", first_on_path=(tmp_path,))
        assert result.returncode == 0
        assert re.fullmatch(rb"file: 3\.0 MiB in \d+\.\d s, \d+\.\d MB/s\n", result.stderr)


def test_an_empty_file_is_uploaded(tmp_path: Path) -> None:
    with Server("serve", tmp_path, "--port", "0", "--upload") as server:
        assert run("upload", "-", server.url + "empty").returncode == 0
    assert (tmp_path / "empty").read_bytes() == b""


def test_an_upload_goes_through_the_proxy(tmp_path: Path) -> None:
    with (
        Server("serve", tmp_path, "--port", "0", "--upload") as server,
        Server("proxy", server.url, "--port", "0") as proxy,
    ):
        content = os.urandom(2_000_000)
        assert run("upload", "-", proxy.url + "x", stdin=content).returncode == 0
        assert (tmp_path / "x").read_bytes() == content
        refused = run("upload", "-", proxy.url + "nowhere/x", stdin=content)
        assert (refused.returncode, refused.stdout[:13]) == (1, b"409 Conflict\n")


@pytest.mark.parametrize("again", [False, True])
def test_a_signal_leaves_an_upload_time_to_finish_and_the_second_one_does_not(tmp_path: Path, again: bool) -> None:
    with (
        Server("serve", tmp_path, "--port", "0", "--upload") as server,
        subprocess.Popen(
            [sys.executable, "-m", "nodehttp", "upload", "-", server.url + "x"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as upload,
    ):
        assert upload.stdin is not None
        assert upload.stderr is not None
        upload.stdin.write(b"begun, ")
        upload.stdin.flush()
        until(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
        upload.send_signal(signal.SIGINT)
        said = b""
        while b"10 seconds to finish" not in said:
            said += os.read(upload.stderr.fileno(), 65536)
        if again:
            upload.send_signal(signal.SIGINT)
            assert upload.wait(LIMIT) == 1
            assert upload.stderr.read().endswith(b"nodehttp: interrupted; the upload is not complete\n")
        else:
            upload.stdin.write(b"finished")
            upload.stdin.close()
            assert upload.wait(LIMIT) == 0
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if again else [b"begun, finished"])


# --- demo ---


def test_the_demo_compares_and_measures(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(os.urandom(1_000_000))
    result = run("demo", tmp_path / "file")
    text = result.stdout.decode()
    assert (result.returncode, result.stderr) == (0, b"")
    for label in ("upload", "download", "server", "proxy"):
        assert re.search(rf"^{label} +\d", text, re.MULTILINE), text
    assert re.search(r"^SHA-256 +[0-9a-f]{64}$", text, re.MULTILINE)
    assert "content   the same\nmemory    within 24 MiB of rest\n" in text
