"""Every error class: its name, code, kind and message are Node's."""

from __future__ import annotations

import errno
import inspect
import pickle
from typing import Any

import pytest

from nodestream import errors
from nodestream.errors import (
    AbortError,
    NodeAggregateError,
    NodeError,
    NodeRangeError,
    NodeSystemError,
    NodeTypeError,
    aggregate_two_errors,
    conn_reset_exception,
    file_error,
    system_error,
)

E, T, R = NodeError, NodeTypeError, NodeRangeError

OTHER_CODES = {"ERR_INVALID_ARG_VALUE_RANGE": "ERR_INVALID_ARG_VALUE"}
"""The codes of classes that are not called by them: Node has the code for two kinds of errors."""

MESSAGES = [
    (errors.ERR_INVALID_ARG_TYPE("chunk", "of type string", 5), T, 'The "chunk" argument must be of type string. '
     "Received type number (5)"),
    (errors.ERR_INVALID_ARG_TYPE("options.x", "of type function", "abc"), T, 'The "options.x" property must be of type '
     "function. Received type string ('abc')"),
    (errors.ERR_INVALID_ARG_TYPE("first argument", "a string", None), T, "The first argument must be a string. "
     "Received undefined"),
    (errors.ERR_INVALID_ARG_VALUE("headers", ["a"]), T, "The argument 'headers' is invalid. Received [ 'a' ]"),
    (errors.ERR_INVALID_ARG_VALUE("options.highWaterMark", -1), T, "The property 'options.highWaterMark' is invalid. "
     "Received -1"),
    (errors.ERR_INVALID_ARG_VALUE("x", "y", "must be one of: 1, 2"), T, "The argument 'x' must be one of: 1, 2. "
     "Received 'y'"),
    (errors.ERR_OUT_OF_RANGE("size", "<= 1GiB", 2**33), R, 'The value of "size" is out of range. It must be <= 1GiB. '
     "Received 8_589_934_592"),
    (errors.ERR_OUT_OF_RANGE("n", ">= 0", -1), R, 'The value of "n" is out of range. It must be >= 0. Received -1'),
    (errors.ERR_MISSING_ARGS("a"), T, 'The "a" argument must be specified'),
    (errors.ERR_MISSING_ARGS("a", "b"), T, 'The "a" and "b" arguments must be specified'),
    (errors.ERR_MISSING_ARGS("a", "b", "c"), T, 'The "a", "b", and "c" arguments must be specified'),
    (errors.ERR_MISSING_ARGS(("options", "port", "path")), T, 'The "options" or "port" or "path" argument must be '
     "specified"),
    (errors.ERR_ARG_NOT_ITERABLE(5), T, "5 must be iterable"),
    (errors.ERR_ENCODING_INVALID_ENCODED_DATA("utf-8"), T, "The encoded data was not valid for encoding utf-8"),
    (errors.ERR_ENCODING_NOT_SUPPORTED("x"), R, 'The "x" encoding is not supported'),
    (errors.ERR_INVALID_ARG_VALUE_RANGE("strategy.size", "x"), R, "The property 'strategy.size' is invalid. Received "
     "'x'"),
    (errors.ERR_MISSING_OPTION("init.highWaterMark"), T, "init.highWaterMark is required"),
    (errors.ERR_INVALID_STATE("x"), T, "Invalid state: x"),
    (errors.ERR_INVALID_RETURN_VALUE("AsyncIterable", "transform[0]", None), T, "Expected AsyncIterable to be returned "
     'from the "transform[0]" function but got undefined.'),
    (errors.ERR_INVALID_RETURN_VALUE("Iterable", "source", 5), T, 'Expected Iterable to be returned from the "source" '
     "function but got type number (5)."),
    (errors.ERR_UNHANDLED_ERROR(), E, "Unhandled error. (undefined)"),
    (errors.ERR_UNHANDLED_ERROR("boo"), E, "Unhandled error. ('boo')"),
    (errors.ERR_UNHANDLED_ERROR({"a": 1}), E, "Unhandled error. ({ a: 1 })"),
    (errors.ERR_UNKNOWN_ENCODING("bogus"), T, "Unknown encoding: bogus"),
    (errors.ERR_UNKNOWN_ENCODING(None), T, "Unknown encoding: undefined"),
    (errors.ERR_UNKNOWN_ENCODING(True), T, "Unknown encoding: true"),
    (errors.ERR_UNSETTLED_AWAIT(), E, "main awaits something that can no longer happen: the event loop has nothing "
     "left to do"),
    (errors.ERR_METHOD_NOT_IMPLEMENTED("_read()"), E, "The _read() method is not implemented"),
    (errors.ERR_MULTIPLE_CALLBACK(), E, "Callback called multiple times"),
    (errors.ERR_STREAM_ALREADY_FINISHED("end"), E, "Cannot call end after a stream was finished"),
    (errors.ERR_STREAM_CANNOT_PIPE(), E, "Cannot pipe, not readable"),
    (errors.ERR_STREAM_DELETED(), E, "Stream deleted"),
    (errors.ERR_STREAM_DESTROYED("write"), E, "Cannot call write after a stream was destroyed"),
    (errors.ERR_EVENT_RECURSION("x"), E, 'The event "x" is already being dispatched'),
    (errors.ERR_INVALID_ASYNC_ID("triggerAsyncId", -5), R, "Invalid triggerAsyncId value: -5"),
    (errors.ERR_ILLEGAL_CONSTRUCTOR(), T, "Illegal constructor"),
    (errors.ERR_STREAM_NULL_VALUES(), T, "May not write null values to stream"),
    (errors.ERR_STREAM_PREMATURE_CLOSE(), E, "Premature close"),
    (errors.ERR_STREAM_PUSH_AFTER_EOF(), E, "stream.push() after EOF"),
    (errors.ERR_STREAM_UNABLE_TO_PIPE(), E, "Cannot pipe to a closed or destroyed stream"),
    (errors.ERR_STREAM_UNSHIFT_AFTER_END_EVENT(), E, "stream.unshift() after end event"),
    (errors.ERR_STREAM_WRITE_AFTER_END(), E, "write after end"),
    (errors.ERR_BROTLI_INVALID_PARAM("abc"), R, "abc is not a valid Brotli parameter"),
    (errors.ERR_BUFFER_TOO_LARGE(10), R, "Cannot create a Buffer larger than 10 bytes"),
    (errors.ERR_TRAILING_JUNK_AFTER_STREAM_END(), T, "Trailing junk found after the end of the compressed stream"),
    (errors.ERR_ZLIB_INITIALIZATION_FAILED(), E, "Initialization failed"),
    (errors.ERR_ZSTD_INVALID_PARAM(999), R, "999 is not a valid zstd parameter"),
    (errors.ERR_HTTP_BODY_NOT_ALLOWED(), E, "Adding content for this request method or response status is not "
     "allowed."),
    (errors.ERR_HTTP_CONTENT_LENGTH_MISMATCH(1, 2), E, "Response body's content-length of 1 byte(s) does not match the "
     "content-length of 2 byte(s) set in header"),
    (errors.ERR_HTTP_HEADERS_SENT("set"), E, "Cannot set headers after they are sent to the client"),
    (errors.ERR_HTTP_INVALID_HEADER_VALUE(None, "a"), T, 'Invalid value "undefined" for header "a"'),
    (errors.ERR_HTTP_INVALID_STATUS_CODE(99), R, "Invalid status code: 99"),
    (errors.ERR_HTTP_INVALID_STATUS_CODE(None), R, "Invalid status code: undefined"),
    (errors.ERR_HTTP_REQUEST_TIMEOUT(), E, "Request timeout"),
    (errors.ERR_HTTP_SOCKET_ASSIGNED(), E, "ServerResponse has an already assigned socket"),
    (errors.ERR_HTTP_SOCKET_ENCODING(), E, "Changing the socket encoding is not allowed per RFC7230 Section 3."),
    (errors.ERR_FORM_MALFORMED("no boundary"), T, "Failed to parse body as FormData."),
    (errors.ERR_FORM_CONTENT_TYPE("a/b", "c/d"), T, 'Content-Type was not one of "a/b" or "c/d".'),
    (errors.ERR_FORM_TOO_MANY_PARTS(3), T, "The form has more than 3 parts"),
    (errors.ERR_FORM_HEADERS_TOO_LARGE(3), T, "The headers of a part of the form are larger than 3 bytes"),
    (errors.ERR_FORM_FIELD_TOO_LARGE(3), T, "A field of the form is larger than 3 bytes"),
    (errors.ERR_FORM_FILE_TOO_LARGE(3), T, "A file of the form is larger than 3 bytes"),
    (errors.ERR_FORM_TOO_LARGE(3), T, "The form is larger than 3 bytes"),
    (errors.ERR_HTTP_TRAILER_INVALID(), E, "Trailers are invalid with this transfer encoding"),
    (errors.ERR_INVALID_CHAR("header content", "a"), T, 'Invalid character in header content ["a"]'),
    (errors.ERR_INVALID_CHAR("statusMessage"), T, "Invalid character in statusMessage"),
    (errors.ERR_INVALID_HTTP_TOKEN("Header name", "a b"), T, 'Header name must be a valid HTTP token ["a b"]'),
    (errors.ERR_INVALID_PROTOCOL("https:", "http:"), T, 'Protocol "https:" not supported. Expected "http:"'),
    (errors.ERR_INVALID_URL("x"), T, "Invalid URL"),
    (errors.ERR_PROXY_INVALID_CONFIG("Invalid proxy URL: x"), E, "Invalid proxy URL: x"),
    (errors.ERR_PROXY_TUNNEL("no", 502), E, "no"),
    (errors.ERR_UNESCAPED_CHARACTERS("Request path"), T, "Request path contains unescaped characters"),
    (errors.ERR_INVALID_ADDRESS(), E, "Invalid socket address"),
    (errors.ERR_INVALID_ADDRESS_FAMILY(9, "x.y", 1), R, "Invalid address family: 9 x.y:1"),
    (errors.ERR_INVALID_FD_TYPE("FILE"), T, "Unsupported fd type: FILE"),
    (errors.ERR_INVALID_HANDLE_TYPE(), T, "This handle type cannot be sent"),
    (errors.ERR_INVALID_IP_ADDRESS("zz"), T, "Invalid IP address: zz"),
    (errors.ERR_IP_BLOCKED("127.0.0.1"), E, "IP(127.0.0.1) is blocked by net.BlockList"),
    (errors.ERR_SERVER_ALREADY_LISTEN(), E, "Listen method has been called more than once without closing."),
    (errors.ERR_SERVER_NOT_RUNNING(), E, "Server is not running."),
    (errors.ERR_SOCKET_BAD_PORT("Port", 70000), R, "Port should be >= 0 and < 65536. Received type number (70000)."),
    (errors.ERR_SOCKET_BAD_PORT("Port", 0, allow_zero=False), R, "Port should be > 0 and < 65536. Received type number "
     "(0)."),
    (errors.ERR_SOCKET_CLOSED(), E, "Socket is closed"),
    (errors.ERR_SOCKET_CLOSED_BEFORE_CONNECTION(), E, "Socket closed before the connection was established"),
    (errors.ERR_SOCKET_HANDLE_ADOPTED(), E, "The bound socket has already been adopted by a server or socket"),
    (errors.ERR_TLS_ALPN_CALLBACK_INVALID_RESULT("x", ["a", "b"]), T, "ALPN callback returned a value (x) that did not "
     "match any of the client's offered protocols (a, b)"),
    (errors.ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS(), T, "The ALPNCallback and ALPNProtocols TLS options are mutually "
     "exclusive"),
    (errors.ERR_TLS_CERT_ALTNAME_FORMAT(), E, "Invalid subject alternative name string"),
    (errors.ERR_TLS_CERT_ALTNAME_INVALID("x", "a", {}), E, "Hostname/IP does not match certificate's altnames: x"),
    (errors.ERR_TLS_DH_PARAM_SIZE(1024), E, "DH parameter size 1024 is less than 2048"),
    (errors.ERR_TLS_HANDSHAKE_TIMEOUT(), E, "TLS handshake timeout"),
    (errors.ERR_TLS_INVALID_CONTEXT("context"), T, "context must be a SecureContext"),
    (errors.ERR_TLS_INVALID_PROTOCOL_METHOD("Unknown method: x"), T, "Unknown method: x"),
    (errors.ERR_TLS_INVALID_PROTOCOL_VERSION("x", "minimum"), T, '"x" is not a valid minimum TLS protocol version'),
    (errors.ERR_TLS_INVALID_STATE(), E, "TLS socket connection must be securely established"),
    (errors.ERR_TLS_PROTOCOL_VERSION_CONFLICT("TLSv1", "x"), T, 'TLS protocol version "TLSv1" conflicts with '
     'secureProtocol "x"'),
    (errors.ERR_TLS_RENEGOTIATION_DISABLED(), E, "TLS session renegotiation disabled for this socket"),
    (errors.ERR_TLS_REQUIRED_SERVER_NAME(), E, '"servername" is required parameter for Server.addContext'),
    (errors.ERR_TLS_SESSION_ATTACK(), E, "TLS session renegotiation attack detected"),
    (errors.ERR_TLS_SNI_FROM_SERVER(), E, "Cannot issue SNI from a TLS server-side socket"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "kind", "message"), MESSAGES, ids=lambda value: getattr(value, "code", None))
