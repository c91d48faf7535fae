"""Every error class, each with its Node code.

A class is named after its code, so that `except errors.ERR_STREAM_PREMATURE_CLOSE` reads as the documentation does.
Every one is a `NodeError` (`error.code`, `error.message`); those that Node raises as `TypeError` or `RangeError` are
also a Python `TypeError` or `ValueError`, and system errors are also an `OSError`. Only `DOMException` is none: it is
the web's, and has a number for its `code`.

Node: errors
"""

from __future__ import annotations

import errno as _errno
import json as _json_module
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ._symbol import Symbol

__all__ = [
    "ABORT_ERR",
    "ERR_ARG_NOT_ITERABLE",
    "ERR_BROTLI_INVALID_PARAM",
    "ERR_BUFFER_TOO_LARGE",
    "ERR_ENCODING_INVALID_ENCODED_DATA",
    "ERR_ENCODING_NOT_SUPPORTED",
    "ERR_EVENT_RECURSION",
    "ERR_FORM_CONTENT_TYPE",
    "ERR_FORM_FIELD_TOO_LARGE",
    "ERR_FORM_FILE_TOO_LARGE",
    "ERR_FORM_HEADERS_TOO_LARGE",
    "ERR_FORM_MALFORMED",
    "ERR_FORM_TOO_LARGE",
    "ERR_FORM_TOO_MANY_PARTS",
    "ERR_HTTP_BODY_NOT_ALLOWED",
    "ERR_HTTP_CONTENT_LENGTH_MISMATCH",
    "ERR_HTTP_HEADERS_SENT",
    "ERR_HTTP_INVALID_HEADER_VALUE",
    "ERR_HTTP_INVALID_STATUS_CODE",
    "ERR_HTTP_REQUEST_TIMEOUT",
    "ERR_HTTP_SOCKET_ASSIGNED",
    "ERR_HTTP_SOCKET_ENCODING",
    "ERR_HTTP_TRAILER_INVALID",
    "ERR_ILLEGAL_CONSTRUCTOR",
    "ERR_INVALID_ADDRESS",
    "ERR_INVALID_ADDRESS_FAMILY",
    "ERR_INVALID_ARG_TYPE",
    "ERR_INVALID_ARG_VALUE",
    "ERR_INVALID_ARG_VALUE_RANGE",
    "ERR_INVALID_ASYNC_ID",
    "ERR_INVALID_CHAR",
    "ERR_INVALID_FD_TYPE",
    "ERR_INVALID_HANDLE_TYPE",
    "ERR_INVALID_HTTP_TOKEN",
    "ERR_INVALID_IP_ADDRESS",
    "ERR_INVALID_PROTOCOL",
    "ERR_INVALID_RETURN_VALUE",
    "ERR_INVALID_STATE",
    "ERR_INVALID_URL",
    "ERR_IP_BLOCKED",
    "ERR_METHOD_NOT_IMPLEMENTED",
    "ERR_MISSING_ARGS",
    "ERR_MISSING_OPTION",
    "ERR_MULTIPLE_CALLBACK",
    "ERR_OUT_OF_RANGE",
    "ERR_PROXY_INVALID_CONFIG",
    "ERR_PROXY_TUNNEL",
    "ERR_SERVER_ALREADY_LISTEN",
    "ERR_SERVER_NOT_RUNNING",
    "ERR_SOCKET_BAD_PORT",
    "ERR_SOCKET_CLOSED",
    "ERR_SOCKET_CLOSED_BEFORE_CONNECTION",
    "ERR_SOCKET_HANDLE_ADOPTED",
    "ERR_STREAM_ALREADY_FINISHED",
    "ERR_STREAM_CANNOT_PIPE",
    "ERR_STREAM_DELETED",
    "ERR_STREAM_DESTROYED",
    "ERR_STREAM_NULL_VALUES",
    "ERR_STREAM_PREMATURE_CLOSE",
    "ERR_STREAM_PUSH_AFTER_EOF",
    "ERR_STREAM_UNABLE_TO_PIPE",
    "ERR_STREAM_UNSHIFT_AFTER_END_EVENT",
    "ERR_STREAM_WRITE_AFTER_END",
    "ERR_TLS_ALPN_CALLBACK_INVALID_RESULT",
    "ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS",
    "ERR_TLS_CERT_ALTNAME_FORMAT",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_TLS_DH_PARAM_SIZE",
    "ERR_TLS_HANDSHAKE_TIMEOUT",
    "ERR_TLS_INVALID_CONTEXT",
    "ERR_TLS_INVALID_PROTOCOL_METHOD",
    "ERR_TLS_INVALID_PROTOCOL_VERSION",
    "ERR_TLS_INVALID_STATE",
    "ERR_TLS_PROTOCOL_VERSION_CONFLICT",
    "ERR_TLS_RENEGOTIATION_DISABLED",
    "ERR_TLS_REQUIRED_SERVER_NAME",
    "ERR_TLS_SESSION_ATTACK",
    "ERR_TLS_SNI_FROM_SERVER",
    "ERR_TRAILING_JUNK_AFTER_STREAM_END",
    "ERR_UNESCAPED_CHARACTERS",
    "ERR_UNHANDLED_ERROR",
    "ERR_UNKNOWN_ENCODING",
    "ERR_UNSETTLED_AWAIT",
    "ERR_ZLIB_INITIALIZATION_FAILED",
    "ERR_ZSTD_INVALID_PARAM",
    "AbortError",
    "DOMException",
    "FormError",
    "NodeAggregateError",
    "NodeError",
    "NodeRangeError",
    "NodeSystemError",
    "NodeTypeError",
    "ZlibError",
    "aggregate_two_errors",
    "conn_reset_exception",
    "file_error",
    "inspect",
    "system_error",
]


