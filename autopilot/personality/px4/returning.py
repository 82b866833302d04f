"""Returns of a PX4 by RTL_TYPE: the table `RETURNS`, the choice, and the items of the way.

The destination is the nearest that the type allows: home, safe points (rally points more than 10 m from home), the
mission's landing. A later candidate must be 2 m nearer than earlier ones. With RTL_APPR_FORCE a VTOL on its wings only
considers home and safe points with an approach, and the mission's landing if home has none. Of several approaches it
takes the most downwind, as seen from home, circles down to its height and lands from there.

The way is straight, or the mission's: from its land start, from the current item forwards to the landing, or backwards
to its beginning and home. Only places of the mission count: loiters and holds are passed without a stop, DO items and
jumps are left out. A hovering VTOL changes to its wings for the mission's way. A straight way, or one to the land
start, begins with a climb to RTL_RETURN_ALT above its destination; within RTL_MIN_DIST of it, hovering vehicles climb
only into the cone of RTL_CONE_ANG.

Sources: PX4 1.16 src/modules/navigator (rtl.cpp, rtl_params.c, rtl_direct.cpp, rtl_direct_mission_land.cpp,
rtl_mission_fast.cpp, rtl_mission_fast_reverse.cpp, mission_base.cpp `setMissionToClosestItem`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from math import inf, radians
from types import MappingProxyType
from typing import Final

from autopilot.context.frames import item_place, local
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned, distance
from autopilot.interface.mathematics import atan2, cos, dist, hypot, sin
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Circle
from autopilot.mav import Cmd, Frame, VtolState
from autopilot.mission.commands import LANDINGS, TAKEOFFS, drives_navigation
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import points
from autopilot.personality.px4.parameter_table import RETURN_TYPE
from autopilot.personality.px4.parameters import Px4Parameters

_SAFE_POINT_FROM_HOME_M: Final = 10.0
_NEARER_M: Final = 2.0
_KEPT: Final = (*LANDINGS, Cmd.NAV_LOITER_TO_ALT)
"""Items that are flown unchanged; all other places are passed without a stop."""


class HomeCounts(Enum):
    """Rank of home among the destinations: MEASURED like the others, or LAST, if there is no other. A hovering VTOL
    measures it in both cases."""

    MEASURED = auto()
    LAST = auto()


class Along(Enum):
    """Direction of the mission's way: FORWARDS to its landing, BACKWARDS to its beginning and home."""

    FORWARDS = auto()
    BACKWARDS = auto()


class Direction(Enum):
    """Choice of direction for a type that follows the mission: to a landing if there is one; or the way with fewer
    items."""

    LANDING_FIRST = auto()
    FEWER_ITEMS = auto()


@dataclass(frozen=True, slots=True)
class ReturnRule:
    """Destinations of a straight way: `home`, the mission's `landing`, and always safe points; or, with `mission`, only
    the mission's way."""

    home: HomeCounts = HomeCounts.MEASURED
    landing: bool = False
    mission: Direction | None = None


RETURNS: Final[Mapping[int, ReturnRule]] = MappingProxyType({
    0: ReturnRule(),
    1: ReturnRule(HomeCounts.LAST, landing=True),
    2: ReturnRule(mission=Direction.LANDING_FIRST),
    3: ReturnRule(landing=True),
    4: ReturnRule(mission=Direction.FEWER_ITEMS),
})  # fmt: skip
"""Rules by RTL_TYPE."""


class Goal(Enum):
    """Destination of a straight way."""

    HOME = auto()
    SAFE_POINT = auto()
    LANDING = auto()


def nearest(
    rule: ReturnRule, home_m: float, landing_m: float, safe_points_m: Sequence[float], *, hovering_vtol: bool
) -> tuple[Goal, int]:
    """Destination of a straight way, and the number of the safe point; distances in m, inf: none. If home does not
    count, the mission's landing does, at an infinite distance if the type leaves it out."""
    best = inf if rule.home is HomeCounts.LAST and not hovering_vtol else home_m
    goal, number = Goal.HOME, 0
    if (rule.landing or best == inf) and landing_m + _NEARER_M < best:
        best, goal = landing_m if rule.landing else inf, Goal.LANDING
    for at, distance_m in enumerate(safe_points_m):
        if distance_m + _NEARER_M < best:
            best, goal, number = distance_m, Goal.SAFE_POINT, at
    return goal, number


def direction(kind: Direction, land_start: int | None, current: int) -> Along:
    """Direction of a type that follows the mission. `land_start`, `current`: counted from 0."""
    if land_start is None:
        return Along.BACKWARDS
    nearer = land_start - current < current
    return Along.FORWARDS if kind is Direction.LANDING_FIRST or nearer else Along.BACKWARDS


