"""DER is read strictly: what is not as it should be is refused."""

from __future__ import annotations

import pytest

from nodehttp import _tls_der as der


@pytest.mark.parametrize(
    ("data", "tag", "content"),
    [
        (b"\x05\x00", 5, b""),
        (b"\x04\x03abc", der.OCTET_STRING, b"abc"),
        (b"\x04\x81\x03abc", der.OCTET_STRING, b"abc"),
        (b"\x04\x84\x00\x00\x00\x03abc", der.OCTET_STRING, b"abc"),
        (b"\x04\x82\x01\x00" + bytes(256), der.OCTET_STRING, bytes(256)),
    ],
)
def test_a_value_has_a_tag_and_what_is_in_it(data: bytes, tag: int, content: bytes) -> None:
    assert der.value(data) == (tag, content, data)
    assert list(der.values(data * 2)) == [(tag, content, data)] * 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x04",
        b"\x1f\x81\x00\x00",  # a tag of several bytes
        b"\x04\x80abc\x00\x00",  # no length
        b"\x04\x85\x00\x00\x00\x00\x01a",  # a length of more than four bytes
        b"\x04\x82\x01",
        b"\x04\x04abc",
        b"\x04\x03abcd",
    ],
)
def test_what_is_no_value_is_refused(data: bytes) -> None:
    with pytest.raises(der.NotDer):
        der.value(data)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x55\x04\x03", "2.5.4.3"),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "1.2.840.113549.1.1.1"),
        (b"\x00", "0.0"),
        (b"\x88\x37\x01", "2.999.1"),
    ],
)
def test_an_object_identifier_is_shown_in_numbers(content: bytes, text: str) -> None:
    assert der.oid(content) == text


@pytest.mark.parametrize("content", [b"", b"\x55\x84", b"\x55" + b"\x81" * der.LONGEST_OID + b"\x01"])
def test_what_is_no_object_identifier_is_refused(content: bytes) -> None:
    with pytest.raises(der.NotDer):
        der.oid(content)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x0c\x02\xc3\xa4", "ä"),
        (b"\x14\x01\xe4", "ä"),
        (b"\x1e\x02\x00\xe4", "ä"),
        (b"\x1c\x04\x00\x00\x00\xe4", "ä"),
        (b"\x13\x01a", "a"),
        (b"\x0c\x01\xc3", None),
        (b"\x04\x01a", None),
    ],
)
def test_characters_are_read_in_each_encoding(data: bytes, text: str | None) -> None:
    assert der.value(data).text() == text


def test_a_value_is_only_what_its_tag_says() -> None:
    value = der.value(b"\x02\x02\xff\x00")
    assert value.integer() == -256
    for wrong in (value.oid, value.bits, value.pair):
        with pytest.raises(der.NotDer):
            wrong()
    with pytest.raises(der.NotDer):
        der.value(b"\x03\x02\x01\x80").bits()
    assert der.value(b"\x03\x02\x00\x80").bits() == b"\x80"