class NodeError(Exception):
    """An error of this library.

    `code` is Node's stable string for it (`"ERR_STREAM_DESTROYED"`, `"ECONNRESET"`); `message` its text.

    Node: Error
    """

    code: str = ""

    def __init__(self, message: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The arguments of a subclass cannot be told from its message.
        return _restored, (type(self), self.args, self._state())

    def _state(self) -> dict[str, Any]:
        return dict(self.__dict__)


def _restored(cls: type[NodeError], args: tuple[Any, ...], state: dict[str, Any]) -> NodeError:
    """A copy of an error, made without its own constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    for name, value in state.items():
        setattr(error, name, value)
    return error


class NodeTypeError(NodeError, TypeError):
    """What Node raises as a `TypeError`."""


class NodeRangeError(NodeError, ValueError):
    """What Node raises as a `RangeError`."""


class NodeSystemError(NodeError, OSError):
    """What the operating system refused, in libuv's words.

    `code` ("ECONNREFUSED"), `errno` (negative, as in Node), `syscall` ("connect"), and where they apply `address`,
    `port` and `path`.

    Node: SystemError
    """

    errno: int
    syscall: str
    address: str | None = None
    port: int | None = None
    path: str | None = None

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "errno": self.errno}  # OSError keeps it elsewhere


class NodeAggregateError(NodeError):
    """Several errors in one (`errors`): a connection attempted at each of a name's addresses, say.

    Node: AggregateError
    """

    def __init__(self, errors: Iterable[BaseException], message: str = "", code: str | None = None) -> None:
        super().__init__(message, code)
        self.errors = list(errors)


class AbortError(NodeError):
    """An operation that was told to stop. `cause` is the signal's reason, and also `__cause__` if it is an exception.

    Node: AbortError (code ABORT_ERR)
    """

    code = "ABORT_ERR"

    def __init__(self, message: str = "The operation was aborted", *, cause: Any = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.__cause__ = cause if isinstance(cause, BaseException) else None


ABORT_ERR = AbortError


class DOMException(Exception):
    """An error of the web's own interfaces, which name theirs: "AbortError", "TimeoutError", "DataCloneError".

    `name` is that name, `message` the text, `code` the number that the older names have, 0 for others.

    Node: DOMException
    """

    def __init__(self, message: str = "", name: str = "Error") -> None:
        super().__init__(message, name)
        self.message = message
        self.name = name
        self.code = _DOM_CODES.get(name, 0)

    def __str__(self) -> str:
        return self.message


# https://webidl.spec.whatwg.org/#idl-DOMException-error-names: the numbers that are left out were given up.
_DOM_CODES = {
    "IndexSizeError": 1,
    "HierarchyRequestError": 3,
    "WrongDocumentError": 4,
    "InvalidCharacterError": 5,
    "NoModificationAllowedError": 7,
    "NotFoundError": 8,
    "NotSupportedError": 9,
    "InUseAttributeError": 10,
    "InvalidStateError": 11,
    "SyntaxError": 12,
    "InvalidModificationError": 13,
    "NamespaceError": 14,
    "InvalidAccessError": 15,
    "TypeMismatchError": 17,
    "SecurityError": 18,
    "NetworkError": 19,
    "AbortError": 20,
    "URLMismatchError": 21,
    "QuotaExceededError": 22,
    "TimeoutError": 23,
    "InvalidNodeTypeError": 24,
    "DataCloneError": 25,
}


# --- how a value is shown in a message ---


def inspect(value: Any) -> str:
    """A value as Node's `util.inspect` would show it on one line, for use in messages."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _inspect_number(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<Buffer{''.join(f' {byte:02x}' for byte in bytes(value[:50]))}>"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_inspect_key(key)}: {inspect(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Sequence):
        inside = ", ".join(inspect(item) for item in value)
        return f"[ {inside} ]" if inside else "[]"
    if callable(value):
        name = getattr(value, "__name__", "<lambda>")
        return "[Function (anonymous)]" if name == "<lambda>" else f"[Function: {name}]"
    return repr(value)


def _text(value: Any) -> str:
    """A value inside a message: a string as it is, anything else as `inspect` shows it."""
    return value if isinstance(value, str) else inspect(value)


def _text_of_unshowable(value: Any) -> str:
    """What is left to say of an object whose `__repr__` fails."""
    try:
        return str(value)
    except Exception:
        return object.__repr__(value)


def _inspect_number(value: float) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if value.is_integer():
            return str(int(value))
    return str(value)


def _inspect_key(key: Any) -> str:
    return key if isinstance(key, str) and key.isidentifier() else inspect(key)


def _quote(text: str) -> str:
    quote = "'" if "'" not in text else '"' if '"' not in text else "`" if "`" not in text else "'"
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if quote == "'":
        escaped = escaped.replace("'", "\\'")
    return quote + "".join(c if c >= " " and c != "\x7f" else f"\\x{ord(c):02X}" for c in escaped) + quote


def _json(value: Any) -> str:
    """A value as JSON.stringify shows it, where a message does so."""
    return _json_module.dumps(value, default=inspect, ensure_ascii=False, separators=(",", ":"))


def _received(value: Any) -> str:
    """The end of an ERR_INVALID_ARG_TYPE message: what was given instead."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return f"type boolean ({inspect(value)})"
    if isinstance(value, (int, float)):
        return f"type number ({inspect(value)})"
    if isinstance(value, str):
        return f"type string ({_quote(value if len(value) <= 28 else value[:25] + '...')})"
    if isinstance(value, Symbol):
        return f"type symbol ({value!r})"
    if callable(value) and hasattr(value, "__name__"):
        return f"function {'' if value.__name__ == '<lambda>' else value.__name__}"
    return f"an instance of {_constructor_name(value)}"


def _constructor_name(value: Any) -> str:
    if isinstance(value, dict):
        return "Object"
    if isinstance(value, (list, tuple)):
        return "Array"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "Buffer"
    return type(value).__name__


def _in_range_notation(value: Any) -> str:
    """Large integers are shown as 8_589_934_592."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**32:
        return f"{value:_}"
    return inspect(value)


def _subject(name: str) -> str:
    """`"name" argument`, or `"options.name" property`; a name that says what it is ("first argument") stays."""
    if name.endswith(" argument"):
        return f"The {name}"
    return f'The "{name}" {"property" if "." in name else "argument"}'


# --- general ---


class ERR_INVALID_ARG_TYPE(NodeTypeError):
    """An argument or option of the wrong type. `expected` goes on from "must be": "of type function".

    Where something is left out by not being given at all, a None that is given is Node's `null`: `nothing="null"`.
    """

    code = "ERR_INVALID_ARG_TYPE"

    def __init__(self, name: str, expected: str, actual: Any, *, nothing: str = "undefined") -> None:
        received = nothing if actual is None else _received(actual)
        super().__init__(f"{_subject(name)} must be {expected}. Received {received}")


class ERR_INVALID_ARG_VALUE(NodeTypeError):
    """An argument or option of the right type with a value that cannot be."""

    code = "ERR_INVALID_ARG_VALUE"

    def __init__(self, name: str, value: Any, reason: str = "is invalid") -> None:
        super().__init__(_invalid_value(name, value, reason))


class ERR_INVALID_ARG_VALUE_RANGE(NodeRangeError):
    """The same where Node says that it is a RangeError."""

    code = "ERR_INVALID_ARG_VALUE"

    def __init__(self, name: str, value: Any, reason: str = "is invalid") -> None:
        super().__init__(_invalid_value(name, value, reason))


def _invalid_value(name: str, value: Any, reason: str) -> str:
    shown = inspect(value)
    if len(shown) > 128:
        shown = shown[:128] + "..."
    kind = "property" if "." in name else "argument"
    return f"The {kind} '{name}' {reason}. Received {shown}"


class ERR_OUT_OF_RANGE(NodeRangeError):
    """A number out of its range. `required` is the range: ">= 0 && <= 65535"."""

    code = "ERR_OUT_OF_RANGE"

    def __init__(self, name: str, required: str, received: Any) -> None:
        super().__init__(
            f'The value of "{name}" is out of range. It must be {required}. Received {_in_range_notation(received)}'
        )


class ERR_MISSING_ARGS(NodeTypeError):
    """Arguments left out; a tuple among `names` holds alternatives."""

    code = "ERR_MISSING_ARGS"

    def __init__(self, *names: str | tuple[str, ...]) -> None:
        shown = [f'"{name}"' if isinstance(name, str) else " or ".join(f'"{n}"' for n in name) for name in names]
        if len(shown) == 1:
            text = f"{shown[0]} argument"
        elif len(shown) == 2:
            text = f"{shown[0]} and {shown[1]} arguments"
        else:
            text = f"{', '.join(shown[:-1])}, and {shown[-1]} arguments"
        super().__init__(f"The {text} must be specified")


class ERR_MISSING_OPTION(NodeTypeError):
    code = "ERR_MISSING_OPTION"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is required")


class ERR_ARG_NOT_ITERABLE(NodeTypeError):
    code = "ERR_ARG_NOT_ITERABLE"

    def __init__(self, value: Any) -> None:
        super().__init__(f"{inspect(value)} must be iterable")


class ERR_ENCODING_INVALID_ENCODED_DATA(NodeTypeError):
    code = "ERR_ENCODING_INVALID_ENCODED_DATA"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"The encoded data was not valid for encoding {encoding}")


