"""Why something happened, as types: what decides reads these, and the words for people are made from them.

The numbers are ArduPilot's own (AP_Vehicle/ModeReason.h, AP_Arming/AP_Arming.h `Method`): a DataFlash log carries them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ModeReason(IntEnum):
    """Why the flight mode changed: ArduPilot's ModeReason, those that Sortie has a use for."""

    UNKNOWN = 0
    RC_COMMAND = 1
    GCS_COMMAND = 2
    RADIO_FAILSAFE = 3
    BATTERY_FAILSAFE = 4
    GCS_FAILSAFE = 5
    EKF_FAILSAFE = 6
    MISSION_END = 8
    FENCE_BREACHED = 10
    TERMINATE = 17
    CRASH_FAILSAFE = 19
    FAILSAFE = 25
    MISSION_CMD = 41
    AUX_FUNCTION = 53

    @property
    def text(self) -> str:
        """For people."""
        return MODE_TEXTS[self]


MODE_TEXTS: Final[dict[ModeReason, str]] = {
    ModeReason.UNKNOWN: "somebody else",
    ModeReason.RC_COMMAND: "mode switch",
    ModeReason.GCS_COMMAND: "GCS command",
    ModeReason.RADIO_FAILSAFE: "Radio Failsafe",
    ModeReason.BATTERY_FAILSAFE: "Battery Failsafe",
    ModeReason.GCS_FAILSAFE: "GCS Failsafe",
    ModeReason.EKF_FAILSAFE: "EKF Failsafe",
    ModeReason.MISSION_END: "end of the flight",
    ModeReason.FENCE_BREACHED: "Fence breach",
    ModeReason.TERMINATE: "terminated",
    ModeReason.CRASH_FAILSAFE: "crash",
    ModeReason.FAILSAFE: "Wind Failsafe",
    ModeReason.MISSION_CMD: "mission",
    ModeReason.AUX_FUNCTION: "auxiliary function",
}
BY_WISH: Final = frozenset(
    {ModeReason.RC_COMMAND, ModeReason.GCS_COMMAND, ModeReason.AUX_FUNCTION, ModeReason.MISSION_CMD}
)
"""Somebody wanted the mode; any other reason is a failsafe, or not known."""


class ArmingMethod(IntEnum):
    """By what the vehicle was armed or disarmed: AP_Arming::Method."""

    MAVLINK = 1
    TERMINATION = 5
    BATTERY_FAILSAFE = 7
    CRASH = 12
    LANDED = 13
    FENCE_BREACH = 15
    RADIO_FAILSAFE = 16
    DISARM_DELAY = 17
    GCS_FAILSAFE = 18
    FAILSAFE_TERMINATE = 20
    EKF_FAILSAFE = 24
    UNKNOWN = 100