def cone_height(away_m: float, highest_m: float, near_m: float, accepted_m: float, half_angle_deg: float) -> float:
    """Height of a hovering vehicle's return above its destination: `highest_m` beyond `near_m`, lower inside the cone,
    and small above the destination itself."""
    if away_m <= accepted_m:
        return min(2.0 * away_m, highest_m)
    height = highest_m
    if away_m <= near_m:
        angle = radians(min(max(half_angle_deg, 1.0), 89.0))
        height = min(away_m * cos(angle) / sin(angle), highest_m)
    return min(max(height, 2.0 * accepted_m), highest_m)


def _placed(item: MissionItem) -> bool:
    return drives_navigation(item.command) and item.is_placed


def _passed(item: MissionItem) -> MissionItem:
    """Item as it is flown on the way home."""
    if item.command in _KEPT:
        return item
    return MissionItem(Cmd.NAV_WAYPOINT, item.frame, x=item.x, y=item.y, z=item.z, seq=item.seq)


def forwards(items: Iterable[MissionItem], begin: int, *, on_wings: bool) -> tuple[MissionItem, ...]:
    """Way of the mission from `begin` to the first landing; wings in the air skip a takeoff."""
    path: list[MissionItem] = []
    for item in items:
        if item.seq >= begin and _placed(item) and not (on_wings and item.command in TAKEOFFS):
            path.append(_passed(item))
            if item.command in LANDINGS:
                break
    return tuple(path)


def backwards(items: Iterable[MissionItem], begin: int) -> tuple[MissionItem, ...]:
    """Way of the mission from `begin` back to a takeoff or its beginning, and a landing at home."""
    path: list[MissionItem] = []
    for item in reversed([item for item in items if item.seq <= begin and _placed(item)]):
        path.append(_passed(item if item.command not in LANDINGS else replace(item, command=Cmd.NAV_WAYPOINT)))
        if item.command in TAKEOFFS:
            break
    return tuple(path)


def approaches(rally: Iterable[MissionItem], place: GeoPoint) -> tuple[MissionItem, ...]:
    """Circles from which a VTOL lands at `place`: those after the first rally point within 10 m of it."""
    circles: list[MissionItem] = []
    at_place = False
    for item in rally:
        if item.command == Cmd.NAV_RALLY_POINT:
            if at_place:
                break
            at_place = distance(GeoPoint(item.x, item.y, place.alt), place) < _SAFE_POINT_FROM_HOME_M
        elif at_place and item.command == Cmd.NAV_LOITER_TO_ALT:
            circles.append(item)
    return tuple(circles)


@dataclass(frozen=True, slots=True)
class Return:
    """A chosen return. `place`: destination of a straight way, at the altitude of its ground; `approach`: the circle
    before it; `path`: items that are flown instead."""

    place: GeoPoint | None = None
    path: tuple[MissionItem, ...] = ()
    approach: MissionItem | None = None


