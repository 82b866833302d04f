"""The six positions of an accelerometer calibration, as ArduPilot leads a person through them.

The vehicle asks for one position after the other by COMMAND_LONG ACCELCAL_VEHICLE_POS, every second until the station
answers with the same command (QGroundControl 5) or a COMMAND_ACK (Mission Planner, older ones); at the end it sends
that command with SUCCESS or FAILED. Source: ArduPilot libraries/AP_AccelCal/AP_AccelCal.cpp.

The simulated sensors are calibrated: positions are taken as the person says, and nothing changes by them.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import AccelerometerPosition

POSITIONS: Final = ("level", "on its LEFT side", "on its RIGHT side", "nose DOWN", "nose UP", "on its BACK")
"""ACCELCAL_VEHICLE_POS 1 to 6, in ArduPilot's words."""
ASK_AGAIN_MS: Final = 1_000
PATIENCE_MS: Final = 120_000
"""A person who does nothing for so long has gone away."""


class AccelerometerCalibration:
    """`step` is the position that is asked for, 1 to 6, 0 when none runs."""

    def __init__(self) -> None:
        self.step = 0
        self._ask_ms = 0
        self._end_ms = 0

    @property
    def deadline_ms(self) -> int | None:
        return min(self._ask_ms, self._end_ms) if self.step else None

    def begin(self, now_ms: int) -> None:
        """Ask for the first position."""
        self._enter(1, now_ms)

    def _enter(self, step: int, now_ms: int) -> None:
        self.step = step
        self._ask_ms, self._end_ms = now_ms, now_ms + PATIENCE_MS

    def cancel(self) -> bool:
        """End it; False when none ran."""
        ran, self.step = self.step != 0, 0
        return ran

    def confirm(self, position: float | None, now_ms: int) -> int | None:
        """The vehicle lies so (None: as asked). SUCCESS when that was the last; another position than the one that was
        asked for is a late answer and changes nothing."""
        if not self.step or (position is not None and position != self.step):
            return None
        if self.step == len(POSITIONS):
            self.step = 0
            return AccelerometerPosition.SUCCESS
        self._enter(self.step + 1, now_ms)
        return None

    def due(self, now_ms: int) -> int | None:
        """What is to be sent now: the position again, FAILED when the patience is over, None: nothing."""
        if not self.step:
            return None
        if now_ms >= self._end_ms:
            self.step = 0
            return AccelerometerPosition.FAILED
        if now_ms < self._ask_ms:
            return None
        self._ask_ms = now_ms + ASK_AGAIN_MS
        return self.step

    @property
    def text(self) -> str:
        """For people."""
        return f"Place vehicle {POSITIONS[self.step - 1]} and press any key."
