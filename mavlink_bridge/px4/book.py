"""What a vehicle that is spoken to as a PX4 tells as which event, and its texts beside them.

What the core announces and what a PX4 alone says (`Notices`) end in the same sequence of events. Arming checks follow
libevents' protocol; flight modes are told one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from autopilot.context.events import Event, ModeChanged
from autopilot.context.vehicle_context import Announcer
from autopilot.interface.reasons import (
    ACCELS_FAILED,
    BAD_FIX,
    BARO_FAILED,
    BY_WISH,
    COMPASS_FAILED,
    GYROS_FAILED,
    NEED_POSITION,
    ArmingMethod,
    ArmingReason,
    Check,
)
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd, Result, Sensor, Severity
from autopilot.mission.commands import has_position
from mavlink_bridge.px4 import events as e
from mavlink_bridge.px4.events import VOCABULARY, Action, EventCause, Part, custom_of, pair_of
from mavlink_bridge.px4.modes import LAND, RETURN, Pair
from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.events.vocabulary import Definition, Told, Vocabulary, Watched
from mavlink_bridge.wire.codec import dialect

if TYPE_CHECKING:
    from mavlink_bridge.px4.face import FlownParts

_REPEAT_MS: Final = 1000
_REPEATS: Final = 10
_OWN: Final[dict[ArmingReason, tuple[Definition, Part]]] = {
    GYROS_FAILED: (e.GYRO_DEAD, Part.GYRO), ACCELS_FAILED: (e.ACCEL_DEAD, Part.ACCEL),
    BARO_FAILED: (e.BARO_DEAD, Part.BARO), COMPASS_FAILED: (e.MAG_DEAD, Part.MAG), BAD_FIX: (e.FIX, Part.GPS),
    NEED_POSITION: (e.NO_PLACE, Part.GLOBAL),
}  # fmt: skip
_CHECKS: Final[dict[Check, tuple[Definition, Part]]] = {
    Check.BARO: (e.BARO_DEAD, Part.BARO), Check.COMPASS: (e.MAG_DEAD, Part.MAG), Check.GPS: (e.FIX, Part.GPS),
    Check.INS: (e.GYRO_DEAD, Part.GYRO), Check.RC: (e.NO_STICKS, Part.STICKS), Check.BATTERY: (e.LOW, Part.BATTERY),
    Check.MISSION: (e.NO_MISSION, Part.MISSION),
}  # fmt: skip
_SENSORS: Final = {
    Sensor.GYRO: Part.GYRO, Sensor.ACCEL: Part.ACCEL, Sensor.MAG: Part.MAG, Sensor.ABSOLUTE_PRESSURE: Part.BARO,
    Sensor.GPS: Part.GPS, Sensor.BATTERY: Part.BATTERY,
}  # fmt: skip
_DISARMED_BY: Final = {
    ArmingMethod.MAVLINK: e.BY_COMMAND, ArmingMethod.LANDED: e.BY_LANDING, ArmingMethod.DISARM_DELAY: e.BY_DELAY,
    ArmingMethod.CRASH: e.BY_DETECTOR,
}  # fmt: skip
_DISARMED_WORDS: Final = {  # arm_disarm_reason_str
    e.BY_COMMAND: "external command", e.BY_LANDING: "landing", e.BY_DELAY: "auto preflight disarming",
    e.BY_DETECTOR: "failure detector", e.BY_FAILSAFE: "failsafe",
}  # fmt: skip
_DISENGAGING: Final = (Action.TO_ALTITUDE, Action.TO_STABILIZED, Action.DESCEND)
_BATTERIES: Final[dict[EventCause, Definition]] = {
    EventCause.BATTERY_LOW: e.BATTERY_LOW, EventCause.BATTERY_CRITICAL: e.BATTERY_CRITICAL,
    EventCause.BATTERY_EMERGENCY: e.BATTERY_EMERGENCY,
}  # fmt: skip


class Px4Book:
    """See the module."""

    vocabulary: Vocabulary = VOCABULARY

    def meant(self, event: Event, watched: Watched) -> Told | None:
        """Of the core's. What PX4 says by itself is told by `Notices`."""
        if isinstance(event, ModeChanged) and event.reason in BY_WISH:
            shown = pair_of(watched.mode())
            if shown in (RETURN, LAND):
                return (e.RETURNS if shown == RETURN else e.LANDS), ()
        return None

    def standing(self, reasons: Sequence[ArmingReason], present: int, healthy: int) -> tuple[Told, ...]:
        error = forbidden = 0
        failed: list[Told] = []
        for reason in dict.fromkeys(reasons):
            definition, part = _of(reason)
            modes = e.POSITIONAL_MODES if reason.positional else e.ALL_MODES
            error |= 1 << part
            forbidden |= modes
            more = (0,) * (len(definition.arguments) - 2)  # which of several: the first
            failed.append((definition, (modes, part, *more)))
        can = e.ALL_MODES & ~forbidden
        there = {part: sensor for sensor, part in _SENSORS.items() if present & sensor}
        unhealthy = sum(1 << part for part, sensor in there.items() if not healthy & sensor)
        return (
            (e.SUMMARY, (0, error, 0, can, can)), *dict.fromkeys(failed),
            (e.HEALTH, (0, sum(1 << part for part in there), unhealthy, 0)),
        )  # fmt: skip


def _of(reason: ArmingReason) -> tuple[Definition, Part]:
    found = _OWN.get(reason) or (_CHECKS.get(reason.check) if reason.check is not None else None)
    definition, part = found or (e.OTHER, Part.SYSTEM)
    return (e.BLUR if definition is e.FIX and reason.limit is not None else definition), part


