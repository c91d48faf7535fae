"""The static file server, on a real directory and real sockets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import trio

from nodehttp._cli._serve import create_file_server
from tests.nodehttp.cli.support import Answer, ask, connect, running

OUTSIDE = b"a secret outside of the served directory"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with files, links and hidden names, beside something that must never be served."""
    (tmp_path / "secret.txt").write_bytes(OUTSIDE)
    root = tmp_path / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "with index").mkdir()
    (root / "hello.txt").write_bytes(b"0123456789")
    (root / "empty").write_bytes(b"")
    (root / "sub" / "page.html").write_bytes(b"<p>page")
    (root / "with index" / "index.html").write_bytes(b"<p>index")
    (root / ".hidden").write_bytes(b"hidden")
    (root / "<b>&.txt").write_bytes(b"odd")
    (root / "inside-link").symlink_to("sub/page.html")
    (root / "outside-link").symlink_to(tmp_path / "secret.txt")
    (root / "outside-directory").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "fifo")
    return root


async def get(root: Path, target: str, method: str = "GET", body: bytes | None = None, **headers: Any) -> Answer:
    uploads = headers.pop("uploads", False)
    async with running(create_file_server(str(root), uploads=uploads)) as [port]:
        return await ask(port, method, target, body, **headers)


def names_in(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


# --- reading ---


async def test_a_file_is_sent_with_its_type_length_and_validators(root: Path) -> None:
    answer = await get(root, "/hello.txt")
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-length"] == "10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].startswith('"')
    assert answer.headers["last-modified"].endswith(" GMT")


async def test_head_has_the_headers_of_get_and_no_body(root: Path) -> None:
    async with running(create_file_server(str(root))) as [port]:
        connection = await connect(port)
        async with connection.stream:
            for target in ("/hello.txt", "/sub/", "/nothing", "/sub"):
                head, full = await connection.ask("HEAD", target), await connection.ask("GET", target)
                assert head.body == b""
                assert head.status == full.status
                assert head.headers["content-length"] == str(len(full.body))


async def test_an_empty_file_is_sent(root: Path) -> None:
    answer = await get(root, "/empty")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "0", b"")


async def test_a_large_file_comes_whole(root: Path) -> None:
    content = os.urandom(5_000_001)
    (root / "large").write_bytes(content)
    assert (await get(root, "/large")).body == content


@pytest.mark.parametrize(
    ("header", "status", "part", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=x", 200, b"0123456789", None),
    ],
)
async def test_ranges(root: Path, header: str, status: int, part: bytes, content_range: str | None) -> None:
    answer = await get(root, "/hello.txt", range=header)
    assert (answer.status, answer.body, answer.headers.get("content-range")) == (status, part, content_range)
    assert answer.headers["content-length"] == str(len(part))


async def test_a_range_beyond_the_end_is_a_416(root: Path) -> None:
    answer = await get(root, "/hello.txt", range="bytes=10-")
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10")


async def test_a_range_of_a_file_that_has_changed_is_the_whole_file(root: Path) -> None:
    tag = (await get(root, "/hello.txt")).headers["etag"]
    assert (await get(root, "/hello.txt", range="bytes=0-1", if_range=tag)).status == 206
    assert (await get(root, "/hello.txt", range="bytes=0-1", if_range='"other"')).status == 200


async def test_a_client_that_has_the_file_gets_a_304(root: Path) -> None:
    async with running(create_file_server(str(root))) as [port]:
        connection = await connect(port)
        async with connection.stream:
            first = await connection.ask("GET", "/hello.txt")
            tag, date = first.headers["etag"], first.headers["last-modified"]
            for condition in ({"if_none_match": tag}, {"if_none_match": f'"x", W/{tag}'}, {"if_modified_since": date}):
                answer = await connection.ask("GET", "/hello.txt", **condition)
                assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
            assert (await connection.ask("GET", "/hello.txt", if_match='"x"')).status == 412
            os.utime(root / "hello.txt", (1, 1))
            assert (await connection.ask("GET", "/hello.txt", if_none_match=tag)).status == 200


async def test_a_directory_shows_what_can_be_asked_for(root: Path) -> None:
    answer = await get(root, "/")
    page = answer.body.decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for shown in ('href="./sub/"', 'href="./hello.txt"', "&lt;b&gt;&amp;.txt", 'href="./inside-link"', "10 B"):
        assert shown in page
    for hidden in (".hidden", "outside", "fifo", "dangling", "loop", "type=&quot;file", 'type="file"'):
        assert hidden not in page


