"""OutgoingMessage: setting, changing and asking for headers, and what is refused before it can be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp._headers import validate_header_name, validate_header_value
from nodehttp._incoming import IncomingMessage
from nodehttp._outgoing import OutgoingMessage
from nodehttp._response import ServerResponse


def response(method: str = "GET") -> ServerResponse:
    request = IncomingMessage()
    request.method = method
    request.http_version_major = request.http_version_minor = 1
    result = ServerResponse(request)
    result.send_date = False
    return result


def head_of(message: ServerResponse) -> str:
    """The head as text, without the start line and what every head has."""
    if not message.headers_sent:
        message.end()
    lines = (message._head or "").split("\r\n")[1:-2]
    return "|".join(line for line in lines if line not in ("Connection: keep-alive", "Content-Length: 0"))


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(Exception) as caught:
        call()
    return f"{getattr(caught.value, 'code', '')} {caught.value}"


def test_headers_are_found_in_any_case_and_keep_the_one_they_were_given() -> None:
    message = OutgoingMessage()
    assert message.set_header("X-Foo", 1) is message
    message.setHeader("content-TYPE", ["a", "b"])
    assert (message.get_header("x-foo"), message.getHeader("CONTENT-type")) == (1, ["a", "b"])
    assert message.get_header("other") is None
    assert message.get_header_names() == ["x-foo", "content-type"]
    assert message.getRawHeaderNames() == ["X-Foo", "content-TYPE"]
    assert message.get_headers() == {"x-foo": 1, "content-type": ["a", "b"]}
    assert (message.has_header("X-FOO"), message.hasHeader("other")) == (True, False)
    message.remove_header("x-foo")
    assert message.get_header_names() == ["content-type"]
    assert not message.headers_sent


def test_the_headers_that_are_handed_out_are_a_copy() -> None:
    message = OutgoingMessage().set_header("a", "1")
    message.get_headers()["b"] = "2"
    assert message.get_headers() == {"a": "1"}


def test_a_message_without_headers_answers_too() -> None:
    message = OutgoingMessage()
    assert (message.get_headers(), message.get_header_names(), message.get_raw_header_names()) == ({}, [], [])
    assert message.has_header("a") is False
    message.remove_header("a")


def test_setting_a_header_again_replaces_it_in_its_place() -> None:
    message = response()
    message.set_header("A", "1").set_header("B", "2").set_header("a", "3")
    assert head_of(message) == "a: 3|B: 2"


def test_appended_values_do_not_change_the_list_that_was_set() -> None:
    values = ["1"]
    message = response().set_header("A", values)
    message.append_header("a", "2").append_header("A", ["3", "4"])
    assert values == ["1"]
    assert message.get_header("a") == ["1", "2", "3", "4"]
    assert head_of(message) == "A: 1|A: 2|A: 3|A: 4"


def test_set_headers_takes_a_mapping_and_keeps_cookies_apart() -> None:
    class Headers:
        """As fetch's: iterates with a pair for each cookie."""

        def get(self, name: str) -> None: ...

        def items(self) -> list[tuple[str, str]]:
            return [("a", "1"), ("set-cookie", "x"), ("set-cookie", "y")]

    assert response().set_headers({"a": "1", "b": ["2", "3"]}).get_headers() == {"a": "1", "b": ["2", "3"]}
    assert response().setHeaders(Headers()).get_headers() == {"a": "1", "set-cookie": ["x", "y"]}
    expected = 'ERR_INVALID_ARG_TYPE The "headers" argument must be an instance of Headers or Map. Received '
    assert failure(lambda: response().set_headers([])) == expected + "an instance of Array"
    assert failure(lambda: response().set_headers("x")) == expected + "type string ('x')"


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (1.0, "1"), (1.5, "1.5"), (True, "true"), (False, "false"), ("", ""), (b"bytes", "bytes")],
)
def test_values_become_text_as_in_javascript(value: Any, text: str) -> None:
    assert head_of(response().set_header("A", value)) == f"A: {text}"


def test_a_list_in_a_list_is_one_value() -> None:
    assert head_of(response().set_header("A", [["x", "y"], "z"])) == "A: x,y|A: z"


def test_an_empty_list_is_no_header() -> None:
    assert head_of(response().set_header("A", [])) == ""


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "é", 5, None])
def test_a_name_that_is_no_token_is_refused(name: Any) -> None:
    message = response()
    shown = "undefined" if name is None else name
    expected = f'ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token ["{shown}"]'
    assert failure(lambda: message.set_header(name, "x")) == expected
    assert failure(lambda: message.append_header(name, "x")) == expected
    if name:
        assert failure(lambda: message.write_head(200, {name: "x"})) == expected


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\x7fb", "€", ["ok", "a\nb"]])
def test_a_value_that_would_split_the_head_is_refused(value: Any) -> None:
    expected = 'ERR_INVALID_CHAR Invalid character in header content ["A"]'
    assert failure(lambda: response().set_header("A", value)) == expected
    assert failure(lambda: response().append_header("A", value)) == expected
    assert failure(lambda: response().write_head(200, {"A": value})) == expected
    assert failure(lambda: response().write_head(200, ["A", value])) == expected


