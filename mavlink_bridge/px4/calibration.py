"""PREFLIGHT_CALIBRATION as PX4 reports it: texts "[cal] ...", which QGroundControl and MAVSDK parse.

A calibration is a list of texts with their times. A simulated vehicle cannot be turned by hand: it counts as turned to
each side in sequence, and keeps its sensor values. Sources: PX4 1.16 src/modules/commander/calibration_messages.h,
calibration_routines.cpp, gyro_calibration.cpp; Commander.cpp (parameters).

Clock: vehicle time.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import Announcer, VehicleFacts
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.mav import Cmd, Result, Severity
from autopilot.personality.px4.flight import Px4Flight
from mavlink_bridge.routing.service import Clock, WithoutMessages
from mavlink_bridge.services.commands.context import UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command

Script = tuple[tuple[int, str], ...]
"""Texts with their times in ms after the beginning."""
_SIDES: Final = ("down", "back", "front", "left", "right", "up")
_SIDE_MS: Final = 1000


def _at_rest(sensor: str, lasts_ms: int) -> Script:
    steps = range(0, 101, 20)
    texts = tuple((lasts_ms * share // 100, f"progress <{share}>") for share in steps)
    return (0, f"calibration started: 2 {sensor}"), *texts, (lasts_ms, f"calibration done: {sensor}")


def _on_all_sides(sensor: str, doing: str) -> Script:
    texts: list[tuple[int, str]] = [(0, f"calibration started: 2 {sensor}")]
    for number, side in enumerate(_SIDES):
        begins = number * _SIDE_MS
        pending = " ".join(_SIDES[number:])
        texts += [
            (begins, f"pending: {pending}"),
            (begins + 100, "hold vehicle still on a pending side"),
            (begins + 300, f"{side} orientation detected"),
            (begins + 400, f"{doing} {side} side"),
            (begins + 900, f"progress <{min(17 * (number + 1), 100)}>"),
            (begins + 950, f"{side} side done, rotate to a different side"),
        ]
    end = len(_SIDES) * _SIDE_MS
    return *texts, (end, "progress <100>"), (end, f"calibration done: {sensor}")


_GYRO, _MAG, _BARO, _ACCEL, _LEVEL = (
    _at_rest("gyro", 3000), _on_all_sides("mag", "Rotate vehicle around"), _at_rest("baro", 3000),
    _on_all_sides("accel", "Hold still, measuring"), _at_rest("level", 1500),
)  # fmt: skip
_FIXED: Final[Script] = ((100, "Mag quick calibration finished"),)
_NOWHERE: Final[Script] = ((0, "GPS required for mag quick cal"),)
# parameters of the command: a pitot tube, of wings only; sticks, which a station looks at; motor controllers
_AIRSPEED, _RADIO, _ESCS = 6, 4, 7
# (parameter of the command, its value, calibration); the first that fits is used
_SCRIPTS: Final = (
    (1, 1.0, _GYRO), (2, 1.0, _MAG), (3, 1.0, _BARO), (5, 1.0, _ACCEL), (5, 2.0, _LEVEL),
    (5, 4.0, _at_rest("accel", 1500)), (_AIRSPEED, 1.0, _at_rest("airspeed", 3000)),
    (_AIRSPEED, 2.0, _at_rest("airspeed", 3000)),
)  # fmt: skip


class Px4Calibration(WithoutMessages):
    """Handler of the command and sender of the texts."""

    clock: Clock = "vehicle"

    def __init__(self, facts: VehicleFacts, announcer: Announcer, flight: Px4Flight) -> None:
        self._facts = facts
        self._announcer = announcer
        self._flight = flight
        self._waits: Script = ()
        self._began_ms = 0
        self._radio = False  # a station looks at the sticks

    def rows(self) -> dict[int, CommandRow]:
        return {
            Cmd.PREFLIGHT_CALIBRATION: CommandRow(self._begin),
            Cmd.FIXED_MAG_CAL_YAW: CommandRow(self._fix_compass),
        }

    def _begin(self, command: Command, context: Context) -> Outcome:
        """Begin a calibration; all zeros cancel the present one. None begins while armed or during another."""
        if not any(command.param(index) for index in range(1, 8)):
            self._cancel()
            return ACCEPTED
        if self._facts.armed or self._waits:
            return Outcome(Result.TEMPORARILY_REJECTED)
        found = next(((index, script) for index, value, script in _SCRIPTS if command.param(index) == value), None)
        if found is None and command.param(_RADIO) == 1.0:
            self._set_radio(calibrates=True)
            return ACCEPTED
        if found is None and command.param(_ESCS) == 1.0:  # the battery is connected (esc_calibration.cpp)
            text = "[cal] calibration failed: Disconnect battery and try again"
            return self._announcer.refuse(text, Result.DENIED, Severity.CRITICAL)
        if found is None or (found[0] == _AIRSPEED and not self._facts.vehicle_class.has_stall_speed):
            return UNSUPPORTED
        return self._play(found[1], context)

    def _fix_compass(self, command: Command, context: Context) -> Outcome:
        """FIXED_MAG_CAL_YAW: param1 heading, param3 and param4 the place, 0: that of the vehicle (mag_calibration.cpp,
        do_mag_calibration_quick)."""
        if self._facts.armed or self._waits:
            return Outcome(Result.TEMPORARILY_REJECTED)
        placed = (command.param(3) and command.param(4)) or self._facts.has_position
        return self._play(_FIXED if placed else _NOWHERE, context)

    def _play(self, script: Script, context: Context) -> Outcome:
        self._began_ms = context.now_ms
        self._wait_for(script)
        return ACCEPTED

    def _wait_for(self, script: Script) -> None:
        self._waits = script
        self._flight.calibrates = bool(script) or self._radio

    def _set_radio(self, *, calibrates: bool) -> None:
        if self._radio is not calibrates:
            self._radio = calibrates
            self._wait_for(self._waits)
            self._announcer.say(Severity.INFO, f"Calibration: {'Disabling' if calibrates else 'Restoring'} RC input")

    def _cancel(self) -> None:
        self._set_radio(calibrates=False)
        if self._waits:
            self._wait_for(())
            self._say("calibration cancelled")

    def _say(self, text: str) -> None:
        self._announcer.say(Severity.INFO, f"[cal] {text}")

    def handle_timeout(self, now_ms: int) -> None:
        while self._waits and now_ms >= self._began_ms + self._waits[0][0]:
            (_, text), *later = self._waits
            self._wait_for(tuple(later))
            self._say(text)

    def next_deadline_ms(self) -> int | None:
        return self._began_ms + self._waits[0][0] if self._waits else None
