"""The arming checks: what must be in order before the motors may run, in ArduPilot's words.

ARMING_CHECK selects them (bit 0: all). What it cannot switch off: the position that the mode or the fence needs, the
compass, the fence, a failsafe of the ground station, and a mode that cannot be armed in. What a flight controller says
of itself is taken as it says it. Source: ArduPilot libraries/AP_Arming/AP_Arming.cpp, ArduCopter/AP_Arming_Copter.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from autopilot import report
from autopilot.cockpit import Cockpit
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.manager import ModeChoice
from autopilot.modes.table import CopterMode
from autopilot.safety.failsafes import Failsafes

_ARM_IN_AUTO: Final = 1  # AUTO_OPTIONS bit 0
_THROTTLE_MAY_BE_HIGH: Final = (CopterMode.GUIDED, CopterMode.AUTO)


class Check(IntEnum):
    """Bits of ARMING_CHECK."""

    ALL = 0
    BARO = 1
    COMPASS = 2
    GPS = 3
    INS = 4
    PARAMETERS = 5
    RC = 6
    BATTERY = 8
    MISSION = 14


_OF_THE_VEHICLE: Final = (("Gyros", Check.INS), ("Accels", Check.INS), ("Baro", Check.BARO), ("GPS", Check.GPS))
_FIX_3D: Final = 3.0
_QUADROTOR: Final = 1.0
_POSITION: Final = ("GPS", "Need Position")


@dataclass(frozen=True, slots=True)
class ArmingChecks:
    """The checks of one vehicle. `more`: reasons that other parts of the autopilot have (fence); `throttle_raised`: by
    the pilot's stick."""

    cockpit: Cockpit
    modes: ModeChoice
    auto: AutoMode
    mission: MissionStorage
    failsafes: Failsafes
    more: Callable[[], Sequence[str]]
    throttle_raised: Callable[[], bool]

    def before(self) -> list[str]:
        """Why the vehicle may not be armed, without "PreArm: "; empty = ready."""
        found = [*self._vehicle(), *self._position()]
        if self._checked(Check.GPS) and not self.cockpit.rover and self._blurred():
            found.append("High GPS HDOP")
        if self._checked(Check.MISSION) and self.modes.mode is self.auto and not self.mission.total():
            found.append("Mode requires mission")
        if self._checked(Check.PARAMETERS):
            found.extend(self._parameters())
        if self._checked(Check.BATTERY):
            found.extend(self._battery())
        if self._checked(Check.RC) and self.failsafes.sticks.lost:
            found.append("Radio failsafe on")
        if self.failsafes.ground_station.lost:
            found.append("GCS failsafe on")
        found.extend(self.more())
        return found

    def at_arming(self) -> list[str]:
        """Checks of the moment of arming itself."""
        spec, cockpit = self.modes.spec, self.cockpit
        if self.modes.mode is self.auto and not cockpit.rover:
            if not int(cockpit.param("AUTO_OPTIONS")) & _ARM_IN_AUTO:
                return [f"{spec.title} mode not armable"]
            if cockpit.landed and self.mission.total() and self.auto.missing_takeoff():
                return ["Auto: Missing Takeoff Cmd"]
        elif not spec.arming:
            return ["Mode not armable" if cockpit.rover else f"{spec.title} mode not armable"]
        by_hand = not cockpit.rover and self.modes.number not in _THROTTLE_MAY_BE_HIGH
        if by_hand and self._checked(Check.RC) and self.throttle_raised():
            return ["Throttle too high"]
        return []

    # --- each ---------------------------------------------------------------------------------------------------------
    def _checked(self, check: Check) -> bool:
        mask = int(self.cockpit.param("ARMING_CHECK", 1.0))
        return bool(mask & (1 << Check.ALL | 1 << check))

    def _vehicle(self) -> Iterator[str]:
        """The vehicle's own, less those that are switched off. What stands without a position is no obstacle to a mode
        that needs none, once there has been one: until then the sensors are still starting."""
        vehicle = self.cockpit.vehicle
        unneeded = vehicle.origin is not None and not self.modes.spec.position
        for reason in vehicle.armable_reasons:
            check = next((bit for prefix, bit in _OF_THE_VEHICLE if reason.startswith(prefix)), None)
            skipped = (check is not None and not self._checked(check)) or (unneeded and reason.startswith(_POSITION))
            if vehicle.capabilities.own_checks or not skipped:
                yield reason

    def _position(self) -> Iterator[str]:
        known = "Need Position Estimate" in self.cockpit.vehicle.armable_reasons
        if self.modes.spec.position and not self.cockpit.has_position and not known:
            yield "Need Position Estimate"

    def _blurred(self) -> bool:
        """There is a fix, and it is not good enough for the mode."""
        vector = self.cockpit.vehicle.state.report
        limit = self.cockpit.param("GPS_HDOP_GOOD", 140.0)
        return (
            self.modes.spec.position and vector[report.GPS_FIX] >= _FIX_3D and 100.0 * vector[report.GPS_HDOP] > limit
        )

    def _parameters(self) -> Iterator[str]:
        """Of a copter; a controller checks its own."""
        if self.cockpit.rover or self.cockpit.vehicle.capabilities.own_checks:
            return
        param = self.cockpit.param
        if param("FRAME_CLASS", 1.0) != _QUADROTOR:
            yield "Motors: Check frame class and type"
        limit = param("FS_THR_VALUE", 975.0)
        if param("FS_THR_ENABLE", 1.0) != 0.0 and (param("RC3_MIN", 1000.0) <= limit + 10.0 or limit < 910.0):
            yield "Check FS_THR_VALUE"
        if param("FS_GCS_ENABLE") == 2.0:
            yield "FS_GCS_ENABLE=2 removed, see FS_OPTIONS"
        if not 1000.0 <= param("ANGLE_MAX", 3000.0) <= 8000.0:
            yield "Check ANGLE_MAX"
        if param("PILOT_SPEED_UP", 250.0) <= 0.0:
            yield "Check PILOT_SPEED_UP"

    def _battery(self) -> list[str]:
        """The first of its complaints: they follow from each other."""
        vector, param = self.cockpit.vehicle.state.report, self.cockpit.param
        left = param("BATT_CAPACITY", 3300.0) - vector[report.BATT_MAH]
        sag_free = int(param("BATT_FS_VOLTSRC")) == 1
        volts = vector[report.BATT_V_REST if sag_free else report.BATT_V]
        low, critical = param("BATT_LOW_VOLT"), param("BATT_CRT_VOLT")
        low_charge, critical_charge = param("BATT_LOW_MAH"), param("BATT_CRT_MAH")
        found = (
            (
                param("BATT_ARM_VOLT") > 0.0 and vector[report.BATT_V] < param("BATT_ARM_VOLT"),
                "below minimum arming voltage",
            ),
            (param("BATT_ARM_MAH") > 0.0 and left < param("BATT_ARM_MAH"), "below minimum arming capacity"),
            (0.0 < volts < low, "low voltage failsafe"),
            (low_charge > 0.0 and left < low_charge, "low capacity failsafe"),
            (0.0 < volts < critical, "critical voltage failsafe"),
            (critical_charge > 0.0 and left < critical_charge, "critical capacity failsafe"),
            (0.0 < low_charge <= critical_charge, "capacity failsafe critical >= low"),
            (0.0 < low <= critical, "voltage failsafe critical >= low"),
        )
        return [f"Battery 1 {text}" for wrong, text in found if wrong][:1]