class ERR_ENCODING_NOT_SUPPORTED(NodeRangeError):
    code = "ERR_ENCODING_NOT_SUPPORTED"

    def __init__(self, encoding: Any) -> None:
        super().__init__(f'The "{_text(encoding)}" encoding is not supported')


class ERR_INVALID_STATE(NodeTypeError):
    code = "ERR_INVALID_STATE"

    def __init__(self, text: str) -> None:
        super().__init__(f"Invalid state: {text}")


class ERR_INVALID_RETURN_VALUE(NodeTypeError):
    code = "ERR_INVALID_RETURN_VALUE"

    def __init__(self, expected: str, name: str, value: Any) -> None:
        super().__init__(f'Expected {expected} to be returned from the "{name}" function but got {_received(value)}.')


class ERR_UNHANDLED_ERROR(NodeError):
    """`emit("error", x)` with no listener, where x is no exception; `context` is x."""

    code = "ERR_UNHANDLED_ERROR"

    def __init__(self, context: Any = None) -> None:
        try:
            shown = inspect(context)
        except Exception:  # its __repr__ fails: that must not hide the error
            shown = _text_of_unshowable(context)
        super().__init__(f"Unhandled error. ({shown})")
        self.context = context


class ERR_UNKNOWN_ENCODING(NodeTypeError):
    code = "ERR_UNKNOWN_ENCODING"

    def __init__(self, encoding: Any) -> None:
        super().__init__(f"Unknown encoding: {_text(encoding)}")


