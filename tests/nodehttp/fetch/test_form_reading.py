"""Forms that are read as a whole. What is taken and what is refused is compared with Node in
compliance/scenarios/fetch_forms."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodehttp.fetch import Blob, File, FormData, Request, Response, read_form
from nodestream import Readable, errors, run
from nodestream.errors import DOMException, FormError
from nodestream.timers import set_immediate, set_timeout
from nodestream.web import ReadableStream
from tests.nodehttp.fetch.form_support import (
    TYPE,
    Pieces,
    a_body,
    file_part,
    part,
    shown,
    split,
    temporary_files,
)

URLENCODED = "application/x-www-form-urlencoded"


async def read(data: bytes, content_type: str = TYPE, **limits: Any) -> list[Any]:
    return shown(await read_form(data, content_type, **limits))


async def failure_of(awaitable: Any) -> FormError:
    with pytest.raises(FormError) as raised:
        await awaitable
    return raised.value


async def reason_of(data: bytes, content_type: str = TYPE) -> str:
    error = await failure_of(read_form(data, content_type))
    assert (type(error), error.status) == (errors.ERR_FORM_MALFORMED, 400)
    assert str(error) == "Failed to parse body as FormData."
    return str(error.cause)


def test_fields_and_files() -> None:
    async def main() -> None:
        form = await read_form(a_body(part(b"1"), file_part(b"zz"), part(b"2")), TYPE)
        assert shown(form) == [("a", "1"), ("f", ("f.txt", "text/plain", 2)), ("a", "2")]
        file = form["f"]
        assert isinstance(file, File)
        assert await file.text() == "zz"

    run(main)


@given(st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_it_does_not_matter_how_the_bytes_come(size: int) -> None:
    data = b"before\r\n" + a_body(
        part(b"1\r\n--\r\n-\r\n--Y"),
        file_part(b"\r\n\r\n-" + bytes(range(256))),
        part(b""),
        part("\u00e9".encode() * 20),
    )

    async def main() -> None:
        whole = await read_form(data, TYPE)
        pieces = await read_form(split(data, size), TYPE)
        assert shown(whole) == shown(pieces)
        first, second = whole["f"], pieces["f"]
        assert isinstance(first, File) and isinstance(second, File)
        assert await first.bytes() == await second.bytes() == b"\r\n\r\n-" + bytes(range(256))

    run(main)


@pytest.mark.parametrize("way", ["request", "response", "web", "node", "list", "async"])
def test_it_is_read_of_anything_that_gives_bytes(way: str) -> None:
    data = a_body(part(b"1"), file_part(b"zz"))
    pieces = split(data, 50)

    async def main() -> None:
        if way == "request":
            request = Request("http://a/", method="POST", body=data, headers={"content-type": TYPE})
            form = await request.form_data()
        elif way == "response":
            form = await read_form(Response(data, headers={"content-type": TYPE}))
        else:
            sources = {
                "web": lambda: ReadableStream.from_(pieces),
                "node": lambda: Readable.from_(pieces),
                "list": lambda: pieces,
                "async": lambda: Pieces(pieces),
            }
            form = await read_form(sources[way](), TYPE)
        assert shown(form) == [("a", "1"), ("f", ("f.txt", "text/plain", 2))]

    run(main)


def test_what_is_written_is_read() -> None:
    async def main() -> None:
        form = FormData()
        form.append('q"\r\n%\u00e9;', "l\u00e9\r\n")
        form.append("f", File([b"\xff\x00"], 'a"b\\"\r\n;\u20ac.txt', type="x/y; z=1"))
        form.append("empty", Blob([]))
        again = await Response(form).form_data()
        assert shown(again) == [
            ('q"\r\n%\u00e9;', "l\u00e9\r\n"),
            ("f", ('a"b\\"\r\n;\u20ac.txt', "x/y; z=1", 2)),
            ("empty", ("blob", "application/octet-stream", 0)),
        ]

    run(main)


# --- names and types ---


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('form-data; name="a%22b%0D%0a%41"; filename="c%22d"', 'a"b\r\n%41', 'c"d'),
        (r'form-data; name="a\"b"; filename="c\"d\"e"', 'a"b', 'c"d"e'),
        (r'form-data; name="a\"; filename="C:\dir\f.txt"', "a\\", "C:\\dir\\f.txt"),
        (r'form-data; name="a\\b"', r"a\\b", None),
        ('form-data; name="\u00e9\u20ac"; filename="\u00fc"', "\u00e9\u20ac", "\u00fc"),
        ('form-data; name="a"; filename="x"; filename*=UTF-8\'\'%e2%82%ac%22.txt', "a", '\u20ac".txt'),
        ('form-data; name="a"; filename*=utf-8\'en\'y; filename="x"', "a", "y"),
        ('form-data; name=""; filename=""', "", ""),
        ("form-data; name=a; filename=", "a", ""),
        ("form-data; name='a'", "'a'", None),
        ('form-data; name="a;b=c"; filename="d; name=e"', "a;b=c", "d; name=e"),
        ('form-data; name="a"; filename="b\'c"', "a", "b'c"),
        ('Form-Data;NAME="a";FILENAME="b"', "a", "b"),
        ('form-data; filename="b"; name="a"; name="c"', "c", "b"),
        ('form-data; name="a";', "a", None),
        ('form-data; name="a" x', "a", None),
        ('form-data; name=\t"a"; filename= b', "a", "b"),
    ],
)
def test_names_are_read_as_node_reads_them(disposition: str, name: str, filename: str | None) -> None:
    async def main() -> None:
        expected: Any = "v" if filename is None else (filename, "text/plain", 1)
        assert await read(a_body(part(disposition=disposition))) == [(name, expected)]

    run(main)


@pytest.mark.parametrize(
    ("disposition", "reason"),
    [
        ("attachment; name=a", "expected form-data for content-disposition header"),
        ("form-datax; name=a", "expected form-data for content-disposition header"),
        ("form-data", "name attribute is required in content-disposition header"),
        ('form-data; filename="a"', "name attribute is required in content-disposition header"),
        ('form-data; name="a', "malformed content-disposition header"),
        ("form-data; name=\"a\"; filename*UTF-8''x", "malformed content-disposition header"),
        ('form-data; name="a" ; filename="b"', "malformed content-disposition header"),
        ("form-data; name=\"a\"; filename*=iso-8859-1''a", "unknown encoding, expected utf-8''"),
        ("form-data; name=\"a\"; filename*=utf-8''%zz", "unknown encoding, expected utf-8''"),
        ("form-data; name=\"a\"; filename*=utf-8''%ff", "a name that is not UTF-8"),
        ('form-data; name="a"\nX: y', "expected CRLF"),
    ],
)
def test_names_that_are_refused(disposition: str, reason: str) -> None:
    async def main() -> None:
        assert await reason_of(a_body(part(disposition=disposition))) == reason

    run(main)


def test_the_type_of_a_file() -> None:
    async def main() -> None:
        def typed(head: str) -> bytes:
            return part(disposition='form-data; name="f"; filename="f"', head=head)

        for head, kind in [
            ("", "text/plain"),
            ("Content-Type:  TEXT/Html; charset=X \r\n", "text/html; charset=x"),
            ("Content-Type:\r\n", ""),
            ("Content-Type: t\u00e9xt\r\n", ""),
            ("content-type: a/b\r\nContent-Type: c/d\r\n", "c/d"),
        ]:
            assert await read(a_body(typed(head))) == [("f", ("f", kind, 1))]

    run(main)


def test_text_is_utf8_whatever_is_said() -> None:
    async def main() -> None:
        charset = "Content-Type: text/plain; charset=iso-8859-1\r\n"
        assert await read(a_body(part(b"iso-8859-1", name="_charset_"), part(b"\xe9", head=charset))) == [
            ("_charset_", "iso-8859-1"),
            ("a", "\ufffd"),
        ]
        assert await read(a_body(part(b"\xef\xbb\xbfhi"))) == [("a", "\ufeffhi")]

    run(main)


def test_base64_is_decoded_and_no_other_transfer_encoding() -> None:
    async def main() -> None:
        def encoded(name: str, value: bytes) -> bytes:
            return a_body(part(value, head=f"Content-Transfer-Encoding: {name}\r\n"))

        for value in (b"aGk=", b"aGk", b"a G\r\nk=", b"aGk=aGk=", b"\xe9aGk$"):
            for size in (1, 2, 3, 100):
                form = await read_form(split(encoded("base64", value), size), content_type=TYPE)
                assert shown(form) == [("a", "hi")]
        assert await read(encoded("base64", b"-_-_")) == [("a", b"\xfb\xff\xbf".decode("utf-8", "replace"))]
        assert await read(encoded("quoted-printable", b"=41")) == [("a", "=41")]
        assert await read(encoded("BASE64", b"aGk=")) == [("a", "aGk=")]

    run(main)


# --- the frame ---

GOOD = part()


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"--X--\r\n", 0),
        (b"--X--", 0),
        (a_body(GOOD)[:-2], 1),
        (b"hello\r\n--Y\r\n" + a_body(GOOD), 1),
        (b"\r\n\r\n" + a_body(GOOD), 1),
        (b"-" + a_body(GOOD), 1),
        (a_body(GOOD) + b"bye" + a_body(GOOD), 1),
        (a_body(GOOD)[:-2] + b"bye", 1),
        (a_body(part(b"\r\n"), part(b"")), 2),
        (a_body(part(b"\r\n--\r\n--Y\r\n-X--")), 1),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_frames_that_are_taken(data: bytes, count: int, size: int) -> None:
    async def main() -> None:
        assert len(await read_form(split(data, size), TYPE)) == count

    run(main)


NO_BOUNDARY, NO_END, NO_LINE = "no boundary found in multipart body", "expected boundary after body", "expected CRLF"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NO_BOUNDARY),
        (b"hello", NO_BOUNDARY),
        (a_body(GOOD).replace(b"--X", b"--Y"), NO_BOUNDARY),
        (b"--X\r\n", NO_END),
        (GOOD, NO_END),
        (GOOD[:-2], NO_END),
        (GOOD + b"--X\r\n", NO_END),
        (GOOD + b"--X", NO_END),
        (GOOD + b"--X-", NO_END),
        (part(b"a\r\n--X \r\n") + b"--X--", NO_LINE),
        (part(b"a\r\n--X\t\r\n") + b"--X--", NO_LINE),
        (part(b"a\r\n--XY\r\n") + b"--X--", NO_LINE),
        (part(b"a\r\n--X-\r\n") + b"--X--", NO_LINE),
        (part(b"a\r\n--X\rb\r\n") + b"--X--", NO_LINE),
        (part(b"a--X--b") + b"--X--", NO_LINE),
        (part(b"a\n--X\r\n") + b"--X--", NO_LINE),
        (part(b"--X--\r\n") + b"--X--", NO_LINE),
        (b"--X\r\n\r\nv\r\n--X--\r\n", "content-disposition header is missing"),
        (b"--X\r\nX-A: b\r\n\r\nv\r\n--X--\r\n", "content-disposition header is missing"),
        (a_body(part(head="X-A: a\nb\r\n")), NO_LINE),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_frames_that_are_refused(data: bytes, reason: str, size: int) -> None:
    async def main() -> None:
        error = await failure_of(read_form(split(data, size), TYPE))
        assert (error.code, str(error.cause)) == ("ERR_FORM_MALFORMED", reason)

    run(main)


@pytest.mark.parametrize(
    "data",
    [
        b"--XY\r\n" + a_body(GOOD),
        b"--X \r\n" + a_body(GOOD)[5:],
        a_body(GOOD).replace(b"\r\n", b"\n"),
        a_body(GOOD).replace(b"\r\n", b"\r"),
        a_body(part(head="foo\r\n")),
        a_body(part(head="a b: c\r\n")),
        a_body(part(head=": c\r\n")),
        a_body(part(head=" folded\r\n")),
        a_body(part(head="X\0: c\r\n")),
        a_body(part(head="X-A: a\rb\r\n")),
    ],
)
def test_what_python_multipart_refuses(data: bytes) -> None:
    async def main() -> None:
        for size in (1, 7, 1000):
            error = await failure_of(read_form(split(data, size), TYPE))
            assert (error.code, error.status) == ("ERR_FORM_MALFORMED", 400)
            assert str(error.cause)

    run(main)


def test_the_boundary_of_the_type() -> None:
    async def main() -> None:
        data = a_body(GOOD)
        for kind, boundary in [
            ('Multipart/Form-Data; charset=x; BOUNDARY="X"', b"X"),
            ('multipart/form-data; boundary="a b;\\"c"', b'a b;"c'),
            ("multipart/form-data; boundary=" + "a" * 100, b"a" * 100),
        ]:
            assert await read(data.replace(b"X", boundary), kind) == [("a", "v")]
        missing = "missing boundary in content-type header"
        assert await reason_of(data, "multipart/form-data") == missing
        assert await reason_of(data, 'multipart/form-data; boundary=""') == missing
        assert "256" in await reason_of(data, "multipart/form-data; boundary=" + "a" * 257)
        for other in ("text/plain", "multipart/mixed; boundary=X", ""):
            error = await failure_of(read_form(data, other))
            assert (error.code, error.status) == ("ERR_FORM_CONTENT_TYPE", 415)
            assert str(error) == (
                'Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".'
            )

    run(main)


# --- limits ---


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (a_body(*[GOOD] * 3), {"max_parts": 2}, "ERR_FORM_TOO_MANY_PARTS"),
        (a_body(part(head=f"X: {'y' * 16384}\r\n")), {}, "ERR_FORM_HEADERS_TOO_LARGE"),
        (a_body(part(head="X: y\r\n" * 3000)), {}, "ERR_FORM_HEADERS_TOO_LARGE"),
        (a_body(part(head=f"{'X' * 16384}: y\r\n")), {}, "ERR_FORM_HEADERS_TOO_LARGE"),
        (a_body(part(name="n" * 100)), {"maxPartHeaderSize": 100}, "ERR_FORM_HEADERS_TOO_LARGE"),
        (a_body(part(b"v" * 11)), {"max_field_size": 10}, "ERR_FORM_FIELD_TOO_LARGE"),
        (a_body(part(bytes(1024**2 + 1))), {}, "ERR_FORM_FIELD_TOO_LARGE"),
        (a_body(file_part(b"v" * 11)), {"max_file_size": 10}, "ERR_FORM_FILE_TOO_LARGE"),
        (a_body(GOOD), {"max_total_size": len(a_body(GOOD)) - 1}, "ERR_FORM_TOO_LARGE"),
    ],
)
def test_what_is_more_than_may_be(data: bytes, limits: dict[str, Any], code: str) -> None:
    async def main() -> None:
        for size in (997, 100_000):
            error = await failure_of(read_form(split(data, size), TYPE, limits))
            assert (error.code, error.status, error.cause) == (code, 413, None)

    run(main)


def test_what_is_just_allowed() -> None:
    async def main() -> None:
        data = a_body(part(b"v" * 10), file_part(b"w" * 20))
        limits = {"max_parts": 2, "max_field_size": 10, "max_file_size": 20, "max_total_size": len(data)}
        assert len(await read(data, TYPE, **limits)) == 2
        assert len(await read(data, TYPE, max_parts=None, max_file_size=None, max_total_size=None)) == 2
        assert len(await read(a_body(*[GOOD] * 1000))) == 1000
        assert (await failure_of(read_form(a_body(*[GOOD] * 1001), TYPE))).code == "ERR_FORM_TOO_MANY_PARTS"

    run(main)


def test_wrong_limits() -> None:
    async def main() -> None:
        wrong: Any = "5"
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="max_parts"):
            await read_form(b"", TYPE, max_parts=wrong)
        with pytest.raises(errors.ERR_OUT_OF_RANGE, match="max_file_size"):
            await read_form(b"", TYPE, max_file_size=-1)
        with pytest.raises(TypeError, match="max_colour"):
            await read_form(b"", TYPE, max_colour=1)

    run(main)


# --- files on disk ---


async def a_while() -> None:
    """Let threads close what was dropped."""
    gc.collect()
    for _ in range(100):
        if not temporary_files():
            return
        await Readable.from_([1]).to_array()


def test_large_files_are_in_one_temporary_file_until_they_are_dropped() -> None:
    before = temporary_files()
    contents = [bytes([number]) * 300_000 for number in range(3)]

    async def main() -> None:
        data = a_body(*[file_part(content) for content in contents], file_part(b"small"))
        form = await read_form(split(data, 10_000), TYPE)
        assert temporary_files() == before + 1
        files = [value for value in form.values() if isinstance(value, File)]
        assert [await file.bytes() for file in files] == [*contents, b"small"]
        assert await files[1].slice(299_990).bytes() == contents[1][-10:]
        del form
        files[0].close()
        with pytest.raises(DOMException, match="could not be read"):
            await files[0].bytes()
        assert (files[0].size, files[0].name) == (300_000, "f.txt")
        assert await files[1].bytes() == contents[1]
        part_of_it = files[1].slice(0, 5)
        files.clear()
        gc.collect()
        assert await part_of_it.bytes() == contents[1][:5]

    run(main)
    gc.collect()
    assert temporary_files() == before


@pytest.mark.parametrize(("size", "count"), [(256 * 1024, 0), (256 * 1024 + 1, 1)])
def test_the_bound(size: int, count: int) -> None:
    before = temporary_files()

    async def main() -> None:
        form = await read_form(a_body(file_part(b"x" * (size - 10)), file_part(b"y" * 10)), TYPE)
        assert temporary_files() == before + count
        assert sum(value.size for value in form.values() if isinstance(value, File)) == size

    run(main)


def test_a_form_outlives_the_loop_that_it_was_read_in() -> None:
    before = temporary_files()
    forms = [run(lambda: read_form(a_body(file_part(b"xyz")), TYPE, spool_size=0))]
    assert temporary_files() == before + 1

    async def again() -> bytes:
        file = forms.pop()["f"]
        assert isinstance(file, File)
        return await file.bytes()

    assert run(again) == b"xyz"
    gc.collect()
    assert temporary_files() == before


@pytest.mark.parametrize("way", ["malformed", "too large", "source fails"])
def test_a_failure_closes_the_temporary_file_and_the_source(way: str) -> None:
    before = temporary_files()
    failure = ValueError("gone")

    async def main() -> None:
        begin = file_part(bytes(400_000)) + file_part(bytes(400_000))[:-2]
        rest = {"malformed": b"\r\n--XY", "too large": bytes(100_001), "source fails": b""}[way]
        source = Pieces(split(begin + rest + bytes(10), 10_000), failure)
        with pytest.raises((FormError, ValueError)) as raised:
            await read_form(source, TYPE, max_file_size=500_000)
        assert (raised.value is failure) == (way == "source fails")
        await a_while()
        assert temporary_files() == before  # though the error, and its traceback, are there
        assert source.is_closed

    run(main)


def test_a_loop_that_ends_meanwhile_leaves_nothing() -> None:
    before = temporary_files()

    class Endless:
        def __aiter__(self) -> Endless:
            return self

        async def __anext__(self) -> bytes:
            if temporary_files() > before:
                raise KeyboardInterrupt
            return b"x" * 100_000

    class Source(Endless):
        begun = False

        async def __anext__(self) -> bytes:
            if not self.begun:
                self.begun = True
                return file_part(b"")[:-2]
            return await super().__anext__()

    with pytest.raises(KeyboardInterrupt):
        run(lambda: read_form(Source(), TYPE))
    gc.collect()
    assert temporary_files() == before


def test_a_temporary_file_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", fail)

    async def main() -> None:
        with pytest.raises(errors.NodeSystemError, match="ENOSPC"):
            await read_form(a_body(file_part(bytes(300_000))), TYPE)

    run(main)


def test_the_loop_goes_on_while_files_are_written() -> None:
    turns: list[int] = []

    def turn() -> None:
        turns.append(1)
        set_immediate(turn).unref()

    async def main() -> None:
        set_timeout(turn, 0)
        await read_form(split(a_body(file_part(bytes(3_000_000))), 50_000), TYPE)

    run(main)
    assert len(turns) > 5


# --- urlencoded ---


def test_an_urlencoded_form() -> None:
    async def main() -> None:
        data = b"a=1+2&b=%C3%A9&&a=%zz&c"
        expected = [("a", "1 2"), ("b", "\u00e9"), ("a", "%zz"), ("c", "")]
        for size in (1, 2, 5, 100):
            assert shown(await read_form(split(data, size), URLENCODED)) == expected
        assert await read(b"?a=1", URLENCODED) == [("a", "1")]
        assert shown(await read_form([b"?", b"?a=1"], URLENCODED)) == [("?a", "1")]
        assert await read(b"a=%e9", URLENCODED + "; charset=iso-8859-1") == [("a", "\ufffd")]
        assert await read(b"", URLENCODED) == []
        assert shown(await Response(headers={"content-type": URLENCODED}).form_data()) == []

    run(main)


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (b"a=1&b=2&c=3&", {"max_parts": 2}, "ERR_FORM_TOO_MANY_PARTS"),
        (b"a=12345&b", {"max_field_size": 6}, "ERR_FORM_FIELD_TOO_LARGE"),
        (b"b&a=12345", {"max_field_size": 6}, "ERR_FORM_FIELD_TOO_LARGE"),
        (b"a=1&b=2", {"max_total_size": 6}, "ERR_FORM_TOO_LARGE"),
    ],
)
def test_the_limits_of_an_urlencoded_form(data: bytes, limits: dict[str, Any], code: str) -> None:
    async def main() -> None:
        for size in (1, 100):
            sources.append(Pieces(split(data, size)))
            assert (await failure_of(read_form(sources[-1], URLENCODED, limits))).code == code

    sources: list[Pieces] = []
    run(main)
    assert [source.is_closed for source in sources] == [True, True]


# --- what is no form ---


def test_what_cannot_be_read() -> None:
    async def main() -> None:
        wrong: Any = 5
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="source"):
            await read_form(wrong, TYPE)
        for wrong in ("text", {}, FormData()):
            with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="source"):
                await read_form(wrong, TYPE)
        large = Response(a_body(GOOD), headers={"content-type": TYPE})
        assert (await failure_of(large.form_data(max_total_size=10))).code == "ERR_FORM_TOO_LARGE"
        assert large.body_used
        used = Response(a_body(GOOD), headers={"content-type": TYPE})
        await used.bytes()
        with pytest.raises(TypeError, match="Body is unusable"):
            await used.form_data()
        assert await reason_of(b"") == NO_BOUNDARY
        error = await failure_of(Response(headers={"content-type": TYPE}).form_data())
        assert str(error.cause) == NO_BOUNDARY

    run(main)


def test_python_multipart_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, nodehttp.fetch; sys.exit('python_multipart' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


def test_without_python_multipart(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "python_multipart"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "python_multipart", None)

    async def main() -> None:
        with pytest.raises(ModuleNotFoundError, match=r"pip install nodehttp\[multipart\]"):
            await read_form(a_body(GOOD), TYPE)
        assert await read(b"a=1", URLENCODED) == [("a", "1")]

    run(main)
