"""QGroundControl's `.plan` files: mission, fence and rally points as JSON.

Simple items are read unchanged. Survey and corridor items contain their generated items, which are read in their place.
Landing patterns become the items that QGroundControl sends for them. Other complex items, which contain only geometry,
are refused by name, never skipped. Source: docs/reference/mission-semantics.md, 4; QGroundControl's plan file format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite, isnan, nan
from typing import Any

from autopilot.interface.footprint import Lens
from autopilot.interface.geo import ABOVE_GROUND, ABOVE_HOME, ABOVE_SEA, GeoPoint
from autopilot.mav import AutopilotType, Cmd, Frame, VehicleType
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan_json import JsonNode, is_number, load
from autopilot.mission.plan_types import Plan, PlanError, Survey, check_position, make_plan, without_nan

_WITH_STORED_ITEMS = {"survey": 5, "CorridorScan": 5}  # kind -> newest known version with stored items

_LANDINGS = {"fwLandingPattern": Cmd.NAV_LAND, "vtolLandingPattern": Cmd.NAV_VTOL_LAND}
_NEWEST_LANDING = 2
_ABOVE_HOME_MODE, _SEA_MODE, _GROUND_MODE = 1, 2, 4  # QGroundControl's AltitudeMode


def parse_qgc_plan(text: str) -> Plan:
    """Plan in a `.plan` file. Raises PlanError."""
    root = load(text)
    if root["fileType"].value != "Plan":
        raise root["fileType"].refuse('"Plan"')
    root["version"].whole(1, 1)
    mission = root["mission"]
    mission.object()
    mission["version"].whole(2, 2)
    elements, surveys = _flat(mission["items"])
    items = [*_mission_items(elements), *_fence_items(root["geoFence"]), *_rally_items(root["rallyPoints"])]
    plan = Plan(
        _home(mission["plannedHomePosition"]),
        cruise_speed=mission["cruiseSpeed"].number_or_none(),
        hover_speed=mission["hoverSpeed"].number_or_none(),
        vehicle_type=None if mission["vehicleType"].missing else mission["vehicleType"].whole(0, 255),
        firmware_type=None if mission["firmwareType"].missing else mission["firmwareType"].whole(0, 255),
        surveys=tuple(surveys),
    )
    return make_plan(plan, items)


def _home(node: JsonNode) -> GeoPoint | None:
    if node.missing:
        return None
    lat, lon, alt = _coordinates(node, 0.0)
    return GeoPoint(lat, lon, alt)


def _coordinates(node: JsonNode, null: float | None = None) -> tuple[float, float, float]:
    """Read [lat, lon], [lat, lon, alt] or, as in version 1, an object with these words. A missing altitude is 0.
    `null`: value for a missing latitude and longitude (None: they must be present)."""
    if isinstance(node.value, dict):
        parts = [node[key] for key in ("latitude", "longitude", "altitude")]
    else:
        parts = list(node.list())
        if len(parts) not in (2, 3):
            raise node.refuse("[latitude, longitude] or [latitude, longitude, altitude]")
    lat, lon = (part.number(nan) for part in parts[:2])
    if isnan(lat) and isnan(lon) and null is not None:
        lat = lon = null
    check_position(MissionItem(int(Cmd.NAV_WAYPOINT), x=lat, y=lon), node.place)
    return lat, lon, parts[2].number(0.0) if len(parts) > 2 else 0.0


# --- mission ----------------------------------------------------------------------------------------------------------
def _flat(node: JsonNode) -> tuple[list[JsonNode], list[Survey]]:
    """All simple items, and the surveys to which some belong."""
    if node.missing:
        raise node.refuse("a list [ ]")
    simple: list[JsonNode] = []
    surveys: list[Survey] = []
    for element in node.list():
        first = len(simple) + 1
        simple.extend(_flatten(element))
        if element["type"].value == "ComplexItem" and element["complexItemType"].value in _WITH_STORED_ITEMS:
            surveys.append(_survey(element, first, len(simple)))
    return simple, surveys


def _mission_items(simple: list[JsonNode]) -> Iterator[MissionItem]:
    position_of: dict[int, int] = {}
    for position, element in enumerate(simple, 1):
        jump_id = element["doJumpId"]
        position_of[position if jump_id.missing else jump_id.whole(0, 65535)] = position
    for element in simple:
        item = _simple_item(element)
        if item.command == Cmd.DO_JUMP:
            target = position_of.get(int(item.param1)) if isfinite(item.param1) else None
            if target is None:
                raise PlanError(f"{element.place}.params[0]", "the doJumpId of an item", f"{item.param1:g}")
            item = replace(item, param1=float(target))
        yield item


def _flatten(node: JsonNode) -> Iterator[JsonNode]:
    kind = node["type"]
    if kind.value == "SimpleItem" or (kind.missing and not node["command"].missing):
        yield node
        return
    if kind.value != "ComplexItem":
        raise kind.refuse('"SimpleItem" or "ComplexItem"')
    name = node["complexItemType"].text()
    if name in _LANDINGS:
        yield from _landing(node, _LANDINGS[name])
        return
    if name not in _WITH_STORED_ITEMS:
        raise PlanError(node.place, "simple items, a survey, a corridor scan or a landing pattern", name)
    node["version"].whole(1, _WITH_STORED_ITEMS[name])
    transects = node["TransectStyleComplexItem"]
    stored = transects["Items"] if not transects.missing else transects
    inner = list(stored.list())
    if not inner:
        raise PlanError(stored.place, f"the stored items of this {name}", "none")
    for element in inner:
        yield from _flatten(element)


def _landing(node: JsonNode, land: Cmd) -> Iterator[JsonNode]:
    """Items of a landing pattern: DO_LAND_START, a slower speed, the end of photos and video, the approach (a
    descending loiter with an exit in line, or a waypoint), the landing."""
    node["version"].whole(1, _NEWEST_LANDING)
    approach, ground = node["landingApproachCoordinate"], _coordinates(node["landCoordinate"])
    lat, lon, height = _coordinates(node["loiterCoordinate"] if approach.missing else approach)
    relative = node["altitudesAreRelative"]
    above_home = (node["loiterAltitudeRelative"] if relative.missing else relative).flag(True)
    radius = node["loiterRadius"].number(0.0) * (1.0 if node["loiterClockwise"].flag(True) else -1.0)
    rows: list[tuple[Cmd, tuple[float, ...]]] = [(Cmd.DO_LAND_START, ())]
    if node["useDoChangeSpeed"].flag(False):
        rows.append((Cmd.DO_CHANGE_SPEED, (0.0, node["finalApproachSpeed"].number(), -1.0)))
    if node["stopTakingPhotos"].flag(False):
        rows += [(Cmd.DO_SET_CAM_TRIGG_DIST, ()), (Cmd.IMAGE_STOP_CAPTURE, ())]
    if node["stopVideoPhotos"].flag(False):
        rows.append((Cmd.VIDEO_STOP_CAPTURE, ()))
    if node["useLoiterToAlt"].flag(True):
        rows.append((Cmd.NAV_LOITER_TO_ALT, (1.0, radius, 0.0, 1.0, lat, lon, height)))
    else:
        rows.append((Cmd.NAV_WAYPOINT, (0.0, 0.0, 0.0, 0.0, lat, lon, height)))
    rows.append((land, (0.0, 0.0, 0.0, 0.0, *ground)))
    for command, params in rows:
        placed = len(params) == 7
        frame = Frame.MISSION if not placed else Frame.GLOBAL_RELATIVE_ALT if above_home else Frame.GLOBAL
        simple = {"command": int(command), "frame": int(frame), "params": [*params, *(0.0,) * (7 - len(params))]}
        yield JsonNode(simple, node.place)


# --- surveys ----------------------------------------------------------------------------------------------------------
def _survey(node: JsonNode, first: int, last: int) -> Survey:
    """The plan's notes about area and camera. Missing or invalid notes never refuse a plan."""
    transects = node["TransectStyleComplexItem"]
    camera = _record(transects.value).get("CameraCalc")
    noted = _record(camera)
    corridor = node["complexItemType"].value == "CorridorScan"
    return Survey(
        first,
        last,
        _corners(node["polyline" if corridor else "polygon"].value),
        _positive(node["CorridorWidth"].value) or 0.0 if corridor else 0.0,
        _lens(noted),
        _share(noted.get("FrontalOverlap")),
        _share(noted.get("SideOverlap")),
        _positive(noted.get("MinTriggerInterval")) or 0.0,
    )


