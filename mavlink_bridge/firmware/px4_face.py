"""A simulated copter that is spoken to as a PX4: which mode it shows, and what its stations' commands mean.

The core is the same: PX4's Hold, Takeoff and Offboard are its GUIDED, Mission is AUTO. What PX4 does by itself is done
here: a mission takes off to MIS_TAKEOFF_ALT, it begins when mode Mission and arming have both come, after a flight the
mode is Hold again, a reposition to nowhere stops. Sources: PX4 1.16 src/modules/commander/Commander.cpp,
src/modules/navigator (mission.cpp, loiter.cpp, takeoff.cpp), docs "Mission Mode", "Offboard Mode".

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final, Protocol

from autopilot.events import Event
from autopilot.flight_commands import FlightCommands
from autopilot.mav import Cmd, ModeFlag, Result, StandardMode
from autopilot.mission.events import ItemReached
from autopilot.mission.sequencer import MissionSequencer
from autopilot.mission_commands import MissionCommands
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import ModeChoice
from autopilot.modes.table import CopterMode
from autopilot.plans import Plans
from autopilot.result import ACCEPTED, Outcome
from autopilot.vehicle_context import Announcer, Helm, VehicleFacts
from mavlink_bridge.codec import dialect
from mavlink_bridge.firmware.px4_parameters import Px4Parameters
from mavlink_bridge.services.base import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.commands import flight
from mavlink_bridge.services.commands.context import DENIED, Context, Row
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.modes import ListedMode

Pair = tuple[int, int]
POSITION, TAKEOFF, HOLD, MISSION, RETURN, LAND, OFFBOARD = (3, 0), (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (6, 0)
# PX4's mode: the core's
_FLOWN: Final[dict[Pair, int]] = {
    (7, 0): CopterMode.STABILIZE, (1, 0): CopterMode.STABILIZE, (5, 0): CopterMode.ACRO, (2, 0): CopterMode.ALT_HOLD,
    POSITION: CopterMode.LOITER, TAKEOFF: CopterMode.GUIDED, HOLD: CopterMode.GUIDED, MISSION: CopterMode.AUTO,
    RETURN: CopterMode.RTL, LAND: CopterMode.LAND, OFFBOARD: CopterMode.GUIDED,
}  # fmt: skip
# the core's modes that are none of PX4's, as what they look like
_SHOWN: Final[dict[int, Pair]] = {
    CopterMode.STABILIZE: (7, 0), CopterMode.ACRO: (5, 0), CopterMode.ALT_HOLD: (2, 0), CopterMode.LOITER: POSITION,
    CopterMode.POSHOLD: POSITION, CopterMode.GUIDED: HOLD, CopterMode.BRAKE: HOLD, CopterMode.CIRCLE: (3, 1),
    CopterMode.AUTO: MISSION, CopterMode.AUTO_RTL: MISSION, CopterMode.RTL: RETURN, CopterMode.SMART_RTL: RETURN,
    CopterMode.LAND: LAND,
}  # fmt: skip
_S: Final = StandardMode
# as PX4 lists them (mavlink/streams/AVAILABLE_MODES.hpp)
_LISTED: Final = tuple(
    ListedMode(main << 16 | sub << 24, name, standard)
    for (main, sub), standard, name in (
        (POSITION, _S.POSITION_HOLD, "Position"), ((3, 1), _S.ORBIT, "Orbit"), ((2, 0), _S.ALTITUDE_HOLD, "Altitude"),
        (RETURN, _S.SAFE_RECOVERY, "Return"), (LAND, _S.LAND, "Land"), (TAKEOFF, _S.TAKEOFF, "Takeoff"),
        (MISSION, _S.MISSION, "Mission"), (HOLD, _S.NON_STANDARD, "Hold"), (OFFBOARD, _S.NON_STANDARD, "Offboard"),
        ((5, 0), _S.NON_STANDARD, "Acro"), ((7, 0), _S.NON_STANDARD, "Stabilized"),
    )
)  # fmt: skip
_STANDARD: Final[Mapping[StandardMode, int]] = {
    mode.standard: mode.number for mode in _LISTED if mode.standard is not _S.NON_STANDARD
}
_STANDARD_OF: Final = {mode.number: mode.standard for mode in _LISTED}
_REPEAT_MS: Final = 1000
_REPEATS: Final = 10
_GUIDED: Final = frozenset((TAKEOFF, HOLD, OFFBOARD))


class Stage(Enum):
    """Of what was asked for and needs more than one step of the core."""

    NONE = auto()
    TAKEOFF_ASKED = auto()  # before the motors run
    MISSION_ASKED = auto()  # before the motors run
    CLIMBING = auto()  # to MIS_TAKEOFF_ALT, for a mission
    TAKING_OFF = auto()


class FlownParts(Protocol):
    """The parts of an autopilot that a PX4's commands act on."""

    @property
    def facts(self) -> VehicleFacts: ...
    @property
    def announcer(self) -> Announcer: ...
    @property
    def helm(self) -> Helm: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def sequencer(self) -> MissionSequencer: ...
    @property
    def modes(self) -> ModeChoice: ...
    @property
    def auto(self) -> AutoMode: ...
    @property
    def guided(self) -> GuidedMode: ...
    @property
    def commands(self) -> FlightCommands: ...
    @property
    def mission_commands(self) -> MissionCommands: ...


