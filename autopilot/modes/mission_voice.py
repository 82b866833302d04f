"""Texts of AUTO about its mission, those of ArduPilot (AP_Mission.cpp; mode_auto.cpp of both vehicles).

A rover with a hold time announces the hold on arrival, and nothing at its end; a copter announces the end of the hold.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.events import StatusText
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.mav import Cmd, Severity
from autopilot.mission.commands import command_name
from autopilot.mission.events import (
    HoldBegan,
    ItemSkipped,
    ItemStarted,
    JumpTaken,
    MissionNotice,
    MissionWaits,
    WaitCause,
)

_WAITS: Final = {WaitCause.NO_POSITION: "Auto: mission waits, no position"}


class MissionVoice:
    """Texts for the sequencer's notices and events."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._hold: HoldBegan | None = None

    def notice(self, notice: MissionNotice) -> None:
        """Announce a notice of the sequencer."""
        if isinstance(notice, ItemStarted):
            self._announcer.say(Severity.INFO, f"Mission: {notice.seq} {command_name(notice.command)}")
        elif isinstance(notice, ItemSkipped):
            self._announcer.say(Severity.WARNING, f"Skipping invalid cmd #{notice.command}")
        elif isinstance(notice, JumpTaken):
            count = "unlimited" if notice.count < 0 else str(notice.count)
            self._announcer.say(Severity.INFO, f"Mission: {notice.seq} Jump {notice.run}/{count}")
        elif isinstance(notice, MissionWaits):
            self._announcer.say(Severity.WARNING, _WAITS[notice.cause])
        elif self._facts.vehicle_class.texts.reached_by_name:
            self._hold = notice
            seconds = f"{notice.hold_ms / 1000.0:g}"
            self._announcer.say(Severity.INFO, f"Reached waypoint #{notice.seq}. Loiter for {seconds} seconds")

    def reached(self, seq: int) -> list[StatusText]:
        """Texts for the end of item `seq`."""
        hold, self._hold = self._hold, None
        if not self._facts.vehicle_class.texts.reached_by_name:
            return [StatusText(Severity.INFO, f"Reached command #{seq}")]
        if hold is None or hold.seq != seq:
            return [StatusText(Severity.INFO, f"Reached waypoint #{seq}")]
        if hold.command == Cmd.NAV_LOITER_TIME:
            return [StatusText(Severity.WARNING, "Finished active loiter")]
        return []