def test_a_class_has_the_code_kind_and_message_of_node(error: NodeError, kind: type, message: str) -> None:
    name = type(error).__name__
    assert error.code == OTHER_CODES.get(name, name)
    assert str(error) == error.message == message
    assert isinstance(error, kind)
    assert isinstance(error, TypeError) == (kind is T)
    assert isinstance(error, ValueError) == (kind is R)


def test_every_class_is_in_the_table() -> None:
    classes = {value for name, value in vars(errors).items() if name.startswith("ERR_") and inspect.isclass(value)}
    assert classes == {type(error) for error, _, _ in MESSAGES}


def test_an_error_of_a_form_says_what_to_answer_and_why() -> None:
    error = errors.ERR_FORM_MALFORMED("no boundary")
    assert (error.status, str(error.cause), error.__cause__) == (400, "no boundary", error.cause)
    assert errors.ERR_FORM_TOO_LARGE(3).status == 413
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, str(again.cause)) == (str(error), 400, "no boundary")


def test_an_abort_error_has_its_cause() -> None:
    cause = ValueError("reason")
    error = AbortError(cause=cause)
    assert (error.code, str(error), error.__cause__) == ("ABORT_ERR", "The operation was aborted", cause)
    assert errors.ABORT_ERR is AbortError


def test_the_cause_of_an_abort_error_need_not_be_an_exception() -> None:
    error = AbortError(cause="enough")
    assert (error.cause, error.__cause__) == ("enough", None)
    assert AbortError().cause is None