class ERR_UNSETTLED_AWAIT(NodeError):
    """`main` awaits something that can no longer happen: nothing is left that could make it happen.

    Node: exit code 13, "unsettled top-level await"
    """

    code = "ERR_UNSETTLED_AWAIT"

    def __init__(self) -> None:
        super().__init__("main awaits something that can no longer happen: the event loop has nothing left to do")


class _Fixed(NodeError):
    """An error whose message never varies."""

    text: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.text)


# --- events ---


class ERR_EVENT_RECURSION(NodeError):
    code = "ERR_EVENT_RECURSION"

    def __init__(self, event: str) -> None:
        super().__init__(f'The event "{event}" is already being dispatched')


class ERR_INVALID_ASYNC_ID(NodeRangeError):
    code = "ERR_INVALID_ASYNC_ID"

    def __init__(self, name: str, value: Any) -> None:
        super().__init__(f"Invalid {name} value: {_text(value)}")


class ERR_ILLEGAL_CONSTRUCTOR(_Fixed, NodeTypeError):
    code = "ERR_ILLEGAL_CONSTRUCTOR"
    text = "Illegal constructor"


# --- streams ---


class ERR_METHOD_NOT_IMPLEMENTED(NodeError):
    code = "ERR_METHOD_NOT_IMPLEMENTED"

    def __init__(self, method: str) -> None:
        super().__init__(f"The {method} method is not implemented")


class ERR_MULTIPLE_CALLBACK(_Fixed):
    code = "ERR_MULTIPLE_CALLBACK"
    text = "Callback called multiple times"


class ERR_STREAM_ALREADY_FINISHED(NodeError):
    code = "ERR_STREAM_ALREADY_FINISHED"

    def __init__(self, method: str) -> None:
        super().__init__(f"Cannot call {method} after a stream was finished")


class ERR_STREAM_CANNOT_PIPE(_Fixed):
    code = "ERR_STREAM_CANNOT_PIPE"
    text = "Cannot pipe, not readable"


class ERR_STREAM_DELETED(_Fixed):
    """A stream of a registry was deleted: nobody wants it any more. It has no counterpart in Node."""

    code = "ERR_STREAM_DELETED"
    text = "Stream deleted"


class ERR_STREAM_DESTROYED(NodeError):
    code = "ERR_STREAM_DESTROYED"

    def __init__(self, method: str) -> None:
        super().__init__(f"Cannot call {method} after a stream was destroyed")


