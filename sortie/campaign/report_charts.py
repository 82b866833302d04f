"""Charts of a campaign's report: axes with ticks and units; failures differ in shape, not only in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.records import dataclass
from autopilot.mission.plan import Plan
from sortie.campaign.signals import Array, legs_of
from sortie.campaign.study import PlannedRun
from sortie.campaign.summary import InputLevel
from sortie.reading.facts import FlightFacts
from sortie.reports import svg
from sortie.reports.chart_map import HEIGHT as MAP_HIGH
from sortie.reports.chart_map import WIDTH as MAP_WIDE
from sortie.reports.chart_map import Projection, fence_parts, home_mark, places_of, scale_bar

WIDE, HIGH = 760.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 26.0, 42.0
_BINS: Final = 24
_MOST_DOTS: Final = 4000
_CROSS: Final = 3.2
Floats = NDArray[np.float64]
STYLE: Final = """
.failed{fill:url(#hatch);stroke:var(--bad)}.held{fill:var(--a);fill-opacity:.35;stroke:var(--a)}
circle.held{fill:none}.cross{stroke:var(--bad);fill:none;stroke-width:1.8}.share{fill:var(--bad);stroke:none}
.sure{stroke:var(--ink)}.zero{stroke:var(--ink);stroke-dasharray:4 3}.track{opacity:.85}.start{fill:var(--ink)}
td svg{width:12em;margin:0;display:inline-block}
""" + "".join(
    f".run{k}{{stroke:var(--{'abcd'[k % 4]});stroke-dasharray:{dash}}}"
    for k, dash in enumerate(("none", "none", "none", "none", "7 3", "7 3", "7 3", "7 3"))
)
"""Style in addition to that of all pages. Each track has a colour and a dash pattern, and its run number at its end."""
_HATCH: Final = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="var(--ground)"/><line x1="0" y1="0" x2="0" y2="5" stroke="var(--bad)" '
    'stroke-width="3"/></pattern></defs>'
)


# --- one judge --------------------------------------------------------------------------------------------------------
def histogram(name: str, values: Floats, unit: str) -> str:
    """Draw a histogram of robustness. Bars below 0 are failures, and hatched. "" if all values are equal."""
    if values.size == 0 or np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())):
        return ""
    low, high = float(values.min()), float(values.max())
    edges = np.linspace(low, high, _BINS + 1)
    if low < 0.0 < high:  # no bar contains both signs
        edges = np.unique(np.append(edges, 0.0))
    counts, edges = np.histogram(values, edges)
    x = svg.Scale(low, high, _LEFT, WIDE - _RIGHT)
    y = svg.Scale(0.0, float(counts.max()), HIGH - _BOTTOM, _TOP)
    parts = [_HATCH, *_axes(x, y, "robustness" + (f" ({unit})" if unit else ""), "flights", whole=True)]
    for k, count in enumerate(counts):
        kind, word = ("failed", "failed") if edges[k + 1] <= 0.0 else ("held", "held")
        where = f"{edges[k]:.4g} to {edges[k + 1]:.4g}: {count} {word}"
        parts.append(_bar(x(edges[k]), x(edges[k + 1]), y(float(count)), y(0.0), kind, where))
    if low < 0.0 < high:
        parts.append(svg.line([(x(0.0), y(0.0)), (x(0.0), _TOP)], "zero"))
    parts.append(_legend([("failed", "broken"), ("held", "held")]))
    return svg.drawing(f"Robustness of {name}: how many flights", WIDE, HIGH, parts)


def _bar(left: float, right: float, top: float, bottom: float, kind: str, words: str) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{max(right - left - 1.0, 0.5):.1f}" '
        f'height="{max(bottom - top, 0.0):.1f}"><title>{escape(words)}</title></rect>'
    )


# --- two inputs -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Axis:
    """Input along an axis: name with unit, values, and texts if the values are indexes of texts."""

    name: str
    values: Floats
    texts: Sequence[str] | None = None

    def scale(self, start: float, end: float) -> svg.Scale:
        low, high = float(self.values.min()), float(self.values.max())
        edge = 0.03 * (high - low) or 0.5
        return svg.Scale(low - edge, high + edge, start, end)


def scatter(x: Axis, y: Axis, failed: NDArray[np.bool_], runs: NDArray[np.int64], linked: Mapping[int, str]) -> str:
    """Draw flights over two inputs: a cross for a failure, a circle otherwise; failures are drawn last. `runs`: their
    numbers; `linked`: runs that the page describes, with the anchors."""
    along, across = x.scale(_LEFT, WIDE - _RIGHT), y.scale(HIGH - _BOTTOM, _TOP)
    parts = _axes(along, across, x.name, y.name, x.texts, y.texts)
    for k in np.argsort(failed, kind="stable")[-_MOST_DOTS:]:
        run = int(runs[k])
        dot = _dot(along(float(x.values[k])), across(float(y.values[k])), bool(failed[k]), f"run {run}")
        parts.append(f'<a href="{linked[run]}">{dot}</a>' if run in linked else dot)
    parts.append(_legend([("cross", "failed"), ("ring", "held")]))
    return svg.drawing(f"Failures over {x.name} and {y.name}", WIDE, HIGH, parts)


def _dot(x: float, y: float, failed: bool, words: str) -> str:
    title = f"<title>{words}: {'failed' if failed else 'held'}</title>"
    if not failed:
        return f'<circle class="held" cx="{x:.1f}" cy="{y:.1f}" r="2.6">{title}</circle>'
    c = _CROSS
    return (
        f'<path class="cross" d="M{x - c:.1f} {y - c:.1f}l{2 * c} {2 * c}m0 {-2 * c}l{-2 * c} {2 * c}">{title}</path>'
    )


def share_bar(level: InputLevel) -> str:
    """Draw the share of failures of a level, from 0 to 1, with its interval."""
    at = svg.Scale(0.0, 1.0, 2.0, 198.0)
    share = level.failed / max(level.flown, 1)
    parts = [f'<rect class="share" x="2" y="5" width="{at(share) - 2.0:.1f}" height="10"/>']
    parts.append(svg.line([(2.0, 18.0), (198.0, 18.0)], "grid"))
    if level.interval is not None:
        low, high = level.interval
        parts.append(svg.line([(at(low), 10.0), (at(high), 10.0)], "sure"))
        parts += [svg.line([(at(end), 6.0), (at(end), 14.0)], "sure") for end in (low, high)]
    return svg.drawing(f"{share:.0%}", 200.0, 20.0, parts)


# --- from above -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class DrawnTrack:
    """Track of a vehicle, m north and east of its start; the plan that it flew; `kind`, the class of the line; `name`,
    the label at its end."""

    name: str
    north: Floats
    east: Floats
    home: GeoPoint
    plan: Plan
    kind: str = ""


def track_of(name: str, signals: Mapping[str, Array], planned: PlannedRun, kind: str = "") -> DrawnTrack:
    """Return the track of a recorded flight, where the place is known."""
    points = np.stack([np.asarray(signals[axis], np.float64) for axis in ("north", "east")])
    north, east = points[:, np.isfinite(points).all(axis=0)]
    return DrawnTrack(name, north, east, planned.spec.home, planned.plan, kind)


def map_of(tracks: Sequence[DrawnTrack]) -> str:
    """Draw tracks over plan and fence, north up. Each different plan is drawn; the fences of all are drawn."""
    home = tracks[0].home
    plans = {(track.home, track.plan.items, track.plan.fence): track for track in tracks}
    facts = [_facts(track) for track in plans.values()]
    ends = [
        to_global(home, (float(north), float(east), 0.0))
        for track in tracks
        for north, east in ((track.north.min(), track.east.min()), (track.north.max(), track.east.max()))
    ]
    at = Projection(
        home, [place for flight in facts for place in places_of(flight)] + [(end.lat, end.lon) for end in ends]
    )
    parts = [fence_parts(flight, at) for flight in facts]
    for track in plans.values():
        way = legs_of(track.home, track.plan.items)
        kind = f"plan {track.kind}" if len(plans) > 1 else "plan"
        parts.append(svg.line([at.pixels(float(n), float(e)) for n, e in way], kind, closed=True))
    for k, track in enumerate(tracks):
        points = [at.pixels(float(n), float(e)) for n, e in zip(track.north, track.east, strict=True)]
        parts.append(svg.line(points, f"track {track.kind or f'run{k % 8}'}"))
        parts.append(svg.text(*points[-1], track.name))
    parts += [home_mark(facts[0], at), scale_bar(at), svg.text(MAP_WIDE - 20.0, 20.0, "N ↑", "home")]
    return svg.drawing("Map: tracks over plan and fence", MAP_WIDE, MAP_HIGH, parts)


def _facts(track: DrawnTrack) -> FlightFacts:
    facts = FlightFacts(track.name, home=track.home)
    facts.take_plan(track.plan)
    return facts


# --- shared -----------------------------------------------------------------------------------------------------------
def _axes(
    x: svg.Scale,
    y: svg.Scale,
    along: str,
    across: str,
    x_texts: Sequence[str] | None = None,
    y_texts: Sequence[str] | None = None,
    *,
    whole: bool = False,
) -> list[str]:
    """Draw grid, ticks with numbers, and the names of both axes."""
    parts = []
    for tick, words in _ticks(y, 5, y_texts, whole=whole):
        parts += [svg.line([(_LEFT, y(tick)), (WIDE - _RIGHT, y(tick))], "grid")]
        parts += [svg.text(_LEFT - 6.0, y(tick) + 4.0, words, anchor="end")]
    for tick, words in _ticks(x, 8, x_texts):
        parts += [svg.line([(x(tick), HIGH - _BOTTOM), (x(tick), HIGH - _BOTTOM + 4.0)], "axis")]
        parts += [svg.text(x(tick), HIGH - _BOTTOM + 17.0, words)]
    parts.append(svg.line([(_LEFT, HIGH - _BOTTOM), (WIDE - _RIGHT, HIGH - _BOTTOM)], "axis"))
    parts += [svg.text((_LEFT + WIDE) / 2.0, HIGH - 6.0, along), svg.text(4.0, 14.0, across, anchor="start")]
    return parts


def _ticks(
    scale: svg.Scale, about: int, texts: Sequence[str] | None, *, whole: bool = False
) -> list[tuple[float, str]]:
    if texts is not None:
        return [(float(k), text) for k, text in enumerate(texts)]
    ticks = [tick + 0.0 for tick in scale.ticks(about)]
    return [(tick, f"{tick:g}" if abs(tick) > 1e-9 else "0") for tick in ticks if not whole or tick == round(tick)]


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    """Draw a legend above a chart, at the right."""
    parts, x = [], WIDE - _RIGHT - 80.0 * len(entries)
    for kind, words in entries:
        if kind == "cross":
            parts.append(_dot(x, 10.0, True, words))
        elif kind == "ring":
            parts.append(_dot(x, 10.0, False, words))
        else:
            parts.append(_bar(x - 6.0, x + 6.0, 4.0, 16.0, kind, words))
        parts.append(svg.text(x + 10.0, 14.0, words, anchor="start"))
        x += 80.0
    return "".join(parts)
