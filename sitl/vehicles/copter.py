"""The built-in copter, and ArduPilot's parameters that change its flight, converted to settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import radians, sqrt
from typing import Final

from autopilot.control.watch import IDLING
from autopilot.interface import layout as L
from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import atan, cos, tan
from autopilot.interface.targets import Target
from autopilot.precision.tracker import Look
from sitl.kernel import layout as M
from sitl.kernel.compiling import COPTER
from sitl.vehicles import airframe, parameters
from sitl.vehicles.airframe import FULL_RPM, default_settings, initial_state
from sitl.vehicles.equipment import PLAIN_RECEIVER
from sitl.vehicles.pads import PadSensor
from sitl.vehicles.parameters import Row, one, scaled, setters
from sitl.vehicles.simulated import SimulatedMachine
from sitl.vehicles.stops import stop_as_arducopter, stop_as_px4
from sitl.vehicles.targets import stays_on_leg, write_target

#: Limits of the airframe itself (`sitl.vehicles.airframe`): rate deg/s, yaw acceleration deg/s2; ArduPilot's default of
#: the latter, cdeg/s2; the value that stands for "no limit", deg/s2.
_OWN_RATE, _OWN_YAW_ACCEL, _YAW_DEFAULT, _UNLIMITED = 220.0, 120.0, 27000.0, 720.0

#: ArduPilot's defaults, cm/s2.
_WPNAV_ACCEL, _WPNAV_ACCEL_Z = 250.0, 100.0
#: Smallest and largest acceleration, m/s2, and largest jerk, m/s3: far beyond them the vehicle's state would not stay
#: finite. Smallest jerk of a leg and of a stop.
_WEAKEST, _STRONGEST, _JERK, _LEAST_JERK = 0.1, 10.0, 100.0, 0.1

SCALED = scaled("copter")


def _lean(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ANGLE_MAX, cdeg, 10 to 60 degrees: limit of the sticks, and of position control unless PSC_ANGLE_MAX, deg, is
    set."""
    angle = min(max(values.get("ANGLE_MAX", 3000.0) / 100.0, 10.0), 60.0)
    own = values.get("PSC_ANGLE_MAX", 0.0)
    p[L.P_LEAN_MAX] = tan(radians(min(max(own, 10.0), 60.0) if own > 0.0 else angle))
    p[L.P_STICK_LEAN] = radians(angle)
    _corner(p, s, values)
    _loiter(p, s, values)