class ERR_STREAM_NULL_VALUES(_Fixed, NodeTypeError):
    code = "ERR_STREAM_NULL_VALUES"
    text = "May not write null values to stream"


class ERR_STREAM_PREMATURE_CLOSE(_Fixed):
    code = "ERR_STREAM_PREMATURE_CLOSE"
    text = "Premature close"


class ERR_STREAM_PUSH_AFTER_EOF(_Fixed):
    code = "ERR_STREAM_PUSH_AFTER_EOF"
    text = "stream.push() after EOF"


class ERR_STREAM_UNABLE_TO_PIPE(_Fixed):
    code = "ERR_STREAM_UNABLE_TO_PIPE"
    text = "Cannot pipe to a closed or destroyed stream"


class ERR_STREAM_UNSHIFT_AFTER_END_EVENT(_Fixed):
    code = "ERR_STREAM_UNSHIFT_AFTER_END_EVENT"
    text = "stream.unshift() after end event"


class ERR_STREAM_WRITE_AFTER_END(_Fixed):
    code = "ERR_STREAM_WRITE_AFTER_END"
    text = "write after end"


# --- zlib ---


class ZlibError(NodeError):
    """What a compression library says of the data, or of how it is used: `code` ("Z_DATA_ERROR") and `errno` (-3).

    Node: zlib's errors
    """

    def __init__(self, message: str, code: str, errno: int) -> None:
        super().__init__(message, code)
        self.errno = errno


class ERR_BROTLI_INVALID_PARAM(NodeRangeError):
    code = "ERR_BROTLI_INVALID_PARAM"

    def __init__(self, key: Any) -> None:
        super().__init__(f"{_text(key)} is not a valid Brotli parameter")


class ERR_BUFFER_TOO_LARGE(NodeRangeError):
    code = "ERR_BUFFER_TOO_LARGE"

    def __init__(self, size: int) -> None:
        super().__init__(f"Cannot create a Buffer larger than {size} bytes")


class ERR_TRAILING_JUNK_AFTER_STREAM_END(_Fixed, NodeTypeError):
    code = "ERR_TRAILING_JUNK_AFTER_STREAM_END"
    text = "Trailing junk found after the end of the compressed stream"


class ERR_ZLIB_INITIALIZATION_FAILED(NodeError):
    code = "ERR_ZLIB_INITIALIZATION_FAILED"

    def __init__(self, message: str = "Initialization failed") -> None:
        super().__init__(message)


class ERR_ZSTD_INVALID_PARAM(NodeRangeError):
    code = "ERR_ZSTD_INVALID_PARAM"

    def __init__(self, key: Any) -> None:
        super().__init__(f"{_text(key)} is not a valid zstd parameter")


# --- http ---


class ERR_HTTP_BODY_NOT_ALLOWED(_Fixed):
    code = "ERR_HTTP_BODY_NOT_ALLOWED"
    text = "Adding content for this request method or response status is not allowed."


class ERR_HTTP_CONTENT_LENGTH_MISMATCH(NodeError):
    code = "ERR_HTTP_CONTENT_LENGTH_MISMATCH"

    def __init__(self, body_length: int, header_length: int) -> None:
        super().__init__(
            f"Response body's content-length of {body_length} byte(s) does not match the content-length of "
            f"{header_length} byte(s) set in header"
        )


class ERR_HTTP_HEADERS_SENT(NodeError):
    code = "ERR_HTTP_HEADERS_SENT"

    def __init__(self, verb: str) -> None:
        super().__init__(f"Cannot {verb} headers after they are sent to the client")


class ERR_HTTP_INVALID_HEADER_VALUE(NodeTypeError):
    code = "ERR_HTTP_INVALID_HEADER_VALUE"

    def __init__(self, value: Any, name: str) -> None:
        super().__init__(f'Invalid value "{_text(value)}" for header "{name}"')


class ERR_HTTP_INVALID_STATUS_CODE(NodeRangeError):
    code = "ERR_HTTP_INVALID_STATUS_CODE"

    def __init__(self, status_code: Any) -> None:
        super().__init__(f"Invalid status code: {_text(status_code)}")


class ERR_HTTP_REQUEST_TIMEOUT(_Fixed):
    code = "ERR_HTTP_REQUEST_TIMEOUT"
    text = "Request timeout"


class ERR_HTTP_SOCKET_ASSIGNED(_Fixed):
    code = "ERR_HTTP_SOCKET_ASSIGNED"
    text = "ServerResponse has an already assigned socket"


class ERR_HTTP_SOCKET_ENCODING(_Fixed):
    code = "ERR_HTTP_SOCKET_ENCODING"
    text = "Changing the socket encoding is not allowed per RFC7230 Section 3."


