"""A form as multipart/form-data. The bytes are compared with Node's in compliance/scenarios/fetch_forms."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nodehttp.fetch import Blob, File, FormData, Response
from nodehttp.fetch._multipart_encoding import encode
from nodestream import run
from nodestream.errors import DOMException
from nodestream.fs import open_as_blob


def a_form(*entries: tuple[str, object]) -> FormData:
    form = FormData()
    for name, value in entries:
        form.append(name, value)
    return form


async def written(form: FormData) -> bytes:
    """The bytes, with the boundary X; their number is what was said."""
    body = encode(form)
    data = b"".join([chunk async for chunk in body.chunks()])
    assert len(data) == body.length
    return data.replace(body.boundary.encode(), b"X")


def test_fields_and_files() -> None:
    async def main() -> None:
        assert await written(FormData()) == b"--X--\r\n"
        assert await written(a_form(("a", "1"))) == (
            b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X--\r\n'
        )
        assert await written(a_form(("f", File(["zz"], "f.txt", type="text/plain")), ("b", Blob(["q"])))) == (
            b'--X\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n'
            b"Content-Type: text/plain\r\n\r\nzz\r\n"
            b'--X\r\nContent-Disposition: form-data; name="b"; filename="blob"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\nq\r\n--X--\r\n"
        )

    run(main)


def test_names_and_values_are_escaped() -> None:
    async def main() -> None:
        form = a_form(('q"\r\n%\u00e9', "1\n2\r3\r\n\r"), ("n\n", File([], 'a"b\rc\nd\\')), ("e", File([], "")))
        assert await written(form) == (
            b'--X\r\nContent-Disposition: form-data; name="q%22%0D%0A%\xc3\xa9"\r\n\r\n1\r\n2\r\n3\r\n\r\n\r\n'
            b'--X\r\nContent-Disposition: form-data; name="n%0D%0A"; filename="a%22b%0Dc%0Ad\\"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n\r\n"
            b'--X\r\nContent-Disposition: form-data; name="e"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n\r\n--X--\r\n"
        )

    run(main)


def test_the_boundary_is_not_to_be_guessed() -> None:
    boundaries = {encode(FormData()).boundary for _ in range(100)}
    assert len(boundaries) == 100
    assert all(re.fullmatch("----formdata-undici-0[0-9]{11}", boundary) for boundary in boundaries)
    body = encode(FormData())
    assert body.content_type == f"multipart/form-data; boundary={body.boundary}"


def test_what_is_sent_is_the_form_as_it_was() -> None:
    async def main() -> None:
        form = a_form(("a", "1"))
        body = encode(form)
        form.append("b", "2")
        first = [chunk async for chunk in body.chunks()]
        assert b'name="b"' not in b"".join(first)
        assert first == [chunk async for chunk in body.chunks()]

    run(main)


def test_files_are_read_from_disk_in_chunks(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(600_000))

    async def main() -> None:
        large = await open_as_blob(tmp_path / "large", type="x/y")
        form = a_form(("a", "1"), ("f", large), ("e", File([], "e")), ("g", large.slice(0, 10)), ("b", "2" * 70_000))
        form.append("c", "3")
        sizes = [len(chunk) async for chunk in encode(form).chunks()]
        assert sizes[1:4] == [262_144, 262_144, 75_712]
        assert sizes[6] == 10
        assert len(sizes) == 9
        assert sum(sizes) == encode(form).length

    run(main)


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(600_000))

    def is_open() -> bool:
        names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
        return str(path) in [os.readlink(name) for name in names if os.path.lexists(name)]

    async def main() -> None:
        chunks = encode(a_form(("f", await open_as_blob(path)))).chunks()
        await anext(chunks)
        await anext(chunks)
        assert is_open()
        await chunks.aclose()
        assert [chunk async for chunk in chunks] == []

    run(main)
    assert not is_open()


def test_a_file_that_changes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")

    async def main() -> None:
        body = encode(a_form(("f", await open_as_blob(path))))
        path.write_bytes(b"1234567")
        with pytest.raises(DOMException, match="could not be read"):
            [chunk async for chunk in body.chunks()]

    run(main)


def test_a_response_is_made_of_a_form() -> None:
    async def main() -> None:
        response = Response(a_form(("a", "1")))
        boundary = response.headers["content-type"].partition("boundary=")[2]
        assert (await response.bytes()).startswith(b"--" + boundary.encode())

    run(main)
