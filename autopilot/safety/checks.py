"""The arming checks, with ArduPilot's texts.

ARMING_CHECK selects them (bit 0: all). It cannot disable these: the position that the mode or the fence needs, the
compass, the fence, a failsafe of the ground station, and a mode that does not allow arming. A flight controller's own
reports are taken unchanged. Source: ArduPilot libraries/AP_Arming/AP_Arming.cpp, ArduCopter/AP_Arming_Copter.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import radians
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.geo import ABOVE_GROUND, GeoPoint, distance, is_surely_within
from autopilot.interface.mathematics import cos
from autopilot.interface.reasons import NEED_POSITION, NO_HOME, ArmingReason, Check
from autopilot.interface.records import dataclass, field
from autopilot.mav import Cmd
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.auxiliary import MOTOR_INTERLOCK, MOTOR_STOP
from autopilot.modes.manager import ModeChoice
from autopilot.modes.outputs import outputs_of
from autopilot.modes.upright import near_landings
from autopilot.safety.failsafes import Failsafes
from autopilot.vehicles.mode_table import LiftOption

_ARM_IN_AUTO: Final = 1  # AUTO_OPTIONS bit 0
THROTTLE_AT_ARMING: Final = 1 << 5  # RC_OPTIONS


_MONITORS: Final = (3, 4)  # BATT_MONITOR values that measure a battery
_OF_BATTERY: Final = (
    ("BATT_VOLT_PIN", 13.0), ("BATT_MONITOR", 4.0), ("BATT_FS_VOLTSRC", 0.0), ("BATT_CAPACITY", 3300.0),
    ("BATT_ARM_VOLT", 0.0), ("BATT_ARM_MAH", 0.0), ("BATT_LOW_VOLT", 0.0), ("BATT_CRT_VOLT", 0.0),
    ("BATT_LOW_MAH", 0.0), ("BATT_CRT_MAH", 0.0),
)  # fmt: skip
_EVERY: Final = 1 << Check.ALL
_PULSES_LOW: Final = 2  # SIM_RC_FAIL value: the receiver sends a throttle below FS_THR_VALUE
_HIGHEST_LOW, _LOWEST_HIGH = 1300.0, 1700.0  # us; RC_Channel.h, RC_CALIB_MIN_LIMIT_PWM and _MAX_
_FIX_3D: Final = 3.0
_FEWEST_SATELLITES: Final = 4.0
_FARTHEST_FROM_FIX_M: Final = 10.0
_QUADROTOR: Final = 1.0
_BEFORE_MOTOR_1: Final = 32  # SERVOn_FUNCTION
_HIGHEST_SPIN_MIN: Final = 0.3
_FLOAT32: Final = 1e-6  # relative error of a value that was sent as a float32
#: Gains that must not be 0 (AC_PosControl.cpp and AC_AttitudeControl.cpp, pre_arm_checks).
_GAINS: Final = (
    "PSC_POSXY_P", "PSC_POSZ_P", "PSC_ACCZ_P", "PSC_ACCZ_I", "ATC_ANG_RLL_P", "ATC_ANG_PIT_P", "ATC_ANG_YAW_P",
    "ATC_RAT_RLL_P", "ATC_RAT_PIT_P", "ATC_RAT_YAW_P", "ATC_RAT_RLL_I", "ATC_RAT_PIT_I", "ATC_RAT_YAW_I",
)  # fmt: skip
#: Bits of ARMING_MIS_ITEMS, with ArduPilot's words (AP_Arming.cpp, mission_checks).
_REQUIRED_ITEMS: Final = (
    (1 << 0, Cmd.NAV_LAND, "land"), (1 << 1, Cmd.NAV_VTOL_LAND, "vtol land"),
    (1 << 2, Cmd.DO_LAND_START, "do land start"), (1 << 3, Cmd.NAV_TAKEOFF, "takeoff"),
    (1 << 4, Cmd.NAV_VTOL_TAKEOFF, "vtol takeoff"), (1 << 6, Cmd.NAV_RETURN_TO_LAUNCH, "RTL"),
)  # fmt: skip
_RALLY_REQUIRED: Final = 1 << 5


@dataclass(slots=True)
class _OfParameters:
    """Results of parameters only, computed again after a change of one: nearly all looks find the parameters of the one
    before. `checks`: those that ARMING_CHECK enables and that may find something with these parameters, in order."""

    of: tuple[int, bool] | None = None
    mask: int = 0  # ARMING_CHECK
    checks: Sequence[Callable[[], Iterable[ArmingReason]]] = ()
    battery: Sequence[float] = ()
    motors: Sequence[ArmingReason] = ()
    needs_location: bool = False  # ARMING_NEED_LOC
    needs_radio: bool = False
    mission_items: int = 0  # ARMING_MIS_ITEMS


@dataclass(frozen=True, slots=True)
class ArmingChecks:
    """The checks of one vehicle. `rally_point`: the one to which a return would go, from this home; `more`: reasons of
    other parts of the autopilot (fence, emergency stop), each of its own;
    `throttle_raised`: by the pilot's stick; `radio_found`: a radio was heard since power-on; `monitor`: BATT_MONITOR at
    power-on; a changed value counts after a restart."""

    facts: VehicleFacts
    modes: ModeChoice
    auto: AutoMode
    mission: MissionStorage
    failsafes: Failsafes
    rally_point: Callable[[GeoPoint], GeoPoint | None]
    more: Sequence[Callable[[], Sequence[ArmingReason]]]
    throttle_raised: Callable[[], bool]
    radio_found: Callable[[], bool]
    monitor: int
    settings: _OfParameters = field(default_factory=_OfParameters)

    def before(self) -> list[ArmingReason]:
        """Reasons to refuse arming; empty = ready."""
        settings, reported = self._of_parameters(), self.facts.vehicle.armable_reasons
        reasons = [*self._vehicle(reported)] if reported else []
        if self._needs_position:
            reasons += self._position(reported)
        reasons += settings.motors
        for check in settings.checks:
            reasons += check()
        if self.failsafes.misses_station:
            reasons.append(ArmingReason("GCS failsafe on"))
        for complaints in self.more:
            if found := complaints():
                reasons += filter(self._counts, found)
        return reasons

    def at_arming(self) -> list[ArmingReason]:
        spec, facts = self.modes.spec, self.facts
        kind = facts.vehicle_class
        if self.modes.mode is self.auto and kind.hovers:
            if not facts.option("AUTO_OPTIONS", _ARM_IN_AUTO):
                return [ArmingReason(f"{spec.title} mode not armable")]
            if facts.landed and self.mission.total() and self.auto.missing_takeoff():
                return [ArmingReason("Auto: Missing Takeoff Cmd")]
        elif not spec.arming:
            return [ArmingReason(kind.texts.not_armable.format(mode=spec.title))]
        if facts.option("Q_OPTIONS", LiftOption.ARM_UPRIGHT) and self.modes.number != kind.modes.guided:
            if self.modes.mode is self.auto and self.auto.missing_takeoff():
                return [ArmingReason(f"{spec.title} not in VTOL takeoff")]
            if self.modes.mode is not self.auto and self.modes.number not in kind.modes.hovering:
                return [ArmingReason(f"{spec.title} not Q mode")]
        if self._is_judged and self._checked(Check.INS) and self._leans():
            return [ArmingReason(facts.personality.texts.leaning, Check.INS)]
        with_throttle_up = kind.modes.with_throttle_up
        by_hand = with_throttle_up is not None and self.modes.number not in with_throttle_up
        if by_hand and self._checked(Check.RC) and self.throttle_raised():
            if not kind.has_stall_speed:
                return [ArmingReason("Throttle too high", Check.RC)]
            if facts.option("RC_OPTIONS", THROTTLE_AT_ARMING):  # AP_Arming.cpp, rc_arm_checks
                return [ArmingReason(f"Throttle (RC{facts.param('RCMAP_THROTTLE', 3.0):.0f}) is not neutral", Check.RC)]
        return []

    # --- each ---------------------------------------------------------------------------------------------------------
    def _checked(self, check: Check) -> bool:
        return bool(self._of_parameters().mask & (_EVERY | 1 << check))

    def _counts(self, reason: ArmingReason) -> bool:
        """True unless ARMING_CHECK disables it."""
        return reason.check is None or self._checked(reason.check)

    def _of_parameters(self) -> _OfParameters:
        settings, of = self.settings, (self.facts.parameters.version, self.facts.vehicle.capabilities.own_checks)
        if settings.of != of:
            param, own_checks = self.facts.param, of[1]
            settings.of, settings.mask = of, int(param("ARMING_CHECK", 1.0))
            settings.battery = tuple(param(name, default) for name, default in _OF_BATTERY)
            settings.needs_location = param("ARMING_NEED_LOC") == 1.0
            settings.needs_radio = self._is_judged and param("FS_THR_ENABLE", 1.0) != 0.0
            settings.mission_items = 0 if own_checks else int(param("ARMING_MIS_ITEMS"))
            settings.motors = tuple(self._motors())
            settings.checks = tuple(self._selected(own_checks=own_checks))
        return settings

    def _selected(self, *, own_checks: bool) -> Iterator[Callable[[], Iterable[ArmingReason]]]:
        """The checks of `_OfParameters`."""
        kind, param = self.facts.vehicle_class, self.facts.param
        if self._checked(Check.GPS) and kind.flies:
            yield self._fix
        if self._checked(Check.MISSION):
            if self.settings.mission_items:
                yield self._missing_item
            yield self._without_mission
            if kind.has_stall_speed and not own_checks:
                if param("RTL_AUTOLAND", 1.0) == 0.0:
                    yield self._landing_unused
                if kind.lands_anywhere:
                    yield self._landing_too_short
        if self._checked(Check.PARAMETERS):
            if (param("RTL_ALT_TYPE") == 1.0 or param("TERRAIN_ENABLE", 1.0) == 0.0) and not own_checks:
                yield self._ground_unknown
            parameters = (*self._parameters(), *self._switches())
            if parameters:
                yield lambda: parameters
        if self._checked(Check.BATTERY):
            yield self._battery
        if self._checked(Check.RC):
            yield self._radio
            radio = tuple(self._calibration()) if self._is_judged else ()
            if radio:
                yield lambda: radio

    def _vehicle(self, reported: Sequence[ArmingReason]) -> Iterator[ArmingReason]:
        """The vehicle's own reasons, without disabled ones. Reasons from a missing position do not count in a mode that
        needs none, once there has been a position (before, the sensors are starting), or without a working receiver, or
        with too few satellites (SIM_GPS_NUMSATS), when the estimator starts without one. For wings with a
        receiver its fix always counts: ArduPlane's GPS checks ask for no mode (AP_Arming.cpp, gps_checks)."""
        vehicle, facts = self.facts.vehicle, self.facts
        without = 0.0 in (facts.param("GPS1_TYPE", 1.0), facts.param("EK3_SRC1_POSXY", 3.0))
        few = 0.0 < facts.param("SIM_GPS_NUMSATS") < _FEWEST_SATELLITES
        started = vehicle.origin is not None or without or few
        unneeded = started and not self._needs_position
        fix_counts = facts.vehicle_class.has_stall_speed and facts.personality.wings_need_fix and not without
        for reason in reported:
            skipped = not self._counts(reason) or (
                unneeded and reason.positional and not (fix_counts and reason.check is Check.GPS)
            )
            if vehicle.capabilities.own_checks or not skipped:
                yield reason

    @property
    def _needs_position(self) -> bool:
        """True if the mode needs a position, or ARMING_NEED_LOC requires it for every mode."""
        return self.modes.spec.needs_fix or self.settings.needs_location

    def _position(self, reported: Sequence[ArmingReason]) -> list[ArmingReason]:
        """Reasons for a mode that needs a position."""
        unknown = not self.facts.has_position and NEED_POSITION not in reported
        homeless = self.facts.home is None and not self.facts.vehicle.capabilities.own_checks
        return [NEED_POSITION] * unknown + [NO_HOME] * homeless

    def _fix(self) -> Sequence[ArmingReason]:
        """Reasons for a mode with a position if the fix is not good enough, or if the estimated position is far from
        it, as for a while after a sensor has failed (AP_Arming.cpp, gps_checks)."""
        vector = self.facts.vehicle.state.report
        if not self.modes.spec.position or vector.item(report.GPS_FIX) < _FIX_3D:
            return ()
        found = []
        limit, blur = self.facts.param("GPS_HDOP_GOOD", 140.0), 100.0 * vector.item(report.GPS_HDOP)
        if blur > limit:
            found.append(ArmingReason("High GPS HDOP", Check.GPS, blur, limit))
        lat, lon = vector.item(report.LAT), vector.item(report.LON)
        fix = GeoPoint(vector.item(report.GPS_LAT), vector.item(report.GPS_LON), 0.0)
        if is_surely_within(lat, lon, fix, _FARTHEST_FROM_FIX_M):
            return found
        metres = distance(fix, GeoPoint(lat, lon, 0.0))
        if metres > _FARTHEST_FROM_FIX_M:
            text = f"GPS and AHRS differ by {metres:.1f}m"
            found.append(ArmingReason(text, Check.GPS, metres, _FARTHEST_FROM_FIX_M))
        return found

    def _radio(self) -> Sequence[ArmingReason]:
        if self.failsafes.misses_sticks:
            return (ArmingReason("Radio failsafe on", Check.RC),)
        if not self.settings.needs_radio or self.radio_found():
            return ()
        low = self.facts.param("SIM_RC_FAIL") == _PULSES_LOW
        return (ArmingReason("Throttle below failsafe" if low else "RC not found", Check.RC),)

    def _calibration(self) -> Iterator[ArmingReason]:
        """Reasons from limits that no calibrated transmitter has (AP_Arming.cpp, rc_checks_copter_sub)."""
        for number, name in enumerate(("Roll", "Pitch", "Throttle", "Yaw"), 1):
            channel = int(self.facts.param(f"RCMAP_{name.upper()}", number))
            low, high, trim = (self.facts.param(f"RC{channel}_{end}", 1500.0) for end in ("MIN", "MAX", "TRIM"))
            off = {"min too high": low > _HIGHEST_LOW, "max too low": high < _LOWEST_HIGH}
            if name != "Throttle":
                off |= {"trim below min": trim < low, "trim above max": trim > high}
            yield from (ArmingReason(f"{name} radio {what}", Check.RC) for what, wrong in off.items() if wrong)

    @property
    def _is_judged(self) -> bool:
        """True if the rotors' parameters are checked here; a flight controller checks its own."""
        return self.facts.vehicle_class.hovers and not self.facts.vehicle.capabilities.own_checks

    def _motors(self) -> Iterator[ArmingReason]:
        """Reasons from parameters with which motors or wings do not work. ARMING_CHECK cannot disable them
        (AP_MotorsMulticopter.cpp, arming_checks; AP_Arming_Plane.cpp). Only the first reason about motors is given."""
        if not self.facts.vehicle.capabilities.own_checks:
            yield from self._bounds()
        if not self._is_judged:
            return
        if {MOTOR_INTERLOCK, MOTOR_STOP} <= set(self._options):
            yield ArmingReason("Interlock/E-Stop Conflict")
        param = self.facts.param
        lowest, highest = param("MOT_PWM_MIN", 1000.0), param("MOT_PWM_MAX", 2000.0)
        armed, least = param("MOT_SPIN_ARM", 0.1), param("MOT_SPIN_MIN", 0.15)
        without = next((motor for motor in range(1, 5) if not outputs_of(self.facts, _BEFORE_MOTOR_1 + motor)), None)
        if param("FRAME_CLASS", 1.0) != _QUADROTOR:
            yield ArmingReason("Motors: Check frame class and type")
        elif without is not None:
            yield ArmingReason(f"Motors: no SERVOx_FUNCTION set to Motor{without}")
        elif least > _HIGHEST_SPIN_MIN + _FLOAT32:
            text = f"Motors: MOT_SPIN_MIN too high {least:.2f} > {_HIGHEST_SPIN_MIN:g}"
            yield ArmingReason(text, None, least, _HIGHEST_SPIN_MIN)
        elif armed > least:
            yield ArmingReason("Motors: MOT_SPIN_ARM > MOT_SPIN_MIN", None, armed, least)
        elif lowest < 1.0 or highest <= lowest:
            yield ArmingReason("Motors: Check MOT_PWM_MIN and MOT_PWM_MAX", None, lowest, highest)

    def _leans(self) -> bool:
        """True beyond ANGLE_MAX: fallen over, it cannot take off (AP_Arming_Copter.cpp, arm_checks)."""
        vector, limit = self.facts.vehicle.state.report, radians(0.01 * self.facts.param("ANGLE_MAX", 3000.0))
        return cos(vector.item(report.ROLL)) * cos(vector.item(report.PITCH)) < cos(limit)

    def _bounds(self) -> Iterator[ArmingReason]:
        for check in self.facts.vehicle_class.checks:
            value = self.facts.param(check.name, check.least)
            if not check.least <= value <= check.most:
                text = check.complaint.format(value=value)
                yield ArmingReason(text, None, value, check.least if value < check.least else check.most)

    def _without_mission(self) -> Sequence[ArmingReason]:
        needed = self.modes.mode is self.auto and not self.mission.total()
        return (ArmingReason("Mode requires mission", Check.MISSION),) if needed else ()

    def _missing_item(self) -> Iterator[ArmingReason]:
        """Reason for the first mission item of ARMING_MIS_ITEMS that is missing (AP_Arming.cpp, mission_checks)."""
        required = self.settings.mission_items
        commands, home = {item.command for item in self.mission.items()}, self.facts.home
        missing = [name for bit, command, name in _REQUIRED_ITEMS if required & bit and command not in commands]
        if missing:
            yield ArmingReason(f"Missing mission item: {missing[0]}", Check.MISSION)
        elif required & _RALLY_REQUIRED and home is None:
            yield ArmingReason("Can't check rally without position", Check.MISSION)
        elif required & _RALLY_REQUIRED and home is not None and self.rally_point(home) is None:
            yield ArmingReason("No sufficiently close rally point located", Check.MISSION)

    def _landing_unused(self) -> Iterator[ArmingReason]:
        """Reason for a landing sequence that no return would use, with RTL_AUTOLAND 0 (AP_Arming_Plane.cpp,
        mission_checks)."""
        for mark in (Cmd.DO_LAND_START, Cmd.DO_RETURN_PATH_START):
            if any(item.command == mark for item in self.mission.items()):
                yield ArmingReason(f"{mark.name} set and RTL_AUTOLAND disabled", Check.MISSION)

    def _landing_too_short(self) -> Iterator[ArmingReason]:
        """Reasons for landings that the wings cannot stop for (`near_landings`)."""
        if self.facts.personality.keeps_upright:
            return
        for _, _, least_m in near_landings(self.mission.items(), self.facts.param):
            yield ArmingReason(f"VTOL land too short, min {least_m:.0f}m", Check.MISSION)

    def _parameters(self) -> Iterator[ArmingReason]:
        if not self._is_judged:
            return
        param = self.facts.param
        bad = next((name for name in _GAINS if param(name, 1.0) <= 0.0), None)
        if bad is not None:
            yield ArmingReason(f"Bad parameter: {bad} must be > 0", Check.PARAMETERS, param(bad), 0.0)
        limit = param("FS_THR_VALUE", 975.0)
        if param("FS_THR_ENABLE", 1.0) != 0.0 and (param("RC3_MIN", 1000.0) <= limit + 10.0 or limit < 910.0):
            yield ArmingReason("Check FS_THR_VALUE", Check.PARAMETERS)
        if param("FS_GCS_ENABLE") == 2.0:
            yield ArmingReason("FS_GCS_ENABLE=2 removed, see FS_OPTIONS", Check.PARAMETERS)
        if not 1000.0 <= param("ANGLE_MAX", 3000.0) <= 8000.0:
            yield ArmingReason("Check ANGLE_MAX", Check.PARAMETERS)
        if param("PILOT_SPEED_UP", 250.0) <= 0.0:
            yield ArmingReason("Check PILOT_SPEED_UP", Check.PARAMETERS)

    def _ground_unknown(self) -> Iterator[ArmingReason]:
        """Reason for heights above an unknown ground, in the mission or by TERRAIN_FOLLOW (AP_Arming.cpp,
        terrain_checks), or on the way home (AP_Arming_Copter.cpp, parameter_checks)."""
        param, returns = self.facts.param, self.facts.param("RTL_ALT_TYPE") == 1.0
        if self.facts.follows_range_finder:
            height, highest = param("RTL_ALT", 1500.0), param("RNGFND1_MAX_CM", 700.0)
            if returns and height > highest:
                text = "RTL_ALT_TYPE is above-terrain but RTL_ALT above RNGFND_MAX_CM"
                yield ArmingReason(text, Check.PARAMETERS, height, highest)
            return
        if param("TERRAIN_ENABLE", 1.0) != 0.0:
            return
        if returns:
            yield ArmingReason("RTL_ALT_TYPE is above-terrain but no terrain data", Check.PARAMETERS)
        follows = param("TERRAIN_FOLLOW") != 0.0
        if follows or any(item.frame in ABOVE_GROUND for item in self.mission.items()):
            yield ArmingReason("terrain disabled", Check.PARAMETERS)

    def _switches(self) -> list[ArmingReason]:
        """Reason for two switches with the same function."""
        twice = len(self._options) != len(set(self._options))
        return [ArmingReason("Duplicate Aux Switch Options", Check.PARAMETERS)] * twice

    @property
    def _options(self) -> list[int]:
        """Functions of the transmitter's switches, by channel."""
        options = (int(self.facts.param(f"RC{number}_OPTION")) for number in range(1, 17))
        return [option for option in options if option != 0]

    def _battery(self) -> list[ArmingReason]:
        """Reasons about the battery. Only the first is given, because the others follow from it."""
        vector = self.facts.vehicle.state.report
        pin, kind, source, capacity, *limits = self.settings.battery
        arm_volts, arm_charge, low, critical, low_charge, critical_charge = limits
        charge = capacity - vector.item(report.BATT_MAH)
        loaded = vector.item(report.BATT_V)
        volts = vector.item(report.BATT_V_REST) if int(source) == 1 else loaded
        driver = self.monitor if self.monitor in _MONITORS else 0
        if pin < 0.0 or int(kind) != driver:
            found = "unhealthy", pin, 0.0
        elif arm_volts > 0.0 and loaded < arm_volts:
            found = "below minimum arming voltage", loaded, arm_volts
        elif arm_charge > 0.0 and charge < arm_charge:
            found = "below minimum arming capacity", charge, arm_charge
        elif 0.0 < volts < low:
            found = "low voltage failsafe", volts, low
        elif low_charge > 0.0 and charge < low_charge:
            found = "low capacity failsafe", charge, low_charge
        elif 0.0 < volts < critical:
            found = "critical voltage failsafe", volts, critical
        elif critical_charge > 0.0 and charge < critical_charge:
            found = "critical capacity failsafe", charge, critical_charge
        elif 0.0 < low_charge <= critical_charge:
            found = "capacity failsafe critical >= low", critical_charge, low_charge
        elif 0.0 < low <= critical:
            found = "voltage failsafe critical >= low", critical, low
        else:
            return []
        text, value, limit = found
        return [ArmingReason(f"Battery 1 {text}", Check.BATTERY, value, limit)]
