"""Values of every kind, for arguments that want one kind. The twin of wrong_values.mjs."""

import math
from typing import Any

from nodestream.events import EventEmitter, Symbol

VALUES: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "5": 5,
    "-1": -1,
    "1.5": 1.5,
    "NaN": math.nan,
    "2 ** 53": 2**53,
    "an empty string": "",
    "x": "x",
    "a string": "a string of more than 28 characters",
    "an object": {},
    "an array": [],
    "an array of x": ["x"],
    "bytes": b"b",
    "a function": lambda *args: None,
    "a symbol": Symbol("s"),
    "an emitter": EventEmitter(),
}
