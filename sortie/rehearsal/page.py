"""Page of a rehearsal: verdict, findings by item, map, heights over ground, battery, items. Opens without a network,
drawn like the page of a flight (`sortie.reports`)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot
from typing import Final

import numpy as np

from autopilot.interface.footprint import Numbers
from autopilot.interface.geo import to_global
from autopilot.mav import MissionType
from autopilot.mission.commands import command_name
from autopilot.rehearsal.findings import Finding, FindingSeverity
from autopilot.rehearsal.rules import PACK_V
from autopilot.rehearsal.way import PlannedLeg, Way
from sortie.reading.facts import FlightFacts
from sortie.rehearsal.flown import FlightsFlown, Percentiles
from sortie.rehearsal.rehearsal import Rehearsal
from sortie.reports import chart_map, svg
from sortie.reports.chart_map import Projection, fence_parts, home_mark, places_of, plan_parts, scale_bar
from sortie.reports.page import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, html_page, wide_table

MOST_TRACKS: Final = 40
"""Most tracks on the map; the calm flight is the first."""
MOST_PHOTOS: Final = 1000
_BINS: Final = 240
_GROUND_STEPS: Final = 600
_CLASS: Final = {FindingSeverity.ERROR: "bad", FindingSeverity.WARNING: "look", FindingSeverity.NOTE: "good"}
_SIGN: Final = {FindingSeverity.ERROR: "✗", FindingSeverity.WARNING: "!", FindingSeverity.NOTE: "i"}


def rehearsal_page(found: Rehearsal, name: str) -> str:
    """Write the page; `name`: of the plan."""
    facts = FlightFacts(name, home=found.where.home)
    facts.take_plan(found.plan)
    parts = [_verdict(found), _map(found, facts), _heights(found), _battery(found), _items(found), _rally(found)]
    return html_page(f"Rehearsal of {name}", "".join(parts))


# --- findings ---------------------------------------------------------------------------------------------------------
def _anchor(finding: Finding) -> str | None:
    """Return the row of a finding; None: it is about the whole plan."""
    if finding.item is None or finding.part is MissionType.FENCE:
        return None
    return f"item-{finding.item}" if finding.part is MissionType.MISSION else f"rally-{finding.item}"


def _verdict(found: Rehearsal) -> str:
    rows = "".join(_finding_row(finding) for finding in found.findings)
    kind = "good" if found.go else "bad"
    return (
        f'<section class="verdict {kind}"><strong>{html.escape(found.verdict)}</strong>'
        f"<p>{html.escape(found.vehicle)}</p><ul>{rows}</ul></section>"
    )


def _finding_row(finding: Finding) -> str:
    anchor, severity = _anchor(finding), finding.rule.severity
    place = html.escape(finding.place)
    where = place if anchor is None else f'<a href="#{anchor}">{place}</a>'
    return (
        f'<li><strong class="{_CLASS[severity]}">{_SIGN[severity]} {severity.value}</strong> {where}: '
        f"{html.escape(finding.text)}; {html.escape(finding.rule.mend)} <small>[{finding.rule.name}]</small></li>"
    )


def _rows_of(found: Rehearsal, part: MissionType, seq: int) -> str:
    findings = (finding for finding in found.findings if finding.part is part and finding.item == seq)
    return "".join(map(_finding_row, findings))


# --- map --------------------------------------------------------------------------------------------------------------
def _map(found: Rehearsal, facts: FlightFacts) -> str:
    home = found.where.home
    tracks = (
        []
        if found.flown is None
        else [flight.track[:, 1:3].astype(np.float64) for flight in found.flown.flights[:MOST_TRACKS]]
    )
    outside = [
        to_global(home, (float(north), float(east), 0.0))
        for track in tracks
        if len(track)
        for north, east in (track.min(axis=0), track.max(axis=0))
    ]
    at = Projection(home, places_of(facts) + [(place.lat, place.lon) for place in outside])
    marks: dict[int, str] = {}
    for finding in reversed(found.findings):  # the most severe finding is noted last
        if finding.part is MissionType.MISSION and finding.item is not None:
            marks[finding.item] = _CLASS[finding.rule.severity]
    parts = [
        fence_parts(facts, at),
        *_footprints(found, at),
        *(svg.line([at.pixels(float(n), float(e)) for n, e in track], "ribbon") for track in tracks),
        plan_parts(facts, at, marks),
    ]
    parts += [home_mark(facts, at), scale_bar(at)]
    return svg.drawing("Map: plan, fence, photos, flown tracks", chart_map.WIDTH, chart_map.HEIGHT, parts, 'id="map"')


def _footprints(found: Rehearsal, at: Projection) -> list[str]:
    """Draw the footprints of photos of a flight in still air."""
    if found.photos is None:
        return []
    known = [quad for quad in found.photos.quads[:MOST_PHOTOS] if np.isfinite(quad).all()]
    return [svg.line([at.pixels(float(n), float(e)) for n, e in quad], "photo", closed=True) for quad in known]


# --- along the way ----------------------------------------------------------------------------------------------------
def _ends(way: Way) -> Numbers:
    """Return the distance from the start to the end of each leg, m; a circle has length 0."""
    return np.cumsum([leg.length_m for leg in way.legs]) if way.legs else np.zeros(0)


def _heights(found: Rehearsal) -> str:
    """Draw planned and flown heights above home over the ground."""
    legs = found.way.legs
    if not legs or not found.where.kind.flies:
        return ""
    ends = _ends(found.way)
    along = svg.Scale(0.0, max(float(ends[-1]), 1.0), LEFT, WIDTH - RIGHT)
    step = np.linspace(0.0, ends[-1], min(_GROUND_STEPS, 2 + int(ends[-1])))
    places = np.array([_at(legs, ends, x) for x in step])
    ground = found.where.heights(places[:, 0], places[:, 1])
    planned = _planned(legs, ends, step, ground)
    band = [] if found.flown is None else _height_band(found.flown, legs, ends)
    values = [*ground, *(y for _, y in planned), *(y for _, at in band for y in (at.p5, at.p95))]
    across = svg.scale([float(value) for value in values], HEIGHT - BOTTOM, TOP, least=5.0)
    floor = HEIGHT - BOTTOM
    below = [(along(x), across(y)) for x, y in zip(step, ground, strict=True) if np.isfinite(y)]
    parts = []
    if below:
        parts.append(svg.line([(below[0][0], floor), *below, (below[-1][0], floor)], "ground", closed=True))
    parts += _spread(band, along, across)
    marked = ((float(end), leg.item.seq) for leg, end in zip(legs, ends, strict=True))
    parts += [svg.line([(along(x), across(y)) for x, y in planned], "plan"), *_marks(marked, along)]
    title = "Height above home, m, along the way (green: the ground; dashed: the plan; band: flown, 5 to 95 %)"
    return svg.drawing("Height over ground", WIDTH, HEIGHT, [*parts, *axes(title, along, across, " m")])


def _at(legs: Sequence[PlannedLeg], ends: Numbers, x: float) -> tuple[float, float]:
    """Return north and east at a distance along the way, m."""
    k = min(int(np.searchsorted(ends, x)), len(legs) - 1)
    leg = legs[k]
    share = 1.0 - (float(ends[k]) - x) / leg.length_m if leg.length_m > 0.0 else 1.0
    return leg.begin[0] + share * (leg.end[0] - leg.begin[0]), leg.begin[1] + share * (leg.end[1] - leg.begin[1])


def _planned(legs: Sequence[PlannedLeg], ends: Numbers, step: Numbers, ground: Numbers) -> list[svg.Point]:
    """Return the planned heights: straight, or at a height above ground."""
    points: list[svg.Point] = []
    for k, leg in enumerate(legs):
        begin, end = float(ends[k]) - leg.length_m, float(ends[k])
        points.append((begin, leg.begin[2]))
        if leg.over_ground and leg.length_m > 0.0:
            inside = (step > begin) & (step < end) & np.isfinite(ground)
            first, last = (np.interp(x, step, np.nan_to_num(ground)) for x in (begin, end))
            above = np.interp(step, [begin, end], [leg.begin[2] - first, leg.end[2] - last])
            points += [(float(x), float(y)) for x, y in zip(step[inside], (ground + above)[inside], strict=True)]
        points.append((end, leg.end[2]))
    return points


def _marks(items: Iterable[tuple[float, int]], along: svg.Scale) -> list[str]:
    """Draw item numbers at the top where there is space."""
    parts, last = [], -1e9
    for at, seq in items:
        x = along(at)
        if x - last > 14.0:
            parts.append(svg.text(x, TOP + 10.0, str(seq)))
            last = x
    return parts


def _height_band(flown: FlightsFlown, legs: Sequence[PlannedLeg], ends: Numbers) -> list[tuple[float, Percentiles]]:
    """Return distances along the way (m) with all flights' heights there."""
    xs, ups = [], []
    for flight in flown.flights:
        if len(flight.track):
            xs.append(_along(flight.track.astype(np.float64), legs, ends))
            ups.append(flight.track[:, 3])
    if not xs:
        return []
    x, up = np.concatenate(xs), np.concatenate(ups)
    width = max(float(ends[-1]), 1.0) / _BINS
    which = np.minimum((x / width).astype(np.int64), _BINS - 1)
    order = np.argsort(which, kind="stable")
    cuts = np.searchsorted(which[order], np.arange(_BINS + 1))
    return [
        ((k + 0.5) * width, Percentiles.of(up[order[first:last]]))
        for k, (first, last) in enumerate(pairwise(cuts))
        if last > first
    ]


