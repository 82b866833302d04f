"""PX4's notices: its texts, and the events beside them (`FirmwareNotice`).

Sources: PX4 1.16 src/modules/commander/Commander.cpp, failsafe/framework.cpp (`notifyUser`), HealthAndArmingChecks;
src/modules/navigator/mission.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from types import MappingProxyType
from typing import Final

from autopilot.context.events import FirmwareNotice
from autopilot.context.vehicle_context import Announcer
from autopilot.interface.reasons import ArmingMethod
from autopilot.mav import Severity


class ArmReason(IntEnum):
    """arm_disarm_reason_t."""

    BY_COMMAND = 4
    MISSION_START = 5
    BY_LANDING = 6
    BY_DELAY = 7
    BY_DETECTOR = 10
    BY_FAILSAFE = 14


class Notice(Enum):
    """Notices with their values. Modes are custom_modes."""

    ARMED = auto()  # ArmReason
    DISARMED = auto()  # ArmReason
    CALIBRATING = auto()
    LIFTOFF = auto()
    LANDED = auto()
    MODE_REFUSED = auto()  # mode
    CLIMBS = auto()  # m above home
    EXECUTES = auto()
    LOITERS = auto()
    FINISHED = auto()
    WITHOUT_MISSION = auto()
    PILOT = auto()
    STATION_LOST = auto()
    STATION_FOUND = auto()
    STICKS_LOST = auto()
    STICKS_FOUND = auto()  # duration of the loss, s
    FENCE = auto()
    QUAD_CHUTE = auto()
    FLIGHT_TIME = auto()
    CRASHED = auto()  # the user's mode
    ACTS = auto()  # the user's mode, Px4Action, EventCause
    HOLDS = auto()  # the user's mode, Px4Action after the Hold, s until then, EventCause


WORDS: Final[Mapping[Notice, tuple[Severity, str]]] = MappingProxyType({
    Notice.ARMED: (Severity.INFO, "Armed by {name}"),
    Notice.DISARMED: (Severity.INFO, "Disarmed by {name}"),
    Notice.CALIBRATING: (Severity.CRITICAL, "Arming denied: calibrating"),
    Notice.LIFTOFF: (Severity.INFO, "Takeoff detected"),
    Notice.LANDED: (Severity.INFO, "Landing detected"),
    Notice.MODE_REFUSED: (Severity.CRITICAL, "Switching to {name} is currently not available"),
    Notice.CLIMBS: (Severity.INFO, "Climb to {0:.1f} meters above home"),
    Notice.EXECUTES: (Severity.INFO, "Executing Mission"),
    Notice.LOITERS: (Severity.INFO, "Mission finished, loitering"),
    Notice.FINISHED: (Severity.INFO, "Mission finished, landed"),
    Notice.WITHOUT_MISSION: (Severity.CRITICAL, "No valid mission available, loitering"),
    Notice.PILOT: (Severity.INFO, "Pilot took over using sticks"),
    Notice.STATION_LOST: (Severity.WARNING, "Connection to ground station lost"),
    Notice.STATION_FOUND: (Severity.INFO, "GCS connection regained"),
    Notice.STICKS_LOST: (Severity.CRITICAL, "Manual control lost"),
    Notice.STICKS_FOUND: (Severity.INFO, "Manual control regained after {0:.1f} s"),
    Notice.FENCE: (Severity.CRITICAL, "Geofence violated"),
    Notice.FLIGHT_TIME: (Severity.CRITICAL, "Maximum flight time reached"),
    Notice.CRASHED: (Severity.EMERGENCY, "Failsafe activated"),
    Notice.ACTS: (Severity.CRITICAL, "Failsafe activated"),
    Notice.HOLDS: (Severity.CRITICAL, "Failsafe activated: entering Hold for {2} seconds"),
})  # fmt: skip
"""Texts of notices that have one; `name` is replaced."""
_DISARMED_BY: Final = {
    ArmingMethod.MAVLINK: ArmReason.BY_COMMAND, ArmingMethod.LANDED: ArmReason.BY_LANDING,
    ArmingMethod.DISARM_DELAY: ArmReason.BY_DELAY, ArmingMethod.CRASH: ArmReason.BY_DETECTOR,
}  # fmt: skip
_REASON_WORDS: Final = {  # arm_disarm_reason_str
    ArmReason.BY_COMMAND: "external command", ArmReason.MISSION_START: "mission start", ArmReason.BY_LANDING: "landing",
    ArmReason.BY_DELAY: "auto preflight disarming", ArmReason.BY_DETECTOR: "failure detector",
    ArmReason.BY_FAILSAFE: "failsafe",
}  # fmt: skip


class Voice:
    def __init__(self, announcer: Announcer) -> None:
        self.announcer = announcer

    def say(self, notice: Notice, *values: float, name: str = "") -> str:
        """Send the notice's text, if it has one, and its event; returns the text. A tab marks a text that ground
        stations with events do not show."""
        severity, words = WORDS.get(notice, (Severity.INFO, ""))
        text = words.format(*values, name=name)
        if text:
            self.announcer.say(severity, f"{text}\t")
        self.announcer.announce(FirmwareNotice(notice, values))
        return text

    def armed(self, *, by_mission_start: bool) -> None:
        reason = ArmReason.MISSION_START if by_mission_start else ArmReason.BY_COMMAND
        self.say(Notice.ARMED, reason, name=_REASON_WORDS[reason])

    def disarmed(self, method: ArmingMethod) -> None:
        reason = _DISARMED_BY.get(method, ArmReason.BY_FAILSAFE)
        self.say(Notice.DISARMED, reason, name=_REASON_WORDS[reason])