class Px4Returns:
    """Chooses a return when it begins, and keeps it until it has ended."""

    def __init__(self, facts: VehicleFacts, parameters: Px4Parameters) -> None:
        self._facts = facts
        self._parameters = parameters
        self._chosen: Return | None = None
        self._in_mission = False

    def follow(self, *, returning: bool, in_mission: bool) -> None:
        """Note the present flight; called in every pass."""
        if not returning:
            self._chosen, self._in_mission = None, in_mission

    def choose(self, mission: Sequence[MissionItem], current: int, rally: Iterable[MissionItem]) -> Return:
        """Choose the present return, or one that would begin now. `mission`: items that can be flown, or none;
        `current`: the index of its item."""
        if self._chosen is None:
            self._chosen = self._choose(mission, current, rally)
        return self._chosen

    def height(self, goal: Ned) -> float:
        """Height of a return to `goal` (on the ground), m above home; it never descends to it."""
        facts, param = self._facts, self._parameters
        highest = param["RTL_RETURN_ALT"]
        if self._hovers and param["RTL_CONE_ANG"] > 0.0:
            distance_m, near = facts.metres_to(goal), param["RTL_MIN_DIST"]
            highest = cone_height(distance_m, highest, near, param["NAV_ACC_RAD"], param["RTL_CONE_ANG"])
        return facts.home_ned[2] - goal[2] + highest

    def approach(self, goal: Ned) -> Circle:
        """Circle in which a return on wings descends: that of its approach, or round `goal` to RTL_DESCEND_ALT."""
        param, item = self._parameters, None if self._chosen is None else self._chosen.approach
        center, radius = (goal[0], goal[1], goal[2] - param["RTL_DESCEND_ALT"]), param["RTL_LOITER_RAD"]
        if item is not None:
            center = local(self._facts, item_place(self._facts, item))
            radius = item.param2 if item.param2 else radius
        apart = hypot(center[0] - goal[0], center[1] - goal[1]) > param["NAV_ACC_RAD"]
        direction = -1 if radius < 0.0 else 1
        return Circle(center, abs(radius), direction, 0.0, at_height=True, leave_for=goal if apart else None)

    @property
    def _hovers(self) -> bool:
        """True while rotors carry it."""
        facts = self._facts
        upright = facts.vehicle.state.report[report.VTOL_STATE] in (VtolState.MC, VtolState.TRANSITION_TO_FW)
        return upright if facts.vehicle_class.has_stall_speed else True

    def _choose(self, mission: Sequence[MissionItem], current: int, rally: Iterable[MissionItem]) -> Return:
        facts = self._facts
        home, here = facts.home, facts.vehicle.state.place
        if home is None or not facts.vehicle_class.flies:
            return Return()
        rule = RETURNS.get(int(self._parameters[RETURN_TYPE]), RETURNS[0])
        land = next((item for item in mission if item.command in LANDINGS and _placed(item)), None)
        marks = (item.seq for item in mission if item.command == Cmd.DO_LAND_START)
        start = None if land is None else next(marks, land.seq)
        lifts = facts.vehicle_class.has_stall_speed and facts.vehicle_class.lands_anywhere
        if rule.mission is not None:
            return Return(path=self._along(rule.mission, mission, start, current, lifts=lifts))
        items, on_wings = tuple(rally), lifts and not self._hovers
        known = (item_place(self._facts, item) for item in points(items))
        places = [place for place in known if distance(place, home) > _SAFE_POINT_FROM_HOME_M]
        forced = on_wings and self._parameters["RTL_APPR_FORCE"] == 1.0
        goal, number = nearest(
            rule,
            inf if forced and not approaches(items, home) else distance(here, home),
            inf if land is None else distance(here, item_place(facts, land)),
            [inf if forced and not approaches(items, place) else distance(here, place) for place in places],
            hovering_vtol=lifts and self._hovers,
        )
        if goal is Goal.LANDING and land is not None and start is not None:
            return Return(path=self._to_landing(mission, start, item_place(facts, land), lifts=lifts))
        place = home if goal is Goal.HOME else places[number]
        ways = approaches(items, place) if on_wings else ()
        return Return(place, approach=min(ways, key=self._off_wind, default=None))

    def _off_wind(self, item: MissionItem) -> float:
        """Angle between the way from home to an approach and the wind, rad: 0 is straight downwind."""
        vector, (north, east, _) = self._facts.vehicle.state.report, local(self._facts, item_place(self._facts, item))
        home = self._facts.home_ned
        towards = atan2(float(vector[report.WIND_E]), float(vector[report.WIND_N]))
        off = atan2(east - home[1], north - home[0]) - towards
        return abs(atan2(sin(off), cos(off)))

    def _over(self, seq: int) -> tuple[MissionItem, ...]:
        """Item for the transition to the wings, on which the mission's way is flown."""
        return (MissionItem(Cmd.DO_VTOL_TRANSITION, Frame.MISSION, param1=VtolState.FW, seq=seq),)

    def _to_landing(
        self, mission: Sequence[MissionItem], start: int, land: GeoPoint, *, lifts: bool
    ) -> tuple[MissionItem, ...]:
        """Climb, transition to the wings, and the mission from its land start."""
        facts = self._facts
        here, home = facts.vehicle.state.place, facts.home_ned
        up = self.height(local(facts, land))
        climb: tuple[MissionItem, ...] = ()
        if home[2] - up < facts.vehicle.state.position[2]:
            hovers = self._hovers
            command = Cmd.NAV_WAYPOINT if hovers else Cmd.NAV_LOITER_TO_ALT
            climb = (MissionItem(command, Frame.GLOBAL_RELATIVE_ALT, x=here.lat, y=here.lon, z=up, seq=start),)
        over = self._over(start) if lifts and self._hovers else ()
        return climb + over + forwards(mission, start, on_wings=facts.vehicle_class.has_stall_speed)

    def _along(
        self, kind: Direction, mission: Sequence[MissionItem], start: int | None, current: int, *, lifts: bool
    ) -> tuple[MissionItem, ...]:
        """Way of the mission, from the current item or from the nearest."""
        facts, wings = self._facts, self._facts.vehicle_class.has_stall_speed
        if not mission or facts.home is None:
            return ()
        first = mission[0].seq
        along = direction(kind, None if start is None else start - first, current - first)
        back = along is Along.BACKWARDS
        begin = max(current - back, first) if self._in_mission else self._nearest(mission, wings=wings and not lifts)
        over = self._over(begin) if lifts and self._hovers else ()
        if not back:
            return over + forwards(mission, begin, on_wings=wings)
        way, home = backwards(mission, begin), facts.home
        last = way[-1].seq if way else begin
        landing = MissionItem(Cmd.NAV_LAND, Frame.GLOBAL_RELATIVE_ALT, x=home.lat, y=home.lon, seq=last)
        return over + way + (landing,)

    def _nearest(self, mission: Sequence[MissionItem], *, wings: bool) -> int:
        """Index of the nearest place of the mission, in space; a landing on wings does not begin with the landing
        item."""
        here = self._facts.vehicle.state.position
        distances = [
            (dist(local(self._facts, item_place(self._facts, item)), here), item.seq)
            for item in mission
            if _placed(item) and not (wings and item.command == Cmd.NAV_LAND)
        ]
        return min(distances)[1] if distances else mission[0].seq
