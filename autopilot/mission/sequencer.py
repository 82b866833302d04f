"""MissionSequencer: steps through the items of a mission (seed 001, modelled after ArduPilot's AP_Mission).

It owns the indices, the two slots (one NAV item and one DO or CONDITION item are active at a time), the hold timer, the
jump counters and the speed override. It uses no MAVLink, vehicle or clock: a `MissionStorage` has the items, a
`MissionExecutor` flies them, and time is an argument. An update costs O(1). Only the step to another NAV item walks the
storage, and that walk is bounded (`autopilot.mission.route`).

DO items have two timings (docs/reference/mission-semantics.md, 1.2). In the seed's, the DO items after a NAV item start
together with it, all in one call. In ArduPilot's, they start when that NAV item is done, one in every second update, on
the leg to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd
from autopilot.mission.commands import drives_navigation, is_do_item
from autopilot.mission.events import (
    CurrentChanged,
    HoldBegan,
    InterruptedItemBegan,
    ItemReached,
    ItemSkipped,
    ItemStarted,
    MissionCleared,
    MissionComplete,
    MissionEvent,
    MissionNotice,
)
from autopilot.mission.executor import CommandStartResult, MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.mission.repeating import Repeating, repeat_distance
from autopilot.mission.route import JumpCounters, Route, TakesNav, do_run, next_nav
from autopilot.mission.state import (
    TRACK_KINDS,
    DoSlot,
    DoTiming,
    InvalidIndexError,
    MissionChange,
    MissionState,
    NoNavigationItemError,
    SetCurrentError,
    SpeedChange,
    hold_time_ms,
    speed_change,
)
from autopilot.mission.storage import MissionStorage, same_item

__all__ = [
    "DoTiming",
    "InvalidIndexError",
    "MissionChange",
    "MissionSequencer",
    "MissionState",
    "NoNavigationItemError",
    "SetCurrentError",
    "hold_time_ms",
]


class MissionSequencer:
    """Sequencer; see the module. Each call that changes it returns the events that it caused, in order. `takes_speed`:
    True for a DO_CHANGE_SPEED that sets the speed along the track; `speed_changed`: `mission_speed` has a new
    value; `counts_holds`: it counts hold times itself; `takes_nav`: True for a command of the NAV slot."""

    def __init__(
        self,
        timing: DoTiming = DoTiming.SEED,
        notify: Callable[[MissionNotice], object] = lambda notice: None,
        *,
        takes_speed: Callable[[SpeedChange], bool] = lambda change: change.kind in TRACK_KINDS,
        speed_changed: Callable[[], object] = lambda: None,
        counts_holds: bool = True,
        takes_nav: TakesNav = drives_navigation,
    ) -> None:
        self.timing = timing
        self._notify = notify
        self._takes_speed = takes_speed
        self._speed_changed = speed_changed
        self._counts_holds = counts_holds
        self._takes_nav = takes_nav
        self._state = MissionState.IDLE
        self._index = 0
        self._jumps = JumpCounters()
        self._repeating = Repeating()
        self._skipped: set[int] = set()
        self._mission_speed: float | None = None
        self._now_ms = 0
        # NAV slot
        self._nav: MissionItem | None = None
        self._nav_done = False  # True if its start returned COMPLETE
        self._hold_ms = 0
        self._holding_since_ms: int | None = None
        self._do = DoSlot()
        # indices that `resume` starts beside the NAV item at the index; None: all, as `set_current` does
        self._unfinished: list[int] | None = None

    # --- facts ----------------------------------------------------------------------------------------------------
    def state(self) -> MissionState:
        """Idle, Running or Completed."""
        return self._state

    @property
    def running(self) -> bool:
        return self._state is MissionState.RUNNING

    def current_nav_index(self) -> int:
        """Index of the active NAV item; after completion the last; 0 before the first."""
        return self._index

    def current_item(self) -> MissionItem | None:
        """The item in the NAV slot."""
        return self._nav

    def mission_speed(self) -> float | None:
        """Speed override of DO_CHANGE_SPEED, m/s; None = the vehicle's default. Executors read it, at the latest when
        `speed_changed` is called."""
        return self._mission_speed

    def change_speed(self, speed: float | None) -> None:
        """Set the speed along the track by a person, m/s, until the mission changes it again. None: the default."""
        if speed != self._mission_speed:
            self._mission_speed = speed
            self._speed_changed()

    def is_holding(self) -> bool:
        """True after arrival, while the hold time runs."""
        return self._holding_since_ms is not None

    def progress(self) -> tuple[int, MissionState]:
        """Progress to store over a restart of the service, for `restore`."""
        return self._index, self._state

    def next_deadline_ms(self) -> int | None:
        """Time at which `update` must be called without another cause, ms: the end of a hold time, or the next tick (a
        time just past) while DO items remain. Waiting for `verify_command` needs no deadline."""
        if self._nav_done or self._do.wants_step:
            return self._now_ms + 1
        return None if self._holding_since_ms is None else self._holding_since_ms + self._hold_ms

    def next_nav(self, storage: MissionStorage, after: int) -> MissionItem | None:
        """NAV item after item `after`, through jumps, as of now. No jump is counted."""
        return self._next_nav(storage, self._jumps, after + 1)

    def ahead(self, storage: MissionStorage, index: int) -> Iterator[MissionItem]:
        """NAV items from item `index` on, through jumps, as of now. No jump is counted."""
        route = Route(storage, self._jumps.copy(), index, takes_nav=self._takes_nav)
        while (item := route.next_nav()) is not None:
            yield item

    def reset_jump_counters(self) -> None:
        """Reset every loop (DO_SET_MISSION_CURRENT with param2 1)."""
        self._jumps.reset()

    def keep_jump_counts(self, keep: bool) -> None:
        """MIS_OPTIONS bit 3: a loop that has ended is not entered again."""
        self._jumps.keep_exhausted = keep

    def end_hold(self) -> None:
        """End the hold of the active item. For executors that count hold times themselves."""
        self._hold_ms = 0

    # --- commands -------------------------------------------------------------------------------------------------
    def start(self, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Start at the first item. Without items: Idle, no events."""
        self._drop_slots()
        self._forget_run()
        if not storage.total():
            self._state = MissionState.IDLE
            return []
        self._index = storage.first_index
        self._state = MissionState.RUNNING
        return self._begin(storage, executor, self._route(storage, storage.first_index))

    def stop(self, here: GeoPoint | None = None) -> list[MissionEvent]:
        """Stop flying items: Idle, and the index stays for `resume`. A completed mission stays Completed. `here`: the
        vehicle's place, from which `resume` goes back by DO_SET_RESUME_REPEAT_DIST."""
        if self._state is MissionState.RUNNING:
            self._repeating.left = here
            self._unfinished = None if self._nav is None else self._do.unfinished()
            self._state = MissionState.IDLE
            self._drop_slots()
        self.change_speed(None)
        return []

    def resume(self, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Continue after `stop` or `set_current`: start the item at the index again, and a DO item that waited, or
        the way back of DO_SET_RESUME_REPEAT_DIST. Start from the beginning after completion or if the index does not
        exist any more. While Running nothing happens."""
        if self._state is MissionState.RUNNING:
            return []
        if self._state is MissionState.COMPLETED or self._next_nav(storage, self._jumps, self._index) is None:
            return self.start(storage, executor)
        unfinished, self._unfinished = self._unfinished, None
        back = self._repeating.way_back()
        if back is not None:
            self._state = MissionState.RUNNING
            return self._begin(storage, executor, self._route(storage, back.seq))
        self._repeating.forget()
        at_nav = storage.get(self._index)
        self._state = MissionState.RUNNING
        route = self._route(storage, self._index)
        if unfinished is None or at_nav is None or not self._takes_nav(at_nav.command):
            return self._begin(storage, executor, route)
        return self._begin(storage, executor, route, self._reread(storage, unfinished), run_done=self._index)

    def update(self, storage: MissionStorage, executor: MissionExecutor, now_ms: int) -> list[MissionEvent]:
        """Step at vehicle time `now_ms`: first the DO slot, then the NAV slot. Only while Running."""
        if self._state is not MissionState.RUNNING:
            return []
        self._now_ms = now_ms
        self._update_do(executor)
        nav = self._nav
        if nav is None:  # a mission of DO items only
            return self._complete(executor) if self._do.empty else []
        arrived = self._nav_done or executor.verify_command(nav)
        if self._holding_since_ms is None:
            if not arrived:
                return []
            if self._hold_ms:
                self._holding_since_ms = now_ms
                self._notify(HoldBegan(nav.seq, nav.command, self._hold_ms))
                return []
        elif now_ms - self._holding_since_ms < self._hold_ms:
            return []
        self._drop_slots()
        route = self._route(storage, nav.seq + 1, lead_done=self.timing is DoTiming.SEED)
        return [ItemReached(nav.seq), *self._begin(storage, executor, route)]

    def set_current(self, index: int, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Go to item `index`. While Running, the first NAV item from there starts at once, with the DO items before
        it. When Idle or Completed, `resume` begins there. Index 0 also resets the jump counters. Raises
        `SetCurrentError`."""
        if not 0 <= index < storage.count():
            raise InvalidIndexError(f"no mission item {index}: the mission has {storage.count()}")
        if not self.leads_on(index, storage):
            raise NoNavigationItemError(f"no navigation item from {index} on")
        at = max(index, storage.first_index)
        if self._begins_anew(index):
            self._jumps.reset()
        self._repeating.forget()
        self._drop_slots()
        if self._state is MissionState.RUNNING:
            return self._begin(storage, executor, self._route(storage, at))
        self._state = MissionState.IDLE
        self._index = at
        self._unfinished = None
        return [CurrentChanged(at)]

    def leads_on(self, index: int, storage: MissionStorage) -> bool:
        """True if item `index` exists and can be made current: there is a NAV item from it on."""
        jumps = JumpCounters() if self._begins_anew(index) else self._jumps
        at = max(index, storage.first_index)
        return 0 <= index < storage.count() and self._next_nav(storage, jumps, at) is not None

    def _begins_anew(self, index: int) -> bool:
        return index == 0 or self._state is MissionState.COMPLETED

    def clear(self, storage: MissionStorage) -> list[MissionEvent]:
        """Clear the mission: the storage is empty, the state Idle at 0."""
        storage.clear()
        self._rewind()
        return [MissionCleared()]

    def rewind(self) -> list[MissionEvent]:
        """Begin at the first item at the next start or resume: Idle, at 0, because no item is current."""
        self._rewind()
        return [CurrentChanged(0)]

    def mission_changed(
        self, old_items: Iterable[MissionItem], storage: MissionStorage, executor: MissionExecutor
    ) -> MissionChange:
        """Handle a new mission in `storage` instead of `old_items`. While Running: continue if the NAV item at the
        index and the next two are unchanged; otherwise start the index again, or Completed if it does not exist. In
        other states see `rewind`. Jump counters are reset."""
        if self._state is not MissionState.RUNNING:
            return MissionChange(self.rewind())
        old = MissionStorage(storage.first_index)
        old.replace(old_items)
        self._jumps.reset()
        self._repeating.mission_changed(old, storage, self._index)
        self._skipped.clear()
        if self._nav is not None and self._same_ahead(old, storage):
            self._do.follow_with(self._reread(storage, self._do.following()))
            return MissionChange([])
        self._drop_slots()
        if self._next_nav(storage, self._jumps, self._index) is None:
            return MissionChange(self._complete(executor))
        return MissionChange(self._begin(storage, executor, self._route(storage, self._index)), restarted=True)

    def restore(self, index: int, state: MissionState) -> None:
        """Restore the `progress` of an earlier process in a new sequencer: Running becomes Idle, ready for `resume`."""
        self._index = index
        self._state = MissionState.COMPLETED if state is MissionState.COMPLETED else MissionState.IDLE

    # --- steps ----------------------------------------------------------------------------------------------------
    def _begin(
        self,
        storage: MissionStorage,
        executor: MissionExecutor,
        route: Route,
        todo: list[MissionItem] | None = None,
        run_done: int = -1,
    ) -> list[MissionEvent]:
        """Load the first NAV item on `route` that the executor takes, and the DO items `todo` and those passed.
        `run_done`: NAV item whose following DO items are done (seed's timing)."""
        todo = todo or []
        seed = self.timing is DoTiming.SEED
        while True:
            nav = route.next_nav()
            todo += route.take_passed()
            if not seed and todo and self._do.item is None:
                self._load_do(todo[0], executor)
            if nav is None or self._load_nav(nav, executor):
                break
        if nav is not None and seed and nav.seq != run_done:
            todo += [item for item in do_run(storage, nav.seq, self._takes_nav) if not route.has_passed(item.seq)]
        self._do.follow_with(todo if seed else todo[1:])
        if seed:
            self._run_do(executor)
        if nav is None:
            # ArduPilot completes although the DO item it has just started may still wait; the seed's timing lets it
            # finish.
            return self._complete(executor) if self._do.empty or not seed else []
        return [CurrentChanged(nav.seq)]

    def _load_nav(self, nav: MissionItem, executor: MissionExecutor) -> bool:
        nav = self._repeating.begin(nav)
        result = self._start_item(nav, executor)
        if result is CommandStartResult.UNSUPPORTED:
            return False
        if self._repeating.returned(nav):
            self._notify(InterruptedItemBegan())
        self._nav = nav
        self._index = nav.seq
        self._nav_done = result is CommandStartResult.COMPLETE
        self._hold_ms = 0 if self._nav_done or not self._counts_holds else hold_time_ms(nav)
        return True

    def _load_do(self, item: MissionItem, executor: MissionExecutor) -> None:
        result = self._start_item(item, executor)
        self._do.item = item
        self._do.done = result is not CommandStartResult.ACCEPTED
        if item.command == Cmd.DO_CHANGE_SPEED and result is not CommandStartResult.UNSUPPORTED:
            self._take_speed(item)
        elif item.command == Cmd.DO_SET_RESUME_REPEAT_DIST:
            self._repeating.distance_m = repeat_distance(item)

    def _update_do(self, executor: MissionExecutor) -> None:
        slot = self._do
        if slot.item is not None:
            if slot.done or executor.verify_command(slot.item):
                slot.item = None
                if self.timing is DoTiming.SEED:
                    self._run_do(executor)
        elif (item := slot.take_next()) is not None:
            self._load_do(item, executor)

    def _run_do(self, executor: MissionExecutor) -> None:
        """Start the queued DO items in order, until one must wait."""
        while (item := self._do.take_next()) is not None:
            self._load_do(item, executor)
            if not self._do.done:
                return
            self._do.item = None

    def _start_item(self, item: MissionItem, executor: MissionExecutor) -> CommandStartResult:
        self._notify(ItemStarted(item.seq, item.command))
        result = executor.start_command(item)
        if result is CommandStartResult.UNSUPPORTED and item.seq not in self._skipped:
            self._skipped.add(item.seq)
            self._notify(ItemSkipped(item.seq, item.command))
        return result

    def _take_speed(self, item: MissionItem) -> None:
        """Take a DO_CHANGE_SPEED along the track; the executor handles climb and descent speeds."""
        change = speed_change(item)
        if change is not None and self._takes_speed(change):
            self.change_speed(change.speed)

    def _complete(self, executor: MissionExecutor) -> list[MissionEvent]:
        self._drop_slots()
        self._state = MissionState.COMPLETED
        executor.on_mission_complete()
        return [MissionComplete()]

    def _route(self, storage: MissionStorage, at: int, *, lead_done: bool = False) -> Route:
        self._jumps.resting = self._repeating.under_way
        return Route(storage, self._jumps, at, lead_done=lead_done, notify=self._notify, takes_nav=self._takes_nav)

    def _next_nav(self, storage: MissionStorage, jumps: JumpCounters, at: int) -> MissionItem | None:
        return next_nav(storage, jumps, at, self._takes_nav)

    def _same_ahead(self, old: MissionStorage, new: MissionStorage) -> bool:
        """True if the NAV item at the index and the two that follow in flying order are the same in both."""
        a, b = (Route(items, JumpCounters(), self._index, takes_nav=self._takes_nav) for items in (old, new))
        return all(same_item(a.next_nav(), b.next_nav()) for _ in range(3))

    def _reread(self, storage: MissionStorage, indices: list[int]) -> list[MissionItem]:
        items = [item for item in map(storage.get, indices) if item is not None]
        return [item for item in items if is_do_item(item.command) and not self._takes_nav(item.command)]

    def _rewind(self) -> None:
        self._drop_slots()
        self._forget_run()
        self._state = MissionState.IDLE
        self._index = 0

    def _forget_run(self) -> None:
        self._jumps.reset()
        self._repeating.forget()
        self._skipped.clear()
        self.change_speed(None)
        self._unfinished = None

    def _drop_slots(self) -> None:
        self._nav = None
        self._nav_done = False
        self._holding_since_ms = None
        self._do.clear()
