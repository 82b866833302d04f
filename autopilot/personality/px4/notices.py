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


class DisarmReason(IntEnum):
    """arm_disarm_reason_t."""

    BY_COMMAND = 4
    BY_LANDING = 6
    BY_DELAY = 7
    BY_DETECTOR = 10
    BY_FAILSAFE = 14


class Notice(Enum):
    """Notices with their values. Modes are custom_modes."""

    ARMED = auto()  # DisarmReason
    DISARMED = auto()  # DisarmReason
    CALIBRATING = auto()
    LIFTOFF = auto()
    LANDED = auto()
    MODE_REFUSED = auto()  # mode
    CLIMBS = auto()  # m above home
    EXECUTES = auto()
    LOITERS = auto()
    FINISHED = auto()
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
    Notice.ARMED: (Severity.INFO, "Armed by external command"),
    Notice.DISARMED: (Severity.INFO, "Disarmed by {name}"),
    Notice.CALIBRATING: (Severity.CRITICAL, "Arming denied: calibrating"),
    Notice.LIFTOFF: (Severity.INFO, "Takeoff detected"),
    Notice.LANDED: (Severity.INFO, "Landing detected"),
    Notice.MODE_REFUSED: (Severity.CRITICAL, "Switching to {name} is currently not available"),
    Notice.CLIMBS: (Severity.INFO, "Climb to {0:.1f} meters above home"),
    Notice.EXECUTES: (Severity.INFO, "Executing Mission"),
    Notice.LOITERS: (Severity.INFO, "Mission finished, loitering"),
    Notice.FINISHED: (Severity.INFO, "Mission finished, landed"),
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
    ArmingMethod.MAVLINK: DisarmReason.BY_COMMAND, ArmingMethod.LANDED: DisarmReason.BY_LANDING,
    ArmingMethod.DISARM_DELAY: DisarmReason.BY_DELAY, ArmingMethod.CRASH: DisarmReason.BY_DETECTOR,
}  # fmt: skip
_DISARMED_WORDS: Final = {  # arm_disarm_reason_str
    DisarmReason.BY_COMMAND: "external command", DisarmReason.BY_LANDING: "landing",
    DisarmReason.BY_DELAY: "auto preflight disarming", DisarmReason.BY_DETECTOR: "failure detector",
    DisarmReason.BY_FAILSAFE: "failsafe",
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

    def disarmed(self, method: ArmingMethod) -> None:
        reason = _DISARMED_BY.get(method, DisarmReason.BY_FAILSAFE)
        self.say(Notice.DISARMED, reason, name=_DISARMED_WORDS[reason])