class Px4Face:
    """A service, and the commands that mean something else to a PX4. `custom_mode`: what HEARTBEAT shows."""

    clock: Clock = "vehicle"
    handles: frozenset[str] = frozenset()

    def __init__(self, autopilot: FlownParts, parameters: Px4Parameters) -> None:
        self._autopilot = autopilot
        self._parameters = parameters
        self._asked: Pair = HOLD  # of those that are GUIDED to the core
        self._stage = Stage.NONE
        self._height: float | None = None  # of a takeoff, above home
        self._armed = False
        self._reached: tuple[int, int] | None = None  # item and how often it was told
        self._due_ms = 0
        self._out: list[Outgoing] = []
        self._shown = 0
        self.changed: Callable[[], None] = lambda: None
        """Another mode is shown than before: stations want to see it at once."""
        autopilot.modes.set(CopterMode.GUIDED, 0)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def custom_mode(self) -> int:
        main, sub = self._mode()
        return main << 16 | sub << 24

    def _mode(self) -> Pair:
        core = self._autopilot
        if self._stage in (Stage.MISSION_ASKED, Stage.CLIMBING):
            return MISSION
        if core.modes.number == CopterMode.GUIDED:
            return self._asked
        item = core.sequencer.current_item()
        if core.modes.mode is core.auto and item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return RETURN  # an item of the mission that is a change of mode
        return _SHOWN.get(core.modes.number, HOLD)

    # `ModeSource`
    standard: Mapping[StandardMode, int] = _STANDARD

    def listed(self) -> Sequence[ListedMode]:
        return _LISTED

    def enter(self, number: int, now_ms: int) -> Outcome:
        return self._enter((number >> 16 & 0xFF, number >> 24), now_ms)

    def standard_of(self, custom_mode: int) -> int:
        """As what a mode that is shown is listed."""
        return _STANDARD_OF.get(custom_mode, StandardMode.NON_STANDARD)

    # --- commands -------------------------------------------------------------------------------------------------
    def rows(self) -> dict[int, Row]:
        """The commands that are PX4's way."""
        return {
            Cmd.DO_SET_MODE: Row(self._set_mode, required=(1, 2)),
            Cmd.COMPONENT_ARM_DISARM: Row(self._arm, required=(1,), at_once=True),
            Cmd.NAV_TAKEOFF: Row(self._take_off),
            Cmd.NAV_LAND: Row(lambda command, context: self._enter(LAND, context.now_ms)),
            Cmd.NAV_RETURN_TO_LAUNCH: Row(lambda command, context: self._enter(RETURN, context.now_ms)),
            Cmd.DO_REPOSITION: Row(self._reposition, place=True, long_frame=0),
            Cmd.MISSION_START: Row(lambda command, context: self._enter(MISSION, context.now_ms)),
            Cmd.DO_PAUSE_CONTINUE: Row(self._pause, required=(1,)),
        }

    def _set_mode(self, command: Command, context: Context) -> Outcome:
        if not command.whole(1) & ModeFlag.CUSTOM_MODE_ENABLED:
            return DENIED
        sub = command.whole(3) if command.given(3) else 0
        return self._enter((command.whole(2), sub), context.now_ms)

    def _enter(self, mode: Pair, now_ms: int) -> Outcome:
        """A user's mode; one that is refused leaves everything as it was."""
        core = self._autopilot
        if mode not in _FLOWN:
            return core.announcer.refuse("Switching to mode is currently not possible", Result.TEMPORARILY_REJECTED)
        if mode == MISSION:
            return self._begin_mission(now_ms)
        outcome = core.modes.set(_FLOWN[mode], now_ms)
        if not outcome.ok:
            return Outcome(Result.TEMPORARILY_REJECTED, outcome.reason)
        self._stage = Stage.NONE
        if mode in _GUIDED:
            if mode == HOLD and self._asked != HOLD:
                core.guided.flight.pause()
            self._asked = mode
        return outcome

    def _begin_mission(self, now_ms: int) -> Outcome:
        core = self._autopilot
        if not core.plans.mission.total():
            return core.announcer.refuse("Mission rejected: no mission", Result.TEMPORARILY_REJECTED)
        if not core.facts.armed:
            core.modes.set(CopterMode.GUIDED, now_ms)
            self._stage = Stage.MISSION_ASKED
            return ACCEPTED
        if core.facts.landed and not core.auto.takes_off_first:
            outcome = core.modes.set(CopterMode.GUIDED, now_ms)
            outcome = core.commands.takeoff(self._parameters["MIS_TAKEOFF_ALT"]) if outcome.ok else outcome
            self._stage = Stage.CLIMBING if outcome.ok else self._stage
            return outcome
        self._stage = Stage.NONE
        return core.mission_commands.start(now_ms)

    def _arm(self, command: Command, context: Context) -> Outcome:
        return flight.arm_disarm(command, context)

    def _take_off(self, command: Command, context: Context) -> Outcome:
        """Param7 is above mean sea level; without it MIS_TAKEOFF_ALT. It may come before arming."""
        core, home = self._autopilot, self._autopilot.facts.home
        self._height = command.param(7) - home.alt if command.given(7) and home is not None else None
        if not core.facts.armed:
            self._stage, self._asked = Stage.TAKEOFF_ASKED, TAKEOFF
            return core.modes.set(CopterMode.GUIDED, context.now_ms)
        return self._climb(context.now_ms)

    def _climb(self, now_ms: int) -> Outcome:
        core = self._autopilot
        outcome = core.modes.set(CopterMode.GUIDED, now_ms)
        if outcome.ok:
            outcome = core.commands.takeoff(
                self._parameters["MIS_TAKEOFF_ALT"] if self._height is None else self._height
            )
        if outcome.ok:
            self._stage, self._asked = Stage.TAKING_OFF, TAKEOFF
        return outcome

    def _reposition(self, command: Command, context: Context) -> Outcome:
        """Without a place: stop here (and climb, where there is a height)."""
        if command.given(5) and command.given(6) and command.given(7):
            outcome = flight.reposition(command, context)
        else:
            outcome = self._stop(context.now_ms)
        if outcome.ok:
            self._stage, self._asked = Stage.NONE, HOLD
        return outcome

    def _stop(self, now_ms: int) -> Outcome:
        core = self._autopilot
        outcome = core.modes.set(CopterMode.GUIDED, now_ms)
        if outcome.ok and core.facts.armed and not core.facts.landed:
            core.guided.flight.pause()
        return outcome

    def _pause(self, command: Command, context: Context) -> Outcome:
        return self._enter(HOLD if command.param(1) == 0.0 else MISSION, context.now_ms)

    # --- time -----------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event]) -> None:
        """What the core announced: a reached item is told again each second."""
        for event in events:
            if isinstance(event, ItemReached):
                self._reached, self._due_ms = (event.seq, 0), _next_second(self._autopilot.facts.now_ms)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Nothing is handled."""

    def handle_timeout(self, now_ms: int) -> None:
        """Called in every pass: what the core decided is followed without deadlines of our own."""
        core = self._autopilot
        armed, before = core.facts.armed, self._armed
        self._armed = armed
        if armed and self._stage is Stage.MISSION_ASKED:
            self._begin_mission(now_ms)
        elif armed and self._stage is Stage.TAKEOFF_ASKED:
            self._climb(now_ms)
        elif self._stage in (Stage.CLIMBING, Stage.TAKING_OFF) and core.helm.arrived and not core.facts.landed:
            climbing, self._stage, self._asked = self._stage is Stage.CLIMBING, Stage.NONE, HOLD
            if climbing:
                core.mission_commands.start(now_ms)
        elif before and not armed:  # back in Hold after a flight
            self._stage, self._asked, self._reached = Stage.NONE, HOLD, None
            core.modes.set(CopterMode.GUIDED, now_ms)
        self._tell_again(now_ms)
        if self._shown != self.custom_mode:
            self._shown = self.custom_mode
            self.changed()

    def _tell_again(self, now_ms: int) -> None:
        if self._reached is None or now_ms < self._due_ms:
            return
        seq, told = self._reached
        self._reached = (seq, told + 1) if told + 1 < _REPEATS else None
        self._due_ms = _next_second(now_ms)
        self._out.append(Outgoing(dialect.MAVLink_mission_item_reached_message(max(seq - 1, 0))))

    def next_deadline_ms(self) -> int | None:
        return None if self._reached is None else self._due_ms

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out

    def link_closed(self, link: int) -> None:
        """Nothing is held for it."""


def _next_second(now_ms: int) -> int:
    """A whole one, at which most streams are due anyway: it makes no pass of its own."""
    return (now_ms // _REPEAT_MS + 1) * _REPEAT_MS
