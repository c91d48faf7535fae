"""What a client asks for is read from its first bytes: whole, in pieces, in several records, and never from garbage."""

from __future__ import annotations

import random
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from compliance._node import node_binary
from nodehttp._tls_client_hello import ClientHello, NotAClientHello, parse_client_hello

NAME = "host.example"
PROTOCOLS = ("h2", "http/1.1")


def hello_of_ssl(*, name: str | None = NAME, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = newest
    if name is not None:
        context.set_alpn_protocols(list(PROTOCOLS))
    output = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), output, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return output.read()


HELLO = hello_of_ssl()
MESSAGE = HELLO[5:]


def records(message: bytes, size: int) -> bytes:
    """A message in records of at most `size` bytes."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def hello(*extensions: tuple[int, bytes], version: int = 0x0303, session_id: bytes = b"") -> bytes:
    """A ClientHello in one record, made by hand."""
    rest = b"".join(kind.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data for kind, data in extensions)
    body = version.to_bytes(2, "big") + bytes(32) + bytes([len(session_id)]) + session_id
    body += b"\x00\x02\x13\x01" + b"\x01\x00"
    if extensions:
        body += len(rest).to_bytes(2, "big") + rest
    return records(b"\x01" + len(body).to_bytes(3, "big") + body, 2**14)


def server_name(name: bytes, kind: int = 0) -> tuple[int, bytes]:
    entry = bytes([kind]) + len(name).to_bytes(2, "big") + name
    return 0, len(entry).to_bytes(2, "big") + entry


def parsed(data: bytes) -> ClientHello:
    found = parse_client_hello(data)
    assert found is not None
    return found


def test_what_ssl_asks_for() -> None:
    found = parsed(HELLO)
    assert found.server_name == NAME
    assert found.alpn_protocols == (b"h2", b"http/1.1")
    assert found.versions[0] == 0x0304
    assert 0x1301 in found.cipher_suites
    assert len(found.random) == 32
    assert not found.wants_ocsp


def test_a_client_may_name_no_host_and_no_protocol() -> None:
    found = parsed(hello_of_ssl(name=None, newest=ssl.TLSVersion.TLSv1_2))
    assert (found.server_name, found.alpn_protocols) == (None, ())
    assert found.versions == (0x0303,)


def recorded(client: Callable[[int], list[str]]) -> ClientHello:
    """What a program sends that is to connect to a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        process = subprocess.Popen(
            client(listener.getsockname()[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            connection = listener.accept()[0]
            data = b""
            with connection:
                connection.settimeout(30)
                while (found := parse_client_hello(data)) is None:
                    data += connection.recv(65536)
        finally:
            process.kill()
            process.wait()
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_what_curl_asks_for() -> None:
    found = recorded(
        lambda port: ["curl", "-k", "--cert-status", "--resolve", f"{NAME}:{port}:127.0.0.1", f"https://{NAME}:{port}/"]
    )
    assert found.server_name == NAME
    assert b"http/1.1" in found.alpn_protocols
    assert found.wants_ocsp


def test_what_node_asks_for() -> None:
    options = f"{{servername: '{NAME}', ALPNProtocols: ['a', 'b'], requestOCSP: true}}"
    script = f"require('tls').connect(+process.argv[1], {options})"
    found = recorded(lambda port: [node_binary(), "-e", script, str(port)])
    assert found.server_name == NAME
    assert found.alpn_protocols == (b"a", b"b")
    assert found.versions == (0x0304, 0x0303)
    assert found.wants_ocsp


@pytest.mark.parametrize("size", [len(MESSAGE) // 40, 100, len(MESSAGE) - 1, len(MESSAGE)])
def test_a_hello_may_be_cut_into_records(size: int) -> None:
    assert parse_client_hello(records(MESSAGE, size)) == parsed(HELLO)


def test_what_follows_is_no_part_of_it() -> None:
    assert parse_client_hello(HELLO + b"\x14\x03\x03\x00\x01\x01") == parsed(HELLO)
    assert parse_client_hello(bytearray(HELLO + b"garbage")) == parsed(HELLO)


@pytest.mark.parametrize("end", [*range(50), len(HELLO) - 1])
def test_a_piece_of_it_wants_more(end: int) -> None:
    assert parse_client_hello(HELLO[:end]) is None
    assert parse_client_hello(records(MESSAGE, 50)[:end]) is None


def test_the_fields_of_a_hello_without_extensions() -> None:
    found = parsed(hello(session_id=b"abc", version=0x0302))
    assert found == ClientHello(
        random=bytes(32),
        session_id=b"abc",
        server_name=None,
        alpn_protocols=(),
        versions=(0x0302,),
        cipher_suites=(0x1301,),
        has_ticket=False,
        wants_ocsp=False,
    )


@pytest.mark.parametrize(("ticket", "has_one"), [(b"", False), (b"x", True)])
def test_an_empty_ticket_is_a_wish_for_one(ticket: bytes, has_one: bool) -> None:
    assert parsed(hello((35, ticket))).has_ticket is has_one


REFUSED = {
    "HTTP": b"GET / HTTP/1.1\r\n",
    "one wrong byte": b"\x17",
    "SSL 2": b"\x80\x2e\x01\x00\x02",
    "another version": b"\x16\x02\x00\x00\x05",
    "an empty record": b"\x16\x03\x01\x00\x00",
    "a record too large": b"\x16\x03\x01\x40\x01",
    "another message": b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
    "a hello too large": b"\x16\x03\x01\x00\x04\x01\x00\x40\x01",
    "a hello of nothing": records(b"\x01\x00\x00\x00", 9),
    "too many records": records(MESSAGE, 1),
    "a name of another kind": hello(server_name(b"a", kind=1)),
    "an empty name": hello(server_name(b"")),
    "a name with a NUL": hello(server_name(b"a\0b")),
    "a name too long": hello(server_name(b"a" * 256)),
    "a name longer than its list": hello((0, b"\x00\x04\x00\x00\x09a")),
    "a protocol longer than its list": hello((16, b"\x00\x02\x09a")),
    "half a version": hello((43, b"\x03\x03\x04\x03")),
    "an extension longer than all": records(MESSAGE[:-1], 2**14).replace(
        MESSAGE[:4], b"\x01" + (len(MESSAGE) - 5).to_bytes(3, "big")
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_hello_is_refused(case: str) -> None:
    with pytest.raises(NotAClientHello):
        parse_client_hello(REFUSED[case])


def test_a_name_may_have_any_other_bytes() -> None:
    assert parsed(hello(server_name(b"\xe4" * 255))).server_name == "ä" * 255


def result_of(data: bytes | bytearray) -> Any:
    try:
        return parse_client_hello(data)
    except NotAClientHello:
        return NotAClientHello


@given(st.binary(max_size=200))
def test_garbage_never_does_harm(data: bytes) -> None:
    for begin in (b"", b"\x16\x03\x01\x00\xc8", b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4", HELLO[:60]):
        found = result_of(begin + data)
        assert found in (None, NotAClientHello) or isinstance(found, ClientHello)


@given(st.data())
def test_a_changed_hello_never_does_harm(data: st.DataObject) -> None:
    changed = bytearray(HELLO)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(HELLO) - 1))] = data.draw(st.integers(0, 255))
    found = result_of(changed)
    assert found in (None, NotAClientHello) or isinstance(found, ClientHello)


@given(st.lists(st.integers(8, 700), min_size=1, max_size=60), st.integers(0, 5000))
def test_records_of_any_size_make_the_same_hello(sizes: list[int], end: int) -> None:
    stream, rest = b"", MESSAGE
    for size in [*sizes, len(MESSAGE)]:
        if rest:
            stream += records(rest[:size], size)
            rest = rest[size:]
    assert parse_client_hello(stream) == parsed(HELLO)
    assert parse_client_hello(stream[: min(end, len(stream) - 1)]) is None


def test_a_name_that_openssl_takes_is_the_one_that_is_read(identity: trustme.LeafCert) -> None:
    """A certificate must not be chosen by another name than the one that counts later."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.configure_cert(context)
    taken: list[str | None] = []
    context.sni_callback = lambda _side, name, _context: taken.append(name)
    compared = 0
    source = random.Random(24)
    for _ in range(1000):
        changed = bytearray(HELLO)
        at = source.randrange(len(changed))
        changed[at : at + source.randrange(2)] = bytes(source.choices(range(128), k=source.randrange(2)))
        incoming = ssl.MemoryBIO()
        incoming.write(changed)
        taken.clear()
        with suppress(ssl.SSLError):
            context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
        for name in taken:
            assert parsed(bytes(changed)).server_name == name
            compared += 1
    assert compared > 250
