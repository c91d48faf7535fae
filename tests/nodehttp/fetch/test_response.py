"""Response: Python's own ways, and what fetch uses. What Node does is in compliance/scenarios/fetch_types.py."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest

from nodehttp.fetch import Headers, Response
from nodehttp.fetch._body_init import body_of_bytes
from nodestream import run
from nodestream.errors import NodeRangeError, NodeTypeError


@pytest.mark.parametrize("name", ["status_text", "statusText"])
def test_options_are_keywords_or_a_mapping_in_either_spelling(name: str) -> None:
    options: dict[str, Any] = {name: "hey", "status": 201}
    for response in (Response("x", options), Response("x", **options)):
        assert (response.status_text, response.statusText, response.status, response.ok) == ("hey", "hey", 201, True)


def test_an_unknown_keyword_is_refused() -> None:
    unknown: dict[str, Any] = {"nothing": 1}
    for make in (Response, Response.json):
        with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
            make("x", **unknown)


@pytest.mark.parametrize("status", [HTTPStatus.CREATED, 201, 201.0, "201"])
def test_a_status_is_any_number(status: Any) -> None:
    assert Response("x", status=status).status == 201


@pytest.mark.parametrize("status", [float("nan"), float("inf"), 10**400, "x", object()])
def test_what_is_no_status_is_out_of_range(status: Any) -> None:
    with pytest.raises(NodeRangeError, match="200 to 599"):
        Response("x", status=status)


def test_json_makes_a_response_of_the_class_and_reads_one_of_an_instance() -> None:
    async def main() -> None:
        response = Response.json({"a": [1, None, "\u00e9"]}, status=201)
        assert (response.status, response.headers["content-type"]) == (201, "application/json")
        assert await response.clone().text() == '{"a":[1,null,"\u00e9"]}'
        assert await response.json() == {"a": [1, None, "\u00e9"]}

    run(main)


def test_a_subclass_may_have_its_own_way_to_read_json() -> None:
    class Wrapped(Response):
        async def json(self) -> Any:  # type: ignore[override]
            return {"wrapped": await super().json()}

    async def main() -> None:
        assert await Wrapped("5").json() == {"wrapped": 5}

    run(main)


@pytest.mark.parametrize("value", [{1}, b"x", float("nan"), lambda: None])
def test_what_json_cannot_say_is_a_type_error_with_its_cause(value: Any) -> None:
    with pytest.raises(TypeError, match="Value is not JSON serializable") as raised:
        Response.json(value)
    assert isinstance(raised.value.__cause__, (TypeError, ValueError))


def test_a_value_that_holds_itself_is_a_type_error() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(TypeError, match="Value is not JSON serializable"):
        Response.json(value)


def test_a_redirect_says_where_to() -> None:
    response = Response.redirect(urlsplit("http://a/\u00fc"), 307)
    assert (response.status, list(response.headers)) == (307, [("location", "http://a/%C3%BC")])
    with pytest.raises(NodeTypeError, match="immutable"):
        response.headers.delete("location")


# --- what fetch makes ---


def test_a_response_that_was_received_is_as_it_came() -> None:
    response = Response._of_network(
        kind="basic",
        status=999,
        status_text="\u0100dd",
        header_pairs=[("X", "1"), ("x", "2")],
        body=body_of_bytes(b"x"),
        url_list=["http://a/", "http://b/c#d"],
    )
    assert (response.type, response.status, response.status_text, response.ok) == ("basic", 999, "\u0100dd", False)
    assert (response.url, response.redirected, list(response.headers)) == ("http://b/c", True, [("x", "1, 2")])
    with pytest.raises(NodeTypeError, match="immutable"):
        response.headers.set("a", "1")

    async def main() -> None:
        clone = response.clone()
        assert (clone.type, clone.status, clone.url, clone.redirected) == ("basic", 999, "http://b/c", True)
        with pytest.raises(NodeTypeError, match="immutable"):
            clone.headers.set("a", "1")
        assert await clone.text() == await response.text() == "x"

    run(main)


def test_its_headers_are_a_copy_of_those_it_was_given() -> None:
    headers = Headers({"a": "1"})
    response = Response("x", headers=headers)
    response.headers.set("a", "2")
    assert headers["a"] == "1"


def test_repr_is_one_line() -> None:
    assert repr(Response.error()) == (
        "Response { status: 0, statusText: '', headers: Headers {}, body: null, bodyUsed: false, ok: false, "
        "redirected: false, type: 'error', url: '' }"
    )