def _lens(noted: Mapping[str, Any]) -> Lens | None:
    """Camera of a survey. In portrait mounting (not Landscape) the longer side of its sensor is along the track."""
    width, height, focal = (_positive(noted.get(key)) for key in ("SensorWidth", "SensorHeight", "FocalLength"))
    if width is None or height is None or focal is None:
        return None
    return Lens(width, height, focal) if noted.get("Landscape", True) else Lens(height, width, focal)


def _record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _positive(value: Any) -> float | None:
    return float(value) if is_number(value) and 0.0 < value < 1e6 else None


def _share(value: Any) -> float | None:
    return float(value) / 100.0 if is_number(value) and 0.0 <= value < 100.0 else None


def _corners(value: Any) -> tuple[tuple[float, float], ...]:
    """Latitudes and longitudes; empty if any is invalid."""
    corners = []
    for corner in value if isinstance(value, list) else ():
        numbers = corner[:2] if isinstance(corner, list) else []
        if len(numbers) != 2 or not all(is_number(number) for number in numbers):
            return ()
        corners.append((float(numbers[0]), float(numbers[1])))
    return tuple(corners)


def _simple_item(node: JsonNode) -> MissionItem:
    values = [part.number(nan) for part in node["params"].list()]
    if len(values) == 4:  # before 2018 the position was beside the parameters
        place = node["coordinate"]
        values += [part.number(nan) for part in place.list()] or [0.0, 0.0, 0.0]
    if len(values) != 7:
        raise node["params"].refuse("7 parameters")
    p1, p2, p3, p4, x, y, z = values
    command, frame = node["command"].whole(0, 65535), node["frame"].whole(0, 255)
    item = MissionItem(command, frame, p1, p2, p3, p4, x, y, z, autocontinue=node["autoContinue"].flag(True))
    return check_position(without_nan(item), f"{node.place}.params")


