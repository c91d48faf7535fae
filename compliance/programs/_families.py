"""The families of programs of streams and emitters."""

from __future__ import annotations

from pathlib import Path

from . import (
    _decoder_interpreter,
    _decoders,
    _emitter_interpreter,
    _emitters,
    _pipeline_interpreter,
    _pipelines,
    _stream_interpreter,
    _streams,
    _web,
    _web_interpreter,
)
from ._family import Family, corpus

_HERE = Path(__file__).parent

PROGRAMS = corpus(
    "programs",
    _HERE,
    Family(
        "streams",
        _HERE / "streams.mjs",
        _streams.programs,
        _stream_interpreter.begin,
        _streams.covered,
        _streams.comparable,
    ),
    Family("pipelines", _HERE / "pipelines.mjs", _pipelines.programs, _pipeline_interpreter.begin, _pipelines.covered),
    Family("emitters", _HERE / "emitters.mjs", _emitters.programs, _emitter_interpreter.begin, _emitters.covered),
    Family("decoders", _HERE / "decoders.mjs", _decoders.programs, _decoder_interpreter.begin, _decoders.covered),
    Family("web", _HERE / "web.mjs", _web.programs, _web_interpreter.begin, _web.covered, _web.comparable),
)
FAMILIES = PROGRAMS.families
