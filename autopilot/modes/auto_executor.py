"""The mission executor of AUTO: it turns the sequencer's items into maneuvers and actions (seed 001). It also has a
place for an executor of your own, which is asked first and flies the items that it accepts, and for executors of
installed packages.

Items that your executor does not support go to AUTO's, so it answers UNSUPPORTED to all items that it does not handle.
While one of its items is active it is asked in every tick.
"""

from __future__ import annotations

from collections.abc import Callable

from autopilot.context.turns import earliest
from autopilot.interface.targets import Yaw
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd
from autopilot.mission.commands import is_fitted
from autopilot.mission.executor import CommandStartResult, MissionExecutor
from autopilot.mission.items import MissionItem
from autopilot.modes.auto_do import DoItems, DoTools
from autopilot.modes.auto_nav import NAV_ITEMS, NavTools
from autopilot.modes.maneuver import Climb, Maneuver
from autopilot.modes.path_back import PathBack
from autopilot.modes.wing_nav import WING_ITEMS


class OwnItems:
    """Items of other executors: their slots (NAV, DO), their executors, and whether they are done. `executor` is asked
    first for every item; `installed` are those of packages, by command."""

    def __init__(self, takes_nav: Callable[[int], bool]) -> None:
        self._takes_nav = takes_nav
        self.executor: MissionExecutor | None = None
        self.installed: dict[int, MissionExecutor] = {}
        self._flown_by: dict[bool, MissionExecutor] = {}  # executor by slot (True: NAV); no entry: AUTO
        self._waiting: set[bool] = set()  # slots with an unfinished item

    def start(self, cmd: MissionItem) -> CommandStartResult | None:
        """Offer `cmd`; None if AUTO must fly it."""
        nav = self._takes_nav(cmd.command)
        self._forget(nav)
        for executor in (self.executor, self.installed.get(cmd.command)):
            result = CommandStartResult.UNSUPPORTED if executor is None else executor.start_command(cmd)
            if executor is None or result is CommandStartResult.UNSUPPORTED:
                continue
            self._flown_by[nav] = executor
            if result is CommandStartResult.ACCEPTED:
                self._waiting.add(nav)
            return result
        return None

    def verify(self, cmd: MissionItem) -> bool | None:
        """True if `cmd` is done; None if AUTO flies it. A finished item stays finished."""
        nav = self._takes_nav(cmd.command)
        executor = self._flown_by.get(nav)
        if executor is None:
            return None
        if nav in self._waiting and executor.verify_command(cmd):
            self._waiting.discard(nav)
        return nav not in self._waiting

    @property
    def under_way(self) -> bool:
        return bool(self._waiting)

    def mission_complete(self) -> None:
        """Tell all executors about the end of the mission."""
        for executor in (self.executor, *self.installed.values()):
            if executor is not None:
                executor.on_mission_complete()

    def drop(self) -> None:
        self._flown_by.clear()
        self._waiting.clear()

    def _forget(self, nav: bool) -> None:
        self._flown_by.pop(nav, None)
        self._waiting.discard(nav)


class AutoExecutor:
    """Executor of AUTO's mission; a `MissionExecutor`. `completed` is called when no NAV item is left."""

    def __init__(self, nav: NavTools, do: DoTools, completed: Callable[[], None]) -> None:
        self._nav = nav
        self._do_tools = do
        self._do = DoItems(do)
        self._completed = completed
        self._items = NAV_ITEMS | WING_ITEMS if nav.context.facts.vehicle_class.has_stall_speed else NAV_ITEMS
        self.maneuver: Maneuver | None = None
        self.own = OwnItems(nav.context.facts.takes_nav)

    # --- MissionExecutor ------------------------------------------------------------------------------------------
    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        facts = self._nav.context.facts
        now_ms = facts.now_ms
        if facts.takes_nav(cmd.command):
            self._nav.speeds.free(False)  # of a guided velocity
        own = self.own.start(cmd)
        if own is not None:
            self._give_away(cmd)
            return own
        if not self._carries_out(cmd.command) and not is_fitted(cmd.command, facts.param):
            self._do_tools.payload.act(cmd.command, cmd.params, now_ms)  # recorded: a payload could do it (30, 94, ..)
            return CommandStartResult.UNSUPPORTED
        if not facts.takes_nav(cmd.command):
            return self._do.start(cmd, now_ms)
        build = self._items.get(cmd.command)
        if build is None:  # of an installed package, which does not take this item
            return CommandStartResult.UNSUPPORTED
        self._come_from(self.maneuver)
        self._nav.heading.begin_item(cmd)
        returns = self.path_home(lambda _: None) if cmd.command == Cmd.NAV_RETURN_TO_LAUNCH else None
        self.maneuver = returns or build(self._nav, cmd)
        self.maneuver.start(now_ms)
        self._do.target_changed()
        return CommandStartResult.COMPLETE if self.maneuver.done else CommandStartResult.ACCEPTED

    def path_home(self, begins: Callable[[int], None]) -> PathBack | None:
        """Flight home by the items of the personality, with a call of `begins(seq)` for each; None: straight."""
        path = self._nav.context.facts.personality.return_path()
        return PathBack(self._nav, path, self._items, begins) if path else None

    def _carries_out(self, command: int) -> bool:
        """True if the vehicle carries out the command. A flight controller with its own modes would land and disarm to
        place a load, so it does not."""
        facts = self._nav.context.facts
        lands = command == Cmd.NAV_PAYLOAD_PLACE and facts.vehicle.capabilities.own_modes
        return facts.vehicle_class.carries_out(command) and not lands

    def verify_command(self, cmd: MissionItem) -> bool:
        own = self.own.verify(cmd)
        if own is not None:
            return own
        if self._nav.context.facts.takes_nav(cmd.command):
            return self.maneuver is not None and self.maneuver.done
        return self._do.met

    def on_mission_complete(self) -> None:
        self.own.mission_complete()
        self._completed()

    # --- AUTO's side ----------------------------------------------------------------------------------------------
    def update(self, now_ms: int, events: VehicleEvent) -> None:
        """Update the maneuver and the waiting condition, before the sequencer asks."""
        if self.maneuver is not None and not self.maneuver.done:
            self.maneuver.update(now_ms, events)
        self._do.update(now_ms, events)

    def next_deadline_ms(self) -> int | None:
        if self.own.under_way:
            return self._nav.context.facts.now_ms
        flown = None if self.maneuver is None or self.maneuver.done else self.maneuver.next_deadline_ms()
        return earliest((flown, self._do.deadline_ms))

    def turn(self, yaw: Yaw) -> None:
        """CONDITION_YAW as a command."""
        self._nav.heading.fix(yaw)

    def drop(self) -> None:
        """Forget the active items and guided limits, when AUTO is left or its mission begins again."""
        self._nav.limits.set()
        self.own.drop()
        self.maneuver = None

    def _give_away(self, cmd: MissionItem) -> None:
        """End the maneuver or wait in the slot of `cmd`, which the other executor flies."""
        if self._nav.context.facts.takes_nav(cmd.command):
            self._nav.speeds.begin_leg()
            self.maneuver = None
            self._do.target_changed()
        else:
            self._do.drop()

    def _come_from(self, last: Maneuver | None) -> None:
        """Begin a leg where the last maneuver ended, if the vehicle got there."""
        arrived = last is not None and last.done and last.end is not None
        self._nav.previous = self._nav.before if arrived else None
        self._nav.before = last.end if last is not None and arrived else None
        self._nav.rose = isinstance(last, Climb)
