"""curl, as a client that we did not write, against the command line's servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.curl import ALWAYS, LIMIT, Curl
from tests.nodehttp.cli.commands import Server

CONTENT = bytes(range(256)) * 4096
"""1 MiB."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(CONTENT)
    (tmp_path / "other.txt").write_text("other\n")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.fixture(params=["server", "proxy"])
def url(request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    """The URL of a server with uploads, and of a proxy before one."""
    with Server("serve", directory, "--port", "0", "--upload") as server:
        if request.param == "server":
            yield server.url
            return
        with Server("proxy", server.url, "--port", "0") as proxy:
            yield proxy.url


def test_a_chunked_upload_from_standard_input(run: Curl, url: str, directory: Path) -> None:
    content = os.urandom(3_000_000)
    answer = run("--upload-file", "-", url + "sub/new", stdin=content)
    assert answer == b"Created /sub/new (3000000 bytes)\n"
    assert "> Transfer-Encoding: chunked" in run.said
    assert "201 Created" in run.said
    assert (directory / "sub" / "new").read_bytes() == content


def test_a_download(run: Curl, url: str) -> None:
    assert run(url + "file") == CONTENT
    assert f"< Content-Length: {len(CONTENT)}" in run.said


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("0-99", slice(100)),
        ("1000-1999", slice(1000, 2000)),
        ("-5", slice(-5, None)),
        ("1048570-", slice(1048570, None)),
    ],
)
def test_ranges(run: Curl, url: str, asked: str, part: slice) -> None:
    assert run("--range", asked, url + "file") == CONTENT[part]
    assert "206 Partial Content" in run.said


def test_a_download_that_was_interrupted_goes_on(run: Curl, url: str, tmp_path: Path) -> None:
    partial = tmp_path / "partial"
    partial.write_bytes(CONTENT[:300_000])
    run("--continue-at", "-", "--output", str(partial), url + "file")
    assert partial.read_bytes() == CONTENT


def test_a_file_that_curl_has_already_is_not_sent_again(run: Curl, url: str, tmp_path: Path) -> None:
    tag = tmp_path / "etag"
    assert run("--etag-save", str(tag), url + "other.txt") == b"other\n"
    assert run("--etag-compare", str(tag), url + "other.txt") == b""
    assert "304 Not Modified" in run.said


def test_expect_100_continue_is_answered_before_the_body_is_sent(run: Curl, url: str, directory: Path) -> None:
    # Without the 100, curl would wait for these seconds, and then be too late.
    patience = ("--expect100-timeout", str(LIMIT * 2), "--header", "Expect: 100-continue")
    run(*patience, "--upload-file", str(directory / "file"), url + "copy")
    assert "HTTP/1.1 100 Continue" in run.said
    assert run.said.index("100 Continue") < run.said.index("201 Created")
    assert (directory / "copy").read_bytes() == CONTENT


def test_expect_100_continue_is_refused_without_the_body(run: Curl, url: str, directory: Path) -> None:
    patience = ("--expect100-timeout", str(LIMIT * 2), "--header", "Expect: 100-continue")
    answer = run(*patience, "--upload-file", str(directory / "file"), url + "nowhere/copy")
    assert answer == b"The directory to upload to does not exist.\n"
    assert "HTTP/1.1 409 Conflict" in run.said
    assert "100 Continue" not in run.said
    assert run.uploaded == 0


def test_several_urls_use_one_connection(run: Curl, url: str) -> None:
    answer = run(url + "other.txt", url + "file", url + "nothing", url + "other.txt")
    assert answer == b"other\n" + CONTENT + b"There is nothing of this name.\n" + b"other\n"
    assert run.connections == [1, 0, 0, 0]


def test_uploads_and_downloads_use_one_connection(run: Curl, url: str, directory: Path) -> None:
    upload = ("--upload-file", str(directory / "file"), url + "copy")
    assert run(*upload, "--next", *ALWAYS, url + "copy").endswith(CONTENT)
    assert run.connections == [1, 0]


def test_head(run: Curl, url: str) -> None:
    head = run("--head", url + "file").decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(CONTENT)}\r\n" in head


def test_http_1_0(run: Curl, url: str) -> None:
    assert run("--http1.0", url + "file") == CONTENT


def test_a_redirection_to_the_directory_is_followed(run: Curl, url: str) -> None:
    assert b"There is nothing" not in run("--location", url + "sub")
    assert "301 Moved Permanently" in run.said
    assert "200 OK" in run.said


def test_a_form_post_is_stored_as_it_is(run: Curl, url: str, directory: Path) -> None:
    run("--data-binary", "a=b", url + "posted")
    assert (directory / "posted").read_bytes() == b"a=b"


@pytest.mark.parametrize("path", ["../x", "%2e%2e/x", "sub/../../x", "..%2fx", ".hidden"])
def test_no_path_leads_out(run: Curl, url: str, path: str) -> None:
    run("--path-as-is", "--fail", url + path, status=22)


def test_uploads_at_the_same_time(run: Curl, url: str, directory: Path) -> None:
    targets = [argument for n in range(8) for argument in ("--upload-file", str(directory / "file"), f"{url}copy{n}")]
    run("--parallel", *targets)
    assert all((directory / f"copy{n}").read_bytes() == CONTENT for n in range(8))


def test_a_download_that_curl_breaks_off_leaves_the_server_well(run: Curl, url: str, directory: Path) -> None:
    (directory / "large").touch()
    os.truncate(directory / "large", 100_000_000)
    run("--max-filesize", "1000", url + "large", status=63)
    assert run(url + "other.txt") == b"other\n"
