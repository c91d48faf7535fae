"""The options of an HTTP server, checked.

Node: the options of http.createServer
"""

from __future__ import annotations

import math
from typing import Any, cast

from nodestream._options import LARGEST_INTEGER
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE

from ._net_server import SERVER_OPTIONS as NET_OPTIONS
from ._parsing import Validation

HTTP_OPTIONS = frozenset(
    {
        "connections_checking_interval",
        "headers_timeout",
        "http_validation",
        "incoming_message",
        "insecure_http_parser",
        "join_duplicate_headers",
        "keep_alive_timeout",
        "keep_alive_timeout_buffer",
        "max_header_size",
        "optimize_empty_requests",
        "parser",
        "reject_non_standard_body_writes",
        "request_timeout",
        "require_host_header",
        "server_response",
        "should_upgrade_callback",
        "unique_headers",
    }
)
"""What is not for the listening server below."""

SERVER_OPTIONS = NET_OPTIONS | HTTP_OPTIONS

_VALIDATIONS = ("strict", "relaxed", "insecure")


class ServerOptions:
    """The options that were given, and questions about them; each raises what Node raises for a wrong value."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    def for_listener(self) -> dict[str, Any]:
        """What the listening server itself takes. Half-open sockets are this layer's business, not the kernel's."""
        given = {name: value for name, value in self._given.items() if name not in HTTP_OPTIONS}
        return {"no_delay": True, **given, "allow_half_open": True}

    def integer(self, name: str, node_spelling: str, default: int | None) -> int | None:
        """A whole number that is not negative."""
        value = self._given.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ERR_INVALID_ARG_TYPE(node_spelling, "of type number", value)
        if not math.isfinite(value) or value % 1:
            raise ERR_OUT_OF_RANGE(node_spelling, "an integer", value)
        if not 0 <= value <= LARGEST_INTEGER:
            raise ERR_OUT_OF_RANGE(node_spelling, f">= 0 && <= {LARGEST_INTEGER}", value)
        return int(value)

    def duration(self, name: str, node_spelling: str, default: int) -> int:
        """Milliseconds."""
        return cast(int, self.integer(name, node_spelling, default))

    def flag(self, name: str, node_spelling: str, default: bool | None) -> bool | None:
        """True or False."""
        value = self._given.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise ERR_INVALID_ARG_TYPE(f"options.{node_spelling}", "of type boolean", value)
        return value

    def function(self, name: str, node_spelling: str) -> Any:
        """A function, or None."""
        value = self._given.get(name)
        if value is not None and not callable(value):
            raise ERR_INVALID_ARG_TYPE(f"options.{node_spelling}", "of type function", value)
        return value

    def value(self, name: str) -> Any:
        """What was given, whatever it is."""
        return self._given.get(name)

    def validation(self) -> Validation | None:
        """What requests are let pass, if `http_validation` says so."""
        value = self._given.get("http_validation")
        if value is None:
            return None
        if value not in _VALIDATIONS:
            allowed = ", ".join(f"'{each}'" for each in _VALIDATIONS)
            raise ERR_INVALID_ARG_VALUE("options.httpValidation", value, f"must be one of: {allowed}")
        if self._given.get("insecure_http_parser") is not None:
            reason = "cannot be used together with options.insecureHTTPParser"
            raise ERR_INVALID_ARG_VALUE("options.httpValidation", value, reason)
        return cast(Validation, value)
