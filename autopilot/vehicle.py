"""The Vehicle seam: what every vehicle behind the service can do.

The built-in simulator and a MAVLink flight controller implement the same small protocol; nothing above asks which one
it has. A vehicle *flies* its target (guidance along a leg, arrival test, holding a position) and tells by events when
something happened; modes and the mission executor *decide* the target.

Units: SI, NED metres about `origin`, radians, vehicle time in ms. See `autopilot.report` for the state vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from autopilot import report
from autopilot.control.layout import ON_GROUND
from autopilot.geo import GeoPoint, Ned
from autopilot.mav import EkfFlag
from autopilot.reasons import ArmingReason

__all__ = [
    "Attitude",
    "Capabilities",
    "Circle",
    "ControlPart",
    "ControlledVehicle",
    "Drive",
    "Hold",
    "Idle",
    "Land",
    "Leg",
    "Pilot",
    "PilotKind",
    "Request",
    "SimulatedVehicle",
    "Speeds",
    "Sticks",
    "TakeOff",
    "Target",
    "Vehicle",
    "VehicleEvent",
    "VehicleState",
    "Velocity",
    "Yaw",
    "YawMode",
]


class VehicleEvent(IntFlag):
    """What a vehicle detects by itself. Each bit is raised once, at the tick of the event, and taken once."""

    ARRIVED = 1  # the target's end condition was met (see each target)
    LANDED = 2  # landing detector: on the ground and at rest
    LIFTOFF = 4  # left the ground
    BATTERY_LOW = 8  # below a watched threshold for its delay
    BATTERY_CRITICAL = 16
    ESTIMATOR_FAILED = 32  # no usable position any more
    ESTIMATOR_OK = 64  # position usable (again)
    CRASHED = 512  # crash check: out of control and not moving
    CUTOFF = 1024  # motors cut by the emergency cutoff
    DISARMED = 2048  # disarmed by itself (a real controller, a crash)
    ARMED = 4096  # armed by another (a real controller)
    TAKEN_OVER = 8192  # a pilot, ground station or failsafe of the controller changed its mode
    NEAR = 16384  # nearer to the end of the target than the watched distance
    YAW_DONE = 32768  # the yaw demand was reached
    GPS_LOST = 65536
    GPS_OK = 131072
    DEADMAN = 262144  # no torque command for 50 ms: motors zeroed
    REPLY = 524288  # a pending Request is done
    LINK_LOST = 1048576  # the link to a real controller
    LINK_OK = 2097152


class YawMode(IntEnum):
    """Where the nose points."""

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
    """Speed limits of guidance, m/s, all positive. They act at once, in the middle of a leg too."""

    ground: float
    up: float
    down: float


@dataclass(frozen=True, slots=True)
class Idle:
    """Stay on the ground; motors idle when armed. Never arrives."""


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
    and holds. ARRIVED: within `radius` (copter 3-D, rover horizontal), or past the plane through `end` across the leg
    (docs/reference/mission-semantics.md, item 12). After arrival with `next` set and no new target it goes to `end` and
    stops. `spline`: a smooth curve through `start`, `end` with tangents from `previous` and `next`
    (SPLINE_WAYPOINT)."""

    end: Ned
    start: Ned | None = None
    next: Ned | None = None
    radius: float = 2.0
    yaw: Yaw = field(default_factory=Yaw)
    spline: bool = False
    previous: Ned | None = None
    next_is_spline: bool = False
    backwards: bool = False  # rover


