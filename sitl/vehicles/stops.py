"""Settings with which a hovering vehicle stops (`autopilot.control.reference.stop`), by the face of its firmware.

ArduCopter slows down with the acceleration of legs and the jerk of its position controller, and in BRAKE with an
acceleration of its own. What is left of the speed falls in the time in which that jerk builds up that acceleration (its
shape_vel_accel), so that from a low speed BRAKE takes a longer way. Copters with PX4's face stop alike in all modes.
"""

from __future__ import annotations

from typing import Final

from autopilot.control.reference import SHAPE
from autopilot.interface import layout as L
from sitl.vehicles.parameters import Row

#: ArduCopter's BRAKE_MODE_DECEL_RATE, m/s2.
_BRAKE: Final = 7.5
_PX4: Final = (5.0, 5.0, 12.0, 12.0, SHAPE, SHAPE)


def stop_as_arducopter(p: Row, jerk: float, jerk_z: float) -> None:
    """Set both rows of stops: with P_ACCEL and P_ACCEL_Z, hard ones with BRAKE's; jerks in m/s3."""
    for row, accel, accel_z in ((L.P_STOP_ACCEL, p[L.P_ACCEL], p[L.P_ACCEL_Z]), (L.P_HARD_STOP, _BRAKE, _BRAKE)):
        _write(p, row, (accel, accel_z, jerk, jerk_z, jerk / accel, jerk_z / accel_z))


def stop_as_px4(p: Row) -> None:
    """Set both rows of stops alike."""
    for row in (L.P_STOP_ACCEL, L.P_HARD_STOP):
        _write(p, row, _PX4)


def _write(p: Row, row: int, stop: tuple[float, ...]) -> None:
    p[row : row + len(stop)] = stop
