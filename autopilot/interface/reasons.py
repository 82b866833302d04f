"""Reasons, as types: decisions use these, and texts for people are made from them.

The numbers are ArduPilot's (AP_Vehicle/ModeReason.h, AP_Arming/AP_Arming.h `Method`), because DataFlash logs contain
them.
"""

from __future__ import annotations

from enum import Enum, IntEnum, auto
from typing import Final

from autopilot.interface.records import dataclass


class ModeReason(IntEnum):
    """Reasons for a change of flight mode: those of ArduPilot's ModeReason that Sortie uses."""

    text: str
    """Text for people."""

    def __new__(cls, number: int, text: str) -> ModeReason:
        member = int.__new__(cls, number)
        member._value_, member.text = number, text
        return member

    UNKNOWN = 0, "somebody else"
    RC_COMMAND = 1, "mode switch"
    GCS_COMMAND = 2, "GCS command"
    RADIO_FAILSAFE = 3, "Radio Failsafe"
    BATTERY_FAILSAFE = 4, "Battery Failsafe"
    GCS_FAILSAFE = 5, "GCS Failsafe"
    EKF_FAILSAFE = 6, "EKF Failsafe"
    MISSION_END = 8, "end of the flight"
    FENCE_BREACHED = 10, "Fence breach"
    TERRAIN_FAILSAFE = 11, "Terrain Failsafe"
    FLIP_COMPLETE = 13, "end of the flip"
    THROW_COMPLETE = 16, "end of the throw"
    AVOIDANCE = 14, "avoidance"
    AVOIDANCE_RECOVERY = 15, "end of avoidance"
    TERMINATE = 17, "terminated"
    CRASH_FAILSAFE = 19, "crash"
    FAILED_TRANSITION = 23, "Transition Failsafe"
    FAILSAFE = 25, "Wind Failsafe"
    MISSION_CMD = 41, "mission"
    FENCE_RETURN_PREVIOUS_MODE = 43, "Fence off"
    RADIO_FAILSAFE_RECOVERY = 48, "Radio Failsafe cleared"
    AUX_FUNCTION = 53, "auxiliary function"


BY_WISH: Final = frozenset(
    {ModeReason.RC_COMMAND, ModeReason.GCS_COMMAND, ModeReason.AUX_FUNCTION, ModeReason.MISSION_CMD}
)
"""Reasons of a person's wish; all others are failsafes or unknown."""


class ErrorSubsystem(IntEnum):
    """Subsystems of errors in flight logs: ArduPilot's LogErrorSubsystem."""

    COMPASS = 3
    FAILSAFE_RADIO = 5
    FAILSAFE_BATT = 6
    FAILSAFE_GCS = 8
    FAILSAFE_FENCE = 9
    GPS = 11
    CRASH_CHECK = 12
    FLIP = 13
    PARACHUTES = 15
    EKFCHECK = 16
    FAILSAFE_EKFINAV = 17
    BARO = 18
    FAILSAFE_TERRAIN = 23
    THRUST_LOSS_CHECK = 25


class ArmingMethod(IntEnum):
    """Methods of arming and disarming: AP_Arming::Method."""

    RUDDER = 0
    MAVLINK = 1
    AUX_SWITCH = 2
    TERMINATION = 5
    BATTERY_FAILSAFE = 7
    AFS = 9
    ADSB_COLLISION = 10
    PARACHUTE_RELEASE = 11
    CRASH = 12
    LANDED = 13
    FENCE_BREACH = 15
    RADIO_FAILSAFE = 16
    DISARM_DELAY = 17
    GCS_FAILSAFE = 18
    FAILSAFE_TERMINATE = 20
    TERRAIN_FAILSAFE = 21
    EKF_FAILSAFE = 24
    UNKNOWN = 100


class Check(IntEnum):
    """Bits of ARMING_CHECK."""

    ALL = 0
    BARO = 1
    COMPASS = 2
    GPS = 3
    INS = 4
    PARAMETERS = 5
    RC = 6
    BATTERY = 8
    MISSION = 14


@dataclass(frozen=True, slots=True)
class ArmingReason:
    """Reason to refuse arming. `text`: ArduPilot's text without "PreArm: ". `check`: the bit that disables it, None: it
    cannot be disabled. `value` was measured, `limit` is the allowed value, in the unit of the limiting parameter.
    `positional`: it does not apply to a mode without a position."""

    text: str
    check: Check | None = None
    value: float | None = None
    limit: float | None = None
    positional: bool = False


GYROS_FAILED: Final = ArmingReason("Gyros not healthy", Check.INS)
ACCELS_FAILED: Final = ArmingReason("Accels not healthy", Check.INS)
BARO_FAILED: Final = ArmingReason("Baro: not healthy", Check.BARO)
COMPASS_FAILED: Final = ArmingReason("Compass not healthy")
BAD_FIX: Final = ArmingReason("GPS 1: Bad fix", Check.GPS, positional=True)
MOTORS_STOPPED: Final = ArmingReason("Motors Emergency Stopped")
INTERLOCK_CLOSED: Final = ArmingReason("Motor Interlock Enabled")
SAFETY_SWITCH: Final = ArmingReason("Hardware safety switch")
NEED_POSITION: Final = ArmingReason("Need Position Estimate", positional=True)
NO_HOME: Final = ArmingReason("AHRS: waiting for home", positional=True)
"""Above: reasons of a vehicle's own sensors and estimator."""


class FlightEvent(Enum):
    """Events of the flight lifecycle: the columns of `autopilot.flight.lifecycle.TABLE`."""

    GO = auto()  # the operator, or FM_AUTO_GO
    ABORT = auto()
    PLAIN_ARM = auto()  # a ground station's arm command
    RESETS_DONE = auto()
    RESET_FAILED = auto()
    ARM_OK = auto()
    ARM_FAILED = auto()
    COUNTDOWN_OVER = auto()
    START_FAILED = auto()
    UNDER_WAY = auto()  # takeoff, AUTO or sticks
    MISSION_DONE = auto()
    DURATION_OVER = auto()
    LOW_BATTERY = auto()  # a critical battery only
    DESCENDING = auto()
    CLIMBING = auto()
    LANDED = auto()  # on the ground, or cut off
    LANDING_TIMEOUT = auto()
    DISARM_OK = auto()
    DISARM_FAILED = auto()
    RETRY = auto()  # time to ask for DISARM again
    ARMED = auto()  # by another party
    DISARMED = auto()  # by another party
    RESTARTED = auto()  # after the flight-critical actors were restarted
