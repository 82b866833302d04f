"""Remote identification: the data about the vehicle and its operator, and the arming check for it.

With DID_OPTIONS bit 0 arming needs an identification, an operator's place, and a transmitter without an error, in the
order and with the texts of ArduPilot's AP_OpenDroneID (pre_arm_check). ARMING_CHECK does not disable this, and a forced
arming does not bypass it.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.reasons import ArmingReason
from autopilot.mav import Severity

ENFORCED: Final = 1
WITHOUT_GPS: Final = 2
LOCKED: Final = 4
"""Bits of DID_OPTIONS."""
_STALE_MS: Final = 3000
_LOST_MS: Final = 5000


class RemoteId:
    """Remote identification; see the module. `identified`: a BASIC_ID with a type is known; `operator`: degrees."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self.identified = False
        self.operator = (0.0, 0.0)
        self._transmitter_ms: int | None = None
        self._transmitter_error: str  # of the last ARM_STATUS; empty: good to arm
        self._operator_ms: int | None = None
        self._lost_ms: int | None = None  # time of the last text about a lost transmitter
        self._unknown_ms = 0  # time of the last text about the operator's place

    @property
    def enabled(self) -> bool:
        return self._facts.param("DID_ENABLE") != 0.0

    def option(self, bit: int) -> bool:
        """True if this bit of DID_OPTIONS is set."""
        return self._facts.option("DID_OPTIONS", bit)

    def transmitter_heard(self, error: str, now_ms: int) -> None:
        """Take an ARM_STATUS; `error`: reason not to arm."""
        self._transmitter_error, self._transmitter_ms = error, now_ms

    def operator_heard(self, lat: float, lon: float, now_ms: int) -> None:
        """Take the operator's place, degrees."""
        self.operator, self._operator_ms = (lat, lon), now_ms

    def complaints(self) -> list[ArmingReason]:
        """The first reason to refuse arming; none if DID_OPTIONS does not require an identification."""
        text = self._complaint() if self.option(ENFORCED) else ""
        return [ArmingReason(f"OpenDroneID: {text}")] if text else []

    def _complaint(self) -> str:
        if not self.enabled:
            return "DID_ENABLE must be 1"
        if not self.identified:
            return "UA_TYPE required in BasicID"
        if self.operator == (0.0, 0.0):
            return "operator location must be set"
        if self._older(self._transmitter_ms, _STALE_MS):
            return "ARM_STATUS not available"
        if self._older(self._operator_ms, _STALE_MS):
            return "SYSTEM not available"
        return self._transmitter_error

    def watch(self, now_ms: int) -> None:
        """Announce a lost transmitter or operator's place every 5 s, and the transmitter's return."""
        if self._older(self._transmitter_ms, _LOST_MS):
            if self._lost_ms is None or now_ms - self._lost_ms > _LOST_MS:
                self._lost_ms = now_ms
                self._announcer.say(Severity.WARNING, "ODID: lost transmitter")
        elif self._lost_ms is not None:
            self._lost_ms = None
            self._announcer.say(Severity.INFO, "ODID: transmitter OK")
        if self._older(self._operator_ms, _LOST_MS) and now_ms - self._unknown_ms > _LOST_MS:
            self._unknown_ms = now_ms
            self._announcer.say(Severity.WARNING, "ODID: lost operator location")

    def _older(self, heard_ms: int | None, limit_ms: int) -> bool:
        return heard_ms is None or self._facts.now_ms - heard_ms > limit_ms
