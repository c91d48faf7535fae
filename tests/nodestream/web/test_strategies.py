"""ByteLengthQueuingStrategy and CountQueuingStrategy."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_MISSING_OPTION
from nodestream.web import ByteLengthQueuingStrategy, CountQueuingStrategy

BOTH = pytest.mark.parametrize("strategy", [ByteLengthQueuingStrategy, CountQueuingStrategy])


@BOTH
def test_the_mark_is_a_keyword_or_in_a_mapping(strategy: Any) -> None:
    for made in (strategy(high_water_mark=5), strategy({"highWaterMark": 5}), strategy({"high_water_mark": "5"})):
        assert made.high_water_mark == made.highWaterMark == 5
    assert math.isnan(strategy({"highWaterMark": "x"}).high_water_mark)


@BOTH
def test_the_mark_must_be_given(strategy: Any) -> None:
    for wrong in ((), (5,), ("x",)):
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            strategy(*wrong)
    with pytest.raises(ERR_MISSING_OPTION, match=r"init\.highWaterMark is required"):
        strategy({})


def test_sizes() -> None:
    size = ByteLengthQueuingStrategy(high_water_mark=1).size
    assert [size(b"abc"), size(bytearray(2)), size(memoryview(bytearray(8)).cast("H")), size("abc")] == [3, 2, 8, None]
    assert CountQueuingStrategy(high_water_mark=1).size() == 1
    assert size.__name__ == CountQueuingStrategy(high_water_mark=1).size.__name__ == "size"