@pytest.mark.parametrize(("name", "code"), [("AbortError", 20), ("TimeoutError", 23), ("MyOwnError", 0), ("Error", 0)])
def test_a_dom_exception_has_the_number_of_its_name(name: str, code: int) -> None:
    error = errors.DOMException("text", name)
    assert (error.name, error.code, error.message, str(error)) == (name, code, "text", "text")
    again = pickle.loads(pickle.dumps(error))
    assert (again.name, again.code, str(again)) == (name, code, "text")


def test_what_cannot_be_shown_does_not_hide_that_an_error_was_not_handled() -> None:
    class Shy:
        def __repr__(self) -> str:
            raise ValueError

    shy = Shy()
    error = errors.ERR_UNHANDLED_ERROR(shy)
    assert error.context is shy
    assert "Shy object at" in str(error)

    class Named(Shy):
        def __str__(self) -> str:
            return "its name"

    assert str(errors.ERR_UNHANDLED_ERROR(Named())) == "Unhandled error. (its name)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "undefined"),
        (True, "type boolean (true)"),
        (1.5, "type number (1.5)"),
        (float("nan"), "type number (NaN)"),
        (float("-inf"), "type number (-Infinity)"),
        (2.0, "type number (2)"),
        ("it's", 'type string ("it\'s")'),
        ("a" * 28, "type string ('" + "a" * 28 + "')"),
        ("a" * 29, "type string ('" + "a" * 25 + "...')"),
        ({}, "an instance of Object"),
        ([], "an instance of Array"),
        (b"", "an instance of Buffer"),
        (object(), "an instance of object"),
        (len, "function len"),
        (lambda: None, "function "),
    ],
)
def test_what_was_received_is_told_as_in_node(value: Any, shown: str) -> None:
    assert str(errors.ERR_INVALID_ARG_TYPE("x", "y", value)).partition("Received ")[2] == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "undefined"),
        ("a\n\x01'", '"a\\n\\x01\'"'),
        ("\"'", "`\"'`"),
        (b"\x01\xff", "<Buffer 01 ff>"),
        (b"", "<Buffer>"),
        ({}, "{}"),
        ({"a": 1, "b c": "x"}, "{ a: 1, 'b c': 'x' }"),
        ([], "[]"),
        ((1, [2]), "[ 1, [ 2 ] ]"),
        (len, "[Function: len]"),
        (lambda: None, "[Function (anonymous)]"),
        (3, "3"),
        (False, "false"),
    ],
)
def test_inspect_shows_a_value_as_node_does(value: Any, shown: str) -> None:
    assert errors.inspect(value) == shown


