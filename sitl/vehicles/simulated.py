"""Base of every built-in vehicle: `autopilot.interface.vehicle.SimulatedVehicle` over one row of its kernel, and the
faults of Sortie's fault grammar.

A machine is made without its kernel, so that the first HEARTBEAT can be sent while the kernel loads. The first
`advance` (or `load`) loads it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import numpy.typing as npt

from autopilot.control.kernels import Entry
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.layout import ON_GROUND
from autopilot.interface.mathematics import atan2
from autopilot.interface.obstacles import Scan
from autopilot.interface.reasons import BAD_FIX, NEED_POSITION, ArmingReason
from autopilot.interface.targets import Bounds, Speeds, Sticks, Target, Yaw
from autopilot.interface.terrain import HeightMap
from autopilot.interface.traffic import Contact, Lookout
from autopilot.interface.vehicle import Capabilities, ControlPart, MotorCut, Request, VehicleEvent, VehicleState
from sitl.kernel import layout as M
from sitl.vehicles.clearing import clear
from sitl.vehicles.faults import VehicleFaults
from sitl.vehicles.gimbal import SimulatedGimbal
from sitl.vehicles.machine_row import FloatRows, MachineRow, RowArrays
from sitl.vehicles.parameters import Special, apply, limited, use_map
from sitl.vehicles.payload import LOAD_ON_HOOK, CarriedMass, SimulatedPayload
from sitl.vehicles.readiness import rests, sensor_reasons
from sitl.vehicles.targets import write_bounds, write_lookout, write_yaw

if TYPE_CHECKING:
    from sitl.world.receiver import Receiver
    from sitl.world.scanner import Scanner
    from sitl.world.world import SkyAndGround

_NOTHING = VehicleEvent(0)
#: Lowest speed of a leg, m/s; a slower leg would never end.
SLOWEST = 0.1
FREE_OUTPUTS, _NINTH = range(5, 17), 9  # the ninth has its own place in the report
GIMBAL_STUCK = "gimbal.stuck"


class SimulatedMachine(ABC):
    """A vehicle at `home`: its rows of state, noise and settings, and the number of motors that a fault can weaken.
    Subclasses define how it is driven."""

    kernel: ClassVar[Entry]
    """Kernel that advances the vehicle."""
    scaled: ClassVar[Mapping[str, tuple[int, float]]]
    special: ClassVar[Mapping[str, Special]]
    """Parameters that act on it; see `sitl.vehicles.parameters.apply`."""

    def __init__(
        self,
        home: GeoPoint,
        state: npt.NDArray[np.float64],
        rng: npt.NDArray[np.uint64],
        settings: npt.NDArray[np.float64],
        *,
        motors: int,
    ) -> None:
        self.motors = motors
        """Number of motors that a fault can weaken; `move_to` uses it."""
        self._vehicle_state = VehicleState()
        self._parameters: dict[str, float] = {}
        self._payload = SimulatedPayload(self._parameters, settings, state)
        target, report = np.zeros((1, L.TARGET_SIZE)), np.zeros((1, R.SIZE))
        arrays = RowArrays(state.reshape(1, -1), settings.reshape(1, -1), target, rng.reshape(1, -1), report)
        self._row = MachineRow(self.kernel, arrays)
        self._find_row()
        self._home = home
        self._origin: GeoPoint | None = None
        self._gimbal: SimulatedGimbal | None = None
        self.receiver: Receiver | None = None
        """Receiver of other aircraft, if the world has any."""
        self.scanner: Scanner | None = None
        """Sensor of obstacles, if the world has any."""
        self._begin_report()

    def move_to(self, arrays: RowArrays) -> None:
        """Use these arrays of one row from now on. They already have its values."""
        self._row.move_to(arrays)
        self._find_row()

    def _find_row(self) -> None:
        (self._s,), (self._p,), (self._t,), _, self._report = self._row.arrays
        self._vehicle_state.report = self._report[0]
        self._payload.move_to(self._p, self._s)
        self._faults = VehicleFaults(self._p, self._s, self.motors, self._payload.burden, self._parameters)

    @property
    def burden(self) -> CarriedMass:
        return self._payload.burden

    def rows(self) -> RowArrays:
        """Arrays of the vehicle's row."""
        return self._row.arrays

    def stand_on(self, ground: HeightMap) -> None:
        """Stand on this ground from now on. Call this before the vehicle moves; `home` must lie on the ground."""
        p = self._p
        p[M.P_MAP_SOUTH : M.P_MAP_PER_LON + 1] = ground.south, ground.west, ground.per_lat, ground.per_lon
        use_map(p, self._s, self._parameters)
        self._row.stand_on(ground.heights)

    def enter(self, world: SkyAndGround, seed: int) -> None:
        """Enter this world, with the sensors that see it. Call this before the vehicle moves."""
        home = self._home
        if world.sky is not None:
            from sitl.world.receiver import Receiver  # only for vehicles with other aircraft

            self.receiver = Receiver(
                world.sky, world.receiver, world.encounters, home, seed, lambda: (self.true_ned, self.true_velocity)
            )
        if world.obstacles is not None:
            from sitl.world.scanner import Scanner

            self.scanner = Scanner(
                world.obstacles, world.origin, home, self._parameters, seed, lambda: (self.true_ned, self.true_yaw)
            )

    @property
    def scan_period_ms(self) -> int:
        """See `autopilot.interface.obstacles.SeesObstacles`."""
        return 0 if self.scanner is None else self.scanner.period_ms

    def scan_obstacles(self, now_ms: int) -> Scan:
        assert self.scanner is not None
        return self.scanner.look(now_ms)

    @property
    def traffic_period_ms(self) -> int:
        """See `autopilot.interface.traffic.HearsTraffic`."""
        return 0 if self.receiver is None else self.receiver.period_ms

    def hear_traffic(self, now_ms: int) -> Sequence[Contact]:
        return () if self.receiver is None else self.receiver.hear(now_ms)

    def silent_until_ms(self, now_ms: int) -> int | None:
        return None if self.receiver is None else self.receiver.silent_until_ms(now_ms)

    capabilities: Final = Capabilities()
    most_others: Final = M.MOST_OTHERS

    def look_out(self, lookout: Lookout | None) -> None:
        """See `autopilot.interface.traffic.LooksOut`."""
        write_lookout(self._p, lookout)

    @property
    def ground(self) -> npt.NDArray[np.float32]:
        """Heights of the ground for the kernel; a 2 x 2 array of NaN without terrain."""
        return self._row.ground

    # --- what each does in its own way ----------------------------------------------------------------------------
    @abstractmethod
    def _write_target(self, target: Target) -> None:
        """Write into the target row. TypeError for a target that the vehicle does not have, ValueError for a number
        that is not finite."""

    def _begin_report(self) -> None:
        """Fill the report that telemetry shows before the first tick."""
        r = self._report[0]
        r[R.LANDED_STATE] = ON_GROUND
        r[R.GROUND_CONTACT] = 1.0
        r[R.STOPPED] = 1.0
        r[R.EKF_FLAGS] = L.FLAGS_STARTING
        r[R.BATT_V] = r[R.BATT_V_REST] = self._s[M.S_VOLTS]
        r[R.BATT_FRACTION] = 1.0
        r[R.TRUE_CHARGE], r[R.TRUE_CONTACT] = self.charge, 1.0
        r[R.GPS_FIX] = 1.0
        r[R.LAT], r[R.LON], r[R.ALT] = self._home.lat, self._home.lon, self._home.alt

    # --- the vehicle ----------------------------------------------------------------------------------------------
    @property
    def state(self) -> VehicleState:
        return self._vehicle_state

    @property
    def origin(self) -> GeoPoint | None:
        """Place at power-on, once the estimator has had a position."""
        if self._origin is None and self._s[L.S_POS_OK] == 1.0:
            self._origin = self._home
        return self._origin

    @property
    def armable_reasons(self) -> Sequence[ArmingReason]:
        reasons = sensor_reasons(self._p, self._s)
        if self._s[M.S_GPS_FIX] < 3.0:
            reasons.append(BAD_FIX)
        if self._s[L.S_POS_OK] == 0.0:
            reasons.append(NEED_POSITION)
        return reasons

    @property
    def has_events(self) -> bool:
        """True if `take_events` would return any."""
        return bool(self._s[L.S_EVENTS])

    def take_events(self) -> VehicleEvent:
        bits = int(self._s[L.S_EVENTS])
        if bits == 0:
            return _NOTHING
        self._s[L.S_EVENTS] = 0.0
        return VehicleEvent(bits)

    def arm(self, *, force: bool = False) -> Request:
        reasons = self.armable_reasons
        if reasons and not force:
            return Request.refused(reasons[0].text)
        self._s[L.S_ARMED] = 1.0
        self._s[L.S_LOW_SENT] = self._s[L.S_CRIT_SENT] = 0.0  # a battery that is low already fails this flight too
        self._report[0, R.ARMED] = 1.0
        return Request.accepted()

    def disarm(self, *, force: bool = False) -> Request:
        """Disarm; in the air only with `force`. What drives is never in the air."""
        if self._s[L.S_AIR] == 1.0 and not force:
            return Request.refused("not landed")
        self._s[L.S_ARMED] = self._s[L.S_SPIN] = 0.0
        self._report[0, R.ARMED] = 0.0
        return Request.accepted()

    def calibrate(self) -> Request:
        """Calibrate the gyros: their biases become the mean of the last samples."""
        s = self._s
        if s[L.S_ARMED] == 1.0:
            return Request.refused("armed")
        reasons = sensor_reasons(self._p, self._s)
        if reasons:
            return Request.refused(reasons[0].text)
        s[L.S_BGX : L.S_BGZ + 1] = s[L.S_GAX : L.S_GAZ + 1]
        return Request.accepted()

    def clear(self, part: ControlPart) -> Request:
        if self._s[L.S_ARMED] == 1.0:
            return Request.refused("armed")
        if part is ControlPart.ESTIMATOR:
            return self._restart_estimator()
        clear(self._s, self._p, part)
        self._show()
        return Request.accepted()

    def _restart_estimator(self) -> Request:
        """Start the estimator again from the present samples, in no vehicle time. The report shows it at once."""
        if not self._row.loaded or self._s[L.S_FRESH] == 1.0:
            return Request.accepted()  # it has not started yet
        reasons = sensor_reasons(self._p, self._s)
        if reasons or not rests(self._s):
            return Request.refused(reasons[0].text if reasons else "the vehicle does not rest")
        self._s[L.S_FRESH] = L.RESTART
        self._show()
        return Request.accepted()

    def _show(self) -> None:
        """Update the report, in no vehicle time."""
        if self._row.loaded:
            self.advance(int(self._s[L.S_TIME_MS]))

    def hold_motors(self, held: bool) -> None:
        self._s[L.S_MOTORS_HELD] = 1.0 if held else 0.0

    def cut_motors(self, cut: MotorCut) -> None:
        self._p[L.P_MOTORS_CUT] = cut.value

    def set_target(self, target: Target) -> None:
        self._write_target(target)
        self._s[L.S_ARRIVED] = 0.0
        self._s[L.S_YAW_DONE] = 0.0
        self._report[0, R.ARRIVED] = 0.0
        self._report[0, R.YAW_DONE] = 0.0

    def set_yaw(self, yaw: Yaw) -> None:
        write_yaw(self._t, yaw)
        self._report[0, R.YAW_DONE] = 0.0

    def set_speeds(self, speeds: Speeds) -> None:
        self._p[L.P_SPEED_GROUND] = max(speeds.ground, SLOWEST)
        self._p[L.P_SPEED_UP] = max(speeds.up, SLOWEST)
        self._p[L.P_SPEED_DOWN] = max(speeds.down, SLOWEST)

    def set_sticks(self, sticks: Sticks) -> None:
        p = self._p
        p[L.P_STICK_R], p[L.P_STICK_P] = sticks.roll, sticks.pitch
        p[L.P_STICK_T], p[L.P_STICK_Y] = sticks.throttle, sticks.yaw

    def keep_within(self, bounds: Bounds | None) -> None:
        write_bounds(self._p, bounds)

    def watch_distance(self, metres: float) -> None:
        self._p[L.P_WATCH] = metres
        self._s[L.S_NEAR_SENT] = 0.0

    def set_parameter(self, name: str, value: float) -> None:
        self._parameters[name] = limited(name, value)
        # only a few parameters act here, but all are set when the vehicle is made
        if name in self.scaled or name in self.special:
            apply(self.scaled, self.special, self._p, self._s, self._parameters, name, value)
        elif name == LOAD_ON_HOOK:
            self._payload.hang()

    def set_output(self, channel: int, pwm_us: float) -> None:
        """Set the pulse of a payload output. Channels 5 to 16 are free for payload and reported; those of the motors
        are ignored."""
        if channel in FREE_OUTPUTS:
            self._report[0, (R.SERVO_1 if channel < _NINTH else R.SERVO_9 - 8) + channel - 1] = pwm_us
            if channel < _NINTH:
                self._p[M.P_SERVO_5 + channel - 5] = pwm_us
        self._payload.drive(channel, pwm_us)

    def test_motor(self, number: int, pwm_us: float) -> None:
        """Turn a rotor of a disarmed copter, number from 1, with this pulse."""
        self._p[M.P_TEST_1 + number - 1] = min(max((pwm_us - 1000.0) / 1000.0, 0.0), 1.0)

    @property
    def gimbal(self) -> SimulatedGimbal:
        """Gimbal of the vehicle (`autopilot.mount.gimbal.HasGimbal`), made on first use."""
        if self._gimbal is None:
            self._gimbal = SimulatedGimbal(self._parameters, lambda: self._report[0])
        return self._gimbal

    # --- its true state -------------------------------------------------------------------------------------------
    @property
    def true_ned(self) -> Ned:
        """True position, m north, east, down of the place at power-on."""
        return float(self._s[M.S_PN]), float(self._s[M.S_PE]), float(self._s[M.S_PD])

    @property
    def true_yaw(self) -> float:
        """True heading, rad."""
        a, b, c, d = self._s[M.S_Q0 : M.S_Q3 + 1].tolist()
        return atan2(2.0 * (b * c + a * d), 1.0 - 2.0 * (c * c + d * d))

    @property
    def true_velocity(self) -> Ned:
        """True velocity, NED m/s."""
        return float(self._s[M.S_VN]), float(self._s[M.S_VE]), float(self._s[M.S_VD])

    def stop_short(self) -> None:
        """Stop at a solid object: the speed over ground becomes 0."""
        self._s[M.S_VN] = self._s[M.S_VE] = 0.0

    @property
    def switched_on_at(self) -> GeoPoint:
        """Place at power-on, the origin of `true_ned`."""
        return self._home

    @property
    def charge(self) -> float:
        """Charge of the battery, 0 to 1."""
        return float(max(self._s[M.S_SOC], 0.0))

    def set_charge(self, fraction: float) -> None:
        """Charge (or drain) the battery to this share of its capacity, 0 to 1; its monitor counts from there."""
        self._s[M.S_SOC] = min(max(fraction, 0.0), 1.0)
        self._s[M.S_MAH] = self._p[L.P_CAPACITY] * (1.0 - self._s[M.S_SOC])

    # --- its time -------------------------------------------------------------------------------------------------
    def load(self) -> None:
        """Load the kernel now. From the library this is immediate; compiling by numba takes half a minute or more."""
        self._row.load()

    def advance(self, until_ms: int) -> int:
        """Run to `until_ms` or to the tick of the first event; see `SimulatedVehicle`."""
        return self._row.advance(until_ms)

    def advance_sampled(self, until_ms: int, next_ms: int, every_ms: int) -> tuple[int, FloatRows]:
        """See `autopilot.interface.vehicle.SampledOnItsWay`."""
        return self._row.advance_sampled(until_ms, next_ms, every_ms)

    def fault_names(self) -> Sequence[str]:
        return (*self._faults.names(), GIMBAL_STUCK)

    def inject_fault(self, name: str, value: float | None, *, active: bool) -> bool:
        if name == GIMBAL_STUCK:
            self.gimbal.stick(active)
            return True
        return self._faults.set(name, value, active)
