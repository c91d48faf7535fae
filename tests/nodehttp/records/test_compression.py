"""Which content coding is used."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nodehttp.records import _compression
from nodehttp.records._compression import accepted, chosen, codings, decoder, encoder
from nodestream import open_loop


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The packages that are found; change it before codings are asked for."""
    packages = {"zlib", "brotli", "zstandard"}

    def find_spec(name: str) -> object:
        if "." in name:
            raise ModuleNotFoundError(name)
        return name if name in packages else None

    monkeypatch.setattr(_compression, "find_spec", find_spec)
    codings.cache_clear()
    yield packages
    codings.cache_clear()


def test_all_that_is_installed_is_offered(installed: set[str]) -> None:
    assert accepted() == "zstd, br, gzip"


def test_without_packages_there_is_gzip(installed: set[str]) -> None:
    installed -= {"brotli", "zstandard"}
    assert accepted() == "gzip"
    assert chosen("zstd, br, gzip") == "gzip"
    with pytest.raises(LookupError):
        decoder("br")


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        (None, None),
        ("", None),
        ("deflate", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("*", "zstd"),
        ("*, zstd;q=0", "br"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.2, br; q=0.1", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=much", None),
    ],
)
def test_the_best_that_the_other_side_takes_is_chosen(
    installed: set[str], accept_encoding: str | None, coding: str | None
) -> None:
    assert chosen(accept_encoding) == coding


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_what_was_written_can_be_read_at_once(coding: str) -> None:
    async with open_loop():
        encoding, decoding = encoder(coding), decoder(coding)
        encoding.pipe(decoding)
        chunks = aiter(decoding)
        for text in (b"one\n", b"two\n" * 50_000):
            encoding.write(text)
            received = b""
            while len(received) < len(text):
                received += await anext(chunks)
            assert received == text
        encoding.destroy()
        await chunks.aclose()


@pytest.mark.parametrize("name", [None, "", "identity", " Identity "])
def test_what_is_not_encoded_needs_no_decoding(name: str | None) -> None:
    assert decoder(name) is None


async def test_names_of_codings_have_no_case() -> None:
    async with open_loop():
        decoder("X-GZip").destroy()
