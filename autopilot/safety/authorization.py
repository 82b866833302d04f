"""Authorization to arm by another system (https://mavlink.io/en/services/arm_authorization.html, two-step arming).

With SRT_AUTH_REQ an arm command is TEMPORARILY_REJECTED and the system SRT_AUTH_ID is asked. After it accepts, the
vehicle may be armed for the number of seconds in its answer. A forced arming does not ask. Texts: PX4's
ArmAuthorization.cpp; ArduPilot has authorizations for scripts only.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.result import Outcome
from autopilot.mav import ArmDeniedReason, Result, Severity

_NEVER: Final = -1
_TEXTS: Final = {
    ArmDeniedReason.INVALID_WAYPOINT: "Denied, waypoint {} has an invalid value",
    ArmDeniedReason.TIMEOUT: "Denied by timeout in authorizer",
    ArmDeniedReason.AIRSPACE_IN_USE: "Denied because airspace is in use",
    ArmDeniedReason.BAD_WEATHER: "Denied because of bad weather",
}


class ArmAuthorization:
    """Request to SRT_AUTH_ID for the authorization to arm, and its answer. `due_ms`: end of the wait for an answer,
    None: no request."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._until_ms = _NEVER
        self.due_ms: int | None = None

    @property
    def authorizer(self) -> int:
        """System id of the authorizer; 0, which is everybody, for a number that is none."""
        number = int(self._facts.param("SRT_AUTH_ID"))
        return number if 0 < number <= 255 else 0

    def refusal(self) -> Outcome | None:
        """Refusal, and a request to the authorizer if there is none; None: the vehicle may be armed."""
        now_ms = self._facts.now_ms
        if self._facts.param("SRT_AUTH_REQ") == 0.0 or now_ms < self._until_ms:
            return None
        if self.due_ms is None:
            self.due_ms = now_ms + round(1000.0 * self._facts.param("SRT_AUTH_WAIT"))
            self._say(Severity.INFO, "Requesting authorization...")
        return Outcome(Result.TEMPORARILY_REJECTED, "Arm auth: not authorized yet")

    def answer(self, result: int, reason: int, detail: int) -> None:
        """Take the authorizer's answer: MAV_RESULT, MAV_ARM_AUTH_DENIED_REASON, and seconds, or the invalid item."""
        if self.due_ms is None or result == Result.IN_PROGRESS:
            return
        self.due_ms = None
        if result == Result.ACCEPTED:
            self._until_ms = self._facts.now_ms + 1000 * detail
            self._say(Severity.INFO, f"Authorized for the next {detail} seconds")
        elif result == Result.TEMPORARILY_REJECTED:
            self._say(Severity.CRITICAL, "Temporarily rejected")
        elif reason != ArmDeniedReason.NONE:  # otherwise the authorizer tells the ground stations why
            texts = {int(number): text for number, text in _TEXTS.items()}
            self._say(Severity.CRITICAL, texts.get(reason, "Denied").format(detail))

    def update(self, now_ms: int) -> None:
        """End the wait for an authorizer that does not answer."""
        if self.due_ms is not None and now_ms >= self.due_ms:
            self.due_ms = None
            self._say(Severity.CRITICAL, "No response")

    def _say(self, severity: Severity, text: str) -> None:
        self._announcer.say(severity, f"Arm auth: {text}")
