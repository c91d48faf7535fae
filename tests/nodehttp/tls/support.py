"""What the tests of TLS share: asking Node, two engines of `ssl` that talk in memory, what nobody has caught."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from compliance._node import node_binary
from nodestream import process

# Buffers come as {"hex": ...}, and go so.
_FRAME = """
const revive = (key, value) => value && typeof value.hex === 'string' ? Buffer.from(value.hex, 'hex') : value;
const input = JSON.parse(require('node:fs').readFileSync(0, 'utf8'), revive);
const replace = (key, value) =>
  value && value.type === 'Buffer' ? { hex: Buffer.from(value.data).toString('hex') } :
  value === undefined ? null : value;
const answer = (value) => process.stdout.write(JSON.stringify(value, replace));
const error = (thrown) => ({
  kind: thrown.constructor.name, code: thrown.code ?? '', message: thrown.message,
});
"""


def ask_node(script: str, given: Any = None) -> Any:
    """What `script` calls `answer()` with; it finds `given` as `input`, and has `error()` to show an error."""
    output = subprocess.run(
        [node_binary(), "--no-warnings", "-e", _FRAME + script],
        input=json.dumps(given, default=_as_hex),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    return json.loads(output, object_hook=_from_hex)


def _as_hex(data: bytes) -> dict[str, str]:
    return {"hex": data.hex()}


def _from_hex(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value


def described(error: Exception | None) -> dict[str, str] | None:
    """An error as `error()` of a script shows it."""
    if error is None:
        return None
    kind = "TypeError" if isinstance(error, TypeError) else "RangeError" if isinstance(error, ValueError) else "Error"
    return {"kind": kind, "code": getattr(error, "code", ""), "message": str(error)}


class Pair:
    """A client and a server of `ssl`, connected in memory. `errors` are those of the client and of the server."""

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, **options: Any) -> None:
        self._to_client, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        from_client, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(self._to_client, from_client, **options)
        self.server = server.wrap_bio(self._to_server, from_server, server_side=True)
        self.errors: list[ssl.SSLError | None] = [None, None]
        self._sides = ((self.client, from_client, self._to_server), (self.server, from_server, self._to_client))
        for _ in range(6):
            self._step()
        with suppress(ssl.SSLError):
            self.client.read(1)  # takes the session tickets

    def _step(self) -> None:
        for index, (side, output, to_other) in enumerate(self._sides):
            if self.errors[index] is None:
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLError as error:
                    self.errors[index] = error
            to_other.write(output.read())


@contextmanager
def uncaught() -> Iterator[list[BaseException]]:
    """What nobody has caught."""
    errors: list[BaseException] = []

    def note(error: BaseException, _origin: str) -> None:
        errors.append(error)

    process.on("uncaughtException", note)
    yield errors
    process.remove_listener("uncaughtException", note)
