"""Flight of the core in PX4's modes: the shown mode, entering a mode, and the reaction to a user's request.

Hold, Takeoff, Offboard, Orbit and Follow Target are the core's GUIDED, Mission is AUTO. PX4's automatic behaviour is
here. A mission takes off to MIS_TAKEOFF_ALT and begins when both mode Mission and arming are present. After a flight
the mode is the user's last one that allows arming: Mission, after a mission. A standard VTOL stays upright, or on
wings, through changes of mode until a transition is requested; a landing leaves it upright, NAV_VTOL_TAKEOFF on wings.
Clock: vehicle time. Sources: PX4 1.16 src/modules/commander/Commander.cpp, src/modules/navigator (mission.cpp,
mission_base.cpp, loiter.cpp, takeoff.cpp), src/modules/vtol_att_control (vtol_att_control_main.cpp), docs "Mission
Mode", "Offboard Mode".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import ArmedChanged, Event, FenceChanged, PayloadAction
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import TakeOff
from autopilot.mav import Cmd, Result, Severity, VtolState
from autopilot.mission.commands import TAKEOFFS, has_position
from autopilot.mission.events import ItemReached, MissionComplete
from autopilot.mission.sequencer import MissionState
from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.failsafes import Px4Failsafes
from autopilot.personality.px4.feasibility import MissionFeasibility
from autopilot.personality.px4.flight_stages import FlightStage, NextStep, next_step
from autopilot.personality.px4.notices import Notice, Voice
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.personality.px4.returning import Px4Returns

_CLOSE_M: Final = 0.8  # NAV_MC_ALT_RAD
_WARNS: Final = 1  # GF_ACTION
_ENDS_UPRIGHT: Final = frozenset((px4.TAKEOFF, px4.VTOL_TAKEOFF, px4.LAND, px4.RETURN, px4.ORBIT))
"""Modes that do not accept a transition to wings."""


_REQUESTED: Final = dict.fromkeys((px4.TAKEOFF, px4.VTOL_TAKEOFF), FlightStage.TAKEOFF_REQUESTED)
_BEFORE_ARMING: Final = (FlightStage.TAKEOFF_REQUESTED, FlightStage.MISSION_REQUESTED)


class Setpoints:
    """Setpoints for Offboard. They are lost after COM_OF_LOSS_T (`offboardControlCheck`)."""

    def __init__(self, parameters: Px4Parameters) -> None:
        self._parameters = parameters
        self._end_ms: int | None = None
        self.lost = False

    def hear(self, now_ms: int) -> bool:
        """Note a setpoint; True if they have returned."""
        self._end_ms = now_ms + int(1000.0 * self._parameters["COM_OF_LOSS_T"])
        was_lost, self.lost = self.lost, False
        return was_lost

    def come(self, now_ms: int) -> bool:
        """True while they arrive."""
        return self._end_ms is not None and now_ms < self._end_ms

    @property
    def end_ms(self) -> int | None:
        """Time at which the setpoints are lost, ms; None: lost, or none came."""
        return None if self.lost else self._end_ms


class Px4Flight:
    """Flight in PX4's modes: requests of people, failsafes, and the core's modes that fly them."""

    def __init__(self, parts: VehicleParts, parameters: Px4Parameters) -> None:
        self._parts = parts
        self._parameters = parameters
        self.modes = px4.ModeMap(parts.facts.vehicle_class, parts.modes, parts.helm)
        self._guided = parts.facts.vehicle_class.modes.guided
        self._requested: px4.Pair = px4.HOLD  # the core may fly several modes by one of its own
        self._stage = FlightStage.NONE
        self._height: float | None = None  # of a takeoff, m above home
        self._takeoff: px4.Pair = px4.TAKEOFF
        self._was_armed = self._airborne = False
        self.starts_mission = False  # MISSION_START arms it
        self.calibrates = False  # a calibration runs, which prevents arming
        self._reached_revision = -1  # of the mission of which an item was reached last
        self.setpoints = Setpoints(parameters)
        self.returns = Px4Returns(parts.facts, parameters)
        self.voice = Voice(parts.announcer)
        self._feasibility = MissionFeasibility(parts, parameters)
        self.failsafes = Px4Failsafes(parts.facts, self.voice, parameters, self, self.stop_motors)

    def stop_motors(self, method: ArmingMethod) -> None:
        """Cut the motors, also in the air."""
        self._parts.vehicle_arming.disarm(self._parts.facts.now_ms, force=True, method=method)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def mode(self) -> px4.Pair:
        core, number = self._parts, self._parts.modes.number
        if self._stage in (FlightStage.MISSION_REQUESTED, FlightStage.CLIMBING):
            return px4.MISSION
        item = core.sequencer.current_item() if core.modes.mode is core.auto else None
        if item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return px4.RETURN  # an item that changes the mode
        return self._requested if self.modes.core(self._requested) == number else self.modes.shown(number)

    @property
    def user_mode(self) -> px4.Pair:
        """Mode that the user wants, independent of failsafes."""
        return self.failsafes.user_mode if self.failsafes.in_force(failing=False) else self.mode

    @property
    def has_mission(self) -> bool:
        """True if there is a mission that can be flown."""
        return self._parts.plans.mission.total() > 0 and self._feasibility.ok

    @property
    def amid_mission(self) -> bool:
        """True if items of the present mission have been reached, and it goes on after them."""
        mission = self._parts.plans.mission
        return self._reached_revision == mission.revision and self._next_item > mission.first_index

    def forbids_arming(self, now_ms: int) -> bool:
        """True if its mode does not allow arming, or lacks a mission or setpoints (modeCheck.cpp)."""
        without_mission = self._stage is FlightStage.MISSION_REQUESTED and not self.has_mission
        without_setpoints = self.mode == px4.OFFBOARD and not self.setpoints.come(now_ms)
        return without_mission or without_setpoints or self.mode in px4.NOT_ARMED_IN

    def needs_position(self, mode: px4.Pair) -> bool:
        """True if the mode needs a position estimate."""
        core, modes = self.modes.core(mode), self._parts.modes.available()
        return mode == px4.PRECISION or any(spec.position for spec in modes if spec.number == core)

    @property
    def lands_precisely(self) -> bool:
        """True if the present landing looks for its target because of the user's mode."""
        return self._requested == px4.PRECISION

    @property
    def flying(self) -> bool:
        """True if armed and off the ground."""
        return self._parts.facts.armed and not self._parts.facts.grounded

    @property
    def on_wings(self) -> bool:
        """True for a plane, and for a VTOL that does not hover."""
        return self._parts.facts.vehicle_class.has_stall_speed and not self._parts.helm.upright

    @property
    def keeps_in(self) -> bool:
        """True if the fence does more than warn."""
        return self._parameters["GF_ACTION"] > _WARNS

    # --- modes ----------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Begin in Hold."""
        self._parts.modes.set(self._guided, 0)

    def enter(self, mode: px4.Pair, now_ms: int) -> Outcome:
        """Enter a user's mode; a refusal has no effect. With motors off every mode is accepted, and arming is refused
        instead (UserModeIntention.cpp, `change`)."""
        if mode in _REQUESTED and self.modes.core(mode) is not None:
            return self.take_off(None, now_ms, mode)
        outcome = self._begin_mission(now_ms) if mode == px4.MISSION else self._change(mode, now_ms)
        if outcome.ok:
            self.failsafes.mode_requested(mode, now_ms)
        return outcome

    def _change(self, mode: px4.Pair, now_ms: int) -> Outcome:
        core, number, placed = self._parts, self.modes.core(mode), self._parts.facts.has_position
        cannot = (mode == px4.OFFBOARD and not self.setpoints.come(now_ms)) or (mode == px4.PRECISION and not placed)
        if number is None or (cannot and core.facts.armed):
            return self.refuse(mode)
        if placed and {mode, self.mode} == {px4.LAND, px4.PRECISION}:
            core.modes.set(self._guided, now_ms)  # both are the same mode for the core, so the landing must begin anew
        # a landing that begins looks at it
        before, self._requested = self._requested, mode
        outcome = core.modes.set(number, now_ms)
        if not outcome.ok:
            self._requested = before
            return Outcome(Result.TEMPORARILY_REJECTED, outcome.reason)
        self._stage = FlightStage.NONE
        if mode in (px4.HOLD, px4.FOLLOW, px4.ORBIT) and before != mode and self.flying:
            core.guided.flight.pause()
        return outcome

    def refuse(self, mode: px4.Pair) -> Outcome:
        """Refuse a mode that is not possible now."""
        text = self.voice.say(Notice.MODE_REFUSED, px4.custom_of(mode), name=self.modes.name(mode))
        return Outcome(Result.TEMPORARILY_REJECTED, text)

    def enter_by_failsafe(self, mode: px4.Pair, reason: ModeReason, now_ms: int) -> bool:
        """Enter a mode for `Px4Failsafes`. It ends the present flight; Hold stops the vehicle; a takeoff goes on, an
        orbit does not (PX4 main, failsafe.cpp, `modifyUserIntendedMode`)."""
        if mode in _REQUESTED:
            return self._climb(now_ms).ok
        if mode == px4.ORBIT:
            mode = self.failsafes.user_mode = px4.HOLD
        core, number = self._parts, self.modes.core(mode)
        before, self._requested = self._requested, mode
        if mode == px4.LAND and not core.facts.has_position:
            number = self.modes.descent
        if number is None or not core.modes.set(number, now_ms, reason).ok:
            self._requested = before
            return False
        self._stage = FlightStage.NONE
        if mode in px4.GUIDED and mode != px4.OFFBOARD and self.flying:
            core.guided.flight.pause()
        return True

    def fly_guided(self, mode: px4.Pair, now_ms: int) -> None:
        """Note that the core's GUIDED flies a request of the user as this mode."""
        self._stage, self._requested = FlightStage.NONE, mode
        self.failsafes.mode_requested(mode, now_ms)

    def stop(self, now_ms: int) -> Outcome:
        """Stay in place, for a reposition without a place."""
        outcome = self._parts.modes.set(self._guided, now_ms)
        if outcome.ok and self.flying:
            self._parts.guided.flight.pause()
        return outcome

    # --- transitions ----------------------------------------------------------------------------------------------
    def change_over(self, *, upright: bool, now_ms: int) -> Outcome:
        """Continue upright, or on wings: the present flight begins anew (`vehicle_cmd_poll`)."""
        mode = self.mode
        if not self.flying or (mode in _ENDS_UPRIGHT and not upright) or (mode == px4.ACRO and upright):
            return Outcome(Result.TEMPORARILY_REJECTED)
        if not upright:
            self.failsafes.transition_requested(now_ms)
        if upright is not self._parts.helm.upright:
            self.stand(upright=upright, now_ms=now_ms)
        return ACCEPTED

    def stand(self, *, upright: bool, now_ms: int) -> None:
        """Start the present flight anew, upright or on wings."""
        core, mode = self._parts, self.mode
        core.helm.upright = upright
        number = self.modes.core(mode)
        if core.modes.number == self._guided:
            core.guided.flight.change_over()
        elif core.modes.mode is not core.auto and number is not None and number != core.modes.number:
            core.modes.set(number, now_ms)

    def _follow_stance(self) -> None:
        """Note automatic changes: a landing ends upright, a VTOL takeoff item ends on wings."""
        core, item = self._parts, self._parts.sequencer.current_item()
        hovers = core.facts.vehicle.state.report[report.VTOL_STATE] == VtolState.MC
        if core.facts.grounded or (hovers and core.modes.mode.is_landing):
            core.helm.upright = True
        elif core.modes.mode is core.auto and item is not None and item.command == Cmd.NAV_VTOL_TAKEOFF:
            core.helm.upright = self.failsafes.quad_chuted

    # --- takeoffs and missions ------------------------------------------------------------------------------------
    def take_off(self, height: float | None, now_ms: int, mode: px4.Pair = px4.TAKEOFF) -> Outcome:
        """Take off to `height` m above home, None: MIS_TAKEOFF_ALT above the place where the climb begins. It may be
        requested before arming."""
        self._height, self._takeoff = height, mode
        if not self._parts.facts.armed:
            self._stage, self._requested = FlightStage.TAKEOFF_REQUESTED, mode
            outcome = self._parts.modes.set(self._guided, now_ms)
        else:
            outcome = self._climb(now_ms)
        if outcome.ok:
            self.failsafes.mode_requested(mode, now_ms)
        return outcome

    def _climb(self, now_ms: int) -> Outcome:
        """Take off, or climb in the air, never down (takeoff.cpp, `set_takeoff_position`); Hold if that is refused."""
        here = self._parts.facts.height
        if self._height is None:
            self._height = here + self._parameters["MIS_TAKEOFF_ALT"]
        if self._height < here:
            self._parts.announcer.say(Severity.CRITICAL, "Already higher than takeoff altitude")
            if self._parts.facts.landed:
                self._stage, self._requested = FlightStage.NONE, self._takeoff
                return ACCEPTED
        outcome = self._climb_to(max(self._height, here), now_ms)
        self._stage = FlightStage.TAKING_OFF if outcome.ok else FlightStage.NONE
        self._requested = self._takeoff if outcome.ok else px4.HOLD
        return outcome

    def _begin_mission(self, now_ms: int) -> Outcome:
        core = self._parts
        if not core.facts.armed:
            core.modes.set(self._guided, now_ms)
            self._stage = FlightStage.MISSION_REQUESTED
            return ACCEPTED
        if not self.has_mission:
            if self._stage is FlightStage.MISSION_REQUESTED:  # armed by force
                self._stage, self._requested = FlightStage.NONE, px4.HOLD
            return self.refuse(px4.MISSION)
        runs = core.modes.mode is core.auto and core.sequencer.running
        if self.mode == px4.MISSION and (runs or self._stage is FlightStage.CLIMBING):
            return ACCEPTED  # asked for again, it goes on (UserModeIntention.cpp, `change`: not another mode)
        if core.sequencer.state() is MissionState.COMPLETED:  # restart (mission_base.cpp, `checkMissionRestart`)
            self.begin_mission_at(0)
        if (height := self._height_before_mission()) is not None:
            outcome = self._climb_to(height, now_ms)
            if outcome.ok:
                self.voice.say(Notice.CLIMBS, height)
            self._stage = FlightStage.CLIMBING if outcome.ok else FlightStage.NONE
            return outcome
        self._stage = FlightStage.NONE
        return self._fly_mission(now_ms)

    def _fly_mission(self, now_ms: int) -> Outcome:
        """Fly the items, at the speed that those before the present one have set (`replayCachedSpeedChangeItems`)."""
        core = self._parts
        self.voice.say(Notice.EXECUTES)
        outcome = core.mission_commands.fly(now_ms)
        passed = (item for item in core.plans.mission.items() if item.seq < self._next_item)
        speeds = [item.param2 for item in passed if item.command == Cmd.DO_CHANGE_SPEED]
        if speeds and outcome.ok:
            core.sequencer.change_speed(speeds[-1] if speeds[-1] > 0.0 else None)
        return outcome

    @property
    def _next_item(self) -> int:
        """Index of the item at which the mission goes on."""
        return max(self._parts.sequencer.current_nav_index(), self._parts.plans.mission.first_index)

    def begin_mission_at(self, position: int) -> None:
        """Make the item at `position` of the stored mission current, unless it is or no place follows it."""
        core, index = self._parts, self._parts.plans.mission.first_index + position
        changes = core.sequencer.state() is MissionState.COMPLETED or index != self._next_item
        if changes and core.sequencer.leads_on(index, core.plans.mission):
            core.auto.steer(index)

    def _height_before_mission(self) -> float | None:
        """Height of the climb before a mission, m above home: that of its first place; None: no climb. A takeoff item
        climbs itself (`checkClimbRequired`); in the air wings climb on their way, where PX4 circles first."""
        core, facts, home = self._parts, self._parts.facts, self._parts.facts.home
        at = self._next_item
        items = core.plans.mission.items()
        item = next((item for item in items if item.seq >= at and has_position(item.command)), None)
        on_ground_first = item is not None and item.command in TAKEOFFS and facts.grounded
        on_its_way = self.on_wings and not facts.grounded
        if not facts.vehicle_class.flies or item is None or home is None or on_ground_first or on_its_way:
            return None
        altitude = facts.altitude(item.frame, item.z, item.x, item.y)
        below = altitude is not None and altitude - facts.vehicle.state.place.alt > _CLOSE_M
        return altitude - home.alt if below and altitude is not None else None

    def _climb_to(self, height: float, now_ms: int) -> Outcome:
        """Climb to `height` m above home: a takeoff, or in the air straight up."""
        core, home = self._parts, self._parts.facts.home
        outcome = core.modes.set(self._guided, now_ms)
        if not outcome.ok:
            return outcome
        if core.facts.grounded or home is None:
            return core.commands.takeoff(height)
        up = replace(core.facts.vehicle.state.place, alt=home.alt + height)
        return core.commands.reposition(up, now_ms, change_mode=True)

    # --- time -----------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event]) -> None:
        """Act on the core's events."""
        for event in events:
            if isinstance(event, MissionComplete):
                self._mission_ended()
            elif isinstance(event, PayloadAction) and event.command == Cmd.COMPONENT_ARM_DISARM:
                if event.params[0] == 0.0:  # an item of the mission
                    self._parts.vehicle_arming.disarm(self._parts.facts.now_ms)
            elif isinstance(event, ArmedChanged) and event.armed:
                self.voice.armed(by_mission_start=self.starts_mission)
                self.starts_mission = False
            elif isinstance(event, ArmedChanged):
                landed = event.method is ArmingMethod.DISARM_DELAY and self._parts.vehicle_arming.flew
                self.voice.disarmed(ArmingMethod.LANDED if landed else event.method)
            elif isinstance(event, FenceChanged) and not event.breach_types:
                self.failsafes.inside(self._parts.facts.now_ms)

    def reached(self, event: ItemReached) -> int | None:
        """Number of a reached item; None: the item changes the mode, which is not reported as reached."""
        item = self._parts.plans.mission.get(event.seq)
        if item is not None and item.command == Cmd.NAV_RETURN_TO_LAUNCH:
            return None
        self._reached_revision = self._parts.plans.mission.revision
        return event.seq

    def _mission_ended(self) -> None:
        """Enter Hold after a mission in the air (Commander.cpp, "Transition to loiter when the mission is ...
        finished")."""
        core = self._parts
        in_air = Notice.LOITERS if core.plans.mission.total() else Notice.WITHOUT_MISSION
        self.voice.say(in_air if self.flying else Notice.FINISHED)
        if core.modes.mode is core.auto and self.flying and core.modes.set(self._guided, core.facts.now_ms).ok:
            self._requested = self.failsafes.user_mode = px4.HOLD

    def follow(self, now_ms: int) -> None:
        """Follow the core's decisions; in every pass, without deadlines of its own."""
        armed, was_armed = self._parts.facts.armed, self._was_armed
        self._was_armed = armed
        if self.modes.changes_over:
            self._follow_stance()
        core = self._parts
        by_go = core.vehicle_arming.hold_auto_disarm or isinstance(core.helm.target, TakeOff)  # counts down, or flies
        if by_go and self._stage in _BEFORE_ARMING:
            self._stage, self._requested = FlightStage.NONE, px4.HOLD
        arrived = core.guided.flight.reached if core.modes.number == self._guided else core.helm.arrived
        arrived = arrived and not core.facts.landed
        self._carry_out(next_step(self._stage, armed=armed, arrived=arrived, stopped=was_armed and not armed), now_ms)
        self.returns.follow(returning=self.mode == px4.RETURN, in_mission=self.mode == px4.MISSION)
        self._announce_liftoff()
        self._feasibility.follow()

    def _carry_out(self, step: NextStep, now_ms: int) -> None:
        match step:
            case NextStep.BEGIN:
                self._begin_mission(now_ms)
            case NextStep.CLIMB:
                if not self._climb(now_ms).ok:
                    self.failsafes.user_mode = px4.HOLD
            case NextStep.EXECUTE:
                self._stage, self._requested = FlightStage.NONE, px4.HOLD
                self._fly_mission(now_ms)
            case NextStep.HOLD:
                to_wings = self._requested == px4.VTOL_TAKEOFF
                self._stage, self._requested = FlightStage.NONE, px4.HOLD
                self.failsafes.user_mode = px4.HOLD
                if to_wings:
                    self.change_over(upright=False, now_ms=now_ms)
            case NextStep.REST:
                self._rest(now_ms)

    def _rest(self, now_ms: int) -> None:
        """Return to the mode before the flight's end: armed in Mission again, it repeats the mission."""
        mode, self._height = self.failsafes.rest_mode, None
        self.failsafes.user_mode = self._requested = mode
        self._stage = FlightStage.MISSION_REQUESTED if mode == px4.MISSION else _REQUESTED.get(mode, FlightStage.NONE)
        number = None if self._stage is FlightStage.MISSION_REQUESTED else self.modes.core(mode)
        self._parts.modes.set(self._guided if number is None else number, now_ms)

    def _announce_liftoff(self) -> None:
        """Announce a takeoff or a landing."""
        facts = self._parts.facts
        if not facts.vehicle_class.flies or facts.landed is not self._airborne:
            return
        if facts.armed or self._airborne:
            self._airborne = not self._airborne
            self.failsafes.flying(facts.now_ms, airborne=self._airborne)
            self.voice.say(Notice.LIFTOFF if self._airborne else Notice.LANDED)
