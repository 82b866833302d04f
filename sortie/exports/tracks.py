"""Export of a flight as a table (CSV, Parquet) and for maps (KML, GeoJSON, GPX)."""

from __future__ import annotations

import csv
import html
import io
import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from math import cos, isfinite, nan, radians, sin
from typing import Final, TypeVar

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mission.fence import Zone
from sortie.config.errors import UserError, pip_install
from sortie.reading.facts import FlightFacts, Quantity, Sample

_OF_SAMPLE: Final = {
    "time_s": "time_s", "lat_deg": "lat", "lon_deg": "lon", "height_m": "height", "speed_mps": "speed",
    "battery_v": "volts", "battery_percent": "percent",
}  # fmt: skip
"""Columns of a sample, and its fields."""
COLUMNS: Final = (*_OF_SAMPLE, *(quantity.value for quantity in Quantity), "armed", "mode")
"""Columns of the table. A row for each sample has the last known values; empty (null) means unknown."""
_HALF_A_TURN: Final = 180.0  # degrees
T = TypeVar("T")
Cell = float | bool | str | None


def columns(facts: FlightFacts) -> dict[str, list[Cell]]:
    times_s = [sample.time_s for sample in facts.samples]
    table: dict[str, list[Cell]] = {
        name: [_known(getattr(sample, field)) for sample in facts.samples] for name, field in _OF_SAMPLE.items()
    }
    for quantity in Quantity:
        found = _last_values(times_s, facts.series.get(quantity, []), nan)
        table[quantity.value] = [_known(value) for value in found]
    table["armed"] = [*_last_values(times_s, facts.armed, False)]
    table["mode"] = [*_last_values(times_s, facts.modes, "")]
    return table


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _last_values(times_s: Sequence[float], rows: Sequence[tuple[float, T]], before: T) -> list[T]:
    """Return the last known value at each time; `before` until the first."""
    starts_s = [at_s for at_s, _ in rows]
    found = (bisect_right(starts_s, time_s) for time_s in times_s)
    return [rows[number - 1][1] if number else before for number in found]


def to_csv(facts: FlightFacts) -> bytes:
    """Convert a flight to CSV: a header line, then rows."""
    table = columns(facts)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*(table[name] for name in COLUMNS), strict=True))
    return out.getvalue().encode()


def to_parquet(facts: FlightFacts) -> bytes:
    """Convert a flight to typed Parquet. UserError without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise UserError(f"Parquet needs pyarrow: {pip_install('parquet')}") from error
    table = columns(facts)
    kinds = {"armed": pyarrow.bool_(), "mode": pyarrow.string()}
    arrays = [pyarrow.array(table[name], kinds.get(name, pyarrow.float64())) for name in COLUMNS]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(COLUMNS)), out)
    return out.getvalue()


def to_geojson(facts: FlightFacts) -> bytes:
    """Convert to GeoJSON (RFC 7946): the track (heights above sea level if home is known; times in `times_s`; a
    MultiLineString, cut at the antimeridian, if it crosses it), waypoints, home."""
    ground_m = 0.0 if facts.home is None else facts.home.alt
    parts = _parts(facts.samples)
    lines = [[[at.lon, at.lat, round(at.height + ground_m, 2)] for at in part] for part in parts]
    times_s = [[sample.time_s for sample in part] for part in parts]
    whole, described = len(parts) == 1, {"name": facts.name, "vehicle": facts.vehicle}
    features = [
        _feature("LineString", lines[0], {**described, "times_s": times_s[0]})
        if whole
        else _feature("MultiLineString", lines, {**described, "times_s": times_s}),
        *(
            _feature("Point", [item.y, item.x], {"name": f"item {item.seq}", "command": int(item.command)})
            for item in facts.waypoints()
        ),
    ]
    if facts.home is not None:
        features.append(_feature("Point", [facts.home.lon, facts.home.lat, facts.home.alt], {"name": "home"}))
    features += [
        _feature("Point", [point.y, point.x], {"name": f"rally point {point.seq + 1}"}) for point in facts.rally
    ]
    for polygon in facts.fence.polygons:
        ring = [[lon, lat] for lat, lon in (*polygon.vertices, polygon.vertices[0])]
        features.append(_feature("Polygon", [ring], {"name": _zone(polygon.inclusion)}))
    features += [
        _feature("Point", [circle.lon, circle.lat], {"name": _zone(circle.inclusion), "radius_m": circle.radius})
        for circle in facts.fence.circles
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _parts(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Return the samples between crossings of the antimeridian; a place alone is there twice, as a line must have two
    (RFC 7946, 3.1.4 and 3.1.9)."""
    parts: list[list[Sample]] = [[]]
    for sample in samples:
        if parts[-1] and abs(sample.lon - parts[-1][-1].lon) > _HALF_A_TURN:
            parts.append([])
        parts[-1].append(sample)
    return parts if len(parts) == 1 else [part * 2 if len(part) == 1 else part for part in parts]


