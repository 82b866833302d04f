"""SVG drawings inside a page: scales, lines, ticks. Pure functions."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10

from autopilot.interface.records import dataclass

Point = tuple[float, float]
MOST_POINTS = 1500
"""Most points of a line, more than a page has pixels."""
_MOST = 1e9
"""Largest possible value of a flight; a damaged log may contain larger ones, which would spoil the scale."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Mapping of values from `low` to `high` to pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int) -> list[float]:
        """Return round values, about `about` of them."""
        rough = (self.high - self.low) / about
        power = 10.0 ** floor(log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        first = -(-self.low // step)
        return [step * (first + count) for count in range(int((self.high / step) - first) + 1)]


def scale(values: Iterable[float], start: float, end: float, *, least: float = 1.0) -> Scale:
    """Return the scale of the possible values, with a margin, at least `least` wide."""
    known = [value for value in values if abs(value) <= _MOST] or [0.0]
    low, high = min(known), max(known)
    wide = max(high - low, least)
    middle = (low + high) / 2.0
    if low >= 0.0:  # a range that is never negative begins at 0
        middle = max(middle, 0.5 * wide)
    return Scale(middle - 0.54 * wide, middle + 0.54 * wide, start, end)


def thin(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most `MOST_POINTS` points, with the first and the last."""
    if len(points) <= MOST_POINTS:
        return points
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(number * step)] for number in range(MOST_POINTS)]


def line(points: Sequence[Point], kind: str, *, closed: bool = False) -> str:
    """Draw a line of the CSS class `kind` through finite points, pixels."""
    known = [(x, y) for x, y in points if isfinite(x) and isfinite(y)]
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in thin(known))
    return f'<{"polygon" if closed else "polyline"} class="{kind}" points="{text}"/>'


def text(x: float, y: float, words: str, kind: str = "label", anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def circle(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def drawing(name: str, width: float, height: float, parts: Iterable[str], attributes: str = "") -> str:
    """Return the whole drawing; `name` is read aloud. With links its role is a group, so that readers can reach
    them."""
    inner = "".join(parts)
    role = "group" if "<a " in inner else "img"
    box = f'viewBox="0 0 {width:g} {height:g}"'
    return f'<svg role="{role}" aria-label="{html.escape(name)}" {box} {attributes}>{inner}</svg>'
