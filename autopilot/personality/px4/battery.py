"""Battery level in PX4's way: by charge and by resting voltage, compared with the level at arming.

Source: PX4 1.16 src/lib/battery/battery.cpp (`estimateStateOfCharge`), HealthAndArmingChecks/checks/batteryCheck.cpp.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.turns import next_multiple
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface import report
from autopilot.mav import Severity
from autopilot.personality.px4.failsafe_rules import Cause
from autopilot.personality.px4.parameters import Px4Parameters

LOOK_MS: Final = 1000
TEXTS: Final = {  # from the mildest to the worst
    Cause.BATTERY_LOW: (Severity.WARNING, "Low battery"),
    Cause.BATTERY_CRITICAL: (Severity.EMERGENCY, "Critical battery"),
    Cause.BATTERY_EMERGENCY: (Severity.EMERGENCY, "Emergency battery level"),
}  # fmt: skip
_LEVELS: Final = (None, *TEXTS)
_THRESHOLDS: Final = (  # from the worst to the mildest
    (Cause.BATTERY_EMERGENCY, "BAT_EMERGEN_THR"), (Cause.BATTERY_CRITICAL, "BAT_CRIT_THR"),
    (Cause.BATTERY_LOW, "BAT_LOW_THR"),
)  # fmt: skip


class Px4BatteryLevel:
    """Battery level by charge and resting voltage. `level`: None while it is high enough; `due_ms`: time of the next
    look, None while disarmed."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, parameters: Px4Parameters) -> None:
        self._facts = facts
        self._announcer = announcer
        self._parameters = parameters
        self._at_arming: Cause | None = None
        self._by_voltage = 1.0  # charge by the voltage at the last look
        self.level: Cause | None = None
        self.due_ms: int | None = None

    def armed(self, armed: bool) -> None:
        """Begin, or end, a flight with this battery."""
        self._by_voltage = 1.0
        self.level = self._at_arming = self._level_of(self._counted) if armed else None
        self.due_ms = next_multiple(self._facts.now_ms, LOOK_MS) if armed else None

    @property
    def has_fallen(self) -> bool:
        """True if the level is lower than at arming. An equal level only causes a warning."""
        return _LEVELS.index(self.level) > _LEVELS.index(self._at_arming)

    def look(self, now_ms: int) -> None:
        """Check the battery if it is time."""
        if self.due_ms is not None and now_ms >= self.due_ms:
            self.due_ms = next_multiple(now_ms, LOOK_MS)
            self.is_at(self._level_of(self._charge()))

    def is_at(self, level: Cause | None) -> None:
        """Take a level that is worse than the last one, and announce it."""
        if level is not None and _LEVELS.index(level) > _LEVELS.index(self.level):
            self.level = level
            self._announcer.say(*TEXTS[level])

    @property
    def _counted(self) -> float:
        return float(self._facts.vehicle.state.report[report.BATT_FRACTION])

    def _charge(self) -> float:
        """Charge as a share: the counted one, or the lower one of a resting voltage that has lasted from one look to
        the next (PX4 filters the voltage). So a pack with less than BAT1_CAPACITY is recognized as empty."""
        param, before = self._parameters, self._by_voltage
        cell = float(self._facts.vehicle.state.report[report.BATT_V_REST]) / max(param["BAT1_N_CELLS"], 1.0)
        empty, full = param["BAT1_V_EMPTY"], param["BAT1_V_CHARGED"]
        measured = cell > 0.0 and full > empty
        self._by_voltage = min(max((cell - empty) / (full - empty), 0.0), 1.0) if measured else 1.0
        return min(self._counted, max(before, self._by_voltage))

    def _level_of(self, charge: float) -> Cause | None:
        return next((level for level, name in _THRESHOLDS if charge < self._parameters[name]), None)
