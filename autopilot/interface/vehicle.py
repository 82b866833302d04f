"""The Vehicle seam: what every vehicle behind the service can do.

The built-in simulator and a MAVLink flight controller implement the same small protocol; nothing above asks which one
it has. A vehicle *flies* its target (guidance along a leg, arrival test, holding a position) and tells by events when
something happened; modes and the mission executor *decide* the target.

Units: SI, NED metres about `origin`, radians, vehicle time in ms. See `autopilot.interface.report` for the state
vector.
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


_POSITION, _ASSUMED = int(EkfFlag.POS_HORIZ_ABS), int(EkfFlag.CONST_POS_MODE)  # asked several times a pass: plain ints


class VehicleEvent(IntFlag):
    """Events that a vehicle detects by itself. Each bit is raised once, at the tick of the event, and taken once."""

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
    THRUST_LOST = 4194304  # it sinks at full thrust, and leans as it should
    SIGHTED = 8388608  # another aircraft is a threat of another level (`autopilot.interface.traffic.Lookout`)


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
    """Capabilities of a vehicle. `own_checks`: the vehicle has pre-arm checks of its own. `own_fence`: the vehicle
    keeps it, Sortie passes it through. `own_modes`: it has flight modes of its own, which others may change
    (`ControlledVehicle`). `own_takeoff`: it takes off for a mission that does not say so."""

    spline: bool = True
    sticks: bool = True
    own_checks: bool = False
    own_fence: bool = False
    own_modes: bool = False
    own_takeoff: bool = False


class VehicleState:
    """Readable names for the report vector. Holds a reference: values change as the vehicle advances."""

    __slots__ = ("report",)

    def __init__(self, vector: npt.NDArray[np.float64] | None = None) -> None:
        if vector is None:
            from numpy import zeros  # here: a client names vehicles, and starts sooner without

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
        r = self.report.item
        return (r(report.VN), r(report.VE), r(report.VD))

    @property
    def place(self) -> GeoPoint:
        r = self.report.item
        return GeoPoint(r(report.LAT), r(report.LON), r(report.ALT))

    @property
    def yaw(self) -> float:
        return self.report.item(report.YAW)

    @property
    def armed(self) -> bool:
        return bool(self.report.item(report.ARMED))

    @property
    def landed(self) -> bool:
        """On the ground, by the landing detector."""
        return self.report.item(report.LANDED_STATE) == ON_GROUND

    @property
    def arrived(self) -> bool:
        """The present target's end condition has been met."""
        return bool(self.report.item(report.ARRIVED))

    @property
    def ground_speed(self) -> float:
        return self.report.item(report.GROUND_SPEED)

    @property
    def odometer(self) -> float:
        """Way over ground since boot, m."""
        return self.report.item(report.ODOMETER)

    @property
    def has_position(self) -> bool:
        """The estimator has an absolute horizontal position (and does not only assume one)."""
        flags = int(self.report.item(report.EKF_FLAGS))
        return bool(flags & _POSITION) and not flags & _ASSUMED


class ControlPart(Enum):
    """Parts that a RESET clears, by the actor that each belongs to (seed 002)."""

    ESTIMATOR = "estimator"  # filters with their covariances: attitude, position, velocity, height, wind
    ALTITUDE = "altitude"  # height controller, learned hover thrust, landing state
    POSITION = "position"  # horizontal controller and its reference
    ATTITUDE = "attitude"
    RATE = "rate"
    MOTORS = "motors"  # outputs; they are held until they are started


class MotorCut(Enum):
    """Motors of an armed vehicle that are stopped wherever it is."""

    IDLE = -1.0  # not stopped: they turn, but do not lift a copter off the ground
    NONE = 0.0
    STOPPED = 1.0  # an emergency stop, or an interlock that is open
    SILENT = 2.0  # the board's safety switch: its outputs have no pulses


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
        """Reasons of the vehicle itself not to be armed (sensors, estimator, a controller's own PreArm texts); empty =
        ready."""

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

    def cut_motors(self, cut: MotorCut) -> None:
        """Stop the motors of an armed vehicle, also in the air, or let them turn again. A flight controller has
        switches of its own."""

    def set_target(self, target: Target) -> None:
        """Fly this from the next tick on. Clears ARRIVED, YAW_DONE."""

    def set_yaw(self, yaw: Yaw) -> None:
        """Change the yaw demand of the present target without restarting it (CONDITION_YAW, ROI)."""

    def set_speeds(self, speeds: Speeds) -> None: ...

    def set_sticks(self, sticks: Sticks) -> None: ...

    def keep_within(self, bounds: Bounds | None) -> None:
        """Keep off these by itself while sticks or velocities are flown; None = off. At most `layout.BARRIERS` edges
        and circles together. A flight controller keeps its own."""

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

    @property
    def has_events(self) -> bool:
        """Would `take_events` give any?"""

    def fault_names(self) -> Sequence[str]:
        """The faults that `inject_fault` knows."""

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        """Begin or end a fault (`gps.loss`, `motor1.loss`, ...); False when the name is unknown."""


@runtime_checkable
class SampledOnItsWay(Protocol):
    """A simulated vehicle that keeps its reports of times on its way, at which nobody looks."""

    def advance_sampled(self, until_ms: int, next_ms: int, every_ms: int) -> tuple[int, npt.NDArray[np.float64]]:
        """`advance`, or less far, where there is no room for more reports: the vehicle time reached, and a row for
        each time before it, from `next_ms` on; they stand until the next call."""
