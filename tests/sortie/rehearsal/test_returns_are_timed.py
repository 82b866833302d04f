"""Returns and turns by the static rules, beside their flight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.room import Segments
from sortie import rehearse
from sortie.config.vehicle_spec import VehicleSpec, texts_of
from sortie.config.wind import STILL
from sortie.rehearsal.flown import RehearsedFlight, fly

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


def at(command: int, north: float, east: float, up: float, seq: int = 0) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, seq=seq, x=place.lat, y=place.lon, z=up)


@pytest.mark.parametrize(
    ("far_m", "params", "rally"),
    [
        (5.0, {"RTL_ALT": 5000.0}, ()),
        (160.0, {"RTL_CLIMB_MIN": 2000.0}, ()),
        (160.0, {}, (at(Cmd.NAV_RALLY_POINT, 100.0, 100.0, 60.0),)),
        (160.0, {"RTL_ALT": 6000.0, "FENCE_ENABLE": 1.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 40.0}, ()),
        (160.0, {"RTL_ALT": 6000.0, "FENCE_AUTOENABLE": 3.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 40.0}, ()),
        (160.0, {"RTL_ALT_FINAL": 500.0}, ()),
    ],
    ids=[
        "cone",
        "least climb",
        "rally point's height",
        "fence's ceiling",
        "that of one that acts by itself",
        "stays above home",
    ],
)
def test_a_return_is_as_high_as_it_is_flown(
    far_m: float, params: dict[str, float], rally: tuple[MissionItem, ...]
) -> None:
    """RTL_ALT alone counted: near home a return took 86 s for 59, and one below the ceiling of a fence was NO-GO."""
    items = (
        MissionItem(Cmd.NAV_TAKEOFF, seq=1, z=20.0),
        at(Cmd.NAV_WAYPOINT, far_m, 0.0, 20.0, 2),
        MissionItem(Cmd.NAV_RETURN_TO_LAUNCH, seq=3),
    )
    plan = Plan(home=HOME, items=items, rally=rally)
    foreseen = rehearse(plan, params=params)
    spec = VehicleSpec("copter", None, HOME, 0.0, 0, param=texts_of(params), alone=True)
    flown = fly(RehearsedFlight(plan, spec, 0, 300.0, 5.0, STILL, 0.0), Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert foreseen.go, foreseen.findings
    assert foreseen.time_s == pytest.approx(flown.items[-1][1], abs=1.5)


def flown_as_rehearsed(plan: Plan, kind: str, *, time: float, way: float) -> None:
    """Time and way of a rehearsal are those of a flight, within these shares."""
    foreseen = rehearse(plan, vehicle=f"sim:{kind}")
    spec = VehicleSpec(kind, None, HOME, 0.0, 0, alone=True)
    flown = fly(RehearsedFlight(plan, spec, 0, 600.0, 5.0, STILL, 0.0), Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    north, east = np.diff(flown.track[:, 1:3], axis=0).T
    assert foreseen.time_s == pytest.approx(flown.time_s, rel=time)
    assert foreseen.distance_m == pytest.approx(float(np.hypot(north, east).sum()), rel=way)


@pytest.mark.parametrize(("kind", "radius"), [("copter", 10.0), ("copter", 30.0), ("rover", 15.0)])
def test_turns_are_as_fast_and_as_long_as_they_are_flown(kind: str, radius: float) -> None:
    """A copter's circle of 30 m is limited by its acceleration, and turns are a way: they counted as none."""
    places = [at(Cmd.NAV_WAYPOINT, 60.0, 0.0, 20.0, 2), at(Cmd.NAV_LOITER_TURNS, 60.0, 60.0, 20.0, 3)]
    places[1] = replace(places[1], param1=5.0, param3=radius)
    plan = Plan(home=HOME, items=(MissionItem(Cmd.NAV_TAKEOFF, seq=1, z=20.0), *places))
    flown_as_rehearsed(plan, kind, time=0.1, way=0.1)


@pytest.mark.parametrize("kind", ["copter", "rover", "boat"])
def test_a_wide_circle_is_flown_from_its_edge_on(kind: str) -> None:
    """The ways to its middle and back counted: a tenth of the way, up to a fifth of the time."""
    turns = replace(at(Cmd.NAV_LOITER_TURNS, 60.0, 100.0, 20.0), param1=1.0, param3=60.0)
    way = [at(Cmd.NAV_WAYPOINT, 60.0, 0.0, 20.0), turns, at(Cmd.NAV_WAYPOINT, 0.0, 0.0, 20.0)]
    plan = Plan(home=HOME, items=(*([MissionItem(Cmd.NAV_TAKEOFF, z=20.0)] if kind == "copter" else []), *way))
    flown_as_rehearsed(plan, kind, time=0.03, way=0.06)


def test_a_copter_is_at_its_items_when_it_was_to_be() -> None:
    """By its speed profiles, also in short hops, in climbs, and with what a takeoff and a landing take beside the way:
    they were up to 4 s too short each."""
    items = [
        MissionItem(Cmd.NAV_TAKEOFF, z=10.0),
        replace(at(Cmd.NAV_WAYPOINT, 5.0, 0.0, 10.0), param1=1.0),
        replace(at(Cmd.NAV_WAYPOINT, 25.0, 0.0, 30.0), param1=1.0),
        at(Cmd.NAV_LOITER_TO_ALT, 25.0, 0.0, 10.0),
        at(Cmd.NAV_WAYPOINT, 60.0, 40.0, 12.0),
        at(Cmd.NAV_WAYPOINT, 0.0, 100.0, 12.0),
        at(Cmd.NAV_LAND, 30.0, 100.0, 0.0),
    ]
    plan = Plan(home=HOME, items=tuple(items))
    legs = rehearse(plan).way.legs
    foreseen = np.cumsum([leg.seconds + leg.wait_s for leg in legs])
    spec = VehicleSpec("copter", None, HOME, 0.0, 0, alone=True)
    flown = fly(RehearsedFlight(plan, spec, 0, 600.0, 5.0, STILL, 0.0), Segments(np.zeros((1, 2)), np.zeros((1, 2))))
    assert foreseen == pytest.approx([row[1] for row in flown.items], abs=1.5)
    assert legs[-1].seconds + legs[-1].wait_s == pytest.approx(flown.items[-1][1] - flown.items[-2][1], abs=1.0)
