"""Targets of a vehicle: the motion to fly or drive, its speeds, its yaw, and a pilot's sticks.

A vehicle flies its target and reports events (`autopilot.interface.vehicle`); modes and the mission executor choose the
target. Units: SI, NED metres from the vehicle's origin, radians.
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from math import inf, pi
from typing import Final

from autopilot.interface.geo import Ned
from autopilot.interface.records import dataclass, field


class YawMode(IntEnum):
    """Ways to point the nose."""

    KEEP = 0  # the heading when the target was set
    ALONG = 1  # along the leg (towards the next waypoint)
    ANGLE = 2  # `angle`
    RATE = 3  # turn at `rate`
    POINT = 4  # towards `point` (region of interest)


@dataclass(frozen=True, slots=True)
class Yaw:
    """A yaw demand. `angle` rad from north; `rate` rad/s (for ANGLE: turning rate, 0 and at most the vehicle's own);
    `turn` for ANGLE: of all turns to the angle the one nearest to it is made, rad clockwise, 0: the shortest; `point`
    NED for POINT."""

    mode: YawMode = YawMode.ALONG
    angle: float = 0.0
    rate: float = 0.0
    turn: float = 0.0
    point: Ned = (0.0, 0.0, 0.0)

    @property
    def again(self) -> Yaw:
        """The demand once it has begun: a turn of more than a half is made once."""
        return replace(self, turn=0.0) if abs(self.turn) >= pi else self


@dataclass(frozen=True, slots=True)
class Speeds:
    """Speed limits of guidance, m/s, all positive. They act at once, also during a leg. `ground`: along the track; for
    wings the airspeed."""

    ground: float
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class Edge:
    """Edge of an area that may not be crossed, from `start` to `end`, north and east, m."""

    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ring:
    """Circle about `middle` (north, east, m) with `radius` m: stay in it, or (not `inside`) out of it."""

    middle: tuple[float, float]
    radius: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds that sticks and velocities must keep a distance of `margin` m from. `ceiling` and `floor`: NED down,
    m, infinite if there is none."""

    margin: float
    barriers: tuple[Edge | Ring, ...] = ()
    ceiling: float = -inf
    floor: float = inf


@dataclass(frozen=True, slots=True)
class Idle:
    """Stay on the ground; motors idle when armed, or stand still. It never arrives."""

    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold `position`; None: stop and hold at the stopping place, copters with the acceleration of legs, or `hard` with
    that of BRAKE. ARRIVED: within `radius` m of `position`, or at rest. With `on_leg` a copter that flies a leg
    stops on its way, without ARRIVED, and a leg to the same end without a start goes on with it."""

    position: Ned | None = None
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    radius: float = 2.0
    backwards: bool = False  # rover: drive in reverse
    hard: bool = False
    on_leg: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """Fly from `start` (None: from the present reference, smoothly) to `end`. With `next` the vehicle passes `end`
    within `radius` m without a stop and turns towards `next`; without `next` it stops there and holds. ARRIVED:
    half-way through the turn; for a stop, when the leg was flown to its end and the vehicle is within `radius` (copter
    3-D, rover horizontal; docs/reference/mission-semantics.md, item 12). After arrival with `next` set and without a
    new target it goes to `end` and stops.

    `over_ground`: m above the ground at `end`; the leg follows the ground as far as the terrain is known, and the
    vehicle gets pieces of it (`autopilot.context.ground_following`). `goal` of a piece is the end of the whole leg, for
    reported distances. `spline`: a curve through `start`, `end` with tangents from `previous` and `next`
    (SPLINE_WAYPOINT). Wings turn before `end`, at `radius` at the earliest. They have also arrived when they have
    passed `end`, and circle it if there is no `next`. `from_rest`: a hovering or driving vehicle begins at rest at
    `start`, whatever its motion. `direct`: a copter moves straight towards `end` from any motion, and along no line.
    """

    end: Ned
    start: Ned | None = None
    next: Ned | None = None
    radius: float = 2.0
    yaw: Yaw = field(default_factory=Yaw)
    spline: bool = False
    previous: Ned | None = None
    next_is_spline: bool = False
    backwards: bool = False  # rover
    over_ground: float | None = None
    goal: Ned | None = None
    from_rest: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Circle:
    """Fly to the edge, then along the circle about `center` at `radius` m (its `d` is the height), clockwise if
    `direction` is 1, counter-clockwise if -1. `turns` None: endless. `speed`: limit on the circle, m/s, 0: none.
    ARRIVED: `turns` flown, counted from the edge, then (`at_height`) the height of `center` reached, then (`leave_for`)
    the course leads to that place. It continues to circle until there is a new target. `start`: wings first follow the
    line from there to `center` with its slope. `upright`: wings with lift motors fly it on these. `over_ground`: m
    above the ground below the vehicle, on the way and on the circle, as far as the terrain is known; else as high as
    `center` (`autopilot.context.ground_following`). Its `turns` are 0 or None. `climbs`: the pitch stick moves its
    height, from the present one. `usual`: it has the kind's usual radius, and takes another when that is changed."""

    center: Ned
    radius: float
    direction: int = 1
    turns: float | None = None
    yaw: Yaw = field(default_factory=Yaw)
    speed: float = 0.0
    at_height: bool = False
    leave_for: Ned | None = None
    start: Ned | None = None
    upright: bool = False
    over_ground: float | None = None
    climbs: bool = False
    usual: bool = False


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Climb to `down` (NED d, m, negative up) from the present place, straight and with ramps. With a `pitch` (rad,
    minimum of the climb) wings take off along the course of `yaw` (KEEP: the present heading; ANGLE). ARRIVED: height
    reached, by wings to `below` m; wings also arrive when they have leveled off for TKOFF_PLIM_SEC. `goal`: place
    (n, e) for reported distances, where the climb is the beginning of a way."""

    down: float
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    pitch: float | None = None
    goal: tuple[float, float] | None = None
    below: float = 0.0


Slope = tuple[tuple[float, float], tuple[float, float]]
"""Heights of a way: (m, NED d) near its end and far from it."""


@dataclass(frozen=True, slots=True)
class Land:
    """Descend at the position (n, e); None: at the present place. Speeds follow LAND_SPEED, LAND_SPEED_HIGH and
    LAND_ALT_LOW, at most `sink` m/s (0: it keeps its height for now; below 0: up). ARRIVED together with LANDED. A
    rover stops. `velocity`: of the position (n, e), m/s. `directly`: descend without flying to the position first.
    `approach`: wings descend on a glide slope from that place to `position` at `down` (NED d, m), and flare above it.
    `comes_down`: heights of the way of a plane with lift motors, linear in between; None: it keeps its height."""

    position: tuple[float, float] | None = None
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    sink: float | None = None
    velocity: tuple[float, float] = (0.0, 0.0)
    directly: bool = False
    approach: Ned | None = None
    down: float = 0.0
    comes_down: Slope | None = None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Fly `velocity` NED m/s. If not renewed within `timeout_ms` of vehicle time (GUID_TIMEOUT) it brakes to a hold, or
    goes to its `position`, which moves with the velocity until then. `lateral`: largest sideways acceleration of wings
    in the curve to its direction, m/s2; 0: that of their largest bank."""

    velocity: Ned
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    acceleration: Ned = (0.0, 0.0, 0.0)
    position: Ned | None = None  # position and velocity together (mask 0x0DC0)
    timeout_ms: int = 3000
    body: bool = False
    lateral: float = 0.0


@dataclass(frozen=True, slots=True)
class Attitude:
    """Roll, pitch, yaw, rad, and climb rate, m/s (`thrust_is_climb`), or thrust 0 .. 1 (SET_ATTITUDE_TARGET); below 0
    wings keep their speed and height by it. `down`: height of wings, NED d, from which they climb; None: the present.
    `body_rates`: roll and pitch rate, rad/s, instead of angles, with `yaw_rate` (rad/s)."""

    roll: float
    pitch: float
    yaw: float
    yaw_rate: float = 0.0
    use_yaw_rate: bool = False
    thrust: float = 0.5
    climb: float = 0.0
    thrust_is_climb: bool = True
    timeout_ms: int = 1000
    body_rates: tuple[float, float] | None = None
    down: float | None = None


class PilotKind(IntEnum):
    """Meanings of the sticks."""

    STABILIZE = 0  # angles, throttle direct
    ALT_HOLD = 1  # angles, throttle = climb rate; also the hover of wings with lift motors
    LOITER = 2  # velocity, throttle = climb rate; also the hover of wings
    MANUAL = 3  # steering or control surfaces, throttle direct
    STEERING = 4  # rover: lateral acceleration, speed
    ACRO = 5
    FBWA = 6  # wings: angles within the limits, throttle direct
    FBWB = 7  # wings: bank, pitch stick = climb rate, throttle = airspeed
    CRUISE = 8  # FBWB that keeps its track over the ground while the sticks are centred
    HOVER = 9  # wings with lift motors: angles on these, throttle direct (QSTABILIZE)
    TRAINING = 10  # wings: MANUAL within the limits of bank and pitch
    DRIFT = 11  # copter: the roll stick turns and the lean follows, throttle direct


@dataclass(frozen=True, slots=True)
class Pilot:
    """The sticks fly (`Vehicle.set_sticks`). `over_surface`: their height follows the ground by the range finder."""

    kind: PilotKind
    over_surface: bool = False


@dataclass(frozen=True, slots=True)
class Drive:
    """Drive at a heading, rad (or with `turn_rate`, rad/s, if not None), and a speed, m/s, negative backwards."""

    speed: float
    heading: float = 0.0
    turn_rate: float | None = None
    timeout_ms: int = 3000


Target = Idle | Hold | Leg | Circle | TakeOff | Land | Velocity | Attitude | Pilot | Drive


@dataclass(frozen=True, slots=True)
class Sticks:
    """Pilot input: roll, pitch, yaw -1 .. 1 (right, forward-down = positive pitch stick pulled back is -1 .. MAVLink's
    MANUAL_CONTROL x forward = pitch +1), throttle 0 .. 1 (0.5 = centre; below 0: `NO_STICKS`)."""

    roll: float = 0.0
    pitch: float = 0.0
    throttle: float = 0.5
    yaw: float = 0.0


NO_STICKS: Final = Sticks(throttle=-1.0)
"""Sticks of a plane that nobody holds: its throttle is closed."""
