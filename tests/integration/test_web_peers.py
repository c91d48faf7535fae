"""Forms and streams between us and others: Node's fetch, Node's server, curl, and a page in Chromium."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from compliance._node import node_binary
from nodehttp.fetch import FormData, fetch
from nodestream import open_loop
from nodestream.fs import open_as_blob
from tests.examples.browser import browser, page
from tests.integration.curl import Curl
from tests.integration.web_serving import PIECES, web_server

PEERS = Path(__file__).parent / "peers"
TITLE = "Two files, \N{LATIN SMALL LETTER E WITH ACUTE}"
STREAM = [10 * 1024 * 1024, hashlib.sha256(b"n" * 10 * 1024 * 1024).hexdigest()]

REFUSED = [413, "ERR_FORM_FILE_TOO_LARGE"]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A file that takes many pieces, with whatever may be in it, and an empty one."""
    paths = [tmp_path / 'a "large" \N{EURO SIGN}.bin', tmp_path / "empty"]
    paths[0].write_bytes(os.urandom(5_000_000) + b"\r\n--")
    paths[1].touch()
    return paths


def told(files: list[Path], *names: str, kind: str) -> list[list[Any]]:
    """What a form with these files is told to be."""
    return [
        ["title", TITLE],
        *(
            [name, path.name, kind, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()]
            for name, path in zip(names, files, strict=True)
        ),
    ]


# --- Node ---


async def test_nodes_fetch_sends_forms_and_streams_and_reads_an_answer_as_it_is_made(files: list[Path]) -> None:
    async with open_loop(), web_server() as origin:
        command = [node_binary(), str(PEERS / "fetch.cjs"), "send", origin, *map(str, files)]
        with trio.fail_after(60):
            done = await trio.run_process(command, capture_stdout=True)
    form = told(files, "file", "file", kind="x/y")
    assert json.loads(done.stdout) == {
        "parts": form,
        "form": form,
        "refused": REFUSED,
        "stream": [*STREAM, None],
        "pieces": PIECES,
    }


@pytest.fixture
def node_origin() -> Iterator[str]:
    """Of Node's server."""
    command = [node_binary(), str(PEERS / "fetch.cjs"), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


async def test_our_fetch_sends_a_form_with_files_to_node(node_origin: str, files: list[Path]) -> None:
    async with open_loop():
        form = FormData()
        form.append("title", TITLE)
        for path in files:
            form.append("file", await open_as_blob(path, type="x/y"), path.name)
        response = await fetch(f"{node_origin}/form", method="POST", body=form)
        assert await response.json() == told(files, "file", "file", kind="x/y")


async def test_our_fetch_sends_a_stream_to_node(node_origin: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"n" * 64 * 1024

    async with open_loop():
        response = await fetch(f"{node_origin}/digest", method="POST", body=pieces(), duplex="half")
        assert await response.json() == [*STREAM, "chunked"]


async def test_our_fetch_reads_an_answer_as_node_makes_it(node_origin: str) -> None:
    seen = []
    async with open_loop():
        response = await fetch(f"{node_origin}/pieces")
        async for piece in response.body:
            seen.append(piece.decode())
            await (await fetch(f"{node_origin}/go", method="POST")).text()
    assert seen == PIECES


# --- curl ---


@pytest.mark.parametrize("path", ["parts", "form"])
async def test_curl_posts_a_form_with_two_files(run: Curl, files: list[Path], path: str) -> None:
    renamed = [file.rename(file.with_name(name)) for file, name in zip(files, ("large", "empty"), strict=True)]
    fields = [f"title={TITLE}", f"first=@{renamed[0]};type=x/y", f"second=@{renamed[1]};type=x/y"]
    arguments = [argument for field in fields for argument in ("-F", field)]
    async with open_loop(), web_server() as origin:
        answer = await trio.to_thread.run_sync(partial(run, *arguments, f"{origin}/{path}"))
    assert json.loads(answer) == told(renamed, "first", "second", kind="x/y")


async def test_curl_is_told_that_a_form_is_refused(run: Curl, files: list[Path]) -> None:
    large = files[0].rename(files[0].with_name("large"))
    async with open_loop(), web_server() as origin:
        answer = await trio.to_thread.run_sync(partial(run, "-F", f"first=@{large}", f"{origin}/refused"))
    assert (json.loads(answer), "413 Payload Too Large" in run.said) == (REFUSED, True)


# --- a browser ---


def visit(profile: Path, origin: str, files: list[Path]) -> dict[str, Any]:
    """What Chromium got: for a form that a script sends, for the streamed answer, for a form that is submitted."""
    with browser(profile) as url, page(url) as opened:
        opened.open(f"{origin}/")
        for name, path in zip(("first", "second"), files, strict=True):
            opened.choose_file(f"input[name={name}]", path)
        opened.evaluate("globalThis.form = document.querySelector('form')")
        opened.evaluate((PEERS / "read_pieces.js").read_text())
        got = {
            "form": opened.evaluate(
                "fetch('/form', { method: 'POST', body: new FormData(form) }).then((response) => response.json())"
            ),
            "refused": opened.evaluate(
                "fetch('/refused', { method: 'POST', body: new FormData(form) }).then((response) => response.json())"
            ),
            "pieces": opened.evaluate("readPieces('')"),
        }
        opened.evaluate(
            """(() => {
              const frame = document.createElement('iframe');
              frame.name = form.target = 'answer';
              document.body.append(frame);
              return new Promise((resolve) => { frame.onload = resolve; form.submit(); });
            })()"""
        )
        got["parts"] = json.loads(opened.evaluate("frames[0].document.body.textContent"))
        return got


async def test_a_page_posts_a_form_with_two_files_and_reads_an_answer_as_it_is_made(
    tmp_path: Path, files: list[Path]
) -> None:
    async with open_loop(), web_server() as origin:
        got = await trio.to_thread.run_sync(visit, tmp_path / "profile", origin, files)
    form = told(files, "first", "second", kind="application/octet-stream")
    assert got == {"form": form, "parts": form, "refused": REFUSED, "pieces": PIECES}
