"""Texts of AUTO about its mission, those of ArduPilot (AP_Mission.cpp; mode_auto.cpp of copters and rovers; ArduPlane
commands_logic.cpp).

A rover with a hold time announces the hold on arrival, and nothing at its end; a copter announces the end of the hold.
A plane says how far from a waypoint it turns, and has texts of its own for the end of a takeoff and of its circles.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.events import StatusText
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.mathematics import hypot
from autopilot.mav import Cmd, Severity
from autopilot.mission.commands import command_name
from autopilot.mission.events import (
    HoldBegan,
    InterruptedItemBegan,
    ItemSkipped,
    ItemStarted,
    JumpTaken,
    MissionNotice,
    MissionWaits,
)
from autopilot.mission.items import MissionItem
from autopilot.modes.maneuver import Maneuver
from autopilot.modes.wings import WingTakeoff

_CIRCLED: Final[dict[int, str]] = {
    Cmd.NAV_LOITER_TIME: "Loiter time complete",
    Cmd.NAV_LOITER_TURNS: "Loiter orbits complete",
    Cmd.NAV_LOITER_TO_ALT: "Loiter to alt complete",
}


class MissionVoice:
    """Texts for the sequencer's notices and events."""

    def __init__(self, facts: VehicleFacts, announcer: Announcer) -> None:
        self._facts = facts
        self._announcer = announcer
        self._hold: HoldBegan | None = None

    def notice(self, notice: MissionNotice) -> None:
        if isinstance(notice, ItemStarted):
            self._announcer.step(f"Mission: {notice.seq} {command_name(notice.command)}")
        elif isinstance(notice, ItemSkipped):
            self._announcer.step(f"Skipping invalid cmd #{notice.command}", Severity.WARNING)
        elif isinstance(notice, JumpTaken):
            count = "unlimited" if notice.count < 0 else str(notice.count)
            self._announcer.step(f"Mission: {notice.seq} Jump {notice.run}/{count}")
        elif isinstance(notice, InterruptedItemBegan):
            self._announcer.step("Mission: Returned to interrupted WP")
        elif isinstance(notice, MissionWaits):
            self._announcer.say(Severity.WARNING, "Auto: mission waits, no position")
        elif self._facts.vehicle_class.texts.reached_by_name:
            self._hold = notice
            seconds = f"{notice.hold_ms / 1000.0:g}"
            self._announcer.step(f"Reached waypoint #{notice.seq}. Loiter for {seconds} seconds")

    def reached(self, seq: int, item: MissionItem | None, flown: Maneuver | None) -> list[StatusText]:
        """Texts for the end of item `seq`, which was flown as `flown`."""
        hold, self._hold = self._hold, None
        if not self._announcer.tells_steps:
            return []
        if self._facts.vehicle_class.has_stall_speed:
            text = None if item is None else self._reached_on_wings(item, flown)
            return [] if text is None else [StatusText(Severity.INFO, text)]
        if not self._facts.vehicle_class.texts.reached_by_name:
            return [StatusText(Severity.INFO, f"Reached command #{seq}")]
        command = None if item is None else item.command
        texts = []
        if (hold is None or hold.seq != seq) and command in (Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_TIME):
            texts.append(StatusText(Severity.INFO, f"Reached waypoint #{seq}"))
        if command == Cmd.NAV_LOITER_TIME:
            texts.append(StatusText(Severity.WARNING, "Finished active loiter"))
        return texts

    def _reached_on_wings(self, item: MissionItem, flown: Maneuver | None) -> str | None:
        """A waypoint is reached if it still lies ahead, and otherwise passed."""
        if isinstance(flown, WingTakeoff):
            return f"Takeoff complete at {self._facts.height:.2f}m"
        if item.command != Cmd.NAV_WAYPOINT or flown is None or flown.end is None:
            return _CIRCLED.get(item.command)
        here, velocity = self._facts.vehicle.state.position, self._facts.vehicle.state.velocity
        north, east = flown.end[0] - here[0], flown.end[1] - here[1]
        word = "Reached" if north * velocity[0] + east * velocity[1] > 0.0 else "Passed"
        return f"{word} waypoint #{item.seq} dist {int(hypot(north, east))}m"
