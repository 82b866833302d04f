"""The present flight mode, and the rules of changing it (docs/reference/ground-stations.md, 3.2).

A refused change has no effect and gives a reason. Setting the present mode again has no effect, because ground stations
repeat commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Protocol

from autopilot.context.events import ModeChanged
from autopilot.context.turns import earliest
from autopilot.context.vehicle_context import Announcer, Helm, VehicleFacts
from autopilot.interface.reasons import ModeReason
from autopilot.interface.records import dataclass
from autopilot.interface.result import ACCEPTED, Outcome
from autopilot.interface.targets import Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, Severity
from autopilot.mission.sequencer import SetCurrentError
from autopilot.modes.auto import AutoMode
from autopilot.modes.heading import Heading
from autopilot.modes.mode import Mode, VehicleContext
from autopilot.modes.speeds import SpeedControl
from autopilot.modes.weathervane import Weathervane
from autopilot.vehicles.mode_table import ModeSpec

_NO_EVENTS: Final = VehicleEvent(0)
_FAILSAFES: Final = frozenset({
    ModeReason.RADIO_FAILSAFE, ModeReason.BATTERY_FAILSAFE, ModeReason.GCS_FAILSAFE, ModeReason.EKF_FAILSAFE,
    ModeReason.FENCE_BREACHED, ModeReason.TERMINATE, ModeReason.CRASH_FAILSAFE, ModeReason.FAILSAFE,
    ModeReason.TERRAIN_FAILSAFE,
})  # fmt: skip


class ReturnBy(Enum):
    """Parts of a mission with which the mode of its landing sequence may continue; the value is the text if there is
    none."""

    EITHER = "No return path or landing sequence found"
    PATH = "No return path found"
    LANDING = "No landing sequence found"


_BY_PATH: Final = (ReturnBy.EITHER, ReturnBy.PATH)
_BY_LANDING: Final = (ReturnBy.EITHER, ReturnBy.LANDING)


class ModeWatch(Protocol):
    """The fence, which may refuse changes of the mode and receives them."""

    def mode_complaint(self, reason: ModeReason) -> str | None:
        """Reason to refuse a change of mode for this reason, or None."""

    def mode_changed(self, now_ms: int, reason: ModeReason) -> None:
        """Note that another mode flies now."""

    @property
    def recovering(self) -> bool:
        """True while its action brings the vehicle back from a breach."""


class ModeChoice:
    """The flight modes of one vehicle. `modes` has an object for each flyable number; `first` is flown at the start.
    `take_command(number)` is called before a mode is entered, for a flight controller. `pilot_complaint(mode)`: reason
    to refuse a mode from the positions of the pilot's sticks, or None. `watch`, if set, may refuse changes."""

    def __init__(
        self,
        context: VehicleContext,
        modes: Mapping[int, Mode],
        auto: AutoMode,
        first: tuple[int, Mode],
        speeds: SpeedControl,
        heading: Heading,
        pilot_complaint: Callable[[ModeSpec], str | None] = lambda spec: None,
        take_command: Callable[[int], object] = lambda number: None,
    ) -> None:
        self._context = context
        self._specs = dict(context.facts.vehicle_class.modes.specs)
        self._modes = dict(modes)
        self._auto = auto
        self._speeds = speeds
        self._heading = heading
        self._take_command = take_command
        self._pilot_complaint = pilot_complaint
        self._weathervane = Weathervane(context.facts, context.announcer, context.helm)
        self._events = _NO_EVENTS
        self._returns: ReturnBy | None = None  # the requested way of a return command
        self.watch: ModeWatch | None = None
        self.revision = 0
        """Number of changes of the flyable modes."""
        self.number, self.mode = int(first[0]), first[1]
        self.intended = self.number
        """The mode that a person or a mission requested last; after a failsafe it differs from `number`."""
        self.before = self.number
        """The previous mode."""
        self.know(self.number, self.mode)
        self.mode.enter(0)

    @property
    def spec(self) -> ModeSpec:
        return self._specs[self.number]

    def add(self, spec: ModeSpec, build: Callable[[VehicleContext, ModeSpec], Mode]) -> Mode:
        """Add a mode of your own under a free number (MAVLink: 0 to 2^32 - 1; ArduPilot's own are below 100).
        ValueError if number or name is taken."""
        if self.find(spec.name) is not None or self._context.facts.vehicle_class.modes.name_of(spec.number) is not None:
            raise ValueError(f"mode {spec.number} {spec.name}: number or name is taken")
        if spec.number in self._modes or not 0 <= spec.number < 2**32:
            raise ValueError(f"mode number {spec.number}: taken, or not from 0 to 4294967295")
        mode = build(self._context, spec)
        self._specs[spec.number], self._modes[spec.number] = spec, mode
        self.revision += 1
        return mode

    def know(self, number: int, mode: Mode) -> None:
        """Add a mode that the kind's table may not have, also under a used number."""
        self._specs.setdefault(number, mode.spec)
        self._modes.setdefault(number, mode)

    def find(self, name: str) -> ModeSpec | None:
        """Flyable mode of this name, without regard to case; None if there is none."""
        return next((self._specs[number] for number in self._modes if self._specs[number].name == name.upper()), None)

    def available(self) -> tuple[ModeSpec, ...]:
        """Flyable modes in the order of their numbers."""
        return tuple(self._specs[number] for number in sorted(self._modes))

    def names(self) -> tuple[str, ...]:
        """Names of the flyable modes."""
        return tuple(self._specs[number].name for number in self._modes)

    def set(self, number: int, now_ms: int, reason: ModeReason = ModeReason.GCS_COMMAND) -> Outcome:
        """Enter mode `number` (ArduPilot's custom_mode). A refusal is announced."""
        if self._flies(number):
            return ACCEPTED
        complaint = self._complaint(number, now_ms, reason)
        if complaint is not None:
            return self._context.announcer.refuse(complaint)
        self._change(number, now_ms, reason)
        return ACCEPTED

    # --- the pass ---
    def handle_events(self, events: VehicleEvent, now_ms: int) -> None:
        """Keep events for the mode's turn."""
        self._events = events

    def update(self, now_ms: int) -> None:
        events, self._events = self._events, _NO_EVENTS
        self.mode.update(now_ms, events)
        self._weathervane.update(now_ms, self.number)

    def next_deadline_ms(self) -> int | None:
        return earliest((self.mode.next_deadline_ms(), self._weathervane.next_deadline_ms()))

    def parameter_changed(self, name: str) -> None:
        self.mode.parameter_changed(name)

    def sticks_moved(self, sticks: Sticks) -> None:
        self.mode.sticks_moved(sticks)
        self._speeds.sticks_moved()

    # --- another mode ---
    def _flies(self, number: int) -> bool:
        """True if this mode already flies. A mode of the same number that another party flies does not count."""
        return number == self.number and self.mode is self._modes.get(number)

    def complaint(self, number: int, now_ms: int) -> str | None:
        """Reason to refuse mode `number` now, without announcing it; None = it can be entered."""
        if self._flies(number):
            return None
        events_before = len(self._context.announcer.events)
        reason = self._complaint(number, now_ms)
        del self._context.announcer.events[events_before:]
        return reason

    def _complaint(self, number: int, now_ms: int, reason: ModeReason = ModeReason.UNKNOWN) -> str | None:
        mode = self._modes.get(number)
        if mode is None:
            name = self._context.facts.vehicle_class.modes.name_of(number)
            return f"No such mode {number}" if name is None else f"Mode change to {name} failed: not available"
        spec = self._specs[number]
        failed = f"Mode change to {spec.title} failed: "
        if spec.needs_fix and self._context.facts.armed and not self._context.facts.has_position:
            return failed + "requires position"
        way = self._returns
        if way is None and number == self._context.facts.vehicle_class.modes.landing_sequence:
            way = ReturnBy.EITHER
        if way is not None:
            complaint = self._to_landing_sequence(way)
            if complaint is not None:
                return self._no_return(way, complaint)
        if mode is self.mode:
            return None
        complaint = (
            (self.watch.mode_complaint(reason) if self.watch is not None else None)
            or self._pilot_complaint(spec)
            or mode.refusal(now_ms)
        )
        return None if complaint is None else failed + complaint

    def return_by(self, way: ReturnBy, number: int, now_ms: int, reason: ModeReason) -> Outcome:
        """Enter the mode that flies a landing sequence, `number`, by this way only; also if it already flies."""
        self._returns = way
        try:
            complaint = self._complaint(number, now_ms, reason) if self._flies(number) else None
            if complaint is not None:
                return self._context.announcer.refuse(complaint)
            return self.set(number, now_ms, reason)
        finally:
            self._returns = None

    def _no_return(self, way: ReturnBy, complaint: str) -> str:
        """Text of a kind whose firmware has AUTO_RTL, or stays in AUTO (AP_Mission.cpp, jump_to_landing_sequence)."""
        if self._context.facts.vehicle_class.modes.landing_sequence is not None:
            return f"Mode change to AUTO RTL failed: {complaint}"
        return complaint if way is ReturnBy.PATH else "Unable to start landing sequence"

    def _to_landing_sequence(self, way: ReturnBy) -> str | None:
        if self._context.facts.landed:
            return "not flying"
        if way in _BY_PATH and self._auto.way_back is not None:  # AP_Mission.cpp, jump_to_closest_mission_leg
            self._context.announcer.step(self._auto.way_back.value)
            return None
        path = self._auto.paths.return_path() if way in _BY_PATH else None
        start = self._auto.paths.landing_start() if path is None and way in _BY_LANDING else path
        if start is None:
            return way.value
        try:
            self._auto.go_on_at(start)
        except SetCurrentError as error:
            return str(error)
        self._context.announcer.step("Landing sequence start" if path is None else "Return path started")
        if path is not None:
            self._auto.paths.begin_item(Cmd.DO_RETURN_PATH_START)
        return None

    def _change(self, number: int, now_ms: int, reason: ModeReason) -> None:
        mode = self._modes[number]
        self.before, self.number = self.number, int(number)
        if reason not in _FAILSAFES:
            self.intended = self.number
        self._context.announcer.announce(ModeChanged(self.number, reason))
        if mode is self.mode and (number != mode.spec.number or reason is ModeReason.MISSION_CMD):
            return  # AUTO and AUTO_RTL are the same object; who asks for AUTO enters it anew (Copter::set_mode)
        self.mode.exit()
        self._heading.reset()
        self._speeds.begin_mode(self.number)
        if mode.spec.autopilot and mode is not self._auto:  # AUTO may resume a mission that drives backwards
            self._context.helm.backwards = False
        self._context.helm.invert(item=False)
        self.mode = mode
        self._take_command(self.number)
        mode.enter(now_ms)
        if self.watch is not None:
            self.watch.mode_changed(now_ms, reason)

    def follow(self, number: int, mode: Mode, now_ms: int, warning: str | None) -> None:
        """Follow a change of mode by another party; the mode already flies. `warning`: text for people."""
        self.number = self.intended = number
        self._context.announcer.announce(ModeChanged(number, ModeReason.UNKNOWN))
        if warning is not None:
            self._context.announcer.say(Severity.WARNING, warning)
        self.mode.exit()
        self._heading.reset()
        self.mode = mode
        mode.enter(now_ms)


@dataclass(frozen=True, slots=True)
class CommandContext:
    """Context of what a person commands: arming, sticks, flight commands, the mission."""

    facts: VehicleFacts
    announcer: Announcer
    helm: Helm
    modes: ModeChoice
    auto: AutoMode
