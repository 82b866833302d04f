"""Commands and modes of a simulated vehicle that speaks as a PX4; `Px4Flight` decides.

Sources: PX4 1.16 src/modules/commander/Commander.cpp, src/modules/mavlink/mavlink_mission.cpp.

Clock: vehicle time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.events import ArmedChanged, Event
from autopilot.context.staying import aim, stopping_point
from autopilot.context.turns import next_multiple
from autopilot.interface.earth import HIGHEST_M, is_place
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.result import Outcome
from autopilot.interface.targets import Circle
from autopilot.mav import (
    Cmd,
    Frame,
    ModeFlag,
    ModeProperty,
    RebootAction,
    RepositionFlag,
    Result,
    Severity,
    SpeedType,
    StandardMode,
    VtolState,
)
from autopilot.mission.commands import LANDINGS
from autopilot.mission.events import ItemReached
from autopilot.mission.state import DEFAULT_SPEED
from autopilot.personality.px4 import modes as px4
from autopilot.personality.px4.flight import Px4Flight
from autopilot.personality.px4.notices import Notice
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Speaker, WithoutMessages
from mavlink_bridge.services.commands import flight as flight_commands
from mavlink_bridge.services.commands.context import ACCEPTED, DENIED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.modes import ListedMode
from mavlink_bridge.wire.codec import dialect

_REPEAT_MS: Final = 1000
_REPEATS: Final = 10
_RESETS: Final = (2, 4)  # param1 of PREFLIGHT_STORAGE: configuration, everything
_P = ModeProperty
_BY_FLAGS: Final = (
    (ModeFlag.AUTO_ENABLED, px4.MISSION),
    (ModeFlag.MANUAL_INPUT_ENABLED | ModeFlag.GUIDED_ENABLED, px4.POSITION),
    (ModeFlag.MANUAL_INPUT_ENABLED | ModeFlag.STABILIZE_ENABLED, px4.STABILIZED),
    (ModeFlag.MANUAL_INPUT_ENABLED, px4.MANUAL),
)
"""Modes of DO_SET_MODE without a custom mode; the first is entered whose flags are all set."""
_FOR_BEGINNERS: Final = {px4.ALTITUDE, px4.POSITION, *px4.EXTERNAL}
"""Modes without the property "advanced"."""


def listed(kind: VehicleClass, modes: px4.ModeMap) -> tuple[ListedMode, ...]:
    """All modes of PX4; those that are not flown here are NOT_USER_SELECTABLE."""
    hidden = {px4.MANUAL} if kind.hovers else set() if kind.flies else {px4.LAND}  # understood but not offered
    return tuple(
        ListedMode(
            px4.custom_of(mode),
            modes.name(mode),
            modes.standard_of(mode),
            (0 if mode in _FOR_BEGINNERS else _P.ADVANCED)
            | (_P.NOT_USER_SELECTABLE if modes.core(mode) is None or mode in hidden else 0),
        )
        for mode, _ in px4.LISTED
    )


class ReachedAgain:
    """Repetition of MISSION_ITEM_REACHED, each second, ten times (mavlink_mission.cpp: `send`, `_reached_sent_count`).
    Vehicle time."""

    def __init__(self) -> None:
        self._seq: int | None = None
        self._sent = 0
        self._due_ms = 0

    def reached(self, seq: int, now_ms: int) -> None:
        """Begin with an item of the core's number."""
        self._seq, self._sent, self._due_ms = seq, 0, next_multiple(now_ms, _REPEAT_MS)

    def forget(self) -> None:
        self._seq = None

    def step(self, now_ms: int) -> Message | None:
        seq = self._seq
        if seq is None or now_ms < self._due_ms:
            return None
        self._sent += 1
        if self._sent == _REPEATS:
            self._seq = None
        self._due_ms = next_multiple(now_ms, _REPEAT_MS)
        return dialect.MAVLink_mission_item_reached_message(max(seq - 1, 0))

    def next_deadline_ms(self) -> int | None:
        return None if self._seq is None else self._due_ms


