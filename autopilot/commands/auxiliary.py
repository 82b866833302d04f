"""Auxiliary functions: actions of a transmitter's switches, also for missions and ground stations (DO_AUX_FUNCTION).

When a mode is switched off, the mode of the mode switch follows, if there is one. Source: ArduPilot
RC_Channel::do_aux_function, ArduCopter and Rover RC_Channels.cpp, AP_Mission_Commands.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from autopilot.commands.mission_commands import MissionRecorder
from autopilot.commands.transmitter import TransmitterArming
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, GripperAction, Result
from autopilot.modes import auxiliary as aux
from autopilot.modes.auxiliary import HIGH, LOW, MIDDLE
from autopilot.modes.generator import GeneratorState
from autopilot.modes.manager import ModeChoice
from autopilot.modes.mode_switch import ModeSwitch
from autopilot.modes.payload import Payload
from autopilot.modes.zigzag import ZigZagMode
from autopilot.mount.mount import STICKS, Mount
from autopilot.precision.lander import PrecisionLanding
from autopilot.safety.airspeed import AirspeedUse
from autopilot.safety.fence import FenceGuard
from autopilot.safety.proximity import Proximity
from autopilot.safety.traffic import TrafficWatch
from autopilot.vehicles.mode_table import ModeKind

Switched = Callable[[int], Outcome | None]
"""Act on a position; None: accepted."""


def _high(act: Callable[[], Outcome | None]) -> Switched:
    return lambda position: act() if position == HIGH else None


def _on_or_off(act: Callable[[bool], Outcome | None]) -> Switched:
    return lambda position: act(position == HIGH)


def _at_ends(act: Callable[[bool], Outcome | None]) -> Switched:
    """Do nothing in the middle."""
    return lambda position: act(position == HIGH) if position != MIDDLE else None


class SwitchedParts(Protocol):
    """Parts that switches act on, by their names in `Autopilot`."""

    facts: VehicleFacts
    announcer: Announcer
    modes: ModeChoice
    mode_switch: ModeSwitch
    transmitter: TransmitterArming
    recorder: MissionRecorder
    payload: Payload
    mount: Mount
    precision: PrecisionLanding
    helm: Helm
    fence: FenceGuard
    airspeed: AirspeedUse
    traffic: TrafficWatch
    proximity: Proximity


class AuxFunctions:
    """The auxiliary functions of one vehicle. `set_mode` requests a flight mode."""

    def __init__(self, parts: SwitchedParts, set_mode: Callable[[int], Outcome]) -> None:
        facts, payload, recorder, arming = parts.facts, parts.payload, parts.recorder, parts.transmitter
        self._facts, self._announcer, self._payload = facts, parts.announcer, payload
        self._modes = facts.vehicle_class.modes.switches
        self._choice, self._mode_switch = parts.modes, parts.mode_switch
        self._set_mode = set_mode
        self._functions: dict[int, Switched] = {
            aux.SAVE_WAYPOINT: _high(recorder.save),
            aux.CAMERA_TRIGGER: _high(self._shoot),
            aux.PROXIMITY_AVOIDANCE: _at_ends(parts.proximity.keep_off),
            aux.FENCE: _on_or_off(lambda on: parts.fence.enable(float(on))),
            aux.GRIPPER: _at_ends(self._grip),
            aux.SPRAYER: _on_or_off(lambda on: payload.sprayer.switch(on, facts.now_ms)),
            aux.MISSION_RESET: _high(recorder.reset),
            aux.MOTOR_STOP: _at_ends(arming.stop_motors),
            aux.RC_OVERRIDES: _at_ends(arming.allow_overrides),
            aux.CLEAR_MISSION: _high(recorder.clear),
            aux.GENERATOR: lambda position: payload.generator.order(tuple(GeneratorState)[position]),
            aux.ARM_DISARM: _at_ends(arming.switch),
            aux.MOUNT_LOCK: _on_or_off(parts.mount.lock_pilot),
            **dict.fromkeys(STICKS, lambda _: None),  # not switches: the mount reads their pulses
        }
        if facts.vehicle_class.flies:
            self._functions |= {
                aux.PARACHUTE_ENABLE: _on_or_off(payload.parachute.enable),
                aux.PARACHUTE_RELEASE: _high(self._pull),
                aux.PARACHUTE: self._parachute,
                aux.AVOID_AIRCRAFT: _on_or_off(parts.traffic.switch),
                aux.LANDING_GEAR: _at_ends(lambda high: payload.gear.move(down=not high)),
            }
        if facts.vehicle_class.has_stall_speed:
            self._functions[aux.MODE_SWITCH_RESET] = lambda _: self._follow_mode_switch()
            self._functions[aux.INVERTED] = _on_or_off(lambda on: parts.helm.invert(switch=on))
            self._functions[aux.LANDING_ABORT] = _high(self._go_around)
            self._functions[aux.AIRSPEED_UNUSED] = _at_ends(parts.airspeed.switch_off)
        if facts.vehicle_class.hovers:
            self._functions[aux.MOTOR_INTERLOCK] = lambda position: arming.close_interlock(position != LOW)
            self._functions[aux.RANGE_FINDER] = _on_or_off(self._use_range_finder)
            self._functions[aux.WINCH] = _on_or_off(lambda stop: payload.winch.switch(stop=stop))
        if facts.vehicle_class.lands_anywhere:
            self._functions[aux.PRECISION_LOITER] = _at_ends(parts.precision.loiter)
            self._functions[aux.ZIGZAG_PLACES] = self._zigzag

    def mode_of(self, function: int, position: int) -> int | None:
        """Flight mode that this switch position requests, if any."""
        return self._modes.get(function) if position == HIGH else None

    def knows(self, function: int) -> bool:
        """True when this vehicle has the auxiliary function."""
        return function in self._modes or function in self._functions or function in aux.RELAYS

    def carry_out(self, function: int, position: int) -> bool:
        """DO_AUX_FUNCTION of a mission; False if the vehicle does not have the function."""
        known = self.knows(function)
        if known:
            self.act(function, position)
        return known

    def act(self, function: int, position: int) -> Outcome:
        """Put the switch of `function` to `position` (0 low, 1 middle, 2 high)."""
        if position not in (LOW, MIDDLE, HIGH):
            return Outcome(Result.DENIED, "switch position must be 0, 1 or 2")
        if not self.knows(function):
            return self._announcer.refuse(f"Auxiliary function {function}: not available")
        if function in self._modes:
            return self._switch_mode(self._modes[function], position)
        if function in aux.RELAYS:
            on = 1.0 if position == HIGH else 0.0
            self._payload.act(Cmd.DO_SET_RELAY, (float(aux.RELAYS[function]), on), self._facts.now_ms)
            return ACCEPTED
        return self._functions[function](position) or ACCEPTED

    def _switch_mode(self, mode: int, position: int) -> Outcome:
        """Enter the mode if high; otherwise, while it flies, the mode of the mode switch. A flip ends by itself."""
        if position == HIGH:
            return self._set_mode(mode)
        left = self._choice.number == mode and self._choice.spec.flown is not ModeKind.FLIP
        return self._follow_mode_switch() if left else ACCEPTED

    def _follow_mode_switch(self) -> Outcome:
        mode = self._mode_switch.mode
        return ACCEPTED if mode is None else self._set_mode(mode)

    def _zigzag(self, position: int) -> None:
        mode = self._choice.mode
        if isinstance(mode, ZigZagMode):
            mode.switch(position)

    def _use_range_finder(self, used: bool) -> None:
        self._facts.uses_range_finder = used
        self._choice.mode.refresh_height()

    def _grip(self, high: bool) -> None:
        action = GripperAction.GRAB if high else GripperAction.RELEASE
        self._payload.act(Cmd.DO_GRIPPER, (0.0, float(action)), self._facts.now_ms)

    def _parachute(self, position: int) -> None:
        """Three positions: off, on, release."""
        self._payload.parachute.enable(position != LOW)
        if position == HIGH:
            self._pull()

    def _pull(self) -> None:
        self._payload.parachute.pull(self._facts.now_ms)

    def _go_around(self) -> None:
        self._choice.mode.go_around()

    def _shoot(self) -> None:
        self._payload.act(Cmd.DO_DIGICAM_CONTROL, (0.0, 0.0, 0.0, 0.0, 1.0), self._facts.now_ms)
