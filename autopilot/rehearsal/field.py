"""Field in which a plan is flown, its vehicle, and its way with its legs, in metres from home."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import fsum, inf, pi, sqrt
from typing import Final, Protocol

from autopilot.control.rover_lines import CIRCLE_SHARE
from autopilot.interface.footprint import Ground as GroundMap
from autopilot.interface.footprint import Numbers
from autopilot.interface.geo import ABOVE_GROUND, ABOVE_SEA, GeoPoint, height_above_home, to_global, to_local
from autopilot.interface.mathematics import acos, atan2, cbrt, cos, hypot, sin
from autopilot.interface.records import dataclass, field
from autopilot.interface.terrain import HeightMap
from autopilot.mav import SpeedType
from autopilot.mission.commands import spec_of
from autopilot.mission.items import MissionItem
from autopilot.mission.state import SpeedChange
from autopilot.modes.auto_nav import AT_CENTER_M
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.vehicle_class import ParameterUnit, VehicleClass, first_value

_TURN_ACCEL: Final = 1.0  # m/s2, if the vehicle has no parameter for it
_AFLOAT_MPS, _ON_WHEELS_MPS = 3.2, 13.0  # top speeds (`sitl.vehicles.boat`, `sitl.vehicles.rover`)
VERTICAL: Final = (SpeedType.CLIMB_SPEED, SpeedType.DESCENT_SPEED)
"""Kinds of DO_CHANGE_SPEED that rotors obey."""
_PIECES: Final = 36  # of a circle
Place = tuple[float, float, float]
"""North, east, up in metres from home."""


class WindAloft(Protocol):
    def velocity(self, time_s: float, height_m: float) -> tuple[float, float]:
        """Velocity to the north and to the east, m/s, `time_s` after arming, at `height_m` above home."""


@dataclass(frozen=True, slots=True)
class FlyingField:
    """Field of a plan and its vehicle. `heading_deg`: heading at the start. `sea_known`: home's altitude is known.
    `ground`: terrain; None: flat, at home's height. `wind` None: calm air. `steps`: steps, of 0.1 s in
    a turn, in which a way of wings is flown, or splines in steps of 0.02 s; the rest counts as straight."""

    kind: VehicleClass
    parameters: Parameters
    home: GeoPoint
    sea_known: bool = True
    heading_deg: float = 0.0
    ground: HeightMap | None = None
    wind: WindAloft | None = None
    steps: int = 60_000

    def param(self, name: str, default: float = 0.0) -> float:
        """Value of a parameter, or `default` if the vehicle does not have it."""
        return self.parameters.get(name, default)

    def measure(self, measure: ParameterUnit) -> float:
        """Value of a length, m, or a speed, m/s."""
        return measure.value(self.param)

    def refuses(self, change: SpeedChange) -> bool:
        """True for an airspeed outside this vehicle's limits."""
        speed = change.speed if change.kind == SpeedType.AIRSPEED else None
        return speed is not None and not self.kind.takes(speed, self.param)

    @property
    def cruise_mps(self) -> float:
        return self.reached(max(first_value(self.kind.measures.cruise, self.param), 0.1))

    def reached(self, speed: float) -> float:
        """The demanded speed, m/s, as far as the built-in rover or boat reaches it."""
        return speed if self.kind.flies else min(speed, _AFLOAT_MPS if self.kind.drifts else _ON_WHEELS_MPS)

    def vertical(self, kind: int) -> tuple[ParameterUnit, ...]:
        """Parameters of a vertical speed (`kind`: SPEED_TYPE) that plans can change; wings have none."""
        measures = self.kind.measures
        if self.kind.has_stall_speed:
            return ()
        return measures.climb if kind == SpeedType.CLIMB_SPEED else measures.descent

    def vertical_mps(self, kind: int, speed: float | None) -> float:
        """Vertical speed, m/s (`kind`: SPEED_TYPE): `speed`, or with None that of its parameters; without them
        infinite."""
        measures = self.vertical(kind)
        return max(first_value(measures, self.param) if speed is None else speed, 0.1) if measures else inf

    @property
    def accel_mps2(self) -> float:
        if self.kind.measures.circle_acceleration is not None:
            return max(self.measure(self.kind.measures.circle_acceleration), 0.1)
        return self.param("WP_ACCEL") or self.param("ATC_ACCEL_MAX") or _TURN_ACCEL

    @property
    def blend_s(self) -> float:
        """Time in which two legs overlap in a sharp turn, s, whose middle is three quarters of the radius from the
        corner."""
        aside = 0.75 * self.measure(self.kind.measures.acceptance) / sqrt(2.0)
        return 2.0 * cbrt(6.0 * aside / self.jerk_mps3)

    @property
    def jerk_mps3(self) -> float:
        return max(self.param("WPNAV_JERK", 1.0), 0.1)

    def flown_radius_m(self, radius_m: float) -> float:
        """Radius of the flown circle for a requested `radius_m`: a rover's steering limits it from below, a copter's
        circle controller from above."""
        return max(min(radius_m, self.kind.measures.largest_circle_m), CIRCLE_SHARE * self.param("TURN_RADIUS"))

    @property
    def follows_ground(self) -> bool:
        """True if the vehicle knows the ground. Without TERRAIN_ENABLE it ignores it."""
        return self.ground is not None and self.param("TERRAIN_ENABLE", 1.0) > 0.0

    def wind_at(self, time_s: float, up: float) -> tuple[float, float]:
        """Velocity of the wind, north and east, m/s."""
        return (0.0, 0.0) if self.wind is None else self.wind.velocity(time_s, up)

    @property
    def lift_options(self) -> int:
        """Q_OPTIONS."""
        return int(self.param("Q_OPTIONS"))

    @property
    def fenced(self) -> bool:
        return self.param("FENCE_ENABLE") > 0.0 or self.param("FENCE_AUTOENABLE") > 0.0

    def local(self, lat: float, lon: float) -> tuple[float, float]:
        """Metres north and east of home."""
        return to_local(self.home, lat, lon, self.home.alt)[:2]

    def place(self, item: MissionItem, before: Place) -> Place:
        """Position of an item; x = y = 0 means "here", z = 0 "at this height"."""
        north, east = self.local(item.x, item.y) if item.is_placed else before[:2]
        if not self.kind.flies:
            return north, east, 0.0
        if item.z == 0.0 or (item.frame in ABOVE_SEA and not self.sea_known):
            return north, east, before[2] if item.z == 0.0 else item.z
        ground = self.ground_amsl(north, east) if item.frame in ABOVE_GROUND and self.follows_ground else None
        return north, east, height_above_home(item.frame, item.z, self.home, ground)

    def ground_amsl(self, north: float, east: float) -> float | None:
        """Height of the ground there, m above sea level; None: unknown, or flat."""
        if self.ground is None:
            return None
        place = to_global(self.home, (north, east, 0.0))
        return self.ground.height_at(place.lat, place.lon)

    def heights(self, north: Numbers, east: Numbers) -> Numbers:
        """Heights of the ground at many places, m above home; NaN: unknown; 0 if flat."""
        return GroundMap(self.home, self.ground, 0.0, 0.0).up(north, east)

    def ground_up(self, north: float, east: float) -> float:
        """Height of the ground at a place, m; 0 if unknown."""
        height = self.ground_amsl(north, east)
        return 0.0 if height is None else height - self.home.alt


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """The way to one item. `wait_s`: time spent there. `radius_m`: of a circle there. `turn_rad`: turn at its end
    without a stop, None: a stop. `over_ground`: it follows the ground. `more_m`: length beyond the straight line, by
    circles and turns of wings. `wh`: energy of wings. `least_mps`: their smallest speed over ground. `upright`: on
    lift motors. `curve`: places on a spline. `changes`: new speeds on the way (`speed_mps`, `least_mps`),
    each with its time, s from the leg's begin."""

    item: MissionItem
    begin: Place
    end: Place
    speed_mps: float
    seconds: float
    wait_s: float = 0.0
    radius_m: float = 0.0
    turn_rad: float | None = None
    over_ground: bool = False
    more_m: float = 0.0
    wh: float | None = None
    least_mps: float = 0.0
    upright: bool = False
    curve: tuple[Place, ...] = ()
    changes: tuple[tuple[float, float, float], ...] = ()

    @property
    def length_m(self) -> float:
        return hypot(self.end[0] - self.begin[0], self.end[1] - self.begin[1])

    @property
    def edge(self) -> Place:
        """End of the straight way: where a circle begins."""
        if self.radius_m == 0.0 or self.length_m == 0.0:
            return self.end
        share = 1.0 - self.radius_m / self.length_m if self.length_m > AT_CENTER_M else 0.0
        (north, east, _), (to_n, to_e, up) = self.begin, self.end
        return north + share * (to_n - north), east + share * (to_e - east), up

    def ring(self, pieces: int = _PIECES) -> list[Place]:
        """Places on the circle, clockwise from the north; the first is the last too."""
        (north, east, up), turns = self.end, (2.0 * pi * k / pieces for k in range(pieces + 1))
        return [(north + self.radius_m * cos(turn), east + self.radius_m * sin(turn), up) for turn in turns]

    def bent(self, pieces: int = _PIECES) -> Sequence[Place]:
        """Places on the spline or the circle; none if there is neither."""
        return self.ring(pieces) if self.radius_m > 0.0 else self.curve

    def lines(self) -> Iterator[tuple[Place, Place]]:
        """The straight way, unless it is a spline, and the pieces of what is bent."""
        if not self.curve:
            yield self.begin, self.edge
        yield from pairwise(self.bent())

    @property
    def bearing(self) -> float:
        """Direction from north, rad."""
        return atan2(self.end[1] - self.begin[1], self.end[0] - self.begin[0])

    def turn_to(self, onward: PlannedLeg) -> float:
        """Angle between this direction and the next leg's, rad."""
        angle = abs(onward.bearing - self.bearing) % (2.0 * pi)
        return min(angle, 2.0 * pi - angle)

    def bend_to(self, onward: PlannedLeg) -> float:
        """Angle between this way and the next, with their climbs, rad; 0 where one has no length."""
        ways = [[b - a for a, b in zip(leg.begin, leg.end, strict=True)] for leg in (self, onward)]
        sizes = hypot(*ways[0]) * hypot(*ways[1])
        along = fsum(a * b for a, b in zip(*ways, strict=True))
        return acos(max(min(along / sizes, 1.0), -1.0)) if sizes > 0.0 else 0.0


