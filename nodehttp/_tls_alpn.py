"""ALPN: lists of protocols as users give them and as `ssl` takes them. RFC 7301 section 3.1"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from nodestream.errors import ERR_INVALID_ARG_VALUE, NodeRangeError

_LONGEST = 255


class _TooLong(NodeRangeError):
    code = "ERR_OUT_OF_RANGE"

    def __init__(self, index: int, length: int) -> None:
        super().__init__(
            f"The byte length of the protocol at index {index} exceeds the maximum length. "
            f"It must be <= {_LONGEST}. Received {length}"
        )


def alpn_protocols(given: Any) -> tuple[bytes, ...]:
    """The protocols of the option ALPNProtocols: a list of names, or bytes in which a length precedes each.

    Anything else is none, as in Node. Raises ERR_OUT_OF_RANGE for a name that is too long, and ERR_INVALID_ARG_VALUE
    for what Node dies of (an empty name, one that is cut off) and for what `ssl` does not take (one beyond ASCII).
    """
    if isinstance(given, (list, tuple)):
        names = _encoded(given)
    elif isinstance(given, (bytes, bytearray, memoryview)):
        names = _cut(bytes(given))
    else:
        return ()
    if not all(name and name.isascii() for name in names):
        raise ERR_INVALID_ARG_VALUE("options.ALPNProtocols", given)
    return names


def _encoded(given: Iterable[Any]) -> tuple[bytes, ...]:
    names = []
    for index, name in enumerate(given):
        encoded = name.encode() if isinstance(name, str) else bytes(name)
        if len(encoded) > _LONGEST:
            raise _TooLong(index, len(encoded))
        names.append(encoded)
    return tuple(names)


def _cut(data: bytes) -> tuple[bytes, ...]:
    """The names; the last one is empty if it is cut off."""
    names = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        names.append(data[at + 1 : end] if end <= len(data) else b"")
        at = end
    return tuple(names)


def on_the_wire(names: Iterable[bytes]) -> bytes:
    """A list of protocols, a length before each."""
    return b"".join(bytes([len(name)]) + name for name in names)


def convert_alpn_protocols(protocols: Any, out: MutableMapping[str, Any]) -> None:
    """Put the list `protocols` into `out["ALPNProtocols"]` as it goes on the wire; bytes go there as they are.

    Raises ERR_OUT_OF_RANGE. Node: tls.convertALPNProtocols
    """
    if isinstance(protocols, (list, tuple)):
        out["ALPNProtocols"] = on_the_wire(_encoded(protocols))
    elif isinstance(protocols, (bytes, bytearray, memoryview)):
        out["ALPNProtocols"] = bytes(protocols)
