"""Auxiliary functions: actions of a transmitter's switches, also for missions and ground stations (DO_AUX_FUNCTION).

When a mode is switched off, the mode of the mode switch follows, if there is one. Source: ArduPilot RC_Channel.h
(numbers), RC_Channel::do_aux_function, ArduCopter and Rover RC_Channels.cpp, AP_Mission_Commands.cpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, GripperAction, Result
from autopilot.modes.generator import GeneratorState
from autopilot.modes.mode import Mode
from autopilot.modes.payload import Payload
from autopilot.modes.zigzag import ZigZagMode
from autopilot.mount.mount import STICKS

LOW, MIDDLE, HIGH = 0, 1, 2

SAVE_WAYPOINT: Final = 7
CAMERA_TRIGGER: Final = 9
RANGE_FINDER: Final = 10
FENCE: Final = 11
SPRAYER: Final = 15
GRIPPER: Final = 19
PARACHUTE_ENABLE: Final = 21
PARACHUTE_RELEASE: Final = 22
PARACHUTE: Final = 23
MISSION_RESET: Final = 24
LANDING_GEAR: Final = 29
MOTOR_STOP: Final = 31
MOTOR_INTERLOCK: Final = 32
AVOID_AIRCRAFT: Final = 38
PRECISION_LOITER: Final = 39
PROXIMITY_AVOIDANCE: Final = 40
WINCH: Final = 44
RC_OVERRIDES: Final = 46
CLEAR_MISSION: Final = 58
ZIGZAG_PLACES: Final = 61
GENERATOR: Final = 85
MODE_SWITCH_RESET: Final = 96
AIRSPEED_UNUSED: Final = 106
ARM_DISARM: Final = 153
MOUNT_LOCK: Final = 163
_RELAYS: Final = {28: 0, 34: 1, 35: 2, 36: 3, 66: 4, 67: 5}
READ_AT_FIRST: Final = frozenset({
    RANGE_FINDER, FENCE, MOTOR_STOP, MOTOR_INTERLOCK, PRECISION_LOITER, MOUNT_LOCK, RC_OVERRIDES, PARACHUTE_ENABLE,
    PARACHUTE, PROXIMITY_AVOIDANCE, AIRSPEED_UNUSED, AVOID_AIRCRAFT,
})  # fmt: skip
"""Functions that act by the position of their switch at power-on, also a low one."""


class ArmingSwitches(Protocol):
    """Switches that start and stop the motors, and select whose sticks count."""

    def switch(self, on: bool) -> Outcome: ...
    def stop_motors(self, on: bool) -> Outcome: ...
    def close_interlock(self, on: bool) -> None: ...
    def allow_overrides(self, on: bool) -> Outcome: ...


class MissionSwitches(Protocol):
    """Switches that change the mission: add this place, clear it, restart it."""

    def save(self) -> Outcome: ...
    def clear(self) -> Outcome: ...
    def reset(self) -> Outcome: ...


class ChosenMode(Protocol):
    """The present flight mode (`ModeChoice`)."""

    number: int
    mode: Mode


class KnownSwitch(Protocol):
    """The mode switch (`ModeSwitch`)."""

    @property
    def mode(self) -> int | None: ...


class AuxFunctions:
    """The auxiliary functions of one vehicle. `set_mode` requests a flight mode."""

    def __init__(
        self,
        facts: VehicleFacts,
        announcer: Announcer,
        payload: Payload,
        enable_fence: Callable[[float], object],
        avoid_objects: Callable[[bool], object],
        loiter_over: Callable[[bool], object],
        lock_mount: Callable[[bool], object],
        leave_airspeed: Callable[[bool], object],
        avoid_aircraft: Callable[[bool], object],
        modes: ChosenMode,
        mode_switch: KnownSwitch,
        arming: ArmingSwitches,
        recorder: MissionSwitches,
        set_mode: Callable[[int], Outcome],
    ) -> None:
        self._facts = facts
        self._announcer = announcer
        self._modes = facts.vehicle_class.modes.switches
        self._payload = payload
        self._choice = modes
        self._mode_switch = mode_switch
        self._set_mode = set_mode
        self._functions: dict[int, Callable[[int], Outcome | None]] = {
            SAVE_WAYPOINT: lambda position: recorder.save() if position == HIGH else None,
            CAMERA_TRIGGER: lambda position: self._shoot() if position == HIGH else None,
            PROXIMITY_AVOIDANCE: lambda position: _done(avoid_objects(position == HIGH)),
            FENCE: lambda position: _done(enable_fence(1.0 if position == HIGH else 0.0)),
            GRIPPER: lambda position: self._grip(position) if position != MIDDLE else None,
            SPRAYER: lambda position: payload.sprayer.switch(position == HIGH, facts.now_ms),
            MISSION_RESET: lambda position: recorder.reset() if position == HIGH else None,
            MOTOR_STOP: lambda position: arming.stop_motors(position == HIGH) if position != MIDDLE else None,
            RC_OVERRIDES: lambda position: arming.allow_overrides(position == HIGH) if position != MIDDLE else None,
            CLEAR_MISSION: lambda position: recorder.clear() if position == HIGH else None,
            GENERATOR: lambda position: payload.generator.order(tuple(GeneratorState)[position]),
            ARM_DISARM: lambda position: arming.switch(position == HIGH) if position != MIDDLE else None,
            MOUNT_LOCK: lambda position: _done(lock_mount(position == HIGH)),
            **dict.fromkeys(STICKS, _done),  # not switches: the mount reads their pulses
        }
        if facts.vehicle_class.flies:
            self._functions |= {
                PARACHUTE_ENABLE: lambda position: payload.parachute.enable(position == HIGH),
                PARACHUTE_RELEASE: lambda position: _done(position == HIGH and payload.parachute.pull(facts.now_ms)),
                PARACHUTE: self._parachute,
                AVOID_AIRCRAFT: lambda position: _done(avoid_aircraft(position == HIGH)),
                LANDING_GEAR: lambda position: payload.gear.move(down=position == LOW) if position != MIDDLE else None,
            }
        if facts.vehicle_class.has_stall_speed:
            self._functions[MODE_SWITCH_RESET] = lambda _: self._follow_mode_switch()
            self._functions[AIRSPEED_UNUSED] = lambda position: (
                _done(leave_airspeed(position == HIGH)) if position != MIDDLE else None
            )
        if facts.vehicle_class.hovers:
            self._functions[MOTOR_INTERLOCK] = lambda position: arming.close_interlock(position == HIGH)
            self._functions[RANGE_FINDER] = lambda position: self._use_range_finder(position == HIGH)
            self._functions[WINCH] = lambda position: payload.winch.switch(stop=position == HIGH)
        if facts.vehicle_class.lands_anywhere:
            self._functions[PRECISION_LOITER] = lambda position: _done(loiter_over(position == HIGH))
            self._functions[ZIGZAG_PLACES] = self._zigzag

    def mode_of(self, function: int, position: int) -> int | None:
        """Flight mode that this switch position requests, if any."""
        return self._modes.get(function) if position == HIGH else None

    def knows(self, function: int) -> bool:
        """True when this vehicle has the auxiliary function."""
        return function in self._modes or function in self._functions or function in _RELAYS

    def act(self, function: int, position: int) -> Outcome:
        """Put the switch of `function` to `position` (0 low, 1 middle, 2 high)."""
        if position not in (LOW, MIDDLE, HIGH):
            return Outcome(Result.DENIED, "switch position must be 0, 1 or 2")
        if not self.knows(function):
            return self._announcer.refuse(f"Auxiliary function {function}: not available")
        if function in self._modes:
            return self._switch_mode(self._modes[function], position)
        if function in _RELAYS:
            on = 1.0 if position == HIGH else 0.0
            self._payload.act(Cmd.DO_SET_RELAY, (float(_RELAYS[function]), on), self._facts.now_ms)
            return ACCEPTED
        return self._functions[function](position) or ACCEPTED

    def _switch_mode(self, mode: int, position: int) -> Outcome:
        """Enter the mode if high; otherwise, while it flies, the mode of the mode switch."""
        if position == HIGH:
            return self._set_mode(mode)
        return self._follow_mode_switch() if self._choice.number == mode else ACCEPTED

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

    def _grip(self, position: int) -> None:
        action = GripperAction.GRAB if position == HIGH else GripperAction.RELEASE
        self._payload.act(Cmd.DO_GRIPPER, (0.0, float(action)), self._facts.now_ms)

    def _parachute(self, position: int) -> None:
        """Three positions: off, on, release."""
        self._payload.parachute.enable(position != LOW)
        if position == HIGH:
            self._payload.parachute.pull(self._facts.now_ms)

    def _shoot(self) -> None:
        self._payload.act(Cmd.DO_DIGICAM_CONTROL, (0.0, 0.0, 0.0, 0.0, 1.0), self._facts.now_ms)


def _done(_: object) -> None:
    """Ignore an answer that is not an outcome, or a position without a meaning."""
