"""The Vehicle interface: the capabilities of every vehicle behind the service.

The built-in simulator and a MAVLink flight controller implement the same small protocol; code above does not ask which
it is. A vehicle *flies* its target (guidance along a leg, arrival test, holding a position) and reports events; modes
and the mission executor *choose* the target.

Units: SI, NED metres from `origin`, radians, vehicle time in ms. `autopilot.interface.report` has the state vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntFlag
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from autopilot.interface import report
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.reasons import ArmingReason
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Bounds, Speeds, Sticks, Target, Yaw
from autopilot.mav import EkfFlag

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


# plain ints, because they are read several times a pass
_POSITION, _ASSUMED = int(EkfFlag.POS_HORIZ_ABS), int(EkfFlag.CONST_POS_MODE)


class VehicleEvent(IntFlag):
    """Events that a vehicle detects itself. Each bit is raised once, at the tick of the event, and taken once."""

    ARRIVED = 1  # the target's end condition is met (see each target)
    LANDED = 2  # landing detector: on the ground and at rest
    LIFTOFF = 4  # left the ground
    BATTERY_LOW = 8  # below a watched threshold for its delay
    BATTERY_CRITICAL = 16
    ESTIMATOR_FAILED = 32  # no usable position
    ESTIMATOR_OK = 64  # position usable (again)
    CRASHED = 512  # crash check: out of control and not moving
    CUTOFF = 1024  # motors cut by the emergency cutoff
    DISARMED = 2048  # disarmed by itself (a flight controller, a crash)
    ARMED = 4096  # armed by another (a flight controller)
    TAKEN_OVER = 8192  # a pilot, ground station or failsafe of the controller changed its mode
    NEAR = 16384  # nearer to the end of the target than the watched distance
    YAW_DONE = 32768  # the yaw demand was reached
    GPS_LOST = 65536
    GPS_OK = 131072
    DEADMAN = 262144  # no torque command for 50 ms: motors zeroed
    REPLY = 524288  # a pending Request is done
    LINK_LOST = 1048576  # the link to a flight controller
    LINK_OK = 2097152
    THRUST_LOST = 4194304  # it sinks at full thrust with a normal lean
    SIGHTED = 8388608  # the threat level of another aircraft has changed (`autopilot.interface.traffic.Lookout`)


@dataclass(slots=True)
class Request:
    """Answer that comes later (flight controller) or at once (simulator)."""

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
    """Capabilities of a vehicle. `own_checks`: it has its own pre-arm checks. `own_fence`: it enforces the fence, and
    Sortie forwards it. `own_modes`: it has its own flight modes, which others may change (`ControlledVehicle`).
    `own_takeoff`: it takes off for a mission without a takeoff item."""

    sticks: bool = True
    own_checks: bool = False
    own_fence: bool = False
    own_modes: bool = False
    own_takeoff: bool = False


class VehicleState:
    """Named access to the report vector. It holds a reference, so values change as the vehicle advances."""

    __slots__ = ("report",)

    def __init__(self, vector: npt.NDArray[np.float64] | None = None) -> None:
        if vector is None:
            from numpy import zeros  # imported here, because clients name vehicles and start faster without numpy

            vector = zeros(report.SIZE)
        self.report: npt.NDArray[np.float64] = vector

    @property
    def time_ms(self) -> int:
        return int(self.report.item(report.TIME_MS))

    @property
    def position(self) -> Ned:
        """NED m from the origin."""
        r = self.report.item
        return (r(report.NORTH), r(report.EAST), r(report.DOWN))

    @property
    def velocity(self) -> Ned:
        """NED m/s."""
        r = self.report.item
        return (r(report.VN), r(report.VE), r(report.VD))

    @property
    def place(self) -> GeoPoint:
        """Estimated position, altitude AMSL."""
        r = self.report.item
        return GeoPoint(r(report.LAT), r(report.LON), r(report.ALT))

    @property
    def yaw(self) -> float:
        """Heading, rad from north, clockwise."""
        return self.report.item(report.YAW)

    @property
    def armed(self) -> bool:
        return bool(self.report.item(report.ARMED))

    @property
    def landed(self) -> bool:
        """On the ground, by the landing detector."""
        return self.report.item(report.LANDED_STATE) == ON_GROUND

    @property
    def ground_speed(self) -> float:
        """Speed over ground, m/s."""
        return self.report.item(report.GROUND_SPEED)

    @property
    def odometer(self) -> float:
        """Distance over ground since boot, m."""
        return self.report.item(report.ODOMETER)

    @property
    def has_position(self) -> bool:
        """True if the estimator has an absolute horizontal position (and does not only assume one)."""
        flags = int(self.report.item(report.EKF_FLAGS))
        return bool(flags & _POSITION) and not flags & _ASSUMED


class ControlPart(Enum):
    """Parts that a RESET clears, by their actors (seed 002)."""

    ESTIMATOR = "estimator"  # filters with their covariances: attitude, position, velocity, height, wind
    ALTITUDE = "altitude"  # height controller, learned hover thrust, landing state
    POSITION = "position"  # horizontal controller and its reference
    ATTITUDE = "attitude"
    RATE = "rate"
    MOTORS = "motors"  # outputs, which are held until started


class MotorCut(Enum):
    """States of the motors of an armed vehicle."""

    IDLE = -1.0  # they turn, but do not lift a copter off the ground
    NONE = 0.0
    STOPPED = 1.0  # an emergency stop, or an open interlock
    SILENT = 2.0  # the board's safety switch: its outputs have no pulses


class KnownVehicle(Protocol):
    """The read-only side of a `Vehicle`."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def state(self) -> VehicleState: ...

    @property
    def origin(self) -> GeoPoint | None:
        """Origin of the local frame; None without a position. It never moves while powered."""

    @property
    def armable_reasons(self) -> Sequence[ArmingReason]:
        """The vehicle's own reasons to refuse arming (sensors, estimator, a controller's own PreArm texts); empty =
        ready."""