@dataclass(slots=True)
class Way:
    """All legs. `visited`: numbers of the items that the mission reaches. `endless`: item that never ends (a jump or an
    unlimited loiter). `left`: item that changes the mode. `idle`: jump at which a walk ended without an item. `whole`:
    it was walked to the end."""

    legs: list[PlannedLeg] = field(default_factory=list)
    visited: set[int] = field(default_factory=set)
    endless: MissionItem | None = None
    left: MissionItem | None = None
    idle: MissionItem | None = None
    whole: bool = True
    passed: list[tuple[int, MissionItem]] = field(default_factory=list)
    """DO and CONDITION items in order, each with the number of its leg."""
    landing: list[PlannedLeg] = field(default_factory=list)
    """Landing with which a flight ends a plan that ends in the air."""

    @property
    def single_legs(self) -> list[PlannedLeg]:
        """Each leg once, even if jumps repeat it."""
        return list({(leg.item.seq, leg.begin, leg.end): leg for leg in self.legs}.values())

    @property
    def ends_in_air(self) -> bool:
        """True for a mission of a vehicle that flies which ends by itself, without a landing or RTL."""
        spec = spec_of(self.legs[-1].item.command) if self.legs and self.whole else None
        return self.endless is None and self.left is None and spec is not None and not spec.comes_down

    @property
    def flown(self) -> list[PlannedLeg]:
        """All legs of a flight, with its landing."""
        return [*self.legs, *self.landing]

    @property
    def time_s(self) -> float:
        return fsum(leg.seconds + leg.wait_s for leg in self.flown)

    @property
    def distance_m(self) -> float:
        return fsum(leg.length_m + leg.more_m for leg in self.flown)