class ERR_HTTP_TRAILER_INVALID(_Fixed):
    code = "ERR_HTTP_TRAILER_INVALID"
    text = "Trailers are invalid with this transfer encoding"


class ERR_INVALID_CHAR(NodeTypeError):
    code = "ERR_INVALID_CHAR"

    def __init__(self, where: str, field: str | None = None) -> None:
        super().__init__(f"Invalid character in {where}" + (f' ["{field}"]' if field is not None else ""))


class ERR_INVALID_HTTP_TOKEN(NodeTypeError):
    code = "ERR_INVALID_HTTP_TOKEN"

    def __init__(self, label: str, value: Any) -> None:
        super().__init__(f'{label} must be a valid HTTP token ["{_text(value)}"]')


class ERR_INVALID_PROTOCOL(NodeTypeError):
    code = "ERR_INVALID_PROTOCOL"

    def __init__(self, protocol: str, expected: str) -> None:
        super().__init__(f'Protocol "{protocol}" not supported. Expected "{expected}"')


class ERR_INVALID_URL(NodeTypeError):
    """`input` is what was given."""

    code = "ERR_INVALID_URL"

    def __init__(self, given: str) -> None:
        super().__init__("Invalid URL")
        self.input = given


class ERR_PROXY_INVALID_CONFIG(NodeError):
    code = "ERR_PROXY_INVALID_CONFIG"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class ERR_PROXY_TUNNEL(NodeError):
    """`status_code` is what the proxy answered instead of 200; `proxy_tunnel_timeout` how long it was waited for."""

    code = "ERR_PROXY_TUNNEL"

    def __init__(
        self, reason: str, status_code: float | None = None, proxy_tunnel_timeout: float | None = None
    ) -> None:
        super().__init__(reason)
        self.status_code = status_code
        self.proxy_tunnel_timeout = proxy_tunnel_timeout


class ERR_UNESCAPED_CHARACTERS(NodeTypeError):
    code = "ERR_UNESCAPED_CHARACTERS"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} contains unescaped characters")


# --- forms ---


class FormError(NodeTypeError):
    """A form that cannot be read. It is the sender's fault, so a server can answer with `status`.

    Attributes:
        status: the status of that answer: 400 for what is malformed, 413 for what is more than may be, 415 for what is
            no form.
        cause: what is wrong in detail, also as `__cause__`; or None.
    """

    status: int = 413
    cause: NodeError | None = None


class ERR_FORM_MALFORMED(FormError):
    """A form that breaks the rules of its encoding. Node: a TypeError with this message and this cause"""

    code = "ERR_FORM_MALFORMED"
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__("Failed to parse body as FormData.")
        self.cause = self.__cause__ = NodeError(reason)


class ERR_FORM_CONTENT_TYPE(FormError):
    """A Content-Type other than the `expected`. Node: a TypeError with this message"""

    code = "ERR_FORM_CONTENT_TYPE"
    status = 415

    def __init__(self, *expected: str) -> None:
        shown = " or ".join(f'"{each}"' for each in expected)
        super().__init__(f"Content-Type was not one of {shown}.")


class ERR_FORM_TOO_MANY_PARTS(FormError):
    code = "ERR_FORM_TOO_MANY_PARTS"

    def __init__(self, limit: float) -> None:
        super().__init__(f"The form has more than {limit} parts")


class ERR_FORM_HEADERS_TOO_LARGE(FormError):
    code = "ERR_FORM_HEADERS_TOO_LARGE"

    def __init__(self, limit: float) -> None:
        super().__init__(f"The headers of a part of the form are larger than {limit} bytes")


class ERR_FORM_FIELD_TOO_LARGE(FormError):
    code = "ERR_FORM_FIELD_TOO_LARGE"

    def __init__(self, limit: float) -> None:
        super().__init__(f"A field of the form is larger than {limit} bytes")


class ERR_FORM_FILE_TOO_LARGE(FormError):
    code = "ERR_FORM_FILE_TOO_LARGE"

    def __init__(self, limit: float) -> None:
        super().__init__(f"A file of the form is larger than {limit} bytes")


class ERR_FORM_TOO_LARGE(FormError):
    code = "ERR_FORM_TOO_LARGE"

    def __init__(self, limit: float) -> None:
        super().__init__(f"The form is larger than {limit} bytes")


# --- net ---


class ERR_INVALID_ADDRESS(_Fixed):
    code = "ERR_INVALID_ADDRESS"
    text = "Invalid socket address"


class ERR_INVALID_ADDRESS_FAMILY(NodeRangeError):
    code = "ERR_INVALID_ADDRESS_FAMILY"

    def __init__(self, family: Any, host: str, port: int) -> None:
        super().__init__(f"Invalid address family: {family} {host}:{port}")
        self.host = host
        self.port = port


