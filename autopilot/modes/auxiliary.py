"""Auxiliary functions by number (ArduPilot RC_Channel.h), and the positions of their switches."""

from __future__ import annotations

from typing import Final

LOW, MIDDLE, HIGH = 0, 1, 2

SAVE_WAYPOINT: Final = 7
CAMERA_TRIGGER: Final = 9
RANGE_FINDER: Final = 10
FENCE: Final = 11
SPRAYER: Final = 15
GRIPPER: Final = 19
PARACHUTE_ENABLE: Final = 21
PARACHUTE_RELEASE: Final = 22
PARACHUTE: Final = 23
MISSION_RESET: Final = 24
LANDING_GEAR: Final = 29
MOTOR_STOP: Final = 31
MOTOR_INTERLOCK: Final = 32
AVOID_AIRCRAFT: Final = 38
PRECISION_LOITER: Final = 39
PROXIMITY_AVOIDANCE: Final = 40
INVERTED: Final = 43
WINCH: Final = 44
RC_OVERRIDES: Final = 46
CLEAR_MISSION: Final = 58
ZIGZAG_PLACES: Final = 61
GENERATOR: Final = 85
MODE_SWITCH_RESET: Final = 96
AIRSPEED_UNUSED: Final = 106
ARM_DISARM: Final = 153
MOUNT_LOCK: Final = 163
LANDING_ABORT: Final = 173
RELAYS: Final = {28: 0, 34: 1, 35: 2, 36: 3, 66: 4, 67: 5}
OF_MISSION: Final = frozenset({SAVE_WAYPOINT, MISSION_RESET, CLEAR_MISSION})
"""Functions that change the stored mission, or its current item."""
READ_AT_FIRST: Final = frozenset({
    RANGE_FINDER, FENCE, MOTOR_STOP, MOTOR_INTERLOCK, PRECISION_LOITER, MOUNT_LOCK, RC_OVERRIDES, PARACHUTE_ENABLE,
    PARACHUTE, PROXIMITY_AVOIDANCE, AIRSPEED_UNUSED, AVOID_AIRCRAFT,
})  # fmt: skip
"""Functions that act by the position of their switch at power-on, also a low one."""