async def test_a_directory_with_an_index_page_is_that_page(root: Path) -> None:
    answer = await get(root, "/with%20index/")
    assert (answer.body, answer.headers["content-type"]) == (b"<p>index", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/sub", "/sub/"),
        ("/sub?a=b", "/sub/?a=b"),
        ("//sub", "/sub/"),
        ("/with%20index", "/with%20index/"),
        ("///sub/deep", "/sub/deep/"),
    ],
)
async def test_a_directory_without_a_slash_is_a_redirection_to_this_host(
    root: Path, target: str, location: str
) -> None:
    answer = await get(root, target)
    assert (answer.status, answer.headers["location"]) == (301, location)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/nothing", 404),
        ("/hello.txt/", 404),
        ("/hello.txt/x", 404),
        ("/.hidden", 404),
        ("/sub/../.hidden", 403),
        ("/../secret.txt", 403),
        ("/%2e%2e/secret.txt", 403),
        ("/..%2fsecret.txt", 404),
        ("/%2e%2e%2fsecret.txt", 404),
        ("/sub/..%5c..%5csecret.txt", 404),
        ("/outside-link", 403),
        ("/outside-directory/", 403),
        ("/outside-directory/secret.txt", 403),
        ("/outside-directory/root/hello.txt", 200),
        ("/loop", 403),
        ("/dangling", 404),
        ("/fifo", 403),
        ("/hello.txt%00", 400),
        ("/%zz", 400),
        ("/" + "x" * 300, 404),
        ("/" + "x/" * 3000, 404),
        ("/inside-link", 200),
        ("http://elsewhere/hello.txt", 200),
    ],
)
async def test_nothing_outside_of_the_directory_is_served(root: Path, target: str, status: int) -> None:
    answer = await get(root, target)
    assert answer.status == status
    assert OUTSIDE not in answer.body


async def test_the_whole_path_may_be_given_by_its_real_name(root: Path) -> None:
    answer = await get(root, str(root / "hello.txt"))
    assert answer.status == 404


async def test_a_browser_gets_errors_as_pages_and_a_program_as_a_line(root: Path) -> None:
    assert (await get(root, "/nothing")).body == b"There is nothing of this name.\n"
    assert b"<h1>Not Found</h1>" in (await get(root, "/nothing", accept="text/html,*/*")).body


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(root: Path, method: str) -> None:
    before = names_in(root)
    answer = await get(root, "/new", method, b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert names_in(root) == before


async def test_options_tells_what_is_allowed(root: Path) -> None:
    answer = await get(root, "/", "OPTIONS", uploads=True)
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PUT, POST")


async def test_a_file_that_becomes_shorter_is_cut_short_for_the_client(root: Path) -> None:
    size = 50_000_000
    (root / "large").touch()
    os.truncate(root / "large", size)
    async with running(create_file_server(str(root))) as [port]:
        connection = await connect(port)
        async with connection.stream:
            await connection.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            await connection.head()
            os.truncate(root / "large", 1)
            try:
                rest = await connection.rest()
            except trio.BrokenResourceError:
                rest = b""
            assert len(rest) < size


async def test_who_has_sent_a_request_and_ends_still_gets_the_answer(root: Path) -> None:
    async with running(create_file_server(str(root))) as [port]:
        connection = await connect(port)
        async with connection.stream:
            await connection.send(b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n\r\n")
            await connection.stream.send_eof()
            assert (await connection.answer()).body == b"0123456789"
            assert await connection.rest() == b""


async def test_no_file_stays_open_when_clients_leave(root: Path) -> None:
    (root / "large").touch()
    os.truncate(root / "large", 50_000_000)
    before = len(os.listdir("/proc/self/fd"))
    async with running(create_file_server(str(root))) as [port]:
        for _ in range(5):
            connection = await connect(port)
            await connection.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            await connection.head()
            await connection.stream.aclose()
    assert len(os.listdir("/proc/self/fd")) == before


# --- uploads ---


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("size", [0, 1, 1_000_000])
async def test_an_upload_creates_a_file_and_then_replaces_it(root: Path, method: str, size: int) -> None:
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        first = await ask(port, method, "/sub/n%20ew?x", b"x" * size)
        assert (first.status, first.headers["location"]) == (201, "/sub/n%20ew")
        assert (root / "sub" / "n ew").read_bytes() == b"x" * size
        second = await ask(port, method, "/sub/n%20ew", b"y")
        assert second.status == 200
        assert (root / "sub" / "n ew").read_bytes() == b"y"
    assert names_in(root / "sub") == {"page.html", "deep", "n ew"}


async def test_a_chunked_upload_is_a_file(root: Path) -> None:
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert (await get(root, "/new", "PUT", body, uploads=True, transfer_encoding="chunked")).status == 201
    assert (root / "new").read_bytes() == b"abcde"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 409),
        ("/sub/", 409),
        ("/sub", 409),
        ("/nowhere/new", 409),
        ("/hello.txt/new", 409),
        ("/../new", 403),
        ("/%2e%2e/new", 403),
        ("/..%2fnew", 404),
        ("/.new", 404),
        ("/outside-directory/new", 403),
        ("/outside-link", 403),
        ("/fifo", 403),
        ("/" + "x" * 300, 404),
    ],
)
async def test_an_upload_to_a_place_that_is_none_is_refused(root: Path, target: str, status: int) -> None:
    before = names_in(root.parent)
    assert (await get(root, target, "PUT", b"x", uploads=True)).status == status
    assert names_in(root.parent) == before
    assert (root.parent / "secret.txt").read_bytes() == OUTSIDE


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": "*"}, 412),
        ({"if_match": '"x"'}, 412),
        ({"content_range": "bytes 0-0/10"}, 400),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
    ],
)
async def test_an_upload_is_refused_when_it_should_not_replace(
    root: Path, headers: dict[str, str], status: int
) -> None:
    assert (await get(root, "/hello.txt", "PUT", b"x", uploads=True, **headers)).status == status
    assert (root / "hello.txt").read_bytes() == (b"x" if status == 200 else b"0123456789")