def _zone(inclusion: bool) -> str:
    return "fence" if inclusion else "exclusion"


def _feature(kind: str, coordinates: object, properties: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


_KML_STYLES: Final = (
    '<Style id="track"><LineStyle><color>ffb27200</color><width>3</width></LineStyle></Style>'
    '<Style id="fence"><LineStyle><color>ff5a7900</color><width>2</width></LineStyle><PolyStyle><fill>0</fill>'
    "</PolyStyle></Style>"
)
"""Colours have the form aabbggrr."""
_CORNERS: Final = 72
"""Corners of a drawn circle."""


def to_kml(facts: FlightFacts) -> bytes:
    """Convert to KML 2.2: the track above sea level if home is known, otherwise above ground; waypoints, home, fence;
    modes at their beginnings, with the time of day if known."""
    ground_m, mode = (0.0, "relativeToGround") if facts.home is None else (facts.home.alt, "absolute")
    track = " ".join(f"{sample.lon:.7f},{sample.lat:.7f},{sample.height + ground_m:.2f}" for sample in facts.samples)
    marks = [_placemark(f"item {waypoint.seq}", waypoint.x, waypoint.y) for waypoint in facts.waypoints()]
    if facts.home is not None:
        marks.append(_placemark("home", facts.home.lat, facts.home.lon))
    marks += [_placemark(f"rally point {point.seq + 1}", point.x, point.y) for point in facts.rally]
    marks += [_ring(polygon.vertices, polygon.inclusion) for polygon in facts.fence.polygons]
    marks += [_ring(_around(circle), circle.inclusion) for circle in facts.fence.circles]
    times_s = [sample.time_s for sample in facts.samples]
    for at_s, name in facts.modes:
        place = facts.samples[min(bisect_right(times_s, at_s), len(times_s) - 1)]
        stamp = facts.day_time(at_s)
        when = "" if stamp is None else f"<TimeStamp><when>{_iso(stamp)}</when></TimeStamp>"
        description = f"<description>{at_s:.1f} s after boot</description>{when}"
        marks.append(_placemark(html.escape(name), place.lat, place.lon, description))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{html.escape(facts.name)}</name>{_KML_STYLES}<Placemark><name>track</name>"
        f"<styleUrl>#track</styleUrl><LineString><altitudeMode>{mode}</altitudeMode><coordinates>{track}</coordinates>"
        f"</LineString></Placemark>{''.join(marks)}</Document></kml>\n"
    ).encode()


def _ring(corners: Sequence[tuple[float, float]], inclusion: bool) -> str:
    """Return the placemark of a fence zone with these corners, latitude and longitude."""
    ring = " ".join(f"{lon:.7f},{lat:.7f}" for lat, lon in (*corners, corners[0]))
    return (
        f"<Placemark><name>{_zone(inclusion)}</name><styleUrl>#fence</styleUrl>"
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
        "</Polygon></Placemark>"
    )


def _around(circle: Zone) -> list[tuple[float, float]]:
    """Return corners of a circle, because KML has no circles."""
    centre, turns = GeoPoint(circle.lat, circle.lon, 0.0), [radians(step) for step in range(0, 360, 360 // _CORNERS)]
    places = [to_global(centre, (circle.radius * cos(turn), circle.radius * sin(turn), 0.0)) for turn in turns]
    return [(place.lat, place.lon) for place in places]


def _placemark(name: str, lat: float, lon: float, more: str = "") -> str:
    return (
        f"<Placemark><name>{name}</name>{more}<Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point></Placemark>"
    )


def _iso(stamp: datetime) -> str:
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03d}Z"


def to_gpx(facts: FlightFacts) -> bytes:
    """Convert to GPX 1.1: places of the plan as waypoints, the track with height above sea level (above home if home is
    unknown) and the time of day if known."""
    ground_m = 0.0 if facts.home is None else facts.home.alt
    points = []
    for sample in facts.samples:
        stamp = facts.day_time(sample.time_s)
        when = "" if stamp is None else f"<time>{_iso(stamp)}</time>"
        place = f'lat="{sample.lat:.7f}" lon="{sample.lon:.7f}"'
        points.append(f"<trkpt {place}><ele>{sample.height + ground_m:.2f}</ele>{when}</trkpt>")
    places = "".join(
        f'<wpt lat="{waypoint.x:.7f}" lon="{waypoint.y:.7f}"><name>item {waypoint.seq}</name></wpt>'
        for waypoint in facts.waypoints()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Sortie" '
        f'xmlns="http://www.topografix.com/GPX/1/1">{places}<trk><name>{html.escape(facts.name)}</name><trkseg>'
        f"{''.join(points)}</trkseg></trk></gpx>\n"
    ).encode()
