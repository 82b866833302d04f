"""A compass calibration: progress while the vehicle is turned about, then a report.

MAG_CAL_PROGRESS tells how much of the sphere has been seen, MAG_CAL_REPORT how it ended. Source: ArduPilot
libraries/AP_Compass/AP_Compass_Calibration.cpp. Nobody can turn a simulated vehicle: it counts as turned about evenly
for `TURNING_MS`, and the offsets that it finds are those that it has.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import MagCalStatus
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

TURNING_MS: Final = 15_000
TELL_EVERY_MS: Final = 200
_SECTIONS: Final = 80  # of the sphere, bits of completion_mask
_FITNESS: Final = 5.0  # mG, what ArduPilot calls good
_FIRST_COMPASS: Final = 1  # cal_mask


class CompassCalibration:
    """`began_ms`: None when none runs."""

    def __init__(self) -> None:
        self.began_ms: int | None = None
        self._tell_ms = 0
        self._autosave = True

    @property
    def deadline_ms(self) -> int | None:
        return None if self.began_ms is None else self._tell_ms

    def begin(self, now_ms: int, *, autosave: bool) -> None:
        """From the start, whatever ran before."""
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
