"""Use of the pitot tube of wings: a switch takes it out of use, and so does a check of what it shows (ARSPD_WIND_MAX;
ARSPD_WIND_WARN only warns).

Five times a second the tube's airspeed is compared with the speed over ground, and the probability that the tube is
healthy falls by a tenth (implausible) or grows towards 1 by a fiftieth. Below a tenth the tube goes out of use
(ARSPD_USE becomes 0, until the next start at the latest), above 0.95 it is used again. ARSPD_OPTIONS allows both.

A tube out of use must also agree with the airspeed that follows from the ground speed and the wind. ArduPilot asks its
estimator about a used tube too; Sortie's believes a used tube, so there is nothing to compare it with. Source:
ArduPilot's AP_Airspeed_Health.cpp and AP_Airspeed::use.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from typing import Final

from autopilot.context.turns import next_multiple
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface import report
from autopilot.interface.mathematics import hypot
from autopilot.mav import Sensor, Severity

_LIMITS: Final = ("ARSPD_WIND_MAX", "ARSPD_WIND_WARN")
_LOOK_MS: Final = 200
_FALL, _GROW = 0.9, 0.98
_FAILED, _HEALTHY = 0.1, 0.95  # probabilities of a healthy tube
_DEVIATION_MPS: Final = 1.4  # standard deviation of an airspeed; EK3_EAS_M_NSE
_STRICTER: Final = 0.7  # share of ARSPD_WIND_GATE that brings a tube back
_WARN_AGAIN_MS: Final = 15_000


class AirspeedOption(IntFlag):
    """Bits of ARSPD_OPTIONS."""

    DISABLE = 1
    ENABLE_AGAIN = 2
    CONSISTENT = 8


class AirspeedUse:
    """Whether the pitot tube of one vehicle is used. `set_value` sets a parameter without storing it."""

    def __init__(
        self, facts: VehicleFacts, announcer: Announcer, helm: Helm, set_value: Callable[[str, float], object]
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._set_value = set_value
        self._switched_off = False
        self._healthy = 1.0
        self._failed_use = 0.0  # ARSPD_USE before the check took the tube out of use; 0: it did not
        self._warned_ms: int | None = None
        self._due_ms: int | None = None
        self.used = helm.vehicle.capabilities.own_modes or facts.param("ARSPD_USE") != 0.0
        """True if the tube is to be flown by; also with a flight controller, which has its own checks."""
        self.parameter_changed("ARSPD_WIND_MAX")

    def next_deadline_ms(self) -> int | None:
        return self._due_ms

    @property
    def fitted(self) -> bool:
        """False without a tube (ARSPD_TYPE 0)."""
        return self._helm.vehicle.capabilities.own_modes or self._facts.param("ARSPD_TYPE") != 0.0

    def switch_off(self, off: bool) -> None:
        """Take the tube out of use by a switch, or end this."""
        self._switched_off = off
        self._tell()

    def _tell(self) -> None:
        use = 0.0 if self._switched_off else self._facts.param("ARSPD_USE")
        self.used = self._helm.vehicle.capabilities.own_modes or use != 0.0
        self._helm.vehicle.set_parameter("ARSPD_USE", use)

    def parameter_changed(self, name: str) -> None:
        """Keep a switched tube out of use, and check from now on while there is a limit."""
        if name == "ARSPD_USE":
            self._tell()
        elif name in _LIMITS:
            self._healthy = 1.0
            own_checks = self._helm.vehicle.capabilities.own_modes
            checked = not own_checks and any(self._facts.param(limit) > 0.0 for limit in _LIMITS)
            self._due_ms = next_multiple(self._facts.now_ms, _LOOK_MS) if checked else None

    # --- the check ------------------------------------------------------------------------------------------------
    def update(self, now_ms: int) -> None:
        """Compare the tube with the speed over ground if it is time."""
        if self._due_ms is None or now_ms < self._due_ms:
            return
        self._due_ms = next_multiple(now_ms, _LOOK_MS)
        vector = self._facts.vehicle.state.report
        if vector[report.PITOT] <= 0.0:
            return
        if not int(vector[report.SENSORS_HEALTHY]) & Sensor.GPS:
            self._use_again("Airspeed sensor 1, Re-enabled as GPS fall-back")
            return
        apart = self._apart()
        limit = self._facts.param("ARSPD_WIND_MAX")
        bad = 0.0 < limit < apart or not self._consistent()
        self._healthy = _FALL * self._healthy if bad else _GROW * self._healthy + (1.0 - _GROW)
        if self._facts.param("ARSPD_USE") > 0.0:
            self._check_used(apart, limit, now_ms)
        elif self._healthy > _HEALTHY and self._allows(AirspeedOption.ENABLE_AGAIN):
            self._use_again("Airspeed sensor 1 now OK. Re-enabled")

    def _apart(self) -> float:
        """Difference between airspeed and speed over ground, m/s."""
        vector = self._facts.vehicle.state.report
        ground = hypot(hypot(vector[report.VN], vector[report.VE]), vector[report.VD])
        return abs(float(vector[report.PITOT]) - ground)

    def _consistent(self) -> bool:
        """True for a used tube; otherwise if it agrees with the airspeed that ground speed and wind give."""
        gate = self._facts.param("ARSPD_WIND_GATE")
        if self._facts.param("ARSPD_USE") > 0.0 or gate <= 0.0 or not self._allows(AirspeedOption.CONSISTENT):
            return True
        vector = self._facts.vehicle.state.report
        off = abs(float(vector[report.PITOT]) - float(vector[report.AIR_SPEED]))
        return off <= _STRICTER * gate * _DEVIATION_MPS

    def _check_used(self, apart: float, limit: float, now_ms: int) -> None:
        if self._healthy < _FAILED and self._allows(AirspeedOption.DISABLE):
            self._announcer.say(Severity.ERROR, "Airspeed sensor 1 failure. Disabling")
            self._failed_use = self._facts.param("ARSPD_USE")
            self._set_value("ARSPD_USE", 0.0)
        limits = (limit, self._facts.param("ARSPD_WIND_WARN"))
        least = min(margin for margin in limits if margin > 0.0)
        if apart > least and (self._warned_ms is None or now_ms - self._warned_ms > _WARN_AGAIN_MS):
            self._warned_ms = now_ms
            self._announcer.say(Severity.WARNING, f"Airspeed 1 warning {apart:.1f}m/s air to gnd speed diff")

    def _use_again(self, text: str) -> None:
        """Use a tube again that the check took out of use, and a person has not brought back since."""
        if self._failed_use == 0.0 or self._facts.param("ARSPD_USE") > 0.0:
            return
        self._announcer.say(Severity.NOTICE, text)
        self._set_value("ARSPD_USE", self._failed_use)
        self._failed_use = 0.0

    def _allows(self, option: AirspeedOption) -> bool:
        return option in AirspeedOption(int(self._facts.param("ARSPD_OPTIONS")))
