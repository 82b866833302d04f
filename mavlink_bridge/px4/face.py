"""A simulated vehicle that is spoken to as a PX4: which mode it shows, and what its stations' commands mean.

The core is the same: PX4's Hold, Takeoff, Offboard, Orbit and Follow Target are its GUIDED, Mission is AUTO. What PX4
does by itself is done here: a mission takes off to MIS_TAKEOFF_ALT, it begins when mode Mission and arming have both
come, after a flight the mode is Hold again, a reposition to nowhere stops. Sources: PX4 1.16
src/modules/commander/Commander.cpp, src/modules/navigator (mission.cpp, loiter.cpp, takeoff.cpp), docs "Mission Mode",
"Offboard Mode".

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Protocol

from autopilot.commands.flight_commands import FlightCommands
from autopilot.commands.mission_commands import MissionCommands
from autopilot.commands.pilot_input import PilotInput
from autopilot.commands.plans import Plans
from autopilot.context.events import ArmedChanged, Event, FenceChanged
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, ModeFlag, Result, Severity, StandardMode
from autopilot.mission.events import ItemReached, MissionComplete
from autopilot.mission.sequencer import MissionSequencer
from autopilot.modes.auto import AutoMode
from autopilot.modes.guided import GuidedMode
from autopilot.modes.manager import ModeChoice
from autopilot.safety.arming import Arming
from autopilot.safety.failsafes import Failsafes
from autopilot.safety.fence import FenceGuard
from mavlink_bridge.px4 import events as e
from mavlink_bridge.px4.book import Notices, ReachedAgain, begin_climb, climb
from mavlink_bridge.px4.failsafes import Px4Failsafes
from mavlink_bridge.px4.modes import (
    FOLLOW,
    GUIDED,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    PRECISION,
    REMEMBERED,
    RETURN,
    TAKEOFF,
    ModeMap,
    Pair,
    fits,
)
from mavlink_bridge.px4.parameters import Px4Parameters
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer
from mavlink_bridge.services.commands import flight
from mavlink_bridge.services.commands.context import DENIED, UNSUPPORTED, Context, Row
from mavlink_bridge.services.commands.request import HIGHEST, Command
from mavlink_bridge.services.modes import ListedMode

# Commander.cpp (`arm`, `disarm`), HealthAndArmingChecks
_PREARM, _ARM, _DISARM = "Preflight Fail: ", "Arming denied: ", "Disarming denied: "


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
    @property
    def failsafes(self) -> Failsafes: ...
    @property
    def fence(self) -> FenceGuard: ...
    @property
    def sticks(self) -> PilotInput: ...
    @property
    def vehicle_arming(self) -> Arming: ...


class Px4Face:
    """A service, and the commands that mean something else to a PX4. `custom_mode`: what HEARTBEAT shows."""

    clock: Clock = "vehicle"
    handles: frozenset[str] = frozenset()

    def __init__(self, autopilot: FlownParts, parameters: Px4Parameters) -> None:
        self._autopilot = autopilot
        self._parameters = parameters
        self._map = ModeMap(autopilot.facts.vehicle_class, autopilot.modes)
        self._guided = autopilot.facts.vehicle_class.modes.guided
        self._asked: Pair = HOLD  # of those that the core does not tell apart
        self._stage = Stage.NONE
        self._height: float | None = None  # of a takeoff, above home
        self._armed = self._airborne = self._flew = False
        self._reached = ReachedAgain()
        self._out: list[Outgoing] = []
        self._shown = 0
        self._fence_seen = -1
        self.changed: Callable[[], None] = lambda: None
        """Another mode is shown than before: stations want to see it at once."""
        self.setpoints_ok: Callable[[int], bool] = lambda now_ms: False
        """Do the setpoints come that Offboard needs, at this vehicle time?"""
        self.refusal: Callable[[], str | None] = lambda: None
        """Why it is not armed now, beside the core's reasons."""
        self._notices = Notices(autopilot.announcer)
        self.failsafes = Px4Failsafes(
            autopilot.facts, self._notices, parameters, self,
            lambda method: self._stop_motors(method),
        )  # fmt: skip
        autopilot.facts.texts = replace(
            autopilot.facts.texts, armed="", disarmed="", prearm=_PREARM, arm=_ARM, disarm=_DISARM
        )
        autopilot.failsafes.follow(self.failsafes)
        autopilot.fence.act_instead = self.failsafes.outside
        autopilot.modes.set(self._guided, 0)

    def _stop_motors(self, method: ArmingMethod) -> None:
        core = self._autopilot
        core.vehicle_arming.disarm(core.facts.now_ms, force=True, method=method)

    @property
    def notices(self) -> Notices:
        """What it says in words and as events."""
        return self._notices

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def custom_mode(self) -> int:
        main, sub = self.mode
        return main << 16 | sub << 24

    @property
    def mode(self) -> Pair:
        """That is flown now."""
        core = self._autopilot
        if self._stage in (Stage.MISSION_ASKED, Stage.CLIMBING):
            return MISSION
        if core.modes.number == self._guided:
            return self._asked
        item = core.sequencer.current_item()
        if core.modes.mode is core.auto and item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return RETURN  # an item of the mission that is a change of mode
        shown = self._map.shown(core.modes.number)
        return PRECISION if shown == LAND and self._asked == PRECISION else shown

    @property
    def wanted_mode(self) -> int:
        """That the user wants, whatever a failsafe flies."""
        in_force = self.failsafes.in_force(failing=False)
        main, sub = self.failsafes.user_mode if in_force else self.mode
        return main << 16 | sub << 24

    # `ModeSource`
    @property
    def standard(self) -> Mapping[StandardMode, int]:
        return self._map.standard

    def listed(self) -> Sequence[ListedMode]:
        return self._map.listed()

    def enter(self, number: int, now_ms: int) -> Outcome:
        return self.enter_mode((number >> 16 & 0xFF, number >> 24), now_ms)

    def needs_position(self, number: int) -> bool:
        pair = (number >> 16 & 0xFF, number >> 24)
        core = self._map.core(pair)
        return pair == PRECISION or any(
            spec.position for spec in self._autopilot.modes.available() if spec.number == core
        )

    def standard_of(self, custom_mode: int) -> int:
        """As what a mode that is shown is listed."""
        return self._map.standard_of(custom_mode)

    # --- commands -------------------------------------------------------------------------------------------------
    def rows(self) -> dict[int, Row]:
        """The commands that are PX4's way."""
        return {
            Cmd.DO_SET_MODE: Row(self._set_mode, required=(1, 2)),
            Cmd.COMPONENT_ARM_DISARM: Row(self._arm, required=(1,), at_once=True),
            Cmd.NAV_TAKEOFF: Row(self._take_off),
            Cmd.NAV_LAND: Row(lambda command, context: self.enter_mode(LAND, context.now_ms)),
            Cmd.NAV_RETURN_TO_LAUNCH: Row(lambda command, context: self.enter_mode(RETURN, context.now_ms)),
            Cmd.DO_REPOSITION: Row(self._reposition, place=True, long_frame=0),
            Cmd.MISSION_START: Row(lambda command, context: self.enter_mode(MISSION, context.now_ms)),
            Cmd.DO_PAUSE_CONTINUE: Row(self._pause, required=(1,)),
        }

    def _set_mode(self, command: Command, context: Context) -> Outcome:
        if not command.whole(1) & ModeFlag.CUSTOM_MODE_ENABLED:
            return DENIED
        mode = (command.whole(2), command.whole(3) if command.given(3) else 0)
        return self.enter_mode(mode, context.now_ms) if fits(mode) else DENIED

    def enter_mode(self, mode: Pair, now_ms: int) -> Outcome:
        """A user's mode; one that is refused leaves everything as it was."""
        if mode == TAKEOFF and self._autopilot.facts.vehicle_class.has_height and not self._flying:
            return self._begin_takeoff(None, now_ms)
        outcome = self._begin_mission(now_ms) if mode == MISSION else self._change(mode, now_ms)
        if outcome.ok:
            self.failsafes.user_asked(mode, now_ms)
        return outcome

    def _change(self, mode: Pair, now_ms: int) -> Outcome:
        core, number, placed = self._autopilot, self._map.core(mode), self._autopilot.facts.has_position
        cannot = (mode == OFFBOARD and not self.setpoints_ok(now_ms)) or (mode == PRECISION and not placed)
        if number is None or cannot:
            return self._notices.mode_refused(mode, self._map.name(mode))
        if placed and {mode, self.mode} == {LAND, PRECISION}:
            core.modes.set(self._guided, now_ms)  # one mode to the core, which begins the other landing anew
        asked, self._asked = self._asked, mode if mode in REMEMBERED else HOLD  # a landing that begins looks at it
        outcome = core.modes.set(number, now_ms)
        if not outcome.ok:
            self._asked = asked
            return Outcome(Result.TEMPORARILY_REJECTED, outcome.reason)
        self._stage = Stage.NONE
        if mode in (HOLD, FOLLOW) and asked != mode and self._flying:
            core.guided.flight.pause()
        return outcome

    @property
    def lands_precisely(self) -> bool:
        """A landing that begins or goes on now looks for its target, by a user's wish."""
        return self._asked == PRECISION

    @property
    def _flying(self) -> bool:
        facts = self._autopilot.facts
        return facts.armed and not facts.grounded

    def enter_by_failsafe(self, mode: Pair, reason: ModeReason, now_ms: int) -> bool:
        """Of `Px4Failsafes`: what flies is let go of, Hold stops it."""
        core, number = self._autopilot, self._map.core(mode)
        asked, self._asked = self._asked, mode if mode in GUIDED else HOLD
        if number is None or not core.modes.set(number, now_ms, reason).ok:
            self._asked = asked
            return False
        self._stage = Stage.NONE
        if mode in GUIDED and mode != OFFBOARD and self._flying:
            core.guided.flight.pause()
        return True

    def _begin_mission(self, now_ms: int) -> Outcome:
        core = self._autopilot
        if not core.plans.mission.total():
            return self._notices.mode_refused(MISSION, self._map.name(MISSION))
        if not core.facts.armed:
            core.modes.set(self._guided, now_ms)
            self._stage = Stage.MISSION_ASKED
            return ACCEPTED
        if (height := climb(core)) is not None:
            outcome = begin_climb(core, height, now_ms, self._notices)
            self._stage = Stage.CLIMBING if outcome.ok else self._stage
            return outcome
        self._stage = Stage.NONE
        self._notices.tell(e.EXECUTES, ())
        return core.mission_commands.start(now_ms)

    def _arm(self, command: Command, context: Context) -> Outcome:
        why = self.refusal() if command.param(1) == 1.0 else None
        if why is not None:
            self._notices.say(Severity.CRITICAL, f"{_ARM}{why}", e.CALIBRATING)
            return Outcome(Result.TEMPORARILY_REJECTED, why)
        return flight.arm_disarm(command, context)

    def _take_off(self, command: Command, context: Context) -> Outcome:
        """Param7 is above mean sea level; without it MIS_TAKEOFF_ALT. It may come before arming."""
        core, home = self._autopilot, self._autopilot.facts.home
        if not core.facts.vehicle_class.has_height:
            return UNSUPPORTED
        if command.given(7) and not abs(command.param(7)) < HIGHEST:
            return DENIED
        height = command.param(7) - home.alt if command.given(7) and home is not None else None
        return self._begin_takeoff(height, context.now_ms)

    def _begin_takeoff(self, height: float | None, now_ms: int) -> Outcome:
        self._height = height
        if not self._autopilot.facts.armed:
            self._stage, self._asked = Stage.TAKEOFF_ASKED, TAKEOFF
            outcome = self._autopilot.modes.set(self._guided, now_ms)
        else:
            outcome = self._climb(now_ms)
        if outcome.ok:
            self.failsafes.user_asked(TAKEOFF, now_ms)
        return outcome

    def _climb(self, now_ms: int) -> Outcome:
        core = self._autopilot
        outcome = core.modes.set(self._guided, now_ms)
        if outcome.ok:
            outcome = core.commands.takeoff(
                self._parameters["MIS_TAKEOFF_ALT"] if self._height is None else self._height
            )
        if outcome.ok:
            self._stage, self._asked = Stage.TAKING_OFF, TAKEOFF
        return outcome

    def _reposition(self, command: Command, context: Context) -> Outcome:
        """Without a place: stop here, or climb to where there is a height alone."""
        if command.given(5) and command.given(6) and command.given(7):
            outcome = flight.reposition(command, context)
        elif command.given(7) and self._flying:
            outcome = self._climb_here(command, context.now_ms)
        else:
            outcome = self._stop(context.now_ms)
        if outcome.ok:
            self.fly_guided(HOLD, context.now_ms)
        return outcome

    def _climb_here(self, command: Command, now_ms: int) -> Outcome:
        core, here = self._autopilot, self._autopilot.facts.vehicle.state.place
        altitude = core.facts.altitude(command.frame, command.param(7), here.lat, here.lon)
        if altitude is None or not abs(altitude) < HIGHEST:
            return DENIED
        return core.commands.reposition(replace(here, alt=altitude), now_ms, change_mode=True)

    def fly_guided(self, mode: Pair, now_ms: int) -> None:
        """The core's GUIDED flies something that the user has asked for, as this mode."""
        self._stage, self._asked = Stage.NONE, mode
        self.failsafes.user_asked(mode, now_ms)

    def _stop(self, now_ms: int) -> Outcome:
        core = self._autopilot
        outcome = core.modes.set(self._guided, now_ms)
        if outcome.ok and self._flying:
            core.guided.flight.pause()
        return outcome

    def _pause(self, command: Command, context: Context) -> Outcome:
        return self.enter_mode(HOLD if command.param(1) == 0.0 else MISSION, context.now_ms)

    # --- time -----------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event]) -> None:
        """What the core announced: a reached item is told again each second; the fence."""
        for event in events:
            if isinstance(event, ItemReached):
                if self._is_return(event.seq):
                    continue
                self._reached.reached(event.seq, self._autopilot.facts.now_ms)
            elif isinstance(event, MissionComplete):
                self._mission_ended()
            elif isinstance(event, ArmedChanged) and event.armed:
                self._flew = False
                self._notices.armed()
            elif isinstance(event, ArmedChanged):
                landed = event.method is ArmingMethod.DISARM_DELAY and self._flew
                self._notices.disarmed(ArmingMethod.LANDED if landed else event.method)
            elif isinstance(event, FenceChanged) and not event.breach_types:
                self.failsafes.inside(self._autopilot.facts.now_ms)

    def _is_return(self, seq: int) -> bool:
        item = self._autopilot.plans.mission.get(seq)
        return item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH

    def _mission_ended(self) -> None:
        """In the air it is Hold then (Commander.cpp, "Transition to loiter when the mission is ... finished")."""
        core = self._autopilot
        self._notices.tell(e.LOITERS if self._flying else e.FINISHED, ())
        if core.modes.mode is core.auto and self._flying and core.modes.set(self._guided, core.facts.now_ms).ok:
            self._asked = self.failsafes.user_mode = HOLD

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Nothing is handled."""

    def handle_timeout(self, now_ms: int) -> None:
        """Called in every pass: what the core decided is followed without deadlines of our own."""
        self._follow(now_ms)
        self._tell_height()
        revision = self._autopilot.plans.fence.revision
        if self._fence_seen != revision:
            self._fence_seen = revision
            self._parameters.fence_uploaded(any_items=self._autopilot.plans.fence.total() > 0)
        again = self._reached.step(now_ms)
        if again is not None:
            self._out.append(Outgoing(again))
        shown = self.custom_mode
        if self._shown != shown:
            self._shown = shown
            self.changed()

    def _follow(self, now_ms: int) -> None:
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
                self._notices.tell(e.EXECUTES, ())
                core.mission_commands.start(now_ms)
            else:
                self.failsafes.user_mode = HOLD
        elif before and not armed:  # back in Hold after a flight
            self._stage, self._asked = Stage.NONE, HOLD
            self._reached.forget()
            self.failsafes.user_mode = HOLD
            core.modes.set(self._guided, now_ms)

    def _tell_height(self) -> None:
        """It has left the ground, or is back on it."""
        facts = self._autopilot.facts
        if not facts.vehicle_class.has_height or facts.landed is not self._airborne:
            return
        if facts.armed or self._airborne:
            self._airborne = not self._airborne
            self._flew = True
            self.failsafes.flying(facts.now_ms, airborne=self._airborne)
            if self._airborne:
                self._notices.say(Severity.INFO, "Takeoff detected", e.LIFTOFF)
            else:
                self._notices.say(Severity.INFO, "Landing detected", e.LANDED)

    def next_deadline_ms(self) -> int | None:
        return self._reached.next_deadline_ms()

    def take_outgoing(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out
