"""Calibrations with a person: six positions for the accelerometer, rotation for the compass.

Accelerometer: the vehicle requests each position by COMMAND_LONG ACCELCAL_VEHICLE_POS, every second until the station
answers with the same command (QGroundControl 5) or a COMMAND_ACK (older stations); at the end it sends that command
with SUCCESS or FAILED, and a text, for which Mission Planner waits. Source: ArduPilot
libraries/AP_AccelCal/AP_AccelCal.cpp. The simulated sensors are already calibrated: positions are not measured, and
nothing changes.

Compass: MAG_CAL_PROGRESS has the covered part of the sphere, MAG_CAL_REPORT the result. Source: ArduPilot
libraries/AP_Compass/AP_Compass_Calibration.cpp. A simulated vehicle is treated as rotated evenly for `TURNING_MS`, and
the resulting offsets are its present ones.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import AccelerometerPosition, MagCalStatus
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect

POSITIONS: Final = ("level", "on its LEFT side", "on its RIGHT side", "nose DOWN", "nose UP", "on its BACK")
"""Positions of ACCELCAL_VEHICLE_POS 1 to 6, in ArduPilot's words."""
ASK_AGAIN_MS: Final = 1_000
PATIENCE_MS: Final = 120_000
"""Longest wait for a person's answer, ms."""


class AccelerometerCalibration:
    """Accelerometer calibration in six positions. `step`: requested position, 1 to 6; 0: not running."""

    def __init__(self) -> None:
        self.step = 0
        self._ask_ms = 0
        self._end_ms = 0

    @property
    def deadline_ms(self) -> int | None:
        return min(self._ask_ms, self._end_ms) if self.step else None

    def begin(self, now_ms: int, step: int = 1) -> None:
        """Request a position, by default the first."""
        self.step = step
        self._ask_ms, self._end_ms = now_ms, now_ms + PATIENCE_MS

    def cancel(self) -> None:
        """Stop the calibration if it is running."""
        self.step = 0

    def confirm(self, position: float | None, now_ms: int) -> int | None:
        """Confirm a position (None: the requested one). Returns SUCCESS after the last; a position other than the
        requested one is a late answer and is ignored."""
        if not self.step or (position is not None and position != self.step):
            return None
        if self.step == len(POSITIONS):
            self.step = 0
            return AccelerometerPosition.SUCCESS
        self.begin(now_ms, self.step + 1)
        return None

    def due(self, now_ms: int) -> int | None:
        """Position to request now, FAILED after the time limit; None: none is due."""
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
        """Text that asks a person for the next position."""
        return f"Place vehicle {POSITIONS[self.step - 1]} and press any key."


TURNING_MS: Final = 15_000
PROGRESS_EVERY_MS: Final = 200
_SECTIONS: Final = 80  # sections of the sphere, bits of completion_mask
_FITNESS: Final = 5.0  # mG; good in ArduPilot
_FIRST_COMPASS: Final = 1  # cal_mask


class CompassCalibration:
    """Compass calibration by rotation. `began_ms`: None if it is not running."""

    def __init__(self) -> None:
        self.began_ms: int | None = None
        self._progress_ms = 0
        self._autosave = True

    @property
    def deadline_ms(self) -> int | None:
        return None if self.began_ms is None else self._progress_ms

    def begin(self, now_ms: int, *, autosave: bool) -> None:
        """Begin, also while another calibration runs."""
        self.began_ms = self._progress_ms = now_ms
        self._autosave = autosave

    def cancel(self) -> None:
        """Stop without a report if it is running."""
        self.began_ms = None

    def due(self, now_ms: int, offsets: tuple[float, float, float]) -> Message | None:
        """Message that is due: progress or, at the end, the report with these `offsets` (mG)."""
        if self.began_ms is None or now_ms < self._progress_ms:
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
        self._progress_ms = now_ms + PROGRESS_EVERY_MS
        covered = (1 << round(share * _SECTIONS)) - 1
        mask = list(covered.to_bytes(_SECTIONS // 8, "little"))
        return dialect.MAVLink_mag_cal_progress_message(
            0, _FIRST_COMPASS, MagCalStatus.RUNNING_STEP_TWO, 1, round(100.0 * share), mask, 0.0, 0.0, 0.0
        )
