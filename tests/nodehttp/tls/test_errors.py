"""What `ssl` raises has the code, library and reason that Node has for it."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest

from nodehttp._tls_context import create_secure_context
from nodehttp._tls_errors import TLSError, tls_error, write_error
from nodestream.errors import NodeSystemError
from tests.nodehttp.tls.support import ask_node

ALERTS = [*range(256)]

CLIENT_SCRIPT = """
const net = require('node:net'), tls = require('node:tls');
const said = {};
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(Buffer.from(input.pop(), 'latin1')));
}).listen(0, '127.0.0.1', function next() {
  const bytes = input.at(-1);
  if (bytes === undefined) { server.close(); answer(said); return; }
  const client = tls.connect({ port: server.address().port, rejectUnauthorized: false });
  client.on('error', ({ code, library, reason }) => { said[bytes] = [code, library, reason]; });
  client.on('close', next);
});
"""

SERVER_SCRIPT = """
const net = require('node:net'), tls = require('node:tls');
const said = {};
const server = tls.createServer({ key: input.key, cert: input.cert }).listen(0, '127.0.0.1', function next() {
  const bytes = input.sent.pop();
  if (bytes === undefined) { server.close(); answer(said); return; }
  server.once('tlsClientError', ({ code, library, reason }) => { said[bytes] = [code, library, reason]; });
  const client = net.connect(server.address().port, () => client.end(Buffer.from(bytes, 'latin1')));
  client.on('error', () => {}).on('close', next).resume();
});
"""


def alert(number: int) -> str:
    """A fatal alert as a record; the bytes as characters."""
    return f"\x15\x03\x03\0\x02\x02{chr(number)}"


def shown(error: ssl.SSLError) -> list[str] | None:
    """As Node's; a peer that has gone is none of `ssl`'s."""
    found = tls_error(error)
    return [found.code, found.library, found.reason] if isinstance(found, TLSError) else None


def refusal(side: ssl.SSLObject, incoming: ssl.MemoryBIO, sent: str) -> list[str] | None:
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()
    incoming.write(sent.encode("latin1"))
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLError as error:
        return shown(error)
    return None


def test_what_a_client_says_of_each_alert_and_of_garbage() -> None:
    """Where Node has words for it: OpenSSL has none for most numbers, and then Node only says that the peer is gone."""
    sent = [*map(alert, ALERTS), "HTTP/1.1 400 Bad Request\r\n\r\n", "\x16\x03\x03\0\0", "\x17\x03\x03\0\1a"]
    in_node = ask_node(CLIENT_SCRIPT, sent)
    context = create_secure_context().ssl_context(server=False, verify=False)
    names = {each: said for each, said in in_node.items() if said[1] is not None}
    assert len(names) > 30
    for each, said in names.items():
        incoming = ssl.MemoryBIO()
        assert refusal(context.wrap_bio(incoming, ssl.MemoryBIO()), incoming, each) == said, each


def test_what_a_server_says_of_what_is_no_tls(key_pem: bytes, cert_pem: bytes) -> None:
    sent = ["GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "garbage", alert(0)]
    in_node = ask_node(SERVER_SCRIPT, {"key": key_pem, "cert": cert_pem, "sent": sent})
    context = create_secure_context(key=key_pem, cert=cert_pem).ssl_context(server=True, verify=False)
    for each in sent:
        incoming = ssl.MemoryBIO()
        side = context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)
        assert refusal(side, incoming, each) == in_node[each], each


def test_a_message_is_openssls_without_what_differs_from_build_to_build() -> None:
    error = tls_error(ssl.SSLError(1, "[SSL: NO_SHARED_CIPHER] no shared cipher (_ssl.c:1006)"))
    assert str(error) == "error:SSL routines::no shared cipher"
    assert error.code == "ERR_SSL_NO_SHARED_CIPHER"


@pytest.mark.parametrize(
    ("text", "code", "library", "reason"),
    [
        ("[X509: BAD_X509_FILETYPE] bad x509 filetype (_ssl.c:1)", "ERR_OSSL_X509_BAD_X509_FILETYPE", None, None),
        ("[SSL] unknown error (_ssl.c:1006)", "ERR_SSL_UNKNOWN_ERROR", "SSL routines", "unknown error"),
        ("[NEW: THING] new thing", "ERR_OSSL_NEW_NEW_THING", "NEW", "new thing"),
        ("The operation did not complete", "ERR_SSL_THE_OPERATION_DID_NOT_COMPLETE", "SSL routines", None),
    ],
)
def test_an_error_of_any_form_has_a_code(text: str, code: str, library: str | None, reason: str | None) -> None:
    error = tls_error(ssl.SSLError(1, text))
    assert isinstance(error, TLSError)
    assert error.code == code
    assert library in (None, error.library)
    assert reason in (None, error.reason)


def test_an_error_with_little_more_than_its_class_has_a_code_too() -> None:
    assert tls_error(ssl.SSLError("bad")).code == "ERR_SSL_BAD"


def test_an_end_without_goodbye_has_openssls_name() -> None:
    incoming = ssl.MemoryBIO()
    side = create_secure_context().ssl_context(server=False, verify=True).wrap_bio(incoming, ssl.MemoryBIO())
    incoming.write_eof()
    with pytest.raises(ssl.SSLEOFError) as raised:
        side.do_handshake()
    assert tls_error(raised.value).code == "ERR_SSL_UNEXPECTED_EOF_WHILE_READING"


def test_a_write_that_waited_fails_with_eproto() -> None:
    error = write_error(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"))
    assert isinstance(error, NodeSystemError)
    assert (error.code, error.errno, error.syscall) == ("EPROTO", -71, "write")
    assert str(error) == "write EPROTO error:SSL routines::wrong version number"
