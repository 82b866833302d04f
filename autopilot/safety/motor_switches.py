"""Switches that stop the motors of an armed vehicle: the emergency stop, the interlock, the safety switch.

Each stops them on the ground and in the air, and they turn again when it is released. The first two disarm a copter
after half of DISARM_DELAY, also in the air. The third, on the board, removes the pulses of the outputs. During the
check before a takeoff (`rotor_check`) the motors idle. Sources: ArduCopter/motors.cpp (auto_disarm_check,
motors_output), AP_Arming.cpp, AP_Arming_Copter.cpp, GCS_Common.cpp.
"""

from __future__ import annotations

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.reasons import INTERLOCK_CLOSED, MOTORS_STOPPED, SAFETY_SWITCH, ArmingReason
from autopilot.interface.vehicle import MotorCut
from autopilot.mav import Severity
from autopilot.modes.auxiliary import MOTOR_INTERLOCK
from autopilot.safety.rotor_check import RotorCheck


class MotorSwitches:
    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._stopped = False
        self._closed = False  # True while the interlock is closed
        self.safe = False
        """True while the board's safety switch is on."""
        self.rotors = RotorCheck(facts, announcer)
        self._cut_ms: int | None = None  # time since which an armed copter stands still by a pilot's switch

    # --- what is switched -----------------------------------------------------------------------------------------
    def stop(self, on: bool) -> None:
        if on != self._stopped:
            self._stopped = on
            text = "Motors Emergency Stopped" if on else "Motors Emergency Stop released"
            self._announcer.say(Severity.CRITICAL if on else Severity.INFO, text)
            self.apply()

    def close(self, on: bool) -> None:
        """Set the interlock: motors turn only while it is closed, on a copter whose transmitter has a switch for it."""
        self._closed = on
        self.apply()

    def secure(self, on: bool) -> None:
        self.safe = on
        self.apply()

    def begin(self) -> None:
        """Begin after arming or disarming."""
        self.rotors.begin()
        self.apply()

    def look(self, now_ms: int) -> None:
        """Check the rotors if it is time."""
        if self.rotors.look(now_ms):
            self.apply()

    def apply(self) -> None:
        facts = self._facts
        off = self._stopped or (self._interlocked and not self._closed)
        if not off or not facts.armed:
            self._cut_ms = None
        elif self._cut_ms is None:
            self._cut_ms = facts.now_ms
        stopped = MotorCut.STOPPED if off else MotorCut.IDLE if self.rotors.blocks else MotorCut.NONE
        self._helm.vehicle.cut_motors(MotorCut.SILENT if self.safe else stopped)

    @property
    def _interlocked(self) -> bool:
        facts = self._facts
        return facts.vehicle_class.hovers and any(facts.param(f"RC{n}_OPTION") == MOTOR_INTERLOCK for n in range(1, 17))

    # --- what follows ---------------------------------------------------------------------------------------------
    def reasons(self) -> list[ArmingReason]:
        closed = self._closed and self._interlocked
        return [MOTORS_STOPPED] * self._stopped + [INTERLOCK_CLOSED] * closed + [SAFETY_SWITCH] * self.safe

    @property
    def disarm_ms(self) -> int | None:
        """Vehicle time at which a copter with motors stopped by a pilot is disarmed, ms."""
        delay_s = self._facts.param("DISARM_DELAY")
        if self._cut_ms is None or delay_s <= 0.0 or not self._facts.vehicle_class.hovers:
            return None
        return self._cut_ms + int(500.0 * delay_s)