@dataclass(frozen=True, slots=True)
class Circle:
    """First to the edge, then round `center` at `radius` m (its `d` is the height flown), clockwise when
    `direction` is 1, counter-clockwise -1. `turns` None = for ever. `speed` m/s: at most this fast round it, 0: as
    fast as the limits allow. ARRIVED: `turns` flown, counted from the edge."""

    center: Ned
    radius: float
    direction: int = 1
    turns: float | None = None
    yaw: Yaw = field(default_factory=Yaw)
    speed: float = 0.0


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Straight up to `down` (NED d, negative up) from where the vehicle stands, ramped. ARRIVED: height reached."""

    down: float
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))


@dataclass(frozen=True, slots=True)
class Land:
    """Descend at the spot (n, e), or None: where the vehicle is. Speeds by LAND_SPEED, LAND_SPEED_HIGH and
    LAND_ALT_LOW. ARRIVED together with LANDED. A rover stops."""

    position: tuple[float, float] | None = None
    yaw: Yaw = field(default_factory=lambda: Yaw(YawMode.KEEP))


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
    """Roll, pitch, yaw rad and climb rate m/s (`thrust_is_climb`) or thrust 0 .. 1 (SET_ATTITUDE_TARGET)."""

    roll: float
    pitch: float
    yaw: float
    yaw_rate: float = 0.0
    use_yaw_rate: bool = False
    thrust: float = 0.5
    climb: float = 0.0
    thrust_is_climb: bool = True
    timeout_ms: int = 1000


class PilotKind(IntEnum):
    """How sticks are understood."""

    STABILIZE = 0  # angles, throttle direct
    ALT_HOLD = 1  # angles, throttle = climb rate
    LOITER = 2  # velocity, throttle = climb rate
    MANUAL = 3  # rover: steering, throttle direct
    STEERING = 4  # rover: lateral acceleration, speed
    ACRO = 5


@dataclass(frozen=True, slots=True)
class Pilot:
    """The sticks fly (`Vehicle.set_sticks`)."""

    kind: PilotKind


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


@dataclass(slots=True)
class Request:
    """An answer that may come later (a real controller) or at once (the simulator)."""

    done: bool = False
    ok: bool = False
    reason: str = ""

    @staticmethod
    def accepted() -> Request:
        return Request(True, True)

    @staticmethod
    def refused(reason: str) -> Request:
        return Request(True, False, reason)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the vehicle can do and is. `own_checks`: the vehicle has pre-arm checks of its own.
    `own_fence`: the vehicle keeps it, Sortie passes it through. `own_modes`: it has flight modes of its own, which
    others may change (`ControlledVehicle`)."""

    spline: bool = True
    sticks: bool = True
    own_checks: bool = False
    own_fence: bool = False
    own_modes: bool = False


class VehicleState:
    """Readable names for the report vector. Holds a reference: values change as the vehicle advances."""

    __slots__ = ("report",)

    def __init__(self, vector: npt.NDArray[np.float64] | None = None) -> None:
        self.report: npt.NDArray[np.float64] = np.zeros(report.SIZE) if vector is None else vector

    @property
    def time_ms(self) -> int:
        return int(self.report[report.TIME_MS])

    @property
    def position(self) -> Ned:
        """NED m from the origin."""
        r = self.report
        return (float(r[report.NORTH]), float(r[report.EAST]), float(r[report.DOWN]))

    @property
    def velocity(self) -> Ned:
        r = self.report
        return (float(r[report.VN]), float(r[report.VE]), float(r[report.VD]))

    @property
    def place(self) -> GeoPoint:
        r = self.report
        return GeoPoint(float(r[report.LAT]), float(r[report.LON]), float(r[report.ALT]))

    @property
    def yaw(self) -> float:
        return float(self.report[report.YAW])

    @property
    def armed(self) -> bool:
        return bool(self.report[report.ARMED])

    @property
    def landed(self) -> bool:
        """By the landing detector: on the ground."""
        return bool(self.report[report.LANDED_STATE] == ON_GROUND)

    @property
    def arrived(self) -> bool:
        """The present target's end condition has been met."""
        return bool(self.report[report.ARRIVED])

    @property
    def ground_speed(self) -> float:
        return float(self.report[report.GROUND_SPEED])

    @property
    def odometer(self) -> float:
        """Way over ground since boot, m."""
        return float(self.report[report.ODOMETER])

    @property
    def has_position(self) -> bool:
        """The estimator has an absolute horizontal position (and does not only assume one)."""
        flags = int(self.report[report.EKF_FLAGS])
        return bool(flags & EkfFlag.POS_HORIZ_ABS) and not flags & EkfFlag.CONST_POS_MODE