def _loiter(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """LOIT_ACC_MAX, cm/s2, at most what LOIT_ANG_MAX, deg, allows; LOIT_ANG_MAX 0 = two thirds of the lean limit."""
    own = values.get("LOIT_ANG_MAX", 0.0)
    lean = radians(own) if own > 0.0 else min(p[L.P_STICK_LEAN], atan(p[L.P_LEAN_MAX])) * 2.0 / 3.0
    p[L.P_LOITER_LEAN] = lean
    p[L.P_LOITER_ACCEL] = min(0.01 * values.get("LOIT_ACC_MAX", 500.0), L.GRAVITY * tan(lean))


def _rates(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ATC_RATE_R_MAX, ATC_RATE_P_MAX, deg/s: the model has one limit for both; 0 = the airframe's. ATC_ACCEL_Y_MAX,
    cdeg/s2, relative to ArduPilot's default; 0 = no limit."""
    limits = [values.get(name, 0.0) for name in ("ATC_RATE_R_MAX", "ATC_RATE_P_MAX")]
    p[L.P_RATE_MAX] = radians(min([limit for limit in limits if limit > 0.0], default=_OWN_RATE))
    accel = values.get("ATC_ACCEL_Y_MAX", _YAW_DEFAULT)
    p[L.P_YAW_ACCEL] = radians(_OWN_YAW_ACCEL * accel / _YAW_DEFAULT if accel > 0.0 else _UNLIMITED)


def _legs(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """WPNAV_ACCEL and _ACCEL_Z, cm/s2; WPNAV_JERK, m/s3. None can be off: 0 is ArduPilot's acceleration, and for the
    jerk the number of the acceleration (AC_WPNav)."""
    accel, upwards = values.get("WPNAV_ACCEL", 0.0), values.get("WPNAV_ACCEL_Z", 0.0)
    jerk = values.get("WPNAV_JERK", 1.0)
    accel = accel if accel > 0.0 else _WPNAV_ACCEL
    p[L.P_ACCEL] = min(max(0.01 * accel, _WEAKEST), _STRONGEST)
    p[L.P_ACCEL_Z] = min(max(0.01 * (upwards if upwards > 0.0 else _WPNAV_ACCEL_Z), _WEAKEST), _STRONGEST)
    p[L.P_LEG_JERK] = min(max(jerk if jerk > 0.0 else accel, _LEAST_JERK), _JERK, p[L.P_ACCEL] / L.TICK)
    _corner(p, s, values)
    _stops(p, s, values)


def _stops(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """WPNAV_ACCEL, _ACCEL_Z, PSC_JERK_XY and _Z, m/s3. With PX4's face (MPC_XY_TRAJ_P) all stops are the same."""
    if p[L.P_SMOOTH] > 0.0:
        stop_as_px4(p)
        return
    along, upwards = (min(max(values.get(name, 5.0), _LEAST_JERK), _JERK) for name in ("PSC_JERK_XY", "PSC_JERK_Z"))
    stop_as_arducopter(p, along, upwards)


def _corner(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """WPNAV_ACCEL_C, cm/s2; 0 = twice WPNAV_ACCEL, as in ArduPilot 4.6. With a drag feed-forward it is at most two
    thirds of what the lean limit allows; the rest is for drag and gusts."""
    own = values.get("WPNAV_ACCEL_C", 0.0)
    accel = 0.01 * own if own > 0.0 else 2.0 * p[L.P_ACCEL]
    p[L.P_ACCEL_CORNER] = min(accel, 0.65 * L.GRAVITY * p[L.P_LEAN_MAX]) if _feeds(values) else accel


def _rotors(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_HOVER_THST; 0 = the airframe's value."""
    share = values.get("SIM_HOVER_THST", 0.0)
    airframe.fit_rotors(p, airframe.MASS * L.GRAVITY / (4.0 * share) if share > 0.0 else airframe.FULL_THRUST)
    s[L.S_HOVER] = p[L.P_HOVER_GUESS]
    _drag(p, s, values)


def _shove(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_SHOVE_TIME, ms from now."""
    p[M.P_SHOVE_UNTIL] = s[L.S_TIME_MS] + values["SIM_SHOVE_TIME"]


def _drag(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_DRAG_ROTOR, % of the airspeed per second; SIM_DRAG_AREA, cm2. The controller knows its own drag."""
    rotor, area = 0.01 * values.get("SIM_DRAG_ROTOR", 20.0), 0.0001 * values.get("SIM_DRAG_AREA", 200.0)
    p[L.P_DRAG_1], p[L.P_DRAG_2] = (rotor, airframe.body_drag(area)) if _feeds(values) else (0.0, 0.0)
    p[M.P_ROTOR_DRAG], p[M.P_BODY_DRAG] = rotor / sqrt(p[L.P_HOVER_GUESS]), airframe.body_drag(area)


def _feeds(values: Mapping[str, float]) -> bool:
    return values.get("SIM_DRAG_FEED", 1.0) != 0.0


def _follow(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_DRAG_FEED: without it PSC_POSXY_P, PSC_VELXY_P and corners are as in ArduCopter."""
    feeds = _feeds(values)
    p[L.P_KP_POS] = values.get("PSC_POSXY_P", 1.0) * (1.2 if feeds else 1.0)
    p[L.P_KP_VEL] = values.get("PSC_VELXY_P", 2.0) * (1.25 if feeds else 1.0)
    p[L.P_TURN_SHARE] = airframe.TURN_SHARE if feeds else 1.0
    _drag(p, s, values)
    _corner(p, s, values)


def _pilot_down(values: Mapping[str, float]) -> float:
    """PILOT_SPEED_DN, cm/s, without its sign; 0 = PILOT_SPEED_UP (ArduCopter's get_pilot_speed_dn)."""
    return 0.01 * abs(values.get("PILOT_SPEED_DN", 0.0) or values.get("PILOT_SPEED_UP", 250.0))


def _landing_low(values: Mapping[str, float]) -> float:
    """LAND_ALT_LOW, cm, at least 1 m (ArduCopter's land_run_vertical_control); a PX4 has no least MPC_LAND_ALT2."""
    return max(0.01 * values["LAND_ALT_LOW"], 0.0 if "MPC_LAND_ALT1" in values else 1.0)


SPECIAL: Final = parameters.SPECIAL | setters(
    (parameters.gps_noise(PLAIN_RECEIVER), "SIM_GPS_NOISE"),
    (one(M.P_POWER, lambda values: max(airframe.power_factor(values["SIM_HOVER_W"]), 0.0)), "SIM_HOVER_W"),
    (_rotors, "SIM_HOVER_THST"),
    (_drag, "SIM_DRAG_ROTOR SIM_DRAG_AREA"),
    (_follow, "SIM_DRAG_FEED PSC_POSXY_P PSC_VELXY_P"),
    (_shove, "SIM_SHOVE_TIME"),
    (_lean, "ANGLE_MAX PSC_ANGLE_MAX"),
    (_loiter, "LOIT_ACC_MAX LOIT_ANG_MAX"),
    (_rates, "ATC_RATE_R_MAX ATC_RATE_P_MAX ATC_ACCEL_Y_MAX"),
    (
        one(L.P_CUT_TILT, lambda values: cos(radians(values["FM_CUT_TILT"])) if values["FM_CUT_TILT"] > 0.0 else -2.0),
        "FM_CUT_TILT",
    ),
    (_legs, "WPNAV_ACCEL WPNAV_ACCEL_Z WPNAV_JERK"),
    (_stops, "PSC_JERK_XY PSC_JERK_Z MPC_XY_TRAJ_P"),
    (_corner, "WPNAV_ACCEL_C"),
    (one(L.P_STICK_DN, _pilot_down), "PILOT_SPEED_UP PILOT_SPEED_DN"),
    (one(L.P_SPEED_DOWN, lambda values: 0.01 * abs(values["WPNAV_SPEED_DN"])), "WPNAV_SPEED_DN"),
    (one(L.P_LAND_SPEED, lambda values: 0.01 * abs(values["LAND_SPEED"])), "LAND_SPEED"),
    (one(L.P_LAND_ALT_LOW, _landing_low), "LAND_ALT_LOW"),
)


class SimulatedCopter(SimulatedMachine):
    """A quadcopter of 1.5 kg at `home`, nose at `heading_deg`. The same `seed` gives the same flight.

    `steps` is the number of physics steps in a tick (8: 400 Hz).
    """

    kernel, scaled, special = COPTER, SCALED, SPECIAL

    def __init__(self, home: GeoPoint, heading_deg: float = 0.0, seed: int = 0, *, steps: int = 8) -> None:
        self._pads: PadSensor | None = None
        self._seed = seed
        state, rng = initial_state(radians(heading_deg), seed)
        super().__init__(home, state, rng, default_settings(home, steps), motors=4)

    # `autopilot.precision.lander.SeesPads`
    def see_pads(self) -> Sequence[Look]:
        return self.pads.look()

    @property
    def pads_period_ms(self) -> int:
        return self.pads.period_ms

    # `autopilot.safety.rotor_check.ReportsMotorRpm`
    @property
    def motor_rpm(self) -> tuple[float, ...]:
        if self._parameters.get("SIM_ESC_TELEM") == 0.0:
            return ()
        idling = self._parameters.get("SIM_ESC_ARM_RPM", 0.0)
        if idling > 0.0 and self._s[L.S_SPIN] == IDLING:
            return (idling,) * 4
        return tuple(FULL_RPM * float(share) for share in self._s[M.S_M1 : M.S_M1 + 4])

    # `mavlink_bridge.services.equipment.ReportsAttitudeTarget`
    @property
    def attitude_target(self) -> tuple[float, ...]:
        """Quaternion that control holds. When only rates are demanded, it is the present attitude."""
        first = L.S_EQ0 if self._s[L.S_RATE_MODE] == 1.0 else L.S_QT0
        return tuple(map(float, self._s[first : first + 4]))

    # `autopilot.modes.equipment.FeelsLine`
    @property
    def line_tension_n(self) -> float:
        return self._payload.line_tension_n

    @property
    def pads(self) -> PadSensor:
        """The sensor for pads, made on first use."""
        if self._pads is None:
            self._pads = PadSensor(self._parameters, self._seed, self._home)
        self._pads.state = self._s  # the state may have moved into a row of a fleet
        return self._pads

    def _write_target(self, target: Target) -> None:
        """With PX4's face, or behind the end of a leg, it stops wherever it is."""
        on_way = self._p[L.P_SMOOTH] <= 0.0 and self._s[L.S_PHASE] < 2.0
        if not (on_way and stays_on_leg(self._t, target)):
            write_target(self._t, target)