class ERR_INVALID_FD_TYPE(NodeTypeError):
    code = "ERR_INVALID_FD_TYPE"

    def __init__(self, kind: str) -> None:
        super().__init__(f"Unsupported fd type: {kind}")


class ERR_INVALID_HANDLE_TYPE(_Fixed, NodeTypeError):
    code = "ERR_INVALID_HANDLE_TYPE"
    text = "This handle type cannot be sent"


class ERR_INVALID_IP_ADDRESS(NodeTypeError):
    code = "ERR_INVALID_IP_ADDRESS"

    def __init__(self, address: Any) -> None:
        super().__init__(f"Invalid IP address: {address}")


class ERR_IP_BLOCKED(NodeError):
    code = "ERR_IP_BLOCKED"

    def __init__(self, address: str) -> None:
        super().__init__(f"IP({address}) is blocked by net.BlockList")


class ERR_SERVER_ALREADY_LISTEN(_Fixed):
    code = "ERR_SERVER_ALREADY_LISTEN"
    text = "Listen method has been called more than once without closing."


class ERR_SERVER_NOT_RUNNING(_Fixed):
    code = "ERR_SERVER_NOT_RUNNING"
    text = "Server is not running."


class ERR_SOCKET_BAD_PORT(NodeRangeError):
    code = "ERR_SOCKET_BAD_PORT"

    def __init__(self, name: str, port: Any, *, allow_zero: bool = True) -> None:
        operator = ">=" if allow_zero else ">"
        super().__init__(f"{name} should be {operator} 0 and < 65536. Received {_received(port)}.")


class ERR_SOCKET_CLOSED(_Fixed):
    code = "ERR_SOCKET_CLOSED"
    text = "Socket is closed"


class ERR_SOCKET_CLOSED_BEFORE_CONNECTION(_Fixed):
    code = "ERR_SOCKET_CLOSED_BEFORE_CONNECTION"
    text = "Socket closed before the connection was established"


class ERR_SOCKET_HANDLE_ADOPTED(_Fixed):
    code = "ERR_SOCKET_HANDLE_ADOPTED"
    text = "The bound socket has already been adopted by a server or socket"


# --- tls ---


class ERR_TLS_ALPN_CALLBACK_INVALID_RESULT(NodeTypeError):
    code = "ERR_TLS_ALPN_CALLBACK_INVALID_RESULT"

    def __init__(self, value: Any, protocols: Iterable[str]) -> None:
        super().__init__(
            f"ALPN callback returned a value ({_text(value)}) that did not match any of the client's offered protocols "
            f"({', '.join(protocols)})"
        )


class ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS(_Fixed, NodeTypeError):
    code = "ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS"
    text = "The ALPNCallback and ALPNProtocols TLS options are mutually exclusive"


class ERR_TLS_CERT_ALTNAME_FORMAT(_Fixed):
    code = "ERR_TLS_CERT_ALTNAME_FORMAT"
    text = "Invalid subject alternative name string"


class ERR_TLS_CERT_ALTNAME_INVALID(NodeError):
    """A certificate is not for the host. `reason` says why, `host` and `cert` are what was compared."""

    code = "ERR_TLS_CERT_ALTNAME_INVALID"

    def __init__(self, reason: str, host: str, cert: Mapping[str, Any]) -> None:
        super().__init__(f"Hostname/IP does not match certificate's altnames: {reason}")
        self.reason = reason
        self.host = host
        self.cert = cert


class ERR_TLS_DH_PARAM_SIZE(NodeError):
    code = "ERR_TLS_DH_PARAM_SIZE"

    def __init__(self, size: int) -> None:
        super().__init__(f"DH parameter size {size} is less than 2048")


class ERR_TLS_HANDSHAKE_TIMEOUT(_Fixed):
    code = "ERR_TLS_HANDSHAKE_TIMEOUT"
    text = "TLS handshake timeout"


class ERR_TLS_INVALID_CONTEXT(NodeTypeError):
    code = "ERR_TLS_INVALID_CONTEXT"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} must be a SecureContext")


class ERR_TLS_INVALID_PROTOCOL_METHOD(NodeTypeError):
    code = "ERR_TLS_INVALID_PROTOCOL_METHOD"


class ERR_TLS_INVALID_PROTOCOL_VERSION(NodeTypeError):
    """`which` is "minimum" or "maximum"."""

    code = "ERR_TLS_INVALID_PROTOCOL_VERSION"

    def __init__(self, version: Any, which: str) -> None:
        super().__init__(f"{_json(version)} is not a valid {which} TLS protocol version")


class ERR_TLS_INVALID_STATE(_Fixed):
    code = "ERR_TLS_INVALID_STATE"
    text = "TLS socket connection must be securely established"


