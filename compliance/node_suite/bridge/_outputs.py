"""Functions that write into an object that they are given. Other plain objects cross as copies."""

from __future__ import annotations

from typing import Any

from compliance.node_suite.bridge._proxies import Plain
from compliance.node_suite.bridge._values import Values

WRITING = frozenset({"add_header_line", "convert_alpn_protocols"})


def write_back(values: Values, name: str, given: list[Any]) -> None:
    """After a call of a function: what it wrote into plain objects among its arguments is in the originals too."""
    if name in WRITING:
        for written in given:
            if isinstance(written, Plain):
                for key, value in written.items():
                    values.ask("set", written.js_id, key, value)
