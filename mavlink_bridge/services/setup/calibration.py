"""Calibrations that a person leads through: the six positions of an accelerometer, a compass that is turned about.

Accelerometer: the vehicle asks for one position after the other by COMMAND_LONG ACCELCAL_VEHICLE_POS, every second
until the station answers with the same command (QGroundControl 5) or a COMMAND_ACK (Mission Planner, older ones); at
the end it sends that command with SUCCESS or FAILED. Source: ArduPilot libraries/AP_AccelCal/AP_AccelCal.cpp. The
simulated sensors are calibrated: positions are taken as the person says, and nothing changes by them.

Compass: MAG_CAL_PROGRESS tells how much of the sphere has been seen, MAG_CAL_REPORT how it ended. Source: ArduPilot
libraries/AP_Compass/AP_Compass_Calibration.cpp. Nobody can turn a simulated vehicle: it counts as turned about evenly
for `TURNING_MS`, and the offsets that it finds are those that it has.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import AccelerometerPosition, MagCalStatus
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

POSITIONS: Final = ("level", "on its LEFT side", "on its RIGHT side", "nose DOWN", "nose UP", "on its BACK")
"""ACCELCAL_VEHICLE_POS 1 to 6, in ArduPilot's words."""
ASK_AGAIN_MS: Final = 1_000
PATIENCE_MS: Final = 120_000
"""A person who does nothing for so long has gone away."""


class AccelerometerCalibration:
    """Six positions, one after the other. `step`: the one that is asked for, 1 to 6, 0 when none runs."""

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
        """Position to ask for now: it again, FAILED when the patience is over, None: none is due."""
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
        """Text that asks a person for the next step."""
        return f"Place vehicle {POSITIONS[self.step - 1]} and press any key."


TURNING_MS: Final = 15_000
TELL_EVERY_MS: Final = 200
_SECTIONS: Final = 80  # of the sphere, bits of completion_mask
_FITNESS: Final = 5.0  # mG, what ArduPilot calls good
_FIRST_COMPASS: Final = 1  # cal_mask


class CompassCalibration:
    """A compass that is turned about. `began_ms`: None when no calibration runs."""

    def __init__(self) -> None:
        self.began_ms: int | None = None
        self._tell_ms = 0
        self._autosave = True

    @property
    def deadline_ms(self) -> int | None:
        return None if self.began_ms is None else self._tell_ms

    def begin(self, now_ms: int, *, autosave: bool) -> None:
        """Begin from the start, whatever ran before."""
        self.began_ms = self._tell_ms = now_ms
        self._autosave = autosave

    def cancel(self) -> bool:
        """End it without a report; False when none ran."""
        ran, self.began_ms = self.began_ms is not None, None
        return ran

    def due(self, now_ms: int, offsets: tuple[float, float, float]) -> Message | None:
        """The message that is due: progress or, at the end, the report with these `offsets` (mG)."""
        if self.began_ms is None or now_ms < self._tell_ms:
            return None
        share = (now_ms - self.began_ms) / TURNING_MS
        if share >= 1.0:
            self.began_ms = None
            return dialect.MAVLink_mag_cal_report_message(
                0,
                _FIRST_COMPASS,
                MagCalStatus.SUCCESS,
                int(self._autosave),
                _FITNESS,
                *offsets,
                1.0,
                1.0,
                1.0,
                0.0,
                0.0,
                0.0,
            )
        self._tell_ms = now_ms + TELL_EVERY_MS
        seen = (1 << round(share * _SECTIONS)) - 1
        mask = list(seen.to_bytes(_SECTIONS // 8, "little"))
        return dialect.MAVLink_mag_cal_progress_message(
            0, _FIRST_COMPASS, MagCalStatus.RUNNING_STEP_TWO, 1, round(100.0 * share), mask, 0.0, 0.0, 0.0
        )
