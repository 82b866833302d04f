"""Targets: what a vehicle is told to fly or drive to, how fast, where its nose points, and the sticks of a pilot.

A vehicle flies its target and tells by events when something happened (`autopilot.interface.vehicle`); modes and the
mission executor decide it. Units: SI, NED metres about the vehicle's origin, radians.
"""

from __future__ import annotations

from enum import IntEnum
from math import inf

from autopilot.interface.geo import Ned
from autopilot.interface.records import dataclass, field


class YawMode(IntEnum):
    """Ways to point the nose."""

    KEEP = 0  # the heading at the moment the target was set
    ALONG = 1  # along the leg (towards the next waypoint)
    ANGLE = 2  # `angle`
    RATE = 3  # turn at `rate`
    POINT = 4  # at `point` (region of interest)


@dataclass(frozen=True, slots=True)
class Yaw:
    """A yaw demand. `angle` rad from north; `rate` rad/s (for ANGLE: how fast to turn, 0 = vehicle's default);
    `direction` for ANGLE: -1 counter-clockwise, 1 clockwise, 0 shortest way; `point` NED for POINT."""

    mode: YawMode = YawMode.ALONG
    angle: float = 0.0
    rate: float = 0.0
    direction: int = 0
    point: Ned = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Speeds:
    """Speed limits of guidance, m/s, all positive. They act at once, in the middle of a leg too. `ground`: along the
    track; of wings the airspeed."""

    ground: float
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of an area, neither side of which may be crossed to: from `start` to `end`, north and east."""

    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle about `middle` (north, east): to stay in, or (not `inside`) to stay out of."""

    middle: tuple[float, float]
    radius: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds that sticks and velocities may not carry a vehicle to: no nearer than `margin` m. `ceiling` and `floor`:
    NED down, infinite where there are none."""

    margin: float
    barriers: tuple[Edge | Ring, ...] = ()
    ceiling: float = -inf
    floor: float = inf


@dataclass(frozen=True, slots=True)
class Idle:
    """Stay on the ground; motors idle when armed, or stand still. Never arrives."""

    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold `position`, or with None brake as hard as allowed and hold where the vehicle comes to rest. ARRIVED: within
    `radius` m of `position`, or at rest."""

    position: Ned | None = None
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    radius: float = 2.0
    backwards: bool = False  # rover: drive in reverse


@dataclass(frozen=True, slots=True)
class Leg:
    """Fly from `start` (None: from the present reference, smoothly) to `end`. With `next` the vehicle passes `end`
    without stopping and turns towards `next`, staying within `radius` of `end` when it passes; without, it stops there
    and holds. ARRIVED: half-way through the turn; at a stop when the leg has been flown to its end and the vehicle is
    within `radius` (copter 3-D, rover horizontal; docs/reference/mission-semantics.md, item 12). After arrival with
    `next` set and no new target it goes to `end` and stops.
    `over_ground`: m above the ground at `end`: the leg follows the ground, as far as the terrain is known; the
    vehicle is given pieces of it (`autopilot.context.ground_following`), whose `goal` is the end of the whole: what
    distances are told to. `spline`: a smooth curve through `start`, `end` with tangents from `previous` and `next`
    (SPLINE_WAYPOINT). Wings turn before `end`, at `radius` at the earliest, are there too when they have passed it, and
    then fly round it where there is no `next`. `from_rest`: what hovers or drives begins at rest at `start`, however it
    moved."""

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


