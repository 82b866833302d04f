"""`--obstacles FILE`: obstacles of the world, as TOML with shapes or GeoJSON with buildings."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.mathematics import cos, hypot, sin
from sitl.world.obstacles import Cable, Cylinder, Obstacle, Obstacles, Prism
from sortie.config.errors import UserError
from sortie.config.tables import read_tables, read_text
from sortie.config.values import number_of

_LARGEST_FILE: Final = 64 << 20
_MOST: Final = 100_000
_STOREY_M: Final = 3.0
_UNKNOWN_M: Final = 6.0
_THIN_M: Final = 0.2
Metres = Annotated[float, Meta(ge=-1e6, le=1e6)]
Size = Annotated[float, Meta(gt=0.0, le=100_000.0)]
Name = Annotated[str, Meta(max_length=100)]


class _Placed(Struct, frozen=True, forbid_unknown_fields=True):
    """Shape with a centre: `at` (m north, east of home) or `place` (LAT, LON)."""

    name: Name = ""
    at: tuple[Metres, Metres] | None = None
    place: tuple[float, float] | None = None
    base: Metres = 0.0
    height: Size = 10.0


class BoxTable(_Placed, frozen=True, forbid_unknown_fields=True):
    """[[box]]: `size` m along and across its heading."""

    size: tuple[Size, Size] = (10.0, 10.0)
    heading_deg: Annotated[float, Meta(ge=-360.0, le=360.0)] = 0.0


class CylinderTable(_Placed, frozen=True, forbid_unknown_fields=True):
    """[[cylinder]]: a mast, tank or tree."""

    radius: Size = 1.0


class WallTable(Struct, frozen=True, forbid_unknown_fields=True):
    """[[wall]] between places, m north, east of home."""

    path: Annotated[list[tuple[Metres, Metres]], Meta(min_length=2, max_length=10_000)]
    name: Name = ""
    base: Metres = 0.0
    height: Size = 3.0
    thickness: Size = _THIN_M


class WireTable(Struct, frozen=True, forbid_unknown_fields=True):
    """[[wire]] between places, m north, east, up of home."""

    path: Annotated[list[tuple[Metres, Metres, Metres]], Meta(min_length=2, max_length=10_000)]
    name: Name = ""
    radius: Size = 0.02


class ObstacleFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Contents of a TOML file."""

    box: list[BoxTable] = []
    cylinder: list[CylinderTable] = []
    wall: list[WallTable] = []
    wire: list[WireTable] = []


_TABLES: Final[dict[str, type[Struct]]] = {
    "box": BoxTable,
    "cylinder": CylinderTable,
    "wall": WallTable,
    "wire": WireTable,
}


def read_obstacles(path: Path, home: GeoPoint) -> Obstacles:
    """Read the obstacles of a file around `home`. UserError in one line: the key and its possible values."""
    where = f"obstacles {path}"
    text = read_text(path, where, _LARGEST_FILE)
    return parse_obstacles(text, where, home, geojson=path.suffix.lower() in (".json", ".geojson"))


def parse_obstacles(text: str, where: str, home: GeoPoint, *, geojson: bool = False) -> Obstacles:
    """Parse a file; `where` names it for people."""
    found = _of_geojson(text, where, home) if geojson else _of_toml(text, where, home)
    if len(found) > _MOST:
        raise UserError(f"{where}: expected at most {_MOST} obstacles, found {len(found)}")
    return Obstacles(found)


# --- TOML -------------------------------------------------------------------------------------------------------------
def _of_toml(text: str, where: str, home: GeoPoint) -> list[Obstacle]:
    file = read_tables(text, where, ObstacleFile, _TABLES)
    found: list[Obstacle] = []
    for number, box in enumerate(file.box, 1):
        middle = _middle(box, f"{where}: box {number}", home)
        up = (box.base, box.base + box.height)
        found.append(box_prism(box.name or f"box {number}", middle, box.size, box.heading_deg, up))
    for number, round_one in enumerate(file.cylinder, 1):
        middle, name = _middle(round_one, f"{where}: cylinder {number}", home), round_one.name or f"cylinder {number}"
        top = round_one.base + round_one.height
        found.append(Cylinder(name, middle, round_one.radius, round_one.base, top))
    for number, wall in enumerate(file.wall, 1):
        found += _wall(wall, wall.name or f"wall {number}")
    for number, wire in enumerate(file.wire, 1):
        places = [(north, east, -up) for north, east, up in wire.path]
        name = wire.name or f"wire {number}"
        found += [Cable(name, begin, end, wire.radius) for begin, end in pairwise(places)]
    return found