class Notices:
    """What a PX4 says in words and as an event at once. `tell`: where events go, with their arguments."""

    def __init__(self, announcer: Announcer) -> None:
        self.announcer = announcer
        self.tell: Callable[[Definition, tuple[float, ...]], object] = lambda definition, values: None

    def say(self, severity: Severity, text: str, definition: Definition, *values: float) -> None:
        """Both; the tab marks a text that a station which shows events leaves out."""
        self.announcer.say(severity, f"{text}\t")
        self.tell(definition, values)

    def armed(self) -> None:
        self.say(Severity.INFO, "Armed by external command", e.ARMED, e.BY_COMMAND)

    def disarmed(self, method: ArmingMethod) -> None:
        reason = _DISARMED_BY.get(method, e.BY_FAILSAFE)
        self.say(Severity.INFO, f"Disarmed by {_DISARMED_WORDS[reason]}", e.DISARMED, reason)

    def mode_refused(self, mode: Pair, name: str) -> Outcome:
        """It is not possible now."""
        text = f"Switching to {name} is currently not available"
        self.say(Severity.CRITICAL, text, e.NO_MODE, custom_of(mode), e.NUMBER.get(mode, e.UNKNOWN_MODE))
        return Outcome(Result.TEMPORARILY_REJECTED, text)

    def failsafe(self, wanted: Pair, action: Action, delayed: Action, delay_s: int, cause: EventCause) -> None:
        """It acts; on `delayed` after a Hold of so long, NONE: at once."""
        mode = custom_of(wanted)
        told: Told
        if delayed:
            text = f"Failsafe activated: entering Hold for {delay_s} seconds"
            told = (e.HOLDS, (mode, delayed, delay_s, cause)) if cause else (e.HOLDS_ANYHOW, (mode, delayed, delay_s))
        else:
            text = "Failsafe activated"
            told = self._at_once(mode, action, cause)
        self.say(Severity.CRITICAL, text, told[0], *told[1])

    def _at_once(self, mode: int, action: Action, cause: EventCause) -> Told:
        if action is Action.WARN:
            if cause in _BATTERIES:
                return _BATTERIES[cause], ()
            return (e.WARNS, (mode, cause)) if cause else (e.WARNS_ANYHOW, (mode,))
        if cause:
            return e.ACTS, (mode, action, cause)
        return (e.DISENGAGES if action in _DISENGAGING else e.ACTS_ANYHOW), (mode, action)


# --- before a mission sets out: straight up to the height of its first place (PX4 1.16 src/modules/navigator:
# mission_base.cpp, `checkClimbRequired`; mission.cpp, `handleTakeoff`) ------------------------------------------------
_CLOSE_M: Final = 0.8  # NAV_MC_ALT_RAD


def climb(core: FlownParts) -> float | None:
    """Metres above home that it climbs to first; None: it sets out from where it is. A takeoff item climbs itself."""
    facts, home = core.facts, core.facts.home
    at = max(core.sequencer.current_nav_index(), core.plans.mission.first_index)
    item = next((one for one in core.plans.mission.items() if one.seq >= at and has_position(one.command)), None)
    on_ground_first = item is not None and item.command == Cmd.NAV_TAKEOFF and facts.grounded
    if not facts.vehicle_class.has_height or item is None or home is None or on_ground_first:
        return None
    altitude = facts.altitude(item.frame, item.z, item.x, item.y)
    below = altitude is not None and altitude - facts.vehicle.state.place.alt > _CLOSE_M
    return altitude - home.alt if below and altitude is not None else None


def begin_climb(core: FlownParts, height: float, now_ms: int, notices: Notices) -> Outcome:
    """To so many metres above home: a takeoff, or in the air straight up."""
    home, outcome = core.facts.home, core.modes.set(core.facts.vehicle_class.modes.guided, now_ms)
    if not outcome.ok:
        return outcome
    notices.say(Severity.INFO, f"Climb to {height:.1f} meters above home", e.CLIMBS, height)
    if core.facts.grounded or home is None:
        return core.commands.takeoff(height)
    up = replace(core.facts.vehicle.state.place, alt=home.alt + height)
    return core.commands.reposition(up, now_ms, change_mode=True)


class ReachedAgain:
    """The item that was reached last: it is told again each second, ten times (mavlink_mission.cpp: `send`,
    `_reached_sent_count`). Vehicle time."""

    def __init__(self) -> None:
        self._seq: int | None = None
        self._told = 0
        self._due_ms = 0

    def reached(self, seq: int, now_ms: int) -> None:
        """The core has told it, by its own number."""
        self._seq, self._told, self._due_ms = seq, 0, _next_second(now_ms)

    def forget(self) -> None:
        self._seq = None

    def step(self, now_ms: int) -> Message | None:
        """What is due now."""
        seq = self._seq
        if seq is None or now_ms < self._due_ms:
            return None
        self._told += 1
        if self._told == _REPEATS:
            self._seq = None
        self._due_ms = _next_second(now_ms)
        return dialect.MAVLink_mission_item_reached_message(max(seq - 1, 0))

    def next_deadline_ms(self) -> int | None:
        return None if self._seq is None else self._due_ms


def _next_second(now_ms: int) -> int:
    """A whole one, at which most streams are due anyway: it makes no pass of its own."""
    return (now_ms // _REPEAT_MS + 1) * _REPEAT_MS
