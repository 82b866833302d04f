"""Chart of curves over any two quantities, as SVG in a figure with the legend above."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby
from math import isfinite, nan

from autopilot.interface.records import dataclass, field
from sortie.reports import svg

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 760.0, 58.0, 12.0, 8.0, 36.0
COLOURS = 8
"""Classes k0 .. k7 of `sortie.reports.page`, with different colours and dashes."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Curve of points; NaN interrupts the line. `colour`: of `COLOURS`."""

    name: str
    points: Sequence[svg.Point]
    colour: int = 0
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """Rectangle; None: to the edge of the chart. `bar`: a bar, not a background."""

    name: str
    colour: int
    left: float | None = None
    right: float | None = None
    low: float | None = None
    high: float | None = None
    bar: bool = False


@dataclass(frozen=True, slots=True)
class PlotMark:
    x: float
    y: float
    word: str


@dataclass(frozen=True, slots=True)
class _Frame:
    across: svg.Scale
    up: svg.Scale
    height: float = field(default=220.0)

    def point(self, x: float, y: float) -> svg.Point:
        return self.across(x), self.up(y)


def plot(
    title: str,
    along: str,
    curves: Sequence[Curve] = (),
    areas: Sequence[Area] = (),
    places: Sequence[PlotMark] = (),
    *,
    height: float = 220.0,
    from_zero: bool = False,
    alike: bool = False,
    rows: Sequence[str] = (),
    least: float = 1e-6,
    whole: bool = False,
) -> str:
    """Draw a figure. `along`: name of the horizontal axis. `from_zero`: the vertical axis begins at 0. `alike`: equal
    scales, as on a map. `rows`: names instead of a vertical scale, row 0 on top. `whole`: only integers on the
    horizontal axis."""
    xs = [x for mark in curves for x, _ in mark.points] + [mark.x for mark in places]
    ys = [y for mark in curves for _, y in mark.points] + [mark.y for mark in places]
    xs += [edge for area in areas for edge in (area.left, area.right) if edge is not None]
    ys += [edge for area in areas for edge in (area.low, area.high) if edge is not None]
    if from_zero:
        ys.append(0.0)
    frame = _frame(xs, ys, height, alike=alike, rows=rows, least=least)
    parts = [_area(area, frame) for area in areas]
    parts += _axes(frame, rows, whole=whole)
    parts += [part for curve in curves for part in _curve(curve, frame)]
    for place in places:
        x, y = frame.point(place.x, place.y)
        parts += [svg.circle(x, y, 4.0, "item"), svg.text(x + 7.0, y + 4.0, place.word, anchor="start")]
    parts.append(svg.text((LEFT + WIDTH) / 2.0, height - 4.0, along))
    named = [(curve.name, curve.colour) for curve in curves] + [(area.name, area.colour) for area in areas]
    legend = dict.fromkeys((name, f"k{colour}") for name, colour in named if name)
    return figure_of(title, svg.drawing(title, WIDTH, height, parts), list(legend))


def figure_of(title: str, drawing: str, legend: Sequence[tuple[str, str]] = ()) -> str:
    keys = "".join(
        f'<span class="key"><svg aria-hidden="true" viewBox="0 0 24 8"><line class="{kind}" x1="0" y1="4" x2="24" '
        f'y2="4" stroke-width="4"/></svg>{html.escape(name)}</span>'
        for name, kind in legend
    )
    return f"<figure><figcaption><b>{html.escape(title)}</b> {keys}</figcaption>{drawing}</figure>"


def _frame(
    xs: Sequence[float], ys: Sequence[float], height: float, *, alike: bool, rows: Sequence[str], least: float
) -> _Frame:
    left, right, bottom = LEFT, WIDTH - RIGHT, height - BOTTOM
    across = svg.scale(xs, left, right, least=least)
    if rows:
        return _Frame(across, svg.Scale(-0.5, len(rows) - 0.5, TOP, bottom), height)
    up = svg.scale(ys, bottom, TOP, least=least)
    if alike:
        per_px = max((across.high - across.low) / (right - left), (up.high - up.low) / (bottom - TOP))
        x, y = (across.high + across.low) / 2.0, (up.high + up.low) / 2.0
        wide, tall = per_px * (right - left) / 2.0, per_px * (bottom - TOP) / 2.0
        across, up = svg.Scale(x - wide, x + wide, left, right), svg.Scale(y - tall, y + tall, bottom, TOP)
    return _Frame(across, up, height)


def _axes(frame: _Frame, rows: Sequence[str], *, whole: bool) -> list[str]:
    parts = []
    bottom = frame.height - BOTTOM
    for tick in range(len(rows)) if rows else frame.up.ticks(4):
        y = frame.up(tick)
        word = rows[int(tick)] if rows else f"{tick:,.6g}"
        parts.append(svg.line([(LEFT, y), (WIDTH - RIGHT, y)], "grid"))
        parts.append(svg.text(LEFT - 6.0, y + 4.0, word, anchor="end"))
    along = [tick for tick in frame.across.ticks(8) if not whole or tick == round(tick)]
    parts += [svg.text(frame.across(tick), bottom + 14.0, f"{tick:,.6g}") for tick in along]
    return parts


def _area(area: Area, frame: _Frame) -> str:
    left = LEFT if area.left is None else frame.across(area.left)
    right = WIDTH - RIGHT if area.right is None else frame.across(area.right)
    edges = [
        TOP if area.high is None else frame.up(area.high),
        frame.height - BOTTOM if area.low is None else frame.up(area.low),
    ]
    top, foot = min(edges), max(edges)
    kind = "bar" if area.bar else "area"
    return (
        f'<rect class="{kind} k{area.colour}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 0.5):.1f}" '
        f'height="{max(foot - top, 0.5):.1f}"/>'
    )


def _curve(curve: Curve, frame: _Frame) -> list[str]:
    pieces = groupby(curve.points, key=lambda point: isfinite(point[0]) and isfinite(point[1]))
    lines = [[frame.point(x, y) for x, y in piece] for known, piece in pieces if known]
    parts = [svg.line(line, f"k{curve.colour}") for line in lines if len(line) > 1]
    if curve.dots:
        parts += [svg.circle(x, y, 3.0, f"k{curve.colour}") for line in lines for x, y in line]
    return parts


NOWHERE: svg.Point = (nan, nan)
"""Point that interrupts a curve."""
