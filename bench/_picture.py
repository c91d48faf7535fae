"""The results as a picture: for each case the ratios to Node, as bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from bench._figures import Spread
from bench._peers import BASELINE, PEERS
from bench._results import CaseResult

WIDTH = 900
NAMES = 230  # the column of names
RIGHT = 60  # beyond the scale, for figures
TOP = 64
BAR, GAP, TITLE, AFTER = 12, 5, 24, 12
MOST = 3.0  # where the scale ends; longer bars are cut off there
OURS, THEIRS, INK, FAINT = "#1f6feb", "#a9b4c2", "#1c2128", "#d8dee4"
HALO = 'stroke="#ffffff" stroke-width="3" paint-order="stroke"'  # so that lines do not cross what is written
LEFT_OUT = {BASELINE, "c"}


def picture(results: Iterable[CaseResult]) -> str:
    """An SVG of all cases whose first measure is one of those where more is better."""
    y, shapes, texts = TOP, [], []
    for result in results:
        bars = _bars(result)
        if bars:
            texts.append(_text(16, y + 14, result.case.title.replace("`", ""), weight="bold"))
            texts.append(_text(WIDTH - 16, y + 14, result.case.measures[0].name, anchor="end"))
            y += TITLE
            for name, ratio in bars:
                shapes += _bar(y, name, ratio)
                texts += _told(y, name, ratio)
                y += BAR + GAP
            y += AFTER
    node = _line(_x(1), TOP - 8, _x(1), y, INK)
    return _page(y + 8, [*_scale(y), *shapes, node, *texts])


def _bars(result: CaseResult) -> list[tuple[str, Spread]]:
    measure = result.case.measures[0]
    if measure.better != "more":
        return []
    found = [(name, result.ratio(name, measure.name)) for name in result.peers if name not in LEFT_OUT]
    return [(name, ratio) for name, ratio in found if ratio is not None]


def _x(ratio: float) -> float:
    return NAMES + (WIDTH - NAMES - RIGHT) * min(ratio, MOST) / MOST


def _bar(y: int, name: str, ratio: Spread) -> list[str]:
    colour, middle = OURS if PEERS[name].ours else THEIRS, y + BAR / 2
    return [
        f'<rect x="{NAMES}" y="{y}" width="{_x(ratio.median) - NAMES:.1f}" height="{BAR}" fill="{colour}"/>',
        _line(_x(ratio.low), middle, _x(ratio.high), middle, INK),
    ]


def _told(y: int, name: str, ratio: Spread) -> list[str]:
    return [
        _text(NAMES - 8, y + BAR - 2, PEERS[name].title, anchor="end"),
        _text(_x(ratio.high) + 6, y + BAR - 2, f"{ratio.median:.2f}"),
    ]


def _scale(bottom: int) -> list[str]:
    steps = [step / 2 for step in range(int(MOST * 2) + 1)]
    lines = [_line(_x(step), TOP - 8, _x(step), bottom, FAINT) for step in steps]
    labels = [_text(_x(step), TOP - 14, "Node" if step == 1 else f"{step:g}", anchor="middle") for step in steps]
    return [_text(16, 26, "Ratios to Node 24 in the same round", weight="bold", size=16), *lines, *labels]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12) -> str:
    style = f'text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" {HALO}'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _page(height: int, parts: Sequence[str]) -> str:
    attributes = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    background = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    body = "\n".join([background, *parts])
    return f'<svg {attributes} font-family="Helvetica, Arial, sans-serif" fill="{INK}">\n{body}\n</svg>\n'
