"""The examples of fetch and of a server of the web's kind, each as a program of its own; the page in Chromium."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.browser import Page, browser, page
from tests.examples.support import EXAMPLES, Start, ask, failure_of, output_of, target_that_answers

CONTENT = os.urandom(1_500_000)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def answer_of(body: bytes, *headers: str) -> bytes:
    """The bytes of a response."""
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


@pytest.fixture
def url(start: Start) -> str:
    """Of the server of the web's kind, without a slash at the end."""
    return start(sys.executable, EXAMPLES / "web_server.py").rstrip("/")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A large one and a small one."""
    paths = [tmp_path / "a \N{LATIN SMALL LETTER E WITH ACUTE}.bin", tmp_path / "b.txt"]
    paths[0].write_bytes(CONTENT)
    paths[1].write_bytes(b"small")
    return paths


# --- a download ---


@pytest.mark.parametrize(
    ("answer", "progress"),
    [
        (answer_of(CONTENT), f"{len(CONTENT)} bytes, 100 %"),
        (answer_of(gzip.compress(CONTENT), "Content-Encoding: gzip"), f"{len(CONTENT)} bytes"),
    ],
    ids=["plain", "gzip"],
)
def test_a_download_shows_how_far_it_is(tmp_path: Path, answer: bytes, progress: str) -> None:
    file = tmp_path / "file"
    with target_that_answers(answer) as target:
        output, complaints = output_of("fetch_download.py", target, str(file))
    assert output == f"{file}: {len(CONTENT)} bytes\n"
    shown = complaints.splitlines()  # a carriage return counts as the end of a line here
    assert shown[-1] == progress
    assert len(shown) > 3
    assert (file.read_bytes(), os.listdir(tmp_path)) == (CONTENT, ["file"])


def test_a_download_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    assert failure_of("fetch_download.py").startswith("usage: ")
    for target, complaint in (
        ("nonsense", "Invalid URL"),
        ("http://127.0.0.1:2/", "connect ECONNREFUSED 127.0.0.1:2"),
    ):
        assert failure_of("fetch_download.py", target, tmp_path / "file") == f"the download failed: {complaint}\n"
    for answer, complaint in (
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the server answered 404 Not Found"),
        (answer_of(CONTENT)[:-1], "the download failed: other side closed"),
    ):
        with target_that_answers(answer) as target:
            assert failure_of("fetch_download.py", target, tmp_path / "file").splitlines()[-1] == complaint
    assert os.listdir(tmp_path) == []


def test_a_download_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        said = failure_of("fetch_download.py", url, tmp_path / "file", "0.1")
    assert said == "the download failed: The operation was aborted due to timeout\n"
    assert os.listdir(tmp_path) == []


# --- an upload ---


def test_files_are_uploaded_as_a_form(url: str, files: list[Path]) -> None:
    output, complaints = output_of("fetch_upload.py", f"{url}/upload", *map(str, files))
    status, told = output.split(maxsplit=1)
    assert (status, complaints) == ("200", "")
    assert json.loads(told) == {
        "fields": {"count": "2"},
        "files": [
            {
                "name": path.name,
                "type": "application/octet-stream",
                "size": path.stat().st_size,
                "sha256": sha256(path.read_bytes()),
            }
            for path in files
        ],
    }


def test_standard_input_is_uploaded_as_it_comes(start: Start) -> None:
    server = start(sys.executable, EXAMPLES / "server.py")
    command = [sys.executable, EXAMPLES / "fetch_upload.py", f"{server}echo"]
    done = subprocess.run(command, input=b"one\ntwo\n", capture_output=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == (b"200 one\ntwo\n\n", b"")


def test_an_upload_that_fails_says_why(tmp_path: Path) -> None:
    assert failure_of("fetch_upload.py").startswith("usage: ")
    missing = f"the upload failed: ENOENT: no such file or directory, stat '{tmp_path}/nothing'\n"
    assert failure_of("fetch_upload.py", "http://127.0.0.1:2/", tmp_path / "nothing") == missing
    refused = "the upload failed: connect ECONNREFUSED 127.0.0.1:2\n"
    assert failure_of("fetch_upload.py", "http://127.0.0.1:2/", Path(__file__)) == refused


# --- the server, by hand ---


def test_what_is_wrong_with_a_form_is_said(url: str) -> None:
    assert ask(url, "POST", "/upload", b"a=b")[::3] == (
        415,
        b'{"error":"Content-Type was not one of \\"multipart/form-data\\"."}',
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert ask(url, "POST", "/upload", b"nonsense", **kind)[::3] == (
        400,
        b'{"error":"Failed to parse body as FormData."}',
    )
    assert ask(url, "GET", "/upload")[::3] == (404, b'{"error":"There is nothing here."}')


def test_what_is_below_upstream_is_passed_on(start: Start) -> None:
    upstream = start(sys.executable, EXAMPLES / "server.py").rstrip("/")
    url = start(sys.executable, EXAMPLES / "web_server.py", UPSTREAM=upstream).rstrip("/")
    assert ask(url, "GET", "/upstream/?x=1")[::3] == (200, b"Hello from a stream.\n")
    assert ask(url, "GET", "/upstream/no/where")[::3] == (404, b"Not found.\n")


def test_an_upstream_that_is_not_there_is_a_bad_gateway(start: Start) -> None:
    url = start(sys.executable, EXAMPLES / "web_server.py", UPSTREAM="http://127.0.0.1:2").rstrip("/")
    said = b"The upstream does not answer: connect ECONNREFUSED 127.0.0.1:2\n"
    assert ask(url, "GET", "/upstream/x")[::3] == (502, said)


# --- the page ---


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with browser(tmp_path_factory.mktemp("profile")) as url:
        yield url


@pytest.fixture
def opened(chromium: str, url: str) -> Iterator[Page]:
    with page(chromium) as opened:
        opened.open(f"{url}/")
        yield opened


def test_the_page_sends_a_form_with_two_files(opened: Page, files: list[Path]) -> None:
    for name, path in zip(("first", "second"), files, strict=True):
        opened.choose_file(f"input[name={name}]", path)
    opened.click("form button")
    opened.until("document.querySelector('#result').textContent.includes('has received')")
    assert "\u201cTwo files\u201d" in opened.text("#result")
    assert opened.texts("td") == [
        text
        for path in files
        for text in (path.name, f"{path.stat().st_size} bytes", f"SHA-256 {sha256(path.read_bytes())}")
    ]


def test_the_page_shows_an_answer_as_it_comes(opened: Page) -> None:
    opened.evaluate(
        """window.seen = [];
        new MutationObserver(() => seen.push(document.querySelector('#ticks').textContent))
          .observe(document.querySelector('#ticks'), { childList: true })"""
    )
    opened.click("#listen")
    opened.until("document.querySelector('#ticks').textContent.includes('tick 5 of 5')")
    seen = opened.evaluate("seen")
    assert seen[-1] == "".join(f"tick {n} of 5\n" for n in range(1, 6))
    assert len([text for text in seen if text]) > 1