def _middle(table: _Placed, where: str, home: GeoPoint) -> tuple[float, float]:
    if (table.at is None) is (table.place is None):
        raise UserError(f"{where}: expected at = [NORTH, EAST] in m, or place = [LAT, LON]")
    if table.at is not None:
        return table.at
    assert table.place is not None
    lat, lon = table.place
    if not on_earth(lat, lon):
        raise UserError(f"{where}: place: expected a latitude from -90 to 90 and a longitude from -180 to 180")
    return to_local(home, lat, lon, home.alt)[:2]


def box_prism(
    name: str, middle: tuple[float, float], size: tuple[float, float], heading_deg: float, up: tuple[float, float]
) -> Prism:
    """Make a box around `middle` (m north, east), `size` m along and across its heading, between the heights `up`,
    m."""
    ahead, across = 0.5 * size[0], 0.5 * size[1]
    heading = heading_deg / 57.29577951308232
    cn, ce = cos(heading), sin(heading)
    corners = ((ahead, across), (ahead, -across), (-ahead, -across), (-ahead, across))
    outline = tuple((middle[0] + a * cn - b * ce, middle[1] + a * ce + b * cn) for a, b in corners)
    return Prism(name, outline, *up)


def _wall(wall: WallTable, name: str) -> list[Obstacle]:
    found: list[Obstacle] = []
    half = 0.5 * wall.thickness
    for (n1, e1), (n2, e2) in pairwise(wall.path):
        length = hypot(n2 - n1, e2 - e1)
        if length > 0.0:
            n, e = half * (n2 - n1) / length, half * (e2 - e1) / length
            outline = (
                (n1 - n - e, e1 - e + n),
                (n2 + n - e, e2 + e + n),
                (n2 + n + e, e2 + e - n),
                (n1 - n + e, e1 - e - n),
            )
            found.append(Prism(name, outline, wall.base, wall.base + wall.height))
    return found


# --- GeoJSON ----------------------------------------------------------------------------------------------------------
def _of_geojson(text: str, where: str, home: GeoPoint) -> list[Obstacle]:
    """Read buildings: polygons with `height` in m, or `building:levels` of 3 m each, and `min_height`, as in
    OpenStreetMap; 6 m by default. Courtyards (inner rings) count as built."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: {error}; expected GeoJSON") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UserError(f"{where}: expected a GeoJSON FeatureCollection with a list of features")
    found: list[Obstacle] = []
    for number, feature in enumerate(features, 1):
        found += _buildings(feature, number, f"{where}: feature {number}", home)
    return found


def _buildings(feature: object, number: int, where: str, home: GeoPoint) -> list[Obstacle]:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        raise UserError(f"{where}: expected a Feature with a geometry")
    geometry, properties = feature["geometry"], feature.get("properties") or {}
    kind, rings = geometry.get("type"), geometry.get("coordinates")
    polygons = {"Polygon": [rings], "MultiPolygon": rings}.get(str(kind))
    if polygons is None:
        return []  # a point or a line is not a building
    if not isinstance(properties, dict) or not isinstance(polygons, list):
        raise UserError(f"{where}: expected properties and coordinates of a {kind}")
    low = _height(properties, "min_height", where) or 0.0
    levels = _height(properties, "building:levels", where)
    high = _height(properties, "height", where) or (_UNKNOWN_M if levels is None else levels * _STOREY_M)
    name = properties.get("name") if isinstance(properties.get("name"), str) else f"building {number}"
    return [Prism(str(name)[:100], _outline(rings, where, home), low, max(high, low)) for rings in polygons]


def _height(properties: dict[str, Any], key: str, where: str) -> float | None:
    value = properties.get(key)
    if value is None:
        return None
    metres = number_of(str(value).removesuffix("m"))
    if not 0.0 <= metres <= 10_000.0:
        raise UserError(f"{where}: {key}: expected a number from 0 to 10000, found {str(value)[:40]}")
    return metres


def _outline(rings: object, where: str, home: GeoPoint) -> tuple[tuple[float, float], ...]:
    ring = rings[0] if isinstance(rings, list) and rings else None
    if not isinstance(ring, list) or len(ring) < 4:
        raise UserError(f"{where}: expected a ring of four positions or more")
    corners = []
    for position in ring[:-1]:
        numbers = position[:2] if isinstance(position, list) else []
        if len(numbers) < 2 or not all(isinstance(x, int | float) for x in numbers):
            raise UserError(f"{where}: expected positions of a longitude and a latitude")
        lon, lat = numbers
        if not on_earth(lat, lon):
            raise UserError(f"{where}: expected a longitude from -180 to 180 and a latitude from -90 to 90")
        corners.append(to_local(home, lat, lon, home.alt)[:2])
    return tuple(corners)