def _along(track: Numbers, legs: Sequence[PlannedLeg], ends: Numbers) -> Numbers:
    """Return the distance along the way for each place of a track, on the leg to its current item."""
    found, k = np.zeros(len(track)), 0
    for row, (_, north, east, _, _, seq) in enumerate(track.tolist()):
        if legs[k].item.seq != int(seq):
            k = next((q for q in range(k + 1, len(legs)) if legs[q].item.seq == int(seq)), k)
        leg = legs[k]
        d_north, d_east = leg.end[0] - leg.begin[0], leg.end[1] - leg.begin[1]
        square = d_north**2 + d_east**2
        share = 1.0
        if square > 0.0:
            share = ((north - leg.begin[0]) * d_north + (east - leg.begin[1]) * d_east) / square
        found[row] = ends[k] - leg.length_m * (1.0 - min(max(share, 0.0), 1.0))
    return found


def _spread(band: Sequence[tuple[float, Percentiles]], along: svg.Scale, across: svg.Scale) -> list[str]:
    """Draw a band and its middle line."""
    if not band:
        return []
    upper, lower = [(along(x), across(at.p95)) for x, at in band], [(along(x), across(at.p5)) for x, at in band]
    return [
        svg.line([*upper, *reversed(lower)], "spread", closed=True),
        svg.line([(along(x), across(at.p50)) for x, at in band], "middle"),
    ]