class ControlPart(Enum):
    """What a RESET clears, by the actor that it belongs to (seed 002)."""

    ESTIMATOR = "estimator"  # filters with their covariances: attitude, position, velocity, height, wind
    ALTITUDE = "altitude"  # height controller, learned hover thrust, landing state
    POSITION = "position"  # horizontal controller and its reference
    ATTITUDE = "attitude"
    RATE = "rate"
    MOTORS = "motors"  # outputs; they are held until they are started


class Vehicle(Protocol):
    """A vehicle. Calls never block; what takes time gives a `Request`."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def state(self) -> VehicleState: ...

    @property
    def origin(self) -> GeoPoint | None:
        """Origin of the local frame; None until there is a position. Never moves while powered."""

    @property
    def armable_reasons(self) -> Sequence[ArmingReason]:
        """Why the vehicle itself is not ready (sensors, estimator, a controller's own PreArm texts); empty = ready."""

    def take_events(self) -> VehicleEvent:
        """All events since the last call, and forget them."""

    def arm(self, *, force: bool = False) -> Request: ...

    def disarm(self, *, force: bool = False) -> Request:
        """Stop the motors. Refused in the air without `force`."""

    def calibrate(self) -> Request:
        """Zero the gyroscopes (a flight controller: its barometer), disarmed only. The simulator does it from recent
        samples, in no vehicle time."""

    def clear(self, part: ControlPart) -> Request:
        """Bring one part of the control to its state after switching on (disarmed only; refused as long as a vehicle
        whose estimator is to begin anew does not rest). A flight controller clears its own when it arms."""

    def hold_motors(self, held: bool) -> None:
        """Held, the motors of an armed vehicle stand still on the ground, whatever its target; in the air it changes
        nothing. A flight controller has no such state: it is armed when its motors are to run."""

    def set_target(self, target: Target) -> None:
        """Fly this from the next tick on. Clears ARRIVED, YAW_DONE."""

    def set_yaw(self, yaw: Yaw) -> None:
        """Change the yaw demand of the present target without restarting it (CONDITION_YAW, ROI)."""

    def set_speeds(self, speeds: Speeds) -> None: ...

    def set_sticks(self, sticks: Sticks) -> None: ...

    def watch_distance(self, metres: float) -> None:
        """Raise NEAR when nearer (horizontally) than this to the end of the target; 0 = off (CONDITION_DISTANCE)."""

    def set_parameter(self, name: str, value: float) -> None:
        """A parameter (ArduPilot's name and unit) has this value now; names the vehicle does not use are ignored."""

    def set_output(self, channel: int, pwm_us: float) -> None:
        """Drive an auxiliary output (DO_SET_SERVO), channel from 1."""


class ControlledVehicle(Vehicle, Protocol):
    """A flight controller: it flies modes of its own, in which a pilot, a ground station or a failsafe may put it at
    any time. It follows targets only while it is commanded; TAKEN_OVER says that it no longer is, or that the mode
    others chose has changed."""

    @property
    def flight_mode(self) -> int:
        """The mode that it really flies, in ArduPilot's numbers."""

    @property
    def commanded(self) -> bool:
        """Targets are followed: nobody else has taken the vehicle since the last `command`."""

    def command(self, mode: int) -> Request:
        """Take the vehicle, on a person's wish: fly `mode` (AUTO: by our targets). TAKEN_OVER when it refuses."""

    def release(self) -> None:
        """Stop commanding at once: somebody else has the vehicle."""


@runtime_checkable
class Rechargeable(Protocol):
    """A vehicle whose battery can be charged or changed by word: a simulated one."""

    def set_charge(self, fraction: float) -> None:
        """The battery holds this share of its capacity now, 0 to 1."""


class SimulatedVehicle(Vehicle, Protocol):
    """A vehicle whose time is ours."""

    def load(self) -> None:
        """Load what is compiled, if that has not been done; takes some tenths of a second. `advance` does it too."""

    def advance(self, until_ms: int) -> int:
        """Run decision ticks (20 ms) until `until_ms` (rounded up to a tick) or the tick of the first event; returns
        the vehicle time reached, ms. Always runs at least one tick when `until_ms` lies ahead."""

    def fault_names(self) -> Sequence[str]:
        """The faults that `inject_fault` knows."""

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        """Begin or end a fault (`gps.loss`, `motor1.loss`, ...); False when the name is unknown."""