class Vehicle(KnownVehicle, Protocol):
    """A vehicle. Calls never block; slow ones return a `Request`."""

    def take_events(self) -> VehicleEvent:
        """Take all events since the last call."""

    def arm(self, *, force: bool = False) -> Request: ...

    def disarm(self, *, force: bool = False) -> Request:
        """Stop the motors. Refused in the air without `force`."""

    def calibrate(self) -> Request:
        """Calibrate the gyroscopes (a flight controller: its barometer), only while disarmed. The simulator uses recent
        samples and takes no vehicle time."""

    def clear(self, part: ControlPart) -> Request:
        """Reset one part of the control to its state at power-on (only while disarmed; refused if the estimator must
        restart and the vehicle is not at rest). A flight controller resets its own when it arms."""

    def hold_motors(self, held: bool) -> None:
        """Hold the motors of an armed vehicle still on the ground, whatever its target; no effect in the air. A flight
        controller does not have this: it is armed when its motors are to run."""

    def cut_motors(self, cut: MotorCut) -> None:
        """Stop the motors of an armed vehicle, also in the air, or let them turn again. A flight controller has its own
        switches."""

    def set_target(self, target: Target) -> None:
        """Fly this target from the next tick. Clears ARRIVED, YAW_DONE."""

    def set_yaw(self, yaw: Yaw) -> None:
        """Change the yaw of the present target without restarting it (CONDITION_YAW, ROI)."""

    def set_speeds(self, speeds: Speeds) -> None: ...

    def set_sticks(self, sticks: Sticks) -> None: ...

    def keep_within(self, bounds: Bounds | None) -> None:
        """Set bounds that the vehicle itself avoids while sticks or velocities are flown; None = none. At most
        `layout.BARRIERS` edges and circles in total. A flight controller has its own."""

    def watch_distance(self, metres: float) -> None:
        """Raise NEAR at this horizontal distance, m, to the end of the target; 0 = off (CONDITION_DISTANCE)."""

    def set_parameter(self, name: str, value: float) -> None:
        """Set a parameter (ArduPilot's name and unit); names that the vehicle does not use are ignored."""

    def set_output(self, channel: int, pwm_us: float) -> None:
        """Set an auxiliary output (DO_SET_SERVO), channel from 1."""


class ControlledVehicle(Vehicle, Protocol):
    """A flight controller. It flies its own modes, which a pilot, a ground station or a failsafe may change at any
    time. It follows targets only while commanded; TAKEN_OVER reports the end of this, or a change of mode by others."""

    @property
    def flight_mode(self) -> int:
        """Present mode of the controller, in ArduPilot's numbers."""

    @property
    def commanded(self) -> bool:
        """True while it follows targets: no other party has taken the vehicle since the last `command`."""

    def command(self, mode: int) -> Request:
        """Take the vehicle for a person: fly `mode` (AUTO: by our targets). TAKEN_OVER if it refuses."""


@runtime_checkable
class Rechargeable(Protocol):
    """A simulated vehicle whose battery can be charged or changed."""

    def set_charge(self, fraction: float) -> None:
        """Set the charge as a share of the capacity, 0 to 1."""


@runtime_checkable
class FliesInverted(Protocol):
    """Wings that can fly upside down."""

    def fly_inverted(self, *, on: bool) -> None:
        """Fly upside down from now on, or upright."""


class SimulatedVehicle(Vehicle, Protocol):
    def load(self) -> None:
        """Load compiled code, if not loaded; takes some tenths of a second. `advance` does this too."""

    def advance(self, until_ms: int) -> int:
        """Run decision ticks (20 ms) until `until_ms` (rounded up to a tick) or the tick of the first event; returns
        the vehicle time reached, ms. Runs at least one tick if `until_ms` lies ahead."""

    @property
    def has_events(self) -> bool:
        """True if `take_events` would return any."""

    def fault_names(self) -> Sequence[str]:
        """Faults of `inject_fault`."""

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        """Begin or end a fault (`gps.loss`, `motor1.loss`, ...); False if the name is unknown."""


@runtime_checkable
class SampledOnItsWay(Protocol):
    """A simulated vehicle that stores reports at intermediate times."""

    def advance_sampled(self, until_ms: int, next_ms: int, every_ms: int) -> tuple[int, npt.NDArray[np.float64]]:
        """Advance like `advance`, or less far if there is no room for more reports. Returns the vehicle time reached,
        and a row for each time before it, from `next_ms` on; the rows are valid until the next call."""
