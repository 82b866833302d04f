"""The three plans of a vehicle: mission, fence, rally points. Each is checked and replaced as a whole.

`MissionStorage` owns the items; this module owns the time of a change. A new mission takes effect at the start of a
tick while the old one is being flown (docs/reference/mission-semantics.md, item 24), otherwise at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from autopilot.context.journal import Journal, SavePlan
from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.mav import Cmd, MissionType, Severity
from autopilot.mission.commands import PLANS
from autopilot.mission.fence import check_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.rally import check_rally
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission.storage import MissionStorage
from autopilot.mission.validate import check_item

_TOTALS: Final = ("MIS_TOTAL", "FENCE_TOTAL", "RALLY_TOTAL")
PLAN_NAMES: Final = ("Mission", "Fence", "Rally")
"""Names by MAV_MISSION_TYPE."""
_CLEAR_AT_BOOT: Final = 1  # MIS_OPTIONS bit 0

Items = tuple[MissionItem, ...]


class Plans:
    """Plans of one vehicle. `count_changed(name, value)` receives the totals. `listeners` receive the MAV_MISSION_TYPE
    and the old items of a changed plan."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        journal: Journal,
        sequencer: MissionSequencer,
        stored: Mapping[int, Items],
        count_changed: Callable[[str, float], object],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._journal = journal
        self._sequencer = sequencer
        self._count_changed = count_changed
        self._pending: Items | None = None
        self._kept: list[tuple[int, int]] = []  # ticket and kind of plans that are being stored
        self.mission = MissionStorage(first_index=1)
        self.fence = MissionStorage(first_index=0)
        self.rally = MissionStorage(first_index=0)
        self.listeners: list[Callable[[int, Items], object]] = []
        self._load(stored)

    def next_deadline_ms(self) -> int | None:
        """Now while a new mission waits for the next tick."""
        return None if self._pending is None else self._facts.now_ms

    def may_clear(self, kind: int) -> bool:
        """False while armed with a running mission (kind 0), unless the firmware holds without one."""
        if kind != MissionType.MISSION or self._facts.personality.holds_without_mission:
            return True
        return not (self._facts.armed and self._mission_is_flown())

    def _mission_is_flown(self) -> bool:
        return self._sequencer.running

    def storage(self, kind: int) -> MissionStorage:
        """Storage of a MAV_MISSION_TYPE."""
        return (self.mission, self.fence, self.rally)[kind]

    def _load(self, stored: Mapping[int, Items]) -> None:
        for kind in PLANS:
            items = tuple(stored.get(kind, ()))
            complaint = _of_items(kind, items) or self.check(kind, items, empty_circles=True)
            if complaint is not None:  # an invalid store of another program, or a damaged one
                self._announcer.say(Severity.ERROR, f"Stored plan {kind} dropped: {complaint}")
                items = ()
            if kind == MissionType.MISSION and items and self._facts.option("MIS_OPTIONS", _CLEAR_AT_BOOT):
                items = ()
                self._journal.submit(SavePlan(MissionType.MISSION, ()))
            self.storage(kind).replace(items)
            self._count(kind)

    def _count(self, kind: int) -> None:
        """Report the total as ArduPilot does: MIS_TOTAL includes the home item, FENCE_TOTAL includes a return point and
        a closing point for polygons and circles (AC_PolyFence_loader.cpp, write_fence)."""
        storage = self.storage(kind)
        total = storage.count() if kind == MissionType.MISSION else storage.total()
        if kind == MissionType.FENCE:
            edges = sum(item.command != Cmd.NAV_FENCE_RETURN_POINT for item in storage.items())
            total = edges + 2 if edges > 2 else total
            if total and not edges and self._facts.param("FENCE_TOTAL") > 1.0:
                return  # the first of points that arrive one by one
        self._count_changed(_TOTALS[kind], float(total))

    @staticmethod
    def check(kind: int, items: Items, *, empty_circles: bool = False) -> str | None:
        """Complaint about a plan as a whole, or None. Each item was checked before. `empty_circles`: see
        `check_fence`."""
        if kind == MissionType.FENCE:
            return check_fence(items, empty_circles=empty_circles)
        return check_rally(items) if kind == MissionType.RALLY else None

    def replace(self, kind: int, items: Items) -> None:
        """Use a new plan, which has become durable."""
        if kind == MissionType.MISSION and self._mission_is_flown():
            self._pending = items
            return
        if kind == MissionType.MISSION:
            self._pending = None  # an older one
        self._swap(kind, items)

    def keep(self, kind: int, items: Items) -> None:
        """Use a new plan at once and store it, for a writer that waits for no acknowledgement. People are told if it
        could not be stored."""
        self._kept.append((self._journal.submit(SavePlan(kind, items)), kind))
        self.replace(kind, items)

    def _judge_kept(self) -> None:
        durable = self._journal.durable()
        for ticket, kind in self._kept:
            failure = self._journal.failure(ticket) if ticket <= durable else None
            if failure is not None:
                self._announcer.say(Severity.ERROR, f"{PLAN_NAMES[kind]} not stored: {failure}")
        self._kept = [kept for kept in self._kept if kept[0] > durable]

    def parameter_changed(self, name: str) -> None:
        """Clear the fence when FENCE_TOTAL is set to 0, as old ground stations do (AC_PolyFence_loader.cpp)."""
        if name == "FENCE_TOTAL" and self._facts.param(name) == 0.0 and self.fence.total():
            self.keep(MissionType.FENCE, ())

    def begin_tick(self) -> None:
        """Start a tick: a waiting mission replaces the one being flown."""
        if self._kept:
            self._judge_kept()
        if self._pending is not None:
            items, self._pending = self._pending, None
            self._swap(MissionType.MISSION, items)

    def _swap(self, kind: int, items: Items) -> None:
        storage = self.storage(kind)
        old = storage.items()
        storage.replace(items)
        self._count(kind)
        for listener in self.listeners:
            listener(kind, old)


def _of_items(kind: int, items: Items) -> str | None:
    """Complaint about the first item that an upload refuses, or None."""
    for number, item in enumerate(items, start=1):
        verdict = check_item(item, kind, len(items) + 1, approaches=True)
        if not verdict.ok:
            return f"item {number}: {verdict.text}"
    return None