# --- fence and rally points -------------------------------------------------------------------------------------------
def _fence_items(node: JsonNode) -> Iterator[MissionItem]:
    if node.missing:
        return
    if (1 if node["version"].missing else node["version"].whole(1, 2)) == 1:
        yield from _polygon(node["polygon"], inclusion=True)
    else:
        for element in node["polygons"].list():
            yield from _polygon(element["polygon"], element["inclusion"].flag(True))
        for element in node["circles"].list():
            lat, lon, _ = _coordinates(element["circle"]["center"])
            command = (
                Cmd.NAV_FENCE_CIRCLE_INCLUSION if element["inclusion"].flag(True) else Cmd.NAV_FENCE_CIRCLE_EXCLUSION
            )
            yield MissionItem(int(command), Frame.GLOBAL, element["circle"]["radius"].number(), x=lat, y=lon)
    back = node["breachReturn"]
    if not back.missing:
        lat, lon, alt = _coordinates(back)
        yield MissionItem(int(Cmd.NAV_FENCE_RETURN_POINT), Frame.GLOBAL, x=lat, y=lon, z=alt)


def _polygon(node: JsonNode, inclusion: bool) -> Iterator[MissionItem]:
    command = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION if inclusion else Cmd.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
    corners = [_coordinates(corner) for corner in node.list()]
    for lat, lon, _ in corners:
        yield MissionItem(int(command), Frame.GLOBAL, float(len(corners)), x=lat, y=lon)


def _rally_items(node: JsonNode) -> Iterator[MissionItem]:
    if node.missing:
        return
    for point in node["points"].list():
        lat, lon, alt = _coordinates(point)
        yield MissionItem(int(Cmd.NAV_RALLY_POINT), Frame.GLOBAL_RELATIVE_ALT, x=lat, y=lon, z=alt)


# --- writing ----------------------------------------------------------------------------------------------------------
def format_plan(plan: Plan) -> str:
    """Write a `.plan` file. Raises PlanError for rally points whose altitude is not above home, because the format has
    no others."""
    home = plan.home or GeoPoint(0.0, 0.0, 0.0)
    mission: dict[str, Any] = {
        "cruiseSpeed": plan.cruise_speed,
        "firmwareType": AutopilotType.ARDUPILOTMEGA if plan.firmware_type is None else plan.firmware_type,
        "globalPlanAltitudeMode": _ABOVE_HOME_MODE,
        "hoverSpeed": plan.hover_speed,
        "items": [_format_item(item) for item in plan.items],
        "plannedHomePosition": [home.lat, home.lon, home.alt],
        "vehicleType": VehicleType.QUADROTOR if plan.vehicle_type is None else plan.vehicle_type,
        "version": 2,
    }
    document = {
        "fileType": "Plan",
        "geoFence": _format_fence(plan),
        "groundStation": "Sortie",
        "mission": {key: value for key, value in mission.items() if value is not None},
        "rallyPoints": {"points": [_format_rally(item) for item in plan.rally], "version": 2},
        "version": 1,
    }
    return json.dumps(document, indent=4, allow_nan=False) + "\n"


def _format_item(item: MissionItem) -> dict[str, Any]:
    frame = item.frame
    mode = _SEA_MODE if frame in ABOVE_SEA else _GROUND_MODE if frame in ABOVE_GROUND else _ABOVE_HOME_MODE
    return {
        "AMSLAltAboveTerrain": None,
        "Altitude": item.z if isfinite(item.z) else 0.0,
        "AltitudeMode": mode,
        "autoContinue": item.autocontinue,
        "command": item.command,
        "doJumpId": item.seq,
        "frame": item.frame,
        "params": [value if isfinite(value) else None for value in item.params],
        "type": "SimpleItem",
    }


def _format_fence(plan: Plan) -> dict[str, Any]:
    fence = parse_fence(plan.fence)
    document: dict[str, Any] = {
        "circles": [
            {"circle": {"center": [c.lat, c.lon], "radius": c.radius}, "inclusion": c.inclusion, "version": 1}
            for c in fence.circles
        ],
        "polygons": [
            {"inclusion": p.inclusion, "polygon": [list(corner) for corner in p.vertices], "version": 1}
            for p in fence.polygons
        ],
        "version": 2,
    }
    back = next((item for item in plan.fence if item.command == Cmd.NAV_FENCE_RETURN_POINT), None)
    if back is not None:
        document["breachReturn"] = [back.x, back.y, back.z]
    return document


def _format_rally(item: MissionItem) -> list[float]:
    if item.frame not in ABOVE_HOME:
        raise PlanError(f"rally point {item.seq}", "an altitude above home (frame 3)", f"frame {item.frame}")
    return [item.x, item.y, item.z]
