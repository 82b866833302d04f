"""MissionSequencer: steps through the items of a mission (seed 001, modelled after ArduPilot's AP_Mission).

It owns the indices, the two slots (one NAV item and one DO or CONDITION item are active at a time), the hold timer, the
jump counters and the speed override. It knows no MAVLink, vehicle or clock: items come from a `MissionStorage`, a
`MissionExecutor` flies them, and time is an argument. Its steady state costs O(1) per update; only the step to another
NAV item walks the storage, and that walk is bounded (`autopilot.mission.route`).

Two timings of DO items (docs/reference/mission-semantics.md, 1.2): the seed starts the DO items that follow a NAV item
together with it, all in one call; ArduPilot starts them when that NAV item is done, one every second update, on the leg
to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from autopilot.mav import Cmd
from autopilot.mission.commands import drives_navigation, is_do_item
from autopilot.mission.events import (
    CurrentChanged,
    HoldBegan,
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
from autopilot.mission.jumps import JumpCounters
from autopilot.mission.route import Route, TakesNav, do_run, next_nav
from autopilot.mission.state import (
    TRACK_KINDS,
    DoSlot,
    DoTiming,
    InvalidIndexError,
    MissionChange,
    MissionState,
    NoNavigationItemError,
    SetCurrentError,
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
    """See the module. Every call that steers returns the events it caused, in order. `track_kinds`: values of param1 of
    DO_CHANGE_SPEED that mean the speed along the track; `speed_changed`: `mission_speed` has another value;
    `counts_holds`: hold times are counted here, and not by who flies the items; `takes_nav`: of a command, whether it
    takes the NAV slot."""

    def __init__(
        self,
        timing: DoTiming = DoTiming.SEED,
        notify: Callable[[MissionNotice], None] | None = None,
        *,
        track_kinds: Container[int] = TRACK_KINDS,
        speed_changed: Callable[[], object] = lambda: None,
        counts_holds: bool = True,
        takes_nav: TakesNav = drives_navigation,
    ) -> None:
        self.timing = timing
        self._notify = notify
        self._track_kinds = track_kinds
        self._speed_changed = speed_changed
        self._counts_holds = counts_holds
        self._takes_nav = takes_nav
        self._state = MissionState.IDLE
        self._index = 0
        self._jumps = JumpCounters()
        self._skipped: set[int] = set()
        self._mission_speed: float | None = None
        self._now_ms = 0
        # NAV slot
        self._nav: MissionItem | None = None
        self._nav_done = False  # its start returned COMPLETE
        self._hold_ms = 0
        self._holding_since: int | None = None
        self._do = DoSlot()
        # what `resume` starts beside the NAV item at the index; None: everything, as `set_current` does
        self._kept: list[int] | None = None

    # --- facts ----------------------------------------------------------------------------------------------------
    def state(self) -> MissionState:
        """Idle, Running or Completed."""
        return self._state

    def current_nav_index(self) -> int:
        """Index of the active NAV item; after completion the last one; 0 when there never was one."""
        return self._index

    def current_item(self) -> MissionItem | None:
        """The item in the NAV slot."""
        return self._nav

    def mission_speed(self) -> float | None:
        """Speed override of DO_CHANGE_SPEED, m/s; None = the vehicle's default. This is what is flown: whoever flies
        asks here, at the latest when `speed_changed` is called."""
        return self._mission_speed

    def change_speed(self, speed: float | None) -> None:
        """Set the speed along the track, m/s, until the mission changes it again: a person's wish. None: the
        default."""
        if speed != self._mission_speed:
            self._mission_speed = speed
            self._speed_changed()

    def is_holding(self) -> bool:
        """True when the vehicle has arrived and the hold time runs."""
        return self._holding_since is not None

    def progress(self) -> tuple[int, MissionState]:
        """Progress that must survive a restart of the service, for `restore`."""
        return self._index, self._state

    def next_deadline_ms(self) -> int | None:
        """Time at which `update` has to be called next although nothing happens, ms: the end of a hold time, or the
        next tick (a time just past) while DO items are being stepped through. Waiting for `verify_command` needs no
        deadline."""
        if self._state is not MissionState.RUNNING:
            return None
        if self._nav_done or self._do.wants_step:
            return self._now_ms + 1
        return None if self._holding_since is None else self._holding_since + self._hold_ms

    def next_nav(self, storage: MissionStorage, after: int) -> MissionItem | None:
        """The NAV item that follows item `after`, through jumps, as things stand; counts no jump."""
        return self._next_nav(storage, self._jumps, after + 1)

    def reset_jump_counters(self) -> None:
        """Every loop begins anew (DO_SET_MISSION_CURRENT with param2 1)."""
        self._jumps.reset()

    def keep_jump_counts(self, keep: bool) -> None:
        """MIS_OPTIONS bit 3: a loop that has run out is not entered again."""
        self._jumps.keep_exhausted = keep

    def end_hold(self) -> None:
        """Whoever flies the active item has counted its hold time himself: once reached, it is done."""
        self._hold_ms = 0

    # --- commands -------------------------------------------------------------------------------------------------
    def start(self, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Begin anew at the first item. Without items: Idle, no events."""
        self._drop_slots()
        self._forget_run()
        if not storage.total():
            self._state = MissionState.IDLE
            return []
        self._index = storage.first_index
        self._state = MissionState.RUNNING
        return self._begin(storage, executor, self._route(storage, storage.first_index))

    def stop(self) -> list[MissionEvent]:
        """Stop flying items: Idle, index kept for `resume`; a completed mission stays Completed."""
        if self._state is MissionState.RUNNING:
            self._kept = None if self._nav is None else self._do.unfinished()
            self._state = MissionState.IDLE
            self._drop_slots()
        self.change_speed(None)
        return []

    def resume(self, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Go on after `stop` or `set_current`: the item at the index is started anew, and so is a DO item that waited.
        After completion, or when the index is gone, from the start. Running: nothing happens."""
        if self._state is MissionState.RUNNING:
            return []
        if self._state is MissionState.COMPLETED or self._next_nav(storage, self._jumps, self._index) is None:
            return self.start(storage, executor)
        kept, self._kept = self._kept, None
        at_nav = storage.get(self._index)
        self._state = MissionState.RUNNING
        route = self._route(storage, self._index)
        if kept is None or at_nav is None or not self._takes_nav(at_nav.command):
            return self._begin(storage, executor, route)
        return self._begin(storage, executor, route, self._reread(storage, kept), run_done=self._index)

    def update(self, storage: MissionStorage, executor: MissionExecutor, now_ms: int) -> list[MissionEvent]:
        """Step at vehicle time `now_ms`: first the DO slot, then the NAV slot. Nothing unless Running."""
        if self._state is not MissionState.RUNNING:
            return []
        self._now_ms = now_ms
        if not self._do.empty:
            self._update_do(executor)
        nav = self._nav
        if nav is None:  # a mission of DO items only
            return self._complete(executor) if self._do.empty else []
        arrived = self._nav_done or executor.verify_command(nav)
        if self._holding_since is None:
            if not arrived:
                return []
            if self._hold_ms:
                self._holding_since = now_ms
                if self._notify is not None:
                    self._notify(HoldBegan(nav.seq, nav.command, self._hold_ms))
                return []
        elif now_ms - self._holding_since < self._hold_ms:
            return []
        self._drop_slots()
        route = self._route(storage, nav.seq + 1, lead_done=self.timing is DoTiming.SEED)
        return [ItemReached(nav.seq), *self._begin(storage, executor, route)]

    def set_current(self, index: int, storage: MissionStorage, executor: MissionExecutor) -> list[MissionEvent]:
        """Go to item `index`. Running: the first NAV item from there on starts at once, with the DO items before it.
        Idle, Completed: `resume` will begin there. Index 0 also resets the jump counters. Raises `SetCurrentError`."""
        if not 0 <= index < storage.count():
            raise InvalidIndexError(f"no mission item {index}: the mission has {storage.count()}")
        at = max(index, storage.first_index)
        anew = index == 0 or self._state is MissionState.COMPLETED
        if self._next_nav(storage, JumpCounters() if anew else self._jumps, at) is None:
            raise NoNavigationItemError(f"no navigation item from {index} on")
        if anew:
            self._jumps.reset()
        self._drop_slots()
        if self._state is MissionState.RUNNING:
            return self._begin(storage, executor, self._route(storage, at))
        self._state = MissionState.IDLE
        self._index = at
        self._kept = None
        return [CurrentChanged(at)]

    def clear(self, storage: MissionStorage) -> list[MissionEvent]:
        """Forget the mission: storage empty, Idle at 0."""
        storage.clear()
        self._rewind()
        return [MissionCleared()]

    def rewind(self) -> list[MissionEvent]:
        """Begin at the first item when next started or resumed: Idle, at 0, since no item is current."""
        self._rewind()
        return [CurrentChanged(0)]

    def mission_changed(
        self, old_items: Iterable[MissionItem], storage: MissionStorage, executor: MissionExecutor
    ) -> MissionChange:
        """`storage` holds a new mission instead of `old_items`. Running: fly on when the NAV item at the index and the
        next two are the same as before, else start the index again; Completed when it is gone. Otherwise see
        `rewind`. Jump counters are reset."""
        if self._state is not MissionState.RUNNING:
            return MissionChange(self.rewind())
        old = MissionStorage(storage.first_index)
        old.replace(old_items)
        self._jumps.reset()
        self._skipped.clear()
        if self._nav is not None and self._same_ahead(old, storage):
            self._nav = storage.get(self._index)
            self._do.follow_with(self._reread(storage, self._do.following()))
            return MissionChange([])
        self._drop_slots()
        if self._next_nav(storage, self._jumps, self._index) is None:
            return MissionChange(self._complete(executor))
        return MissionChange(self._begin(storage, executor, self._route(storage, self._index)), restarted=True)

    def restore(self, index: int, state: MissionState) -> None:
        """Take up `progress` of an earlier process: what was Running is Idle at its index, ready for `resume`."""
        self._drop_slots()
        self._index = index
        self._kept = None
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
        `run_done`: the NAV item whose following DO items have run already (seed's timing)."""
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
            # ArduPilot completes although the DO item it has just started may still wait; the seed's timing lets it.
            return self._complete(executor) if self._do.empty or not seed else []
        return [CurrentChanged(nav.seq)]

    def _load_nav(self, nav: MissionItem, executor: MissionExecutor) -> bool:
        result = self._start_item(nav, executor)
        if result is CommandStartResult.UNSUPPORTED:
            return False
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
        """Start the DO items at hand, one after the other, until one has to wait."""
        while (item := self._do.take_next()) is not None:
            self._load_do(item, executor)
            if not self._do.done:
                return
            self._do.item = None

    def _start_item(self, item: MissionItem, executor: MissionExecutor) -> CommandStartResult:
        if self._notify is not None:
            self._notify(ItemStarted(item.seq, item.command))
        result = executor.start_command(item)
        if result is CommandStartResult.UNSUPPORTED and item.seq not in self._skipped:
            self._skipped.add(item.seq)
            if self._notify is not None:
                self._notify(ItemSkipped(item.seq, item.command))
        return result

    def _take_speed(self, item: MissionItem) -> None:
        """DO_CHANGE_SPEED of the speed along the track; climb and descent are the executor's."""
        change = speed_change(item)
        if change is not None and change.kind in self._track_kinds:
            self.change_speed(change.speed)

    def _complete(self, executor: MissionExecutor) -> list[MissionEvent]:
        self._drop_slots()
        self._state = MissionState.COMPLETED
        executor.on_mission_complete()
        return [MissionComplete()]

    def _route(self, storage: MissionStorage, at: int, *, lead_done: bool = False) -> Route:
        return Route(storage, self._jumps, at, lead_done=lead_done, notify=self._notify, takes_nav=self._takes_nav)

    def _next_nav(self, storage: MissionStorage, jumps: JumpCounters, at: int) -> MissionItem | None:
        return next_nav(storage, jumps, at, self._takes_nav)

    def _same_ahead(self, old: MissionStorage, new: MissionStorage) -> bool:
        """Are the NAV item at the index and the two behind it, in flying order, the same in both?"""
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
        self._skipped.clear()
        self.change_speed(None)
        self._kept = None

    def _drop_slots(self) -> None:
        self._nav = None
        self._nav_done = False
        self._holding_since = None
        self._do.clear()
