"""The arming checks: what must be in order before the motors may run, in ArduPilot's words.

ARMING_CHECK selects them (bit 0: all). What it cannot switch off: the position that the mode or the fence needs, the
compass, the fence, a failsafe of the ground station, and a mode that cannot be armed in. What a flight controller says
of itself is taken as it says it. Source: ArduPilot libraries/AP_Arming/AP_Arming.cpp, ArduCopter/AP_Arming_Copter.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface import report
from autopilot.interface.reasons import NEED_POSITION, ArmingReason, Check
from autopilot.mission.storage import MissionStorage
from autopilot.modes.auto import AutoMode
from autopilot.modes.manager import ModeChoice
from autopilot.safety.failsafes import Failsafes

_ARM_IN_AUTO: Final = 1  # AUTO_OPTIONS bit 0


_FIX_3D: Final = 3.0
_QUADROTOR: Final = 1.0


@dataclass(frozen=True, slots=True)
class ArmingChecks:
    """The checks of one vehicle. `more`: reasons that other parts of the autopilot have (fence); `throttle_raised`: by
    the pilot's stick."""

    facts: VehicleFacts
    modes: ModeChoice
    auto: AutoMode
    mission: MissionStorage
    failsafes: Failsafes
    more: Callable[[], Sequence[ArmingReason]]
    throttle_raised: Callable[[], bool]

    def before(self) -> list[ArmingReason]:
        """Why the vehicle may not be armed; empty = ready."""
        found = [*self._vehicle(), *self._position()]
        if self._checked(Check.GPS) and self.facts.vehicle_class.has_height:
            found.extend(self._blurred())
        if self._checked(Check.MISSION) and self.modes.mode is self.auto and not self.mission.total():
            found.append(ArmingReason("Mode requires mission", Check.MISSION))
        if self._checked(Check.PARAMETERS):
            found.extend(self._parameters())
        if self._checked(Check.BATTERY):
            found.extend(self._battery())
        if self._checked(Check.RC) and self.failsafes.misses_sticks:
            found.append(ArmingReason("Radio failsafe on", Check.RC))
        if self.failsafes.misses_station:
            found.append(ArmingReason("GCS failsafe on"))
        found.extend(self.more())
        return found

    def at_arming(self) -> list[ArmingReason]:
        """Checks of the moment of arming itself."""
        spec, facts = self.modes.spec, self.facts
        kind = facts.vehicle_class
        if self.modes.mode is self.auto and kind.has_height:
            if not int(facts.param("AUTO_OPTIONS")) & _ARM_IN_AUTO:
                return [ArmingReason(f"{spec.title} mode not armable")]
            if facts.landed and self.mission.total() and self.auto.missing_takeoff():
                return [ArmingReason("Auto: Missing Takeoff Cmd")]
        elif not spec.arming:
            return [ArmingReason(kind.texts.not_armable.format(mode=spec.title))]
        with_throttle_up = kind.modes.with_throttle_up
        by_hand = with_throttle_up is not None and self.modes.number not in with_throttle_up
        if by_hand and self._checked(Check.RC) and self.throttle_raised():
            return [ArmingReason("Throttle too high", Check.RC)]
        return []

    # --- each ---------------------------------------------------------------------------------------------------------
    def _checked(self, check: Check) -> bool:
        mask = int(self.facts.param("ARMING_CHECK", 1.0))
        return bool(mask & (1 << Check.ALL | 1 << check))

    def _vehicle(self) -> Iterator[ArmingReason]:
        """The vehicle's own, less those that are switched off. What stands without a position is no obstacle to a mode
        that needs none, once there has been one: until then the sensors are still starting."""
        vehicle = self.facts.vehicle
        unneeded = vehicle.origin is not None and not self.modes.spec.position
        for reason in vehicle.armable_reasons:
            off = reason.check is not None and not self._checked(reason.check)
            skipped = off or (unneeded and reason.positional)
            if vehicle.capabilities.own_checks or not skipped:
                yield reason

    def _position(self) -> Iterator[ArmingReason]:
        known = NEED_POSITION in self.facts.vehicle.armable_reasons
        if self.modes.spec.position and not self.facts.has_position and not known:
            yield NEED_POSITION

    def _blurred(self) -> Iterator[ArmingReason]:
        """There is a fix, and it is not good enough for the mode."""
        vector = self.facts.vehicle.state.report
        limit = self.facts.param("GPS_HDOP_GOOD", 140.0)
        blur = float(100.0 * vector[report.GPS_HDOP])
        if self.modes.spec.position and vector[report.GPS_FIX] >= _FIX_3D and blur > limit:
            yield ArmingReason("High GPS HDOP", Check.GPS, blur, limit)

    def _parameters(self) -> Iterator[ArmingReason]:
        """Of what flies; a controller checks its own."""
        if not self.facts.vehicle_class.has_height or self.facts.vehicle.capabilities.own_checks:
            return
        param = self.facts.param
        if param("FRAME_CLASS", 1.0) != _QUADROTOR:
            yield ArmingReason("Motors: Check frame class and type", Check.PARAMETERS)
        limit = param("FS_THR_VALUE", 975.0)
        if param("FS_THR_ENABLE", 1.0) != 0.0 and (param("RC3_MIN", 1000.0) <= limit + 10.0 or limit < 910.0):
            yield ArmingReason("Check FS_THR_VALUE", Check.PARAMETERS)
        if param("FS_GCS_ENABLE") == 2.0:
            yield ArmingReason("FS_GCS_ENABLE=2 removed, see FS_OPTIONS", Check.PARAMETERS)
        if not 1000.0 <= param("ANGLE_MAX", 3000.0) <= 8000.0:
            yield ArmingReason("Check ANGLE_MAX", Check.PARAMETERS)
        if param("PILOT_SPEED_UP", 250.0) <= 0.0:
            yield ArmingReason("Check PILOT_SPEED_UP", Check.PARAMETERS)

    def _battery(self) -> list[ArmingReason]:
        """The first of its complaints: they follow from each other."""
        vector, param = self.facts.vehicle.state.report, self.facts.param
        left = float(param("BATT_CAPACITY", 3300.0) - vector[report.BATT_MAH])
        loaded = float(vector[report.BATT_V])
        volts = float(vector[report.BATT_V_REST]) if int(param("BATT_FS_VOLTSRC")) == 1 else loaded
        arm_volts, arm_charge = param("BATT_ARM_VOLT"), param("BATT_ARM_MAH")
        low, critical = param("BATT_LOW_VOLT"), param("BATT_CRT_VOLT")
        low_charge, critical_charge = param("BATT_LOW_MAH"), param("BATT_CRT_MAH")
        found = (
            (arm_volts > 0.0 and loaded < arm_volts, "below minimum arming voltage", loaded, arm_volts),
            (arm_charge > 0.0 and left < arm_charge, "below minimum arming capacity", left, arm_charge),
            (0.0 < volts < low, "low voltage failsafe", volts, low),
            (low_charge > 0.0 and left < low_charge, "low capacity failsafe", left, low_charge),
            (0.0 < volts < critical, "critical voltage failsafe", volts, critical),
            (critical_charge > 0.0 and left < critical_charge, "critical capacity failsafe", left, critical_charge),
            (0.0 < low_charge <= critical_charge, "capacity failsafe critical >= low", critical_charge, low_charge),
            (0.0 < low <= critical, "voltage failsafe critical >= low", critical, low),
        )
        reasons = [
            ArmingReason(f"Battery 1 {text}", Check.BATTERY, value, limit)
            for wrong, text, value, limit in found
            if wrong
        ]
        return reasons[:1]