@pytest.mark.parametrize("framing", ["Content-Length: 10", "Transfer-Encoding: chunked"])
async def test_an_upload_that_is_cut_short_leaves_nothing(root: Path, framing: str) -> None:
    before = names_in(root)
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        connection = await connect(port)
        await connection.send(f"PUT /hello.txt HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n3\r\nab".encode())
        while names_in(root) == before:
            await trio.lowlevel.checkpoint()
        assert (await ask(port, "GET", "/")).body.count(b"upload-") == 0
        await connection.stream.aclose()
        while names_in(root) != before:
            await trio.lowlevel.checkpoint()
    assert (root / "hello.txt").read_bytes() == b"0123456789"


async def test_uploads_at_the_same_time_do_not_mix(root: Path) -> None:
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        bodies = [bytes([65 + number]) * 300_000 for number in range(8)]
        async with trio.open_nursery() as nursery:
            for body in bodies:
                nursery.start_soon(ask, port, "PUT", "/same", body)
    assert (root / "same").read_bytes() in bodies


async def test_a_body_that_is_refused_is_not_asked_for(root: Path) -> None:
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        connection = await connect(port)
        async with connection.stream:
            head = "PUT /nowhere/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"
            await connection.send(head.encode())
            answer = await connection.answer()
            assert (answer.status, answer.headers["connection"]) == (409, "close")
            assert await connection.rest() == b""


async def test_a_body_that_is_welcome_is_asked_for(root: Path) -> None:
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        connection = await connect(port)
        async with connection.stream:
            await connection.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert (await connection.answer()).status == 100
            await connection.send(b"ok")
            assert (await connection.answer()).status == 201
    assert (root / "new").read_bytes() == b"ok"


async def test_a_full_disk_is_a_507_and_leaves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    before = names_in(root)
    monkeypatch.setattr(os, "write", no_room)
    monkeypatch.setattr(os, "writev", no_room)
    size = 20_000_000
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        connection = await connect(port)
        async with connection.stream, trio.open_nursery() as nursery:
            head = f"PUT /new HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n".encode()
            nursery.start_soon(connection.send, head + bytes(size))
            assert (await connection.answer()).status == 507
    assert names_in(root) == before


# --- the log ---


async def test_each_request_is_one_line_of_the_log(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(create_file_server(str(root), uploads=True)) as [port]:
        connection = await connect(port)
        async with connection.stream:
            await connection.ask("GET", "/hello.txt")
            await connection.ask("GET", "/a\\b")
            await connection.ask("PUT", "/new", b"abc")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[1:6] for line in lines] == [
        ["127.0.0.1", "GET", "/hello.txt", "200", "10"],
        ["127.0.0.1", "GET", "/a\\\\b", "404", "31"],
        ["127.0.0.1", "PUT", "/new", "201", "3"],
    ]
    assert all(line.endswith("ms") for line in lines)
