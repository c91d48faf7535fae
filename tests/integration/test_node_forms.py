"""Forms between us, Node, and python-multipart used as its makers mean it."""

from __future__ import annotations

import base64
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import trio
from python_multipart.multipart import parse_form

import nodehttp as http
from compliance._node import node_binary
from nodehttp.fetch import Blob, File, FormData, Response, form_parts
from nodestream import consumers, open_loop
from nodestream.events import once
from nodestream.fs import open_as_blob

PEER = Path(__file__).parent / "peers" / "forms.cjs"
BYTES = bytes([0, 255, 13, 10, 45, 45])
LARGE = (b"\r\n-" * 233_334)[:700_000]


async def node(task: str, message: Any = None, *args: str) -> Any:
    """What Node makes of it."""
    with trio.fail_after(60):
        done = await trio.run_process(
            [node_binary(), str(PEER), task, *args], stdin=json.dumps(message).encode(), capture_stdout=True
        )
    return json.loads(done.stdout)


async def a_form(folder: Path) -> FormData:
    """One with everything that may go wrong."""
    (folder / "large").write_bytes(LARGE)
    form = FormData()
    form.append("plain", "1")
    form.append('\u00e9"\r\n;\\', "l1\nl2")
    form.append("file", File([BYTES], 'a"b\\;\u20ac.bin', type="x/y; z=1"))
    form.append("blob", Blob(["\r\n--"]))
    form.append("large", await open_as_blob(folder / "large"), "large")
    return form


ENTRIES = [
    ["plain", "1"],
    ['\u00e9"\r\n;\\', "l1\r\nl2"],
    ["file", 'a"b\\;\u20ac.bin', "x/y; z=1", BYTES],
    ["blob", "blob", "application/octet-stream", b"\r\n--"],
    ["large", "large", "application/octet-stream", LARGE],
]


async def test_node_reads_what_is_written_here(tmp_path: Path) -> None:
    async with open_loop():
        response = Response(await a_form(tmp_path))
        kind, data = response.headers["content-type"], await response.bytes()
    found = await node("read", {"type": kind, "bytes": base64.b64encode(data).decode()})
    assert [[*entry[:3], base64.b64decode(entry[3])] if len(entry) > 2 else entry for entry in found] == ENTRIES


async def test_what_node_writes_is_read_here() -> None:
    written = await node("write")
    data = base64.b64decode(written["bytes"])
    async with open_loop():
        form = await Response(data, headers={"content-type": written["type"]}).form_data()
        found = [
            [name, value.name, value.type, await value.bytes()] if isinstance(value, File) else [name, value]
            for name, value in form
        ]
    assert found == ENTRIES


async def test_what_node_posts_is_read_part_by_part() -> None:
    async def handler(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        found = []
        async for part in form_parts(req):
            data = await consumers.buffer(part)
            found.append([part.name, part.filename, part.type, len(data), sha256(data).hexdigest()])
        res.end(json.dumps(found))

    async with open_loop():
        server = http.create_server(handler)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        found = await node("post", None, str(server.address()["port"]))
        server.close()
        server.close_all_connections()
    expected = []
    for name, *file, value in ENTRIES:
        data = value if isinstance(value, bytes) else value.encode()
        expected.append([name, *(file or [None, "text/plain"]), len(data), sha256(data).hexdigest()])
    assert found == expected


async def test_python_multipart_reads_what_is_written_here(tmp_path: Path) -> None:
    async with open_loop():
        response = Response(await a_form(tmp_path))
        kind, data = response.headers["content-type"], await response.bytes()
    found: list[Any] = []

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        found.append([file.field_name, file.file_name, file.file_object.read()])

    parse_form(
        {"Content-Type": kind.encode(), "Content-Length": str(len(data)).encode()},
        io.BytesIO(data),
        lambda field: found.append([field.field_name, field.value]),
        on_file,
    )
    assert sorted(found) == sorted(
        [
            [b"plain", b"1"],
            [b"\xc3\xa9%22%0D%0A;\\", b"l1\r\nl2"],
            [b"file", "a%22b\\;\u20ac.bin".encode(), BYTES],
            [b"blob", b"blob", b"\r\n--"],
            [b"large", b"large", LARGE],
        ]
    )
