"""Hypothesis strategies for flights: plans, winds, faults (`from sortie import strategies`).

Their values are arguments of `Session`, the marker `sortie` and `sortie_vehicles`. Failing examples shrink towards a
short plan close to home, no wind, no fault.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.vehicles.kinds import vehicle_class
from sortie.assembly.vehicle import make_vehicle
from sortie.config.errors import UserError, nearest
from sortie.config.values import DEFAULT_HOME, parse_vehicle
from sortie.nodes.fault_plan import LINK_FAULTS

HOME = GeoPoint(*DEFAULT_HOME[:3])
RELATIVE = 3
"""MAV_FRAME_GLOBAL_RELATIVE_ALT."""


@st.composite
def plans(
    draw: st.DrawFn,
    vehicle: str = "sim:copter",
    home: GeoPoint = HOME,
    *,
    most: int = 6,
    reach: float = 150.0,
    highest: float = 50.0,
) -> Plan:
    """Draw a mission around `home`: a takeoff (copter), up to `most` waypoints within `reach` m to north and east and
    up to `highest` m above home, with speed changes and waits between them, and RTL or (copter) a landing."""
    kind = vehicle_class(parse_vehicle(vehicle).frame)
    flies = kind.flies
    heights = st.integers(5, max(round(highest), 5)).map(float)
    items = [MissionItem(Cmd.NAV_TAKEOFF, RELATIVE, z=draw(heights))] if flies else []
    side = st.integers(-round(reach), round(reach)).map(float)
    for north, east in draw(st.lists(st.tuples(side, side), min_size=1, max_size=most)):
        place = to_global(home, (north, east, 0.0))
        items += draw(st.lists(_in_between(), max_size=1))
        height = draw(heights) if flies else 0.0
        items.append(MissionItem(Cmd.NAV_WAYPOINT, RELATIVE, x=place.lat, y=place.lon, z=height))
    ends = [Cmd.NAV_RETURN_TO_LAUNCH, Cmd.NAV_LAND] if kind.lands_anywhere else [Cmd.NAV_RETURN_TO_LAUNCH]
    items.append(MissionItem(draw(st.sampled_from(ends)), RELATIVE))
    return Plan(home=home, items=tuple(items))


def _in_between() -> SearchStrategy[MissionItem]:
    speeds = st.integers(2, 12).map(
        lambda mps: MissionItem(Cmd.DO_CHANGE_SPEED, RELATIVE, param1=1.0, param2=float(mps))
    )
    waits = st.integers(1, 10).map(lambda seconds: MissionItem(Cmd.NAV_DELAY, RELATIVE, param1=float(seconds)))
    return speeds | waits


def winds(strongest: float = 8.0, turbulence: float = 1.5) -> SearchStrategy[tuple[float, float, float]]:
    """Draw a wind (m/s, degrees from, turbulence in m/s), as the argument `wind`."""
    return st.tuples(st.floats(0.0, strongest), st.integers(0, 359).map(float), st.floats(0.0, turbulence))


def faults(
    vehicle: str = "sim:copter", *, before_s: float = 120.0, most: int = 2, names: tuple[str, ...] | None = None
) -> SearchStrategy[list[str]]:
    """Draw up to `most` faults that begin before `before_s` of vehicle time and end, as the argument `faults`. `names`:
    the possible ones (None: all of the simulated vehicle). UserError for an unknown name."""
    known = (*make_vehicle(parse_vehicle(vehicle).frame, HOME, 0.0, 0).fault_names(), *LINK_FAULTS)
    for name in names or ():
        if name not in known:
            raise UserError(f"unknown fault '{name}'{nearest(name, known)}")
    begin, lasts = st.integers(0, max(round(before_s) - 1, 0)), st.integers(1, 60)
    strategy = st.builds(
        lambda name, begin_s, lasts_s: f"{name}@{begin_s}..{begin_s + lasts_s}",
        st.sampled_from(known if names is None else names),
        begin,
        lasts,
    )
    return st.lists(strategy, max_size=most, unique_by=lambda fault: fault.partition("@")[0])