def test_a_long_value_is_cut() -> None:
    message = str(errors.ERR_INVALID_ARG_VALUE("x", "a" * 200))
    assert message.endswith("Received '" + "a" * 127 + "...")


@pytest.mark.parametrize("error", [error for error, _, _ in MESSAGES[-8:]], ids=lambda error: error.code)
def test_an_error_says_its_code_when_it_is_printed(error: NodeError) -> None:
    assert error.code in repr(error)


# --- the operating system's ---


def test_a_socket_error_names_call_code_and_address() -> None:
    cause = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    error = system_error(cause, "connect", address="127.0.0.1", port=1)
    assert str(error) == "connect ECONNREFUSED 127.0.0.1:1"
    assert (error.code, error.errno, error.syscall) == ("ECONNREFUSED", -errno.ECONNREFUSED, "connect")
    assert (error.address, error.port, error.path) == ("127.0.0.1", 1, None)
    assert isinstance(error, OSError)
    assert error.__cause__ is None  # it would say the same again


def test_a_file_error_names_the_reason_and_the_path() -> None:
    cause = FileNotFoundError(errno.ENOENT, "missing")
    error = file_error(cause, "open", "x")
    assert str(error) == error.message == "ENOENT: no such file or directory, open 'x'"
    assert (error.errno, error.path) == (-errno.ENOENT, "x")
    assert str(file_error(OSError(errno.EBADF, ""), "read")) == "EBADF: bad file descriptor, read"


