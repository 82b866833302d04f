"""A flight as a table (CSV, Parquet) and on a map (KML, GeoJSON)."""

from __future__ import annotations

import csv
import html
import io
import json
from bisect import bisect_right
from collections.abc import Sequence
from math import isfinite, nan
from typing import Final, TypeVar

from sortie.config.errors import UserError
from sortie.reading.facts import FlightFacts, Quantity

_OF_SAMPLE: Final = ("time_s", "lat_deg", "lon_deg", "height_m", "speed_mps", "battery_v", "battery_percent")
COLUMNS: Final = (*_OF_SAMPLE, *(quantity.value for quantity in Quantity), "armed", "mode")
"""Of a table: a row for each sample, of what was last known then; empty (null) is not known."""
T = TypeVar("T")
Cell = float | bool | str | None


def columns(facts: FlightFacts) -> dict[str, list[Cell]]:
    """The table by columns."""
    times_s = [one.time_s for one in facts.samples]
    table: dict[str, list[Cell]] = {
        name: [_known(value) for value in values]
        for name, values in zip(
            _OF_SAMPLE,
            (
                times_s, [one.lat for one in facts.samples], [one.lon for one in facts.samples],
                [one.height for one in facts.samples], [one.speed for one in facts.samples],
                [one.volts for one in facts.samples], [one.percent for one in facts.samples],
            ),
            strict=True,
        )
    }  # fmt: skip
    for quantity in Quantity:
        points = facts.series.get(quantity, [])
        found = _held(times_s, [at_s for at_s, _ in points], [value for _, value in points], nan)
        table[quantity.value] = [_known(value) for value in found]
    table["armed"] = list(_held(times_s, [at_s for at_s, _ in facts.armed], [on for _, on in facts.armed], False))
    table["mode"] = list(_held(times_s, [at_s for at_s, _ in facts.modes], [name for _, name in facts.modes], ""))
    return table


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _held(times_s: Sequence[float], at_s: Sequence[float], values: Sequence[T], before: T) -> list[T]:
    """At each of the times the last value that was known then; `before` the first."""
    found = (bisect_right(at_s, time_s) for time_s in times_s)
    return [values[number - 1] if number else before for number in found]


def to_csv(facts: FlightFacts) -> bytes:
    """One line of names, then the rows."""
    table = columns(facts)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*(table[name] for name in COLUMNS), strict=True))
    return out.getvalue().encode()


def to_parquet(facts: FlightFacts) -> bytes:
    """The same with types. UserError without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise UserError("Parquet needs pyarrow: pip install 'sortie-mavlink[parquet]'") from error
    table = columns(facts)
    kinds = {"armed": pyarrow.bool_(), "mode": pyarrow.string()}
    arrays = [pyarrow.array(table[name], kinds.get(name, pyarrow.float64())) for name in COLUMNS]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays, names=list(COLUMNS)), out)
    return out.getvalue()


def to_geojson(facts: FlightFacts) -> bytes:
    """RFC 7946: the track (heights above sea where home is known; times in `times_s`), the waypoints, and home."""
    ground_m = 0.0 if facts.home is None else facts.home.alt
    features = [
        _feature("LineString", [[one.lon, one.lat, round(one.height + ground_m, 2)] for one in facts.samples], {
            "name": facts.name, "vehicle": facts.vehicle, "times_s": [one.time_s for one in facts.samples],
        }),
        *(_feature("Point", [one.y, one.x], {"name": f"item {one.seq}", "command": int(one.command)})
          for one in facts.waypoints()),
    ]  # fmt: skip
    if facts.home is not None:
        features.append(_feature("Point", [facts.home.lon, facts.home.lat, facts.home.alt], {"name": "home"}))
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _feature(kind: str, coordinates: object, properties: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def to_kml(facts: FlightFacts) -> bytes:
    """KML 2.2: the track above sea where home is known, else above the ground; the waypoints; modes where they
    begin."""
    ground_m, mode = (0.0, "relativeToGround") if facts.home is None else (facts.home.alt, "absolute")
    track = " ".join(f"{one.lon:.7f},{one.lat:.7f},{one.height + ground_m:.2f}" for one in facts.samples)
    marks = [
        f"<Placemark><name>item {one.seq}</name><Point><coordinates>{one.y:.7f},{one.x:.7f}</coordinates></Point>"
        "</Placemark>"
        for one in facts.waypoints()
    ]
    times_s = [one.time_s for one in facts.samples]
    for at_s, name in facts.modes:
        place = facts.samples[min(bisect_right(times_s, at_s), len(times_s) - 1)]
        marks.append(
            f"<Placemark><name>{html.escape(name)}</name><description>{at_s:.1f} s after boot</description><Point>"
            f"<coordinates>{place.lon:.7f},{place.lat:.7f}</coordinates></Point></Placemark>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{html.escape(facts.name)}</name><Placemark><name>track</name><LineString>"
        f"<altitudeMode>{mode}</altitudeMode><coordinates>{track}</coordinates></LineString></Placemark>"
        f"{''.join(marks)}</Document></kml>\n"
    ).encode()
