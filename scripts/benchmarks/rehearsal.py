"""What a rehearsal costs: the rules of a large plan; 200 flights of one of 20 minutes, of a plane 30, on two cores."""

from __future__ import annotations

import time
from dataclasses import replace
from math import cos, pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from benchmarks.terrain import tile
from benchmarks.vehicle import HOME
from sortie.config.wind import WindProfile
from sortie.rehearsal.page import rehearsal_page
from sortie.rehearsal.rehearse import FlightSettings, judged

ITEMS, CORNERS, FLIGHTS, MINUTES, WINGS_MINUTES = 1000, 200, 200, 20, 30


def _plan(lines: int, length_m: float, corners: int = 0, *, wings: bool = False) -> Plan:
    """Lines of a survey, 5 m apart, within a fence of so many corners; of a plane 80 m, and a landing at its end."""
    home = GeoPoint(*HOME)

    def place(north: float, east: float) -> dict[str, float]:
        there = to_global(home, (north, east, 0.0))
        return {"x": there.lat, "y": there.lon}

    apart_m = 80.0 if wings else 5.0
    ends = [(apart_m * line, length_m * ((line + side) % 2)) for line in range(lines) for side in (0, 1)]
    survey = [MissionItem(Cmd.NAV_WAYPOINT, z=30.0, **place(*end)) for end in ends]
    land = [MissionItem(Cmd.NAV_WAYPOINT, z=45.0, **place(-700.0, 0.0)), MissionItem(Cmd.NAV_LAND, **place(0.0, 0.0))]
    back = land if wings else [MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)]
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=30.0), *survey, *back]
    turns = [2.0 * pi * corner / corners for corner in range(corners)]
    vertex = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION
    reach = 10.0 * lines
    fence = [MissionItem(vertex, param1=corners, **place(reach * cos(turn), reach * sin(turn))) for turn in turns]
    numbered = tuple(replace(item, seq=seq) for seq, item in enumerate(items, 1))
    return Plan(home, numbered, tuple(replace(item, seq=seq) for seq, item in enumerate(fence)))


def rules() -> float:
    """Milliseconds, in a process that has done it before; the tile is read each time."""
    plan = _plan(ITEMS // 2 - 1, 500.0, CORNERS)
    with TemporaryDirectory(prefix="sortie-bench-") as folder:
        ground = tile(Path(folder))
        judged(plan, "copter", None, {}, FlightSettings(), ground, None)
        began_s = time.perf_counter()
        judged(plan, "copter", None, {}, FlightSettings(), ground, None)
        return (time.perf_counter() - began_s) * 1000.0


def flights(kind: str = "copter") -> tuple[float, float]:
    """Seconds of the flights, the start of the processes included, and of the page about them."""
    plan, minutes = (_plan(21, 500.0), MINUTES) if kind == "copter" else (_plan(20, 1900.0, wings=True), WINGS_MINUTES)
    began_s = time.perf_counter()
    flying = FlightSettings(FLIGHTS, WindProfile.same(4.0, 7.0, None), processes=2)
    found = judged(plan, kind, None, {"SIM_BATT_CAP_AH": 0.0}, flying, None, None)
    flown = found.flown
    took_s = time.perf_counter() - began_s
    if flown is None or flown.completed < 1.0 or flown.time_s.p50 < minutes * 60.0:
        raise RuntimeError(f"not {FLIGHTS} flights of {minutes} minutes: {flown}")
    began_s = time.perf_counter()
    rehearsal_page(found, "survey")
    return took_s, time.perf_counter() - began_s