def test_a_value_that_is_none_is_refused() -> None:
    expected = 'ERR_HTTP_INVALID_HEADER_VALUE Invalid value "undefined" for header "A"'
    assert failure(lambda: response().set_header("A", None)) == expected
    assert failure(lambda: response().write_head(200, {"A": None})) == expected


def test_tabs_and_latin1_are_fine_in_a_value() -> None:
    assert head_of(response().set_header("A", "\t é~ÿ")) == "A: \t é~ÿ"


def test_names_that_are_asked_for_must_be_strings() -> None:
    expected = 'ERR_INVALID_ARG_TYPE The "name" argument must be of type string. Received type number (5)'
    message: Any = response()
    for call in (message.get_header, message.has_header, message.remove_header):
        assert failure(lambda call=call: call(5)) == expected  # type: ignore[misc]


def test_headers_that_were_sent_cannot_be_changed_but_asked_for() -> None:
    message = response().set_header("a", "1")
    message.flush_headers()
    assert message.headersSent
    sent = "ERR_HTTP_HEADERS_SENT Cannot {} headers after they are sent to the client"
    assert failure(lambda: message.set_header("a", "b")) == sent.format("set")
    assert failure(lambda: message.set_headers({})) == sent.format("set")
    assert failure(lambda: message.append_header("a", "b")) == sent.format("append")
    assert failure(lambda: message.remove_header("a")) == sent.format("remove")
    calls: list[Callable[[], object]] = [
        lambda: message.write_head(200),
        message.write_continue,
        message.write_processing,
        lambda: message.write_early_hints({"link": "</a>; rel=x"}),
        lambda: message.write_information(102),
    ]
    assert [failure(call) for call in calls] == [sent.format("write")] * 5
    assert message.get_header("a") == "1"
    message.flush_headers()
    message.add_trailers({"a": "b"})


def test_a_plain_message_has_no_first_line() -> None:
    expected = "ERR_METHOD_NOT_IMPLEMENTED The _implicitHeader() method is not implemented"
    message = OutgoingMessage()
    assert failure(lambda: message.write("x")) == expected
    assert failure(message.end) == expected
    assert failure(message.flush_headers) == expected


def test_the_checks_are_there_for_all() -> None:
    assert failure(lambda: validate_header_name("", "L")) == 'ERR_INVALID_HTTP_TOKEN L must be a valid HTTP token [""]'
    validate_header_name("a")
    validate_header_value("a", "é")