@dataclass(frozen=True, slots=True)
class Circle:
    """First to the edge, then round `center` at `radius` m (its `d` is the height flown), clockwise when
    `direction` is 1, counter-clockwise -1. `turns` None = for ever. `speed` m/s: at most this fast round it, 0: as
    fast as the limits allow. ARRIVED: `turns` flown, counted from the edge, then (`at_height`) the height of `center`
    reached, then (`leave_for`) the course leads to that place; it flies on round it until there is a new target.
    `start`: on wings, the line from there to `center` is followed first, with its slope. `upright`: wings with lift
    motors fly it on these."""

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


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Up to `down` (NED d, negative up) from where the vehicle is, straight and ramped; with a `pitch` (rad, the least
    of the climb) on wings, along the course that `yaw` says (KEEP: as it stands; ANGLE). ARRIVED: height reached."""

    down: float
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    pitch: float | None = None


@dataclass(frozen=True, slots=True)
class Land:
    """Descend at the spot (n, e), or None: where the vehicle is. Speeds by LAND_SPEED, LAND_SPEED_HIGH and
    LAND_ALT_LOW, `sink` m/s at most (0: it stays at this height for now; below 0: up). ARRIVED together with LANDED. A
    rover stops. `velocity`: of the spot (n, e), m/s. `directly`: down from where it is, without flying to the spot
    first. `approach`: on wings, down a glide slope from that place to `position` at `down` (NED d), and a flare above
    it. `comes_down`: on wings with lift motors, (m, NED d) near `position` and far from it, between which the height of
    its way goes linearly; None: it stays at its height."""

    position: tuple[float, float] | None = None
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    sink: float | None = None
    velocity: tuple[float, float] = (0.0, 0.0)
    directly: bool = False
    approach: Ned | None = None
    down: float = 0.0
    comes_down: tuple[tuple[float, float], tuple[float, float]] | None = None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Fly `velocity` NED m/s; `down` set: hold that height instead of velocity[2]. Ends (brakes to a hold) when not
    renewed within `timeout_ms` of vehicle time (GUID_TIMEOUT)."""

    velocity: Ned
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))
    acceleration: Ned = (0.0, 0.0, 0.0)
    position: Ned | None = None  # position and velocity together (mask 0x0DC0)
    timeout_ms: int = 3000
    body: bool = False


@dataclass(frozen=True, slots=True)
class Attitude:
    """Roll, pitch, yaw rad and climb rate m/s (`thrust_is_climb`) or thrust 0 .. 1 (SET_ATTITUDE_TARGET). `body_rates`:
    roll and pitch rate, rad/s, instead of angles, with `yaw_rate` and a thrust."""

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


class PilotKind(IntEnum):
    """Ways to understand the sticks."""

    STABILIZE = 0  # angles, throttle direct
    ALT_HOLD = 1  # angles, throttle = climb rate; of wings with lift motors: hovering
    LOITER = 2  # velocity, throttle = climb rate; hovering too
    MANUAL = 3  # steering or control surfaces, throttle direct
    STEERING = 4  # rover: lateral acceleration, speed
    ACRO = 5
    FBWA = 6  # wings: angles within the limits, throttle direct
    FBWB = 7  # wings: bank, pitch stick = climb rate, throttle = airspeed
    CRUISE = 8  # FBWB that keeps its track over the ground while the sticks do not turn it
    HOVER = 9  # wings with lift motors: angles on these, throttle direct (QSTABILIZE)
    TRAINING = 10  # wings: MANUAL within the limits of bank and pitch
    DRIFT = 11  # copter: the roll stick turns and the lean follows, throttle direct


@dataclass(frozen=True, slots=True)
class Pilot:
    """The sticks fly (`Vehicle.set_sticks`). `over_surface`: the height that they hold goes with the ground that the
    range finder sees."""

    kind: PilotKind
    over_surface: bool = False


@dataclass(frozen=True, slots=True)
class Drive:
    """Rover: heading rad (or `turn_rate` rad/s when not None) and speed m/s, negative backwards."""

    speed: float
    heading: float = 0.0
    turn_rate: float | None = None
    timeout_ms: int = 3000


Target = Idle | Hold | Leg | Circle | TakeOff | Land | Velocity | Attitude | Pilot | Drive


@dataclass(frozen=True, slots=True)
class Sticks:
    """Pilot input: roll, pitch, yaw -1 .. 1 (right, forward-down = positive pitch stick pulled back is -1 .. MAVLink's
    MANUAL_CONTROL x forward = pitch +1), throttle 0 .. 1 (0.5 = centre)."""

    roll: float = 0.0
    pitch: float = 0.0
    throttle: float = 0.5
    yaw: float = 0.0