class Px4Face(WithoutMessages, Speaker):
    """Service, `ModeSource`, and handlers of commands in PX4's way. `changed()`: another mode is shown, which stations
    want to see at once."""

    clock: Clock = "vehicle"

    def __init__(
        self, parts: VehicleParts, flight: Px4Flight, parameters: Px4Parameters, changed: Callable[[], None]
    ) -> None:
        self._parts = parts
        self._flight = flight
        self._parameters = parameters
        self._changed = changed
        self._reached = ReachedAgain()
        super().__init__()
        self._sent_mode = 0
        kind = parts.facts.vehicle_class
        self.standard: Mapping[StandardMode, int] = {
            mode.standard: mode.number
            for mode in listed(kind, flight.modes)
            if mode.selectable and mode.standard is not StandardMode.NON_STANDARD
        }

    # --- `ModeSource` ---------------------------------------------------------------------------------------------
    def listed(self) -> Sequence[ListedMode]:
        return listed(self._parts.facts.vehicle_class, self._flight.modes)

    def enter(self, number: int, now_ms: int) -> Outcome:
        return self._flight.enter(px4.pair_of(number), now_ms)

    def needs_position(self, number: int) -> bool:
        return self._flight.needs_position(px4.pair_of(number))

    # --- commands -------------------------------------------------------------------------------------------------
    def rows(self) -> dict[int, CommandRow]:
        """Commands that PX4 handles in its own way."""
        transition: dict[int, CommandRow] = {Cmd.DO_VTOL_TRANSITION: CommandRow(self._change_over, required=(1,))}
        return (transition if self._flight.modes.changes_over else {}) | {
            Cmd.NAV_VTOL_TAKEOFF: CommandRow(partial(self._take_off, mode=px4.VTOL_TAKEOFF)),
            Cmd.DO_SET_MODE: CommandRow(self._set_mode, required=(1, 2)),
            Cmd.COMPONENT_ARM_DISARM: CommandRow(self._arm, required=(1,), at_once=True),
            Cmd.DO_FLIGHTTERMINATION: CommandRow(self._terminate, required=(1,), at_once=True),
            Cmd.NAV_TAKEOFF: CommandRow(self._take_off),
            Cmd.NAV_LAND: CommandRow(partial(self._enter_by_name, px4.LAND, "Landing at current position\t")),
            Cmd.NAV_LAND_LOCAL: CommandRow(partial(self._enter_by_name, px4.PRECISION, "Precision landing")),
            Cmd.DO_LAND_START: CommandRow(self._start_landing),
            Cmd.NAV_RETURN_TO_LAUNCH: CommandRow(partial(self._enter_by_name, px4.RETURN, "Returning to launch\t")),
            Cmd.DO_REPOSITION: CommandRow(self._reposition, place=True, long_frame=0),
            Cmd.DO_CHANGE_ALTITUDE: CommandRow(self._change_altitude, required=(1,)),
            Cmd.DO_CHANGE_SPEED: CommandRow(self._change_speed, required=(2,)),
            Cmd.MISSION_START: CommandRow(self._start_mission),
            Cmd.DO_PAUSE_CONTINUE: CommandRow(self._pause, required=(1,)),
            Cmd.RUN_PREARM_CHECKS: CommandRow(self._run_checks),  # also while armed
            Cmd.DO_SET_HOME: CommandRow(self._set_home, place=True, long_frame=Frame.GLOBAL, durable=True),
            Cmd.PREFLIGHT_REBOOT_SHUTDOWN: CommandRow(self._reboot),
            Cmd.PREFLIGHT_STORAGE: CommandRow(self._store, durable=True),
        }

    def _set_mode(self, command: Command, context: Context) -> Outcome:
        flags = command.whole(1)
        if not flags & ModeFlag.CUSTOM_MODE_ENABLED:
            flagged = next((mode for bits, mode in _BY_FLAGS if flags & bits == bits), None)
            return ACCEPTED if flagged is None else self._flight.enter(flagged, context.now_ms)
        mode = (command.whole(2), command.whole(3) if command.given(3) else 0)
        if mode[0] != px4.AUTO and mode != px4.POSITION_SLOW:
            mode = (mode[0], 0)  # only these have sub modes: Orbit is begun by DO_ORBIT
        mode = px4.MISSION if mode == (px4.AUTO, 0) else mode
        if not px4.fits(mode):
            return DENIED
        if mode[0] == px4.AUTO and mode not in px4.NAMES:
            return self._parts.announcer.refuse("Unsupported auto mode", Result.TEMPORARILY_REJECTED, Severity.CRITICAL)
        return self._flight.enter(mode, context.now_ms)

    def _enter_by_name(self, mode: px4.Pair, text: str, _command: Command, context: Context) -> Outcome:
        """Enter a mode that has a command of its own, and announce it; a tab says that there is an event for it."""
        outcome = self._flight.enter(mode, context.now_ms)
        if outcome.ok:
            self._parts.announcer.say(Severity.INFO, text)
        return outcome

    def _arm(self, command: Command, context: Context) -> Outcome:
        """COMPONENT_ARM_DISARM: param2 forces disarming only; arming over a link is always checked (`arm`)."""
        if command.param(1) == 1.0 and not self._parts.facts.armed:
            command = replace(command, params=(1.0, *[0.0] * 6))
            if self._flight.calibrates:
                return Outcome(Result.TEMPORARILY_REJECTED, self._flight.voice.say(Notice.CALIBRATING))
            if self._flight.forbids_arming(context.now_ms) or self._parts.prearm.reasons():
                self._parts.prearm.run(context.now_ms)  # "Preflight Fail: .."
                text = "Arming denied: Resolve system health failures first"
                return self._parts.announcer.refuse(text, Result.TEMPORARILY_REJECTED, Severity.CRITICAL)
        outcome = flight_commands.arm_disarm(command, context)
        denied = outcome.result is Result.FAILED
        return Outcome(Result.TEMPORARILY_REJECTED, outcome.reason) if denied else outcome

    def _start_mission(self, command: Command, context: Context) -> Outcome:
        """MISSION_START: param1 is the first item, as on the wire; -1: go on (navigator_main.cpp). It arms."""
        if not self._flight.has_mission:
            text = "Mission start denied! No valid mission"
            return self._parts.announcer.refuse(text, Result.DENIED, Severity.CRITICAL)
        first = command.param(1, default=-inf)
        if not -1.0 <= first < len(self._parts.plans.mission.items()):
            return DENIED
        if first >= 0.0:
            self._flight.begin_mission_at(int(first))
        outcome = self._flight.enter(px4.MISSION, context.now_ms)
        if not outcome.ok or self._parts.facts.armed:
            return outcome
        self._flight.starts_mission = True
        outcome = self._arm(replace(command, params=(1.0, *[0.0] * 6)), context)
        if not (outcome.ok or outcome.result is Result.IN_PROGRESS):
            self._flight.starts_mission = False
            self._flight.refuse(px4.MISSION)
        return outcome

    def _start_landing(self, command: Command, context: Context) -> Outcome:
        """DO_LAND_START: MISSION_START at that item, or at the landing (navigator_main.cpp)."""
        items = self._parts.plans.mission.items()
        lands = any(item.command in LANDINGS for item in items) and self._flight.has_mission
        marks = (*LANDINGS, Cmd.DO_LAND_START)
        first = min((n for n, item in enumerate(items) if item.command in marks), default=0)
        if not lands:
            return Outcome(Result.CANCELLED)
        self._start_mission(replace(command, params=(float(first), *[0.0] * 6)), context)
        return ACCEPTED

    def _terminate(self, command: Command, context: Context) -> Outcome:
        """DO_FLIGHTTERMINATION: only armed motors can be stopped."""
        stops = command.param(1) > 0.5 and self._parts.facts.armed
        return flight_commands.terminate_flight(command, context) if stops else DENIED

    def _change_over(self, command: Command, context: Context) -> Outcome:
        """DO_VTOL_TRANSITION: param1 is a MAV_VTOL_STATE."""
        if command.param(1) not in (VtolState.MC, VtolState.FW):
            return DENIED
        return self._flight.change_over(upright=command.param(1) == VtolState.MC, now_ms=context.now_ms)

    def _take_off(self, command: Command, context: Context, mode: px4.Pair = px4.TAKEOFF) -> Outcome:
        """NAV_TAKEOFF, NAV_VTOL_TAKEOFF: param7 is above mean sea level; without it MIS_TAKEOFF_ALT. They may come
        before arming."""
        facts = self._parts.facts
        if self._flight.modes.core(mode) is None:
            return UNSUPPORTED
        if command.given(7) and not abs(command.param(7)) < HIGHEST_M:
            return DENIED
        height = command.param(7) - facts.home.alt if command.given(7) and facts.home is not None else None
        return self._flight.take_off(height, context.now_ms, mode)

    def _reposition(self, command: Command, context: Context) -> Outcome:
        """DO_REPOSITION, which must ask for the change of mode alone. Without place, height and yaw, or with a place
        outside the fence: stop here (navigator_main.cpp)."""
        if command.whole(2) != RepositionFlag.CHANGE_MODE:
            return UNSUPPORTED
        command = self._completed(command)
        place = command.params[4:7]
        outside = is_place(*place) and self._flight.keeps_in and not self._parts.fence.admits(GeoPoint(*place))
        if outside:
            self._parts.announcer.say(Severity.CRITICAL, "Reposition is outside geofence")
        leads = not outside and all(map(command.given, (5, 6, 7)))
        outcome = flight_commands.reposition(command, context) if leads else self._flight.stop(context.now_ms)
        if outcome.ok:
            self._flight.fly_guided(px4.HOLD, context.now_ms)
        return outcome

    def _completed(self, command: Command) -> Command:
        """A reposition with the place of the present target (wings: with its circle) and the present height where it
        has none of its own; without place, height and yaw it stays without. Wings have the usual radius elsewhere, and
        no yaw."""
        facts, (radius, yaw, lat, lon, height) = self._parts.facts, command.params[2:7]
        origin, target = facts.vehicle.origin, self._parts.helm.target
        placed = command.given(5) and command.given(6)
        if origin is None or not (placed or command.given(4) or command.given(7)):
            return command
        if self._flight.on_wings:
            radius, yaw = 0.0, nan
            if isinstance(target, Circle) and not placed:
                radius, yaw = target.radius, float(target.direction < 0)
        if not placed:
            kept = to_global(origin, aim(facts, target))
            lat, lon = kept.lat, kept.lon
        if not command.given(7):
            command, height = replace(command, frame=Frame.GLOBAL), facts.vehicle.state.place.alt
        return replace(command, params=(*command.params[:2], radius, yaw, lat, lon, height))

    def _change_altitude(self, command: Command, context: Context) -> Outcome:
        """DO_CHANGE_ALTITUDE: param1 metres in frame param2, in Hold. What hovers stops for it, wings keep their
        circle."""
        facts, lat, lon = self._parts.facts, nan, nan
        if facts.vehicle.origin is not None and not self._flight.on_wings:
            rest = to_global(facts.vehicle.origin, stopping_point(facts))
            lat, lon = rest.lat, rest.lon
        params = (0.0, float(RepositionFlag.CHANGE_MODE), 0.0, nan, lat, lon, command.param(1))
        return self._reposition(replace(command, params=params, frame=command.whole(2)), context)

    def _change_speed(self, command: Command, context: Context) -> Outcome:
        """DO_CHANGE_SPEED: param2 m/s, the airspeed on wings, whatever kind param1 names; 0 or less: the usual speed
        (navigator_main.cpp)."""
        commands, speed = self._parts.commands, command.param(2)
        if self._parts.facts.vehicle_class.has_stall_speed:
            least, most = (self._parameters[f"FW_AIRSPD_{end}"] for end in ("MIN", "MAX"))
            commands.change_speed(SpeedType.AIRSPEED, min(max(speed, least), most) if speed > 0.0 else DEFAULT_SPEED)
        else:
            commands.set_ground_speed(speed if speed > 0.0 else None)
        return ACCEPTED

    def _pause(self, command: Command, context: Context) -> Outcome:
        return self._flight.enter(px4.HOLD if command.param(1) == 0.0 else px4.MISSION, context.now_ms)

    def _run_checks(self, command: Command, context: Context) -> Outcome:
        self._parts.prearm.run(context.now_ms)
        return ACCEPTED

    # --- equipment ------------------------------------------------------------------------------------------------
    def _set_home(self, command: Command, context: Context) -> Outcome:
        """DO_SET_HOME: here with param1 1; else at a complete place, above mean sea level in any frame."""
        here, place = command.param(1) > 0.5, command.params[4:7]
        if not here and not is_place(*place):
            return DENIED
        outcome = self._parts.home.set(None if here else GeoPoint(*place))
        return outcome if outcome.ok else Outcome(Result.TEMPORARILY_REJECTED, outcome.reason)

    def _reboot(self, command: Command, context: Context) -> Outcome:
        """PREFLIGHT_REBOOT_SHUTDOWN: 0 does nothing; a simulated vehicle has no bootloader and no power switch."""
        if command.whole(1) == RebootAction.NONE:
            return ACCEPTED
        if command.whole(1) != RebootAction.REBOOT or self._parts.facts.armed:
            return DENIED
        outcome = self._parts.commands.reboot()
        return outcome if outcome.ok else DENIED

    def _store(self, command: Command, context: Context) -> Outcome:
        """PREFLIGHT_STORAGE: every parameter is stored when it is set; 2 and 4 reset them."""
        parameters, action = self._parameters, command.whole(1)
        if self._parts.facts.armed or self._flight.calibrates:
            return Outcome(Result.TEMPORARILY_REJECTED)
        if action in _RESETS:
            for name in parameters.names():
                parameters.set(name, parameters.definition(name).default)
        return ACCEPTED if 0 <= action <= max(_RESETS) else DENIED

    # --- time -----------------------------------------------------------------------------------------------------
    def hear(self, events: Iterable[Event]) -> None:
        """Handle events: repeat a reached item until the flight ends."""
        for event in events:
            if isinstance(event, ItemReached):
                seq = self._flight.reached(event)
                if seq is not None:
                    self._reached.reached(seq, self._parts.facts.now_ms)
            elif isinstance(event, ArmedChanged) and not event.armed:
                self._reached.forget()
        self._flight.hear(events)

    def handle_timeout(self, now_ms: int) -> None:
        """Follow the core's decisions. Called in every pass, so they need no deadlines."""
        self._flight.follow(now_ms)
        again = self._reached.step(now_ms)
        if again is not None:
            self._out.append(Outgoing(again))
        mode = px4.custom_of(self._flight.mode)
        if self._sent_mode != mode:
            self._sent_mode = mode
            self._changed()

    def next_deadline_ms(self) -> int | None:
        return self._reached.next_deadline_ms()
