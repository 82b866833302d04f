"""Map of flights: tracks, plan, fence and home, north up, in metres around home."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from autopilot.interface.geo import METRES_PER_DEGREE, GeoPoint, longitude_scale, to_local
from sortie.reading.facts import FlightFacts
from sortie.reports import svg

WIDTH, HEIGHT, EDGE = 760.0, 480.0, 24.0
_SCALE_BAR_PX = 120.0


class Projection:
    """Projection of places to pixels, with one scale for both axes."""

    def __init__(self, origin: GeoPoint, places: list[tuple[float, float]]) -> None:
        self._origin = origin
        norths, easts = zip(*[self.local(lat, lon) for lat, lon in places], strict=True)
        span = max((max(norths) - min(norths)) / (HEIGHT - 2 * EDGE), (max(easts) - min(easts)) / (WIDTH - 2 * EDGE))
        self.metres_per_px = max(span, 0.05)
        self._north = (max(norths) + min(norths)) / 2.0
        self._east = (max(easts) + min(easts)) / 2.0

    def local(self, lat: float, lon: float) -> tuple[float, float]:
        """Return north and east of the origin, m."""
        north, east, _ = to_local(self._origin, lat, lon, 0.0)
        return north, east

    def __call__(self, lat: float, lon: float) -> svg.Point:
        return self.pixels(*self.local(lat, lon))

    def pixels(self, north: float, east: float) -> svg.Point:
        """Return the pixels of a place, m north and east of the origin."""
        return (
            WIDTH / 2.0 + (east - self._east) / self.metres_per_px,
            HEIGHT / 2.0 - (north - self._north) / self.metres_per_px,
        )


def draw_map(flights: Sequence[FlightFacts], shifts_s: Sequence[float]) -> str:
    """Draw the map; "" without a place. `shifts_s`: zero of each flight's time on the page."""
    places = [place for facts in flights for place in places_of(facts)]
    if not places:
        return ""
    at = Projection(GeoPoint(*places[0]), places)
    tracks = [[at(sample.lat, sample.lon) for sample in facts.samples] for facts in flights]
    parts = [fence_parts(flights[0], at), plan_parts(flights[0], at)]
    parts += [svg.line(track, f"track flight{number}") for number, track in enumerate(tracks)]
    parts.append(home_mark(flights[0], at))
    parts.append(scale_bar(at))
    parts += [f'<circle class="here flight{number}" r="5" cx="-9" cy="-9"/>' for number in range(len(flights))]
    points = [
        [
            [round(time_s - shift_s, 1), *(round(value, 1) for value in track[int(number)])]
            for time_s, number in svg.thin([(sample.time_s, number) for number, sample in enumerate(facts.samples)])
        ]
        for facts, track, shift_s in zip(flights, tracks, shifts_s, strict=True)
    ]
    data = f'<script type="application/json" id="track">{json.dumps(points)}</script>'
    return svg.drawing("Map: track, plan, fence", WIDTH, HEIGHT, parts, 'id="map"') + data


def places_of(facts: FlightFacts) -> list[tuple[float, float]]:
    home = [] if facts.home is None else [(facts.home.lat, facts.home.lon)]
    circles = []
    for zone in facts.fence.circles:
        reach = zone.radius / METRES_PER_DEGREE
        across = reach / longitude_scale(zone.lat)
        circles += [(zone.lat - reach, zone.lon - across), (zone.lat + reach, zone.lon + across)]
    return [
        *home,
        *((sample.lat, sample.lon) for sample in facts.samples),
        *((item.x, item.y) for item in facts.places()),
        *(corner for polygon in facts.fence.polygons for corner in polygon.vertices),
        *circles,
        *((item.x, item.y) for item in facts.rally),
    ]


def home_mark(facts: FlightFacts, at: Projection) -> str:
    """Draw an H at home, if known."""
    return "" if facts.home is None else svg.text(*at(facts.home.lat, facts.home.lon), "H", "home")


def fence_parts(facts: FlightFacts, at: Projection) -> str:
    """Draw fence zones and rally points."""
    parts = [
        svg.line([at(*corner) for corner in polygon.vertices], "keep" if polygon.inclusion else "out", closed=True)
        for polygon in facts.fence.polygons
    ]
    parts += [
        svg.circle(*at(circle.lat, circle.lon), circle.radius / at.metres_per_px, "keep" if circle.inclusion else "out")
        for circle in facts.fence.circles
    ]
    return "".join(parts) + "".join(svg.text(*at(item.x, item.y), "R", "home") for item in facts.rally)


def plan_parts(facts: FlightFacts, at: Projection, marks: Mapping[int, str] = MappingProxyType({})) -> str:
    """Draw the way and its items. `marks`: further classes of some items, by number, which are links to their rows."""
    points = [(at(item.x, item.y), item.seq) for item in facts.places()]
    dots = "".join(_dot(x, y, seq, marks.get(seq)) for (x, y), seq in points)
    return svg.line([point for point, _ in points], "plan") + dots


def _dot(x: float, y: float, seq: int, mark: str | None) -> str:
    dot = svg.circle(x, y, 4.0, "item" if mark is None else f"item {mark}") + svg.text(x, y - 7.0, str(seq))
    return dot if mark is None else f'<a href="#item-{seq}">{dot}</a>'


def scale_bar(at: Projection) -> str:
    """Draw a scale bar of a round number of metres."""
    metres = svg.Scale(0.0, _SCALE_BAR_PX * at.metres_per_px, 0.0, 1.0).ticks(2)[-1]
    x, y, long = EDGE, HEIGHT - EDGE / 2.0, metres / at.metres_per_px
    return svg.line([(x, y), (x + long, y)], "axis") + svg.text(
        x + long + 6.0, y + 4.0, f"{metres:g} m" if metres < 10_000.0 else f"{metres / 1000.0:,.0f} km", anchor="start"
    )
