"""Every file under examples/ runs, and the server in Node and the server in Python answer alike."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from http.client import IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from compliance._node import node_binary
from tests.examples.support import EXAMPLES, Start, ask, failure_of, output_of, target_that_answers

REQUESTS = [
    ("GET", "/", None),
    ("HEAD", "/", None),
    ("POST", "/echo", b"x" * 100_000),
    ("POST", "/length", b"x" * 1000),
    ("GET", "/nowhere", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_the_server_in_python_answers_as_the_one_in_node(
    start: Start, method: str, path: str, body: bytes | None
) -> None:
    node = start(node_binary(), EXAMPLES / "server.js")
    python = start(sys.executable, EXAMPLES / "server.py")
    assert ask(python, method, path, body) == ask(node, method, path, body)


def test_the_proxy_forwards_requests_and_answers(start: Start) -> None:
    target = start(sys.executable, EXAMPLES / "server.py")
    proxy = start(sys.executable, EXAMPLES / "proxy.py", TARGET=target.rstrip("/"))
    assert ask(proxy, "GET", "/")[3] == b"Hello from a stream.\n"
    assert ask(proxy, "POST", "/echo", b"y" * 300_000)[3] == b"y" * 300_000


def test_the_proxy_says_when_there_is_no_target(start: Start) -> None:
    proxy = start(sys.executable, EXAMPLES / "proxy.py", TARGET="http://127.0.0.1:1")
    status, _, _, content = ask(proxy, "GET", "/")
    assert (status, content) == (502, b"connect ECONNREFUSED 127.0.0.1:1\n")


def test_no_request_ends_the_proxy(start: Start) -> None:
    target = start(sys.executable, EXAMPLES / "server.py")
    proxy = start(sys.executable, EXAMPLES / "proxy.py", TARGET=target.rstrip("/"))
    for method, path in (("OPTIONS", "*"), ("GET", "http://a/"), ("GET", "//[")):
        assert ask(proxy, method, path)[:2] == (404, "Not Found")
    assert ask(proxy, "GET", "/", Trailer="X-Sum")[3] == b"Hello from a stream.\n"


def test_the_proxy_breaks_off_what_the_target_breaks_off(start: Start) -> None:
    with target_that_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this") as target:
        proxy = start(sys.executable, EXAMPLES / "proxy.py", TARGET=target)
        with pytest.raises(IncompleteRead):
            ask(proxy, "GET", "/")


def test_the_upload_says_what_went_wrong(start: Start, tmp_path: Path) -> None:
    server = start(sys.executable, EXAMPLES / "server.py")
    file = tmp_path / "file"
    file.write_bytes(b"z" * 10_000_000)
    assert failure_of("upload.py") == "usage: upload.py FILE URL\n"
    missing = f"the upload failed: ENOENT: no such file or directory, open '{tmp_path}/nothing'\n"
    assert failure_of("upload.py", tmp_path / "nothing", server + "length") == missing
    refused = "the upload failed: connect ECONNREFUSED 127.0.0.1:1\n"
    assert failure_of("upload.py", file, "http://127.0.0.1:1/") == refused
    assert failure_of("upload.py", file, "https://127.0.0.1:1/") == refused
    assert failure_of("upload.py", file, "nonsense") == "the upload failed: Invalid URL\n"
    with target_that_answers(b"") as target:
        said = failure_of("upload.py", file, target)
        assert said.startswith("the upload failed: ")
        assert said.count("\n") == 1


def test_the_upload_sends_a_file_in_chunks(start: Start, tmp_path: Path) -> None:
    server = start(sys.executable, EXAMPLES / "server.py")
    file = tmp_path / "file"
    file.write_bytes(b"z" * 200_000)
    assert output_of("upload.py", str(file), server + "length") == ("200 200000\n\n", "")


def test_files_are_compressed_and_decompressed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"z" * 200_000)
    output, complaints = output_of("gzip_files.py", str(file))
    assert (output.startswith(f"{file}.gz: 200000 to "), complaints) == (True, "")
    file.unlink()
    output, complaints = output_of("gzip_files.py", "-d", f"{file}.gz")
    assert (output.endswith(" to 200000 bytes\n"), complaints) == (True, "")
    assert file.read_bytes() == b"z" * 200_000


def test_a_file_that_cannot_be_converted_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "whole").write_text("text")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"text")[:15])
    (tmp_path / "there.gz").write_bytes(gzip.compress(b"text"))
    (tmp_path / "there").write_text("not to be overwritten")
    before = sorted(tmp_path.iterdir())
    for arguments, complaint in (
        ((), "usage: gzip_files.py [-d] FILE ..."),
        (("-d",), "usage: gzip_files.py [-d] FILE ..."),
        (("{}/nothing",), "{}/nothing: ENOENT: no such file or directory, open '{}/nothing'"),
        (("-d", "{}/whole"), "{}/whole: its name does not end in .gz"),
        (("-d", "{}/cut.gz"), "{}/cut.gz: unexpected end of file"),
        (("-d", "{}/there.gz"), "{}/there.gz: EEXIST: file already exists, open '{}/there'"),
        (("{}/nowhere/file",), "{}/nowhere/file: ENOENT: no such file or directory, open '{}/nowhere/file"),
    ):
        said = failure_of("gzip_files.py", *(each.replace("{}", str(tmp_path)) for each in arguments))
        assert said.startswith(complaint.replace("{}", str(tmp_path)))
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "there").read_text() == "not to be overwritten"


@pytest.mark.parametrize("way", ["script", "main", "trio"])
def test_each_way_in_serves_and_then_ends(way: str) -> None:
    assert output_of("three_ways_in.py", way) == ("hello\n\n", "")


def test_a_trio_stream_is_piped_through_a_transform() -> None:
    assert output_of("trio_streams.py") == ("HELLO FROM TRIO\n", "")


def test_the_check_of_a_stream_finds_the_one_that_breaks_a_rule() -> None:
    output, complaints = output_of("check_your_stream.py")
    lines = output.splitlines()
    assert lines[0] == "Countdown and Upper keep all rules."
    assert lines[1] == "`readable_ended` is False until `end` is emitted, and True from then on."
    assert lines[4:6] == ["    seen: True", "    stream: <Impatient readable ended 0/65536 closed>"]
    assert complaints == ""


@pytest.mark.parametrize(
    "command",
    [
        *("websocket_echo.py", "events_and_upload.py", "from_threads.py", "web_server.py"),
        "https_server.py --make certificates",
    ],
)
def test_ctrl_c_ends_a_server_without_a_traceback(tmp_path: Path, command: str) -> None:
    name, *arguments = command.split()
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=tmp_path,
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(("ws://", "http://", "https://"))
        process.send_signal(signal.SIGINT)
        output, complaints = process.communicate(timeout=20)
    assert (process.returncode, output, "Traceback" in complaints) == (0, "", False)


@pytest.mark.parametrize("name", ["websocket_echo.py", "events_and_upload.py", "from_threads.py", "web_server.py"])
def test_a_port_that_is_taken_is_said(start: Start, name: str) -> None:
    port = str(urlsplit(start(sys.executable, EXAMPLES / "server.py")).port)
    said = failure_of(name, PORT=port)
    assert said == f"the server cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:{port}\n"