# --- battery ----------------------------------------------------------------------------------------------------------
def arrivals(way: Way) -> dict[int, float]:
    """Return when each item is first reached, s from the start in still air."""
    found: dict[int, float] = {}
    now_s = 0.0
    for leg in way.legs:
        now_s += leg.seconds
        found.setdefault(leg.item.seq, now_s)
        now_s += leg.wait_s
    return found


def _battery(found: Rehearsal) -> str:
    """Draw the energy left at each item, or used if the battery is endless."""
    if not found.where.kind.hovers or not found.way.legs:
        return ""
    capacity = found.where.param("SIM_BATT_CAP_AH") * PACK_V
    hover_w = found.where.param("SIM_HOVER_W")
    still = [(at_s, hover_w * at_s / 3600.0) for at_s in arrivals(found.way).values()]
    lines: list[tuple[str, list[svg.Point]]] = []
    band: list[tuple[float, Percentiles]] = []
    labels: list[tuple[float, int]] = []
    flown = found.flown
    if flown is not None and flown.items:
        for seq, item in flown.items.items():
            band.append((item.time_s.p50, item.left_wh if flown.has_end else item.energy_wh))
            labels.append((item.time_s.p50, seq))
        if flown.has_end:
            lines.append(("second", [(item.time_s.p50, item.reserve_wh.p5) for item in flown.items.values()]))
    else:
        labels = [(at_s, seq) for seq, at_s in arrivals(found.way).items()]
        lines.append(("plan", [(at_s, capacity - wh if capacity > 0.0 else wh) for at_s, wh in still]))
    band.sort(key=lambda row: row[0])
    values = [y for _, points in lines for _, y in points]
    values += [y for _, spread in band for y in (spread.p5, spread.p95)]
    along = svg.Scale(0.0, max(*(x for x, _ in labels), 1.0), LEFT, WIDTH - RIGHT)
    across = svg.scale([0.0, *values], HEIGHT - BOTTOM, TOP, least=1.0)
    parts = _spread(band, along, across)
    parts += [svg.line([(along(x), across(y)) for x, y in sorted(points)], kind) for kind, points in lines]
    parts += _marks(sorted(labels), along)
    what = "left" if capacity > 0.0 else "used"
    how = "band: 5 to 95 % of the flights" if band else "in still air, without flying"
    reserve = "; dashed: after the way home from there, of 95 %" if band and capacity > 0.0 else ""
    title = f"Battery {what} at each item, Wh ({how}{reserve})"
    return svg.drawing("Battery by item", WIDTH, HEIGHT, [*parts, *axes(title, along, across, " s")])


