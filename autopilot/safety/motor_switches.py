"""Switches that keep the motors of an armed vehicle still: the emergency stop, the interlock, the safety switch.

Each stops them wherever the vehicle is, and they turn again when it is released. By the first two a copter is disarmed
after half of DISARM_DELAY, also in the air; the third, the board's own, takes the pulses from the outputs. With the
check before a takeoff (`rotor_check`) they idle. Sources: ArduCopter/motors.cpp (auto_disarm_check, motors_output),
AP_Arming.cpp, AP_Arming_Copter.cpp, GCS_Common.cpp.
"""

from __future__ import annotations

from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.reasons import INTERLOCK_CLOSED, MOTORS_STOPPED, SAFETY_SWITCH, ArmingReason
from autopilot.interface.vehicle import MotorCut
from autopilot.mav import Severity
from autopilot.safety.rotor_check import RotorCheck

INTERLOCK = 32
"""Auxiliary function of the switch that lets the motors turn (RCn_OPTION)."""


class MotorSwitches:
    """The three switches of one vehicle."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer, helm: Helm) -> None:
        self._facts = facts
        self._announcer = announcer
        self._helm = helm
        self._stopped = False
        self._closed = False  # the interlock
        self.safe = False
        """The board's safety switch is on."""
        self.rotors = RotorCheck(facts, announcer)
        self._cut_ms: int | None = None  # since when an armed copter stands still by a switch of the pilot

    # --- what is switched -----------------------------------------------------------------------------------------
    def stop(self, on: bool) -> None:
        """The emergency stop."""
        if on != self._stopped:
            self._stopped = on
            text = "Motors Emergency Stopped" if on else "Motors Emergency Stop released"
            self._announcer.say(Severity.CRITICAL if on else Severity.INFO, text)
            self.apply()

    def close(self, on: bool) -> None:
        """The interlock: motors turn only while it is closed, on a copter whose transmitter has a switch for it."""
        self._closed = on
        self.apply()

    def secure(self, on: bool) -> None:
        """The safety switch."""
        self.safe = on
        self.apply()

    def begin(self) -> None:
        """Armed or disarmed."""
        self.rotors.begin()
        self.apply()

    def look(self, now_ms: int) -> None:
        """Look at the rotors when it is time."""
        if self.rotors.look(now_ms):
            self.apply()

    def apply(self) -> None:
        """Tell the vehicle."""
        facts = self._facts
        held = self._stopped or (self._interlocked and not self._closed)
        if not held or not facts.armed:
            self._cut_ms = None
        elif self._cut_ms is None:
            self._cut_ms = facts.now_ms
        stopped = MotorCut.STOPPED if held else MotorCut.IDLE if self.rotors.blocks else MotorCut.NONE
        self._helm.vehicle.cut_motors(MotorCut.SILENT if self.safe else stopped)

    @property
    def _interlocked(self) -> bool:
        facts = self._facts
        return facts.vehicle_class.hovers and any(facts.param(f"RC{n}_OPTION") == INTERLOCK for n in range(1, 17))

    # --- what follows ---------------------------------------------------------------------------------------------
    def reasons(self) -> list[ArmingReason]:
        """Reasons not to arm."""
        closed = self._closed and self._interlocked
        return [MOTORS_STOPPED] * self._stopped + [INTERLOCK_CLOSED] * closed + [SAFETY_SWITCH] * self.safe

    @property
    def disarm_ms(self) -> int | None:
        """Time at which a copter whose motors a pilot has stopped is disarmed, vehicle time, ms."""
        delay_s = self._facts.param("DISARM_DELAY")
        if self._cut_ms is None or delay_s <= 0.0 or not self._facts.vehicle_class.hovers:
            return None
        return self._cut_ms + int(500.0 * delay_s)