def test_a_listen_error_names_the_reason_and_the_address() -> None:
    error = system_error(errno.EADDRINUSE, "listen", address="127.0.0.1", port=80, with_text=True)
    assert str(error) == "listen EADDRINUSE: address already in use 127.0.0.1:80"


def test_a_read_error_names_neither() -> None:
    assert str(system_error(errno.ECONNRESET, "read")) == "read ECONNRESET"


def test_an_unknown_number_is_still_an_error() -> None:
    assert str(system_error(99999, "read")) == "read UNKNOWN"
    assert system_error(OSError("no number"), "read").code == "EIO"


def test_a_reset_that_no_system_call_reported_is_an_econnreset() -> None:
    error = conn_reset_exception("aborted")
    assert (str(error), error.code) == ("aborted", "ECONNRESET")
    assert not isinstance(error, NodeSystemError)


# --- several errors ---


def test_of_two_errors_the_outer_gives_the_message_and_code() -> None:
    inner, outer = ValueError("inner"), errors.ERR_STREAM_DESTROYED("write")
    both = aggregate_two_errors(inner, outer)
    assert isinstance(both, NodeAggregateError)
    assert both.errors == [outer, inner]
    assert (str(both), both.code) == (str(outer), "ERR_STREAM_DESTROYED")
    third = KeyError("third")
    assert aggregate_two_errors(third, both) is both
    assert both.errors == [outer, inner, third]


def test_one_error_alone_stays_as_it_is() -> None:
    error = ValueError()
    assert aggregate_two_errors(error, None) is error
    assert aggregate_two_errors(None, error) is error
    assert aggregate_two_errors(error, error) is error
    assert aggregate_two_errors(None, None) is None


@pytest.mark.parametrize(
    "error",
    [
        *[error for error, _, _ in MESSAGES],
        AbortError(),
        file_error(OSError(errno.ENOENT, ""), "open", "x"),
        NodeAggregateError([ValueError("a")], "m", "C"),
    ],
    ids=lambda error: error.code,
)
def test_an_error_can_be_sent_to_another_process(error: NodeError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.code, copy.args) == (str(error), error.code, error.args)
    assert getattr(copy, "errno", None) == getattr(error, "errno", None)
