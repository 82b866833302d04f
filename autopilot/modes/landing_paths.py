"""Parts of a mission for a return: its landing sequences (DO_LAND_START), the nearest leg after a DO_RETURN_PATH_START,
and the retry of an aborted landing, or the way that the mission plans for it (DO_GO_AROUND)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from autopilot.context.frames import item_place, local
from autopilot.context.staying import stopping_point
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, Ned, distance, distance_to_line
from autopilot.mav import Cmd
from autopilot.mission.commands import LANDINGS, TAKEOFFS, drives_navigation, has_position
from autopilot.mission.items import MissionItem
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage

_LANDINGS: Final = (*LANDINGS, Cmd.DO_LAND_START)
_WAYPOINTS: Final = (Cmd.NAV_WAYPOINT, Cmd.NAV_SPLINE_WAYPOINT)
_CLIMBING: Final = (0.0, 1.0)  # param1 of NAV_CONTINUE_AND_CHANGE_ALT


class WayBack(Enum):
    """Part of a mission that leads back and is active; the value is a text for people."""

    PATH = "Return path active"
    LANDING = "Landing sequence active"


class LandingPaths:
    """Ways back in the mission of one vehicle. The nearest in space counts, from a copter's stopping point
    (ArduCopter/mode_auto.cpp, get_stopping_point; AP_Mission.cpp, get_landing_sequence_start)."""

    def __init__(self, facts: VehicleFacts, mission: MissionStorage, sequencer: MissionSequencer) -> None:
        self._facts = facts
        self._mission = mission
        self._sequencer = sequencer
        self.begun: WayBack | None = None
        """The active way back, until another item is chosen, a takeoff begins, or the mission ends."""

    def begin_item(self, command: int) -> None:
        """Note the start of a mission item."""
        if command in _LANDINGS:
            self.begun = WayBack.LANDING
        elif command == Cmd.DO_RETURN_PATH_START:
            self.begun = self.begun or WayBack.PATH
        elif command in TAKEOFFS:
            self.begun = None

    def landing_start(self) -> int | None:
        """Index of the nearest DO_LAND_START, None if there is none."""
        return self._nearest(Cmd.DO_LAND_START)

    def abort_start(self) -> int | None:
        """Index of the nearest DO_GO_AROUND, None if there is none: there the mission goes on after an aborted landing
        (AP_Mission.cpp, jump_to_abort_landing_sequence)."""
        return self._nearest(Cmd.DO_GO_AROUND)

    def _nearest(self, command: Cmd) -> int | None:
        """Index of the nearest mark of this kind. One without a place counts at the next NAV item."""
        here = stopping_point(self._facts)
        best: tuple[float, int] | None = None
        for mark in self._mission.items():
            if mark.command != command:
                continue
            item = mark if mark.is_somewhere else self._sequencer.next_nav(self._mission, mark.seq)
            if item is None:
                continue
            end = self._place_of(item) if item.is_somewhere else here
            distance_m = distance_to_line(here, end, end)
            if best is None or distance_m < best[0]:
                best = (distance_m, mark.seq)
        return None if best is None else best[1]

    def lands_sooner(self) -> bool:
        """True if the way on to a landing is not longer than the way by the nearest DO_LAND_START (AP_Mission.cpp,
        is_best_land_sequence)."""
        start = self.landing_start()
        by_start = None if start is None else self._metres_to_land(start)
        onward = self._metres_to_land(self._sequencer.current_nav_index())
        return by_start is not None and onward is not None and onward <= by_start

    def _metres_to_land(self, index: int) -> float | None:
        """Length of the way from here by the items from `index` on to a landing, m; None if none is reached, or behind
        an item that is no waypoint (AP_Mission.cpp, distance_to_landing)."""
        metres, last = 0.0, self._facts.vehicle.state.place
        for item in self._sequencer.ahead(self._mission, index):
            if item.command not in _WAYPOINTS and item.command not in _LANDINGS:
                return None
            if item.is_somewhere:
                place = GeoPoint(item.x, item.y)
                metres, last = metres + distance(last, place), place
            if item.command in _LANDINGS:
                return metres
        return None

    def return_path(self) -> int | None:
        """Index of the item at the end of the nearest leg (3-D) from a DO_RETURN_PATH_START up to a landing or the end;
        None if there is no place after one. Of equally near legs it is the earlier leg of the later path. Source:
        AP_Mission.cpp, jump_to_closest_mission_leg, distance_to_mission_leg."""
        best: tuple[float, int] | None = None
        for start in self._mission.items():
            if start.command == Cmd.DO_RETURN_PATH_START:
                near = min(self._legs_from(start), default=None, key=lambda leg: leg[0])
                best = near if best is None or (near is not None and near[0] <= best[0]) else best
        return None if best is None else best[1]

    def _legs_from(self, start: MissionItem) -> list[tuple[float, int]]:
        """Distances from here to each leg, m, with the item at its end. The first leg is only its end."""
        here = stopping_point(self._facts)
        begin: Ned | None = None
        legs: list[tuple[float, int]] = []
        for item in self._way_from(start):
            if item.is_somewhere:
                end = self._place_of(item)
                if begin != end:
                    legs.append((distance_to_line(here, end if begin is None else begin, end), item.seq))
                begin = end
        return legs

    def _way_from(self, start: MissionItem) -> Iterator[MissionItem]:
        """Items with a place, through jumps, from a mark to a landing or a DO_LAND_START."""
        seen: set[int] = set()
        item: MissionItem | None = start
        while item is not None and item.seq not in seen:
            seen.add(item.seq)
            if has_position(item.command):
                yield item
            if item.command in _LANDINGS:
                return
            after = self._sequencer.next_nav(self._mission, item.seq)
            end = self._mission.first_index + self._mission.total() if after is None else after.seq
            ahead = (mark for mark in self._mission.items() if item is not None and item.seq < mark.seq < end)
            item = next((mark for mark in ahead if mark.command == Cmd.DO_LAND_START), after)

    def _place_of(self, item: MissionItem) -> Ned:
        return local(self._facts, item_place(self._facts, item))

    def after_abort(self, landing: int) -> Iterator[tuple[int, str]]:
        """Indices at which the mission may continue after an aborted landing at `landing`, best first, with texts: from
        a CONTINUE_AND_CHANGE_ALT after it, from the nearest DO_LAND_START, or from the place before it (AP_Landing.cpp,
        restart_landing_sequence)."""
        after, start = self._mission.get(landing + 1), self.landing_start()
        if after is not None and after.command == Cmd.NAV_CONTINUE_AND_CHANGE_ALT and after.param1 in _CLIMBING:
            yield landing + 1, f"Restarted landing sequence. Climbing to {after.z:.0f}m"
        if start is not None:
            yield start, f"Restarted landing via DO_LAND_START: {start}"
        before = [
            item.seq
            for item in self._mission.items()
            if item.seq < landing and drives_navigation(item.command) and has_position(item.command)
        ]
        if before:
            yield before[-1], f"Restarted landing sequence at waypoint {before[-1]}"
