"""Names of other versions, ArduPilot's later ones and earlier ones of ours, that stand for parameters.

From 4.7 on ArduPilot measures in metres and degrees under new names. Scripts and stations that know only those are
answered under the name they asked for; aliases are neither listed nor counted nor stored
(docs/reference/mission-semantics.md, 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from autopilot.interface.records import dataclass
from autopilot.mav import ParameterType
from autopilot.parameters.definition import ParameterDef, to_float32
from autopilot.parameters.tables import table

_CHECK: Final = next(line for line in table("copter", "arming") if line.name == "ARMING_CHECK")
ALL_CHECKS: Final = sum(1 << bit for bit in _CHECK.bitmask if bit != 0)
"""Every bit of ARMING_CHECK but bit 0, which means "all"."""


@dataclass(frozen=True, slots=True)
class Alias:
    """`name` stands for `target`; `to_target` and `from_target` convert values (finite)."""

    name: str
    target: str
    unit: str | None
    to_target: Callable[[float], float]
    from_target: Callable[[float], float]
    type: int | None = None

    def definition(self, of: ParameterDef) -> ParameterDef:
        """The alias' own line, derived from its target's."""
        bounds = [None if bound is None else self.from_target(bound) for bound in (of.minimum, of.maximum)]
        known = sorted(bound for bound in bounds if bound is not None)
        low, high = (known[0], known[1]) if len(known) == 2 else (bounds[0], bounds[1])
        kind = of.type if self.type is None else self.type
        return replace(
            of,
            name=self.name,
            type=kind,
            default=to_float32(self.from_target(of.default)),
            unit=of.unit if self.unit is None else self.unit,
            minimum=low,
            maximum=high,
            increment=None,
        )


def _same(value: float) -> float:
    return value


def _renamed(name: str, target: str) -> Alias:
    return Alias(name, target, None, _same, _same)


def _hundredth(name: str, target: str, unit: str) -> Alias:
    """A value that was in cm or centidegrees."""
    return Alias(name, target, unit, lambda value: value * 100.0, lambda value: value / 100.0, ParameterType.REAL32)


def _hundreds(name: str, target: str, unit: str) -> Alias:
    """A value that is in m or degrees now."""
    return Alias(name, target, unit, lambda value: value / 100.0, lambda value: value * 100.0, ParameterType.REAL32)


def _inverted(name: str, target: str) -> Alias:
    """A switch with the opposite sense."""
    return Alias(name, target, None, lambda value: float(not value), lambda value: float(not value))


def skip_to_check(skip: float) -> float:
    """ARMING_SKIPCHK as ARMING_CHECK: -1 skips all (0), 0 skips none (1 = all), else the bits that remain."""
    bits = int(skip)
    remain = ALL_CHECKS & ~bits
    if remain == ALL_CHECKS:
        return 1.0
    return float(remain)


def check_to_skip(check: float) -> float:
    """ARMING_CHECK as ARMING_SKIPCHK."""
    bits = int(check)
    if bits & 1:
        return 0.0
    skipped = ALL_CHECKS & ~bits
    return -1.0 if skipped == ALL_CHECKS else float(skipped)


_COMMON: Final = (
    _renamed("MAV_SYSID", "SYSID_THISMAV"),
    _renamed("MAV_GCS_SYSID", "SYSID_MYGCS"),
    _renamed("MAV_OPTIONS", "SYSID_ENFORCE"),
    Alias("ARMING_SKIPCHK", "ARMING_CHECK", None, skip_to_check, check_to_skip),
    _inverted("SIM_GPS1_ENABLE", "SIM_GPS_DISABLE"),
    Alias("SIM_ACCEL1_FAIL", "SIM_ACC_FAIL_MSK", None, lambda value: float(value != 0.0), _same, ParameterType.REAL32),
    _renamed("SIM_GPS1_NUMSATS", "SIM_GPS_NUMSATS"),
    _renamed("SIM_GPS1_JAM", "SIM_GPS_JAM"),
    _renamed("SIM_GPS1_NOISE", "SIM_GPS_NOISE"),
    _renamed("SIM_GPS1_GLTCH_X", "SIM_GPS_GLITCH_X"),
    _renamed("SIM_GPS1_GLTCH_Y", "SIM_GPS_GLITCH_Y"),
    _renamed("SIM_GPS1_GLTCH_Z", "SIM_GPS_GLITCH_Z"),
)
_COPTER: Final = (
    _hundredth("RNGFND1_MIN", "RNGFND1_MIN_CM", "m"),
    _hundredth("RNGFND1_MAX", "RNGFND1_MAX_CM", "m"),
    _hundredth("WP_SPD", "WPNAV_SPEED", "m/s"),
    _hundredth("WP_SPD_UP", "WPNAV_SPEED_UP", "m/s"),
    _hundredth("WP_SPD_DN", "WPNAV_SPEED_DN", "m/s"),
    _hundredth("WP_RADIUS_M", "WPNAV_RADIUS", "m"),
    _hundredth("WP_ACC", "WPNAV_ACCEL", "m/s/s"),
    _hundredth("WP_ACC_Z", "WPNAV_ACCEL_Z", "m/s/s"),
    _hundredth("WP_ACC_CNR", "WPNAV_ACCEL_C", "m/s/s"),
    _hundredth("RTL_ALT_M", "RTL_ALT", "m"),
    _hundredth("RTL_ALT_FINAL_M", "RTL_ALT_FINAL", "m"),
    _hundredth("RTL_CLIMB_MIN_M", "RTL_CLIMB_MIN", "m"),
    _hundredth("RTL_SPEED_MS", "RTL_SPEED", "m/s"),
    _hundredth("LAND_SPD_MS", "LAND_SPEED", "m/s"),
    _hundredth("LAND_SPD_HIGH_MS", "LAND_SPEED_HIGH", "m/s"),
    _hundredth("LAND_ALT_LOW_M", "LAND_ALT_LOW", "m"),
    _hundredth("CIRCLE_RADIUS_M", "CIRCLE_RADIUS", "m"),
    _hundredth("PILOT_TKO_ALT_M", "PILOT_TKOFF_ALT", "m"),
    _hundredth("PILOT_SPD_UP", "PILOT_SPEED_UP", "m/s"),
    _hundredth("PILOT_SPD_DN", "PILOT_SPEED_DN", "m/s"),
    _hundredth("PILOT_ACC_Z", "PILOT_ACCEL_Z", "m/s/s"),
    _hundredth("ATC_ANGLE_MAX", "ANGLE_MAX", "deg"),
    _hundredth("ATC_RATE_WPY_MAX", "ATC_SLEW_YAW", "deg/s"),
    _hundredth("ATC_ACC_R_MAX", "ATC_ACCEL_R_MAX", "deg/s/s"),
    _hundredth("ATC_ACC_P_MAX", "ATC_ACCEL_P_MAX", "deg/s/s"),
    _hundredth("ATC_ACC_Y_MAX", "ATC_ACCEL_Y_MAX", "deg/s/s"),
)

_ROVER: Final = (
    _renamed("CIRCLE_RADIUS", "CIRC_RADIUS"),
    _renamed("CIRCLE_SPEED", "CIRC_SPEED"),
    _renamed("CIRCLE_DIR", "CIRC_DIR"),
    _renamed("TURN_MAX_G", "ATC_TURN_MAX_G"),
)

_PLANE: Final = (
    _renamed("FS_GCS_ENABLE", "FS_GCS_ENABL"),
    _renamed("FS_THR_ENABLE", "THR_FAILSAFE"),
    _renamed("FS_THR_VALUE", "THR_FS_VALUE"),
    _renamed("FS_CRASH_CHECK", "CRASH_DETECT"),
    _renamed("ARSPD_FBW_MIN", "AIRSPEED_MIN"),
    _renamed("ARSPD_FBW_MAX", "AIRSPEED_MAX"),
    _hundreds("TRIM_ARSPD_CM", "AIRSPEED_CRUISE", "cm/s"),
    _hundreds("LIM_ROLL_CD", "ROLL_LIMIT_DEG", "cdeg"),
    _hundreds("LIM_PITCH_MAX", "PTCH_LIM_MAX_DEG", "cdeg"),
    _hundreds("LIM_PITCH_MIN", "PTCH_LIM_MIN_DEG", "cdeg"),
    _hundreds("ALT_HOLD_RTL", "RTL_ALTITUDE", "cm"),
)

COMMON_ALIASES: Final = {alias.name: alias for alias in _COMMON}
"""Aliases by name, of every kind of vehicle, and (below) of what flies."""
COPTER_ALIASES: Final = {alias.name: alias for alias in _COPTER}
ROVER_ALIASES: Final = {alias.name: alias for alias in _ROVER}
PLANE_ALIASES: Final = {alias.name: alias for alias in _PLANE}
"""Aliases of ground vehicles: names that versions before 1.0 had, and ArduRover has not (TURN_MAX_G: not since 4.1); of
planes: those of other firmwares for what has another name there, and ArduPlane's up to 4.4."""