# --- the head of a response ---


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (99, "99"),
        (1000, "1000"),
        ("abc", "abc"),
        (None, "undefined"),
        (0, "0"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_a_status_that_cannot_be_is_refused(code: Any, shown: str) -> None:
    assert failure(lambda: response().write_head(code)) == f"ERR_HTTP_INVALID_STATUS_CODE Invalid status code: {shown}"
    message = response()
    message.status_code = code
    assert failure(message.end).startswith("ERR_HTTP_INVALID_STATUS_CODE")


@pytest.mark.parametrize(("code", "line"), [(200.7, "200 OK"), ("404", "404 Not Found"), (999, "999 unknown")])
def test_a_status_is_made_a_whole_number(code: Any, line: str) -> None:
    message = response().write_head(code)
    assert (message._head or "").startswith(f"HTTP/1.1 {line}\r\n")


def test_a_reason_that_would_split_the_head_is_refused() -> None:
    message = response()
    message.status_message = "a\r\nb"
    assert failure(message.end) == "ERR_INVALID_CHAR Invalid character in statusMessage"
    assert failure(lambda: response().write_head(200, "a\nb")).endswith("statusMessage")


def test_a_flat_list_must_have_a_value_for_each_name() -> None:
    expected = "ERR_INVALID_ARG_VALUE The argument 'headers' is invalid. Received [ 'a' ]"
    assert failure(lambda: response().write_head(200, ["a"])) == expected
    assert failure(lambda: response().set_header("b", "1").write_head(200, ["a"])) == expected


def test_write_head_leaves_out_a_reason_that_is_none() -> None:
    message = response().write_head(201, None, {"a": "1"})
    assert (message.status_message, head_of(message)) == ("Created", "a: 1|Transfer-Encoding: chunked")


def test_write_head_returns_the_response_and_is_known_by_its_old_name() -> None:
    message = response()
    assert message.writeHeader(200) is message
    assert message.headers_sent


def test_a_trailer_header_needs_chunks() -> None:
    message = response().set_header("Trailer", "x").set_header("Content-Length", 2)
    expected = "ERR_HTTP_TRAILER_INVALID Trailers are invalid with this transfer encoding"
    assert failure(lambda: message.end("ab")) == expected
    assert not message.headers_sent


def test_trailers_are_checked_as_headers_are() -> None:
    message = response()
    token = 'ERR_INVALID_HTTP_TOKEN Trailer name must be a valid HTTP token ["a b"]'
    assert failure(lambda: message.add_trailers({"a b": "x"})) == token
    content = 'ERR_INVALID_CHAR Invalid character in trailer content ["a"]'
    assert failure(lambda: message.add_trailers({"a": "x\n"})) == content
    assert failure(lambda: message.add_trailers([["a", ["x", "y\r\n"]]])) == content


@pytest.mark.parametrize("headers", [5, True, lambda: None])
def test_what_has_no_properties_is_no_trailers(headers: Any) -> None:
    message = response()
    message.add_trailers({"a": "b"})
    message.add_trailers(headers)
    message.write("x")
    message.end()
    assert b"".join(message.output_data).endswith(b"0\r\n\r\n")


# --- informational responses ---


def test_informational_responses_are_checked() -> None:
    def information(*args: Any) -> str:
        return failure(lambda: response().write_information(*args))

    out_of_range = 'ERR_OUT_OF_RANGE The value of "statusCode" is out of range. It must be >= 100 && <= 199. Received '
    assert information(200) == out_of_range + "200"
    assert information(99) == out_of_range + "99"
    assert information(101) == "ERR_HTTP_INVALID_STATUS_CODE Invalid status code: 101"
    assert information("103") == (
        "ERR_INVALID_ARG_TYPE The \"statusCode\" argument must be of type number. Received type string ('103')"
    )
    odd = "ERR_INVALID_ARG_VALUE The argument 'headers' is invalid. Received [ 'a', 'b', 'c' ]"
    assert information(104, ["a", "b", "c"]) == odd
    assert information(104, {"a": "x\n"}) == 'ERR_INVALID_CHAR Invalid character in header content ["a"]'
    not_headers = 'ERR_INVALID_ARG_TYPE The "headers" argument must be of type object. Received type number (5)'
    assert information(104, 5) == not_headers


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ("x", "ERR_INVALID_ARG_TYPE The \"hints\" argument must be of type object. Received type string ('x')"),
        ({"link": "bad"}, "'bad'"),
        ({"link": ["</a>; rel=x", "bad"]}, "'bad'"),
        ({"link": 5}, "5"),
        ({"link": "</a>\r\nX: y; rel=x"}, "'</a>\\r\\nX: y; rel=x'"),
        ({"link": "</a>; rel=x", "y": "a\r\nb"}, 'ERR_INVALID_CHAR Invalid character in header content ["y"]'),
        (
            {"link": "</a>; rel=x", "y y": "ab"},
            'ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token ["y y"]',
        ),
    ],
)
def test_early_hints_are_checked(hints: Any, expected: str) -> None:
    form = 'must be an array or string of format "</styles.css>; rel=preload; as=style"'
    if not expected.startswith("ERR"):
        expected = f"ERR_INVALID_ARG_VALUE The argument 'hints' {form}. Received {expected}"
    assert failure(lambda: response().write_early_hints(hints)) == expected


def test_hints_that_would_not_be_sent_may_be_given_at_any_time() -> None:
    message = response()
    message.write_head(200)
    message.write_early_hints({})
    message.write_early_hints({"link": []})
    assert failure(lambda: message.write_early_hints({"link": "bad"})).startswith("ERR_INVALID_ARG_VALUE")
    assert failure(lambda: message.write_early_hints({"link": "</a>; rel=x"})).startswith("ERR_HTTP_HEADERS_SENT")


def test_an_informational_response_says_whether_there_is_room() -> None:
    message = response()
    assert message.write_information(102) is True
    assert message.write_information(102, {"a": "x" * 70000}) is False


@pytest.mark.parametrize("headers", [5, True, "ab", lambda: None])
def test_what_has_no_properties_is_no_headers_of_write_head(headers: Any) -> None:
    message = response().set_header("A", "b")
    message.write_head(200, None, headers)
    assert message.get_headers() == {"a": "b"}
    message = response()
    message.write_head(200, None, headers)
    assert message.headers_sent


def test_what_is_informational_does_not_make_the_head() -> None:
    message = response()
    message.write_continue()
    message.write_early_hints({"link": "</a>; rel=x", "y": 5, "z": ["a", "b"]})
    message.write_information(104, {"a": ["1", "2"]})
    assert not message.headers_sent
    assert b"".join(data for data, _ in message._state.waiting) == (  # type: ignore[misc]
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=x\r\ny: 5\r\nz: a,b\r\n\r\n"
        b"HTTP/1.1 104 unknown\r\na: 1,2\r\n\r\n"
    )
