"""Plans as lines of text: `QGC WPL 110` of MAVProxy, Mission Planner, APM Planner and old QGroundControl, and the old
fence and rally files of the first two.

Waypoints: a header, then 12 fields a line: seq, current, frame, command, param1..4, x, y, z, autocontinue. The line
with seq 0 is home if it is a waypoint (or has command 0, as some programs write). Fence and rally plans have the same
form. Old fence: "lat lon" in each line: return point, polygon, and the polygon's first vertex again. Old rally: "RALLY
lat lon alt break_alt land_dir flags", altitude above home; the fields after it are for planes and are dropped. Source:
docs/reference/mission-semantics.md, 4 items 7, 8, 9; MAVLink developer guide, file formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isfinite, isnan

from autopilot.interface.geo import GeoPoint
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.mission.plan_types import Plan, PlanError, check_position, make_plan, without_nan

HEADER = "QGC WPL 110"

_FIELDS = ("seq", "current", "frame", "command", "param1", "param2", "param3", "param4", "x", "y", "z", "autocontinue")
_HOME_COMMANDS = (0, int(Cmd.NAV_WAYPOINT))


@dataclass(frozen=True, slots=True)
class _Line:
    place: str
    seq: int
    item: MissionItem


def content_lines(text: str) -> list[tuple[str, str]]:
    """Lines that are neither blank nor a # comment, as (place, line)."""
    lines = ((f"line {number}", line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(place, line) for place, line in lines if line and not line.startswith("#")]


def number(text: str, place: str, what: str) -> float:
    """Number in a plan file: 16, 16.0, 1e-3, nan, or with a decimal comma. Raises PlanError."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        raise PlanError(place, f"a number as {what}", text) from None
    if not (isfinite(value) or isnan(value)):
        raise PlanError(place, f"a finite number as {what}", text)
    return value


def parse_waypoints(text: str) -> Plan:
    """Plan in a `QGC WPL 110` file. Raises PlanError."""
    lines = content_lines(text)
    if not lines or lines[0][1].split() != HEADER.split():
        place, found = lines[0] if lines else ("line 1", "")
        raise PlanError(place, f'"{HEADER}"', found)
    parsed = [_parse_line(place, line) for place, line in lines[1:]]
    home: GeoPoint | None = None
    if parsed and parsed[0].seq == 0 and parsed[0].item.command in _HOME_COMMANDS:
        first = parsed.pop(0)
        check_position(replace(first.item, command=int(Cmd.NAV_WAYPOINT)), first.place)
        home = GeoPoint(first.item.x, first.item.y, 0.0 if isnan(first.item.z) else first.item.z)  # as in a .plan
    return make_plan(Plan(home), _renumber_jumps(parsed))


def _split(line: str) -> list[str]:
    """Fields between tabs, or else between blanks, or else between blanks and commas. In the first two cases a comma
    inside a field is a decimal comma."""
    for fields in (line.split("\t"), line.split(), re.split(r"[\s,]+", line)):
        if len(fields) == len(_FIELDS) and not any(field.endswith(",") for field in fields):
            return fields
    return line.split()


def _parse_line(place: str, line: str) -> _Line:
    fields = _split(line)
    if len(fields) != len(_FIELDS):
        raise PlanError(place, f"{len(_FIELDS)} fields", f"{len(fields)}")
    values = [number(field, place, name) for field, name in zip(fields, _FIELDS, strict=True)]
    seq = _whole(values[0], 65535, place, "seq")
    frame = _whole(values[2], 255, place, "frame")
    command = _whole(values[3], 65535, place, "command")
    p1, p2, p3, p4, x, y, z, autocontinue = values[4:]
    item = MissionItem(command, frame, p1, p2, p3, p4, x, y, z, autocontinue=autocontinue != 0.0)
    return _Line(place, seq, check_position(without_nan(item), place))


def _whole(value: float, limit: int, place: str, what: str) -> int:
    if value != value or value != int(value) or not 0 <= value <= limit:
        raise PlanError(place, f"a whole number from 0 to {limit} as {what}", f"{value:g}")
    return int(value)


def _renumber_jumps(lines: Sequence[_Line]) -> Iterable[MissionItem]:
    """Change targets of DO_JUMP from the file's seq to our numbers, if the file's numbers rise (with gaps, or from 0
    without a home line). Otherwise positions count, as in MAVProxy."""
    rising = all(a.seq < b.seq for a, b in pairwise(lines))
    place_of = {line.seq: at for at, line in enumerate(lines, 1)} if rising else {}
    for line in lines:
        jumps = line.item.command == Cmd.DO_JUMP
        if jumps and isnan(line.item.param1):
            raise PlanError(line.place, "the number of an item as param1", "nan")
        target = place_of.get(int(line.item.param1)) if jumps else None
        yield line.item if target is None else replace(line.item, param1=float(target))


_LEAST_LINES = 5  # return point, a triangle, its first corner again
_VERTEX = int(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION)


def parse_fence_text(text: str) -> Plan:
    """Fence in an old fence file. Raises PlanError."""
    lines = content_lines(text)
    places = [_parse_place(place, re.split(r"[\s,]+", line)) for place, line in lines]
    if len(places) < _LEAST_LINES:
        raise PlanError("fence", f"a return point and a closed polygon, {_LEAST_LINES} lines", f"{len(places)} lines")
    if places[-1] != places[1]:
        raise PlanError(lines[-1][0], f"the first vertex again ({lines[1][1]})", lines[-1][1])
    corners = places[1:-1]
    back = MissionItem(int(Cmd.NAV_FENCE_RETURN_POINT), Frame.GLOBAL, x=places[0][0], y=places[0][1])
    vertices = [MissionItem(_VERTEX, Frame.GLOBAL, float(len(corners)), x=lat, y=lon) for lat, lon in corners]
    return make_plan(Plan(), [back, *vertices])


def parse_rally_text(text: str) -> Plan:
    """Rally points in an old rally file. Raises PlanError."""
    items: list[MissionItem] = []
    for place, line in content_lines(text):
        fields = re.split(r"[\s,]+", line)
        if fields[0].upper() != "RALLY" or not 4 <= len(fields) <= 7:
            raise PlanError(place, '"RALLY lat lon alt break_alt land_dir flags"', line)
        lat, lon = _parse_place(place, fields[1:3])
        alt = number(fields[3], place, "altitude")
        items.append(MissionItem(int(Cmd.NAV_RALLY_POINT), Frame.GLOBAL_RELATIVE_ALT, x=lat, y=lon, z=alt))
    return make_plan(Plan(), items)


def _parse_place(place: str, fields: Sequence[str]) -> tuple[float, float]:
    if len(fields) != 2:
        raise PlanError(place, '"lat lon"', " ".join(fields))
    lat, lon = number(fields[0], place, "latitude"), number(fields[1], place, "longitude")
    check_position(MissionItem(_VERTEX, x=lat, y=lon), place)
    return lat, lon