class ERR_TLS_PROTOCOL_VERSION_CONFLICT(NodeTypeError):
    code = "ERR_TLS_PROTOCOL_VERSION_CONFLICT"

    def __init__(self, version: Any, secure_protocol: Any) -> None:
        super().__init__(
            f"TLS protocol version {_json(version)} conflicts with secureProtocol {_json(secure_protocol)}"
        )


class ERR_TLS_RENEGOTIATION_DISABLED(_Fixed):
    code = "ERR_TLS_RENEGOTIATION_DISABLED"
    text = "TLS session renegotiation disabled for this socket"


class ERR_TLS_REQUIRED_SERVER_NAME(_Fixed):
    code = "ERR_TLS_REQUIRED_SERVER_NAME"
    text = '"servername" is required parameter for Server.addContext'


class ERR_TLS_SESSION_ATTACK(_Fixed):
    code = "ERR_TLS_SESSION_ATTACK"
    text = "TLS session renegotiation attack detected"


class ERR_TLS_SNI_FROM_SERVER(_Fixed):
    code = "ERR_TLS_SNI_FROM_SERVER"
    text = "Cannot issue SNI from a TLS server-side socket"


def conn_reset_exception(message: str) -> NodeError:
    """An ECONNRESET that no system call reported: "socket hang up", "aborted"."""
    return NodeError(message, "ECONNRESET")


# --- the operating system's ---

# libuv's words; they differ from the C library's in most cases.
_UV_MESSAGES = {
    "EACCES": "permission denied",
    "EADDRINUSE": "address already in use",
    "EADDRNOTAVAIL": "address not available",
    "EAFNOSUPPORT": "address family not supported",
    "EAGAIN": "resource temporarily unavailable",
    "EBADF": "bad file descriptor",
    "EBUSY": "resource busy or locked",
    "ECONNABORTED": "software caused connection abort",
    "ECONNREFUSED": "connection refused",
    "ECONNRESET": "connection reset by peer",
    "EEXIST": "file already exists",
    "EFBIG": "file too large",
    "EHOSTUNREACH": "host is unreachable",
    "EINVAL": "invalid argument",
    "EIO": "i/o error",
    "EISDIR": "illegal operation on a directory",
    "ELOOP": "too many symbolic links encountered",
    "EMFILE": "too many open files",
    "ENAMETOOLONG": "name too long",
    "ENETUNREACH": "network is unreachable",
    "ENFILE": "file table overflow",
    "ENODEV": "no such device",
    "ENOENT": "no such file or directory",
    "ENOMEM": "not enough memory",
    "ENOSPC": "no space left on device",
    "ENOTCONN": "socket is not connected",
    "ENOTDIR": "not a directory",
    "ENOTEMPTY": "directory not empty",
    "EPERM": "operation not permitted",
    "EPIPE": "broken pipe",
    "EROFS": "read-only file system",
    "ESPIPE": "invalid seek",
    "ETIMEDOUT": "connection timed out",
    "ETXTBSY": "text file is busy",
    "EXDEV": "cross-device link not permitted",
}


def system_error(
    error: OSError | int,
    syscall: str,
    *,
    address: str | None = None,
    port: int | None = None,
    with_text: bool = False,
) -> NodeSystemError:
    """Translate what the operating system said into Node's form.

    `error` is the OSError, or its positive number. A failed listen names the reason in words (`with_text`), others do
    not: "connect ECONNREFUSED 127.0.0.1:1". For files there is `file_error`.
    """
    number = error if isinstance(error, int) else (error.errno or _errno.EIO)
    code = _errno.errorcode.get(number, "UNKNOWN")
    text = _UV_MESSAGES.get(code, "unknown error")
    where = address if port is None or (port == 0 and address is None) else f"{address}:{port}"
    if with_text:
        message = f"{syscall} {code}: {text}" + (f" {where}" if where else "")
    else:
        message = f"{syscall} {code}" + (f" {where}" if where else "")
    result = NodeSystemError(message, code)
    result.errno = -number
    result.syscall = syscall
    result.address = address
    result.port = port
    return result


def file_error(error: OSError, syscall: str, path: str | None = None) -> NodeSystemError:
    """As `system_error`, for a file: "ENOENT: no such file or directory, open 'x'"."""
    result = system_error(error, syscall)
    text = _UV_MESSAGES.get(result.code, "unknown error")
    result.message = f"{result.code}: {text}, {syscall}" + (f" '{path}'" if path is not None else "")
    result.args = (result.message,)
    result.path = path
    return result


def aggregate_two_errors(inner: BaseException | None, outer: BaseException | None) -> BaseException | None:
    """One error out of up to two: `inner` came later, `outer` was there first and gives the message and code."""
    if inner is None or outer is None or inner is outer:
        return inner or outer
    if isinstance(outer, NodeAggregateError):
        outer.errors.append(inner)
        return outer
    return NodeAggregateError([outer, inner], str(outer), getattr(outer, "code", None))