# --- tables -----------------------------------------------------------------------------------------------------------
def _items(found: Rehearsal) -> str:
    reached, ends = arrivals(found.way), zip(found.way.legs, _ends(found.way), strict=True)
    ways = {leg.item.seq: (float(end), leg) for leg, end in reversed(list(ends))}  # the first of each counts
    heads = ["Item", "Command", "Way", "Height", "Ground", "When"]
    flown = found.flown
    if flown is not None:
        heads += ["Flown, 5 / 50 / 95 %", "Left, Wh", "Reserve, Wh"]
    rows = []
    for item in found.plan.items:
        seq = item.seq
        cells = [str(seq), html.escape(command_name(item.command)), *_place_cells(ways.get(seq), found)]
        cells.append(f"{reached[seq]:.0f} s" if seq in reached else "–")
        if flown is not None:
            at = flown.items.get(seq)
            cells.append("–" if at is None else f"{at.time_s.text()} s")
            cells += ["–", "–"] if at is None or not flown.has_end else [at.left_wh.text(1), at.reserve_wh.text(1)]
        rows.append(_row(f"item-{seq}", cells, _rows_of(found, MissionType.MISSION, seq)))
    return f"<h2>Items</h2>{_table(heads, rows)}"


def _place_cells(at: tuple[float, PlannedLeg] | None, found: Rehearsal) -> list[str]:
    """Return cells: distance, height above home, height above ground."""
    if at is None:
        return ["–", "–", "–"]
    far, leg = at
    north, east, up = leg.end
    ground = float(found.where.heights(np.array([north]), np.array([east]))[0])
    over = f"{up - ground:.1f} m" if np.isfinite(ground) else "?"
    return [f"{far:.0f} m", f"{up:.1f} m", over]


def _rally(found: Rehearsal) -> str:
    rows = []
    for item in found.plan.rally:
        north, east = found.where.local(item.x, item.y)
        cells = [str(item.seq), f"{hypot(north, east):.0f} m"]
        rows.append(_row(f"rally-{item.seq}", cells, _rows_of(found, MissionType.RALLY, item.seq)))
    return f"<h2>Rally points</h2>{_table(['Point', 'From home'], rows)}" if rows else ""


def _row(anchor: str, cells: Iterable[str], findings: str) -> str:
    """Write a row: a number, then numeric cells (a command is text), with findings below over the full width."""
    cells = list(cells)
    inside = "".join(f"<td{'' if cell[0].isalpha() else ' class=figure'}>{cell}" for cell in cells)
    below = f'<tr><td colspan="{len(cells)}"><ul>{findings}</ul>' if findings else ""
    return f'<tbody id="{anchor}"><tr>{inside}{below}</tbody>'


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    line = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return wide_table("Items", f"<tr>{line}</tr>{''.join(rows)}")
